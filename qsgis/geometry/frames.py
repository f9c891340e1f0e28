"""Overlay of GeoDataFrames, for those who call the toolkit from Python."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from qsgis.geometry.arrays import gather, plane, usable
from qsgis.geometry.overlay import disjoint, pairs
from qsgis.messages import _

if TYPE_CHECKING:
    from qsgis.geometry.arrays import Geometries


def intersect(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The rows of `geopandas.overlay(left, right, "intersection", keep_geom_type=True)` for polygon layers.

    A row a pair with common ground, sorted by (left, right): the columns of both, `_1` and `_2` behind names they
    share, and `geometry`. An overlap within the rounding of coordinates is a touch and no row. Invalid polygons are
    repaired by shapely.make_valid, with a warning that counts them; rows without geometry meet nothing.

    Raises ValueError where the CRS differ or a layer holds other geometries than polygons.
    """
    _same_crs(left, right)
    found = pairs(_polygons(left, "left"), _polygons(right, "right"), checked=True)
    one = left.drop(columns=left.geometry.name).iloc[found.left].reset_index(drop=True)
    other = right.drop(columns=right.geometry.name).iloc[found.right].reset_index(drop=True)
    columns = pd.DataFrame(one).merge(pd.DataFrame(other), left_index=True, right_index=True, suffixes=("_1", "_2"))
    return gpd.GeoDataFrame(columns, geometry=found.geometry, crs=left.crs)


def overlap_area(parcels: gpd.GeoDataFrame | gpd.GeoSeries, zones: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.Series:
    """How much of each parcel lies inside the union of `zones`: a Series on the index of `parcels`.

    In square units of the CRS's plane (m² in a CRS in metres; ellipsoidal_area gives ground areas). A parcel
    without usable geometry has NaN. Invalid polygons are repaired by shapely.make_valid, with a warning.

    Raises ValueError on a geographic CRS, where the CRS differ, or where a layer holds other geometries than polygons.
    """
    _same_crs(parcels, zones)
    if parcels.crs is not None and parcels.crs.is_geographic:
        raise ValueError(
            _("{crs} is geographic and has no plane area; project the layers first", crs=parcels.crs.to_string())
        )
    single, _owner = disjoint(_polygons(zones, "zones"), checked=True)
    ground = _polygons(parcels, "parcels")
    found = pairs(ground, single, geometry=False, checked=True)
    area = np.bincount(found.left, weights=found.area, minlength=len(ground)).astype(float)  # whole numbers for none
    area[shapely.is_missing(ground)] = np.nan
    return pd.Series(area, index=parcels.index, name="overlap_area")


def _same_crs(left: gpd.GeoDataFrame | gpd.GeoSeries, right: gpd.GeoDataFrame | gpd.GeoSeries) -> None:
    if left.crs != right.crs:
        raise ValueError(
            _("the CRS differ ({left}, {right}); bring the layers into one first", left=left.crs, right=right.crs)
        )


def _polygons(layer: gpd.GeoDataFrame | gpd.GeoSeries, name: str) -> Geometries:
    """The layer's polygons, repaired where invalid; None where there is no polygon that can be made of a row.

    Raises ValueError where the layer holds points or lines.
    """
    geometry = plane(layer.geometry.array).copy()
    wrong = np.isin(shapely.get_type_id(geometry), [0, 1, 2, 4, 5])
    if wrong.any():
        raise ValueError(
            _("{layer} holds {count} points or lines; polygons are due", layer=name, count=int(wrong.sum()))
        )
    bad = np.flatnonzero(~usable(geometry) & ~shapely.is_missing(geometry) & ~shapely.is_empty(geometry))
    if len(bad):
        geometry[bad] = _repaired(geometry[bad])
        hopeless = int(shapely.is_missing(geometry[bad]).sum())
        text = _(
            "{layer}: {count} invalid polygons; {hopeless} beyond repair and left out, the others repaired",
            layer=name,
            count=len(bad),
            hopeless=hopeless,
        )
        warnings.warn(text, stacklevel=3)
    return geometry


def _repaired(polygons: Geometries) -> Geometries:
    """Valid polygons in the place of invalid ones; None where a coordinate is no number or no ground is left."""
    repaired = np.full(len(polygons), None, dtype=object)
    finite = np.isfinite(shapely.bounds(polygons)).all(axis=1)
    finite[finite] = [np.isfinite(shapely.get_coordinates(polygon)).all() for polygon in polygons[finite]]
    rows = np.flatnonzero(finite)
    parts, source = shapely.get_parts(shapely.make_valid(polygons[rows]), return_index=True)
    parts, second = shapely.get_parts(parts, return_index=True)
    ground = shapely.get_type_id(parts) == 3
    if ground.any():
        found, row = gather(parts[ground], source[second][ground])
        repaired[rows[row]] = found
    return repaired

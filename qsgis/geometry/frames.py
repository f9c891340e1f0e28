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
from qsgis.geometry.subdivide import Cover, covering, near
from qsgis.messages import _

if TYPE_CHECKING:
    from qsgis.geometry.arrays import Geometries, Indices


def intersect(left: gpd.GeoDataFrame, right: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The rows of `geopandas.overlay(left, right, "intersection", keep_geom_type=True)` for polygon layers.

    A row a pair with common ground, sorted by (left, right): the columns of both, `_1` and `_2` behind names they
    share, and `geometry`. An overlap within the rounding of coordinates is a touch and no row. Invalid polygons are
    repaired by shapely.make_valid, with a warning that counts them (in the layer with more rows, those that come near
    the other layer at all); rows without geometry meet nothing.

    Raises ValueError where the CRS differ or a layer holds other geometries than polygons.
    """
    _same_crs(left, right)
    one, other = _polygons(left, "left"), _polygons(right, "right")
    if len(one) < len(other):
        few = covering(_repaired(one, "left"), checked=True)
        rows = _near(other, few)
        found = pairs(few, _repaired(other[rows], "right"), checked=True)
        i, j = found.left, rows[found.right]
    else:
        few = covering(_repaired(other, "right"), checked=True)
        rows = _near(one, few)
        found = pairs(_repaired(one[rows], "left"), few, checked=True)
        i, j = rows[found.left], found.right
    first = left.drop(columns=left.geometry.name).iloc[i].reset_index(drop=True)
    second = right.drop(columns=right.geometry.name).iloc[j].reset_index(drop=True)
    columns = pd.DataFrame(first).merge(pd.DataFrame(second), left_index=True, right_index=True, suffixes=("_1", "_2"))
    return gpd.GeoDataFrame(columns, geometry=found.geometry, crs=left.crs)


def overlap_area(parcels: gpd.GeoDataFrame | gpd.GeoSeries, zones: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.Series:
    """How much of each parcel lies inside the union of `zones`: a Series on the index of `parcels`.

    In square units of the CRS's plane (m² in a CRS in metres; ellipsoidal_area gives ground areas). A parcel
    without usable geometry has NaN. Invalid polygons are repaired by shapely.make_valid, with a warning that counts
    them; a parcel that comes nowhere near the zones has 0, whatever its rings are like.

    Raises ValueError on a geographic CRS, where the CRS differ, or where a layer holds other geometries than polygons.
    """
    _same_crs(parcels, zones)
    if parcels.crs is not None and parcels.crs.is_geographic:
        raise ValueError(
            _("{crs} is geographic and has no plane area; project the layers first", crs=parcels.crs.to_string())
        )
    single, _owner = disjoint(_repaired(_polygons(zones, "zones"), "zones"), checked=True)
    cover = covering(single, checked=True)
    ground = _polygons(parcels, "parcels")
    rows = _near(ground, cover)
    repaired = _repaired(ground[rows], "parcels")
    found = pairs(repaired, cover, geometry=False, checked=True)
    area = np.bincount(rows[found.left], weights=found.area, minlength=len(ground)).astype(float)
    area[shapely.is_missing(ground)] = np.nan
    area[rows[shapely.is_missing(repaired)]] = np.nan
    return pd.Series(area, index=parcels.index, name="overlap_area")


def _same_crs(left: gpd.GeoDataFrame | gpd.GeoSeries, right: gpd.GeoDataFrame | gpd.GeoSeries) -> None:
    if left.crs != right.crs:
        raise ValueError(
            _("the CRS differ ({left}, {right}); bring the layers into one first", left=left.crs, right=right.crs)
        )


def _polygons(layer: gpd.GeoDataFrame | gpd.GeoSeries, name: str) -> Geometries:
    """The layer's polygons. Raises ValueError where it holds points or lines."""
    geometry = np.asarray(layer.geometry.array, dtype=object)
    wrong = np.isin(shapely.get_type_id(geometry), [0, 1, 2, 4, 5])
    if wrong.any():
        raise ValueError(
            _("{layer} holds {count} points or lines; polygons are due", layer=name, count=int(wrong.sum()))
        )
    return geometry


def _near(polygons: Geometries, cover: Cover) -> Indices:
    """Rows of the polygons whose box meets a tile of the cover, or is no box; the others have nothing to do with it."""
    boxless = np.flatnonzero(~np.isfinite(shapely.bounds(polygons)).all(axis=1))
    ground = boxless[~shapely.is_empty(polygons[boxless]) & ~shapely.is_missing(polygons[boxless])]
    return np.union1d(ground, near(polygons, cover))


def _repaired(polygons: Geometries, name: str) -> Geometries:
    """The polygons in the plane, repaired where invalid; None where there is none that can be made of a row.

    A warning counts them.
    """
    polygons = plane(polygons)
    bad = np.flatnonzero(~usable(polygons) & ~shapely.is_missing(polygons) & ~shapely.is_empty(polygons))
    if not len(bad):
        return polygons
    repaired = polygons.copy()
    repaired[bad] = _mended(polygons[bad])
    text = _(
        "{layer}: {count} invalid polygons; {hopeless} beyond repair and left out, the others repaired",
        layer=name,
        count=len(bad),
        hopeless=int(shapely.is_missing(repaired[bad]).sum()),
    )
    warnings.warn(text, stacklevel=3)
    return repaired


def _mended(polygons: Geometries) -> Geometries:
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

"""Ellipsoidal area: ground area on the ellipsoid of the layer's CRS.

The official way (国土调查办发〔2008〕32号) divides edges longer than 70 m and sums trapezoids between each edge and a
meridian, with a series for the area under a meridian arc; on arcs this short its first derivative is all it takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyproj
import shapely

from qsgis.geometry.arrays import plane
from qsgis.messages import _

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike

    from qsgis.geometry.arrays import Geometries, Indices, Mask, Numbers

EDGE = 70.0  # metres: longer edges are divided (国土调查办发〔2008〕32号)
EDGE_DEGREES = 6e-4  # the same in a geographic CRS, about
PARCEL_AREA, PARCEL_EXTENT = 1e6, 3e3  # m², m: up to here one areal scale holds to 1e-8
SPREAD = 50.0  # metres: the step of the differences; their error is about (step ÷ Earth's radius)²
VERTICES_AT_ONCE = 2_000_000


def ellipsoidal_area(layer: gpd.GeoDataFrame | gpd.GeoSeries, *, exact: bool | None = None) -> pd.Series:
    """Square metres on the ellipsoid of the layer's CRS, a Series on its index.

    exact: True sums trapezoids on the ellipsoid; False divides the plane area by the projection's areal scale at the
    centroid (right to 1e-7 for parcels); None chooses a polygon: the scale up to 100 ha and 3 km, else exact.
    Edges are straight in the layer's own CRS: in a geographic one straight in longitude and latitude (and always
    exact). Z is left aside. No geometry, or a coordinate that is no number: NaN. Valid polygons are presumed.

    Raises ValueError where the layer has no CRS, or holds points or lines.
    """
    crs = require_crs(layer)
    geometry = plane(layer.geometry.array)
    if np.isin(shapely.get_type_id(geometry), [0, 1, 2, 4, 5]).any():
        raise ValueError(_("points and lines have no area; polygons are due"))
    area = shapely.area(geometry)
    finite = np.isfinite(shapely.bounds(geometry)).all(axis=1)
    area[~(finite | shapely.is_empty(geometry))] = np.nan
    with_ground = np.isfinite(area) & (area > 0)
    by_scale = with_ground & _one_scale(geometry, crs, exact)
    area[by_scale] = _by_scale(geometry[by_scale], area[by_scale], crs)
    rest = np.flatnonzero(with_ground & ~by_scale)
    for chunk in _chunks(shapely.get_num_coordinates(geometry[rest])):
        area[rest[chunk]] = _exact(geometry[rest[chunk]], crs)
    return pd.Series(area, index=layer.index, name="area")


def takes_scale(layer: gpd.GeoDataFrame | gpd.GeoSeries, *, exact: bool | None = None) -> Mask:
    """Which polygons `ellipsoidal_area` takes by the areal scale at their centroid; the others it sums exactly."""
    crs = require_crs(layer)
    return _one_scale(plane(layer.geometry.array), crs, exact)


def area_scale(x: ArrayLike, y: ArrayLike, crs: object) -> Numbers:
    """Square units of the projected CRS's plane a square metre of ellipsoid, at points of that CRS.

    A plane area of a piece of ground, divided by this at its centroid, is its ellipsoidal area. Raises ValueError on
    a geographic CRS.
    """
    projected = pyproj.CRS.from_user_input(crs)
    if not projected.is_projected:
        raise ValueError(_("{crs} has no plane; an areal scale belongs to a projected CRS", crs=projected.to_string()))
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    # Central differences of the inverse projection: right for every CRS; PROJ's own factors take web Mercator for
    # a map of the sphere.
    h = SPREAD / _metres(projected)
    lon, lat = to_geographic(projected, np.stack([x - h, x + h, x, x, x]), np.stack([y, y, y - h, y + h, y]))
    turns = np.radians(np.stack([lon[1] - lon[0], lat[1] - lat[0], lon[3] - lon[2], lat[3] - lat[2]])) / (2 * h)
    jacobian = np.abs(turns[0] * turns[3] - turns[1] * turns[2])
    scale: Numbers = 1 / (jacobian * _area_density(np.radians(lat[4]), projected))
    return scale


def _one_scale(geometry: Geometries, crs: pyproj.CRS, exact: bool | None) -> Mask:
    """Which polygons one areal scale is enough for."""
    if exact is not None or crs.is_geographic:
        return np.full(len(geometry), exact is False and not crs.is_geographic)
    metres = _metres(crs)
    bounds = shapely.bounds(geometry) * metres
    extent = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
    found: Mask = (extent <= PARCEL_EXTENT) & (shapely.area(geometry) * metres**2 < PARCEL_AREA)
    return found


def _by_scale(geometry: Geometries, area: Numbers, crs: pyproj.CRS) -> Numbers:
    if not len(geometry):
        return area
    centre = shapely.get_coordinates(shapely.centroid(geometry))
    return area / area_scale(centre[:, 0], centre[:, 1], crs)


def _exact(geometry: Geometries, crs: pyproj.CRS) -> Numbers:
    """Trapezoids between each edge and a meridian, summed a ring; shells count plus, holes minus."""
    step = EDGE_DEGREES if crs.is_geographic else EDGE / _metres(crs)
    parts, row = shapely.get_parts(geometry, return_index=True)
    rings, part = shapely.get_rings(shapely.segmentize(parts, step), return_index=True)
    coords, ring = shapely.get_coordinates(rings, return_index=True)
    lon, lat = to_geographic(crs, coords[:, 0], coords[:, 1])
    start = np.flatnonzero(np.r_[True, ring[1:] != ring[:-1]])
    # Longitudes from the ring's first vertex: the differences stay small, and so does rounding.
    lam = np.radians(lon - np.repeat(lon[start], np.diff(np.r_[start, len(ring)])))
    phi = np.radians(lat)
    # The meridian strip under a short edge from its middle latitude: exact to (edge ÷ Earth's radius)² ÷ 24 = 5e-12,
    # and, unlike a difference of two sums from the equator, without loss of digits on small parcels.
    strip = _area_density((phi[1:] + phi[:-1]) / 2, crs) * np.diff(phi)
    trapezoid = np.append((lam[1:] + lam[:-1]) / 2 * strip, 0.0)
    trapezoid[np.r_[start[1:], len(ring)] - 1] = 0.0  # no edge between the last vertex of a ring and the next ring
    size = np.abs(np.add.reduceat(trapezoid, start))
    shell = np.r_[True, part[1:] != part[:-1]]
    return np.bincount(row[part], weights=np.where(shell, size, -size), minlength=len(geometry)).astype(float)


def _area_density(latitude: Numbers, crs: pyproj.CRS) -> Numbers:
    """m² a square radian of longitude and latitude: b² cos B ÷ (1 − e² sin² B)² (Snyder 1987, eq. 3-12, derived)."""
    geod = geod_of(crs)
    return np.asarray(geod.b**2 * np.cos(latitude) / (1 - geod.es * np.sin(latitude) ** 2) ** 2)


def geod_of(crs: pyproj.CRS) -> pyproj.Geod:
    """The ellipsoid of the CRS; ValueError where it has none."""
    geod = crs.get_geod()
    if geod is None:
        raise ValueError(_("{crs} has no ellipsoid", crs=crs.to_string()))
    return geod


def to_geographic(crs: pyproj.CRS, x: Numbers, y: Numbers) -> tuple[Numbers, Numbers]:
    """Longitude and latitude in degrees on the CRS's own datum."""
    base = crs.to_2d().geodetic_crs
    if base is None:
        raise ValueError(_("{crs} is not tied to the Earth", crs=crs.to_string()))
    lon, lat = pyproj.Transformer.from_crs(crs.to_2d(), base, always_xy=True).transform(x, y)
    return np.asarray(lon), np.asarray(lat)


def _metres(crs: pyproj.CRS) -> float:
    """Metres a unit of the projected CRS."""
    return float(crs.axis_info[0].unit_conversion_factor)


def require_crs(layer: gpd.GeoDataFrame | gpd.GeoSeries) -> pyproj.CRS:
    """The layer's CRS; ValueError where it has none."""
    if layer.crs is None:
        raise ValueError(_("the layer has no CRS, so its ellipsoid is not known"))
    return pyproj.CRS.from_user_input(layer.crs)


def _chunks(vertices: Indices) -> list[Indices]:
    """Positions in runs of about VERTICES_AT_ONCE, so that a whole county's vertices need not stand in memory."""
    if not len(vertices):
        return []
    run = (np.cumsum(vertices) - vertices) // VERTICES_AT_ONCE
    return np.split(np.arange(len(vertices)), np.flatnonzero(np.diff(run)) + 1)

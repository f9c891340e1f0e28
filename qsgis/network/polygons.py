"""Polygons round service areas, for drawing: reached streets with a stated strip on either side.

A polygon's area is that of the strip, so it says nothing of how much land is served; shares come from cells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from qsgis.geometry.windows import each, windowed
from qsgis.network.areas import Pieces
from qsgis.network.arrays import Floats, Frame, Geometries, Ints
from qsgis.network.lines import courses

if TYPE_CHECKING:
    from qsgis.network.graph import Network

_SPECK = 0.01  # m²: smaller bits of a difference are rounding, not ground
_ARC = 8  # segments of a quarter circle
_NONE: Geometries = np.empty(0, dtype=object)


def rings(network: Network, found: Pieces, names: Ints, limits: Floats, metres: float, holes: float) -> Frame:
    """A polygon for each group and band that has streets; a group's bands do not overlap. See Network.area_polygons."""
    strips = each(lambda some: shapely.buffer(some, metres, quad_segs=_ARC), courses(network, found))
    band = np.searchsorted(limits, found.band)
    order = np.lexsort((band, found.group))
    key = found.group[order] * len(limits) + band[order]
    cuts = np.flatnonzero(np.diff(key, prepend=-1))
    facility, limit, shapes = [], [], []
    inner, last = _NONE, -1
    for mine in np.split(order, cuts[1:]) if len(order) else []:
        group = int(found.group[mine[0]])
        inner = inner if group == last else _NONE
        outer = without_holes(_together(strips[mine], inner), holes)
        ring = _one(without(outer, inner))
        if not ring.is_empty:  # else: streets in the strips of quicker ones
            facility.append(names[group])
            limit.append(limits[band[mine[0]]])
            shapes.append(ring)
        inner, last = outer, group
    columns = {"facility": np.array(facility, names.dtype), "band": np.array(limit, float)}
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs=network.crs), crs=network.crs)


def _together(strips: Geometries, inner: Geometries) -> Geometries:
    """The parts of the union of strips and `inner`: some strips at a time, on all cores, then all of them."""
    some = windowed(lambda window: shapely.union_all(strips[window]), len(strips))
    parts: Geometries = shapely.get_parts(shapely.disjoint_subset_union_all(np.concatenate([some, inner])))
    return parts


def without_holes(parts: Geometries, smaller: float) -> Geometries:
    """Polygons that do not overlap, their holes of less than `smaller` m² filled with all that stands in them."""
    if smaller <= 0 or not shapely.get_num_interior_rings(parts).any():
        return parts
    ring, of = shapely.get_rings(parts, return_index=True)
    outer = np.diff(of, prepend=-1) > 0
    keep = outer | (shapely.area(shapely.polygons(ring)) >= smaller)
    filled: Geometries = shapely.polygons(ring[outer])
    for k in np.unique(of[keep & ~outer]):
        filled[k] = shapely.polygons(ring[outer & (of == k)][0], ring[keep & ~outer & (of == k)])
    together: Geometries = shapely.get_parts(shapely.union_all(filled))
    return together


def without(parts: Geometries, inner: Geometries) -> Geometries:
    """Polygons less those of `inner`, each of which lies in one of them: many small differences, not a large one."""
    if not len(inner):
        return parts
    at, whose = shapely.STRtree(parts).query(shapely.point_on_surface(inner), predicate="intersects")
    order = np.argsort(whose, kind="stable")
    at, whose = at[order], whose[order]
    holed, begin = np.unique(whose, return_index=True)
    less = [shapely.multipolygons(inner[mine]) for mine in np.split(at, begin[1:])]
    rest = parts.copy()
    rest[holed] = shapely.difference(parts[holed], less)
    return rest


def _one(parts: Geometries) -> shapely.Geometry:
    """What is more than rounding, as one polygon or multipolygon."""
    single = shapely.get_parts(parts)
    single = single[(shapely.get_type_id(single) == 3) & (shapely.area(single) >= _SPECK)]
    return single[0] if len(single) == 1 else shapely.multipolygons(single)

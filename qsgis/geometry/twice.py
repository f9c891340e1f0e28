"""Which polygons of an array share ground, found by the edges that no neighbour has.

An edge that one polygon has on its left and another on its right does not change how often ground is covered. So
covering changes only across the other edges; where the faces between those are covered once, no two polygons overlap.
In a survey, whose parcels fit vertex by vertex, they are next to none but the county's outline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from qsgis.geometry.edges import edges
from qsgis.geometry.windows import each_prepared, prepared

if TYPE_CHECKING:
    from qsgis.geometry.arrays import Geometries, Indices, Numbers

FEW = 1000  # polygons: compared with all neighbours at once
LOOSE = 0.2  # share of edges without a neighbour from which on polygons are no coverage
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0xBF58476D1CE4E5B9))


def overlapping(polygons: Geometries) -> tuple[Indices, Indices]:
    """(later, earlier) rows of valid polygons whose interiors meet, each couple once, sorted."""
    rows = np.arange(len(polygons), dtype=np.int64)
    if len(rows) > FEW:
        coords, start, free = _free_edges(polygons)
        if free.mean() < LOOSE:
            ground = _covered_twice(polygons, coords[start[free]], coords[start[free] + 1])
            rows = np.unique(shapely.STRtree(polygons).query(ground)[1])
    return _couples(polygons, rows)


def _couples(polygons: Geometries, rows: Indices) -> tuple[Indices, Indices]:
    """The couples among some of the polygons."""
    chosen = polygons[rows]
    one, other = shapely.STRtree(chosen).query(chosen)
    one, other = one[one > other], other[one > other]
    with prepared(chosen):
        meet = each_prepared(shapely.intersects, chosen[one], chosen[other])
        one, other = one[meet], other[meet]
        inside = ~each_prepared(shapely.touches, chosen[one], chosen[other])
    later, earlier = rows[one[inside]], rows[other[inside]]
    order = np.lexsort((earlier, later))
    return later[order], earlier[order]


def _free_edges(polygons: Geometries) -> tuple[Numbers, Indices, np.ndarray]:
    """(coordinates, first vertex of each edge, whether no other edge runs the other way between the same vertices)."""
    coords, start, left, _owner = edges(polygons)
    # With its ground on the left an edge counts plus in one direction and minus in the other.
    (x, y), (to_x, to_y) = coords[start].T, coords[start + 1].T
    sign = np.where((x < to_x) | ((x == to_x) & (y < to_y)), left, -left)
    mixed = _mixed(coords)
    key = mixed[start] + mixed[start + 1]
    order = np.argsort(key, kind="stable")
    group = np.cumsum(np.r_[False, key[order][1:] != key[order][:-1]])
    free = np.empty(len(start), dtype=bool)
    free[order] = (np.bincount(group, weights=sign[order]) != 0)[group]
    return coords, start, free


def _mixed(coords: Numbers) -> np.ndarray:
    """A 64-bit number a vertex. That two edges of a county share one by chance has a probability of 1e-6."""
    bits = (coords + 0.0).view(np.uint64)  # + 0.0: minus zero is zero
    mixed = bits[:, 0] * _MIX[0]
    mixed ^= mixed >> np.uint64(32)
    mixed += bits[:, 1] * _MIX[1]
    mixed ^= mixed >> np.uint64(29)
    mixed *= _MIX[2]
    mixed ^= mixed >> np.uint64(32)
    return mixed


def _covered_twice(polygons: Geometries, begin: Numbers, end: Numbers) -> Geometries:
    """The faces between edges that are covered more than once.

    A point on the border of two polygons counts for both: such a face is looked at closer for nothing.
    """
    if not len(begin):
        return np.empty(0, dtype=object)
    lines = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(np.stack([begin, end], axis=1))))
    faces = shapely.get_parts(shapely.polygonize([shapely.union_all(shapely.get_parts(lines))]))
    spot = shapely.point_on_surface(faces)
    hits, _row = shapely.STRtree(polygons).query(spot, predicate="intersects")
    found: Geometries = faces[np.bincount(hits, minlength=len(faces)) > 1]
    return found

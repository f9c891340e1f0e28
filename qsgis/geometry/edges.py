"""The edges of polygons, with the side on which their ground lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

if TYPE_CHECKING:
    from qsgis.geometry.arrays import Geometries, Indices, Numbers


class Edges(NamedTuple):
    """Edges of some length: vertex `start` of `coords` to the next one.

    left: +1 with the ground on the left, -1 on the right; owner: the polygon of each edge.
    """

    coords: Numbers
    start: Indices
    left: Indices
    owner: Indices


def edges(polygons: Geometries) -> Edges:
    """The edges of polygons and multipolygons (in a plane), ring by ring."""
    parts, of = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    shell = np.r_[True, part[1:] != part[:-1]][: len(part)]
    coords, ring = shapely.get_coordinates(rings, return_index=True)
    start = np.flatnonzero(ring[1:] == ring[:-1])
    start = start[(coords[start] != coords[start + 1]).any(axis=1)]
    ring = ring[start]
    left = np.where(shapely.is_ccw(rings) == shell, 1, -1)[ring]
    return Edges(coords, start, left, of[part[ring]])

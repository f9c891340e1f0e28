"""Overlay of polygon arrays: what they share, what lies outside, what is covered twice.

Large polygons are cut into tiles. A polygon inside a tile needs no computation; one across several tiles meets the
union of just those, which neighbours share. So only polygons on a border are intersected, with a few hundred vertices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from qsgis.geometry.arrays import computed, gather, plane, require, rounding, sound_parts, usable
from qsgis.geometry.subdivide import joined, meetings, number, subdivide

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from qsgis.geometry.arrays import Geometries, Indices, Numbers

TILE = 256  # vertices; anything from 128 to 512 is as fast
SMALL_TILE = 1024  # the smaller side's polygons are cut above this: a road or river that meets a thousand others


@dataclass(frozen=True)
class Overlap:
    """Ground that two arrays share, one row a pair, sorted by (left, right).

    left, right: rows of the operands; area: plane area in the CRS's unit squared, > 0; geometry: Polygon or
    MultiPolygon, None where it was not asked for; refused_left, refused_right: rows left out because they are None,
    empty, no polygon, or invalid; fallbacks: computations that had to be done a slower way.
    """

    left: Indices
    right: Indices
    area: Numbers
    geometry: Geometries | None
    refused_left: Indices
    refused_right: Indices
    fallbacks: int


def pairs(left: ArrayLike, right: ArrayLike, *, geometry: bool = True, checked: bool = False) -> Overlap:
    """What each left polygon shares with each right one.

    Both in one plane CRS; Z is left aside. Right polygons that overlap each other count one by one: see `disjoint`.
    A touch, or a hairline within the rounding of coordinates, is no ground. Never raises on bad geometry, unless the
    caller vouches for it (`checked`: every polygon is known to be valid, so it is not tested again).
    """
    first, second = plane(left), plane(right)
    good_first, good_second = usable(first, checked=checked), usable(second, checked=checked)
    row_first, row_second = np.flatnonzero(good_first), np.flatnonzero(good_second)
    a, b = first[row_first], second[row_second]
    # The more detailed side is the one to cut into tiles.
    if _detail(a) > _detail(b):
        j, i, found, fallbacks = _shared(b, a)
    else:
        i, j, found, fallbacks = _shared(a, b)
    order = np.lexsort((j, i))
    found = found[order]
    return Overlap(
        left=row_first[i[order]],
        right=row_second[j[order]],
        area=shapely.area(found),
        geometry=found if geometry else None,
        refused_left=np.flatnonzero(~good_first),
        refused_right=np.flatnonzero(~good_second),
        fallbacks=fallbacks,
    )


def outside(left: ArrayLike, right: ArrayLike, *, checked: bool = False) -> tuple[Indices, Geometries, Numbers]:
    """(row of left, geometry, plane area) of left minus the union of right, sorted; what lies inside has no row.

    Raises ValueError where a geometry is invalid or no polygon (None and empty have no ground).
    """
    first, second = plane(left), plane(right)
    rows = require(first, checked=checked)
    polygons = first[rows]
    tiles = subdivide(second[require(second, checked=checked)], TILE)
    step = rounding(polygons, tiles.geometry)
    row, tile, inside = meetings(polygons, tiles)
    gone = np.bincount(row, weights=inside, minlength=len(polygons)) > 0
    hit, group = np.unique(row[~gone[row]], return_inverse=True)
    cover = joined(tiles.geometry, group, tile[~gone[row]])
    shapely.prepare(cover)
    part = ~shapely.covers(cover, polygons[hit])
    rest, _fallbacks = computed(shapely.difference, polygons[hit[part]], cover[part], step)
    pieces, source = gather(*sound_parts(rest, step))
    kept = np.setdiff1d(np.flatnonzero(~gone), hit)
    index = np.concatenate([kept, hit[part][source]])
    found = np.concatenate([polygons[kept], pieces])
    order = np.argsort(index, kind="stable")
    return rows[index[order]], found[order], shapely.area(found[order])


def disjoint(polygons: ArrayLike, *, checked: bool = False) -> tuple[Geometries, Indices]:
    """(geometry, row each comes from): ground covered twice belongs to the first polygon that covers it.

    Polygons that overlap nothing are returned as they are; one that earlier ones cover whole has no row. Raises
    ValueError where a geometry is invalid or no polygon (None and empty have no ground).
    """
    every = plane(polygons)
    rows = require(every, checked=checked)
    ground = every[rows]
    later, earlier = _overlapping(ground)
    if not len(later):
        return ground, rows
    step = rounding(ground)
    hit, group = np.unique(later, return_inverse=True)
    rest, _fallbacks = computed(shapely.difference, ground[hit], joined(ground, group, earlier), step)
    pieces, source = gather(*sound_parts(rest, step))
    kept = np.delete(np.arange(len(ground)), hit)
    index = np.concatenate([kept, hit[source]])
    order = np.argsort(index, kind="stable")
    return np.concatenate([ground[kept], pieces])[order], rows[index[order]]


def _overlapping(polygons: Geometries) -> tuple[Indices, Indices]:
    """(later, earlier) rows of the polygons that share ground, each couple once.

    GEOS's coverage check tells the polygons that fit to their neighbours vertex by vertex, as a survey's do, in less
    time than comparing all neighbours takes; of two that overlap at least one has an edge that does not fit.
    """
    suspects = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(polygons)))
    if not len(suspects):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    found = pairs(polygons[suspects], polygons, geometry=False)
    one, other = suspects[found.left], found.right
    couples = np.unique(np.column_stack([np.maximum(one, other), np.minimum(one, other)])[one != other], axis=0)
    return couples[:, 0], couples[:, 1]


def _detail(polygons: Geometries) -> float:
    return float(shapely.get_num_coordinates(polygons).mean()) if len(polygons) else 0.0


def _shared(small: Geometries, large: Geometries) -> tuple[Indices, Indices, Geometries, int]:
    """(row of small, row of large, geometry, fallbacks) for pairs with common ground, in any order."""
    tiles, bits = subdivide(large, TILE), subdivide(small, SMALL_TILE)
    step = rounding(small, large)
    bit, tile, inside = meetings(bits.geometry, tiles)
    whole = inside & (number(bits, len(small)) == 1)[bits.owner[bit]]
    i_whole, j_whole = bits.owner[bit[whole]], tiles.owner[tile[whole]]
    bit, tile = bit[~whole], tile[~whole]
    keys, group = np.unique(bits.owner[bit] * len(large) + tiles.owner[tile], return_inverse=True)
    i, j = np.divmod(keys, max(len(large), 1))
    piece = joined(bits.geometry, group, bit, small[i], number(bits, len(small))[i])
    cover = joined(tiles.geometry, group, tile, large[j], number(tiles, len(large))[j])
    shapely.prepare(cover)
    covered = shapely.covers(cover, piece)
    cut = np.flatnonzero(~covered)
    found, fallbacks = computed(shapely.intersection, piece[cut], cover[cut], step)
    pieces, source = gather(*sound_parts(found, step))
    pieces = _whole(_whole(pieces, small, i[cut[source]], step), large, j[cut[source]], step)
    return (
        np.concatenate([i_whole, i[covered], i[cut[source]]]),
        np.concatenate([j_whole, j[covered], j[cut[source]]]),
        np.concatenate([small[i_whole], piece[covered], pieces]),
        fallbacks + tiles.fallbacks + bits.fallbacks,
    )


def _whole(pieces: Geometries, polygons: Geometries, row: Indices, step: float) -> Geometries:
    """Pieces that are their polygon but for the rounding of a shared border where it was cut: the polygon itself."""
    rows, place = np.unique(row, return_inverse=True)
    area, perimeter = shapely.area(polygons[rows])[place], shapely.length(polygons[rows])[place]
    same = area - shapely.area(pieces) <= step * perimeter
    pieces[same] = polygons[row[same]]
    return pieces

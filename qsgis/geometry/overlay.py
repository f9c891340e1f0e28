"""Overlay of polygon arrays: what they share, what lies outside, what is covered twice.

Large polygons are cut into tiles. A polygon inside a tile needs no computation; one across several tiles meets the
union of just those, which neighbours share. So only polygons on a border are intersected, with a few hundred vertices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from qsgis.geometry.polygonal import gather, plane, require, rounding, sound_parts, usable
from qsgis.geometry.subdivide import Tiles, subdivide

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from qsgis.geometry.polygonal import Geometries, Indices, Mask, Numbers

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


def pairs(left: ArrayLike, right: ArrayLike, *, geometry: bool = True) -> Overlap:
    """What each left polygon shares with each right one.

    Both in one plane CRS; Z is left aside. Right polygons that overlap each other count one by one: see `disjoint`.
    A touch, or a hairline within the rounding of coordinates, is no ground. Never raises on bad geometry.
    """
    first, second = plane(left), plane(right)
    good_first, good_second = usable(first), usable(second)
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


def outside(left: ArrayLike, right: ArrayLike) -> tuple[Indices, Geometries, Numbers]:
    """(row of left, geometry, plane area) of left minus the union of right, sorted; what lies inside has no row.

    Raises ValueError where a geometry is invalid or no polygon (None and empty have no ground).
    """
    first, second = plane(left), plane(right)
    rows = require(first)
    polygons = first[rows]
    tiles = subdivide(second[require(second)], TILE)
    step = rounding(polygons, tiles.geometry)
    row, tile, inside = _meetings(polygons, tiles)
    state = np.ones(len(polygons), dtype=bool)  # whether the polygon stays as it is
    state[row[inside]] = False
    row, tile = row[~inside], tile[~inside]
    hit, group = np.unique(row, return_inverse=True)
    cover = _joined(tiles.geometry, group, tile)
    shapely.prepare(cover)
    state[hit] = False
    apart = shapely.touches(cover, polygons[hit])
    state[hit[apart]] = True
    part = ~apart & ~shapely.covers(cover, polygons[hit])
    rest, _fallbacks = _computed(shapely.difference, polygons[hit[part]], cover[part], step)
    pieces, source = gather(*sound_parts(rest, step))
    kept = np.flatnonzero(state)
    index = np.concatenate([kept, hit[part][source]])
    found = np.concatenate([polygons[kept], pieces])
    order = np.argsort(index, kind="stable")
    return rows[index[order]], found[order], shapely.area(found[order])


def disjoint(polygons: ArrayLike) -> tuple[Geometries, Indices]:
    """(geometry, row each comes from): ground covered twice belongs to the first polygon that covers it.

    Polygons that overlap nothing are returned as they are; one that earlier ones cover whole has no row. Raises
    ValueError where a geometry is invalid or no polygon (None and empty have no ground).
    """
    every = plane(polygons)
    rows = require(every)
    ground = every[rows]
    later, earlier = _overlapping(ground)
    if not len(later):
        return ground, rows
    step = rounding(ground)
    hit, group = np.unique(later, return_inverse=True)
    rest, _fallbacks = _computed(shapely.difference, ground[hit], _joined(ground, group, earlier), step)
    pieces, source = gather(*sound_parts(rest, step))
    kept = np.delete(np.arange(len(ground)), hit)
    index = np.concatenate([kept, hit[source]])
    order = np.argsort(index, kind="stable")
    return np.concatenate([ground[kept], pieces])[order], rows[index[order]]


def _overlapping(polygons: Geometries) -> tuple[Indices, Indices]:
    """(later, earlier) rows of the polygons that share ground, each couple once.

    Polygons that fit together vertex by vertex, as a survey's do, are found out by GEOS's coverage check in a tenth of
    the time that comparing all neighbours takes; of two that overlap at least one has an edge that does not fit.
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
    bit, tile, inside = _meetings(bits.geometry, tiles)
    whole = inside & (np.bincount(bits.owner, minlength=len(small)) == 1)[bits.owner[bit]]
    i_whole, j_whole = bits.owner[bit[whole]], tiles.owner[tile[whole]]
    bit, tile = bit[~whole], tile[~whole]
    keys, group = np.unique(bits.owner[bit] * len(large) + tiles.owner[tile], return_inverse=True)
    i, j = np.divmod(keys, max(len(large), 1))
    piece = _joined(bits.geometry, group, bit, small[i], _number(bits)[i])
    cover = _joined(tiles.geometry, group, tile, large[j], _number(tiles)[j])
    shapely.prepare(cover)
    covered = shapely.covers(cover, piece)
    cut = np.flatnonzero(~covered & ~shapely.touches(cover, piece))
    found, fallbacks = _computed(shapely.intersection, piece[cut], cover[cut], step)
    pieces, source = gather(*sound_parts(found, step))
    return (
        np.concatenate([i_whole, i[covered], i[cut[source]]]),
        np.concatenate([j_whole, j[covered], j[cut[source]]]),
        np.concatenate([small[i_whole], piece[covered], pieces]),
        fallbacks + tiles.fallbacks + bits.fallbacks,
    )


def _meetings(polygons: Geometries, tiles: Tiles) -> tuple[Indices, Indices, Mask]:
    """(row of polygons, tile, whether the polygon lies inside the tile) for those that meet, touches among them."""
    shapely.prepare(tiles.geometry)
    row, tile = shapely.STRtree(tiles.geometry).query(polygons)
    inside = shapely.contains_properly(tiles.geometry[tile], polygons[row])
    meet = inside.copy()
    meet[~inside] = shapely.intersects(tiles.geometry[tile[~inside]], polygons[row[~inside]])
    return row[meet], tile[meet], inside[meet]


def _number(tiles: Tiles) -> Indices:
    """How many tiles each owner has."""
    last = int(tiles.owner.max()) + 1 if len(tiles.owner) else 0
    return np.bincount(tiles.owner, minlength=last)


def _joined(
    tiles: Geometries, group: Indices, tile: Indices, whole: Geometries | None = None, number: Indices | None = None
) -> Geometries:
    """The union of each group's tiles. Groups of the same tiles share one union; one that has all `number` tiles of
    its polygon is that polygon (`whole`) itself. Groups are numbered from 0, each with a tile."""
    keys = np.unique(group * max(len(tiles), 1) + tile)
    group, tile = np.divmod(keys, max(len(tiles), 1))
    _groups, start, count = np.unique(group, return_index=True, return_counts=True)
    union = tiles[tile[start]]
    several = count > 1
    if whole is not None and number is not None:
        full = number == count
        union[full] = whole[full]
        several &= ~full
    rows = np.flatnonzero(several)
    if not len(rows):
        return union
    members = [tuple(tile[begin : begin + n]) for begin, n in zip(start[rows], count[rows], strict=True)]
    distinct = {member: place for place, member in enumerate(dict.fromkeys(members))}
    owner = np.repeat(np.arange(len(distinct)), [len(member) for member in distinct])
    bundles = shapely.geometrycollections(tiles[np.concatenate(list(distinct))], indices=owner)
    unions = shapely.union_all(bundles[:, None], axis=1)
    union[rows] = unions[[distinct[member] for member in members]]
    return union


def _computed(
    operation: Callable[..., Geometries], one: Geometries, other: Geometries, step: float
) -> tuple[Geometries, int]:
    """`operation` on each couple, and how many needed the fall-back.

    GEOS raises on a couple it cannot node in floating point; that couple alone is computed again on a grid a
    thousand rounding steps wide (half a micrometre at Gauss-Kruger coordinates), where noding cannot fail.
    """
    try:
        return operation(one, other), 0
    except shapely.errors.GEOSException:
        pass
    found = np.empty(len(one), dtype=object)
    fallbacks = 0
    for row, couple in enumerate(zip(one, other, strict=True)):
        try:
            found[row] = operation(*couple)
        except shapely.errors.GEOSException:
            found[row] = operation(*couple, grid_size=1024 * step)
            fallbacks += 1
    return found, fallbacks

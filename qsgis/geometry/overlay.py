"""Overlay of polygon arrays: what they share, what lies outside, what is covered twice.

Large polygons are cut into tiles. A polygon inside a tile needs no computation; one across several tiles meets the
union of just those, which neighbours share. So only polygons on a border are intersected, with a few hundred vertices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from qsgis.geometry.arrays import plane, require, rounding, usable
from qsgis.geometry.couples import difference, intersection
from qsgis.geometry.subdivide import Cover, covering, joined, meetings, number, subdivide, unions
from qsgis.geometry.twice import overlapping
from qsgis.geometry.windows import each_prepared, prepared

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from qsgis.geometry.arrays import Geometries, Indices, Numbers
    from qsgis.geometry.subdivide import Tiles

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


def pairs(
    left: ArrayLike | Cover, right: ArrayLike | Cover, *, geometry: bool = True, checked: bool = False
) -> Overlap:
    """What each left polygon shares with each right one.

    Both in one plane CRS; Z is left aside. Right polygons that overlap each other count one by one: see `disjoint`.
    A touch, or a hairline within the rounding of coordinates, is no ground. Never raises on bad geometry, unless the
    caller vouches for it (`checked`: every polygon is known to be valid, so it is not tested again).
    """
    a, row_first, refused_first = _good(left, checked=checked)
    b, row_second, refused_second = _good(right, checked=checked)
    # The more detailed side is the one to cut into tiles.
    swapped = _detail(a) > _detail(b)
    large = left if swapped else right
    tiles = large.tiles if isinstance(large, Cover) else None
    shared = _shared(b, a, tiles) if swapped else _shared(a, b, tiles)
    i, j = (shared.large, shared.small) if swapped else (shared.small, shared.large)
    order = np.lexsort((j, i))
    return Overlap(
        left=row_first[i[order]],
        right=row_second[j[order]],
        area=shared.area[order],
        geometry=shared.geometry[order] if geometry else None,
        refused_left=refused_first,
        refused_right=refused_second,
        fallbacks=shared.fallbacks,
    )


def _good(polygons: ArrayLike | Cover, *, checked: bool) -> tuple[Geometries, Indices, Indices]:
    """Those with ground, their rows, and the rows that are left out."""
    if isinstance(polygons, Cover):
        return polygons.polygons, polygons.row, np.empty(0, dtype=np.int64)
    every = plane(polygons)
    good = usable(every, checked=checked)
    row = np.flatnonzero(good)
    return every[row], row, np.flatnonzero(~good)


class Rest(NamedTuple):
    """What lies outside, one row a polygon with ground there, sorted: row of left, geometry, plane area; fallbacks."""

    left: Indices
    geometry: Geometries
    area: Numbers
    fallbacks: int


def outside(left: ArrayLike, right: ArrayLike | Cover, *, checked: bool = False) -> Rest:
    """Left minus the union of right.

    Raises ValueError where a geometry is invalid or no polygon (None and empty have no ground).
    """
    first = plane(left)
    rows = require(first, checked=checked)
    polygons = first[rows]
    tiles = covering(right, checked=checked).tiles
    step = rounding(polygons, tiles.geometry)
    row, tile, inside = meetings(polygons, tiles)
    gone = np.bincount(row, weights=inside, minlength=len(polygons)) > 0
    hit, group = np.unique(row[~gone[row]], return_inverse=True)
    cover = joined(tiles, group, tile[~gone[row]])
    with prepared(cover):
        part = ~each_prepared(shapely.covers, cover, polygons[hit])
        pieces, source, fallbacks = difference(polygons[hit[part]], cover[part], step)
    kept = np.setdiff1d(np.flatnonzero(~gone), hit)
    index = np.concatenate([kept, hit[part][source]])
    found = np.concatenate([polygons[kept], pieces])
    order = np.argsort(index, kind="stable")
    return Rest(rows[index[order]], found[order], shapely.area(found[order]), fallbacks)


def disjoint(polygons: ArrayLike, *, checked: bool = False) -> tuple[Geometries, Indices]:
    """(geometry, row each comes from): ground covered twice belongs to the first polygon that covers it.

    Polygons that overlap nothing are returned as they are; one that earlier ones cover whole has no row. Raises
    ValueError where a geometry is invalid or no polygon (None and empty have no ground).
    """
    every = plane(polygons)
    rows = require(every, checked=checked)
    ground = every[rows]
    later, earlier = overlapping(ground)
    if not len(later):
        return ground, rows
    step = rounding(ground)
    hit, group = np.unique(later, return_inverse=True)
    cover = unions(ground, np.split(earlier, np.flatnonzero(np.diff(group)) + 1))
    with prepared(cover):
        pieces, source, _fallbacks = difference(ground[hit], cover, step)
    kept = np.delete(np.arange(len(ground)), hit)
    index = np.concatenate([kept, hit[source]])
    order = np.argsort(index, kind="stable")
    return np.concatenate([ground[kept], pieces])[order], rows[index[order]]


def _detail(polygons: Geometries) -> float:
    return float(shapely.get_num_coordinates(polygons).mean()) if len(polygons) else 0.0


class _Shared(NamedTuple):
    """Pairs with common ground in any order: rows of the small and the large side, area, geometry, fallbacks."""

    small: Indices
    large: Indices
    area: Numbers
    geometry: Geometries
    fallbacks: int


def _shared(small: Geometries, large: Geometries, tiles: Tiles | None) -> _Shared:
    """What each small polygon shares with each large one; tiles: those of the large ones, where they are made."""
    tiles, bits = tiles or subdivide(large), subdivide(small, SMALL_TILE)
    step = rounding(small, large)
    bit, tile, inside = meetings(bits.geometry, tiles, touches=None)
    whole = inside & (number(bits, len(small)) == 1)[bits.owner[bit]]
    i_whole, j_whole = bits.owner[bit[whole]], tiles.owner[tile[whole]]
    bit, tile = bit[~whole], tile[~whole]
    keys, group = np.unique(bits.owner[bit] * len(large) + tiles.owner[tile], return_inverse=True)
    i, j = np.divmod(keys, max(len(large), 1))
    piece = joined(bits, group, bit, small[i], number(bits, len(small))[i])
    cover = joined(tiles, group, tile, large[j], number(tiles, len(large))[j])
    with prepared(cover):
        covered = each_prepared(shapely.covers, cover, piece)
        open_ones = np.flatnonzero(~covered)
        cut = intersection(piece[open_ones], cover[open_ones], step)
    row = open_ones[cut.row]
    pieces = _whole(_whole(cut.geometry, small, i[row], step), large, j[row], step)
    found = np.concatenate([small[i_whole], piece[covered], pieces])
    return _Shared(
        np.concatenate([i_whole, i[covered], i[row]]),
        np.concatenate([j_whole, j[covered], j[row]]),
        shapely.area(found),
        found,
        cut.fallbacks + tiles.fallbacks + bits.fallbacks,
    )


def _whole(pieces: Geometries, polygons: Geometries, row: Indices, step: float) -> Geometries:
    """Pieces that are their polygon but for the rounding of a shared border where it was cut: the polygon itself."""
    rows, place = np.unique(row, return_inverse=True)
    area, perimeter = shapely.area(polygons[rows])[place], shapely.length(polygons[rows])[place]
    same = area - shapely.area(pieces) <= step * perimeter
    pieces[same] = polygons[row[same]]
    return pieces

"""Big polygons cut into small tiles, so that an overlay works on a few hundred vertices at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from qsgis.geometry.arrays import plane, require, rounding
from qsgis.geometry.windows import DEAR, each, each_prepared, prepared

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from qsgis.geometry.arrays import Geometries, Indices, Mask

TILE = 256  # vertices; anything from 128 to 512 is as fast
_LARGER = 8  # tiles' vertices: with more than that a polygon on the way down is no quicker to use than a union is made
_FEW, _SAMPLE = 0.05, 256  # share of couples that touch, and how many couples tell it
_POLYGON = 3
_DEPTH = 48  # halvings after which an extent is no wider than rounding


class Tiles(NamedTuple):
    """Single polygons that cover the originals without overlap, sorted by owner.

    owner: row of the original; above: tiles × levels, the places in `larger` of those that each tile was cut out of,
    from large to small, -1 where there is none; fallbacks: how many pieces stay large because no cut of them was sound;
    larger: valid polygons on the way down to tiles, but for the largest.
    """

    geometry: Geometries
    owner: Indices
    above: Indices
    fallbacks: int
    larger: Geometries


class Cover(NamedTuple):
    """Polygons that others are cut by, and their tiles: made once, where several overlays are due.

    polygons: valid ones; row: where each stands in what they were made of.
    """

    polygons: Geometries
    row: Indices
    tiles: Tiles


def covering(polygons: ArrayLike | Cover, *, checked: bool = False) -> Cover:
    """The polygons with ground of an array (of one plane CRS; Z is left aside) as a cover; one that is one already.

    Raises ValueError where a geometry is invalid (unless `checked`) or no polygon.
    """
    if isinstance(polygons, Cover):
        return polygons
    every = plane(polygons)
    row = require(every, checked=checked)
    return Cover(every[row], row, subdivide(every[row]))


def near(geometry: Geometries, cover: Cover) -> Indices:
    """Rows whose box meets a tile of the cover, sorted: the others share nothing with it."""
    return np.unique(shapely.STRtree(cover.tiles.geometry).query(geometry)[0])


def subdivide(polygons: Geometries, max_vertices: int | None = None) -> Tiles:
    """Tiles of at most `max_vertices` vertices (TILE), by halving the extent along its longer side again and again.

    polygons: valid polygons of one plane CRS, without Z. One that is small enough is its own tile, as it is. All
    tiles beside a cut have vertices exactly on it.
    """
    most, step = max_vertices or TILE, rounding(polygons)
    owner = np.arange(len(polygons), dtype=np.int64)
    tiles = _divided(polygons, owner, most, step, each_cut=False)
    made = np.flatnonzero(np.bincount(tiles.owner, minlength=len(polygons))[tiles.owner] > 1)
    crossed = np.unique(tiles.owner[made[~each(shapely.is_valid, tiles.geometry[made])]])
    if len(crossed):
        kept = np.flatnonzero(~np.isin(tiles.owner, crossed))
        tiles = _with(tiles, kept, _divided(polygons[crossed], crossed, most, step, each_cut=True))
    valid = np.append(each(shapely.is_valid, tiles.larger), False)  # the last is where -1 looks
    return tiles._replace(above=np.where(valid[tiles.above], tiles.above, -1))


def _divided(geometry: Geometries, owner: Indices, max_vertices: int, step: float, *, each_cut: bool) -> Tiles:
    """The tiles of polygons; each_cut: whether the halves' validity is seen to at every cut, or not at all."""
    left = _Pieces(geometry, owner, np.empty((len(owner), 0), dtype=np.int64))
    done: list[_Pieces] = []
    larger: list[Geometries] = [left.geometry[:0]]
    known, fallbacks = 0, 0
    for _level in range(_DEPTH):
        vertices = shapely.get_num_coordinates(left.geometry)
        big = vertices > max_vertices
        done.append(left.take(~big))
        left, held = left.take(big), vertices[big] <= _LARGER * max_vertices
        if not len(left.owner):
            break
        halves, sound = _halve(left.geometry, step, valid=each_cut)
        done.append(left.take(~sound))
        fallbacks += int((~sound).sum())
        larger.append(left.geometry[held])
        above = np.column_stack([left.above, np.where(held, known + np.cumsum(held) - 1, -1)])
        known += len(larger[-1])
        parts, row = shapely.get_parts(halves[sound].ravel(), return_index=True)
        ground = shapely.get_type_id(parts) == _POLYGON
        half = np.repeat(np.flatnonzero(sound), 2)[row[ground]]
        left = _Pieces(parts[ground], left.owner[half], above[half])
    return Tiles(*_stacked([*done, left]), fallbacks, np.concatenate(larger))


class _Pieces(NamedTuple):
    """See Tiles."""

    geometry: Geometries
    owner: Indices
    above: Indices

    def take(self, which: Indices | Mask) -> _Pieces:
        return _Pieces(self.geometry[which], self.owner[which], self.above[which])


def _stacked(pieces: list[_Pieces]) -> _Pieces:
    """All in one, by owner."""
    levels = max(some.above.shape[1] for some in pieces)
    above = [np.pad(some.above, ((0, 0), (0, levels - some.above.shape[1])), constant_values=-1) for some in pieces]
    owner = np.concatenate([some.owner for some in pieces])
    order = np.argsort(owner, kind="stable")
    return _Pieces(np.concatenate([some.geometry for some in pieces]), owner, np.concatenate(above)).take(order)


def _with(tiles: Tiles, kept: Indices, others: Tiles) -> Tiles:
    """The kept tiles and the others."""
    first = _Pieces(tiles.geometry, tiles.owner, tiles.above).take(kept)
    above = np.where(others.above < 0, -1, others.above + len(tiles.larger))
    both = _stacked([first, _Pieces(others.geometry, others.owner, above)])
    return Tiles(*both, tiles.fallbacks + others.fallbacks, np.concatenate([tiles.larger, others.larger]))


def meetings(geometry: Geometries, tiles: Tiles, *, touches: bool | None = False) -> tuple[Indices, Indices, Mask]:
    """(row of geometry, tile, whether the geometry lies inside the tile) for those that meet.

    touches: whether to have those, too, of which only the borders meet. None: only where these are few, as of parcels
    and a line that was drawn by itself; to tell them takes longer then than to overlay them for nothing.
    """
    row, tile = shapely.STRtree(tiles.geometry).query(geometry)
    one, other = tiles.geometry[tile], geometry[row]
    with prepared(tiles.geometry):
        inside: Mask = each_prepared(shapely.contains_properly, one, other)
        meet = inside.copy()
        meet[~inside] = each_prepared(shapely.intersects, one[~inside], other[~inside])
    open_ones = np.flatnonzero(meet & ~inside)
    if touches is None:
        some = open_ones[:: len(open_ones) // _SAMPLE + 1]
        touches = shapely.touches(other[some], one[some]).sum() <= _FEW * len(some)
    if not touches:
        # The tile as the second is compared as it is, which is faster here than prepared.
        meet[open_ones] = ~each_prepared(shapely.touches, other[open_ones], one[open_ones])
    return row[meet], tile[meet], inside[meet]


def joined(
    tiles: Tiles, group: Indices, tile: Indices, whole: Geometries | None = None, full: Indices | None = None
) -> Geometries:
    """A polygon for each group's tiles: their union, or a larger part of what they were cut out of that holds them.

    Groups are numbered from 0, each has a tile. Those of the same tiles share one polygon; one that has as many tiles
    as its polygon (`full`) is that polygon (`whole`) itself.
    """
    keys = np.unique(group * max(len(tiles.owner), 1) + tile)
    group, tile = np.divmod(keys, max(len(tiles.owner), 1))
    _groups, start, count = np.unique(group, return_index=True, return_counts=True)
    found = tiles.geometry[tile[start]]
    several = count > 1
    if whole is not None and full is not None:
        found[full == count] = whole[full == count]
        several &= full != count
    holder = _holders(tiles.above[tile], start)
    held = several & (holder >= 0)
    found[held] = tiles.larger[holder[held]]
    rows = np.flatnonzero(several & ~held)
    members = [tile[begin : begin + n] for begin, n in zip(start[rows], count[rows], strict=True)]
    found[rows] = unions(tiles.geometry, members)
    return found


def _holders(above: Indices, start: Indices) -> Indices:
    """The smallest polygon that all tiles of a group were cut out of (see Tiles), -1: none; groups begin at `start`."""
    holder = np.full(len(start), -1)
    for level in above.T if len(start) else ():
        low, high = np.minimum.reduceat(level, start), np.maximum.reduceat(level, start)
        holder = np.where((low == high) & (low >= 0), low, holder)
    return holder


def unions(polygons: Geometries, members: list[Indices]) -> Geometries:
    """The union of each group of polygons; groups of the same members share one."""
    if not members:
        return polygons[:0]
    names = [tuple(some) for some in members]
    distinct = {name: place for place, name in enumerate(dict.fromkeys(names))}
    owner = np.repeat(np.arange(len(distinct)), [len(name) for name in distinct])
    bundles = shapely.geometrycollections(polygons[np.concatenate(list(distinct))], indices=owner)
    found = each(lambda bundle: shapely.union_all(bundle[:, None], axis=1), bundles, size=DEAR)
    every: Geometries = found[[distinct[name] for name in names]]
    return every


def number(tiles: Tiles, owners: int) -> Indices:
    """How many tiles each of `owners` polygons has."""
    return np.bincount(tiles.owner, minlength=owners)


def _halve(polygons: Geometries, step: float, *, valid: bool) -> tuple[Geometries, Mask]:
    """Both halves of each polygon (n × 2), and whether they are sound: clip_by_rect is fast but not to be trusted."""
    boxes = _half_boxes(shapely.bounds(polygons))
    halves = np.empty((len(polygons), 2), dtype=object)
    for row, polygon in enumerate(polygons):
        for side in (0, 1):
            halves[row, side] = shapely.clip_by_rect(polygon, *boxes[row, side])
    sound = _sound(polygons, halves, step, valid=valid)
    if not sound.all():
        again = ~sound
        halves[again] = shapely.intersection(polygons[again, None], shapely.box(*np.moveaxis(boxes[again], 2, 0)))
        sound[again] = _sound(polygons[again], halves[again], step, valid=True)
    return halves, sound


def _half_boxes(bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """N × 2 × (xmin, ymin, xmax, ymax): the two halves of the extents, wider than them on all sides but the cut."""
    size = bounds[:, 2:] - bounds[:, :2]
    margin = size.max(axis=1, keepdims=True)
    wide = np.hstack([bounds[:, :2] - margin, bounds[:, 2:] + margin])
    boxes = np.stack([wide, wide], axis=1)
    axis = (size[:, 1] > size[:, 0]).astype(int)
    row = np.arange(len(bounds))
    cut = (bounds[row, axis] + bounds[row, axis + 2]) / 2
    boxes[row, 0, axis + 2] = cut
    boxes[row, 1, axis] = cut
    return boxes


def _sound(polygons: Geometries, halves: Geometries, step: float, *, valid: bool) -> Mask:
    """Whether both halves are together as large as the whole, but for rounding, and valid, if that is looked at."""
    whole = shapely.area(polygons)
    allowed = step * shapely.length(polygons) + 1e-12 * whole
    same: Mask = np.abs(shapely.area(halves).sum(axis=1) - whole) <= allowed
    if valid:
        same &= each(shapely.is_valid, halves).all(axis=1)
    return same

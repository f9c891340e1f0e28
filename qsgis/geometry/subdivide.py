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
_DEPTH = 48  # halvings after which an extent is no wider than rounding


class Tiles(NamedTuple):
    """Single polygons that cover the originals without overlap, sorted by owner.

    owner: row of the original; fallbacks: how many pieces stay large because no cut of them was sound.
    """

    geometry: Geometries
    owner: Indices
    fallbacks: int


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
    if not len(crossed):
        return tiles
    kept = ~np.isin(tiles.owner, crossed)
    again = _divided(polygons[crossed], crossed, most, step, each_cut=True)
    geometry: Geometries = np.concatenate([tiles.geometry[kept], again.geometry])
    owner = np.concatenate([tiles.owner[kept], again.owner])
    order = np.argsort(owner, kind="stable")
    return Tiles(geometry[order], owner[order], tiles.fallbacks + again.fallbacks)


def _divided(geometry: Geometries, owner: Indices, max_vertices: int, step: float, *, each_cut: bool) -> Tiles:
    """The tiles of polygons; each_cut: whether the halves' validity is seen to at every cut, or not at all."""
    done: list[tuple[Geometries, Indices]] = []
    fallbacks = 0
    for _level in range(_DEPTH):
        big = shapely.get_num_coordinates(geometry) > max_vertices
        done.append((geometry[~big], owner[~big]))
        geometry, owner = geometry[big], owner[big]
        if not len(geometry):
            break
        halves, sound = _halve(geometry, step, valid=each_cut)
        done.append((geometry[~sound], owner[~sound]))
        fallbacks += int((~sound).sum())
        parts, row = shapely.get_parts(halves[sound].ravel(), return_index=True)
        ground = shapely.get_type_id(parts) == 3
        geometry, owner = parts[ground], np.repeat(owner[sound], 2)[row[ground]]
    done.append((geometry, owner))
    geometry, owner = (np.concatenate(column) for column in zip(*done, strict=True))
    order = np.argsort(owner, kind="stable")
    return Tiles(geometry[order], owner[order], fallbacks)


def meetings(geometry: Geometries, tiles: Tiles, *, touches: bool = False) -> tuple[Indices, Indices, Mask]:
    """(row of geometry, tile, whether the geometry lies inside the tile) for those that meet.

    touches: whether to have those, too, of which only the borders meet.
    """
    row, tile = shapely.STRtree(tiles.geometry).query(geometry)
    one, other = tiles.geometry[tile], geometry[row]
    with prepared(tiles.geometry):
        inside: Mask = each_prepared(shapely.contains_properly, one, other)
        meet = inside.copy()
        meet[~inside] = each_prepared(shapely.intersects, one[~inside], other[~inside])
    if not touches:
        open_ones = np.flatnonzero(meet & ~inside)
        # The tile as the second is compared as it is, which is faster here than prepared.
        meet[open_ones] = ~each_prepared(shapely.touches, other[open_ones], one[open_ones])
    return row[meet], tile[meet], inside[meet]


def joined(
    tiles: Geometries, group: Indices, tile: Indices, whole: Geometries | None = None, full: Indices | None = None
) -> Geometries:
    """The union of each group's tiles; groups are numbered from 0, each has a tile.

    Groups of the same tiles share one union; one that has as many tiles as its polygon (`full`) is that polygon
    (`whole`) itself.
    """
    keys = np.unique(group * max(len(tiles), 1) + tile)
    group, tile = np.divmod(keys, max(len(tiles), 1))
    _groups, start, count = np.unique(group, return_index=True, return_counts=True)
    union = tiles[tile[start]]
    several = count > 1
    if whole is not None and full is not None:
        union[full == count] = whole[full == count]
        several &= full != count
    rows = np.flatnonzero(several)
    if not len(rows):
        return union
    members = [tuple(tile[begin : begin + n]) for begin, n in zip(start[rows], count[rows], strict=True)]
    distinct = {member: place for place, member in enumerate(dict.fromkeys(members))}
    owner = np.repeat(np.arange(len(distinct)), [len(member) for member in distinct])
    bundles = shapely.geometrycollections(tiles[np.concatenate(list(distinct))], indices=owner)
    unions = each(lambda bundle: shapely.union_all(bundle[:, None], axis=1), bundles, size=DEAR)
    union[rows] = unions[[distinct[member] for member in members]]
    return union


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

"""Polygons cut to square cells, so that a share of them can be reached and a share not."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from qsgis.geometry.windows import each, prepared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qsgis.geometry.arrays import Geometries, Indices, Mask, Numbers

BLOCK = 8  # squares along a side of a block, which is asked before its squares are


class Cells(NamedTuple):
    """Pieces of polygons on a grid, by polygon, row by row from below.

    owner: row of the polygon; square: the whole square of each piece, neighbours of one polygon sharing their corners
    to the last bit; geometry: what of it the polygon covers; spot: n × 2 coordinates of that piece's centroid.
    """

    owner: Indices
    square: Geometries
    geometry: Geometries
    area: Numbers
    spot: Numbers


class _Places(NamedTuple):
    """Squares (or blocks of them) by polygon: n × 2 columns and rows, counted from the polygon's lower left corner."""

    owner: Indices
    at: Indices

    def take(self, which: Indices | Mask) -> _Places:
        return _Places(self.owner[which], self.at[which])


def cells(polygons: NDArray[np.object_], size: float) -> Cells:
    """Polygons cut along square grids of `size` (CRS units, > 0), each anchored at its polygon's lower left corner.

    The pieces of a polygon cover it without overlap; only cells on its border are intersected. Anchoring at the
    polygon makes the cells move with the data.
    """
    polygons = np.asarray(polygons, dtype=object)
    bounds = np.nan_to_num(shapely.bounds(polygons), nan=0.0)
    first = bounds[:, :2]
    count = np.maximum(np.ceil((bounds[:, 2:] - first) / size), 1).astype(np.int64)
    count[shapely.is_empty(polygons)] = 0
    with prepared(polygons):
        blocks = _all_of(-(-count // BLOCK))
        within, across = _met(polygons, blocks, _boxes(first, blocks, size, BLOCK))
        whole, part = _squares_of(blocks.take(within), count), _squares_of(blocks.take(across), count)
        asked = _boxes(first, part, size)
        inside, border = _met(polygons, part, asked)
    places = [whole, part.take(inside), part.take(border)]
    owner = np.concatenate([some.owner for some in places])
    at = np.concatenate([some.at for some in places])
    square = np.concatenate([_boxes(first, whole, size), asked[inside], asked[border]])
    geometry = square.copy()
    cut = slice(len(square) - int(border.sum()), None)
    geometry[cut] = each(shapely.intersection, polygons[owner[cut]], square[cut])
    area = shapely.area(geometry)
    order = np.lexsort((at[:, 0], at[:, 1], owner))
    order = order[area[order] > 0]
    spot = shapely.get_coordinates(shapely.centroid(geometry[order])).reshape(-1, 2)
    return Cells(owner[order], square[order], geometry[order], area[order], spot)


def outlines(squares: Geometries, group: Indices) -> Geometries:
    """The ground of each group's squares (all of one polygon, see Cells); groups are numbered from 0, each has some."""
    order = np.argsort(group, kind="stable")
    bundles = shapely.geometrycollections(squares[order], indices=group[order])
    return np.asarray(shapely.coverage_union_all(bundles[:, None], axis=1), dtype=object)


def _all_of(count: Indices) -> _Places:
    """All places of grids with so many columns and rows."""
    number = count.prod(axis=1)
    owner = np.repeat(np.arange(len(count)), number)
    step = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
    columns = count[owner, 0]
    return _Places(owner, np.column_stack([step % columns, step // columns]))


def _squares_of(blocks: _Places, count: Indices) -> _Places:
    """The squares of blocks, without those beyond the polygon's grid."""
    inner = np.indices((BLOCK, BLOCK)).reshape(2, -1).T
    owner = np.repeat(blocks.owner, len(inner))
    at = (blocks.at[:, None, :] * BLOCK + inner).reshape(-1, 2)
    within = at < count[owner]
    return _Places(owner, at).take(within[:, 0] & within[:, 1])


def _boxes(first: Numbers, places: _Places, size: float, block: int = 1) -> Geometries:
    """The squares; edges are reckoned from the polygon's corner, so that neighbours have the very same."""
    low, high = (first[places.owner] + (places.at + more) * block * size for more in (0, 1))
    return np.asarray(shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1]), dtype=object)


def _met(polygons: Geometries, places: _Places, boxes: Geometries) -> tuple[Mask, Mask]:
    """Which squares lie inside their polygon, and which its border may cross. The polygons are prepared."""
    whole = polygons[places.owner]
    inside: Mask = shapely.contains_properly(whole, boxes)
    border = ~inside
    border[border] = shapely.intersects(whole[border], boxes[border])
    return inside, border

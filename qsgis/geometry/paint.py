"""Polygons painted on a grid: a cell has the number of the polygon that holds its centre.

Row by row, from west to east: an edge that crosses the row of centres enters its polygon or leaves it, by the side its
ground lies on, and a running sum tells where one is inside. All edges at once; no polygon is looked at by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from qsgis.geometry.edges import edges
from qsgis.geometry.windows import windowed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qsgis.geometry.arrays import Geometries, Indices, Numbers

_WINDOW = 4096  # polygons whose edges are held at once


class Grid(NamedTuple):
    """Square cells: the western and northern edge, the side of a cell (units of the CRS), rows and columns."""

    west: float
    north: float
    cell: float
    rows: int
    columns: int


def painted(polygons: Geometries, number: NDArray[np.uint8], grid: Grid) -> NDArray[np.uint8]:
    """The `number` (1–255) of the polygon that holds each cell's centre, the highest where several do; 0 for none."""
    work = windowed(lambda window: _crossings(polygons[window], number[window], grid), len(polygons), size=_WINDOW)
    value, place, sign = (np.concatenate(column) for column in zip(*work, strict=True))
    picture = np.zeros((grid.rows, grid.columns), np.uint8)
    for one in np.unique(value).tolist():
        mine = value == one
        # A column more: what begins beyond the eastern edge.
        size = grid.rows * (grid.columns + 1)
        steps = np.bincount(place[mine], weights=sign[mine], minlength=size).reshape(grid.rows, -1)
        picture[np.cumsum(steps, axis=1)[:, :-1] > 0.5] = one
    return picture


def _crossings(
    polygons: Geometries, number: NDArray[np.uint8], grid: Grid
) -> tuple[NDArray[np.uint8], Indices, Numbers]:
    """(number, cell, +1 or -1) where an edge crosses a row of centres: what comes in or goes out from that cell on."""
    found = edges(polygons)
    across = (found.coords[:, 0] - grid.west) / grid.cell - 0.5
    down = (grid.north - found.coords[:, 1]) / grid.cell - 0.5
    row = np.clip(np.ceil(down), 0, grid.rows).astype(np.int64)  # the first row of centres not above the vertex
    first, last = row[found.start], row[found.start + 1]
    edge = np.flatnonzero(first != last)
    start, first, last = found.start[edge], first[edge], last[edge]
    count = np.abs(last - first)
    each = np.repeat(np.arange(len(edge)), count)
    line = np.minimum(first, last)[each] + np.arange(len(each)) - (np.cumsum(count) - count)[each]
    slope = (across[start + 1] - across[start]) / (down[start + 1] - down[start])
    column = np.ceil(across[start][each] + (line - down[start][each]) * slope[each])
    cell = line * (grid.columns + 1) + np.clip(column, 0, grid.columns).astype(np.int64)
    sign = (np.where(last > first, 1.0, -1.0) * found.left[edge]).astype(np.float64)
    return np.asarray(number[found.owner[edge]][each]), cell, sign[each]

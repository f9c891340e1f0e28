"""The lines that may be nearest to points, found on a grid of cells.

A segment is named by the vertex that it begins at; within loops vertices are one flat array: segment v is
at[2 v:2 v + 4]. What lies beyond the grid counts as in its outermost cells, which it is then farther off than.
"""

from __future__ import annotations

from math import sqrt

import numba
import numpy as np

from qsgis.geometry.windows import windowed
from qsgis.network.arrays import Floats, Ints, Shorts

SLOTS = 8  # lines to a point that are told
_RINGS = 16  # empty rings of cells round a point: with more a tree finds the nearest sooner
_SHARE = 8_000  # points that are worth a thread
_CROWD = 128  # segments in a cell: with more a tree finds the nearest sooner
_FULL = 8  # entries in cells to a segment: with more the cells are too small


def near_lines(points: Floats, xy: Floats, line: Ints, slack: float) -> Shorts:
    """For each of (n, 2) points the lines (n, SLOTS; -1: none) no more than `slack` metres farther than the nearest.

    xy: the vertices of the lines, line after line; line: that of each vertex. A point with more such lines, one
    with no line near, and one where lines are crowded has none. Coordinates are finite.
    """
    at = np.ascontiguousarray(xy).reshape(-1)
    low, high = np.quantile(xy, 0.01, axis=0), np.quantile(xy, 0.99, axis=0)
    cell = max(sqrt(float(np.prod(high - low)) / len(xy)), float((high - low).max()) / 4096, 1e-3)
    while _entries(at, line, low, *_side(low, high, cell), 1 / cell) > _FULL * len(xy):
        cell *= 2
    columns, rows = _side(low, high, cell)
    count = np.zeros(columns * rows, np.int64)
    _enter(at, line, low, columns, rows, 1 / cell, count, np.empty(0, np.int32))
    stop = np.r_[0, np.cumsum(count)]
    member = np.empty(stop[-1], np.int32)
    _enter(at, line, low, columns, rows, 1 / cell, stop[:-1].copy(), member)
    found, empty = np.full((len(points), SLOTS), -1, np.int32), _empty_rings(stop, columns, rows)
    windowed(
        lambda some: _near(points[some], at, line, low, empty, cell, stop, member, slack, found[some]),
        len(points),
        size=_SHARE,
    )
    return found


def _side(low: Floats, high: Floats, cell: float) -> tuple[int, int]:
    """Columns and rows of the grid."""
    columns, rows = (np.ceil((high - low) / cell) + 1).astype(int)
    return int(columns), int(rows)


@numba.njit(cache=True, nogil=True)
def _place(x: float, low: float, scale: float, size: int) -> int:
    """The column (or row) of a coordinate."""
    return int(min(max((x - low) * scale, 0.0), size - 1.0))


@numba.njit(cache=True, nogil=True)
def _span(one: float, two: float, low: float, scale: float, size: int) -> tuple[int, int]:
    """The first and last column (or row) between two coordinates."""
    return _place(min(one, two), low, scale, size), _place(max(one, two), low, scale, size)


@numba.njit(cache=True, nogil=True)
def _box(at: Floats, v: int, low: Floats, columns: int, rows: int, scale: float) -> tuple[int, int, int, int]:
    """The first and last column and the first and last row that segment v may lie in."""
    return (
        *_span(at[2 * v], at[2 * v + 2], low[0], scale, columns),
        *_span(at[2 * v + 1], at[2 * v + 3], low[1], scale, rows),
    )


@numba.njit(cache=True, nogil=True)
def _entries(at: Floats, line: Ints, low: Floats, columns: int, rows: int, scale: float) -> int:
    """How many entries in cells there would be."""
    total = 0
    for v in range(len(line) - 1):
        if line[v] == line[v + 1]:
            left, right, bottom, top = _box(at, v, low, columns, rows, scale)
            total += (right - left + 1) * (top - bottom + 1)
    return total


@numba.njit(cache=True, nogil=True)
def _enter(
    at: Floats, line: Ints, low: Floats, columns: int, rows: int, scale: float, fill: Ints, member: Shorts
) -> None:
    """Moves `fill` of each cell on by its segments, and writes these from where it stood; `member` empty: none."""
    for v in range(len(line) - 1):
        if line[v] == line[v + 1]:
            left, right, bottom, top = _box(at, v, low, columns, rows, scale)
            for row in range(bottom, top + 1):
                for column in range(left, right + 1):
                    c = row * columns + column
                    if len(member):
                        member[fill[c]] = v
                    fill[c] += 1


@numba.njit(cache=True, nogil=True)
def _empty_rings(stop: Ints, columns: int, rows: int) -> Shorts:
    """How many rings round each cell (rows, columns) hold nothing, the cell itself counted as one."""
    rings = np.empty((rows, columns), np.int32)
    for j in range(rows):
        for i in range(columns):
            c = j * columns + i
            least = 0 if stop[c + 1] > stop[c] else rows + columns
            if i > 0:
                least = min(least, rings[j, i - 1] + 1)
            for k in range(max(i - 1, 0), min(i + 2, columns) if j > 0 else 0):
                least = min(least, rings[j - 1, k] + 1)
            rings[j, i] = least
    for j in range(rows - 1, -1, -1):
        for i in range(columns - 1, -1, -1):
            least = rings[j, i]
            if i < columns - 1:
                least = min(least, rings[j, i + 1] + 1)
            for k in range(max(i - 1, 0), min(i + 2, columns) if j < rows - 1 else 0):
                least = min(least, rings[j + 1, k] + 1)
            rings[j, i] = least
    return rings


@numba.njit(cache=True, nogil=True)
def _gap(at: Floats, v: int, x: float, y: float) -> float:
    """Metres between a point and segment v."""
    dx, dy = at[2 * v + 2] - at[2 * v], at[2 * v + 3] - at[2 * v + 1]
    px, py = x - at[2 * v], y - at[2 * v + 1]
    long = dx * dx + dy * dy
    t = min(max((px * dx + py * dy) / long, 0.0), 1.0) if long > 0 else 0.0
    return sqrt((px - t * dx) ** 2 + (py - t * dy) ** 2)


@numba.njit(cache=True, nogil=True)
def _near(
    points: Floats, at: Floats, line: Ints, low: Floats, empty: Shorts, cell: float, stop: Ints, member: Shorts,
    slack: float, found: Shorts,
) -> None:  # fmt: skip
    """Writes the lines near each point into its row of `found`."""
    (rows, columns), gaps = empty.shape, np.empty(found.shape[1])
    for p in range(len(points)):
        x, y, mine = points[p, 0], points[p, 1], found[p]
        column, row = _place(x, low[0], 1 / cell, columns), _place(y, low[1], 1 / cell, rows)
        best, many, ring = np.inf, 0, empty[row, column]
        last = ring + ring // 2 + 2 if ring <= _RINGS else 0  # the nearest cell may lie in a corner of its ring
        while ring <= last and many >= 0 and best + slack > (ring - 1) * cell:
            for j in range(max(row - ring, 0), min(row + ring, rows - 1) + 1):
                step = 1 if abs(j - row) == ring or ring == 0 else 2 * ring
                for i in range(column - ring, column + ring + 1, step):
                    if 0 <= i < columns and many >= 0:
                        c = j * columns + i
                        best, many = _look(stop[c], stop[c + 1], member, at, line, x, y, slack, best, many, mine, gaps)
            ring += 1
        if many < 0 or best + slack > (ring - 1) * cell:
            mine[:] = -1


@numba.njit(cache=True, nogil=True)
def _look(
    begin: int, end: int, member: Shorts, at: Floats, line: Ints, x: float, y: float, slack: float,
    best: float, many: int, mine: Shorts, gaps: Floats,
) -> tuple[float, int]:  # fmt: skip
    """The least distance and the number of lines told after one more cell.

    -1: more lines than there is room for, or a crowded cell.
    """
    if end - begin > _CROWD:
        return best, -1
    for m in range(begin, end):
        v = member[m]
        gap = _gap(at, v, x, y)
        if gap > best + slack:
            continue
        if gap < best:  # what is farther off than this goes
            best, kept = gap, 0
            for k in range(many):
                if gaps[k] <= best + slack:
                    mine[kept], gaps[kept] = mine[k], gaps[k]
                    kept += 1
            mine[kept:many] = -1
            many = kept
        k = 0
        while k < many and mine[k] != line[v]:
            k += 1
        if k == len(mine):
            return best, -1
        if k == many:
            mine[k], gaps[k] = line[v], gap
            many += 1
        gaps[k] = min(gaps[k], gap)
    return best, many

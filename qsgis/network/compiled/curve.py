"""Points along a Z-curve through the plane: their cells, their order, and which are equal."""

from __future__ import annotations

import numba
import numpy as np

from qsgis.network.arrays import Floats, Ints, Shorts


@numba.njit(cache=True, nogil=True)
def cells(xy: Floats, low: Floats, scale: Floats, bits: int) -> Shorts:
    """The cell of each of (n, 2) points in a grid of 2 ** bits rows, which begins at `low`, `scale` cells a metre."""
    cell, last = np.empty(len(xy), np.int32), 2.0**bits - 1
    for k in range(len(xy)):
        cell[k] = _cell(xy[k, 0], xy[k, 1], low, scale, last)
    return cell


@numba.njit(cache=True, nogil=True)
def _cell(x: float, y: float, low: Floats, scale: Floats, last: float) -> np.int64:
    """The cell of a point where the last row and column is `last`."""
    column = np.int64(min(max((x - low[0]) * scale[0], 0.0), last))
    row = np.int64(min(max((y - low[1]) * scale[1], 0.0), last))
    return _spread(column) | (_spread(row) << 1)


@numba.njit(cache=True, nogil=True)
def _spread(number: np.int64) -> np.int64:
    """Its bits with gaps between them."""
    number = (number | (number << 8)) & 0x00FF00FF
    number = (number | (number << 4)) & 0x0F0F0F0F
    number = (number | (number << 2)) & 0x33333333
    return (number | (number << 1)) & 0x55555555


@numba.njit(cache=True, nogil=True)
def in_order(cell: Shorts, size: int) -> tuple[Ints, Ints]:
    """The points cell by cell, as given within one; and where each of `size` cells ends among them."""
    stop, order = np.zeros(size + 1, np.int64), np.empty(len(cell), np.int64)
    for c in cell:
        stop[c + 1] += 1
    for c in range(size):
        stop[c + 1] += stop[c]
    for k in range(len(cell)):
        order[stop[cell[k]]] = k
        stop[cell[k]] += 1
    return order, stop[:size]


@numba.njit(cache=True, nogil=True)
def equal_points(
    xy: Floats, low: Floats, scale: Floats, bits: int,
    at: Shorts, found: Shorts, points: Floats, number: Ints,
) -> int:  # fmt: skip
    """Numbers of (n, 2) points, equal for equal points, the points by number, and how many these are.

    See qsgis.network.curve. Brought into the order of the curve first, so that a table for each cell, which stays
    small, tells equal ones. The last four arrays, as long as `xy`, are written to.
    """
    stop = _placed(xy, low, scale, bits, at, points)
    count = _numbered(points, points.view(np.int64), stop, found)
    for k in range(len(xy)):
        number[k] = found[at[k]]
    return count


@numba.njit(cache=True, nogil=True)
def _placed(xy: Floats, low: Floats, scale: Floats, bits: int, at: Shorts, there: Floats) -> Ints:
    """Writes the points cell by cell, and where each stands then; where each cell ends."""
    stop, last = np.zeros(4**bits + 1, np.int64), 2.0**bits - 1
    for k in range(len(xy)):
        at[k] = _cell(xy[k, 0], xy[k, 1], low, scale, last)
        stop[at[k] + 1] += 1
    for c in range(4**bits):
        stop[c + 1] += stop[c]
    for k in range(len(xy)):
        cell = at[k]
        at[k] = stop[cell]
        there[at[k], 0], there[at[k], 1] = xy[k, 0] + 0.0, xy[k, 1] + 0.0  # no minus zero
        stop[cell] += 1
    return stop[: 4**bits]


@numba.njit(cache=True, nogil=True)
def _numbered(points: Floats, bits: Ints, stop: Ints, number: Shorts) -> int:
    """Numbers points that stand cell by cell, by a table with open addresses that is at most half full.

    Each is moved on to the place of its number, which is behind it or its own.
    """
    begin, count, table = 0, 0, np.empty(16, np.int32)
    for end in stop:
        room = 16
        while room < 2 * (end - begin):
            room *= 2
        if room > len(table):
            table = np.empty(room, np.int32)
        table[:room] = -1
        for k in range(begin, end):
            x, y, slot = points[k, 0], points[k, 1], _hash(bits[k, 0], bits[k, 1]) & (room - 1)
            while table[slot] >= 0 and (points[table[slot], 0] != x or points[table[slot], 1] != y):
                slot = (slot + 1) & (room - 1)
            if table[slot] < 0:
                table[slot], points[count, 0], points[count, 1] = count, x, y
                count += 1
            number[k] = table[slot]
        begin = end
    return count


@numba.njit(cache=True, nogil=True)
def _hash(x: np.int64, y: np.int64) -> np.int64:
    """44 bits that hang on all of both."""
    h = (np.uint64(x) * np.uint64(0x9E3779B97F4A7C15)) ^ (np.uint64(y) * np.uint64(0xC2B2AE3D27D4EB4F))
    h ^= h >> np.uint64(32)
    return np.int64((h * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20))

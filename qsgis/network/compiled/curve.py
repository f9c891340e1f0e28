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
        column = np.int64(min(max((xy[k, 0] - low[0]) * scale[0], 0.0), last))
        row = np.int64(min(max((xy[k, 1] - low[1]) * scale[1], 0.0), last))
        cell[k] = _spread(column) | (_spread(row) << 1)
    return cell


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
def equal_points(xy: Floats, low: Floats, scale: Floats, bits: int) -> tuple[Ints, Floats]:
    """A number for each of (n, 2) points, equal for equal points, and the points by number; see qsgis.network.curve.

    Brought into the order of the curve first, so that a table for each cell, which stays small, tells equal ones.
    """
    order, stop = in_order(cells(xy, low, scale, bits), 4**bits)
    there = np.empty((len(xy), 2))
    for k in range(len(xy)):
        there[k, 0], there[k, 1] = xy[order[k], 0] + 0.0, xy[order[k], 1] + 0.0  # no minus zero
    found, points = _numbered(there, there.view(np.int64), stop)
    number = np.empty(len(xy), np.int64)
    for k in range(len(xy)):
        number[order[k]] = found[k]
    return number, points


@numba.njit(cache=True, nogil=True)
def _numbered(xy: Floats, bits: Ints, stop: Ints) -> tuple[Ints, Floats]:
    """Numbers of points that stand cell by cell, by a table with open addresses that is at most half full."""
    number, points = np.empty(len(xy), np.int64), np.empty_like(xy)
    begin, count, table = 0, 0, np.empty(16, np.int32)
    for end in stop:
        room = 16
        while room < 2 * (end - begin):
            room *= 2
        if room > len(table):
            table = np.empty(room, np.int32)
        table[:room] = -1
        for k in range(begin, end):
            slot = _hash(bits[k, 0], bits[k, 1]) & (room - 1)
            while table[slot] >= 0 and (points[table[slot], 0] != xy[k, 0] or points[table[slot], 1] != xy[k, 1]):
                slot = (slot + 1) & (room - 1)
            if table[slot] < 0:
                table[slot], points[count, 0], points[count, 1] = count, xy[k, 0], xy[k, 1]
                count += 1
            number[k] = table[slot]
        begin = end
    return number, points[:count].copy()


@numba.njit(cache=True, nogil=True)
def _hash(x: np.int64, y: np.int64) -> np.int64:
    """44 bits that hang on all of both."""
    h = (np.uint64(x) * np.uint64(0x9E3779B97F4A7C15)) ^ (np.uint64(y) * np.uint64(0xC2B2AE3D27D4EB4F))
    h ^= h >> np.uint64(32)
    return np.int64((h * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20))

"""Segments that come near each other, found on a grid of cells."""

from __future__ import annotations

from math import floor, sqrt

import numba
import numpy as np

from qsgis.geometry.windows import windowed
from qsgis.network.arrays import SHARE, Floats, Ints, Shorts

_SLACK = 1e-5  # metres beyond the reach in which a pair is still handed on: rounding decides nothing here
_LONG = 10_000  # cells: a longer segment is held against all others instead of being laid over its cells
_FLAT, _SHARP = 0.5e-9, 1e-3  # sines: two segments from one point are parallel below, and well apart above
_FIRST, _LAST = 1, 2  # marks of a segment that begins, or ends, its line


def near_pairs(xy: Floats, begin: Ints, reach: float) -> Ints:
    """Pairs of segments (k, 2), each named by the vertex that it begins at, the lower first, in order.

    They may touch or come within `reach` metres. `xy`: the vertices of lines, line after line, best in an order that
    keeps neighbours together; `begin`: the first vertex of each line, and the number of vertices. A vertex that repeats
    the one before makes no segment. Left out are neighbours along a line, and segments that share an end of both their
    lines and come near each other nowhere else. Some pairs are given that are farther apart than the reach.
    """
    where, number, marks = _laid_out(xy, begin)
    cell, reach = _cell(where, reach), reach + _SLACK
    side = 1 << max(int(np.log2(max(len(where), 1)) / 2), 3)
    stop, member = _cells(where, 1 / cell, side, reach / 2)
    shares = windowed(
        lambda cells: _within_cells(where, number, marks, stop[cells.start : cells.stop + 1], member, reach),
        side**2,
        size=SHARE,
    )
    pairs = np.concatenate([*shares, _of_long(where, number, marks, 1 / cell, reach)])
    key = np.sort(pairs[:, 0] * len(xy) + pairs[:, 1])
    key = key[np.diff(key, prepend=-1) > 0]
    return np.column_stack(np.divmod(key, max(len(xy), 1)))


def _cell(where: Floats, reach: float) -> float:
    """Metres of a cell's side: four times the mean extent of segments, the longest hundredth left aside."""
    some = where[:: len(where) // 65_536 + 1]
    extent = np.maximum(np.abs(some[:, 2] - some[:, 0]), np.abs(some[:, 3] - some[:, 1]))
    kept = np.sort(extent)[: max(int(len(extent) * 0.99), 1)]
    return max(float(kept.mean()) * 4 if len(kept) else 0.0, 4 * reach, 1e-3)


@numba.njit(cache=True, nogil=True)
def _laid_out(xy: Floats, begin: Ints) -> tuple[Floats, Shorts, Shorts]:
    """(n, 4) coordinates of the segments, their first vertices and marks."""
    room = len(xy) - len(begin) + 1
    where, number, marks = np.empty((room, 4)), np.empty(room, np.int32), np.zeros(room, np.int32)
    k = 0
    for line in range(len(begin) - 1):
        start = k
        for v in range(begin[line], begin[line + 1] - 1):
            if xy[v, 0] != xy[v + 1, 0] or xy[v, 1] != xy[v + 1, 1]:
                where[k, 0], where[k, 1], where[k, 2], where[k, 3] = xy[v, 0], xy[v, 1], xy[v + 1, 0], xy[v + 1, 1]
                number[k] = v
                k += 1
        if k > start:
            marks[start] |= _FIRST
            marks[k - 1] |= _LAST
    return where[:k], number[:k], marks[:k]


@numba.njit(cache=True, nogil=True)
def _rows(where: Floats, k: int, scale: float, grown: float) -> tuple[int, int]:
    """The first and last row of cells that segment k, so much thicker, lies in; none (0, -1) of a long one.

    `scale`: cells to a metre.
    """
    if not (abs(where[k, 2] - where[k, 0]) * scale < _LONG and abs(where[k, 3] - where[k, 1]) * scale < _LONG):
        return 0, -1
    low, high = min(where[k, 1], where[k, 3]), max(where[k, 1], where[k, 3])
    return floor((low - grown) * scale), floor((high + grown) * scale)


@numba.njit(cache=True, nogil=True)
def _columns(where: Floats, k: int, row: int, alone: bool, scale: float, grown: float) -> tuple[int, int]:
    """The first and last cell in a row that segment k, so much thicker, lies in; `alone`: it lies in no other row."""
    x, y, one, two = where[k, 0], where[k, 1], where[k, 0], where[k, 2]
    dx, dy = two - x, where[k, 3] - y
    if not alone and dy != 0:
        low, high = (row / scale - grown - y) / dy, ((row + 1) / scale + grown - y) / dy
        one = x + min(max(min(low, high), 0.0), 1.0) * dx
        two = x + min(max(low, high, 0.0), 1.0) * dx
    return floor((min(one, two) - grown) * scale), floor((max(one, two) + grown) * scale)


@numba.njit(cache=True, nogil=True)
def _cells(where: Floats, scale: float, side: int, grown: float) -> tuple[Ints, Shorts]:
    """The segments that lie in each cell of a torus of side × side, so that lines far off cost nothing.

    Those of cell c are `member[stop[c]:stop[c + 1]]`. `side` is a power of two.
    """
    stop = np.zeros(side * side + 1, np.int64)
    for k in range(len(where)):
        low, high = _rows(where, k, scale, grown)
        for row in range(low, high + 1):
            left, right = _columns(where, k, row, low == high, scale, grown)
            for column in range(left, right + 1):
                stop[(row & (side - 1)) * side + (column & (side - 1)) + 1] += 1
    stop = np.cumsum(stop)
    member, fill = np.empty(stop[-1], np.int32), stop[:-1].copy()
    for k in range(len(where)):
        low, high = _rows(where, k, scale, grown)
        for row in range(low, high + 1):
            left, right = _columns(where, k, row, low == high, scale, grown)
            for column in range(left, right + 1):
                c = (row & (side - 1)) * side + (column & (side - 1))
                member[fill[c]] = k
                fill[c] += 1
    return stop, member


@numba.njit(cache=True, nogil=True)
def _within_cells(where: Floats, number: Shorts, marks: Shorts, stop: Ints, member: Shorts, reach: float) -> Ints:
    """Near pairs with a cell in common, some of them several times."""
    found, count = np.empty((1024, 2), np.int64), 0
    for c in range(len(stop) - 1):
        for m in range(stop[c], stop[c + 1]):
            a = member[m]
            west, east = min(where[a, 0], where[a, 2]) - reach, max(where[a, 0], where[a, 2]) + reach
            south, north = min(where[a, 1], where[a, 3]) - reach, max(where[a, 1], where[a, 3]) + reach
            for n in range(m + 1, stop[c + 1]):
                b = member[n]
                if b == a or (b == a + 1 and not marks[b] & _FIRST):  # a long one can meet itself on the torus
                    continue
                if min(where[b, 0], where[b, 2]) > east or max(where[b, 0], where[b, 2]) < west:
                    continue
                if min(where[b, 1], where[b, 3]) > north or max(where[b, 1], where[b, 3]) < south:
                    continue
                if _near(where, marks, a, b, reach):
                    found, count = _noted(found, count, number[a], number[b])
    return found[:count]


@numba.njit(cache=True, nogil=True)
def _of_long(where: Floats, number: Shorts, marks: Shorts, scale: float, reach: float) -> Ints:
    """Near pairs with one that is too long for cells."""
    found, count = np.empty((8, 2), np.int64), 0
    for k in range(len(where)):
        low, high = _rows(where, k, scale, reach)
        if high < low:
            for n in range(len(where)):
                along = abs(n - k) == 1 and not marks[max(n, k)] & _FIRST
                if n != k and not along and _near(where, marks, k, n, reach):
                    found, count = _noted(found, count, number[k], number[n])
    return found[:count]


@numba.njit(cache=True, nogil=True)
def _noted(found: Ints, count: int, i: int, j: int) -> tuple[Ints, int]:
    if count == len(found):
        more = np.empty((2 * count, 2), np.int64)
        for k in range(count):
            more[k, 0], more[k, 1] = found[k, 0], found[k, 1]
        found = more
    found[count, 0], found[count, 1] = min(i, j), max(i, j)
    return found, count + 1


@numba.njit(cache=True, nogil=True)
def _near(where: Floats, marks: Shorts, a: int, b: int, reach: float) -> bool:
    """Whether the pair is to be handed on."""
    for i in range(2):  # ends of both lines: their first points are at 0 and 1, their last ones at 2 and 3
        for j in range(2):
            shared = marks[a] & (1 + i) and marks[b] & (1 + j)
            if shared and where[a, 2 * i] == where[b, 2 * j] and where[a, 2 * i + 1] == where[b, 2 * j + 1]:
                return _more_than_joined(where[a], where[b], 2 * i, 2 * j, reach)
    return _crossing(where[a], where[b]) or _apart(where[a], where[b]) <= reach * reach


@numba.njit(cache=True, nogil=True)
def _more_than_joined(a: Floats, b: Floats, i: int, j: int, reach: float) -> bool:
    """Whether segments joined at their points i and j come near each other elsewhere too, or are hard to tell."""
    px, py, qx, qy = a[2 - i] - a[i], a[3 - i] - a[i + 1], b[2 - j] - b[j], b[3 - j] - b[j + 1]
    turn = abs(px * qy - py * qx)
    both = sqrt((px * px + py * py) * (qx * qx + qy * qy))
    if not (turn < _FLAT * both or turn > _SHARP * both):
        return True
    return min(_to_segment(a[2 - i], a[3 - i], b), _to_segment(b[2 - j], b[3 - j], a)) <= reach * reach


@numba.njit(cache=True, nogil=True)
def _to_segment(x: float, y: float, s: Floats) -> float:
    """Square of the distance from a point to a segment."""
    dx, dy = s[2] - s[0], s[3] - s[1]
    t = min(max(((x - s[0]) * dx + (y - s[1]) * dy) / (dx * dx + dy * dy), 0.0), 1.0)
    ex, ey = x - s[0] - t * dx, y - s[1] - t * dy
    square: float = ex * ex + ey * ey
    return square


@numba.njit(cache=True, nogil=True)
def _apart(a: Floats, b: Floats) -> float:
    """Square of the distance between two segments that do not cross."""
    one = min(_to_segment(a[0], a[1], b), _to_segment(a[2], a[3], b))
    other = min(_to_segment(b[0], b[1], a), _to_segment(b[2], b[3], a))
    return min(one, other)


@numba.njit(cache=True, nogil=True)
def _crossing(a: Floats, b: Floats) -> bool:
    """Whether each segment has its ends on both sides of the other."""
    return _parts(a, b) and _parts(b, a)


@numba.njit(cache=True, nogil=True)
def _parts(a: Floats, b: Floats) -> bool:
    """Whether the ends of b lie on both sides of a."""
    dx, dy = a[2] - a[0], a[3] - a[1]
    one = dx * (b[1] - a[1]) - dy * (b[0] - a[0])
    two = dx * (b[3] - a[1]) - dy * (b[2] - a[0])
    sides: bool = (one <= 0) != (two <= 0)
    return sides

"""Segments that come near each other, found on a grid of cells.

A segment is named by the vertex that it begins at. `xy` are the vertices of lines, line after line, and `marks` tell of
each whether it begins a segment; see `marked`. Within loops vertices are one flat array: segment v is at[2 v:2 v + 4].
"""

from __future__ import annotations

from math import floor, sqrt

import numba
import numpy as np
from numpy.typing import NDArray

from qsgis.geometry.windows import windowed
from qsgis.network.arrays import SHARE, Floats, Ints, Shorts

Marks = NDArray[np.uint8]

_SLACK = 1e-5  # metres beyond the reach in which a pair is still handed on: rounding decides nothing here
_LONG = 10_000  # cells: a longer segment is held against all others instead of being laid over its cells
_FLAT, _SHARP = 0.5e-9, 1e-3  # sines: two segments from one point are parallel below, and well apart above
_FIRST, _LAST, _SEGMENT = 1, 2, 4


@numba.njit(cache=True, nogil=True)
def marked(xy: Floats, begin: Ints) -> Marks:
    """Of each vertex: 4 where a segment begins, and 1 if it is its line's first, 2 if the last.

    `begin`: the first vertex of each line, and the number of vertices. Repeated vertices begin no segment.
    """
    marks = np.zeros(len(xy), np.uint8)
    for line in range(len(begin) - 1):
        before = -1
        for v in range(begin[line], begin[line + 1] - 1):
            if xy[v, 0] != xy[v + 1, 0] or xy[v, 1] != xy[v + 1, 1]:
                marks[v] = _SEGMENT if before >= 0 else _SEGMENT | _FIRST
                before = v
        if before >= 0:
            marks[before] |= _LAST
    return marks


def near_pairs(xy: Floats, marks: Marks, reach: float) -> Ints:
    """Pairs of segments, in order, that may touch or come within `reach` metres: the lower one × 2³² + the higher one.

    Lines stand best in an order that keeps neighbours together. Left out are neighbours along a line, and segments
    that share an end of both their lines and come near each other nowhere else. Some pairs are given that are farther
    apart than the reach.
    """
    at, cell, reach = xy.reshape(-1), _cell(xy, marks, reach), reach + _SLACK
    side = 1 << max(int(np.log2(max(len(xy), 1)) / 2), 3)
    count = np.zeros(side**2, np.int64)
    long = _enter(at, marks, 1 / cell, side, reach / 2, count, np.empty(0, np.int32))
    stop = np.r_[0, np.cumsum(count)]
    member = np.empty(stop[-1], np.int32)
    _enter(at, marks, 1 / cell, side, reach / 2, stop[:-1].copy(), member)
    shares = windowed(
        lambda cells: _within_cells(at, marks, stop[cells.start : cells.stop + 1], member, reach), side**2, size=SHARE
    )
    pairs = np.sort(np.concatenate([*shares, _of_long(at, marks, 1 / cell, reach)] if long else shares))
    return pairs[np.diff(pairs, prepend=-1) > 0]


def _cell(xy: Floats, marks: Marks, reach: float) -> float:
    """Metres of a cell's side: four times the mean extent of segments, the longest hundredth left aside."""
    some = np.arange(0, len(xy), len(xy) // 65_536 + 1)
    some = some[marks[some] > 0]
    extent = np.abs(xy[some + 1] - xy[some]).max(axis=1)
    kept = np.sort(extent)[: max(int(len(extent) * 0.99), 1)]
    return max(float(kept.mean()) * 4 if len(kept) else 0.0, 4 * reach, 1e-3)


@numba.njit(cache=True, nogil=True)
def _rows(at: Floats, v: int, scale: float, grown: float) -> tuple[int, int]:
    """The first and last row of cells that segment v, so much thicker, lies in; none (0, -1) of a long one.

    `scale`: cells to a metre.
    """
    x, y, p, q = at[2 * v], at[2 * v + 1], at[2 * v + 2], at[2 * v + 3]
    if not (abs(p - x) * scale < _LONG and abs(q - y) * scale < _LONG):
        return 0, -1
    return floor((min(y, q) - grown) * scale), floor((max(y, q) + grown) * scale)


@numba.njit(cache=True, nogil=True)
def _columns(at: Floats, v: int, row: int, alone: bool, scale: float, grown: float) -> tuple[int, int]:
    """The first and last cell in a row that segment v, so much thicker, lies in; `alone`: it lies in no other row."""
    x, y, one, two = at[2 * v], at[2 * v + 1], at[2 * v], at[2 * v + 2]
    dx, dy = two - x, at[2 * v + 3] - y
    if not alone and dy != 0:
        low, high = (row / scale - grown - y) / dy, ((row + 1) / scale + grown - y) / dy
        one = x + min(max(min(low, high), 0.0), 1.0) * dx
        two = x + min(max(low, high, 0.0), 1.0) * dx
    return floor((min(one, two) - grown) * scale), floor((max(one, two) + grown) * scale)


@numba.njit(cache=True, nogil=True)
def _enter(at: Floats, marks: Marks, scale: float, side: int, grown: float, fill: Ints, member: Shorts) -> int:
    """Moves `fill` of each cell on by its segments, and writes these from where it stood; `member` empty: none.

    Cells are those of a torus of side × side (a power of two), so that lines far off cost nothing. Returns how many
    segments are too long for cells.
    """
    long = 0
    for v in range(len(marks)):
        if marks[v]:
            low, high = _rows(at, v, scale, grown)
            long += high < low
            for row in range(low, high + 1):
                left, right = _columns(at, v, row, low == high, scale, grown)
                for column in range(left, right + 1):
                    c = (row & (side - 1)) * side + (column & (side - 1))
                    if len(member):
                        member[fill[c]] = v
                    fill[c] += 1
    return long


@numba.njit(cache=True, nogil=True)
def _within_cells(at: Floats, marks: Marks, stop: Ints, member: Shorts, reach: float) -> Ints:
    """Near pairs with a cell in common, some of them several times; those of cell c: member[stop[c]:stop[c + 1]]."""
    found, count = np.empty(1024, np.int64), 0
    for c in range(len(stop) - 1):
        for m in range(stop[c], stop[c + 1]):
            a = member[m]
            west, east = min(at[2 * a], at[2 * a + 2]) - reach, max(at[2 * a], at[2 * a + 2]) + reach
            south, north = min(at[2 * a + 1], at[2 * a + 3]) - reach, max(at[2 * a + 1], at[2 * a + 3]) + reach
            for n in range(m + 1, stop[c + 1]):
                b = member[n]
                if min(at[2 * b], at[2 * b + 2]) > east or max(at[2 * b], at[2 * b + 2]) < west:
                    continue
                if min(at[2 * b + 1], at[2 * b + 3]) > north or max(at[2 * b + 1], at[2 * b + 3]) < south:
                    continue
                if b == a or _follows(marks, a, b):  # a long one can meet itself on the torus
                    continue
                if _near(at, marks, a, b, reach):
                    found, count = _noted(found, count, a, b)
    return found[:count]


@numba.njit(cache=True, nogil=True)
def _of_long(at: Floats, marks: Marks, scale: float, reach: float) -> Ints:
    """Near pairs with one that is too long for cells."""
    found, count = np.empty(8, np.int64), 0
    for a in range(len(marks)):
        if not marks[a]:
            continue
        low, high = _rows(at, a, scale, reach)
        if high < low:
            for b in range(len(marks)):
                if marks[b] and b != a and not _follows(marks, min(a, b), max(a, b)) and _near(at, marks, a, b, reach):
                    found, count = _noted(found, count, a, b)
    return found[:count]


@numba.njit(cache=True, nogil=True)
def _follows(marks: Marks, a: int, b: int) -> bool:
    """Whether segment b is the next one of the line after segment a, which comes before it."""
    if marks[b] & _FIRST:
        return False
    v = a + 1
    while v < b and not marks[v]:
        v += 1
    return v == b


@numba.njit(cache=True, nogil=True)
def _noted(found: Ints, count: int, i: int, j: int) -> tuple[Ints, int]:
    if count == len(found):
        more = np.empty(2 * count, np.int64)
        for k in range(count):
            more[k] = found[k]
        found = more
    found[count] = np.int64(min(i, j)) << 32 | np.int64(max(i, j))
    return found, count + 1


@numba.njit(cache=True, nogil=True)
def _near(at: Floats, marks: Marks, a: int, b: int, reach: float) -> bool:
    """Whether the pair is to be handed on."""
    one, two = at[2 * a : 2 * a + 4], at[2 * b : 2 * b + 4]
    for i in range(2):  # ends of both lines: their first points are at 0 and 1, their last ones at 2 and 3
        for j in range(2):
            shared = marks[a] & (1 + i) and marks[b] & (1 + j)
            if shared and one[2 * i] == two[2 * j] and one[2 * i + 1] == two[2 * j + 1]:
                return _more_than_joined(one, two, 2 * i, 2 * j, reach)
    return _crossing(one, two) or _apart(one, two) <= reach * reach


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

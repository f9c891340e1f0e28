"""Pairs of segments measured one after the other: the questions of qsgis.network.contacts, put in a loop."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from qsgis.network.arrays import Bools, Floats, Ints, Shorts

_TOUCH = 1e-6  # metres: nearer than this is touching
_FIRST, _LAST = 1, 2
_NONE, _JOINED, _APART = 0, 1, 2


class Lines(NamedTuple):
    """Lines by their vertices. marks: see qsgis.network.compiled.neighbours.marked."""

    xy: Floats
    along: Floats  # a vertex: distance along its line
    owner: Shorts  # a vertex: its line
    begin: Ints  # a line: its first vertex; and the number of vertices
    total: Floats  # a line: length
    level: Ints  # a line
    marks: NDArray[np.uint8]  # a vertex
    seen: Bools  # (2, 2 × lines), written to: ends that were joined to what they did not touch; that levels part


class Place(NamedTuple):
    """A point of a segment: metres from the segment's beginning and along the line."""

    at: float
    along: float
    x: float
    y: float


class Found(NamedTuple):
    """Contacts as they are written down; see qsgis.network.contacts.Contacts."""

    line: Shorts
    along: Floats
    xy: Floats
    joint: Shorts


MOST = 6  # contacts of a pair: the places of a crossing, and the ends of both segments


def room(size: int) -> Found:
    """For so many contacts. Of numpy's memory, which comes in large pages, and only when it is written to."""
    return Found(np.empty(size, np.int32), np.empty(size), np.empty((size, 2)), np.empty(size, np.int32))


@numba.njit(cache=True, nogil=True)
def contacts_of(pairs: Ints, lines: Lines, tolerance: float, found: Found, first: int) -> tuple[int, int]:
    """Writes the contacts of pairs of segments, pair by pair, from place `first` on.

    How many these are, and how many crossings, which are numbered from 2 × lines on. Pairs: see
    qsgis.network.compiled.neighbours.
    """
    count, crossings, size = first, 0, len(lines.total)
    for k in range(len(pairs)):
        i, j = pairs[k] >> 32, pairs[k] & 0xFFFFFFFF
        met, on_i, on_j = _crossing(lines, i, j, tolerance)
        if met:
            _note(found, count, lines.owner[i], on_i, 2 * size + crossings)
            _note(found, count + 1, lines.owner[j], on_j, 2 * size + crossings)
            count += 2
            crossings += 1
        for turned in range(2):
            a, b = (j, i) if turned else (i, j)
            for tail in range(2):
                if not lines.marks[a] & (_LAST if tail else _FIRST):
                    continue
                kind, place, gap = _end(lines, a, b, tail, tolerance)
                end = lines.owner[a] + tail * size
                if kind == _JOINED:
                    _note(found, count, lines.owner[b], place, end)
                    count += 1
                    if gap > _TOUCH:
                        lines.seen[0, end] = True  # no more than set: another thread may set it too
                elif kind == _APART:
                    lines.seen[1, end] = True
    return count - first, crossings


@numba.njit(cache=True, nogil=True)
def draw_together(found: Found, lines: int, first: Ints, count: Ints, crossings: Ints) -> None:
    """Moves contacts that were written from several places on to the beginning, one after the other.

    The crossings of each share are numbered on from those before.
    """
    to, before = 0, 0
    for share in range(len(first)):
        for k in range(first[share], first[share] + count[share]):
            joint = found.joint[k]
            found.line[to], found.along[to] = found.line[k], found.along[k]
            found.xy[to, 0], found.xy[to, 1] = found.xy[k, 0], found.xy[k, 1]
            found.joint[to] = joint + before if joint >= 2 * lines else joint
            to += 1
        before += crossings[share]


@numba.njit(cache=True, nogil=True)
def _note(found: Found, n: int, line: int, place: Place, joint: int) -> None:
    found.line[n], found.along[n], found.joint[n] = line, place.along, joint
    found.xy[n, 0], found.xy[n, 1] = place.x, place.y


@numba.njit(cache=True, nogil=True)
def _step(lines: Lines, v: int) -> tuple[float, float, float]:
    """The way of the segment from vertex v, and its length."""
    dx, dy = lines.xy[v + 1, 0] - lines.xy[v, 0], lines.xy[v + 1, 1] - lines.xy[v, 1]
    return dx, dy, sqrt(dx * dx + dy * dy)


@numba.njit(cache=True, nogil=True)
def _crossing(lines: Lines, a: int, b: int, tolerance: float) -> tuple[bool, Place, Place]:
    """Whether segments cross or touch at an angle, and where."""
    xy, nowhere = lines.xy, Place(0.0, 0.0, 0.0, 0.0)
    ax, ay, long_a = _step(lines, a)
    bx, by, long_b = _step(lines, b)
    cx, cy = xy[b, 0] - xy[a, 0], xy[b, 1] - xy[a, 1]
    turn = ax * by - ay * bx
    if not abs(turn) > 1e-9 * long_a * long_b:
        return False, nowhere, nowhere
    on_a, on_b = (cx * by - cy * bx) / turn * long_a, (cx * ay - cy * ax) / turn * long_b
    if not (-_TOUCH <= on_a <= long_a + _TOUCH and -_TOUCH <= on_b <= long_b + _TOUCH):
        return False, nowhere, nowhere
    vertex = min(on_a, long_a - on_a) <= _TOUCH and min(on_b, long_b - on_b) <= _TOUCH
    if not vertex and lines.level[lines.owner[a]] != lines.level[lines.owner[b]]:
        return False, nowhere, nowhere
    on_a, on_b = min(max(on_a, 0.0), long_a), min(max(on_b, 0.0), long_b)
    x, y = xy[a, 0] + ax * (on_a / long_a), xy[a, 1] + ay * (on_a / long_a)
    at_a, at_b = Place(on_a, lines.along[a] + on_a, x, y), Place(on_b, lines.along[b] + on_b, x, y)
    return not _joined_already(lines, a, at_a, b, at_b, tolerance), at_a, at_b


@numba.njit(cache=True, nogil=True)
def _end(lines: Lines, a: int, b: int, tail: int, tolerance: float) -> tuple[int, Place, float]:
    """Whether a line's end, that of segment a, lies within the tolerance of segment b; where on b, and the gap."""
    nowhere, xy = Place(0.0, 0.0, 0.0, 0.0), lines.xy
    x, y = xy[a + tail, 0], xy[a + tail, 1]
    bx, by, long_b = _step(lines, b)
    on_a = _step(lines, a)[2] if tail else 0.0
    on_b = min(max(((x - xy[b, 0]) * bx + (y - xy[b, 1]) * by) / long_b, 0.0), long_b)
    foot_x, foot_y = xy[b, 0] + bx * (on_b / long_b), xy[b, 1] + by * (on_b / long_b)
    gap = sqrt((foot_x - x) * (foot_x - x) + (foot_y - y) * (foot_y - y))
    at_a, at_b = Place(on_a, lines.along[a] + on_a, x, y), Place(on_b, lines.along[b] + on_b, foot_x, foot_y)
    if not gap <= tolerance or _joined_already(lines, a, at_a, b, at_b, tolerance):
        return _NONE, nowhere, 0.0
    same = lines.level[lines.owner[a]] == lines.level[lines.owner[b]]
    joined = same or _at_vertex(lines, b, x, y, tolerance)
    return _JOINED if joined else _APART, at_b, gap


@numba.njit(cache=True, nogil=True)
def _at_vertex(lines: Lines, b: int, x: float, y: float, tolerance: float) -> bool:
    """Whether a point is within the tolerance of an end of segment b's line, or on a vertex of it."""
    for k, mark in ((b, _FIRST), (b + 1, _LAST)):
        dx, dy = x - lines.xy[k, 0], y - lines.xy[k, 1]
        if sqrt(dx * dx + dy * dy) <= (tolerance if lines.marks[b] & mark else _TOUCH):
            return True
    return False


@numba.njit(cache=True, nogil=True)
def _joined_already(lines: Lines, a: int, at_a: Place, b: int, at_b: Place, tolerance: float) -> bool:
    """A contact that says nothing new: a line with itself a step further on, or lines beside an end that they share."""
    reach = max(2 * tolerance, _TOUCH)
    one, two = lines.owner[a], lines.owner[b]
    if one == two and abs(at_a.along - at_b.along) <= reach:
        return True
    if min(at_a.along, lines.total[one] - at_a.along) > reach or min(at_b.along, lines.total[two] - at_b.along) > reach:
        return False
    for k in range(2):
        for m in range(2):
            from_a = lines.total[one] - at_a.along if k else at_a.along
            from_b = lines.total[two] - at_b.along if m else at_b.along
            if from_a <= reach and from_b <= reach:
                v = lines.begin[one + 1] - 1 if k else lines.begin[one]
                w = lines.begin[two + 1] - 1 if m else lines.begin[two]
                if lines.xy[v, 0] == lines.xy[w, 0] and lines.xy[v, 1] == lines.xy[w, 1]:
                    return True
    return False

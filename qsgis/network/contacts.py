"""Where raw lines touch: crossings inside segments, and line ends within a tolerance of another line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from qsgis.network.arrays import Bools, Floats, Geometries, Ints
from qsgis.network.cutting import measures

_BATCH = 200_000  # segments whose neighbours are sought at once: bounds memory
_TOUCH = 1e-6  # metres: nearer than this is touching


@dataclass(frozen=True)
class Ends:
    """First point (`head`), last point (`tail`) and length of each line."""

    head: Floats
    tail: Floats
    total: Floats

    @classmethod
    def of(cls, lines: Geometries) -> Ends:
        """The ends of LineStrings."""
        xy, owner = shapely.get_coordinates(lines, return_index=True)
        stop = np.cumsum(np.bincount(owner, minlength=len(lines)))
        return cls(xy[np.r_[0, stop[:-1]][: len(lines)]], xy[stop - 1], shapely.length(lines))


@dataclass(frozen=True)
class Segments:
    """Straight segments of lines: from `p` to `q`, on `line`, beginning `at` metres along it."""

    p: Floats
    q: Floats
    line: Ints
    at: Floats
    first: Bools  # begins its line
    last: Bools  # ends its line
    level: Ints | None  # a line: bridge or tunnel level
    whole: Ends

    @classmethod
    def of(cls, lines: Geometries, level: Ints | None) -> Segments:
        """The segments of LineStrings of positive length, repeated vertices left out."""
        xy, owner = shapely.get_coordinates(lines, return_index=True)
        along = measures(xy, owner)
        here = np.flatnonzero((owner[1:] == owner[:-1]) & (xy[1:] != xy[:-1]).any(axis=1))
        line = owner[here]
        begins = np.r_[True, line[1:] != line[:-1]] if len(line) else np.zeros(0, bool)
        ends = np.r_[begins[1:], True] if len(line) else begins
        p, q, at = xy[here], xy[here + 1], along[here]
        return cls(p, q, line, at, begins, ends, level, Ends(p[begins], q[ends], along[here + 1][ends]))


@dataclass(frozen=True)
class Contacts:
    """Pairs of places to be joined: `along` metres on line a and on line b; and what was seen on the way."""

    line_a: Ints
    along_a: Floats
    xy_a: Floats
    line_b: Ints
    along_b: Floats
    xy_b: Floats
    snapped: int = 0
    level_ends: int = 0

    @classmethod
    def none(cls) -> Contacts:
        """No contact."""
        i, f, p = np.zeros(0, np.int64), np.zeros(0), np.zeros((0, 2))
        return cls(i, f, p, i, f, p)


@dataclass(frozen=True)
class _Found:
    """Contacts of one kind in one batch: segments a and b, places on them, the gap, ends that levels keep apart."""

    a: Ints
    b: Ints
    on_a: Floats  # metres along segment a
    on_b: Floats
    xy_a: Floats
    xy_b: Floats
    gap: Floats
    apart: Ints  # segments whose end lies on a line of another level


def contacts(segments: Segments, tolerance: float) -> Contacts:
    """All contacts of `segments`, but not those of ends with equal coordinates: these are one point already."""
    found: list[_Found] = []
    for i, j in _neighbours(segments, tolerance):
        found.append(_crossings(segments, i, j, tolerance))
        for a, b in ((i, j), (j, i)):
            found.extend(_ends(segments, a, b, tolerance, tail=tail) for tail in (False, True))
    if not found:
        return Contacts.none()
    a, b = np.concatenate([f.a for f in found]), np.concatenate([f.b for f in found])
    gap = np.concatenate([f.gap for f in found])
    along_a = segments.at[a] + np.concatenate([f.on_a for f in found])
    ends = np.unique(np.column_stack([segments.line[a], along_a > 0])[gap > _TOUCH], axis=0)
    return Contacts(
        segments.line[a],
        along_a,
        np.concatenate([f.xy_a for f in found]),
        segments.line[b],
        segments.at[b] + np.concatenate([f.on_b for f in found]),
        np.concatenate([f.xy_b for f in found]),
        snapped=len(ends),
        level_ends=len(np.unique(np.concatenate([f.apart for f in found]))),
    )


def _neighbours(s: Segments, tolerance: float) -> list[tuple[Ints, Ints]]:
    """Pairs of segments whose boxes come within the tolerance, in batches; not neighbours along one line."""
    low, high = np.minimum(s.p, s.q), np.maximum(s.p, s.q)
    # a diagonal has the box of its segment and is made in a third of the time of a polygon
    boxes = shapely.linestrings(np.stack([low, high], axis=1))
    grown = shapely.linestrings(np.stack([low - tolerance, high + tolerance], axis=1))
    tree = shapely.STRtree(boxes)
    batches = []
    for begin in range(0, len(boxes), _BATCH):
        i, j = tree.query(grown[begin : begin + _BATCH])
        i = i + begin
        keep = (i < j) & ~((s.line[i] == s.line[j]) & (j == i + 1))
        order = np.lexsort((j[keep], i[keep]))
        batches.append((i[keep][order], j[keep][order]))
    return batches


def _same_level(s: Segments, a: Ints, b: Ints) -> Bools:
    if s.level is None:
        return np.ones(len(a), bool)
    same: Bools = s.level[s.line[a]] == s.level[s.line[b]]
    return same


def _joined_already(s: Segments, a: Ints, on_a: Floats, b: Ints, on_b: Floats, tolerance: float) -> Bools:
    """Contacts that say nothing new: a line with itself a step further on, or lines beside an end that they share."""
    reach = max(2 * tolerance, _TOUCH)
    line_a, line_b = s.line[a], s.line[b]
    along_a, along_b = s.at[a] + on_a, s.at[b] + on_b
    known: Bools = (line_a == line_b) & (np.abs(along_a - along_b) <= reach)
    ends = s.whole
    for point_a, from_a in ((ends.head, along_a), (ends.tail, ends.total[line_a] - along_a)):
        for point_b, from_b in ((ends.head, along_b), (ends.tail, ends.total[line_b] - along_b)):
            beside = (from_a <= reach) & (from_b <= reach)
            known[beside] |= (point_a[line_a[beside]] == point_b[line_b[beside]]).all(axis=1)
    return known


def _crossings(s: Segments, a: Ints, b: Ints, tolerance: float) -> _Found:
    """Segments that cross or touch at an angle; on different levels only where both have a vertex there."""
    da, db, between = s.q[a] - s.p[a], s.q[b] - s.p[b], s.p[b] - s.p[a]
    long_a, long_b = np.hypot(*da.T), np.hypot(*db.T)
    turn = _cross(da, db)
    with np.errstate(divide="ignore", invalid="ignore"):
        on_a = _cross(between, db) / turn * long_a
        on_b = _cross(between, da) / turn * long_b
    hit = np.abs(turn) > 1e-9 * long_a * long_b
    hit &= (on_a >= -_TOUCH) & (on_a <= long_a + _TOUCH) & (on_b >= -_TOUCH) & (on_b <= long_b + _TOUCH)
    vertex = (np.minimum(on_a, long_a - on_a) <= _TOUCH) & (np.minimum(on_b, long_b - on_b) <= _TOUCH)
    hit &= _same_level(s, a, b) | vertex
    a, b, da, long_a, long_b = a[hit], b[hit], da[hit], long_a[hit], long_b[hit]
    on_a, on_b = np.clip(on_a[hit], 0, long_a), np.clip(on_b[hit], 0, long_b)
    new = ~_joined_already(s, a, on_a, b, on_b, tolerance)
    a, b, on_a, on_b = a[new], b[new], on_a[new], on_b[new]
    xy = s.p[a] + da[new] * (on_a / long_a[new])[:, None]
    return _Found(a, b, on_a, on_b, xy, xy, np.zeros(len(a)), np.zeros(0, np.int64))


def _ends(s: Segments, a: Ints, b: Ints, tolerance: float, *, tail: bool) -> _Found:
    """Line ends on segments `a` that lie within the tolerance of segments `b`."""
    flag, points = (s.last, s.q) if tail else (s.first, s.p)
    ends = flag[a]
    a, b = a[ends], b[ends]
    point, d = points[a], s.q[b] - s.p[b]
    long = np.hypot(*d.T)
    on_a = np.hypot(*(s.q[a] - s.p[a]).T) if tail else np.zeros(len(a))
    on_b = np.clip(((point - s.p[b]) * d).sum(axis=1) / long, 0, long)
    foot = s.p[b] + d * (on_b / long)[:, None]
    gap = np.hypot(*(foot - point).T)
    near = (gap <= tolerance) & ~_joined_already(s, a, on_a, b, on_b, tolerance)
    joined = near & (_same_level(s, a, b) | _at_vertex(s, b, point, tolerance))
    apart = near & ~joined
    return _Found(
        a[joined],
        b[joined],
        on_a[joined],
        on_b[joined],
        point[joined],
        foot[joined],
        gap[joined],
        2 * a[apart] + int(tail),
    )


def _at_vertex(s: Segments, b: Ints, point: Floats, tolerance: float) -> Bools:
    """Whether `point` is within the tolerance of an end of segment b's line, or on a vertex of it."""
    to_p, to_q = np.hypot(*(point - s.p[b]).T), np.hypot(*(point - s.q[b]).T)
    at: Bools = (to_p <= np.where(s.first[b], tolerance, _TOUCH)) | (to_q <= np.where(s.last[b], tolerance, _TOUCH))
    return at


def _cross(a: Floats, b: Floats) -> Floats:
    cross: Floats = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return cross

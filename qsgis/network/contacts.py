"""Where raw lines touch: crossings inside segments, and line ends within a tolerance of another line."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely

from qsgis.geometry.windows import windowed
from qsgis.network import compiled
from qsgis.network.arrays import Bools, Floats, Ints, Shorts
from qsgis.network.cutting import Vertices

_BATCH = 200_000  # segments whose neighbours are sought at once: bounds memory
_LARGE = 500_000  # pairs that are measured at once: what they leave of a large page is little beside what they fill
_TOUCH = 1e-6  # metres: nearer than this is touching


@dataclass(frozen=True)
class Ends:
    """First point (`head`), last point (`tail`) and length of each line."""

    head: Floats
    tail: Floats
    total: Floats

    @classmethod
    def of(cls, vertices: Vertices, total: Floats) -> Ends:
        """Those of lines of these lengths."""
        head, tail = np.split(vertices.ends, 2)
        return cls(head, tail, total)


@dataclass(frozen=True)
class Segments:
    """Straight segments of lines: from `p` to `q`, on `line`, beginning `at` metres along it."""

    p: Floats
    q: Floats
    line: Shorts
    at: Floats
    first: Bools  # begins its line
    last: Bools  # ends its line
    level: Ints | None  # a line: bridge or tunnel level
    whole: Ends  # of all lines

    @classmethod
    def of(cls, vertices: Vertices, level: Ints | None, whole: Ends) -> Segments:
        """The segments of LineStrings of positive length, repeated vertices left out."""
        xy, owner = vertices.xy, vertices.owner
        here = np.flatnonzero((owner[1:] == owner[:-1]) & ((xy[1:, 0] != xy[:-1, 0]) | (xy[1:, 1] != xy[:-1, 1])))
        line = owner[here]
        change, some = line[1:] != line[:-1], np.ones(min(len(line), 1), bool)
        begins, ends = np.r_[some, change], np.r_[change, some]
        return cls(xy[here], xy[here + 1], line, vertices.along[here], begins, ends, level, whole)


@dataclass(frozen=True)
class Contacts:
    """Places that something is joined to: `along` metres on `line`, at `xy`; and what was seen on the way.

    joint: what is joined there. Up to 2 × lines an end (i: the head of line i, lines + i: its tail); from then on a
    crossing, which has a place on both its lines.
    """

    line: Shorts
    along: Floats
    xy: Floats
    joint: Shorts
    crossings: int
    snapped: int = 0  # ends that were joined to what they did not touch
    level_ends: int = 0

    @classmethod
    def none(cls) -> Contacts:
        """No contact."""
        nothing = np.zeros(0, np.int32)
        return cls(nothing, np.zeros(0), np.zeros((0, 2)), nothing, 0)


_CROSSING = -1


@dataclass(frozen=True)
class _Found:
    """Contacts in one batch: which pair of segments it is, the segment and where on it, what is joined and how far off.

    joint: as of Contacts, but of any crossing _CROSSING.
    """

    pair: Ints
    segment: Ints
    on: Floats  # metres along the segment
    xy: Floats
    joint: Ints
    gap: Floats
    apart: Ints  # ends, as joints, that lie on a line of another level


_EACH = ("pair", "segment", "on", "xy", "joint", "gap")  # an element a contact


def contacts(vertices: Vertices, level: Ints | None, whole: Ends, tolerance: float) -> Contacts:
    """All contacts of the lines, but not those of ends with equal coordinates: these are one point already.

    `level`: of each line, or none; `whole`: their ends.
    """
    if compiled.available():
        return _looped(vertices, level, whole, tolerance)
    segments = Segments.of(vertices, level, whole)
    found = [_measured(segments, i, j, tolerance) for i, j in _neighbours(segments, tolerance)]
    if not found:
        return Contacts.none()
    _pair, segment, on, xy, joint, gap = (np.concatenate([getattr(f, name) for f in found]) for name in _EACH)
    crossing = joint == _CROSSING
    number = np.cumsum(crossing) - 1  # of crossings' places; the two of one follow each other
    joint = np.where(crossing, 2 * len(whole.total) + number // 2, joint).astype(np.int32)
    return Contacts(
        segments.line[segment],
        segments.at[segment] + on,
        xy,
        joint,
        int(crossing.sum()) // 2,
        snapped=len(np.unique(joint[~crossing & (gap > _TOUCH)])),
        level_ends=len(np.unique(np.concatenate([f.apart for f in found]))),
    )


def _looped(vertices: Vertices, level: Ints | None, whole: Ends, tolerance: float) -> Contacts:
    """The same by compiled loops: a grid that leaves out most pairs without a contact, the others one by one."""
    from qsgis.network.compiled.contacts import MOST, Lines, contacts_of, draw_together, room
    from qsgis.network.compiled.neighbours import marked, near_pairs

    marks = marked(vertices.xy, vertices.begin)
    pairs = near_pairs(vertices.xy, marks, tolerance)
    size = len(whole.total)
    lines = Lines(
        vertices.xy,
        vertices.along,
        vertices.owner,
        vertices.begin,
        whole.total,
        np.zeros(size, np.int64) if level is None else level,
        marks,
        np.zeros((2, 2 * size), bool),
    )
    found = room(MOST * len(pairs))

    def share(window: slice) -> tuple[int, int, int]:
        first = MOST * window.start
        return first, *contacts_of(pairs[window], lines, tolerance, found, first)

    first, count, crossings = map(np.array, zip(*windowed(share, len(pairs), size=_LARGE), strict=True))
    draw_together(found, size, first, count, crossings)
    snapped, parted = lines.seen.sum(axis=1).tolist()
    some = slice(int(count.sum()))
    each = found.line[some], found.along[some], found.xy[some], found.joint[some]
    return Contacts(*each, int(crossings.sum()), snapped=snapped, level_ends=parted)


def _measured(s: Segments, i: Ints, j: Ints, tolerance: float) -> _Found:
    """The contacts of these pairs of segments, pair by pair: the order does not hang on the batches."""
    kinds = [_crossings(s, i, j, tolerance)]
    kinds += [_ends(s, a, b, tolerance, tail=tail) for a, b in ((i, j), (j, i)) for tail in (False, True)]
    together = _Found(*(np.concatenate([getattr(f, name) for f in kinds]) for name in _Found.__dataclass_fields__))
    order = np.argsort(together.pair, kind="stable")
    return replace(together, **{name: getattr(together, name)[order] for name in _EACH})


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
    long_a, long_b = _long(da), _long(db)
    turn = _cross(da, db)
    with np.errstate(divide="ignore", invalid="ignore"):
        on_a = _cross(between, db) / turn * long_a
        on_b = _cross(between, da) / turn * long_b
    hit = np.abs(turn) > 1e-9 * long_a * long_b
    hit &= (on_a >= -_TOUCH) & (on_a <= long_a + _TOUCH) & (on_b >= -_TOUCH) & (on_b <= long_b + _TOUCH)
    vertex = (np.minimum(on_a, long_a - on_a) <= _TOUCH) & (np.minimum(on_b, long_b - on_b) <= _TOUCH)
    pair = np.flatnonzero(hit & (_same_level(s, a, b) | vertex))
    on_a, on_b = np.clip(on_a[pair], 0, long_a[pair]), np.clip(on_b[pair], 0, long_b[pair])
    new = ~_joined_already(s, a[pair], on_a, b[pair], on_b, tolerance)
    pair, on_a, on_b = pair[new], on_a[new], on_b[new]
    a, b = a[pair], b[pair]
    xy = s.p[a] + da[pair] * (on_a / long_a[pair])[:, None]
    both = np.r_[pair, pair], np.r_[a, b], np.r_[on_a, on_b], np.concatenate([xy, xy])
    return _Found(*both, np.full(2 * len(pair), _CROSSING), np.zeros(2 * len(pair)), np.zeros(0, np.int64))


def _ends(s: Segments, a: Ints, b: Ints, tolerance: float, *, tail: bool) -> _Found:
    """Line ends on segments `a` that lie within the tolerance of segments `b`."""
    flag, points = (s.last, s.q) if tail else (s.first, s.p)
    pair = np.flatnonzero(flag[a])
    a, b = a[pair], b[pair]
    point, d = points[a], s.q[b] - s.p[b]
    long = _long(d)
    on_a = _long(s.q[a] - s.p[a]) if tail else np.zeros(len(a))
    on_b = np.clip(_dot(point - s.p[b], d) / long, 0, long)
    foot = s.p[b] + d * (on_b / long)[:, None]
    gap = _long(foot - point)
    near = (gap <= tolerance) & ~_joined_already(s, a, on_a, b, on_b, tolerance)
    joined = near & (_same_level(s, a, b) | _at_vertex(s, b, point, tolerance))
    apart = near & ~joined
    end = s.line[a].astype(np.int64) + (len(s.whole.total) if tail else 0)
    return _Found(pair[joined], b[joined], on_b[joined], foot[joined], end[joined], gap[joined], end[apart])


def _at_vertex(s: Segments, b: Ints, point: Floats, tolerance: float) -> Bools:
    """Whether `point` is within the tolerance of an end of segment b's line, or on a vertex of it."""
    to_p, to_q = _long(point - s.p[b]), _long(point - s.q[b])
    at: Bools = (to_p <= np.where(s.first[b], tolerance, _TOUCH)) | (to_q <= np.where(s.last[b], tolerance, _TOUCH))
    return at


def _cross(a: Floats, b: Floats) -> Floats:
    cross: Floats = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return cross


def _dot(a: Floats, b: Floats) -> Floats:
    dot: Floats = a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1]
    return dot


def _long(way: Floats) -> Floats:
    """Length of each; as the compiled loop reckons it, to the last bit."""
    long: Floats = np.sqrt(_dot(way, way))
    return long

"""Raw lines to noded pieces: cut where they cross or meet, ends that nearly meet joined within a tolerance.

Lines on different levels (bridge, tunnel) join only at ends or vertices that they share.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qsgis.network.arrays import Bools, Floats, Geometries, Ints, Shorts, ranges
from qsgis.network.contacts import Contacts, Ends, contacts
from qsgis.network.curve import along_curve, equal_points, ranks
from qsgis.network.cutting import Pieces, Vertices, Whole
from qsgis.network.joining import NOTHING, Joined, joined


@dataclass(frozen=True)
class Noded:
    """Pieces of lines between nodes: the `line` of each, plane distance `start`–`end` along it, nodes `u` and `v`."""

    line: Ints
    start: Floats
    end: Floats
    u: Ints
    v: Ints
    course: Whole | Pieces
    nodes: Floats  # (n, 2): x, y of each node; numbered along a curve: searches find neighbours near in memory
    already: bool  # nothing had to be cut or joined
    snapped: int  # line ends that were joined to what they did not touch exactly
    stubs: int  # overshoots no longer than twice the tolerance, left out
    widest: float  # metres: the largest diagonal of the box round points that became one node
    level_ends: int  # ends that lie on a line of another level and are not joined to it


def node(
    lines: Geometries, total: Floats, tolerance: float, level: Ints | None = None, *, noded: bool = False
) -> Noded:
    """Cut `lines` (LineStrings of positive length `total`, plane metres) where they meet.

    `level` (int a line) keeps crossings of different levels apart. `noded` = the caller knows that lines meet at
    common end points only: no contact is sought. Drawn lengths are kept: a gap that is bridged adds nothing.
    """
    if noded:
        return _untouched(lines, Vertices.ends_of(lines), total)
    vertices = Vertices.of(lines)
    order = along_curve(vertices.xy[vertices.begin[:-1]])
    ordered = vertices.reordered(order)
    ends = Ends.of(ordered, total[order])
    found = contacts(ordered, None if level is None else level[order], ends, tolerance)
    if not len(found.line):
        return replace(_untouched(lines, vertices.ends, total), level_ends=found.level_ends)
    return _cut(lines[order], ordered, order, ends.total, joined(ends, found, tolerance), found, tolerance)


def _untouched(lines: Geometries, ends: Floats, total: Floats) -> Noded:
    """The lines as they are, joined at equal ends."""
    n = len(lines)
    point, nodes = equal_points(ends)
    return Noded(
        np.arange(n),
        np.zeros(n),
        total,
        point[:n],
        point[n:],
        Whole(lines),
        nodes,
        already=True,
        snapped=0,
        stubs=0,
        widest=0.0,
        level_ends=0,
    )


def _cut(
    lines: Geometries,
    vertices: Vertices,
    order: Ints,
    total: Floats,
    places: Joined,
    found: Contacts,
    tolerance: float,
) -> Noded:
    """The pieces between places, line by line as the lines stood before they were brought into `order`."""
    u, v = places.node[:-1], places.node[1:]
    long = np.diff(places.along)
    same = places.line[1:] == places.line[:-1]
    stub = same & (u == v) & (long <= max(2 * tolerance, NOTHING))  # both ends in one node; a real loop is longer
    piece = _as_given(np.flatnonzero(same & ~stub), places.line, order)
    line, start, end = places.line[piece].astype(np.int64), places.along[piece], places.along[piece + 1]
    whole = (start == 0.0) & (end == total[line])
    return Noded(
        order[line],
        start,
        end,
        u[piece].astype(np.int64),
        v[piece].astype(np.int64),
        Pieces(lines, vertices, line, start, end, whole),
        places.nodes,
        already=False,
        snapped=found.snapped,
        stubs=_overshoots(stub, long, same),
        widest=places.widest,
        level_ends=found.level_ends,
    )


def _overshoots(stub: Bools, long: Floats, same: Bools) -> int:
    """How many ends of lines lose their last piece: runs of stubs that have a length and come to the line's end.

    Between two cuts further in that became one node nothing is left either, but no end is lost. `same`: both
    places of a piece are of one line; none of a stub's run is of another.
    """
    at_end = stub & ~(np.r_[False, same[:-1]] & np.r_[same[1:], False])
    run = np.cumsum(~stub, dtype=np.int32)
    long_runs, end_runs = np.zeros((2, len(run) + 1), bool)
    long_runs[run[stub & (long > NOTHING)]] = end_runs[run[at_end]] = True
    return int((long_runs & end_runs).sum())


def _as_given(piece: Ints, line: Shorts, order: Ints) -> Ints:
    """Pieces that stand by their lines (piece k on `line[k]`, line i being `order[i]`), by the lines as given."""
    count = np.bincount(line[piece], minlength=len(order))
    begin, at = np.cumsum(count) - count, ranks(order)
    return piece[ranges(begin[at], count[at])]

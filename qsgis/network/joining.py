"""What becomes one node: equal ends, an end or another line and where it meets a line, cuts that nearly meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qsgis.network import compiled
from qsgis.network.arrays import Bools, Floats, Ints, Shorts
from qsgis.network.contacts import Contacts, Ends
from qsgis.network.curve import along_curve, equal_points, ranks
from qsgis.network.edges import parts

NOTHING = 1e-6  # metres: two cuts of one line this near are one cut, not a stub


@dataclass(frozen=True)
class Joined:
    """Places where lines are cut, ends included, line by line in order along each."""

    line: Shorts
    along: Floats  # metres along the line
    node: Shorts
    nodes: Floats  # (n, 2): coordinates of each node, along the curve
    widest: float  # metres: the largest diagonal of the box round points that became one node


def joined(ends: Ends, found: Contacts, tolerance: float) -> Joined:
    """The places of lines with these ends and contacts, and their nodes."""
    point, corners = equal_points(np.concatenate([ends.head, ends.tail]))
    hubs = len(corners) + found.crossings  # what places hang on: a distinct end, or a crossing
    hub_of = np.r_[point, np.arange(len(corners), hubs)].astype(np.int32)  # a joint
    way = _by_loops if compiled.available() else _by_arrays
    line, along, hub, node = way(ends.total, hub_of, found, hubs, tolerance)
    spots = [(point, np.concatenate([ends.head, ends.tail])), (hub_of[found.joint], found.xy)]
    nodes, widest = _merged([(node[which], xy) for which, xy in spots])
    order = along_curve(nodes)
    return Joined(line, along, ranks(order).astype(np.int32)[node][hub], nodes[order], widest)


def _by_arrays(
    total: Floats, hub_of: Shorts, found: Contacts, hubs: int, tolerance: float
) -> tuple[Shorts, Floats, Shorts, Ints]:
    """The line of each place, metres along it, its hub, and the node of each hub."""
    own = np.arange(len(total), dtype=np.int32)
    line = np.concatenate([own, own, found.line])
    along = np.concatenate([np.zeros(len(total)), total, found.along])
    order = np.lexsort((along, line))
    hub = np.concatenate([hub_of[: 2 * len(total)], hub_of[found.joint]])[order]
    line, along = line[order], along[order]
    near = _near_on_line(line, along, total, tolerance)
    return line, along, hub, parts(hubs, hub[:-1][near].astype(np.int64), hub[1:][near].astype(np.int64))


def _by_loops(
    total: Floats, hub_of: Shorts, found: Contacts, hubs: int, tolerance: float
) -> tuple[Shorts, Floats, Shorts, Ints]:
    """The same by compiled loops. Memory is numpy's, which comes in large pages."""
    from qsgis.network.compiled.joining import near_on_lines, nodes_of, place_counts, places

    begin = np.cumsum(place_counts(len(total), found.line))
    along, hub = np.empty(begin[-1]), np.empty(begin[-1], np.int32)
    places(total, hub_of, found.line, found.along, found.joint, begin, along, hub)
    near = near_on_lines(begin, along, total, tolerance, NOTHING)
    line = np.repeat(np.arange(len(total), dtype=np.int32), np.diff(begin))
    root, node = np.empty(hubs, np.int32), np.empty(hubs, np.int64)
    nodes_of(hub, near, root, node)
    return line, along, hub, node


def _near_on_line(line: Shorts, along: Floats, total: Floats, tolerance: float) -> Bools:
    """Which places become one with the next one on their line, because something was cut there within the tolerance.

    A short line that nothing cuts keeps both its ends. A run of cuts longer than twice the tolerance (two lines that
    wind round each other) is not drawn together, or a whole street would shrink to a point.
    """
    gap = np.diff(along)
    whole = (along[:-1] == 0.0) & (along[1:] == total[line[:-1]])
    near: Bools = (line[1:] == line[:-1]) & (gap <= max(tolerance, NOTHING)) & ~whole
    run = np.cumsum(np.r_[True, ~near]) - 1
    begin = np.flatnonzero(np.diff(run, prepend=-1))
    span = along[np.r_[begin[1:], len(line)] - 1] - along[begin]
    near &= (span <= 2 * tolerance)[run[1:]] | (gap <= NOTHING)
    return near


def _merged(spots: list[tuple[Ints, Floats]]) -> tuple[Floats, float]:
    """Coordinates of each node, and the largest diagonal of the box round points that became one.

    A node stands at the westernmost of its points (then the southernmost): the same in any order of rows. `spots`: the
    nodes of points and the points, some times.
    """
    size = 1 + max(int(node.max(initial=-1)) for node, _xy in spots)
    low, high = np.full((size, 2), np.inf), np.full((size, 2), -np.inf)
    west = np.full((size, 2), np.inf)
    if compiled.available():
        from qsgis.network.compiled.joining import boxes

        for node, xy in spots:
            boxes(node, xy, low, high, west)
    else:
        node, xy = (np.concatenate(each) for each in zip(*spots, strict=True))
        for k in (0, 1):
            np.minimum.at(low[:, k], node, xy[:, k])
            np.maximum.at(high[:, k], node, xy[:, k])
        west[:, 0] = low[:, 0]
        first = xy[:, 0] == west[node, 0]
        np.minimum.at(west[:, 1], node[first], xy[first, 1])
    way = high - low
    return west, float(np.sqrt(way[:, 0] ** 2 + way[:, 1] ** 2).max())

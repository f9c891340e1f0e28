"""What becomes one node: equal ends, the two sides of a contact, and cuts of one line that nearly meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qsgis.network import compiled
from qsgis.network.arrays import Bools, Floats, Ints
from qsgis.network.contacts import Contacts, Ends
from qsgis.network.curve import along_curve, equal_points, ranks
from qsgis.network.edges import parts

NOTHING = 1e-6  # metres: two cuts of one line this near are one cut, not a stub


@dataclass(frozen=True)
class Joined:
    """Places where lines are cut, ends included, line by line in order along each."""

    line: Ints
    along: Floats  # metres along the line
    node: Ints
    nodes: Floats  # (n, 2): coordinates of each node, along the curve
    widest: float  # metres: the largest diagonal of the box round points that became one node


def joined(ends: Ends, found: Contacts, tolerance: float) -> Joined:
    """The places of lines with these ends and contacts, and their nodes."""
    n, count = len(ends.total), len(found.line_a)
    points = [ends.head, ends.tail, found.xy_a, found.xy_b]
    point, corners = equal_points(np.concatenate(points[:2]))
    distinct = len(corners)
    if compiled.available():
        from qsgis.network.compiled.joining import in_order, near_on_lines, nodes_of

        place, begin, along = in_order(ends.total, found.line_a, found.along_a, found.line_b, found.along_b)
        near = near_on_lines(begin, along, ends.total, tolerance, NOTHING)
        node = nodes_of(place, near, point, distinct, n, count)
        line = np.repeat(np.arange(n), np.diff(begin))
    else:
        line = np.concatenate([np.arange(n), np.arange(n), found.line_a, found.line_b])
        along = np.concatenate([np.zeros(n), ends.total, found.along_a, found.along_b])
        place = np.lexsort((along, line))
        line, along = line[place], along[place]
        near = _near_on_line(line, along, ends.total, tolerance)
        hub = np.concatenate([point, *2 * [distinct + np.arange(count)]])
        node = parts(distinct + count, hub[place[:-1][near]], hub[place[1:][near]])[hub]
    nodes, widest = _merged(node, points)
    order = along_curve(nodes)
    return Joined(line, along, ranks(order)[node[place]], nodes[order], widest)


def _near_on_line(line: Ints, along: Floats, total: Floats, tolerance: float) -> Bools:
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


def _merged(node: Ints, points: list[Floats]) -> tuple[Floats, float]:
    """Coordinates of each node, and the largest diagonal of the box round points that became one.

    A node stands at the westernmost of its points (then the southernmost): the same in any order of rows.
    """
    size = int(node.max()) + 1
    low, high = np.full((size, 2), np.inf), np.full((size, 2), -np.inf)
    west = np.full((size, 2), np.inf)
    if compiled.available():
        from qsgis.network.compiled.joining import boxes

        begin = np.cumsum([0, *map(len, points)])
        for k, xy in enumerate(points):
            boxes(node[begin[k] : begin[k + 1]], xy, low, high, west)
    else:
        xy = np.concatenate(points)
        for k in (0, 1):
            np.minimum.at(low[:, k], node, xy[:, k])
            np.maximum.at(high[:, k], node, xy[:, k])
        west[:, 0] = low[:, 0]
        first = xy[:, 0] == west[node, 0]
        np.minimum.at(west[:, 1], node[first], xy[first, 1])
    way = high - low
    return west, float(np.sqrt(way[:, 0] ** 2 + way[:, 1] ** 2).max())

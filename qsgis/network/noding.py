"""Raw lines to noded pieces: cut where they cross or meet, ends that nearly meet joined within a tolerance.

Lines on different levels (bridge, tunnel) join only at ends or vertices that they share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from qsgis.network.arrays import Bools, Floats, Geometries, Ints
from qsgis.network.contacts import Contacts, Ends, Segments, contacts
from qsgis.network.cutting import substrings


@dataclass(frozen=True)
class Noded:
    """Pieces of lines between nodes: the `line` of each, plane distance `start`–`end` along it, nodes `u` and `v`."""

    line: Ints
    start: Floats
    end: Floats
    u: Ints
    v: Ints
    geometry: Geometries
    nodes: Floats  # (n, 2): x, y of each node
    already: bool  # nothing had to be cut or joined
    snapped: int  # line ends that were joined to what they did not touch exactly
    stubs: int  # overshoots no longer than twice the tolerance, left out
    widest: float  # metres: the largest diagonal of the box round points that became one node
    level_ends: int  # ends that lie on a line of another level and are not joined to it


def node(lines: Geometries, tolerance: float, level: Ints | None = None, *, noded: bool = False) -> Noded:
    """Cut `lines` (LineStrings of positive length, plane metres) where they meet.

    `level` (int a line) keeps crossings of different levels apart. `noded` = the caller knows that lines meet at
    common end points only: no contact is sought. Drawn lengths are kept: a gap that is bridged adds nothing.
    """
    if noded:
        ends, found = Ends.of(lines), Contacts.none()
    else:
        segments = Segments.of(lines, level)
        ends, found = segments.whole, contacts(segments, tolerance)
    line, along, cluster, nodes, widest = _positions(ends, found, tolerance)

    same = line[1:] == line[:-1]
    start, end = along[:-1][same], along[1:][same]
    u, v = cluster[:-1][same], cluster[1:][same]
    piece_line = line[:-1][same]
    # a stub has both ends in one node; a real loop is longer
    whole = (start == 0.0) & (end == ends.total[piece_line])
    stub = (u == v) & (end - start <= 2 * tolerance)
    keep = ~stub
    geometry = lines[piece_line[keep]]
    cut = ~whole[keep]
    geometry[cut] = substrings(lines, piece_line[keep][cut], start[keep][cut], end[keep][cut])
    return Noded(
        piece_line[keep],
        start[keep],
        end[keep],
        u[keep],
        v[keep],
        geometry,
        nodes,
        already=not len(found.line_a),
        snapped=found.snapped,
        stubs=int((stub & (end - start > _NOTHING)).sum()),
        widest=widest,
        level_ends=found.level_ends,
    )


_NOTHING = 1e-6  # metres: two cuts of one line this near are one cut, not a stub


def _positions(ends: Ends, found: Contacts, tolerance: float) -> tuple[Ints, Floats, Ints, Floats, float]:
    """Places where lines are cut, ends included, in order along each line, with their node.

    Returns line, distance along it, node of each place, (n, 2) node coordinates and the width of the widest node.
    """
    n = len(ends.total)
    ids = np.arange(n)
    line = np.concatenate([ids, ids, found.line_a, found.line_b])
    along = np.concatenate([np.zeros(n), ends.total, found.along_a, found.along_b])
    xy = np.concatenate([ends.head, ends.tail, found.xy_a, found.xy_b])
    size = len(line)

    # one node: equal end coordinates, the two sides of a contact, neighbours on a line within the tolerance
    corner = xy[: 2 * n] + 0.0  # no minus zero
    point = pd.factorize(corner[:, 0] + 1j * corner[:, 1])[0]
    hub = np.r_[point, np.arange(size - 2 * n) + (point.max() + 1 if n else 0)]
    contact = np.arange(len(found.line_a)) + 2 * n
    order = np.lexsort((along, line))
    near = _near_on_line(line[order], along[order], ends.total, tolerance)
    first = np.concatenate([hub[contact], hub[order[:-1][near]]])
    second = np.concatenate([hub[contact + len(contact)], hub[order[1:][near]]])
    places = int(hub.max()) + 1 if size else 0
    graph = coo_array((np.ones(len(first), np.int8), (first, second)), shape=(places, places))
    cluster = connected_components(graph, directed=False)[1].astype(np.int64)[hub] if places else hub

    nodes, widest = _merged(xy, cluster) if len(found.line_a) else (_equal(xy, cluster), 0.0)
    return line[order], along[order], cluster[order], nodes, widest


def _equal(xy: Floats, cluster: Ints) -> Floats:
    """Coordinates of each node where all its points are equal."""
    nodes = np.empty((int(cluster.max()) + 1 if len(cluster) else 0, 2))
    nodes[cluster] = xy
    return nodes


def _merged(xy: Floats, cluster: Ints) -> tuple[Floats, float]:
    """Coordinates of each node, and the largest diagonal of the box round points that became one.

    A node stands at the westernmost of its points (then the southernmost): the same in any order of rows.
    """
    order = np.lexsort((xy[:, 1], xy[:, 0], cluster))
    begin = np.flatnonzero(np.r_[True, np.diff(cluster[order]) > 0])
    low, high = np.minimum.reduceat(xy[order], begin), np.maximum.reduceat(xy[order], begin)
    return xy[order][begin], float(np.hypot(*(high - low).T).max())


def _near_on_line(line: Ints, along: Floats, total: Floats, tolerance: float) -> Bools:
    """Which neighbours on one line lie within the tolerance and become one, where something was cut there.

    A short line that nothing cuts keeps both its ends. A run of cuts longer than twice the tolerance (two lines that
    wind round each other) is not drawn together, or a whole street would shrink to a point.
    """
    if not len(line):
        return np.zeros(0, bool)
    gap = np.diff(along)
    whole = (along[:-1] == 0.0) & (along[1:] == total[line[:-1]])
    near: Bools = (line[1:] == line[:-1]) & (gap <= tolerance) & ~whole
    run = np.cumsum(np.r_[True, ~near]) - 1
    begin = np.flatnonzero(np.diff(run, prepend=-1))
    span = along[np.r_[begin[1:], len(line)] - 1] - along[begin]
    near &= (span <= 2 * tolerance)[run[1:]] | (gap <= _NOTHING)
    return near

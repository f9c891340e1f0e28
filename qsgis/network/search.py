"""Junctions within a limit of each of many places: one bounded search a place, or a group of places.

Searches run towards the places (who comes there in time) or outward from them. Compiled where numba is there, else
by scipy; the rows are the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from qsgis.network import compiled
from qsgis.network.arrays import Bools, Floats, Ints, ranges
from qsgis.network.attach import Attachment
from qsgis.network.sources import with_sources
from qsgis.network.times import AT_NODE, ROUNDING, leg_minutes, part_of, sides

if TYPE_CHECKING:
    from qsgis.network.graph import Network

_ROWS = 4_000_000  # of an answer held at once
_BATCH = 50  # searches that scipy does at once
_DENSE = 25_000_000  # numbers in one of its answers


@dataclass(frozen=True)
class Reached:
    """Junctions reached, by group and node, of the groups from `first` up to `stop` (that one not)."""

    group: Ints
    node: Ints
    minutes: Floats
    first: int
    stop: int


@dataclass(frozen=True)
class Starts:
    """Ways of groups of places onto the network: those of group i stand from `begin[i]` to `begin[i + 1]`."""

    begin: Ints
    node: Ints
    minutes: Floats

    def __len__(self) -> int:
        return len(self.begin) - 1


def grouped(places: Attachment, group: Any) -> tuple[Ints, Ints]:
    """Number of each place's group, counted by first appearance, and the names of the groups (places' positions)."""
    names = np.arange(len(places)) if group is None else np.asarray(group)
    if len(names) != len(places):
        raise ValueError("group must give one number for each place")
    names, first, number = np.unique(names, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    return rank[number], names[np.argsort(first)]


def starts(network: Network, places: Attachment, group: Ints, size: int, kmh: float, *, outward: bool) -> Starts:
    """How the `size` groups of places come onto the network, the legs counted."""
    on = np.flatnonzero(~places.off)
    here = places.take(on)
    leg = leg_minutes(here, kmh)
    minutes = np.concatenate([side + leg for side in sides(network, here, arriving=not outward)])
    node = np.r_[network.edges.u[here.edge], network.edges.v[here.edge]]
    own = np.tile(group[on], 2)
    open_ = np.isfinite(minutes)
    minutes, node, own = minutes[open_], node[open_], own[open_]
    order = np.lexsort((minutes, node, own))
    begin = np.r_[0, np.cumsum(np.bincount(own, minlength=size))]
    return Starts(begin, node[order], minutes[order])


def reach(graph: csr_array, ways: Starts, limit: float) -> Iterator[Reached]:
    """Junctions within `limit` minutes (inclusive) of each group, some groups at a time.

    graph: `network.homeward` for searches towards the places, `network.outward` for those from them.
    """
    return (_compiled if compiled.available() else _scipy)(graph, ways, limit + ROUNDING)


def _compiled(graph: csr_array, ways: Starts, limit: float) -> Iterator[Reached]:
    from qsgis.network.compiled.search import bounded

    first = 0
    while first < len(ways):
        group, node, minutes, stop = bounded(
            graph.indptr, graph.indices, graph.data, ways.begin, ways.node, ways.minutes, limit, first, _ROWS
        )
        order = np.lexsort((node, group))
        yield Reached(group[order], node[order], minutes[order], first, stop)
        first = stop


def _scipy(graph: csr_array, ways: Starts, limit: float) -> Iterator[Reached]:
    """A batch's nodes by one sweep from all of it; then a search each on the part of the graph that has these nodes."""
    for first in range(0, len(ways), _BATCH):
        stop = min(first + _BATCH, len(ways))
        mine = slice(ways.begin[first], ways.begin[stop])
        node, minutes = ways.node[mine], ways.minutes[mine]
        own = np.repeat(np.arange(stop - first), np.diff(ways.begin[first : stop + 1]))
        near = np.isfinite(_swept(graph, np.zeros_like(own), node, minutes, 1, limit)[0])
        inside = near[node]
        part, number = graph[near][:, near], np.cumsum(near) - 1
        table = np.flatnonzero(near)
        rows = max(1, _DENSE // (len(table) + 1))
        for begin in range(0, stop - first, rows):
            end = min(begin + rows, stop - first)
            chosen = inside & (own >= begin) & (own < end)
            found = _swept(part, own[chosen] - begin, number[node[chosen]], minutes[chosen], end - begin, limit)
            group, at = np.nonzero(np.isfinite(found))
            yield Reached(group + first + begin, table[at], found[group, at], first + begin, first + end)


def _swept(graph: csr_array, row: Ints, node: Ints, minutes: Floats, count: int, limit: float) -> Floats:
    """Minutes (count, nodes) from each of `count` sources, which are joined to nodes; inf beyond the limit."""
    size = graph.shape[0]
    joined_up, _which = with_sources(graph, count, row, node, minutes)
    found: Floats = dijkstra(joined_up, indices=size + np.arange(count), limit=limit)[:, :size]
    return found


def along(network: Network, start: Attachment, goal: Attachment, *, outward: bool) -> tuple[Ints, Ints, Floats]:
    """Pairs of a start and a goal on one edge, and the minutes between them along it (inf: closed); legs not counted.

    outward: from start to goal, else from goal to start.
    """
    on, ends = np.flatnonzero(~start.off), np.flatnonzero(~goal.off)
    i, j = joined(start.edge[on], goal.edge[ends])
    i, j = on[i], ends[j]
    edge = start.edge[i]
    way = goal.s[j] - start.s[i] if outward else start.s[i] - goal.s[j]
    share = np.abs(way) / network.edges.metres[edge]
    ahead, behind = network.edges.forward[edge], network.edges.backward[edge]
    minutes = np.minimum(
        np.where(way >= -AT_NODE, part_of(share, ahead), np.inf),
        np.where(way <= AT_NODE, part_of(share, behind), np.inf),
    )
    return i, j, minutes


def joined(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """All pairs (i, j) with left[i] == right[j], by i and then j."""
    order = np.argsort(right, kind="stable")
    begin = np.searchsorted(right[order], left, side="left")
    count = np.searchsorted(right[order], left, side="right") - begin
    return np.repeat(np.arange(len(left)), count), order[ranges(begin, count)]


def first_of(*keys: Ints) -> Bools:
    """Where sorted rows begin with another key than the row before."""
    fresh = np.ones(len(keys[0]), bool)
    if len(fresh):
        fresh[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    return fresh

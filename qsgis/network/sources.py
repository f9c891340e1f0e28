"""Searches from sources that stand off the nodes: rows joined to a sparse matrix, and the nearest of many."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from qsgis.network import compiled
from qsgis.network.arrays import Floats, Ints
from qsgis.network.edges import quickest


def nearest_places(graph: csr_array, node: Ints, cost: Floats, place: Ints) -> tuple[Floats, Callable[[], Ints]]:
    """Least minutes of each node; and what tells the place that gives them, the lowest number where several do.

    Source k starts at `node[k]` with `cost[k]` minutes for `place[k]`. inf, -1: none.
    """
    order = np.argsort(place, kind="stable")
    node, cost, place = node[order], cost[order], place[order]
    if compiled.available():
        from qsgis.network.compiled import sweep

        ways = graph.indptr, graph.indices, graph.data
        minutes = sweep.least(*ways, node, cost)
        return minutes, partial(sweep.owners, *ways, node, cost, place, minutes)
    size = graph.shape[0]
    joined, which = with_sources(graph, 1, np.zeros(len(node), np.int64), node, cost)
    found, before = dijkstra(joined, directed=True, indices=[size], return_predecessors=True)
    minutes = found[0, :size]
    return minutes, partial(_owners, graph, node, cost, place, minutes, node[which], place[which], before[0])


def _owners(
    graph: csr_array, node: Ints, cost: Floats, place: Ints, minutes: Floats, first: Ints, its: Ints, before: Any
) -> Ints:
    """The place of each node; `first`: the nodes next to the sources, `its`: their places, `before`: predecessors."""
    size = graph.shape[0]
    owner = np.full(size + 1, -1, np.int64)
    owner[first] = its
    owner = owner[_first_step(before, size)][:size]
    near = cost == minutes[node]
    np.minimum.at(owner, node[near], place[near])
    return _lowest(graph, minutes, owner)


def _lowest(graph: csr_array, minutes: Floats, owner: Ints) -> Ints:
    """`owner`, but of the lowest number of all ways that take no longer."""
    tail = np.repeat(np.arange(graph.shape[0]), np.diff(graph.indptr))
    head = graph.indices
    tight = (minutes[tail] + graph.data == minutes[head]) & np.isfinite(minutes[tail])
    tail, head = tail[tight], head[tight]
    changed = np.ones(len(owner), bool)
    while changed.any():
        better = changed[tail] & (owner[tail] < owner[head])
        changed[:] = False
        changed[head[better]] = True
        np.minimum.at(owner, head[better], owner[tail[better]])
    return owner


def with_sources(graph: csr_array, count: int, row: Ints, node: Ints, minutes: Floats) -> tuple[csr_array, Ints]:
    """`graph` with `count` further rows to its nodes; and which entry each new one is (the least at a place)."""
    size = graph.shape[0] + count
    extra, which = quickest(size, row, node, minutes, rows=count)
    pointer = np.r_[graph.indptr, graph.indptr[-1] + extra.indptr[1:]].astype(np.int32)
    data, indices = np.r_[graph.data, extra.data], np.r_[graph.indices, extra.indices].astype(np.int32)
    return csr_array((data, indices, pointer), shape=(size, size)), which


def _first_step(before: Any, source: int) -> Ints:
    """The node next to the source on the way to each node (itself where none): by doubling steps."""
    step = np.where((before == source) | (before < 0), np.arange(len(before)), before).astype(np.int64)
    while True:
        further = step[step]
        if np.array_equal(further, step):
            return step
        step = further

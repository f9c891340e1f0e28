"""Bounded searches from each of many places, and the k nearest groups of every junction."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from qsgis.network.arrays import Floats, Ints


@numba.njit(cache=True, nogil=True)
def _lower(heap: Ints, position: Ints, label: Floats, left: int, node: int, minutes: float) -> int:
    """Gives a node a lower label: it moves up in the heap of `left` nodes, or joins it. How many are in it then."""
    joins = np.isinf(label[node])
    at = left if joins else position[node]
    label[node] = minutes
    while at > 0:
        above = (at - 1) >> 1
        if label[heap[above]] <= minutes:
            break
        heap[at] = heap[above]
        position[heap[at]] = at
        at = above
    heap[at] = node
    position[node] = at
    return left + 1 if joins else left


@numba.njit(cache=True, nogil=True)
def _sink(heap: Ints, position: Ints, label: Floats, left: int) -> None:
    """Moves the heap's first node down to where its label belongs."""
    node, at = heap[0], 0
    while True:
        below = 2 * at + 1
        if below >= left:
            break
        if below + 1 < left and label[heap[below + 1]] < label[heap[below]]:
            below += 1
        if label[node] <= label[heap[below]]:
            break
        heap[at] = heap[below]
        position[heap[at]] = at
        at = below
    heap[at] = node
    position[node] = at


@numba.njit(cache=True, nogil=True)
def bounded(
    pointer: Any, head: Any, weight: Floats, begin: Ints, node: Ints, cost: Floats, limit: float, first: int, rows: int
) -> tuple[Ints, Ints, Floats, int]:
    """Nodes within `limit` of place `first` and those after it, until about `rows` are found.

    pointer, head, weight: the graph (CSR). begin: where each place's entries in `node` and `cost` (its ways onto the
    graph) begin. Gives the place, node and minutes of each row, and the first place that is left to do.
    Only what is reached is touched: arrays of all nodes are filled once, and emptied row by row.
    """
    size = len(pointer) - 1
    label = np.full(size, np.inf)
    heap, position = np.empty(size, np.int64), np.empty(size, np.int64)
    out_place, out_node, out_minutes = np.empty(1024, np.int64), np.empty(1024, np.int64), np.empty(1024)
    found, place = 0, first
    while place < len(begin) - 1 and found < rows:
        left, start = 0, found
        for i in range(begin[place], begin[place + 1]):
            if cost[i] <= limit and cost[i] < label[node[i]]:
                left = _lower(heap, position, label, left, node[i], cost[i])
        while left > 0:
            here = heap[0]
            left -= 1
            heap[0] = heap[left]
            _sink(heap, position, label, left)
            if found == out_node.size:
                out_place = np.append(out_place, np.empty_like(out_place))
                out_node = np.append(out_node, np.empty_like(out_node))
                out_minutes = np.append(out_minutes, np.empty_like(out_minutes))
            out_place[found], out_node[found], out_minutes[found] = place, here, label[here]
            found += 1
            for k in range(pointer[here], pointer[here + 1]):
                minutes = label[here] + weight[k]
                if minutes <= limit and minutes < label[head[k]]:
                    left = _lower(heap, position, label, left, head[k], minutes)
        for i in range(start, found):
            label[out_node[i]] = np.inf
        place += 1
    return out_place[:found], out_node[:found], out_minutes[:found], place


@numba.njit(cache=True, nogil=True)
def _before(minutes: Floats, group: Ints, i: int, j: int) -> bool:
    """Whether entry i comes before entry j: by minutes, then by group."""
    return bool(minutes[i] < minutes[j] or (minutes[i] == minutes[j] and group[i] < group[j]))


@numba.njit(cache=True, nogil=True)
def _put(heap: Ints, minutes: Floats, group: Ints, left: int, entry: int) -> None:
    """Adds an entry to a heap that holds `left`."""
    at = left
    while at > 0:
        above = (at - 1) >> 1
        if not _before(minutes, group, entry, heap[above]):
            break
        heap[at] = heap[above]
        at = above
    heap[at] = entry


@numba.njit(cache=True, nogil=True)
def _take(heap: Ints, minutes: Floats, group: Ints, left: int) -> int:
    """The first entry of a heap that holds `left`; one less is in it then."""
    first, entry, at = heap[0], heap[left - 1], 0
    while True:
        below = 2 * at + 1
        if below >= left - 1:
            break
        if below + 1 < left - 1 and _before(minutes, group, heap[below + 1], heap[below]):
            below += 1
        if not _before(minutes, group, heap[below], entry):
            break
        heap[at] = heap[below]
        at = below
    heap[at] = entry
    return int(first)


@numba.njit(cache=True, nogil=True)
def _known(which: Ints, count: int, group: int) -> bool:
    """Whether a junction has this group among its first `count` already."""
    at = 0
    while at < count and which[at] != group:
        at += 1
    return at < count


@numba.njit(cache=True, nogil=True)
def nearest_groups(
    pointer: Any, head: Any, weight: Floats, group: Ints, node: Ints, cost: Floats, k: int, limit: float
) -> tuple[Floats, Ints]:
    """Minutes (nodes, k) from each node to the k nearest groups within `limit`, and which (-1: no more).

    One search from all entries (group, node, cost) together, in which a node is settled up to k times, by k groups.
    Of groups that are equally near the lower number comes first.
    """
    size = len(pointer) - 1
    minutes, which = np.full((size, k), np.inf), np.full((size, k), -1, np.int64)
    count = np.zeros(size, np.int64)
    room = max(1024, len(node))
    heap = np.empty(room, np.int64)  # of entries: their numbers; entries that left are written over
    at, of, on = np.empty(room), np.empty(room, np.int64), np.empty(room, np.int64)
    free = np.arange(room)
    left = 0
    for i in range(len(node)):
        if cost[i] <= limit:
            entry = free[left]
            at[entry], of[entry], on[entry] = cost[i], group[i], node[i]
            _put(heap, at, of, left, entry)
            left += 1
    while left > 0:
        entry = _take(heap, at, of, left)
        left -= 1
        free[left] = entry
        here, own, so_far = on[entry], of[entry], at[entry]
        if count[here] == k or _known(which[here], count[here], own):
            continue
        minutes[here, count[here]], which[here, count[here]] = so_far, own
        count[here] += 1
        for j in range(pointer[here], pointer[here + 1]):
            there, sum_ = head[j], so_far + weight[j]
            if sum_ > limit or count[there] == k or _known(which[there], count[there], own):
                continue
            if left == heap.size:
                free = np.append(free, np.arange(left, 2 * left))
                heap, at = np.append(heap, np.empty_like(heap)), np.append(at, np.empty_like(at))
                of, on = np.append(of, np.empty_like(of)), np.append(on, np.empty_like(on))
            entry = free[left]
            at[entry], of[entry], on[entry] = sum_, own, there
            _put(heap, at, of, left, entry)
            left += 1
    return minutes, which

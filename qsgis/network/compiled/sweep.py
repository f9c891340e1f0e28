"""One search from many places together: minutes and the place that each node belongs to."""

from __future__ import annotations

import numba
import numpy as np

from qsgis.network.arrays import Floats, Ints, Shorts


@numba.njit(cache=True, nogil=True)
def nearest_places(
    pointer: Shorts, neighbour: Shorts, minutes: Floats, node: Ints, cost: Floats, place: Ints
) -> tuple[Floats, Ints]:
    """Least minutes of each node of a CSR graph from the sources, and the place of the source that gives them.

    Source k starts at `node[k]` with `cost[k]` minutes for `place[k]`. Where several places are equally near, that of
    the lowest number: a node whose place is bettered is looked at again, so the result does not hang on the heap.
    inf, -1: none.
    """
    size = len(pointer) - 1
    best, owner = np.full(size, np.inf), np.full(size, -1, np.int64)
    key, at = np.empty(len(node) + len(neighbour) + 1), np.empty(len(node) + len(neighbour) + 1, np.int32)
    count = 0
    for k in range(len(node)):
        n = node[k]
        if cost[k] < best[n] or (cost[k] == best[n] and place[k] < owner[n]):
            best[n], owner[n] = cost[k], place[k]
            key, at = _roomy(key, at, count)
            _push(key, at, count, cost[k], n)
            count += 1
    while count:
        now, n = key[0], at[0]
        count -= 1
        _drop(key, at, count)
        if now > best[n]:
            continue  # a quicker way came after this one
        mine = owner[n]
        for e in range(pointer[n], pointer[n + 1]):
            m, then = neighbour[e], now + minutes[e]
            if then < best[m] or (then == best[m] and mine < owner[m]):
                best[m], owner[m] = then, mine
                key, at = _roomy(key, at, count)
                _push(key, at, count, then, m)
                count += 1
    return best, owner


@numba.njit(cache=True, nogil=True)
def _roomy(key: Floats, at: Shorts, count: int) -> tuple[Floats, Shorts]:
    """A heap with room for one more: equal ways can bring a node back more often than it has streets."""
    if count < len(key):
        return key, at
    more, further = np.empty(2 * count), np.empty(2 * count, np.int32)
    for k in range(count):
        more[k], further[k] = key[k], at[k]
    return more, further


@numba.njit(cache=True, nogil=True)
def _push(key: Floats, at: Shorts, count: int, minutes: float, node: int) -> None:
    """Into a heap of `count` with four branches."""
    i = count
    while i > 0:
        up = (i - 1) >> 2
        if key[up] <= minutes:
            break
        key[i], at[i] = key[up], at[up]
        i = up
    key[i], at[i] = minutes, node


@numba.njit(cache=True, nogil=True)
def _drop(key: Floats, at: Shorts, count: int) -> None:
    """The top, its place being taken by the last of the `count` that stay."""
    minutes, node = key[count], at[count]
    i = 0
    while True:
        first = 4 * i + 1
        if first >= count:
            break
        least = first
        for c in range(first + 1, min(first + 4, count)):
            if key[c] < key[least]:
                least = c
        if minutes <= key[least]:
            break
        key[i], at[i] = key[least], at[least]
        i = least
    key[i], at[i] = minutes, node

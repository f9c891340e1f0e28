"""One search from many places together: minutes and the place that each node belongs to."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from qsgis.network.arrays import Floats, Ints, Shorts

Marks = NDArray[np.int8]

_NONE, _NEAR, _FAR = 0, 1, 2  # the pile that a node lies on
_SAMPLE = 64  # nodes of the far pile that tell how far to go next
_TURNS = 16  # a node, before piles are given up: a street network takes two


@numba.njit(cache=True, nogil=True)
def least(pointer: Shorts, neighbour: Shorts, minutes: Floats, node: Ints, cost: Floats) -> Floats:
    """Least minutes of each node of a CSR graph from sources: k starts at `node[k]` with `cost[k]` minutes; inf: none.

    By two piles: nodes up to a bound are worked off in any order, those beyond it wait for the next bound. A node that
    is bettered is looked at again, which is rare on streets. Were it not, a heap takes over.
    """
    size = len(pointer) - 1
    best, pile = np.full(size, np.inf), np.full(size, _NONE, np.int8)
    near, far, away = np.empty(size, np.int32), np.empty(size, np.int32), 0
    for k in range(len(node)):
        best[node[k]] = min(best[node[k]], cost[k])
        if pile[node[k]] == _NONE:
            far[away], pile[node[k]] = node[k], _FAR
            away += 1
    turns = _TURNS * size
    while away and turns > 0:
        bound = _bound(best, far[:away])
        turns -= away
        close, away = _parted(best, bound, pile, near, far, away)
        away, turns = _worked_off(pointer, neighbour, minutes, best, bound, pile, near, close, far, away, turns)
    if turns <= 0:
        _by_heap(pointer, neighbour, minutes, best, pile)
    return best


@numba.njit(cache=True, nogil=True)
def _bound(best: Floats, far: Shorts) -> float:
    """Minutes that about three quarters of the far pile are within."""
    some = min(len(far), _SAMPLE)
    sample = np.empty(some)
    for k in range(some):
        one, j = best[far[k * len(far) // some]], k
        while j > 0 and sample[j - 1] > one:
            sample[j] = sample[j - 1]
            j -= 1
        sample[j] = one
    return float(sample[some * 3 // 4])


@numba.njit(cache=True, nogil=True)
def _parted(best: Floats, bound: float, pile: Marks, near: Shorts, far: Shorts, away: int) -> tuple[int, int]:
    """What of the far pile is within the bound goes to the near one; how many lie on either then."""
    close, kept = 0, 0
    for k in range(away):
        n = far[k]
        if best[n] > bound:
            far[kept] = n
            kept += 1
        elif pile[n] == _FAR:  # else it came nearer and was worked off
            near[close], pile[n] = n, _NEAR
            close += 1
    return close, kept


@numba.njit(cache=True, nogil=True)
def _worked_off(
    pointer: Shorts, neighbour: Shorts, minutes: Floats, best: Floats, bound: float,
    pile: Marks, near: Shorts, close: int, far: Shorts, away: int, turns: int,
) -> tuple[int, int]:  # fmt: skip
    """The near pile is worked off, or the turns used up; how many lie on the far one then, and the turns left.

    A node comes onto the far pile once: later it can but come nearer.
    """
    while close and turns > 0:
        close -= 1
        turns -= 1
        n = near[close]
        pile[n] = _NONE
        now = best[n]
        for e in range(pointer[n], pointer[n + 1]):
            m, then = neighbour[e], now + minutes[e]
            if then < best[m]:
                best[m] = then
                if then > bound:
                    if pile[m] == _NONE:
                        far[away], pile[m] = m, _FAR
                        away += 1
                elif pile[m] != _NEAR:
                    near[close], pile[m] = m, _NEAR
                    close += 1
    return away, turns


@numba.njit(cache=True, nogil=True)
def _by_heap(pointer: Shorts, neighbour: Shorts, minutes: Floats, best: Floats, pile: Marks) -> None:
    """The least minutes, where those that were found are no less, and whoever was bettered since lies on a pile.

    The nearest node goes first, so that each goes once, whatever the minutes are.
    """
    room = len(best) + len(neighbour)
    key, at, count = np.empty(room), np.empty(room, np.int32), 0
    for n in range(len(best)):
        if pile[n] != _NONE:
            _push(key, at, count, best[n], n)
            count += 1
    while count:
        now, n = key[0], at[0]
        count -= 1
        _drop(key, at, count)
        if now > best[n]:
            continue  # a quicker way came after this one
        for e in range(pointer[n], pointer[n + 1]):
            m, then = neighbour[e], now + minutes[e]
            if then < best[m]:
                best[m] = then
                _push(key, at, count, then, m)
                count += 1


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


@numba.njit(cache=True, nogil=True)
def owners(
    pointer: Shorts, neighbour: Shorts, minutes: Floats, node: Ints, cost: Floats, place: Ints, best: Floats
) -> Ints:
    """The place that each node belongs to, by its least minutes (`best`): `place[k]` of source k, -1 for none.

    It is the first source from which ways that take no longer than the best lead there; places rise.
    """
    owner, stack = np.full(len(best), -1, np.int64), np.empty(len(best), np.int32)
    for k in range(len(node)):
        if owner[node[k]] >= 0 or cost[k] > best[node[k]]:
            continue
        owner[node[k]], stack[0], count = place[k], node[k], 1
        while count:
            count -= 1
            n = stack[count]
            for e in range(pointer[n], pointer[n + 1]):
                m = neighbour[e]
                if owner[m] < 0 and best[n] + minutes[e] == best[m]:
                    owner[m], stack[count] = place[k], m
                    count += 1
    return owner

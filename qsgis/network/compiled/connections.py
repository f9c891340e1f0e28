"""The timetable's loops compiled: the scan of the connections, and what it means to each origin."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba.extending import register_jitable

from qsgis.network import transit_profile

for _part in (transit_profile.onward, transit_profile.sooner, transit_profile.catch, transit_profile.keep):
    register_jitable(_part)
_board = numba.njit(nogil=True)(transit_profile.board)
scan: Any = numba.njit(cache=True, nogil=True)(transit_profile.scan)


@numba.njit(nogil=True)
def _smallest(values: Any, rank: int) -> Any:
    """The value of this rank (0: the least); `values` are moved about (Hoare's selection)."""
    low, high = 0, len(values) - 1
    while low < high:
        pivot, i, j = values[(low + high) // 2], low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i, j = i + 1, j - 1
        if j < rank:
            low = i
        if rank < i:
            high = j
    return values[rank]


@numba.njit(cache=True, nogil=True)
def settle(
    pointer: Any, stop: Any, seconds: Any, moments: Any, profile: Any, foot: Any, foot_goal: Any, ranks: Any,
    limit: float, times: Any, goals: Any,
) -> None:  # fmt: skip
    """Fill times (origins, ranks) and goals (origins,); see transit_times.settle, which gives the same."""
    size = len(moments)
    for o in range(len(pointer) - 1):
        best, goal = np.full(size, np.inf), np.full(size, transit_profile.NOWHERE)
        a, b = pointer[o], pointer[o + 1]
        _board((stop[a:b], seconds[a:b]), moments, profile, best, goal)
        for j in range(size):
            best[j] -= moments[j]
            if foot[o] <= best[j]:
                best[j], goal[j] = foot[o], foot_goal[o]
            if best[j] > limit + transit_profile.EPS:
                best[j], goal[j] = np.inf, transit_profile.NOWHERE
        known = best.copy()
        for k in range(len(ranks)):
            times[o, k] = _smallest(known, ranks[k])
        for j in range(size):
            if best[j] == times[o, 1]:
                goals[o] = goal[j]
                break

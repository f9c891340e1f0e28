"""Ends and contacts of lines to nodes: places in order along each line, and what becomes one."""

from __future__ import annotations

import numba
import numpy as np

from qsgis.network.arrays import Bools, Floats, Ints, Shorts


@numba.njit(cache=True, nogil=True)
def place_counts(lines: int, line: Shorts) -> Ints:
    """How many places each line has: its ends, and its contacts; a 0 before."""
    count = np.full(lines + 1, 2)
    count[0] = 0
    for k in range(len(line)):
        count[line[k] + 1] += 1
    return count


@numba.njit(cache=True, nogil=True)
def places(
    total: Floats, hub_of: Shorts, line: Shorts, at: Floats, joint: Shorts, begin: Ints, along: Floats, hub: Shorts
) -> None:
    """Writes the places line by line in order along each: metres along it, and the hub.

    `hub_of`: of each joint; `line`, `at` and `joint` of contacts; `begin`: the first place of each line, and the end.
    """
    fill = begin[:-1] + 2
    for n in range(len(total)):
        k = begin[n]
        hub[k], along[k], hub[k + 1], along[k + 1] = hub_of[n], 0.0, hub_of[len(total) + n], total[n]
    for k in range(len(line)):
        to = fill[line[k]]
        hub[to], along[to] = hub_of[joint[k]], at[k]
        fill[line[k]] += 1
    for n in range(len(total)):
        _sort(hub, along, begin[n], begin[n + 1])


@numba.njit(cache=True, nogil=True)
def _sort(hub: Shorts, along: Floats, begin: int, end: int) -> None:
    """The places from `begin` to `end` by distance, then by hub: Shell's sort, as most lines have few."""
    gap = 1
    while 3 * gap + 1 < end - begin:
        gap = 3 * gap + 1
    while gap > 0:
        for k in range(begin + gap, end):
            one, distance, j = hub[k], along[k], k
            while j - gap >= begin and (
                along[j - gap] > distance or (along[j - gap] == distance and hub[j - gap] > one)
            ):
                hub[j], along[j] = hub[j - gap], along[j - gap]
                j -= gap
            hub[j], along[j] = one, distance
        gap //= 3


@numba.njit(cache=True, nogil=True)
def near_on_lines(begin: Ints, along: Floats, total: Floats, tolerance: float, nothing: float) -> Bools:
    """Which places become one with the next one on their line; see qsgis.network.joining."""
    near = np.zeros(len(along), np.bool_)
    for line in range(len(total)):
        k = begin[line]
        while k < begin[line + 1]:
            end = k  # of a run of places that lie near each other
            while end + 1 < begin[line + 1] and along[end + 1] - along[end] <= max(tolerance, nothing):
                if along[end] == 0.0 and along[end + 1] == total[line]:
                    break
                end += 1
            short = along[end] - along[k] <= 2 * tolerance
            for j in range(k, end):
                near[j] = short or along[j + 1] - along[j] <= nothing
            k = end + 1
    return near


@numba.njit(cache=True, nogil=True)
def nodes_of(hub: Shorts, near: Bools, root: Shorts, number: Ints) -> None:
    """Writes the number of each hub's node, where neighbouring places that are near become one. `root`: of all hubs."""
    for n in range(len(root)):
        root[n] = n
    for k in range(len(hub) - 1):
        if near[k]:
            a, b = _root(root, hub[k]), _root(root, hub[k + 1])
            root[max(a, b)] = min(a, b)
    count = 0
    for n in range(len(root)):  # a root is the lowest of its hubs
        if root[n] == n:
            number[n] = count
            count += 1
        else:
            root[n] = root[root[n]]
            number[n] = number[root[n]]


@numba.njit(cache=True, nogil=True)
def _root(root: Shorts, n: int) -> int:
    """The root of hub n, the way to it shortened."""
    while root[n] != n:
        root[n] = root[root[n]]
        n = root[n]
    return n


@numba.njit(cache=True, nogil=True)
def boxes(node: Ints, xy: Floats, low: Floats, high: Floats, west: Floats) -> None:
    """Widens the box of each node (low, high: (n, 2)) by its points, and keeps the westernmost, then southernmost."""
    for k in range(len(node)):
        n, x, y = node[k], xy[k, 0], xy[k, 1]
        low[n, 0], low[n, 1] = min(low[n, 0], x), min(low[n, 1], y)
        high[n, 0], high[n, 1] = max(high[n, 0], x), max(high[n, 1], y)
        if x < west[n, 0] or (x == west[n, 0] and y < west[n, 1]):
            west[n, 0], west[n, 1] = x, y

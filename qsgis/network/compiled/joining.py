"""Ends and contacts of lines to nodes: places in order along each line, and what becomes one."""

from __future__ import annotations

import numba
import numpy as np

from qsgis.network.arrays import Bools, Floats, Ints


@numba.njit(cache=True, nogil=True)
def in_order(total: Floats, line_a: Ints, along_a: Floats, line_b: Ints, along_b: Floats) -> tuple[Ints, Ints, Floats]:
    """Places line by line in order along each: their numbers, the first one of each line (and the end), and `along`.

    Numbers: the heads of n lines, their tails, then of the contacts the sides a and the sides b.
    """
    n, contacts = len(total), len(line_a)
    begin = np.full(n + 1, 2)
    begin[0] = 0
    for k in range(contacts):
        begin[line_a[k] + 1] += 1
        begin[line_b[k] + 1] += 1
    for line in range(n):
        begin[line + 1] += begin[line]
    fill, place, along = begin[:-1].copy(), np.empty(begin[-1], np.int64), np.empty(begin[-1])
    for line in range(n):
        k = begin[line]
        place[k], along[k], place[k + 1], along[k + 1] = line, 0.0, n + line, total[line]
        fill[line] += 2
    for side in range(2):
        lines, alongs = (line_b, along_b) if side else (line_a, along_a)
        for k in range(contacts):
            at = fill[lines[k]]
            place[at], along[at] = 2 * n + side * contacts + k, alongs[k]
            fill[lines[k]] += 1
    for line in range(n):
        _sort(place, along, begin[line], begin[line + 1])
    return place, begin, along


@numba.njit(cache=True, nogil=True)
def _sort(place: Ints, along: Floats, begin: int, end: int) -> None:
    """The places from `begin` to `end` by distance, then by number: Shell's sort, as most lines have few."""
    gap = 1
    while 3 * gap + 1 < end - begin:
        gap = 3 * gap + 1
    while gap > 0:
        for k in range(begin + gap, end):
            one, distance, j = place[k], along[k], k
            while j - gap >= begin and (
                along[j - gap] > distance or (along[j - gap] == distance and place[j - gap] > one)
            ):
                place[j], along[j] = place[j - gap], along[j - gap]
                j -= gap
            place[j], along[j] = one, distance
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
def nodes_of(place: Ints, near: Bools, point: Ints, points: int, lines: int, contacts: int) -> Ints:
    """The node of each place (by its number): of equal ends, the sides of a contact, and neighbours that are near."""
    hub = np.empty(2 * lines + 2 * contacts, np.int64)
    for k in range(2 * lines):
        hub[k] = point[k]
    for k in range(contacts):
        hub[2 * lines + k] = hub[2 * lines + contacts + k] = points + k
    root = np.arange(points + contacts)
    for k in range(len(place) - 1):
        if near[k]:
            a, b = _root(root, hub[place[k]]), _root(root, hub[place[k + 1]])
            root[max(a, b)] = min(a, b)
    number, count = np.empty(len(root), np.int64), 0
    for n in range(len(root)):  # a root is the lowest of its hubs
        if root[n] == n:
            number[n] = count
            count += 1
        else:
            number[n] = number[root[n]]
    for k in range(len(hub)):
        hub[k] = number[hub[k]]
    return hub


@numba.njit(cache=True, nogil=True)
def _root(root: Ints, n: int) -> int:
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

"""Edges at their nodes, rows of neighbours, edges that join the same nodes, and the parts that hang together."""

from __future__ import annotations

import numba
import numpy as np

from qsgis.network.arrays import Floats, Ints, Shorts


@numba.njit(cache=True, nogil=True)
def incidence(size: int, u: Ints, v: Ints) -> tuple[Shorts, Shorts, Shorts]:
    """Bounds, sides and neighbours of each of `size` nodes; see qsgis.network.edges.Incidence."""
    count = len(u)
    begin, side, neighbour = np.zeros(size + 1, np.int32), np.empty(2 * count, np.int32), np.empty(2 * count, np.int32)
    for e in range(count):
        begin[u[e] + 1] += 1
        begin[v[e] + 1] += 1
    for n in range(size):
        begin[n + 1] += begin[n]
    fill = begin.copy()
    for e in range(count):
        at = fill[u[e]]
        side[at], neighbour[at], fill[u[e]] = e, v[e], at + 1
    for e in range(count):
        at = fill[v[e]]
        side[at], neighbour[at], fill[v[e]] = count + e, u[e], at + 1
    return begin, side, neighbour


@numba.njit(cache=True, nogil=True)
def quickest_rows(
    size: int, begin: Shorts, side: Shorts, neighbour: Shorts, from_u: Floats, from_v: Floats
) -> tuple[Shorts, Shorts, Floats]:
    """Pointers, columns and minutes of a CSR matrix of `size` nodes: the quickest of the ways from u to v and back.

    Ways of inf minutes and loops are left out; columns rise.
    """
    pointer, column, minutes = np.empty(size + 1, np.int32), np.empty_like(neighbour), np.empty(len(side))
    for k in range(len(side)):  # in a loop of its own: memory is read ahead
        e = side[k]
        minutes[k] = from_u[e] if e < len(from_u) else from_v[e - len(from_u)]
    count = 0
    pointer[0] = 0
    for n in range(len(begin) - 1):
        for k in range(begin[n], begin[n + 1]):
            if minutes[k] < np.inf and neighbour[k] != n:
                column[count], minutes[count] = neighbour[k], minutes[k]
                count += 1
        _sort(column, minutes, pointer[n], count)
        count = _first_of_each(column, minutes, pointer[n], count)
        pointer[n + 1] = count
    pointer[len(begin) :] = count
    return pointer, column[:count], minutes[:count]


@numba.njit(cache=True, nogil=True)
def _first_of_each(column: Shorts, minutes: Floats, begin: int, end: int) -> int:
    """One entry of each column of a sorted row: the quickest, which comes first; where the row ends then."""
    kept = begin
    for k in range(begin, end):
        if k == begin or column[k] != column[kept - 1]:
            column[kept], minutes[kept] = column[k], minutes[k]
            kept += 1
    return kept


@numba.njit(cache=True, nogil=True)
def _sort(column: Shorts, minutes: Floats | Shorts, begin: int, end: int) -> None:
    """The entries of a row by column, then minutes: Shell's sort, as most rows have few."""
    gap = 1
    while 3 * gap + 1 < end - begin:
        gap = 3 * gap + 1
    while gap > 0:
        for k in range(begin + gap, end):
            one, way, j = column[k], minutes[k], k
            while j - gap >= begin and (column[j - gap] > one or (column[j - gap] == one and minutes[j - gap] > way)):
                column[j], minutes[j] = column[j - gap], minutes[j - gap]
                j -= gap
            column[j], minutes[j] = one, way
        gap //= 3


@numba.njit(cache=True, nogil=True)
def in_groups(begin: Shorts, side: Shorts, neighbour: Shorts) -> tuple[Ints, Ints]:
    """Edges that another one joins the same nodes as, by nodes and number; and how many stand in each such group."""
    count = len(side) // 2
    some, sizes = np.empty(count, np.int64), np.empty(count, np.int64)
    other, edge = np.empty(len(side), np.int32), np.empty(len(side), np.int32)
    found, groups = 0, 0
    for n in range(len(begin) - 1):
        row = 0  # the edges to higher nodes, and loops once
        for k in range(begin[n], begin[n + 1]):
            at_u = side[k] < count
            other[row], edge[row] = neighbour[k], side[k] if at_u else side[k] - count
            row += (neighbour[k] > n) | ((neighbour[k] == n) & at_u)
        if row > 1:
            _sort(other, edge, 0, row)
        first = 0
        for k in range(1, row + 1):
            if k < row and other[k] == other[first]:
                continue
            if k - first > 1:
                some[found : found + k - first] = edge[first:k]
                sizes[groups] = k - first
                found += k - first
                groups += 1
            first = k
    return some[:found].copy(), sizes[:groups].copy()


@numba.njit(cache=True, nogil=True)
def parts(size: int, u: Ints, v: Ints) -> Ints:
    """The connected part of each node, numbered by their first nodes."""
    root = np.arange(size)
    for k in range(len(u)):
        a, b = _root(root, u[k]), _root(root, v[k])
        root[max(a, b)] = min(a, b)
    number, count = np.empty(size, np.int64), 0
    for n in range(size):  # a root is the lowest node of its part
        if root[n] == n:
            number[n] = count
            count += 1
        else:
            root[n] = root[root[n]]
            number[n] = number[root[n]]
    return number


@numba.njit(cache=True, nogil=True)
def _root(root: Ints, n: int) -> int:
    """The root of node n, the way to it shortened."""
    while root[n] != n:
        root[n] = root[root[n]]
        n = root[n]
    return n

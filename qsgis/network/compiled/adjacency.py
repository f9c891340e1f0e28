"""End points to nodes, edges to rows of neighbours, and the parts that hang together."""

from __future__ import annotations

import numba
import numpy as np

from qsgis.network.arrays import Floats, Ints, Shorts


def equal_points(xy: Floats) -> Ints:
    """A number for each of (n, 2) points, equal for equal points, in the order in which they first appear."""
    return _numbered(np.ascontiguousarray(xy + 0.0).view(np.int64))  # no minus zero


@numba.njit(cache=True, nogil=True)
def _numbered(bits: Ints) -> Ints:
    """By a table with open addresses, at most half full."""
    size = len(bits)
    room = 8
    while room < 2 * size:
        room *= 2
    table, number = np.full(room, -1, np.int32), np.empty(size, np.int64)
    count = 0
    for k in range(size):
        x, y = np.uint64(bits[k, 0]), np.uint64(bits[k, 1])
        h = (x * np.uint64(0x9E3779B97F4A7C15)) ^ (y * np.uint64(0xC2B2AE3D27D4EB4F))
        h ^= h >> np.uint64(32)
        h *= np.uint64(0x9E3779B97F4A7C15)
        slot = np.int64((h >> np.uint64(20)) & np.uint64(room - 1))
        while table[slot] >= 0 and not (bits[table[slot], 0] == bits[k, 0] and bits[table[slot], 1] == bits[k, 1]):
            slot = (slot + 1) & (room - 1)
        if table[slot] < 0:
            table[slot], number[k] = k, count
            count += 1
        else:
            number[k] = number[table[slot]]
    return number


@numba.njit(cache=True, nogil=True)
def quickest_rows(size: int, u: Ints, v: Ints, forward: Floats, backward: Floats) -> tuple[Shorts, Shorts, Floats]:
    """Pointers, columns and minutes of a CSR matrix of `size` nodes: the quickest of the ways from u to v and back.

    Ways of inf minutes and loops are left out; columns rise.
    """
    begin = np.zeros(size + 1, np.int64)
    for e in range(len(u)):
        if u[e] != v[e]:
            begin[u[e] + 1] += np.isfinite(forward[e])
            begin[v[e] + 1] += np.isfinite(backward[e])
    for n in range(size):
        begin[n + 1] += begin[n]
    fill, column, minutes = begin[:-1].copy(), np.empty(begin[-1], np.int32), np.empty(begin[-1])
    for e in range(len(u)):
        if u[e] != v[e]:
            for tail, head, way in ((u[e], v[e], forward[e]), (v[e], u[e], backward[e])):
                if np.isfinite(way):
                    column[fill[tail]], minutes[fill[tail]] = head, way
                    fill[tail] += 1
    return _quickest(begin, column, minutes)


@numba.njit(cache=True, nogil=True)
def _quickest(begin: Ints, column: Shorts, minutes: Floats) -> tuple[Shorts, Shorts, Floats]:
    """Rows in order of their columns, the least of each column kept; `begin` bounds them."""
    pointer, count = np.zeros(len(begin), np.int32), 0
    for n in range(len(begin) - 1):
        _sort(column, minutes, begin[n], begin[n + 1])
        for k in range(begin[n], begin[n + 1]):
            if k == begin[n] or column[k] != column[count - 1]:  # the quickest of parallel ways comes first
                column[count], minutes[count] = column[k], minutes[k]
                count += 1
        pointer[n + 1] = count
    return pointer, column[:count].copy(), minutes[:count].copy()


@numba.njit(cache=True, nogil=True)
def _sort(column: Shorts, minutes: Floats, begin: int, end: int) -> None:
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
def sorted_by(node: Ints, order: Ints, size: int) -> Ints:
    """`order` brought into the order of `node[order]`, as it was among equal ones."""
    stop = np.zeros(size + 1, np.int64)
    for n in node:
        stop[n + 1] += 1
    for n in range(size):
        stop[n + 1] += stop[n]
    out = np.empty_like(order)
    for e in order:
        out[stop[node[e]]] = e
        stop[node[e]] += 1
    return out


@numba.njit(cache=True, nogil=True)
def in_groups(size: int, low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """Edges that another one joins the same nodes as, by nodes and number; and how many stand in each such group."""
    order = sorted_by(low, sorted_by(high, np.arange(len(high)), size), size)
    some, sizes = np.empty(len(order), np.int64), np.empty(len(order), np.int64)
    count, groups, begin = 0, 0, 0
    for k in range(1, len(order) + 1):
        if k < len(order) and low[order[k]] == low[order[begin]] and high[order[k]] == high[order[begin]]:
            continue
        if k - begin > 1:
            for j in range(begin, k):
                some[count] = order[j]
                count += 1
            sizes[groups] = k - begin
            groups += 1
        begin = k
    return some[:count].copy(), sizes[:groups].copy()


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

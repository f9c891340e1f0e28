"""Edges of a network as arrays: doubled ones merged, and the sparse matrix of minutes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from qsgis.network import compiled
from qsgis.network.arrays import Bools, Floats, Geometries, Ints, Shorts, group_pairs
from qsgis.network.cutting import Pieces, Whole


class Incidence(NamedTuple):
    """The edges at each node: those of node i stand from begin[i] to begin[i + 1] in the other two arrays.

    An edge k stands as k at its u, and as k + edges at its v; `neighbour` is its other end.
    """

    begin: Shorts
    side: Shorts
    neighbour: Shorts


@dataclass(frozen=True)
class Edges:
    """Edges, an array element each. `inf` minutes = that direction is not allowed; one direction at least is."""

    u: Ints  # node where the geometry begins
    v: Ints  # node where it ends
    metres: Floats
    forward: Floats  # minutes from u to v
    backward: Floats  # minutes from v to u
    row: Ints  # row of the layer that the edge is part of
    course: Geometries | Pieces | Whole  # what `geometry` is made of

    @cached_property
    def geometry(self) -> Geometries:
        """The line of each from u to v; those that come from a layer are drawn, flat, when this is asked for first."""
        return self.course if isinstance(self.course, np.ndarray) else self.course.drawn()

    @cached_property
    def incidence(self) -> Incidence:
        """The edges at each node, up to the highest that has any."""
        size = max(int(self.u.max(initial=-1)), int(self.v.max(initial=-1))) + 1
        if compiled.available():
            from qsgis.network.compiled import adjacency

            return Incidence(*adjacency.incidence(size, self.u, self.v))
        ends = np.r_[self.u, self.v]
        begin = np.r_[0, np.cumsum(np.bincount(ends, minlength=size))].astype(np.int32)
        side = np.argsort(ends, kind="stable").astype(np.int32)
        return Incidence(begin, side, np.r_[self.v, self.u][side].astype(np.int32))

    def __len__(self) -> int:
        return len(self.u)

    def take(self, which: Ints | Bools) -> Edges:
        """The edges at these positions (or where the mask is true)."""
        return Edges(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def passable(edges: Edges) -> Edges:
    """Those that let pass in one direction at least."""
    some = np.isfinite(edges.forward) | np.isfinite(edges.backward)
    return edges if some.all() else edges.take(some)


def merge_doubled(edges: Edges, tolerance: float) -> tuple[Edges, int]:
    """Edges between the same nodes, of one length and course within `tolerance` metres, become one; and their number.

    The one has the quickest time of each direction: two one-way lines drawn on each other make a street for both ways.
    """
    first, second = _twins(edges, tolerance)
    if not len(first):
        return edges, 0
    some, local = np.unique(np.concatenate([first, second]), return_inverse=True)
    edges_of = edges.take(some)
    group = parts(len(some), *np.split(local, 2))
    order = np.lexsort((edges_of.metres, group))
    leader = order[np.flatnonzero(np.r_[True, np.diff(group[order]) > 0])]  # the shortest of each group
    turned = _turned(edges_of, leader[group])
    forward, backward = edges.forward.copy(), edges.backward.copy()
    for minutes, own, other in (
        (forward, edges_of.forward, edges_of.backward),
        (backward, edges_of.backward, edges_of.forward),
    ):
        least = np.full(len(leader), np.inf)
        np.minimum.at(least, group, np.where(turned, other, own))
        minutes[some[leader]] = least
    kept = np.ones(len(edges), bool)
    kept[some] = False
    kept[some[leader]] = True
    merged = replace(edges, forward=forward, backward=backward).take(kept)
    return merged, len(edges) - len(merged)


def _twins(edges: Edges, tolerance: float) -> tuple[Ints, Ints]:
    """Pairs of edges that are one street drawn twice."""
    some, sizes = _in_groups(edges)
    i, j = group_pairs(sizes)
    candidates = edges.take(some)
    near = np.abs(candidates.metres[i] - candidates.metres[j]) <= tolerance
    i, j = i[near], j[near]
    near = shapely.hausdorff_distance(candidates.geometry[i], candidates.geometry[j]) <= tolerance
    return some[i[near]], some[j[near]]


def _in_groups(edges: Edges) -> tuple[Ints, Ints]:
    """Edges that another one joins the same nodes as, by nodes and number; and how many stand in each such group."""
    if compiled.available():
        from qsgis.network.compiled import adjacency

        return adjacency.in_groups(*edges.incidence)
    low, high = np.minimum(edges.u, edges.v), np.maximum(edges.u, edges.v)
    order = np.lexsort((high, low))
    fresh = np.r_[True, (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)] if len(low) else np.zeros(0, bool)
    sizes = np.diff(np.r_[np.flatnonzero(fresh), len(low)])
    return order[np.repeat(sizes > 1, sizes)], sizes[sizes > 1]


def _turned(edges: Edges, lead: Ints) -> Bools:
    """Whether each edge is drawn against its leader; a loop is compared by its quarter points."""
    turned: Bools = edges.u != edges.u[lead]
    loop = np.flatnonzero((edges.u == edges.v) & (lead != np.arange(len(edges))))
    if len(loop):
        own = shapely.line_interpolate_point(edges.geometry[loop], 0.25, normalized=True)
        same = shapely.line_interpolate_point(edges.geometry[lead[loop]], 0.25, normalized=True)
        other = shapely.line_interpolate_point(edges.geometry[lead[loop]], 0.75, normalized=True)
        turned[loop] = shapely.distance(own, same) > shapely.distance(own, other)
    return turned


def matrix_of(size: int, edges: Edges, *, reverse: bool = False) -> csr_array:
    """Minutes from node (row) to node (column); `reverse` swaps the two. Of parallel edges the quickest counts."""
    from_u, from_v = (edges.backward, edges.forward) if reverse else (edges.forward, edges.backward)
    if compiled.available():
        from qsgis.network.compiled.adjacency import quickest_rows

        pointer, column, least = quickest_rows(size, *edges.incidence, from_u, from_v)
        return csr_array((least, column, pointer), shape=(size, size))
    tail, head, minutes = np.r_[edges.u, edges.v], np.r_[edges.v, edges.u], np.r_[from_u, from_v]
    keep = np.isfinite(minutes) & (tail != head)
    return quickest(size, tail[keep], head[keep], minutes[keep])[0]


def quickest(size: int, tail: Ints, head: Ints, minutes: Floats, rows: int | None = None) -> tuple[csr_array, Ints]:
    """A CSR matrix (`rows`, `size`) of the least of the entries at each place, and which entry each is.

    Built by hand: scipy's own coo → csr would add up parallel edges.
    """
    rows = size if rows is None else rows
    order = np.lexsort((minutes, head, tail))
    tail, head = tail[order], head[order]
    fresh = np.r_[True, (np.diff(tail) != 0) | (np.diff(head) != 0)] if len(tail) else np.zeros(0, bool)
    which = order[fresh]
    pointer = np.r_[0, np.cumsum(np.bincount(tail[fresh], minlength=rows))].astype(np.int32)
    return csr_array((minutes[which], head[fresh].astype(np.int32), pointer), shape=(rows, size)), which


def components(size: int, edges: Edges) -> Ints:
    """The connected part that each of `size` nodes belongs to, directions left aside."""
    return parts(size, edges.u, edges.v)


def parts(size: int, one: Ints, other: Ints) -> Ints:
    """The part that each of `size` things belongs to where `one` hangs together with `other`; by their first things."""
    if compiled.available():
        from qsgis.network.compiled import adjacency

        return adjacency.parts(size, one, other)
    links = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(size, size))
    return connected_components(links, directed=False)[1].astype(np.int64) if size else np.zeros(0, np.int64)

"""Edges of a network as arrays: doubled ones merged, and the sparse matrix of minutes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from qsgis.network.arrays import Bools, Floats, Geometries, Ints, group_pairs


@dataclass(frozen=True)
class Edges:
    """Edges, an array element each. `inf` minutes = that direction is not allowed; one direction at least is."""

    u: Ints  # node where the geometry begins
    v: Ints  # node where it ends
    metres: Floats
    forward: Floats  # minutes from u to v
    backward: Floats  # minutes from v to u
    row: Ints  # row of the layer that the edge is part of
    geometry: Geometries

    def __len__(self) -> int:
        return len(self.u)

    def take(self, which: Ints | Bools) -> Edges:
        """The edges at these positions (or where the mask is true)."""
        return Edges(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def passable(edges: Edges) -> Edges:
    """Those that let pass in one direction at least."""
    return edges.take(np.isfinite(edges.forward) | np.isfinite(edges.backward))


def merge_doubled(edges: Edges, tolerance: float) -> tuple[Edges, int]:
    """Edges between the same nodes, of one length and course within `tolerance` metres, become one; and their number.

    The one has the quickest time of each direction: two one-way lines drawn on each other make a street for both ways.
    """
    first, second = _twins(edges, tolerance)
    if not len(first):
        return edges, 0
    size = len(edges)
    links = coo_array((np.ones(len(first), np.int8), (first, second)), shape=(size, size))
    group = connected_components(links, directed=False)[1]
    order = np.lexsort((edges.metres, group))
    leader = order[np.flatnonzero(np.r_[True, np.diff(group[order]) > 0])]  # the shortest of each group
    lead = leader[group]
    turned = _turned(edges, lead)
    forward, backward = np.full(len(leader), np.inf), np.full(len(leader), np.inf)
    np.minimum.at(forward, group, np.where(turned, edges.backward, edges.forward))
    np.minimum.at(backward, group, np.where(turned, edges.forward, edges.backward))
    back = np.argsort(leader)  # in the order in which they stood
    one = edges.take(leader[back])
    merged = Edges(one.u, one.v, one.metres, forward[back], backward[back], one.row, one.geometry)
    return merged, size - len(leader)


def _twins(edges: Edges, tolerance: float) -> tuple[Ints, Ints]:
    """Pairs of edges that are one street drawn twice."""
    low, high = np.minimum(edges.u, edges.v), np.maximum(edges.u, edges.v)
    order = np.lexsort((high, low))
    fresh = np.r_[True, (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)] if len(edges) else np.zeros(0, bool)
    sizes = np.diff(np.r_[np.flatnonzero(fresh), len(edges)])
    several = np.repeat(sizes > 1, sizes)
    i, j = group_pairs(sizes[sizes > 1])
    first, second = order[several][i], order[several][j]
    near = np.abs(edges.metres[first] - edges.metres[second]) <= tolerance
    first, second = first[near], second[near]
    near = shapely.hausdorff_distance(edges.geometry[first], edges.geometry[second]) <= tolerance
    return first[near], second[near]


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
    ends = (edges.v, edges.u) if reverse else (edges.u, edges.v)
    tail, head = np.concatenate(ends), np.concatenate(ends[::-1])
    minutes = np.concatenate([edges.forward, edges.backward])
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
    links = coo_array((np.ones(len(edges), np.int8), (edges.u, edges.v)), shape=(size, size))
    return connected_components(links, directed=False)[1].astype(np.int64) if size else np.zeros(0, np.int64)

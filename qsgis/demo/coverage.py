"""Parcels as a valid polygonal coverage: Voronoi cells with fractal edges that neighbours share vertex by vertex.

Why the coverage is valid: in a Voronoi diagram each edge and its two generating points span a kite, and the kites of
different edges do not overlap. An edge replaced by a curve that is a graph over the edge and stays inside its kite can
therefore meet no other edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import Voronoi

from qsgis.demo import noise
from qsgis.demo.noise import Floats, Ints

_LONGEST_EDGE = 400  # inner vertices
_DEGENERATE = 1e-3  # metres: shorter edges do not make neighbours


@dataclass(frozen=True)
class Cells:
    """polygons[i] belongs to the point sites[i]; pairs (m, 2) are the cells that share an edge."""

    polygons: NDArray[Any]
    sites: Ints
    pairs: Ints


def cells(points: Floats, wanted: NDArray[np.bool_], still: NDArray[np.bool_], vertices: float) -> Cells:
    """The cells of the `wanted` points; edges beside a `still` point are nearly straight, as of streets.

    `vertices` is the mean number of vertices of a cell. Unbounded cells are left out.
    """
    diagram = Voronoi(points)
    a, b = diagram.ridge_points.T.astype(np.int64)
    ends = np.asarray(diagram.ridge_vertices, dtype=np.int64)
    keep = wanted.copy()
    unbounded = (ends < 0).any(axis=1)
    keep[a[unbounded]] = keep[b[unbounded]] = False
    corner = np.round(diagram.vertices, 4)  # 0.1 mm: welds corners that all but coincide
    apart = (corner[ends[:, 0]] != corner[ends[:, 1]]).any(axis=1)
    use = (keep[a] | keep[b]) & ~unbounded & apart
    a, b, ends = a[use], b[use], ends[use]
    p, q = corner[ends[:, 0]], corner[ends[:, 1]]
    roughness = np.where(still[a] | still[b], 0.06, 0.8)
    xy, size = _curves(points, a, b, p, q, roughness, vertices)
    polygons, sites = _rings(points, keep, a, b, p, q, xy, size)
    place = np.full(len(points), -1)
    place[sites] = np.arange(len(sites))
    inner = keep[a] & keep[b] & (np.hypot(*(q - p).T) > _DEGENERATE)
    return Cells(polygons, sites, np.column_stack([place[a[inner]], place[b[inner]]]))


def _curves(
    points: Floats, a: Ints, b: Ints, p: Floats, q: Floats, roughness: Floats, vertices: float
) -> tuple[Floats, Ints]:
    """Each edge p-q as a curve inside its kite: p and the inner vertices, edge after edge, and how many each has."""
    d = q - p
    length = np.hypot(*d.T)
    half = np.hypot(*(points[a] - points[b]).T) / 2  # height of the kite on either side
    foot = ((points[a] - p) * d).sum(axis=1) / length**2
    normal = np.column_stack([-d[:, 1], d[:, 0]]) / length[:, None]
    spacing = length.mean() / max(vertices / 6.0 - 1.0, 1e-9)
    size = np.minimum(np.rint(length / spacing).astype(np.int64), _LONGEST_EDGE) + 1
    start = np.concatenate([[0], np.cumsum(size)])
    edge = np.repeat(np.arange(len(size)), size)
    j = np.arange(start[-1]) - start[edge]
    t = (j + np.where(j > 0, 0.35 * noise.hash_unit(edge, j, 77), 0)) / size[edge]
    room = np.minimum(t / np.maximum(foot[edge], 1), (1 - t) / np.maximum(1 - foot[edge], 1))
    height = (roughness * half)[edge] * room * noise.along(edge, t)
    limit = 0.35 * length[edge]  # keeps short edges from spiking
    height = np.clip(height, -limit, limit)
    return p[edge] + t[:, None] * d[edge] + height[:, None] * normal[edge], size


def _rings(
    points: Floats, keep: NDArray[np.bool_], a: Ints, b: Ints, p: Floats, q: Floats, xy: Floats, size: Ints
) -> tuple[NDArray[Any], Ints]:
    """The kept cells' polygons, strung together from half-edges in angular order, and their points' places."""
    cell = np.concatenate([a, b])
    eid = np.concatenate([np.arange(len(a))] * 2)
    mine = keep[cell]
    cell, eid = cell[mine], eid[mine]
    u, v = p[eid] - points[cell], q[eid] - points[cell]
    forward = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0] > 0
    order = np.lexsort([np.arctan2(*(u + v)[:, ::-1].T), cell])
    cell, eid, forward = cell[order], eid[order], forward[order]
    count = size[eid]
    first = np.concatenate([[0], np.cumsum(count)])
    half_edge = np.repeat(np.arange(len(eid)), count)
    j = np.arange(first[-1]) - first[half_edge]
    start = np.concatenate([[0], np.cumsum(size)])[eid[half_edge]]
    source = np.where(forward[half_edge], start + j, start + count[half_edge] - j)
    coords = xy[np.minimum(source, len(xy) - 1)]
    turned = ~forward[half_edge] & (j == 0)  # backwards an edge starts with q, which xy does not hold
    coords[turned] = q[eid[half_edge[turned]]]
    ring = np.concatenate([[0], np.cumsum(cell[1:] != cell[:-1])])
    polygons = shapely.polygons(shapely.linearrings(coords, indices=ring[half_edge]))
    return polygons, cell[np.unique(ring, return_index=True)[1]]


def groups(pairs: Ints, order: Ints, most: Ints, count: int, target: int) -> Ints:
    """A label for each of `count` cells after joining the pairs in the given order, until `target` groups are left.

    most: the largest group a pair may make. Labels are 0 … k-1 in the order of each group's first cell.
    """
    parent, size = list(range(count)), [1] * count
    left = count
    for pair in order.tolist():
        if left <= target:
            break
        a, b = _root(parent, int(pairs[pair, 0])), _root(parent, int(pairs[pair, 1]))
        if a != b and size[a] + size[b] <= most[pair]:
            low, high = min(a, b), max(a, b)
            parent[high] = low
            size[low] += size[high]
            left -= 1
    return np.unique([_root(parent, i) for i in range(count)], return_inverse=True)[1].astype(np.int64)


def _root(parent: list[int], i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


def dissolve(polygons: NDArray[Any], label: Ints) -> NDArray[Any]:
    """One polygon a label (0 … k-1), the union of its members, which must belong to one coverage."""
    order = np.argsort(label, kind="stable")
    cuts = np.flatnonzero(np.diff(label[order])) + 1
    members = np.split(order, cuts)
    out = [polygons[m[0]] if len(m) == 1 else shapely.coverage_union_all(polygons[m]) for m in members]
    return np.array(out, dtype=object)

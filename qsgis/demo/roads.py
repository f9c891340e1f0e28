"""The road net: one connected graph of valley roads that reach every village, and the streets of the towns."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import Delaunay, cKDTree

from qsgis.demo import noise
from qsgis.demo.noise import Floats, Ints
from qsgis.demo.places import SEAT, Places
from qsgis.demo.terrain import Terrain, smooth

CLASSES = ("国道", "省道", "县道", "乡道", "村道", "城市主干路", "次干路", "支路")
SPEED = dict(zip(CLASSES, (70, 60, 50, 40, 25, 50, 40, 30), strict=True))
# Which township seats are joined by which class; the numbers are places in places.TOWNSHIPS.
_TRUNK = (
    (0, 0, 9), (0, 9, 1), (0, 0, 3), (0, 3, 4), (1, 0, 2), (1, 2, 3), (1, 3, 11), (1, 11, 6),
    (2, 0, 8), (2, 8, 7), (2, 7, 4), (2, 3, 5), (2, 5, 10), (2, 10, 11), (2, 1, 8),
)  # fmt: skip

Edges = dict[tuple[int, int], int]  # a pair of nodes (smaller first) -> the place of its class in CLASSES


@dataclass(frozen=True)
class Roads:
    """Lines that share their end points exactly, with class, speed (km/h) and one-way flag of each."""

    lines: tuple[Floats, ...]
    kind: tuple[str, ...]
    oneway: tuple[bool, ...]


def _cost(terrain: Terrain) -> sparse.csr_array:
    """Cost of building along each link: length, more up steep ground and in the bed of a river."""
    links = terrain.links.tocoo()
    rise = np.abs(terrain.height[links.row] - terrain.height[links.col]) / links.data
    bed = (terrain.catchment[links.row] >= 300) | (terrain.catchment[links.col] >= 300)
    return sparse.csr_array(
        sparse.coo_array((links.data * (1 + 8 * rise + 0.7 * bed), (links.row, links.col)), shape=links.shape)
    )


def _walk(back: NDArray[np.integer[Any]], target: int) -> list[int]:
    path = [target]
    while back[path[-1]] >= 0:
        path.append(int(back[path[-1]]))
    return path


def _lay(edges: Edges, path: list[int], kind: int) -> None:
    for a, b in pairwise(path):
        key = (min(a, b), max(a, b))
        edges[key] = min(edges.get(key, kind), kind)


def _cheaper(cost: sparse.csr_array, edges: Edges) -> sparse.csr_array:
    """`cost` with existing roads at a third, so that new ones use them."""
    a, b = np.array(sorted(edges)).T
    weight = np.asarray(cost[a, b]).ravel() * (2 / 3)
    both = (np.concatenate([a, b]), np.concatenate([b, a]))
    return sparse.csr_array(cost - sparse.csr_array((np.concatenate([weight, weight]), both), shape=cost.shape))


def _plan(rng: np.random.Generator, terrain: Terrain, places: Places) -> Edges:
    """The roads outside the towns, on the terrain's nodes."""
    cost = _cost(terrain)
    seats = terrain.nearest(places.seats)
    edges: Edges = {}
    for kind, a, b in _TRUNK:
        now = _cheaper(cost, edges) if edges else cost
        back = csgraph.dijkstra(now, indices=[int(seats[a])], return_predecessors=True)[1]
        _lay(edges, _walk(back[0], int(seats[b])), kind)
    _out_of_the_county(terrain, cost, edges)
    villages = terrain.nearest(places.villages[places.communities :])
    for targets, kind in ((villages, 3), (terrain.nearest(places.hamlets), 4)):
        on = np.unique(np.array(sorted(edges)).ravel())
        away, way, _source = csgraph.dijkstra(cost, indices=on, return_predecessors=True, min_only=True)
        for target in targets[np.argsort(away[targets], kind="stable")].tolist():
            _lay(edges, _walk(way, target), kind)
    _loops(rng, terrain, cost, villages, edges)
    return edges


def _out_of_the_county(terrain: Terrain, cost: sparse.csr_array, edges: Edges) -> None:
    """The trunk roads go on to the county's edge in the west, the east and the south."""
    rim = np.flatnonzero(~shapely.contains_xy(terrain.county.buffer(-500), *terrain.node.T))
    on = np.unique(np.array(sorted(edges)).ravel())
    away, back, _source = csgraph.dijkstra(cost, indices=on, return_predecessors=True, min_only=True)
    middle = terrain.node.mean(axis=0)
    bearing = np.arctan2(*(terrain.node[rim] - middle)[:, ::-1].T)
    for wanted, kind in ((np.pi, 0), (-0.4, 0), (1.2, 1), (-1.9, 2)):
        turn = np.abs((bearing - wanted + np.pi) % (2 * np.pi) - np.pi)
        side = rim[turn < 0.5]
        _lay(edges, _walk(back, int(side[np.argmin(away[side])])), kind)


def _loops(rng: np.random.Generator, terrain: Terrain, cost: sparse.csr_array, villages: Ints, edges: Edges) -> None:
    """A fifth of the pairs of neighbouring villages get a road of their own."""
    corners = Delaunay(terrain.node[villages]).simplices
    pairs = np.unique(
        np.sort(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1), axis=0
    )
    pairs = pairs[np.hypot(*(terrain.node[villages[pairs[:, 0]]] - terrain.node[villages[pairs[:, 1]]]).T) < 6000]
    pairs = pairs[rng.random(len(pairs)) < 0.2]
    now = _cheaper(cost, edges)
    starts = np.unique(pairs[:, 0])
    backs = csgraph.dijkstra(now, indices=villages[starts], return_predecessors=True, limit=30_000)[1]
    for start, back in zip(starts, backs, strict=True):
        for end in pairs[pairs[:, 0] == start, 1]:
            if back[villages[end]] >= 0:
                _lay(edges, _walk(back, int(villages[end])), 4)


def _contract(terrain: Terrain, places: Places, edges: Edges) -> tuple[Floats, Edges]:
    """Nodes inside a town become the nearest crossing of its streets; the streets join the net."""
    points = [terrain.node]
    merged = np.arange(len(terrain.node))
    offset = len(terrain.node)
    home = np.full(len(terrain.node), -1)
    streets: Edges = {}
    for k, town in enumerate(places.towns):
        near = np.flatnonzero(shapely.contains_xy(town.mask.buffer(120), *terrain.node.T))
        home[near] = k
        merged[near] = offset + cKDTree(town.crossings).query(terrain.node[near])[1]
        for (a, b), rank in zip((town.streets + offset).tolist(), town.rank.tolist(), strict=True):
            streets[a, b] = 5 + rank if k == SEAT else 7
        points.append(town.crossings)
        offset += len(town.crossings)
    for (a, b), kind in edges.items():
        i, j = sorted((int(merged[a]), int(merged[b])))
        if home[a] < 0 or home[a] != home[b]:  # inside a town its streets lead through
            streets[i, j] = min(streets.get((i, j), kind), kind)
    return np.concatenate(points), streets


def _chains(edges: Edges, first_street: int) -> list[tuple[list[int], int]]:
    """The net cut into runs of one class between junctions; streets stay single segments."""
    beside: dict[int, list[int]] = defaultdict(list)
    for a, b in sorted(edges):
        beside[a].append(b)
        beside[b].append(a)

    def kind(a: int, b: int) -> int:
        return edges[min(a, b), max(a, b)]

    def passing(n: int) -> bool:
        return n < first_street and len(beside[n]) == 2 and kind(n, beside[n][0]) == kind(n, beside[n][1])

    done: set[tuple[int, int]] = set()
    found = []
    for start in sorted(beside):
        if passing(start):
            continue
        for following in beside[start]:
            path = [start, following]
            while passing(path[-1]) and path[-1] != start:
                left, right = beside[path[-1]]
                path.append(right if left == path[-2] else left)
            if (path[-1], path[-2]) not in done:
                done.add((path[0], path[1]))
                found.append((path, kind(path[0], path[1])))
    return found


def make(seed: int, terrain: Terrain, places: Places) -> Roads:
    """All roads of the county."""
    rng = noise.stream(seed, 20)
    points, edges = _contract(terrain, places, _plan(rng, terrain, places))
    points = np.round(points, 3)
    chains = _chains(edges, len(terrain.node))
    lines = tuple(np.round(smooth(points[path]), 3) for path, _kind in chains)
    kinds = tuple(CLASSES[kind] for _path, kind in chains)
    crossings = len(places.towns[SEAT].crossings)
    seat = range(len(terrain.node), len(terrain.node) + crossings)
    draw = rng.random(len(chains))
    oneway = tuple(
        kind == 7 and path[0] in seat and path[-1] in seat and bool(d < 0.06)
        for (path, kind), d in zip(chains, draw, strict=True)
    )
    return Roads(lines, kinds, oneway)

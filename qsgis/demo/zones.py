"""Villages and townships: every cell to the village it is nearest to over the ground, every village to a township."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from qsgis.demo.noise import Floats, Ints
from qsgis.demo.places import SEAT, TOWNSHIPS, Places
from qsgis.demo.terrain import Terrain


@dataclass(frozen=True)
class Zones:
    """village: of each cell; township and code (12 digits): of each village. Numbered as in Places."""

    village: Ints
    township: Ints
    code: tuple[str, ...]


def _nearest_source(pairs: Ints, weight: Floats, count: int, sources: Ints) -> Ints:
    """For each node the place in `sources` of the one nearest over the graph; -1 where none is reached."""
    a, b = pairs.T
    graph = sparse.coo_array(
        (np.concatenate([weight, weight]), (np.concatenate([a, b]), np.concatenate([b, a]))), shape=(count, count)
    )
    _away, _back, source = csgraph.dijkstra(graph.tocsr(), indices=sources, return_predecessors=True, min_only=True)
    order = np.argsort(sources)
    place = order[np.searchsorted(sources[order], np.maximum(source, sources.min()))]
    return np.where(source >= 0, place, -1)


def make(terrain: Terrain, places: Places, points: Floats, pairs: Ints) -> Zones:
    """The zones of cells that stand at `points` and touch as `pairs` say; but for islets a zone is connected.

    Communities share the county seat among themselves; villages share the rest.
    """
    height = terrain.above[terrain.nearest(points)]
    length = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T)
    weight = length * (1 + height[pairs].mean(axis=1) / 100)
    urban = shapely.contains_xy(places.towns[SEAT].mask.buffer(45), *points.T)
    same = urban[pairs[:, 0]] == urban[pairs[:, 1]]
    sources = np.empty(len(places.villages), dtype=np.int64)
    for inside, chosen in ((True, slice(0, places.communities)), (False, slice(places.communities, None))):
        of = np.flatnonzero(urban == inside)
        sources[chosen] = of[cKDTree(points[of]).query(places.villages[chosen])[1]]
    village = _nearest_source(pairs[same], weight[same], len(points), sources)
    lost = village < 0
    if lost.any():  # an islet cut off by the seat's edge goes to its nearest neighbour's zone
        village[lost] = village[~lost][cKDTree(points[~lost]).query(points[lost])[1]]
    township = _townships(places, village, pairs)
    return Zones(village, township, _codes(places, township))


def _townships(places: Places, village: Ints, pairs: Ints) -> Ints:
    beside = np.unique(np.sort(village[pairs], axis=1), axis=0)
    beside = beside[beside[:, 0] != beside[:, 1]]
    length = np.hypot(*(places.villages[beside[:, 0]] - places.villages[beside[:, 1]]).T)
    seats = np.arange(places.communities + len(TOWNSHIPS) - 1)  # communities, then the villages that hold a seat
    near = _nearest_source(beside, length, len(places.villages), seats)
    return np.where(near < places.communities, 0, near - places.communities + 1)


def _codes(places: Places, township: Ints) -> tuple[str, ...]:
    """Communities from 001 on, villages from 200 on, from north to south in each township."""
    codes = [""] * len(township)
    following = dict.fromkeys(range(len(TOWNSHIPS)), 200)
    for k in np.argsort(-places.villages[:, 1], kind="stable").tolist():
        home = int(township[k])
        if k < places.communities:
            codes[k] = f"{TOWNSHIPS[home][0]}{k + 1:03d}"
        else:
            codes[k] = f"{TOWNSHIPS[home][0]}{following[home]}"
            following[home] += 1
    return tuple(codes)

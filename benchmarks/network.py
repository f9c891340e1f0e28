"""Minutes from every junction to the nearest facility: qsgis, networkx, and pandana where it is installed.

    python benchmarks/network.py --edges 50000 --facilities 500

All in one run on the same noded streets, with times, ratios to qsgis, and the largest difference in minutes.
Streets are drawn once more as raw lines (chains that run through their junctions, ends off by up to 0.25 m) to time
noding against shapely.union_all.
"""

from __future__ import annotations

import argparse
import time
from importlib.util import find_spec

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import Delaunay

from qsgis.network import Network
from qsgis.network.times import sweep

CRS = "EPSG:4546"


def streets(edges, seed=1):
    """About `edges` noded streets of five segments: a spanning tree of random junctions and the next shorter links."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 120 * np.sqrt(edges), (int(edges / 1.35), 2))
    corner = Delaunay(at).simplices
    pairs = np.concatenate([corner[:, [0, 1]], corner[:, [1, 2]], corner[:, [0, 2]]])
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    long = np.hypot(*(at[pairs[:, 0]] - at[pairs[:, 1]]).T)
    tree = minimum_spanning_tree(coo_array((long, pairs.T), shape=(len(at), len(at)))).tocoo()
    low, high = np.sort(tree.coords, axis=0)
    needed = np.isin(pairs @ [len(at), 1], low.astype(np.int64) * len(at) + high)
    chosen = np.sort(np.argsort(np.where(needed, 0, long), kind="stable")[:edges])
    pairs = pairs[chosen]
    p, q = at[pairs[:, 0]][:, None], at[pairs[:, 1]][:, None]
    t = np.linspace(0, 1, 6)[None, :, None]
    normal = (q - p)[..., ::-1] * [-1, 1]
    xy = p + t * (q - p) + 0.02 * np.sin(2 * np.pi * t) * normal
    xy[:, 0], xy[:, -1] = p[:, 0], q[:, 0]
    kmh = rng.choice([20.0, 35.0, 45.0, 60.0], len(pairs))
    oneway = (rng.random(len(pairs)) < 0.04) & ~needed[chosen]  # the tree stays open: every place is reached
    return gpd.GeoDataFrame({"kmh": kmh, "oneway": oneway}, geometry=list(shapely.linestrings(xy)), crs=CRS)


def raw(edges, seed=2):
    """Streets of a grid drawn from end to end through ten crossings, ends off by up to 0.25 m."""
    rng = np.random.default_rng(seed)
    side, run, block = int(np.sqrt(edges / 2)) // 10 * 10, 10, 100.0
    start = np.stack(np.meshgrid(np.arange(0, side, run), np.arange(side)), -1).reshape(-1, 2) * block
    step = np.linspace(0, run * block, 2 * run + 1)
    across = start[:, None] + np.stack([step, np.zeros_like(step)], -1)
    xy = np.concatenate([across, across[..., ::-1]])
    xy[:, [0, -1]] += rng.uniform(-0.17, 0.17, (len(xy), 2, 2))
    return gpd.GeoDataFrame(geometry=list(shapely.linestrings(xy)), crs=CRS)


def timed(work):
    """What `work()` gives, and the seconds it took."""
    begin = time.perf_counter()
    result = work()
    return result, time.perf_counter() - begin


def by_networkx(u, v, minutes, facilities):
    graph = nx.DiGraph()
    graph.add_nodes_from(range(int(max(u.max(), v.max())) + 1))
    graph.add_weighted_edges_from(zip(v.tolist(), u.tolist(), minutes.tolist(), strict=True))  # reversed
    away = nx.multi_source_dijkstra_path_length(graph, set(facilities.tolist()))
    return np.array([away.get(k, np.inf) for k in range(graph.number_of_nodes())])


def by_pandana(nodes, u, v, minutes, facilities):
    import pandana
    import pandas as pd

    links = pd.DataFrame({"minutes": minutes})
    network = pandana.Network(*map(pd.Series, nodes.T), pd.Series(u), pd.Series(v), links, twoway=False)
    network.set_pois("facility", 1e6, 1, *nodes[facilities].T)
    return network.nearest_pois(1e6, "facility")[1].to_numpy()


def show(name, seconds, own, difference=None):
    agreement = "" if difference is None else f"   largest difference {difference:.1e} minutes"
    print(f"{name:<44}{seconds:8.2f} s {seconds / own:7.1f} ×{agreement}")


def differing(ours, theirs):
    if (np.isinf(ours) != np.isinf(theirs)).any():
        return np.inf
    reached = np.isfinite(ours)
    return np.abs(ours[reached] - theirs[reached]).max()


def nearest_facility(edges, count):
    layer = streets(edges)
    network, tested = timed(lambda: Network.from_lines(layer, mode="drive"))
    network, building = timed(lambda: Network.from_lines(layer, mode="drive", noded=True))
    facilities = np.sort(np.random.default_rng(3).choice(len(network.nodes), count, replace=False))
    at = network.nodes[facilities]
    places = network.attach(at, 1.0)

    ours, sweeping = timed(lambda: sweep(network, places, 4.8).minutes)
    own = building + sweeping
    print(f"{len(network.edges)} edges, {len(network.nodes)} nodes, {count} facilities; minutes from every node")
    show("qsgis: noded lines to minutes", own, own)
    show("   of which building (matrix not counted)", building, own)
    show("   the same, tested whether it is noded", tested + sweeping, own)
    e = network.edges
    u, v = np.r_[e.u, e.v], np.r_[e.v, e.u]
    minutes = np.r_[e.forward, e.backward]
    open_ = np.isfinite(minutes)
    u, v, minutes = u[open_], v[open_], minutes[open_]
    theirs, seconds = timed(lambda: by_networkx(u, v, minutes, facilities))
    show("networkx, from arrays", seconds, own, differing(ours, theirs))
    if find_spec("pandana"):
        theirs, seconds = timed(lambda: by_pandana(network.nodes, u, v, minutes, facilities))
        show("pandana, from arrays (swept forwards)", seconds, own)
    rng = np.random.default_rng(4)
    homes = at[rng.integers(0, count, 20_000)] + rng.normal(0, 60, (20_000, 2))
    _attached, seconds = timed(lambda: network.attach(homes, 500))
    print(f"{'qsgis: 20,000 places to their streets':<44}{seconds:8.2f} s")


def noding(edges):
    layer = raw(edges)
    network, own = timed(lambda: Network.from_lines(layer))
    print(f"\n{len(layer)} raw lines to {len(network.edges)} edges")
    show("qsgis: raw lines to a network (0.5 m)", own, own)
    pieces, seconds = timed(lambda: shapely.get_parts(shapely.union_all(np.asarray(layer.geometry.array))))
    show(f"shapely.union_all (snaps nothing; {len(pieces)} parts)", seconds, own)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edges", type=int, default=50_000)
    parser.add_argument("--facilities", type=int, default=500)
    given = parser.parse_args()
    nearest_facility(given.edges, given.facilities)
    noding(given.edges)

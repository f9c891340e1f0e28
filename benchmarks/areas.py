"""Service areas: what 2,000 facilities reach in five minutes on foot, in lines and minutes.

    python benchmarks/areas.py --edges 675000 --facilities 2000

Facilities stand at junctions, so that every way answers the same: junctions within the limit of each facility and
their minutes. qsgis gives the parts of streets besides. A network is made anew for each way, so that what is worked
out once (the matrix of minutes, the edges of each junction) is counted every time.
"""

from __future__ import annotations

import argparse
import time
from unittest.mock import patch

import networkx as nx
import numpy as np
from report import table
from scipy.sparse.csgraph import dijkstra
from streets import noded

from qsgis.network import Network, compiled, search

MINUTES = 5.0
BATCH = 50  # rows of scipy's answer held at once


def timed(work):
    """What `work()` gives, and the seconds it took."""
    begin = time.perf_counter()
    result = work()
    return result, time.perf_counter() - begin


def fresh(network):
    """The same streets with nothing worked out yet but the spatial index of places."""
    again = Network(network.nodes, network.edges, lambda: network.report, crs=network.crs, mode="walk", access_kmh=4.8)
    again.__dict__["tree"] = network.tree
    return again


def core(work):
    """`work` without the compiled loops."""
    with patch.object(compiled, "available", lambda: False):
        return work()


def junctions(network, at):
    """(number, sum of minutes) of junctions within the limit, by the search that areas are made of."""
    places = network.attach(at, 1.0)
    ways = search.starts(network, places, np.arange(len(at)), len(at), 4.8, outward=False)
    found = [part.minutes for part in search.reach(network.homeward, ways, MINUTES)]
    return sum(map(len, found)), sum(part.sum() for part in found)


def by_scipy(network, nodes):
    """The same by scipy's dijkstra with a limit: an answer is dense, so it comes in batches."""
    count, total = 0, 0.0
    for begin in range(0, len(nodes), BATCH):
        found = dijkstra(network.homeward, indices=nodes[begin : begin + BATCH], limit=MINUTES)
        count, total = count + np.isfinite(found).sum(), total + found[np.isfinite(found)].sum()
    return count, total


def by_networkx(network, nodes):
    """The same by networkx, its graph made from arrays of edges."""
    graph, edges = nx.DiGraph(), network.edges
    u, v = np.r_[edges.u, edges.v], np.r_[edges.v, edges.u]
    minutes = np.r_[edges.backward, edges.forward]  # reversed: towards the facility
    graph.add_weighted_edges_from(zip(u.tolist(), v.tolist(), minutes.tolist(), strict=True))
    found = [nx.single_source_dijkstra_path_length(graph, node, cutoff=MINUTES) for node in nodes.tolist()]
    return sum(map(len, found)), sum(sum(away.values()) for away in found)


def areas(edges: int, facilities: int) -> str:
    """A part of the benchmarks' page: a table of all ways on one network."""
    network = Network.from_lines(noded(edges), mode="walk", noded=True)
    nodes = np.sort(np.random.default_rng(5).choice(len(network.nodes), facilities, replace=False))
    at = network.nodes[nodes]
    fresh(network).service_areas(at[:5], (MINUTES,))  # loops are compiled, the spatial index is made
    lines, full = timed(lambda: fresh(network).service_areas(at, (MINUTES,)))
    ours = {
        "qsgis: parts of streets, as lines": full,
        "qsgis: parts of streets, as a table": timed(
            lambda: fresh(network).service_areas(at, (MINUTES,), geometry=False)
        )[1],
        "qsgis without numba: parts of streets, as lines": timed(
            lambda: core(lambda: fresh(network).service_areas(at, (MINUTES,)))
        )[1],
    }
    truth = junctions(network, at)
    rows = [[name, f"{seconds:.2f} s", f"{seconds / full:.1f}", "–"] for name, seconds in ours.items()]
    for name, way in (("scipy, limit=: junctions", by_scipy), ("networkx, cutoff=: junctions", by_networkx)):
        (count, total), seconds = timed(lambda way=way: way(fresh(network), nodes))
        differs = "fewer or more" if count != truth[0] else f"{total / truth[1] - 1:+.0e}"
        rows.append([name, f"{seconds:.2f} s", f"{seconds / full:.1f}", differs])
    said = (
        f"{facilities:,} facilities, {MINUTES:g} minutes on foot, on {len(network.nodes):,} junctions and "
        f"{len(network.edges):,} streets: {len(lines):,} pieces, {lines['metres'].sum() / facilities:.0f} m and "
        f"{truth[0] / facilities:.1f} junctions a facility."
    )
    return f"{said}\n\n{table(['way', 'wall', '÷ qsgis', 'sum of minutes differs'], rows)}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edges", type=int, default=675_000)
    parser.add_argument("--facilities", type=int, default=2000)
    given = parser.parse_args()
    print(areas(given.edges, given.facilities))

"""The ways that minutes to the nearest facility, and junctions of raw lines, are compared by; see ways.Way.

qsgis starts from the lines. Peers "from lines" do too: their nodes, links and minutes are made by plain means first.
Peers "from arrays" get these made while reading, uncounted. What is built from them (graph, contraction) is counted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from streets import FACILITIES, NODED, RAW
from ways import Way

from qsgis.network import Attachment, Network
from qsgis.network.times import sweep


class Arrays(NamedTuple):
    """A directed graph in minutes, and the junctions that facilities stand at."""

    nodes: Any
    tail: Any
    head: Any
    minutes: Any
    facilities: Any


def streets(folder: Path, _cores: int) -> tuple[gpd.GeoDataFrame, Any]:
    """The noded layer, and the rows of the streets that begin where facilities stand."""
    return gpd.read_file(folder / NODED, use_arrow=True), np.load(folder / FACILITIES)


def raw_lines(folder: Path, _cores: int) -> gpd.GeoDataFrame:
    """The raw layer."""
    return gpd.read_file(folder / RAW, use_arrow=True)


def arrays(folder: Path, cores: int) -> Arrays:
    """The network of the noded layer as arrays."""
    layer, facilities = streets(folder, cores)
    network = Network.from_lines(layer, mode="drive", noded=True)
    e = network.edges
    minutes = np.r_[e.forward, e.backward]
    on = np.isfinite(minutes)
    node = np.unique(e.u[np.searchsorted(e.row, facilities)])
    return Arrays(network.nodes, np.r_[e.u, e.v][on], np.r_[e.v, e.u][on], minutes[on], node)


def linked(read: tuple[gpd.GeoDataFrame, Any]) -> Arrays:
    """The same of a frame of noded lines, as one who uses a peer would make it: equal ends are told by pandas."""
    layer, facilities = read
    lines = np.asarray(layer.geometry.array)
    last = np.cumsum(shapely.get_num_coordinates(lines)) - 1
    ends = shapely.get_coordinates(lines)[np.r_[0, last[:-1] + 1, last]]
    number, distinct = pd.factorize(ends[:, 0] + 1j * ends[:, 1])
    u, v = np.split(number, 2)
    minutes, both = shapely.length(lines) / layer["kmh"].to_numpy() * 0.06, ~layer["oneway"].to_numpy(bool)
    links = np.r_[u, v[both]], np.r_[v, u[both]], np.r_[minutes, minutes[both]]
    return Arrays(np.column_stack([distinct.real, distinct.imag]), *links, np.unique(u[facilities]))


# --- minutes from every junction to the nearest facility ---


def to_minutes(read: tuple[gpd.GeoDataFrame, Any], *, noded: bool) -> Any:
    """From a frame of lines to minutes at every node: nothing is prepared; facilities are told by their streets."""
    layer, facilities = read
    network = Network.from_lines(layer, mode="drive", noded=noded)
    nothing = np.zeros(len(facilities))
    edge = np.searchsorted(network.edges.row, facilities)  # the first piece of each row
    return sweep(network, Attachment(edge, nothing, nothing, nothing > 0), 4.8).minutes


def joined(read: Any) -> Any:
    """The same, but facilities are told by coordinates, and joined to the nearest streets."""
    layer, facilities = read
    at = shapely.get_coordinates(shapely.get_point(layer.geometry.array[facilities], 0))
    network = Network.from_lines(layer, mode="drive", noded=True)
    return sweep(network, network.attach(at, 1.0), 4.8).minutes


def known(read: Any) -> Any:
    """The caller says that the layer is noded."""
    return to_minutes(read, noded=True)


def tested(read: Any) -> Any:
    """Whether it is noded is tested, and what nearly meets is joined."""
    return to_minutes(read, noded=False)


def plain(read: Any) -> Any:
    """The first without the compiled loops."""
    from unittest.mock import patch

    from qsgis.network import compiled

    with patch.object(compiled, "available", lambda: False):
        return to_minutes(read, noded=True)


def by_networkx(a: Arrays) -> Any:
    """Its graph, with every link turned round, and one search from all facilities."""
    import networkx as nx

    graph: Any = nx.DiGraph()
    graph.add_nodes_from(range(len(a.nodes)))
    graph.add_weighted_edges_from(zip(a.head.tolist(), a.tail.tolist(), a.minutes.tolist(), strict=True))
    away = nx.multi_source_dijkstra_path_length(graph, set(a.facilities.tolist()))
    return np.array(list(away.values()))


def by_pandana(a: Arrays) -> Any:
    """Its contraction hierarchy, set up for this question, and the answer for every node."""
    import pandana

    ends = pd.Series(a.tail), pd.Series(a.head), pd.DataFrame({"minutes": a.minutes})
    network = pandana.Network(*map(pd.Series, a.nodes.T), *ends, twoway=False)
    network.set_pois("facility", 1e6, 1, *map(pd.Series, a.nodes[a.facilities].T))
    return network.nearest_pois(1e6, "facility")[1].to_numpy()


def by_rustworkx(a: Arrays) -> Any:
    """One search from a node that is joined to all facilities."""
    import rustworkx

    graph, start = rustworkx.PyDiGraph(multigraph=False), len(a.nodes)
    graph.add_nodes_from(range(start + 1))
    graph.add_edges_from(list(zip(a.head.tolist(), a.tail.tolist(), a.minutes.tolist(), strict=True)))
    graph.add_edges_from([(start, int(f), 0.0) for f in a.facilities])
    away = rustworkx.digraph_dijkstra_shortest_path_lengths(graph, start, float)
    return np.array(list(away.values()))


def by_igraph(a: Arrays) -> Any:
    """One search from a node that is joined to all facilities."""
    import igraph

    start = len(a.nodes)
    links = np.column_stack([np.r_[a.head, np.full(len(a.facilities), start)], np.r_[a.tail, a.facilities]])
    graph = igraph.Graph(n=start + 1, edges=links, directed=True)
    return np.array(graph.distances(start, weights=np.r_[a.minutes, np.zeros(len(a.facilities))].tolist())[0])


def by_scipy(a: Arrays) -> Any:
    """A sparse matrix without parallel links (it would add them up), and one search from all facilities."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    order = np.lexsort((a.minutes, a.tail, a.head))
    first = np.r_[True, (np.diff(a.head[order]) != 0) | (np.diff(a.tail[order]) != 0)]
    kept = order[first]
    size = len(a.nodes)
    graph = csr_array((a.minutes[kept], (a.head[kept], a.tail[kept])), shape=(size, size))
    return dijkstra(graph, indices=a.facilities, min_only=True)


# --- raw lines to junctions ---


def to_network(layer: gpd.GeoDataFrame) -> Any:
    """Nodes, edges, minutes and report; pieces are drawn when they are asked for."""
    return Network.from_lines(layer)


def to_drawn_network(layer: gpd.GeoDataFrame) -> Any:
    """The same, with all pieces drawn."""
    network = Network.from_lines(layer)
    network.edges.geometry  # noqa: B018 (drawn on the first look)
    return network


def union(layer: gpd.GeoDataFrame) -> Any:
    """Lines cut where they cross; nothing is snapped, and what they carry is lost."""
    return shapely.get_parts(shapely.union_all(np.asarray(layer.geometry.array)))


def total_minutes(minutes: Any) -> float:
    """Of all nodes."""
    return float(np.sum(minutes))


def street_metres(network: Any) -> float:
    """Metres of all edges."""
    return float(network.edges.metres.sum())


def line_metres(lines: Any) -> float:
    """Metres of all lines."""
    return float(shapely.length(lines).sum())


OURS, OURS_TESTED = "qsgis, noded lines to minutes", "qsgis, the same, tested whether it is noded"
NEAREST: dict[str, Way] = {
    OURS: Way(streets, known, total_minutes, "minutes"),
    "qsgis, the same, facilities joined by coordinates": Way(streets, joined, total_minutes, "minutes"),
    OURS_TESTED: Way(streets, tested, total_minutes, "minutes"),
    "qsgis without numba": Way(streets, plain, total_minutes, "minutes"),
    "scipy, from arrays": Way(arrays, by_scipy, total_minutes, "minutes", "scipy"),
    "rustworkx, from arrays": Way(arrays, by_rustworkx, total_minutes, "minutes", "rustworkx"),
    "igraph, from arrays": Way(arrays, by_igraph, total_minutes, "minutes", "igraph"),
    "networkx, from arrays": Way(arrays, by_networkx, total_minutes, "minutes", "networkx"),
    "pandana, from arrays": Way(arrays, by_pandana, total_minutes, "minutes", "pandana"),
    "networkx, from lines": Way(streets, lambda read: by_networkx(linked(read)), total_minutes, "minutes", "networkx"),
    "pandana, from lines": Way(streets, lambda read: by_pandana(linked(read)), total_minutes, "minutes", "pandana"),
}
RAW_OURS, RAW_DRAWN = "qsgis, raw lines to a network", "qsgis, the same, all pieces drawn"
NODING: dict[str, Way] = {
    RAW_OURS: Way(raw_lines, to_network, street_metres, "network"),
    RAW_DRAWN: Way(raw_lines, to_drawn_network, street_metres, "network, lines"),
    "shapely.union_all": Way(raw_lines, union, line_metres, "lines", "shapely"),
}
WAYS = NEAREST | NODING

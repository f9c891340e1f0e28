"""The second opinion: random streets, and a networkx graph whose edges are really split where places stand."""

from __future__ import annotations

import itertools

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely
from scipy.spatial import Delaunay

CRS = "EPSG:4546"
WALK = 80.0  # metres a minute: 4.8 km/h


def streets(seed, junctions=40, oneway=0.35):
    """Random streets that meet at their ends only: some edges of a triangulation, bent, some one-way, some faster."""
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 1000, (junctions, 2))
    corner = Delaunay(at).simplices
    pairs = np.unique(
        np.sort(np.concatenate([corner[:, [0, 1]], corner[:, [1, 2]], corner[:, [0, 2]]]), axis=1), axis=0
    )
    pairs = pairs[rng.random(len(pairs)) < 0.6]
    turn = rng.random(len(pairs)) < 0.5
    pairs[turn] = pairs[turn][:, ::-1]
    return gpd.GeoDataFrame(
        {
            "oneway": rng.random(len(pairs)) < oneway,
            "kmh": rng.choice([20.0, 40.0, 60.0], len(pairs)),
        },
        geometry=[shapely.LineString([at[a], (at[a] * 2 + at[b]) / 3, at[b]]) for a, b in pairs],
        crs=CRS,
    )


def places(seed, count):
    """Random places, (count, 2)."""
    return np.random.default_rng([seed, 7]).uniform(0, 1000, (count, 2))


def split_graph(lines, metres_a_minute, both_ways, named_places, access=200.0, leg_pace=WALK):
    """A DiGraph in minutes: edges cut at every place, a node a place, legs as edges. Brute force, one thing at a time.

    named_places: name → (x, y). A place whose foot is the end of a line stands at the junction itself.
    """
    graph = nx.DiGraph()
    on_line = {k: [] for k in range(len(lines))}
    for name, xy in named_places.items():
        point = shapely.Point(xy)
        gaps = [line.distance(point) for line in lines]
        k = int(np.argmin(gaps))
        graph.add_node(name)
        if gaps[k] <= access:
            on_line[k].append((lines[k].project(point), name, gaps[k] / leg_pace))
    for k, line in enumerate(lines):
        stops = [(0.0, line.coords[0]), (line.length, line.coords[-1])]
        for s, name, leg in on_line[k]:
            stop = line.coords[0] if s <= 1e-9 else line.coords[-1] if s >= line.length - 1e-9 else (name, "foot")
            if stop == (name, "foot"):
                stops.append((s, stop))
            graph.add_edge(name, ("leg", stop), weight=leg)
            graph.add_edge(("leg", stop), name, weight=leg)
            for one, two in ((("leg", stop), stop), (stop, ("leg", stop))):
                graph.add_edge(one, two, weight=0.0)
        stops.sort(key=lambda item: item[0])
        for (s, a), (t, b) in itertools.pairwise(stops):
            lay(graph, a, b, (t - s) / metres_a_minute[k])
            if both_ways[k]:
                lay(graph, b, a, (t - s) / metres_a_minute[k])
    return graph


def lay(graph, a, b, minutes):
    """An edge, the quicker one where there are two."""
    if not graph.has_edge(a, b) or graph[a][b]["weight"] > minutes:
        graph.add_edge(a, b, weight=minutes)


def to_nearest(graph, origins, facilities):
    """Minutes from each origin to the nearest facility."""
    away = nx.multi_source_dijkstra_path_length(graph.reverse(), set(facilities))
    return np.array([away.get(name, np.inf) for name in origins])

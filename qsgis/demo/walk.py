"""Walking distances for the ledger by plain networkx, on edges that are really split where facilities attach."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely
from numpy.typing import NDArray

from qsgis.demo.noise import Floats

SAMPLE = 20.0  # metres between the points at which walking is reckoned


def samples(homes: gpd.GeoSeries) -> Floats:
    """A square grid of points, those inside the residential parcels."""
    x0, y0, x1, y1 = homes.total_bounds
    grid = np.stack(np.meshgrid(np.arange(x0, x1, SAMPLE), np.arange(y0, y1, SAMPLE)), axis=-1).reshape(-1, 2)
    tree = shapely.STRtree(homes.to_numpy())
    inside = np.unique(tree.query(shapely.points(grid), predicate="within")[0])
    return np.asarray(grid[inside])


def metres(roads: gpd.GeoDataFrame, facilities: Floats, points: Floats) -> Floats:
    """Metres on foot from each point to the nearest facility; the legs to the nearest road are walked too."""
    lines = roads.geometry.to_numpy()
    tree = shapely.STRtree(lines)

    def attach(xy: Floats) -> tuple[NDArray[np.int64], Floats, Floats]:
        at = shapely.points(xy)
        edge = tree.nearest(at)
        return edge, shapely.line_locate_point(lines[edge], at), shapely.distance(lines[edge], at)

    stops: dict[int, list[tuple[float, Any]]] = {
        k: [(0.0, tuple(line.coords[0])), (line.length, tuple(line.coords[-1]))] for k, line in enumerate(lines)
    }
    graph: nx.Graph[Any] = nx.Graph()
    for number, (edge, along, leg) in enumerate(zip(*attach(facilities), strict=True)):
        stops[int(edge)].append((float(along), number))
        graph.add_edge("source", number, weight=float(leg))
    for on_edge in stops.values():
        on_edge.sort(key=lambda stop: stop[0])
        for (s, u), (t, v) in pairwise(on_edge):
            known = graph.get_edge_data(u, v, {"weight": np.inf})["weight"]
            graph.add_edge(u, v, weight=min(known, t - s))
    ways = nx.single_source_dijkstra_path_length(graph, "source", weight="weight")
    edge, along, leg = attach(points)
    found = [
        leg[k] + min(abs(along[k] - s) + ways.get(u, np.inf) for s, u in stops[int(edge[k])])
        for k in range(len(points))
    ]
    return np.array(found)

"""Ways along roads for the ledger by plain networkx, on edges that are really split where facilities attach."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np
import shapely
from numpy.typing import NDArray

from qsgis.demo.noise import Floats

PACE = 4.8 * 1000 / 60  # metres on foot in a minute: 5, 10, 15 minutes are 400, 800, 1200 m
Shapes = NDArray[Any]


@dataclass(frozen=True)
class Net:
    """Lines, and the minutes that a metre of each takes, with its direction and against it (inf: closed).

    doors: the lines that places join; pace: metres in a minute between a place and its line.
    """

    lines: Shapes
    forward: Floats
    backward: Floats
    doors: NDArray[np.int64]
    pace: float = PACE


def on_foot(lines: Shapes) -> Net:
    """All lines open both ways."""
    pace = np.full(len(lines), 1 / PACE)
    return Net(lines, pace, pace, np.arange(len(lines)))


def driving(lines: Shapes, kmh: Floats, oneway: NDArray[np.bool_], shut: NDArray[np.bool_], access_kmh: float) -> Net:
    """Lines at their speeds; those of one way are closed against their direction, nobody joins those that are shut."""
    minutes = 60 / (kmh * 1000)
    back = np.where(oneway, np.inf, minutes)
    return Net(lines, minutes, back, np.flatnonzero(~shut), access_kmh * 1000 / 60)


def samples(shapes: Shapes, step: float) -> Floats:
    """A square grid of points `step` metres apart, those inside the polygons."""
    x0, y0, x1, y1 = shapely.total_bounds(shapes)
    grid = np.stack(np.meshgrid(np.arange(x0, x1, step), np.arange(y0, y1, step)), axis=-1).reshape(-1, 2)
    inside = np.unique(shapely.STRtree(shapes).query(shapely.points(grid), predicate="within")[0])
    return np.asarray(grid[inside])


def minutes(net: Net, facilities: Floats, points: Floats, access: float = 500.0) -> Floats:
    """Minutes from each point to the facility reached soonest, the legs to the nearest road counted.

    A place farther than `access` metres from every road is not reached and reaches nothing (inf).
    """
    tree = shapely.STRtree(net.lines[net.doors])

    def attach(xy: Floats) -> tuple[NDArray[np.int64], Floats, Floats]:
        at = shapely.points(xy)
        edge = net.doors[tree.nearest(at)]
        leg = shapely.distance(net.lines[edge], at)
        return edge, shapely.line_locate_point(net.lines[edge], at), np.where(leg <= access, leg / net.pace, np.inf)

    stops: dict[int, list[tuple[float, Any]]] = {
        k: [(0.0, tuple(line.coords[0])), (line.length, tuple(line.coords[-1]))] for k, line in enumerate(net.lines)
    }
    back: nx.DiGraph[Any] = nx.DiGraph()  # every way turned round: one search from all facilities at once
    back.add_node("facilities")
    for number, (edge, along, leg) in enumerate(zip(*attach(facilities), strict=True)):
        stops[int(edge)].append((float(along), number))
        if np.isfinite(leg):
            back.add_edge("facilities", number, weight=float(leg))
    for k, on_edge in stops.items():
        on_edge.sort(key=lambda stop: stop[0])
        for (s, u), (t, v) in pairwise(on_edge):
            for start, end, pace in ((u, v, net.forward[k]), (v, u, net.backward[k])):
                known = back.get_edge_data(end, start, {"weight": np.inf})["weight"]
                if (t - s) * pace < known:
                    back.add_edge(end, start, weight=float((t - s) * pace))
    ways = nx.single_source_dijkstra_path_length(back, "facilities", weight="weight")
    edge, along, leg = attach(points)
    return np.array(
        [leg[k] + _on(stops[int(edge[k])], along[k], ways, net, int(edge[k])) for k in range(len(points))], dtype=float
    )


def _on(on_edge: list[tuple[float, Any]], along: float, ways: dict[Any, float], net: Net, edge: int) -> float:
    """Minutes from a place on an edge, by its stops ahead and behind."""
    ahead = [(s - along) * net.forward[edge] + ways.get(u, np.inf) for s, u in on_edge if s >= along]
    behind = [(along - s) * net.backward[edge] + ways.get(u, np.inf) for s, u in on_edge if s < along]
    return float(min(ahead + behind, default=np.inf))


def entrances(grounds: Shapes, lines: Shapes) -> Floats:
    """Where lines meet the edge of each ground, every 20 m along it; where none does, its point nearest to a line."""
    tree = shapely.STRtree(lines)
    found = []
    for ground in grounds:
        edge = ground.boundary
        met = [shapely.segmentize(edge.intersection(lines[k]), 20.0) for k in tree.query(edge, predicate="intersects")]
        if not met:
            met = [shapely.get_point(shapely.shortest_line(edge, lines[tree.nearest(edge)]), 0)]
        found.append(np.concatenate([shapely.get_coordinates(one) for one in met]))
    return np.concatenate(found)

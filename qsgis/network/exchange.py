"""Graphs of networkx, by osmnx's conventions, in and out. Files are the business of others (osmnx.load_graphml)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pyproj
import shapely

from qsgis.messages import _
from qsgis.network.arrays import Floats, Geometries, Ints
from qsgis.network.build import Report, describe, renumber
from qsgis.network.edges import Edges, components, merge_doubled, passable
from qsgis.network.passage import OWN_KMH, Mode

if TYPE_CHECKING:
    from qsgis.network.graph import Network

_SAME_COURSE = 0.01  # metres: the two directions of one street


def from_networkx(
    graph: nx.Graph[Any],
    *,
    mode: Mode,
    speed_kmh: float | None,
    crs: Any,
) -> tuple[Floats, Edges, Report, Any]:
    """Nodes, edges, report and plane CRS of a graph; see Network.from_networkx."""
    names = {name: i for i, name in enumerate(graph.nodes)}
    xy = np.array([(float(d["x"]), float(d["y"])) for _n, d in graph.nodes(data=True)], float).reshape(-1, 2)
    table = [(names[a], names[b], data) for a, b, data in graph.edges(data=True)]
    u, v = (np.array([row[k] for row in table], np.int64) for k in (0, 1))
    facts = [row[2] for row in table]
    xy, geometry, plane = _placed(xy, _courses(xy, u, v, facts), graph.graph.get("crs"), crs)
    metres, notes = _metres(facts, geometry)
    minutes = _minutes(facts, metres, mode, speed_kmh)
    refused = ~(np.isfinite(minutes) & (minutes >= 0)) | ((minutes == 0) & (metres > 0))
    both = mode == "walk" or not graph.is_directed()
    edges = Edges(
        u, v, metres, np.where(refused, np.inf, minutes), np.where(refused | (not both), np.inf, minutes),
        np.full(len(u), -1, np.int64), geometry,
    )  # fmt: skip
    edges, dropped = _without_zero(len(xy), passable(edges))
    edges, _directions = merge_doubled(edges, _SAME_COURSE)
    nodes, edges = renumber(xy, edges)
    counts = {"refused_speed": int(refused.sum()), "dropped_zero_length": dropped}
    return nodes, edges, describe(nodes, edges, counts, notes), plane


def _courses(xy: Floats, u: Ints, v: Ints, facts: list[dict[str, Any]]) -> Geometries:
    """Each edge's line from u to v; straight where the graph gives none."""
    geometry: Geometries = np.empty(len(u), dtype=object)
    geometry[:] = [data.get("geometry") for data in facts]
    bare = shapely.is_missing(geometry)
    geometry[bare] = shapely.linestrings(np.stack([xy[u[bare]], xy[v[bare]]], axis=1))
    first, last = (shapely.get_coordinates(shapely.get_point(geometry, k)) for k in (0, -1))
    # an undirected graph may keep a line drawn from v to u
    turned = (u != v) & (np.hypot(*(first - xy[u]).T) > np.hypot(*(last - xy[u]).T))
    geometry[turned] = shapely.reverse(geometry[turned])
    return geometry


def _placed(xy: Floats, geometry: Geometries, own: Any, wanted: Any) -> tuple[Floats, Geometries, Any]:
    """Nodes and lines in the plane CRS `wanted`, or in their own; with that CRS."""
    source = None if own is None else pyproj.CRS.from_user_input(own)
    target = source if wanted is None else pyproj.CRS.from_user_input(wanted)
    if target is not None and target.is_geographic:
        raise ValueError("the graph is in degrees; give crs, a plane CRS in metres (osmnx.project_graph does likewise)")
    if source is None and wanted is not None:
        raise ValueError("the graph names no crs, so it cannot be brought to another; set graph.graph['crs']")
    if source is None or source == target:
        return xy, geometry, target
    points = gpd.GeoSeries(shapely.points(xy), crs=source).to_crs(target)
    lines = gpd.GeoSeries(geometry, crs=source).to_crs(target)
    return shapely.get_coordinates(points.array), np.asarray(lines.array, dtype=object), target


def _numbers(facts: list[dict[str, Any]], name: str) -> Floats:
    return np.array([np.nan if data.get(name) is None else float(data[name]) for data in facts], float)


def _metres(facts: list[dict[str, Any]], geometry: Geometries) -> tuple[Floats, list[str]]:
    """Length of each edge: as given, else that of its line in the plane."""
    metres = _numbers(facts, "length")
    bare = np.isnan(metres)
    if (metres < 0).any() or np.isinf(metres).any():
        raise ValueError("the graph has edges whose length is below 0 or infinite")
    notes = [_("{count} edges have no length: measured in the plane", count=int(bare.sum()))] if bare.any() else []
    return np.where(bare, shapely.length(geometry), metres), notes


def _minutes(facts: list[dict[str, Any]], metres: Floats, mode: Mode, speed_kmh: float | None) -> Floats:
    """Minutes along each edge; NaN or below 0 where it has no usable speed."""
    if mode != "drive":
        return metres / (speed_kmh or OWN_KMH[mode]) * 0.06
    kmh = _numbers(facts, "speed_kph")
    kmh = np.where(np.isnan(kmh), np.nan if speed_kmh is None else speed_kmh, kmh)
    seconds = _numbers(facts, "travel_time")
    by_speed = metres / np.where(kmh > 0, kmh, np.nan) * 0.06
    return np.where(np.isnan(seconds), by_speed, seconds / 60)


def _without_zero(size: int, edges: Edges) -> tuple[Edges, int]:
    """Edges of no length leave, their two nodes becoming one; so do loops without a course."""
    zero = ~(edges.metres > 0)
    one = components(size, edges.take(zero))
    first = np.full(size, size, np.int64)
    np.minimum.at(first, one, np.arange(size))
    node = first[one] if size else one
    shapeless = (edges.u == edges.v) & ~(shapely.length(edges.geometry) > 0)
    e = edges.take(~zero & ~shapeless)
    joined = Edges(node[e.u], node[e.v], e.metres, e.forward, e.backward, e.row, e.geometry)
    return joined, int((zero | shapeless).sum())


def to_networkx(network: Network) -> nx.MultiDiGraph[Any]:
    """See Network.to_networkx."""
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph(crs=None if network.crs is None else network.crs.to_string())
    graph.add_nodes_from((i, {"x": x, "y": y}) for i, (x, y) in enumerate(network.nodes.tolist()))
    e = network.edges
    two_way = np.isfinite(e.forward) & np.isfinite(e.backward)
    ways = ((e.u, e.v, e.forward, e.geometry, False), (e.v, e.u, e.backward, shapely.reverse(e.geometry), True))
    for tail, head, minutes, geometry, backwards in ways:
        for k in np.flatnonzero(np.isfinite(minutes)):
            graph.add_edge(
                int(tail[k]),
                int(head[k]),
                length=float(e.metres[k]),
                travel_time=float(minutes[k]) * 60,
                geometry=geometry[k],
                oneway=not two_way[k],
                reversed=backwards,
            )
    return graph

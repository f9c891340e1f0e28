"""Graphs of networkx, by osmnx's conventions, in and out. Files are the business of others (osmnx.load_graphml).

What came in goes out again: names of nodes, parallel edges, and what the graph said of each direction of a street.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pyproj
import shapely

from qsgis.messages import _
from qsgis.network.arrays import Floats, Geometries, Ints
from qsgis.network.build import Report, describe, renumber
from qsgis.network.edges import Edges, components, merge_doubled, passable
from qsgis.network.passage import OWN_KMH, Mode

if TYPE_CHECKING:
    from qsgis.network.streets import Streets

_SAME_COURSE = 0.01  # metres: the two directions of one street


@dataclass(frozen=True)
class Source:
    """What a graph said of its nodes and edges, and which of its edges each direction of ours is."""

    names: list[Hashable]  # of our nodes
    nodes: list[dict[str, Any]]
    keys: list[Hashable]  # of the graph's edges among those of the same two nodes
    edges: list[dict[str, Any]]
    forward: Ints  # the graph's edge of ours, from u to v (-1: that direction is closed)
    backward: Ints  # and from v to u


def from_networkx(
    graph: nx.Graph[Any],
    *,
    mode: Mode,
    speed_kmh: float | None,
    crs: Any,
) -> tuple[Floats, Edges, Callable[[], Report], Any, Source]:
    """Nodes, edges, what makes the report, plane CRS and source of a graph; see Network.from_networkx."""
    names = {name: i for i, name in enumerate(graph.nodes)}
    xy = np.array([(float(d["x"]), float(d["y"])) for _n, d in graph.nodes(data=True)], float).reshape(-1, 2)
    table = _edges_of(graph)
    u, v = (np.array([names[row[k]] for row in table], np.int64) for k in (0, 1))
    facts = [dict(row[3]) for row in table]
    xy, geometry, plane = _placed(xy, _courses(xy, u, v, facts), graph.graph.get("crs"), crs)
    metres, notes = _metres(facts, geometry)
    minutes = _minutes(facts, metres, mode, speed_kmh)
    refused = ~(np.isfinite(minutes) & (minutes >= 0)) | ((minutes == 0) & (metres > 0))
    both = mode == "walk" or not graph.is_directed()
    edges = Edges(u, v, metres, *_ranked(np.where(refused, np.inf, minutes), both), np.arange(len(u)), geometry)
    edges, dropped = _without_zero(len(xy), passable(edges))
    edges, doubled = merge_doubled(edges, _SAME_COURSE)
    forward, backward = (_edge_of_rank(rank, minutes) for rank in (edges.forward, edges.backward))
    edges = Edges(
        edges.u, edges.v, edges.metres, _at(minutes, forward), _at(minutes, backward),
        np.where(forward >= 0, forward, backward), edges.geometry,
    )  # fmt: skip
    used = np.unique(np.r_[edges.u, edges.v])
    known = list(graph.nodes(data=True))
    source = Source(
        [known[k][0] for k in used],
        [dict(known[k][1]) for k in used],
        [row[2] for row in table],
        facts,
        forward,
        backward,
    )
    nodes, edges = renumber(xy, edges)
    two_ways = int(((forward >= 0) & (backward >= 0) & (forward != backward)).sum())
    counts = {
        "refused_speed": int(refused.sum()),
        "dropped_zero_length": dropped,
        "doubled": doubled - two_ways,  # the two directions of a street are no repetition
    }
    return nodes, edges, partial(describe, len(nodes), edges, counts, notes), plane, source


def _edges_of(graph: Any) -> list[tuple[Any, Any, Hashable, dict[str, Any]]]:
    """Both nodes, key and data of each edge; 0 for the keys of a graph without parallel edges."""
    if graph.is_multigraph():
        return list(graph.edges(keys=True, data=True))
    return [(a, b, 0, data) for a, b, data in graph.edges(data=True)]


def _ranked(minutes: Floats, both: bool) -> tuple[Floats, Floats]:
    """Ranks in the place of minutes: where edges are merged the quickest wins, and its rank tells which it is.

    An edge that is only lent to the way back (walking against a one-way street) ranks behind all that are drawn so.
    """
    rank = np.empty(len(minutes))
    rank[np.argsort(minutes, kind="stable")] = np.arange(len(minutes))
    rank[np.isinf(minutes)] = np.inf
    return rank, rank + len(minutes) if both else np.full(len(minutes), np.inf)


def _edge_of_rank(rank: Floats, minutes: Floats) -> Ints:
    order = np.argsort(np.where(np.isfinite(minutes), minutes, np.inf), kind="stable")
    edge = np.full(len(rank), -1, np.int64)
    open_ = np.isfinite(rank)
    edge[open_] = order[rank[open_].astype(np.int64) % max(len(minutes), 1)]
    return edge


def _at(minutes: Floats, edge: Ints) -> Floats:
    """Minutes of the graph's edges; inf for -1."""
    with_none: Floats = np.r_[minutes, np.inf]
    return with_none[edge]


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


def to_networkx(network: Streets, layer: pd.DataFrame | None) -> nx.MultiDiGraph[Any]:
    """See Network.to_networkx."""
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph(crs=None if network.crs is None else network.crs.to_string())
    source = network.source or _of_layer(network, layer)
    for name, (x, y), data in zip(source.names, network.nodes.tolist(), source.nodes, strict=True):
        graph.add_node(name, **{**data, "x": x, "y": y})
    e = network.edges
    u, v = ([source.names[k] for k in nodes] for nodes in (e.u, e.v))
    two_way = np.isfinite(e.forward) & np.isfinite(e.backward)
    lent = source.forward == source.backward  # one edge of the graph serves both directions
    ways = (
        (u, v, e.forward, source.forward, e.geometry, np.zeros(len(e), bool)),
        (v, u, e.backward, source.backward, shapely.reverse(e.geometry), lent),
    )
    for tail, head, minutes, edge, geometry, against in ways:
        open_ = np.flatnonzero(np.isfinite(minutes))
        for k in open_[np.argsort(against[open_], kind="stable")]:  # lent ones last: keys belong to those drawn so
            data, metres = source.edges[edge[k]], float(e.metres[k])
            own = {
                "length": metres,
                "travel_time": float(minutes[k]) * 60,
                "geometry": geometry[k],
                "oneway": not two_way[k],
                "reversed": _reversed(data, against=bool(against[k])),
            }
            if network.mode != "drive" or data.get("speed_kph") is None:
                own["speed_kph"] = metres / float(minutes[k]) * 0.06
            key = source.keys[edge[k]]
            taken = graph.has_edge(tail[k], head[k], key)
            graph.add_edge(tail[k], head[k], None if taken else key, **{**data, **own})
    return graph


def _reversed(data: dict[str, Any], *, against: bool) -> Any:
    """Whether an edge runs against its way in OSM; a list for an edge of several ways stays."""
    value = data.get("reversed", False)
    return not value if against and isinstance(value, bool) else value


def _of_layer(network: Streets, layer: pd.DataFrame | None) -> Source:
    """The source of a network that was made from lines: an edge a row, numbered nodes."""
    e = network.edges
    facts: list[dict[str, Any]] = [{} for _edge in range(len(e))]
    if layer is not None:
        plain = pd.DataFrame(layer).drop(columns=getattr(layer, "_geometry_column_name", None) or [])
        rows = plain.iloc[e.row].to_dict("records")
        facts = [{str(name): value for name, value in row.items() if not _missing(value)} for row in rows]
    edge, nodes = np.arange(len(e)), len(network.nodes)
    return Source([*range(nodes)], [{} for _node in range(nodes)], [0] * len(e), facts, edge, edge)


def _missing(value: Any) -> bool:
    return bool(np.ndim(value) == 0 and pd.isna(value))

"""The Las Palmas extract read object by object, and walks on it by networkx: nothing of the program is used here."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

import networkx as nx
import numpy as np
import osmium
import pyproj
import shapely

PLANE, SCALE = 32628, 0.9996  # UTM 28N and its scale at the central meridian; the city lies 35 km from it
WALKED = {
    "trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link", "tertiary", "tertiary_link",
    "unclassified", "residential", "living_street", "service", "road", "track", "pedestrian", "footway", "path",
    "steps", "bridleway", "cycleway",
}  # fmt: skip
NO_FOOT = {"no", "private", "use_sidepath"}


@dataclass
class Extract(osmium.SimpleHandler):
    """What the file holds: no areas are built and no lines are made by osmium."""

    places: dict[int, tuple[float, float]] = field(default_factory=dict)
    nodes: dict[int, dict[str, str]] = field(default_factory=dict)  # tagged ones
    ways: dict[int, tuple[dict[str, str], list[int]]] = field(default_factory=dict)
    relations: dict[int, tuple[dict[str, str], list[tuple[str, int]]]] = field(default_factory=dict)  # ways by role

    def __post_init__(self):
        super().__init__()

    def node(self, node):
        self.places[node.id] = (node.location.lon, node.location.lat)
        if len(node.tags):
            self.nodes[node.id] = dict(node.tags)

    def way(self, way):
        self.ways[way.id] = (dict(way.tags), [node.ref for node in way.nodes])

    def relation(self, relation):
        ways = [(member.role, member.ref) for member in relation.members if member.type == "w"]
        self.relations[relation.id] = (dict(relation.tags), ways)

    def lacking(self, number):
        return sum(node not in self.places for node in self.ways[number][1])

    def line(self, number):
        held = [self.places[node] for node in self.ways[number][1] if node in self.places]
        return shapely.LineString(held) if len(held) > 1 else None

    def ring(self, number):
        """The polygon of a closed way that is whole; None for any other."""
        nodes = self.ways[number][1]
        whole = len(nodes) > 3 and nodes[0] == nodes[-1] and not self.lacking(number)
        return shapely.Polygon([self.places[node] for node in nodes]) if whole else None

    def grounds(self, key, values=None):
        """Polygons of ways and multipolygons with the tag, those with missing parts left out."""
        rings = [ring for ring in map(self.ring, sorted(self.chosen(key, values))) if ring is not None]
        for tags, ways in self.relations.values():
            wanted = key in tags and tags.get("type") == "multipolygon" and (values is None or tags[key] in values)
            if wanted and all(number in self.ways and not self.lacking(number) for _role, number in ways):
                outer, inner = (
                    shapely.union_all(
                        list(shapely.polygonize([self.line(way) for role, way in ways if fits(role)]).geoms)
                    )
                    for fits in (lambda role: role != "inner", lambda role: role == "inner")
                )
                rings.append(outer - inner)
        return rings

    def chosen(self, key, values=None):
        found = {number for number, (tags, _nodes) in self.ways.items() if key in tags}
        return found if values is None else {number for number in found if self.ways[number][0][key] in values}

    def spots(self, key, values):
        """Places of nodes and middles of ways with the tag."""
        found = [self.places[number] for number, tags in self.nodes.items() if tags.get(key) in values]
        lines = [self.line(number) for number in sorted(self.chosen(key, values))]
        return found + [line.centroid.coords[0] for line in lines if line is not None]


def in_plane(places):
    """(n, 2) metres of longitudes and latitudes."""
    across, up = pyproj.Transformer.from_crs(4326, PLANE, always_xy=True).transform(*np.asarray(places).T)
    return np.column_stack([across, up])


class Walks:
    """The streets that are open on foot, node by node, and what lies near facilities along them."""

    def __init__(self, extract):
        self.graph, self.pieces = nx.Graph(), []
        self.at = dict(zip(extract.places, in_plane(list(extract.places.values())), strict=True))
        for tags, nodes in extract.ways.values():
            if tags.get("highway") in WALKED and tags.get("foot") not in NO_FOOT:
                for pair in pairwise(nodes):
                    self._add(*pair)
        self.tree = shapely.STRtree([self._line(piece) for piece in range(len(self.pieces))])

    def _add(self, one, other):
        if one in self.at and other in self.at and not self.graph.has_edge(one, other):
            metres = math.dist(self.at[one], self.at[other]) / SCALE
            if metres > 0:
                self.graph.add_edge(one, other, metres=metres)
                self.pieces.append((one, other))

    def _line(self, piece):
        return shapely.LineString([self.at[node] for node in self.pieces[piece]])

    def _attached(self, places):
        """(place, piece, metres from its first node, its length) of the places within 500 m of a street."""
        points = shapely.points(places)
        found = self.tree.query_nearest(points, max_distance=500, all_matches=False).T
        for place, piece in found:
            line = self._line(piece)
            yield place, piece, line.project(points[place]) / SCALE, line.length / SCALE

    def within(self, places, facilities, metres):
        """Of each place whether a facility is within `metres` of its street; both stand on the nearest street."""
        graph, beside = self.graph.copy(), defaultdict(list)
        for number, piece, along, length in self._attached(facilities):
            first, last = self.pieces[piece]
            beside[piece].append(along)
            graph.add_edge("all", ("facility", number), metres=0)
            graph.add_edge(("facility", number), first, metres=along)
            graph.add_edge(("facility", number), last, metres=max(length - along, 0))
        far = nx.single_source_dijkstra_path_length(graph, "all", weight="metres", cutoff=metres + 1)
        near = np.zeros(len(places), bool)
        for number, piece, along, length in self._attached(places):
            first, last = self.pieces[piece]
            ways = [far.get(first, math.inf) + along, far.get(last, math.inf) + length - along]
            near[number] = min(ways + [abs(along - other) for other in beside[piece]]) <= metres
        return near

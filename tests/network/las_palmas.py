"""The real streets of Las Palmas, read by osmium alone: ways cut where they share nodes, so noding is not needed."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path

import geopandas as gpd
import osmium
import shapely

DATA = Path(__file__).parents[2] / "examples/las_palmas/data/las_palmas_2023.osm.pbf"
CRS = "EPSG:32628"
NO_WALK = {"motorway", "motorway_link", "trunk", "trunk_link", "construction", "proposed"}


def highways(box=None):
    """(id, tags, [(node, lon, lat), …]) of each way for walking, where its nodes are in the file, and in the box."""
    reader = osmium.FileProcessor(str(DATA), osmium.osm.NODE | osmium.osm.WAY).with_locations()
    ways = []
    for thing in reader.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY)).with_filter(
        osmium.filter.KeyFilter("highway")
    ):
        tags = {tag.k: tag.v for tag in thing.tags}
        nodes = [(n.ref, n.lon, n.lat) for n in thing.nodes if n.location.valid()]
        inside = box is None or all(box[0] <= x <= box[2] and box[1] <= y <= box[3] for _n, x, y in nodes)
        if inside and len(nodes) > 1 and tags["highway"] not in NO_WALK:
            ways.append((thing.id, tags, nodes))
    return ways


def walking_streets():
    """Pieces of ways between the nodes that ways share, as lines in EPSG:32628."""
    ways = highways()
    uses = Counter(node for _id, _tags, nodes in ways for node, _x, _y in nodes)
    pieces = []
    for _id, _tags, nodes in ways:
        cuts = [k for k in range(1, len(nodes) - 1) if uses[nodes[k][0]] > 1]
        for begin, end in itertools.pairwise([0, *cuts, len(nodes) - 1]):
            pieces.append(shapely.LineString([place[1:] for place in nodes[begin : end + 1]]))
    streets = gpd.GeoDataFrame(geometry=pieces, crs=4326).to_crs(CRS)
    return streets[streets.length > 0].reset_index(drop=True)


def write_xml(path, box):
    """Highways of a box as an .osm file, without references to nodes that are not there: osmnx fails on them."""
    ways = highways(box)
    with osmium.SimpleWriter(str(path)) as writer:
        for node, lon, lat in sorted({node for _id, _tags, nodes in ways for node in nodes}):
            writer.add_node(osmium.osm.mutable.Node(id=node, location=(lon, lat)))
        for way, tags, nodes in sorted(ways, key=lambda one: one[0]):
            writer.add_way(osmium.osm.mutable.Way(id=way, nodes=[node for node, _x, _y in nodes], tags=tags))

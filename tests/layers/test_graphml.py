"""A street graph saved by osmnx comes back as lines, each street once."""

import networkx as nx
import osmnx
import pytest
import shapely

from qsgis.errors import FileUnreadable
from qsgis.schema import Layer, LayerField

from .conftest import folder_state, read

ROADS = Layer(
    id="roads",
    name="道路",
    geometry=["line"],
    osm_fields={"class": "highway", "oneway": "oneway", "kmh": "maxspeed"},
    fields={
        "name": LayerField(name="名称"),
        "class": LayerField(name="等级"),
        "kmh": LayerField(name="车速", type="number"),
        "oneway": LayerField(name="单行", type="flag"),
    },
)
PLACES = {1: (112.18, 35.68), 2: (112.19, 35.68), 3: (112.19, 35.69)}


def write(folder):
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    for node, (x, y) in PLACES.items():
        graph.add_node(node, x=x, y=y)
    bend = shapely.LineString([PLACES[1], (112.185, 35.685), PLACES[2]])
    graph.add_edge(1, 2, osmid=10, highway="residential", oneway=False, reversed=False, length=1.0, name="甲路")
    graph.add_edge(2, 1, osmid=10, highway="residential", oneway=False, reversed=True, length=1.0, name="甲路")
    graph.add_edge(1, 2, osmid=11, highway="service", oneway=False, reversed=False, length=1.0, geometry=bend)
    graph.add_edge(2, 1, osmid=11, highway="service", oneway=False, reversed=True, length=1.0, geometry=bend.reverse())
    graph.add_edge(
        2, 3, osmid=[12, 13], highway=["primary", "secondary"], oneway=True, reversed=False, length=1.0, maxspeed="40"
    )
    path = folder / "streets.graphml"
    osmnx.save_graphml(graph, path)
    return path


def test_each_street_is_there_once(tmp_path):
    path = write(tmp_path)
    before = folder_state(tmp_path)
    layer = read(ROADS, path, crs="EPSG:4490")
    assert folder_state(tmp_path) == before
    assert layer.frame["feature"].tolist() == ["1-2-0", "1-2-1", "2-3-0"]
    assert layer.frame["class"].tolist() == ["residential", "service", "primary"]
    assert layer.frame["oneway"].tolist() == [False, False, True]
    assert layer.frame["kmh"].fillna(0).tolist() == [0, 0, 40]
    assert [shapely.get_num_coordinates(shape) for shape in layer.frame.geometry] == [2, 3, 2]
    assert any("2 edges" in note for note in layer.notes)
    assert any("several values of class" in note for note in layer.notes)


def test_a_truncated_graph(tmp_path):
    path = write(tmp_path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(FileUnreadable):
        read(ROADS, path)

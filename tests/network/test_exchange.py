"""To networkx and osmnx and back."""

import itertools

import networkx as nx
import numpy as np
import osmnx
import pytest
import shapely

from qsgis.network import Network
from tests.network.las_palmas import write_xml
from tests.network.oracle import CRS, places, streets


def test_osmnx_finds_the_same_times():
    network = Network.from_lines(streets(5), mode="drive", noded=True)
    graph = network.to_networkx()
    ends = network.nodes
    table = network.matrix(ends[:5], ends, access_metres=1)
    reached = 0
    for i in range(5):
        for j in range(len(ends)):
            route = osmnx.routing.shortest_path(graph, i, j, weight="travel_time")
            if route is None:
                assert np.isinf(table[i, j])
                continue
            seconds = sum(min(d["travel_time"] for d in graph[a][b].values()) for a, b in itertools.pairwise(route))
            assert table[i, j] == pytest.approx(seconds / 60, abs=1e-9)
            reached += 1
    assert reached > 50


@pytest.mark.parametrize("mode", ["walk", "drive"])
def test_round_trip_through_graphml(tmp_path, mode):
    network = Network.from_lines(streets(8), mode=mode, noded=True)
    osmnx.save_graphml(network.to_networkx(), tmp_path / "streets.graphml")
    again = Network.from_networkx(osmnx.load_graphml(tmp_path / "streets.graphml"), mode=mode)
    homes, shops = places(8, 60), places(9, 5)
    assert again.crs == network.crs
    assert len(again.edges) == len(network.edges)
    assert again.edges.metres.sum() == pytest.approx(network.edges.metres.sum())
    np.testing.assert_allclose(
        again.travel_time(homes, shops, access_metres=200),
        network.travel_time(homes, shops, access_metres=200),
        atol=1e-9,
    )


def hand_made():
    """By osmnx's conventions: a two-way street as two edges, a one-way one, lengths other than the plane's."""
    graph = nx.MultiDiGraph(crs="EPSG:4546")
    for name, x, y in (("a", 0, 0), ("b", 100, 0), ("c", 100, 100)):
        graph.add_node(name, x=x, y=y)
    bow = shapely.LineString([(0, 0), (50, 10), (100, 0)])
    graph.add_edge("a", "b", length=160.0, geometry=bow, speed_kph=48)
    graph.add_edge("b", "a", length=160.0, geometry=bow.reverse(), speed_kph=48)
    graph.add_edge("b", "c", length=80.0, speed_kph=48)
    return graph


def test_a_graph_made_by_hand():
    walk = Network.from_networkx(hand_made(), speed_kmh=4.8)
    assert len(walk.edges) == 2
    assert walk.matrix([[0, 0], [100, 100]], [[0, 0], [100, 100]]) == pytest.approx(np.array([[0, 3], [3, 0]]))
    drive = Network.from_networkx(hand_made(), mode="drive")
    assert drive.matrix([[0, 0], [100, 100]], [[0, 0], [100, 100]]) == pytest.approx(np.array([[0, 0.3], [np.inf, 0]]))
    halfway = drive.travel_time([[50, 10]], [[0, 0]])
    assert halfway.item() == pytest.approx(0.1)


def test_an_undirected_graph_goes_both_ways():
    graph = nx.Graph(crs="EPSG:4546")
    graph.add_node(1, x=0, y=0)
    graph.add_node(2, x=100, y=0)
    graph.add_edge(1, 2, geometry=shapely.LineString([(100, 0), (0, 0)]))
    network = Network.from_networkx(graph, mode="bike", speed_kmh=6)
    assert network.matrix([[20, 0], [100, 0]], [[100, 0], [0, 0]]) == pytest.approx(np.array([[0.8, 0.2], [0, 1]]))
    assert len(network.report.notes) == 1  # that the length was measured


def test_degrees_are_brought_to_a_plane_or_refused():
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    graph.add_node(1, x=112.1, y=35.7)
    graph.add_node(2, x=112.101, y=35.7)
    graph.add_edge(1, 2, length=90.5)
    with pytest.raises(ValueError, match="degrees"):
        Network.from_networkx(graph)
    network = Network.from_networkx(graph, crs="EPSG:4546")
    assert network.crs.to_epsg() == 4546
    assert network.edges.metres.tolist() == [90.5]
    assert np.hypot(*np.diff(network.nodes, axis=0)[0]) == pytest.approx(90.5, abs=0.1)


def test_zero_lengths_join_and_bad_speeds_are_counted():
    graph = hand_made()
    graph.add_node("d", x=100, y=100)
    graph.add_node("e", x=200, y=100)
    graph.add_edge("c", "d", length=0.0, speed_kph=48)
    graph.add_edge("d", "e", length=80.0, speed_kph=48)
    graph.add_edge("e", "a", length=80.0, speed_kph=0)
    network = Network.from_networkx(graph, mode="drive")
    assert network.report.dropped_zero_length == 1
    assert network.report.refused_speed == 1
    assert network.matrix([[0, 0], [200, 100]], [[200, 100], [0, 0]]) == pytest.approx(
        np.array([[0.4, 0], [0, np.inf]])
    )


def full_of_facts():
    """Parallel streets, a one-way one, facts that differ by direction, names of nodes, lists as osmnx merges them."""
    graph = nx.MultiDiGraph(crs=CRS)
    for name, x, y in ((11, 0, 0), (12, 100, 0), (13, 100, 100)):
        graph.add_node(name, x=x, y=y, street_count=name - 9)
    north, south = (shapely.LineString([(0, 0), (50, bow), (100, 0)]) for bow in (30, -20))
    fast, slow = {"speed_kph": 36.0, "travel_time": 12.0}, {"speed_kph": 18.0, "travel_time": 22.0}
    there = {"osmid": [7, 8], "lanes": "2", "oneway": False, "reversed": False, "geometry": north}
    back = {"osmid": [8, 7], "lanes": "1", "oneway": False, "reversed": True, "geometry": north.reverse()}
    lane = {"osmid": 9, "name": "小巷", "oneway": True, "reversed": False, "geometry": south}
    graph.add_edge(11, 12, key=0, length=120.0, **fast, **there)
    graph.add_edge(12, 11, key=0, length=120.0, **fast, **back)
    graph.add_edge(11, 12, key=1, length=110.0, **slow, **lane)
    graph.add_edge(12, 13, key=0, osmid=10, length=100.0, speed_kph=36.0, travel_time=10.0, oneway=True, reversed=True)
    return graph


def assert_holds(graph, source):
    """All nodes and edges of `source`, with all that it says of them."""
    assert dict(graph.nodes(data="street_count")) == dict(source.nodes(data="street_count"))
    assert set(graph.edges(keys=True)) == set(source.edges(keys=True))
    for u, v, key, data in source.edges(keys=True, data=True):
        ours = dict(graph.edges[u, v, key])
        line = ours.pop("geometry", None)
        if "geometry" in data:
            assert line.equals_exact(data["geometry"], 1e-9)
        for name, value in data.items():
            assert name == "geometry" or ours[name] == (pytest.approx(value) if isinstance(value, float) else value)


def test_all_that_a_graph_says_comes_out_again(tmp_path):
    network = Network.from_networkx(full_of_facts(), mode="drive")
    assert len(network.edges) == 3  # the two directions of the northern street are one
    assert network.report.doubled == 0
    graph = network.to_networkx()
    assert_holds(graph, full_of_facts())
    osmnx.save_graphml(graph, tmp_path / "streets.graphml")
    again = Network.from_networkx(osmnx.load_graphml(tmp_path / "streets.graphml"), mode="drive")
    assert_holds(again.to_networkx(), full_of_facts())
    times = again.matrix([[0, 0], [100, 100]], [[100, 100], [0, 0]]) * 60
    assert times == pytest.approx(np.array([[22, 0], [0, np.inf]]))


def test_heights_come_out_again():
    graph = nx.MultiDiGraph(crs=CRS)
    graph.add_nodes_from([(0, {"x": 0, "y": 0}), (1, {"x": 100, "y": 0})])
    climbing = shapely.LineString([(0, 0, 0), (50, 0, 30), (100, 0, 75)])
    graph.add_edge(0, 1, length=100, geometry=climbing)
    network = Network.from_networkx(graph)
    assert network.travel_time([[0, 0]], [[50, 0]], access_metres=1).item() * 80 == pytest.approx(50)
    given = [data["geometry"] for a, _b, data in network.to_networkx().edges(data=True) if a == 0]
    assert [line.wkt for line in given] == [climbing.wkt]


def test_the_graph_that_came_in_is_not_changed():
    source = full_of_facts()
    network = Network.from_networkx(source, mode="walk")
    network.to_networkx().edges[11, 12, 0]["osmid"] = "other"
    assert network.to_networkx().edges[11, 12, 0]["osmid"] == [7, 8]
    assert_holds(source, full_of_facts())
    source.edges[11, 12, 0]["osmid"] = "changed later"
    assert network.to_networkx().edges[11, 12, 0]["osmid"] == [7, 8]


def test_walking_goes_against_a_one_way_street_and_says_so():
    graph = Network.from_networkx(full_of_facts(), mode="walk", speed_kmh=4.8).to_networkx()
    there, back = graph.edges[12, 13, 0], graph.edges[13, 12, 0]
    assert (there["osmid"], back["osmid"]) == (10, 10)
    assert (there["reversed"], back["reversed"]) == (True, False)
    assert (there["oneway"], back["oneway"]) == (False, False)
    assert (there["speed_kph"], back["travel_time"]) == pytest.approx((4.8, 75))
    assert len(graph.edges) == 6
    assert (graph.edges[11, 12, 0]["lanes"], graph.edges[12, 11, 0]["lanes"]) == ("2", "1")


def test_a_way_back_that_is_lent_takes_no_other_street_s_key():
    graph = full_of_facts()
    bow = shapely.LineString([(100, 0), (150, 50), (100, 100)])
    graph.add_edge(12, 13, key=1, osmid=21, length=150.0, geometry=bow)
    graph.add_edge(13, 12, key=0, osmid=22, length=150.0, geometry=bow.reverse())
    walk = Network.from_networkx(graph, mode="walk").to_networkx()
    assert {key: walk.edges[12, 13, key]["osmid"] for key in walk[12][13]} == {0: 10, 1: 21}
    assert {key: walk.edges[13, 12, key]["osmid"] for key in walk[13][12]} == {0: 22, 1: 10}


def test_a_street_that_stands_twice_is_counted():
    graph = full_of_facts()
    graph.add_edge(12, 13, key=1, osmid=99, length=100.0, travel_time=15.0)
    network = Network.from_networkx(graph, mode="drive")
    assert network.report.doubled == 1
    assert network.to_networkx().edges[12, 13, 0]["osmid"] == 10  # the quicker
    assert len(network.to_networkx().edges) == 4


def test_columns_of_a_layer_go_along():
    roads = streets(5, junctions=8).assign(osmid=lambda frame: np.arange(len(frame)) + 1000, name=None)
    network = Network.from_lines(roads, mode="drive", noded=True)
    graph = network.to_networkx(roads)
    for _u, _v, data in graph.edges(data=True):
        row = roads.iloc[data["osmid"] - 1000]
        assert data["kmh"] == row["kmh"] == pytest.approx(data["speed_kph"])
        assert data["oneway"] == row["oneway"]
        assert "name" not in data
    assert {data["osmid"] for *_ends, data in graph.edges(data=True)} == set(roads["osmid"])


def test_osmnx_cuts_and_shows_what_we_give(tmp_path):
    graph = Network.from_lines(streets(5), mode="walk", noded=True).to_networkx()
    near = osmnx.truncate.truncate_graph_dist(graph, 0, 300)
    away = nx.single_source_dijkstra_path_length(graph, 0, weight="length")
    assert set(near.nodes) == {node for node, metres in away.items() if metres <= 300}
    assert 1 < len(near.nodes) < len(graph.nodes)
    largest = osmnx.truncate.largest_component(graph, strongly=True)
    assert len(largest.nodes) == max(len(part) for part in nx.strongly_connected_components(graph))
    edges = osmnx.graph_to_gdfs(near, nodes=False)
    assert str(edges.crs) == CRS
    assert len(Network.from_networkx(near, mode="walk").edges) * 2 == len(edges)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """A few blocks of Las Palmas as osmnx makes them of the extract, with its speeds and times."""
    path = tmp_path_factory.mktemp("osm") / "blocks.osm"
    write_xml(path, (-15.445, 28.115, -15.425, 28.135))
    graph = osmnx.graph_from_xml(path, retain_all=True)
    return osmnx.add_edge_travel_times(osmnx.add_edge_speeds(graph, fallback=30))


def both_ways(city):
    """The shortest street between two nodes, whatever its direction."""
    graph = nx.Graph()
    for u, v, metres in city.edges(data="length"):
        graph.add_edge(u, v, length=min(metres, graph.get_edge_data(u, v, {"length": metres})["length"]))
    return graph


@pytest.mark.parametrize("mode", ["drive", "walk"])
def test_a_city_of_osmnx_comes_in_and_goes_out(city, mode, tmp_path):
    network = Network.from_networkx(city, mode=mode, crs="EPSG:32628")
    graph = network.to_networkx()
    weight = "travel_time" if mode == "drive" else "length"
    rate = 60 if mode == "drive" else 80
    names = list(network.source.names)
    largest = sorted(max(nx.strongly_connected_components(city), key=len))
    start = [names.index(name) for name in np.random.default_rng(1).choice(largest, 8, replace=False)]
    ours = network.matrix(network.nodes[start], network.nodes, access_metres=1)
    for i, k in enumerate(start):
        for given in (city if mode == "drive" else both_ways(city), graph):
            away = nx.single_source_dijkstra_path_length(given, names[k], weight=weight)
            truth = np.array([away.get(name, np.inf) for name in names]) / rate
            np.testing.assert_allclose(ours[i], truth, rtol=0, atol=1e-9)
    assert np.isfinite(ours).sum() > 5000
    osmnx.save_graphml(graph, tmp_path / "city.graphml")
    again = Network.from_networkx(osmnx.load_graphml(tmp_path / "city.graphml"), mode=mode)
    assert len(again.edges) == len(network.edges) > 1000
    ids = {frozenset((u, v)): data["osmid"] for u, v, data in city.edges(data=True)}
    assert all(frozenset((u, v)) in ids for u, v in again.to_networkx().edges())

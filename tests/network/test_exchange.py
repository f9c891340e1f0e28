"""To networkx and osmnx and back."""

import itertools

import networkx as nx
import numpy as np
import osmnx
import pytest
import shapely

from qsgis.network import Network
from tests.network.oracle import places, streets


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

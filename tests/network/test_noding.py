"""Raw lines to a network: what is joined, what is not, and that it is said."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString

from qsgis.network import Network
from tests.network.drawn import layer

pytestmark = pytest.mark.usefixtures("both_ways")

CRS = "EPSG:4546"


CROSS = ([(0, 0), (100, 0)], [(50, -50), (50, 50)])
FROM_WEST, TO_NORTH = [[0, 0]], [[50, 50]]


def metres(network, origin=FROM_WEST, goal=TO_NORTH):
    return network.travel_time(origin, goal, access_metres=1).item() * 80


def test_lines_that_cross_are_joined():
    network = Network.from_lines(layer(*CROSS))
    assert metres(network) == pytest.approx(100)
    assert (network.report.nodes, network.report.edges, network.report.dead_ends) == (5, 4, 4)
    assert not network.report.already_noded
    assert len(network.report.notes) == 1  # that no level tells bridges from crossings


def test_a_bridge_is_no_crossing():
    network = Network.from_lines(layer(*CROSS, layer=[0, 1]))
    assert np.isinf(metres(network))
    assert network.report.components == 2
    assert network.report.largest_component_share == pytest.approx(0.5)
    assert network.report.already_noded


def test_a_bridge_joins_at_its_ends():
    """A road on two levels: ground, bridge, ground; a street passes below."""
    lines = ([(0, 0), (40, 0)], [(40, 0), (60, 0)], [(60, 0), (100, 0)], [(50, -50), (50, 50)])
    network = Network.from_lines(layer(*lines, layer=[0, 1, 0, 0]))
    assert metres(network, [[0, 0]], [[100, 0]]) == pytest.approx(100)
    assert np.isinf(metres(network))
    nearly = ([(0, 0), (40, 0)], [(40.2, 0.1), (60, 0)], [(60, 0), (100, 0)], [(50, -50), (50, 50)])
    assert np.isfinite(metres(Network.from_lines(layer(*nearly, layer=[0, 1, 0, 0])), [[0, 0]], [[100, 0]]))


def test_an_end_below_a_bridge_is_not_joined_and_is_told():
    network = Network.from_lines(layer([(0, 0), (100, 0)], [(50, -50), (50, 0)], layer=[1, 0]))
    assert network.report.components == 2
    assert sum("1" in note for note in network.report.notes) == 1


def test_a_vertex_shared_between_levels_is_a_junction():
    lines = ([(0, 0), (50, 0), (100, 0)], [(50, -50), (50, 0), (50, 50)])
    assert metres(Network.from_lines(layer(*lines, layer=[0, 1]))) == pytest.approx(100)


@pytest.mark.parametrize("gap", [0.3, -0.3, 0.0])
def test_an_end_that_nearly_meets_a_line(gap):
    """A side street that stops 0.3 m short of the road, or runs 0.3 m over it."""
    network = Network.from_lines(layer([(0, 0), (100, 0)], [(50, gap), (50, 50)]))
    assert metres(network) == pytest.approx(100, abs=0.31)
    assert network.report.components == 1
    assert (network.report.nodes, network.report.edges) == (4, 3)
    assert network.report.snapped == (0 if gap == 0 else 1)
    assert network.report.stubs == (1 if gap < 0 else 0)


def test_an_overshoot_counts_once_however_often_it_is_cut():
    """Three lanes over the middle of a street by some decimetres, each cut beside the others; and one at its end."""
    street, lane, over = [(0, 0), (100, 0)], [(50, -50), (50, 0.4)], [(100.3, -50), (100.3, 0.4)]
    beside = [[(50.2, 0.2), (80, -50)], [(49.8, 0.2), (20, -50)]]
    network = Network.from_lines(layer(street, lane, *beside, over))
    assert (network.report.components, network.report.stubs) == (1, 4)
    assert network.report.nodes == 2 + 1 + 4  # of the street, in its middle, and at the far ends


def test_an_end_farther_than_the_tolerance_stays_apart():
    assert np.isinf(metres(Network.from_lines(layer([(0, 0), (100, 0)], [(50, 0.6), (50, 50)]))))
    assert np.isfinite(metres(Network.from_lines(layer([(0, 0), (100, 0)], [(50, 0.6), (50, 50)]), tolerance=1)))


def test_ends_that_nearly_meet_each_other():
    """Three streets that end within 0.3 m of each other; drawn lengths are kept."""
    lines = ([(0, 0), (99.8, 0)], [(100, 0.1), (100, 80)], [(100.1, 0), (200, 0)])
    network = Network.from_lines(layer(*lines))
    assert (network.report.nodes, network.report.edges) == (4, 3)
    assert network.report.snapped >= 2
    assert network.report.widest_node == pytest.approx(np.hypot(0.3, 0.1))  # their box is 0.3 m by 0.1 m
    assert metres(network, [[0, 0]], [[200, 0]]) == pytest.approx(99.8 + 99.9)


def test_noded_lines_are_left_as_they_are():
    lines = ([(0, 0), (50, 0)], [(50, 0), (100, 0)], [(50, -50), (50, 0)], [(50, 0), (50, 50)])
    network = Network.from_lines(layer(*lines))
    assert network.report.already_noded
    assert network.report.notes == []
    assert [g.equals_exact(LineString(x), 0) for g, x in zip(network.edges.geometry, lines, strict=True)] == [True] * 4


def test_short_streets_of_a_noded_layer_stay():
    """A street of 0.3 m between two junctions is a street, not a gap."""
    lines = (
        [(0, 0), (50, 0)],
        [(50, 0), (50.3, 0)],
        [(50.3, 0), (100, 0)],
        [(50, 0), (50, 50)],
        [(50.3, 0), (50.3, -9)],
    )
    network = Network.from_lines(layer(*lines), noded=True)
    assert (network.report.nodes, network.report.edges) == (6, 5)
    assert metres(network, [[0, 0]], [[100, 0]]) == pytest.approx(100)
    tested = Network.from_lines(layer(*lines))
    assert metres(tested, [[0, 0]], [[100, 0]]) == pytest.approx(100, abs=0.31)


def test_doubled_lines_count_once():
    road = [(0, 0), (60, 0), (100, 0)]
    network = Network.from_lines(
        layer(road, road, road[::-1], [(0, 0), (50, 0.2), (100, 0)], [(0, 0), (50, 30), (100, 0)])
    )
    assert network.report.doubled >= 3
    assert metres(network, [[0, 0]], [[100, 0]]) == pytest.approx(100)
    apart = Network.from_lines(layer(road, [(0, 0), (50, 30), (100, 0)]))
    assert (apart.report.doubled, apart.report.edges) == (0, 2)


def test_lines_that_wind_round_each_other_do_not_shrink():
    """A street drawn twice, the two crossing every 0.4 m: it is still 100 m long."""
    x = np.arange(0, 100.01, 0.4)
    sway = 0.05 * (-1.0) ** np.arange(len(x))
    ends = [(0, 0)], [(100, 0)]
    one, two = ([*ends[0], *zip(x[1:-1], sign * sway[1:-1], strict=True), *ends[1]] for sign in (1, -1))
    network = Network.from_lines(layer(one, two))
    assert metres(network, [[0, 0]], [[100, 0]]) == pytest.approx(LineString(one).length, rel=0.01)
    assert network.report.doubled > 200


def test_two_halves_of_a_roundabout_are_not_doubled():
    around = [(50 - 50 * np.cos(a), 50 * np.sin(a)) for a in np.linspace(0, np.pi, 9)]
    around[0], around[-1] = (0, 0), (100, 0)
    below = [(x, -y) for x, y in around]
    assert Network.from_lines(layer(around, below)).report.edges == 2


def test_zero_length_and_broken_rows_are_counted():
    rows = [
        LineString([(0, 0), (100, 0)]),
        LineString([(5, 5), (5, 5)]),
        None,
        LineString(),
        LineString([(0, 0), (np.nan, 1)]),
        shapely.Point(0, 0),
        MultiLineString([[(50, 0), (50, 50)], [(50, 50), (90, 50)], [(1, 1), (1, 1)]]),
        LineString([(90, 50, 7), (90, 70, 8)]),
    ]
    network = Network.from_lines(gpd.GeoDataFrame(geometry=rows, crs=CRS))
    assert network.report.refused_geometry == 4
    assert network.report.dropped_zero_length == 2
    assert metres(network, [[0, 0]], [[90, 70]]) == pytest.approx(50 + 50 + 40 + 20)


@pytest.mark.parametrize("noded", [False, True])
def test_heights_are_left_aside(noded):
    """Lines that climb are as long as on the map, and the streets are flat: whole lines, parts of several, and cuts."""
    climbing = LineString([(0, 0, 0), (100, 0, 75)])
    split = MultiLineString([[(100, 0, 75), (100, 50, 75)], [(100, 50, 80), (200, 50, 80)]])
    crossing = LineString([(50, -50, 9), (50, 50, 9)])
    lines = [climbing, split] if noded else [climbing, split, crossing]
    network = Network.from_lines(gpd.GeoDataFrame(geometry=lines, crs=CRS), noded=noded)
    assert not shapely.has_z(network.edges.geometry).any()
    assert shapely.length(network.edges.geometry) == pytest.approx(network.edges.metres)
    assert network.travel_time([[0, 0]], [[200, 50]], access_metres=1).item() * 80 == pytest.approx(250)


def test_a_line_that_crosses_itself():
    """Down, round and back over itself: the crossing is a junction, the loop may be left out."""
    network = Network.from_lines(layer([(0, 0), (100, 0), (100, 100), (50, 100), (50, -50)]))
    assert metres(network, [[0, 0]], [[50, -50]]) == pytest.approx(100)
    assert (network.report.nodes, network.report.edges) == (3, 3)


def test_no_tolerance_joins_what_touches_exactly():
    exact = layer([(0, 0), (100, 0)], [(50, 0), (50, 50)], [(20, -9), (20, 9)])
    assert Network.from_lines(exact, tolerance=0).report.edges == 6
    assert Network.from_lines(layer([(0, 0), (100, 0)], [(50, 0.01), (50, 50)]), tolerance=0).report.components == 2


def test_overlapping_lines_are_joined_where_the_overlap_ends():
    network = Network.from_lines(layer([(0, 0), (100, 0)], [(40, 0), (160, 0)]))
    assert metres(network, [[0, 0]], [[160, 0]]) == pytest.approx(160)
    assert network.report.doubled == 1
    assert network.edges.metres.sum() == pytest.approx(160)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), level=st.booleans())
def test_noding_agrees_with_shapely(seed, level):
    """Random lines cut by shapely.union_all, a level at a time, walked by networkx."""
    rng = np.random.default_rng(seed)
    ends = rng.uniform(0, 1000, (25, 3, 2))
    levels = rng.integers(0, 2, 25) if level else np.zeros(25, int)
    lines = gpd.GeoDataFrame({"layer": levels}, geometry=list(shapely.linestrings(ends)), crs=CRS)
    network = Network.from_lines(lines, tolerance=1e-6)
    graph = nx.Graph()
    for k in np.unique(levels):
        for piece in shapely.get_parts(shapely.union_all(lines.geometry[levels == k].array)):
            a, b = (tuple(np.round(piece.coords[i], 4)) for i in (0, -1))
            graph.add_edge(a, b, weight=min(piece.length, graph.get_edge_data(a, b, {"weight": np.inf})["weight"]))
    assert network.edges.metres.sum() == pytest.approx(shapely.length(lines.geometry.array).sum(), abs=1e-6)
    assert len(network.nodes) == graph.number_of_nodes()
    starts = [tuple(np.round(p, 4)) for p in ends[:, 0]]
    table = network.matrix(ends[:, 0], ends[:, 2], access_metres=1e-3) * 80
    for i, start in enumerate(starts):
        away = nx.single_source_dijkstra_path_length(graph, start)
        truth = [away.get(tuple(np.round(p, 4)), np.inf) for p in ends[:, 2]]
        np.testing.assert_allclose(table[i], truth, rtol=0, atol=1e-3)

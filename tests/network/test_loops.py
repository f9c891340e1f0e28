"""The compiled loops give what numpy, scipy and shapely give, to the last bit; and both what plain arithmetic gives."""

import time
from unittest.mock import patch

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from shapely import LineString

from qsgis.geometry.windows import windowed
from qsgis.network import Network, compiled, contacts
from qsgis.network.arrays import SHARE
from qsgis.network.curve import along_curve, equal_points
from qsgis.network.edges import Edges, components, matrix_of
from qsgis.network.sources import nearest_places
from qsgis.network.times import sweep

CRS = "EPSG:4546"


def plain(work):
    """`work()` as if numba were not installed."""
    with patch.object(compiled, "available", lambda: False):
        return work()


def scattered(rng, count):
    return [LineString(rng.uniform(0, 300, (rng.integers(2, 7), 2))) for _ in range(count)]


def on_a_lattice(rng, count):
    """Overlaps, loops, shared vertices, lines of no length."""
    return [LineString(rng.integers(0, 12, (rng.integers(2, 6), 2)) * 10.0) for _ in range(count)]


def nearly_meeting(rng, count):
    return [LineString(rng.integers(0, 12, (2, 2)) * 10.0 + rng.uniform(-0.4, 0.4, (2, 2))) for _ in range(count)]


def tangled(rng, count):
    """Vertices half a metre apart, more than the tolerance away from nothing."""
    steps = [np.cumsum(rng.normal(0, 0.5, (rng.integers(2, 90), 2)), axis=0) for _ in range(count)]
    return [LineString(step + rng.uniform(0, 30, 2)) for step in steps]


def sharp(rng, count):
    """From nearly one point, at angles of less than a degree."""
    turn = rng.uniform(0, 0.02, count)
    return [LineString([rng.uniform(-0.3, 0.3, 2), (100 * np.cos(a), 100 * np.sin(a))]) for a in turn]


def short_and_endless(rng, count):
    """A street with a far longer line across it, and one that is out of this world."""
    street = [LineString([(x, 0), (x + 0.3, 1e-7), (x + 50, 0)]) for x in rng.integers(0, 5, count) * 50.0]
    return [*street, LineString([(-1e7, -1e7), (1e7, 1e7)]), LineString([(-1e15, 3), (1e15, 3)])]


KINDS = [scattered, on_a_lattice, nearly_meeting, tangled, sharp, short_and_endless]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    tolerance=st.sampled_from([0, 1e-6, 0.5, 2.0]),
    levels=st.booleans(),
    east=st.sampled_from([0.0, 37_500_000.0]),
)
def test_noding_is_the_same_to_the_last_bit(kind, seed, tolerance, levels, east):
    rng = np.random.default_rng(seed)
    lines = [
        shapely.transform(line, lambda xy: xy + np.array([east, 0])) for line in kind(rng, int(rng.integers(1, 40)))
    ]
    columns = {"kmh": rng.choice([20.0, 40.0], len(lines)), "oneway": rng.random(len(lines)) < 0.3}
    if levels:
        columns["layer"] = rng.integers(0, 2, len(lines))
    layer = gpd.GeoDataFrame(columns, geometry=lines, crs=CRS)

    def made():
        network = Network.from_lines(layer, mode="drive", tolerance=tolerance)
        return network, network.edges.geometry

    with patch.object(contacts, "_LARGE", 20):  # more than one share
        ours, drawn = made()
    theirs, plainly_drawn = plain(made)
    assert ours.report == theirs.report
    np.testing.assert_array_equal(ours.nodes, theirs.nodes)
    for name in ("u", "v", "metres", "forward", "backward", "row"):
        np.testing.assert_array_equal(getattr(ours.edges, name), getattr(theirs.edges, name))
    assert shapely.equals_exact(drawn, plainly_drawn, tolerance=0).all()


def block(count=9, metres=100.0):
    """Streets of a square grid, each between two junctions: ways of equal length abound."""
    at = [((x, y), (x + dx, y + dy)) for x in range(count) for y in range(count) for dx, dy in ((1, 0), (0, 1))]
    lines = [LineString(np.array(pair) * metres) for pair in at if max(pair[1]) < count]
    return gpd.GeoDataFrame(geometry=lines, crs=CRS)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_of_equally_near_places_the_first_is_named(seed):
    rng = np.random.default_rng(seed)
    network = Network.from_lines(block(), noded=True)
    shops = rng.integers(0, 9, (12, 2)) * 100.0
    away = np.abs(network.nodes[:, None] - shops[None]).sum(axis=2)  # along a grid
    for found in (network.nearest(network.nodes, shops), plain(lambda: network.nearest(network.nodes, shops))):
        np.testing.assert_allclose(found.minutes * 80, away.min(axis=1), atol=1e-9)
        np.testing.assert_array_equal(found.destination, np.round(away, 6).argmin(axis=1))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(2, 60))
def test_sweeps_and_matrices_are_the_same_to_the_last_bit(seed, count):
    rng = np.random.default_rng(seed)
    lines = gpd.GeoDataFrame({"oneway": rng.random(count) < 0.5}, geometry=on_a_lattice(rng, count), crs=CRS)
    network = Network.from_lines(lines, mode="bike")
    places = network.attach(rng.uniform(0, 120, (9, 2)), 5.0)
    ours = sweep(network, places, 4.8)
    again = Network(network.nodes, network.edges, lambda: network.report, crs=CRS, mode="bike", access_kmh=4.8)
    theirs = plain(lambda: sweep(again, places, 4.8))
    np.testing.assert_array_equal(ours.minutes, theirs.minutes)
    np.testing.assert_array_equal(ours.place, theirs.place)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(1, 30), count=st.integers(0, 80))
def test_matrix_and_parts_of_any_graph(seed, size, count):
    """Loops, parallel edges, closed directions, lonely nodes: beside plain dictionaries and networkx."""
    rng = np.random.default_rng(seed)
    u, v = rng.integers(0, size, (2, count))
    there, back = np.where(rng.random((2, count)) < 0.3, np.inf, rng.integers(1, 9, (2, count)) * 1.0)
    edges = Edges(u, v, np.ones(count), there, back, np.arange(count), np.empty(count, object))
    least, graph = {}, nx.Graph()
    for a, b, t in [*zip(u, v, there, strict=True), *zip(v, u, back, strict=True)]:
        if a != b and np.isfinite(t):
            least[int(a), int(b)] = min(t, least.get((int(a), int(b)), np.inf))
    graph.add_nodes_from(range(size))
    graph.add_edges_from(zip(u.tolist(), v.tolist(), strict=True))
    alike = sorted(map(sorted, nx.connected_components(graph)))
    for run in (lambda work: work(), plain):
        for reverse in (False, True):
            matrix = run(lambda reverse=reverse: matrix_of(size, edges, reverse=reverse))
            row = np.repeat(np.arange(size), np.diff(matrix.indptr))
            ends = (matrix.indices, row) if reverse else (row, matrix.indices)
            found = {(int(a), int(b)): t for a, b, t in zip(*ends, matrix.data, strict=True)}
            assert found == least
            assert len(matrix.data) == len(least)
        part = run(lambda: components(size, edges))
        assert sorted([k for k in range(size) if part[k] == p] for p in range(part.max() + 1)) == alike
        assert part[0] == 0


def test_the_curve_keeps_neighbours_together():
    rng = np.random.default_rng(1)
    xy = rng.uniform(0, 10_000, (2000, 2))
    xy[7] = 1e9  # a point far off changes nothing for the others
    order = along_curve(xy)
    np.testing.assert_array_equal(order, plain(lambda: along_curve(xy)))
    assert sorted(order) == list(range(2000))
    near = [k for k in order if k != 7]
    step = np.hypot(*np.diff(xy[near], axis=0).T)
    assert np.median(step) < np.median(np.hypot(*np.diff(np.delete(xy, 7, axis=0), axis=0).T)) / 10
    assert along_curve(np.empty((0, 2))).tolist() == []


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), crowded=st.booleans())
def test_equal_points_have_one_number(seed, crowded):
    """Beside a plain set of pairs; also where one point far off leaves all others in few cells, and at minus zero."""
    rng = np.random.default_rng(seed)
    xy = rng.integers(-9, 9, (rng.integers(1, 400), 2)) / (1e6 if crowded else 1.0)
    xy[rng.random(len(xy)) < 0.05] = 1e9
    xy[xy == 0] = rng.choice([0.0, -0.0], (xy == 0).sum())
    number, points = equal_points(xy)
    np.testing.assert_array_equal(points[number], xy)
    assert sorted(map(tuple, points)) == sorted(set(map(tuple, xy)))
    for ours, theirs in zip((number, points), plain(lambda: equal_points(xy)), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def places_of(graph, node, cost, place):
    """Minutes and places."""
    minutes, tell = nearest_places(graph, node, cost, place)
    return minutes, tell()


def spread_graph(rng, size):
    """Minutes from 1e-9 to 1e6 and zeros, in circles too; parts that nothing leads to."""
    tail, head = rng.integers(0, size, (2, 3 * size))
    minutes = np.where(rng.random(3 * size) < 0.2, 0.0, 10.0 ** rng.uniform(-9, 6, 3 * size))
    shut, row = np.full(3 * size, np.inf), np.arange(3 * size)
    edges = Edges(tail, head, minutes, minutes, shut, row, np.empty(3 * size, object))
    return matrix_of(size, edges)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(1, 300), count=st.integers(0, 20), whole=st.booleans())
def test_nearest_places_of_any_graph(seed, size, count, whole):
    """Beside networkx: the least minutes, and the lowest place of those that are reached in them."""
    rng = np.random.default_rng(seed)
    graph = spread_graph(rng, size)
    if whole:  # ties abound
        graph.data = np.ceil(np.minimum(graph.data, 3.0))
    node, place = rng.integers(0, size, count), rng.permutation(count)
    cost = rng.integers(0, 3, count) * 1.0
    minutes, owner = places_of(graph, node, cost, place)
    theirs = plain(lambda: places_of(graph, node, cost, place))
    np.testing.assert_array_equal(minutes, theirs[0])
    np.testing.assert_array_equal(owner, theirs[1])
    away, tight = nx.DiGraph(), nx.DiGraph()
    away.add_nodes_from(range(-1, size))
    tight.add_nodes_from(range(size))
    row = np.repeat(np.arange(size), np.diff(graph.indptr))
    for a, b, way in zip(row.tolist(), graph.indices.tolist(), graph.data.tolist(), strict=True):
        away.add_edge(a, b, weight=way)
        if minutes[a] + way == minutes[b] < np.inf:
            tight.add_edge(a, b)
    for n, way in zip(node.tolist(), cost.tolist(), strict=True):
        away.add_edge(-1, n, weight=min(way, away.get_edge_data(-1, n, {"weight": np.inf})["weight"]))
    least = nx.single_source_dijkstra_path_length(away, -1)
    np.testing.assert_array_equal(minutes, [least.get(n, np.inf) for n in range(size)])
    truth = np.full(size, -1)
    for k in np.argsort(-place):
        if cost[k] == minutes[node[k]]:
            truth[[node[k], *nx.descendants(tight, node[k])]] = place[k]
    np.testing.assert_array_equal(owner, truth)


@pytest.mark.parametrize("minutes", [1e-9, 0.0])
@pytest.mark.parametrize("turned", [False, True])
def test_no_search_looks_at_a_street_again_and_again(minutes, turned):
    """A chain that each next place would be bettered along to its very end: by the square, some hundred seconds."""
    size = 300_000
    pointer = np.minimum(np.arange(size + 1), size - 1).astype(np.int32)
    chain = csr_array((np.full(size - 1, minutes), np.arange(1, size, dtype=np.int32), pointer), shape=(size, size))
    node, cost = np.arange(size), np.arange(size) * (1e-3 if minutes else 0.0)
    place = node[::-1].copy() if turned else node
    begun = time.process_time()
    found, owner = places_of(chain, node, cost, place)
    assert time.process_time() - begun < 20
    np.testing.assert_allclose(found, node * minutes, rtol=1e-9)
    np.testing.assert_array_equal(owner, np.full(size, place[0]) if minutes or not turned else place)


def test_shares_come_back_in_order():
    def numbers(window):
        return np.arange(window.start, window.stop)

    whole = windowed(numbers, 300_001, size=SHARE)
    np.testing.assert_array_equal(np.concatenate(whole), np.arange(300_001))
    assert [part.tolist() for part in windowed(numbers, 3, size=SHARE)] == [[0, 1, 2]]

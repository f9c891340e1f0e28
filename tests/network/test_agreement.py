"""Against networkx on a graph whose edges are really split, and what must hold on any network."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qsgis.network import Network
from tests.network.oracle import places, split_graph, streets, to_nearest

pytestmark = pytest.mark.usefixtures("both_ways")

seeds = st.integers(0, 10_000)


def named(kind, xy):
    return {(kind, k): tuple(p) for k, p in enumerate(xy)}


@pytest.mark.parametrize("mode", ["walk", "bike", "drive"])
@settings(max_examples=25, deadline=None)
@given(seed=seeds)
def test_nearest_is_that_of_networkx(mode, seed):
    layer = streets(seed)
    homes, shops = places(seed, 40), places(seed + 1, 4)
    network = Network.from_lines(layer, mode=mode, speed_kmh=None if mode == "drive" else 6.0, noded=True)
    found = network.nearest(homes, shops, access_metres=200, access_kmh=4.8)

    pace = layer["kmh"].to_numpy() * 1000 / 60 if mode == "drive" else np.full(len(layer), 100.0)
    both = np.ones(len(layer), bool) if mode == "walk" else ~layer["oneway"].to_numpy()
    graph = split_graph(list(layer.geometry), pace, both, named("home", homes) | named("shop", shops))
    truth = to_nearest(graph, named("home", homes), named("shop", shops))
    np.testing.assert_allclose(found.minutes, truth, rtol=0, atol=1e-9)
    # the shop that is named is one that is as near as the minutes say
    for k in np.flatnonzero(found.destination >= 0):
        own = nx.dijkstra_path_length(graph, ("home", k), ("shop", found.destination[k]))
        assert own == pytest.approx(found.minutes[k], abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=seeds, more_homes=st.booleans())
def test_matrix_is_that_of_networkx(seed, more_homes):
    layer = streets(seed)
    homes, works = places(seed, 14 if more_homes else 6), places(seed + 1, 9)
    network = Network.from_lines(layer, mode="drive", noded=True)
    table = network.matrix(homes, works, access_metres=200, batch=4)
    pace, both = layer["kmh"].to_numpy() * 1000 / 60, ~layer["oneway"].to_numpy()
    graph = split_graph(list(layer.geometry), pace, both, named("home", homes) | named("work", works))
    for i in range(len(homes)):
        away = nx.single_source_dijkstra_path_length(graph, ("home", i))
        truth = [away.get(("work", j), np.inf) for j in range(len(works))]
        np.testing.assert_allclose(table[i], truth, rtol=0, atol=1e-9)
    bounded = network.matrix(homes, works, minutes=1.5, access_metres=200)
    np.testing.assert_array_equal(bounded, np.where(table <= 1.5 + 1e-9, table, np.inf))


def test_many_places_on_one_street():
    """Forty homes and fifteen shops on each of two long streets, so that the way along the street decides."""
    layer = streets(3, junctions=4, oneway=0.5)
    homes, shops = places(4, 80), places(5, 30)
    for mode in ("walk", "bike"):
        network = Network.from_lines(layer, mode=mode, speed_kmh=4.8)
        found = network.travel_time(homes, shops, access_metres=2000)
        both = np.full(len(layer), mode == "walk") | ~layer["oneway"].to_numpy()
        everyone = named("home", homes) | named("shop", shops)
        graph = split_graph(list(layer.geometry), np.full(len(layer), 80.0), both, everyone, access=2000)
        np.testing.assert_allclose(found, to_nearest(graph, named("home", homes), named("shop", shops)), atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_a_facility_more_never_raises_a_time(seed):
    network = Network.from_lines(streets(seed), mode="drive")
    homes, shops = places(seed, 60), places(seed + 1, 6)
    fewer, more = (network.travel_time(homes, shops[:k], access_metres=200).to_numpy() for k in (3, 6))
    assert (more <= fewer + 1e-9).all()
    assert np.isfinite(more).any()


@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_reversed_streets_and_swapped_ends_give_the_same_times(seed):
    layer = streets(seed)
    turned = layer.set_geometry(layer.geometry.reverse())
    homes, works = places(seed, 12), places(seed + 1, 8)
    there = Network.from_lines(layer, mode="drive").matrix(homes, works, access_metres=200)
    back = Network.from_lines(turned, mode="drive").matrix(works, homes, access_metres=200)
    np.testing.assert_allclose(there, back.T, rtol=0, atol=1e-9)


@settings(max_examples=20, deadline=None)
@given(seed=seeds, north=st.integers(0, 4_000_000))
def test_neither_order_nor_place_on_earth_matters(seed, north):
    layer = streets(seed)
    homes, shops = places(seed, 60), places(seed + 1, 5)
    plain = Network.from_lines(layer, mode="bike").travel_time(homes, shops, access_metres=200)
    rng = np.random.default_rng(seed)
    mixed = layer.iloc[rng.permutation(len(layer))]
    order = rng.permutation(len(shops))
    again = Network.from_lines(mixed, mode="bike").travel_time(homes, shops[order], access_metres=200)
    np.testing.assert_allclose(plain, again, rtol=0, atol=1e-9)
    by = np.array([37_500_000.0, north])
    moved = layer.set_geometry(layer.geometry.translate(*by))
    there = Network.from_lines(moved, mode="bike").travel_time(homes + by, shops + by, access_metres=200)
    np.testing.assert_allclose(plain, there, rtol=0, atol=1e-6)

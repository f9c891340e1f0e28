"""Pairs within a limit and the k nearest: by arithmetic, and against networkx on split graphs."""

import itertools

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qsgis.network import Network, compiled, search
from tests.network.drawn import layer, street
from tests.network.oracle import places, split_graph, streets

pytestmark = pytest.mark.usefixtures("both_ways")


def table_of(roads, homes, shops):
    """Minutes (homes, shops) of driving, by networkx."""
    names = {("home", k): tuple(p) for k, p in enumerate(homes)} | {("shop", k): tuple(p) for k, p in enumerate(shops)}
    pace, both = roads["kmh"].to_numpy() * 1000 / 60, ~roads["oneway"].to_numpy()
    graph = split_graph(list(roads.geometry), pace, both, names)
    out = np.full((len(homes), len(shops)), np.inf)
    for i in range(len(homes)):
        away = nx.single_source_dijkstra_path_length(graph, ("home", i))
        out[i] = [away.get(("shop", j), np.inf) for j in range(len(shops))]
    return out


def test_the_next_shops_on_a_street():
    """Homes at 100 and 690, shops at 0, 200, 650 and 1000; 80 m a minute; 8 m to the door of the second shop."""
    shops = [[0, 0], [200, 8], [650, 0], [1000, 0]]
    minutes, which = street().k_nearest([[100, 0], [690, 0]], shops, 3)
    assert which.tolist() == [[0, 1, 2], [2, 3, 1]]
    assert minutes * 80 == pytest.approx(np.array([[100, 108, 550], [40, 310, 498]]))


def test_fewer_than_k_and_beyond_the_limit():
    minutes, which = street().k_nearest([[100, 0]], [[180, 0], [900, 0], [500, 900]], 5)
    assert which.tolist() == [[0, 1, -1, -1, -1]]
    assert minutes[0].tolist() == pytest.approx([1, 10] + [np.inf] * 3)
    minutes, which = street().k_nearest([[100, 0]], [[180, 0], [900, 0]], 2, minutes=9.99)
    assert which.tolist() == [[0, -1]]
    assert np.isinf(minutes[0, 1])
    assert street().k_nearest([[100, 0]], [[180, 0], [900, 0]], 2, minutes=10)[1].tolist() == [[0, 1]]
    assert street().k_nearest([[500, 900]], [[180, 0]], 1)[1].tolist() == [[-1]]


def test_a_limit_is_within_though_sums_are_rounded():
    """Three streets of 0.1 minutes make 0.30000000000000004; the shop stands at the beginning of the fourth."""
    ends = [0, 8, 16, 24, 28]
    network = Network.from_lines(layer(*[[(a, 0), (b, 0)] for a, b in itertools.pairwise(ends)]))
    assert 0.1 + 0.1 + 0.1 > 0.3
    assert network.attach([[24, 0]], 1).edge.tolist() == [3]
    assert network.pairs_within([[0, 0]], [[24, 0]], 0.3)["minutes"].tolist() == pytest.approx([0.3])
    assert network.k_nearest([[0, 0]], [[24, 0]], 1, minutes=0.3)[1].tolist() == [[0]]
    assert network.k_nearest([[24, 0]], [[0, 0]], 1, minutes=0.3)[1].tolist() == [[0]]


def test_a_park_with_several_entrances_counts_once():
    entrances = [[0, 0], [500, 0], [600, 0], [1000, 0]]
    minutes, which = street().k_nearest([[450, 0]], entrances, 2, group=[9, 4, 4, 5])
    assert which.tolist() == [[4, 9]]
    assert minutes[0].tolist() == pytest.approx([50 / 80, 450 / 80])


def test_equally_near_ones_stand_in_their_order():
    """A home in the middle of a crossing's four arms, a shop at the end of each."""
    arms = [[(0, 0), end] for end in ((100, 0), (-100, 0), (0, 100), (0, -100))]
    shops = np.array([[0, 100], [100, 0], [0, -100], [-100, 0]])
    for order in ([0, 1, 2, 3], [2, 0, 3, 1]):
        minutes, which = Network.from_lines(layer(*arms)).k_nearest([[0, 0]], shops[order], 3)
        assert which.tolist() == [[0, 1, 2]]
        assert minutes[0].tolist() == pytest.approx([1.25] * 3)
    same_spot = street().k_nearest([[0, 0]], [[80, 0], [80, 0]], 2)[1]
    assert same_spot.tolist() == [[0, 1]]


def test_one_way_streets():
    """Shops 50 m ahead and 50 m behind on a one-way square of 400 m: the one behind is 350 m away."""
    square = [[(0, 0), (100, 0)], [(100, 0), (100, 100)], [(100, 100), (0, 100)], [(0, 100), (0, 0)]]
    network = Network.from_lines(layer(*square, oneway=["yes"] * 4), mode="drive", speed_kmh=6)
    minutes, which = network.k_nearest([[60, 0]], [[10, 0], [100, 10]], 2)
    assert which.tolist() == [[1, 0]]
    assert minutes[0].tolist() == pytest.approx([0.5, 3.5])
    found = network.pairs_within([[60, 0]], [[10, 0], [100, 10], [80, 0]], 3)
    assert found["destination"].tolist() == [1, 2]
    assert found["minutes"].tolist() == pytest.approx([0.5, 0.2])


def test_wrong_questions():
    with pytest.raises(ValueError, match="k must"):
        street().k_nearest([[0, 0]], [[1, 0]], 0)
    with pytest.raises(ValueError, match="group"):
        street().k_nearest([[0, 0]], [[1, 0]], 1, group=[1, 2])


def test_nothing_asked():
    none = np.empty((0, 2))
    assert street().k_nearest(none, [[1, 0]], 2)[0].shape == (0, 2)
    assert street().k_nearest([[1, 0]], none, 2)[1].tolist() == [[-1, -1]]
    assert len(street().pairs_within(none, [[1, 0]], 5)) == 0
    assert len(street().pairs_within([[1, 0]], none, 5)) == 0
    assert list(street().pairs_within([[0, 900]], [[1, 0]], 5)) == ["origin", "destination", "minutes"]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), limit=st.sampled_from([None, 1.0, 2.5]))
def test_the_k_nearest_are_those_of_networkx(seed, limit):
    roads, homes, shops = streets(seed, junctions=25), places(seed, 12), places(seed + 1, 9)
    network = Network.from_lines(roads, mode="drive", noded=True)
    group = np.array([0, 1, 2, 2, 3, 4, 4, 4, 5])
    minutes, which = network.k_nearest(homes, shops, 3, minutes=limit, access_metres=200, group=group)
    truth = table_of(roads, homes, shops)
    best = np.stack([truth[:, group == g].min(axis=1) for g in range(6)], axis=1)
    expected = np.sort(best, axis=1)[:, :3]
    if limit is not None:
        expected = np.where(expected <= limit, expected, np.inf)
    np.testing.assert_allclose(minutes, expected, rtol=0, atol=1e-9)
    reached = which >= 0
    np.testing.assert_array_equal(reached, np.isfinite(minutes))
    of_those = np.take_along_axis(best, np.where(reached, which, 0), axis=1)
    np.testing.assert_allclose(of_those[reached], minutes[reached], rtol=0, atol=1e-9)
    assert all(len(set(row[row >= 0])) == (row >= 0).sum() for row in which)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), more_homes=st.booleans(), limit=st.sampled_from([0.5, 1.5, 3.0, 1e6]))
def test_pairs_are_those_of_networkx(seed, more_homes, limit):
    roads, homes, shops = streets(seed, junctions=25), places(seed, 11 if more_homes else 5), places(seed + 1, 8)
    network = Network.from_lines(roads, mode="drive", noded=True)
    truth = table_of(roads, homes, shops)
    found = network.pairs_within(homes, shops, limit, access_metres=200)
    origin, destination = np.nonzero(truth <= limit)
    assert found["origin"].tolist() == origin.tolist()
    assert found["destination"].tolist() == destination.tolist()
    np.testing.assert_allclose(found["minutes"], truth[origin, destination], rtol=0, atol=1e-9)


def test_many_places_on_one_street():
    """Eighty homes and thirty shops on the few edges of four junctions: the way along the edge decides."""
    roads, homes, shops = streets(3, junctions=4, oneway=0.5), places(4, 80), places(5, 30)
    network = Network.from_lines(roads, mode="drive")
    truth = table_of(roads, homes, shops)  # within 200 m of a street
    minutes, _which = network.k_nearest(homes, shops, 4, access_metres=200)
    np.testing.assert_allclose(minutes, np.sort(truth, axis=1)[:, :4], rtol=0, atol=1e-9)
    found = network.pairs_within(homes, shops, 3, access_metres=200)
    assert len(found) == (truth <= 3).sum() > 50


def test_parts_of_an_answer_make_the_whole(monkeypatch):
    """Searches are cut into small batches; no row is lost or given twice."""
    network = Network.from_lines(streets(6), mode="drive", noded=True)
    homes, shops = places(6, 90), places(7, 40)
    whole = network.pairs_within(homes, shops, 2, access_metres=200)
    nearest = network.k_nearest(homes, shops, 3, access_metres=200)
    areas = network.service_areas(shops, (1, 2), access_metres=200)
    for name in ("_ROWS", "_BATCH", "_DENSE"):
        monkeypatch.setattr(search, name, 7)
    pd.testing.assert_frame_equal(network.pairs_within(homes, shops, 2, access_metres=200), whole)
    parts = list(network.iter_pairs(homes, shops, 2, access_metres=200))
    assert len(parts) > 2
    assert sum(len(part.minutes) for part in parts) == len(whole)
    pd.testing.assert_frame_equal(network.service_areas(shops, (1, 2), access_metres=200), areas)
    again = network.k_nearest(homes, shops, 3, access_metres=200)
    for one, other in zip(nearest, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_both_ways_give_the_same_to_the_last_bit(monkeypatch):
    network = Network.from_lines(streets(12, junctions=60), mode="drive", noded=True)
    homes, shops, group = places(12, 200), places(13, 60), np.arange(60) // 2
    found = []
    for available in (True, False):
        monkeypatch.setattr(compiled, "available", lambda answer=available: answer)
        found.append(
            [
                *network.k_nearest(homes, shops, 4, access_metres=200, group=group),
                network.pairs_within(homes, shops, 2, access_metres=200).to_numpy(),
                network.pairs_within(shops, homes, 2, access_metres=200).to_numpy(),
            ]
        )
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_turned_streets_and_swapped_ends_give_the_same_pairs(seed):
    roads, homes, shops = streets(seed), places(seed, 14), places(seed + 1, 9)
    turned = roads.set_geometry(roads.geometry.reverse())
    there = Network.from_lines(roads, mode="drive").pairs_within(homes, shops, 2, access_metres=200)
    back = Network.from_lines(turned, mode="drive").pairs_within(shops, homes, 2, access_metres=200)
    back = back.rename(columns={"origin": "destination", "destination": "origin"})
    back = back.sort_values(["origin", "destination"], ignore_index=True)[["origin", "destination", "minutes"]]
    pd.testing.assert_frame_equal(there, back, rtol=0, atol=1e-9)

"""The street pieces within the limit: by arithmetic, and point by point against networkx."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from qsgis.network import Network
from tests.network.drawn import layer
from tests.network.oracle import CRS, places, split_graph, streets, to_nearest


def test_a_street_is_cut_at_the_limit():
    network = Network.from_lines(layer([(0, 0), (1000, 0)]))
    found = network.reached_lines([[300, 30]], 2)  # 160 m, of which 30 m are the leg
    assert found.crs == CRS
    assert shapely.equals_exact(
        shapely.line_merge(found.geometry.union_all()), LineString([(170, 0), (300, 0), (430, 0)]), tolerance=1e-6
    )
    assert found["minutes"].tolist() == pytest.approx([(30 + 65) / 80] * 2)
    assert found["metres"].tolist() == pytest.approx([130, 130])
    assert found["row"].tolist() == [0, 0]


def test_a_limit_of_the_leg_reaches_nothing():
    assert len(Network.from_lines(layer([(0, 0), (1000, 0)])).reached_lines([[300, 160]], 2)) == 0


def test_two_facilities_meet_in_the_middle():
    network = Network.from_lines(layer([(0, 0), (1000, 0)]))
    found = network.reached_lines([[300, 0], [500, 0]], 2)
    assert found["metres"].sum() == pytest.approx(660 - 140)


def test_a_crossing_and_one_ways():
    """Only streets that lead to the shop at the crossing are within reach."""
    cross = layer([(-500, 0), (0, 0)], [(0, 0), (500, 0)], [(0, -500), (0, 0)], oneway=["yes", "yes", "no"])
    found = Network.from_lines(cross, mode="drive", speed_kmh=6).reached_lines([[0, 0]], 1)  # 100 m a minute
    assert sorted(found["row"]) == [0, 2]
    assert found["metres"].tolist() == pytest.approx([100, 100])


def test_lengths_are_of_the_given_kind():
    network = Network.from_lines(layer([(0, 0), (1000, 0)]), length=np.array([2000.0]))
    found = network.reached_lines([[0, 0]], 2)
    assert found["metres"].tolist() == pytest.approx([160])
    assert shapely.length(found.geometry.array).tolist() == pytest.approx([80])


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), mode=st.sampled_from(["walk", "bike"]))
def test_every_spot_is_drawn_if_and_only_if_it_is_reached(seed, mode):
    roads, shops, limit = streets(seed, junctions=15), places(seed, 3), 4.0
    network = Network.from_lines(roads, mode=mode, speed_kmh=4.8, noded=True)
    drawn = network.reached_lines(shops, limit, access_metres=200)
    spots = {("spot", k, j): line.interpolate((j + 0.5) / 9, normalized=True).coords[0]
             for k, line in enumerate(roads.geometry) for j in range(9)}  # fmt: skip
    named = {("shop", k): tuple(p) for k, p in enumerate(shops)}
    both = np.full(len(roads), mode == "walk") | ~roads["oneway"].to_numpy()
    graph = split_graph(list(roads.geometry), np.full(len(roads), 80.0), both, spots | named)
    minutes = to_nearest(graph, spots, named)
    row = np.array([key[1] for key in spots])
    on = np.zeros(len(spots), bool)
    for k, piece in zip(drawn["row"], drawn.geometry, strict=True):
        mine = np.flatnonzero(row == k)
        on[mine] |= shapely.distance(piece, shapely.points(np.array(list(spots.values()))[mine])) < 1e-6
    sure = np.abs(minutes - limit) > 1e-6
    np.testing.assert_array_equal(on[sure], minutes[sure] < limit)

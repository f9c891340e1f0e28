"""Service areas: by arithmetic on hand-drawn streets, and piece by piece against networkx on split graphs."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from qsgis.network import Network, compiled
from tests.network.drawn import layer, street
from tests.network.oracle import CRS, places, split_graph, streets

pytestmark = pytest.mark.usefixtures("both_ways")


def course(frame):
    """The pieces as one line, or what they make."""
    return shapely.line_merge(shapely.union_all(frame.geometry.array))


def test_bands_of_one_street():
    """A clinic 40 m off the street at 300: 40 m of the leg, so 40 m and 120 m to either side in 1 and 2 minutes."""
    found = street().service_areas([[300, 40]], (1, 2))
    assert found.crs == CRS
    assert found["facility"].tolist() == [0] * 4
    assert found["row"].tolist() == [0] * 4
    assert found["band"].tolist() == [2, 1, 1, 2]
    assert found["metres"].tolist() == pytest.approx([80, 40, 40, 80])
    assert found["minutes_from"].tolist() == pytest.approx([1, 0.5, 0.5, 1])
    assert found["minutes_to"].tolist() == pytest.approx([2, 1, 1, 2])
    ends = [(line.coords[0][0], line.coords[-1][0]) for line in found.geometry]
    assert np.array(ends) == pytest.approx(np.array([(180, 260), (260, 300), (300, 340), (340, 420)]))
    assert found.attrs["off"] == []


def test_a_band_is_within_the_limits_that_were_asked_for_whatever_their_order():
    one, other = (street().service_areas([[300, 0]], limits) for limits in ([2, 1], (1, 2, 2)))
    pd.testing.assert_frame_equal(one, other)


def test_a_table_without_lines_has_the_same_rows():
    frame = street().service_areas([[300, 40]], (1, 2))
    table = street().service_areas([[300, 40]], (1, 2), geometry=False)
    pd.testing.assert_frame_equal(pd.DataFrame(frame.drop(columns="geometry")), table)
    assert not isinstance(table, gpd.GeoDataFrame)


def test_a_leg_as_long_as_the_limit_reaches_nothing():
    assert len(street().service_areas([[300, 160]], (2,))) == 0


def test_two_facilities_on_one_street_overlap_unless_they_are_one():
    apart = street().service_areas([[300, 0], [400, 0]], (2,))
    assert apart.groupby("facility")["metres"].sum().tolist() == pytest.approx([320, 320])
    together = street().service_areas([[300, 0], [400, 0]], (2,), group=[7, 7])
    assert set(together["facility"]) == {7}
    assert together["metres"].sum() == pytest.approx(320 + 100)
    assert course(together).equals_exact(LineString([(140, 0), (300, 0), (400, 0), (560, 0)]), 1e-6)


def test_a_far_entrance_beside_a_near_one_adds_nothing():
    """The second entrance is 200 m off the street: from its foot the first, 50 m on, is nearer."""
    found = street().service_areas([[300, 0], [350, 200]], (2,), group=[0, 0])
    assert found["metres"].sum() == pytest.approx(320)
    assert found["minutes_to"].max() == pytest.approx(2)
    assert found["minutes_from"].min() == pytest.approx(0)


def block():
    """A square of 100 m sides, one-way against the clock from (0, 0); 6 km/h = 100 m a minute."""
    square = [[(0, 0), (100, 0)], [(100, 0), (100, 100)], [(100, 100), (0, 100)], [(0, 100), (0, 0)]]
    return Network.from_lines(layer(*square, oneway=["yes"] * 4), mode="drive", speed_kmh=6)


def test_one_way_streets_lead_there_or_away():
    there = block().service_areas([[50, 0]], (1,))  # from the west side and down it
    assert dict(zip(there["row"], there["metres"], strict=True)) == pytest.approx({0: 50, 3: 50})
    away = block().service_areas([[50, 0]], (1,), outward=True)  # on and up the east side
    assert dict(zip(away["row"], away["metres"], strict=True)) == pytest.approx({0: 50, 1: 50})
    all_round = block().service_areas([[50, 0]], (5,), outward=True)
    assert all_round["metres"].sum() == pytest.approx(400)
    assert all_round["minutes_to"].max() == pytest.approx(4)


def test_round_a_loop_both_sides_meet():
    """A ring of 400 m, entered at one spot: 120 m to either side in 1.5 minutes, all of it in 2.5."""
    ring = Network.from_lines(layer([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]))
    part = ring.service_areas([[50, 0]], (1.5,))
    assert part["metres"].sum() == pytest.approx(240)
    whole = ring.service_areas([[50, 0]], (1.5, 2.5, 9))
    assert whole.groupby("band")["metres"].sum().to_dict() == pytest.approx({1.5: 240, 2.5: 160})
    assert whole["minutes_to"].max() == pytest.approx(2.5)


def test_a_junction_passes_on_what_is_left():
    """A cross of four arms; the shop 40 m up one of them has 120 m left on each other arm after 2 minutes."""
    arms = [[(0, 0), end] for end in ((500, 0), (-500, 0), (0, 500), (0, -500))]
    found = Network.from_lines(layer(*arms)).service_areas([[40, 0]], (2,))
    assert found.groupby("row")["metres"].sum().tolist() == pytest.approx([200, 120, 120, 120])


def test_a_bridge_is_no_crossing():
    cross = layer([(-500, 0), (500, 0)], [(0, -500), (0, 500)], layer=[0, 1])
    assert Network.from_lines(cross).service_areas([[100, 0]], (5,))["row"].unique().tolist() == [0]


def test_places_without_a_street_are_named():
    shops = [[300, 0], [300, 900], [600, 0]]
    found = street().service_areas(shops, (1,))
    assert sorted(set(found["facility"])) == [0, 2]
    assert found.attrs["off"] == [1]
    nobody = street().service_areas([[300, 900]], (1,))
    assert len(nobody) == 0
    assert list(nobody.columns) == list(found.columns)
    assert len(street().service_areas(np.empty((0, 2)), (1,))) == 0


def test_lengths_of_another_kind():
    network = Network.from_lines(layer([(0, 0), (1000, 0)]), length=np.array([2000.0]))
    found = network.service_areas([[500, 0]], (2,))
    assert found["metres"].sum() == pytest.approx(320)
    assert found.length.sum() == pytest.approx(160)


@pytest.mark.parametrize("minutes", [(), (0,), (5, -1), (np.inf,), (np.nan,)])
def test_limits_that_are_none_are_refused(minutes):
    with pytest.raises(ValueError, match="minutes"):
        street().service_areas([[0, 0]], minutes)


def test_a_group_for_each_place():
    with pytest.raises(ValueError, match="group"):
        street().service_areas([[0, 0]], group=[1, 2])


def brute_force(roads, shops, limits, oneway, outward):
    """{(shop, limit): metres} by networkx on the split graph: what is reached of each bit from either of its ends."""
    named = {("shop", k): tuple(p) for k, p in enumerate(shops)}
    pace = np.full(len(roads), 80.0)
    graph = split_graph(
        list(roads.geometry), pace, ~roads["oneway"].to_numpy() if oneway else np.ones(len(roads)), named
    )
    bits = {}
    for a, b, data in graph.edges(data=True):
        if "leg" not in (a[0], b[0]):
            bits.setdefault(frozenset((a, b)), {})[(a, b)] = data["weight"]
    sums = {}
    for shop in named:
        side = graph if outward else graph.reverse()
        away = nx.single_source_dijkstra_path_length(side, shop, cutoff=max(limits))
        for limit in limits:
            total = 0.0
            for directions in bits.values():
                length = next(iter(directions.values()))
                got = 0.0
                for a, b in directions:
                    entered = a if outward else b  # against the travel where it goes to the shop
                    got += min(length, max(0.0, limit - away.get(entered, np.inf)))
                total += min(got, length)
            sums[shop[1], limit] = total * 80
    return sums


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), oneway=st.booleans(), outward=st.booleans())
def test_lengths_are_those_of_networkx(seed, oneway, outward):
    roads, shops, limits = streets(seed, junctions=18), places(seed, 6), (2.0, 4.0, 7.0)
    network = Network.from_lines(roads, mode="bike" if oneway else "walk", speed_kmh=4.8, noded=True)
    found = network.service_areas(shops, limits, access_metres=200, outward=outward)
    truth = brute_force(roads, shops, limits, oneway, outward)
    assert sum(truth.values()) > 0
    for (shop, limit), metres in truth.items():
        own = found[(found["facility"] == shop) & (found["band"] <= limit)]
        assert own["metres"].sum() == pytest.approx(metres, abs=1e-6)
        assert own.length.sum() == pytest.approx(metres, abs=1e-6)
        assert course(own).length == pytest.approx(metres, abs=1e-5)  # no piece lies on another
    assert (found["minutes_from"] <= found["minutes_to"]).all()
    assert (found["minutes_to"] <= found["band"] + 1e-9).all()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), outward=st.booleans())
def test_a_spot_is_in_the_band_of_its_minutes(seed, outward):
    """Spots all over the streets, travelled to or from each shop by the network itself as origins or destinations."""
    roads, shops, limits = streets(seed, junctions=18), places(seed, 4), np.array([2.0, 4.0, 7.0])
    network = Network.from_lines(roads, mode="drive", noded=True)
    found = network.service_areas(shops, limits, access_metres=200, outward=outward)
    edge, share = np.repeat(np.arange(len(network.edges)), 5), np.tile([0.1, 0.3, 0.5, 0.7, 0.9], len(network.edges))
    at = shapely.line_interpolate_point(network.edges.geometry[edge], share, normalized=True)
    there, back = (at, shops) if not outward else (shops, at)
    minutes = network.matrix(there, back, access_metres=200)
    minutes = minutes if outward else minutes.T
    for shop in range(len(shops)):
        mine = found[found["facility"] == shop]
        band = np.full(len(at), np.inf)
        on = shapely.STRtree(mine.geometry.array).query(at, predicate="dwithin", distance=1e-6)
        np.minimum.at(band, on[0], mine["band"].to_numpy()[on[1]])
        expected = np.r_[limits, np.inf][np.searchsorted(limits, minutes[shop])]
        sure = (np.abs(minutes[shop][:, None] - limits) > 1e-6).all(axis=1)
        np.testing.assert_array_equal(band[sure], expected[sure])


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_more_minutes_and_more_facilities_never_reach_less(seed):
    network = Network.from_lines(streets(seed), mode="drive", noded=True)
    shops = places(seed, 6)
    metres = {}
    for count in (1, 3, 6):
        for limit in (0.5, 1, 2, 4, 100):
            found = network.service_areas(shops[:count], (limit,), access_metres=200, group=np.zeros(count, int))
            metres[count, limit] = found["metres"].sum()
    for (count, limit), value in metres.items():
        assert all(value <= more + 1e-6 for (c, m), more in metres.items() if c >= count and m >= limit)
    one_by_one = network.service_areas(shops, (0.5, 1, 2, 4, 100), access_metres=200)
    for limit in (0.5, 1, 2, 4, 100):
        each = one_by_one[one_by_one["band"] <= limit].groupby("facility")["metres"].sum()
        assert (each <= metres[6, limit] + 1e-6).all()
        assert each.sum() >= metres[6, limit] - 1e-6


def test_the_whole_network_is_reached_in_the_end():
    roads = streets(4, oneway=0)
    network = Network.from_lines(roads, noded=True)
    found = network.service_areas(places(4, 1), (10_000,), access_metres=1000)
    part = network.component[network.edges.u]
    mine = part == part[network.attach(places(4, 1), 1000).edge[0]]
    assert found["metres"].sum() == pytest.approx(network.edges.metres[mine].sum())


def test_both_ways_give_the_same_to_the_last_bit(monkeypatch):
    network = Network.from_lines(streets(11, junctions=60), mode="drive", noded=True)
    shops, group = places(11, 80), np.arange(80) // 3
    frames = []
    for available in (True, False):
        monkeypatch.setattr(compiled, "available", lambda answer=available: answer)
        frames.append(network.service_areas(shops, (0.5, 1, 2), access_metres=200, group=group, outward=True))
    pd.testing.assert_frame_equal(*frames, check_exact=True)

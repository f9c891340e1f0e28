"""Times whose truth is arithmetic: 4.8 km/h is 80 m a minute, and streets run along a grid."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point

from qsgis.network import Network, Reason
from tests.network.drawn import layer

pytestmark = pytest.mark.usefixtures("both_ways")

CRS = "EPSG:4546"


def grid(blocks=10, block=100.0):
    """Streets from end to end, not cut at their crossings."""
    end = blocks * block
    across = [[(0, k * block), (end, k * block)] for k in range(blocks + 1)]
    return layer(*across, *[[(k * block, 0), (k * block, end)] for k in range(blocks + 1)])


def metres(minutes):
    return np.asarray(minutes) * 80


def test_walking_on_a_grid_is_dx_plus_dy():
    network = Network.from_lines(grid())
    corners = np.array([[x, y] for x in range(0, 1001, 100) for y in range(0, 1001, 100)])
    assert len(network.nodes) == 121
    assert len(network.edges) == 220
    goal = np.array([[700, 300]])
    truth = np.abs(corners - goal).sum(axis=1)
    np.testing.assert_allclose(metres(network.travel_time(corners, goal)), truth, atol=1e-9)
    np.testing.assert_allclose(metres(network.matrix(corners, goal)[:, 0]), truth, atol=1e-9)


def test_a_facility_mid_edge_and_the_legs_count():
    network = Network.from_lines(grid())
    # home 10 m south of (130, 200); shop 20 m east of (500, 350): 10 + 70 + |200-…| along the grid
    home, shop = [[130, 190]], [[520, 350]]
    assert metres(network.travel_time(home, shop)) == pytest.approx(10 + (500 - 130) + (350 - 200) + 20)
    slow = network.travel_time(home, shop, access_kmh=2.4)
    assert metres(slow) == pytest.approx(2 * 10 + 370 + 150 + 2 * 20)


def test_both_on_one_edge_do_not_go_round_by_a_junction():
    network = Network.from_lines(grid())
    assert metres(network.travel_time([[120, 0]], [[180, 0]])) == pytest.approx(60)
    assert metres(network.travel_time([[180, 0]], [[120, 0]])) == pytest.approx(60)
    assert metres(network.matrix([[120, 5]], [[180, -5]])) == pytest.approx(70)


def one_way_block():
    """A square of 100 m sides, all one-way against the clock from (0, 0); 60 km/h = 1000 m a minute."""
    square = [[(0, 0), (100, 0)], [(100, 0), (100, 100)], [(100, 100), (0, 100)], [(0, 100), (0, 0)]]
    return layer(*square, oneway=["yes"] * 4)


def test_one_way_round_a_block():
    network = Network.from_lines(one_way_block(), mode="drive", speed_kmh=60)
    ahead, behind = [[80, 0]], [[30, 0]]
    assert network.travel_time(behind, ahead).item() == pytest.approx(0.05)
    assert network.travel_time(ahead, behind).item() == pytest.approx(0.35)  # 400 m less 50 m
    assert network.travel_time([[0, 0]], [[0, 100]]).item() == pytest.approx(0.3)
    assert network.matrix(ahead, behind).item() == pytest.approx(0.35)
    walk = Network.from_lines(one_way_block(), mode="walk")
    assert metres(walk.travel_time(ahead, behind)) == pytest.approx(50)


def test_streets_turned_round():
    """Against the clock it is 50 m from behind to ahead; with every direction turned, 50 m from ahead to behind."""
    network = Network.from_lines(one_way_block(), mode="drive", speed_kmh=60)
    ahead, behind = [[80, 0]], [[30, 0]]
    assert network.turned.travel_time(ahead, behind).item() == pytest.approx(0.05)
    assert network.turned.travel_time(behind, ahead).item() == pytest.approx(0.35)
    assert network.turned.matrix(behind, ahead).item() == pytest.approx(network.matrix(ahead, behind).item())
    joined = network.attach(behind, 500)
    assert network.turned.attach(behind, 500).s.tolist() == joined.s.tolist()
    assert network.travel_time(behind, ahead).item() == pytest.approx(0.05)  # itself it is as it was


def test_one_way_drawn_backwards_is_minus_one():
    forward = Network.from_lines(layer([(0, 0), (100, 0)], oneway=[1]), mode="drive", speed_kmh=60)
    backward = Network.from_lines(layer([(100, 0), (0, 0)], oneway=["-1"]), mode="drive", speed_kmh=60)
    for network in (forward, backward):
        found = network.nearest([[0, 0], [100, 0]], [[70, 0]])
        assert found.minutes.tolist() == pytest.approx([0.07, np.inf])
        assert found.reason.tolist() == [Reason.REACHED, Reason.ONE_WAY]


def test_two_one_way_lanes_drawn_on_each_other_are_a_two_way_street():
    network = Network.from_lines(
        layer([(0, 0), (100, 0)], [(100, 0), (0, 0)], oneway=[True, True]), mode="drive", speed_kmh=60
    )
    assert network.matrix([[20, 0], [80, 0]], [[20, 0], [80, 0]]) == pytest.approx(np.array([[0, 0.06], [0.06, 0]]))
    assert network.report.doubled == 1


def test_a_place_at_a_junction_takes_any_street_there():
    """The home's nearest point is the end of three streets; the one-way among them leads away from the shop."""
    streets = layer([(0, 0), (0, -100)], [(0, 0), (-100, 0)], [(0, 0), (0, 300)], oneway=["yes", "no", "no"])
    network = Network.from_lines(streets, mode="drive", speed_kmh=60)
    for home in ([[0, 0]], [[3, 0]]):
        leg = home[0][0] / 80
        assert network.travel_time(home, [[0, 200]]).item() == pytest.approx(leg + 0.2)
        assert network.travel_time([[0, 200]], home).item() == pytest.approx(leg + 0.2)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 0, 3, 2), (2, 3, 0, 1)])
def test_a_tie_between_streets_does_not_depend_on_their_order(order):
    """From the middle of a block all four streets are 50 m away: the west side is taken."""
    sides = [[(0, 0), (100, 0)], [(100, 0), (100, 100)], [(100, 100), (0, 100)], [(0, 100), (0, 0)]]
    network = Network.from_lines(layer(*(sides[k] for k in order)))
    assert metres(network.travel_time([[50, 50]], [[0, 50]])) == pytest.approx(50)
    assert metres(network.travel_time([[50, 50]], [[100, 50]])) == pytest.approx(50 + 200)


def test_two_components_and_the_reasons():
    network = Network.from_lines(layer([(0, 0), (1000, 0)], [(0, 5000), (1000, 5000)]))
    homes = gpd.GeoSeries([Point(0, 0), Point(900, 0), Point(0, 5000), Point(0, 900)], index=list("abcd"), crs=CRS)
    found = network.nearest(homes, [[1000, 0]], minutes=10, access_metres=500)
    assert found.reason.tolist() == [Reason.BEYOND_LIMIT, Reason.REACHED, Reason.ISOLATED, Reason.OFF_NETWORK]
    assert found.destination.tolist() == [-1, 0, -1, -1]
    assert found.minutes.tolist() == pytest.approx([np.inf, 1.25, np.inf, np.inf])
    times = network.travel_time(homes, [[1000, 0]], minutes=10)
    assert isinstance(times, pd.Series)
    assert list(times.index) == list("abcd")
    assert len({Reason(code).label for code in range(5)}) == 5


def test_the_limit_is_within():
    network = Network.from_lines(layer([(0, 0), (1000, 0)]))
    assert network.travel_time([[0, 0]], [[400, 0]], minutes=5).item() == pytest.approx(5)
    assert np.isinf(network.travel_time([[0, 0]], [[400.01, 0]], minutes=5).item())


def test_a_detour_round_a_river():
    """Straight across 100 m; by the bridge 1,000 m there, 100 m over, 1,000 m back."""
    banks = layer([(0, 0), (1000, 0)], [(0, 100), (1000, 100)], [(1000, 0), (1000, 100)])
    assert metres(Network.from_lines(banks).travel_time([[0, 0]], [[0, 100]])) == pytest.approx(2100)


def test_a_park_with_several_entrances_is_one_destination():
    network = Network.from_lines(layer([(0, 0), (1000, 0)]))
    found = network.nearest([[100, 0], [490, 0], [900, 0]], [[0, 0], [500, 0], [1000, 0]], group=[7, 9, 7])
    assert found.destination.tolist() == [7, 9, 7]
    assert metres(found.minutes) == pytest.approx([100, 10, 100])


def test_facilities_off_the_network_are_told():
    network = Network.from_lines(layer([(0, 0), (1000, 0)]))
    shops = gpd.GeoSeries([Point(0, 501), Point(700, 0), None, Point()], crs=CRS)
    found = network.nearest([[0, 0]], shops, access_metres=500)
    assert found.off.tolist() == [True, False, True, True]
    assert network.attach(shops, 500).leg.tolist() == [501, 0, np.inf, np.inf]
    assert found.destination.tolist() == [1]
    nobody = network.nearest([[0, 0]], [[0, 501]], access_metres=500)
    assert nobody.reason.tolist() == [Reason.ISOLATED]


def test_a_loop_is_walked_the_shorter_way():
    ring = [(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]
    network = Network.from_lines(layer(ring))
    assert metres(network.travel_time([[50, 0]], [[0, 50]])) == pytest.approx(100)
    assert metres(network.travel_time([[100, 50]], [[50, 100]])) == pytest.approx(100)


def test_given_lengths_replace_those_of_the_plane():
    streets = layer([(0, 0), (1000, 0)], [(500, -100), (500, 100)])
    network = Network.from_lines(streets, length=np.array([1010.0, 200.0]))
    assert metres(network.travel_time([[0, 0]], [[500, 100]])) == pytest.approx(505 + 100)
    assert metres(network.travel_time([[100, 0]], [[200, 0]])) == pytest.approx(101)


def test_nothing_to_ask_and_nothing_to_walk_on():
    network = Network.from_lines(layer([(0, 0), (1000, 0)]))
    none = np.empty((0, 2))
    assert len(network.travel_time(none, [[0, 0]])) == 0
    assert network.nearest([[0, 0]], none).reason.tolist() == [Reason.ISOLATED]
    assert network.matrix(none, [[0, 0]]).shape == (0, 1)
    assert network.matrix([[0, 0]], none).shape == (1, 0)
    closed = Network.from_lines(layer([(0, 0), (9, 0)], **{"class": ["高速"]}), closed_classes=["高速"])
    assert closed.nearest([[0, 0]], [[9, 0]]).reason.tolist() == [Reason.OFF_NETWORK]
    assert np.isinf(closed.matrix([[0, 0]], [[9, 0]])).all()
    assert len(closed.reached_lines([[9, 0]], 5)) == 0
    assert closed.report.closed == 1


def test_wrong_questions_are_refused():
    network = Network.from_lines(layer([(0, 0), (1000, 0)]))
    with pytest.raises(ValueError, match="points"):
        network.travel_time(gpd.GeoSeries([Point(0, 0).buffer(1)], crs=CRS), [[0, 0]])
    with pytest.raises(ValueError, match="EPSG:4326"):
        network.travel_time(gpd.GeoSeries([Point(0, 0)], crs="EPSG:4326"), [[0, 0]])
    with pytest.raises(ValueError, match="group"):
        network.nearest([[0, 0]], [[0, 0]], group=[1, 2])
    with pytest.raises(ValueError, match="access_kmh"):
        network.nearest([[0, 0]], [[0, 0]], access_kmh=0)
    with pytest.raises(ValueError, match="plane"):
        Network.from_lines(layer([(112, 35), (112.1, 35)]).set_crs(4326, allow_override=True))
    with pytest.raises(ValueError, match="mode"):
        Network.from_lines(layer([(0, 0), (1, 0)]), mode="fly")
    with pytest.raises(ValueError, match="speed_kmh"):
        Network.from_lines(layer([(0, 0), (1, 0)]), speed_kmh=0)
    with pytest.raises(ValueError, match="length"):
        Network.from_lines(layer([(0, 0), (1, 0)]), length=np.ones(2))
    with pytest.raises(ValueError, match="length"):
        Network.from_lines(layer([(0, 0), (1, 0)]), length=np.array([np.nan]))

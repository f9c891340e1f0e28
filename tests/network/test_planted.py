"""Raw lines drawn from a network that is known."""

import itertools
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString

from qsgis.network import Network

CRS = "EPSG:4546"
OFF = 0.25  # metres that ends are off at most
pytestmark = pytest.mark.usefixtures("both_ways")


def shift(rng):
    """A way of up to OFF metres."""
    turn, off = rng.uniform(0, 2 * np.pi), OFF * np.sqrt(rng.random())
    return off * np.cos(turn), off * np.sin(turn)


def planted(seed, side):
    """(raw lines, true streets, junctions): rows and columns of an uneven grid, drawn in runs, the ends off."""
    rng = np.random.default_rng(seed)
    at = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1) * 100.0 + rng.uniform(
        -25, 25, (side, side, 2)
    )
    raw, true = [], []
    for course in [*at, *at.transpose(1, 0, 2)]:
        true += [LineString(course[k : k + 2]) for k in range(side - 1)]
        cuts = [0, *(np.flatnonzero(rng.random(side - 2) < 0.3) + 1), side - 1]
        for begin, end in itertools.pairwise(cuts):
            run = course[begin : end + 1].copy()
            run[0] += shift(rng)
            run[-1] += shift(rng)
            raw.append(LineString(run[:: rng.choice([-1, 1])]))
    return raw, true, at.reshape(-1, 2)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), side=st.integers(2, 9))
def test_the_network_is_found_again(seed, side):
    raw, true, junctions = planted(seed, side)
    network = Network.from_lines(gpd.GeoDataFrame(geometry=raw, crs=CRS))
    known = Network.from_lines(gpd.GeoDataFrame(geometry=true, crs=CRS), noded=True)
    assert (network.report.nodes, network.report.edges) == (side**2, 2 * side * (side - 1))
    assert network.report.components == 1
    assert network.report.doubled == 0
    found, truth = (one.matrix(junctions, junctions[:3], access_metres=2) * 80 for one in (network, known))
    # a way has at most a street's two ends off at each junction, and the two legs
    assert np.abs(found - truth).max() <= 2 * OFF * (4 * side)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), tolerance=st.sampled_from([0.0, 0.5]))
def test_neither_the_order_of_rows_nor_how_they_are_drawn_matters(seed, tolerance):
    """Also of lines that cross anywhere, and of sharp angles."""
    rng = np.random.default_rng(seed)
    raw, _true, junctions = planted(seed, 6)
    raw += [LineString(rng.uniform(0, 500, (3, 2))) for _ in range(5)]
    order = rng.permutation(len(raw))
    other = [raw[k] if rng.random() < 0.5 else shapely.reverse(raw[k]) for k in order]
    one, two = (
        Network.from_lines(gpd.GeoDataFrame(geometry=lines, crs=CRS), tolerance=tolerance) for lines in (raw, other)
    )
    assert replace(one.report, widest_node=0, largest_component_share=0) == replace(
        two.report, widest_node=0, largest_component_share=0
    )
    assert one.report.widest_node == pytest.approx(two.report.widest_node, abs=1e-9)
    np.testing.assert_allclose(np.sort(one.nodes, axis=0), np.sort(two.nodes, axis=0), rtol=0, atol=1e-9)
    assert np.sort(one.edges.metres) == pytest.approx(np.sort(two.edges.metres), abs=1e-9)
    times = [network.matrix(junctions, junctions[::7], access_metres=2) for network in (one, two)]
    np.testing.assert_allclose(times[0], times[1], rtol=0, atol=1e-9)


def test_streets_at_a_sharp_angle_share_their_first_metres():
    """Two streets leave one junction two degrees apart; their ends are off, so that they cross farther out.

    They are joined at the junction and where they cross, and go there as one: a junction more, no metre more.
    """
    up = 100 * np.tan(np.radians(2))
    lines = [LineString([(0, 0.15), (100, 0)]), LineString([(0, -0.15), (100, up)]), LineString([(-50, 0), (0, 0)])]
    network = Network.from_lines(gpd.GeoDataFrame(geometry=lines, crs=CRS))
    across = 100 * 0.3 / (up + 0.3)  # 0.15 − 0.0015 x = −0.15 + (up + 0.15) x / 100
    assert (network.report.nodes, network.report.edges, network.report.doubled) == (5, 4, 1)
    assert np.abs(network.nodes[:, 0] - across).min() < 1e-9
    ways = network.matrix([[-50, 0]], [[100, 0], [100, up]], access_metres=1e-3) * 80
    assert ways[0].tolist() == pytest.approx([50 + lines[0].length, 50 + lines[1].length], abs=0.02)


def test_a_line_far_longer_than_all_others_is_joined_wherever_it_crosses():
    """A railway path of 200 km across a town of streets 1 m long, and a stray line where the coordinates begin."""
    town = [LineString([(500_000 + k, -0.5), (500_000 + k, 0.5)]) for k in range(0, 3000, 3)]
    path = LineString([(400_000, 0), (600_000, 0)])
    stray = LineString([(0, 0), (1, 1)])
    network = Network.from_lines(gpd.GeoDataFrame(geometry=[*town, path, stray], crs=CRS), tolerance=0.1)
    assert network.report.components == 2
    assert (network.report.nodes, network.report.edges) == (3 * 1000 + 2 + 2, 2 * 1000 + 1001 + 1)
    assert network.matrix([[500_000, 0.5]], [[502_997, -0.5]]).item() * 80 == pytest.approx(2997 - 0 + 1, abs=3.001)

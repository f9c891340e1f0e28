"""Places join the network at the nearest point of the nearest edge: by loops and by a tree what measuring all gives."""

from unittest.mock import patch

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString

from qsgis.network import Network, compiled
from qsgis.network.compiled.nearest import SLOTS, near_lines

CRS = "EPSG:4546"


def network_of(lines):
    return Network.from_lines(gpd.GeoDataFrame(geometry=lines, crs=CRS), mode="walk", speed_kmh=6)


def streets(rng):
    """A grid of streets, winding ways, a long straight one across, and one that is far off."""
    grid = [LineString([(x, 0), (x, 400)]) for x in range(0, 401, 100)]
    grid += [LineString([(0, y), (400, y)]) for y in range(0, 401, 100)]
    winding = [LineString(np.cumsum(rng.normal(0, 20, (30, 2)), axis=0) + 200) for _ in range(8)]
    return [*grid, *winding, LineString([(-3000, -50), (3000, 450)]), LineString([(90_000, 0), (90_000, 10)])]


def spots(rng):
    """On streets, at their crossings, amid a block (four streets are as near), beyond all, beside the one far off."""
    on, amid = rng.integers(0, 5, (150, 2)) * 100.0, rng.integers(0, 4, (150, 2)) * 100.0 + 50
    return np.r_[
        on, amid, rng.uniform(-50, 450, (900, 2)), rng.uniform(-9000, 9000, (100, 2)), [[89_000, 5], [4e6, 4e6]]
    ]


def attachment(network, places):
    found = network.attach(places, 500.0)
    return found.edge, found.s, found.leg, found.off


@pytest.mark.parametrize("seed", range(4))
def test_loops_and_tree_give_the_same_to_the_last_bit(seed):
    rng = np.random.default_rng(seed)
    network, places = network_of(streets(rng)), spots(rng)
    looped = attachment(network, places)
    with patch.object(compiled, "available", lambda: False):
        plain = attachment(network, places)
    for one, other in zip(looped, plain, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_leg_is_the_distance_to_all_streets_together():
    rng = np.random.default_rng(9)
    network, places = network_of(streets(rng)), spots(rng)
    whole = shapely.multilinestrings(list(network.edges.geometry))
    np.testing.assert_allclose(network.attach(places, 500.0).leg, shapely.distance(shapely.points(places), whole))


@pytest.mark.parametrize("seed", range(4))
def test_all_lines_as_near_as_the_nearest_are_told(seed):
    rng = np.random.default_rng(seed)
    lines, places = np.array(streets(rng), dtype=object), spots(rng)
    coords, line = shapely.get_coordinates(lines, return_index=True)
    told = near_lines(places, coords, line, 1e-6)
    distance = shapely.distance(shapely.points(places)[:, None], lines)
    due = distance <= distance.min(axis=1, keepdims=True) + 1e-9
    answered = (told >= 0).any(axis=1)
    assert answered[:1200].all() and not answered[-1]  # the last is out of this world: a tree is asked
    for row in np.flatnonzero(answered):
        assert set(np.flatnonzero(due[row])) <= set(told[row][told[row] >= 0])
        assert np.sum(told[row] >= 0) <= np.sum(distance[row] <= distance[row].min() + 2e-6)


def test_a_place_with_more_lines_than_there_is_room_for_is_left_to_the_tree():
    turn = np.linspace(0, 2 * np.pi, SLOTS + 1, endpoint=False)
    star = [LineString([(0, 0), (100 * np.cos(a), 100 * np.sin(a))]) for a in turn]
    coords, line = shapely.get_coordinates(np.array(star, dtype=object), return_index=True)
    told = near_lines(np.array([[0.0, 0.0], [50.0, 0.0]]), coords, line, 1e-6)
    assert told.max(axis=1).tolist() == [-1, 0]
    at_hub = network_of(star).attach(np.zeros((5 * SLOTS, 2)), 10.0)
    assert not at_hub.off.any() and not at_hub.leg.any() and len(set(at_hub.edge)) == 1


@pytest.mark.parametrize("line", [[(0, 0), (0, 0), (30, 0)], [(0, 0), (30, 0)]])
def test_a_single_line(line):
    """All lies in one row of cells; a vertex given twice makes no segment of its own."""
    network = network_of([LineString(line)])
    found = network.attach([[10, 5], [-3, 4], [34, 3]], 5.0)
    assert found.leg.tolist() == [5, 5, 5]
    assert found.s.round(6).tolist() == [10, 0, 30]

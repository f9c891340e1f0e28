"""Places join the network at the nearest point of the nearest edge: by loops and by a tree what measuring all gives."""

from unittest.mock import patch

import geopandas as gpd
import networkx as nx
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


def test_a_town_in_a_wide_country_is_left_to_the_tree():
    """Some cells hold the whole town: each place in them would be held against all of it."""
    rng = np.random.default_rng(4)
    middle, turn = rng.uniform(0, 1000, (3000, 2)), rng.uniform(0, np.pi, 3000)
    step = 5 * np.column_stack([np.cos(turn), np.sin(turn)])
    town = shapely.linestrings(np.stack([middle - step, middle + step], axis=1))
    ways = shapely.linestrings(rng.uniform(-400_000, 400_000, (300, 2, 2)))
    network, places = network_of([*town, *ways]), rng.uniform(0, 1000, (4000, 2))
    coords, line = shapely.get_coordinates(network.edges.geometry, return_index=True)
    assert (near_lines(places, coords, line, 1e-6) < 0).all(axis=1).mean() > 0.5
    nearest = network.edges.geometry[network.attach(places, 500.0).edge]
    due = [shapely.distance(shapely.Point(place), network.edges.geometry).min() for place in places[:200]]
    np.testing.assert_array_equal(shapely.distance(nearest[:200], shapely.points(places[:200])), due)


def test_the_tree_is_not_made_where_loops_tell_all():
    rng = np.random.default_rng(5)
    lines = [[(x, 0), (x, 400)] for x in range(0, 401, 20)] + [[(0, y), (400, y)] for y in range(0, 401, 20)]
    network = network_of(list(map(LineString, lines)))
    network.attach(rng.uniform(0, 400, (3000, 2)), 500.0)
    assert "tree" not in vars(network)


def test_a_street_without_a_place_is_near_to_none():
    """A node of a graph may lack coordinates where the edge's length is given."""
    graph = nx.MultiDiGraph(crs=CRS)
    graph.add_nodes_from([(0, {"x": 0, "y": 0}), (1, {"x": 100, "y": 0}), (2, {"x": np.nan, "y": 0})])
    graph.add_edges_from([(0, 1, {"length": 100}), (1, 2, {"length": 50})])
    network = Network.from_networkx(graph)
    found = network.attach(np.array([[10.0, 5.0]] * 20), 10.0)
    assert found.leg.tolist() == [5] * 20
    assert set(network.edges.metres[found.edge]) == {100}


@pytest.mark.parametrize("line", [[(0, 0), (0, 0), (30, 0)], [(0, 0), (30, 0)]])
def test_a_single_line(line):
    """All lies in one row of cells; a vertex given twice makes no segment of its own."""
    network = network_of([LineString(line)])
    found = network.attach([[10, 5], [-3, 4], [34, 3]], 5.0)
    assert found.leg.tolist() == [5, 5, 5]
    assert found.s.round(6).tolist() == [10, 0, 30]

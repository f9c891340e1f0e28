"""Ways along roads for the ledger, on a few streets reckoned by hand (80 m a minute on foot)."""

import numpy as np
import pytest
import shapely

from qsgis.demo.ledger import travel


def streets(*lines):
    return np.array([shapely.LineString(line) for line in lines], dtype=object)


def test_a_walk_counts_both_legs_and_the_way_between():
    net = travel.on_foot(streets([(0, 0), (400, 0)], [(400, 0), (400, 400)]))
    found = travel.minutes(net, np.array([[360.0, 320.0]]), np.array([[80.0, 80.0]]))
    # 80 m to the street, 320 m to the corner, 320 m up, 40 m to the door
    assert found == pytest.approx([760 / 80])


def test_on_one_street_nobody_goes_round_by_its_end():
    net = travel.on_foot(streets([(0, 0), (1000, 0)]))
    found = travel.minutes(net, np.array([[500.0, 0.0], [900.0, 0.0]]), np.array([[340.0, 0.0], [860.0, 0.0]]))
    assert found == pytest.approx([2.0, 0.5])


def test_a_one_way_street_is_left_by_the_other_end():
    lines = streets([(0, 0), (1000, 0)], [(1000, 0), (1000, 500)], [(1000, 500), (0, 500)], [(0, 500), (0, 0)])
    net = travel.driving(
        lines, np.full(4, 60.0), np.array([True, False, False, False]), np.zeros(4, bool), 4.8
    )  # 60 km/h
    door = np.array([[200.0, 0.0]])
    assert travel.minutes(net, door, np.array([[100.0, 0.0]])) == pytest.approx([0.1])
    # 700 m on to the corner, 500 + 1000 + 500 m round, 200 m to the door
    assert travel.minutes(net, door, np.array([[300.0, 0.0]])) == pytest.approx([2.9])


def test_far_from_every_road_is_not_reached():
    net = travel.on_foot(streets([(0, 0), (1000, 0)]))
    found = travel.minutes(net, np.array([[0.0, 0.0]]), np.array([[0.0, 499.0], [0.0, 501.0]]))
    assert found[0] == pytest.approx(499 / 80)
    assert np.isinf(found[1])
    assert np.isinf(travel.minutes(net, np.array([[0.0, 600.0]]), np.array([[0.0, 0.0]]))).all()


def test_grounds_are_entered_where_streets_meet_their_edge():
    lines = streets([(-100, 50), (200, 50)], [(0, -300), (0, -200)])
    square, apart = shapely.box(0, 0, 100, 100), shapely.box(-50, -150, 50, -100)
    found = {tuple(spot) for spot in travel.entrances(np.array([square, apart], dtype=object), lines)}
    assert found == {(0.0, 50.0), (100.0, 50.0), (0.0, -150.0)}


def test_samples_are_a_grid_inside():
    assert len(travel.samples(np.array([shapely.box(0, 0, 100, 60)], dtype=object), 20.0)) == 4 * 2


def test_a_place_joins_the_road_that_is_not_shut_and_drives_there():
    lines = streets([(0, 0), (1000, 0)], [(0, 0), (0, 300)], [(0, 300), (1000, 300)])
    net = travel.driving(lines, np.full(3, 60.0), np.zeros(3, bool), np.array([True, False, False]), 12.0)
    # 10 m off the shut road, so 290 m up to the open one at 12 km/h (200 m a minute), then 500 m along it
    found = travel.minutes(net, np.array([[1000.0, 300.0]]), np.array([[500.0, 10.0]]))
    assert found == pytest.approx([290 / 200 + 0.5])

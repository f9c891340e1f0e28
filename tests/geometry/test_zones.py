import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from qsgis.geometry.zones import locate

from .shapes import ORIGIN, array, coverage, square

ZONES = array(square(0, 0), square(1, 0), None)


def test_points_by_hand():
    points = array(
        *(shapely.Point(xy) for xy in [(0.5, 0.5), (1.5, 0.5), (3, 3), (0, 0), (2, 1)]), None, shapely.Point()
    )
    assert locate(points, ZONES).tolist() == [0, 1, -1, 0, 1, -1, -1]


def test_a_point_on_a_common_border_goes_to_the_first_by_code():
    border = array(shapely.Point(1, 0.5))
    assert locate(border, ZONES).tolist() == [0]
    assert locate(border, ZONES, ["140521102", "140521101", "140521100"]).tolist() == [1]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_corners_and_points_inside_have_the_first_zone_that_holds_them(seed):
    zones = coverage(seed)
    rng = np.random.default_rng(seed)
    corners = shapely.points(np.unique(shapely.get_coordinates(zones), axis=0))
    points = np.concatenate([corners, shapely.points(ORIGIN + rng.uniform(-50, 650, size=(200, 2)))])
    expected = [next((k for k, zone in enumerate(zones) if zone.intersects(point)), -1) for point in points]
    assert locate(points, zones).tolist() == expected


def test_large_zones_are_cut_and_lose_no_point():
    """A disc of 2,000 vertices: points on its tiles' seams (x or y of the centre) are inside."""
    disc = shapely.buffer(shapely.Point(0, 0), 100.0, quad_segs=500)
    points = shapely.points([(0, 0), (0, 50), (-50, 0), (25, 25), (0, 100), (99, 99), (np.nan, 0)])
    assert locate(points, array(disc)).tolist() == [0, 0, 0, 0, 0, -1, -1]


def test_what_is_no_point_is_refused():
    with pytest.raises(ValueError):
        locate(array(square(0, 0)), ZONES)
    assert locate(array(), ZONES).tolist() == locate(array(), array()).tolist() == []
    assert locate(array(shapely.Point(0, 0)), array()).tolist() == [-1]

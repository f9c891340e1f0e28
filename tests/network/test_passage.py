"""Speeds, directions and closed streets, a column at a time."""

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString

from qsgis.network import Network

pytestmark = pytest.mark.usefixtures("both_ways")


def streets(count=6, **columns):
    """Parallel streets of 1 km, 10 km apart, so that each is a network of its own."""
    lines = [LineString([(0, 10_000 * k), (1000, 10_000 * k)]) for k in range(count)]
    return gpd.GeoDataFrame(columns, geometry=lines, crs="EPSG:4546")


def along(network, count=6, *, back=False):
    """Minutes from one end of each street to the other."""
    west, east = (np.column_stack([np.full(count, x), 10_000.0 * np.arange(count)]) for x in (0, 1000))
    return np.diag(network.matrix(east, west) if back else network.matrix(west, east))


def test_driving_speed_is_the_lines_own_then_its_classs_then_the_one_for_all():
    layer = streets(kmh=[30, None, None, 0, -5, np.inf], **{"class": ["国道", "国道", "小路", "国道", "国道", "国道"]})
    network = Network.from_lines(layer, mode="drive", class_speeds={"国道": 60}, speed_kmh=20)
    assert along(network).tolist() == pytest.approx([2, 1, 3, np.inf, np.inf, np.inf])
    assert network.report.refused_speed == 3
    assert any("3" in note for note in network.report.notes)


def test_no_speed_at_all_is_refused_not_guessed():
    network = Network.from_lines(streets(kmh=[30, None, np.nan, "", "60 km/h", "60"]), mode="drive")
    assert along(network).tolist() == pytest.approx([2, np.inf, np.inf, np.inf, np.inf, 1])
    assert network.report.refused_speed == 4


def test_walking_has_one_speed_and_no_one_way():
    layer = streets(kmh=[30, 0, 60, 5, 1, 2], oneway=[True, "yes", 1, -1, "-1", "是"])
    network = Network.from_lines(layer, speed_kmh=6)
    for back in (False, True):
        assert along(network, back=back).tolist() == pytest.approx([10] * 6)


@pytest.mark.parametrize("mode", ["bike", "drive"])
def test_one_way_words(mode):
    layer = streets(8, oneway=[True, 1, "yes", "是", "-1", -1, "no", None])
    network = Network.from_lines(layer, mode=mode, speed_kmh=60)
    there, back = along(network, 8), along(network, 8, back=True)
    assert there.tolist() == pytest.approx([1, 1, 1, 1, np.inf, np.inf, 1, 1])
    assert back.tolist() == pytest.approx([np.inf, np.inf, np.inf, np.inf, 1, 1, 1, 1])


def test_one_way_columns_of_one_type():
    for values, there, back in (
        (np.array([True, False]), [1, 1], [np.inf, 1]),
        (np.array([1, 0]), [1, 1], [np.inf, 1]),
        (np.array([-1.0, np.nan]), [np.inf, 1], [1, 1]),
        (np.array(["否", "双向"]), [1, 1], [1, 1]),
    ):
        network = Network.from_lines(streets(2, oneway=values), mode="drive", speed_kmh=60)
        assert along(network, 2).tolist() == pytest.approx(there)
        assert along(network, 2, back=True).tolist() == pytest.approx(back)


def test_unknown_one_way_is_said():
    network = Network.from_lines(streets(2, oneway=["alternating", "no"]), mode="drive", speed_kmh=60)
    assert along(network, 2, back=True).tolist() == pytest.approx([1, 1])
    assert any("alternating" in note for note in network.report.notes)


def test_closed_streets():
    layer = streets(
        4, foot=[False, True, None, "否"], car=[True, False, True, None], **{"class": ["a", "a", "高速", "a"]}
    )
    walk = Network.from_lines(layer, mode="walk", speed_kmh=60, closed_classes=["高速"])
    drive = Network.from_lines(layer, mode="drive", speed_kmh=60)
    assert along(walk, 4).tolist() == pytest.approx([np.inf, 1, np.inf, np.inf])
    assert walk.report.closed == 3
    assert along(drive, 4).tolist() == pytest.approx([1, np.inf, 1, 1])
    unnamed = Network.from_lines(streets(2), closed_classes=["高速"])
    assert len(unnamed.report.notes) == 2  # in two pieces, and that no class could be closed


def test_an_odd_level_is_said():
    network = Network.from_lines(streets(3, layer=["0", "below", None]))
    assert any(note.startswith("1 ") or "1" in note for note in network.report.notes)


def test_places_do_not_join_a_shut_class():
    """10 m off the motorway, 290 m from the street: joined there at 12 km/h (200 m a minute), then 500 m at 60 km/h."""
    lines = gpd.GeoDataFrame(
        {"class": ["高速公路", "支路", "支路"]},
        geometry=[
            LineString([(0, 0), (1000, 0)]),
            LineString([(0, 0), (0, 300)]),
            LineString([(0, 300), (1000, 300)]),
        ],
    )
    options = {"mode": "drive", "speed_kmh": 60.0}
    start, end = [[500.0, 10.0]], [[1000.0, 300.0]]
    shut = Network.from_lines(lines, shut_classes=["高速公路"], **options)
    assert shut.travel_time(start, end, access_kmh=12.0).tolist() == pytest.approx([290 / 200 + 0.5])
    joined = Network.from_lines(lines, **options)
    assert joined.travel_time(start, end, access_kmh=12.0).tolist() == pytest.approx([10 / 200 + 0.5 + 0.3 + 1.0])

"""Loads of facilities and living circles, worked out by hand on one street; and that loads add up to the whole."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point

from qsgis import messages
from qsgis.network import Network, Reason
from tests.network.oracle import CRS, places, streets


def network(*more):
    """1 km of street at 80 m a minute, and another that does not touch it."""
    lines = [LineString([(0, 0), (1000, 0)]), LineString([(0, 5000), (1000, 5000)])]
    return Network.from_lines(gpd.GeoDataFrame(geometry=[*lines, *more], crs=CRS))


HOMES = [[100, 0], [480, 0], [520, 0], [900, 0], [500, 5000], [500, 900]]
PEOPLE = [10, 20, 30, 40, 50, 60]


def test_loads_of_two_clinics():
    """Clinics at 0 and 1000: the homes at 100 and 480 go to the first, 520 and 900 to the second, two nowhere."""
    found = network().catchments(HOMES, {"people": PEOPLE, "elders": [1, 2, 3, 4, 5, 6]}, [[0, 0], [1000, 0]])
    assert found.load["people"].tolist() == [30, 70]
    assert found.load["elders"].tolist() == [3, 7]
    assert found.load["origins"].tolist() == [2, 2]
    assert found.facility.tolist() == [0, 0, 1, 1, -1, -1]
    assert found.minutes * 80 == pytest.approx([100, 480, 480, 100, np.inf, np.inf])
    assert found.unassigned.loc["isolated", "people"] == 50
    assert found.unassigned.loc["off_network", "people"] == 60
    assert found.unassigned["origins"].sum() == 2
    assert found.notes == []


def test_a_limit_and_entrances_of_one_park():
    """Within 5 minutes (400 m) of either entrance of park 8 or of park 3."""
    parks = [[0, 0], [1000, 0], [600, 900]]
    found = network().catchments(HOMES, {"people": PEOPLE}, parks, minutes=5, group=[8, 8, 3])
    assert found.load["people"].to_dict() == {3: 0, 8: 50}
    assert found.load["off"].to_dict() == {3: True, 8: False}
    assert found.unassigned.loc["beyond_limit", "people"] == 50
    assert found.reason.tolist()[:2] == [Reason.REACHED, Reason.BEYOND_LIMIT]
    messages.set_language("en")
    again = network().catchments(HOMES, {"people": PEOPLE}, parks, minutes=5, group=[8, 8, 3])
    assert again.notes == ["1 facilities have no street near: they serve nobody here"]


def test_missing_and_negative_people_are_counted_and_named():
    messages.set_language("en")
    people = pd.Series([10, np.nan, -30, 40, None, "many"])
    found = network().catchments(HOMES, {"people": people}, [[0, 0], [1000, 0]])
    assert found.load["people"].tolist() == [10, 40]
    assert found.unassigned["people"].sum() == 0
    assert found.load["origins"].sum() + found.unassigned["origins"].sum() == 6
    assert found.notes == [
        "people: 3 origins have no number: not counted",
        "people: 1 origins have a number below 0: not counted",
    ]


def test_no_facility_at_all():
    found = network().catchments(HOMES, {"people": PEOPLE}, np.empty((0, 2)))
    assert len(found.load) == 0
    assert found.unassigned["people"].sum() == sum(PEOPLE)


def test_a_weight_for_each_origin():
    with pytest.raises(ValueError, match="people"):
        network().catchments(HOMES, {"people": [1, 2]}, [[0, 0]])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), minutes=st.sampled_from([None, 2.0, 5.0]))
def test_loads_and_the_unassigned_make_the_whole(seed, minutes):
    network = Network.from_lines(streets(seed), mode="drive", noded=True)
    weight = np.random.default_rng(seed).integers(0, 100, 80)
    found = network.catchments(places(seed, 80), {"people": weight}, places(seed + 1, 6), minutes=minutes,
                               access_metres=200)  # fmt: skip
    assert found.load["people"].sum() + found.unassigned["people"].sum() == weight.sum()
    assert found.load["origins"].sum() + found.unassigned["origins"].sum() == 80
    for facility, row in found.load.iterrows():
        assert row["people"] == weight[found.facility == facility].sum()


def circle(minutes, **more):
    kinds = {"school": [[0, 0]], "clinic": [[400, 0]], "market": [[800, 0], [900, 900]]} | more
    homes = gpd.GeoSeries([Point(200, 0), Point(400, 0), Point(480, 0), Point(200, 900)], index=list("abcd"), crs=CRS)
    return network().living_circle(homes, kinds, minutes)


def test_one_of_each_kind():
    """Within 5 minutes, 400 m: at 400 all three; at 200 no market; at 480 no school; off the street nothing."""
    found = circle(5)
    assert found.whole.tolist() == [False, True, False, False]
    assert found.reached.to_numpy().tolist() == [[1, 1, 0], [1, 1, 1], [0, 1, 1], [0, 0, 0]]
    assert (found.minutes * 80).loc["a"].tolist() == pytest.approx([200, 200, 600])
    assert found.reason.loc["c", "school"] == Reason.BEYOND_LIMIT
    assert set(found.reason.loc["d"]) == {Reason.OFF_NETWORK}
    assert found.reason.loc["b", "market"] == Reason.REACHED


def test_a_limit_for_each_kind():
    assert circle({"school": 6, "clinic": 1, "market": 5}).whole.tolist() == [False, True, True, False]


def test_kinds_of_which_there_is_nothing_are_named():
    messages.set_language("en")
    found = circle(15, bath=np.empty((0, 2)))
    assert not found.whole.any()
    assert found.notes == ["bath: there is no such facility", "market: 1 of 2 have no street near"]


def test_wrong_questions():
    with pytest.raises(ValueError, match="kinds"):
        network().living_circle(HOMES, {}, 5)
    with pytest.raises(ValueError, match="limit"):
        circle({"school": 5})

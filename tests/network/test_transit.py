"""Door to door on small timetables drawn by hand: arithmetic; both ways of computing; what must hold on any of them."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from qsgis.network import Network, Reason, compiled, transit_times
from qsgis.network.transit import Transit
from qsgis.network.transit_timetable import Calls, Changes, Timetable

SEVEN = 7 * 3600


def street(*lines):
    """A walking network (80 m a minute) of lines that meet at their ends."""
    return Network.from_lines(gpd.GeoDataFrame(geometry=[shapely.LineString(line) for line in lines]), noded=True)


def timetable(stops, trips, changes=(), no_board=(), no_alight=()):
    """trips: lists of (stop, minute after 7:00, perhaps the minute of leaving); changes: (a, b, seconds)."""
    calls = [(k, stop, when[0], when[-1]) for k, trip in enumerate(trips) for stop, *when in trip]
    trip, stop, arrival, departure = (np.array(part, float) for part in zip(*calls, strict=True))
    stop = stop.astype(np.int64)
    start, end, seconds = (np.array([row[k] for row in changes]) for k in range(3))
    return Timetable.of_calls(
        Calls(
            trip.astype(np.int64), stop, (SEVEN + arrival * 60).astype(np.int64),
            (SEVEN + departure * 60).astype(np.int64), ~np.isin(stop, no_board), ~np.isin(stop, no_alight),
        ),
        np.array([f"s{k}" for k in range(len(stops))], object), np.array(stops, float), None,
        np.array([f"t{k}" for k in range(len(trips))], object),
        changes=Changes(start.astype(np.int64), end.astype(np.int64), seconds.astype(float)),
    )  # fmt: skip


# Four stops far apart, each on a street of 200 m of its own: nobody walks from one to another.
APART = [(0, 0), (10_000, 0), (20_000, 0), (30_000, 0)]
STREETS = [[(x - 100, 0), (x + 100, 0)] for x, _y in APART]


def minutes(transit, start, end, leaving=0, **options):
    """Minutes from place to place, leaving so many minutes after 7:00."""
    return transit.travel_time([start], [end], window=(420 + leaving, 420 + leaving), **options).median.item()


@pytest.fixture(params=[True, False], autouse=True)
def _both_ways(request, monkeypatch):
    monkeypatch.setattr(compiled, "available", lambda: request.param)


def test_ride_wait_and_dwell():
    """7:05 -> 7:15, stands until 7:20, 7:30 at the third stop: staying in needs no time for a change."""
    transit = Transit(street(*STREETS), timetable(APART, [[(0, 5), (1, 15, 20), (2, 30)]]))
    assert minutes(transit, APART[0], APART[1]) == 15
    assert minutes(transit, APART[0], APART[2]) == 30
    assert minutes(transit, APART[1], APART[2], leaving=18) == 12
    assert minutes(transit, APART[1], APART[2], leaving=21) == np.inf
    assert minutes(transit, APART[2], APART[0]) == np.inf
    assert minutes(transit, APART[0], APART[0]) == 0
    assert minutes(transit, APART[0], APART[2], minutes=30) == 30
    assert minutes(transit, APART[0], APART[2], minutes=29.9) == np.inf


@pytest.mark.parametrize(
    ("leaves", "changes", "due"),
    [
        (16, [], 26),  # there at 7:15, a minute to change: 7:16 -> 7:26
        (15.5, [], np.inf),  # half a minute is too short
        (15.5, [(1, 1, 30.0)], 25.5),  # unless 30 s are stated
        (15, [(1, 1, 0.0)], 25),  # or that it waits
        (16, [(1, 1, 120.0)], np.inf),  # or that two minutes are needed
        (30, [(1, 1, np.inf)], np.inf),  # or that there is no change at all
    ],
)
def test_a_change_at_one_stop(leaves, changes, due):
    trips = [[(0, 5), (1, 15)], [(1, leaves), (2, leaves + 10)]]
    transit = Transit(street(*STREETS), timetable(APART, trips, changes))
    assert minutes(transit, APART[0], APART[2]) == due


def test_rides_and_changes_of_no_time():
    """All at 7:05: 0 -> 1 by the last trip, 1 -> 2 by the first, 2 -> 3 by the one between, where changes take none."""
    trips = [[(1, 5), (2, 5)], [(2, 5), (3, 5)], [(0, 5), (1, 5)]]
    free = [(stop, stop, 0.0) for stop in range(4)]
    assert minutes(Transit(street(*STREETS), timetable(APART, trips, free)), APART[0], APART[3]) == 5
    assert minutes(Transit(street(*STREETS), timetable(APART, trips)), APART[0], APART[3]) == np.inf


def test_who_may_not_get_on_or_off():
    trips = [[(0, 5), (1, 15), (2, 25)], [(2, 30), (3, 40)]]
    on = Transit(street(*STREETS), timetable(APART, trips, no_board=[1]))
    assert minutes(on, APART[0], APART[2]) == 25
    assert minutes(on, APART[1], APART[2]) == np.inf
    off = Transit(street(*STREETS), timetable(APART, trips, no_alight=[2]))
    assert minutes(off, APART[0], APART[1]) == 15
    assert minutes(off, APART[0], APART[2]) == np.inf
    assert minutes(off, APART[0], APART[3]) == np.inf  # the change at the third stop is off too


# Stops 0 | 1 2 3 | 4: 1 to 2 and 2 to 3 are 240 m (3 minutes), 1 to 3 is 480 m (6 minutes).
ROW = [(0, 0), (10_000, 0), (10_240, 0), (10_480, 0), (30_000, 0)]
ROAD = [[(-100, 0), (100, 0)], [(10_000, 0), (10_240, 0), (10_480, 0)], [(29_900, 0), (30_100, 0)]]


def test_walks_between_stops_do_not_chain():
    """From 1 to 3 are 6 minutes, more than the 5 that a change may walk; by 2 would be chained."""
    near = [[(0, 0), (1, 10)], [(2, 13), (4, 30)]]
    assert minutes(Transit(street(*ROAD), timetable(ROW, near)), ROW[0], ROW[4]) == 30
    missed = [[(0, 0), (1, 10)], [(2, 12.9), (4, 30)]]
    assert minutes(Transit(street(*ROAD), timetable(ROW, missed)), ROW[0], ROW[4]) == np.inf
    far = [[(0, 0), (1, 10)], [(3, 20), (4, 30)]]
    assert minutes(Transit(street(*ROAD), timetable(ROW, far)), ROW[0], ROW[4]) == np.inf
    longer = Transit(street(*ROAD), timetable(ROW, far), transfer_minutes=6)
    assert minutes(longer, ROW[0], ROW[4]) == 30
    forbidden = timetable(ROW, near, [(1, 2, np.inf)])
    assert minutes(Transit(street(*ROAD), forbidden), ROW[0], ROW[4]) == np.inf
    stated = timetable(ROW, far, [(1, 3, 600.0)])
    assert minutes(Transit(street(*ROAD), stated), ROW[0], ROW[4]) == 30


def test_the_walk_to_a_stop_is_bounded_and_the_walk_all_the_way_is_not():
    """1600 m to the stop are 20 minutes; 800 m in the other direction 10."""
    network = street([(-800, 0), (0, 0), (1600, 0)], [(29_900, 0), (30_100, 0)])
    transit = Transit(network, timetable([(0, 0), (30_000, 0)], [[(0, 20), (1, 40)]]))
    assert minutes(transit, (-800, 0), (30_000, 0)) == pytest.approx(40)
    assert minutes(transit, (1600, 0), (30_000, 0)) == np.inf
    assert minutes(transit, (1600, 0), (-800, 0)) == pytest.approx(30)
    assert minutes(Transit(network, transit.timetable, walk_minutes=20), (1600, 0), (30_000, 0)) == pytest.approx(40)


def test_the_median_over_an_even_number_of_departures_is_a_time_that_occurs():
    """Leaving at 7:00, 7:01, 7:02, 7:03 for the 7:02 (5 minutes) and none after: 7, 6, 5, never. Half keep to 6."""
    transit = Transit(street(*STREETS), timetable(APART, [[(0, 2), (1, 7)]]))
    found = transit.travel_time([APART[0]], [APART[1]], window=(420, 423))
    assert (found.low.item(), found.median.item(), found.high.item()) == (5, 6, np.inf)


def test_nearest_takes_whichever_is_soonest_and_says_why_not():
    """Every ten minutes to 1 (5 minutes), 7:30 to 2: at the median 1; the place off the streets and the cut-off one."""
    trips = [[(0, 10 * k), (1, 10 * k + 5)] for k in range(12)] + [[(0, 0), (2, 1)]]
    transit = Transit(street(*STREETS), timetable(APART, trips))
    origins = [APART[0], (0, 5000), APART[3], APART[2]]
    found = transit.nearest(origins, [APART[1], APART[2]], window=(420, 460), minutes=60)
    # 41 departures: 1 minute at 7:00, then 14 … 5 four times: the 21st of 1, 5×4, 6×4, … is 9
    assert found.minutes[0] == 9 and found.destination[0] == 0 and found.low[0] == 5
    assert found.reason.tolist() == [Reason.REACHED, Reason.OFF_NETWORK, Reason.ISOLATED, Reason.REACHED]
    assert found.minutes.tolist()[1:] == [np.inf, np.inf, 0] and found.destination.tolist() == [0, -1, -1, 1]
    first = transit.nearest(origins[:1], [APART[1], APART[2]], window=(420, 420))
    assert (first.minutes.item(), first.destination.item()) == (1, 1)
    empty = transit.nearest(origins, np.zeros((0, 2)))
    assert np.isinf(empty.minutes).all() and (empty.destination == -1).all()


def test_stops_off_the_streets_are_said():
    transit = Transit(street(STREETS[0]), timetable(APART, [[(0, 5), (1, 15)], [(0, 5), (3, 15)]]), access_metres=50)
    assert len(transit.notes) == 1 and "s1, s3" in transit.notes[0]


def test_what_cannot_be_is_refused():
    times = timetable(APART, [[(0, 5), (1, 15)]])
    with pytest.raises(ValueError, match="walking"):
        Transit(Network.from_lines(gpd.GeoDataFrame(geometry=[shapely.LineString(STREETS[0])]), mode="bike"), times)
    for wrong in ({"walk_minutes": -1}, {"change_seconds": -1}, {"transfer_minutes": -1}):
        with pytest.raises(ValueError, match="0 or more"):
            Transit(street(*STREETS), times, **wrong)
    for window, every in (((540, 420), 1), ((420, 540), 0), ((-5, 10), 1)):
        with pytest.raises(ValueError, match="window"):
            Transit(street(*STREETS), times).travel_time([(0, 0)], [(0, 0)], window=window, every=every)
    with pytest.raises(ValueError, match="backwards"):
        timetable(APART, [[(0, 5), (1, 4)]])


# --- random small cities ---


def city(seed):
    """Streets of a grid, stops at some of its junctions, trips that wander from stop to stop."""
    rng = np.random.default_rng(seed)
    side, block = 6, 400
    lines = [[(x * block, y * block), ((x + 1) * block, y * block)] for x in range(side) for y in range(side + 1)]
    lines += [[(b, a), (d, c)] for (a, b), (c, d) in lines]
    stops = rng.integers(0, side + 1, (9, 2)) * block
    trips = []
    for _trip in range(14):
        at, trip = rng.integers(0, 60), []
        for stop in rng.choice(9, rng.integers(2, 6), replace=False):
            dwell = rng.integers(0, 2)
            trip.append((stop, at, at + dwell))
            at += dwell + rng.integers(0, 9)
        trips.append(trip)
    changes = [(int(a), int(b), float(s)) for a, b, s in rng.integers(0, 9, (4, 3)) * [1, 1, 30]]
    changes = list({row[:2]: row for row in changes}.values())
    places = rng.uniform(0, side * block, (12, 2))
    return street(*lines), timetable(stops, trips, changes, no_board=[0], no_alight=[1]), places


OPTIONS = {"walk_minutes": 8, "access_metres": 300}


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_nearest_of_one_is_the_time_to_it_and_more_never_raise_it(seed):
    network, times, places = city(seed)
    transit = Transit(network, times, **OPTIONS)
    window = {"window": (420, 470), "every": 2}
    table = transit.travel_time(places, places[:3], **window)
    for k in range(3):
        one = transit.nearest(places, places[k : k + 1], **window)
        for name, mine in (("median", one.minutes), ("low", one.low), ("high", one.high)):
            np.testing.assert_allclose(getattr(table, name)[:, k], mine, rtol=0, atol=1e-9)
    more = transit.nearest(places, places[:3], **window)
    assert (more.minutes <= table.median.min(axis=1) + 1e-9).all()
    assert (more.low <= more.minutes).all() and (more.minutes <= more.high).all()
    assert (table.median <= table.walk_only + 1e-9).all()


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_moment_is_the_least_over_all_ways_and_leaving_earlier_never_gets_there_later(seed):
    network, times, places = city(seed)
    transit = Transit(network, times, **OPTIONS)
    at = {t: transit.matrix(places, places, window=(t, t)) + t for t in (420, 421, 430, 445)}
    for earlier, later in ((420, 421), (421, 430), (430, 445)):
        assert (at[earlier] <= at[later] + 1e-9).all()
    whole = transit.travel_time(places, places, window=(420, 445), every=25)
    np.testing.assert_allclose(whole.low, np.minimum(at[420] - 420, at[445] - 445), rtol=0, atol=1e-9)


def test_both_ways_give_the_same_numbers(monkeypatch):
    monkeypatch.setattr(transit_times, "_BLOCK", 5)  # of twelve origins
    for seed in range(8):
        network, times, places = city(seed)
        found = []
        for fast in (True, False):
            monkeypatch.setattr(compiled, "available", lambda fast=fast: fast)
            transit = Transit(network, times, **OPTIONS)
            table = transit.travel_time(places, places[:5], window=(420, 480))
            near = transit.nearest(places, places[:5], window=(420, 480), group=[4, 4, 2, 1, 0])
            found.append([*vars(table).values(), *vars(near).values()])
        for one, other in zip(*found, strict=True):
            np.testing.assert_array_equal(one, other)

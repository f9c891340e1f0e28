"""Trips of the shipped feed reckoned by hand from stops.txt, calendar and stop_times.txt, and a second answer.

By hand: places stand at stops, each on a street of its own, so that nobody walks from stop to stop. Routes were chosen
whose stops no other route serves: then the next bus of the route is the answer.

Route 7, Monday to Friday (service LA), stop 1189 -> stop 1217 (neither is served by another route):
    LA0070003 7:13 -> 7:27, LA0070005 7:38 -> 7:52, LA0070007 8:03 -> 8:17, LA0070009 8:28 -> 8:42,
    LA0070011 9:03 -> 9:17
Route 7, Saturdays, Sundays and holidays (service SDF): SDF0070001 7:23 -> 7:37
Route 6 (LA), 1675 -> 1687: LA0060003 7:10 -> 7:15
Route 7 back (LA), 1208 -> 1001: LA0070060 19:24 -> 19:29
Route 64 (every day, TD), 1001 -> 503 -> 505, of which 503 and 505 are its own: TD0640001 19:45 -> 20:28 -> 20:29;
    503 is called at 1:28, 2:38 (trips TD0640009, TD0640011), 20:28, 21:41, 22:54 and 24:15 (TD0640007), 505 a minute on
Route 21 (LA), 1011 -> 1894 -> 571, of which 1894 and 571 are its own: LA0210135 22:55 -> 23:38 -> 23:45;
    LA0210137 23:55 -> 24:38 -> 24:45
"""

import bisect
import csv
import heapq
import io
import zipfile
from collections import defaultdict
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from scipy.spatial import cKDTree

from qsgis.layers.timetable import feed_timetable
from qsgis.network import Network, compiled
from qsgis.network.transit import Transit

FEED = Path(__file__).parents[2] / "examples/las_palmas/data/gtfs_guaguas_2023.zip"
CRS = pyproj.CRS.from_epsg(32628)
WEDNESDAY = date(2023, 3, 15)
USED = ["1189", "1217", "1675", "1687", "1208", "503", "505", "1011", "1894", "571"]


def rows(table):
    with zipfile.ZipFile(FEED) as archive:
        text = archive.read(table).decode("utf-8-sig")
    return [{k: v.strip() for k, v in row.items()} for row in csv.DictReader(io.StringIO(text))]


@pytest.fixture(scope="module")
def places():
    to_plane = pyproj.Transformer.from_crs(4326, CRS, always_xy=True).transform
    return {row["stop_id"]: to_plane(float(row["stop_lon"]), float(row["stop_lat"])) for row in rows("stops.txt")}


@pytest.fixture(scope="module")
def network(places):
    """A street of 600 m through each stop, from west to east, that meets no other."""
    lines = [shapely.LineString([(x - 300, y), (x, y), (x + 300, y)]) for x, y in (places[stop] for stop in USED)]
    return Network.from_lines(gpd.GeoDataFrame(geometry=lines, crs=CRS), noded=True)


def minutes(network, places, start, end, clock, *, day=WEDNESDAY, shift=(0, 0), **options):
    """Minutes from stop to stop, the places `shift` metres east of them, leaving at `clock` (H:MM)."""
    hours, past = clock.split(":")
    leaves = int(hours) * 60 + float(past)
    transit = Transit(network, feed_timetable(FEED, CRS, day=day), access_metres=0.5, **options)
    (x, y), (u, v) = places[start], places[end]
    at = transit.travel_time([[x + shift[0], y]], [[u + shift[1], v]], window=(leaves, leaves), minutes=180)
    assert at.low == at.median == at.high  # one departure
    return float(at.median[0, 0])


BY_HAND = [
    # from, to, leaving, day, minutes
    ("1189", "1217", "7:00", WEDNESDAY, 27),  # waits for 7:13, is there at 7:27
    ("1189", "1217", "7:13", WEDNESDAY, 14),  # catches it on the minute
    ("1189", "1217", "7:14", WEDNESDAY, 38),  # has missed it: 7:38 -> 7:52
    ("1675", "1687", "7:00", WEDNESDAY, 15),  # 7:10 -> 7:15
    ("1189", "1217", "7:00", date(2023, 3, 18), 37),  # Saturday: 7:23 -> 7:37
    ("1189", "1217", "7:00", date(2023, 3, 19), 37),  # Sunday
    ("1189", "1217", "7:00", date(2022, 1, 6), 37),  # Thursday, Epiphany: LA off, SDF on by calendar_dates.txt
    ("1208", "503", "19:20", WEDNESDAY, 68),  # 19:24 -> 19:29 at 1001, there 19:45 -> 20:28
    ("1011", "1894", "23:55", WEDNESDAY, 43),  # past midnight: 23:55 -> 24:38
    ("1894", "571", "24:00", WEDNESDAY, 45),  # the same bus, later: 24:38 -> 24:45
    ("1894", "571", "0:00", date(2023, 3, 16), 45),  # it again, from the day on which it gets there
    ("503", "505", "22:56", WEDNESDAY, 80),  # 24:15 -> 24:16
    ("503", "505", "24:20", WEDNESDAY, 69),  # Thursday's bus of 1:28 -> 1:29
    ("503", "505", "0:17", WEDNESDAY, 72),  # Wednesday's own bus of 1:28 -> 1:29
]


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize(("start", "end", "clock", "day", "due"), BY_HAND)
def test_by_hand(network, places, start, end, clock, day, due, fast, monkeypatch):
    monkeypatch.setattr(compiled, "available", lambda: fast)
    assert minutes(network, places, start, end, clock, day=day) == pytest.approx(due, abs=1e-9)


def test_a_walk_to_the_stop_and_from_it(network, places):
    """80 m west of 1189 is a minute, 160 m east of 1217 two: leaving at 7:12 for the 7:13, there at 7:27, door 7:29."""
    walked = minutes(network, places, "1189", "1217", "7:12", shift=(-80, 160))
    assert walked == pytest.approx(17, abs=1e-6)
    late = minutes(network, places, "1189", "1217", "7:12.5", shift=(-80, 160))
    assert late == pytest.approx(7 * 60 + 54 - (7 * 60 + 12.5), abs=1e-6)


def test_walking_competes(network, places):
    """400 m along the street are five minutes; no bus is as quick."""
    assert minutes(network, places, "1189", "1189", "7:00", shift=(-200, 200)) == pytest.approx(5, abs=1e-6)


def test_a_change_needs_its_minutes(network, places):
    """At 1001 there are 16 minutes (19:29 to 19:45): with 17 needed, the next 64 is that of 21:41 at 503."""
    assert minutes(network, places, "1208", "503", "19:20", change_seconds=16 * 60) == pytest.approx(68)
    assert minutes(network, places, "1208", "503", "19:20", change_seconds=17 * 60) > 68


def test_a_window_by_hand(network, places):
    """121 departures, 7:00 to 9:00, from 1189 to 1217.

    14 of them (7:00–7:13) take 27 … 14 minutes; 25 (7:14–7:38) 38 … 14; 25 the same by the 8:03, 25 by the 8:28; the
    32 of 8:29–9:00 take 48 … 17. No more than v minutes: 5 v − 68 of them for v from 17 to 27, so 57 for 25 and 62 for
    26: the 61st, the median, is 26. For 16: 3 + 3·… = 12 and for 17: 17, so the 13th (a tenth) is 17. From 28 to 38
    4 v − 41: 107 for 37, 111 for 38, so the 109th (nine tenths) is 38.
    """
    transit = Transit(network, feed_timetable(FEED, CRS, day=WEDNESDAY), access_metres=0.5)
    found = transit.travel_time([places["1189"]], [places["1217"]], window=(420, 540), every=1)
    assert (found.low.item(), found.median.item(), found.high.item()) == pytest.approx((17, 26, 38))
    assert found.walk_only.item() == np.inf
    near = transit.nearest([places["1189"]], [places["1217"], places["1687"]], window=(420, 540), group=[7, 6])
    assert (near.low.item(), near.minutes.item(), near.high.item()) == pytest.approx((17, 26, 38))
    assert near.destination.item() == 7


# --- a second answer: label correcting, on tables read here, over walks searched here ---


class Labels:
    """Correct the labels of stops until nothing changes; a trip is boarded at its earliest stop that one can make."""

    def __init__(self, calls, walk):
        self.calls, self.walk = calls, walk  # trip -> [(stop, arrival, departure)]; stop -> {stop: seconds}
        self.board = defaultdict(list)
        for trip, stops in calls.items():
            for k, (stop, _arrival, departure) in enumerate(stops[:-1]):
                self.board[stop].append((departure, trip, k))
        for stop in self.board:
            self.board[stop].sort()

    def alight(self, ready, until):
        """Stop -> the soonest arrival by bus, for one who is at stops at `ready`."""
        ready, off, boarded = dict(ready), {}, {}
        queue = [(at, stop) for stop, at in ready.items()]
        heapq.heapify(queue)  # the order is for speed only: labels are corrected until none changes
        while queue:
            at, stop = heapq.heappop(queue)
            if at > ready[stop]:
                continue
            board = self.board[stop]
            for departure, trip, k in board[bisect.bisect_left(board, (at - 1e-6,)) :]:
                if departure > until:
                    break
                if k < boarded.get(trip, 1e9):
                    self.ride(trip, k, boarded, off, ready, queue)
        return off

    def ride(self, trip, k, boarded, off, ready, queue):
        stops = self.calls[trip]
        for stop, arrival, _departure in stops[k + 1 : min(boarded.get(trip, len(stops)) + 1, len(stops))]:
            if arrival < off.get(stop, 1e9):
                off[stop] = arrival
                for other, seconds in self.walk[stop].items():
                    if seconds <= 300 and arrival + max(seconds, 60) < ready.get(other, 1e9):
                        ready[other] = arrival + max(seconds, 60)
                        heapq.heappush(queue, (ready[other], other))
        boarded[trip] = k


def seconds_of(clock):
    hours, past, seconds = clock.split(":")
    return int(hours) * 3600 + int(past) * 60 + int(seconds)


def on_foot(graph, start, limit):
    """Node -> metres, by Dijkstra's search."""
    done, heap = {}, [(0.0, start)]
    while heap:
        metres, node = heapq.heappop(heap)
        if node in done:
            continue
        done[node] = metres
        for other, more in graph[node]:
            if other not in done and metres + more <= limit:
                heapq.heappush(heap, (metres + more, other))
    return done


def test_ten_thousand_pairs_against_label_correcting(places):
    """100 places by 100, leaving at 7:00, 8:00 and 9:00: the three times in order are low, median and high.

    The streets are straight lines from each stop to its three nearest; the weekday services (LA, DJ, LS, TD) were read
    off calendar.txt by eye.
    """
    spots = sorted(set(places.values()))
    node = {spot: k for k, spot in enumerate(spots)}
    graph, pairs = defaultdict(list), set()
    for a, near in enumerate(cKDTree(spots).query(spots, k=4)[1]):
        pairs |= {(min(a, int(b)), max(a, int(b))) for b in near if b != a}
    for a, b in sorted(pairs):
        metres = float(np.hypot(*np.subtract(spots[a], spots[b])))
        graph[a].append((b, metres))
        graph[b].append((a, metres))
    lines = [shapely.LineString([spots[a], spots[b]]) for a, b in sorted(pairs)]
    network = Network.from_lines(gpd.GeoDataFrame(geometry=lines, crs=CRS), noded=True)

    services = {row["trip_id"]: row["service_id"] for row in rows("trips.txt")}
    calls = defaultdict(list)
    for row in rows("stop_times.txt"):
        if services[row["trip_id"]] in {"LA", "DJ", "LS", "TD"}:
            times = seconds_of(row["arrival_time"]), seconds_of(row["departure_time"])
            calls[row["trip_id"]].append((int(row["stop_sequence"]), row["stop_id"], *times))
    calls = {trip: [call[1:] for call in sorted(stops)] for trip, stops in calls.items()}
    foot = {stop: on_foot(graph, node[spot], 800) for stop, spot in places.items()}
    at_node = defaultdict(list)
    for stop, spot in places.items():
        at_node[node[spot]].append(stop)
    walk = {
        stop: {other: metres / 80 * 60 for there, metres in foot[stop].items() for other in at_node[there]}
        for stop in places
    }
    search = Labels(calls, walk)

    rng = np.random.default_rng(5)
    names = sorted(places)
    starts, ends = (rng.choice(names, 100, replace=False) for _turn in range(2))
    truth = np.full((3, 100, 100), np.inf)
    for i, start in enumerate(starts):
        all_the_way = on_foot(graph, node[places[start]], 9600)
        by_foot = np.array([all_the_way.get(node[places[end]], np.inf) / 80 for end in ends])
        for k, leaves in enumerate((25200, 28800, 32400)):
            off = search.alight({stop: leaves + s for stop, s in walk[start].items()}, leaves + 7200)
            for j, end in enumerate(ends):
                there = min((off.get(stop, np.inf) + s for stop, s in walk[end].items()), default=np.inf)
                truth[k, i, j] = min((there - leaves) / 60, by_foot[j])
    truth[truth > 120] = np.inf
    truth.sort(axis=0)

    transit = Transit(network, feed_timetable(FEED, CRS, day=WEDNESDAY), walk_minutes=10, transfer_minutes=5)
    start, end = ([places[name] for name in part] for part in (starts, ends))
    found = transit.travel_time(start, end, window=(420, 540), every=60, minutes=120)
    for mine, theirs in zip((found.low, found.median, found.high), truth, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-6)
    assert np.isfinite(truth).mean() > 0.9  # most pairs are really compared
    assert (truth[1] < found.walk_only - 1).mean() > 0.5  # and most by bus

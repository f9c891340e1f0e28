"""Feeds made by hand, with what the shipped one does not have; all expected times are read off the tables here."""

import zipfile
from datetime import date

import numpy as np
import pyproj
import pytest

from qsgis.errors import FileUnreadable, NoServiceDay
from qsgis.layers.timetable import feed_timetable

CRS = pyproj.CRS.from_epsg(32649)
DAY = date(2024, 5, 8)  # a Wednesday
FEED = {
    "stops.txt": "stop_id,stop_lat,stop_lon,location_type,parent_station\n"
    "A,35.60,112.10,,\nB,35.61,112.10,0,S\nC,35.62,112.10,0,S\nS,35.615,112.10,1,\nD,,,0,S\nE,,,0,\n",
    "trips.txt": "route_id,service_id,trip_id\n1,week,t1\n",
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    "t1,08:00:00,08:01:00,A,10\nt1,08:10:00,08:12:00,B,20\nt1,08:20:00,08:20:00,C,30\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "week,1,1,1,1,1,0,0,20240501,20240531\n",
}


def make(folder, *, day=DAY, zipped=True, **tables):
    """The timetable of FEED with other tables; `calls` adds rows to stop_times.txt."""
    feed = FEED | {f"{name}.txt": text for name, text in tables.items() if name not in {"calls", "trips_more"}}
    feed["stop_times.txt"] += tables.get("calls", "")
    feed["trips.txt"] += tables.get("trips_more", "")
    feed = {name: text for name, text in feed.items() if text is not None}
    path = folder / ("feed.zip" if zipped else "feed")
    if zipped:
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in feed.items():
                archive.writestr(f"inside/{name}", "\ufeff" + text)
    else:
        path.mkdir()
        for name, text in feed.items():
            (path / name).write_text(text, encoding="utf-8")
    return feed_timetable(path, CRS, day=day)


def rides(timetable, until=86_400):
    """(trip, from, to, departure, arrival) of the connections before `until` seconds, in their order."""
    t = timetable
    table = zip(t.trip_id[t.trip], t.stop_id[t.start], t.stop_id[t.end], t.departure, t.arrival, strict=True)
    return [row for row in table if row[3] < until]


@pytest.mark.parametrize("zipped", [True, False])
def test_connections_places_and_the_next_of_a_trip(tmp_path, zipped):
    made = make(tmp_path, zipped=zipped)
    assert rides(made) == [("t1", "A", "B", 28860, 29400), ("t1", "B", "C", 29520, 30000)]
    assert made.following[:2].tolist() == [1, -1]
    x, y = pyproj.Transformer.from_crs(4326, CRS, always_xy=True).transform(112.10, 35.60)
    assert made.xy[0] == pytest.approx((x, y))
    x, y = pyproj.Transformer.from_crs(4326, CRS, always_xy=True).transform(112.10, 35.615)
    assert made.xy[4] == pytest.approx((x, y))  # D stands where its station does
    assert np.isnan(made.xy[5]).all()
    assert any("2 stops have no coordinates; 1 of them" in note for note in made.notes)


def test_the_day_after_runs_too_and_the_day_before_past_midnight(tmp_path):
    calls = "n,23:50:00,23:50:00,A,1\nn,24:05:00,24:06:00,B,2\nn,24:20:00,24:20:00,C,3\n"
    made = make(tmp_path, calls=calls, trips_more="1,week,n\n")
    early = [ride for ride in rides(made) if ride[3] < 3600]
    assert early == [("n (-1)", "B", "C", 360, 1200)]  # Tuesday's trip, on Wednesday at 0:06
    assert ("n", "B", "C", 86_760, 87_600) in rides(made, 200_000)
    assert ("t1 (+1)", "A", "B", 86_400 + 28_860, 86_400 + 29_400) in rides(made, 200_000)
    # 1 May is the first day: no Tuesday before it
    assert list(rides(make(tmp_path, day=date(2024, 5, 1), calls=calls, trips_more="1,week,n\n"), 3600)) == []


def test_days_outside_and_without_service_are_refused_with_the_range(tmp_path):
    for day in (date(2024, 4, 30), date(2024, 6, 1)):
        with pytest.raises(NoServiceDay, match=str(day)) as caught:
            make(tmp_path, day=day)
        assert "2024-05-01" in caught.value.why and "2024-05-31" in caught.value.why
    with pytest.raises(NoServiceDay, match="no trip runs"):
        make(tmp_path, day=date(2024, 5, 11))  # a Saturday inside the range
    off = "service_id,date,exception_type\nweek,20240508,2\n"
    with pytest.raises(NoServiceDay, match="no trip runs"):
        make(tmp_path, calendar_dates=off)
    info = "feed_publisher_name,feed_start_date,feed_end_date\nX,20240510,20240520\n"
    with pytest.raises(NoServiceDay, match="2024-05-10"):
        make(tmp_path, feed_info=info)


def test_a_feed_with_days_only_by_exception(tmp_path):
    dates = "service_id,date,exception_type\nweek,20240507,1\nweek,20240508,1\n"
    assert len(rides(make(tmp_path, calendar=None, calendar_dates=dates))) == 2
    with pytest.raises(NoServiceDay, match="2024-05-07 to 2024-05-08"):
        make(tmp_path, day=date(2024, 5, 9), calendar=None, calendar_dates=dates)
    with pytest.raises(FileUnreadable, match="validity"):
        make(tmp_path, calendar=None)


def test_headways(tmp_path):
    """t1 leaves A at 8:01 in its pattern; by headway it starts at 7:00, 7:20 and 7:40, not at 8:00 (the end)."""
    made = make(
        tmp_path, frequencies="trip_id,start_time,end_time,headway_secs,exact_times\nt1,07:00:00,08:00:00,1200,1\n"
    )
    assert [ride[3] for ride in rides(made) if ride[1] == "A"] == [25_200, 26_400, 27_600]
    assert [ride[4] for ride in rides(made) if ride[1] == "B"] == [25_200 + 1140, 26_400 + 1140, 27_600 + 1140]
    assert not any("headway" in note for note in made.notes)
    loose = make(
        tmp_path,
        frequencies="trip_id,start_time,end_time,headway_secs\nt1,07:00:00,08:00:00,1200\nt1,09:00:00,10:00:00,0\n",
    )
    assert len(rides(loose)) == 6
    assert any("1 rows of frequencies.txt" in note for note in loose.notes)
    assert any("without fixed times" in note for note in loose.notes)


def test_blank_times_are_filled_in_equal_steps(tmp_path):
    """From 9:00 to 9:12 over four steps: 9:03, 9:06, 9:09; one given half stands for the other."""
    calls = "b,,09:00:00,A,1\nb,,,B,2\nb,,,C,3\nb,,,B,4\nb,09:12:00,,A,5\n"
    made = make(tmp_path, calls=calls, trips_more="1,week,b\n")
    assert [ride[3:] for ride in rides(made) if ride[0] == "b"] == [
        (32_400, 32_580), (32_580, 32_760), (32_760, 32_940), (32_940, 33_120)
    ]  # fmt: skip
    assert any("3 calls have no time" in note for note in made.notes)


@pytest.mark.parametrize(
    ("calls", "reason"),
    [
        ("x,,,A,1\nx,09:00:00,09:00:00,B,2\n", "first or last call"),
        ("x,09:00:00,09:00:00,A,1\nx,08:59:00,08:59:00,B,2\n", "backwards"),
        ("x,09:10:00,09:05:00,A,1\nx,09:20:00,09:20:00,B,2\n", "backwards"),
        ("x,09:00:00,09:00:00,A,1\nx,09:10:00,09:10:00,B,1\n", "order"),
        ("x,09:00:00,09:00:00,A,one\nx,09:10:00,09:10:00,B,2\n", "order"),
        ("x,09:00:00,09:00:00,A,1\n", "one stop only"),
        ("x,09:00:00,09:00:00,A,1\nx,09:10:00,09:10:00,Z,2\n", "one stop only"),
    ],
)
def test_a_trip_that_cannot_be_told_is_left_out_and_named(tmp_path, calls, reason):
    made = make(tmp_path, calls=calls, trips_more="1,week,x\n")
    assert {ride[0] for ride in rides(made)} == {"t1"}
    assert any("1 trips left out" in note and reason in note and note.endswith(": x") for note in made.notes)


def test_doubled_rows_count_once_and_unknown_stops_are_passed_by(tmp_path):
    calls = "t1,08:10:00,08:12:00,B,20\nt1,08:15:00,08:15:00,Z,25\n"
    made = make(tmp_path, calls=calls)
    assert len(rides(made)) == 2
    assert any("1 rows of stop_times.txt" in note for note in made.notes)
    assert any("1 calls are at stops" in note and note.endswith(": Z") for note in made.notes)


def test_flags_of_getting_on_and_off(tmp_path):
    times = (
        "trip_id,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type\n"
        "t1,08:00:00,A,1,0,1\nt1,08:10:00,B,2,1,0\nt1,08:20:00,C,3,2,1\n"
    )
    made = make(tmp_path, stop_times=times)
    assert made.boards[:2].tolist() == [True, False]
    assert made.alights[:2].tolist() == [True, False]
    assert any("1 calls must be arranged" in note for note in made.notes)


def test_changes_as_stated(tmp_path):
    """S is the station of B, C and D; what is said of B and C themselves goes before it."""
    text = (
        "from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_trip_id\n"
        "S,S,2,180,\nB,C,3,,\nC,B,1,,\nA,A,0,,\nA,B,2,,\nA,C,4,,\nA,Z,3,,\nA,D,2,99,t1\n"
    )
    made = make(tmp_path, transfers=text)
    stops = made.stop_id
    stated = {
        (stops[a], stops[b]): s
        for a, b, s in zip(made.changes.start, made.changes.end, made.changes.seconds, strict=True)
    }
    assert stated == {(a, b): 180.0 for a in "BCD" for b in "BCD"} | {("B", "C"): np.inf, ("C", "B"): 0.0}
    said = " ".join(made.notes)
    assert "1 rows of transfers.txt are for single routes" in said
    assert "1 rows of transfers.txt have another type" in said
    assert "1 rows of transfers.txt lack" in said
    assert "1 rows of transfers.txt name unknown" in said


def test_trips_of_one_vehicle_are_said(tmp_path):
    """t1 and t2 are one block on the day, t3 has none, t4 has its own, and t5 runs on Sundays only."""
    trips = "route_id,service_id,trip_id,block_id\n1,week,t1,b\n1,week,t2,b\n1,week,t3,\n1,week,t4,c\n1,never,t5,c\n"
    calls = "".join(f"t{k},09:00:00,09:00:00,A,1\nt{k},09:10:00,09:10:00,B,2\n" for k in range(2, 6))
    said = [note for note in make(tmp_path, trips=trips, calls=calls).notes if "block_id" in note]
    assert len(said) == 1
    assert said[0].startswith("1 trips are followed")


@pytest.mark.parametrize("clock", ["8:5", "08:61:00:00", "noon", "-1:00:00"])
def test_a_time_that_is_none_refuses_the_feed(tmp_path, clock):
    with pytest.raises(FileUnreadable, match="HH:MM:SS"):
        make(tmp_path, calls=f"x,{clock},{clock},A,1\n", trips_more="1,week,x\n")


def test_without_a_day_the_busiest_wednesday_is_taken(tmp_path):
    made = make(tmp_path, day=None)
    assert made.day == date(2024, 5, 15)  # 1, 8, 15, 22, 29 run alike; the 16th is the middle of May
    assert any("2024-05-15" in note for note in made.notes)


def test_a_day_whose_trips_cannot_be_used_at_all_is_no_day_without_buses(tmp_path):
    times = "trip_id,arrival_time,departure_time,stop_id,stop_sequence\nt1,08:00:00,08:00:00,A,1\n"
    with pytest.raises(FileUnreadable, match="none of its trips"):
        make(tmp_path, stop_times=times)

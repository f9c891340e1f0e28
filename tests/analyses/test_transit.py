"""Commuting and coverage by public transport: two townships 10 km apart and a bus between them, by arithmetic.

A bus each half hour, 10 km at 30 km/h: 20 minutes. Leaving each minute from 7:00 to 9:00, the wait is 0 five times
(7:00 … 9:00) and 1 … 29 four times each; the 61st of 121 is 14 (5 + 4 × 13 = 57, 5 + 4 × 14 = 61). Median: 34 minutes.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import pandas as pd
import pyproj
import pytest

import qsgis
from qsgis.errors import BadDefinition
from tests.analyses.test_commute import CODES
from tests.handmade import CRS, EAST, NORTH, box, frame, line, parcels, point, run, value, write_project

STOPS = [("甲站", 5000), ("乙站", 15_000)]
TRIPS = pd.DataFrame({"居住地": [CODES[0], CODES[1]], "就业地": [CODES[1], CODES[1]], "人数": [40, 60]})
BY_BUS = '\n[analyses.commute_45_coverage]\nmode = "transit"\n'


def bus_table(headway: float = 30, kmh: float = 30) -> pd.DataFrame:
    return pd.DataFrame(
        {"线路": ["1路"] * 2, "站序": [1, 2], "站名": [name for name, _x in STOPS], "x": [EAST + x for _n, x in STOPS],
         "y": [NORTH + 5000] * 2, "首班": ["06:00"] * 2, "末班": ["22:00"] * 2, "发车间隔": [headway] * 2,
         "运营速度": [kmh] * 2}
    )  # fmt: skip


def feed(path: Path) -> None:
    """The same bus as a GTFS feed, on working days of May 2019."""
    degrees = pyproj.Transformer.from_crs(CRS, 4326, always_xy=True).transform
    spots = [degrees(EAST + x, NORTH + 5000) for _name, x in STOPS]
    stops = "".join(f"s{k},{lat!r},{lon!r}\n" for k, (lon, lat) in enumerate(spots))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("stops.txt", "stop_id,stop_lat,stop_lon\n" + stops)
        archive.writestr("trips.txt", "route_id,service_id,trip_id\n1,w,there\n1,w,back\n")
        archive.writestr(
            "stop_times.txt",
            "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
            "there,06:00:00,06:00:00,s0,1\nthere,06:20:00,06:20:00,s1,2\n"
            "back,06:00:00,06:00:00,s1,1\nback,06:20:00,06:20:00,s0,2\n",
        )
        archive.writestr(
            "frequencies.txt",
            "trip_id,start_time,end_time,headway_secs,exact_times\n"
            "there,06:00:00,22:30:00,1800,1\nback,06:00:00,22:30:00,1800,1\n",
        )
        archive.writestr(
            "calendar.txt",
            "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
            "w,1,1,1,1,1,0,0,20190501,20190531\n",
        )


def county(tmp_path: Path, extra: str = "", **layers: object) -> Path:
    districts = frame([box(0, 0, 10_000, 10_000), box(10_000, 0, 10_000, 10_000)], XZQDM=CODES, XZQMC=["甲镇", "乙镇"])
    homes = parcels([(box(x - 5, 4995, 10, 10), "0702", "203", 100.0) for _name, x in STOPS])
    people = pd.DataFrame({"XZQDM": CODES, "常住人口": [1000, 500]})
    road = frame([line((0, 5000), (20_000, 5000))], 等级=["县道"])
    parts = {"districts": districts, "land_use": homes, "population": people, "roads": road} | layers
    return write_project(tmp_path, parts, extra=extra)


def test_commuters_by_a_table_of_lines(tmp_path: Path) -> None:
    """34 minutes are within 45 and not within 30; the straight line between stops makes it an estimate."""
    home = county(tmp_path, BY_BUS, commute_od=TRIPS, transit_lines=bus_table())
    found = run(home, "commute_45_coverage")["commute_45_coverage"]
    assert found.values[0].value == pytest.approx(100.0) and found.values[0].status == "estimated"
    places = found.layers["places"].set_index("code")
    assert places["minutes"].to_dict() == pytest.approx({CODES[0]: 34.0, CODES[1]: 0.0}, abs=0.01)
    assert any("60.0%" in text for text in found.notes)  # who works at home
    shorter = county(tmp_path / "b", BY_BUS + "minutes = 30\n", commute_od=TRIPS, transit_lines=bus_table())
    assert value(run(shorter, "commute_45_coverage"), "commute_45_coverage") == pytest.approx(60.0)


def test_commuters_by_a_feed(tmp_path: Path) -> None:
    extra = BY_BUS + 'day = "2019-05-15"\n[layers.transit]\npath = "bus.zip"\n'
    home = county(tmp_path, extra, commute_od=TRIPS)
    feed(home / "bus.zip")
    found = run(home, "commute_45_coverage")["commute_45_coverage"]
    places = found.layers["places"].set_index("code")
    assert places["minutes"].to_dict() == pytest.approx({CODES[0]: 34.0, CODES[1]: 0.0}, abs=0.01)
    assert found.values[0].status == "ok"
    assert any("2019-05-15" in text for text in found.notes)


@pytest.mark.parametrize(("day", "reason"), [("2019-06-05", "2019-05-31"), ("2019-05-18", "2019-05-01")])
def test_a_day_outside_the_feed_stops_the_analysis(tmp_path: Path, day: str, reason: str) -> None:
    home = county(tmp_path, BY_BUS + f'day = "{day}"\n[layers.transit]\npath = "bus.zip"\n', commute_od=TRIPS)
    feed(home / "bus.zip")
    found = run(home, "commute_45_coverage")["commute_45_coverage"]
    assert found.failure is not None and found.values[0].status == "failed"
    assert day in found.failure.what and reason in found.failure.why
    assert all(found.failure.parts().values())


def test_without_a_timetable_it_is_missing(tmp_path: Path) -> None:
    found = run(county(tmp_path, BY_BUS, commute_od=TRIPS), "commute_45_coverage")["commute_45_coverage"]
    assert found.values[0].status == "missing" and "transit" in found.values[0].note


@pytest.mark.parametrize("line", ['day = "2019-05-15"', 'window = ["06:00", "08:00"]', "walk_minutes = 5"])
def test_what_only_a_timetable_knows_is_refused_without_it(tmp_path: Path, line: str) -> None:
    home = county(tmp_path, f"\n[analyses.commute_45_coverage]\n{line}\n", commute_od=TRIPS)
    with pytest.raises(BadDefinition, match="transit"):
        qsgis.open(home).run(["commute_45_coverage"])


@pytest.mark.parametrize(
    "line", ['window = ["09:00", "07:00"]', 'window = ["7", "9"]', 'window = ["07:00"]', 'day = "soon"']
)
def test_a_window_or_day_that_is_none(tmp_path: Path, line: str) -> None:
    home = county(tmp_path, BY_BUS + line + "\n", commute_od=TRIPS)
    with pytest.raises(BadDefinition):
        qsgis.open(home).run(["commute_45_coverage"])


def test_a_table_of_lines_has_no_day(tmp_path: Path) -> None:
    home = county(tmp_path, BY_BUS + 'day = "2019-05-15"\n', commute_od=TRIPS, transit_lines=bus_table())
    assert run(home, "commute_45_coverage")["commute_45_coverage"].failure is not None


def test_the_model_by_bus(tmp_path: Path) -> None:
    """All jobs are in 乙镇: 甲's 500 commuters ride 34 minutes, 乙's 250 stay."""
    jobs = pd.DataFrame({"XZQDM": CODES, "岗位数": [0, 300]})
    found = run(county(tmp_path, BY_BUS, jobs=jobs, transit_lines=bus_table()), "commute_45_coverage")
    places = found["commute_45_coverage"].layers["places"].set_index("code")
    assert places["people"].to_dict() == pytest.approx({CODES[0]: 500.0, CODES[1]: 250.0})
    assert places["minutes"].to_dict() == pytest.approx({CODES[0]: 34.0, CODES[1]: 0.0}, abs=0.01)


def test_coverage_by_bus(tmp_path: Path) -> None:
    """The clinic stands at 乙站. Of the homes 乙's is there; 甲's, at the other stop, 34 minutes off: half the land."""
    town = frame([box(0, 0, 20_000, 10_000)])
    clinics = frame([point(15_000, 5000)], 名称=["卫生院"])
    for minutes, due in ((33, 50.0), (35, 100.0)):
        extra = f'\n[analyses.clinic_15_coverage]\nmode = "transit"\nminutes = {minutes}\n'
        home = county(
            tmp_path / str(minutes), extra, transit_lines=bus_table(), clinics=clinics, urban_area=town,
            residential=frame([box(x - 5, 4995, 10, 10) for _name, x in STOPS]),
        )  # fmt: skip
        found = run(home, "clinic_15_coverage")
        assert value(found, "clinic_15_coverage") == pytest.approx(due, rel=1e-5)  # the projection's scale differs
        result = found["clinic_15_coverage"]
        assert "streets" not in result.layers
        minutes_of = pd.concat([result.layers[name]["minutes"] for name in ("covered", "uncovered")])
        assert sorted(minutes_of) == pytest.approx([0.0, 34.0], abs=0.05)

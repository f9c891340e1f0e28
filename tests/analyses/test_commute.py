"""Commuters within 45 minutes, from a table with times, from a table timed on streets, and from the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qsgis.analyses.gravity import balanced
from tests.handmade import box, frame, line, parcels, run, value, write_project

CODES = ["140521100", "140521101"]


def county(tmp_path: Path, **layers: object) -> Path:
    """Two townships of 10 km × 10 km side by side, a dwelling in the middle of each, one road at 30 km/h."""
    districts = frame([box(0, 0, 10_000, 10_000), box(10_000, 0, 10_000, 10_000)], XZQDM=CODES, XZQMC=["甲镇", "乙镇"])
    homes = parcels(
        [(box(4995, 4995, 10, 10), "0702", "203", 100.0), (box(14_995, 4995, 10, 10), "0702", "203", 100.0)]
    )
    people = pd.DataFrame({"XZQDM": CODES, "常住人口": [1000, 500]})
    road = frame([line((0, 5000), (20_000, 5000))], 等级=["县道"], 车速=[15.0])
    return write_project(
        tmp_path, {"districts": districts, "land_use": homes, "population": people, "roads": road} | layers
    )


def test_od_with_minutes(tmp_path: Path) -> None:
    trips = pd.DataFrame(
        {"居住地": [*CODES, CODES[0]], "就业地": CODES[::-1] + CODES[:1], "人数": [60, 100, 40], "时长": [46, 45, 10]}
    )
    results = run(county(tmp_path, commute_od=trips), "commute_45_coverage", "mean_commute_time")
    assert value(results, "commute_45_coverage") == pytest.approx(100 * 140 / 200)
    assert value(results, "commute_45_coverage", zone=CODES[0]) == pytest.approx(40.0)
    assert value(results, "commute_45_coverage", zone=CODES[1]) == pytest.approx(100.0)
    assert value(results, "mean_commute_time") == pytest.approx((60 * 46 + 100 * 45 + 40 * 10) / 200)
    assert results["commute_45_coverage"].values[0].status == "ok"
    assert "od_minutes" in results["commute_45_coverage"].values[0].method


def test_od_on_the_network(tmp_path: Path) -> None:
    """10 km at 15 km/h are 40 minutes; to one's own township none."""
    trips = pd.DataFrame({"居住地": [CODES[0], CODES[0]], "就业地": CODES, "人数": [40, 60]})
    results = run(county(tmp_path, commute_od=trips), "commute_45_coverage", "mean_commute_time")
    assert value(results, "commute_45_coverage") == pytest.approx(100.0)
    assert value(results, "mean_commute_time") == pytest.approx(0.6 * 40, rel=1e-4)
    assert "od_network" in results["commute_45_coverage"].values[0].method


def test_gravity_balances(tmp_path: Path) -> None:
    """Residents 1000 and 500, jobs only in 乙镇: all of 甲's commuters travel 40 minutes, 乙's none."""
    jobs = pd.DataFrame({"XZQDM": CODES, "岗位数": [0, 300]})
    results = run(county(tmp_path, jobs=jobs), "commute_45_coverage")
    assert value(results, "commute_45_coverage", "people_all") == pytest.approx(
        0.075
    )  # half of 1500 residents, in 万人
    places = results["commute_45_coverage"].layers["places"].set_index("code")
    assert places["people"].to_dict() == pytest.approx({CODES[0]: 500.0, CODES[1]: 250.0})
    assert places["minutes"].to_dict() == pytest.approx({CODES[0]: 40.0, CODES[1]: 0.0}, rel=1e-4)
    assert results["commute_45_coverage"].values[0].status == "estimated"


def test_a_table_with_times_says_that_the_timetable_is_not_asked(tmp_path: Path) -> None:
    """Its times are what they are; who wants the bus names the sources, and then needs a timetable."""
    trips = pd.DataFrame({"居住地": CODES, "就业地": CODES[::-1], "人数": [60, 100], "时长": [46, 45]})
    home = county(tmp_path, commute_od=trips)
    asked = '[analyses.commute_45_coverage]\nmode = "transit"\n'
    with (home / "project.toml").open("a", encoding="utf-8") as file:
        file.write(asked)
    found = run(home, "commute_45_coverage")["commute_45_coverage"]
    assert (found.values[0].value, found.values[0].status) == (pytest.approx(62.5), "ok")
    assert any('mode = "transit" 未使用' in note for note in found.notes), found.notes
    with (home / "project.toml").open("a", encoding="utf-8") as file:
        file.write('sources = ["od_network"]\n')
    found = run(home, "commute_45_coverage")["commute_45_coverage"]
    assert found.values[0].status == "missing" and "transit" in found.values[0].note


def test_unknown_places_are_named(tmp_path: Path) -> None:
    trips = pd.DataFrame({"居住地": [CODES[0], "140521999"], "就业地": CODES, "人数": [40, 60], "时长": [10, 10]})
    results = run(county(tmp_path, commute_od=trips), "commute_45_coverage")
    assert value(results, "commute_45_coverage", "people_all") == pytest.approx(0.004)
    assert any("140521999" in note and "60.0%" in note for note in results["commute_45_coverage"].notes)
    assert results["commute_45_coverage"].values[0].status == "estimated"  # too many are not known


def test_places_of_work_that_are_unknown_are_named(tmp_path: Path) -> None:
    """2 of 100 commuters go to 140521998: 40 of the other 98 stay, 58 ride 40 minutes."""
    trips = pd.DataFrame({"居住地": [CODES[0]] * 3, "就业地": [*CODES, "140521998"], "人数": [40, 58, 2]})
    home = county(tmp_path, commute_od=trips)
    with (home / "project.toml").open("a", encoding="utf-8") as file:
        file.write("[analyses.commute_45_coverage]\nminutes = 30\n")
    found = run(home, "commute_45_coverage")["commute_45_coverage"]
    assert found.values[0].value == pytest.approx(100 * 40 / 98)
    assert any("140521998" in note and "2.0%" in note for note in found.notes)


def test_rows_without_people_are_left_out_counted_and_named(tmp_path: Path) -> None:
    """Rows 3 and 4 of the sheet have −1 and no people: 40 of 40 + 60 are within; the figure is an estimate."""
    trips = pd.DataFrame(
        {
            "居住地": [CODES[0], *CODES, CODES[1]],
            "就业地": CODES * 2,
            "人数": [40, -1, None, 60],
            "时长": [9, 9, 9, 50],
        }
    )
    found = run(county(tmp_path, commute_od=trips), "commute_45_coverage")["commute_45_coverage"]
    assert (found.values[0].value, found.values[0].status) == (pytest.approx(40.0), "estimated")
    assert any("4 行中有 2 行" in text and "3, 4" in text for text in found.notes), found.notes


def test_who_has_no_way_is_no_traveller_of_no_minutes(tmp_path: Path) -> None:
    """乙镇 has no street: 60 of 100 commuters cannot get there. Their share is said; the mean is of the others."""
    trips = pd.DataFrame({"居住地": [CODES[0], CODES[0]], "就业地": CODES, "人数": [40, 60]})
    road = frame([line((0, 5000), (6000, 5000))], 等级=["县道"], 车速=[15.0])
    results = run(county(tmp_path, commute_od=trips, roads=road), "commute_45_coverage", "mean_commute_time")
    assert value(results, "commute_45_coverage") == pytest.approx(40.0)
    assert value(results, "mean_commute_time", "people_all") == pytest.approx(40.0)
    for name in ("commute_45_coverage", "mean_commute_time"):
        assert results[name].values[0].status == "estimated"
        assert any("60.0%" in text for text in results[name].notes)


def test_nothing_supplied_is_missing(tmp_path: Path) -> None:
    results = run(county(tmp_path), "commute_45_coverage")
    assert results["commute_45_coverage"].values[0].status == "missing"


def test_furness_by_hand() -> None:
    """Two rows 10 and 20, two columns 15 and 15, all pairs alike: everyone splits in half."""
    matrix, gap = balanced(np.array([10.0, 20.0]), np.array([3.0, 3.0]), np.ones((2, 2)))
    assert matrix == pytest.approx(np.array([[5, 5], [10, 10]]))
    assert gap < 1e-9


def test_a_township_round_another(tmp_path: Path) -> None:
    """甲镇 is a ring round 乙镇: its people's middle lies in 乙镇, its commuters are still its own."""
    ring = box(0, 0, 3000, 3000, [(1000, 1000, 1000, 1000)])
    districts = frame([ring, box(1000, 1000, 1000, 1000)], XZQDM=CODES, XZQMC=["甲镇", "乙镇"])
    homes = parcels([(box(x, 1495, 10, 10), "0702", "203", 100.0) for x in (495, 1495, 2495)])
    trips = pd.DataFrame({"居住地": CODES, "就业地": CODES[::-1], "人数": [40, 60], "时长": [50, 10]})
    results = run(county(tmp_path, districts=districts, land_use=homes, commute_od=trips), "commute_45_coverage")
    assert value(results, "commute_45_coverage", zone=CODES[0]) == 0
    assert value(results, "commute_45_coverage", zone=CODES[1]) == 100
    assert value(results, "commute_45_coverage") == pytest.approx(60.0)


def test_minutes_of_the_project_leave_the_denominator_alone(tmp_path: Path) -> None:
    trips = pd.DataFrame({"居住地": CODES, "就业地": CODES[::-1], "人数": [40, 60], "时长": [50, 10]})
    home = county(tmp_path, commute_od=trips)
    with (home / "project.toml").open("a", encoding="utf-8") as file:
        file.write("[analyses.commute_45_coverage]\nminutes = 20\n")
    assert value(run(home, "commute_45_coverage"), "commute_45_coverage") == pytest.approx(60.0)


def test_jobs_of_townships_where_there_are_villages(tmp_path: Path) -> None:
    villages = frame([box(0, 0, 10_000, 10_000)], XZQDM=["140521100001"], XZQMC=["一村"])
    jobs = pd.DataFrame({"XZQDM": CODES, "岗位数": [10, 20]})
    results = run(county(tmp_path, jobs=jobs, villages=villages), "commute_45_coverage")
    assert results["commute_45_coverage"].values[0].status == "estimated"
    assert value(results, "commute_45_coverage", "people_all") == pytest.approx(0.075)

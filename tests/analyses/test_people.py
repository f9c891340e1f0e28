"""Where people live: tables of several levels, points, polygons; totals kept, everything odd said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from qsgis.results import Results
from tests.handmade import box, frame, line, parcels, point, run, value, write_project

VILLAGES = ["140521100001", "140521100002", "140521101001"]


def county(tmp_path: Path, population: Any) -> Results:
    """Two townships, three villages of 1 km²; dwellings of 100 m² in the first and the third, none in the second.

    The urban area is the first village; greenways of 1 km in it make the people countable: 1000 m ÷ people.
    """
    layers = {
        "districts": frame(
            [box(0, 0, 2000, 1000), box(2000, 0, 1000, 1000)], XZQDM=["140521100", "140521101"], XZQMC=["甲镇", "乙镇"]
        ),
        "villages": frame(
            [box(x, 0, 1000, 1000) for x in (0, 1000, 2000)], XZQDM=VILLAGES, XZQMC=["一村", "二村", "三村"]
        ),
        "urban_area": frame([box(0, 0, 1000, 1000)]),
        "land_use": parcels(
            [(box(100, 100, 10, 10), "0701", "202", 100.0), (box(2500, 100, 10, 10), "0702", "203", 100.0)]
        ),
        "greenways": frame([line((0, 500), (1000, 500))]),
        "population": population,
    }
    return run(write_project(tmp_path, layers), "greenway_per_capita")


def people(results: Results) -> float:
    metres = value(results, "greenway_per_capita")
    assert metres is not None
    return 1000 / metres


def note(results: Results) -> str:
    return results["greenway_per_capita"].values[0].note


def test_the_finest_rows_count_and_the_others_are_checks(tmp_path: Path) -> None:
    table = pd.DataFrame({"XZQDM": ["140521", "140521100", *VILLAGES], "常住人口": [600, 310, 100, 200, 300]})
    results = county(tmp_path, table)
    assert people(results) == pytest.approx(100, rel=1e-5)
    assert results["greenway_per_capita"].values[0].status == "estimated"
    assert "甲镇" in note(results)  # 310 is not 100 + 200; the county's 600 is the sum and nothing is said of it
    assert "310" in note(results)
    assert "手工县：600" not in note(results)


def test_a_village_without_a_row_is_named(tmp_path: Path) -> None:
    results = county(tmp_path, pd.DataFrame({"XZQDM": VILLAGES[:2], "常住人口": [100, 200]}))
    assert "三村" in note(results)
    assert results["greenway_per_capita"].values[0].status == "estimated"


def test_codes_of_nineteen_digits(tmp_path: Path) -> None:
    table = pd.DataFrame({"XZQDM": [f"{code}0000000" for code in VILLAGES], "常住人口": [100, 0, 300]})
    assert people(county(tmp_path, table)) == pytest.approx(100, rel=1e-5)


def test_points_count_where_they_are(tmp_path: Path) -> None:
    spots = frame([point(10, 10), point(990, 990), point(1010, 10)], 常住人口=[30.0, 50.0, 999.0])
    assert people(county(tmp_path, spots)) == pytest.approx(80, rel=1e-5)


def test_polygons_are_spread_over_their_dwellings(tmp_path: Path) -> None:
    """A community of 400 people reaching from 一村 into 二村: its only dwelling stands in 一村."""
    assert people(county(tmp_path, frame([box(0, 0, 1900, 200)], 常住人口=[400.0]))) == pytest.approx(400, rel=1e-5)


@pytest.mark.parametrize("wrong", [-5.0, None])
def test_points_without_people_are_named(tmp_path: Path, wrong: float | None) -> None:
    results = county(tmp_path, frame([point(10, 10), point(20, 20)], 常住人口=[30.0, wrong]))
    assert results["greenway_per_capita"].failure is not None


def test_a_negative_number_is_no_number(tmp_path: Path) -> None:
    """The reader lists it as a flaw; the village counts as empty, which makes the figure an estimate, and is said."""
    results = county(tmp_path, pd.DataFrame({"XZQDM": VILLAGES, "常住人口": [100, -1, 300]}))
    assert people(results) == pytest.approx(100, rel=1e-5)
    assert "二村" in note(results)
    assert results["greenway_per_capita"].values[0].status == "estimated"
    assert any(flaw["layer"] == "population" for flaw in results.record["flaws"])


def test_dwellings_that_overlap_house_everybody_once(tmp_path: Path) -> None:
    layers = {
        "districts": frame([box(0, 0, 1000, 1000)], XZQDM=["140521100"], XZQMC=["甲镇"]),
        "urban_area": frame([box(0, 0, 1000, 1000)]),
        "land_use": parcels([(box(0, 0, 20, 10), "0701", "202", 200.0), (box(10, 0, 20, 10), "0701", "202", 200.0)]),
        "greenways": frame([line((0, 500), (1000, 500))]),
        "population": pd.DataFrame({"XZQDM": ["140521100"], "常住人口": [1000]}),
    }
    assert people(run(write_project(tmp_path, layers), "greenway_per_capita")) == pytest.approx(1000, rel=1e-5)


def test_communities_that_overlap_keep_their_people(tmp_path: Path) -> None:
    two = frame([box(0, 0, 900, 900), box(50, 50, 900, 900)], 常住人口=[100.0, 100.0])
    assert people(county(tmp_path, two)) == pytest.approx(200, rel=1e-5)


def test_a_township_without_village_rows_keeps_its_own(tmp_path: Path) -> None:
    """甲镇 only as a whole (its one dwelling stands in the urban area), 乙镇 by its village."""
    table = pd.DataFrame({"XZQDM": ["140521100", VILLAGES[2]], "常住人口": [500, 300]})
    results = county(tmp_path, table)
    assert people(results) == pytest.approx(500, rel=1e-5)
    assert "甲镇" in note(results)

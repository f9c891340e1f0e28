"""Lengths, sums and per-capita figures by plain arithmetic."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.handmade import box, frame, line, parcels, point, run, value, write_project

URBAN = [box(0, 0, 1000, 1000)]


def base() -> dict[str, object]:
    county = frame([box(-2000, -2000, 6000, 6000)], XZQDM=["140521"], XZQMC=["手工县"])
    districts = frame([box(-2000, -2000, 6000, 6000)], XZQDM=["140521100"], XZQMC=["甲镇"])
    return {"county": county, "districts": districts, "urban_area": frame(URBAN)}


def test_greenways_inside_counted_once(tmp_path: Path) -> None:
    ways = [
        line((-500, 500), (1500, 500)),  # 1000 m inside
        line((0, 500.6), (400, 500.4), (1000, 500.5)),  # entered again, jittered: nothing more
        line((500, 0), (500, 300)),  # 300 m more
        line((100, 400), (100, 600)),  # crosses the first: 200 m, the crossing loses nothing
    ]
    results = run(write_project(tmp_path, base() | {"greenways": frame(ways)}), "greenway_length")
    assert value(results, "greenway_length") == pytest.approx(1.5, abs=2e-3)
    assert any("1000" in note or "999" in note or "1000.0" in note for note in results["greenway_length"].notes)


def test_greenway_crossing_loses_nothing(tmp_path: Path) -> None:
    ways = [line((0, 500), (1000, 500)), line((500, 0), (500, 1000)), line((200, 500), (200, 900))]
    results = run(write_project(tmp_path, base() | {"greenways": frame(ways)}), "greenway_length")
    assert value(results, "greenway_length") == pytest.approx(2.4, abs=1e-5)


def people() -> dict[str, object]:
    """1000 people of one township on two dwellings, a quarter of the ground in the urban area."""
    land = parcels([(box(100, 100, 10, 10), "0701", "202", 100.0), (box(2000, 2000, 30, 10), "0702", "203", 300.0)])
    return {"land_use": land, "population": pd.DataFrame({"XZQDM": ["140521100"], "常住人口": ["1,000"]})}


def test_greenway_per_capita(tmp_path: Path) -> None:
    ways = frame([line((0, 500), (1000, 500))])
    results = run(write_project(tmp_path, base() | people() | {"greenways": ways}), "greenway_per_capita")
    assert value(results, "greenway_per_capita") == pytest.approx(4.0, rel=1e-5)  # 1000 m ÷ 250 people


def test_shelters_counted_once_and_cut_at_the_border(tmp_path: Path) -> None:
    shelters = frame(
        [box(900, 0, 200, 100), box(0, 0, 100, 100), box(50, 0, 100, 100), point(500, 500), point(1500, 500)],
        名称=["甲", "乙", "丙", "丁", "戊"], 有效面积=[1000.0, 800.0, 600.0, 50.0, 70.0],
    )  # fmt: skip
    results = run(write_project(tmp_path, base() | people() | {"shelters": shelters}), "shelter_area_per_capita")
    # half of 甲, all of 乙, the half of 丙 that 乙 does not cover, 丁; 戊 stands outside
    effective = 500 + 800 + 300 + 50
    assert value(results, "shelter_area_per_capita", "effective_area") == pytest.approx(effective / 1e4, rel=1e-9)
    assert value(results, "shelter_area_per_capita") == pytest.approx(effective / 250, rel=1e-9)


def test_shelter_without_area_is_named(tmp_path: Path) -> None:
    shelters = frame([point(500, 500), point(600, 500)], 名称=["有数", "缺数"], 有效面积=[50.0, None])
    results = run(write_project(tmp_path, base() | people() | {"shelters": shelters}), "shelter_area_per_capita")
    failure = results["shelter_area_per_capita"].failure
    assert failure is not None
    assert "缺数" in failure.where
    assert results["shelter_area_per_capita"].values[0].status == "failed"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"XZQDM": ["140521100", "140521100"], "常住人口": [5, 6]}, "140521100"),
        ({"XZQDM": ["999999999"], "常住人口": [5]}, "population"),
    ],
)
def test_population_that_cannot_be_placed(tmp_path: Path, rows: dict[str, list[object]], words: str) -> None:
    layers = base() | people() | {"population": pd.DataFrame(rows), "greenways": frame([line((0, 500), (1000, 500))])}
    results = run(write_project(tmp_path, layers), "greenway_per_capita")
    failure = results["greenway_per_capita"].failure
    assert failure is not None
    assert words in str(failure)


def test_people_of_a_zone_without_dwellings_stay_there(tmp_path: Path) -> None:
    layers = base() | {
        "land_use": parcels([(box(0, 0, 10, 10), "0301", "", 100.0)]),
        "population": pd.DataFrame({"XZQDM": ["140521100", "140521999"], "常住人口": [1000, 7]}),
        "greenways": frame([line((0, 500), (1000, 500))]),
    }
    results = run(write_project(tmp_path, layers), "greenway_per_capita")
    row = results["greenway_per_capita"].values[0]
    # spread over the whole township, 36 km²: 1000 people ÷ 36 in the urban square of 1 km²
    assert row.value == pytest.approx(1000 / (1000 / 36), rel=1e-5)
    assert row.status == "estimated"
    assert "140521999" in row.note

"""Which years get a row, and of what: dated files, dated features, the base year, surveys, settings that contradict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qsgis.errors import BadDefinition, OtherSurvey
from qsgis.project import Project
from qsgis.results import Results
from tests.handmade import box, frame, parcels, run, value, values_book, write_project

COUNTY = frame([box(0, 0, 1000, 1000)], XZQDM=["140521"], XZQMC=["手工县"])
HOMES = parcels([(box(0, 0, 100, 100), "0702", "203", 10_000.0)])


def restored(years: list[Any]) -> Any:
    """Restoration areas of 1 ha each, one a year."""
    return frame([box(100 * place, 0, 100, 100) for place in range(len(years))], 年度=years)


def status(results: Results, indicator: str, year: int, part: str = "") -> str:
    return next(row.status for row in results[indicator].values if (row.year, row.part) == (year, part))


def test_nothing_is_new_in_the_base_year_though_its_file_serves_all_years(tmp_path: Path) -> None:
    """One undated survey: in 2019 nothing is new (all stood in 2015); of 2015 that cannot be asked."""
    layers = {"county": COUNTY, "land_use": HOMES, "ecological_red_line": frame([box(0, 0, 1000, 1000)])}
    results = run(write_project(tmp_path, layers, base_year=2015), "red_line_encroachment")
    assert value(results, "red_line_encroachment", "new") == 0
    assert status(results, "red_line_encroachment", 2015, "new") == "not_applicable"
    assert status(results, "red_line_encroachment", 2015, "stock") == "not_applicable"
    assert value(results, "red_line_encroachment", year=2015) == pytest.approx(0.01)


def test_features_of_a_year_each_and_those_without_one(tmp_path: Path) -> None:
    layers = {"county": COUNTY, "restoration_areas": restored([2017, 2019, 2019, None])}
    results = run(write_project(tmp_path, layers, base_year=2015), "restoration_area")
    assert {row.year: row.value for row in results["restoration_area"].values if row.value is not None} == {
        2017: pytest.approx(0.01, rel=1e-6), 2019: pytest.approx(0.02, rel=1e-6), 2015: 0,
    }  # fmt: skip
    assert any("1 个要素没有年份" in note for note in results["restoration_area"].notes)


def test_what_lies_after_the_current_year_is_not_used_and_said(tmp_path: Path) -> None:
    layers = {"county": COUNTY, "restoration_areas": restored([2019, 2030])}
    results = run(write_project(tmp_path, layers), "restoration_area")
    assert {row.year for row in results["restoration_area"].values} == {2019}
    assert any("2030" in text for text in results.record["warnings"])


def test_a_dated_file_serves_its_own_year_whatever_its_features_say(tmp_path: Path) -> None:
    layers = {"county": COUNTY, "restoration_areas": {2019: restored([2018, 2018])}}
    results = run(write_project(tmp_path, layers), "restoration_area")
    assert {row.year: row.value for row in results["restoration_area"].values} == {2019: pytest.approx(0.02, rel=1e-6)}


def test_a_survey_that_is_read_as_the_other_one_is_refused(tmp_path: Path) -> None:
    """二调 codes without survey = 2: 102, a highway, must not become 0102, irrigated land."""
    old = parcels(
        [(box(100 * place, 0, 100, 100), code, "", 10_000.0) for place, code in enumerate(["013", "202", "102"])]
    )
    found = run(write_project(tmp_path / "a", {"county": COUNTY, "land_use": old}), "cultivated_land")
    assert isinstance(found["cultivated_land"].failure, OtherSurvey)
    assert "survey = 2" in str(found["cultivated_land"].failure)
    home = write_project(tmp_path / "b", {"county": COUNTY, "land_use": old}, said={"land_use": "survey = 2"})
    assert value(run(home, "cultivated_land"), "cultivated_land") == pytest.approx(0.0015)  # 1 ha are 15 mu


@pytest.mark.parametrize(
    ("facts", "extra", "word"),
    [
        ("base_year = 2021\n", "", "base_year"),
        ("target_year = 2014\nbase_year = 2015\n", "", "target_year"),
        ('only = ["gdp"]\n', "[analyses.gdp]\nskip = true\n", "only"),
        ('only = ["gpd"]\n', "", "gdp"),
        ('edition = "2022"\n', "", "2021"),
        ("", "[verdict]\non_paces = 80\n", "on_pace"),
    ],
)
def test_settings_that_contradict_are_refused(tmp_path: Path, facts: str, extra: str, word: str) -> None:
    home = write_project(tmp_path, {"county": COUNTY}, facts=facts, extra=extra)
    with pytest.raises(Exception, match=word) as refused:
        Project(home)
    assert getattr(refused.value, "status", None) == 2


def test_only_what_the_project_lists_is_run(tmp_path: Path) -> None:
    home = write_project(tmp_path, {"county": COUNTY}, facts='only = ["water_use_per_capita"]\n')
    assert set(run(home)) == {"water_use", "resident_population", "water_use_per_capita"}  # and what it uses


def test_a_value_of_one_township_is_not_the_county_s(tmp_path: Path) -> None:
    districts = frame([box(0, 0, 500, 1000)], XZQDM=["140521100"], XZQMC=["甲镇"])
    home = write_project(tmp_path, {"county": COUNTY, "districts": districts}, extra='[values]\npath = "v.xlsx"\n')
    values_book(home / "v.xlsx", [("foreign_residents", 2019, 5, "人", "", "140521100")])
    results = run(home, "foreign_residents")
    assert status(results, "foreign_residents", 2019) == "missing"  # the county's row stands first
    assert value(results, "foreign_residents", zone="140521100", kind="reported") == pytest.approx(0.0005)
    results.write(tmp_path / "out")


def test_a_part_may_stand_on_one_before_it(tmp_path: Path) -> None:
    home = write_project(tmp_path, {"county": COUNTY, "land_use": HOMES})
    (home / "analyses").mkdir()
    (home / "analyses" / "steps.toml").write_text(
        'name = "逐步"\ndimension = "安全"\nunit = "公顷"\nbetter = "context"\nheadline = "twice + built"\n'
        '[measures.built]\nmethod = "area"\nof = [{ layer = "land_use", select = "construction" }]\n'
        '[parts]\nonce = { name = "一", value = "built" }\ntwice = { name = "二", value = "2 × once" }\n',
        encoding="utf-8",
    )
    results = run(home, "steps")
    assert [value(results, "steps", part) for part in ("once", "twice", "")] == [1.0, 2.0, 3.0]


def test_a_project_takes_prefer_in_the_place_of_a_headline_and_the_other_way_round(tmp_path: Path) -> None:
    home = write_project(tmp_path, {"county": COUNTY})
    (home / "analyses").mkdir()
    (home / "analyses" / "forest_coverage.toml").write_text('headline = "survey"\n', encoding="utf-8")
    (home / "analyses" / "cultivated_land.toml").write_text('prefer = ["reported", "adjustable"]\n', encoding="utf-8")
    catalog = Project(home).catalog
    assert not catalog.analyses["forest_coverage"].prefers_reported
    assert catalog.analyses["cultivated_land"].prefers_reported
    (home / "analyses" / "both.toml").write_text(
        'name = "二"\ndimension = "安全"\nunit = "公顷"\nbetter = "context"\nheadline = "1"\nprefer = ["a"]\n', "utf-8"
    )
    with pytest.raises(BadDefinition, match="headline"):
        Project(home)

"""How far an indicator came: every rule in plain numbers, each expected value worked out beside it."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from qsgis.catalog import Catalog
from qsgis.documents.table import write_progress
from qsgis.progress import (
    Change,
    changed,
    implementation_rate,
    met,
    outlook,
    progress,
    thresholds_of,
    time_passed,
    verdict,
)
from qsgis.results import PROGRESS_COLUMNS, Kind, Progress, Result, Status, Value
from qsgis.schema import Analysis, Better, ProjectFacts, Thresholds
from tests.handmade import box, frame, run, values_book, write_project

LIMITS = Thresholds(on_pace=80, near_target=95, worse=1)


# --- change ---


@pytest.mark.parametrize(
    ("base", "value", "years", "expected"),
    [
        (100.0, 121.0, 2, (21.0, 21.0, 10.5, 10.0)),  # 1.1² = 1.21
        (80.0, 60.0, 4, (-20.0, -25.0, -5.0, 100 * (0.75**0.25 - 1))),
        (50.0, 50.0, 4, (0.0, 0.0, 0.0, 0.0)),
        (50.0, 0.0, 4, (-50.0, -100.0, -12.5, -100.0)),
        (0.0, 8.0, 4, (8.0, None, 2.0, None)),  # of nothing there is no share
        (0.0, 0.0, 4, (0.0, None, 0.0, None)),
        (-4.0, 2.0, 4, (6.0, 150.0, 1.5, None)),  # 6 ÷ |−4|; no root of a negative ratio
        (-4.0, -6.0, 4, (-2.0, -50.0, -0.5, None)),
        (4.0, -2.0, 3, (-6.0, -150.0, -2.0, None)),
        (None, 8.0, 4, (None, None, None, None)),
        (8.0, None, 4, (None, None, None, None)),
        (8.0, 9.0, 0, (None, None, None, None)),  # base and current year are one
    ],
)
def test_change(base: float | None, value: float | None, years: int, expected: tuple[float | None, ...]) -> None:
    found = changed(base, value, years)
    assert (found.change, found.share, found.yearly, found.growth) == pytest.approx(expected)


def test_what_has_no_share_or_growth_is_said() -> None:
    assert changed(100.0, 121.0, 2).said == ()
    assert len(changed(0.0, 8.0, 4).said) == 1
    assert len(changed(-4.0, 2.0, 4).said) == 1
    assert changed(0.0, 8.0, 4).said != changed(-4.0, 2.0, 4).said


# --- 规划实施率 ---


@pytest.mark.parametrize(
    ("better", "base", "value", "target", "expected"),
    [
        ("higher", 40.0, 50.0, 80.0, 25.0),  # 10 of 40
        ("higher", 40.0, 80.0, 80.0, 100.0),
        ("higher", 40.0, 100.0, 80.0, 150.0),  # past the target: the rate goes on
        ("higher", 40.0, 30.0, 80.0, -25.0),  # away from it
        ("higher", 40.0, 40.0, 80.0, 0.0),
        ("higher", 0.0, 3.0, 12.0, 25.0),  # a zero base is a base
        ("higher", -4.0, -1.0, 8.0, 25.0),  # 3 of 12
        ("lower", 80.0, 60.0, 40.0, 50.0),  # −20 of −40
        ("lower", 80.0, 90.0, 40.0, -25.0),
        ("lower", 10.0, 0.0, 0.0, 100.0),
        ("higher", 60.0, 70.0, 60.0, None),  # target = base
        ("lower", 60.0, 50.0, 60.0, None),
        ("higher", None, 70.0, 60.0, None),  # no base
        ("not_lower", None, 90.0, 100.0, 90.0),  # 90 ÷ 100
        ("not_lower", 95.0, 100.0, 100.0, 100.0),
        ("not_lower", 95.0, 130.0, 100.0, 100.0),  # met, never above
        ("ceiling", None, 125.0, 100.0, 80.0),  # 100 ÷ 125
        ("ceiling", 90.0, 100.0, 100.0, 100.0),
        ("ceiling", 90.0, 40.0, 100.0, 100.0),
        ("ceiling", 90.0, 40.0, 0.0, 0.0),  # nothing was allowed
        ("not_lower", 5.0, -1.0, 0.0, None),  # −1 ÷ 0
        ("context", 40.0, 50.0, 80.0, None),
        ("higher", 40.0, None, 80.0, None),
        ("higher", 40.0, 50.0, None, None),
    ],
)
def test_rate(
    better: Better, base: float | None, value: float | None, target: float | None, expected: float | None
) -> None:
    found, _said = implementation_rate(better, base, value, target)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(("base", "target"), [(None, 60.0), (60.0, 60.0)])
def test_why_there_is_no_rate_is_said(base: float | None, target: float) -> None:
    assert len(implementation_rate("higher", base, 70.0, target)[1]) == 1
    assert implementation_rate("higher", 50.0, 70.0, 90.0)[1] == []


# --- time ---


@pytest.mark.parametrize(
    ("base_year", "year", "target_year", "expected"),
    [
        (2015, 2019, 2035, 20.0),  # 4 of 20
        (2015, 2015, 2035, 0.0),
        (2015, 2035, 2035, 100.0),
        (2020, 2023, 2025, 60.0),
        (None, 2019, 2035, None),
        (2015, 2019, None, None),
        (2035, 2035, 2035, None),
    ],
)
def test_time(base_year: int | None, year: int, target_year: int | None, expected: float | None) -> None:
    assert time_passed(base_year, year, target_year) == pytest.approx(expected)


# --- outlook ---


def test_outlook() -> None:
    """100 → 121 in two years: + 10.5 a year, × 1.1 a year; three years on."""
    change = changed(100.0, 121.0, 2)
    assert outlook(121.0, change, 3) == pytest.approx((121 + 31.5, 121 * 1.331))
    assert outlook(121.0, change, 0) == pytest.approx((121.0, 121.0))


def test_outlook_carries_no_rounding_of_the_rate() -> None:
    """10 → 25 in four years is 2.5 times; 16 years on it is 25 × 2.5⁴ = 976.5625 to the last digit."""
    assert outlook(25.0, changed(10.0, 25.0, 4), 16)[1] == 976.5625


def test_outlook_of_what_has_no_growth_rate() -> None:
    assert outlook(8.0, changed(0.0, 8.0, 4), 16) == pytest.approx((40.0, None))  # 8 + 2 × 16
    assert outlook(-6.0, changed(-4.0, -6.0, 4), 16) == pytest.approx((-14.0, None))
    assert outlook(None, changed(1.0, 2.0, 4), 16) == (None, None)
    assert outlook(8.0, Change(), 16) == (None, None)
    assert outlook(8.0, changed(4.0, 8.0, 4), None) == (None, None)


# --- verdict ---


@pytest.mark.parametrize(
    ("better", "base", "value", "target", "expected"),
    [
        ("higher", 40.0, 80.0, 80.0, "met"),
        ("higher", 40.0, 90.0, 80.0, "met"),
        ("lower", 80.0, 40.0, 40.0, "met"),
        ("lower", 80.0, 39.0, 40.0, "met"),
        ("not_lower", 80.0, 75.0, 70.0, "met"),  # it fell, and stands above the floor all the same
        ("ceiling", 80.0, 85.0, 90.0, "met"),
        # rate 16 %, time 20 %: 16 ≥ 0.8 × 20
        ("higher", 0.0, 16.0, 100.0, "close"),
        ("higher", 0.0, 15.9, 100.0, "behind"),
        ("lower", 100.0, 84.0, 0.0, "close"),
        ("lower", 100.0, 84.1, 0.0, "behind"),
        ("higher", 40.0, 40.0, 80.0, "behind"),
        # moved away by more than 1 % of the base
        ("higher", 100.0, 98.9, 200.0, "worse"),
        ("higher", 100.0, 99.0, 200.0, "behind"),
        ("lower", 100.0, 101.1, 50.0, "worse"),
        ("lower", 100.0, 101.0, 50.0, "behind"),
        ("lower", 0.0, 0.3, 0.0, "worse"),  # of a zero base any move away is one
        ("not_lower", 100.0, 97.0, 98.0, "worse"),
        ("not_lower", 98.0, 97.5, 100.0, "close"),  # fell by 0.5 %; 97.5 % of the floor
        ("ceiling", 100.0, 103.0, 102.0, "worse"),
        # without a base value: 95 % of the target
        ("higher", None, 95.0, 100.0, "close"),
        ("higher", None, 94.9, 100.0, "behind"),
        ("lower", None, 100.0, 95.0, "close"),  # 95 ÷ 100
        ("lower", None, 100.0, 94.0, "behind"),
        ("not_lower", None, 95.0, 100.0, "close"),
        ("not_lower", None, 94.0, 100.0, "behind"),
        ("ceiling", None, 100.0, 96.0, "close"),
        ("ceiling", None, 100.0, 90.0, "behind"),
        ("ceiling", None, 3.0, 0.0, "behind"),
        ("higher", 40.0, None, 80.0, "no_data"),
        ("higher", 40.0, 50.0, None, "no_data"),
        ("context", 40.0, 50.0, 80.0, ""),
        ("context", None, None, None, ""),
    ],
)
def test_verdict(better: Better, base: float | None, value: float | None, target: float | None, expected: str) -> None:
    rate, _said = implementation_rate(better, base, value, target)
    assert verdict(better, base, value, target, rate, 20.0, LIMITS) == expected


@pytest.mark.parametrize(
    ("limits", "expected"),
    [({"on_pace": 50}, "close"), ({"on_pace": 60}, "behind"), ({"worse": 0}, "behind")],
)
def test_thresholds_are_the_projects_own(limits: dict[str, float], expected: str) -> None:
    """Rate 10 %, time 20 %: half the pace."""
    thresholds = thresholds_of(Catalog.load(), limits)
    assert verdict("higher", 0.0, 10.0, 100.0, 10.0, 20.0, thresholds) == expected


def test_met_forgives_rounding_only() -> None:
    assert met("higher", 0.1 + 0.2, 0.3)
    assert met("lower", 0.1 + 0.2, 0.3)
    assert not met("higher", 0.2999, 0.3)
    assert not met("ceiling", 0.3001, 0.3)
    assert met("ceiling", 0.0, 0.0)


# --- a row ---


def row_of(year: int, value: float, kind: Kind = "reported", status: Status = "ok") -> Value:
    return Value("tap", "", "tap", "安全", kind, year, "county", "", "手工县", value, "%", status, "", "", "")


def rows_of(values: list[Value], better: Better = "ceiling", base_year: int = 2015) -> list[Progress]:
    tap = Analysis(id="tap", name="tap", dimension="安全", unit="%", better=better)
    facts = ProjectFacts.model_construct(name="手工县", year=2019, base_year=base_year, target_year=2035)
    catalog = replace(Catalog.load(), analyses={"tap": tap})
    return progress([Result("tap", "tap", values)], catalog, facts, thresholds_of(catalog, {}), lambda *_: [])


def test_a_rate_of_an_estimated_value_is_an_estimate() -> None:
    """A ceiling needs no base: 20 of 25 is 80 %."""
    (row,) = rows_of([row_of(2019, 25.0, "computed", "estimated"), row_of(2035, 20.0, "target")])
    assert (row.rate, row.status) == (80.0, "estimated")
    assert row.note


def test_a_base_year_after_the_current_one_is_no_base() -> None:
    values = [row_of(2019, 25.0), row_of(2021, 30.0), row_of(2035, 20.0, "target")]
    (row,) = rows_of(values, "lower", base_year=2021)
    assert (row.base, row.change, row.rate, row.time) == (None,) * 4


# --- in a run ---


def project(tmp_path: Path, extra: str = "", facts: str = "target_year = 2035") -> Path:
    """A county of which nothing is known but what was handed in of three indicators."""
    rows = [
        ("green_travel_share", 2015, 40, "%"), ("green_travel_share", 2019, 44, "%"),
        ("green_travel_share", 2035, 80, "%", "target"), ("rural_tap_water_rate", 2019, 95, "%"),
    ]  # fmt: skip
    county = frame([box(0, 0, 1000, 1000)], XZQDM=["140521"], XZQMC=["手工县"])
    values_book(tmp_path / "values.xlsx", rows)
    text = '[values]\npath = "values.xlsx"\n' + extra
    return write_project(tmp_path, {"county": county}, extra=text, base_year=2015, facts=facts)


def test_the_projects_thresholds_reach_the_verdict(tmp_path: Path) -> None:
    """(44 − 40) ÷ (80 − 40) = 10 %; 4 ÷ 20 years = 20 %: at half the pace, behind unless half is enough."""
    for extra, expected in (("", "behind"), ("[verdict]\non_pace = 50\n", "close")):
        (row,) = run(project(tmp_path, extra), "green_travel_share").progress
        assert (row.rate, row.time) == pytest.approx((10.0, 20.0))
        assert row.verdict == expected


def test_a_target_year_that_only_the_target_names(tmp_path: Path) -> None:
    (row,) = run(project(tmp_path, facts=""), "green_travel_share").progress
    assert row.target_year == 2035
    assert row.time == pytest.approx(20.0)


def test_of_several_targets_that_of_the_target_year(tmp_path: Path) -> None:
    """The project's target year where one is named, else the latest."""
    rows = [
        ("green_travel_share", year, number, "%", "target") for year, number in ((2025, 50), (2035, 80), (2030, 60))
    ]
    county = frame([box(0, 0, 1000, 1000)], XZQDM=["140521"], XZQMC=["手工县"])
    for facts, expected in (
        ("target_year = 2025", (2025, 50.0)),
        ("", (2035, 80.0)),
        ("target_year = 2050", (2035, 80.0)),
    ):
        home = tmp_path / (facts[-4:] or "none")
        values_book(home / "values.xlsx", rows)
        where = write_project(home, {"county": county}, extra='[values]\npath = "values.xlsx"\n', facts=facts)
        (row,) = run(where, "green_travel_share").progress
        assert (row.target_year, row.target) == expected
        assert row.verdict == "no_data"


def test_no_base_year(tmp_path: Path) -> None:
    """44 ÷ 80 = 55 % of the target: no rate without a base, and no share of the time."""
    home = project(tmp_path)
    text = (home / "project.toml").read_text(encoding="utf-8")
    (home / "project.toml").write_text(text.replace("base_year = 2015", ""), encoding="utf-8")
    (row,) = run(home, "green_travel_share").progress
    assert (row.base_year, row.base, row.change, row.rate, row.time, row.outlook_linear) == (None,) * 6
    assert row.verdict == "behind"


def test_progress_csv(tmp_path: Path) -> None:
    """One line an indicator, what has no meaning left blank; with the mark by which Excel knows UTF-8."""
    path = tmp_path / "progress.csv"
    write_progress(run(project(tmp_path), "green_travel_share", "rural_tap_water_rate"), path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        rows = {row["indicator"]: row for row in reader}
    assert tuple(reader.fieldnames or ()) == PROGRESS_COLUMNS
    green, tap = rows["green_travel_share"], rows["rural_tap_water_rate"]
    numbers = ["base", "value", "change", "change_share", "annual_change", "target", "rate", "time", "outlook_linear"]
    # 44 + 1 × 16 = 60
    assert [float(green[name]) for name in numbers] == pytest.approx([40, 44, 4, 10, 1, 80, 10, 20, 60])
    assert float(green["annual_rate"]) == pytest.approx(100 * (1.1**0.25 - 1))
    assert float(green["outlook_compound"]) == pytest.approx(44 * 1.1**4)
    assert (green["verdict"], tap["verdict"]) == ("behind", "no_data")
    assert [tap[name] for name in ("base", "change", "rate", "target", "outlook_linear")] == [""] * 5

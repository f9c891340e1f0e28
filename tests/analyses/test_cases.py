"""Every worked case of every shipped definition: the expressions give what somebody worked out by hand."""

from __future__ import annotations

import math
from typing import Literal

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from qsgis import units
from qsgis.analyses.inputs import Measured, Zones
from qsgis.assess import assess
from qsgis.catalog import Catalog
from qsgis.codes import code_table
from qsgis.geometry import ellipsoidal_area
from qsgis.results import ZoneLevel
from qsgis.schema import Analysis, Case

CATALOG = Catalog.load()
CASES = [(one, case) for one in CATALOG.analyses.values() for case in one.case]


def amount(text: str, unit: str) -> float:
    """ "3.5 平方千米" in `unit`."""
    number, given = text.split()
    return float(number) * units.factor(given, unit)


def county(square_metres: float) -> gpd.GeoDataFrame:
    """A square county of this ellipsoidal area."""
    side = math.sqrt(square_metres)
    for _step in range(4):
        half = side / 2
        frame = gpd.GeoDataFrame(
            {"code": ["1"], "name": ["县"]},
            geometry=[shapely.box(500_000 - half, 3_950_000 - half, 500_000 + half, 3_950_000 + half)],
            crs="EPSG:4546",
        )
        side *= math.sqrt(square_metres / float(ellipsoidal_area(frame.geometry).iloc[0]))
    return frame


@pytest.mark.parametrize(("analysis", "case"), CASES, ids=[f"{one.id}: {case.how[:40]}" for one, case in CASES])
def test_case(analysis: Analysis, case: Case) -> None:
    zones = Zones({"county": county(amount(case.zone_area or "1 平方千米", "平方米"))})
    measured = {
        name: Measured({"county": pd.Series([amount(text, CATALOG.measure_unit(analysis.measures[name]))], index=[""])})
        for name, text in case.measures.items()
    }
    assert set(measured) == set(analysis.measures), "a case gives every measure"
    assert set(case.uses) == set(analysis.uses), "a case gives every indicator that is used"
    used: dict[str, dict[ZoneLevel, pd.Series]] = {
        name: {"county": pd.Series([value], index=[""])} for name, value in case.uses.items()
    }
    rows = assess(analysis, CATALOG, measured, used, {}, zones, 2019)
    found = {row.part: row for row in rows}
    if case.value is None:
        assert found[""].value is None
        assert found[""].status == "not_applicable"
    else:
        assert found[""].value == pytest.approx(case.value, rel=1e-9)
    for part, value in case.parts.items():
        assert found[part].value == pytest.approx(value, rel=1e-9, abs=1e-12), part


def test_every_computed_definition_has_a_case() -> None:
    assert [one.id for one in CATALOG.analyses.values() if not one.reported and not one.case] == []


def test_a_ratio_has_a_case_without_a_denominator() -> None:
    """Where the headline divides by what may be nothing (a county's area is not), a case says what then holds."""
    ratios = [
        one
        for one in CATALOG.analyses.values()
        if any("÷" in text for text in one.choices) and "zone_area" not in str(one.choices)
    ]
    assert len(ratios) > 40
    assert [one.id for one in ratios if all(case.value is not None for case in one.case)] == []


def test_the_parts_of_an_account_add_up() -> None:
    accounts = [one for one in CATALOG.analyses.values() if one.kind == "account"]
    assert accounts
    for one in accounts:
        for case in one.case if one.parts else ():  # without parts its classes are, which a case does not give
            assert sum(case.parts.values()) == pytest.approx(case.value), one.id


@pytest.mark.parametrize(("table", "kind"), [("land_use_3", "select"), ("land_use_2", "second_survey")])
def test_every_class_is_in_one_group_of_the_land_account(table: str, kind: Literal["select", "second_survey"]) -> None:
    rows, layer = code_table(table), CATALOG.layers["land_use"]
    groups: list[str] = []
    for name, measure in CATALOG.analyses["land_account"].measures.items():
        if name == "whole":
            continue
        codes = set(rows)
        for operand in measure.operands():
            for _field, column, wanted in layer.conditions(operand.selections[0], kind):
                codes &= {code for code, row in rows.items() if (row[column] if column else code) in wanted}
        assert len({rows[code]["account"] for code in codes}) == 1
        groups += codes
    assert sorted(groups) == sorted(rows)

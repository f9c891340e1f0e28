"""Every worked case of every shipped definition: the expressions give what somebody worked out by hand."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from qsgis import units
from qsgis.analyses.inputs import Measured, Zones
from qsgis.assess import assess
from qsgis.catalog import Catalog
from qsgis.schema import Analysis, Case

CATALOG = Catalog.load()
CASES = [(one, case) for one in CATALOG.analyses.values() for case in one.case]


def amount(text: str, unit: str) -> float:
    """ "3.5 平方千米" in `unit`."""
    number, given = text.split()
    return float(number) * units.factor(given, unit)


@pytest.mark.parametrize(("analysis", "case"), CASES, ids=[f"{one.id}: {case.how[:40]}" for one, case in CASES])
def test_case(analysis: Analysis, case: Case) -> None:
    county = gpd.GeoDataFrame(
        {"code": ["1"], "name": ["县"]}, geometry=[shapely.box(0, 0, 1000, 1000)], crs="EPSG:4546"
    )
    measured = {
        name: Measured({"county": pd.Series([amount(text, CATALOG.measure_unit(analysis.measures[name]))], index=[""])})
        for name, text in case.measures.items()
    }
    assert set(measured) == set(analysis.measures), "a case gives every measure"
    used = {name: {"county": pd.Series([value], index=[""])} for name, value in case.uses.items()}
    rows = assess(analysis, CATALOG, measured, used, {}, Zones({"county": county}), 2019)
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

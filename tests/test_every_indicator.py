"""Each of the 133 indicators of the list is defined as the list has it, and nothing else calls itself one."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from qsgis.catalog import Catalog
from qsgis.codes import code_table

LIST = Path(__file__).parent / "data/indicators.csv"
with LIST.open(encoding="utf-8", newline="") as lines:
    ROWS = list(csv.DictReader(lines))
CATALOG = Catalog.load()
OWN = {"farmland_encroachment", "geohazard_construction"}  # served for the county's plan; in no edition
BESIDE = {  # the toolkit's own on the control lines: beside the list, in no edition
    "red_line_cultivated_loss", "farmland_cultivated_loss", "urban_boundary_cultivated_loss", "urban_boundary_zones",
    "control_line_overlap",
}  # fmt: skip
REPORTED_FIRST = {"resident_population", "forest_coverage"}  # computed as well, beside the department's own figure


def several(text: str) -> list[str]:
    return [item for item in text.split(";") if item]


def edition(row: dict[str, str]) -> list[str]:
    """The county's own list of 2020 has what it asks for; that of 2021 every 基本 and 推荐 one."""
    if row["id"] in OWN:
        return []
    asked = ["2020"] if row["county_item"] else []
    return asked + ([] if row["class_2021"] == "自选" else ["2021"])


def test_the_list_itself() -> None:
    assert len(ROWS) == len({row["id"] for row in ROWS}) == len({row["name"] for row in ROWS}) == 133
    assert Counter(row["class_2021"] for row in ROWS) == {"基本": 33, "推荐": 89, "自选": 11}


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_indicator(row: dict[str, str]) -> None:
    found = CATALOG.analyses[row["id"]]
    facts = {
        "name": (found.name, row["name"]),
        "kind": (found.kind, "indicator"),
        "unit": (found.unit, row["unit"]),
        "dimension": (found.dimension, row["dimension"]),
        "theme": (found.theme, row["theme"]),
        "tier": (found.tier, row["class_2021"]),
        "better": (found.better, row["better"]),
        "county_item": (found.county_item, several(row["county_item"])),
        "edition": (found.edition, edition(row)),
    }
    assert {name: pair for name, pair in facts.items() if pair[0] != pair[1]} == {}
    assert set(several(row["aspect"])) <= set(found.aspect)
    assert found.name_en
    assert found.name_en != found.name
    assert found.note
    assert found.note_en


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_where_the_value_comes_from(row: dict[str, str]) -> None:
    found = CATALOG.analyses[row["id"]]
    assert found.prefers_reported == (row["id"] in REPORTED_FIRST)
    if row["source"] == "reported" and row["id"] not in REPORTED_FIRST:
        assert found.reported
        assert found.measures == {}
        return
    assert not found.reported
    assert found.case, "worked by hand"
    assert bool(found.uses) or row["source"] != "formula"
    assert bool(found.measures) or row["source"] != "computed"


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_departments(row: dict[str, str]) -> None:
    found = CATALOG.analyses[row["id"]]
    assert found.department
    assert set(found.department) <= set(code_table("departments"))
    if row["county_item"]:  # the county's list says whom it asks; elsewhere the department is assumed
        assert set(found.department) == set(several(row["department"]))


def test_nothing_else_is_an_indicator() -> None:
    """Beside the list: base figures, accounts, the two additions of 2025 that are known, those on the control lines."""
    listed = {row["id"] for row in ROWS}
    others = [one for one in CATALOG.analyses.values() if one.id not in listed]
    assert {(one.edition == [], one.tier) for one in others if one.id in BESIDE} == {(True, "自选")}
    more = [one for one in others if one.kind == "indicator" and one.id not in BESIDE]
    assert all(one.edition == ["2025"] for one in more), [one.id for one in more]
    assert len(more) <= 2
    names = [row["name"] for row in ROWS]
    assert [one.id for one in others if one.name in names] == []


def test_editions() -> None:
    """122 indicators in 2021, and the toolkit's own two that are in none; of 2020 what the county's list asks for."""
    listed = {row["id"] for row in ROWS}
    in_2021 = set(CATALOG.of_edition("2021")) & listed
    assert in_2021 == {row["id"] for row in ROWS if row["class_2021"] != "自选"} | OWN
    assert len(in_2021 - OWN) == 122
    in_2020 = set(CATALOG.of_edition("2020")) & listed
    assert in_2020 == {row["id"] for row in ROWS if row["county_item"]}
    added = set(CATALOG.of_edition("2025")) - set(CATALOG.of_edition("2021"))
    assert added == {one.id for one in CATALOG.analyses.values() if one.edition == ["2025"]}
    assert set(CATALOG.of_edition("2021")) <= set(CATALOG.of_edition("2025"))


def test_names_are_no_others_alias() -> None:
    """What a table calls an indicator means one of them only."""
    known = Counter(
        name for one in CATALOG.analyses.values() for name in {one.id, one.name, one.name_en or one.id, *one.aliases}
    )
    assert [name for name, count in known.items() if count > 1] == []

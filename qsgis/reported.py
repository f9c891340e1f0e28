"""Values that departments supplied, targets, and values overruled by hand → rows of the indicator table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from qsgis import units
from qsgis.analyses.headcount import zone_of_codes
from qsgis.analyses.inputs import Zones
from qsgis.assess import rounded
from qsgis.catalog import Catalog
from qsgis.layers.values import Wrong, parse_number
from qsgis.messages import _
from qsgis.results import Value, ZoneLevel
from qsgis.schema import Analysis, Override

KINDS: Mapping[str, str] = {
    "": "reported",
    "reported": "reported",
    "target": "target",
    "现状": "reported",
    "上报": "reported",
    "目标": "target",
    "目标值": "target",
}


def supplied(table: pd.DataFrame, catalog: Catalog, zones: Zones, place: str) -> tuple[list[Value], list[str]]:
    """Rows of the departments' table as values, and a line for every row that cannot be used.

    Columns: indicator, year, value, unit, kind, zone_code, source, note; `cell` names the row for messages. A row is
    taken whole or not at all.
    """
    ids = {analysis.name: name for name, analysis in catalog.analyses.items()} | {
        name: name for name in catalog.analyses
    }
    rows: dict[tuple[str, ...], Value] = {}
    problems: list[str] = []
    for record in table.to_dict("records"):
        where = f"{place} {record['cell']}"
        reason, value = _one(record, ids, catalog, zones)
        if value is None:
            problems.append(_("{where}: not used: {reason}", where=where, reason=reason))
            continue
        key = (value.indicator, value.kind, str(value.year), value.zone_code)
        if key in rows and rows[key].value != value.value:
            problems.append(
                _("{where}: not used: {indicator} {year} stands there twice, as {first:g} and as {second:g}",
                  where=where, indicator=value.indicator, year=value.year, first=rows[key].value, second=value.value)
            )  # fmt: skip
            continue
        rows.setdefault(key, value)
    return list(rows.values()), problems


def _one(record: Mapping[Any, Any], ids: Mapping[str, str], catalog: Catalog, zones: Zones) -> tuple[str, Value | None]:
    """The row as a value, or why it cannot be used."""
    name, kind = _text(record.get("indicator")), KINDS.get(_text(record.get("kind")))
    if name not in ids:
        return _("no indicator is called {name}", name=name), None
    if kind is None:
        return _("kind is {kind}; reported or target are allowed", kind=_text(record.get("kind"))), None
    analysis = catalog.analyses[ids[name]]
    unit = _text(record.get("unit")) or analysis.unit
    if not units.known(unit) or not units.same_dimension(unit, analysis.unit):
        return _("unit {unit} cannot become {target}", unit=unit, target=analysis.unit), None
    number, year = _number(record.get("value")), _number(record.get("year"))
    if number is None or year is None or not year.is_integer():
        return _(
            "year or value is not a number: {year}, {value}",
            year=_text(record.get("year")) or _("(blank)"),
            value=_text(record.get("value")) or _("(blank)"),
        ), None
    level, code, zone_name = _zone(_text(record.get("zone_code")), zones)
    if level is None:
        return _("no zone has the code {code}", code=code), None
    row = Value(
        analysis.id, "", analysis.label, analysis.dimension, "target" if kind == "target" else "reported", int(year),
        level, code, zone_name, rounded(number * units.factor(unit, analysis.unit)), analysis.unit, "ok",
        _("supplied by a department"), _text(record.get("source")), _text(record.get("note")),
    )  # fmt: skip
    return "", row


def _text(value: object) -> str:
    return "" if value is None or (isinstance(value, float) and value != value) else str(value).strip()  # noqa: PLR0124


def _number(value: object) -> float | None:
    """A number as people write it; None for nothing and for anything else."""
    try:
        number = parse_number(_text(value))
    except Wrong:
        return None
    return None if math.isnan(number) else number


def _zone(code: str, zones: Zones) -> tuple[ZoneLevel | None, str, str]:
    county = zones.levels["county"].iloc[0]
    if code in {"", str(county["code"])}:
        return "county", "", str(county["name"])
    found = zone_of_codes(pd.Series([code]), zones).iloc[0]
    if found["level"] is None:
        return None, code, ""
    frame = zones.levels[found["level"]]
    return found["level"], found["code"], str(frame.loc[frame["code"] == found["code"], "name"].iloc[0])


def overridden(overrides: Mapping[str, Override], catalog: Catalog, zones: Zones) -> list[Value]:
    """The rows overruled by hand, with who and why."""
    county = str(zones.levels["county"].iloc[0]["name"])
    rows = []
    for name, item in overrides.items():
        analysis = catalog.analyses[name]
        note = _("overruled by {who}: {why}", who=item.who, why=item.why)
        rows.append(
            Value(name, "", analysis.label, analysis.dimension, "override", item.year, "county", "", county, item.value,
                  analysis.unit, "ok", _("overruled by hand"), item.who, note)
        )  # fmt: skip
    return rows


def missing_note(analysis: Analysis, detail: str = "") -> str:
    """What is wanted and from whom."""
    departments = "、".join(analysis.department) or _("unknown department")
    wanted = detail or _("the value of this indicator")
    return _("wanted: {wanted}, from {departments}", wanted=wanted, departments=departments)


def beside(computed: list[Value], reported: list[Value]) -> list[Value]:
    """Computed rows that have a reported one of the same year and zone say how far the two are apart."""
    known = {(row.indicator, row.year, row.zone_code): row.value for row in reported if row.kind == "reported"}
    rows = []
    for row in computed:
        other = known.get((row.indicator, row.year, row.zone_code)) if row.part == "" else None
        if other is None or row.value is None:
            rows.append(row)
            continue
        text = _("reported {other:g}, computed − reported = {difference:g}", other=other, difference=row.value - other)
        rows.append(replace(row, note="; ".join(filter(None, [text, row.note]))))
    return rows

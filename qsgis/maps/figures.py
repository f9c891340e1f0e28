"""The figures beside a map: the headline of each indicator, its status and parts, and its value by township."""

from __future__ import annotations

from dataclasses import dataclass, field

from qsgis.maps.content import Chosen, chosen
from qsgis.messages import _
from qsgis.results import Results, Value


@dataclass(frozen=True)
class Line:
    """A name, a value with its unit as text, and (for bars) its share of the longest in percent."""

    name: str
    value: str
    bar: float = 0.0


@dataclass(frozen=True)
class Figure:
    """One indicator's figures; `value` is a dash where there is none, and `status` (in words) and `note` say why."""

    name: str
    value: str
    unit: str
    status: str
    plain: bool  # nothing to explain: the status is `ok`
    note: str
    beside: list[Line] = field(default_factory=list)  # base year, target
    parts: list[Line] = field(default_factory=list)
    breakdown: list[Line] = field(default_factory=list)  # by class, say
    townships: list[Line] = field(default_factory=list)


def number(value: float | None) -> str:
    """A value for reading: about four figures, thousands apart; a dash where there is none."""
    if value is None:
        return "—"
    size = abs(value)
    digits = 0 if size >= 10_000 or value == int(value) else 1 if size >= 1000 else 2 if size >= 1 else 4
    return f"{value:,.{digits}f}"


def amount(row: Value) -> str:
    """A value with its unit; where there is none, its status says why."""
    if row.value is None:
        return status_label(row.status)
    return f"{number(row.value)} {'' if row.unit == '1' else row.unit}".strip()


def status_label(status: str) -> str:
    """A status in words."""
    labels = {
        "ok": _("ok"),
        "estimated": _("estimated"),
        "missing": _("no data"),
        "not_applicable": _("not applicable"),
        "failed": _("failed"),
    }
    return labels[status]


def figures(results: Results, indicators: list[str]) -> list[Figure]:
    """The figures of `indicators`, in their order; those that this run has not are left out."""
    rows = results.rows()
    values = chosen(results, results.project.project.year)
    return [_figure(results, name, rows, values) for name in indicators if name in results]


def _figure(results: Results, name: str, rows: list[Value], values: Chosen) -> Figure:
    analysis = results.catalog.analyses.get(name)
    result = results[name]
    label = analysis.label if analysis else result.name
    row = values.get((name, "", "county", ""))
    if row is None:
        why = result.failure.what if result.failure else _("this run has no value of the year")
        status = status_label("failed" if result.failure else "missing")
        return Figure(label, "—", analysis.unit if analysis else "", status, plain=False, note=why)
    unit = "" if row.unit == "1" else row.unit
    return Figure(
        label, number(row.value), unit, status_label(row.status), row.status == "ok", row.note,
        _beside(results, name, rows), *_parts(results, name, row.name, values), _townships(name, values),
    )  # fmt: skip


def _beside(results: Results, name: str, rows: list[Value]) -> list[Line]:
    """The base year's value and the targets."""
    facts = results.project.project
    lines = []
    if facts.base_year and facts.base_year != facts.year:
        base = chosen(results, facts.base_year).get((name, "", "county", ""))
        if base is not None and base.value is not None:
            lines.append(Line(_("{year} (base year)", year=facts.base_year), amount(base)))
    targets = [row for row in rows if row.indicator == name and row.kind == "target" and row.zone_level == "county"]
    lines += [Line(_("target {year}", year=row.year), amount(row)) for row in targets if not row.part]
    return lines


def _parts(results: Results, name: str, headline: str, values: Chosen) -> tuple[list[Line], list[Line]]:
    """The parts that the definition names, and those that the data gave (a class each)."""
    analysis = results.catalog.analyses.get(name)
    known = analysis.parts if analysis else {}
    parts, breakdown = [], []
    for (indicator, part, level, _zone), row in values.items():
        if indicator == name and part and level == "county":
            if part in known:
                parts.append(Line(known[part].label, amount(row)))
            else:
                breakdown.append(Line(row.name.removeprefix(headline).lstrip(":： ") or part, amount(row)))
    return parts, breakdown


def _townships(name: str, values: Chosen) -> list[Line]:
    districts = [row for key, row in values.items() if key[:3] == (name, "", "district")]
    rows = [row for row in districts if row.status != "not_applicable"]
    most = max((abs(row.value) for row in rows if row.value is not None), default=0.0)
    return [
        Line(row.zone_name, number(row.value), 0.0 if row.value is None or not most else 100 * abs(row.value) / most)
        for row in sorted(rows, key=lambda row: row.zone_code)
    ]

"""The figures beside a map: the headline of each indicator, its status and parts, and its value by township."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qsgis.messages import _
from qsgis.results import Place, Results, Value, best_of

if TYPE_CHECKING:
    from qsgis.schema import Analysis


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
    return [_figure(results, name) for name in indicators if name in results]


def _figure(results: Results, name: str) -> Figure:
    analysis, result = results.catalog.analyses[name], results[name]
    best = best_of(result.values, analysis)
    values = [row for (_indicator, _part, year, _zone), row in best.items() if year == results.project.project.year]
    row = next((row for row in values if not row.part and row.zone_level == "county"), None)
    if row is None:
        why = result.failure.what if result.failure else _("this run has no value of the year")
        status = status_label("failed" if result.failure else "missing")
        return Figure(analysis.label, "—", analysis.unit, status, plain=False, note=why)
    unit = "" if row.unit == "1" else row.unit
    return Figure(
        analysis.label, number(row.value), unit, status_label(row.status), row.status == "ok", row.note,
        _beside(results, name, best), *_parts(analysis, row.name, values), _townships(values),
    )  # fmt: skip


def _beside(results: Results, name: str, best: dict[Place, Value]) -> list[Line]:
    """The base year's value and the targets."""
    facts = results.project.project
    lines = []
    if facts.base_year and facts.base_year != facts.year:
        base = best.get((name, "", facts.base_year, ""))
        if base is not None and base.value is not None:
            lines.append(Line(_("{year} (base year)", year=facts.base_year), amount(base)))
    targets = [row for row in results[name].values if row.kind == "target" and row.zone_level == "county"]
    lines += [Line(_("target {year}", year=row.year), amount(row)) for row in targets if not row.part]
    return lines


def _parts(analysis: Analysis, headline: str, values: list[Value]) -> tuple[list[Line], list[Line]]:
    """The parts that the definition names, and those that the data gave (a class each)."""
    parts, breakdown = [], []
    for row in values:
        if row.part in analysis.parts and row.zone_level == "county":
            parts.append(Line(analysis.parts[row.part].label, amount(row)))
        elif row.part and row.zone_level == "county":
            breakdown.append(Line(row.name.removeprefix(headline).lstrip(":： ") or row.part, amount(row)))
    return parts, breakdown


def _townships(values: list[Value]) -> list[Line]:
    districts = [row for row in values if not row.part and row.zone_level == "district"]
    rows = [row for row in districts if row.status != "not_applicable"]
    most = max((abs(row.value) for row in rows if row.value is not None), default=0.0)
    return [
        Line(row.zone_name, number(row.value), 0.0 if row.value is None or not most else 100 * abs(row.value) / most)
        for row in sorted(rows, key=lambda row: row.zone_code)
    ]

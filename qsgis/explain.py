"""What an analysis is, as a standard's entry reads; and the receipt of its figure in a project."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qsgis import console
from qsgis.catalog import Catalog
from qsgis.messages import _, choose
from qsgis.schema import Analysis, Area, Commute, Measure, Operand, Reach, Sum

if TYPE_CHECKING:
    from qsgis.project import Project
    from qsgis.results import Result, Value


@dataclass
class Entry:
    """Headed paragraphs: heading -> lines."""

    title: str
    paragraphs: dict[str, list[str]] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)

    def add(self, heading: str, *lines: str) -> None:
        """A paragraph; nothing where it has no text."""
        found = [line for line in lines if line]
        if found:
            self.paragraphs.setdefault(heading, []).extend(found)

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return self.data

    def show(self) -> None:
        """Print it."""
        console.say(self.title)
        for heading, lines in self.paragraphs.items():
            console.say()
            console.say(heading)
            for line in lines:
                console.say(f"  {line}")


def definition(catalog: Catalog, name: str) -> Entry:
    """The definition of an analysis in words; UnknownId where there is none."""
    analysis = catalog.get_analysis(name, _("the command line"))
    entry = Entry(f"{analysis.label}  ({analysis.id})", data=analysis.model_dump(mode="json", exclude_defaults=True))
    _facts(entry, analysis)
    entry.add(_("What counts"), choose(analysis.note, analysis.note_en))
    for key, measure in analysis.measures.items():
        unit = catalog.measure_unit(measure)
        entry.add(_("Measured"), f"{key} [{unit}] = {_measure_words(measure, catalog)}")
    if analysis.headline:
        entry.add(_("Computed"), f"{analysis.label} [{analysis.unit}] = {analysis.headline}")
    for key, part in analysis.parts.items():
        entry.add(_("Parts"), f"{key}: {part.label} [{part.unit or analysis.unit}] = {part.value}")
    entry.add(_("Also uses"), *[f"{used}: {catalog.analyses[used].label}" for used in analysis.uses])
    for layer in catalog.layers_of(analysis):
        found = catalog.layers[layer]
        label = _("{name} ({detail})", name=found.label, detail=layer)
        departments = "、".join(found.department) or _("unknown department")
        entry.add(_("Layers"), _("{name}: {detail}", name=label, detail=departments))
    for case in analysis.case:
        entry.add(_("Worked example"), case.steps)
    entry.add(_("Defined in"), str(catalog.paths["analyses", name]))
    return entry


def _facts(entry: Entry, analysis: Analysis) -> None:
    better = {
        "higher": _("higher is better"),
        "lower": _("lower is better"),
        "not_lower": _("must not fall below the target"),
        "ceiling": _("must not exceed the target"),
        "context": _("context, no direction"),
    }
    entry.add(
        _("Facts"),
        _("dimension: {dimension} {theme}", dimension=analysis.dimension, theme=analysis.theme),
        _("aspect: {aspect}", aspect="、".join(analysis.aspect)) if analysis.aspect else "",
        _("unit: {unit}; {better}", unit=analysis.unit, better=better[analysis.better]),
        _("class: {tier}; editions: {editions}", tier=analysis.tier, editions=", ".join(analysis.edition) or "–"),
        _("departments: {departments}", departments="、".join(analysis.department) or "–"),
        _("standard: {standard}", standard=analysis.standard) if analysis.standard else "",
        _("value supplied by the department") if analysis.reported else "",
    )


def _measure_words(measure: Measure, catalog: Catalog) -> str:
    match measure:
        case Reach():
            return _reach_words(measure, catalog)
        case Commute():
            limit = (
                _("within {minutes:g} minutes", minutes=measure.minutes) if measure.minutes else _("whatever the time")
            )
            return _(
                "commuters by residence, {limit}; sources: {sources}", limit=limit, sources=" → ".join(measure.sources)
            )
    of = " ∩ ".join(_operand_words(operand, catalog) for operand in measure.of)
    text = {
        "area": _("area of {operand}", operand=of), "length": _("length of {operand}", operand=of),
        "count": _("number of {operand}", operand=of), "sum": _("sum over {operand}", operand=of),
    }[measure.method]  # fmt: skip
    if isinstance(measure, Sum):
        text += _(", field {field}", field=measure.field)
    if isinstance(measure, Area) and measure.by:
        text += _(", by {field}", field=measure.by)
    if measure.within:
        text += _(", within {operand}", operand=_operand_words(measure.within, catalog))
    return text


def _reach_words(measure: Reach, catalog: Catalog) -> str:
    limits = []
    for group in measure.supply:
        own = group if group.minutes or group.metres else measure
        limit = _("{minutes:g} minutes", minutes=own.minutes) if own.minutes else _("{metres:g} m", metres=own.metres)
        limits.append(_("{name} ({detail})", name=_operand_words(group, catalog), detail=limit))
    mode = _(measure.mode)
    if measure.speed_kmh:
        mode = _("{mode} at {speed:g} km/h", mode=mode, speed=measure.speed_kmh)
    text = _(
        "{count} of {demand} that reach {supply}, {mode}",
        count=_(measure.count), demand=_operand_words(measure.demand, catalog), supply=" + ".join(limits), mode=mode,
    )  # fmt: skip
    if measure.within:
        text += _(", within {operand}", operand=_operand_words(measure.within, catalog))
    return text


def _operand_words(operand: Operand, catalog: Catalog) -> str:
    text = " ∪ ".join(catalog.layers[name].label for name in operand.layers)
    if operand.selections:
        text += f"[{' | '.join(operand.selections)}]"
    if operand.year != "current":
        year = _("base year") if operand.year == "base" else operand.year
        text = _("{name} ({detail})", name=text, detail=year)
    return _("outside {operand}", operand=text) if operand.outside else text


def receipt(project: Project, name: str) -> Entry:
    """How the figure of an analysis came about in a project: inputs, years, sums, result. Runs the analysis."""
    project.catalog.get_analysis(name, _("the command line"))
    results = project.run([name])
    result = results[name]
    entry = definition(project.catalog, name)
    entry.title = f"{entry.title}  —  {project.file.project.name}"
    _measured(entry, result)
    county = [row for row in result.values if row.zone_level == "county"]
    entry.add(_("Result"), *[_value_words(row) for row in county])
    districts = [
        row
        for row in result.values
        if row.zone_level == "district" and not row.part and row.year == project.file.project.year
    ]
    entry.add(_("By district"), *[_value_words(row) for row in districts])
    entry.add(_("Said on the way"), *result.notes)
    if result.failure is not None:
        entry.add(_("Failed"), *str(result.failure).splitlines())
    for source in results.record["inputs"]:
        text = _(
            "{layer}: {path}, {features} features, sha256 {digest}",
            layer=source["layer"],
            path=source["path"],
            features=source["features"],
            digest=source["sha256"][:16],
        )
        entry.add(_("Files"), text)
    entry.data = {
        "definition": entry.data,
        "record": result.record,
        "values": [row for row in results.records() if row["indicator"] == name],
        "inputs": results.record["inputs"],
    }
    return entry


def _measured(entry: Entry, result: Result) -> None:
    for key, found in result.record.get("measures", {}).items():
        amount = console.number(found["sum"].get("county"))
        entry.add(
            _("Sums of the county"),
            f"{key} = {amount} {found['unit']}  ({found['method']}; {', '.join(found['sources'])})",
        )


def _value_words(row: Value) -> str:
    value = console.number(row.value) or "—"
    zone = f"{row.zone_name} " if row.zone_code else ""
    mark = console.MARKS[row.status]
    said = _("{status}, {kind}", status=_(row.status), kind=_(row.kind))
    if row.note:
        said = _("{name} ({detail})", name=said, detail=row.note)
    return f"{row.year} {zone}{row.name} = {value} {row.unit}  {mark} {said}"

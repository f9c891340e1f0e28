"""What an analysis is, as a standard's entry reads; and the receipt of its figure in a project."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qsgis import console
from qsgis.catalog import Catalog
from qsgis.codes import term, terms
from qsgis.messages import _, choose
from qsgis.schema import Analysis
from qsgis.wording import formula, label_of, measure_words, unit_text

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
    _formulas(entry, analysis, catalog)
    for layer in catalog.layers_of(analysis):
        found = catalog.layers[layer]
        label = _("{name} ({detail})", name=found.label, detail=layer)
        departments = terms(found.department) or _("unknown department")
        entry.add(_("Layers"), _("{name}: {detail}", name=label, detail=departments))
    for case in analysis.case:
        entry.add(_("Worked example"), case.steps)
    entry.add(_("Defined in"), str(catalog.paths["analyses", name]))
    return entry


def _formulas(entry: Entry, analysis: Analysis, catalog: Catalog) -> None:
    """How the headline comes about, what its terms measure, and the parts beside it."""
    for text in analysis.choices:
        words = formula(text, analysis, catalog)
        if words != analysis.label:
            entry.add(_("Computed"), f"{analysis.label} [{unit_text(analysis.unit)}] = {words}")
    if analysis.prefers_reported:
        entry.add(_("Computed"), _("the department's own value goes before the computed one; both are shown"))
    for key, measure in analysis.measures.items():
        label, unit = label_of(key, analysis, catalog), unit_text(catalog.measure_unit(measure))
        named = key if label == key else f"{label} ({key})"
        entry.add(_("Measured"), f"{named} [{unit}] = {measure_words(measure, catalog)}")
    for part in analysis.parts.values():
        words = formula(part.value, analysis, catalog)
        unit = unit_text(part.unit or analysis.unit)
        entry.add(_("Parts"), f"{part.label} [{unit}]" + ("" if words == part.label else f" = {words}"))
    entry.add(_("Also uses"), *[f"{catalog.analyses[used].label} ({used})" for used in analysis.uses])


def _facts(entry: Entry, analysis: Analysis) -> None:
    better = {
        "higher": _("higher is better"),
        "lower": _("lower is better"),
        "not_lower": _("must not fall below the target"),
        "ceiling": _("must not exceed the target"),
        "context": _("context, no direction"),
    }
    kind = {
        "indicator": "",
        "figure": _("a base figure that indicators use, no indicator itself"),
        "account": _("an account: its parts add up to its headline"),
    }
    entry.add(
        _("Facts"),
        kind[analysis.kind],
        _("dimension: {dimension}, {theme}", dimension=term(analysis.dimension), theme=term(analysis.theme)),
        _("aspect: {aspect}", aspect=terms(analysis.aspect)) if analysis.aspect else "",
        _("unit: {unit}; {better}", unit=unit_text(analysis.unit), better=better[analysis.better]),
        _("class: {tier}; editions: {editions}", tier=term(analysis.tier), editions=", ".join(analysis.edition) or "–"),
        _("item of the county's list: {items}", items=", ".join(analysis.county_item)) if analysis.county_item else "",
        _("departments: {departments}", departments=terms(analysis.department) or "–"),
        _("standard: {standard}", standard=analysis.standard) if analysis.standard else "",
        _("also written: {names}", names=", ".join(analysis.aliases)) if analysis.aliases else "",
        _("value supplied by the department") if analysis.reported else "",
    )


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

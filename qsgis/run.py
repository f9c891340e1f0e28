"""Plan by `uses`, compute analysis by analysis, record where everything came from. One that fails leaves the others."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyproj

from qsgis import outputs
from qsgis.analyses.inputs import Inputs, LayerAbsent, Measured, NotApplicable, NotInstalled
from qsgis.analyses.measures import compute
from qsgis.assess import Inapplicable, assess, levels_of, without_value
from qsgis.catalog import Catalog
from qsgis.codes import terms
from qsgis.definitions import SKIP
from qsgis.errors import AnalysisFailed, QsgisError
from qsgis.layers.handed_in import HandedIn, read_values
from qsgis.loading import Loader
from qsgis.messages import _
from qsgis.progress import progress as progress_of
from qsgis.progress import thresholds_of
from qsgis.record import record
from qsgis.reported import values as reported
from qsgis.reported.questions import Taken, as_line, compare_with
from qsgis.results import Peer, Question, Result, Results, Status, Value, ZoneLevel, best_of, joined
from qsgis.schema import Analysis, Measure, ProjectFile, ValuesSource
from qsgis.series import Series

FEW = 4  # analyses: as few do not pay for looking a whole survey through

Say = Callable[[str, int, int], None]  # told what is done now, how many steps are behind, how many there are


def run(
    home: Path,
    project: ProjectFile,
    catalog: Catalog,
    crs: pyproj.CRS,
    ids: Iterable[str] | None,
    progress: Say | None = None,
) -> Results:
    """All analyses, or those of `ids` with what they use, for the project in `home`."""
    loader = Loader(home, project, catalog, crs)
    runner = _Runner(loader)
    wanted = _plan(catalog, project, list(ids) if ids is not None else None)
    say = progress or (lambda _text, _done, _total: None)
    say(_("reading"), 0, len(wanted))
    layers = [layer for name in wanted for layer in catalog.layers_of(catalog.analyses[name])]
    loader.read_ahead(catalog.with_beside(layers), many=len(wanted) > FEW)
    for number, name in enumerate(wanted):
        say(catalog.analyses[name].label, number, len(wanted))
        runner.add(name)
    runner.ask(compare_with((row for item in runner.items.values() for row in item.values), runner.taken))
    edition = catalog.rules.editions.get(project.project.edition or "")
    if edition is not None and edition.remark:
        runner.warnings.append(f"{edition.label}: {edition.remark}")
    say(_("map layers"), len(wanted), len(wanted))
    return runner.results()


def _plan(catalog: Catalog, project: ProjectFile, ids: list[str] | None) -> list[str]:
    """Ids in the order of computing: each after those it uses.

    Where none is named: those that the project lists, else those of its edition, but for what it skips; what it asks
    for by skip = false too.
    """
    if ids is None and project.project.only:
        ids = project.project.only
    if ids is None:
        asked = {name: changes[SKIP] for name, changes in project.analyses.items() if SKIP in changes}
        inside = set(catalog.of_edition(project.project.edition))
        ids = [name for name in catalog.order if not asked.get(name, name not in inside)]
    wanted: set[str] = set()
    waiting = [catalog.get_analysis(name, "-a").id for name in ids]
    while waiting:
        name = waiting.pop()
        wanted.add(name)
        waiting += [used for used in catalog.analyses[name].uses if used not in wanted]
    return [name for name in catalog.order if name in wanted]


@dataclass
class _Runner:
    loader: Loader
    items: dict[str, Result] = field(default_factory=dict)
    best: dict[tuple[str, int], dict[tuple[ZoneLevel, str], Value]] = field(default_factory=dict)
    measured: dict[Hashable, Measured] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    peers: list[Peer] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)  # what was handed in, with its places
    unread: QsgisError | None = None  # why the table of supplied values could not be read
    _supplied: list[Value] | None = None

    # --- values that were handed in ---

    def supplied(self, analysis: Analysis) -> list[Value]:
        """Reported values, targets and overrides of one indicator. A reported one fails where they cannot be read."""
        if self._supplied is None:
            self._supplied = self._read_supplied()
        rows = [row for row in self._supplied if row.indicator == analysis.id]
        if self.unread is not None and analysis.reported and not rows:
            raise self.unread
        return rows

    def _read_supplied(self) -> list[Value]:
        """Everything handed in; the questions about it and the figures of other counties are kept."""
        project, catalog, zones = self.loader.project, self.loader.catalog, self.loader.zones()
        facts = project.project
        by_hand = reported.overridden(project.overrides, catalog, zones, facts)
        handed_in = reported.supplied(self._tables(project.value_sources, "values"), catalog, zones, facts)
        others = [project.comparison] if project.comparison else []
        self.peers, doubts = reported.peers(self._tables(others, "comparison"), catalog, facts)
        self.taken = by_hand.taken + handed_in.taken
        self.ask([*by_hand.questions, *handed_in.questions, *doubts])
        return by_hand.values + handed_in.values

    def _tables(self, sources: list[ValuesSource], entry: str) -> list[HandedIn]:
        """The tables that can be read; for the others, why not."""
        found = []
        for source in sources:
            try:
                found.append(read_values(source, self.loader.home, entry))
            except QsgisError as error:
                self.unread = error if entry == "values" else self.unread
                text = _("no figure of {path} was used: {what} ({why})",
                         path=source.path, what=error.what, why=error.why)  # fmt: skip
                self.warnings.append(text)
        return found

    def ask(self, questions: list[Question]) -> None:
        """Keep questions for a human, and say each as a warning."""
        self.questions += questions
        labels = {name: analysis.label for name, analysis in self.loader.catalog.analyses.items()}
        self.warnings += [as_line(question, labels.get(question.indicator, "")) for question in questions]

    # --- one analysis ---

    def add(self, name: str) -> None:
        """Compute one analysis; whatever goes wrong stays with it."""
        start = time.perf_counter()
        analysis = self.loader.catalog.analyses[name]
        result = Result(name, analysis.label)
        try:
            self._fill(analysis, result)
        except QsgisError as error:
            result.failure = error
        except LayerAbsent as absent:
            result.values = [self._without(analysis, self.loader.project.project.year, "missing", self._wanted(absent))]
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            result.failure = AnalysisFailed(analysis.label, name, reason, _("report this with the file run.json"))
            result.record["traceback"] = traceback.format_exc()
        if result.failure is not None:
            text = f"{result.failure.what}: {result.failure.where}: {result.failure.why}"
            failed = self._without(analysis, self.loader.project.project.year, "failed", text)
            result.values = [failed, *self._handed_in(analysis)]
        result.record["definition"] = analysis.model_dump(mode="json", exclude_defaults=True, exclude={"case"})
        self.items[name] = result
        self.seconds[name] = time.perf_counter() - start

    def _handed_in(self, analysis: Analysis) -> list[Value]:
        """What was handed in for an analysis that failed; nothing where that is what failed."""
        try:
            return self.supplied(analysis)
        except (QsgisError, LayerAbsent):
            return []

    def _fill(self, analysis: Analysis, result: Result) -> None:
        handed_in, now = self.supplied(analysis), self.loader.project.project.year
        rows: list[Value] = []
        if not analysis.reported:
            for year in self._years(analysis):
                rows += self._one_year(analysis, result, year)
            rows = reported.beside([self._own_choice(row, analysis, handed_in) for row in rows], handed_in)
        elif not any((row.year, row.zone_code) == (now, "") for row in handed_in if row.kind != "target"):
            note = reported.missing_note(analysis)
            rows = [self._without(analysis, now, "missing", note)]
        result.values = rows + handed_in

    def _without(self, analysis: Analysis, year: int, status: Status, note: str) -> Value:
        return without_value(analysis, self.loader.project.project.name, year, status, note)

    @staticmethod
    def _own_choice(row: Value, analysis: Analysis, handed_in: list[Value]) -> Value:
        """A computed headline is an estimate where the department's value, the first choice, is lacking."""
        if not analysis.prefers_reported or row.part or row.value is None:
            return row
        own = {one.zone_code for one in handed_in if (one.kind, one.year) == ("reported", row.year)}
        if own & {row.zone_code, ""}:  # a township's figure is sure where the county's is the department's own
            return row
        shown = analysis.parts[analysis.choices[0]].label
        text = _("the department's value, which comes first, was not supplied; this is: {part}", part=shown)
        return replace(row, status="estimated", note=joined(text, row.note))

    def _years(self, analysis: Analysis) -> list[int]:
        """The current year, then the base year and all other years that the analysis has data of."""
        facts = self.loader.project.project
        dated = self._dated(analysis) if analysis.measures else self._years_used(analysis)
        later = sorted(year for year in dated if year > facts.year)
        if later:
            listing = ", ".join(str(year) for year in later)
            text = _("{name}: data of {years}, after the current year {year}, are not used",
                     name=analysis.label, years=listing, year=facts.year)  # fmt: skip
            self.warnings.append(text)
            dated -= set(later)
        others = dated | ({facts.base_year} if facts.base_year else set())
        return [facts.year, *sorted(year for year in others if year != facts.year)]

    def _dated(self, analysis: Analysis) -> set[int]:
        """The years that files of the analysis are dated with, and those that its dated operands hold."""
        project = self.loader.project
        layers = self.loader.catalog.layers_of(analysis)
        found = {source.year for layer in layers for source in project.sources(layer) if source.year}
        for operand in (one for measure in analysis.measures.values() for one in measure.operands()):
            if operand.dated:
                found |= {year for layer in operand.layers for year in self.loader.years_in(layer)}
        return found

    def _years_used(self, analysis: Analysis) -> set[int]:
        """The years for which all indicators that a formula uses have a value."""
        years = [
            {
                row.year
                for row in self.items[name].values
                if row.kind != "target" and not row.part and row.value is not None
            }
            for name in analysis.uses
        ]
        return set.intersection(*years) if years else set()

    def _one_year(self, analysis: Analysis, result: Result, year: int) -> list[Value]:
        measured, absent = self._measured(analysis, year)
        if absent and not measured:
            note = "; ".join(dict.fromkeys(absent.values()))
            pointless = all(isinstance(text, Inapplicable) for text in absent.values())
            return [self._without(analysis, year, "not_applicable" if pointless else "missing", note)]
        used: dict[str, dict[ZoneLevel, pd.Series]] = {}
        for name in analysis.uses:
            used[name] = self._used(name, year)
            if not used[name]:
                absent[name] = _("wanted: the indicator {name}", name=self.loader.catalog.analyses[name].label)
        if year == self.loader.project.project.year:
            self._keep(analysis, result, measured, absent)
        rows = assess(analysis, self.loader.catalog, measured, used, absent, self.loader.zones(), year)
        return [self._inherited(row, analysis) for row in rows]

    def _inherited(self, row: Value, analysis: Analysis) -> Value:
        """The row with the status and the origin of the indicators that it uses."""
        if not analysis.uses or row.value is None:
            return row
        zone = (row.zone_level, row.zone_code)
        taken = [best[zone] for name in analysis.uses if zone in (best := self._best(name, row.year))]
        said = [_("uses {name} ({kind})", name=one.name, kind=_(one.kind)) for one in taken if one.kind != "computed"]
        said += [f"{one.name}: {one.note}" for one in taken if one.status == "estimated"]
        status = "estimated" if any(one.status == "estimated" for one in taken) else row.status
        return replace(row, status=status, note=joined(row.note, *dict.fromkeys(said)))

    def _best(self, name: str, year: int) -> dict[tuple[ZoneLevel, str], Value]:
        """The values of an indicator that others use, by zone."""
        if (name, year) not in self.best:
            rows = [row for row in self.items[name].values if (row.part, row.year) == ("", year)]
            ranked = best_of(rows, self.loader.catalog.analyses[name]).values()
            self.best[name, year] = {(row.zone_level, row.zone_code): row for row in ranked if row.value is not None}
        return self.best[name, year]

    def _keep(self, analysis: Analysis, result: Result, measured: dict[str, Measured], absent: dict[str, str]) -> None:
        """The current year's layers, notes and sums stay with the result."""
        said = [text for one in measured.values() for text in [*one.estimated, *one.notes]]
        result.notes += list(dict.fromkeys([*absent.values(), *said]))
        for one in measured.values():
            result.layers |= one.layers
        result.record["measures"] = {
            name: {
                "sum": {level: float(one.totals[level].sum()) for level in one.totals},
                "unit": self.loader.catalog.measure_unit(analysis.measures[name]),
                "method": one.method,
                "areas": one.areas,
                "sources": one.sources,
                "notes": one.notes,
                "estimated": one.estimated,
            }
            for name, one in measured.items()
        }

    def _measured(self, analysis: Analysis, year: int) -> tuple[dict[str, Measured], dict[str, str]]:
        """The measures of a year, and for those that lack a layer what is wanted."""
        inputs = self.loader.inputs(year)
        levels = levels_of(analysis, inputs.zones)
        found: dict[str, Measured] = {}
        absent: dict[str, str] = {}
        for name, measure in analysis.measures.items():
            try:
                key = (name, measure.model_dump_json(), tuple(levels), self._files_of(measure, inputs))
                if key not in self.measured:
                    self.measured[key] = compute(measure, inputs, levels, name)
                found[name] = self.measured[key]
            except LayerAbsent as lacking:
                absent[name] = self._wanted(lacking)
            except NotInstalled as lacking_part:
                absent[name] = str(lacking_part)
            except NotApplicable as early:
                absent[name] = Inapplicable(early)
        return found, absent

    def _files_of(self, measure: Measure, inputs: Inputs) -> Hashable:
        """The files that a measure works on: years with the same ones need one computation.

        LayerAbsent or NotApplicable where one of its operands means no year here (the base year, asked in that year).
        """
        years = {inputs.year_of(operand) for operand in measure.operands()} | {inputs.year}
        dated = any(operand.dated for operand in measure.operands())
        catalog = self.loader.catalog
        layers = tuple(catalog.with_beside(catalog.with_stand_ins(measure.layer_ids())))
        return layers, tuple(inputs.files(layers, year) for year in sorted(years)), inputs.year if dated else None

    def _used(self, name: str, year: int) -> dict[ZoneLevel, pd.Series]:
        """The values of an indicator in `uses`, by level and zone code."""
        found: dict[ZoneLevel, dict[str, float]] = {}
        for (level, code), row in self._best(name, year).items():
            found.setdefault(level, {})[code] = float(row.value or 0.0)
        return {level: pd.Series(values) for level, values in found.items()}

    def _wanted(self, absent: LayerAbsent) -> str:
        """What is wanted for a missing layer, and from whom."""
        layer = self.loader.catalog.layers[absent.layer]
        departments = terms(layer.department) or _("unknown department")
        what = _("{name} ({detail})", name=layer.label, detail=layer.id)
        if absent.detail:
            what = _("{what}, {detail}", what=what, detail=absent.detail)
        return _("wanted: {what} for {year}, from {departments}", what=what, year=absent.year, departments=departments)

    # --- the whole ---

    def results(self) -> Results:
        """Everything found, with the layers that sheets draw."""
        facts = self.loader.project.project
        try:
            zones = self.loader.zones().levels
            self.warnings += self.loader.zones().notes
        except (QsgisError, LayerAbsent):
            zones = {}
        from qsgis.messages import choose

        notice = choose(facts.notice, facts.notice_en)
        items = {name: self.items[name] for name in self.loader.catalog.in_contents(self.items)}
        thresholds = thresholds_of(self.loader.catalog, self.loader.project.verdict)
        return Results(
            self.loader.catalog,
            self.loader.project,
            items,
            zones,
            self._drawn(),
            [notice] if notice else [],
            progress_of(items.values(), self.loader.catalog, facts, thresholds, Series(self.loader).doubts),
            self.questions,
            self.peers,
            record(self.loader, items, self.warnings, self.questions, self.seconds),
            outputs.write,
        )

    def _drawn(self) -> dict[str, gpd.GeoDataFrame]:
        """Input layers that the sheets of this run draw; one that cannot be read is left out, with a warning."""
        done = {name for name, item in self.items.items() if item.layers}
        sheets = [
            sheet for sheet in self.loader.catalog.sheets.values() if {item.analysis for item in sheet.layers} & done
        ]
        names = [item.layer for sheet in sheets for item in sheet.layers if item.analysis is None]
        names += [name for sheet in sheets for name in sheet.context]
        if sheets:
            names.append("land_use")  # the maps' backdrop
        found: dict[str, gpd.GeoDataFrame] = {}
        for name in dict.fromkeys(names):
            try:
                frame = self.loader.load(name, self.loader.project.project.year).frame
            except LayerAbsent:
                continue
            except QsgisError as error:
                self.warnings.append(_("not on the maps: {what}", what=error.what))
                continue
            if isinstance(frame, gpd.GeoDataFrame) and len(frame):
                found[name] = frame
        return found

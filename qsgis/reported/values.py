"""Values that departments supplied, targets, figures of other counties, values overruled by hand → rows of the tables.

A figure is taken whole or not at all, and never changed; what is doubtful about it becomes a question.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from qsgis import units
from qsgis.analyses.inputs import Zones
from qsgis.assess import rounded
from qsgis.catalog import Catalog
from qsgis.codes import code_table
from qsgis.layers.amounts import Amount, read_amount
from qsgis.layers.cells import plain
from qsgis.layers.handed_in import Entry, HandedIn
from qsgis.layers.heads import with_digits
from qsgis.messages import _
from qsgis.reported.names import Names, department, zone_of
from qsgis.reported.questions import Stated, Taken, in_reading_order, in_unit, plain_number, series_questions
from qsgis.results import Kind, Peer, Question, Value, ZoneLevel, joined
from qsgis.schema import Analysis, Override, ProjectFacts

KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("", "reported", "现状", "现状值", "上报", "上报值", "填报", "实际", "基期", "基期值"), "reported"),
    **dict.fromkeys(("基本", "推荐", "自选", "基本指标", "推荐指标", "自选指标", "约束性", "预期性"), "reported"),
    **dict.fromkeys(("target", "目标", "目标值", "规划", "规划目标", "规划目标值"), "target"),
}
_NO_UNIT = {"", "-", "—", "–", "/", "无", "1"}
_SHARES = {"%", "‰"}  # they are no counts, though both are plain numbers
_NO_COUNTY = {"合计", "总计", "小计", "平均", "均值", "平均值", "全市", "全省", "全国"}
_YEAR = re.compile(r"(\d{4})(?:\.0+)?(?:年|年度|年末|年底)?|(\d{4})-\d\d-\d\d")


@dataclass
class Supplied:
    """What was handed in: the figures that are used, with their places, and the questions about all of them."""

    taken: list[Taken] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    @property
    def values(self) -> list[Value]:
        """The rows of the indicator table."""
        return [one.value for one in self.taken]


def supplied(tables: Sequence[HandedIn], catalog: Catalog, zones: Zones, facts: ProjectFacts) -> Supplied:
    """The departments' figures as rows (kind reported or target), in the indicators' units.

    Of two figures for one indicator, kind, year and zone the first is kept, in the order of files, sheets and rows.
    """
    return _collect(tables, _Reading(catalog, facts, _own_zones(zones)))


def peers(tables: Sequence[HandedIn], catalog: Catalog, facts: ProjectFacts) -> tuple[list[Peer], list[Question]]:
    """The figures of other counties, in the indicators' units, and the questions about them."""
    found = _collect(tables, _Reading(catalog, facts, lambda entry: _other_county(entry, facts.name)))
    rows = [
        Peer(one.value.zone_name, one.value.indicator, one.value.year, one.number, one.value.source)
        for one in found.taken
    ]
    return rows, found.questions


def _collect(tables: Sequence[HandedIn], reading: _Reading) -> Supplied:
    found = Supplied()
    first: dict[tuple[str, ...], Taken] = {}
    for table in tables:
        found.questions += table.questions
        for entry in table.entries:
            try:
                one = reading.take(entry)
            except _Refused as refused:
                matter, other = refused.args
                found.questions.append(entry.ask(matter, "", other, indicator=reading.names.find(entry.indicator).id))
                continue
            value = one.value
            key = (value.indicator, value.kind, str(value.year), value.zone_level, value.zone_code)
            if key in first:
                found.questions.append(_twice(first[key], one))
            else:
                first[key] = one
    found.taken = list(first.values())
    found.questions += [*reading.stated.questions(), *reading.doubts, *series_questions(found.taken)]
    found.questions = in_reading_order(found.questions, [table.file for table in tables])
    return found


def _twice(first: Taken, second: Taken) -> Question:
    """Two cells for one figure; the first is kept."""
    unit, where = first.value.unit, first.entry.place
    if math.isclose(first.number, second.number, rel_tol=1e-9):
        matter = _("stands there twice with the same value, first in {place}: one is kept", place=where)
        return second.entry.ask(matter, in_unit(first.number, unit), indicator=first.value.indicator)
    matter = _(
        "stands there twice, as {first} and as {second}: the first one counts, from {place}",
        first=plain_number(first.number), second=plain_number(second.number), place=where,
    )  # fmt: skip
    reading, other = in_unit(first.number, unit), in_unit(second.number, unit)
    return second.entry.ask(matter, reading, other, indicator=first.value.indicator)


# --- one figure ---


class _Refused(ValueError):
    """A figure cannot be used: (matter, how it may be meant)."""

    def __init__(self, matter: str, other: str = "") -> None:
        super().__init__(matter, other)


_Zone = tuple[ZoneLevel, str, str]


def _own_zones(zones: Zones) -> Callable[[Entry], _Zone]:
    """Which zone of the project a figure is of."""
    inner = [zones.levels[level] for level in zones.levels if level != "county"]
    named = {plain(str(text)) for frame in inner for name in ("code", "name") for text in frame[name]}

    def own_zone(entry: Entry) -> _Zone:
        text = entry.zone or entry.county
        level, code, name = zone_of(text, zones)
        if level is None:
            raise _Refused(_("no zone has the code or the name {code}", code=text), _("a zone of the county"))
        other = next((text for text in entry.beside if plain(text) in named), "")
        if not code and other:
            matter = _("the row names the zone {name} in a column whose head is not known", name=other)
            raise _Refused(matter, _("a value of {name}", name=other))
        return level, code, name

    return own_zone


def _other_county(entry: Entry, own: str) -> _Zone:
    name = entry.county
    if not name:
        raise _Refused(_("no county is named in this row"))
    if plain(name) == plain(own):
        raise _Refused(_("{county} is the county of this project, whose own figures count", county=name))
    if plain(name) in _NO_COUNTY:
        raise _Refused(_("{name} is no county", name=name))
    if KINDS.get(plain(entry.kind)) == "target":
        raise _Refused(_("targets of other counties are not compared"))
    return "county", name, name


@dataclass
class _Reading:
    """How entries are read in a project: `zone` says which zone (or other county) a figure is of."""

    catalog: Catalog
    facts: ProjectFacts
    zone: Callable[[Entry], _Zone]
    stated: Stated = field(default_factory=Stated)
    doubts: list[Question] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names = Names(self.catalog.analyses, self.facts.name)

    def take(self, entry: Entry) -> Taken:
        """The entry as a row. Raises _Refused where it cannot be used."""
        found = self.names.find(entry.indicator)
        if not found.id:
            raise _unknown(entry.indicator, found.near)
        analysis = self.catalog.analyses[found.id]
        kind, year = self._when(entry)
        self._compare_years(entry, analysis, kind, year, found.years)
        level, code, zone_name = self.zone(entry)
        amount = _amount(entry)
        if (amount.number or 0.0) < 0 and analysis.bounded:
            raise _Refused(_("a negative value, where none can be"), plain_number(-(amount.number or 0.0)))
        unit, declared = self._unit(entry, analysis, found.unit, amount)
        number = self._number(entry, amount, unit)
        value = Value(
            analysis.id, "", analysis.label, analysis.dimension, kind, year, level, code, zone_name,
            rounded(number * units.factor(unit, analysis.unit)), analysis.unit, "ok", _("supplied by a department"),
            department(entry.source), entry.note,
        )  # fmt: skip
        if entry.hidden:
            matter = _("the cells are hidden in the file, and count all the same")
            self.stated.add(entry, matter, in_unit(value.value or 0.0, value.unit))
        return Taken(entry, value, declared, analysis.bounded)

    def _when(self, entry: Entry) -> tuple[Kind, int]:
        """Kind and year; targets go up to the target year, other figures up to the current one."""
        kind = KINDS.get(plain(entry.kind)) or ("reported" if entry.kind in code_table("terms") else None)
        if kind is None:
            raise _Refused(_("kind is {kind}; reported or target are allowed", kind=entry.kind))
        year = self._year(entry.year)
        first, last = self.facts.base_year, self.facts.target_year if kind == "target" else self.facts.year
        if (first is not None and year < first) or (last is not None and year > last):
            matter = _("the year {year} is not within {first}–{last}", year=year, first=first or "…", last=last or "…")
            other = _("a target for {year}", year=year) if kind == "reported" and year > self.facts.year else ""
            raise _Refused(matter, other)
        return kind, year

    def _compare_years(self, entry: Entry, analysis: Analysis, kind: Kind, year: int, named: tuple[int, ...]) -> None:
        """A name may say years ("2019年绿道长度"): the column's year counts, and is asked about where it is another."""
        if named and kind == "reported" and not named[0] <= year <= named[-1]:
            years = "–".join(str(one) for one in named)
            matter = _("the year is {year}, the name says {years}", year=year, years=years)
            self.doubts.append(entry.ask(matter, str(year), years, indicator=analysis.id))

    def _year(self, text: str) -> int:
        named = {"现状年": self.facts.year, "基期年": self.facts.base_year, "目标年": self.facts.target_year}
        if text in named:
            year = named[text]
            if year is None:
                raise _Refused(_("project.toml does not say which year the {name} is", name=text))
            return year
        found = _YEAR.fullmatch(with_digits(plain(text)))
        if found is None:
            raise _Refused(_("the year is none: {year}", year=text or _("(blank)")))
        return int(found[1] or found[2])

    def _unit(self, entry: Entry, analysis: Analysis, in_name: str, amount: Amount) -> tuple[str, bool]:
        """The unit of the figure, and whether it is declared: in the cell, in the unit's column, behind the name."""
        column = self._declared(entry, analysis)
        in_cell, in_name = (unit and (self._meant(unit, analysis, entry) or unit) for unit in (amount.unit, in_name))
        number, near = amount.number or 0.0, column or in_name or entry.head_unit
        unit = in_cell or near or units.canonical(entry.sheet_unit) or analysis.unit
        if not _convertible(unit, analysis.unit):
            matter = _("unit {unit} cannot become {target}", unit=unit, target=analysis.unit)
            raise _Refused(matter, in_unit(number, analysis.unit))
        if in_cell and near and not _same(in_cell, near):
            matter = _("the cell says {unit}, the name or the head of the column {other}", unit=in_cell, other=near)
            if column:
                matter = _("the cell says {unit}, the column of units {other}", unit=in_cell, other=near)
            raise _Refused(matter, _either(in_unit(number, in_cell), in_unit(number, near)))
        self._other_units(entry, analysis, number, (column, in_name, entry.head_unit))
        return unit, unit in (in_cell, near) or bool(entry.sheet_unit)

    def _other_units(self, entry: Entry, analysis: Analysis, number: float, said: tuple[str, str, str]) -> None:
        """Ask where the units of the unit's column, of the name and of the column's head differ; the first counts."""
        column, in_name, head = said
        near = column or in_name
        asked = []
        if column and in_name and not _same(column, in_name):
            text = _("the column of units says {unit}, which counts; the name says {other}", unit=near, other=in_name)
            asked.append((text, in_name))
        if near and head and not _same(near, head):
            text = _("the row says {unit}, which counts; the head of the column says {other}", unit=near, other=head)
            asked.append((text, head))
        for matter, other in asked:
            question = entry.ask(matter, in_unit(number, near), in_unit(number, other), indicator=analysis.id)
            self.doubts.append(question)

    def _declared(self, entry: Entry, analysis: Analysis) -> str:
        """The unit of the unit's column, "" where it is blank. Raises _Refused for one that is not known."""
        if plain(entry.unit) in _NO_UNIT:
            return ""
        unit = self._meant(entry.unit, analysis, entry) or units.canonical(entry.unit)
        if unit is None:
            matter = _("unit {unit} is not known: it cannot become {target}", unit=entry.unit, target=analysis.unit)
            raise _Refused(matter, _("a value in {unit}", unit=analysis.unit))
        return unit

    def _meant(self, text: str, analysis: Analysis, entry: Entry) -> str | None:
        """The unit that the definition says is meant by `text`, a misprinted one (which is said); None where not."""
        meant = next((right for wrong, right in analysis.unit_aliases.items() if plain(wrong) == plain(text)), None)
        if meant is None:
            return None
        self.stated.add(entry, _("unit {unit} is read as {meant}", unit=text, meant=meant), f"{entry.value} {meant}")
        return units.canonical(meant) or meant

    def _number(self, entry: Entry, amount: Amount, unit: str) -> float:
        """The number in `unit`; what is read from a format or from text is said."""
        number = amount.number or 0.0
        if amount.multiple != 1:
            if unit[:1] in "百千万十亿" or unit in _SHARES:
                matter = _("{given} with the unit {unit} may mean two things", given=entry.value, unit=unit)
                raise _Refused(matter, _either(in_unit(number, unit), in_unit(number * amount.multiple, unit)))
            number *= amount.multiple
        if entry.percent:
            self.stated.add(entry, _("the cells are shown as percentages, and are read so"), in_unit(number, unit))
        elif amount.unit or amount.multiple != 1:
            self.stated.add(entry, _("the cells hold text, of a number and a unit"), in_unit(number, unit))
        return number


def _amount(entry: Entry) -> Amount:
    """What the cell says. Raises _Refused where that is no number."""
    if entry.formula:
        other = _("open the file in a spreadsheet program and save it")
        raise _Refused(_("a formula whose result is not saved in the file"), other)
    amount = read_amount(entry.value)
    if amount.number is None:
        raise _Refused(amount.why or _("no value: {value}", value=_("(blank)")), amount.other)
    if entry.percent and not amount.unit:
        return replace(amount, number=rounded(amount.number * 100), unit="%")
    return amount


def _unknown(name: str, near: Sequence[str]) -> _Refused:
    if not name:
        return _Refused(_("no indicator is named in this row"), _("cells are filled down only where they are merged"))
    return _Refused(_("no indicator is called {name}", name=name), ", ".join(near))


def _convertible(unit: str, target: str) -> bool:
    """Whether a value can be converted; a share and a number of things are both plain numbers, and are not the same."""
    if (unit in _SHARES and target not in {*_SHARES, "1"}) or (target in _SHARES and unit not in {*_SHARES, "1"}):
        return False
    return units.same_dimension(unit, target)


def _same(left: str, right: str) -> bool:
    return _convertible(left, right) and math.isclose(units.factor(left, right), 1.0)


def _either(one: str, other: str) -> str:
    return _("{one} or {other}", one=one, other=other)


# --- values overruled by hand, and what is said of values ---


def overridden(overrides: Mapping[str, Override], catalog: Catalog, zones: Zones, facts: ProjectFacts) -> Supplied:
    """The rows overruled by hand, with who and why; a year that the project does not have is asked about."""
    county = str(zones.levels["county"].iloc[0]["name"])
    found = Supplied()
    for name, item in overrides.items():
        analysis = catalog.analyses[name]
        note = _("overruled by {who}: {why}", who=item.who, why=item.why)
        value = Value(
            name, "", analysis.label, analysis.dimension, "override", item.year, "county", "", county, item.value,
            analysis.unit, "ok", _("overruled by hand"), item.who, note,
        )  # fmt: skip
        entry = Entry("project.toml", "", f"[overrides.{name}]", name, str(item.year), item.value)
        one = Taken(entry, value, bounded=catalog.analyses[name].bounded)
        found.taken.append(one)
        if not (facts.base_year or item.year) <= item.year <= facts.year:
            first = facts.base_year or "…"
            matter = _("the year {year} is not within {first}–{last}", year=item.year, first=first, last=facts.year)
            found.questions.append(one.ask(matter, _("a value for {year}", year=facts.year)))
    return found


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
        rows.append(replace(row, note=joined(text, row.note)))
    return rows

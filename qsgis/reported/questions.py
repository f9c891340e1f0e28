"""What a human must look at among supplied figures: units that do not fit, jumps, shares, two sources that differ.

Nothing is changed here: every question names the cell, how it was taken, and how else it may be meant.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from statistics import median

from qsgis import units
from qsgis.layers.check import some
from qsgis.layers.handed_in import Entry, place
from qsgis.messages import _
from qsgis.results import Question, Value, joined

FACTORS = (10.0, 15.0, 100.0, 1000.0, 1e4, 1e8)  # by which units in use here differ, 公顷 and 亩 among them
APART = 10.0  # per cent between a computed and a reported value from which it is asked
_TIMES = 9.5  # "ten times": what rounds to it
_NEAR = 1.4  # a factor explains a ratio that is no farther from it than years differ


@dataclass(frozen=True)
class Taken:
    """A figure that is used: where it stands, its row, whether its unit is declared or was supposed.

    bounded: whether the indicator has natural bounds, as its definition says.
    """

    entry: Entry
    value: Value
    declared: bool = True
    bounded: bool = True

    @property
    def is_share(self) -> bool:
        """Whether it is a part of a whole, that cannot exceed it."""
        return self.bounded and self.value.unit == "%"

    @property
    def number(self) -> float:
        """The value in the indicator's unit."""
        return float(self.value.value or 0.0)

    def ask(self, matter: str, other: str) -> Question:
        """A question about the figure, which is used as it stands."""
        reading = in_unit(self.number, self.value.unit)
        return self.entry.ask(matter, reading, other, indicator=self.value.indicator)


def plain_number(number: float) -> str:
    """A number for reading, with all the digits that it has."""
    return f"{number:.10g}"


def in_unit(number: float, unit: str) -> str:
    """A number with its unit, for reading."""
    return plain_number(number) if unit == "1" else f"{plain_number(number)} {unit}"


def as_line(question: Question, label: str = "") -> str:
    """A question as one line: file [sheet] cell: what it is about (`label`, else the id): matter; reading; other."""
    where = place(question.file, question.sheet, question.cell)
    about = " ".join(filter(None, [label or question.indicator, question.year]))
    if question.given or question.cell:
        about = _("{about} = {given}", about=about, given=question.given or _("(blank)")).strip(" =")
    reading = _("taken as {reading}", reading=question.reading) if question.reading else _("not used")
    other = _("perhaps meant: {other}", other=question.other) if question.other else ""
    said = joined(question.matter, reading, other)
    return ": ".join(filter(None, [where, about, said]))


def in_reading_order(questions: Iterable[Question], files: Sequence[str]) -> list[Question]:
    """Questions file by file, sheet by sheet, row by row; those about one cell stay as they are."""
    known = list(questions)
    sheets = list(dict.fromkeys((one.file, one.sheet) for one in known))

    def position(one: Question) -> tuple[int, int, int, int, str]:
        cell = re.match(r"([A-Z]+)(\d+)", one.cell)
        row, column = (int(cell[2]), cell[1]) if cell else (0, "")
        file = files.index(one.file) if one.file in files else len(files)
        return file, sheets.index((one.file, one.sheet)), row, len(column), column

    return sorted(known, key=position)


# --- one indicator in one zone over the years ---


def series_questions(taken: Sequence[Taken]) -> list[Question]:
    """Questions that the other years of an indicator and zone give rise to, in the order of the figures."""
    series: dict[tuple[str, str, str], list[Taken]] = {}
    for one in taken:
        value = one.value
        series.setdefault((value.indicator, value.zone_level, value.zone_code), []).append(one)
    return [question for rows in series.values() for question in _Series(rows).questions()]


class _Series:
    """The years of one indicator and zone. A figure that was asked about is no measure for the others."""

    def __init__(self, rows: Sequence[Taken]) -> None:
        self.rows = sorted(rows, key=lambda one: (one.value.kind == "target", one.value.year))
        self.asked: list[Taken] = []

    def questions(self) -> list[Question]:
        return [*self._fractions(), *self._beyond_100(), *self._units(), *self._jumps()]

    def _others(self, one: Taken) -> list[float]:
        """The reported figures of other years."""
        known = [row for row in self.rows if row is not one and row not in self.asked and row.value.kind == "reported"]
        return [row.number for row in known if row.number]

    def _fractions(self) -> list[Question]:
        """Percentages of at most 1, where a share or the other years let 100 times as much be expected."""
        doubtful = [one for one in self.rows if self._may_be_fraction(one)]
        if not doubtful:
            return []
        self.asked += doubtful
        first = doubtful[0]
        readings = [in_unit(one.number, "%") for one in doubtful]
        others = [in_unit(one.number * 100, "%") for one in doubtful]
        matter = _("a percentage of at most 1: in per cent, or a fraction?")
        return [
            Question(
                first.entry.file,
                first.entry.sheet,
                ", ".join(one.entry.cell for one in doubtful),
                first.value.indicator,
                ", ".join(str(one.value.year) for one in doubtful),
                matter,
                ", ".join(plain_number(one.number) for one in doubtful),
                ", ".join(readings),
                ", ".join(others),
            )
        ]

    def _may_be_fraction(self, one: Taken) -> bool:
        if one.value.unit != "%" or not 0 < one.number <= 1 or one.entry.percent or "%" in str(one.entry.value):
            return False
        if one.is_share:
            return True
        others = [other for other in self._others(one) if other > 1]
        return bool(others) and abs(math.log(one.number * 100 / median(others))) < abs(
            math.log(one.number / median(others))
        )

    def _beyond_100(self) -> list[Question]:
        matter = _("a share of more than 100 %")
        beyond = [one for one in self.rows if one.number > 100 and one.is_share]
        self.asked += beyond
        return [one.ask(matter, in_unit(one.number / 100, "%")) for one in beyond]

    def _units(self) -> list[Question]:
        """Figures without a unit of their own that another unit would bring to where the other years are."""
        found = []
        for one in sorted(self.rows, key=lambda one: -one.value.year):
            others = self._others(one)
            if one.declared or one in self.asked or not one.number or not others:
                continue
            middle = math.exp(median(math.log(abs(other)) for other in others))
            other = other_unit(one.number, middle, one.value.unit)
            if other:
                self.asked.append(one)
                matter = _(
                    "no unit is given, and the value is {times} times that of other years ({middle})",
                    times=_times(one.number, middle), middle=in_unit(middle, one.value.unit),
                )  # fmt: skip
                found.append(one.ask(matter, other))
        return found[::-1]

    def _jumps(self) -> list[Question]:
        """Neighbouring years of which one is ten times the other."""
        reported = [one for one in self.rows if one.value.kind == "reported"]
        found = []
        for before, after in pairwise(reported):
            if before in self.asked or after in self.asked or not _far(before.number, after.number):
                continue
            matter = _(
                "{times} times the value of {year} ({place}: {value})",
                times=_times(after.number, before.number), year=before.value.year, place=before.entry.place,
                value=in_unit(before.number, before.value.unit),
            )  # fmt: skip
            found.append(after.ask(matter, other_unit(after.number, before.number, after.value.unit)))
        return found


def _far(left: float, right: float) -> bool:
    return left * right > 0 and max(left / right, right / left) >= _TIMES


def _times(value: float, reference: float) -> str:
    return plain_number(float(f"{value / reference:.3g}"))


# --- another unit ---


def other_unit(number: float, reference: float, unit: str) -> str:
    """The figure read in the unit that brings it to `reference`, where a known factor of ten and more explains it."""
    if not _far(number, reference):
        return ""
    ways = [(abs(math.log(number * by / reference)), name, by) for name, by in _other_units(unit)]
    distance, name, by = min(ways, key=lambda way: way[0])
    if distance > math.log(_NEAR):
        return ""
    told = in_unit(number * by, unit)
    return _("{given} = {told}", given=in_unit(number, name), told=told) if name else told


@lru_cache(maxsize=256)
def _other_units(unit: str) -> tuple[tuple[str, float], ...]:
    """(unit, its size in `unit`) of units that may be mixed up with it; unnamed factors last."""
    over, slash, under = unit.partition("/")
    plain_count = units.same_dimension(unit, "1")
    names: list[str] = [] if plain_count else [name for name in units.UNITS if units.same_dimension(name, unit)]
    if slash:
        names += [f"{name}/{under}" for name in units.UNITS if units.same_dimension(name, over)]
        names += [f"{over}/{name}" for name in units.UNITS if units.same_dimension(name, under)]
    named = [(name, units.factor(name, unit)) for name in dict.fromkeys(names)]
    bare = [("", by) for factor in FACTORS for by in (1 / factor, factor)]
    return (*((name, by) for name, by in named if not math.isclose(by, 1)), *bare)


# --- after all analyses ---


def compare_with(computed: Iterable[Value], taken: Sequence[Taken]) -> list[Question]:
    """Reported figures that are more than APART % from the computed ones; overruling ones that are ten times off."""
    rows = [row for row in computed if row.kind == "computed" and row.part == "" and row.value is not None]
    known = {_where(row): row for row in rows}
    found = []
    for one in taken:
        if one.value.kind == "reported" and _where(one.value) in known:
            found += _apart(one, known[_where(one.value)])
        elif one.value.kind == "override":
            found += _overruling(one, known.get(_where(one.value)), taken)
    return found


def _where(row: Value) -> tuple[str, int, str, str]:
    return row.indicator, row.year, row.zone_level, row.zone_code


def _apart(one: Taken, computed: Value) -> list[Question]:
    """Apart by more than a tenth of the smaller one."""
    own, other = one.number, float(computed.value or 0.0)
    smaller = min(abs(own), abs(other))
    if abs(own - other) <= APART / 100 * smaller * (1 + 1e-9):
        return []
    told = _("computed: {value}", value=in_unit(_short(other), computed.unit))
    fitting = other_unit(own, other, one.value.unit)
    difference = _("reported − computed = {value}", value=in_unit(_short(own - other), computed.unit))
    matter = _(
        "reported and computed are more than {share:g} % apart ({difference})", share=APART, difference=difference
    )
    if fitting and not one.declared:
        matter = _("{matter}; no unit is given", matter=matter)
    return [one.ask(matter, joined(told, fitting))]


def _short(number: float) -> float:
    """A computed number to the digits that one compares by."""
    return float(f"{number:.4g}")


def _overruling(one: Taken, computed: Value | None, taken: Sequence[Taken]) -> list[Question]:
    """An overruling value that is ten times the computed one, else the reported one of the nearest year."""
    indicator, year, *zone = _where(one.value)
    others = [row.value for row in taken if row.value.kind == "reported" and row.value.indicator == indicator]
    reported = [row for row in others if list(_where(row)[2:]) == zone]
    nearest = min(reported, key=lambda row: (abs(row.year - year), row.year), default=None)
    reference = computed or nearest
    if reference is None or reference.value is None or not _far(one.number, reference.value):
        return []
    matter = _(
        "{times} times the {kind} value of {year} ({value})",
        times=_times(one.number, reference.value), kind=_(reference.kind), year=reference.year,
        value=in_unit(reference.value, reference.unit),
    )  # fmt: skip
    return [one.ask(matter, other_unit(one.number, reference.value, one.value.unit))]


# --- the same reading of many cells ---


class Stated:
    """Readings that are sure but not plain, said once a sheet for all the cells that they hold for."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str], list[tuple[Entry, str]]] = {}

    def add(self, entry: Entry, matter: str, reading: str) -> None:
        """The figure is read as `reading`."""
        self._rows.setdefault((entry.file, entry.sheet, matter), []).append((entry, reading))

    def questions(self) -> list[Question]:
        """One a file, sheet and matter."""
        found = []
        for (file, sheet, matter), rows in self._rows.items():
            entries = [entry for entry, _reading in rows]
            cells = some([entry.cell for entry in entries])
            given = some([str(entry.value) for entry in entries])
            names = dict.fromkeys(entry.indicator for entry in entries)
            years = dict.fromkeys(entry.year for entry in entries)
            reading = some([reading for _entry, reading in rows])
            about = ("".join(names) if len(names) == 1 else "", "".join(years) if len(years) == 1 else "")
            found.append(Question(file, sheet, cells, *about, matter, given, reading, ""))
        return found

"""Which cells of the 指标表 are formulas: a value of its parts and of other indicators, change, rate.

A formula stands only where all of its names are cells with a number and it gives the very value; else the number does.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from openpyxl.utils import get_column_letter

from qsgis.documents.workbook.formulas import Formula
from qsgis.expressions import Expression

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from qsgis.documents.workbook.entries import Entry
    from qsgis.results import Progress, Results, Value

_SAME = 1e-9  # relative: values carry twelve digits


class Live:
    """The formulas of a sheet: `rows` and `column` say where the figures stand."""

    def __init__(
        self,
        results: Results,
        shown: Sequence[Entry],
        rows: Mapping[tuple[str, str], int],
        column: Callable[[str | int], int],
        years: Sequence[int],
    ) -> None:
        self._year = results.project.project.year
        self._entries = {entry.key: entry for entry in shown}
        self._rows, self._column, self._years = rows, column, years
        self._stands_on: dict[str, frozenset[str]] = {}

    def address(self, row: int, name: str | int) -> str:
        """A cell by its row and its column's name."""
        return f"{get_column_letter(self._column(name))}{row}"

    # --- values ---

    def value(self, entry: Entry, year: int) -> str | None:
        """The formula of a computed value, or None where it stays a number."""
        row = entry.values[year]
        if row.kind != "computed" or row.value is None:
            return None
        own = self.address(self._rows[entry.key], year)
        for text in self._expressions(entry):
            found = self._formula(entry, text, year)
            if found is None or not found.cells or not _same(found.number(entry.unit), row.value):
                continue
            if own in found.cells or any(self._leads_to(cell, own) for cell in found.cells):
                continue
            self._stands_on[own] = found.cells
            return found.excel(entry.unit)
        return None

    def _expressions(self, entry: Entry) -> list[str]:
        """The expressions that may have given the value. A part that is a measure as it is stands for itself."""
        if entry.part:
            text = entry.analysis.parts[entry.part].value
            return [] if Expression(text).names == {text.strip()} else [text]
        return entry.analysis.choices

    def _formula(self, entry: Entry, text: str, year: int) -> Formula | None:
        expression = Expression(text)
        terms = {name: self._term(entry, name, year) for name in expression.names}
        given = {name: term for name, term in terms.items() if term is not None}
        if len(given) < len(terms):
            return None
        found = expression.evaluate(given)
        return found if isinstance(found, Formula) else None

    def _term(self, entry: Entry, name: str, year: int) -> Formula | None:
        """The cell that shows a name of an expression: a part, an indicator, or what shows a measure as it is."""
        analysis = entry.analysis
        if name in analysis.uses:
            return self._cell((name, ""), year)
        shows = [part for part, found in analysis.parts.items() if found.value.strip() == name and part != entry.part]
        if name in analysis.parts and name != entry.part:
            shows.insert(0, name)
        keys = [(analysis.id, part) for part in shows]
        if entry.part and name in analysis.choices:
            keys.append((analysis.id, ""))
        return next((found for key in keys if (found := self._cell(key, year)) is not None), None)

    def _cell(self, key: tuple[str, str], year: int) -> Formula | None:
        shown = self._entries.get(key)
        value = shown.values.get(year) if shown else None
        if shown is None or value is None or value.value is None:
            return None
        return Formula.of_cell(self.address(self._rows[key], year), value.value, value.unit)

    def _leads_to(self, start: str, goal: str) -> bool:
        """Whether the formula in one cell comes to stand on another."""
        return any(cell == goal or self._leads_to(cell, goal) for cell in self._stands_on.get(start, ()))

    # --- progress ---

    def progress(self, entry: Entry, name: str) -> str | None:
        """The formula of the change, of the change a year or of the rate, or None where it stays a number."""
        found = entry.progress
        if found is None:
            return None
        base, now = self._shown(entry, found.base_year, found.base), self._shown(entry, found.year, found.value)
        goal = self._goal(entry, found.target)
        if name == "rate":
            return self._rate(found, base, now, goal)
        if base is None or now is None or found.base_year is None:
            return None
        if name == "change":
            return f"={now}-{base}"
        years = found.year - found.base_year
        return f"=({now}-{base})/{years}" if name == "annual" and years else None

    def _rate(self, found: Progress, base: str | None, now: str | None, goal: str | None) -> str | None:
        """规划实施率 as a formula, by the rule of the direction that gives the rate."""
        if now is None or goal is None or found.rate is None or found.value is None or found.target is None:
            return None
        value, target = found.value, found.target
        if found.better == "not_lower" and target and _same(min(1, value / target) * 100, found.rate):
            return f'=IF({goal}=0,"",MIN(1,{now}/{goal})*100)'
        if found.better == "ceiling" and value and _same(min(1, target / value) * 100, found.rate):
            return f'=IF({now}=0,"",MIN(1,{goal}/{now})*100)'
        way = target - found.base if base is not None and found.base is not None else 0.0
        if found.base is not None and way and _same((value - found.base) / way * 100, found.rate):
            return f'=IF({goal}-{base}=0,"",({now}-{base})/({goal}-{base})*100)'
        return None

    def _shown(self, entry: Entry, year: int | None, number: float | None) -> str | None:
        """The cell of a year, where it shows the number."""
        row = entry.values.get(year) if year in self._years and year is not None else None
        if row is None or year is None or not _holds(row, number):
            return None
        return self.address(self._rows[entry.key], year)

    def _goal(self, entry: Entry, number: float | None) -> str | None:
        return self.address(self._rows[entry.key], "target") if _holds(entry.target, number) else None

    def same_as_now(self, entry: Entry, computed: Value) -> str | None:
        """The formula that repeats the current value where that is the computed one."""
        now = entry.values.get(self._year)
        if now is None or now.kind != "computed" or not _holds(now, computed.value):
            return None
        return f"={self.address(self._rows[entry.key], self._year)}"


def _holds(row: Value | None, number: float | None) -> bool:
    return row is not None and row.value is not None and _same(row.value, number)


def _same(one: float, other: float | None) -> bool:
    return other is not None and math.isclose(one, other, rel_tol=_SAME, abs_tol=1e-12)

"""What the tables of indicators hold: an entry an indicator or part, with its values by year and how far it came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qsgis.documents.workbook import cells
from qsgis.messages import choose
from qsgis.results import target_of
from qsgis.wording import unit_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from qsgis.results import Progress, Results, Value, Verdict
    from qsgis.schema import Analysis


_PEOPLE = "人"  # shown whole: those of a cell of 30 m are shares


@dataclass(frozen=True)
class Entry:
    """An indicator, a base figure, or (part not empty) a part of one, for the whole county.

    number: its place in the table, the same for its parts. values: by year the row that counts. computed, reported:
    both of the current year, where there are both.
    """

    number: int
    analysis: Analysis
    part: str
    values: dict[int, Value]
    now: Value
    target: Value | None
    progress: Progress | None
    computed: Value | None
    reported: Value | None

    @property
    def key(self) -> tuple[str, str]:
        """Analysis and part."""
        return self.analysis.id, self.part

    @property
    def name(self) -> str:
        """The indicator's or the part's name."""
        return self.now.name

    @property
    def unit(self) -> str:
        """The unit of its values."""
        return self.now.unit

    @property
    def unit_text(self) -> str:
        """The unit for reading; nothing for a plain number."""
        return "" if self.unit == "1" else unit_text(self.unit)

    @property
    def name_with_unit(self) -> str:
        """The name, its unit in brackets."""
        return self.name + self.in_brackets

    @property
    def in_brackets(self) -> str:
        """The unit in brackets; nothing for a plain number."""
        return choose(f"（{self.unit_text}）", f" ({self.unit_text})") if self.unit_text else ""

    @property
    def verdict(self) -> Verdict:
        """The verdict, where one is due."""
        return self.progress.verdict if self.progress else ""

    @property
    def is_indicator(self) -> bool:
        """Whether it is one of the indicators, and neither a part nor a base figure."""
        return not self.part and self.analysis.kind == "indicator"

    def numbers(self) -> list[float]:
        """Every number of it that the tables show in its unit."""
        rows = [*self.values.values(), *([self.target] if self.target else [])]
        return [row.value for row in rows if row.value is not None]

    def form(self, before: str = "", after: str = "") -> str:
        """The number format of its values: alike for all of them, and telling apart those that differ."""
        return cells.number_format([], before, after, decimals=self._decimals())

    def form_of_difference(self, number: float) -> str:
        """The format of a change or difference of its values, with its sign."""
        own = self._decimals() if number else 0
        decimals = own if float(number).is_integer() else max(2, own)
        return cells.number_format([], signed=True, decimals=cells.apart([0.0, number], decimals))

    def _decimals(self) -> int:
        numbers = self.numbers()
        if self.unit == _PEOPLE or not numbers:
            return 0
        return cells.apart(numbers, cells.decimals_of(numbers))


def entries(results: Results) -> list[Entry]:
    """Indicators with their parts in the order of the contents; then the base figures. Accounts are not among them."""
    shown = [results.catalog.analyses[name] for name in results.catalog.in_contents(results) if results[name].values]
    found: list[Entry] = []
    for number, analysis in enumerate((one for one in shown if one.kind != "account"), start=1):
        found += _of(results, analysis, number)
    return found


def years(results: Results) -> list[int]:
    """The years that the county's values are of, from the base to the current year."""
    facts = results.project.project
    held = {
        row.year
        for row in results.rows()
        if row.zone_level == "county" and row.kind != "target" and row.value is not None and row.year <= facts.year
    }
    first = facts.base_year if facts.base_year is not None else min(held, default=facts.year)
    return sorted({year for year in held if year >= first} | {first, facts.year})


def _of(results: Results, analysis: Analysis, number: int) -> Iterator[Entry]:
    """The entry of an analysis and those of its parts that have a row."""
    rows = [row for row in results[analysis.id].values if row.zone_level == "county"]
    best = results.by_part(analysis.id)
    progress = next(
        (row for row in results.progress if row.indicator == analysis.id and row.zone_level == "county"), None
    )
    current = results.project.project.year
    for part in ["", *analysis.parts]:
        values = best.get(part)
        if not values:
            continue
        of_part = [row for row in rows if row.part == part]
        told = [row for row in of_part if row.kind == "reported" and row.year == current]
        reckoned = [row for row in of_part if row.kind == "computed" and row.year == current]
        yield Entry(
            number,
            analysis,
            part,
            values,
            values.get(current) or values[max(values)],
            target_of(of_part, results.project.project.target_year),
            None if part else progress,
            _given(reckoned),
            _given(told),
        )


def _given(rows: Sequence[Value]) -> Value | None:
    return next((row for row in rows if row.value is not None), None)

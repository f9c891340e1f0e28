"""The tables of values that are handed in (CSV or Excel) → entries: one a figure, and what row and column say of it.

Two forms are read, on as many sheets as there are: the long one (columns indicator, year, value) and the wide one (an
indicator column and a column a year). Rows above the header are titles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qsgis import units
from qsgis.errors import FileMissing, ValuesRefused
from qsgis.layers.amounts import read_amount
from qsgis.layers.cells import Cell, Sheet, plain, read_sheets
from qsgis.layers.check import some
from qsgis.layers.heads import COLUMNS, KNOWN, Header
from qsgis.layers.table import UNREADABLE, why_unreadable
from qsgis.messages import _
from qsgis.results import Question

if TYPE_CHECKING:
    from pathlib import Path

    from qsgis.schema import ValuesSource

_UNIT_ABOVE = re.compile(r"(?:计量|数据)?单位:(.+)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A figure as it was handed in: where it stands, its value as the cell has it, the rest as text ("" where absent).

    year: digits, or 现状年, 基期年, 目标年. unit: of the row; head_unit: of the column's head; sheet_unit: said above
    the table, for all of it. beside: texts of the row in columns of unknown heads. percent, formula, hidden: see Cell.
    """

    file: str
    sheet: str
    cell: str
    indicator: str
    year: str
    value: Any
    unit: str = ""
    kind: str = ""
    zone: str = ""
    source: str = ""
    note: str = ""
    county: str = ""
    percent: bool = False
    formula: bool = False
    head_unit: str = ""
    sheet_unit: str = ""
    hidden: bool = False
    beside: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where it stands, for reading."""
        return place(self.file, self.sheet, self.cell)

    def ask(self, matter: str, reading: str = "", other: str = "", given: str = "", indicator: str = "") -> Question:
        """A question about this figure."""
        text = given or shown(self.value)
        return Question(
            self.file, self.sheet, self.cell, indicator or self.indicator, self.year, matter, text, reading, other
        )


@dataclass
class HandedIn:
    """What a file holds: entries row by row, and questions about cells, columns and sheets that are none."""

    file: str = ""
    entries: list[Entry] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)


def place(file: str, sheet: str, cell: str) -> str:
    """A place in a file as messages name it: values.xlsx [Sheet1] C7."""
    return " ".join(filter(None, [file, f"[{sheet}]" if sheet else "", cell]))


def shown(value: Any) -> str:
    """A cell's value as text."""
    return Cell("", value).text


def read_values(source: ValuesSource, base: Path, entry: str = "values") -> HandedIn:
    """The figures of a file; `entry`: the table of project.toml that names it. Raises FileMissing, ValuesRefused."""
    path = base / source.path
    if not path.exists():
        raise FileMissing(entry, path, entry=entry)
    try:
        sheets = read_sheets(path)
    except UNREADABLE as error:
        raise ValuesRefused(path, why_unreadable(error)) from error
    if source.sheet is not None and source.sheet not in sheets:
        reason = _("it has no sheet {sheet}; it has: {names}", sheet=source.sheet, names=", ".join(sheets))
        raise ValuesRefused(path, reason)
    wanted = {name: rows for name, rows in sheets.items() if source.sheet in {None, name}}
    readers = [_SheetReader(path.name, name, rows) for name, rows in wanted.items()]
    with_table = [reader.read() for reader in readers]
    if not any(with_table):
        raise ValuesRefused(path, _no_header(wanted))
    found = HandedIn(path.name)
    for reader in readers:
        found.entries += reader.found.entries
        found.questions += reader.found.questions
    return found


def _no_header(sheets: dict[str, Sheet]) -> str:
    """What is lacking for a header, and what stands there instead."""
    first = next((row for rows in sheets.values() for row in rows if any(cell.text for cell in row)), [])
    held = some([cell.text for cell in first if cell.text], 20) or "–"
    known = {KNOWN.get(plain(cell.text)) for rows in sheets.values() for row in rows[:20] for cell in row}
    lacking = next((name for name in ("indicator", "value", "year") if name not in known), "value")
    return _("no column is called {names}; it has: {held}", names=" / ".join(COLUMNS[lacking]), held=held)


@dataclass
class _SheetReader:
    file: str
    name: str
    rows: Sheet
    found: HandedIn = field(default_factory=HandedIn)
    unit: str = ""  # said above the table, for all of it

    def read(self) -> bool:
        """Fill `found`; whether the sheet has a table of values at all."""
        header: Header | None = None
        since = place = 0
        while place < len(self.rows):
            new = Header.at(self.rows, place)
            if new is not None:
                self._unread_columns(header, self.rows[since:place])
                header, since = new, place + new.height
            elif header is None:
                self._title(self.rows[place])
            else:
                self.found.entries += self._entries(self.rows[place], header)
            place += new.height if new else 1
        self._unread_columns(header, self.rows[since:])
        if header is None and any(cell.text for row in self.rows for cell in row):
            matter = _("the sheet has no column of indicators with a year and a value, or with columns of years")
            self._ask("", matter, "", _("not read"))
        elif header is not None and not self.found.entries:
            self._ask("", _("the table holds no figures"), "")
        return header is not None

    def _ask(self, cell: str, matter: str, given: str, other: str = "") -> None:
        self.found.questions.append(Question(self.file, self.name, cell, "", "", matter, given, "", other))

    def _title(self, row: list[Cell]) -> None:
        for cell in row:
            said = _UNIT_ABOVE.fullmatch(plain(cell.text))
            if said and units.canonical(said[1]):
                self.unit = said[1]

    def _unread_columns(self, header: Header | None, rows: Sheet) -> None:
        """Columns that have to do with a year or hold numbers, and are not understood, are said."""
        if header is None:
            return
        named = [row for row in rows if row[header.columns["indicator"]].text]
        for position in header.beside:
            cell = header.cells[position]
            numbers = any(read_amount(row[position].value).number is not None for row in named)
            if header.unread(position, numbers):
                matter = _("the column is not read: its head is no year alone")
                self._ask(cell.address, matter, cell.text, _("a year, for example 2019 or 2035年目标"))

    def _entries(self, row: list[Cell], header: Header) -> Iterator[Entry]:
        """The figures of a row."""
        texts = {name: row[at].text for name, at in header.columns.items()}
        facts = {name: text for name, text in texts.items() if name not in {"year", "value"}}
        facts = {"unit": "", "kind": "", "sheet_unit": self.unit, **facts}
        named = {row[at].merged_from or row[at].address for name, at in header.columns.items() if name != "value"}
        beside = tuple(row[at].text for at in header.beside if row[at].text)
        if not header.years:
            cell = row[header.columns["value"]]
            if cell.text or cell.formula or (texts["year"] and texts["indicator"]):
                yield from self._entry(cell, texts["year"], facts | {"head_unit": header.unit}, named, beside)
            return
        for at, column in header.years.items():
            if row[at].text or row[at].formula:
                said = {"kind": column.kind or facts["kind"], "head_unit": column.unit}
                yield from self._entry(row[at], column.year, facts | said, named, beside)

    def _entry(
        self, cell: Cell, year: str, facts: dict[str, str], named: set[str], beside: tuple[str, ...]
    ) -> Iterator[Entry]:
        """The figure of a cell; `named`: the cells that say what the row is about."""
        if cell.merged_from in named:  # the head of a section, or a remark, across the table
            return
        if cell.merged_from:
            matter = _("the cell is merged with {cell}: its value counts there only", cell=cell.merged_from)
            self._ask(cell.address, matter, cell.text, _("the same value here"))
            return
        yield Entry(
            self.file, self.name, cell.address, year=year, value=cell.value, percent=cell.percent,
            formula=cell.formula, hidden=cell.hidden, beside=beside, **{"indicator": "", **facts},
        )  # fmt: skip

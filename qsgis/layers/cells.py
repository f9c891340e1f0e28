"""A workbook or CSV file → its sheets, cell by cell, as a spreadsheet shows them: address, value, percent, merged."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from qsgis.layers.table import read_csv
from qsgis.messages import _

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

_QUOTED = re.compile(r'"[^"]*"|\\.')  # of a number format: text that is shown as it is
_UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its address ("C7"), the value that it holds, and how.

    percent: its format shows the number times 100 with a % sign. formula: it holds a formula whose result nobody saved.
    merged_from: the address of the cell whose value it shows, where the two are merged. hidden: nobody sees it.
    """

    address: str
    value: Any = None
    percent: bool = False
    formula: bool = False
    merged_from: str = ""
    hidden: bool = False

    @property
    def text(self) -> str:
        """The value as text, whole numbers without a decimal point, a date by its day."""
        if isinstance(self.value, float) and self.value.is_integer() and abs(self.value) < 2**53:
            return str(int(self.value))
        if isinstance(self.value, date):
            return self.value.strftime("%Y-%m-%d")
        return "" if self.value is None else without_unseen(str(self.value)).strip()


Sheet = list[list[Cell]]


def plain(text: str) -> str:
    """Text as it is compared: full-width letters made plain, all blanks and unseen signs taken out, case ignored."""
    return re.sub(r"\s", "", without_unseen(unicodedata.normalize("NFKC", text))).casefold()


def without_unseen(text: str) -> str:
    """Text without the signs that have no width, which web pages leave in it."""
    return _UNSEEN.sub("", text)


def read_sheets(path: Path) -> dict[str, Sheet]:
    """Sheet name -> rows of cells ("" names the only sheet of a CSV file). Raises ValueError, OSError and the like."""
    with path.open("rb") as file:
        if file.read(4) == _OLD_EXCEL:
            raise ValueError(_("it is a workbook of the old kind (.xls): save it as .xlsx"))
    if path.suffix.lower() not in {".xlsx", ".xlsm"} and not zipfile.is_zipfile(path):
        return {"": _lines(read_csv(path, None))}
    with path.open("rb") as file:
        shown = load_workbook(file, data_only=True)
        written = load_workbook(file) if _has_formulas(path) else shown
    return {one.title: _merged(one, _sheet(one, written[one.title])) for one in shown.worksheets}


def _lines(lines: list[list[str]]) -> Sheet:
    """The cells of a CSV file; a line may end before its last columns."""
    width = max(map(len, lines), default=0)
    filled = [[*line, *[""] * (width - len(line))] for line in lines]
    return [[Cell(_address(x, y), text or None) for x, text in enumerate(line, 1)] for y, line in enumerate(filled, 1)]


def _has_formulas(path: Path) -> bool:
    """Whether any sheet holds one: only then the workbook is read a second time, for the formulas."""
    with zipfile.ZipFile(path) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/")]
        return any(re.search(rb"<(?:\w+:)?f[ >/]", parts.read(name)) for name in sheets)


def _address(column: int, row: int) -> str:
    return f"{get_column_letter(column)}{row}"


def _sheet(shown: Worksheet, written: Worksheet) -> Sheet:
    held = [place for place, cell in written._cells.items() if cell.value is not None]  # formats may go on for ever
    if not held:
        return []
    height, width = max(row for row, _column in held), max(column for _row, column in held)
    columns, lines = _hidden(shown)
    rows: Sheet = []
    cells = (sheet.iter_rows(max_row=height, max_col=width) for sheet in (shown, written))
    for above, below in zip(*cells, strict=True):
        row = []
        for cell, source in zip(above, below, strict=True):
            percent = isinstance(cell.value, int | float) and "%" in _QUOTED.sub("", str(cell.number_format or ""))
            lost = source.data_type == "f" and cell.value is None
            unseen = shown.sheet_state != "visible" or cell.column in columns or cell.row in lines
            row.append(Cell(cell.coordinate, cell.value, percent, lost, hidden=unseen))
        rows.append(row)
    return rows


def _hidden(sheet: Worksheet) -> tuple[set[int], set[int]]:
    """The numbers of the columns and of the rows that are hidden, by hand or by a filter."""
    columns: set[int] = set()
    for one in sheet.column_dimensions.values():
        if one.hidden and one.min is not None and one.max is not None:
            columns.update(range(one.min, one.max + 1))
    return columns, {number for number, one in sheet.row_dimensions.items() if one.hidden}


def _merged(sheet: Worksheet, rows: Sheet) -> Sheet:
    """The rows with every cell of a merged range showing what its first one holds."""
    for area in sheet.merged_cells.ranges:
        if area.min_row > len(rows) or area.min_col > len(rows[0]):  # empty
            continue
        first = rows[area.min_row - 1][area.min_col - 1]
        for y in range(area.min_row - 1, min(area.max_row, len(rows))):
            for x in range(area.min_col - 1, min(area.max_col, len(rows[y]))):
                if rows[y][x].address != first.address:
                    own = rows[y][x]
                    rows[y][x] = replace(first, address=own.address, merged_from=first.address, hidden=own.hidden)
    return rows

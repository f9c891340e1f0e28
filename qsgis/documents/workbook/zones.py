"""乡镇, 行政村: a zone a line, an indicator a column, values of the current year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsgis.codes import term
from qsgis.documents.workbook import cells
from qsgis.documents.workbook.page import Column, Page, runs
from qsgis.documents.workbook.words import before_number, no_value
from qsgis.messages import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from qsgis.documents.workbook.entries import Entry
    from qsgis.results import Results, Value, ZoneLevel

_ROOM = 12  # indicators on a sheet of paper
_CODE, _NAME, _WIDTH = 17.0, 14.0, 14.0  # characters: the columns


def has_level(results: Results, level: ZoneLevel) -> bool:
    """Whether an indicator has a row of this level in the current year."""
    return any(results.catalog.analyses[name].kind == "indicator" for name in _rows(results, level)[0])


def write_zones(sheet: Worksheet, results: Results, shown: Sequence[Entry], level: ZoneLevel, title: str) -> Page:
    """Write the sheet of a level that there is."""
    found, zones = _rows(results, level)
    indicators = [entry for entry in shown if entry.analysis.id in found]
    columns = [Column(_("zone code"), _CODE), Column(_("zone"), _NAME)]
    sheets_of_paper = _papers([entry.analysis.dimension for entry in indicators])
    for entry, paper in zip(indicators, sheets_of_paper, strict=True):
        group = term(entry.analysis.dimension) + " " * paper  # no merged head runs from one sheet of paper to the next
        columns.append(Column(f"{entry.name}\n{entry.in_brackets.strip()}".strip(), _WIDTH, group))
    page = Page(sheet, columns)
    year = results.project.project.year
    page.open(title, _("values of {year}", year=year), freeze=2)
    if any(sheets_of_paper):
        _narrow_title(page, title)
    forms = [_numbers(found[entry.analysis.id].values()) for entry in indicators]
    for row, code in enumerate(sorted(zones), start=page.first):
        page.write(row, 1, code, place=cells.CENTRED)
        page.write(row, 2, zones[code])
        for number, (entry, numbers) in enumerate(zip(indicators, forms, strict=True), start=3):
            _cell(page, row, number, found[entry.analysis.id].get(code), numbers)
        page.fit(row, ["", zones[code], *[""] * len(indicators)])
    page.printed(repeated=2, papers=[start + 3 for start, _end, _paper in runs(sheets_of_paper)][1:])
    return page


def _narrow_title(page: Page, title: str) -> None:
    """The title over the first columns, which are repeated on each sheet of paper: a long line would be cut there."""
    page.cell(1, 1).font, page.cell(1, 1).alignment = cells.HEADING, cells.LEFT
    page.merge(1, 1, 1, 2)
    lines = cells.lines_of(title, (_CODE + _NAME) / 1.25)  # the heading's letters are that much wider
    page.sheet.row_dimensions[1].height = 1.25 * cells.LINE_HEIGHT * lines + cells.ROOM


def _papers(dimensions: Sequence[str]) -> list[int]:
    """The sheet of paper that each column is printed on: a dimension is not torn apart where it fits one."""
    found: list[int] = []
    paper, used = 0, 0
    for start, end, _dimension in runs(dimensions):
        if used and used + end - start + 1 > _ROOM:
            paper, used = paper + 1, 0
        for _column in range(start, end + 1):
            if used == _ROOM:
                paper, used = paper + 1, 0
            found.append(paper)
            used += 1
    return found


def _rows(results: Results, level: ZoneLevel) -> tuple[dict[str, dict[str, Value]], dict[str, str]]:
    """Indicator -> zone code -> the row that counts in the current year; and the names of the zones."""
    year = results.project.project.year
    names = {row.zone_code: row.zone_name for row in results.rows() if row.zone_level == level}
    found: dict[str, dict[str, Value]] = {}
    for (indicator, part, row_year, code), row in results.best().items():
        if row.zone_level == level and part == "" and row_year == year:
            found.setdefault(indicator, {})[code] = row
    return found, names


def _numbers(rows: Iterable[Value]) -> list[float]:
    return [row.value for row in rows if row.value is not None]


def _cell(page: Page, row: int, number: int, value: Value | None, beside: Sequence[float]) -> None:
    if value is None or value.value is None:
        word = no_value(value.status) if value else ""
        page.write(row, number, word, font=cells.SMALL, place=cells.CENTRED)
    else:
        page.write(row, number, value.value, form=cells.number_format(beside, before_number(value)))

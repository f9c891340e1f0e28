"""乡镇, 行政村: a zone a line, an indicator a column, values of the current year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.worksheet.pagebreak import Break

from qsgis.documents.workbook import cells
from qsgis.documents.workbook.page import Column, Page, runs
from qsgis.documents.workbook.words import before_number, no_value
from qsgis.messages import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from qsgis.documents.workbook.entries import Entry
    from qsgis.results import Results, Value, ZoneLevel

_ACROSS = 215.0  # characters that are read well across a sheet of paper
_CODE, _NAME, _WIDTH = 15.0, 14.0, 14.0  # characters: the columns


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
        group = entry.analysis.dimension + " " * paper  # no merged head runs from one sheet of paper to the next
        columns.append(Column(entry.name_with_unit, _WIDTH, group))
    page = Page(sheet, columns)
    year = results.project.project.year
    page.open(title, _("values of {year}", year=year), freeze=2)
    forms = [_numbers(found[entry.analysis.id].values()) for entry in indicators]
    for row, code in enumerate(sorted(zones), start=page.first):
        page.write(row, 1, code, place=cells.CENTRED)
        page.write(row, 2, zones[code])
        for number, (entry, numbers) in enumerate(zip(indicators, forms, strict=True), start=3):
            _cell(page, row, number, found[entry.analysis.id].get(code), numbers)
        page.fit(row, ["", zones[code], *[""] * len(indicators)])
    for place, paper in enumerate(sheets_of_paper):
        if place and paper != sheets_of_paper[place - 1]:
            sheet.col_breaks.append(Break(id=place + 2))
    page.printed(across=sheets_of_paper[-1] + 1, repeated=2, foot=results.project.project.name)
    return page


def _papers(dimensions: Sequence[str]) -> list[int]:
    """The sheet of paper that each column is printed on: a dimension is not torn apart where it fits one."""
    room = round((_ACROSS - _CODE - _NAME) / _WIDTH)
    found: list[int] = []
    paper, used = 0, 0
    for start, end, _dimension in runs(dimensions):
        if used and used + end - start + 1 > room:
            paper, used = paper + 1, 0
        for _column in range(start, end + 1):
            if used == room:
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

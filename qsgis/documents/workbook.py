"""indicators.xlsx: the 指标表, plain: a sheet of the county's figures and one of the districts'."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from qsgis.messages import _

if TYPE_CHECKING:
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

    from qsgis.results import Results, Value

_HEAD = PatternFill("solid", fgColor="1F4E5F")
_SIDE = Side(style="thin", color="BFBFBF")
_BOLD, _TOP, _WRAPPED = Font(bold=True), Alignment(vertical="top"), Alignment(vertical="top", wrap_text=True)
_LINE = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)


def write_workbook(results: Results, path: Path) -> None:
    """The values as a workbook: county (headlines and parts), then zones (headlines)."""
    book = Workbook()
    county = book.active
    assert county is not None
    county.title = _("indicators")
    rows = results.rows()
    _fill(county, results, _county_columns(), [row for row in rows if row.zone_level == "county"])
    for level, title in (("district", _("districts")), ("village", _("villages"))):
        found = [row for row in rows if row.zone_level == level and row.part == ""]
        if found:
            _fill(book.create_sheet(title), results, _zone_columns(), found)
    book.properties.creator = "qsgis"
    book.save(path)


def _county_columns() -> list[tuple[str, str, int]]:
    return [
        ("dimension", _("dimension"), 8),
        ("indicator", "id", 26),
        ("name", _("indicator or part"), 46),
        ("year", _("year"), 8),
        ("kind", _("kind"), 10),
        ("value", _("value"), 16),
        ("unit", _("unit"), 12),
        ("status", _("status"), 14),
        ("method", _("method"), 34),
        ("source", _("source"), 34),
        ("note", _("note"), 60),
    ]


def _zone_columns() -> list[tuple[str, str, int]]:
    return [
        ("zone_code", _("zone code"), 14),
        ("zone_name", _("zone"), 14),
        ("dimension", _("dimension"), 8),
        ("name", _("indicator"), 46),
        ("year", _("year"), 8),
        ("value", _("value"), 16),
        ("unit", _("unit"), 12),
        ("status", _("status"), 14),
        ("note", _("note"), 40),
    ]


def _fill(sheet: Worksheet, results: Results, columns: list[tuple[str, str, int]], rows: list[Value]) -> None:
    facts = results.project.project
    title = _("{county}: indicators of the spatial plan's health check, {year}", county=facts.name, year=facts.year)
    sheet.append([" ".join([title, *results.notices])])
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.append([label for _key, label, _width in columns])
    for number, (_key, _label, width) in enumerate(columns, start=1):
        cell = sheet.cell(2, number)
        cell.fill, cell.font, cell.border = _HEAD, Font(bold=True, color="FFFFFF"), _LINE
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(number)].width = width
    for place, row in enumerate(rows, start=3):
        for number, (key, _label, _width) in enumerate(columns, start=1):
            _write(sheet, place, number, key, row)
    sheet.freeze_panes = "D3"
    sheet.auto_filter.ref = f"A2:{get_column_letter(len(columns))}{max(len(rows) + 2, 2)}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight = "landscape", 8, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "2:2"


def _write(sheet: Worksheet, place: int, number: int, key: str, row: Value) -> None:
    """One cell; text from data stays text even where it begins with = + - @."""
    value = getattr(row, key)
    if key in {"status", "kind"}:
        value = _(value)
    if key == "name" and row.part:
        value = f"　{value}"
    cell = sheet.cell(place, number)
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
    if key == "value":
        cell.number_format = "#,##0.00##"
    if key == "value" and not row.part:
        cell.font = _BOLD
    cell.alignment = _WRAPPED if key in {"note", "method", "source", "name"} else _TOP
    cell.border = _LINE

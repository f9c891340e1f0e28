"""indicators.xlsx: the 指标表 of the county over the years, its values one by one, and tables of the zones."""

from __future__ import annotations

import math
import unicodedata
from typing import TYPE_CHECKING

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from qsgis.messages import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from openpyxl.worksheet.worksheet import Worksheet

    from qsgis.results import Results, Value, ZoneLevel

_HEAD, _SIDE = PatternFill("solid", fgColor="1F4E5F"), Side(style="thin", color="BFBFBF")
_LINE = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)
_TITLE, _WHITE = Font(bold=True, size=14), Font(bold=True, color="FFFFFF")
_BOLD = Font(bold=True)
_CENTRED = Alignment(horizontal="center", vertical="center", wrap_text=True)
_TEXT, _NUMBER = Alignment(vertical="top", wrap_text=True), Alignment(vertical="top", horizontal="right")
_RANK = {"override": 0, "computed": 1, "reported": 2}  # a value overruled by hand stands first
_LINE_HEIGHT, _MOST_LINES = 15.5, 8  # points; what a note has beyond that is read in its cell
Column = tuple[str, float]  # its title, its width in characters


def write_workbook(results: Results, path: Path) -> None:
    """Write the workbook: indicators by year, all the county's values, a table of the districts and of the villages.

    In the order of the results. Text from data stays text even where it begins with = + - @.
    """
    book = Workbook()
    first = book.active
    assert first is not None
    rows = results.rows()
    county = [row for row in rows if row.zone_level == "county"]
    first.title = _("indicators")
    _by_year(first, results, county)
    _one_by_one(book.create_sheet(_("all values")), results, county)
    levels: tuple[tuple[ZoneLevel, str], ...] = (("district", _("districts")), ("village", _("villages")))
    for level, title in levels:
        found = [row for row in rows if row.zone_level == level and row.part == "" and row.kind in _RANK]
        if found:
            _by_zone(book.create_sheet(title), results, found)
    book.properties.creator = "qsgis"
    book.save(path)


# --- sheets ---


def _by_year(sheet: Worksheet, results: Results, rows: list[Value]) -> None:
    """An indicator a line with its named parts below: base year, current year, target, what was reported, status."""
    facts = results.project.project
    base = facts.base_year if facts.base_year != facts.year else None
    best = _best(rows)
    targets = {(row.indicator, row.part): row for row in rows if row.kind == "target"}
    reported = {(row.indicator, row.part): row for row in rows if row.kind == "reported" and row.year == facts.year}
    goal_title = _("target {year}", year=facts.target_year) if facts.target_year else _("target")
    columns: list[Column] = [(_("dimension"), 8), (_("indicator or part"), 44), (_("unit"), 12)]
    columns += [(_("{year} (base year)", year=base), 15)] if base else []
    columns += [
        (_("{year}, current year", year=facts.year), 15), (goal_title, 15), (_("reported"), 13), (_("status"), 11),
        (_("kind"), 9), (_("note"), 58),
    ]  # fmt: skip
    lines: list[list[object]] = []
    for result in results.values():
        analysis = results.catalog.analyses.get(result.id)
        for part in ["", *(analysis.parts if analysis else ())]:
            row = best.get((result.id, part, facts.year, ""))
            if row is None:
                continue
            past = best.get((result.id, part, base, "")) if base else None
            goal = _goal(targets.get((result.id, part)), facts.target_year)
            told = reported.get((result.id, part))
            years = [_value(past), _value(row)] if base else [_value(row)]
            beside = [goal, _value(told) if told is not row else None]
            name = f"　{row.name}" if part else row.name
            lines.append([row.dimension, name, row.unit, *years, *beside, _(row.status), _(row.kind), row.note])
    _fill(sheet, results, columns, lines, freeze="C3")
    now = 5 if base else 4
    for place, line in enumerate(lines, start=3):
        if not str(line[1]).startswith("　"):
            sheet.cell(place, 2).font = sheet.cell(place, now).font = _BOLD


def _one_by_one(sheet: Worksheet, results: Results, rows: list[Value]) -> None:
    """Every value of the county with its method and source, as indicators.csv has them."""
    columns: list[Column] = [
        (_("id"), 33), (_("part"), 16), (_("indicator or part"), 40), (_("year"), 7), (_("kind"), 9), (_("value"), 16),
        (_("unit"), 12), (_("status"), 9), (_("method"), 30), (_("source"), 40), (_("note"), 50),
    ]  # fmt: skip
    lines: list[list[object]] = [
        [
            row.indicator, row.part, f"　{row.name}" if row.part else row.name, row.year, _(row.kind), row.value,
            row.unit, _(row.status), row.method, row.source, row.note,
        ]
        for row in rows
    ]  # fmt: skip
    _fill(sheet, results, columns, lines, freeze="D3")


def _by_zone(sheet: Worksheet, results: Results, rows: list[Value]) -> None:
    """A zone a line and an indicator a column, values of the current year."""
    year = results.project.project.year
    best = _best(row for row in rows if row.year == year)
    known: dict[str, str] = {}
    for row in rows:
        known.setdefault(row.indicator, row.name if row.unit == "1" else f"{row.name}（{row.unit}）")
    zones = {row.zone_code: row.zone_name for row in rows}
    columns: list[Column] = [(_("zone code"), 14), (_("zone"), 14), *((title, 15) for title in known.values())]
    lines: list[list[object]] = [
        [code, zones[code], *(_value(best.get((name, "", year, code))) for name in known)] for code in sorted(zones)
    ]
    _fill(sheet, results, columns, lines, freeze="C3")


def _best(rows: Iterable[Value]) -> dict[tuple[str, str, int, str], Value]:
    """By indicator, part, year and zone: the row that counts; one without a value gives way to one that has it."""
    found: dict[tuple[str, str, int, str], Value] = {}
    for row in rows:
        if row.kind not in _RANK:
            continue
        key = (row.indicator, row.part, row.year, row.zone_code)
        held = found.get(key)
        if held is None or (row.value is None, _RANK[row.kind]) < (held.value is None, _RANK[held.kind]):
            found[key] = row
    return found


def _value(row: Value | None) -> float | str | None:
    """A value, or in words why there is none."""
    if row is None:
        return None
    return _(row.status) if row.value is None else row.value


def _goal(row: Value | None, usual: int | None) -> float | str | None:
    """A target's value; with its year where that is not the project's."""
    if row is None or row.value is None or row.year == usual:
        return _value(row)
    return _("{value:,.2f} ({year})", value=row.value, year=row.year)


# --- cells ---


def _fill(sheet: Worksheet, results: Results, columns: list[Column], lines: list[list[object]], freeze: str) -> None:
    """Title, header and lines; ready to print on A3 across."""
    facts = results.project.project
    title = _("{county}: indicators of the spatial plan's health check, {year}", county=facts.name, year=facts.year)
    sheet["A1"] = " · ".join([title, *results.notices])
    sheet["A1"].font = _TITLE
    for number, (label, width) in enumerate(columns, start=1):
        cell = sheet.cell(2, number, label)
        cell.fill, cell.font, cell.border, cell.alignment = _HEAD, _WHITE, _LINE, _CENTRED
        sheet.column_dimensions[get_column_letter(number)].width = width
    widths = [width for _label, width in columns]
    sheet.row_dimensions[2].height = _height([label for label, _width in columns], widths) + 4
    for place, line in enumerate(lines, start=3):
        for number, value in enumerate(line, start=1):
            _write(sheet, place, number, value)
        sheet.row_dimensions[place].height = _height(line, widths)
    sheet.freeze_panes = freeze
    sheet.auto_filter.ref = f"A2:{get_column_letter(len(columns))}{max(len(lines) + 2, 3)}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight = "landscape", 8, 0
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:2"
    if sheet.oddFooter is not None:
        sheet.oddFooter.center.text = "&P / &N"


def _write(sheet: Worksheet, place: int, number: int, value: object) -> None:
    cell = sheet.cell(place, number)
    cell.border = _LINE
    if isinstance(value, str):
        cell.value, cell.alignment = value, _TEXT
        cell.data_type = "s"  # what begins with = is text too
    elif value is not None:
        cell.value, cell.alignment = value, _NUMBER  # type: ignore[assignment]
        cell.number_format = "0" if isinstance(value, int) else "#,##0.00##"


def _height(line: Sequence[object], widths: Sequence[float]) -> float:
    """The height of a row in points: as many lines as its fullest cell needs, for programs that do not fit rows."""
    texts = [(text, width) for text, width in zip(line, widths, strict=True) if isinstance(text, str)]
    need = [math.ceil(_length(text) / max(width - 1, 1)) for text, width in texts]
    return _LINE_HEIGHT * min(max([1, *need]), _MOST_LINES)


def _length(text: str) -> int:
    """The width of a text in Latin characters; a Chinese one counts twice."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)

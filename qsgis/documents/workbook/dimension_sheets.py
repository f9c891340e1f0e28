"""A sheet a dimension: its indicators in short, their rates as bars, the longer series as lines."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, OneCellAnchor
from openpyxl.drawing.xdr import XDRPositiveSize2D
from openpyxl.worksheet.pagebreak import Break

from qsgis.documents.workbook import cells
from qsgis.documents.workbook.brief import brief_columns, write_brief
from qsgis.documents.workbook.charts import line_chart, rate_chart
from qsgis.documents.workbook.page import Page
from qsgis.messages import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.chart import BarChart, LineChart
    from openpyxl.worksheet.worksheet import Worksheet

    from qsgis.documents.workbook.entries import Entry
    from qsgis.documents.workbook.indicator_table import IndicatorTable
    from qsgis.results import Results

YEARS, MOST_YEARS, LINES = 3, 7, 6  # the years that a line needs and that a sheet has room for; the lines of a sheet
LEAST, MOST, STEP = -200, 300, 50  # per cent: a rate beyond is drawn cut off
_NAME, _UNIT, _FIRST_YEAR, _RATE, _TIME = 2, 3, 4, 8, 9  # columns
_BARS, _ACROSS, _DOWN = 17.4, 8.9, 6.4  # cm: the bars' width, a line's width and height
_BAR, _LEGEND, _BETWEEN = 0.85, 2.6, 0.3  # cm: the height of a group of bars, of title and legend; between two charts
_LEAST_BAR, _LEAST_DOWN = 0.5, 4.8  # cm: where the page is short of room
_ROW = 15.0  # points: a row behind the charts
_PAGE = 22.5  # cm: what a printed page holds below the head
_CM = 28.35  # points
_EMU, _PIXEL, _GAP = 360_000, 9_525, 60_000  # the unit of drawings: in a cm, in a pixel; room above a chart


def write_dimension(
    sheet: Worksheet, results: Results, shown: Sequence[Entry], table: IndicatorTable, title: str
) -> Page:
    """Write the sheet: those that have a rate first, so that the bars can stand on their rows."""
    page = Page(sheet, brief_columns(results))
    page.open(title, _("Indicators with a rate of implementation stand first."), freeze=2)
    rated = [entry for entry in shown if entry.progress and entry.progress.rate is not None]
    lines = rated + [entry for entry in shown if entry not in rated]
    table_height = sum(
        write_brief(page, row, 1, results, entry, table) for row, entry in enumerate(lines, start=page.first)
    )
    drawn = table.years if len(table.years) <= MOST_YEARS else [table.years[0], *table.years[1 - MOST_YEARS :]]
    long = [entry for entry in shown if len(_series(entry, drawn)) >= YEARS][:LINES]
    below = page.first + len(lines) + 1
    end, used = _write_series(page, below, long, table, drawn, table_height + _ROW)
    if rated or long:
        room = _PAGE - used / _CM
        if room < _least(rated, long):
            sheet.row_breaks.append(Break(id=end - 1))
            room = _PAGE
        _draw(page, end, rated, long, below + 1, drawn, room)
    page.printed(head=table_height > _PAGE * _CM)
    return page


def _series(entry: Entry, years: Sequence[int]) -> dict[int, float]:
    """The numbers of an indicator, by year, of the years that the tables show."""
    found = {year: entry.values[year].value for year in years if year in entry.values}
    return {year: value for year, value in found.items() if value is not None}


def _least(rated: Sequence[Entry], long: Sequence[Entry]) -> float:
    """The height in cm that the charts can be drawn in."""
    bars = min(_LEGEND + _LEAST_BAR * len(rated), _PAGE - _BETWEEN) if rated else 0.0
    return max(bars, _rows(long) * (_LEAST_DOWN + _BETWEEN))


def _rows(long: Sequence[Entry]) -> int:
    """How many rows of lines there are, two in a row."""
    return math.ceil(len(long) / 2)


def _write_series(
    page: Page, row: int, long: Sequence[Entry], table: IndicatorTable, drawn: Sequence[int], used: float
) -> tuple[int, float]:
    """The numbers of the lines; the row where the charts begin, and the points of the page that are used there."""
    if not long:
        return row, used
    if used + _ROW * (2 * len(long) + 4) > _PAGE * _CM:
        page.sheet.row_breaks.append(Break(id=row - 1))
        used = 0.0
    page.heading(row, _("values by year, as drawn"))
    labels = [_("no."), _("indicator"), _("unit"), *map(str, drawn)]
    for number, label in enumerate(labels, start=1):
        page.write(row + 1, number, label, font=cells.LABEL, place=cells.CENTRED, ground=cells.HEAD_FILL)
    for place, entry in enumerate(long, start=row + 2):
        page.write(place, 1, entry.number, form="0", place=cells.CENTRED)
        page.write(place, _NAME, entry.name)
        page.write(place, _UNIT, entry.unit_text, place=cells.CENTRED)
        given, form = _series(entry, drawn), entry.form()
        for number, year in enumerate(drawn, start=_FIRST_YEAR):
            if year in given:
                page.formula(place, number, f"={table.link(entry, year)}", given[year], form=form)
            else:
                page.write(place, number, None)
        used += page.fit(place, ["", entry.name, entry.unit_text, *[""] * (len(page.columns) - 3)])
    return row + len(long) + 3, used + 4 * _ROW


def _draw(
    page: Page,
    row: int,
    rated: Sequence[Entry],
    long: Sequence[Entry],
    head: int,
    years: Sequence[int],
    room: float,
) -> None:
    """Bars on the left, lines in two columns beside them, from `row` down, `room` cm high at most.

    The series of the lines stand below the row `head`.
    """
    sheet = page.sheet
    if rated:
        bars = {_("rate of implementation, %"): _RATE, _("time passed, %"): _TIME}
        rows = (page.first, page.first + len(rated) - 1)
        rates, bounds = _rates(rated), _bounds(_rates(rated))
        beyond = [place for place, rate in enumerate(rates) if not bounds[0] <= rate <= bounds[1]]
        title = _("rate of implementation and time passed, %")
        if beyond:
            title = _("{title} (bars are cut off at {low} and {high})", title=title, low=bounds[0], high=bounds[1])
        chart = rate_chart(sheet, title, rows, _NAME, bars, bounds, beyond)
        _place(page, chart, 0.0, row, _BARS, min(_LEGEND + _BAR * len(rated), room - _BETWEEN))
    left = _BARS + 0.2 if rated else 0.0
    high = min(_DOWN, room / max(1, _rows(long)) - _BETWEEN)
    for place, entry in enumerate(long):
        title = entry.name_with_unit
        columns = (_FIRST_YEAR, _FIRST_YEAR + len(years) - 1)
        form = entry.form()
        line = line_chart(sheet, title, head, head + 1 + place, columns, form)
        down = math.ceil(place // 2 * (high + _BETWEEN) * _CM / _ROW)
        _place(page, line, left + place % 2 * (_ACROSS + 0.2), row + down, _ACROSS, high)


def _rates(rated: Sequence[Entry]) -> list[float]:
    return [entry.progress.rate for entry in rated if entry.progress and entry.progress.rate is not None]


def _bounds(rates: Sequence[float]) -> tuple[int, int]:
    """The axis of the rates: whole steps around them, no farther than the bounds."""
    low = max(LEAST, (math.floor(min(rates) / STEP) - 1) * STEP) if min(rates) < 0 else 0  # room for the label
    high = min(MOST, math.ceil(max([100.0, *rates]) / STEP) * STEP)
    return low, high


def _place(page: Page, chart: BarChart | LineChart, left: float, row: int, width: float, height: float) -> None:
    """Put a chart at `left` cm from the sheet's edge, `width` × `height` cm."""
    wanted, column, passed = round(left * _EMU), 0, 0
    while column < len(page.columns) - 1:
        own = int(page.columns[column].width * 7 + 5) * _PIXEL
        if passed + own > wanted:
            break
        passed, column = passed + own, column + 1
    marker = AnchorMarker(col=column, colOff=wanted - passed, row=row - 1, rowOff=_GAP)
    size = XDRPositiveSize2D(round(width * _EMU), round(height * _EMU))
    chart.anchor = OneCellAnchor(_from=marker, ext=size)  # type: ignore[assignment]
    page.sheet.add_chart(chart)

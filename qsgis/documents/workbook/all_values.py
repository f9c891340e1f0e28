"""全部数值: every value of the county with its method and source, as indicators.csv has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsgis.documents.workbook import cells
from qsgis.documents.workbook.page import Column, Page
from qsgis.messages import _

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from qsgis.results import Results

_MOST_LINES = 8  # what a note has beyond that is read in its cell


def write_all_values(sheet: Worksheet, results: Results, title: str) -> Page:
    """Write the sheet: a row a value, in the order of indicators.csv."""
    columns = [
        Column(_("id"), 30), Column(_("part"), 16), Column(_("indicator or part"), 40), Column(_("year"), 7),
        Column(_("kind"), 8), Column(_("value"), 16), Column(_("unit"), 12), Column(_("status"), 9),
        Column(_("method"), 28), Column(_("source"), 36), Column(_("note"), 50),
    ]  # fmt: skip
    page = Page(sheet, columns)
    page.open(title, _("as indicators.csv has them; its rows of zones stand on sheets of their own"), freeze=3)
    rows = [row for row in results.rows() if row.zone_level == "county"]
    most = cells.LINE_HEIGHT * _MOST_LINES + cells.ROOM
    for place, row in enumerate(rows, start=page.first):
        name = f"　{row.name}" if row.part else row.name
        line: list[str | float | None] = [row.indicator, row.part, name, row.year, _(row.kind), row.value]
        line += [row.unit, _(row.status), row.method, row.source, row.note]
        for number, value in enumerate(line, start=1):
            form = "0" if number == 4 else None
            page.write(place, number, value, form=form, font=cells.SMALL)
        height = page.fit(place, [value if isinstance(value, str) else "" for value in line])
        page.sheet.row_dimensions[place].height = min(height, most)
    page.filtered(len(rows))
    page.printed()
    return page

"""全部数值: every value of the county with its method and source, as indicators.csv has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsgis.documents.workbook import cells
from qsgis.documents.workbook.page import Column, Page
from qsgis.messages import _
from qsgis.wording import unit_text

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from qsgis.results import Results

_MOST_LINES = 8  # what a note has beyond that is read in its cell


def write_all_values(sheet: Worksheet, results: Results, title: str) -> Page:
    """Write the sheet: a row a value, in the order of indicators.csv."""
    columns = [
        (_("id"), 30), (_("part"), 16), (_("indicator or part"), 40), (_("year"), 7), (_("kind"), 9),
        (_("value"), 16), (_("unit"), 12), (_("status"), 9), (_("method"), 28), (_("source"), 36), (_("note"), 50),
    ]  # fmt: skip
    page = Page(sheet, [Column(label, width, small=True) for label, width in columns])
    page.open(title, _("as indicators.csv has them; its rows of zones stand on sheets of their own"), freeze=3)
    rows = [row for row in results.rows() if row.zone_level == "county"]
    most = cells.LINE_HEIGHT * _MOST_LINES + cells.ROOM
    for place, row in enumerate(rows, start=page.first):
        name = f"　{row.name}" if row.part else row.name
        line: list[str | float | None] = [row.indicator, row.part, name, row.year, _(row.kind), row.value]
        line += ["" if row.unit == "1" else unit_text(row.unit), _(row.status), row.method, row.source, row.note]
        for number, value in enumerate(line, start=1):
            form = "0" if number == 4 else None
            page.write(place, number, value, form=form, font=cells.SMALL)
        height = page.fit(place, [value if isinstance(value, str) else "" for value in line])
        page.sheet.row_dimensions[place].height = min(height, most)
    page.filtered(len(rows))
    page.printed()
    return page

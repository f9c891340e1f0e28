"""六个方面: the same indicators by the six aspects of an evaluation, in short. One may stand under several."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from qsgis.codes import term
from qsgis.documents.workbook import cells
from qsgis.documents.workbook.brief import brief_columns, write_brief
from qsgis.documents.workbook.page import Column, Page, runs
from qsgis.messages import _
from qsgis.schema import Aspect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from qsgis.documents.workbook.entries import Entry
    from qsgis.documents.workbook.indicator_table import IndicatorTable
    from qsgis.results import Results


def write_aspects(
    sheet: Worksheet, results: Results, shown: Sequence[Entry], table: IndicatorTable, title: str
) -> Page:
    """Write the sheet; its figures point to the 指标表."""
    lines = [(aspect, entry) for aspect in get_args(Aspect) for entry in shown if aspect in entry.analysis.aspect]
    without = [entry for entry in shown if not entry.analysis.aspect]
    lines += [(_("no aspect"), entry) for entry in without]
    page = Page(
        sheet, [Column(_("aspect"), cells.room_of_words(map(term, get_args(Aspect)), 12)), *brief_columns(results)]
    )
    page.open(title, _("An indicator may stand under several aspects. The grouping is a proposal."), freeze=3)
    heights = []
    for row, (_aspect, entry) in enumerate(lines, start=page.first):
        page.write(row, 1, None, ground=cells.GROUP_FILL)
        heights.append(write_brief(page, row, 2, results, entry, table))
    starts = page.breaks([(row, height) for row, height in enumerate(heights, start=page.first)])
    for start, end, aspect in runs([aspect for aspect, _entry in lines], [row - page.first for row in sorted(starts)]):
        page.write(page.first + start, 1, term(aspect), font=cells.LABEL, place=cells.CENTRED, ground=cells.GROUP_FILL)
        page.merge(page.first + start, 1, page.first + end, 1)
    page.printed()
    return page

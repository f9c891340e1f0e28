"""待核: what a human must look at among the supplied values. Nothing was changed because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsgis.documents.workbook import cells
from qsgis.documents.workbook.page import Column, Page
from qsgis.messages import _

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from qsgis.results import Results


def write_questions(sheet: Worksheet, results: Results, title: str) -> Page:
    """Write the sheet: where it stands, what the matter is, both readings, room for the answer."""
    columns = [
        Column(_("no."), 6), Column(_("file"), 22), Column(_("sheet"), 14), Column(_("cell"), 9),
        Column(_("indicator"), 36), Column(_("year"), 8), Column(_("matter"), 46), Column(_("as given"), 18),
        Column(_("taken as"), 22), Column(_("may also mean"), 22), Column(_("answer"), 28), Column(_("checked by"), 14),
    ]  # fmt: skip
    page = Page(sheet, columns)
    page.open(
        title, _("Nothing was changed because of these; what has nothing under “taken as” was not used."), freeze=4
    )
    known = results.catalog.analyses
    for row, question in enumerate(results.questions, start=page.first):
        name = known[question.indicator].label if question.indicator in known else question.indicator
        texts = [
            question.file, question.sheet, question.cell, name, question.year, question.matter, question.given,
            question.reading, question.other, "", "",
        ]  # fmt: skip
        page.write(row, 1, row - page.first + 1, form="0", place=cells.CENTRED)
        for number, text in enumerate(texts, start=2):
            page.write(row, number, text)
        page.fit(row, ["", *texts])
    page.filtered(len(results.questions))
    page.printed()
    return page

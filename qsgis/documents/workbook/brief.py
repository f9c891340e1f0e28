"""An indicator in one short line: base, current, target, rate, verdict. Its figures point to the 指标表."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qsgis.documents.workbook import cells
from qsgis.documents.workbook.page import Column
from qsgis.documents.workbook.words import before_number, direction, no_value, verdict_fill, verdict_word
from qsgis.messages import _

if TYPE_CHECKING:
    from qsgis.documents.workbook.entries import Entry
    from qsgis.documents.workbook.indicator_table import IndicatorTable
    from qsgis.documents.workbook.page import Page
    from qsgis.results import Results


def brief_columns(results: Results) -> list[Column]:
    """The columns of a short line."""
    facts = results.project.project
    base = _("{year}\n(base)", year=facts.base_year) if facts.base_year else _("base year")
    goal = _("target {year}", year=facts.target_year) if facts.target_year else _("target")
    rate = cells.room_of_words([_("rate of implementation\n(%)")], 14)
    return [
        Column(_("no."), 6), Column(_("indicator"), 58), Column(_("unit"), 18), Column(_("direction"), 14),
        Column(base, 17), Column(_("{year}\n(current)", year=facts.year), 17), Column(goal, 17),
        Column(_("rate of implementation\n(%)"), rate), Column(_("time passed\n(%)"), 14), Column(_("verdict"), 14),
    ]  # fmt: skip


def write_brief(page: Page, row: int, left: int, results: Results, entry: Entry, table: IndicatorTable) -> float:
    """Write the line from the column `left` on; the height of its row."""
    facts = results.project.project
    page.write(row, left, entry.number, form="0", place=cells.CENTRED)
    page.write(row, left + 1, entry.name)
    page.write(row, left + 2, entry.unit_text, place=cells.CENTRED)
    page.write(row, left + 3, direction(entry.analysis.better), font=cells.SMALL, place=cells.CENTRED)
    _year(page, row, left + 4, entry, table, facts.base_year if facts.base_year != facts.year else None)
    _year(page, row, left + 5, entry, table, facts.year)
    target, progress = entry.target, entry.progress
    rate = progress.rate if progress else None
    form = entry.form()
    _linked(page, row, left + 6, entry, table, "target", target.value if target else None, form)
    _linked(page, row, left + 7, entry, table, "rate", rate, cells.share_form(rate or 0.0))
    _linked(page, row, left + 8, entry, table, "time", progress.time if progress else None, cells.fixed(1))
    ground = cells.fill(verdict_fill(entry.verdict)) if entry.verdict else None
    page.write(row, left + 9, verdict_word(entry.progress), place=cells.CENTRED, ground=ground)
    texts = [""] * len(page.columns)
    texts[left], texts[left + 1] = entry.name, entry.unit_text
    return page.fit(row, texts)


def _year(page: Page, row: int, number: int, entry: Entry, table: IndicatorTable, year: int | None) -> None:
    value = entry.values.get(year) if year is not None else None
    if value is None or value.value is None:
        word = no_value(value.status) if value else ""
        page.write(row, number, word, font=cells.SMALL, place=cells.CENTRED)
        return
    form = entry.form(before_number(value))
    _linked(page, row, number, entry, table, value.year, value.value, form)


def _linked(
    page: Page,
    row: int,
    number: int,
    entry: Entry,
    table: IndicatorTable,
    name: str | int,
    value: float | None,
    form: str,
) -> None:
    if value is None:
        page.write(row, number, None)
    else:
        page.formula(row, number, f"={table.link(entry, name)}", value, form=form)

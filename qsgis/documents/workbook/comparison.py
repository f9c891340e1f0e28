"""横向对比: the county beside others, indicator by indicator: its value, theirs, their mean, its rank."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from openpyxl.utils import get_column_letter

from qsgis.documents.workbook import cells
from qsgis.documents.workbook.page import Column, Page
from qsgis.documents.workbook.words import before_number, direction
from qsgis.messages import _
from qsgis.progress import RISING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from qsgis.documents.workbook.entries import Entry
    from qsgis.results import Peer, Results, Value

_OWN = 6  # the column of the county's own value


@dataclass(frozen=True)
class Line:
    """An indicator in one year: the county's row, the others' figures by their names."""

    entry: Entry
    year: int
    own: Value | None
    others: dict[str, Peer]


def write_comparison(sheet: Worksheet, results: Results, shown: Sequence[Entry], title: str) -> Page:
    """Write the sheet: a line an indicator and year that other counties gave a figure for."""
    counties = list(dict.fromkeys(peer.county for peer in results.peers))
    lines = _lines(results.peers, shown)
    page = Page(sheet, _columns(results, counties))
    page.open(title, _("rank 1 is the best by the indicator's direction; none where it has no direction"), freeze=3)
    for row, line in enumerate(lines, start=page.first):
        _write(page, row, line, counties)
    page.printed(repeated=3)
    return page


def _columns(results: Results, counties: Sequence[str]) -> list[Column]:
    values, others = _("values"), _("among these counties")
    return [
        Column(_("no."), 6), Column(_("indicator"), 46), Column(_("unit"), 13), Column(_("direction"), 13),
        Column(_("year"), 8), Column(results.project.project.name, 16, values),
        *(Column(county, 16, values) for county in counties),
        Column(_("mean of the others"), 16, others), Column(_("difference from the mean"), 16, others),
        Column(_("rank"), 9, others), Column(_("source"), 40, small=True),
    ]  # fmt: skip


def _lines(peers: Sequence[Peer], shown: Sequence[Entry]) -> list[Line]:
    found: list[Line] = []
    for entry in shown:
        if entry.part:
            continue
        theirs = [peer for peer in peers if peer.indicator == entry.analysis.id]
        for year in sorted({peer.year for peer in theirs}, reverse=True):
            others = {peer.county: peer for peer in theirs if peer.year == year}
            found.append(Line(entry, year, entry.values.get(year), others))
    return found


def _write(page: Page, row: int, line: Line, counties: Sequence[str]) -> None:
    entry, own = line.entry, line.own.value if line.own else None
    theirs = [peer.value for peer in line.others.values()]
    numbers = [*theirs, *([own] if own is not None else [])]
    form, last = cells.number_format(numbers), _OWN + len(counties)
    page.write(row, 1, entry.number, form="0", place=cells.CENTRED)
    page.write(row, 2, entry.name)
    page.write(row, 3, entry.unit_text, place=cells.CENTRED)
    page.write(row, 4, direction(entry.analysis.better), font=cells.SMALL, place=cells.CENTRED)
    page.write(row, 5, line.year, form="0", place=cells.CENTRED)
    marked = cells.number_format(numbers, before_number(line.own)) if line.own else form
    page.write(row, _OWN, own, form=marked, font=cells.BOLD, ground=cells.NOW_FILL)
    for number, county in enumerate(counties, start=_OWN + 1):
        page.write(row, number, line.others[county].value if county in line.others else None, form=form)
    mine, first, end, beside = (f"{get_column_letter(number)}{row}" for number in (_OWN, _OWN + 1, last, last + 1))
    mean = fmean(theirs)
    page.formula(row, last + 1, f"=AVERAGE({first}:{end})", mean, form=form)
    page.write(row, last + 2, None)
    page.write(row, last + 3, None)
    if own is not None:
        page.formula(row, last + 2, f"={mine}-{beside}", own - mean, form=entry.form_of_difference(own - mean))
        if entry.analysis.better != "context":
            order = 0 if entry.analysis.better in RISING else 1  # of Excel's RANK: 0 puts the largest first
            better = sum(other < own if order else other > own for other in theirs)
            text = f"=RANK({mine},{mine}:{end},{order})"
            page.formula(row, last + 3, text, 1 + better, form="0", place=cells.CENTRED)
    sources = "；".join(dict.fromkeys(peer.source for peer in line.others.values() if peer.source))
    page.write(row, last + 4, sources, font=cells.SMALL)
    page.fit(row, ["", entry.name, entry.unit_text, *[""] * (len(page.columns) - 4), sources])

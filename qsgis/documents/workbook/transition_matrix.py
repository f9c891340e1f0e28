"""转移矩阵: what ground was in an earlier year, line by line, and what it is now; the county, then each township."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openpyxl.utils import get_column_letter

from qsgis.analyses.classes import TO, labels_of, sides
from qsgis.documents.workbook import cells
from qsgis.documents.workbook.page import Column, Page
from qsgis.messages import _, choose
from qsgis.wording import unit_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from qsgis.results import Results, ZoneLevel
    from qsgis.schema import Analysis, Change

_FORM = cells.number_format([], decimals=2)
_SIGNED = cells.number_format([], decimals=2, signed=True)
_HEADING, _LINE = 24.0, cells.LINE_HEIGHT + cells.ROOM
Cells = dict[tuple[str, str], float]  # (earlier class, later class) -> area


@dataclass(frozen=True)
class Matrix:
    """The transition matrices of a measure for the current year.

    classes: all of both years, sorted, "" (no data in one of the years) last. zones: name of the zone and its areas,
    the county first. since: the earlier year.
    """

    analysis: Analysis
    since: int
    year: int
    classes: list[str]
    zones: list[tuple[str, Cells]]
    earlier: dict[str, str]
    later: dict[str, str]


def matrix_of(results: Results, analysis: Analysis, name: str, measure: Change) -> Matrix | None:
    """The matrix that the measure `name` gave for the current year, None where it gave none."""
    facts = results.project.project
    since = facts.base_year if measure.since == "base" else measure.since
    zones: dict[tuple[ZoneLevel, str, str], Cells] = {}
    for row in results[analysis.id].values:
        head, _dot, pair = row.part.partition(".")
        if head == name and TO in pair and row.year == facts.year and row.value is not None:
            one, _to, other = pair.partition(TO)
            zones.setdefault((row.zone_level, row.zone_code, row.zone_name), {})[one, other] = row.value
    if not zones or not isinstance(since, int):
        return None
    known = {one for found in zones.values() for pair in found for one in pair}
    classes = sorted(known, key=lambda one: (not one, one))
    by = measure.resolved(measure.by)
    earlier, later = sides(labels_of(results.catalog, by))
    ordered = [(name, zones[level, code, name]) for level, code, name in sorted(zones)]
    return Matrix(analysis, since, facts.year, classes, ordered, earlier, later)


def write_transitions(sheet: Worksheet, found: Matrix, notes: Sequence[str], title: str) -> Page:
    """Write the sheet of one matrix; sums, what changed and the net change are formulas."""
    unit = unit_text(found.analysis.unit)
    page = Page(sheet, _columns(found))
    below = _("{unit}; lines: class in {since}, columns: class in {year}; shaded: unchanged",
              unit=unit, since=found.since, year=found.year)  # fmt: skip
    page.open(title, below, freeze=1)
    row = page.first
    blocks = []
    for zone, areas in found.zones:
        end = _block(page, row, zone, areas, found)
        blocks.append((row, _HEADING + _LINE * (end - row - 1)))
        row = end
    page.breaks(blocks)
    for text in [choose(found.analysis.note, found.analysis.note_en), *notes]:
        row += 1
        page.note(row, text)
    page.printed(repeated=1)
    return page


def _columns(found: Matrix) -> list[Column]:
    group = _("class in {year}", year=found.year)
    room = cells.room_of([value for _zone, areas in found.zones for value in areas.values()], 15)
    return [
        Column(_("class in {year}", year=found.since), 34),
        *(Column(found.later.get(one, one), room, group) for one in found.classes),
        Column(_("total of {year}", year=found.since), room + 2), Column(_("of which changed"), room),
    ]  # fmt: skip


def _block(page: Page, row: int, zone: str, areas: Cells, found: Matrix) -> int:
    """The matrix of a zone from `row` on: the row below it. Classes that the zone had no ground of have no line."""
    page.heading(row, zone)
    lines = [one for one in found.classes if any(pair[0] == one for pair in areas)]
    first, last = row + 1, row + len(lines)
    for place, one in enumerate(lines, start=first):
        _line(page, place, one, areas, found)
    _sums(page, last + 1, first, lines, areas, found)
    _net(page, last + 2, first, lines, areas, found)
    return last + 3


def _line(page: Page, row: int, one: str, areas: Cells, found: Matrix) -> None:
    """What became of the ground of one class."""
    page.write(row, 1, found.earlier.get(one, one))
    for number, other in enumerate(found.classes, start=2):
        ground = cells.HEAD_FILL if one == other and one else None
        page.write(row, number, areas.get((one, other)), form=_FORM, ground=ground)
    total = 2 + len(found.classes)
    letter = get_column_letter
    text = f"=SUM(B{row}:{letter(total - 1)}{row})"
    page.formula(row, total, text, _row_sum(areas, one), form=_FORM, font=cells.BOLD, ground=cells.GROUP_FILL)
    if one:
        stayed = f"{letter(2 + found.classes.index(one))}{row}"
        untold = f"-{letter(total - 1)}{row}" if "" in found.classes else ""
        text = f"={letter(total)}{row}-{stayed}{untold}"
        page.formula(row, total + 1, text, _changed(areas, one), form=_FORM)
    else:
        page.write(row, total + 1, None)
    page.sheet.row_dimensions[row].height = _LINE


def _sums(page: Page, row: int, first: int, lines: Sequence[str], areas: Cells, found: Matrix) -> None:
    """What each class has now, of all that it was."""
    page.write(row, 1, _("total of {year}", year=found.year), font=cells.BOLD, ground=cells.GROUP_FILL)
    sums = [_column_sum(areas, one) for one in found.classes]
    sums += [math.fsum(areas.values()), math.fsum(_changed(areas, one) for one in lines)]
    for number, total in enumerate(sums, start=2):
        letter = get_column_letter(number)
        text = f"=SUM({letter}{first}:{letter}{row - 1})"
        page.formula(row, number, text, total, form=_FORM, font=cells.BOLD, ground=cells.GROUP_FILL)
    page.sheet.row_dimensions[row].height = _LINE


def _net(page: Page, row: int, first: int, lines: Sequence[str], areas: Cells, found: Matrix) -> None:
    """By how much each class grew or shrank."""
    page.write(row, 1, _("net change"))
    whole = get_column_letter(2 + len(found.classes))
    for number, one in enumerate(found.classes, start=2):
        if not one:
            page.write(row, number, None)
            continue
        before = f"-{whole}{first + lines.index(one)}" if one in lines else ""
        text = f"={get_column_letter(number)}{row - 1}{before}"
        page.formula(row, number, text, _column_sum(areas, one) - _row_sum(areas, one), form=_SIGNED)
    for number in (2 + len(found.classes), 3 + len(found.classes)):
        page.write(row, number, None)
    page.sheet.row_dimensions[row].height = _LINE


def _row_sum(areas: Cells, one: str) -> float:
    return math.fsum(value for pair, value in areas.items() if pair[0] == one)


def _column_sum(areas: Cells, one: str) -> float:
    return math.fsum(value for pair, value in areas.items() if pair[1] == one)


def _changed(areas: Cells, one: str) -> float:
    return math.fsum(value for (was, now), value in areas.items() if was == one != now and was and now)

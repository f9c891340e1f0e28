"""山水林田湖草: an account. Its groups over the years, their change, the total, and whether they add up to it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from openpyxl.utils import get_column_letter

from qsgis import units
from qsgis.assess import class_names
from qsgis.documents.workbook import cells
from qsgis.documents.workbook.entries import years
from qsgis.documents.workbook.page import Column, Page
from qsgis.documents.workbook.words import BAD, GOOD, before_number, no_value
from qsgis.messages import _, choose
from qsgis.schema import Area
from qsgis.wording import unit_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from qsgis.results import Results, Value
    from qsgis.schema import Analysis

_DECIMALS = 2  # of areas
_CLOSE = 1e-9  # relative: what groups and total may differ by


def write_account(sheet: Worksheet, results: Results, analysis: Analysis, title: str) -> Page:
    """Write the sheet of one account."""
    rows = results.by_part(analysis.id)
    known = [year for year in years(results) if any(year in by_year for by_year in rows.values())]
    page = Page(sheet, _columns(results, analysis, known))
    page.open(title, "", freeze=1)
    parts = [part for part in analysis.parts or _classes(results, analysis, rows) if part in rows]
    labels = _classes(results, analysis, rows)
    for place, part in enumerate(parts, start=page.first):
        _group(page, place, rows[part], known, analysis, labels.get(part, ""))
    end = page.first + len(parts)
    _total(page, end, rows.get("", {}), known)
    for place in range(page.first, end + 1):
        _changes(page, place, end, known)
    _check(page, end + 1, [rows[part] for part in parts], rows.get("", {}), known, analysis)
    page.note(end + 5, choose(analysis.note, analysis.note_en))
    page.printed()
    return page


def _columns(results: Results, analysis: Analysis, known: Sequence[int]) -> list[Column]:
    base = results.project.project.base_year
    titles = {year: _("{year}\n(base)", year=year) if year == base else str(year) for year in known}
    titles[results.project.project.year] = _("{year}\n(current)", year=results.project.project.year)
    unit = unit_text(analysis.unit)
    by_year = _("area, {unit}", unit=unit) if "平方" in analysis.unit else unit
    change = _("change from {first} to {last}", first=known[0], last=known[-1]) if known else _("change")
    return [
        Column(_("group"), 40), *(Column(titles[year], 18, by_year) for year in known),
        Column(unit, 18, change), Column("%", 14, change), Column(_("share of the total, %"), 16),
    ]  # fmt: skip


def has_groups(analysis: Analysis) -> bool:
    """Whether an account has groups that add up: parts, or the classes that an area is split by."""
    return bool(analysis.parts) or any(isinstance(one, Area) and one.by for one in analysis.measures.values())


def _classes(results: Results, analysis: Analysis, rows: Mapping[str, object]) -> dict[str, str]:
    """The parts that are classes which an area is split by, in the order of their codes, and their labels."""
    found: dict[str, str] = {}
    for name, measure in analysis.measures.items():
        if isinstance(measure, Area) and measure.by:
            labels = class_names(results.catalog, analysis, name)
            values = sorted(part.removeprefix(f"{name}.") for part in rows if part.startswith(f"{name}."))
            found |= {f"{name}.{value}": labels.get(value, value) or _("(blank)") for value in values}
    return found


def _group(
    page: Page, row: int, by_year: dict[int, Value], known: Sequence[int], analysis: Analysis, label: str
) -> None:
    name = label or next(iter(by_year.values())).name
    page.write(row, 1, name)
    for number, year in enumerate(known, start=2):
        value = by_year.get(year)
        if value is None or value.value is None:
            page.write(row, number, no_value(value.status) if value else "", font=cells.SMALL, place=cells.CENTRED)
            continue
        form = cells.number_format([], before_number(value), decimals=_DECIMALS)
        page.write(row, number, value.value * units.factor(value.unit, analysis.unit), form=form)
    page.fit(row, [name, *[""] * (len(page.columns) - 1)])


def _total(page: Page, row: int, by_year: dict[int, Value], known: Sequence[int]) -> None:
    """The sum of the groups where they have numbers, for it must follow them."""
    page.write(row, 1, _("total"), font=cells.BOLD, ground=cells.GROUP_FILL)
    for number, year in enumerate(known, start=2):
        letter = get_column_letter(number)
        given = [page.sheet.cell(place, number).value for place in range(page.first, row)]
        numbers = [float(value) for value in given if isinstance(value, int | float)]
        if not numbers:
            value = by_year.get(year)
            page.write(row, number, no_value(value.status) if value else "", place=cells.CENTRED)
            continue
        total = math.fsum(numbers)
        text = f"=SUM({letter}{page.first}:{letter}{row - 1})"
        form = cells.number_format([], decimals=_DECIMALS)
        page.formula(row, number, text, total, form=form, font=cells.BOLD, ground=cells.GROUP_FILL)
    page.sheet.row_dimensions[row].height = cells.LINE_HEIGHT + cells.ROOM


def _changes(page: Page, row: int, total: int, known: Sequence[int]) -> None:
    """Change from the first to the last year, in units and per cent, and the share of the last year's total."""
    first, last = 2, 1 + len(known)
    change, share = last + 1, last + 3
    past, now, whole = (_number(page, place, column) for place, column in ((row, first), (row, last), (total, last)))
    a, b, c = f"{get_column_letter(first)}{row}", f"{get_column_letter(last)}{row}", f"{get_column_letter(last)}{total}"
    for column in range(change, share + 1):
        page.write(row, column, None)
    if len(known) > 1 and past is not None and now is not None:
        signed = cells.number_format([], signed=True, decimals=_DECIMALS)
        page.formula(row, change, f"={b}-{a}", now - past, form=signed)
        if past:
            page.formula(
                row,
                change + 1,
                f'=IF({a}=0,"",({b}-{a})/{a}*100)',
                (now - past) / past * 100,
                form=cells.fixed(2, signed=True),
            )
    if now is not None and whole:
        page.formula(row, share, f'=IF({c}=0,"",{b}/{c}*100)', now / whole * 100, form=cells.fixed(2))


def _number(page: Page, row: int, column: int) -> float | None:
    cell = page.sheet.cell(row, column)
    held = page.cached.get(cell.coordinate, cell.value)
    return float(held) if isinstance(held, int | float) else None


def _check(
    page: Page,
    row: int,
    groups: Sequence[dict[int, Value]],
    whole: dict[int, Value],
    known: Sequence[int],
    analysis: Analysis,
) -> None:
    """Whether the groups add up to what was computed as the whole, year by year."""
    for place in range(row, row + 3):
        page.sheet.row_dimensions[place].height = cells.LINE_HEIGHT + cells.ROOM
    page.write(row, 1, _("computed as a whole"))
    page.write(row + 1, 1, _("sum of the groups − whole"))
    page.write(row + 2, 1, _("check"), font=cells.BOLD)
    for number, year in enumerate(known, start=2):
        total, value = _number(page, row - 1, number), whole.get(year)
        letter = get_column_letter(number)
        if total is None or value is None or value.value is None:
            for place in range(row, row + 3):
                page.write(place, number, no_value(value.status) if value else "", place=cells.CENTRED)
            continue
        own = value.value * units.factor(value.unit, analysis.unit)
        page.write(row, number, own, form=cells.number_format([], decimals=_DECIMALS))
        page.formula(row + 1, number, f"={letter}{row - 1}-{letter}{row}", total - own, form=cells.fixed(4))
        lacking = [group for group in groups if year not in group or group[year].value is None]
        sound = not lacking and math.isclose(total, own, rel_tol=_CLOSE, abs_tol=1e-9)
        word = _("✓ adds up") if sound else _("✗ does not add up")
        page.write(row + 2, number, word, place=cells.CENTRED, ground=cells.fill(GOOD if sound else BAD))

"""指标表: the table that a county hands in. Indicators by dimension and theme, years, target, progress, origin."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from openpyxl.utils import get_column_letter

from qsgis.codes import term
from qsgis.documents.workbook import cells
from qsgis.documents.workbook.entries import Entry, years
from qsgis.documents.workbook.live import Live
from qsgis.documents.workbook.origins import Origins
from qsgis.documents.workbook.page import Column, Page, runs
from qsgis.documents.workbook.words import before_number, no_value, verdict_fill, verdict_word
from qsgis.messages import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.worksheet.worksheet import Worksheet

    from qsgis.results import Results

_DECLARATION = 70.0  # points: what stands below the table
_METHOD_WIDTH, _NOTE_WIDTH, _LINES = 38.0, 32.0, 5  # characters; lines of a long text that are printed


@dataclass
class IndicatorTable:
    """The sheet, and where in it the entries stand: what the other sheets point to."""

    page: Page
    years: list[int]
    rows: dict[tuple[str, str], int] = field(default_factory=dict)

    def column(self, name: str | int) -> int:
        """The number of a column: a year, or one of the names before and after them."""
        places = [*_BEFORE, *self.years, *_AFTER]
        return places.index(name) + 1

    def link(self, entry: Entry, name: str | int) -> str:
        """A cell of an entry as other sheets write it."""
        title = (self.page.sheet.title or "").replace("'", "''")
        return f"'{title}'!{get_column_letter(self.column(name))}{self.rows[entry.key]}"


_BEFORE = ("number", "dimension", "theme", "name", "tier", "unit")
_AFTER = (
    "target", "change", "annual", "rate", "time", "verdict", "computed", "reported", "difference", "kind", "method",
    "note",
)  # fmt: skip


def write_indicator_table(
    sheet: Worksheet, results: Results, shown: Sequence[Entry], title: str, all_values: str
) -> IndicatorTable:
    """Write the sheet; `all_values`: the sheet where the whole of a shortened text stands."""
    known = years(results)
    page = Page(sheet, _columns(results, known, shown))
    table = IndicatorTable(page, known)
    for row, entry in enumerate(shown, start=page.first):
        table.rows[entry.key] = row
    page.open(title, _below(results, shown, all_values), freeze=4)
    page.cell(1, 1).alignment = cells.CENTRED
    page.merge(1, 1, 1, len(page.columns))
    live = Live(results, shown, table.rows, table.column, known)
    heads = {entry.analysis.id: entry for entry in reversed(shown)}
    origins = Origins(results)
    heights = []
    for above, entry in zip([*shown[:1], *shown], shown, strict=False):
        texts = _texts(origins, entry, heads[entry.analysis.id], above, all_values)
        heights.append(_line(table, live, entry, table.rows[entry.key], texts))
    _group(table, shown, page.breaks(_blocks(table, shown, heights)))
    _sign_off(page, page.first + len(shown))
    page.printed()
    return table


def _columns(results: Results, known: Sequence[int], shown: Sequence[Entry]) -> list[Column]:
    room = max([12.5, *(cells.room_of(entry.numbers(), 12.5) for entry in shown)])
    facts = results.project.project
    by_year, progress, check = _("values by year"), _("progress"), _("check of the current year")
    titles = {year: str(year) for year in known}
    if facts.base_year in titles:
        titles[facts.base_year] = _("{year}\n(base)", year=facts.base_year)
    titles[facts.year] = _("{year}\n(current)", year=facts.year)
    goal = _("target {year}", year=facts.target_year) if facts.target_year else _("target")
    rate = _("rate of implementation\n(%)")
    return [
        Column(_("no."), 5.5), Column(_("dimension"), cells.room_of_words(map(_dimension, shown), 7)),
        Column(_("theme"), cells.room_of_words(map(_theme, shown), 9.5)), Column(_("indicator"), 36),
        Column(_("tier"), cells.room_of_words(map(_tier, shown), 6)), Column(_("unit"), 11),
        *(Column(titles[year], room, by_year) for year in known),
        Column(goal, room + 1, progress), Column(_("change"), 12, progress), Column(_("change a year"), 12, progress),
        Column(rate, cells.room_of_words([rate], 9.5), progress), Column(_("time passed\n(%)"), 9.5, progress),
        Column(_("verdict"), max(9, cells.width_of(_("– no target"))), progress),
        Column(_("computed"), room, check), Column(_("reported"), room, check), Column(_("difference"), 11, check),
        Column(_("kind"), 10), Column(_("method and source"), _METHOD_WIDTH, small=True),
        Column(_("note"), _NOTE_WIDTH, small=True),
    ]  # fmt: skip


def _below(results: Results, shown: Sequence[Entry], all_values: str) -> str:
    """The line under the title: years, how many indicators have a value, what the signs mean."""
    facts = results.project.project
    indicators = [entry for entry in shown if entry.is_indicator]
    count = Counter(entry.now.status for entry in indicators)
    said = [
        _("base year {year}", year=facts.base_year) if facts.base_year else "",
        _("current year {year}", year=facts.year),
        _("target year {year}", year=facts.target_year) if facts.target_year else "",
        _("{count} indicators: {given} with a value ({estimated} of them estimated), {lacking} lacking, "
          "{inapplicable} not applicable, {failed} that could not be computed",
          count=len(indicators), given=count["ok"] + count["estimated"], estimated=count["estimated"],
          lacking=count["missing"], inapplicable=count["not_applicable"], failed=count["failed"]),
        _("indented: parts, each in its own unit"),
        _("how files were read: {sheet}", sheet=all_values),
    ]  # fmt: skip
    return "　".join(text for text in said if text)


# --- a line ---


def _line(table: IndicatorTable, live: Live, entry: Entry, row: int, texts: tuple[str, str]) -> float:
    """Write an indicator or part with its method and note; the height of its row."""
    page = table.page
    font = cells.BODY if entry.part else cells.BOLD
    centred = {"font": cells.BODY, "place": cells.CENTRED}
    page.write(row, table.column("number"), entry.number if entry.is_indicator else None, form="0", **centred)  # type: ignore[arg-type]
    page.write(row, table.column("name"), entry.name, font=font, place=cells.INDENTED if entry.part else cells.LEFT)
    page.write(row, table.column("tier"), _tier(entry), place=cells.CENTRED)
    page.write(row, table.column("unit"), entry.unit_text, place=cells.CENTRED)
    for year in table.years:
        _figure(table, live, entry, row, year)
    _goal(table, entry, row)
    _progress(table, live, entry, row)
    _check(table, live, entry, row)
    method, note = texts
    kind = entry.now.kind if entry.now.value is not None and (not entry.part or method) else ""
    page.write(row, table.column("kind"), _(kind), place=cells.CENTRED)
    page.write(row, table.column("method"), method, font=cells.SMALL)
    page.write(row, table.column("note"), note, font=cells.SMALL)
    shown = [""] * len(page.columns)
    shown[table.column("name") - 1] = ("　　" if entry.part else "") + entry.name
    shown[table.column("unit") - 1] = entry.unit_text
    shown[table.column("method") - 1], shown[table.column("note") - 1] = method, note
    return page.fit(row, shown)


def _figure(table: IndicatorTable, live: Live, entry: Entry, row: int, year: int) -> None:
    """The value of a year: a formula where the cells of the sheet give it, a number, or why there is none."""
    value, column = entry.values.get(year), table.column(year)
    ground = cells.NOW_FILL if year == max(table.years) else None
    if value is None or value.value is None:
        word = no_value(value.status) if value else ""
        table.page.write(row, column, word, font=cells.SMALL, place=cells.CENTRED, ground=ground)
        return
    font = cells.BODY if entry.part else cells.BOLD
    form = entry.form(before_number(value))
    text = live.value(entry, year)
    if text is None:
        table.page.write(row, column, value.value, form=form, font=font, ground=ground)
    else:
        table.page.formula(row, column, text, value.value, form=form, font=font, ground=ground)


def _goal(table: IndicatorTable, entry: Entry, row: int) -> None:
    goal, usual = entry.target, table.page.columns[table.column("target") - 1].label
    if goal is None or goal.value is None:
        table.page.write(row, table.column("target"), None)
        return
    after = "" if str(goal.year) in usual else _(" ({year})", year=goal.year)
    form = entry.form(after=after)
    table.page.write(row, table.column("target"), goal.value, form=form)


def _progress(table: IndicatorTable, live: Live, entry: Entry, row: int) -> None:
    page, found = table.page, entry.progress
    figures = {
        "change": found.change if found else None,
        "annual": found.annual_change if found else None,
        "rate": found.rate if found else None,
        "time": found.time if found else None,
    }
    for name, number in figures.items():
        text = live.progress(entry, name)
        share = name in {"rate", "time"}
        form = cells.share_form(number or 0.0) if share else entry.form_of_difference(number or 0.0)
        if number is None or text is None:
            page.write(row, table.column(name), number, form=form)
        else:
            page.formula(row, table.column(name), text, number, form=form)
    ground = cells.fill(verdict_fill(entry.verdict)) if entry.verdict else None
    page.write(row, table.column("verdict"), verdict_word(entry.progress), place=cells.CENTRED, ground=ground)


def _check(table: IndicatorTable, live: Live, entry: Entry, row: int) -> None:
    """Computed beside reported where there are both, and how far they are apart."""
    page, computed, reported = table.page, entry.computed, entry.reported
    names = ("computed", "reported", "difference")
    if computed is None or reported is None or computed.value is None or reported.value is None:
        for name in names:
            page.write(row, table.column(name), None)
        return
    form = cells.number_format([computed.value, reported.value])
    same = live.same_as_now(entry, computed)
    if same:
        page.formula(row, table.column("computed"), same, computed.value, form=form)
    else:
        page.write(row, table.column("computed"), computed.value, form=form)
    page.write(row, table.column("reported"), reported.value, form=form)
    difference = computed.value - reported.value
    text = f"={live.address(row, 'computed')}-{live.address(row, 'reported')}"
    page.formula(row, table.column("difference"), text, difference, form=entry.form_of_difference(difference))


def _texts(origins: Origins, entry: Entry, headline: Entry, above: Entry, all_values: str) -> tuple[str, str]:
    """Method and source, note. Of a part only what neither its headline nor the line `above` it says."""
    more = _("… (in full: {sheet})", sheet=all_values)
    method = origins.method(entry)
    if entry.part and method in {origins.method(headline), origins.method(above)}:
        method = ""
    limits = (int(_METHOD_WIDTH * _LINES), int(_NOTE_WIDTH * _LINES))
    return (
        cells.shortened(method, limits[0] - 8, more),
        cells.shortened(origins.note(entry, headline), limits[1] - 8, more),
    )


# --- the whole ---


def _blocks(table: IndicatorTable, shown: Sequence[Entry], heights: Sequence[float]) -> list[tuple[int, float]]:
    """An indicator and its parts stay on one page: (first row, height)."""
    blocks: list[tuple[int, float]] = []
    for entry, height in zip(shown, heights, strict=True):
        if entry.part and blocks:
            blocks[-1] = (blocks[-1][0], blocks[-1][1] + height)
        else:
            blocks.append((table.rows[entry.key], height))
    if blocks:  # the declaration stays with the last rows
        blocks[-1] = (blocks[-1][0], blocks[-1][1] + _DECLARATION)
    return blocks


def _group(table: IndicatorTable, shown: Sequence[Entry], pages: set[int]) -> None:
    """Dimension and theme once for the rows they hold for; again at the head of each printed page."""
    page, first = table.page, table.page.first
    cuts = [row - first for row in sorted(pages)]
    dimensions = [_dimension(entry) for entry in shown]
    themes = [f"{_dimension(entry)}\n{_theme(entry)}" for entry in shown]
    for name, keys in (("dimension", dimensions), ("theme", themes)):
        column = table.column(name)
        for start, end, key in runs(keys, cuts):
            for row in range(first + start, first + end + 1):
                page.write(row, column, None, ground=cells.GROUP_FILL)
            font = cells.LABEL if name == "dimension" else cells.BODY
            text = key.rpartition("\n")[2]
            page.write(first + start, column, text, font=font, place=cells.CENTRED, ground=cells.GROUP_FILL)
            page.merge(first + start, column, first + end, column)


def _dimension(entry: Entry) -> str:
    return _("base figures") if entry.analysis.kind == "figure" else term(entry.analysis.dimension)


def _theme(entry: Entry) -> str:
    return "" if entry.analysis.kind == "figure" else term(entry.analysis.theme)


def _tier(entry: Entry) -> str:
    return term(entry.analysis.tier) if entry.is_indicator and entry.analysis.tier else ""


def _sign_off(page: Page, row: int) -> None:
    """What the unit that hands the table in declares and signs."""
    width = len(page.columns)
    lines = [
        _("We answer for the truth, accuracy and completeness of the figures handed in here."),
        _("Unit (seal): ____________________　　Head of the unit (signature): ______________　　"
          "Filled in by: ______________　　Telephone: ______________　　Date: ______ year ____ month ____ day"),
    ]  # fmt: skip
    for place, text in enumerate(lines, start=row + 1):
        page.line(place, text, cells.BODY)
        page.merge(place, 1, place, width)
        page.sheet.row_dimensions[place].height = 26

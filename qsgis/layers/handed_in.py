"""The tables of values that are handed in (CSV or Excel) → entries: one a figure, and what row and column say of it.

Two forms are read, on as many sheets as there are: the long one (columns indicator, year, value) and the wide one (an
indicator column and a column a year). Rows above the header are titles.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qsgis import units
from qsgis.errors import FileMissing, ValuesRefused
from qsgis.layers.cells import Cell, Sheet, read_sheets
from qsgis.layers.check import some
from qsgis.layers.table import UNREADABLE, why_unreadable
from qsgis.messages import _
from qsgis.results import Question

if TYPE_CHECKING:
    from pathlib import Path

    from qsgis.schema import ValuesSource

COLUMNS: dict[str, tuple[str, ...]] = {
    "indicator": ("indicator", "指标", "指标名称", "指标编码", "指标项", "指标内容"),
    "year": ("year", "年份", "年度", "年"),
    "value": ("value", "数值", "指标值", "值", "指标数值"),
    "unit": ("unit", "单位", "计量单位", "指标单位"),
    "kind": ("kind", "类别", "性质", "值类型"),
    "zone": (
        "zone_code", "行政区代码", "区划代码", "乡镇代码", "行政区", "行政区名称", "乡镇", "乡镇名称", "区域",
    ),
    "source": ("source", "来源", "数据来源", "资料来源", "填报单位", "责任单位", "提供单位"),
    "note": ("note", "备注", "说明"),
    "county": (
        "county", "县", "县名", "县(市、区)", "县(市,区)", "县(区)", "县区", "县市区", "地区", "区县", "县级单元",
    ),
}  # fmt: skip
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_BESIDE_YEAR = re.compile(r"年度|年末|年底|年|现状|目标|规划|基期|基准|上报|填报|实际|指标|数值|值|[()\[\]:]")
_NAMED_YEARS = {  # columns that name the project's years
    **dict.fromkeys(("现状", "现状年", "现状值", "现状年值"), "现状年"),
    **dict.fromkeys(("基期", "基期年", "基期值", "基期年值"), "基期年"),
    **dict.fromkeys(("目标", "目标年", "目标值", "目标年值", "规划目标", "规划目标值"), "目标年"),
}
_UNIT_ABOVE = re.compile(r"(?:计量|数据)?单位:(.+)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A figure as it was handed in: where it stands, its value as the cell has it, the rest as text ("" where absent).

    year: digits, or 现状年, 基期年, 目标年. unit: of the row, else of the whole sheet. percent, formula: see Cell.
    """

    file: str
    sheet: str
    cell: str
    indicator: str
    year: str
    value: Any
    unit: str = ""
    kind: str = ""
    zone: str = ""
    source: str = ""
    note: str = ""
    county: str = ""
    percent: bool = False
    formula: bool = False

    @property
    def place(self) -> str:
        """Where it stands, for reading."""
        return place(self.file, self.sheet, self.cell)

    def ask(self, matter: str, reading: str = "", other: str = "", given: str = "", indicator: str = "") -> Question:
        """A question about this figure."""
        text = given or shown(self.value)
        return Question(
            self.file, self.sheet, self.cell, indicator or self.indicator, self.year, matter, text, reading, other
        )


@dataclass
class HandedIn:
    """What a file holds: entries row by row, and questions about cells, columns and sheets that are none."""

    file: str = ""
    entries: list[Entry] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)


def place(file: str, sheet: str, cell: str) -> str:
    """A place in a file as messages name it: values.xlsx [Sheet1] C7."""
    return " ".join(filter(None, [file, f"[{sheet}]" if sheet else "", cell]))


def shown(value: Any) -> str:
    """A cell's value as text."""
    return Cell("", value).text


def plain(text: str) -> str:
    """Text as it is compared: full-width letters made plain, all blanks taken out, case ignored."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).casefold()


_KNOWN = {plain(alias): name for name, aliases in COLUMNS.items() for alias in aliases}


def read_values(source: ValuesSource, base: Path, entry: str = "values") -> HandedIn:
    """The figures of a file; `entry`: the table of project.toml that names it. Raises FileMissing, ValuesRefused."""
    path = base / source.path
    if not path.exists():
        raise FileMissing(entry, path, entry=entry)
    try:
        sheets = read_sheets(path)
    except UNREADABLE as error:
        raise ValuesRefused(path, why_unreadable(error)) from error
    if source.sheet is not None and source.sheet not in sheets:
        reason = _("it has no sheet {sheet}; it has: {names}", sheet=source.sheet, names=", ".join(sheets))
        raise ValuesRefused(path, reason)
    wanted = {name: rows for name, rows in sheets.items() if source.sheet in {None, name}}
    readers = [_SheetReader(path.name, name, rows) for name, rows in wanted.items()]
    with_table = [reader.read() for reader in readers]
    if not any(with_table):
        raise ValuesRefused(path, _no_header(wanted))
    found = HandedIn(path.name)
    for reader in readers:
        found.entries += reader.found.entries
        found.questions += reader.found.questions
    return found


def _no_header(sheets: dict[str, Sheet]) -> str:
    """What is lacking for a header, and what stands there instead."""
    first = next((row for rows in sheets.values() for row in rows if any(cell.text for cell in row)), [])
    held = some([cell.text for cell in first if cell.text], 20) or "–"
    known = {_KNOWN.get(plain(cell.text)) for rows in sheets.values() for row in rows[:20] for cell in row}
    lacking = next((name for name in ("indicator", "value", "year") if name not in known), "value")
    return _("no column is called {names}; it has: {held}", names=" / ".join(COLUMNS[lacking]), held=held)


@dataclass
class _Header:
    """Which column (by position) is what; `years`: position -> (year, kind) of the columns that hold a year each."""

    columns: dict[str, int]
    years: dict[int, tuple[str, str]]

    @classmethod
    def of(cls, row: list[Cell]) -> _Header | None:
        """The header that the row is, or None."""
        columns: dict[str, int] = {}
        years: dict[int, tuple[str, str]] = {}
        for position, cell in enumerate(row):
            name, year = _KNOWN.get(plain(cell.text)), _year_of(cell.text)
            if name is not None:
                columns.setdefault(name, position)
            elif year is not None:
                years[position] = year
        if "indicator" not in columns:
            return None
        if {"year", "value"} <= columns.keys():  # a long table may have columns beside it that look like years
            return cls(columns, {})
        columns.pop("value", None)  # of which year?
        return cls(columns, years) if years else None


def _year_of(text: str) -> tuple[str, str] | None:
    """(year, kind) that the head of a column names: "2015", "2015年（现状）", "2035年目标", "目标年"."""
    bare = plain(text)
    found = _YEAR.findall(bare)
    kind = "target" if re.search("目标|规划", bare) else ""
    if not found:
        name = _NAMED_YEARS.get(bare)
        return (name, "target" if name == "目标年" else "") if name else None
    rest = _BESIDE_YEAR.sub("", _YEAR.sub("", bare, count=1))
    return (found[0], kind) if len(found) == 1 and not rest else None


@dataclass
class _SheetReader:
    file: str
    name: str
    rows: Sheet
    found: HandedIn = field(default_factory=HandedIn)
    unit: str = ""  # said above the table, for all of it

    def read(self) -> bool:
        """Fill `found`; whether the sheet has a table of values at all."""
        header: _Header | None = None
        for row in self.rows:
            new = _Header.of(row)
            if new is not None:
                header = new
                self._unread_columns(row, new)
            elif header is None:
                self._title(row)
            else:
                self.found.entries += self._entries(row, header)
        if header is None and any(cell.text for row in self.rows for cell in row):
            matter = _("the sheet has no column of indicators with a year and a value, or with columns of years")
            self._ask("", matter, "", _("not read"))
        return header is not None

    def _ask(self, cell: str, matter: str, given: str, other: str = "") -> None:
        self.found.questions.append(Question(self.file, self.name, cell, "", "", matter, given, "", other))

    def _title(self, row: list[Cell]) -> None:
        for cell in row:
            said = _UNIT_ABOVE.fullmatch(plain(cell.text))
            if said and units.canonical(said[1]):
                self.unit = said[1]

    def _unread_columns(self, row: list[Cell], header: _Header) -> None:
        """Columns that have to do with a year, and are not understood, are said."""
        taken = {*header.columns.values(), *header.years}
        for position, cell in enumerate(row):
            bare = plain(cell.text)
            odd = _YEAR.search(bare) or _KNOWN.get(bare) == "value"
            if position not in taken and odd and not cell.merged_from:
                matter = _("the column is not read: its head is no year alone")
                self._ask(cell.address, matter, cell.text, _("a year, for example 2019 or 2035年目标"))

    def _entries(self, row: list[Cell], header: _Header) -> Iterator[Entry]:
        """The figures of a row."""
        texts = {name: row[at].text if at < len(row) else "" for name, at in header.columns.items()}
        facts = {name: text for name, text in texts.items() if name not in {"year", "value"}}
        facts = {"unit": "", "kind": "", **facts}
        facts["unit"] = facts["unit"] or self.unit
        if not header.years:
            at = header.columns["value"]
            cell = row[at] if at < len(row) else Cell("")
            if cell.text or cell.formula or (texts["year"] and texts["indicator"]):
                yield from self._entry(cell, texts["year"], facts)
            return
        for at, (year, kind) in header.years.items():
            if at < len(row) and (row[at].text or row[at].formula):
                yield from self._entry(row[at], year, facts | {"kind": kind or facts["kind"]})

    def _entry(self, cell: Cell, year: str, facts: dict[str, str]) -> Iterator[Entry]:
        if cell.merged_from:
            matter = _("the cell is merged with {cell}: its value counts there only", cell=cell.merged_from)
            self._ask(cell.address, matter, cell.text, _("the same value here"))
            return
        yield Entry(
            self.file, self.name, cell.address, year=year, value=cell.value, percent=cell.percent,
            formula=cell.formula, **{"indicator": "", **facts},
        )  # fmt: skip

"""The head of a table of values: which column is what, which columns hold a year each, in one row or in two.

Of two rows the upper one may name a group ("规划目标") and the lower one its years, or the other way round.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from qsgis import units
from qsgis.layers.cells import Cell, Sheet, plain

COLUMNS: dict[str, tuple[str, ...]] = {
    "indicator": (
        "indicator", "指标", "指标名称", "指标编码", "指标项", "指标内容", "评估指标", "监测指标",
        "具体指标", "三级指标",
    ),
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
KNOWN = {plain(alias): name for name, aliases in COLUMNS.items() for alias in aliases}
_ZONE = re.compile(
    r"(?:所属|所在)?(?:乡镇|乡\(镇\)|镇\(乡\)|镇|乡|街道|行政村|村|村庄)(?:[\(、,/]?(?:街道|办|社区|场|区)+\)?)?(?:名称|名|代码)?"
)
_CODES = {"指标编码"}  # a column of names goes before it
_NUMBERING = {"序号", "序", "编号", "代码", "编码", "no", "no.", "id", *_CODES}
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_DAY = re.compile(r"((?:19|20)\d\d)-\d\d-\d\d")
_BESIDE_YEAR = re.compile(
    r"年度|年末|年底|年|现状|目标|规划|近期|中期|远期|基期|基准|上报|填报|实际|指标|数值|值"
    r"|target|planned|base|current|actual|reported|[()\[\]:]"
)
_NAMED_YEARS = {  # columns that name the project's years
    **dict.fromkeys(("现状", "现状年", "现状值", "现状年值"), "现状年"),
    **dict.fromkeys(("基期", "基期年", "基期值", "基期年值"), "基期年"),
    **dict.fromkeys(("目标", "目标年", "目标值", "目标年值", "规划目标", "规划目标值"), "目标年"),
}
_IN_BRACKETS = re.compile(r"(.+)[(\[](?:单位:)?([^()\[\]]+)[)\]]")
_NUMERALS = re.compile("[一二][九〇零○][〇零○一二三四五六七八九]{2}")
_DIGITS = {ord(sign): digit for signs in ("〇一二三四五六七八九", "零", "○") for digit, sign in enumerate(signs)}
_AS_DIGITS = {sign: str(digit) for sign, digit in _DIGITS.items()}


def meaning(text: str) -> str | None:
    """What a column with this head is (a key of COLUMNS); None for one that is not known."""
    bare = plain(text)
    return KNOWN.get(bare) or ("zone" if _ZONE.fullmatch(bare) else None)


def with_digits(text: str) -> str:
    """Years in Chinese numerals (二〇一九年) in digits."""
    return _NUMERALS.sub(lambda found: found[0].translate(_AS_DIGITS), text)


@dataclass(frozen=True, slots=True)
class YearColumn:
    """A column of the figures of one year: digits, or 现状年, 基期年, 目标年; unit: one that its head says."""

    year: str
    kind: str = ""
    unit: str = ""


@dataclass(frozen=True)
class Header:
    """Which column (by position) is what; `years`: the columns that hold a year each.

    unit: what the head of the column of values says; height: the rows that the head takes; cells: what stands there.
    """

    columns: dict[str, int]
    years: dict[int, YearColumn]
    cells: list[Cell]
    unit: str = ""
    height: int = 1

    @classmethod
    def at(cls, rows: Sheet, place: int) -> Header | None:
        """The head that begins in row `place`, or None."""
        row = rows[place]
        at = next((x for x, cell in enumerate(row) if meaning(cell.text) == "indicator"), None)
        if at is None:
            return None
        one = cls._of(row)
        below = rows[place + 1] if place + 1 < len(rows) else []
        if not _goes_on(row, below, at):
            return one
        two = cls._of([_stacked(*pair) for pair in zip(row, below, strict=True)])
        return replace(two, height=2) if two else one

    @classmethod
    def _of(cls, row: list[Cell]) -> Header | None:
        columns: dict[str, int] = {}
        years: dict[int, YearColumn] = {}
        unit = ""
        for position, cell in enumerate(row):
            bare, year = plain(cell.text), _year_of(cell.text)
            name, said = meaning(bare), ""
            if name is None and year is None:
                bare, said = _unit_apart(bare)
                name = KNOWN.get(bare) if KNOWN.get(bare) in {"value", "unit"} else None
            if name is not None:
                taken = columns.setdefault(name, position)
                if name == "indicator" and plain(row[taken].text) in _CODES:
                    columns[name] = position
                unit = said if name == "value" and taken == position else unit
            elif year is not None:
                years[position] = year
        if {"year", "value"} <= columns.keys():  # a long table may have columns beside it that look like years
            return cls(columns, {}, row, unit)
        columns.pop("value", None)  # of which year?
        return cls(columns, years, row) if years else None

    @property
    def beside(self) -> list[int]:
        """The columns of which nothing is known."""
        taken = {*self.columns.values(), *self.years}
        return [x for x, cell in enumerate(self.cells) if x not in taken and plain(cell.text) not in _NUMBERING]

    def unread(self, position: int, holds_numbers: bool) -> bool:
        """Whether a column `beside` has to do with a year or holds numbers, so that figures are left aside."""
        cell = self.cells[position]
        bare = plain(cell.text)
        if cell.merged_from:
            return False
        odd = _YEAR.search(with_digits(bare)) or KNOWN.get(_unit_apart(bare)[0]) == "value"
        return bool(odd) or (holds_numbers and meaning(bare) is None)


def _unit_apart(text: str) -> tuple[str, str]:
    """A head without the unit that stands in brackets at its end, and the unit: "2019年(公里)"."""
    found = _IN_BRACKETS.fullmatch(text)
    unit = units.canonical(found[2]) if found else None
    return (found[1], unit) if found and unit and unit != "1" else (text, "")


def _year_of(text: str) -> YearColumn | None:
    """What the head of a column names: "2015", "2015年（现状）", "2035年目标", "目标年", "2019年（公里）"."""
    bare, unit = _unit_apart(with_digits(plain(text)))
    day = _DAY.fullmatch(bare)
    if day:
        return YearColumn(day[1], "", unit)
    found = _YEAR.findall(bare)
    kind = "target" if re.search("目标|规划|target|planned", bare) else ""
    if not found:
        name = _NAMED_YEARS.get(bare)
        return YearColumn(name, "target" if name == "目标年" else "", unit) if name else None
    rest = _BESIDE_YEAR.sub("", _YEAR.sub("", bare, count=1))
    return YearColumn(found[0], kind, unit) if len(found) == 1 and not rest else None


# --- heads of two rows ---


def _goes_on(row: list[Cell], below: list[Cell], indicator: int) -> bool:
    """Whether the head goes on in the row below: no name of an indicator is there, and nothing but words of a head."""
    if not below or not (below[indicator].text == "" or _merged(row[indicator], below[indicator])):
        return False
    fresh = [cell for above, cell in zip(row, below, strict=True) if cell.text and not _merged(above, cell)]
    return bool(fresh) and all(_is_head(cell) for cell in fresh)


def _merged(above: Cell, below: Cell) -> bool:
    return bool(below.merged_from) and below.merged_from in {above.address, above.merged_from}


def _is_head(cell: Cell) -> bool:
    bare = plain(cell.text)
    if meaning(bare) or _year_of(bare) or not _BESIDE_YEAR.sub("", bare):
        return True
    return bool(units.canonical(bare)) and not re.match(r"[\d.]", bare)


def _stacked(above: Cell, below: Cell) -> Cell:
    """Both rows of a head as one cell."""
    if not below.text or _merged(above, below):
        return above
    said = units.canonical(below.text)
    return replace(below, value=f"{above.text}({said})" if said and above.text else above.text + below.text)

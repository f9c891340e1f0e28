"""The closed table of units, in the standards' Chinese names, resolved by pint.

A unit is written as one name or as numerator/denominator ("平方千米", "张/千人", "%"). Definitions use the names of the
table only; `canonical` gives the name for a spelling met in practice.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pint

# What is counted (处, 张, 件 …) is a plain number; people, visits and money are dimensions of their own,
# so that an area per person and a share are never mixed up.
UNITS: dict[str, str] = {
    "1": "1", "%": "0.01", "‰": "0.001",
    "米": "meter", "千米": "kilometer", "公里": "kilometer", "毫米": "millimeter", "厘米": "0.01 * meter",
    "平方米": "meter**2", "公顷": "1e4 * meter**2", "平方千米": "kilometer**2", "平方公里": "kilometer**2",
    "百平方千米": "100 * kilometer**2", "亩": "2000 / 3 * meter**2", "万亩": "2e7 / 3 * meter**2",
    "万平方米": "1e4 * meter**2", "千公顷": "1e7 * meter**2", "万公顷": "1e8 * meter**2",
    "立方米": "meter**3", "万立方米": "1e4 * meter**3", "百万立方米": "1e6 * meter**3", "亿立方米": "1e8 * meter**3",
    "人": "person", "千人": "1000 * person", "万人": "1e4 * person", "十万人": "1e5 * person",
    "人次": "visit", "千人次": "1000 * visit", "万人次": "1e4 * visit", "百万人次": "1e6 * visit",
    "亿人次": "1e8 * visit",
    "元": "yuan", "千元": "1000 * yuan", "万元": "1e4 * yuan", "百万元": "1e6 * yuan", "亿元": "1e8 * yuan",
    "美元": "usd", "万美元": "1e4 * usd", "百万美元": "1e6 * usd", "亿美元": "1e8 * usd",
    "千克": "kilogram", "吨": "1000 * kilogram", "万吨": "1e7 * kilogram",
    "吨标煤": "tce", "千克标煤": "0.001 * tce", "万吨标煤": "1e4 * tce",
    "分钟": "minute", "小时": "hour", "天": "day", "千米/时": "kilometer / hour",
    "处": "1", "个": "1", "件": "1", "所": "1", "栋": "1", "次": "1", "套": "1", "种": "1", "班": "1", "张": "1",
    "座": "1", "家": "1", "起": "1", "场": "1", "项": "1", "条": "1",
    "万个": "1e4", "万件": "1e4", "万张": "1e4", "万套": "1e4",
    "人分钟": "person * minute",
}  # fmt: skip

# Other spellings of a unit without its 百, 千, 万, 亿; small letters, since capitals are taken for them.
OTHER_SPELLINGS: dict[str, tuple[str, ...]] = {
    "1": ("倍", "比值", "无量纲"), "%": ("百分比", "百分数"), "‰": ("千分比", "千分数"),
    "米": ("m",), "千米": ("公里", "km"), "毫米": ("mm",), "厘米": ("cm",),
    "平方米": ("平米", "m2", "m^2"), "公顷": ("ha", "hm2", "hm^2", "平方百米"), "亩": ("市亩",),
    "平方千米": ("平方公里", "km2", "km^2"),
    "立方米": ("立方", "m3", "m^3"), "人": ("名", "口", "人口"), "人次": ("人·次",),
    "元": ("人民币元", "元人民币", "rmb", "cny", "yuan"), "美元": ("usd", "us$"),
    "吨": ("t", "公吨"), "千克": ("kg", "公斤"),
    "吨标煤": ("吨标准煤", "tce", "吨煤当量"), "千克标煤": ("千克标准煤", "公斤标准煤", "公斤标煤", "kgce"),
    "分钟": ("min",), "小时": ("h",), "天": ("日", "d"),
    "千米/时": ("千米/小时", "km/h"),
    "张": ("床", "床位", "张床", "张床位"), "班": ("班级", "个班"), "栋": ("幢",), "场": ("场次",), "起": ("宗",),
}  # fmt: skip
_MULTIPLES: dict[str, tuple[str, ...]] = {  # as the table writes them -> as people do
    "百": ("100",), "千": ("1000",), "万": ("1万", "10000"), "十万": ("10万", "100000"),
    "百万": ("100万", "1000000"), "亿": ("1亿",),
}  # fmt: skip


@lru_cache(maxsize=1)
def spellings() -> dict[str, str]:
    """Every spelling that `canonical` knows of one side of a unit, and the table's name for it."""
    found = {unit: unit for unit in UNITS}
    for unit, others in OTHER_SPELLINGS.items():
        found |= dict.fromkeys(others, unit)
    for multiple, ways in _MULTIPLES.items():
        for base in list(UNITS):
            if multiple + base in UNITS:
                names = [base, *OTHER_SPELLINGS.get(base, ())]
                found |= {way + name: multiple + base for way in (multiple, *ways) for name in names}
    return found


def canonical(text: str) -> str | None:
    """The table's name for a unit as people write it ("km²", "人／10万人", "件每万人"); None where none is meant.

    Blanks, enclosing brackets, full-width and capital letters do not matter.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = re.sub(r"\s", "", plain).replace("∕", "/").replace("⁄", "/").replace("÷", "/")
    if plain[:1] + plain[-1:] in {"()", "[]"}:
        plain = plain[1:-1]
    plain = re.sub("(?<=.)每", "/", plain)
    known_as = spellings()
    if plain in known_as:
        return known_as[plain]
    over, slash, under = plain.partition("/")
    if not slash or over not in known_as or under not in known_as:
        return None
    ratio = f"{known_as[over]}/{known_as[under]}"
    return known_as.get(ratio, ratio)


@lru_cache(maxsize=1)
def registry() -> pint.UnitRegistry[Any]:
    """The pint registry with people, visits, money and coal equivalent as dimensions."""
    import pint

    units: pint.UnitRegistry[Any] = pint.UnitRegistry(None)
    for line in (
        "meter = [length]", "second = [time]", "kilogram = [mass]", "minute = 60 * second", "hour = 60 * minute",
        "day = 24 * hour", "kilometer = 1000 * meter", "millimeter = 0.001 * meter",
        "person = [people]", "visit = [visits]", "yuan = [money]", "usd = [foreign_money]", "tce = [coal_equivalent]",
    ):  # fmt: skip
        units.define(line)
    return units


def known(unit: str) -> bool:
    """Whether the table holds `unit`, whole or as a numerator and a denominator."""
    return unit in UNITS or ("/" in unit and all(side in UNITS for side in unit.split("/", 1)))


@lru_cache(maxsize=256)
def quantity(unit: str) -> Any:
    """One of `unit` (or of a product, "米 * 平方米") as a pint quantity; KeyError where the table lacks it."""
    if unit in UNITS:
        return registry().Quantity(registry().parse_expression(UNITS[unit]))
    if " * " in unit:
        one, _star, other = unit.partition(" * ")
        return quantity(one) * quantity(other)
    numerator, _slash, denominator = unit.partition("/")
    return quantity(numerator) / quantity(denominator)


def name_of(found: Any) -> str:
    """A unit of the table for what a pint quantity measures: a plain one, else numerator/denominator."""
    plain = [unit for unit in UNITS if quantity(unit).dimensionality == found.dimensionality]
    if plain:
        return plain[0]
    ratios = (f"{over}/{under}" for over in UNITS for under in UNITS)
    fits = (unit for unit in ratios if quantity(unit).dimensionality == found.dimensionality)
    return next(fits, str(found.to_base_units().units))


def same_dimension(left: str, right: str) -> bool:
    """Whether values in `left` can be converted into `right`."""
    return bool(quantity(left).dimensionality == quantity(right).dimensionality)


def factor(source: str, target: str) -> float:
    """What a value in `source` is multiplied by to stand in `target`; pint.DimensionalityError where it cannot."""
    ratio = (quantity(source) / quantity(target)).to_base_units()
    if not ratio.dimensionless:
        import pint

        raise pint.DimensionalityError(source, target)
    return float(ratio.magnitude)


SYMBOLS: dict[str, str] = {
    "1": "1", "%": "%", "‰": "‰", "米": "m", "千米": "km", "公里": "km", "毫米": "mm", "厘米": "cm",
    "平方米": "m²", "公顷": "ha", "平方千米": "km²", "平方公里": "km²", "百平方千米": "100 km²", "亩": "mu",
    "万亩": "10,000 mu", "万平方米": "10,000 m²", "千公顷": "1,000 ha", "万公顷": "10,000 ha",
    "立方米": "m³", "万立方米": "10,000 m³", "百万立方米": "million m³", "亿立方米": "100 million m³",
    "人": "people", "千人": "1,000 people", "万人": "10,000 people", "十万人": "100,000 people",
    "人次": "visits", "千人次": "1,000 visits", "万人次": "10,000 visits", "百万人次": "million visits",
    "亿人次": "100 million visits", "元": "yuan", "千元": "1,000 yuan", "万元": "10,000 yuan",
    "百万元": "million yuan", "亿元": "100 million yuan", "美元": "US dollars", "万美元": "10,000 US dollars",
    "百万美元": "million US dollars", "亿美元": "100 million US dollars", "千克": "kg", "吨": "t", "万吨": "10,000 t",
    "吨标煤": "t of coal equivalent", "千克标煤": "kg of coal equivalent", "万吨标煤": "10,000 t of coal equivalent",
    "分钟": "min", "小时": "h", "天": "days", "千米/时": "km/h", "处": "places", "个": "items", "件": "cases",
    "所": "schools", "栋": "buildings", "次": "events", "套": "homes", "种": "species", "班": "classes", "张": "beds",
    "座": "structures", "家": "establishments", "起": "cases", "场": "events", "项": "items", "条": "items",
    "万个": "10,000 items", "万件": "10,000 cases", "万张": "10,000 beds", "万套": "10,000 homes",
    "人分钟": "person minutes",
}  # fmt: skip


def symbol(unit: str) -> str:
    """How a unit is written in English text; the unit itself where there is no symbol for it."""
    if unit in SYMBOLS:
        return SYMBOLS[unit]
    if " * " in unit:
        return "·".join(symbol(factor_) for factor_ in unit.split(" * "))
    numerator, slash, denominator = unit.partition("/")
    if not slash:
        return unit
    return f"{symbol(numerator)} per {'person' if denominator == '人' else symbol(denominator)}"

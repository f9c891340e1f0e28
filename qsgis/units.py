"""The closed table of units, in the standards' Chinese names, resolved by pint.

A unit is written as one name or as numerator/denominator ("平方千米", "张/千人", "%").
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pint

# What is counted (处, 张, 件 …) is a plain number; people, visits and money are dimensions of their own,
# so that an area per person and a share are never mixed up.
UNITS: dict[str, str] = {
    "1": "1", "%": "0.01", "‰": "0.001",
    "米": "meter", "千米": "kilometer", "公里": "kilometer", "毫米": "millimeter",
    "平方米": "meter**2", "公顷": "1e4 * meter**2", "平方千米": "kilometer**2", "平方公里": "kilometer**2",
    "百平方千米": "100 * kilometer**2", "亩": "2000 / 3 * meter**2", "万亩": "2e7 / 3 * meter**2",
    "万平方米": "1e4 * meter**2",
    "立方米": "meter**3", "万立方米": "1e4 * meter**3", "亿立方米": "1e8 * meter**3",
    "人": "person", "千人": "1000 * person", "万人": "1e4 * person", "十万人": "1e5 * person",
    "人次": "visit", "万人次": "1e4 * visit",
    "元": "yuan", "万元": "1e4 * yuan", "亿元": "1e8 * yuan", "亿美元": "1e8 * usd",
    "吨": "1000 * kilogram", "万吨": "1e7 * kilogram", "吨标煤": "tce",
    "分钟": "minute", "小时": "hour", "天": "day", "千米/时": "kilometer / hour",
    "处": "1", "个": "1", "件": "1", "所": "1", "栋": "1", "次": "1", "套": "1", "种": "1", "班": "1", "张": "1",
    "人分钟": "person * minute",
}  # fmt: skip


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
    """One of `unit` as a pint quantity; KeyError where the table does not hold it."""
    if unit in UNITS:
        return registry().Quantity(registry().parse_expression(UNITS[unit]))
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

"""A figure as people write it into a table ("1,234.5", "35%", "3.5万", "约35", "—") → its number, unit, and doubts."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Any

from qsgis import units
from qsgis.layers.cells import without_unseen
from qsgis.layers.values import Wrong, parse_number
from qsgis.messages import _

_MULTIPLES = {"万": 1e4, "亿": 1e8}
_NOTHING = {
    "-",
    "--",
    "---",
    "—",
    "——",
    "–",
    "/",
    "\\",
    "无",
    "暂无",
    "无数据",
    "缺",
    "缺失",
    "未统计",
    "n/a",
    "na",
    "*",
    "...",
}
_WRITTEN = re.compile(r"(?P<number>[+-]?[\d,]+(?:\.\d*)?|[+-]?\.\d+)(?P<rest>[^\d.,].*)")
_RANGE = re.compile(r"(\d[\d.,]*)(?:[-~—–至到]+)(\d[\d.,]*)(.*)")
_FIRST_NUMBER = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class Amount:
    """What a cell says. number None: nothing that can be used, `why` says so and `other` how it may be meant.

    unit: the unit that stands in the cell, "" where none does. multiple: 万 or 亿 behind a number without a unit.
    """

    number: float | None
    unit: str = ""
    multiple: float = 1.0
    why: str = ""
    other: str = ""


def read_amount(value: Any) -> Amount:
    """The amount that a cell's value stands for; a number of None, and no `why`, for an empty one."""
    if isinstance(value, bool):
        return Amount(None, why=_("yes or no stands where a number is due"))
    if isinstance(value, date):
        other = _("a number that the spreadsheet took for a date")
        return Amount(None, why=_("a date stands where a number is due"), other=other)
    given = without_unseen(unicodedata.normalize("NFKC", str(value if value is not None else "")))
    text = re.sub(r"\s", "", given).lstrip("'")
    if not text:
        return Amount(None)
    try:
        number = parse_number(value if not isinstance(value, str) else text)
    except Wrong:
        return _of_text(text)
    return Amount(None, why=_("not a number")) if math.isnan(number) else Amount(number)


def _of_text(text: str) -> Amount:
    if text.casefold() in _NOTHING:
        other = _("0, if there are none; a blank, if the figure is not known")
        return Amount(None, why=_("a sign stands where a number is due"), other=other)
    if text.startswith("#"):
        return Amount(None, why=_("the cell shows an error"))
    found = _WRITTEN.fullmatch(text.replace("−", "-"))
    if found is not None:
        read = _with_rest(found["number"], found["rest"])
        if read is not None:
            return read
    span = _RANGE.fullmatch(text)
    if span is not None:
        other = _("{one} or {other}", one=span[1], other=span[2])
        return Amount(None, why=_("two numbers stand where one is due"), other=other)
    plain = _FIRST_NUMBER.search(text)
    return Amount(None, why=_("text stands where a number is due"), other=plain[0] if plain else "")


def _with_rest(number: str, rest: str) -> Amount | None:
    """A number with a unit or with 万, 亿 behind it; None for anything else."""
    try:
        amount = parse_number(number)
    except Wrong:
        return None
    unit = units.canonical(rest)
    if unit is not None:
        return Amount(amount, unit=unit)
    return Amount(amount, multiple=_MULTIPLES[rest]) if rest in _MULTIPLES else None

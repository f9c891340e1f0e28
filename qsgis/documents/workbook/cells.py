"""One cell: its looks, its number format, text that stays text; and how high its row must be."""

from __future__ import annotations

import math
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openpyxl.cell.cell import Cell

SONG, HEI = "宋体", "黑体"  # what official tables are set in: body and headings
NORMAL = Font(name="Arial", size=10)  # its digits are 7 pixels wide on every system: what a width is counted in
BODY, BOLD, SMALL = Font(name=SONG, size=10), Font(name=SONG, size=10, bold=True), Font(name=SONG, size=9)
TITLE, HEADING = Font(name=HEI, size=18), Font(name=HEI, size=12)
LABEL = Font(name=HEI, size=10)
HEAD_FILL, GROUP_FILL, NOW_FILL = (PatternFill("solid", fgColor=code) for code in ("DCE6EA", "F3F6F7", "FBF6E6"))
_SIDE = Side(style="thin", color="8C9AA0")
BOX = Border(left=_SIDE, right=_SIDE, top=_SIDE, bottom=_SIDE)
CENTRED = Alignment(horizontal="center", vertical="center", wrap_text=True)
LEFT = Alignment(horizontal="left", vertical="center", wrap_text=True)
INDENTED = Alignment(horizontal="left", vertical="center", wrap_text=True, indent=2)
RIGHT = Alignment(horizontal="right", vertical="center")
LINE_HEIGHT, ROOM = 14.0, 5.0  # points: of a line of body text, above and below it
PAD = "_)"  # in a number format: room before the cell's border
MOST = 4  # decimals
SMALLER = 1.1  # how much more of the small font a width holds
Number = int | float


@cache
def fill(colour: str) -> PatternFill:
    """A plain background; `colour` as RRGGBB."""
    return PatternFill("solid", fgColor=colour)


def write_text(cell: Cell, text: str) -> None:
    """Put text into a cell; it is no formula, whatever it begins with."""
    cell.value = ILLEGAL_CHARACTERS_RE.sub("\ufffd", text)
    cell.data_type = "s"
    if text[:1] in {"=", "+", "-", "@", "'"}:
        cell.quotePrefix = True


def decimals_of(numbers: Iterable[Number]) -> int:
    """The decimals that numbers side by side are shown with: none for whole and for large ones, else two or four."""
    sizes = [abs(number) for number in numbers if number]
    if all(float(size).is_integer() for size in sizes) or max(sizes) >= 1e5:
        return 0
    return 4 if min(sizes) < 1 and max(sizes) < 100 else 2


def apart(numbers: Sequence[Number], decimals: int) -> int:
    """At least so many decimals, and more (at most four) where numbers that differ would look alike."""
    different = {float(f"{number:.9g}") for number in numbers}
    while decimals < MOST and len({round(number, decimals) for number in different}) < len(different):
        decimals = 2 if decimals < 2 else MOST
    return decimals


def share_form(number: Number) -> str:
    """The format of a share in %, so that what is below 100 does not look like 100."""
    return fixed(apart([number, 100.0], 1))


def room_of(numbers: Sequence[Number], least: float) -> float:
    """The width in characters of a column, so that it shows the numbers."""
    decimals = decimals_of(numbers)
    return max([least, *(len(f"{number:,.{decimals}f}") + 4.0 for number in numbers)])


def number_format(
    numbers: Iterable[Number], before: str = "", after: str = "", signed: bool = False, decimals: int | None = None
) -> str:
    """A format for numbers that stand side by side: thousands; decimals for the smallest of them.

    before, after: words around the number. signed: with its + as well. decimals: where they are not left to the
    numbers.
    """
    decimals = decimals_of(numbers) if decimals is None else decimals
    digits = "#,##0" + ("." + "0" * decimals if decimals else "")
    around = f'"{before}"{digits}' if before else digits
    around += (f'"{after}"' if after else "") + PAD
    return f"+{around};-{around};{around}" if signed else around


def fixed(decimals: int, signed: bool = False) -> str:
    """A format with that many decimals."""
    digits = "0" + ("." + "0" * decimals if decimals else "") + PAD
    return f"+{digits};-{digits};{digits}" if signed else digits


def width_of(text: str) -> int:
    """The width of a text in Latin characters; a Chinese one counts twice."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WFA" else 1 for letter in text)


def room_of_words(texts: Iterable[str], least: float) -> float:
    """The width in characters of a column, so that no Latin word is broken; Chinese may break anywhere."""
    return max([least, *(len(word) + 4.0 for text in texts for word in text.split() if word.isascii())])


def lines_of(text: str, width: float) -> int:
    """How many lines a text takes in a column of `width` characters."""
    room = max(width - 2, 1)
    return sum(max(1, math.ceil(width_of(line) / room)) for line in text.split("\n"))


def height_of(texts: Sequence[str], widths: Sequence[float]) -> float:
    """The height in points that a row needs, for programs that do not fit rows themselves."""
    lines = [lines_of(text, width) for text, width in zip(texts, widths, strict=True)]
    return LINE_HEIGHT * max([1, *lines]) + ROOM


def shortened(text: str, width: int, more: str) -> str:
    """A text of at most `width` Latin characters, `more` at its end where something was left out."""
    if width_of(text) <= width:
        return text
    room, kept = width - width_of(more), ""
    for letter in text:
        room -= width_of(letter)
        if room < 0:
            break
        kept += letter
    return kept.rstrip("；;，, ") + more

"""The tables of layers/codes: classes and their columns, and the standards' words in English."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from qsgis.messages import choose

CodeTable = dict[str, dict[str, str]]


def builtin_folder(folder: str) -> Path:
    """Where a catalog folder ("layers", "analyses", "maps") stands: inside the wheel, or beside the package."""
    package = Path(__file__).parent
    carried = package / folder / "catalog"
    return carried if carried.is_dir() else package.parent / folder


@cache
def code_table(name: str) -> CodeTable:
    """The code table layers/codes/<name>.csv: code -> its columns. KeyError where there is none."""
    path = builtin_folder("layers") / "codes" / f"{name}.csv"
    if not path.is_file():
        raise KeyError(name)
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {row["code"]: row for row in rows}


def term(text: str) -> str:
    """A word of the standards (a dimension, an aspect, a department …) in the user's language."""
    row = code_table("terms").get(text) or code_table("departments").get(text)
    return choose(text, row["name_en"] if row else None)


def terms(words: Iterable[str]) -> str:
    """Several of them, as a listing."""
    return choose("、", ", ").join(term(word) for word in words)


def survey_codes(codes: str | None, survey: int) -> str | None:
    """The name of a code table in its form for the land survey (2: 二调, 3: 三调) where it has one."""
    return codes.removesuffix("_3") + "_2" if survey == 2 and codes and codes.endswith("_3") else codes

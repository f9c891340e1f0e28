"""indicators.csv and progress.csv: one row a value, one row an indicator and zone, with the contract's columns."""

from __future__ import annotations

import csv
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from qsgis.results import COLUMNS, PROGRESS_COLUMNS, Progress, Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from qsgis.results import Results

_R = TypeVar("_R", Value, Progress)


def write_csv(results: Results, path: Path) -> None:
    """All values; the notes of the county's headlines begin with what stands on every output (示意数据, say)."""
    rows = [row if row.part else _noted(row, results) for row in results.rows()]
    _write(path, COLUMNS, rows)


def write_progress(results: Results, path: Path) -> None:
    """All rows of progress; the notes of the county's begin with what stands on every output."""
    _write(path, PROGRESS_COLUMNS, [_noted(row, results) for row in results.progress])


def _write(path: Path, columns: Sequence[str], rows: Iterable[Value] | Iterable[Progress]) -> None:
    """UTF-8 with BOM (Excel then reads Chinese right), empty where there is no figure."""
    cells = attrgetter(*columns)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(["" if cell is None else cell for cell in cells(row)] for row in rows)


def _noted(row: _R, results: Results) -> _R:
    """`row` with the run's notices before its note, where it is the county's."""
    if row.zone_level != "county":
        return row
    return replace(row, note="; ".join([*results.notices, row.note] if row.note else results.notices))

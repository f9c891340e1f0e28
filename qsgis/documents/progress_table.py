"""progress.csv: how far each indicator came, one row an indicator and zone."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING

from qsgis.results import PROGRESS_COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

    from qsgis.results import Progress, Results


def write_progress(results: Results, path: Path) -> None:
    """All rows of progress, UTF-8 with BOM, empty where a figure has no meaning.

    The notes of the county's rows begin with what stands on every output (示意数据, say).
    """
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(PROGRESS_COLUMNS)
        for row in results.progress:
            cells = [getattr(_noted(row, results), name) for name in PROGRESS_COLUMNS]
            writer.writerow(["" if cell is None else cell for cell in cells])


def _noted(row: Progress, results: Results) -> Progress:
    """`row` with the run's notices before its note, where it is the county's."""
    if row.zone_level != "county":
        return row
    return replace(row, note="; ".join([*results.notices, row.note] if row.note else results.notices))

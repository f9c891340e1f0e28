"""indicators.csv: one row a value, the columns of the contract."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING

from qsgis.results import COLUMNS, as_row

if TYPE_CHECKING:
    from pathlib import Path

    from qsgis.results import Results, Value


def write_csv(results: Results, path: Path) -> None:
    """All values, UTF-8 with BOM (Excel then reads Chinese right), empty where there is no value.

    The notes of the county's headlines begin with what stands on every output (示意数据, say).
    """
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(
            ["" if cell is None else cell for cell in as_row(noted(row, results))] for row in results.rows()
        )


def noted(row: Value, results: Results) -> Value:
    """`row` with the run's notices before its note, where it is a headline of the county."""
    if row.part or row.zone_level != "county":
        return row
    return replace(row, note="; ".join([*results.notices, row.note] if row.note else results.notices))

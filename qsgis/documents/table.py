"""indicators.csv: one row a value, the columns of the contract."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from qsgis.results import COLUMNS, as_row

if TYPE_CHECKING:
    from pathlib import Path

    from qsgis.results import Results


def write_csv(results: Results, path: Path) -> None:
    """All values, UTF-8 with BOM (Excel then reads Chinese right), empty where there is no value."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(["" if cell is None else cell for cell in as_row(row)] for row in results.rows())

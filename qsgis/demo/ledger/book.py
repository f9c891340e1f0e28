"""The ledger as a whole: every theme's rows, and the flaws planted in the data."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from qsgis.demo.county import YEAR, County
from qsgis.demo.ledger import (
    control_lines,
    coverage,
    economy,
    land,
    land_change,
    line_overlaps,
    people,
    projects,
    relief,
    seat,
)

THEMES = (control_lines, line_overlaps, land, land_change, projects, seat, people, economy, coverage, relief)


def make(county: County) -> dict[str, Any]:
    """rows: of the current year; earlier: of years before; flaws: what was planted where."""
    rows = [row for theme in THEMES for row in theme.rows(county)]
    return {
        "rows": [asdict(row) for row in rows if row.year == YEAR],
        "earlier": [asdict(row) for row in rows if row.year != YEAR],
        "flaws": county.flaws,
    }

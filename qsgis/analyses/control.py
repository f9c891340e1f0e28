"""Whether areas balance: pieces against records, geometry against the seat codes, classes against another system's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from qsgis.codes import code_table
from qsgis.geometry.balance import hundredths, rest
from qsgis.layers.values import table_of
from qsgis.messages import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from qsgis.analyses.inputs import Features, Inputs, Zones
    from qsgis.analyses.pieces import Pieces
    from qsgis.results import ZoneLevel
    from qsgis.schema import By

    Numbers = NDArray[np.float64]

SEAT_DIGITS: dict[ZoneLevel, int] = {"county": 6, "district": 9, "village": 12}  # of the 19 of ZLDWDM
LARGEST = 5  # differences that are named


def balanced(first: Features, pieces: Pieces, value: Numbers, *, whole: bool) -> list[str]:
    """Pieces and what is in none make up the records, in integers of 0.01 m², and so do the zones with what is in none.

    whole: nothing was cut away, so that a rest is ground which is missing in the sum: by how much is said.
    """
    if first.balance is None:
        return []
    left = rest(first.frame[first.balance], pieces.owner, value)
    units = hundredths(value)
    for index in pieces.zone.values():
        parts = np.bincount(index + 1, weights=units)  # the first is what lies in no zone
        assert int(parts.sum()) == int(units.sum()), "zones and what lies outside are not the whole"
    lost = int(left.sum()) / 100
    if not whole or not lost:
        return []
    return [
        _("{area:.2f} m² of {field} are in no piece, because other features of the layer cover that ground",
          area=lost, field=first.record)
    ]  # fmt: skip


def seat_notes(first: Features, pieces: Pieces, value: Numbers, divisions: Zones, levels: list[ZoneLevel]) -> list[str]:
    """Where the sums by seat code (ZLDWDM, its first digits) differ from those by geometry: the largest differences.

    Source: the survey's tables are made by 坐落单位代码, not by where a parcel is drawn.
    """
    if first.balance is None or "seat_code" not in first.frame:
        return []
    seat = first.frame["seat_code"].astype(object).where(first.frame["seat_code"].notna(), "").astype(str)
    units = hundredths(first.frame[first.balance])
    notes = []
    for level in levels:
        digits = SEAT_DIGITS[level]
        codes = divisions.levels[level]["code"].astype(str).str[:digits]
        if (codes.str.len() < digits).any():
            continue  # the divisions have codes of their own
        inside = pieces.zone[level] >= 0
        drawn = pd.Series(hundredths(value[inside])).groupby(codes.to_numpy()[pieces.zone[level][inside]]).sum()
        apart = pd.Series(units).groupby(seat.str[:digits].to_numpy()).sum().sub(drawn, fill_value=0.0) / 100
        apart = apart[apart != 0]
        if len(apart):
            names = dict(zip(codes, divisions.levels[level]["name"].astype(str), strict=True))
            notes.append(_seats(level, apart, names, first.record))
    return notes


def _seats(level: ZoneLevel, apart: pd.Series, names: dict[str, str], record: str) -> str:
    order = apart.reindex(apart.abs().sort_values(ascending=False, kind="stable").index)
    largest = [f"{names.get(str(code), '')} {code or _('(blank)')} {area:+.2f} m²".strip()
               for code, area in order.head(LARGEST).items()]  # fmt: skip
    return _(
        "by seat code {field} differs from the sums by geometry in {count} places ({level}): {places}",
        field=record, count=len(apart), level=_(level), places=", ".join(largest),
    )  # fmt: skip


def undecided_notes(by: By, grounds: Sequence[tuple[pd.DataFrame, Pieces, Numbers]], inputs: Inputs) -> list[str]:
    """Of a split by a column that has candidates beside it (`<column>_candidates`): what other data must tell apart.

    Also the classes that the column has no entry for. Square metres inside the county.
    """
    codes = inputs.catalog.layers[by.layer].fields[by.field].codes
    marked = f"{by.column}_candidates"
    if by.operand or codes is None or marked not in next(iter(code_table(codes).values()), {}):
        return []
    area: dict[str, float] = {}
    for frame, pieces, value in grounds:
        inside = pieces.zone["county"] >= 0
        classes = frame[by.field].astype(str).to_numpy()[pieces.owner[inside]]
        for code, sum_ in pd.Series(value[inside]).groupby(classes).sum().items():
            area[str(code)] = area.get(str(code), 0.0) + float(sum_)
    rows = table_of(codes, 3) | table_of(codes, 2)
    told = [(code, rows[code], area[code]) for code in sorted(area) if code in rows]
    open_ = [f"{code} → {row[str(by.column)]} ({row[marked]}) {size:.2f} m²" for code, row, size in told if row[marked]]
    bare = [f"{code} {size:.2f} m²" for code, row, size in told if not row[str(by.column)]]
    return [
        *([_("only other data can tell these apart further: {classes}", classes="; ".join(open_))] if open_ else []),
        *([_("no entry for these classes: {classes}", classes="; ".join(bare))] if bare else []),
    ]

"""What features record of their ground: the field results are shares of, and what was taken off it.

The survey's rule: 图斑地类面积 TBDLMJ = 图斑面积 TBMJ − 扣除面积 KCMJ, KCMJ = TBMJ × 扣除系数 KCXS; in the second
survey less the ground of 线状地物 and 零星地物, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qsgis.geometry.balance import hundredths
from qsgis.layers.check import some
from qsgis.messages import _

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from qsgis.schema import Deducted, Layer

    Numbers = NDArray[np.float64]


def recorded(frame: gpd.GeoDataFrame, definition: Layer, survey: int) -> tuple[gpd.GeoDataFrame, list[str]]:
    """The features with the balance field filled in where gross record and deduction tell it, and what is said of it.

    Where all of them are given they are compared in hundredths of a square metre; nothing given is changed.
    """
    rule, field = definition.deducted, definition.balance
    if rule is None or field is None or rule.gross not in frame:
        return frame, []
    off = _all_taken_off(frame, rule, survey)
    if off is None:
        return frame, []
    net, gross = _numbers(frame, field), _numbers(frame, rule.gross)
    due = np.round(gross - off, 2)
    blank = np.isnan(net) & (due >= 0)
    notes = _disagreement(frame, definition, np.round(net - due, 2)) if rule.area else []
    if blank.any():
        frame = frame.assign(**{field: np.where(blank, due, net)})
        notes.append(
            _("{layer}: {count} features have no {field}: {gross} less what is deducted from it is taken",
              layer=definition.label, count=int(blank.sum()), field=definition.fields[field].label,
              gross=definition.fields[rule.gross].label)
        )  # fmt: skip
    return frame, notes


def _disagreement(frame: gpd.GeoDataFrame, definition: Layer, apart: Numbers) -> list[str]:
    """By how much record and deduction exceed the gross record: the sum, and the features beyond rounding."""
    rule, field = definition.deducted, definition.balance
    assert rule is not None
    assert field is not None
    units = hundredths(np.nan_to_num(apart))
    layer, record, gross = definition.label, definition.fields[field].label, definition.fields[rule.gross].label
    amount = int(units.sum()) / 100
    wrong = np.abs(units) > 1
    if wrong.any():
        named = frame["id" if "id" in frame else "feature"].astype(str).to_numpy()[wrong]
        return [
            _("{layer}: in {count} features {field} and what is deducted differ from {gross} by more than 0.01 m²; all "
              "features together by {amount:+.2f} m²: {features}",
              layer=layer, field=record, gross=gross, amount=amount,
              count=int(wrong.sum()), features=some(named.tolist()))
        ]  # fmt: skip
    if units.sum():
        return [
            _("{layer}: {field} and what is deducted differ from {gross} by {amount:+.2f} m² in all, by rounding",
              layer=layer, field=record, gross=gross, amount=amount)
        ]  # fmt: skip
    return []


def taken_off(frame: pd.DataFrame, rule: Deducted) -> Numbers | None:
    """m² that each feature's own deduction (田坎) took off it: as recorded, else by its share of the gross record.

    0 where nothing says that something was; NaN where a share is given, but of what is not. None: no field tells it.
    """
    held = [name for name in (rule.area, rule.ratio) if name is not None and name in frame]
    if not held:
        return None
    found = _numbers(frame, rule.area)
    ratio = np.nan_to_num(_numbers(frame, rule.ratio))
    found = np.where(np.isnan(found), np.round(_numbers(frame, rule.gross) * ratio, 2), found)
    return np.where(np.isnan(found) & (ratio == 0), 0.0, found)


def _all_taken_off(frame: pd.DataFrame, rule: Deducted, survey: int) -> Numbers | None:
    """The same with what the second survey's other layers took off; None where a field for that is not there."""
    found = taken_off(frame, rule)
    if found is None or survey != 2:
        return found
    if not all(field in frame for field in rule.beside.values()):
        return None
    for field in rule.beside.values():
        found = found + np.nan_to_num(_numbers(frame, field))
    return found


def lost_to(frame: pd.DataFrame, definition: Layer, layers: list[str]) -> float | None:
    """m² that the features lost to these other layers; None where the records do not tell."""
    rule = definition.deducted
    assert rule is not None
    fields = [rule.beside[name] for name in layers]
    if all(field in frame for field in fields):
        return float(sum(np.nan_to_num(_numbers(frame, field)).sum() for field in fields))
    own = taken_off(frame, rule)
    if own is None or len(layers) < len(rule.beside):
        return None
    left = _numbers(frame, rule.gross) - _numbers(frame, definition.balance) - own
    return None if np.isnan(left).all() else float(np.round(np.nansum(left), 2))


def _numbers(frame: pd.DataFrame, field: str | None) -> Numbers:
    """A field's values, NaN where there are none."""
    if field is None or field not in frame:
        return np.full(len(frame), np.nan)
    return frame[field].to_numpy(dtype=float)

"""Ground that a survey records beside its parcels: taken off their area and counted under a class of its own.

田坎 stand in the parcel's own record (KCMJ of class KCDLBM) and lie wherever the parcel lies, in its settlement; the
second survey's 线状地物 and 零星地物 are layers. All are features with a class and a record, selected as parcels are.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from qsgis.analyses.records import lost_to, taken_off
from qsgis.geometry import ellipsoidal_length
from qsgis.layers.check import some
from qsgis.messages import _
from qsgis.schema import Operand

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from qsgis.analyses.inputs import Features, Inputs
    from qsgis.schema import Layer

AREA = "area"  # of a linear or point feature: its record


def beside(operand: Operand, first: Features, inputs: Inputs) -> tuple[list[Features], list[str]]:
    """What an operand's selections take of the ground recorded beside its features, and why the sum is an estimate.

    first: the operand's own features. Nothing where results are not shares of their record: an ellipsoidal area holds
    that ground already.
    """
    definition = inputs.catalog.layers[operand.layers[0]]
    rule = definition.deducted
    if first.balance is None or rule is None or rule.code is None:
        return [], []
    year = inputs.year_of(operand)
    survey = inputs.load(definition.id, year).survey
    whole = inputs.features(operand.model_copy(update={"select": None}))
    found = [inputs.remember(("deducted", whole.key), lambda: _deducted(whole, definition, survey, inputs))]
    estimated: list[str] = []
    if survey == 2:
        there = [name for name in rule.beside if inputs.has(name, year)]
        found += [
            inputs.remember(("beside", name, whole.key), partial(_layer, name, definition, year, inputs))
            for name in there
        ]
        text, sure = _not_supplied(whole, definition, [name for name in rule.beside if name not in there], inputs)
        estimated = [text] if text and sure else []
        found[0] = replace(found[0], notes=(*found[0].notes, *([text] if text and not sure else [])))
    return [_selected(one, definition, operand, survey, inputs) for one in found], estimated


def _selected(found: Features, definition: Layer, operand: Operand, survey: int, inputs: Inputs) -> Features:
    """Those that the operand's selections of the parcels take."""
    if not operand.selections or not len(found.frame):
        return found
    chosen = inputs.selected(found, definition, operand.selections, survey)
    return replace(chosen, estimated=found.estimated, key=(found.key, tuple(operand.selections)))


def _deducted(whole: Features, definition: Layer, survey: int, inputs: Inputs) -> Features:
    """Parcels with what was taken off them (田坎) as their record, and its class as theirs."""
    rule = definition.deducted
    assert rule is not None
    off = taken_off(whole.frame, rule)
    off = np.zeros(len(whole.frame)) if off is None else off
    found = whole.take(np.flatnonzero(off > 0))
    codes = found.frame.get(rule.code, pd.Series(None, index=found.frame.index, dtype=object))
    codes = codes.where(codes.notna(), rule.default.get(str(survey)))
    frame = found.frame.assign(**{"class": codes, str(definition.balance): off[off > 0]})
    label = inputs.field_label(definition.id, rule.area or rule.ratio)
    notes: tuple[str, ...] = ()
    if np.isnan(off).any():
        text = _("{layer}: {count} features have a {ratio}, but no {gross}: what is deducted from them is not known",
                 layer=definition.label, count=int(np.isnan(off).sum()),
                 ratio=inputs.field_label(definition.id, rule.ratio),
                 gross=inputs.field_label(definition.id, rule.gross))  # fmt: skip
        notes = (text,)
    return replace(found, frame=frame, record=label, notes=notes, estimated=(), key=("deducted", whole.key))


def _layer(name: str, definition: Layer, year: int, inputs: Inputs) -> Features:
    """The features of a layer of such ground that have a record, with the fields that parcels are selected by."""
    found = inputs.features(Operand(layer=name, year=year))
    area = _record(found.frame)
    lacking: dict[str, object] = {field: None for field in definition.fields if field not in found.frame}
    kept = found.take(np.flatnonzero(~np.isnan(area)))
    frame = kept.frame.assign(**(lacking | {AREA: area[~np.isnan(area)]}))
    notes = list(found.notes)
    if np.isnan(area).any():
        named = found.frame["id" if "id" in found.frame else "feature"].astype(str).to_numpy()[np.isnan(area)]
        notes.append(
            _("{layer}: {count} features have neither an area nor a width and count for nothing: {features}",
              layer=inputs.catalog.layers[name].label, count=len(named), features=some(named.tolist()))
        )  # fmt: skip
    label = inputs.field_label(name, AREA)
    return replace(
        kept, frame=frame, balance=AREA, record=label, notes=tuple(notes), whole=None, rows=None,
        key=("beside", name, found.key),
    )  # fmt: skip


def _record(frame: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """m² of each: its recorded area, else its width times its ellipsoidal length; NaN where neither is known."""
    area = frame[AREA].to_numpy(dtype=float) if AREA in frame else np.full(len(frame), np.nan)
    if "width" not in frame:
        return area
    line = np.isnan(area) & (shapely.get_dimensions(frame.geometry.to_numpy()) == 1)
    area[line] = np.round(ellipsoidal_length(frame.geometry[line]).to_numpy() * frame["width"].to_numpy()[line], 2)
    return area


def _not_supplied(whole: Features, definition: Layer, layers: list[str], inputs: Inputs) -> tuple[str, bool]:
    """What is said where such layers were not handed over, and whether ground is known to be lacking for it."""
    lost = lost_to(whole.frame, definition, layers) if layers else 0.0
    names = ", ".join(inputs.catalog.layers[name].label for name in layers)
    if lost is None:
        return _("{layers}: not supplied; what was deducted for them is in no class", layers=names), False
    if lost < 0.005:
        return "", False
    text = _("{layers}: not supplied; the {area:.2f} m² deducted for them are in no class", layers=names, area=lost)
    return text, True

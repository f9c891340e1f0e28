"""What each line lets pass in a mode: whether it is open, in which directions, at what speed, on which level."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from qsgis.messages import _
from qsgis.network.arrays import Bools, Floats, Frame, Ints

Mode = Literal["walk", "bike", "drive"]
MODES: tuple[Mode, ...] = ("walk", "bike", "drive")
WALKING_KMH = 4.8  # GB 50180: 300 m, 500 m, 800–1000 m for 5, 10, 15 minutes; 4.8 km/h makes 400 m of 5 minutes
OWN_KMH: dict[Mode, float] = {"walk": WALKING_KMH, "bike": 15.0}  # where no speed is given; driving has none

_FORWARD = frozenset(["true", "t", "1", "1.0", "yes", "y", "f->t", "ft", "是", "单行", "单向", "正向"])
_BACKWARD = frozenset(["-1", "-1.0", "reverse", "tf", "反向", "逆向"])
_BOTH = frozenset(["false", "f", "0", "0.0", "no", "n", "", "none", "nan", "<na>", "否", "双向", "双行"])


@dataclass(frozen=True)
class Passage:
    """A line each: open to the mode, speed (km/h, NaN where refused), usable along and against its drawing, level."""

    open: Bools
    kmh: Floats
    forward: Bools
    backward: Bools
    level: Ints | None
    notes: list[str] = field(default_factory=list)


def passage(
    layer: Frame,
    mode: Mode,
    speed_kmh: float | None,
    class_speeds: Mapping[str, float] | None,
    closed_classes: Collection[str],
) -> Passage:
    """Passage of each row of `layer`, from its optional columns class, kmh, oneway, layer, foot, car."""
    notes: list[str] = []
    is_open = _open(layer, mode, closed_classes, notes)
    kmh = _drive_speed(layer, speed_kmh, class_speeds or {}) if mode == "drive" else _one_speed(layer, mode, speed_kmh)
    forward, backward = np.ones(len(layer), bool), np.ones(len(layer), bool)
    if mode != "walk" and "oneway" in layer:
        forward, backward = _directions(layer["oneway"], notes)
    return Passage(is_open, kmh, forward, backward, _level(layer, notes), notes)


def _text(column: pd.Series) -> pd.Series:
    return column.astype("string").fillna("").str.strip().str.lower()


def _given(column: pd.Series) -> Bools:
    """Where a column has an entry that is not blank."""
    given = column.notna().to_numpy(bool)
    return given if pd.api.types.is_numeric_dtype(column) else given & (_text(column) != "").to_numpy(bool)


def _open(layer: Frame, mode: Mode, closed_classes: Collection[str], notes: list[str]) -> Bools:
    is_open = np.ones(len(layer), bool)
    if closed_classes:
        if "class" in layer:
            is_open &= ~layer["class"].astype("string").isin(list(closed_classes)).to_numpy(bool)
        else:
            notes.append(_("the lines have no class: no class could be closed to this mode"))
    own = {"walk": "foot", "drive": "car"}.get(mode)
    if own in layer:
        is_open &= ~_text(layer[own]).isin(["false", "0", "0.0", "no", "n", "否"]).to_numpy(bool)
    return is_open


def _one_speed(layer: Frame, mode: Mode, speed_kmh: float | None) -> Floats:
    return np.full(len(layer), OWN_KMH[mode] if speed_kmh is None else float(speed_kmh))


def _drive_speed(layer: Frame, speed_kmh: float | None, class_speeds: Mapping[str, float]) -> Floats:
    """The line's own speed, else its class's, else the one for all; NaN where none is usable."""
    kmh = np.full(len(layer), np.nan if speed_kmh is None else float(speed_kmh))
    if "class" in layer and class_speeds:
        by_class = layer["class"].astype("string").map(dict(class_speeds)).to_numpy(float, na_value=np.nan)
        kmh = np.where(np.isnan(by_class), kmh, by_class)
    if "kmh" in layer:
        given = _given(layer["kmh"])
        own = pd.to_numeric(layer["kmh"], errors="coerce").to_numpy(float, na_value=np.nan)
        kmh = np.where(given, own, kmh)  # a given speed that is no number stays refused: no other is put in its place
    usable = np.isfinite(kmh) & (kmh > 0)
    return np.where(usable, kmh, np.nan)


def _directions(oneway: pd.Series, notes: list[str]) -> tuple[Bools, Bools]:
    if oneway.dtype == bool:
        return np.ones(len(oneway), bool), ~oneway.to_numpy(bool)
    text = _text(oneway)
    forward_only = text.isin(_FORWARD).to_numpy(bool)
    backward_only = text.isin(_BACKWARD).to_numpy(bool)
    unknown = ~(forward_only | backward_only | text.isin(_BOTH).to_numpy(bool))
    if unknown.any():
        values, count = ", ".join(sorted(set(text[unknown]))[:5]), int(unknown.sum())
        notes.append(_("{count} lines have an unknown oneway ({values}): open both ways", count=count, values=values))
    return ~backward_only, ~forward_only


def _level(layer: Frame, notes: list[str]) -> Ints | None:
    if "layer" not in layer:
        return None
    level = pd.to_numeric(layer["layer"], errors="coerce").to_numpy(float, na_value=np.nan)
    odd = np.isnan(level) & _given(layer["layer"])
    if odd.any():
        notes.append(_("{count} lines have a level that is no number: taken as ground level", count=int(odd.sum())))
    return np.where(np.isfinite(level), level, 0).astype(np.int64)

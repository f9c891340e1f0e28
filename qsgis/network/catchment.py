"""Whom each facility serves: every origin goes to the facility it reaches soonest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from qsgis.messages import _
from qsgis.network.arrays import Bools, Floats, Ints
from qsgis.network.attach import Attachment
from qsgis.network.times import ROUNDING, Nearest, Reason, nearest

if TYPE_CHECKING:
    from qsgis.network.graph import Network


@dataclass(frozen=True)
class Catchments:
    """Loads of facilities, and what falls to none; the two add up to the whole of each weight."""

    load: pd.DataFrame  # a row a facility (or group): off (no street near), origins, and a column a weight
    unassigned: pd.DataFrame  # a row a Reason: origins, and a column a weight
    facility: Ints  # of each origin: position, or group, of its facility; -1
    minutes: Floats  # of each origin; inf where it has none
    reason: Ints  # of each origin: a Reason
    notes: list[str] = field(default_factory=list)


def catchments(found: Nearest, weights: Mapping[str, Any], group: Any) -> Catchments:
    """Origins and their weights, added up by facility and by reason; see Network.catchments."""
    notes: list[str] = []
    columns = {"origins": np.ones(len(found.minutes))}
    columns |= {name: _usable(name, values, len(found.minutes), notes) for name, values in weights.items()}
    own = np.arange(len(found.off)) if group is None else np.asarray(group)
    names, number = np.unique(own, return_inverse=True)
    served = np.flatnonzero(found.destination >= 0) if len(names) else np.zeros(0, np.int64)
    at = np.searchsorted(names, found.destination[served])
    off = np.bincount(number, weights=~found.off, minlength=len(names)) == 0
    load = {name: np.bincount(at, weights=column[served], minlength=len(names)) for name, column in columns.items()}
    without = [reason for reason in Reason if reason != Reason.REACHED]
    missed = {name: [column[found.reason == reason].sum() for reason in without] for name, column in columns.items()}
    if off.any():
        notes.append(_("{count} facilities have no street near: they serve nobody here", count=int(off.sum())))
    return Catchments(
        _counted(pd.DataFrame({"off": off} | load, index=pd.Index(names, name="facility"))),
        _counted(pd.DataFrame(missed, index=pd.Index([reason.name.lower() for reason in without], name="reason"))),
        found.destination,
        found.minutes,
        found.reason,
        notes,
    )


def _counted(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype({"origins": np.int64})


def _usable(name: str, values: Any, size: int, notes: list[str]) -> Floats:
    """A weight each, 0 where it is missing or below 0; those are counted in `notes`."""
    weight = pd.to_numeric(pd.Series(np.asarray(values)), errors="coerce").to_numpy(float, na_value=np.nan)
    if len(weight) != size:
        raise ValueError(f"weight {name!r} must give one number for each origin")
    missing, negative = ~np.isfinite(weight), weight < 0
    if missing.any():
        notes.append(_("{name}: {count} origins have no number: not counted", name=name, count=int(missing.sum())))
    if negative.any():
        text = _("{name}: {count} origins have a number below 0: not counted", name=name, count=int(negative.sum()))
        notes.append(text)
    return np.where(missing | negative, 0.0, weight)


@dataclass(frozen=True)
class LivingCircle:
    """Whether one facility of each of several kinds is within the minutes of each origin."""

    minutes: pd.DataFrame  # (origins, kinds) to the nearest of each kind; inf where none is reached at all
    reached: pd.DataFrame  # (origins, kinds): within the kind's limit
    reason: pd.DataFrame  # (origins, kinds): a Reason
    whole: Bools  # all kinds within their limits
    notes: list[str] = field(default_factory=list)


def living_circle(
    network: Network,
    origins: Attachment,
    kinds: Mapping[str, Attachment],
    minutes: float | Mapping[str, float],
    index: Any,
    kmh: float,
) -> LivingCircle:
    """The nearest of each kind, all origins at once; see Network.living_circle."""
    limits = dict(minutes) if isinstance(minutes, Mapping) else dict.fromkeys(kinds, float(minutes))
    if not kinds or set(limits) != set(kinds):
        raise ValueError("living_circle needs kinds of facilities, and one limit for all or one for each kind")
    found = {name: nearest(network, origins, kind, minutes=None, kmh=kmh, group=None) for name, kind in kinds.items()}
    time = pd.DataFrame({name: one.minutes for name, one in found.items()}, index=index)
    reached = pd.DataFrame({name: time[name] <= limits[name] + ROUNDING for name in kinds}, index=index)
    reason = pd.DataFrame({name: one.reason for name, one in found.items()}, index=index)
    reason = reason.mask(np.isfinite(time) & ~reached, int(Reason.BEYOND_LIMIT))
    return LivingCircle(time, reached, reason, np.asarray(reached.all(axis=1)), _lacking(kinds))


def _lacking(kinds: Mapping[str, Attachment]) -> list[str]:
    """Kinds of which there is nothing, and facilities without a street."""
    notes = [_("{name}: there is no such facility", name=name) for name, places in kinds.items() if not len(places)]
    for name, places in kinds.items():
        if places.off.any():
            notes.append(
                _(
                    "{name}: {count} of {all} have no street near",
                    name=name,
                    count=int(places.off.sum()),
                    all=len(places),
                )
            )
    return notes

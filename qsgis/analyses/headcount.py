"""A population table → people by zone, of the finest level that it has rows of; the other rows are checks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from qsgis.analyses.inputs import Inputs, Zones
from qsgis.errors import AnalysisFailed
from qsgis.geometry import zones as places
from qsgis.messages import _
from qsgis.results import ZONE_LEVELS, ZoneLevel

_CODE_DIGITS: dict[ZoneLevel, int] = {"county": 6, "district": 9, "village": 12}
NAMED = 10  # zones that a message names


@dataclass(frozen=True)
class Headcount:
    """People of each zone of a level, in the order of the zones, and what makes the figure an estimate."""

    level: ZoneLevel
    amounts: np.ndarray
    said: tuple[str, ...]


def headcount(frame: pd.DataFrame, field: str, inputs: Inputs, source: str) -> Headcount:
    """The people that the table gives each zone. Raises AnalysisFailed where it cannot be told.

    Rows of a coarser level are not added to those of a finer one; where the two differ, it is said.
    """
    if "zone_code" not in frame:
        raise inputs.lacking("population", "zone_code")
    label = inputs.catalog.layers["population"].label
    rows = pd.DataFrame(
        {"people": frame[field].to_numpy(dtype=float), "given": frame["zone_code"].astype(str).to_numpy()}
    )
    rows = rows.join(zone_of_codes(rows["given"], inputs.zones))
    _refuse(rows, label, source)
    by_level = {level: rows[rows["level"] == level].set_index("code")["people"] for level in inputs.zones.levels}
    level = [name for name in ZONE_LEVELS if name in by_level and len(by_level[name])][-1]
    zone = inputs.zones.levels[level]
    amounts = zone["code"].map(by_level[level]).to_numpy(dtype=float)
    said = [
        *_unknown(rows),
        *_without(amounts, zone["name"].astype(str).to_numpy(), inputs.field_label("population", field)),
    ]
    amounts = np.nan_to_num(amounts)
    for coarser in ZONE_LEVELS[: ZONE_LEVELS.index(level)]:
        if len(by_level.get(coarser, ())):
            said += _differences(by_level[coarser], amounts, level, coarser, inputs.zones)
    return Headcount(level, amounts, tuple(said))


def zone_of_codes(codes: pd.Series, zones: Zones) -> pd.DataFrame:
    """Level and zone code of each administrative code (6, 9, 12 or more digits); None where no zone has it."""
    text = codes.astype(str).str.strip()
    found = pd.DataFrame({"level": None, "code": text}, index=codes.index, dtype=object)
    for level in ZONE_LEVELS:
        if level not in zones:
            continue
        known = set(zones.levels[level]["code"])
        exact = text.isin(known)
        digits = _CODE_DIGITS[level]
        longer = (text.str.len() > digits) & (text.str[digits:].str.strip("0") == "") & text.str[:digits].isin(known)
        found.loc[exact | longer, "level"] = level
        found.loc[longer & ~exact, "code"] = text[longer & ~exact].str[:digits]
    return found


def _refuse(rows: pd.DataFrame, label: str, source: str) -> None:
    """Tables of which nothing can be told: no known zone, or a zone twice."""
    if rows["level"].isna().all():
        raise AnalysisFailed(
            label,
            source,
            _("none of its zone codes is a zone of the county"),
            _("check the codes against those of the layers districts and villages"),
        )
    known = rows[rows["level"].notna()]
    twice = sorted(set(known["code"][known.duplicated(["level", "code"])]))
    if twice:
        raise AnalysisFailed(
            label,
            f"{source}: {', '.join(twice[:NAMED])}",
            _("zones occur more than once; two sources for one zone are never added silently"),
            _("keep one row a zone"),
        )


def _unknown(rows: pd.DataFrame) -> list[str]:
    lost = rows[rows["level"].isna()]
    if lost.empty:
        return []
    text = _(
        "{people:g} people stand under unknown zone codes and live nowhere here: {codes}",
        people=float(lost["people"].sum()),
        codes=", ".join(lost["given"].head(NAMED)),
    )
    return [text]


def _without(amounts: np.ndarray, names: np.ndarray, field: str) -> list[str]:
    """Zones that the table has no row of, or a blank one: they count as empty, which is said."""
    lacking = names[np.isnan(amounts)]
    if not len(lacking):
        return []
    text = _(
        "{count} zones have no {field} in the table and count as empty: {names}",
        count=len(lacking),
        field=field,
        names=", ".join(lacking[:NAMED]),
    )
    return [text]


def _differences(rows: pd.Series, amounts: np.ndarray, level: ZoneLevel, coarser: ZoneLevel, zones: Zones) -> list[str]:
    """Zones of the coarser level whose own row is not the sum of the finer zones inside them."""
    spots = np.asarray(shapely.point_on_surface(zones.ground(level)), dtype=object)
    at = places.locate(spots, zones.ground(coarser), checked=True)
    frame = zones.levels[coarser]
    sums = np.bincount(at[at >= 0], weights=amounts[at >= 0], minlength=len(frame))
    own = frame["code"].map(rows).to_numpy(dtype=float)
    apart = np.flatnonzero(np.abs(own - sums) > 0.5)
    return [
        _(
            "{zone}: {own:g} people in its own row of the table, {sum:g} in the finer rows, which count",
            zone=frame["name"].iloc[place], own=own[place], sum=sums[place],
        )
        for place in apart[:NAMED]
    ]  # fmt: skip

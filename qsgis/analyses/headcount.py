"""A population table → people by zone, of the finest level that it has rows of; the other rows are checks."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
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
    """People of zones (frame: code, name, level, geometry), and what makes the figure an estimate."""

    zones: gpd.GeoDataFrame
    amounts: np.ndarray
    said: tuple[str, ...]


def headcount(frame: pd.DataFrame, field: str, inputs: Inputs, source: str, layer: str = "population") -> Headcount:
    """The people that the table gives each zone. Raises AnalysisFailed where it cannot be told.

    The finest rows count. A zone of a coarser level that has a row, and none inside it, is taken whole; other rows of a
    coarser level are checks: where they differ from the finer ones, it is said.
    """
    if "zone_code" not in frame:
        raise inputs.lacking(layer, "zone_code")
    given = frame["zone_code"].astype(str).to_numpy()
    rows = pd.DataFrame({"people": frame[field].to_numpy(dtype=float), "given": given})
    rows = rows.join(zone_of_codes(rows["given"], inputs.zones))
    _refuse(rows, inputs.catalog.layers[layer].label, source)
    by_level = {level: rows[rows["level"] == level].set_index("code")["people"] for level in inputs.zones.levels}
    level = [name for name in ZONE_LEVELS if name in by_level and len(by_level[name])][-1]
    zone = inputs.zones.levels[level].assign(level=level)
    amounts = zone["code"].map(by_level[level]).to_numpy(dtype=float)
    said = _unknown(rows)
    for coarser in reversed(ZONE_LEVELS[: ZONE_LEVELS.index(level)]):
        if len(by_level.get(coarser, ())):
            zone, amounts, more = _with_coarser(zone, amounts, by_level[coarser], coarser, inputs.zones)
            said += more
    said += _without(amounts, zone["name"].astype(str).to_numpy(), inputs.field_label(layer, field))
    return Headcount(zone, np.nan_to_num(amounts), tuple(said))


def _with_coarser(
    zone: gpd.GeoDataFrame, amounts: np.ndarray, rows: pd.Series, coarser: ZoneLevel, zones: Zones
) -> tuple[gpd.GeoDataFrame, np.ndarray, list[str]]:
    """The zones with those of a coarser level that stand alone in their place, and what is said of both."""
    frame = zones.levels[coarser]
    spots = np.asarray(shapely.point_on_surface(np.asarray(zone.geometry.array, dtype=object)), dtype=object)
    at = places.locate(spots, zones.ground(coarser), checked=True)
    own = frame["code"].map(rows).to_numpy(dtype=float)
    known = (at >= 0) & ~np.isnan(amounts)
    finer = np.bincount(at[known], minlength=len(frame))
    sums = np.bincount(at[known], weights=amounts[known], minlength=len(frame))
    names = frame["name"].astype(str).to_numpy()
    said = [
        _(
            "{zone}: {own:g} people in its own row of the table, {sum:g} in the finer rows, which count",
            zone=names[place], own=own[place], sum=sums[place],
        )
        for place in np.flatnonzero((finer > 0) & (np.abs(own - sums) > 0.5))[:NAMED]
    ]  # fmt: skip
    alone = np.flatnonzero((finer == 0) & ~np.isnan(own))
    if len(alone):
        listing = ", ".join(names[alone[:NAMED]])
        said.append(_("no finer rows for {names}: the people are spread over the whole of it", names=listing))
    keep = ~np.isin(at, alone)
    joined = pd.concat([zone[keep], frame.iloc[alone].assign(level=coarser)], ignore_index=True)
    return gpd.GeoDataFrame(joined, crs=zone.crs), np.concatenate([amounts[keep], own[alone]]), said


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

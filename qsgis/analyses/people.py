"""Where people live: a population table's zones spread over their residential parcels, totals kept.

A population layer may be a table by zone code, points, or polygons. The people of a zone are spread over its
residential parcels (三调 0701, 0702) by area; without a survey, over the layer `residential`, by floor area where it
gives storeys.
"""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from qsgis.analyses.inputs import Features, Inputs, Zones, source_text
from qsgis.errors import AnalysisFailed
from qsgis.geometry import overlay
from qsgis.messages import _
from qsgis.results import ZONE_LEVELS, ZoneLevel
from qsgis.schema import Operand

_CODE_DIGITS: dict[ZoneLevel, int] = {"county": 6, "district": 9, "village": 12}


def residents(inputs: Inputs, field: str = "resident") -> Features:
    """Features with the column `field`, whose sum is the population layer's own. LayerAbsent where it lacks it."""
    key = ("residents", field, inputs.files(["population", "land_use", "residential"]))
    return inputs.remember(key, lambda: replace(_residents(inputs, field), key=key))


def _residents(inputs: Inputs, field: str) -> Features:
    layer = inputs.load("population", inputs.year)
    frame = layer.frame
    if field not in frame or bool(frame[field].isna().all()):
        raise inputs.lacking("population", field)
    source, notes = source_text(layer), list(layer.notes)
    if isinstance(frame, gpd.GeoDataFrame):
        return Features(frame[[field, frame.geometry.name]], None, (source,), tuple(notes))
    level, table, more = _finest(frame, field, inputs, source)
    zones = inputs.zones.levels[level]
    amounts = zones["code"].map(table).fillna(0.0).to_numpy(dtype=float)
    spread, said, sources = _spread(inputs, zones, amounts, field)
    estimated = [text for text in more if text] + said
    return Features(spread, None, (source, *sources), tuple(notes), tuple(estimated))


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


def _finest(
    frame: pd.DataFrame, field: str, inputs: Inputs, source: str
) -> tuple[ZoneLevel, dict[str, float], list[str]]:
    """The finest level that the table has rows of, its amounts by code, and what must be said of the other rows."""
    if "zone_code" not in frame:
        raise inputs.lacking("population", "zone_code")
    place = zone_of_codes(frame["zone_code"], inputs.zones)
    label = inputs.catalog.layers["population"].label
    levels = [level for level in ZONE_LEVELS if (place["level"] == level).any()]
    if not levels:
        raise AnalysisFailed(
            label,
            source,
            _("none of its zone codes is a zone of the county"),
            _("check the codes against those of the layers districts and villages"),
        )
    level = levels[-1]
    rows = frame.assign(zone=place["code"])[(place["level"] == level).to_numpy()]
    twice = sorted(set(rows["zone"][rows["zone"].duplicated()]))
    if twice:
        raise AnalysisFailed(
            label,
            f"{source}: {', '.join(twice[:10])}",
            _("zones occur more than once; two sources for one zone are never added silently"),
            _("keep one row a zone"),
        )
    table = dict(zip(rows["zone"], rows[field].fillna(0.0).astype(float), strict=True))
    said = []
    unknown = frame[place["level"].isna().to_numpy()]
    if len(unknown):
        codes = ", ".join(unknown["zone_code"].astype(str).head(10))
        people = float(unknown[field].fillna(0).sum())
        said.append(
            _(
                "{people:g} people stand under unknown zone codes and live nowhere here: {codes}",
                people=people,
                codes=codes,
            )
        )
    blank = rows["zone"][rows[field].isna().to_numpy()]
    if len(blank):
        name, codes = inputs.field_label("population", field), ", ".join(blank.head(10))
        said.append(_("no {field} for the zones {codes}", field=name, codes=codes))
    return level, table, said


def _spread(
    inputs: Inputs, zones: gpd.GeoDataFrame, amounts: np.ndarray, field: str
) -> tuple[gpd.GeoDataFrame, list[str], tuple[str, ...]]:
    """One row a (parcel, zone) with its people; a zone with people but no dwelling keeps them on its whole ground."""
    homes = _homes(inputs)
    ground = np.asarray(zones.geometry.array, dtype=object)
    found = overlay.pairs(homes.geometry, ground, checked=True)
    assert found.geometry is not None
    weight = found.area * _floors(homes)[found.left]
    whole = np.bincount(found.right, weights=weight, minlength=len(zones))
    people = weight * np.divide(amounts, whole, out=np.zeros(len(zones)), where=whole > 0)[found.right]
    bare = np.flatnonzero((whole <= 0) & (amounts > 0))
    geometry = np.concatenate([found.geometry, ground[bare]])
    frame = gpd.GeoDataFrame({field: np.concatenate([people, amounts[bare]])}, geometry=geometry, crs=inputs.crs)
    said = []
    if len(bare):
        names = ", ".join(zones["name"].iloc[bare[:10]].astype(str))
        said.append(
            _("{people:g} people of zones without a residential parcel are spread over the whole zone: {names}",
              people=float(amounts[bare].sum()), names=names)
        )  # fmt: skip
    return frame, said, homes.sources


def _homes(inputs: Inputs) -> Features:
    """Town and village dwellings of the survey; where no survey is supplied, the layer `residential`."""
    if inputs.has("land_use", inputs.year):
        return inputs.features(Operand(layer="land_use", select="residential"))
    return inputs.features(Operand(layer="residential"))


def _floors(homes: Features) -> np.ndarray:
    """Storeys of each parcel, 1 where the layer does not give them for all."""
    if "floors" not in homes.frame or bool(homes.frame["floors"].isna().any()):
        return np.ones(len(homes.frame))
    return np.asarray(homes.frame["floors"], dtype=float)

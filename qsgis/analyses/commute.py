"""The measure `commute`: commuters within a one-way time, by where they live.

Sources, the first that has data: `od_minutes` (a table of trips with their times, as from phone data), `od_network`
(trips without times, timed on the network), `gravity` (a model from residents and jobs; always estimated).
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from qsgis.analyses.gravity import gravity
from qsgis.analyses.inputs import Inputs, LayerAbsent, Measured
from qsgis.analyses.od import od_minutes, od_network
from qsgis.analyses.trips import CLOSE, Trips, ratio
from qsgis.geometry import zones
from qsgis.results import ZONE_LEVELS, ZoneLevel
from qsgis.schema import Commute


def measure_commute(measure: Commute, inputs: Inputs, levels: list[ZoneLevel], name: str) -> Measured:
    """People (or person-minutes) by zone of residence, of trips within `minutes`; all trips where it is absent."""
    trips = _trips(measure, inputs)
    minutes = measure.minutes if measure.minutes is not None else np.inf
    within = trips.minutes <= minutes + CLOSE
    if measure.timed:
        within &= np.isfinite(trips.minutes)
    if measure.count == "person_minutes":
        counted = np.where(np.isfinite(trips.minutes), trips.minutes, 0.0) * trips.people * within
    else:
        counted = trips.people * within
    place = _bounded(trips.place, measure, inputs)
    value = np.bincount(trips.origin, weights=counted, minlength=len(trips.place)) * place
    found = Measured(
        _by_zone(trips.place, value, inputs, levels),
        method=trips.method,
        sources=list(trips.sources),
        notes=list(trips.notes),
        estimated=list(trips.estimated),
    )
    if measure.patches:
        found.layers["places"] = _places(trips, within, place)
    del name
    return found


def _trips(measure: Commute, inputs: Inputs) -> Trips:
    files = inputs.files(measure.layer_ids())
    key = ("trips", measure.model_dump_json(exclude={"minutes", "count", "patches", "within", "timed"}), files)
    return inputs.remember(key, lambda: _first_source(measure, inputs))


def _first_source(measure: Commute, inputs: Inputs) -> Trips:
    ways_of = {"od_minutes": od_minutes, "od_network": od_network, "gravity": gravity}
    absent: list[LayerAbsent] = []
    for source in measure.sources:
        try:
            return ways_of[source](measure, inputs)
        except LayerAbsent as missing:
            absent.append(missing)
    trips = inputs.has("commute_od")  # there, so that what is wanted is what they are timed with
    raise next((one for one in absent if trips and one.layer != "commute_od"), absent[0])


# --- zones ---


def _bounded(place: gpd.GeoDataFrame, measure: Commute, inputs: Inputs) -> np.ndarray:
    """1 for places inside the bound of the measure, 0 for others."""
    if measure.within is None:
        return np.ones(len(place))
    bound = inputs.ground(measure.within).geometry
    return np.asarray(zones.locate(np.asarray(place.geometry.array, dtype=object), bound) >= 0, dtype=float)


def _by_zone(
    place: gpd.GeoDataFrame, value: np.ndarray, inputs: Inputs, levels: list[ZoneLevel]
) -> dict[ZoneLevel, pd.Series]:
    """Sums by zone: a place is a zone itself, so it goes by its code, and to the coarser zone that it lies in."""
    found: dict[ZoneLevel, pd.Series] = {}
    for level in levels:
        zone = inputs.zones.levels[level]
        at = _zone_rows(place, level, inputs)
        sums = np.bincount(at[at >= 0], weights=value[at >= 0], minlength=len(zone))
        found[level] = pd.Series(sums, index=[""] if level == "county" else zone["code"].to_numpy())
    return found


def _zone_rows(place: gpd.GeoDataFrame, level: ZoneLevel, inputs: Inputs) -> np.ndarray:
    """The row of the level's zone that each place is or lies in; -1 for places of a coarser level."""
    if level == "county":
        return np.zeros(len(place), dtype=np.int64)
    at = np.full(len(place), -1, dtype=np.int64)
    codes = inputs.zones.levels[level]["code"]
    row_of = pd.Series(np.arange(len(codes)), index=codes.to_numpy())
    own = (place["level"] == level).to_numpy()
    at[own] = row_of.reindex(place["code"][own]).fillna(-1).to_numpy(dtype=np.int64)
    for finer in ZONE_LEVELS[ZONE_LEVELS.index(level) + 1 :]:
        rows = (place["level"] == finer).to_numpy()
        if rows.any():
            inside = np.asarray(shapely.point_on_surface(inputs.zones.ground(finer)), dtype=object)
            nested = pd.Series(
                zones.locate(inside, inputs.zones.ground(level)), index=inputs.zones.levels[finer]["code"]
            )
            at[rows] = nested.reindex(place["code"][rows]).fillna(-1).to_numpy(dtype=np.int64)
    return at


def _places(trips: Trips, within: np.ndarray, bound: np.ndarray) -> gpd.GeoDataFrame:
    """A point a place: commuters, those within the time, their share, their mean minutes."""
    number = len(trips.place)
    people = np.bincount(trips.origin, weights=trips.people, minlength=number)
    near = np.bincount(trips.origin, weights=trips.people * within, minlength=number)
    timed = np.isfinite(trips.minutes)
    spent = np.bincount(trips.origin[timed], weights=(trips.people * trips.minutes)[timed], minlength=number)
    gone = np.bincount(trips.origin[timed], weights=trips.people[timed], minlength=number)
    frame = trips.place.drop(columns="level").assign(
        people=people, people_within=near, share=100 * ratio(near, people), minutes=ratio(spent, gone)
    )
    return frame[(people > 0) & (bound > 0)].reset_index(drop=True)

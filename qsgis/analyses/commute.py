"""The measure `commute`: commuters within a one-way time, by where they live.

Sources, the first that has data: `od_minutes` (a table of trips with their times, as from phone data), `od_network`
(trips without times, timed on the network), `gravity` (a model from residents and jobs; always estimated).
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from qsgis.analyses.headcount import headcount, zone_of_codes
from qsgis.analyses.inputs import Inputs, LayerAbsent, Measured, source_text
from qsgis.analyses.networks import ways
from qsgis.analyses.people import residents
from qsgis.errors import AnalysisFailed
from qsgis.geometry import zones
from qsgis.messages import _
from qsgis.results import ZONE_LEVELS, ZoneLevel
from qsgis.schema import Commute

ROUNDS = 200  # of balancing rows and columns in the gravity model
CLOSE = 1e-9


@dataclass(frozen=True)
class Trips:
    """Commuters by place of residence. place: frame `code`, `name`, geometry (points); origin: row of place."""

    place: gpd.GeoDataFrame
    origin: np.ndarray
    people: np.ndarray
    minutes: np.ndarray  # inf: no way there
    method: str
    sources: tuple[str, ...]
    notes: tuple[str, ...] = ()
    estimated: tuple[str, ...] = ()


def measure_commute(measure: Commute, inputs: Inputs, levels: list[ZoneLevel], name: str) -> Measured:
    """People (or person-minutes) by zone of residence, of trips within `minutes`; all trips where it is absent."""
    trips = _trips(measure, inputs)
    minutes = measure.minutes if measure.minutes is not None else np.inf
    within = trips.minutes <= minutes + CLOSE
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
    files = inputs.files(["commute_od", "jobs", "population", "land_use", "residential", *measure.network.layers])
    key = ("trips", measure.model_dump_json(exclude={"minutes", "count", "patches", "within"}), files)
    return inputs.remember(key, lambda: _first_source(measure, inputs))


def _first_source(measure: Commute, inputs: Inputs) -> Trips:
    ways_of = {"od_minutes": _od_minutes, "od_network": _od_network, "gravity": _gravity}
    absent: list[LayerAbsent] = []
    for source in measure.sources:
        try:
            return ways_of[source](measure, inputs)
        except LayerAbsent as missing:
            absent.append(missing)
    raise absent[0]


# --- trips from a table ---


def _table(inputs: Inputs) -> tuple[pd.DataFrame, gpd.GeoDataFrame, str, list[str]]:
    """Rows of the OD table with known places (at_origin, at_destination: rows of places), and what is left out."""
    layer = inputs.load("commute_od", inputs.year)
    place, notes = _known_places(inputs), list(layer.notes)
    row_of = {code: row for row, code in enumerate(place["code"])}
    frame = layer.frame
    for field in ("origin", "people"):
        if field not in frame:
            raise inputs.lacking("commute_od", field)
    wrong = ~(frame["people"].to_numpy(dtype=float) >= 0)
    if wrong.any():
        rows = ", ".join(frame["feature"].astype(str).to_numpy()[wrong][:10])
        raise AnalysisFailed(
            inputs.catalog.layers["commute_od"].label,
            _("{source}, rows {rows}", source=source_text(layer), rows=rows),
            _("{count} rows have no number of people, or a negative one", count=int(wrong.sum())),
            _("fill in the field, or take the rows out"),
        )
    ends = {end: _rows_of(frame[end], row_of, inputs) for end in ("origin", "destination") if end in frame}
    known = ends["origin"] >= 0
    levels = sorted(set(place["level"].to_numpy()[ends["origin"][known]]))
    if len(levels) > 1:
        names = ", ".join(_(level) for level in levels)
        notes.append(
            _(
                "the table has rows of several levels ({levels}); all are added: check that none repeats another",
                levels=names,
            )
        )
    if not known.all():
        people = float(frame["people"].to_numpy(dtype=float)[~known].sum())
        codes = ", ".join(sorted(set(frame["origin"].astype(str)[~known]))[:10])
        notes.append(
            _("{people:g} commuters start at unknown places and are not counted: {codes}", people=people, codes=codes)
        )
    return frame.assign(**{f"at_{end}": rows for end, rows in ends.items()})[known], place, source_text(layer), notes


def _known_places(inputs: Inputs) -> gpd.GeoDataFrame:
    """Zones of all levels below the county as places: code, name, a point where their people live."""
    frames = []
    for level in ("district", "village"):
        if level in inputs.zones:
            zone = inputs.zones.levels[level]
            frames.append(zone[["code", "name"]].assign(level=level, geometry=_centres(zone, inputs)))
    if not frames:
        raise LayerAbsent("districts", inputs.year)
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), geometry="geometry", crs=inputs.crs)


def _centres(zone: gpd.GeoDataFrame, inputs: Inputs) -> np.ndarray:
    """The middle of each zone's residents, or a point inside it where none are known."""
    ground = np.asarray(zone.geometry.array, dtype=object)
    middle = np.asarray(shapely.point_on_surface(ground), dtype=object)
    try:
        people = residents(inputs)
    except LayerAbsent:
        return middle
    spots = np.asarray(shapely.point_on_surface(people.geometry), dtype=object)
    at = zones.locate(spots, ground)
    weight = people.frame["resident"].to_numpy(dtype=float)
    inside = at >= 0
    total = np.bincount(at[inside], weights=weight[inside], minlength=len(zone))
    xy = shapely.get_coordinates(spots)
    x, y = (np.bincount(at[inside], weights=(weight * axis)[inside], minlength=len(zone)) for axis in xy.T)
    lived = total > 0
    middle[lived] = shapely.points(x[lived] / total[lived], y[lived] / total[lived])
    return middle


def _rows_of(codes: pd.Series, row_of: dict[str, int], inputs: Inputs) -> np.ndarray:
    zone = zone_of_codes(codes, inputs.zones)
    return zone["code"].map(row_of).fillna(-1).to_numpy(dtype=np.int64)


def _od_minutes(measure: Commute, inputs: Inputs) -> Trips:
    del measure
    frame, place, source, notes = _table(inputs)
    if "minutes" not in frame or bool(frame["minutes"].isna().all()):
        raise inputs.lacking("commute_od", "minutes")
    minutes = frame["minutes"].to_numpy(dtype=float)
    timed = minutes >= 0
    estimated = []
    if not timed.all():
        people = frame["people"].to_numpy(dtype=float)
        share = float(people[~timed].sum() / max(people.sum(), CLOSE))
        estimated.append(_("{share:.1%} of the commuters have no time in the table and are left out", share=share))
    rows = frame[timed]
    return Trips(
        place,
        rows["at_origin"].to_numpy(),
        rows["people"].to_numpy(dtype=float),
        minutes[timed],
        _("trips with times (od_minutes)"),
        (source,),
        tuple(notes),
        tuple(estimated),
    )


def _od_network(measure: Commute, inputs: Inputs) -> Trips:
    frame, place, source, notes = _table(inputs)
    if "destination" not in frame:
        raise inputs.lacking("commute_od", "destination")
    known = frame["at_destination"].to_numpy() >= 0
    network = ways(inputs, measure.network, measure.mode, measure.speed_kmh)
    spots = np.asarray(place.geometry.array, dtype=object)
    rows = frame[known]
    start, end = rows["at_origin"].to_numpy(), rows["at_destination"].to_numpy()
    starts, at_start = np.unique(start, return_inverse=True)
    ends, at_end = np.unique(end, return_inverse=True)
    times = network.network.matrix(spots[starts], spots[ends], minutes=None, access_metres=measure.access_metres)
    minutes = times[at_start, at_end]
    people = rows["people"].to_numpy(dtype=float)
    estimated = []
    if not known.all():
        lost = float(frame["people"].to_numpy(dtype=float)[~known].sum())
        estimated.append(_("{people:g} commuters go to unknown places and are left out", people=lost))
    far = ~np.isfinite(minutes)
    if far.any():
        notes.append(
            _(
                "{people:g} commuters have no way on the network and count as not within the time",
                people=float(people[far].sum()),
            )
        )
    method = _("trips timed on the network (od_network), {way}", way=network.method)
    return Trips(
        place, start, people, minutes, method, (source, *network.sources), (*notes, *network.notes), tuple(estimated)
    )


# --- trips from a model ---


def _gravity(measure: Commute, inputs: Inputs) -> Trips:
    """Commuters balanced to residents and jobs, falling off as exp(−decay × minutes) (doubly constrained)."""
    zone, jobs, job_source, odd = _jobs(inputs)
    workers, said = _workers(measure, zone, inputs)
    said += odd
    network = ways(inputs, measure.network, measure.mode, measure.speed_kmh)
    place = gpd.GeoDataFrame(zone[["code", "name", "level"]], geometry=_centres(zone, inputs), crs=inputs.crs)
    spots = np.asarray(place.geometry.array, dtype=object)
    minutes = network.network.matrix(spots, spots, minutes=None, access_metres=measure.access_metres)
    trips, gap = balanced(workers, jobs, np.exp(-measure.decay_per_minute * minutes))
    start, end = np.nonzero(trips > 0)
    said += [
        _(
            "a model, not a survey: gravity with decay {decay} a minute, balanced to residents and jobs",
            decay=measure.decay_per_minute,
        ),
        _("jobs were scaled by {factor:.3f} to the number of commuters", factor=float(workers.sum() / jobs.sum())),
    ]
    if gap > 1e-6:
        said.append(_("the balance is off by {gap:.2%} of the commuters", gap=gap))
    people = residents(inputs)
    sources = (*people.sources, job_source, *network.sources)
    method = _("residence–jobs model (gravity), {way}", way=network.method)
    return Trips(place, start, trips[start, end], minutes[start, end], method, sources, network.notes, tuple(said))


def _workers(measure: Commute, zone: gpd.GeoDataFrame, inputs: Inputs) -> tuple[np.ndarray, list[str]]:
    """Commuters living in each zone: the employed, else a share of the residents."""
    try:
        people, field, share, said = residents(inputs, "employed"), "employed", 1.0, []
    except LayerAbsent:
        people, field, share = residents(inputs), "resident", measure.worker_share
        said = [_("{share:.0%} of the residents are taken to commute", share=share)]
    ground = np.asarray(zone.geometry.array, dtype=object)
    at = zones.locate(np.asarray(shapely.point_on_surface(people.geometry), dtype=object), ground)
    number = people.frame[field].to_numpy(dtype=float) * share
    return np.bincount(at[at >= 0], weights=number[at >= 0], minlength=len(zone)), said


def _jobs(inputs: Inputs) -> tuple[gpd.GeoDataFrame, np.ndarray, str, list[str]]:
    """Zones (code, name, level, geometry), the jobs of each, their source, and what is odd about them."""
    layer = inputs.load("jobs", inputs.year)
    frame, source = layer.frame, source_text(layer)
    if "people" not in frame:
        raise inputs.lacking("jobs", "people")
    if isinstance(frame, gpd.GeoDataFrame):
        zone, jobs, said = _jobs_at_places(frame, inputs)
    else:
        count = headcount(frame, "people", inputs, source, "jobs")
        zone, jobs, said = count.zones, count.amounts, list(count.said)
    if jobs.sum() <= 0:
        raise LayerAbsent("jobs", inputs.year, _("no job lies in a zone of the county"))
    return zone, jobs, source, said


def _jobs_at_places(frame: gpd.GeoDataFrame, inputs: Inputs) -> tuple[gpd.GeoDataFrame, np.ndarray, list[str]]:
    """Jobs of points or polygons by the finest zones that there are."""
    level = [name for name in ZONE_LEVELS if name in inputs.zones][-1]
    zone = inputs.zones.levels[level].assign(level=level)
    number = np.asarray(frame["people"], dtype=float)
    spots = np.asarray(shapely.point_on_surface(np.asarray(frame.geometry.array, dtype=object)), dtype=object)
    at = zones.locate(spots, np.asarray(zone.geometry.array, dtype=object))
    counted = (at >= 0) & ~np.isnan(number)
    said = []
    if not counted.all():
        lost = float(np.nansum(number[~counted]))
        text = _(
            "{count} places of work have no number or lie in no zone: {people:g} jobs",
            count=int((~counted).sum()),
            people=lost,
        )
        said.append(text)
    return zone, np.bincount(at[counted], weights=number[counted], minlength=len(zone)), said


def balanced(rows: np.ndarray, columns: np.ndarray, affinity: np.ndarray) -> tuple[np.ndarray, float]:
    """(matrix, gap): `affinity` scaled until its sums are `rows` and `columns` (scaled to the rows' total).

    Iterative proportional fitting (Furness). gap: what the row sums are off by at the end, as a share of the total.
    """
    target = columns * (rows.sum() / columns.sum())
    matrix = affinity * ((rows[:, None] > 0) & (target[None, :] > 0))
    for _round in range(ROUNDS):
        matrix = matrix * _ratio(rows, matrix.sum(axis=1))[:, None]
        matrix = matrix * _ratio(target, matrix.sum(axis=0))[None, :]
        gap = float(np.abs(matrix.sum(axis=1) - rows).sum() / max(rows.sum(), CLOSE))
        if gap < CLOSE:
            break
    return matrix, gap


def _ratio(wanted: np.ndarray, found: np.ndarray) -> np.ndarray:
    return np.asarray(np.divide(wanted, found, out=np.zeros(len(wanted)), where=found > 0))


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
        people=people, people_within=near, share=100 * _ratio(near, people), minutes=_ratio(spent, gone)
    )
    return frame[(people > 0) & (bound > 0)].reset_index(drop=True)

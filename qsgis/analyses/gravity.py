"""Trips from a model: residents and jobs balanced, falling off with the minutes between them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from qsgis.analyses.headcount import headcount
from qsgis.analyses.inputs import Inputs, LayerAbsent, source_text
from qsgis.analyses.networks import minutes_between, way_of
from qsgis.analyses.people import residents
from qsgis.analyses.trips import CLOSE, Trips, centres, ratio, share_of
from qsgis.geometry import zones
from qsgis.messages import _
from qsgis.results import ZONE_LEVELS
from qsgis.schema import Commute

ROUNDS = 200  # of balancing rows and columns


def gravity(measure: Commute, inputs: Inputs) -> Trips:
    """Commuters balanced to residents and jobs, falling off as exp(−decay × minutes) (doubly constrained)."""
    zone, jobs, job_source, odd = _jobs(inputs)
    workers, said = _workers(measure, zone, inputs)
    said += odd
    way = way_of(measure, inputs)
    place = gpd.GeoDataFrame(zone[["code", "name", "level"]], geometry=centres(zone, inputs), crs=inputs.crs)
    spots = np.asarray(place.geometry.array, dtype=object)
    minutes = minutes_between(measure, way, spots, spots)
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
    home = start == end
    said.append(
        _(
            "{people:g} commuters ({share:.1%}) work in the zone where they live: their way counts as 0 minutes",
            people=float(trips[start, end][home].sum()),
            share=share_of(trips[start, end], home),
        )
    )
    people = residents(inputs)
    said += _unbalanced(workers, jobs, trips)
    sources = (*people.sources, job_source, *way.sources)
    method = _("residence–jobs model (gravity), {way}", way=way.method)
    said += way.estimated
    return Trips(place, start, trips[start, end], minutes[start, end], method, sources, way.notes, tuple(said))


def _unbalanced(workers: np.ndarray, jobs: np.ndarray, trips: np.ndarray) -> list[str]:
    """Commuters and jobs that no way joins to any other: they are in no trip."""
    lost, idle = share_of(workers, trips.sum(axis=1) <= 0), share_of(jobs, trips.sum(axis=0) <= 0)
    texts = [
        (lost, _("{share:.1%} of the commuters have no way to any job: left out", share=lost)),
        (idle, _("{share:.1%} of the jobs are within nobody's reach: left out", share=idle)),
    ]
    return [text for share, text in texts if share > 0]


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
        matrix = matrix * ratio(rows, matrix.sum(axis=1))[:, None]
        matrix = matrix * ratio(target, matrix.sum(axis=0))[None, :]
        gap = float(np.abs(matrix.sum(axis=1) - rows).sum() / max(rows.sum(), CLOSE))
        if gap < CLOSE:
            break
    return matrix, gap

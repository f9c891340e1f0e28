"""Feature layers of the measure `reach`.

What is covered and what is not, the facilities and whom they serve, streets, and the ground in reach for drawing.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from qsgis.analyses.inputs import Inputs
from qsgis.analyses.networks import Ways
from qsgis.analyses.pieces import unions, zone_columns
from qsgis.analyses.reach_demand import Demand, living
from qsgis.analyses.reach_groups import Answer, Group
from qsgis.geometry.arrays import rounding
from qsgis.geometry.cells import outlines
from qsgis.geometry.couples import intersection
from qsgis.network.times import Reason
from qsgis.schema import Reach

BANDS = (5, 10, 15, 30, 45, 60)  # minutes: those below the limit, and the limit itself, make the bands of `areas`
STRIP = 50.0  # metres on either side of a reached street that `areas` draws
HOLES = 20_000.0  # m²: smaller holes between reached streets are drawn as reached
_OWN = ("id", "code", "name", "class")  # columns of the demand that its patches keep


@dataclass(frozen=True)
class _Fate:
    """Of each spot: the cost and the reason that tell most, and the groups that it does not reach, a bit each."""

    cost: np.ndarray
    reason: np.ndarray
    lacking: np.ndarray

    @classmethod
    def of(cls, answers: list[Answer]) -> _Fate:
        """The farthest group; where some are not reached, the farthest of those."""
        missed = np.stack([~answer.reached for answer in answers])
        costs, spots = np.stack([answer.cost for answer in answers]), np.arange(missed.shape[1])
        worst = np.where(missed | ~missed.any(axis=0), costs, -1.0).argmax(axis=0)
        reason = np.stack([answer.reason for answer in answers])[worst, spots]
        return cls(costs[worst, spots], reason, np.left_shift(missed, np.arange(len(answers))[:, None]).sum(axis=0))


def patches(
    measure: Reach, demand: Demand, groups: list[Group], answers: list[Answer], inputs: Inputs
) -> dict[str, gpd.GeoDataFrame]:
    """Layers `covered` and `uncovered`: the pieces of demand, those partly reached cut along their cells.

    The column `minutes` (`metres` for a radius) is the mean, by area, over the cells from which there is a way at all.
    Of several groups it is that to the farthest, of those that are lacking where some are; a piece is cut by what it
    lacks too, which the column `lacking` names.
    """
    fate, frames = _Fate.of(answers), {}
    for label, rows in (("covered", fate.lacking == 0), ("uncovered", fate.lacking > 0)):
        frames[label] = _patches(measure, demand, np.flatnonzero(rows), fate, inputs)
    if len(groups) > 1:
        names = [group.label for group in groups]
        bits = frames["uncovered"]["lacking"]
        frames["uncovered"]["lacking"] = [
            ", ".join(name for place, name in enumerate(names) if code >> place & 1) for code in bits
        ]
    for label in ["covered"] if len(groups) > 1 else list(frames):
        frames[label] = frames[label].drop(columns="lacking")
    return frames


def _patches(measure: Reach, demand: Demand, rows: np.ndarray, fate: _Fate, inputs: Inputs) -> gpd.GeoDataFrame:
    """The spots `rows` as patches, one a piece of demand and set of groups that it lacks."""
    most, share = int(fate.lacking.max(initial=0)) + 1, demand.part[rows]
    key, patch = np.unique(demand.piece[rows] * most + fate.lacking[rows], return_inverse=True)
    piece, size = key // most, len(key)
    part = np.bincount(patch, weights=share, minlength=size)
    geometry = demand.ground[piece].copy()
    broken = np.flatnonzero(part < 1 - 1e-9)
    spots = np.isin(patch, broken)
    geometry[broken] = _cut_out(demand, rows[spots], np.searchsorted(broken, patch[spots]), piece[broken])
    pieces = demand.pieces.take(piece)
    owner = demand.first.frame.iloc[pieces.owner]
    columns = {name: owner[name].to_numpy() for name in _OWN if name in owner} | zone_columns(pieces, inputs.zones)
    if measure.count == "area":
        columns["area_m2"] = demand.value[piece] * part
    columns["metres" if measure.mode == "radius" else "minutes"] = _mean(fate.cost[rows], share, patch, size)
    columns["reason"] = _commonest(fate.reason[rows], share, patch, size)
    columns["lacking"] = key % most
    for name, people in living(demand, inputs)[0].items():
        columns[name] = np.bincount(patch, weights=people[rows], minlength=size)
    frame = gpd.GeoDataFrame(columns, geometry=geometry, crs=inputs.crs)
    inside = np.bincount(patch, weights=demand.inside[rows], minlength=size) > 0
    return frame[inside].reset_index(drop=True)


def _cut_out(demand: Demand, spots: np.ndarray, patch: np.ndarray, piece: np.ndarray) -> np.ndarray:
    """The ground of patches that are not their whole piece. patch: that of each spot; piece: that of each patch.

    A piece is cut once, along the outline of the squares: to put its spots together takes ten times as long. Only of
    hairlines, which such a cut takes for none, the spots themselves are put together.
    """
    ground, outline = demand.ground[piece], outlines(demand.square[spots], patch)
    cut = intersection(ground, outline, rounding(ground))
    found = np.empty(len(piece), dtype=object)
    found[cut.row] = cut.geometry
    hairlines = np.setdiff1d(np.arange(len(piece)), cut.row)
    found[hairlines] = unions(demand.geometry[spots], patch, hairlines)
    return found


def _mean(cost: np.ndarray, part: np.ndarray, patch: np.ndarray, size: int) -> np.ndarray:
    """The mean cost of each patch by area over its spots that have one; NaN where none has."""
    known = np.isfinite(cost)
    weight = np.bincount(patch[known], weights=part[known], minlength=size)
    total = np.bincount(patch[known], weights=(cost * part)[known], minlength=size)
    return np.asarray(np.divide(total, weight, out=np.full(size, np.nan), where=weight > 0))


def _commonest(reason: np.ndarray, part: np.ndarray, patch: np.ndarray, size: int) -> np.ndarray:
    """The name of the reason that most of each patch has; of equal ones the first."""
    weight = np.bincount(patch * len(Reason) + reason, weights=part, minlength=size * len(Reason))
    names = np.array([code.name.lower() for code in Reason], dtype=object)
    return np.asarray(names[weight.reshape(size, len(Reason)).argmax(axis=1)])


def facilities(
    measure: Reach, demand: Demand, groups: list[Group], answers: list[Answer], inputs: Inputs
) -> gpd.GeoDataFrame:
    """The facilities of all groups with the demand, and the people on it, for which each is the nearest in reach."""
    column = {"area": "area_m2", "people": "people", "features": "features"}[measure.count]
    loads = {column: demand.weight} | living(demand, inputs)[0]
    frames = []
    for group, answer in zip(groups, answers, strict=True):
        rows, frame = answer.reached & (answer.facility >= 0), group.found.frame
        columns = {name: frame[name].to_numpy() for name in ("id", "name", "kind", "beds", "capacity") if name in frame}
        columns["group"] = np.full(len(frame), group.label, dtype=object)
        for name, load in loads.items():
            columns[name] = np.bincount(answer.facility[rows], weights=load[rows], minlength=len(frame))
        columns |= {"off_network": group.off.astype(int), "outside": group.outside.astype(int)}
        spots = shapely.point_on_surface(group.found.geometry)
        frames.append(gpd.GeoDataFrame(columns, geometry=spots, crs=inputs.crs))
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=inputs.crs)


def streets(measure: Reach, group: Group, ways: Ways, inputs: Inputs) -> gpd.GeoDataFrame:
    """The streets within the limit of a group, with their minutes, inside the bounds of the measure."""
    frame = ways.network.reached_lines(group.doors, group.limit, access_kmh=measure.access_kmh)
    frame["minutes"] += measure.delay_minutes
    bound = inputs.features(measure.within).geometry if measure.within else inputs.zones.ground("county")
    near = shapely.STRtree(np.asarray(frame.geometry.array, dtype=object)).query(bound, predicate="intersects")[1]
    return frame.iloc[np.unique(near)].reset_index(drop=True)


def areas(measure: Reach, group: Group, ways: Ways) -> gpd.GeoDataFrame:
    """The ground within reach of a group by bands of minutes, for drawing: a strip along the reached streets.

    Bands do not overlap. strip_m says how wide the strip is on either side: no figure comes from these polygons.
    """
    delay = measure.delay_minutes
    bands = [band - delay for band in BANDS if delay < band < group.limit + delay - 1e-9]
    found = ways.network.area_polygons(
        group.doors, [*bands, group.limit], strip_metres=STRIP, holes_below=HOLES, merged=True,
        access_kmh=measure.access_kmh,
    )  # fmt: skip
    columns = {"minutes": found["band"] + delay, "strip_m": STRIP}
    return gpd.GeoDataFrame(columns, geometry=found.geometry, crs=found.crs)

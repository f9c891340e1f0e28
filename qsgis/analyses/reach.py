"""The measure `reach`: demand from which one facility of each group is reached within a time or a distance.

Demand polygons are cut to cells (30 m by default); a cell counts whole, where its centroid stands. Travel runs along
the network from the nearest point of the nearest edge, the way there counted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from qsgis.analyses.area import sources_of
from qsgis.analyses.inputs import Features, Inputs, LayerAbsent, Measured, NotApplicable
from qsgis.analyses.networks import LONGEST, Ways, entrances, way_of
from qsgis.analyses.people import dwellings, residents
from qsgis.analyses.pieces import Pieces, cut, outside_note, split, totals, unions, worth, zone_columns
from qsgis.geometry import overlay
from qsgis.geometry.area import area_scale
from qsgis.geometry.cells import cells
from qsgis.messages import _
from qsgis.network.times import Nearest, Reason
from qsgis.network.transit import TransitNearest
from qsgis.results import ZoneLevel
from qsgis.schema import Reach, Supply
from qsgis.schema.measure import PEOPLE_LAYERS

OFF_NETWORK_LIMIT = 0.05  # more demand than this off the network or cut off: the figure is an estimate


@dataclass(frozen=True)
class Demand:
    """Pieces of demand and the spots that stand for them: piece of each spot, its share of the piece's value."""

    first: Features
    pieces: Pieces
    value: np.ndarray
    piece: np.ndarray
    part: np.ndarray
    points: np.ndarray
    geometry: np.ndarray
    method: str


@dataclass(frozen=True)
class Answer:
    """Of each spot: minutes (metres for a radius) to the nearest of the group, which facility, and why not."""

    cost: np.ndarray
    facility: np.ndarray
    reason: np.ndarray
    reached: np.ndarray


def measure_reach(measure: Reach, inputs: Inputs, levels: list[ZoneLevel], name: str) -> Measured:
    """Square metres, people or features reached, by zone. LayerAbsent where a layer is not supplied."""
    del name
    measure, substituted = _substitute(measure, inputs)
    supplies = [inputs.features(group) for group in measure.supply]
    if measure.without_supply == "not_applicable" and not any(len(supply.frame) for supply in supplies):
        raise NotApplicable(_("the county has none of these facilities"))
    demand = _demand(measure, inputs, levels)
    network = None if measure.mode == "radius" else way_of(measure, inputs)
    answers = [
        _radius(demand, found, group, measure, inputs)
        if network is None
        else _travel(demand, found, group, measure, network)
        for group, found in zip(measure.supply, supplies, strict=True)
    ]
    reached = np.logical_and.reduce([answer.reached for answer in answers])
    value = np.bincount(demand.piece, weights=demand.part * reached, minlength=len(demand.pieces.owner)) * demand.value
    found = Measured(
        totals(demand.pieces, value, inputs.zones, levels),
        method=_method(measure, network),
        sources=sources_of(inputs, measure.operands()),
        notes=[
            *(text for supply in supplies for text in supply.notes),
            *demand.first.notes,
            *demand.pieces.notes,
            *outside_note(demand.pieces, demand.value, "m²" if measure.count == "area" else ""),
        ],
        estimated=[*demand.first.estimated, *substituted],
    )
    if network is not None:
        found.notes += network.notes
        found.estimated += network.estimated
    _say_unreached(found, demand, answers)
    if measure.patches:
        found.layers |= _patches(demand, answers, reached, inputs, "minutes" if network else "metres")
        found.layers["facilities"] = _facilities(measure, supplies, answers, demand, inputs)
        if "streets" in measure.feature_layers(""):
            assert network is not None
            found.layers["streets"] = _streets(measure, supplies[0], network, inputs)
    return found


def _substitute(measure: Reach, inputs: Inputs) -> tuple[Reach, list[str]]:
    """The measure by straight lines where there is no network and the project allows that."""
    if measure.mode in ("radius", "transit") or not measure.allow_substitute:
        return measure, []  # no straight line stands in for a timetable
    if all(inputs.has(layer, inputs.year) for layer in measure.network.layers):
        return measure, []
    metres = {"walk": 80.0, "bike": 200.0, "drive": 500.0}[measure.mode]
    if measure.speed_kmh:
        metres = measure.speed_kmh * 1000 / 60
    supply = [
        group.model_copy(update={"metres": group.metres or metres * (group.minutes or 0) or None, "minutes": None})
        for group in measure.supply
    ]
    changes = {
        "mode": "radius",
        "supply": supply,
        "metres": measure.metres or metres * (measure.minutes or 0),
        "minutes": None,
    }
    reason = _("no network was supplied; straight lines stand in for it, as the project allows")
    return measure.model_copy(update=changes), [reason]


def _demand(measure: Reach, inputs: Inputs, levels: list[ZoneLevel]) -> Demand:
    """The demand as spots, worked out once for all measures that ask for the same."""
    operands = [measure.demand, *([measure.within] if measure.within else [])]
    people = PEOPLE_LAYERS if measure.count == "people" else PEOPLE_LAYERS[1:]
    key = (
        "demand", tuple((inputs.key_of(operand), operand.outside) for operand in operands), inputs.files(people),
        measure.count, measure.cell_metres, tuple(levels),
    )  # fmt: skip
    return inputs.remember(key, lambda: _found_demand(measure, inputs, levels))


def _found_demand(measure: Reach, inputs: Inputs, levels: list[ZoneLevel]) -> Demand:
    bounds = [measure.within] if measure.within else []
    first = inputs.features(measure.demand)
    method = ""
    if measure.count == "people":
        first = residents(inputs)
        pieces = split(first, cut(first, [measure.demand, *bounds], inputs), inputs, levels)
        value = first.frame["resident"].to_numpy(dtype=float)[pieces.owner] * _shares_of_owner(first, pieces)
    elif measure.count == "features":
        spots = gpd.GeoSeries(_seats(first, inputs), crs=inputs.crs)
        first = replace(first, frame=first.frame.set_geometry(spots), balance=None, key=None)
        pieces = split(first, cut(first, bounds, inputs), inputs, levels)
        value = np.ones(len(pieces.owner))
    else:
        pieces = split(first, cut(first, bounds, inputs), inputs, levels)
        value, method = worth(first, pieces, inputs)
    return _spots(first, pieces, value, measure.cell_metres, method)


def _seats(first: Features, inputs: Inputs) -> np.ndarray:
    """Where each feature stands: a point where it is, ground at its largest dwelling parcel, else somewhere inside."""
    seats = np.asarray(shapely.point_on_surface(first.geometry), dtype=object)
    flat = np.flatnonzero(shapely.get_dimensions(first.geometry) == 2)
    if not len(flat) or not (inputs.has("land_use") or inputs.has("residential")):
        return seats
    homes = dwellings(inputs).geometry
    spots = shapely.point_on_surface(homes)
    home, ground = shapely.STRtree(first.geometry[flat]).query(spots, predicate="within")
    order = np.lexsort((home, -shapely.area(homes)[home], ground))
    first_of = order[np.unique(ground[order], return_index=True)[1]]
    seats[flat[ground[first_of]]] = spots[home[first_of]]
    return seats


def _shares_of_owner(first: Features, pieces: Pieces) -> np.ndarray:
    whole, own = shapely.area(first.geometry)[pieces.owner], shapely.area(pieces.geometry)
    return np.asarray(np.divide(own, whole, out=np.ones(len(own)), where=whole > 0))


def _spots(first: Features, pieces: Pieces, value: np.ndarray, size: float, method: str) -> Demand:
    """Cells of polygons and points as they are; the parts of a piece add up to 1."""
    flat = shapely.get_dimensions(pieces.geometry) == 2
    rows = np.flatnonzero(flat)
    cut_up = cells(pieces.geometry[rows], size)
    piece = np.concatenate([rows[cut_up.owner], np.flatnonzero(~flat)])
    geometry = np.concatenate([cut_up.geometry, pieces.geometry[~flat]])
    points = np.concatenate([shapely.points(cut_up.spot), shapely.centroid(pieces.geometry[~flat])])
    size_of = np.concatenate([cut_up.area, np.ones((~flat).sum())])
    whole = np.bincount(piece, weights=size_of, minlength=len(pieces.owner))
    return Demand(first, pieces, value, piece, size_of / whole[piece], points, geometry, method)


def _radius(demand: Demand, supply: Features, group: Supply, measure: Reach, inputs: Inputs) -> Answer:
    """Straight lines: distances of the plane, brought to the ellipsoid at the spot."""
    metres = measure.limit(group)[1]
    assert metres is not None
    count = len(demand.points)
    cost, facility = np.full(count, np.inf), np.full(count, -1, dtype=np.int64)
    if len(supply.frame) and count:
        tree = shapely.STRtree(supply.geometry)
        (spot, near), distance = tree.query_nearest(demand.points, return_distance=True, all_matches=False)
        cost[spot], facility[spot] = distance, near
        x, y = shapely.get_coordinates(demand.points).T
        cost = cost / np.sqrt(area_scale(x, y, inputs.crs))
    reached = cost <= metres * (1 + 1e-12)
    return Answer(cost, facility, np.where(reached, Reason.REACHED, Reason.BEYOND_LIMIT), reached)


def _travel(demand: Demand, supply: Features, group: Supply, measure: Reach, network: Ways) -> Answer:
    """Along the network, from the nearest point of the nearest edge."""
    points, rows = entrances(supply.geometry, network.lines, measure.access_metres)
    minutes, metres = measure.limit(group)
    limit = minutes - measure.delay_minutes if minutes is not None else _minutes_for(metres or 0.0, measure)
    nearest = _nearest(demand, points, rows, limit, measure, network)
    reached = nearest.minutes <= limit + 1e-9
    beyond = np.where(np.isfinite(nearest.minutes), Reason.BEYOND_LIMIT, nearest.reason)
    reason = np.where(reached, Reason.REACHED, beyond)
    return Answer(nearest.minutes + measure.delay_minutes, nearest.destination, reason, reached)


def _nearest(
    demand: Demand, points: np.ndarray, rows: np.ndarray, limit: float, measure: Reach, network: Ways
) -> Nearest | TransitNearest:
    """Each spot's facility, on the streets or by timetable."""
    if network.transit is None:
        return network.network.nearest(
            demand.points,
            points,
            minutes=None,
            access_metres=measure.access_metres,
            access_kmh=measure.access_kmh,
            group=rows,
        )
    return network.transit.nearest(
        demand.points,
        points,
        window=measure.departures,
        every=measure.every_minutes,
        minutes=max(limit, LONGEST),
        group=rows,
    )


def _minutes_for(metres: float, measure: Reach) -> float:
    """Minutes that a walk (a ride) of `metres` takes at the measure's speed."""
    speed = measure.speed_kmh or {"walk": 4.8, "bike": 12.0, "drive": 30.0}[measure.mode]
    return metres / 1000 / speed * 60


def _method(measure: Reach, network: Ways | None) -> str:
    limits = []
    for group in measure.supply:
        minutes, metres = measure.limit(group)
        limits.append(_("{minutes:g} min", minutes=minutes) if minutes else _("{metres:g} m", metres=metres))
    way = network.method if network else _("straight-line radius")
    return _("{way}, within {limits}", way=way, limits=" / ".join(dict.fromkeys(limits)))


def _say_unreached(found: Measured, demand: Demand, answers: list[Answer]) -> None:
    """Demand that the network does not reach at all, by reason, and whether it is too much to be sure of the figure."""
    weight = demand.part * demand.value[demand.piece]
    whole = float(weight.sum())
    for answer in answers:
        for reason in (Reason.OFF_NETWORK, Reason.ISOLATED, Reason.ONE_WAY):
            share = float(weight[answer.reason == reason].sum()) / whole if whole else 0.0
            if share > 0:
                text = _("{share:.1%} of the demand is not reached: {reason}", share=share, reason=reason.label)
                (found.estimated if share > OFF_NETWORK_LIMIT else found.notes).append(text)


def _patches(
    demand: Demand, answers: list[Answer], reached: np.ndarray, inputs: Inputs, unit: str
) -> dict[str, gpd.GeoDataFrame]:
    """Layers `covered` and `uncovered`: the pieces of demand, those partly reached cut along their cells.

    unit: name of the column that says how far: minutes, or metres for a radius.
    """
    costs, spots = np.stack([answer.cost for answer in answers]), np.arange(len(reached))
    missed = np.stack([~answer.reached for answer in answers])
    worst = np.where(missed | reached, costs, -1.0).argmax(axis=0)  # of what is not reached, the farthest
    cost, reason = costs[worst, spots], np.stack([answer.reason for answer in answers])[worst, spots]
    table = pd.DataFrame(
        {"piece": demand.piece, "reached": reached, "cost": cost, "reason": reason, "part": demand.part}
    )
    frames = {}
    for label, wanted in (("covered", True), ("uncovered", False)):
        rows = table[table["reached"] == wanted]
        groups = rows.groupby("piece", sort=True)
        index = np.fromiter(groups.groups, dtype=np.int64)
        part = groups["part"].sum().to_numpy()
        geometry = demand.pieces.geometry[index].copy()
        cut_up = part < 1 - 1e-9
        cells_of = rows["piece"].to_numpy()
        geometry[cut_up] = unions(demand.geometry[rows.index], cells_of, index[cut_up])
        pieces = demand.pieces.take(index)
        owner = demand.first.frame.iloc[pieces.owner]
        columns = {key: owner[key].to_numpy() for key in ("id", "class") if key in owner} | zone_columns(
            pieces, inputs.zones
        )
        columns["area_m2"] = demand.value[index] * part
        columns[unit] = groups["cost"].mean().replace(np.inf, np.nan).to_numpy()
        columns["reason"] = [
            Reason(code).name.lower() for code in groups["reason"].agg(lambda items: items.mode().min())
        ]
        frame = gpd.GeoDataFrame(columns, geometry=geometry, crs=inputs.crs)
        frame["people"] = _people_on(frame, inputs)
        frames[label] = frame[(pieces.zone["county"] >= 0)].reset_index(drop=True)
    return frames


def _people_on(frame: gpd.GeoDataFrame, inputs: Inputs) -> np.ndarray:
    """People who live on each patch; NaN where no population was supplied."""
    try:
        people = residents(inputs)
    except LayerAbsent:
        return np.full(len(frame), np.nan)
    found = overlay.pairs(np.asarray(frame.geometry.array, dtype=object), people.geometry, geometry=False, checked=True)
    number = people.frame["resident"].to_numpy(dtype=float)
    share = number[found.right] * found.area / np.maximum(shapely.area(people.geometry[found.right]), 1e-9)
    return np.bincount(found.left, weights=share, minlength=len(frame))


def _facilities(
    measure: Reach, supplies: list[Features], answers: list[Answer], demand: Demand, inputs: Inputs
) -> gpd.GeoDataFrame:
    """The facilities of all groups with the demand for which each is the nearest within the limit."""
    frames = []
    weight = demand.part * demand.value[demand.piece]
    column = {"area": "area_m2", "people": "people", "features": "features"}[measure.count]
    for group, supply, answer in zip(measure.supply, supplies, answers, strict=True):
        rows = answer.reached & (answer.facility >= 0)
        load = np.bincount(answer.facility[rows], weights=weight[rows], minlength=len(supply.frame))
        kept = {
            key: supply.frame[key].to_numpy()
            for key in ("id", "name", "kind", "beds", "capacity")
            if key in supply.frame
        }
        label = " + ".join(inputs.catalog.layers[layer].label for layer in group.layers)
        spots = shapely.point_on_surface(supply.geometry)
        frames.append(gpd.GeoDataFrame(kept | {"group": label, column: load}, geometry=spots, crs=inputs.crs))
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=inputs.crs)


def _streets(measure: Reach, supply: Features, network: Ways, inputs: Inputs) -> gpd.GeoDataFrame:
    """The streets within the limit of the first group, with their minutes, inside the bounds of the measure."""
    points, _rows = entrances(supply.geometry, network.lines, measure.access_metres)
    minutes, metres = measure.limit(measure.supply[0])
    limit = minutes - measure.delay_minutes if minutes is not None else _minutes_for(metres or 0.0, measure)
    frame = network.network.reached_lines(
        points, limit, access_metres=measure.access_metres, access_kmh=measure.access_kmh
    )
    bound = inputs.features(measure.within).geometry if measure.within else inputs.zones.levels["county"].geometry.array
    near = shapely.STRtree(np.asarray(frame.geometry.array, dtype=object)).query(
        np.asarray(bound), predicate="intersects"
    )[1]
    return frame.iloc[np.unique(near)].reset_index(drop=True)

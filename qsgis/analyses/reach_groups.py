"""Facilities of the measure `reach`, and what of the demand reaches them: along a network or as the crow flies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from qsgis.analyses.inputs import Features, Inputs
from qsgis.analyses.networks import DEFAULT_SPEED, LONGEST, Ways, entrances
from qsgis.analyses.reach_demand import Demand
from qsgis.geometry.area import area_scale
from qsgis.messages import _
from qsgis.network.attach import Attachment
from qsgis.network.times import Reason
from qsgis.schema import Reach, Supply

NAMED = 10  # facilities that a note names


@dataclass(frozen=True)
class Group:
    """One group of facilities that demand must reach.

    limit: minutes on the way (what goes before is taken off), or metres as the crow flies; doors: where its facilities
    join the network, row: the facility of each (a park has many); off, outside: facilities without a street near, and
    those that lie beyond the county.
    """

    label: str
    found: Features
    limit: float
    doors: Attachment | None
    row: np.ndarray
    off: np.ndarray
    outside: np.ndarray

    def notes(self, access_metres: float) -> list[str]:
        """Facilities that nobody reaches because no street is near, and those that lie outside, named."""
        said = []
        if self.off.any():
            text = _("{group}: {count} of {all} have no street within {metres:g} m and serve nobody: {names}",
                     group=self.label, count=int(self.off.sum()), all=len(self.off), metres=access_metres,
                     names=self._names(self.off))  # fmt: skip
            said.append(text)
        if self.outside.any():
            text = _("{group}: {count} of {all} lie outside the county and serve it too: {names}",
                     group=self.label, count=int(self.outside.sum()), all=len(self.outside),
                     names=self._names(self.outside))  # fmt: skip
            said.append(text)
        return said

    def _names(self, which: np.ndarray) -> str:
        rows = self.found.frame[which].head(NAMED)
        names = rows["feature"].astype(str)
        for column in ("id", "name"):
            if column in rows:
                names = rows[column].where(rows[column].notna() & (rows[column].astype(str) != ""), names)
        return ", ".join(names.astype(str)) + (" …" if which.sum() > NAMED else "")


@dataclass(frozen=True)
class Answer:
    """Of each spot: minutes (metres for a radius) to the nearest of the group, which facility, and why not."""

    cost: np.ndarray
    facility: np.ndarray
    reason: np.ndarray
    reached: np.ndarray


def group_of(supply: Supply, found: Features, measure: Reach, ways: Ways | None, inputs: Inputs) -> Group:
    """The facilities of one group, joined to the network once a run."""
    label = " + ".join(inputs.catalog.layers[layer].label for layer in supply.layers)
    number = len(found.frame)
    outside = inputs.remember(("beyond the county", found.key), lambda: _outside(found, inputs))
    minutes, metres = measure.limit(supply)
    if ways is None:
        assert metres is not None
        return Group(label, found, metres, None, np.arange(number), np.zeros(number, dtype=bool), outside)
    limit = minutes - measure.delay_minutes if minutes is not None else _minutes_for(metres or 0.0, measure)
    key = ("doors", found.key, ways.key, measure.access_metres)
    doors, row = inputs.remember(key, lambda: _doors(found, ways, measure.access_metres))
    off = np.bincount(row, weights=~doors.off, minlength=number) == 0
    return Group(label, found, limit, doors, row, off, outside)


def _outside(found: Features, inputs: Inputs) -> np.ndarray:
    outside = np.ones(len(found.frame), dtype=bool)
    tree = shapely.STRtree(found.geometry)
    outside[tree.query(inputs.zones.ground("county"), predicate="intersects")[1]] = False
    return outside


def _doors(found: Features, ways: Ways, access_metres: float) -> tuple[Attachment, np.ndarray]:
    points, row = entrances(found.geometry, ways.lines, access_metres)
    return ways.network.attach(points, access_metres), row


def _minutes_for(metres: float, measure: Reach) -> float:
    """Minutes that a way of `metres` takes at the measure's speed."""
    speed = measure.speed_kmh or DEFAULT_SPEED[measure.mode]
    assert speed is not None
    return metres / 1000 / speed * 60


def answer_of(demand: Demand, group: Group, measure: Reach, ways: Ways | None, inputs: Inputs) -> Answer:
    """What of the demand reaches the group."""
    return _radius(demand, group, inputs) if ways is None else _travel(demand, group, measure, ways, inputs)


def _radius(demand: Demand, group: Group, inputs: Inputs) -> Answer:
    """Straight lines: distances of the plane, brought to the ellipsoid at the spot."""
    count = len(demand.points)
    cost, facility = np.full(count, np.inf), np.full(count, -1, dtype=np.int64)
    if len(group.found.frame) and count:
        tree = shapely.STRtree(group.found.geometry)
        (spot, near), distance = tree.query_nearest(demand.points, return_distance=True, all_matches=False)
        cost[spot], facility[spot] = distance, near
        x, y = shapely.get_coordinates(demand.points).T
        cost = cost / np.sqrt(area_scale(x, y, inputs.crs))
    reached = cost <= group.limit * (1 + 1e-12)
    return Answer(cost, facility, np.where(reached, Reason.REACHED, Reason.BEYOND_LIMIT), reached)


def _travel(demand: Demand, group: Group, measure: Reach, ways: Ways, inputs: Inputs) -> Answer:
    """Along the network, from the nearest point of the nearest edge; or by timetable."""
    key = ("joined", demand.key, ways.key, measure.access_metres)
    spots = inputs.remember(key, lambda: ways.network.attach(demand.points, measure.access_metres))
    if ways.transit is None:
        nearest = ways.network.nearest(spots, group.doors, access_kmh=measure.access_kmh, group=group.row)
        minutes, facility, why = nearest.minutes, nearest.destination, nearest.reason
    else:
        ridden = ways.transit.nearest(
            spots, group.doors, window=measure.departures, every=measure.every_minutes,
            minutes=max(group.limit, LONGEST), group=group.row,
        )  # fmt: skip
        minutes, facility, why = ridden.minutes, ridden.destination, ridden.reason
    reached = minutes <= group.limit + 1e-9
    beyond = np.where(np.isfinite(minutes), Reason.BEYOND_LIMIT, why)
    reason = np.where(reached, Reason.REACHED, beyond)
    return Answer(minutes + measure.delay_minutes, facility, reason, reached)

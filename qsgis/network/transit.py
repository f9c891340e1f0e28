"""Door to door by public transport: walk to a stop, ride, change, ride, walk; or walk all the way.

A window of departures (7:00 to 9:00, each minute) gives a median and a spread: what a timetable means to people who do
not choose their minute by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from qsgis.geometry.windows import windowed
from qsgis.messages import _
from qsgis.network import compiled, times
from qsgis.network.arrays import Floats, Ints
from qsgis.network.attach import Attachment
from qsgis.network.graph import Network
from qsgis.network.pairs import joined_pairs, within
from qsgis.network.times import Reason
from qsgis.network.transit_profile import NOWHERE
from qsgis.network.transit_times import Service, Walks, profile, settle
from qsgis.network.transit_timetable import Timetable

Window = tuple[float, float]


@dataclass(frozen=True)
class TransitTimes:
    """Minutes (origins, destinations) that half, a tenth, nine tenths of the departures keep to; on foot. inf: none."""

    median: Floats
    low: Floats
    high: Floats
    walk_only: Floats


@dataclass(frozen=True)
class TransitNearest:
    """The destination reached soonest from each origin.

    minutes: what half of the departures keep to, each to whichever destination it reaches soonest; low, high: a tenth
    and nine tenths; walk_only: on foot. destination: position, or group, of the one reached at the first departure that
    takes the median time; -1. reason: a Reason. off: a destination point each, no street near it.
    """

    minutes: Floats
    low: Floats
    high: Floats
    walk_only: Floats
    destination: Ints
    reason: Ints
    off: Any


class Transit:
    """A timetable on a walking network.

    walk_minutes: the longest walk between a place and a stop. transfer_minutes: the longest between two stops where one
    changes; such walks do not chain. change_seconds: the least time between getting off and getting on, the walk
    included; what the operator states for a change goes before it. access_metres, access_kmh: between a place and its
    street, as in Network.nearest. notes: what the network does to the timetable's stops.
    Raises ValueError where the network is not one for walking or in another CRS than the timetable.
    """

    def __init__(
        self,
        network: Network,
        timetable: Timetable,
        *,
        walk_minutes: float = 10.0,
        transfer_minutes: float = 5.0,
        change_seconds: float = 60.0,
        access_metres: float = 500.0,
        access_kmh: float | None = None,
    ) -> None:
        if network.mode != "walk":
            raise ValueError("public transport needs a walking network: mode='walk'")
        if None not in (network.crs, timetable.crs) and network.crs != timetable.crs:
            raise ValueError("the timetable's stops are in another CRS than the network")
        if min(walk_minutes, transfer_minutes, change_seconds) < 0:
            raise ValueError("walk_minutes, transfer_minutes and change_seconds must be 0 or more")
        self.network, self.timetable = network, timetable
        self.walk_minutes, self.transfer_minutes = walk_minutes, transfer_minutes
        self.change_seconds, self.access_metres = change_seconds, access_metres
        self.kmh = network.access_kmh if access_kmh is None else access_kmh
        self.stops = network.attach(timetable.xy, access_metres)
        self.notes: list[str] = []
        served = np.isin(np.arange(len(self.stops)), np.r_[timetable.start, timetable.end])
        lost = np.flatnonzero(self.stops.off & served)
        if len(lost):
            names = ", ".join(str(name) for name in timetable.stop_id[lost[:10]])
            self.notes.append(
                _("{count} stops have no street near them: nobody gets on or off there: {names}",
                  count=len(lost), names=names)
            )  # fmt: skip

    @cached_property
    def changes(self) -> Walks:
        """From each stop, where else one can get on and the seconds that it takes: by walking, and as stated."""
        size, stated = len(self.stops), self.timetable.changes
        walks = self._walks(self.stops, self.transfer_minutes)
        start, end, seconds = np.repeat(np.arange(size), np.diff(walks.pointer)), walks.stop, walks.seconds
        other = start != end
        start, end, seconds = start[other], end[other], np.maximum(seconds[other], self.change_seconds)
        own = np.arange(size)
        start, end = np.r_[start, own], np.r_[end, own]
        seconds = np.r_[seconds, np.full(size, float(self.change_seconds))]
        free = ~np.isin(start * size + end, stated.start * size + stated.end)
        start, end = np.r_[start[free], stated.start], np.r_[end[free], stated.end]
        seconds = np.r_[seconds[free], stated.seconds]
        open_ = np.isfinite(seconds)
        return Walks.of(size, start[open_], end[open_], seconds[open_])

    def travel_time(
        self, origins: Any, destinations: Any, *, window: Window = (420, 540), every: float = 1, minutes: float = 120
    ) -> TransitTimes:
        """Minutes between places, over departures from window[0] to window[1] (minutes after midnight), each `every`.

        minutes: the longest journey; what takes longer, on foot too, is inf. Raises ValueError for an empty window.
        """
        moments = _moments(window, every)
        start, goal = (self.network.attach(places, self.access_metres) for places in (origins, destinations))
        foot = self._on_foot(start, goal, minutes)
        to_stops, from_stops = self._walks(start, self.walk_minutes), self._walks(goal, self.walk_minutes)
        service = self._service(moments, minutes)
        found = np.empty((3, len(start), len(goal)))
        nobody = np.zeros(len(start), np.int64)

        def to(place: int) -> None:
            walk = np.full(len(self.stops), np.inf)
            own = slice(from_stops.pointer[place], from_stops.pointer[place + 1])
            walk[from_stops.stop[own]] = from_stops.seconds[own]
            way = profile(service, walk, np.zeros(len(walk), np.int64))
            foot_here = np.ascontiguousarray(foot[:, place])
            found[:, :, place] = settle(to_stops, moments, way, foot_here, nobody, float(minutes * 60))[0].T

        _each(to, len(goal))
        low, median, high = found / 60
        return TransitTimes(median, low, high, foot / 60)

    def matrix(self, origins: Any, destinations: Any, **question: Any) -> Floats:
        """The median minutes (origins, destinations); what it takes is what travel_time takes."""
        return self.travel_time(origins, destinations, **question).median

    def nearest(
        self,
        origins: Any,
        destinations: Any,
        *,
        window: Window = (420, 540),
        every: float = 1,
        minutes: float = 120,
        group: Any = None,
    ) -> TransitNearest:
        """Minutes from each origin to the destination reached soonest. One scan serves all: see TransitNearest.

        group: what each destination point belongs to. minutes: the longest journey.
        """
        moments = _moments(window, every)
        start, goal = (self.network.attach(places, self.access_metres) for places in (origins, destinations))
        names = np.arange(len(goal)) if group is None else np.asarray(group)
        foot = times.nearest(self.network, start, goal, minutes=None, kmh=self.kmh, group=names)
        near = times.nearest(self.network, self.stops, goal, minutes=self.walk_minutes, kmh=self.kmh, group=names)
        to_stops = self._walks(start, self.walk_minutes)
        way = profile(self._service(moments, minutes), near.minutes * 60, near.destination)
        nobody = np.where(foot.destination < 0, NOWHERE, foot.destination)
        found, where = settle(to_stops, moments, way, foot.minutes * 60, nobody, float(minutes * 60))
        low, median, high = found.T / 60
        served = np.repeat(np.arange(len(start)), np.diff(to_stops.pointer))[way.count[to_stops.stop] > 0]
        cut_off = (foot.reason == Reason.ISOLATED) & ~np.isin(np.arange(len(start)), served)
        reached = np.isfinite(median)
        reason = np.where(foot.reason == Reason.OFF_NETWORK, Reason.OFF_NETWORK, Reason.BEYOND_LIMIT)
        reason = np.where(reached, Reason.REACHED, np.where(cut_off, Reason.ISOLATED, reason)).astype(np.int64)
        walked = np.where(foot.minutes <= minutes, foot.minutes, np.inf)
        return TransitNearest(median, low, high, walked, np.where(reached, where, -1), reason, goal.off)

    def _walks(self, places: Attachment, minutes: float) -> Walks:
        """Walks of at most so many minutes between places and stops; walking, they are the same both ways."""
        found = joined_pairs(list(within(self.network, places, self.stops, minutes, self.kmh)))
        return Walks.of(len(places), found.origin, found.destination, found.minutes * 60)

    def _on_foot(self, start: Attachment, goal: Attachment, minutes: float) -> Floats:
        """Seconds (start, goal) on foot; inf where they are more than `minutes`."""
        seconds = np.full((len(start), len(goal)), np.inf)
        for found in within(self.network, start, goal, minutes, self.kmh):
            seconds[found.origin, found.destination] = found.minutes * 60
        return seconds

    def _service(self, moments: Floats, minutes: float) -> Service:
        """The connections between the first departure and the end of the longest journey of the last one."""
        t = self.timetable
        first = int(np.searchsorted(t.departure, moments[0]))
        last = int(np.searchsorted(t.departure, moments[-1] + minutes * 60, side="right"))
        used = slice(first, last)
        following = t.following[used] - first
        following[(t.following[used] < 0) | (following >= last - first)] = -1
        counts = np.bincount(t.start[used], minlength=len(self.stops))
        return Service(
            t.departure[used], t.arrival[used], t.start[used], t.end[used], following,
            t.boards[used].astype(np.int64), t.alights[used].astype(np.int64), self.changes, np.cumsum(counts) - counts,
        )  # fmt: skip


def _moments(window: Window, every: float) -> Floats:
    first, last = window
    if not (every > 0 and 0 <= first <= last):
        raise ValueError(f"no departure lies in the window {window!r}, each {every!r} minutes")
    return np.asarray((first + every * np.arange(int((last - first) / every + 1e-9) + 1)) * 60, float)


def _each(work: Any, size: int) -> None:
    """`work(k)` for all k < size; several at once where it is compiled and leaves Python's lock."""
    if not (compiled.available() and size):
        for k in range(size):
            work(k)
        return
    windowed(lambda one: work(one.start), size, size=1)

"""A day's timetable as arrays: stops, and connections from one stop of a trip to its next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qsgis.network.arrays import Bools, Floats, Ints, ranges

Texts = NDArray[np.object_]


@dataclass(frozen=True)
class Calls:
    """Calls of trips at stops, an element each, those of a trip together and in the order of travel."""

    trip: Ints  # number of the trip
    stop: Ints  # number of the stop
    arrival: Ints  # seconds after midnight of the day
    departure: Ints
    boards: Bools  # passengers may get on
    alights: Bools  # passengers may get off

    def take(self, which: Ints | Bools) -> Calls:
        """The calls at these positions (or where the mask is true)."""
        return Calls(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Changes:
    """Times that the operator states for changing: from a stop to a stop (perhaps itself); inf: no change there."""

    start: Ints
    end: Ints
    seconds: Floats

    @classmethod
    def none(cls) -> Changes:
        """Nothing is stated."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


@dataclass(frozen=True)
class Timetable:
    """What runs on one day, past midnight included. Made by `of_calls`.

    stop_id: (stops,); xy: (stops, 2) in `crs`, NaN where a stop has no place. Connections, sorted by departure, then
    trip, then order of travel: from stop, to stop, departure and arrival in seconds after midnight (24 h and more for
    the night that follows), trip, the trip's next connection (-1: none), whether one may get on at its start and off at
    its end. trip_id names the trips. notes: what was left out or made up on the way; estimated: why times that stand on
    it are estimates.
    """

    stop_id: Texts
    xy: Floats
    crs: Any
    trip_id: Texts
    start: Ints
    end: Ints
    departure: Floats
    arrival: Floats
    trip: Ints
    following: Ints
    boards: Bools
    alights: Bools
    changes: Changes
    day: date | None = None
    notes: tuple[str, ...] = ()
    estimated: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.departure)

    @classmethod
    def of_calls(
        cls,
        calls: Calls,
        stop_id: Texts,
        xy: Floats,
        crs: Any,
        trip_id: Texts,
        *,
        changes: Changes | None = None,
        day: date | None = None,
        notes: tuple[str, ...] = (),
        estimated: tuple[str, ...] = (),
    ) -> Timetable:
        """The timetable of calls. Connections that leave before midnight of the day are left out.

        Raises ValueError where a trip runs backwards in time: whoever reads a timetable refuses such trips.
        """
        same = calls.trip[1:] == calls.trip[:-1]
        at = np.flatnonzero(same)
        leaves, arrives = calls.departure[at], calls.arrival[at + 1]
        if (arrives < leaves).any() or (calls.departure < calls.arrival).any():
            raise ValueError("a trip runs backwards in time")
        late = leaves >= 0
        at, leaves, arrives = at[late], leaves[late], arrives[late]
        order = np.lexsort((at, calls.trip[at], leaves))
        at = at[order]
        place = np.full(len(calls.trip), -1, np.int64)  # of the connection that leaves a call
        place[at] = np.arange(len(at))
        return cls(
            stop_id, xy, crs, trip_id,
            start=calls.stop[at], end=calls.stop[at + 1],
            departure=leaves[order].astype(float), arrival=arrives[order].astype(float),
            trip=calls.trip[at], following=np.where(_goes_on(calls, at), place[at + 1], -1),
            boards=calls.boards[at], alights=calls.alights[at + 1],
            changes=changes or Changes.none(), day=day, notes=notes, estimated=estimated,
        )  # fmt: skip


def _goes_on(calls: Calls, at: Ints) -> Bools:
    """Whether the trip leaves again from the call after each."""
    after = np.minimum(at + 2, len(calls.trip) - 1)
    goes_on: Bools = (at + 2 < len(calls.trip)) & (calls.trip[after] == calls.trip[at])
    return goes_on


def repeated(calls: Calls, trips: Ints, shift: Ints, names: Ints) -> Calls:
    """Copies of trips: the calls of trip `trips[k]`, `shift[k]` seconds later, as trip number `names[k]`."""
    if not len(trips):
        return calls.take(np.zeros(0, np.int64))
    count = np.bincount(calls.trip, minlength=int(trips.max()) + 1)
    begin = np.cumsum(count) - count  # the calls of a trip stand together, trips in the order of their numbers
    rows, many = ranges(begin[trips], count[trips]), count[trips]
    taken, later = calls.take(rows), np.repeat(shift, many)
    return Calls(
        np.repeat(names, many), taken.stop, taken.arrival + later, taken.departure + later, taken.boards, taken.alights
    )

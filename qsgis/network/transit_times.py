"""From the profiles of stops to the times of origins: every departure of a window, then median and spread.

Both ways, compiled and with numpy, give the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qsgis.network import compiled, transit_profile
from qsgis.network.arrays import Floats, Ints, ranges
from qsgis.network.transit_profile import EPS, NOWHERE

_BLOCK = 5_000  # origins at once without numba: bounds memory
RANKS = (1, 5, 9)  # tenths: the low time, the median, the high one


@dataclass(frozen=True)
class Walks:
    """Walks between places and stops, by place: pointer (places + 1), stop, seconds."""

    pointer: Ints
    stop: Ints
    seconds: Floats

    @classmethod
    def of(cls, size: int, place: Ints, stop: Ints, seconds: Floats) -> Walks:
        """From pairs in any order."""
        order = np.lexsort((stop, place))
        pointer = np.r_[0, np.cumsum(np.bincount(place, minlength=size))].astype(np.int64)
        return cls(pointer, stop[order], seconds[order])

    def take(self, first: int, last: int) -> Walks:
        """Those of the places first … last - 1 (or to the end)."""
        pointer = self.pointer[first : last + 1]
        own = slice(pointer[0], pointer[-1])
        return Walks(pointer - pointer[0], self.stop[own], self.seconds[own])


@dataclass(frozen=True)
class Service:
    """The connections that a question needs, numbered from 0, with the changes at each stop and room for profiles."""

    departure: Floats
    arrival: Floats
    start: Ints
    end: Ints
    following: Ints
    boards: Ints
    alights: Ints
    change: Walks
    room: Ints

    @property
    def repeat(self) -> bool:
        """Whether there are rides and changes that take no time."""
        return bool((self.departure == self.arrival).any() and (self.change.seconds <= 0).any())


@dataclass(frozen=True)
class Profile:
    """What transit_profile.scan fills; see there."""

    room: Ints
    count: Ints
    leaves: Floats
    arrives: Floats
    goal: Ints


def profile(service: Service, walk: Floats, goal: Ints) -> Profile:
    """The profiles of all stops towards the goals that are `walk` seconds from each stop (inf: none near it)."""
    size, stops = len(service.departure), len(walk)
    day = (
        service.departure, service.arrival, service.start, service.end, service.following, service.boards,
        service.alights, service.change.pointer, service.change.stop, service.change.seconds,
    )  # fmt: skip
    near = (walk, np.where(np.isfinite(walk), goal, NOWHERE))
    label = (np.full(size, np.inf), np.full(size, NOWHERE))
    found = (service.room, np.zeros(stops, np.int64), np.empty(size), np.empty(size), np.empty(size, np.int64))
    if compiled.available():
        from qsgis.network.compiled import connections

        connections.scan(0, size, service.repeat, day, near, found, label)
        return Profile(*found)
    lists = tuple(part.tolist() for part in found)
    plain = [tuple(part.tolist() for part in group) for group in (day, near, label)]
    transit_profile.scan(0, size, service.repeat, plain[0], plain[1], lists, plain[2])
    _room, count, leaves, arrives, goal_of = lists
    return Profile(service.room, np.array(count, np.int64), np.array(leaves), np.array(arrives), np.array(goal_of))


def settle(
    walks: Walks, moments: Floats, found: Profile, foot: Floats, foot_goal: Ints, limit: float
) -> tuple[Floats, Ints]:
    """Seconds (origins, 3) that a tenth, half and nine tenths of the departures keep to, and the goal of the median.

    moments: seconds after midnight, ascending, evenly spaced. foot, foot_goal: the walk that competes. limit: seconds;
    what takes longer is inf. A quantile is a time that occurs: the smallest that so many departures keep to.
    """
    size, count = len(walks.pointer) - 1, len(moments)
    ranks = np.array([(count * tenths + 9) // 10 - 1 for tenths in RANKS])
    times, goals = np.empty((size, len(ranks))), np.empty(size, np.int64)
    if compiled.available():
        from qsgis.network.compiled import connections

        parts = (found.room, found.count, found.leaves, found.arrives, found.goal)
        connections.settle(
            walks.pointer, walks.stop, walks.seconds, moments, parts, foot, foot_goal, ranks, limit, times, goals
        )
        return times, goals
    for first in range(0, size, _BLOCK):
        own = slice(first, first + _BLOCK)
        some = walks.take(own.start, own.stop)
        times[own], goals[own] = _settled(some, moments, found, foot[own], foot_goal[own], limit, ranks)
    return times, goals


def _settled(
    walks: Walks, moments: Floats, found: Profile, foot: Floats, foot_goal: Ints, limit: float, ranks: Ints
) -> tuple[Floats, Ints]:
    """`settle` for some origins, by numpy."""
    best, goal = _board(walks, moments, found)
    best = best - moments
    on_foot = foot[:, None] <= best
    best, goal = np.where(on_foot, foot[:, None], best), np.where(on_foot, foot_goal[:, None], goal)
    far = best > limit + EPS
    best, goal = np.where(far, np.inf, best), np.where(far, NOWHERE, goal)
    times = np.sort(best, axis=1)[:, ranks]
    middle = np.argmax(best == times[:, 1:2], axis=1)
    return times, goal[np.arange(len(times)), middle]


def _board(walks: Walks, moments: Floats, found: Profile) -> tuple[Floats, Ints]:
    """transit_profile.board for all origins at once: arrival and goal (origins, moments)."""
    size, count = len(walks.pointer) - 1, len(moments)
    best, goal = np.full((size, count), np.inf), np.full((size, count), NOWHERE)
    many = found.count[walks.stop]
    entry = ranges(found.room[walks.stop], many)
    latest = found.leaves[entry] + EPS - np.repeat(walks.seconds, many)
    j = np.searchsorted(moments, latest, side="right") - 1
    cell = np.repeat(np.repeat(np.arange(size), np.diff(walks.pointer)), many) * count + j
    entry, cell = entry[j >= 0], cell[j >= 0]
    order = np.lexsort((found.goal[entry], found.arrives[entry], cell))
    order = order[np.unique(cell[order], return_index=True)[1]]
    best.flat[cell[order]], goal.flat[cell[order]] = found.arrives[entry[order]], found.goal[entry[order]]
    for k in range(count - 2, -1, -1):  # who sets out earlier can do what who sets out later does
        later = (best[:, k + 1] < best[:, k]) | ((best[:, k + 1] == best[:, k]) & (goal[:, k + 1] < goal[:, k]))
        best[later, k], goal[later, k] = best[later, k + 1], goal[later, k + 1]
    return best, goal

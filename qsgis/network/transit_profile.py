"""A scan of the day's connections from the last to the first: for each stop, when to leave and when one is there.

A profile is the departures from a stop that are worth taking, the latest first; each later one arrives later. It says
when one is at the goal reached soonest, and which goal that is (a tie goes to the lower number).

Written for single numbers: it runs as it stands on lists, and compiled on arrays (compiled/connections.py): one text,
one answer. What it means to each origin (`settle`) is run compiled only; without numba transit_times has it by numpy.
Source: Dibbelt, Pajor, Strasser, Wagner: Connection Scan Algorithm (2018), profiles with bounded walks.
"""

from __future__ import annotations

from typing import Any

import numpy as np

EPS = 1e-6  # seconds: walks are no whole numbers, and who is there on the second catches the bus
NOWHERE = 2**62  # goal of what arrives nowhere: above every number


def scan(first: int, last: int, repeat: bool, day: Any, walk: Any, profile: Any, label: Any) -> None:
    """Fill the profiles of all stops from the connections first … last - 1.

    day: departure, arrival, start, end, following, boards, alights of the connections, then pointer, stop and seconds
    of the changes from each stop. walk: seconds from each stop to the goal nearest to it (inf), and which (NOWHERE).
    profile: room, count, leaves, arrives, goal; that of stop s is at room[s] … room[s] + count[s] - 1. label: arrival
    and goal of who sits in each connection, inf and NOWHERE at first. repeat: look at the connections of one moment
    until nothing changes, which is needed where both a ride and a change take no time.
    """
    departure, boards = day[0], day[5]
    high = last
    while high > first:
        low = high - 1
        while low > first and departure[low - 1] == departure[low]:
            low -= 1
        again = True
        while again:
            again = False
            for c in range(high - 1, low - 1, -1):
                when, goal = onward(c, last, day, walk, profile, label)
                if when < label[0][c] or (when == label[0][c] and goal < label[1][c]):
                    label[0][c], label[1][c] = when, goal
                    again = repeat
                    if boards[c]:
                        keep(day[2][c], departure[c], when, goal, profile)
        high = low


def onward(c: int, last: int, day: Any, walk: Any, profile: Any, label: Any) -> Any:
    """The soonest arrival of who sits in connection c, and the goal: staying in, walking there, or changing."""
    when, goal = label[0][c], label[1][c]
    after = day[4][c]
    if 0 <= after < last and sooner(label[0][after], label[1][after], when, goal):
        when, goal = label[0][after], label[1][after]
    if not day[6][c]:
        return when, goal
    off, here = day[1][c], day[3][c]
    if sooner(off + walk[0][here], walk[1][here], when, goal):
        when, goal = off + walk[0][here], walk[1][here]
    for k in range(day[7][here], day[7][here + 1]):
        p = catch(day[8][k], off + day[9][k], profile)
        if p >= 0 and sooner(profile[3][p], profile[4][p], when, goal):
            when, goal = profile[3][p], profile[4][p]
    return when, goal


def sooner(when: float, goal: int, other: float, other_goal: int) -> bool:
    """Whether one arrival goes before another."""
    return when < other or (when == other and goal < other_goal)


def catch(stop: int, ready: float, profile: Any) -> int:
    """Where in the profile of a stop the departure stands that one who is there at `ready` takes; -1: none."""
    p = profile[0][stop] + profile[1][stop] - 1
    while p >= profile[0][stop] and profile[2][p] < ready - EPS:
        p -= 1
    return p if p >= profile[0][stop] else -1


def keep(stop: int, leaves: float, when: float, goal: int, profile: Any) -> None:
    """Put a departure into the profile of its stop, unless a later one arrives no later."""
    room, count = profile[0][stop], profile[1][stop]
    p = room + count - 1
    if count > 0 and not sooner(when, goal, profile[3][p], profile[4][p]):
        return
    if count == 0 or profile[2][p] != leaves:
        p += 1
        profile[1][stop] += 1
    profile[2][p], profile[3][p], profile[4][p] = leaves, when, goal


def board(walks: Any, moments: Any, profile: Any, best: Any, goal: Any) -> None:
    """The soonest arrival of who sets out at each of `moments` (ascending, evenly spaced), by walks to stops.

    walks: stops and the seconds to them. best, goal: arrival and goal a moment; what they hold counts too.
    """
    size = len(moments)
    step = moments[1] - moments[0] if size > 1 else 1.0
    for k in range(len(walks[0])):
        stop, way = walks[0][k], walks[1][k]
        for p in range(profile[0][stop], profile[0][stop] + profile[1][stop]):
            latest = profile[2][p] + EPS - way
            if latest < moments[0]:
                break
            j = min(int((latest - moments[0]) / step), size - 1)
            while j + 1 < size and moments[j + 1] <= latest:
                j += 1
            while moments[j] > latest:
                j -= 1
            if sooner(profile[3][p], profile[4][p], best[j], goal[j]):
                best[j], goal[j] = profile[3][p], profile[4][p]
    for j in range(size - 2, -1, -1):  # who sets out earlier can do what who sets out later does
        if sooner(best[j + 1], goal[j + 1], best[j], goal[j]):
            best[j], goal[j] = best[j + 1], goal[j + 1]


def smallest(values: Any, rank: int) -> Any:
    """The value of this rank (0: the least); `values` are moved about (Hoare's selection)."""
    low, high = 0, len(values) - 1
    while low < high:
        pivot, i, j = values[(low + high) // 2], low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i, j = i + 1, j - 1
        if j < rank:
            low = i
        if rank < i:
            high = j
    return values[rank]


def settle(
    pointer: Any, stop: Any, seconds: Any, moments: Any, profile: Any, foot: Any, foot_goal: Any, ranks: Any,
    limit: float, times: Any, goals: Any,
) -> None:  # fmt: skip
    """Fill times (origins, ranks) and goals (origins,); see transit_times.settle, which gives the same."""
    size = len(moments)
    for o in range(len(pointer) - 1):
        best, goal = np.full(size, np.inf), np.full(size, NOWHERE)
        a, b = pointer[o], pointer[o + 1]
        board((stop[a:b], seconds[a:b]), moments, profile, best, goal)
        for j in range(size):
            best[j] -= moments[j]
            if foot[o] <= best[j]:
                best[j], goal[j] = foot[o], foot_goal[o]
            if best[j] > limit + EPS:
                best[j], goal[j] = np.inf, NOWHERE
        known = best.copy()
        for k in range(len(ranks)):
            times[o, k] = smallest(known, ranks[k])
        for j in range(size):
            if best[j] == times[o, 1]:
                goals[o] = goal[j]
                break

"""Minutes between many places as rows of those within a limit, and the k nearest of each place.

What a matrix says of near pairs, without its memory: it grows with the pairs that are near, not with all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from qsgis.network import compiled
from qsgis.network.arrays import Floats, Ints, ranges
from qsgis.network.attach import Attachment
from qsgis.network.search import Reached, along, first_of, reach, starts
from qsgis.network.times import ROUNDING, leg_minutes, sides

if TYPE_CHECKING:
    from qsgis.network.graph import Network


@dataclass(frozen=True)
class Pairs:
    """Rows, an origin and a destination (or group) each, and the minutes between them, legs counted."""

    origin: Ints
    destination: Ints
    minutes: Floats

    def take(self, which: Ints) -> Pairs:
        """The rows at these positions (or where the mask is true)."""
        return Pairs(self.origin[which], self.destination[which], self.minutes[which])


def joined_pairs(parts: list[Pairs]) -> Pairs:
    """Rows put one after the other."""
    if not parts:
        return Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
    return Pairs(*(np.concatenate([getattr(part, name) for part in parts]) for name in Pairs.__dataclass_fields__))


def within(
    network: Network, origins: Attachment, destinations: Attachment, minutes: float, kmh: float
) -> Iterator[Pairs]:
    """Pairs within `minutes`, some at a time: searches start from the side with fewer places."""
    outward = len(origins) <= len(destinations)
    start, goal = (origins, destinations) if outward else (destinations, origins)
    own = np.arange(len(start))
    for found in _from_groups(network, start, own, len(start), goal, minutes, kmh, outward=outward):
        yield found if outward else Pairs(found.destination, found.origin, found.minutes)


def _from_groups(
    network: Network,
    start: Attachment,
    group: Ints,
    size: int,
    goal: Attachment,
    minutes: float,
    kmh: float,
    *,
    outward: bool,
) -> Iterator[Pairs]:
    """Rows (origin = group of the start, destination = goal) within `minutes`, the least of each group and goal."""
    graph = network.outward if outward else network.homeward
    doors = _doors(network, goal, kmh, outward=outward)
    beside = _beside(network, start, group, goal, minutes, kmh, outward=outward)
    for found in reach(graph, starts(network, start, group, size, kmh, outward=outward), minutes):
        near = _through(found, doors, minutes)
        mine = (beside.origin >= found.first) & (beside.origin < found.stop)
        yield quickest_of(joined_pairs([near, beside.take(np.flatnonzero(mine))]))


@dataclass(frozen=True)
class _Doors:
    """Ways from junctions to goals: those of node i stand from `begin[i]` to `begin[i + 1]`."""

    begin: Ints
    goal: Ints
    side: Floats  # minutes along the goal's edge
    leg: Floats


def _doors(network: Network, goal: Attachment, kmh: float, *, outward: bool) -> _Doors:
    on = np.flatnonzero(~goal.off)
    here = goal.take(on)
    side = np.concatenate(sides(network, here, arriving=outward))
    node = np.r_[network.edges.u[here.edge], network.edges.v[here.edge]]
    open_ = np.flatnonzero(np.isfinite(side))
    order = open_[np.argsort(node[open_], kind="stable")]
    begin = np.r_[0, np.cumsum(np.bincount(node[order], minlength=len(network.nodes)))]
    return _Doors(begin, np.tile(on, 2)[order], side[order], np.tile(leg_minutes(here, kmh), 2)[order])


def _through(found: Reached, doors: _Doors, minutes: float) -> Pairs:
    """From each junction that was reached to the goals beside it."""
    count = doors.begin[found.node + 1] - doors.begin[found.node]
    door = ranges(doors.begin[found.node], count)
    total = np.repeat(found.minutes, count) + doors.side[door] + doors.leg[door]
    keep = total <= minutes + ROUNDING
    return Pairs(np.repeat(found.group, count)[keep], doors.goal[door][keep], total[keep])


def _beside(
    network: Network, start: Attachment, group: Ints, goal: Attachment, minutes: float, kmh: float, *, outward: bool
) -> Pairs:
    """Goals on the edges of the starts themselves, by the way along."""
    i, j, way = along(network, start, goal, outward=outward)
    total = leg_minutes(start.take(i), kmh) + way + leg_minutes(goal.take(j), kmh)
    keep = total <= minutes + ROUNDING
    keep &= np.isfinite(total)
    return Pairs(group[i][keep], j[keep], total[keep])


def quickest_of(rows: Pairs) -> Pairs:
    """One row for each origin and destination, the quickest; in the order of both."""
    order = np.lexsort((rows.minutes, rows.destination, rows.origin))
    return rows.take(order[first_of(rows.origin[order], rows.destination[order])])


class _Asked(NamedTuple):
    """What the k nearest are asked of: `group` is the number of each destination's group, below `size`."""

    network: Network
    origins: Attachment
    destinations: Attachment
    group: Ints
    size: int
    minutes: float
    kmh: float


def k_nearest(
    network: Network,
    origins: Attachment,
    destinations: Attachment,
    group: Ints,
    size: int,
    k: int,
    minutes: float,
    kmh: float,
) -> tuple[Floats, Ints]:
    """Minutes (origins, k) to the k nearest of `size` groups of destinations, and their numbers; inf and -1: no more.

    Of groups equally near the lower number comes first.
    """
    asked = _Asked(network, origins, destinations, group, size, minutes, kmh)
    rows = (_labelled if compiled.available() else _sifted)(asked, k)
    return _table(rows, len(origins), k)


def _labelled(asked: _Asked, k: int) -> Pairs:
    """By one search from all destinations that leaves the k nearest groups at each junction."""
    from qsgis.network.compiled.search import nearest_groups

    network, origins, destinations, group, size, minutes, kmh = asked
    ways = starts(network, destinations, group, size, kmh, outward=False)
    own = np.repeat(np.arange(size), np.diff(ways.begin))
    graph = network.homeward
    label, which = nearest_groups(
        graph.indptr, graph.indices, graph.data, own, ways.node, ways.minutes, k, minutes + ROUNDING
    )
    doors = _doors(network, origins, kmh, outward=False)
    node = np.repeat(np.arange(len(network.nodes)), np.diff(doors.begin))
    group_of, total = which[node], label[node] + doors.side[:, None] + doors.leg[:, None]
    keep = total <= minutes + ROUNDING
    keep &= group_of >= 0
    door, _place = np.nonzero(keep)
    beside = _beside(network, destinations, group, origins, minutes, kmh, outward=False)
    near = Pairs(doors.goal[door], group_of[keep], total[keep])
    return joined_pairs([near, Pairs(beside.destination, beside.origin, beside.minutes)])


def _sifted(asked: _Asked, k: int) -> Pairs:
    """By a search from each group; after each batch of groups only the k nearest are kept."""
    network, origins, destinations, group, size, minutes, kmh = asked
    best = joined_pairs([])
    for found in _from_groups(network, destinations, group, size, origins, minutes, kmh, outward=False):
        best = _nearest_of(joined_pairs([best, Pairs(found.destination, found.origin, found.minutes)]), k)[0]
    return best


def _nearest_of(rows: Pairs, k: int) -> tuple[Pairs, Ints]:
    """The k quickest rows of each origin, a destination once, and the place of each among them (from 0)."""
    rows = quickest_of(rows)
    order = np.lexsort((rows.destination, rows.minutes, rows.origin))
    begin = np.flatnonzero(first_of(rows.origin[order]))
    rank = np.arange(len(order)) - np.repeat(begin, np.diff(np.r_[begin, len(order)]))
    keep = rank < k
    return rows.take(order[keep]), rank[keep]


def _table(rows: Pairs, size: int, k: int) -> tuple[Floats, Ints]:
    minutes, destination = np.full((size, k), np.inf), np.full((size, k), -1, np.int64)
    rows, rank = _nearest_of(rows, k)
    minutes[rows.origin, rank], destination[rows.origin, rank] = rows.minutes, rows.destination
    return minutes, destination

"""Minutes on a network: to the nearest of many places in one sweep, and between many places in batches.

A place stands on an edge, s metres from its u, with a leg to it. Leaving it costs the leg and the way to u or to v;
arriving likewise; between two places on one edge the way along it competes. One-ways close a side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from qsgis.messages import _
from qsgis.network.arrays import Bools, Floats, Ints
from qsgis.network.attach import Attachment
from qsgis.network.sources import nearest_places, with_sources

if TYPE_CHECKING:
    from qsgis.network.graph import Network

ROUNDING = 1e-9  # minutes: a limit is inclusive, and 0.1 + 0.2 > 0.3
AT_NODE = 1e-6  # metres: a place this near to a junction may leave by all its streets


class Reason(IntEnum):
    """Why an origin has the minutes it has."""

    REACHED = 0
    BEYOND_LIMIT = 1
    OFF_NETWORK = 2
    ISOLATED = 3
    ONE_WAY = 4

    @property
    def label(self) -> str:
        """The reason in the user's language."""
        return {
            Reason.REACHED: _("reached"),
            Reason.BEYOND_LIMIT: _("beyond the limit"),
            Reason.OFF_NETWORK: _("too far from any street"),
            Reason.ISOLATED: _("on a part of the network without a facility"),
            Reason.ONE_WAY: _("cut off by one-way streets"),
        }[self]


@dataclass(frozen=True)
class Nearest:
    """The destination reached soonest from each origin."""

    minutes: Floats  # inf where none is reached
    destination: Ints  # position, or group, of the destination; -1
    reason: Ints  # a Reason
    off: Bools  # a destination point each: no street within the access limit, so it serves nobody here


@dataclass(frozen=True)
class Sweep:
    """Minutes from every node to the nearest of some places, and which place."""

    minutes: Floats
    tell: Callable[[], Ints]  # which place it is
    places: Attachment
    kmh: float  # of the legs

    @cached_property
    def place(self) -> Ints:
        """The place of each node; -1: none."""
        return self.tell()


def leg_minutes(places: Attachment, kmh: float) -> Floats:
    """Minutes between each place and its street; inf where it has none."""
    return places.leg / kmh * 0.06


def sides(network: Network, places: Attachment, *, arriving: bool) -> tuple[Floats, Floats]:
    """Minutes along the edge between each place and the edge's ends u and v: leaving it, or arriving at it."""
    edges, e = network.edges, places.edge
    share = places.s / edges.metres[e]
    rest = 1.0 - share
    to_u, to_v = edges.backward[e], edges.forward[e]
    if arriving:
        to_u, to_v = to_v, to_u
    # a place at a junction may take any street there, whichever of them it was attached to
    to_u = np.where(np.isinf(to_u) & (places.s <= AT_NODE), to_v, to_u)
    to_v = np.where(np.isinf(to_v) & (edges.metres[e] - places.s <= AT_NODE), to_u, to_v)
    return part_of(share, to_u), part_of(rest, to_v)


def part_of(share: Floats, minutes: Floats) -> Floats:
    """Share × minutes, where a closed direction stays closed for a share of 0 too."""
    return np.where(np.isinf(minutes), np.inf, share * np.where(np.isinf(minutes), 0.0, minutes))


def sweep(network: Network, places: Attachment, kmh: float) -> Sweep:
    """One search backwards from all places together: a source row joined to the ends of their edges."""
    on = np.flatnonzero(~places.off)
    here = places.take(on)
    from_u, from_v = sides(network, here, arriving=True)
    leg = leg_minutes(here, kmh)
    ends = np.r_[network.edges.u[here.edge], network.edges.v[here.edge]]
    cost = np.r_[from_u + leg, from_v + leg]
    open_ = np.isfinite(cost)
    minutes, tell = nearest_places(network.homeward, ends[open_], cost[open_], np.r_[on, on][open_])
    return Sweep(minutes, tell, places, kmh)


def from_places(network: Network, found: Sweep, origins: Attachment) -> tuple[Floats, Ints]:
    """Minutes and nearest place of `origins` that are on the network, their own leg not counted."""
    to_u, to_v = sides(network, origins, arriving=False)
    u, v = network.edges.u[origins.edge], network.edges.v[origins.edge]
    by_u, by_v = to_u + found.minutes[u], to_v + found.minutes[v]
    minutes = np.minimum(by_u, by_v)
    place = _lower(by_u, found.place[u], by_v, found.place[v])
    for ahead in (True, False):
        along, which = _same_edge(network, found, origins, ahead=ahead)
        place = _lower(minutes, place, along, which)
        minutes = np.minimum(along, minutes)
    return minutes, np.where(np.isfinite(minutes), place, -1)


def _lower(one: Floats, its: Ints, other: Floats, theirs: Ints) -> Ints:
    """The place of the lesser minutes; of equal ones the lower number."""
    place: Ints = np.where(one < other, its, np.where(other < one, theirs, np.minimum(its, theirs)))
    return place


def _same_edge(network: Network, found: Sweep, origins: Attachment, *, ahead: bool) -> tuple[Floats, Ints]:
    """Minutes along the own edge to the best place ahead (towards v) or behind, and which; inf, -1.

    Places sorted by edge and distance; a running minimum of (leg ∓ way from u) tells the best one on either side.
    The minimum runs over ranks, an edge each in its own range, so that no edge sees another's.
    """
    minutes, which = np.full(len(origins), np.inf), np.full(len(origins), -1, np.int64)
    pace = network.edges.forward if ahead else network.edges.backward
    on = np.flatnonzero(~found.places.off)
    on = on[np.isfinite(pace[found.places.edge[on]])]
    asked = np.flatnonzero(np.isin(origins.edge, found.places.edge[on]) & np.isfinite(pace[origins.edge]))
    if not len(asked):
        return minutes, which
    on = on[np.lexsort((found.places.s[on], found.places.edge[on]))]
    edge, s = found.places.edge[on], found.places.s[on]
    leg, unit = leg_minutes(found.places.take(on), found.kmh), pace / network.edges.metres
    rank = np.empty(len(on), np.int64)
    rank[np.lexsort((on, leg + (s if ahead else -s) * unit[edge]))] = np.arange(len(on))
    number = np.cumsum(np.r_[0, np.diff(edge) != 0]) * len(on)
    run = np.minimum.accumulate((rank + number)[::-1])[::-1] if ahead else np.minimum.accumulate(rank - number)
    by_rank = np.argsort(rank)
    best = on[by_rank[run - number if ahead else run + number]]

    at = _places_before(edge, s, origins.edge[asked], origins.s[asked], ahead=ahead)
    at = at if ahead else at - 1
    inside = (at >= 0) & (at < len(on))
    at = np.clip(at, 0, len(on) - 1)
    hit = inside & (edge[at] == origins.edge[asked])
    asked, best = asked[hit], best[at[hit]]
    way = np.maximum((found.places.s[best] - origins.s[asked]) * (1 if ahead else -1), 0.0)
    minutes[asked] = leg_minutes(found.places.take(best), found.kmh) + way * unit[origins.edge[asked]]
    which[asked] = best
    return minutes, which


def _places_before(edge: Ints, s: Floats, own_edge: Ints, own_s: Floats, *, ahead: bool) -> Ints:
    """How many places (sorted by edge, s) come before each origin; those at its very spot are on either side."""
    size = len(edge)
    shifted = own_s - AT_NODE if ahead else own_s + AT_NODE
    order = np.lexsort((np.r_[s, shifted], np.r_[edge, own_edge]))
    seen = np.cumsum(order < size)
    before = np.empty(len(own_edge), np.int64)
    mine = order >= size
    before[order[mine] - size] = seen[mine]
    return before


def nearest(
    network: Network, origins: Attachment, destinations: Attachment, *, minutes: float | None, kmh: float, group: Any
) -> Nearest:
    """See Network.nearest. The sweep is not bounded: it costs little, and tells beyond the limit from cut off."""
    names = np.arange(len(destinations)) if group is None else np.asarray(group)
    if len(names) != len(destinations):
        raise ValueError("group must give one number for each destination")
    size = len(origins)
    time, place = np.full(size, np.inf), np.full(size, -1, np.int64)
    reason = np.full(size, Reason.OFF_NETWORK, np.int64)
    on = np.flatnonzero(~origins.off)
    if len(on):
        here = origins.take(on)
        found = sweep(network, destinations, kmh)
        way, place[on] = from_places(network, found, here)
        time[on] = way + leg_minutes(here, kmh)
        reason[on] = _reasons(network, here, destinations, np.isfinite(way))
    if minutes is not None:
        beyond = np.isfinite(time) & (time > minutes + ROUNDING)
        time[beyond], place[beyond], reason[beyond] = np.inf, -1, Reason.BEYOND_LIMIT
    return Nearest(time, np.where(place >= 0, names[place] if len(names) else -1, -1), reason, destinations.off)


def _reasons(network: Network, origins: Attachment, destinations: Attachment, reached: Bools) -> Ints:
    part = network.component[network.edges.u]
    served = np.isin(part[origins.edge], part[destinations.edge[~destinations.off]])
    return np.where(reached, Reason.REACHED, np.where(served, Reason.ONE_WAY, Reason.ISOLATED)).astype(np.int64)


def matrix(
    network: Network, origins: Attachment, destinations: Attachment, *, minutes: float | None, kmh: float, batch: int
) -> Floats:
    """See Network.matrix. Sweeps start from the side with fewer places."""
    forth = len(origins) <= len(destinations)
    graph = network.outward if forth else network.homeward
    start, goal = (origins, destinations) if forth else (destinations, origins)
    out = np.full((len(start), len(goal)), np.inf)
    on, ends = np.flatnonzero(~start.off), np.flatnonzero(~goal.off)
    goals = goal.take(ends)
    for begin in range(0, len(on), batch):
        rows = on[begin : begin + batch]
        block = _block(network, graph, start.take(rows), goals, forth=forth, kmh=kmh, minutes=minutes)
        out[np.ix_(rows, ends)] = block
    if minutes is not None:
        out[out > minutes + ROUNDING] = np.inf
    return out if forth else out.T


def _block(
    network: Network,
    graph: csr_array,
    starts: Attachment,
    goals: Attachment,
    *,
    forth: bool,
    kmh: float,
    minutes: float | None,
) -> Floats:
    """Minutes from each of some starts to all goals, a source row a start."""
    u, v = network.edges.u, network.edges.v
    legs, last = leg_minutes(starts, kmh), leg_minutes(goals, kmh)
    count = len(starts)
    cost = np.concatenate([side + legs for side in sides(network, starts, arriving=not forth)])
    node, row = np.r_[u[starts.edge], v[starts.edge]], np.tile(np.arange(count), 2)
    open_ = np.isfinite(cost)
    size = len(network.nodes)
    joined, _which = with_sources(graph, count, row[open_], node[open_], cost[open_])
    limit = np.inf if minutes is None else minutes + ROUNDING
    swept = dijkstra(joined, indices=size + np.arange(count), limit=limit)
    by_u, by_v = sides(network, goals, arriving=forth)
    block: Floats = np.minimum(swept[:, u[goals.edge]] + by_u, swept[:, v[goals.edge]] + by_v) + last
    i, j = np.nonzero(starts.edge[:, None] == goals.edge[None, :])
    if len(i):
        edge = starts.edge[i]
        way = (goals.s[j] - starts.s[i]) * (1 if forth else -1)
        ahead, behind = network.edges.forward[edge], network.edges.backward[edge]
        along = np.minimum(
            np.where(way >= -AT_NODE, part_of(np.maximum(way, 0) / network.edges.metres[edge], ahead), np.inf),
            np.where(way <= AT_NODE, part_of(np.maximum(-way, 0) / network.edges.metres[edge], behind), np.inf),
        )
        block[i, j] = np.minimum(block[i, j], legs[i] + along + last[j])
    return block

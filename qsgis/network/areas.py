"""Service areas: the parts of streets from which each place (or to which, outward) is within some limits.

Along an edge, minutes rise from each end that is reached and from each place on it. Edges are divided at their places
into spans; on a span the minutes rise from both ends to one peak, and so the part within a limit is known exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qsgis.network.arrays import Bools, Floats, Ints, ranges
from qsgis.network.attach import Attachment
from qsgis.network.search import Reached, first_of, reach, starts
from qsgis.network.times import leg_minutes

if TYPE_CHECKING:
    from qsgis.network.graph import Network

_NOTHING = 1e-6  # metres: a shorter piece is none


@dataclass(frozen=True)
class Pieces:
    """Parts of edges, an array element each; those of one group do not overlap."""

    group: Ints
    edge: Ints
    start: Floats  # metres from u
    end: Floats
    band: Floats  # the least limit (minutes) that the piece is within
    least: Floats  # minutes on the piece: the least,
    most: Floats  # the most,
    middle: Floats  # and at its middle

    def __len__(self) -> int:
        return len(self.group)

    def take(self, which: Ints | Bools) -> Pieces:
        """The pieces at these positions (or where the mask is true)."""
        return Pieces(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


def pieces(
    network: Network, places: Attachment, group: Ints, size: int, limits: Floats, kmh: float, *, outward: bool
) -> Pieces:
    """Pieces within `limits` (rising, minutes) of each of `size` groups of places; by group, edge and start."""
    pace = _Pace.of(network, outward=outward)
    graph = network.outward if outward else network.homeward
    ways = starts(network, places, group, size, kmh, outward=outward)
    parts = [_empty()]
    for found in reach(graph, ways, float(limits[-1])):
        mine = np.flatnonzero(~places.off & (group >= found.first) & (group < found.stop))
        here = _spans(network, found, places.take(mine), group[mine], pace, kmh)
        parts.append(_cut(here, pace, limits))
    return Pieces(*(np.concatenate([getattr(part, name) for part in parts]) for name in Pieces.__dataclass_fields__))


def _empty() -> Pieces:
    whole, real = np.zeros(0, np.int64), np.zeros(0)
    return Pieces(whole, whole, real, real, real, real, real, real)


@dataclass(frozen=True)
class _Pace:
    """Minutes a metre on each edge: `rise` away from its u, `fall` away from its v; inf where that is closed."""

    rise: Floats
    fall: Floats

    @classmethod
    def of(cls, network: Network, *, outward: bool) -> _Pace:
        edges = network.edges
        forward, backward = edges.forward / edges.metres, edges.backward / edges.metres
        return cls(forward, backward) if outward else cls(backward, forward)


@dataclass(frozen=True)
class _Spans:
    """Parts of edges between places or ends, with the minutes at both ends (inf: not reached)."""

    group: Ints
    edge: Ints
    low: Floats
    high: Floats
    at_low: Floats
    at_high: Floats


def _spans(network: Network, found: Reached, places: Attachment, own: Ints, pace: _Pace, kmh: float) -> _Spans:
    """The edges at junctions that were reached, and those with places on them, divided at the places."""
    edges = network.edges
    begin, beside = edges.incidence.begin.astype(np.int64), edges.incidence.side
    count = begin[found.node + 1] - begin[found.node]
    side = beside[ranges(begin[found.node], count)]  # edge number, + edges where the junction is its v
    size = len(edges)
    edge, at_v = side % size, side >= size
    group = np.repeat(found.group, count)
    key = np.r_[group * size + edge, own * size + places.edge]
    key = np.sort(key)
    key = key[first_of(key)]
    at_u, at_v_minutes = np.full(len(key), np.inf), np.full(len(key), np.inf)
    minutes, row = np.repeat(found.minutes, count), np.searchsorted(key, group * size + edge)
    at_u[row[~at_v]], at_v_minutes[row[at_v]] = minutes[~at_v], minutes[at_v]
    return _divided(
        key // size, key % size, edges.metres[key % size], at_u, at_v_minutes,
        np.searchsorted(key, own * size + places.edge), places.s, leg_minutes(places, kmh), pace,
    )  # fmt: skip


def _divided(
    group: Ints,
    edge: Ints,
    metres: Floats,
    at_u: Floats,
    at_v: Floats,
    row: Ints,
    s: Floats,
    leg: Floats,
    pace: _Pace,
) -> _Spans:
    """Edges (a row each) divided at places, which stand on row `row`, `s` metres from u, `leg` minutes off."""
    plain = np.ones(len(edge), bool)
    plain[row] = False
    whole = _Spans(group, edge, np.zeros(len(edge)), metres, at_u, at_v)
    crowded = np.flatnonzero(~plain)
    stop = np.r_[crowded, row, crowded]
    where = np.r_[np.zeros(len(crowded)), s, metres[crowded]]
    minutes = np.r_[at_u[crowded], leg, at_v[crowded]]
    order = np.lexsort((where, stop))
    stop, where, minutes = stop[order], where[order], minutes[order]
    link = np.flatnonzero(stop[1:] == stop[:-1])
    minutes = _settled(minutes, link, np.diff(where)[link], pace, edge[stop[link]])
    cut = _Spans(group[stop[link]], edge[stop[link]], where[link], where[link + 1], minutes[link], minutes[link + 1])
    return _Spans(*(np.r_[getattr(whole, name)[plain], getattr(cut, name)] for name in _Spans.__dataclass_fields__))


def _settled(minutes: Floats, link: Ints, gap: Floats, pace: _Pace, edge: Ints) -> Floats:
    """Minutes at stops along edges, each no more than its neighbour's and the way from there.

    link: stops that have a next one on the same edge, `gap` metres on. A place's own leg may be beaten by the way to
    another place of the group beside it.
    """
    ahead = np.multiply(gap, pace.rise[edge], out=np.zeros(len(gap)), where=gap > 0)
    back = np.multiply(gap, pace.fall[edge], out=np.zeros(len(gap)), where=gap > 0)
    while True:
        better = minutes.copy()
        better[link + 1] = np.minimum(better[link + 1], better[link] + ahead)
        better[link] = np.minimum(better[link], better[link + 1] + back)
        if np.array_equal(better, minutes):
            return minutes
        minutes = better


def _cut(spans: _Spans, pace: _Pace, limits: Floats) -> Pieces:
    """The parts of spans within each limit and beyond the one before."""
    side = _Sides.of(spans, pace)
    parts = []
    for before, limit in zip(np.r_[-np.inf, limits[:-1]], limits, strict=True):
        whole = side.peak <= limit  # the two sides meet within the limit: one piece
        left, right = (side.left(before), side.left(limit)), (side.right(limit), side.right(before))
        one = (left[0], np.where(whole, right[1], left[1]))
        other = (np.where(whole, right[1], right[0]), right[1])
        parts += [_kept(spans, side, start, end, limit) for start, end in (one, other)]
    found = Pieces(*(np.concatenate([getattr(part, name) for part in parts]) for name in Pieces.__dataclass_fields__))
    return found.take(np.lexsort((found.start, found.edge, found.group)))


@dataclass(frozen=True)
class _Sides:
    """Spans with the pace from either end, the spot `top` where the two sides meet, and the minutes there."""

    spans: _Spans
    rise: Floats
    fall: Floats
    from_low: Bools  # reached through its low end
    from_high: Bools
    top: Floats
    peak: Floats

    @classmethod
    def of(cls, spans: _Spans, pace: _Pace) -> _Sides:
        rise, fall = pace.rise[spans.edge], pace.fall[spans.edge]
        from_low, from_high = np.isfinite(spans.at_low + rise), np.isfinite(spans.at_high + fall)
        with np.errstate(invalid="ignore", divide="ignore"):
            meet = spans.low + (spans.at_high - spans.at_low + (spans.high - spans.low) * fall) / (rise + fall)
        top = np.where(from_low & from_high, np.clip(meet, spans.low, spans.high), spans.high)
        top = np.where(from_low, top, spans.low)
        side = cls(spans, rise, fall, from_low, from_high, top, top)
        return cls(spans, rise, fall, from_low, from_high, top, side.minutes(top))

    def left(self, minutes: float) -> Floats:
        """How far the lower side goes within `minutes`."""
        return self._far(self.spans.low, self.spans.at_low, self.rise, self.from_low, minutes, 1)

    def right(self, minutes: float) -> Floats:
        """How far down the upper side goes within `minutes`."""
        return self._far(self.spans.high, self.spans.at_high, self.fall, self.from_high, minutes, -1)

    def _far(self, end: Floats, at: Floats, pace: Floats, open_: Bools, minutes: float, sign: int) -> Floats:
        with np.errstate(invalid="ignore"):
            way = np.maximum(minutes - np.where(open_, at, np.inf), 0.0) / pace
        far: Floats = end + sign * np.where(open_, np.minimum(way, np.abs(self.top - end)), 0.0)
        return far

    def minutes(self, s: Floats) -> Floats:
        """Minutes at `s` metres from u, on each span."""
        low, high = s - self.spans.low, self.spans.high - s
        with np.errstate(invalid="ignore"):
            by_low = np.where(self.from_low, self.spans.at_low + low * self.rise, np.inf)
            by_high = np.where(self.from_high, self.spans.at_high + high * self.fall, np.inf)
        return np.minimum(by_low, by_high)


def _kept(spans: _Spans, side: _Sides, start: Floats, end: Floats, limit: float) -> Pieces:
    """The pieces that have a length."""
    at_start, at_end, at_middle = (side.minutes(s) for s in (start, end, (start + end) / 2))
    inside = (start <= side.top) & (side.top <= end)
    most = np.where(inside, side.peak, np.maximum(at_start, at_end))
    band = np.full(len(start), limit)
    found = Pieces(spans.group, spans.edge, start, end, band, np.minimum(at_start, at_end), most, at_middle)
    return found.take((end - start > _NOTHING) & (side.from_low | side.from_high))

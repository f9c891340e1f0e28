"""Many lines cut by linear reference at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely

from qsgis.geometry.windows import each
from qsgis.network import compiled
from qsgis.network.arrays import SHARE, Bools, Floats, Geometries, Ints, Shorts, ranges

_SAME_VERTEX = 1e-9  # metres: a cut this near to a vertex is at the vertex
_SOME = 16_384  # lines whose vertices are looked at together where no more than their ends is kept
_MANY = 64  # vertices: longer lines are measured one by one


@dataclass(frozen=True)
class Vertices:
    """The vertices of LineStrings, line after line; `begin`: the first one of each line, and their number."""

    xy: Floats
    begin: Ints

    @classmethod
    def of(cls, lines: Geometries) -> Vertices:
        """Those of `lines`."""
        count = each(shapely.get_num_coordinates, lines, size=SHARE)
        return cls(shapely.get_coordinates(lines), np.r_[0, np.cumsum(count)].astype(np.int64))

    @staticmethod
    def ends_of(lines: Geometries) -> Floats:
        """The first vertex of each of `lines`, then the last one of each: (2 lines, 2); some lines at a time."""
        ends = np.empty((2, len(lines), 2))
        for begin in range(0, len(lines), _SOME):
            some = Vertices.of(lines[begin : begin + _SOME])
            ends[:, begin : begin + _SOME] = some.ends.reshape(2, -1, 2)
        return ends.reshape(-1, 2)

    def reordered(self, order: Ints) -> Vertices:
        """Those of the lines in this order."""
        count = np.diff(self.begin)[order]
        begin = np.r_[0, np.cumsum(count)]
        if compiled.available():
            from qsgis.network.compiled import cutting

            xy = np.empty_like(self.xy)  # by numpy, which gets memory in large pages
            cutting.reordered(self.xy, self.begin, order, xy)
            return Vertices(xy, begin)
        return Vertices(self.xy[ranges(self.begin[:-1][order], count)], begin)

    @property
    def ends(self) -> Floats:
        """The first vertex of each line, then the last one of each: (2 lines, 2)."""
        ends: Floats = np.take(self.xy, np.r_[self.begin[:-1], self.begin[1:] - 1], axis=0)
        return ends

    @property
    def owner(self) -> Shorts:
        """The line of each vertex."""
        return np.repeat(np.arange(len(self.begin) - 1, dtype=np.int32), np.diff(self.begin))

    @cached_property
    def along(self) -> Floats:
        """Metres along its line to each vertex.

        Steps are added from the line's beginning on, so that a line's measures do not hang on other lines.
        """
        if compiled.available():
            from qsgis.network.compiled import cutting

            along = np.empty(len(self.xy))
            cutting.measured(self.xy, self.begin, along)
            return along
        step = np.zeros(len(self.xy))
        way = np.diff(self.xy, axis=0)
        step[1:] = np.sqrt(way[:, 0] * way[:, 0] + way[:, 1] * way[:, 1])
        return _added_up(step, self.begin)


def _added_up(step: Floats, begin: Ints) -> Floats:
    """Distance along its line of each vertex; `step` leads to it."""
    along, count = step.copy(), np.diff(begin)
    along[begin[:-1][count > 0]] = 0.0
    for k in np.flatnonzero(count > _MANY):
        line = slice(begin[k], begin[k + 1])
        along[line] = np.cumsum(along[line])
    few = np.flatnonzero(count <= _MANY)
    few = few[np.argsort(-count[few], kind="stable")]
    for rank in range(1, int(count[few].max(initial=1))):  # the second vertex of all lines, the third, ...
        here = begin[few[: np.searchsorted(-count[few], -rank)]] + rank
        along[here] += along[here - 1]
    return along


def _flat(lines: Geometries) -> Geometries:
    """A copy, or the lines themselves, without heights."""
    return shapely.force_2d(lines) if shapely.has_z(lines).any() else lines


@dataclass(frozen=True)
class Whole:
    """Whole lines, made flat when they are asked for."""

    lines: Geometries

    def __getitem__(self, which: Ints | Bools) -> Whole:
        """Those at these positions (or where the mask is true)."""
        return Whole(self.lines[which])

    def drawn(self) -> Geometries:
        """Their LineStrings."""
        return _flat(self.lines)


@dataclass(frozen=True)
class Pieces:
    """Flat pieces of `lines`, drawn when asked for: the line of each, `start`–`end` metres along it, or `whole`."""

    lines: Geometries
    vertices: Vertices  # of the lines
    index: Ints
    start: Floats
    end: Floats
    whole: Bools

    def __getitem__(self, which: Ints | Bools) -> Pieces:
        """Those at these positions (or where the mask is true)."""
        return replace(self, **{name: getattr(self, name)[which] for name in ("index", "start", "end", "whole")})

    def drawn(self) -> Geometries:
        """Their LineStrings."""
        geometry = _flat(self.lines[self.index])
        part = ~self.whole
        geometry[part] = cut(self.vertices, self.index[part], self.start[part], self.end[part])
        return geometry


def substrings(lines: Geometries, index: Ints, start: Floats, end: Floats) -> Geometries:
    """The pieces of `lines[index]` from `start` to `end` (plane units along the line, start < end)."""
    used = np.zeros(len(lines), bool)
    used[index] = True
    return cut(Vertices.of(lines[used]), (np.cumsum(used) - 1)[index], start, end)


def cut(vertices: Vertices, index: Ints, start: Floats, end: Floats) -> Geometries:
    """The pieces of the lines `index` from `start` to `end`; see substrings."""
    if not len(index):
        return np.empty(0, dtype=object)
    xy, along = vertices.xy, vertices.along
    first, last = vertices.begin[index], vertices.begin[index + 1] - 1
    before = _last_within(along, first, last, start + _SAME_VERTEX)
    ahead = np.maximum(_last_within(along, first, last, np.nextafter(end - _SAME_VERTEX, -np.inf)), before)

    count = ahead - before + 2
    stop = np.cumsum(count)
    out = np.empty((int(count.sum()), 2))
    out[stop - count] = _between(xy, along, before, start)
    out[stop - 1] = _between(xy, along, ahead, end)
    out[ranges(stop - count + 1, count - 2)] = xy[ranges(before + 1, count - 2)]
    pieces: Geometries = shapely.linestrings(out, indices=np.repeat(np.arange(len(index)), count))
    return pieces


def _last_within(along: Floats, first: Ints, last: Ints, at: Floats) -> Ints:
    """Of the vertices from `first` to before `last` the last one that is no more than `at` along; else the first."""
    if compiled.available():
        from qsgis.network.compiled import cutting

        return cutting.last_within(along, first, last, at)
    low, high = first.copy(), last.copy()
    for _half in range(int((high - low).max(initial=1)).bit_length()):
        middle = (low + high) // 2
        within = (along[middle] <= at) | (middle == low)
        low, high = np.where(within, middle, low), np.where(within, high, middle)
    return low


def _between(xy: Floats, along: Floats, before: Ints, at: Floats) -> Floats:
    """The points `at` metres along their lines, each between the vertex `before` and the next, or at one of them."""
    ahead = along[before + 1]
    share = np.clip((at - along[before]) / np.maximum(ahead - along[before], _SAME_VERTEX), 0.0, 1.0)
    share[np.abs(at - along[before]) <= _SAME_VERTEX] = 0.0
    share[np.abs(at - ahead) <= _SAME_VERTEX] = 1.0
    point: Floats = xy[before] * (1 - share)[:, None] + xy[before + 1] * share[:, None]
    return point

"""Places to streets: the nearest point of the nearest edge, and the leg to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from qsgis.geometry.windows import each, windowed
from qsgis.network import compiled
from qsgis.network.arrays import Bools, Floats, Geometries, Ints
from qsgis.network.curve import along_curve

if TYPE_CHECKING:
    from qsgis.network.graph import Network

_FEW = 4  # lines to a point: with more of them a tree is asked sooner than a grid is made
_NONE = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)  # couples and their distance
_SLACK = 1e-6  # metres: lines so much farther than the nearest are held against it exactly


@dataclass(frozen=True)
class Attachment:
    """Where each place meets the network: edge (-1: nowhere), `s` metres from the edge's u, `leg` metres to it."""

    edge: Ints
    s: Floats
    leg: Floats  # to the nearest street, also where it is beyond the limit; inf where there is none, or no point
    off: Bools  # no street within the limit

    def __len__(self) -> int:
        return len(self.edge)

    def take(self, which: Ints | Bools) -> Attachment:
        """The attachments at these positions (or where the mask is true)."""
        return Attachment(self.edge[which], self.s[which], self.leg[which], self.off[which])


def points_of(places: Any, crs: Any) -> Geometries:
    """Places as an array of shapely points, from a GeoSeries, a frame, an array of points, or (n, 2) coordinates.

    Raises ValueError where the CRS is not `crs` or a geometry is no point.
    """
    own = getattr(places, "crs", None)
    if own is not None and crs is not None and own != crs:
        raise ValueError(f"the places are in {own.to_string()}, the network is in {crs.to_string()}")
    array = np.asarray(getattr(places, "geometry", places))
    if array.dtype != object:
        array = shapely.points(np.asarray(array, float).reshape(-1, 2))
    kind = shapely.get_type_id(array)
    if not np.isin(kind, (-1, 0)).all():
        raise ValueError("places must be points; take a point of each polygon first")
    return np.asarray(array, dtype=object)


def attach(network: Network, points: Geometries, limit_metres: float) -> Attachment:
    """Each point at the nearest point of the nearest edge not farther than `limit_metres` (plane distance).

    A tie goes to the westernmost, then southernmost foot, then the quicker edge: the order of rows decides nothing.
    """
    size, edges = len(points), network.edges
    edge, s, leg = np.full(size, -1, np.int64), np.zeros(size), np.full(size, np.inf)
    sound = np.flatnonzero(~shapely.is_missing(points) & ~shapely.is_empty(points))
    xy = shapely.get_coordinates(points[sound])
    finite = np.isfinite(xy).all(axis=1)
    sound = sound[finite][along_curve(xy[finite])]  # neighbours one after the other: the tree is asked twice as fast
    if len(sound) and len(network.doors):
        which, near, gap = _nearest(network, points[sound])
        which, near = sound[which], network.doors[near]
        along = each(shapely.line_locate_point, edges.geometry[near], points[which])
        which, near, along, gap = _one_each(network, which, near, along, gap)
        leg[which] = gap
        within = gap <= limit_metres
        which, near, along = which[within], near[within], along[within]
        metres = edges.metres[near]
        edge[which] = near
        s[which] = np.clip(along * (metres / np.maximum(network.plane_length[near], 1e-9)), 0, metres)
    return Attachment(edge, s, leg, edge < 0)


def _nearest(network: Network, points: Geometries) -> tuple[Ints, Ints, Floats]:
    """Every couple of a point and a line that is as near as any, and their distance; by point, then line."""
    found = _NONE
    if compiled.available() and len(points) * _FEW >= len(network.doors):
        found = _by_loops(network, points)
    rest = np.setdiff1d(np.arange(len(points)), found[0])
    which, near, gap = found
    if len(rest):
        more = _by_tree(network, points, rest)
        which, near, gap = (np.concatenate([found[k], more[k]]) for k in range(3))
    order = np.lexsort((near, which))
    return which[order], near[order], gap[order]


def _by_loops(network: Network, points: Geometries) -> tuple[Ints, Ints, Floats]:
    """The same of the points that loops find lines near, in most cases all: each such line is measured anew."""
    from qsgis.network.compiled.nearest import near_lines

    lines = network.edges.geometry[network.doors]
    coords, line = shapely.get_coordinates(lines, return_index=True)
    if not np.isfinite(coords).all():  # a graph may have nodes without a place
        return _NONE
    told = near_lines(shapely.get_coordinates(points), coords, line, _SLACK)
    which, slot = np.nonzero(told >= 0)
    near = told[which, slot].astype(np.int64)
    gap = each(shapely.distance, points[which], lines[near])
    least = np.full(len(points), np.inf)
    np.minimum.at(least, which, gap)
    nearest = gap == least[which]
    return which[nearest], near[nearest], gap[nearest]


def _by_tree(network: Network, points: Geometries, some: Ints) -> tuple[Ints, Ints, Floats]:
    """The same of `some` points."""
    tree = network.tree  # made once, before threads ask it

    def work(window: slice) -> tuple[Ints, Ints, Floats]:
        (which, near), gap = tree.query_nearest(points[some[window]], return_distance=True)
        return some[window][which], near, gap

    which, near, gap = zip(*windowed(work, len(some)), strict=True)
    return np.concatenate(which), np.concatenate(near), np.concatenate(gap)


def _one_each(
    network: Network, which: Ints, near: Ints, along: Floats, gap: Floats
) -> tuple[Ints, Ints, Floats, Floats]:
    """One of the equally near edges of each point."""
    count = np.bincount(which)
    if not (count > 1).any():
        return which, near, along, gap
    tied = np.flatnonzero(count[which] > 1)
    foot = shapely.get_coordinates(shapely.line_interpolate_point(network.edges.geometry[near[tied]], along[tied]))
    quick = np.minimum(network.edges.forward, network.edges.backward)[near[tied]]
    order = tied[np.lexsort((quick, foot[:, 1], foot[:, 0], which[tied]))]
    best = order[np.r_[True, np.diff(which[order]) > 0]]
    chosen = np.sort(np.r_[np.flatnonzero(count[which] == 1), best])
    return which[chosen], near[chosen], along[chosen], gap[chosen]

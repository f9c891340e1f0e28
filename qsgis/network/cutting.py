"""Many lines cut by linear reference at once."""

from __future__ import annotations

import numpy as np
import shapely

from qsgis.network.arrays import Floats, Geometries, Ints, ranges

_SAME_VERTEX = 1e-9  # metres: a cut this near to a vertex is at the vertex


def measures(xy: Floats, owner: Ints) -> Floats:
    """Distance along its line of each vertex (within 1e-8); `xy` (n, 2) line after line, `owner` the line of each."""
    if not len(xy):
        return np.zeros(0)
    fresh = np.r_[True, owner[1:] != owner[:-1]]
    step = np.r_[0.0, np.hypot(*np.diff(xy, axis=0).T)]
    step[fresh] = 0.0
    run = np.cumsum(step)
    first = np.flatnonzero(fresh)
    along: Floats = run - np.repeat(run[first], np.diff(np.r_[first, len(xy)]))
    return along


def substrings(lines: Geometries, index: Ints, start: Floats, end: Floats) -> Geometries:
    """The pieces of `lines[index]` from `start` to `end` (plane units along the line, start < end)."""
    if not len(index):
        return np.empty(0, dtype=object)
    used, local = np.unique(index, return_inverse=True)
    xy, owner = shapely.get_coordinates(lines[used], return_index=True)
    along = measures(xy, owner)
    first = np.searchsorted(owner, local, side="left")
    last = np.searchsorted(owner, local, side="right")
    # one rising key over all lines finds the vertices of a piece; the exact comparison is made on `along`
    length = along[np.r_[np.flatnonzero(owner[1:] != owner[:-1]), len(owner) - 1]]
    base = np.r_[0.0, np.cumsum(length + 1.0)[:-1]]
    key = along + base[owner]
    low = np.maximum(np.searchsorted(key, start + base[local] - 1e-3), first)
    high = np.minimum(np.searchsorted(key, end + base[local] + 1e-3, side="right"), last)
    vertex = ranges(low, high - low)
    piece = np.repeat(np.arange(len(index)), high - low)
    inside = (along[vertex] > start[piece] + _SAME_VERTEX) & (along[vertex] < end[piece] - _SAME_VERTEX)
    vertex, piece = vertex[inside], piece[inside]

    count = np.bincount(piece, minlength=len(index)) + 2
    stop = np.cumsum(count)
    out = np.empty((int(stop[-1]), 2))
    out[stop - count] = shapely.get_coordinates(shapely.line_interpolate_point(lines[index], start))
    out[stop - 1] = shapely.get_coordinates(shapely.line_interpolate_point(lines[index], end))
    out[ranges(stop - count + 1, count - 2)] = xy[vertex]
    pieces: Geometries = shapely.linestrings(out, indices=np.repeat(np.arange(len(index)), count))
    return pieces

"""Lines measured and cut, vertex by vertex."""

from __future__ import annotations

from math import sqrt

import numba
import numpy as np

from qsgis.network.arrays import Floats, Ints


@numba.njit(cache=True, nogil=True)
def reordered(xy: Floats, begin: Ints, order: Ints, out: Floats) -> None:
    """Writes the vertices of lines brought into an order; `begin`: first vertex of each line, and the end."""
    k = 0
    for line in order:
        for v in range(begin[line], begin[line + 1]):
            out[k, 0], out[k, 1] = xy[v, 0], xy[v, 1]
            k += 1


@numba.njit(cache=True, nogil=True)
def measured(xy: Floats, begin: Ints, along: Floats) -> None:
    """Writes the distance along its line of each vertex; `begin`: first vertex of each line, and the end."""
    for line in range(len(begin) - 1):
        so_far = 0.0
        for v in range(begin[line], begin[line + 1]):
            if v > begin[line]:
                dx, dy = xy[v, 0] - xy[v - 1, 0], xy[v, 1] - xy[v - 1, 1]
                so_far += sqrt(dx * dx + dy * dy)
            along[v] = so_far


@numba.njit(cache=True, nogil=True)
def last_within(along: Floats, first: Ints, last: Ints, at: Floats) -> Ints:
    """Of the vertices from `first` to before `last` the last one that is no more than `at` along; else the first."""
    found = np.empty_like(first)
    for k in range(len(first)):
        low, high = first[k], last[k]
        while high - low > 1:
            middle = (low + high) // 2
            if along[middle] <= at[k]:
                low = middle
            else:
                high = middle
        found[k] = low
    return found

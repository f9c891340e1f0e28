"""Points in an order that keeps neighbours together: what is near on the ground is near in memory."""

from __future__ import annotations

import numpy as np
import pandas as pd

from qsgis.network import compiled
from qsgis.network.arrays import Floats, Ints

_FINE, _COARSE = 10, 8  # bits of a row or column: a million cells, and 65,536


def along_curve(xy: Floats) -> Ints:
    """The order of (n, 2) points along a Z-curve through a grid of cells; as given within a cell."""
    low, scale = _grid(xy, _FINE)
    if compiled.available():
        from qsgis.network.compiled.curve import cells, in_order

        return in_order(cells(xy, low, scale, _FINE), 4**_FINE)[0]
    order: Ints = np.argsort(_cells(xy, low, scale, _FINE), kind="stable")
    return order


def equal_points(xy: Floats) -> tuple[Ints, Floats]:
    """A number for each of (n, 2) points, equal for equal points, and the points by number.

    Numbers rise along the curve; within a cell in the order in which the points first appear.
    """
    low, scale = _grid(xy, _COARSE)
    if compiled.available():
        return _equal_by_loops(xy, low, scale)
    xy = xy + 0.0  # no minus zero
    number, distinct = pd.factorize(xy[:, 0] + 1j * xy[:, 1])
    cell = np.empty(len(distinct), np.int64)
    cell[number] = _cells(xy, low, scale, _COARSE)
    order = np.argsort(cell, kind="stable")
    return ranks(order)[number], np.column_stack([distinct.real, distinct.imag])[order]


def _equal_by_loops(xy: Floats, low: Floats, scale: Floats) -> tuple[Ints, Floats]:
    """The same by compiled loops. Memory is numpy's, which comes in large pages; a loop's own comes in small ones."""
    from qsgis.network.compiled import curve

    n = len(xy)
    at, found, number = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int64)
    points = np.empty((n, 2))
    count = curve.equal_points(xy, low, scale, _COARSE, at, found, points, number)
    return number, points[:count].copy()


def ranks(order: Ints) -> Ints:
    """Where each thing stands in this order."""
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank


def _grid(xy: Floats, bits: int) -> tuple[Floats, Floats]:
    """Where the grid begins, and cells a metre.

    It spans the middle 98 % of a sample, so that a point far off does not leave all others in one cell.
    """
    some = np.sort(xy[:: len(xy) // 10_000 + 1], axis=0)
    cut = len(some) // 100
    low, high = (some[cut], some[-1 - cut]) if len(some) else (np.zeros(2), np.ones(2))
    return low, (2**bits - 1) / np.maximum(high - low, 1e-9)


def _cells(xy: Floats, low: Floats, scale: Floats, bits: int) -> Ints:
    """The cell of each point by its place on the curve."""
    cell = np.clip((xy - low) * scale, 0, 2**bits - 1).astype(np.int64)
    return _spread(cell[:, 0]) | (_spread(cell[:, 1]) << 1)


def _spread(number: Ints) -> Ints:
    """Its bits with gaps between them."""
    number = (number | (number << 8)) & 0x00FF00FF
    number = (number | (number << 4)) & 0x0F0F0F0F
    number = (number | (number << 2)) & 0x33333333
    return (number | (number << 1)) & 0x55555555

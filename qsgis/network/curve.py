"""Points in an order that keeps neighbours together: what is near on the ground is near in memory."""

from __future__ import annotations

import numpy as np

from qsgis.network import compiled
from qsgis.network.arrays import Floats, Ints

_BITS = 10  # of a row or column: a million cells


def along_curve(xy: Floats) -> Ints:
    """The order of (n, 2) points along a Z-curve through a grid of cells; as given within a cell.

    The grid spans the middle 98 % of a sample, so that a point far off does not leave all others in one cell.
    """
    some = np.sort(xy[:: len(xy) // 10_000 + 1], axis=0)
    cut = len(some) // 100
    low, high = (some[cut], some[-1 - cut]) if len(some) else (np.zeros(2), np.ones(2))
    scale = (2**_BITS - 1) / np.maximum(high - low, 1e-9)
    cell = np.clip((xy - low) * scale, 0, 2**_BITS - 1).astype(np.int64)
    key = _spread(cell[:, 0]) | (_spread(cell[:, 1]) << 1)
    if compiled.available():
        from qsgis.network.compiled.adjacency import sorted_by

        return sorted_by(key, np.arange(len(key)), 4**_BITS)
    order: Ints = np.argsort(key, kind="stable")
    return order


def _spread(number: Ints) -> Ints:
    """Its bits with gaps between them."""
    number = (number | (number << 8)) & 0x00FF00FF
    number = (number | (number << 4)) & 0x0F0F0F0F
    number = (number | (number << 2)) & 0x33333333
    return (number | (number << 1)) & 0x55555555

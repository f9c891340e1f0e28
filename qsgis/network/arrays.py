"""Array types of the network room, and ragged ranges."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shorts = NDArray[np.int32]  # numbers of nodes, lines, vertices where there are many
Bools = NDArray[np.bool_]
Geometries = NDArray[np.object_]
Frame = Any  # a GeoDataFrame: geopandas ships no types
SHARE = 50_000  # turns of a compiled loop that are worth a thread


def ranges(starts: Ints, counts: Ints) -> Ints:
    """`starts[i], starts[i] + 1, …` (counts[i] numbers) one after the other, as one array."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    out: Ints = np.arange(total) + np.repeat(starts - (ends - counts), counts)
    return out


def group_pairs(sizes: Ints) -> tuple[Ints, Ints]:
    """All pairs i < j of members of one group, where groups of these sizes stand one after the other."""
    ends = np.repeat(np.cumsum(sizes), sizes)
    here = np.arange(len(ends))
    left = np.repeat(here, ends - here - 1)
    return left, ranges(here + 1, ends - here - 1)

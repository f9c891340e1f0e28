"""Array types of the network room, ragged ranges, and long loops in shares."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shorts = NDArray[np.int32]  # node numbers in matrices
Bools = NDArray[np.bool_]
Geometries = NDArray[np.object_]
Frame = Any  # a GeoDataFrame: geopandas ships no types

_Result = TypeVar("_Result")
_SHARE, _THREADS = 50_000, 8  # of loops that let go of the interpreter: not worth a thread below; and at most


def in_threads(work: Callable[[int, int], _Result], total: int) -> list[_Result]:
    """What `work(begin, end)` gives for shares of range(total), a thread each, in order."""
    count = max(min(total // _SHARE, _cores(), _THREADS), 1)
    cuts = [total * k // count for k in range(count + 1)]
    if count == 1:
        return [work(0, total)]
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, cuts[:-1], cuts[1:]))


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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

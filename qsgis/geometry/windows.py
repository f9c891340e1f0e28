"""Long arrays worked on in windows, on all cores (GEOS runs outside Python's lock), answers put together in order."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from qsgis.geometry.arrays import Geometries

_T = TypeVar("_T")
_PREPARED = threading.RLock()

WINDOW = 1024  # rows: enough to be worth a thread, few enough that what is made on the way stays small
DEAR = 128  # rows of a step that takes a tenth of a millisecond each: the cores end at about the same time


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def windowed(
    work: Callable[[slice], _T], length: int, together: NDArray[Any] | None = None, *, size: int = WINDOW
) -> list[_T]:
    """`work` on each window of `length` rows, in order; rows of one value of `together` (sorted) share a window."""
    edges = np.linspace(0, length, max(1, -(-length // size)) + 1).astype(np.int64)
    if together is not None and len(edges) > 2:
        edges[1:-1] = np.searchsorted(together, together[edges[1:-1]])
        edges = np.unique(edges)
    windows = [slice(int(start), int(end)) for start, end in pairwise(edges)]
    if len(windows) < 2 or cores() < 2:
        return [work(window) for window in windows]
    with ThreadPoolExecutor(cores()) as pool:
        return list(pool.map(work, windows))


def each(function: Callable[..., NDArray[Any]], *arrays: NDArray[Any], size: int = WINDOW) -> NDArray[Any]:
    """`function(*arrays)`, for a function that takes them element by element and uses no prepared geometry."""
    found = windowed(lambda window: function(*(array[window] for array in arrays)), len(arrays[0]), size=size)
    return np.concatenate(found)


@contextmanager
def prepared(geometries: Geometries) -> Iterator[None]:
    """Those of `geometries` that are not prepared are so inside, for `each_prepared`.

    They are let go of after: the index of a polygon is kept as long as it is, and takes ten times its room. A
    prepared geometry knows no locks, so one thread at a time is inside.
    """
    with _PREPARED:
        mine = geometries[~shapely.is_prepared(geometries)]
        shapely.prepare(mine)
        try:
            yield
        finally:
            shapely.destroy_prepared(mine)


def each_prepared(predicate: Callable[..., NDArray[Any]], ones: Geometries, others: Geometries) -> NDArray[Any]:
    """`predicate(ones, others)`, where `ones` may be prepared; the index of each is built by one thread."""
    which = np.fromiter(map(id, ones), np.int64, len(ones))
    order = np.argsort(which, kind="stable")
    one, other = ones[order], others[order]
    with _PREPARED:
        answers = windowed(lambda window: predicate(one[window], other[window]), len(order), which[order])
    found = np.concatenate(answers)
    back = np.empty_like(found)
    back[order] = found
    return back

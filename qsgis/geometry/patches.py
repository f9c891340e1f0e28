"""Which features make one patch of ground: those that touch, or nearly so."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def largest_patch(geometry: NDArray[Any], metres: float) -> NDArray[np.int64]:
    """The rows of the largest patch: features linked by gaps of at most `metres` (areas and gaps in the plane).

    Of patches of one size that with the first feature is taken. Empty in, empty out.
    """
    if not len(geometry):
        return np.empty(0, dtype=np.int64)
    left, right = shapely.STRtree(geometry).query(geometry, predicate="dwithin", distance=metres)
    links = coo_array((np.ones(len(left), dtype=bool), (left, right)), shape=(len(geometry), len(geometry)))
    patch = connected_components(links, directed=False)[1]
    area = np.bincount(patch, weights=shapely.area(geometry))
    return np.flatnonzero(patch == area.argmax()).astype(np.int64)

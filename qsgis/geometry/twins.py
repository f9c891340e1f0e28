"""Polygons that stand in two layers alike, point by point: most of a survey's parcels from one year to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from qsgis.geometry.arrays import Geometries, Indices


def twins(left: Geometries, right: Geometries) -> Indices:
    """For each of `left` the row of the first of `right` with the very same coordinates in the same order; else -1.

    Of two coverages without overlap, such a pair shares its whole ground, and neither shares any with another.
    """
    found = np.full(len(left), -1, dtype=np.int64)
    one, other = _marks(left), _marks(right)
    likely = one.merge(other, on=[name for name in one if name != "row"], suffixes=("", "_right"))
    a, b = likely["row"].to_numpy(), likely["row_right"].to_numpy()
    same = shapely.equals_exact(left[a], right[b], 0.0)
    a, b = a[same][::-1], b[same][::-1]
    found[a] = b  # of several the first, written last
    return found


def _marks(geometry: Geometries) -> pd.DataFrame:
    """What two geometries must share to be alike: bounds and number of points."""
    bounds = pd.DataFrame(shapely.bounds(geometry), columns=["west", "south", "east", "north"])
    return bounds.assign(points=shapely.get_num_coordinates(geometry), row=np.arange(len(geometry)))

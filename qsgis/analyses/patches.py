"""The feature layer of an area: a patch a piece, with owner, class, zones, area and whether it is a sliver."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from qsgis.analyses.inputs import Features, Inputs
from qsgis.analyses.pieces import Pieces, zone_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OWN = ("id", "name", "class", "type", "zone", "settlement")  # fields of the owner that a patch shows


def patch_layer(
    first: Features,
    pieces: Pieces,
    value: NDArray[np.float64],
    inputs: Inputs,
    sliver_metres: float,
    kind: NDArray[np.object_] | None = None,
) -> gpd.GeoDataFrame:
    """One feature a piece inside the county: what its owner is, its zones, area_m2, share of its owner, sliver (0, 1).

    kind: what stands in the column `class`, where that is not the owner's own.
    """
    owner = first.frame.iloc[pieces.owner]
    columns = {name: owner[name].to_numpy() for name in _OWN if name in owner}
    if kind is not None:
        columns["class"] = kind
    columns |= zone_columns(pieces, inputs.zones)
    whole = shapely.area(first.geometry)[pieces.owner]
    columns["area_m2"] = value
    columns["share"] = np.divide(shapely.area(pieces.geometry), whole, out=np.zeros(len(value)), where=whole > 0)
    columns["sliver"] = (widths(pieces.geometry) < sliver_metres).astype(np.int8)
    keep = pieces.zone["county"] >= 0
    return gpd.GeoDataFrame(columns, geometry=pieces.geometry, crs=inputs.crs)[keep].reset_index(drop=True)


def widths(geometry: NDArray[np.object_]) -> NDArray[np.float64]:
    """The mean width of polygons in the plane: twice the area by the perimeter, that of a long strip of that width."""
    perimeter = shapely.length(geometry)
    return np.asarray(
        np.divide(2 * shapely.area(geometry), perimeter, out=np.zeros(len(geometry)), where=perimeter > 0)
    )

"""Ellipsoidal length of lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from qsgis.geometry.area import geod_of, require_crs, to_geographic
from qsgis.geometry.arrays import plane
from qsgis.messages import _

if TYPE_CHECKING:
    import geopandas as gpd


def ellipsoidal_length(layer: gpd.GeoDataFrame | gpd.GeoSeries) -> pd.Series:
    """Metres of geodesic between neighbouring vertices on the ellipsoid of the layer's CRS, a Series on its index.

    Z is left aside. An empty line has 0; no geometry, or a coordinate that is no number: NaN.

    Raises ValueError where the layer has no CRS, or holds points or polygons.
    """
    crs = require_crs(layer)
    geometry = plane(layer.geometry.array)
    if np.isin(shapely.get_type_id(geometry), [0, 3, 4, 6]).any():
        raise ValueError(_("points and polygons have no length; lines are due"))
    parts, row = shapely.get_parts(geometry, return_index=True)
    coords, part = shapely.get_coordinates(parts, return_index=True)
    lon, lat = to_geographic(crs, coords[:, 0], coords[:, 1])
    edge = part[1:] == part[:-1]
    one, other = np.flatnonzero(edge), np.flatnonzero(edge) + 1
    _there, _back, metres = geod_of(crs).inv(lon[one], lat[one], lon[other], lat[other])
    length = np.bincount(row[part[one]], weights=metres, minlength=len(geometry)).astype(float)
    length[shapely.is_missing(geometry)] = np.nan
    return pd.Series(length, index=layer.index, name="length")

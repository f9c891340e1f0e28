"""Reached parts of streets as lines with columns, for drawing and for adding up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from qsgis.network.areas import Pieces, pieces
from qsgis.network.arrays import Frame, Geometries, Ints
from qsgis.network.attach import Attachment
from qsgis.network.cutting import substrings

if TYPE_CHECKING:
    from qsgis.network.graph import Network

_WHOLE = 1e-6  # metres: a piece that ends this near to its edge's ends is the edge


def reached(network: Network, places: Attachment, minutes: float, kmh: float) -> Frame:
    """Pieces of edges within `minutes` of the nearest of `places`; see Network.reached_lines."""
    together = np.zeros(len(places), np.int64)
    found = pieces(network, places, together, 1, np.array([minutes], float), kmh, outward=False)
    columns = {"minutes": found.middle, "metres": found.end - found.start, "row": network.edges.row[found.edge]}
    return gpd.GeoDataFrame(columns, geometry=courses(network, found), crs=network.crs)


def table(network: Network, found: Pieces, names: Ints) -> pd.DataFrame:
    """Columns of service areas; see Network.service_areas. names: of the groups."""
    return pd.DataFrame(
        {
            "facility": names[found.group],
            "row": network.edges.row[found.edge],
            "edge": found.edge,
            "band": found.band,
            "minutes_from": found.least,
            "minutes_to": found.most,
            "metres": found.end - found.start,
        }
    )


def courses(network: Network, found: Pieces) -> Geometries:
    """The line of each piece, drawn as its edge is."""
    edges, at = network.edges, found.edge
    lines = edges.geometry[at]
    part = np.flatnonzero((found.start > _WHOLE) | (found.end < edges.metres[at] - _WHOLE))
    if len(part):
        scale = network.plane_length[at[part]] / edges.metres[at[part]]
        lines[part] = substrings(edges.geometry, at[part], found.start[part] * scale, found.end[part] * scale)
    return lines

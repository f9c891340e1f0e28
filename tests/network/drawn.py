"""Streets drawn by hand."""

import geopandas as gpd
from shapely import LineString

from qsgis.network import Network
from tests.network.oracle import CRS


def layer(*lines, **columns):
    return gpd.GeoDataFrame(columns, geometry=[LineString(line) for line in lines], crs=CRS)


def street():
    """1 km of 80 m a minute."""
    return Network.from_lines(layer([(0, 0), (1000, 0)]))

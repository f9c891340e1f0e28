"""How far ellipsoidal_area is from pyproj.Geod, polygon by polygon, and what Geod takes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from data import PARCELS, SEED

from qsgis.geometry import ellipsoidal_area

HECTARES_100, EDGE = 1e6, 70.0  # m²; metres, to which edges are divided before they become geodesics
LEAST = 5e3  # m²: Geod changes by 1e-4 m² when a polygon is moved in longitude alone, so it cannot judge small ones


@dataclass(frozen=True)
class Agreement:
    """worst: largest relative difference among `parcels`; seconds: of Geod for all of them; largest: m²."""

    parcels: int
    worst: float
    seconds: float
    largest: float


def agreement(folder: Path, count: int) -> Agreement:
    """Among `count` parcels from half a hectare to 100: half by chance, half the largest ones."""
    whole = gpd.read_file(folder / PARCELS, columns=[])
    small = whole[(whole.area >= LEAST) & (whole.area < HECTARES_100)]
    large = small.area.nlargest(count // 2).index
    rest = np.random.default_rng(SEED).permutation(small.index.difference(large))[: count - len(large)]
    chosen = small.loc[[*large, *rest]]
    geod = pyproj.Geod(ellps="GRS80")  # of CGCS2000
    degrees = shapely.orient_polygons(chosen.geometry.segmentize(EDGE).to_crs(whole.crs.geodetic_crs).array)
    start = time.perf_counter()
    truth = np.array([geod.geometry_area_perimeter(polygon)[0] for polygon in degrees])
    took = time.perf_counter() - start
    worst = float(np.abs(ellipsoidal_area(chosen).to_numpy() / truth - 1).max())
    return Agreement(len(chosen), worst, took, float(chosen.area.max()))

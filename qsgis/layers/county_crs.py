"""The analysis CRS where a project names none: the CGCS2000 3-degree zone that the county's middle lies in."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyogrio
import pyproj
from pyogrio.errors import DataSourceError

from qsgis.layers.files import untouched

FIRST_MERIDIAN, FIRST_CODE = 75, 4534  # EPSG:4534 … 4554: CGCS2000 / 3-degree Gauss-Kruger CM 75E … 135E, no prefix
LAST_MERIDIAN = 135


def zone_of(longitude: float) -> pyproj.CRS | None:
    """The 3-degree CGCS2000 zone, without prefix, of a longitude in degrees; None outside China's zones."""
    meridian = 3 * round(longitude / 3)
    if not FIRST_MERIDIAN <= meridian <= LAST_MERIDIAN:
        return None
    return pyproj.CRS.from_epsg(FIRST_CODE + (meridian - FIRST_MERIDIAN) // 3)


def county_crs(files: Iterable[tuple[Path, str | None]]) -> pyproj.CRS | None:
    """The zone of the first of the (file, sub-layer) that says where it lies; None where none of them does."""
    for path, sublayer in files:
        longitude = _middle(path, sublayer)
        if longitude is not None:
            return zone_of(longitude)
    return None


def _middle(path: Path, sublayer: str | None) -> float | None:
    """The longitude of a file's middle, where it can be read and has a CRS."""
    if not path.exists():
        return None
    try:
        with untouched(path) as place:
            info = pyogrio.read_info(place, layer=sublayer, force_total_bounds=True)
    except (DataSourceError, ValueError, OSError):
        return None
    if info["crs"] is None or info["total_bounds"] is None:
        return None
    west, south, east, north = info["total_bounds"]
    transformer = pyproj.Transformer.from_crs(info["crs"], 4490, always_xy=True)
    return float(transformer.transform((west + east) / 2, (south + north) / 2)[0])

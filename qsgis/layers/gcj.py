"""GCJ-02 and BD-09 (the shifted longitudes and latitudes of Chinese web maps) → WGS 84.

The formulas are the publicly known ones (eviltransform, prcoords). The inverse has no closed form: it is iterated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
_AXIS = 6378245.0  # Krassovsky's semi-major axis, metres, and squared eccentricity: the formula's own constants
_ECCENTRICITY2 = 0.00669342162296594323
_BAIDU = np.pi * 3000.0 / 180.0


def wgs_to_gcj(longitude: Array, latitude: Array) -> tuple[Array, Array]:
    """WGS 84 degrees → GCJ-02 degrees; inside China only (the formula is not applied elsewhere by web maps)."""
    x, y = longitude - 105.0, latitude - 35.0
    waves = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north += (waves + 20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east += (waves + 20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    radians = latitude / 180.0 * np.pi
    magic = 1.0 - _ECCENTRICITY2 * np.sin(radians) ** 2
    meridian = _AXIS * (1.0 - _ECCENTRICITY2) / (magic * np.sqrt(magic)) * np.pi / 180.0
    parallel = _AXIS / np.sqrt(magic) * np.cos(radians) * np.pi / 180.0
    return longitude + east / parallel, latitude + north / meridian


def gcj_to_bd(longitude: Array, latitude: Array) -> tuple[Array, Array]:
    """GCJ-02 degrees → BD-09 degrees."""
    radius = np.hypot(longitude, latitude) + 0.00002 * np.sin(latitude * _BAIDU)
    angle = np.arctan2(latitude, longitude) + 0.000003 * np.cos(longitude * _BAIDU)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def gcj_to_wgs(longitude: Array, latitude: Array) -> tuple[Array, Array]:
    """GCJ-02 degrees → WGS 84 degrees, to 1e-10 of a degree (10 µm)."""
    return _inverse(wgs_to_gcj, longitude, latitude)


def bd_to_wgs(longitude: Array, latitude: Array) -> tuple[Array, Array]:
    """BD-09 degrees → WGS 84 degrees, to 1e-10 of a degree."""
    return _inverse(lambda x, y: gcj_to_bd(*wgs_to_gcj(x, y)), longitude, latitude)


def _inverse(
    forward: Callable[[Array, Array], tuple[Array, Array]], longitude: Array, latitude: Array
) -> tuple[Array, Array]:
    """The point that `forward` moves to the given one; the shift changes slowly, so that ten steps are ample."""
    x, y = np.array(longitude, dtype=float), np.array(latitude, dtype=float)
    for _step in range(30):
        moved_x, moved_y = forward(x, y)
        error_x, error_y = moved_x - longitude, moved_y - latitude
        x, y = x - error_x, y - error_y
        if max(np.max(np.abs(error_x), initial=0.0), np.max(np.abs(error_y), initial=0.0)) < 1e-11:
            break
    return x, y

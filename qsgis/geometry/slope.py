"""Slope of a grid of heights, and the ground that its cells have: metres on the ellipsoid, not of the projection."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from qsgis.geometry.area import area_scale, geod_of

if TYPE_CHECKING:
    import pyproj

    from qsgis.geometry.arrays import Numbers

NODES = 33  # along each side of a block, where the scale of the projection is worked out


class Cells(NamedTuple):
    """Cells of a north-up grid: west and north edge, width and height of one (> 0) in the CRS's unit, rows, columns."""

    west: float
    north: float
    width: float
    height: float
    rows: int
    columns: int


def horn(heights: Numbers, width: Numbers, height: Numbers) -> Numbers:
    """Degrees of slope of the inner cells: (r, c) heights in metres → (r − 2, c − 2).

    Horn's formula (B. K. P. Horn, Hill shading and the reflectance map, Proc. IEEE 69, 1981), as gdaldem and QGIS have
    it: differences of the eight neighbours, the nearest four counting double. width, height: metres of the inner cells,
    broadcast. A cell that has no value (NaN), or a neighbour without one, has no slope.
    """
    west = heights[:-2, :-2] + 2 * heights[1:-1, :-2] + heights[2:, :-2]
    east = heights[:-2, 2:] + 2 * heights[1:-1, 2:] + heights[2:, 2:]
    north = heights[:-2, :-2] + 2 * heights[:-2, 1:-1] + heights[:-2, 2:]
    south = heights[2:, :-2] + 2 * heights[2:, 1:-1] + heights[2:, 2:]
    steep = np.degrees(np.arctan(np.hypot((east - west) / (8 * width), (north - south) / (8 * height))))
    return np.where(np.isnan(heights[1:-1, 1:-1]), np.nan, steep)


def cell_metres(cells: Cells, crs: pyproj.CRS) -> tuple[Numbers, Numbers]:
    """Width and height of each cell in metres on the ellipsoid; their product is its area.

    In a geographic CRS the metres of its latitude: ΔL × N cos B and ΔB × M (N, M: radii of the prime vertical and of
    the meridian), arrays (rows, 1). In a projected one, which is presumed conformal, the plane's metres over the root
    of the areal scale, arrays (rows, columns); the scale is worked out at 33 × 33 points and linear between them (right
    to 1e-7 over 4 km between two points).
    """
    if crs.is_geographic:
        return _by_latitude(cells, crs)
    row, column = _nodes(cells.rows), _nodes(cells.columns)
    x, y = np.meshgrid(cells.west + (column + 0.5) * cells.width, cells.north - (row + 0.5) * cells.height)
    units = np.sqrt(area_scale(x, y, crs))  # of the plane in a metre of ground
    linear = _between(row, cells.rows) @ units @ _between(column, cells.columns).T
    return cells.width / linear, cells.height / linear


def _by_latitude(cells: Cells, crs: pyproj.CRS) -> tuple[Numbers, Numbers]:
    geod, turn = geod_of(crs), crs.axis_info[0].unit_conversion_factor
    latitude = (cells.north - (np.arange(cells.rows) + 0.5) * cells.height)[:, None] * turn
    root = 1 - geod.es * np.sin(latitude) ** 2
    meridian, vertical = geod.a * (1 - geod.es) / root**1.5, geod.a / np.sqrt(root)
    return cells.width * turn * vertical * np.cos(latitude), cells.height * turn * meridian


def _nodes(count: int) -> Numbers:
    return np.linspace(0, count - 1, min(NODES, count))


def _between(nodes: Numbers, count: int) -> Numbers:
    """(count, nodes) weights of linear interpolation at 0 … count − 1."""
    at = np.arange(count, dtype=float)
    return np.column_stack([np.interp(at, nodes, unit) for unit in np.eye(len(nodes))])

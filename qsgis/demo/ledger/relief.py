"""Cropland on steep ground and mean elevation: cell by cell, from the heights that the raster was written from."""

from __future__ import annotations

import numpy as np
import pyproj
import shapely
from scipy import ndimage

from qsgis.demo.county import County
from qsgis.demo.ledger.rows import CODES, EXACT, NEAR, Row, by_district, townships, uses
from qsgis.demo.noise import Floats
from qsgis.demo.relief import SIZE, Relief
from qsgis.demo.terrain import CRS

_LIMIT = 25.0  # degrees


def rows(county: County) -> list[Row]:
    """All rows of this theme."""
    return [*_steep_cropland(county), *_mean_elevation(county)]


def slope(relief: Relief) -> Floats:
    """Degrees by scipy's Sobel operator, which Horn's formula is but for the factor 8; NaN at the edge."""
    heights, ground = relief.heights.astype(float), SIZE / _scale(relief)
    run = np.hypot(*(ndimage.sobel(heights, axis=axis) for axis in (0, 1))) / (8 * ground)
    run[[0, -1], :] = run[:, [0, -1]] = np.nan
    return np.asarray(np.degrees(np.arctan(run)))


def _scale(relief: Relief) -> Floats:
    """Metres of the plane in a metre of ground, by column: PROJ's own factor, at the middle row."""
    x, y = relief.centres
    projection = pyproj.Proj(CRS)
    return np.asarray(projection.get_factors(*projection(x, np.full(len(x), y.mean()), inverse=True)).meridional_scale)


def _steep_cropland(county: County) -> list[Row]:
    land = uses(county)
    fields = land.starts("01")
    graded = np.where(fields & (land.frame["GDPDJB"].to_numpy() == "5"), land.area, 0.0)
    computed = land.area * np.where(fields, _steep_share(county, land.frame.geometry.to_numpy(), fields), 0.0)
    cells = "a box a cell above 25° (Sobel), cut with each field: its share of TBDLMJ"
    found = []
    for part, value, relative, how in (
        ("", graded, EXACT, "plain sum of TBDLMJ where GDPDJB is 5"),
        ("surveyed", graded, EXACT, "plain sum of TBDLMJ where GDPDJB is 5"),
        ("computed", computed, NEAR, cells),
    ):
        found += by_district("steep_cropland", part, value / 1e4, land.district, "公顷", relative, how)
    return found


def _steep_share(county: County, parcels: np.ndarray, wanted: np.ndarray) -> Floats:
    """The part of each wanted parcel that lies in cells above the limit."""
    with np.errstate(invalid="ignore"):
        row, column = np.nonzero(slope(county.relief) > _LIMIT)
    west, north = county.relief.west + column * SIZE, county.relief.north - row * SIZE
    boxes = shapely.box(west, north - SIZE, west + SIZE, north)
    rows = np.flatnonzero(wanted)
    one, cell = shapely.STRtree(boxes).query(parcels[rows], predicate="intersects")
    area = shapely.area(shapely.intersection(parcels[rows[one]], boxes[cell]))
    return np.asarray(np.bincount(rows[one], area, minlength=len(parcels)) / shapely.area(parcels))


def _mean_elevation(county: County) -> list[Row]:
    heights, (x, y) = county.relief.heights, county.relief.centres
    sums, counts = np.zeros(len(CODES)), np.zeros(len(CODES))
    for place, zone in enumerate(townships(county)):
        shapely.prepare(zone)
        west, south, east, north = zone.bounds
        columns, rows_ = np.flatnonzero((x > west) & (x < east)), np.flatnonzero((y > south) & (y < north))
        inside = shapely.contains_xy(zone, *np.meshgrid(x[columns], y[rows_]))
        sums[place], counts[place] = heights[np.ix_(rows_, columns)][inside].sum(), inside.sum()
    how = "mean of the cells whose middle lies in the zone"
    pairs = zip(["", *CODES], [sums.sum(), *sums], [counts.sum(), *counts], strict=True)
    return [Row("mean_elevation", "", code, float(a / b), "米", NEAR, how) for code, a, b in pairs]

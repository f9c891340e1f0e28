"""The demonstration county's elevation raster: the relief of its terrain on a square grid, as bureaus hand it over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from qsgis.demo.noise import Floats, Ints
from qsgis.demo.terrain import CELL, CRS, Terrain

SIZE = 100.0  # metres of a cell
MARGIN = 5  # cells around the county
LOWEST = 480.0  # metres at the outlet
STEEP, FLOOR = 2.6, 200.0  # heights over the stream are drawn out, the more the higher: broad floors, steep sides


@dataclass(frozen=True)
class Relief:
    """Heights in whole metres of cells of `SIZE`, rows from the north, columns from the west; the north-west corner."""

    west: float
    north: float
    heights: Ints

    @property
    def centres(self) -> tuple[Floats, Floats]:
        """X of the columns, y of the rows."""
        row, column = (np.arange(count, dtype=np.float64) + 0.5 for count in self.heights.shape)
        return np.asarray(self.west + column * SIZE), np.asarray(self.north - row * SIZE)


def make(land: Terrain) -> Relief:
    """The heights of the terrain's nodes, linear between them, the nearest node's outside the county."""
    west, south, east, north = land.county.bounds
    place = np.rint((land.node - np.array([west, south])) / CELL).astype(np.int64)
    known = np.full(place.max(axis=0)[::-1] + 1, np.nan)
    drawn_out = STEEP * land.above**2 / (land.above + FLOOR)
    known[place[:, 1], place[:, 0]] = LOWEST + land.height - land.above + drawn_out
    nearest = ndimage.distance_transform_edt(np.isnan(known), return_distances=False, return_indices=True)
    lattice = ndimage.gaussian_filter(known[tuple(nearest)], 1.0)
    left, top = np.floor(west / SIZE) * SIZE - MARGIN * SIZE, np.ceil(north / SIZE) * SIZE + MARGIN * SIZE
    columns, rows = (int(np.ceil(length / SIZE)) + MARGIN for length in (east - left, top - south))
    x, y = left + (np.arange(columns) + 0.5) * SIZE, top - (np.arange(rows) + 0.5) * SIZE
    at = np.meshgrid((y - south) / CELL, (x - west) / CELL, indexing="ij")
    metres = ndimage.map_coordinates(lattice, at, order=1, mode="nearest")
    return Relief(float(left), float(top), np.rint(metres).astype(np.int64))


def write(relief: Relief, path: Path) -> None:
    """A GeoTIFF of 16-bit integers, compressed."""
    import rasterio
    from rasterio.transform import from_origin

    rows, columns = relief.heights.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=columns, height=rows, count=1, dtype="int16", crs=CRS, nodata=-32768,
        transform=from_origin(relief.west, relief.north, SIZE, SIZE), compress="deflate", predictor=2,
    ) as file:  # fmt: skip
        file.write(relief.heights.astype(np.int16), 1)

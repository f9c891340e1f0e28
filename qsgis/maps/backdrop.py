"""The pale picture beneath the maps: land use by group of classes, or plain township tints where there is none."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import rasterio
from rasterio.features import rasterize
from rasterio.io import MemoryFile
from rasterio.transform import from_origin
from rasterio.warp import Resampling, calculate_default_transform, reproject, transform_bounds

from qsgis.catalog import code_table
from qsgis.maps.content import Drawn
from qsgis.messages import _

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS
    from rasterio.transform import Affine

    from qsgis.results import Results

CELL = 50.0  # metres
MOST_CELLS = 4_000_000  # a larger county gets larger cells
# First-level classes of the survey, paled so that what is drawn above stands out.
_TINTS = {
    "01": "#f8f2d6", "02": "#f0ebc9", "03": "#d6e7cc", "04": "#e6efd0", "00": "#cfe6e2", "05": "#ecd8d0",
    "06": "#e3d8d6", "07": "#efd5cc", "08": "#ecd8d0", "09": "#e3d8d6", "10": "#dedbd8", "11": "#c9dff0", "12": "#eeeae0",
}  # fmt: skip
_OTHER = "#efefea"
_TOWNSHIPS = ("#f3f1e7", "#eaf1ea", "#f4ece6", "#e9eff3", "#f1eef4")


@dataclass(frozen=True)
class Backdrop:
    """Numbers of tints (0: nothing) on a grid in the analysis CRS, the tints, and the legend of those that occur."""

    grid: NDArray[np.uint8]
    transform: Affine
    crs: CRS
    tints: tuple[str, ...]
    legend: tuple[tuple[str, str], ...]

    def overlay(self) -> tuple[str, list[list[float]]]:
        """The picture in Web Mercator as a data URI, and its corners [[south, west], [north, east]] in degrees."""
        height, width = self.grid.shape
        bounds = rasterio.transform.array_bounds(height, width, self.transform)
        into, columns, rows = calculate_default_transform(self.crs, 3857, width, height, *bounds)
        picture = np.zeros((rows, columns), np.uint8)
        reproject(
            self.grid, picture, src_transform=self.transform, src_crs=self.crs, dst_transform=into, dst_crs=3857,
            resampling=Resampling.nearest,
        )  # fmt: skip
        west, south, east, north = transform_bounds(3857, 4326, *rasterio.transform.array_bounds(rows, columns, into))
        return png(picture, self.tints), [[south, west], [north, east]]

    def preview(self, layers: Iterable[Drawn], width: int = 440) -> str:
        """The whole county with `layers` on it as a small picture (a data URI)."""
        step = max(1, math.ceil(max(self.grid.shape) / width))
        picture = self.grid[::step, ::step].copy()
        transform = self.transform * self.transform.scale(step, step)
        tints = list(self.tints)
        for drawn in layers:
            for number, entry in enumerate(drawn.look.classes):
                colour = entry.fill if drawn.look.geometry != "line" else entry.stroke
                shapes = drawn.frame.geometry[drawn.look.member == number]
                if colour is None:
                    shapes, colour = shapes.boundary, entry.stroke
                if drawn.look.geometry == "point":
                    shapes = shapes.buffer(2.2 * transform.a)
                tints.append(colour)
                index = min(len(tints), 255)
                rasterize(((shape, index) for shape in shapes), out=picture, transform=transform, all_touched=True)
        return png(picture, tints[:255])


def make(results: Results) -> Backdrop | None:
    """The backdrop of the county; None where neither zones nor land use were read."""
    frame, tints, legend, number = _land_use(results) or _townships(results) or (None, (), (), None)
    if frame is None or number is None:
        return None
    west, south, east, north = frame.total_bounds
    cell = max(CELL, math.sqrt((east - west) * (north - south) / MOST_CELLS))
    shape = (math.ceil((north - south) / cell), math.ceil((east - west) / cell))
    transform = from_origin(west, north, cell, cell)
    grid = rasterize(zip(frame.geometry, number, strict=True), out_shape=shape, transform=transform, dtype=np.uint8)
    return Backdrop(grid, transform, frame.crs, tints, legend)


_Tinted = tuple[gpd.GeoDataFrame, tuple[str, ...], tuple[tuple[str, str], ...], "list[int]"]


def _land_use(results: Results) -> _Tinted | None:
    frame = results.inputs.get("land_use")
    definition = results.catalog.layers.get("land_use")
    table = definition.fields["class"].codes if definition and "class" in definition.fields else None
    if frame is None or not len(frame) or table is None:
        return None
    level1 = {code: row.get("level1", "") for code, row in code_table(table).items()}
    keys = list(_TINTS)
    groups = [level1.get(str(code), "") for code in frame["class"]]
    number = [keys.index(group) + 1 if group in _TINTS else len(keys) + 1 for group in groups]
    return frame, (*_TINTS.values(), _OTHER), _legend(set(groups)), number


def _legend(groups: set[str]) -> tuple[tuple[str, str], ...]:
    """Groups that occur, joined where a reader needs no difference."""
    named = [
        (_("farmland"), ("01",)),
        (_("orchards"), ("02",)),
        (_("forest"), ("03",)),
        (_("grassland"), ("04",)),
        (_("wetland"), ("00",)),
        (_("built-up land"), ("07", "05", "06", "08", "09")),
        (_("transport"), ("10",)),
        (_("water"), ("11",)),
        (_("other"), ("12",)),
    ]
    return tuple((label, _TINTS[keys[0]]) for label, keys in named if groups & set(keys))


def _townships(results: Results) -> _Tinted | None:
    zones = results.zones.get("district", results.zones.get("county"))
    if zones is None or not len(zones):
        return None
    return zones, _TOWNSHIPS, (), [index % len(_TOWNSHIPS) + 1 for index in range(len(zones))]


def png(picture: NDArray[np.uint8], tints: Iterable[str]) -> str:
    """`picture` as a data URI: 0 is transparent, n the n-th of `tints` (#rrggbb)."""
    colours = {0: (255, 255, 255, 0)}
    for number, tint in enumerate(tints, 1):
        colours[number] = (int(tint[1:3], 16), int(tint[3:5], 16), int(tint[5:7], 16), 255)
    height, width = picture.shape
    with MemoryFile() as file:
        with file.open(driver="PNG", width=width, height=height, count=1, dtype="uint8", ZLEVEL=9) as image:
            image.write(picture, 1)
            image.write_colormap(1, colours)
        content = file.read()
    return "data:image/png;base64," + base64.b64encode(content).decode("ascii")

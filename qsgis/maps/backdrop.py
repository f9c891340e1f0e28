"""The pale picture beneath the maps: land use by group of classes, or plain township tints where there is none."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from rasterio.features import rasterize
from rasterio.transform import from_origin
from rasterio.warp import Resampling, calculate_default_transform, reproject, transform_bounds

from qsgis.codes import code_table
from qsgis.geometry.paint import Grid, painted
from qsgis.geometry.windows import each
from qsgis.maps.content import Drawn
from qsgis.messages import _

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS
    from rasterio.transform import Affine

    from qsgis.results import Results

CELL = 50.0  # metres
MOST_CELLS = 4_000_000  # a larger county gets larger cells
CLOSER = 1000  # cells a side of a closer picture, none of them smaller than LEAST_CELL
LEAST_CELL = 2.0  # metres
# First-level classes of the survey, paled so that what is drawn above stands out.
_TINTS = {
    "01": "#f8f2d6", "02": "#f0ebc9", "03": "#d6e7cc", "04": "#e6efd0", "00": "#cfe6e2", "05": "#ecd8d0",
    "06": "#e3d8d6", "07": "#efd5cc", "08": "#ecd8d0", "09": "#e3d8d6", "10": "#dedbd8", "11": "#c9dff0",
    "12": "#eeeae0",
}  # fmt: skip
Bounds = tuple[float, float, float, float]  # west, south, east, north
_OTHER = "#efefea"
_TOWNSHIPS = ("#f3f1e7", "#eaf1ea", "#f4ece6", "#e9eff3", "#f1eef4")


@dataclass(frozen=True)
class Backdrop:
    """Numbers of tints (0: nothing) on a grid in the analysis CRS, the tints, and the legend of those that occur."""

    grid: NDArray[np.uint8]
    transform: Affine
    crs: CRS
    tints: tuple[str, ...]
    legend: tuple[tuple[str, str], ...] = ()
    restricted: bool = False  # drawn from restricted data
    source: tuple[gpd.GeoSeries, NDArray[np.uint8]] | None = None  # the polygons and the number of each one's tint

    @property
    def cell(self) -> float:
        """The side of a cell in metres."""
        return float(self.transform.a)

    @cached_property
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

    def closer(self, bounds: Bounds) -> Backdrop:
        """The same within `bounds` (analysis CRS) on a finer grid; itself where the grid is as fine already."""
        west, south, east, north = bounds
        cell = max(LEAST_CELL, max(east - west, north - south) / CLOSER)
        if self.source is None or cell >= self.cell:
            return self
        geometry, number = self.source
        near = np.sort(geometry.sindex.query(shapely.box(*bounds), predicate="intersects"))
        made = burn(geometry.iloc[near], number[near], self.tints, bounds, cell)
        return replace(made, legend=self.legend, restricted=self.restricted)

    def preview(self, layers: Iterable[Drawn], focus: Bounds | None = None, width: int = 440) -> str:
        """The county, or the `focus` of it (analysis CRS), with `layers` on it as a small picture (a data URI)."""
        west, south, east, north = focus or rasterio.transform.array_bounds(*self.grid.shape, self.transform)
        cell = max(east - west, north - south) / width
        columns = (west - self.transform.c + cell * (np.arange(max(1, round((east - west) / cell))) + 0.5)) // self.cell
        rows = (self.transform.f - north + cell * (np.arange(max(1, round((north - south) / cell))) + 0.5)) // self.cell
        height, length = self.grid.shape
        picture = self.grid[
            np.ix_(rows.astype(int).clip(0, height - 1), columns.astype(int).clip(0, length - 1))
        ].copy()
        picture[np.ix_((rows < 0) | (rows >= height), np.ones(len(columns), bool))] = 0
        picture[np.ix_(np.ones(len(rows), bool), (columns < 0) | (columns >= length))] = 0
        transform = from_origin(west, north, cell, cell)
        tints = list(self.tints)
        for drawn in layers:
            for (tint, wide), strokes in groupby(_strokes(drawn, cell), itemgetter(1, 2)):
                tints.append(tint)
                shapes = np.concatenate([shapes for shapes, _tint, _wide in strokes])
                _fill(picture, transform, shapes, min(len(tints), 255), wide=wide)
        return png(picture, tints[:255])


def _strokes(drawn: Drawn, cell: float) -> Iterator[tuple[NDArray[np.object_], str, bool]]:
    """What a small picture shows of a layer, in order: shapes, their tint, and whether every touched cell is filled."""
    style, kind = drawn.look.style, drawn.look.geometry
    every = np.asarray(drawn.frame.geometry.array, dtype=object)
    for number, entry in enumerate(drawn.look.classes):
        shapes = every[drawn.look.member == number]
        if not len(shapes):
            continue
        if kind == "line":
            yield shapes, entry.stroke, True
        elif kind == "point":
            yield shapely.buffer(shapes, 2.2 * cell, quad_segs=16), entry.fill or entry.stroke, True
        elif entry.fill:
            yield shapes, _paler(entry.fill, 0.4 + 0.6 * style.fill_opacity), True
        if kind == "polygon" and (entry.fill is None or (style.stroke_width >= 1 and len(drawn.frame) < 100)):
            yield shapely.boundary(shapes), entry.stroke if entry.fill else _paler(entry.stroke, 0.6), False


def make(results: Results) -> Backdrop | None:
    """The backdrop of the county; None where neither zones nor land use were read."""
    made = _land_use(results) or _townships(results)
    if made is None:
        return None
    frame, tints, legend, number, restricted = made
    source = (frame.geometry, np.asarray(number, dtype=np.uint8))
    return replace(burn(*source, tints), legend=legend, restricted=restricted, source=source)


def burn(
    geometry: gpd.GeoSeries,
    number: NDArray[np.uint8],
    tints: tuple[str, ...],
    bounds: Bounds | None = None,
    cell: float | None = None,
) -> Backdrop:
    """Polygons as cells (of metres), each with the number (from 1) of its tint."""
    west, south, east, north = bounds or (float(edge) for edge in geometry.total_bounds)
    cell = cell or max(CELL, math.sqrt((east - west) * (north - south) / MOST_CELLS))
    shape = (max(1, math.ceil((north - south) / cell)), max(1, math.ceil((east - west) / cell)))
    polygons = np.asarray(geometry.array, dtype=object)
    grid = painted(polygons, number, Grid(west, north, cell, *shape))
    return Backdrop(grid, from_origin(west, north, cell, cell), geometry.crs, tints)


def _fill(
    grid: NDArray[np.uint8], transform: Affine, shapes: NDArray[np.object_], value: int, *, wide: bool = False
) -> None:
    """Write `value` into the cells of the shapes; `wide`: into every cell that they touch."""
    thin = each(lambda some: shapely.simplify(some, transform.a / 3, preserve_topology=False), shapes)
    thin = thin[~shapely.is_empty(thin)]
    if len(thin):
        parts = shapely.get_parts(thin)
        make = shapely.multilinestrings if shapely.get_dimensions(parts[0]) == 1 else shapely.multipolygons
        # Shapes of one value as one: rasterio takes longer to wrap each than GDAL to burn it, part by part.
        rasterize([(make(parts), value)], out=grid, transform=transform, all_touched=wide)


# Polygons, tints, legend, the number of each one's tint, whether the data is restricted.
_Tinted = tuple[gpd.GeoDataFrame, tuple[str, ...], tuple[tuple[str, str], ...], "list[int]", bool]


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
    return frame, (*_TINTS.values(), _OTHER), _legend(set(groups)), number, bool(definition and definition.restricted)


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
    return zones, _TOWNSHIPS, (), [index % len(_TOWNSHIPS) + 1 for index in range(len(zones))], False


def _paler(colour: str, opacity: float) -> str:
    """`colour` as it looks on white at `opacity`."""
    return "#" + "".join(f"{round(255 - opacity * (255 - byte)):02x}" for byte in bytes.fromhex(colour[1:7]))


def png(picture: NDArray[np.uint8], tints: Iterable[str]) -> str:
    """`picture` as a data URI: 0 is transparent, n the n-th of `tints` (#rrggbb); at most 255 of them."""
    palette = b"\xff\xff\xff" + b"".join(bytes.fromhex(tint[1:7]) for tint in tints)
    height, width = picture.shape
    rows = np.hstack([np.zeros((height, 1), np.uint8), picture]).tobytes()  # each row begins with its filter: none
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", palette),
        (b"tRNS", b"\x00"),
        (b"IDAT", zlib.compress(rows, 6)),
        (b"IEND", b""),
    ]
    content = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return "data:image/png;base64," + base64.b64encode(content).decode("ascii")

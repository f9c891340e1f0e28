"""Rasters through rasterio: GeoTIFF, Erdas .img, ESRI ASCII grid, .vrt. Bands are fields; cells come by windows.

A file is opened read-only; GDAL writes its .aux.xml only when it is asked for statistics, which it never is here.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import rasterio
import shapely
from pyproj.exceptions import CRSError
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from qsgis.errors import FieldMissing, FileUnreadable, ValueWrong
from qsgis.geometry.slope import Cells
from qsgis.layers import fields
from qsgis.layers.place import name_of, system_of
from qsgis.layers.raw import Raw, Request
from qsgis.messages import _
from qsgis.schema import Layer

Array = np.ndarray[Any, Any]
DRIVERS = ["GTiff", "HFA", "AAIGrid", "VRT"]  # no other: some of GDAL's drivers fetch what a file only names
CELLS_AT_ONCE = 2_000_000
MANY = 300_000_000  # cells of all bands (an aerial image): they are not gone through only to be described
EDGE, EDGE_DEGREES = 70.0, 6e-4  # outlines are divided to edges of that length before they go to another CRS


@dataclass(frozen=True)
class Band:
    """A band as a field: its number, what is a value, and what all its cells hold.

    total: the sum of its values; count: cells with a value; blank: cells without; beyond: cells with a number that
    cannot be one (outside lowest … highest of the field), which count as without.
    """

    number: int
    minimum: float
    maximum: float
    count: int = 0
    blank: int = 0
    beyond: int = 0
    total: float = 0.0
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True)
class Raster:
    """A north-up raster: its file, CRS, grid and bands by field. Cells are read when they are wanted."""

    path: Path
    crs: pyproj.CRS
    cells: Cells
    bands: dict[str, Band]

    def values(self, field: str, window: Window) -> Array:
        """The cells of a window as floats, NaN where there is no value. Raises FileUnreadable."""
        with opened(self.path, self.path.stem) as source:
            return _values(source, self.bands[field], window)[0]

    def grid(self, window: Window) -> Cells:
        """The cells of a window."""
        cells = self.cells
        west, north = cells.west + window.col_off * cells.width, cells.north - window.row_off * cells.height
        return Cells(west, north, cells.width, cells.height, int(window.height), int(window.width))

    def window(self, bounds: tuple[float, float, float, float], margin: int = 0) -> Window:
        """The cells that bounds (west, south, east, north, in the raster's CRS) meet, and `margin` more; maybe none."""
        cells, (west, south, east, north) = self.cells, bounds
        columns = _span((west - cells.west) / cells.width, (east - cells.west) / cells.width, margin, cells.columns)
        rows = _span((cells.north - north) / cells.height, (cells.north - south) / cells.height, margin, cells.rows)
        return Window(columns[0], rows[0], columns[1] - columns[0], rows[1] - rows[0])

    def outline(self, target: pyproj.CRS, window: Window | None = None, margin: int = 0) -> shapely.Polygon:
        """The ground of a window (of all of it) and of `margin` cells around, in the CRS `target`."""
        cells = self.grid(window or Window(0, 0, self.cells.columns, self.cells.rows))
        west, north = cells.west - margin * cells.width, cells.north + margin * cells.height
        east, south = (
            cells.west + (cells.columns + margin) * cells.width,
            cells.north - (cells.rows + margin) * cells.height,
        )
        return moved(np.array([shapely.box(west, south, east, north)], dtype=object), self.crs, target)[0]


def _span(low: float, high: float, margin: int, size: int) -> tuple[int, int]:
    """Whole cells from low to high, inside 0 … size."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return 0, 0
    start = min(max(math.floor(low) - margin, 0), size)
    return start, max(min(math.ceil(high) + margin, size), start)


def moved(geometry: Array, crs: pyproj.CRS, target: pyproj.CRS) -> Array:
    """Polygons in another CRS, their edges divided first, so that neighbours stay neighbours."""
    if name_of(crs) == name_of(target):
        return geometry
    dense = shapely.segmentize(geometry, EDGE_DEGREES if crs.is_geographic else EDGE)
    way = pyproj.Transformer.from_crs(crs, target, always_xy=True)
    return np.asarray(shapely.transform(dense, way.transform, interleaved=False), dtype=object)


def blocks(window: Window, cells: int = CELLS_AT_ONCE) -> Iterator[Window]:
    """A window in strips of rows of about so many cells."""
    step = max(1, cells // max(int(window.width), 1))
    for row in range(0, int(window.height), step):
        yield Window(window.col_off, window.row_off + row, window.width, min(step, int(window.height) - row))


@contextmanager
def opened(path: Path, layer: str) -> Iterator[Any]:
    """The dataset, read-only. Raises FileUnreadable, also for what breaks while it is read."""
    if path.suffix.lower() == ".vrt" and any(sign in path.read_text("utf-8", "replace") for sign in ("/vsi", "://")):
        raise FileUnreadable(layer, path, _("it points to files elsewhere (/vsi…, http); name the files themselves"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # refused below, with what to do
            with rasterio.Env(), DatasetReader(str(path), driver=DRIVERS) as source:
                yield source
    except (RasterioError, OSError, ValueError) as error:
        raise FileUnreadable(layer, path, str(error)) from error


def read(request: Request, target: pyproj.CRS) -> tuple[Raster, gpd.GeoDataFrame]:
    """The raster that a request names, gone through once, and a frame with one row: the ground that it covers.

    Raises FileUnreadable; FieldMissing where several bands leave open which is which; CrsUnknown, CrsContradicted and
    CrsRefused as for features; ValueWrong where cells are rotated, lie nowhere, or none has a value.
    """
    with opened(request.path, request.definition.id) as source:
        numbers = _numbers(request, source)
        cells = _cells(source, request)
        crs, shift = _system(source, cells, request, target)
        cells = cells._replace(west=cells.west + shift)
        bands = {field: _gone_through(source, _band(request.definition, field, at)) for field, at in numbers.items()}
    for field, band in bands.items():
        _say(band, field, request)
    raster = Raster(request.path, crs, cells, bands)
    return raster, gpd.GeoDataFrame({"feature": ["1"]}, geometry=[raster.outline(target)], crs=target)


def describe(path: Path) -> list[str]:
    """Lines that say what a raster is: size, cell, CRS, and a band's nodata value and range. Raises FileUnreadable."""
    with opened(path, path.stem) as source:
        crs = crs_of(source)
        size, unit = source.transform, "°" if crs is not None and crs.is_geographic else "m"
        lines = [
            _("{columns} × {rows} cells of {width:.6g} × {height:.6g} {unit}", columns=source.width, rows=source.height,
              width=size.a, height=abs(size.e), unit=unit),
        ]  # fmt: skip
        if source.width * source.height * source.count > MANY:
            return lines
        for number in source.indexes:
            band = _gone_through(source, Band(number, -math.inf, math.inf))
            nodata = source.nodatavals[number - 1]
            lines.append(
                _("band {number}: {low:.6g} … {high:.6g}, {blank} cells without a value, nodata {nodata}",
                  number=number, low=band.low, high=band.high, blank=band.blank,
                  nodata=_("none stated") if nodata is None else f"{nodata:g}")
            )  # fmt: skip
    return lines


def crs_of(source: Any) -> pyproj.CRS | None:
    """The CRS that a dataset says, None where it says none that is usable."""
    if source.crs is None:
        return None
    try:
        return pyproj.CRS.from_user_input(source.crs.to_wkt())
    except CRSError:
        return None


def _numbers(request: Request, source: Any) -> dict[str, int]:
    """Canonical field -> band. One band is the layer's first number field; several go by their names or numbers."""
    columns = {str(number): number for number in source.indexes}
    columns |= {text: number for number, text in zip(source.indexes, source.descriptions, strict=True) if text}
    fitting = [name for name, one in request.definition.fields.items() if one.type == "number" and name != "year"]
    fitting.sort(key=lambda name: not request.definition.fields[name].required)
    if source.count == 1 and not request.source.fields:
        return {fitting[0]: 1}
    found = fields.match(request, list(columns))
    if not found:
        raise FieldMissing(
            request.definition.id, request.path, fitting[0],
            fields.known_names(fitting[0], request.definition.fields[fitting[0]]), columns,
        )  # fmt: skip
    return {field: columns[name] for field, name in found.items()}


def _cells(source: Any, request: Request) -> Cells:
    """The grid; ValueWrong where it is not placed, or not in rows from west to east and from north to south."""
    at = source.transform
    if at.is_identity:
        reason, do = _("the raster says nowhere where its cells lie"), _("georeference it, or export it as GeoTIFF")
    elif at.b or at.d or at.a <= 0 or at.e >= 0:
        reason = _("its cells are rotated, sheared or not in rows from north to south")
        do = _("warp it to a plain north-up grid in QGIS (Raster → Projections → Warp) and name that file")
    else:
        return Cells(at.c, at.f, at.a, -at.e, source.height, source.width)
    raise ValueWrong(request.definition.id, request.path, reason, do)


def _system(source: Any, cells: Cells, request: Request, target: pyproj.CRS) -> tuple[pyproj.CRS, float]:
    """The CRS, and by how much eastings are to be moved for the zone number in front."""
    east, south = cells.west + cells.columns * cells.width, cells.north - cells.rows * cells.height
    box = shapely.box(cells.west, south, east, cells.north)
    raw = Raw(fields=gpd.GeoDataFrame(), features=np.array(["1"]), geometry=np.array([box]), crs=crs_of(source))
    crs, placed = system_of(raw, request, target)
    degrees = max(abs(cells.west), abs(east)) <= 360 and max(abs(cells.north), abs(south)) <= 90
    if degrees != crs.is_geographic:
        span = _("coordinates in degrees") if degrees else _("coordinates in metres")
        reason = _("it is said to be in {crs}, but has {span}", crs=name_of(crs), span=span)
        do = _('ask the supplier, then write the right one as `crs = "EPSG:…"` under [layers.{layer}]',
               layer=request.definition.id)  # fmt: skip
        raise ValueWrong(request.definition.id, request.path, reason, do)
    return crs, float(shapely.bounds(placed)[0, 0] - cells.west)


def _band(definition: Layer, field: str, number: int) -> Band:
    limits = definition.fields[field]
    low = -math.inf if limits.minimum is None else limits.minimum
    return Band(number, low, math.inf if limits.maximum is None else limits.maximum)


def _gone_through(source: Any, band: Band) -> Band:
    """The band with what all its cells hold, strip by strip."""
    totals, count, blank, beyond, low, high = [], 0, 0, 0, math.inf, -math.inf
    for window in blocks(Window(0, 0, source.width, source.height)):
        values, wrong = _values(source, band, window)
        held = values[~np.isnan(values)]
        beyond += wrong
        count += held.size
        blank += values.size - held.size - wrong
        if held.size:
            totals.append(float(held.sum()))
            low, high = min(low, float(held.min())), max(high, float(held.max()))
    return Band(band.number, band.minimum, band.maximum, count, blank, beyond, math.fsum(totals), low, high)


def _values(source: Any, band: Band, window: Window) -> tuple[Array, int]:
    """The cells of a window, NaN where there is no value, and how many hold a number that cannot be one."""
    found = source.read(band.number, window=window, masked=True)
    if np.iscomplexobj(found):
        raise ValueError(_("its cells hold complex numbers"))
    place = band.number - 1
    values = found.astype(float).filled(np.nan) * source.scales[place] + source.offsets[place]
    values[~np.isfinite(values)] = np.nan
    with np.errstate(invalid="ignore"):
        wrong = (values < band.minimum) | (values > band.maximum)
    values[wrong] = np.nan
    return values, int(wrong.sum())


def _say(band: Band, field: str, request: Request) -> None:
    """What is odd about a band; ValueWrong where none of its cells has a value."""
    label = request.definition.fields[field].label
    if not band.count:
        reason = _("no cell of band {number} ({field}) has a value that can be one", number=band.number, field=label)
        do = _("look at the raster in QGIS: its nodata value, its unit, and whether it is the right file")
        raise ValueWrong(request.definition.id, request.path, reason, do)
    if band.beyond:
        request.findings.note(
            _("{count} cells hold a {field} outside {low:g} … {high:g} and count as cells without a value",
              count=band.beyond, field=label, low=band.minimum, high=band.maximum)
        )  # fmt: skip

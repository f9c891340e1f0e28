"""The ground of a raster: where it has values, and where it is steeper than so many degrees."""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from rasterio.features import shapes
from rasterio.transform import Affine
from rasterio.windows import Window
from shapely.geometry import shape

from qsgis.analyses.inputs import Features, Inputs, source_text
from qsgis.errors import AnalysisFailed
from qsgis.geometry import overlay
from qsgis.geometry.slope import cell_metres, horn
from qsgis.layers.raster import Raster, blocks, moved
from qsgis.messages import _
from qsgis.results import joined
from qsgis.schema import Operand

Array = np.ndarray
ENOUGH = 0.995  # of the county: where less of it is known the figure is an estimate
ALL = 1 - 1e-6
BEYOND = 2  # cells around the county that are looked at as well


def raster_ground(inputs: Inputs, name: str, operand: Operand, year: int) -> Features:
    """Polygons, in the analysis CRS, of the cells that have a value, or a slope above `operand.steeper` degrees.

    Only cells near the county are looked at. How much of the county is known is said. Raises AnalysisFailed where the
    operand asks for a selection, or the raster does not meet the county.
    """
    layer = inputs.load(name, year)
    assert layer.raster is not None
    label, source = inputs.catalog.layers[name].label, source_text(layer)
    if operand.selections or operand.dated:
        reason, do = _("it is a raster, which has no fields to select by"), _("ask the supplier for features")
        raise AnalysisFailed(label, source, reason, do)
    raster, field = layer.raster, next(iter(layer.raster.bands))
    window = county_window(raster, inputs, operand.around or 0.0)
    wanted, known = _masks(raster, field, window, operand.steeper)
    share = covered(_polygons(known, raster, window, inputs.crs), inputs)
    if not share:
        reason, do = _("the raster has no value in the county"), _("check whether the right file is named, and its CRS")
        raise AnalysisFailed(label, source, reason, do)
    found = _polygons(wanted, raster, window, inputs.crs)
    if operand.around is None:  # what lies beyond the county is nobody's
        found = np.asarray(overlay.pairs(found, inputs.zones.ground("county"), checked=True).geometry, dtype=object)
    frame = gpd.GeoDataFrame({"feature": np.arange(1, len(found) + 1).astype(str)}, geometry=found, crs=inputs.crs)
    notes, estimated = [*layer.notes, *_method(operand)], list[str]()
    if share < ALL:
        text = _("{layer}: the raster tells of {share:.2%} of the county", layer=label, share=share)
        text = joined(text, _("the rest counts as not steep")) if operand.steeper is not None else text
        (estimated if share < ENOUGH else notes).append(text)
    return Features(frame, None, (source,), tuple(notes), tuple(estimated))


def _method(operand: Operand) -> list[str]:
    if operand.steeper is None:
        return []
    return [_("slope by Horn's formula from the eight neighbours; a cell without all of them has none")]


def county_window(raster: Raster, inputs: Inputs, around: float = 0.0) -> Window:
    """The raster's cells on the county, `around` metres about it, and a few more."""
    ground = shapely.union_all(inputs.zones.ground("county"))
    box = shapely.box(*shapely.bounds(ground)).buffer(around, join_style="mitre")
    place = moved(np.array([box], dtype=object), inputs.crs, raster.crs)[0]
    return raster.window(tuple(shapely.bounds(place)), BEYOND)


def covered(polygons: Array, inputs: Inputs) -> float:
    """The share of the county's ground that lies in polygons which share none."""
    county = inputs.zones.ground("county")
    return float(overlay.pairs(county, polygons, geometry=False, checked=True).area.sum() / shapely.area(county).sum())


class Masks(NamedTuple):
    """Cells of a window: those that are wanted, and those of which it can be told."""

    wanted: Array
    known: Array


def _masks(raster: Raster, field: str, window: Window, steeper: float | None) -> Masks:
    size = (int(window.height), int(window.width))
    masks = Masks(np.zeros(size, dtype=np.uint8), np.zeros(size, dtype=np.uint8))
    for strip in blocks(window):
        rows = slice(int(strip.row_off - window.row_off), int(strip.row_off - window.row_off + strip.height))
        if steeper is None:
            masks.known[rows] = masks.wanted[rows] = ~np.isnan(raster.values(field, strip))
        else:
            slope = slopes(raster, field, strip)
            masks.known[rows] = ~np.isnan(slope)
            masks.wanted[rows] = slope > steeper
    return masks


def slopes(raster: Raster, field: str, window: Window) -> Array:
    """Degrees of slope of a window's cells; NaN where a cell or one of its neighbours has no value or is not there."""
    row, column = int(window.row_off), int(window.col_off)
    north, west = min(row, 1), min(column, 1)
    south = min(raster.cells.rows - row - int(window.height), 1)
    east = min(raster.cells.columns - column - int(window.width), 1)
    wider = Window(column - west, row - north, window.width + west + east, window.height + north + south)
    heights = np.pad(
        raster.values(field, wider), ((1 - north, 1 - south), (1 - west, 1 - east)), constant_values=np.nan
    )
    return horn(heights, *cell_metres(raster.grid(window), raster.crs))


def _polygons(mask: Array, raster: Raster, window: Window, crs: pyproj.CRS) -> Array:
    """Valid polygons of connected cells, in `crs`, in the order of rows."""
    grid = raster.grid(window)
    at = Affine(grid.width, 0.0, grid.west, 0.0, -grid.height, grid.north)
    found = [shape(one) for one, _value in shapes(mask, mask=mask.astype(bool), connectivity=4, transform=at)]
    polygons = np.array(found, dtype=object)
    bad = ~shapely.is_valid(polygons)
    if bad.any():  # a ring that touches itself at a corner
        polygons[bad] = shapely.make_valid(polygons[bad], method="structure")
    return moved(polygons, raster.crs, crs)

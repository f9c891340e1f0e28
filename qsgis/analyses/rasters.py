"""Rasters by zone: cells added up, each shared by the part of it that lies in the zone; people as cells."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from rasterio.windows import Window

from qsgis.analyses.area import sources_of
from qsgis.analyses.ground import county_window
from qsgis.analyses.inputs import Features, Inputs, Measured, NotInstalled, source_text
from qsgis.analyses.pieces import Pieces, cut, outside_note, split, totals, zone_columns
from qsgis.errors import ExtraMissing
from qsgis.geometry.slope import cell_metres
from qsgis.layers.raster import Raster, blocks, moved
from qsgis.messages import _
from qsgis.results import ZoneLevel
from qsgis.schema import Operand, Sum

Array = np.ndarray[Any, Any]
ROUNDING = 1e-6  # of a cell: parts of it that add up to one but for this do add up to one
BALANCE = 1e-9  # of the sum: what does not add up beyond this is said


def measure_cells(measure: Sum, inputs: Inputs, levels: list[ZoneLevel], name: str) -> Measured:
    """The sum of a band's cells by zone, by exactextract; `by_area`: of value × the cell's ground in m².

    The ground is cut first (by the measure's operands, then the zones) and taken to the raster's CRS with edges of at
    most 70 m; the raster itself is never resampled. LayerAbsent where no band has the field; NotInstalled
    without exactextract.
    """
    operand = measure.of[0]
    raster = inputs.raster(operand.layers[0], inputs.year_of(operand))
    assert raster is not None
    if measure.field not in raster.bands:
        raise inputs.lacking(operand.layers[0], measure.field)
    first = inputs.features(operand)
    window = county_window(raster, inputs, operand.around or 0.0)
    every = operand.steeper is None and operand.around is None
    if every:  # all cells, and somewhat more than their edges
        box = gpd.GeoDataFrame(geometry=[raster.outline(inputs.crs, window, margin=1)], crs=inputs.crs)
        first = replace(first, frame=box, key=None)
    pieces = split(first, cut(first, measure.cutters, inputs), inputs, levels)
    zones = moved(pieces.geometry, inputs.crs, raster.crs)
    try:
        value = cell_sums(raster, measure.field, zones, window, by_area=measure.by_area)
    except ExtraMissing as error:
        raise NotInstalled(f"{error.what}: {error.do}") from error
    label, unit = inputs.field_label(operand.layers[0], measure.field), inputs.catalog.measure_unit(measure)
    found = Measured(
        totals(pieces, value, inputs.zones, levels),
        method=_("cells × their ground, each by its part in the zone: {field}", field=label)
        if measure.by_area
        else _("sum of cells, each by its part in the zone: {field}", field=label),
        sources=list(dict.fromkeys([*first.sources, *sources_of(inputs, measure.cutters)])),
        notes=[*first.notes, *pieces.notes],
    )
    if not measure.by_area:
        found.notes += outside_note(pieces, value, unit)
        if every and not measure.cutters:
            found.notes += _balance(raster, measure.field, window, value, unit)
    if measure.patches:
        found.layers[name] = _patches(pieces, value, inputs)
    return found


def _balance(raster: Raster, field: str, window: Window, value: Array, unit: str) -> list[str]:
    """What of the raster lies far from the county, and by how much its parts do not add up to it, if they do not."""
    near, whole = float(np.nansum(raster.values(field, window))), raster.bands[field].total
    notes = []
    if whole - near > 0.005:
        notes.append(
            _("{amount:.2f} {unit} of the raster's {whole:.2f} lie beyond the county's surroundings",
              amount=whole - near, unit=unit, whole=whole)
        )  # fmt: skip
    if abs(float(value.sum()) - near) > BALANCE * abs(near):
        notes.append(
            _("the parts of cells add up to {sum:.6f} {unit}, the cells themselves to {near:.6f}",
              sum=float(value.sum()), near=near, unit=unit)
        )  # fmt: skip
    return notes


def cell_sums(raster: Raster, field: str, zones: Array, window: Window, *, by_area: bool = False) -> Array:
    """The sum of a field's cells in each of `zones`: polygons in the raster's CRS that share no ground.

    A cell gives its value × the part of it in the zone (× its m² on the ellipsoid); one without a value gives nothing.
    Cells outside `window` are not looked at. Raises ExtraMissing without the package exactextract.
    """
    found, tree = np.zeros(len(zones)), shapely.STRtree(zones)
    for strip in blocks(window):
        cells = raster.grid(strip)
        south, east = cells.north - cells.rows * cells.height, cells.west + cells.columns * cells.width
        near = np.sort(tree.query(shapely.box(cells.west, south, east, cells.north)))
        if not len(near):
            continue
        values = raster.values(field, strip)
        if by_area:
            width, height = cell_metres(cells, raster.crs)
            values = values * (width * height)
        zone, cell, part = _parts(values, (cells.west, south, east, cells.north), zones[near], raster.crs)
        found[near] += np.bincount(zone, weights=values.ravel()[cell] * part, minlength=len(near))
    return found


def _parts(
    values: Array, bounds: tuple[float, float, float, float], zones: Array, crs: pyproj.CRS
) -> tuple[Array, Array, Array]:
    """(zone, cell, part of the cell in the zone), for cells that have a value; the parts of one add up to 1 at most."""
    try:
        from exactextract import exact_extract
        from exactextract.raster import NumPyRasterSource
    except ImportError as error:
        raise ExtraMissing(_("adding up a raster by zone"), "exactextract", "raster") from error
    frame = gpd.GeoDataFrame(geometry=zones, crs=crs)
    source = NumPyRasterSource(values, *bounds)
    table: pd.DataFrame = exact_extract(source, frame, ["cell_id", "coverage"], output="pandas")
    cells, parts = table["cell_id"].to_list(), table["coverage"].to_list()
    zone = np.repeat(np.arange(len(zones)), [len(one) for one in cells])
    cell, part = np.concatenate(cells).astype(np.int64), np.concatenate(parts).astype(float)
    whole = np.bincount(cell, weights=part, minlength=values.size)
    near = (np.abs(whole - 1) <= ROUNDING)[cell]
    part[near] /= whole[cell[near]]
    return zone, cell, part


def _patches(pieces: Pieces, value: Array, inputs: Inputs) -> gpd.GeoDataFrame:
    columns = {"counted": value} | zone_columns(pieces, inputs.zones)
    frame = gpd.GeoDataFrame(columns, geometry=pieces.geometry, crs=inputs.crs)
    return frame[pieces.zone["county"] >= 0].reset_index(drop=True)


def people_of_cells(inputs: Inputs, field: str) -> Features:
    """The cells near the county where people live, as polygons in the analysis CRS, with the column `field`.

    Each is drawn by its corners, so that neighbours fit and none of its people is lost. LayerAbsent where no band has
    the field.
    """
    layer = inputs.load("population", inputs.year)
    raster = layer.raster
    assert raster is not None
    if field not in raster.bands:
        raise inputs.lacking("population", field)
    window = county_window(raster, inputs)
    values = raster.values(field, window)
    row, column = np.nonzero(np.nan_to_num(values) > 0)
    cells = raster.grid(window)
    around = np.array([(0, 0), (0, 1), (1, 1), (1, 0), (0, 0)])
    x = cells.west + (column[:, None] + around[:, 1]) * cells.width
    y = cells.north - (row[:, None] + around[:, 0]) * cells.height
    to_plane = pyproj.Transformer.from_crs(raster.crs, inputs.crs, always_xy=True)
    corners = np.stack(to_plane.transform(x, y), axis=-1).reshape(-1, 5, 2)
    amounts = values[row, column]
    number = (row + int(window.row_off)) * raster.cells.columns + column + int(window.col_off)
    columns = {field: amounts, "feature": number.astype(str)}
    frame = gpd.GeoDataFrame(columns, geometry=shapely.polygons(corners), crs=inputs.crs)
    ground = inputs.features(Operand(layer="population"))  # how much of the county the raster tells of
    beyond = raster.bands[field].total - float(amounts.sum())
    notes = list(ground.notes)
    if beyond > 0.005:
        notes.append(
            _("{people:g} people of the raster live beyond the county's surroundings and are not counted",
              people=beyond)
        )  # fmt: skip
    return Features(frame, None, (source_text(layer),), tuple(notes), ground.estimated)

"""Where people live: a population table's zones spread over their residential parcels, totals kept.

A population layer may be a table by zone code, points, or polygons. The people of a zone are spread over its
residential parcels (三调 0701, 0702) by area; without a survey, over the layer `residential`, by floor area where it
gives storeys. So are those of a raster's cells; the part of a cell that lies outside the county keeps its people.
"""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from qsgis.analyses.cutting import POLYGONS, both
from qsgis.analyses.headcount import NAMED, headcount
from qsgis.analyses.inputs import Features, Inputs, source_text
from qsgis.analyses.pieces import once
from qsgis.errors import AnalysisFailed
from qsgis.geometry import overlay
from qsgis.messages import _
from qsgis.schema import Operand


def residents(inputs: Inputs, field: str = "resident") -> Features:
    """Features with the column `field`, whose sum is the population layer's own. LayerAbsent where it lacks it."""
    key = ("residents", field, inputs.files(["population", "land_use", "residential"]))
    return inputs.remember(key, lambda: replace(_residents(inputs, field), key=key, shared=True))


def _residents(inputs: Inputs, field: str) -> Features:
    layer = inputs.load("population", inputs.year)
    if layer.raster is not None:
        return _of_cells(inputs, field)
    frame = layer.frame
    if field not in frame or bool(frame[field].isna().all()):
        raise inputs.lacking("population", field)
    source, notes = source_text(layer), tuple(layer.notes)
    if not isinstance(frame, gpd.GeoDataFrame):
        count = headcount(frame, field, inputs, source)
        spread, said, sources = _spread(inputs, count.zones, count.amounts, field)
        return Features(spread, None, (source, *sources), notes, (*count.said, *said))
    amounts = _given(frame, field, inputs, source)
    flat = shapely.get_dimensions(np.asarray(frame.geometry.array, dtype=object)) == POLYGONS
    points = gpd.GeoDataFrame({field: amounts[~flat]}, geometry=frame.geometry.array[~flat], crs=inputs.crs)
    if not flat.any():
        return Features(points, None, (source,), notes)
    spread, said, sources = _spread(inputs, frame[flat], amounts[flat], field)
    together = gpd.GeoDataFrame(pd.concat([points, spread], ignore_index=True), crs=inputs.crs)
    return Features(together, None, (source, *sources), notes, tuple(said))


def _of_cells(inputs: Inputs, field: str) -> Features:
    """The people of a raster's cells in the dwellings of each; evenly over the cell where nobody supplied dwellings."""
    from qsgis.analyses.rasters import people_of_cells  # rasterio, only where there is a raster

    cells = people_of_cells(inputs, field)
    if not (inputs.has("land_use") or inputs.has("residential")):
        return cells
    parts = both(cells.geometry, inputs.zones.ground("county"))
    share = shapely.area(parts.geometry) / shapely.area(cells.geometry)[parts.row]
    amounts = cells.frame[field].to_numpy(dtype=float)[parts.row] * share
    columns = {field: amounts, "feature": cells.frame["feature"].to_numpy()[parts.row]}
    ground = gpd.GeoDataFrame(columns, geometry=parts.geometry, crs=inputs.crs)
    outside = ground[parts.partner < 0][[field, "geometry"]]
    within = np.flatnonzero(parts.partner >= 0)
    spread, said, sources = _spread(inputs, ground.iloc[within], amounts[within], field)
    together = gpd.GeoDataFrame(pd.concat([spread, outside], ignore_index=True), crs=inputs.crs)
    return replace(cells, frame=together, sources=(*cells.sources, *sources), estimated=(*cells.estimated, *said))


def _given(frame: gpd.GeoDataFrame, field: str, inputs: Inputs, source: str) -> np.ndarray:
    """The people of each point or polygon; AnalysisFailed, naming them, where one has no number or a negative one."""
    amounts = np.asarray(frame[field], dtype=float)
    wrong = ~(amounts >= 0)
    if wrong.any():
        rows = ", ".join(frame["feature"].astype(str).to_numpy()[wrong][:NAMED])
        raise AnalysisFailed(
            inputs.catalog.layers["population"].label,
            f"{source}: {rows}",
            _(
                "{count} features have no {field}, or a negative one",
                count=int(wrong.sum()),
                field=inputs.field_label("population", field),
            ),
            _("fill in the field, or take the features out of the file"),
        )
    return amounts


def _spread(
    inputs: Inputs, zones: gpd.GeoDataFrame, amounts: np.ndarray, field: str
) -> tuple[gpd.GeoDataFrame, list[str], tuple[str, ...]]:
    """One row a (parcel, zone) with its people; a zone with people but no dwelling keeps them on its whole ground."""
    homes = dwellings(inputs)
    ground = np.asarray(zones.geometry.array, dtype=object)
    single, source = once(homes, inputs)  # ground that two dwellings share houses its people once
    found = overlay.pairs(single, ground, checked=True)
    assert found.geometry is not None
    weight = found.area * _floors(homes)[source][found.left]
    whole = np.bincount(found.right, weights=weight, minlength=len(zones))
    people = weight * np.divide(amounts, whole, out=np.zeros(len(zones)), where=whole > 0)[found.right]
    bare = np.flatnonzero((whole <= 0) & (amounts > 0))
    geometry = np.concatenate([found.geometry, ground[bare]])
    frame = gpd.GeoDataFrame({field: np.concatenate([people, amounts[bare]])}, geometry=geometry, crs=inputs.crs)
    said = []
    if len(bare):
        names = ", ".join(zones["name" if "name" in zones else "feature"].iloc[bare[:NAMED]].astype(str))
        said.append(
            _("{people:g} people of zones without a residential parcel are spread over the whole zone: {names}",
              people=float(amounts[bare].sum()), names=names)
        )  # fmt: skip
    return frame, said, homes.sources


def dwellings(inputs: Inputs) -> Features:
    """Town and village dwellings of the survey; where no survey is supplied, the layer `residential`."""
    if inputs.has("land_use", inputs.year):
        return inputs.features(Operand(layer="land_use", select="residential"))
    return inputs.features(Operand(layer="residential"))


def _floors(homes: Features) -> np.ndarray:
    """Storeys of each parcel, 1 where the layer does not give them for all."""
    if "floors" not in homes.frame or bool(homes.frame["floors"].isna().any()):
        return np.ones(len(homes.frame))
    return np.asarray(homes.frame["floors"], dtype=float)

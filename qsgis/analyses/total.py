"""The measure `sum`: a field added up over features, or over people where they live."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from qsgis.analyses.area import sources_of
from qsgis.analyses.inputs import Features, Inputs, Measured
from qsgis.analyses.people import residents
from qsgis.analyses.pieces import Pieces, cut, outside_note, split, totals, zone_columns
from qsgis.errors import AnalysisFailed
from qsgis.messages import _
from qsgis.results import ZoneLevel
from qsgis.schema import Sum


def measure_sum(measure: Sum, inputs: Inputs, levels: list[ZoneLevel], name: str) -> Measured:
    """The field's sum by zone. A polygon gives its value × (its ground inside, not yet counted ÷ its ground).

    A raster's cell does so too. Raises AnalysisFailed, naming them, where features have no value or a negative one.
    """
    people = measure.of[0].layers == ["population"]
    raster = inputs.raster(measure.of[0].layers[0], inputs.year_of(measure.of[0]))
    if raster is not None and not (people and measure.cutters):  # inside other ground people count where they live
        from qsgis.analyses.rasters import measure_cells  # rasterio and exactextract, only where there is a raster

        return measure_cells(measure, inputs, levels, name)
    first = residents(inputs, measure.field) if people else inputs.features(measure.of[0])
    amount = _amounts(first, measure, inputs)
    pieces = split(first, cut(first, measure.cutters, inputs), inputs, levels)
    value = amount[pieces.owner] * _part(first, pieces)
    sources = [*first.sources, *sources_of(inputs, measure.cutters)]
    label = inputs.field_label(measure.of[0].layers[0], measure.field)
    found = Measured(
        totals(pieces, value, inputs.zones, levels),
        method=_("people by residence") if people else _("sum of {field}", field=label),
        sources=list(dict.fromkeys(sources)),
        notes=[*first.notes, *pieces.notes, *outside_note(pieces, value, inputs.catalog.measure_unit(measure))],
        estimated=list(first.estimated) if people else [],  # what holds for any operand is added for all measures
    )
    if measure.patches:
        found.layers[name] = _patches(first, pieces, amount, value, inputs)
    return found


def _amounts(first: Features, measure: Sum, inputs: Inputs) -> np.ndarray:
    layer = measure.of[0].layers[0]
    if measure.field not in first.frame:
        raise inputs.lacking(layer, measure.field)
    amount = np.asarray(first.frame[measure.field], dtype=float)
    wrong = ~(amount >= 0)
    if wrong.any():
        label = next((key for key in ("name", "id", "feature") if key in first.frame), None)
        who = first.frame[label].astype(str) if label else first.frame.index.astype(str).to_series()
        names = ", ".join(who.to_numpy()[wrong][:10])
        raise AnalysisFailed(
            inputs.catalog.layers[layer].label,
            f"{'; '.join(first.sources)}: {names}",
            _(
                "{count} features have no {field}, or a negative one",
                count=int(wrong.sum()),
                field=inputs.field_label(layer, measure.field),
            ),
            _("fill in the field, or take the features out of the file"),
        )
    return amount


def _part(first: Features, pieces: Pieces) -> np.ndarray:
    """The part of its owner that each piece is: by area for polygons, by length for lines, whole for points."""
    whole = first.geometry[pieces.owner]
    kind = shapely.get_dimensions(whole)
    size = np.where(kind == 2, shapely.area(whole), shapely.length(whole))
    own = np.where(kind == 2, shapely.area(pieces.geometry), shapely.length(pieces.geometry))
    return np.asarray(np.divide(own, size, out=np.ones(len(size)), where=(kind > 0) & (size > 0)))


def _patches(
    first: Features, pieces: Pieces, amount: np.ndarray, value: np.ndarray, inputs: Inputs
) -> gpd.GeoDataFrame:
    owner = first.frame.iloc[pieces.owner]
    columns = {key: owner[key].to_numpy() for key in ("id", "name", "kind") if key in owner}
    columns |= {"value": amount[pieces.owner], "counted": value, "share": _part(first, pieces)}
    columns |= zone_columns(pieces, inputs.zones)
    keep = pieces.zone["county"] >= 0
    return gpd.GeoDataFrame(columns, geometry=pieces.geometry, crs=inputs.crs)[keep].reset_index(drop=True)

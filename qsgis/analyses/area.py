"""The measure `area`: ground of the first operand inside (or outside) the others."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from qsgis.analyses.inputs import Features, Inputs, Measured
from qsgis.analyses.pieces import Pieces, cut, outside_note, split, totals, worth, zone_columns
from qsgis.codes import code_table
from qsgis.results import ZoneLevel
from qsgis.schema import Area, Operand


def measure_area(measure: Area, inputs: Inputs, levels: list[ZoneLevel], name: str) -> Measured:
    """Square metres by zone; shares of the balance field where the first operand carries one.

    Standard: a piece of a parcel takes TBDLMJ × (piece ÷ parcel), so that totals balance to the survey's own.
    """
    first = inputs.ground(measure.of[0])
    if not measure.recorded:
        first = replace(first, balance=None, key=None)
    pieces = cut(first, measure.cutters, inputs, _split_by(measure))
    pieces = split(first, pieces, inputs, levels)
    value, method = worth(first, pieces, inputs)
    found = Measured(
        totals(pieces, value, inputs.zones, levels),
        method=method,
        sources=sources_of(inputs, measure.operands()),
        notes=[*first.notes, *pieces.notes, *outside_note(pieces, value, "m²")],
    )
    if measure.by:
        labels = _field_of(measure, inputs, first, pieces)
        found.groups = {
            level: pd.DataFrame(
                {
                    label: totals(pieces, np.where(labels == label, value, 0.0), inputs.zones, [level])[level]
                    for label in sorted(set(labels))
                }
            )
            for level in levels
        }
    if measure.patches:
        found.layers[name] = _patches(measure, inputs, first, pieces, value)
    return found


def sources_of(inputs: Inputs, operands: list[Operand]) -> list[str]:
    """The files that operands were read from, each once."""
    return list(dict.fromkeys(source for operand in operands for source in inputs.features(operand).sources))


def _split_by(measure: Area) -> int | None:
    """The number of the operand whose field splits the result; None: the first's, or no field."""
    layer, dot, _field = str(measure.by).rpartition(".")
    if not dot or layer in measure.of[0].layers:
        return None
    return next(number for number, operand in enumerate(measure.of) if layer in operand.layers)


def _field_of(measure: Area, inputs: Inputs, first: Features, pieces: Pieces) -> np.ndarray:
    """The value of the `by` field for each piece: of the first operand, or of another as layer.field."""
    layer, _dot, field = str(measure.by).rpartition(".")
    rows, frame, number = pieces.owner, first.frame, _split_by(measure)
    if number is not None and pieces.partner is not None:
        rows, frame = pieces.partner, inputs.features(measure.of[number]).frame
    if field not in frame:
        raise inputs.lacking(layer or measure.of[0].layers[0], field)
    values = frame[field].astype(object).where(frame[field].notna(), "").to_numpy()
    return np.append(values, "")[rows]


def _patches(measure: Area, inputs: Inputs, first: Features, pieces: Pieces, value: np.ndarray) -> gpd.GeoDataFrame:
    """One feature a piece: the parcel's id and class, its zones, its area and its share of the parcel."""
    owner = first.frame.iloc[pieces.owner]
    columns = {
        name: owner[name].to_numpy() for name in ("id", "name", "class", "type", "zone", "settlement") if name in owner
    }
    if measure.by and "." in measure.by:
        columns["class"] = _field_of(measure, inputs, first, pieces)
    columns |= _class_name(inputs, measure, columns)
    columns |= zone_columns(pieces, inputs.zones)
    whole = shapely.area(first.geometry)[pieces.owner]
    columns["area_m2"] = value
    columns["share"] = np.divide(shapely.area(pieces.geometry), whole, out=np.zeros(len(value)), where=whole > 0)
    keep = pieces.zone["county"] >= 0
    return gpd.GeoDataFrame(columns, geometry=pieces.geometry, crs=inputs.crs)[keep].reset_index(drop=True)


def _class_name(inputs: Inputs, measure: Area, columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    layer = measure.by.rpartition(".")[0] if measure.by and "." in measure.by else measure.of[0].layers[0]
    definition = inputs.catalog.layers[layer].fields.get("class")
    if "class" not in columns or definition is None or definition.codes is None:
        return {}
    table = code_table(definition.codes)
    names = [table.get(str(code), {}).get("name", "") for code in columns["class"]]
    return {"class_name": np.asarray(names, dtype=object)}

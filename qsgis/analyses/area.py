"""The measure `area`: ground of the first operand inside (or outside) the others."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np

from qsgis.analyses.classes import values_of
from qsgis.analyses.inputs import Features, Inputs, Measured
from qsgis.analyses.patches import patch_layer
from qsgis.analyses.pieces import Pieces, cut, groups, outside_note, split, totals, worth
from qsgis.codes import code_table
from qsgis.results import ZoneLevel
from qsgis.schema import Area, By, Operand


def measure_area(measure: Area, inputs: Inputs, levels: list[ZoneLevel], name: str) -> Measured:
    """Square metres by zone; shares of the balance field where the first operand carries one.

    Standard: a piece of a parcel takes TBDLMJ × (piece ÷ parcel), so that totals balance to the survey's own.
    """
    first = inputs.ground(measure.of[0])
    if not measure.recorded:
        first = replace(first, balance=None, key=None)
    by = _by(measure)
    pieces = cut(first, measure.cutters, inputs, by.operand or None if by else None)
    pieces = split(first, pieces, inputs, levels)
    value, method = worth(first, pieces, inputs)
    found = Measured(
        totals(pieces, value, inputs.zones, levels),
        method=method,
        sources=sources_of(inputs, measure.operands()),
        notes=[*first.notes, *pieces.notes, *outside_note(pieces, value, "m²")],
    )
    if by:
        labels = _groups_of(by, measure, inputs, first, pieces)
        found.groups = groups(pieces, value, labels, inputs.zones, levels)
    if measure.patches:
        kind = labels if by and (by.operand or by.column) else None
        found.layers[name] = patch_layer(first, pieces, value, inputs, measure.sliver_metres, kind)
        found.layers[name] = _named(found.layers[name], by, measure, inputs)
    return found


def sources_of(inputs: Inputs, operands: list[Operand]) -> list[str]:
    """The files that operands were read from, each once."""
    return list(dict.fromkeys(source for operand in operands for source in inputs.features(operand).sources))


def _by(measure: Area) -> By | None:
    return measure.resolved(measure.by) if measure.by else None


def _groups_of(by: By, measure: Area, inputs: Inputs, first: Features, pieces: Pieces) -> np.ndarray:
    """What each piece is split by: a value of its own feature, or of the partner that it lies in."""
    operand = measure.operands()[by.operand]
    survey = inputs.load(by.layer, inputs.year_of(operand)).survey
    rows, frame = pieces.owner, first.frame
    if by.operand and pieces.partner is not None:
        rows, frame = pieces.partner, inputs.features(operand).frame
    return np.append(values_of(by, frame, inputs, survey), "")[rows]


def _named(patches: gpd.GeoDataFrame, by: By | None, measure: Area, inputs: Inputs) -> gpd.GeoDataFrame:
    """The patches with the names of their classes beside the codes, where there is a table of them."""
    layer = by.layer if by else measure.of[0].layers[0]
    definition = inputs.catalog.layers[layer].fields.get("class")
    if "class" not in patches or definition is None or definition.codes is None or (by and by.column):
        return patches
    table = code_table(definition.codes)
    names = [table.get(str(code), {}).get("name", "") for code in patches["class"]]
    patches.insert(patches.columns.get_loc("class") + 1, "class_name", np.asarray(names, dtype=object))
    return patches

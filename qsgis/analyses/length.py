"""The measure `length`: metres of lines inside (or outside) the other operands."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np

from qsgis.analyses.area import sources_of
from qsgis.analyses.inputs import Inputs, Measured
from qsgis.analyses.pieces import Pieces, cut, outside_note, split, totals, zone_columns
from qsgis.geometry import ellipsoidal_length
from qsgis.geometry.doubled import merge_doubled
from qsgis.messages import _
from qsgis.results import ZoneLevel
from qsgis.schema import Length


def measure_length(measure: Length, inputs: Inputs, levels: list[ZoneLevel], name: str) -> Measured:
    """Ellipsoidal metres by zone; a run that two lines share within `doubled` metres counts once."""
    first = inputs.features(measure.of[0])
    operands = tuple((inputs.key_of(operand), operand.outside) for operand in (measure.of[0], *measure.cutters))
    pieces, notes = inputs.remember(
        ("each line once", operands, measure.doubled),
        lambda: _once(cut(first, measure.cutters, inputs), measure.doubled),
    )
    pieces = split(first, pieces, inputs, levels)
    value = ellipsoidal_length(gpd.GeoSeries(pieces.geometry, crs=inputs.crs)).to_numpy()
    found = Measured(
        totals(pieces, value, inputs.zones, levels),
        method=_("ellipsoidal length"),
        sources=sources_of(inputs, measure.operands()),
        notes=[*first.notes, *pieces.notes, *notes, *outside_note(pieces, value, "m")],
    )
    if measure.patches:
        owner = first.frame.iloc[pieces.owner]
        columns = {key: owner[key].to_numpy() for key in ("id", "name", "class", "standard") if key in owner}
        columns |= zone_columns(pieces, inputs.zones) | {"length_m": value}
        keep = pieces.zone["county"] >= 0
        frame = gpd.GeoDataFrame(columns, geometry=pieces.geometry, crs=inputs.crs)
        found.layers[name] = frame[keep].reset_index(drop=True)
    return found


def _once(pieces: Pieces, tolerance: float) -> tuple[Pieces, list[str]]:
    """Pieces without the runs that go along an earlier one within `tolerance` metres."""
    single, dropped = merge_doubled(pieces.geometry, tolerance)
    keep = np.array([line is not None and not line.is_empty for line in single], dtype=bool)
    kept = replace(pieces.take(keep), geometry=single[keep])
    if dropped <= 0.01:
        return kept, []
    text = _(
        "{metres:.1f} m run along another line within {tolerance} m and count once", metres=dropped, tolerance=tolerance
    )
    return kept, [text]

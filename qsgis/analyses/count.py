"""The measure `count`: how many features lie inside (or outside) the other operands."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely

from qsgis.analyses.area import sources_of
from qsgis.analyses.inputs import Features, Inputs, Measured
from qsgis.analyses.pieces import cut, outside_note, split, totals, zone_columns
from qsgis.messages import _
from qsgis.results import ZoneLevel
from qsgis.schema import Count
from qsgis.wording import operand_words


def measure_count(measure: Count, inputs: Inputs, levels: list[ZoneLevel], name: str) -> Measured:
    """Features by zone. A polygon or a line counts where a point that lies on it for sure lies."""
    first = _near(measure, inputs)
    spots = first.frame.set_geometry(gpd.GeoSeries(shapely.point_on_surface(first.geometry), crs=inputs.crs))
    first = replace(first, frame=spots, balance=None, key=None)
    pieces = split(first, cut(first, measure.cutters, inputs), inputs, levels)
    ones = np.ones(len(pieces.owner))
    found = Measured(
        totals(pieces, ones, inputs.zones, levels),
        method=_("number of features"),
        sources=sources_of(inputs, measure.operands()),
        notes=[*first.notes, *pieces.notes, *outside_note(pieces, ones, _("features"))],
    )
    if measure.near is not None:
        other = operand_words(measure.near, inputs.catalog)
        found.method = (
            _("features farther than {metres:g} m from {other}", metres=measure.near_metres, other=other)
            if measure.beyond
            else _("features within {metres:g} m of {other}", metres=measure.near_metres, other=other)
        )
        found.notes += inputs.features(measure.near).notes
    if measure.patches:
        owner = first.frame.iloc[pieces.owner]
        columns = {key: owner[key].to_numpy() for key in ("id", "code", "name", "kind", "class") if key in owner}
        columns |= zone_columns(pieces, inputs.zones)
        keep = pieces.zone["county"] >= 0
        frame = gpd.GeoDataFrame(columns, geometry=pieces.geometry, crs=inputs.crs)
        found.layers[name] = frame[keep].reset_index(drop=True)
    return found


def _near(measure: Count, inputs: Inputs) -> Features:
    """The features of the first operand; with `near`, those no farther than `near_metres` from one of it, or beyond."""
    first = inputs.features(measure.of[0])
    if measure.near is None:
        return first
    others = shapely.STRtree(inputs.features(measure.near).geometry)
    hit = others.query(first.geometry, predicate="dwithin", distance=measure.near_metres)[0]
    rows = np.setdiff1d(np.arange(len(first.frame)), hit) if measure.beyond else np.unique(hit)
    return first.take(rows)

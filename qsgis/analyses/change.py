"""The measure `change`: what ground was in an earlier year and what it is now, as a transition matrix with patches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qsgis.analyses.area import sources_of
from qsgis.analyses.classes import TO, labels_of, unknown_codes, values_of
from qsgis.analyses.cutting import OUTSIDE, both
from qsgis.analyses.inputs import Features, Inputs, Measured
from qsgis.analyses.patches import patch_layer
from qsgis.analyses.pieces import Pieces, cut, groups, once, outside_note, split, totals, worth
from qsgis.results import ZoneLevel
from qsgis.schema import Change


def measure_change(measure: Change, inputs: Inputs, levels: list[ZoneLevel], name: str) -> Measured:
    """Square metres whose class differs, by zone; groups: `earlier>later`, what stayed included.

    Areas are shares of the later survey's record, so that what became of all classes adds up to it exactly; the
    earlier survey's own totals may differ from the matrix' by what was measured anew.
    """
    by = measure.resolved(measure.by)
    now, before = inputs.ground(measure.of[0]), inputs.ground(measure.earlier)
    pieces = split(now, _overlaid(cut(now, measure.cutters, inputs), before, inputs), inputs, levels)
    assert pieces.partner is not None
    value, method = worth(now, pieces, inputs)
    years = inputs.year_of(measure.earlier), inputs.year_of(measure.of[0])
    surveys = [inputs.load(by.layer, year).survey for year in years]
    later, earlier = (
        values_of(by, found.frame, inputs, survey) for found, survey in ((now, surveys[1]), (before, surveys[0]))
    )
    was = np.append(earlier, "")[np.where(pieces.partner == OUTSIDE, len(earlier), pieces.partner)]
    became = later[pieces.owner]
    couples = list(zip(was, became, strict=True))
    labels = np.asarray([f"{one}{TO}{other}" for one, other in couples], dtype=object)
    changed = was != became
    found = Measured(
        totals(pieces, np.where(changed, value, 0.0), inputs.zones, levels),
        groups(pieces, value, labels, inputs.zones, levels),
        method=method,
        sources=sources_of(inputs, measure.operands()),
        notes=[
            *now.notes, *before.notes, *pieces.notes, *outside_note(pieces, value, "m²"),
            *unknown_codes(by, now.frame, later), *unknown_codes(by, before.frame, earlier),
        ],
    )  # fmt: skip
    if measure.patches:
        names = labels_of(inputs.catalog, by)
        kind = np.asarray([f"{names.get(a, a)} → {names.get(b, b)}" for a, b in couples], dtype=object)
        moved = np.flatnonzero(changed)
        found.layers[name] = patch_layer(
            now, pieces.take(moved), value[moved], inputs, measure.sliver_metres, kind[moved]
        )
    return found


def _overlaid(pieces: Pieces, before: Features, inputs: Inputs) -> Pieces:
    """The pieces cut by the earlier features, each with the one that it lies in (-1: in none)."""
    ground, source = once(before, inputs)
    parts = both(pieces.geometry, ground)
    kept = pieces.take(parts.row, parts.geometry)
    return replace(kept, partner=np.append(source, OUTSIDE)[parts.partner])

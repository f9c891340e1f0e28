"""The measure `area`: ground of the first operand inside (or outside) the others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd

from qsgis.analyses.beside import beside
from qsgis.analyses.classes import values_of
from qsgis.analyses.control import balanced, seat_notes, undecided_notes
from qsgis.analyses.inputs import Features, Inputs, Measured
from qsgis.analyses.patches import patch_layer
from qsgis.analyses.pieces import Pieces, cut, forms, groups, outside_note, split, totals, worth
from qsgis.codes import code_table
from qsgis.messages import _
from qsgis.results import ZoneLevel
from qsgis.schema import Area, By, Operand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_T = TypeVar("_T", pd.Series, pd.DataFrame)


@dataclass(frozen=True)
class _Ground:
    """Features, their pieces, the square metres of each and how they were got."""

    first: Features
    pieces: Pieces
    value: NDArray[np.float64]
    method: str


def measure_area(measure: Area, inputs: Inputs, levels: list[ZoneLevel], name: str) -> Measured:
    """Square metres by zone; shares of the balance field where the first operand carries one.

    Standard: a piece of a parcel takes TBDLMJ × (piece ÷ parcel), so that totals balance to the survey's own. What the
    survey took off the parcels (田坎 …) counts with the class that it has, in the same shares.
    """
    first = inputs.ground(measure.of[0])
    if not measure.recorded:
        first = replace(first, balance=None, key=None)
    by = _by(measure)
    others, estimated = beside(measure.of[0], first, inputs)
    grounds = [_ground(one, measure, by, inputs, levels) for one in (first, *others) if one is first or len(one.frame)]
    own = grounds[0]
    found = Measured(
        _added([totals(one.pieces, one.value, inputs.zones, levels) for one in grounds]),
        method="; ".join(dict.fromkeys(one.method for one in grounds)),
        areas=forms(first, own.pieces, inputs),
        sources=list(dict.fromkeys([*sources_of(inputs, measure.operands()), *(s for o in others for s in o.sources)])),
        notes=_notes(grounds, [note for one in others for note in one.notes], measure),
        estimated=estimated,
    )
    if by:
        labels = [_groups_of(by, measure, inputs, one.first, one.pieces) for one in grounds]
        sums = [groups(one.pieces, one.value, kind, inputs.zones, levels)
                for one, kind in zip(grounds, labels, strict=True)]  # fmt: skip
        found.groups = _added(sums)
        found.notes += undecided_notes(by, [(one.first.frame, one.pieces, one.value) for one in grounds], inputs)
    if not measure.cutters and not measure.of[0].selections:
        found.notes += seat_notes(first, own.pieces, own.value, inputs.zones, levels)
    if measure.patches:
        kind = labels[0] if by and (by.operand or by.column) else None
        patches = patch_layer(first, own.pieces, own.value, inputs, measure.sliver_metres, kind)
        found.notes += _slivers(patches, measure.sliver_metres)
        found.layers[name] = _named(patches, by, measure, inputs)
    return found


def _ground(first: Features, measure: Area, by: By | None, inputs: Inputs, levels: list[ZoneLevel]) -> _Ground:
    pieces = cut(first, measure.cutters, inputs, by.operand or None if by else None)
    pieces = split(first, pieces, inputs, levels)
    return _Ground(first, pieces, *worth(first, pieces, inputs))


def _notes(grounds: list[_Ground], more: list[str], measure: Area) -> list[str]:
    """What is said of the features, of the cut, of what lies outside, of the balance, and of ground beside them."""
    notes = [*grounds[0].first.notes, *more]
    for one in grounds:
        notes += [*one.pieces.notes, *outside_note(one.pieces, one.value, "m²")]
        notes += balanced(one.first, one.pieces, one.value, whole=not measure.cutters)
    extra = [(one.first.record, float(one.value[one.pieces.zone["county"] >= 0].sum())) for one in grounds[1:]]
    listing = ", ".join(f"{record} {area:.2f} m²" for record, area in extra if area)
    if listing:
        notes.append(_("with what the survey deducts from parcels and counts by its class: {listing}", listing=listing))
        if measure.patches:
            notes.append(_("ground that the survey deducts from the parcels is in the sums, but not among the patches"))
    return list(dict.fromkeys(notes))


def _slivers(patches: gpd.GeoDataFrame, metres: float) -> list[str]:
    """How many patches are slivers, and how much of the sum."""
    thin = patches["sliver"].to_numpy() == 1
    if not thin.any():
        return []
    area = float(patches["area_m2"].to_numpy()[thin].sum())
    return [
        _("{count} patches narrower than {metres:g} m (sliver = 1), {area:.2f} m² in all, are in the sums",
          count=int(thin.sum()), metres=metres, area=area)
    ]  # fmt: skip


def _added(found: Sequence[dict[ZoneLevel, _T]]) -> dict[ZoneLevel, _T]:
    """The sums of several grounds together; a class that one of them lacks is 0 there."""
    return {level: reduce(lambda a, b: a.add(b, fill_value=0.0).fillna(0.0).round(2), [one[level] for one in found])
            for level in found[0]}  # fmt: skip


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

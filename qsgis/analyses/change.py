"""The measure `change`: what ground was in an earlier year and what it is now, as a transition matrix with patches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from qsgis.analyses.area import sources_of
from qsgis.analyses.classes import TO, in_common, labels_of, two_surveys_note, unknown_codes, values_of
from qsgis.analyses.cutting import OUTSIDE, both, outside
from qsgis.analyses.inputs import Features, Inputs, Measured, NotApplicable
from qsgis.analyses.patches import patch_layer
from qsgis.analyses.pieces import Pieces, cut, forms, groups, once, outside_note, split, totals, worth
from qsgis.codes import survey_codes
from qsgis.geometry.balance import hundredths
from qsgis.geometry.twins import twins
from qsgis.messages import _
from qsgis.results import ZoneLevel
from qsgis.schema import By, Change

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Classes = NDArray[np.object_]


@dataclass(frozen=True)
class _Parts:
    """Pieces of ground with their area in m² and their class in the two years ("": that year tells of none)."""

    pieces: Pieces
    value: Numbers
    was: Classes
    became: Classes

    @property
    def changed(self) -> NDArray[np.bool_]:
        """Which were of one class and became another's. Of what one year does not tell it cannot be known."""
        return np.asarray((self.was != self.became) & (self.was != "") & (self.became != ""), dtype=bool)

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Which lie in the county."""
        return self.pieces.zone["county"] >= 0

    def joined(self, other: _Parts) -> _Parts:
        """These and the other's."""
        return _Parts(
            replace(self.pieces, partner=None).joined(replace(other.pieces, partner=None)),
            *(np.concatenate([getattr(self, name), getattr(other, name)]) for name in ("value", "was", "became")),
        )


def measure_change(measure: Change, inputs: Inputs, levels: list[ZoneLevel], name: str) -> Measured:
    """Square metres whose class differs, by zone; groups: `earlier>later`, what stayed included.

    Areas are shares of the later survey's record, so that what became of all classes adds up to it exactly; the
    earlier survey's own totals may differ from the matrix' by what was measured anew, which is said. Ground that only
    the earlier survey covers has its share of that one's record, and no later class.
    """
    years = inputs.year_of(measure.earlier), inputs.year_of(measure.of[0])
    if years[0] >= years[1]:
        raise NotApplicable(_("nothing can have changed yet since {year}", year=years[0]))
    by = measure.resolved(measure.by)
    now, before = inputs.ground(measure.of[0]), inputs.ground(measure.earlier)
    later, earlier, said = _classes(by, inputs, now, before, years)
    same = now.key is not None and now.key == before.key
    pieces = split(now, _cut_by_both(measure, now, before, inputs, same), inputs, levels)
    assert pieces.partner is not None
    value, method = worth(now, pieces, inputs)
    stands = _Parts(pieces, value, np.append(earlier, "")[pieces.partner], later[pieces.owner])
    gone = None if same else _gone(measure, now, before, earlier, inputs, levels)
    parts = stands if gone is None else stands.joined(gone)
    labels = np.asarray([f"{a}{TO}{b}" for a, b in zip(parts.was, parts.became, strict=True)], dtype=object)
    found = Measured(
        totals(parts.pieces, np.where(parts.changed, parts.value, 0.0), inputs.zones, levels),
        groups(parts.pieces, parts.value, labels, inputs.zones, levels),
        method=method,
        areas=forms(now, pieces, inputs),
        sources=sources_of(inputs, measure.operands()),
        notes=list(dict.fromkeys([
            *now.notes, *before.notes, *pieces.notes, *outside_note(pieces, value, "m²"), *said,
            *_one_sided(stands, gone, years), *_against_record(stands, before, by, inputs, years[0]),
        ])),
        estimated=[_("both years stand on the same undated files, so no change can show")] if same else [],
    )  # fmt: skip
    if measure.patches:
        found.layers[name] = _patches(measure, by, now, stands, inputs)
    return found


def _classes(
    by: By, inputs: Inputs, now: Features, before: Features, years: tuple[int, int]
) -> tuple[Classes, Classes, list[str]]:
    """The classes of the later and of the earlier features, comparable, and what is said of them."""
    surveys = [inputs.load(by.layer, year).survey for year in years]
    codes = inputs.catalog.layers[by.layer].fields[by.field].codes if by.field in _fields(by, inputs) else None
    two = surveys[0] != surveys[1] and codes is not None and survey_codes(codes, 2) != survey_codes(codes, 3)
    values = in_common if two else values_of
    later, earlier = values(by, now.frame, inputs, surveys[1]), values(by, before.frame, inputs, surveys[0])
    lost = [*unknown_codes(by, now.frame, later), *unknown_codes(by, before.frame, earlier)]
    return later, earlier, [*lost, *([two_surveys_note(by, inputs)] if two else [])]


def _fields(by: By, inputs: Inputs) -> set[str]:
    return set(inputs.catalog.layers[by.layer].fields)


def _cut_by_both(measure: Change, now: Features, before: Features, inputs: Inputs, same: bool) -> Pieces:
    """The later features cut by what bounds them and by the earlier features, each piece with the one that it was.

    partner: the row of the earlier feature, -1 where there is none. same: both years stand on one and the same file.
    """
    pieces = cut(now, measure.cutters, inputs)
    if same:
        return replace(pieces, partner=pieces.owner)
    ground, source = once(before, inputs)
    twin = twins(pieces.geometry, ground)
    alike, rest = np.flatnonzero(twin >= 0), np.flatnonzero(twin < 0)
    others = np.setdiff1d(np.arange(len(ground)), twin)
    parts = both(pieces.geometry[rest], ground[others])
    was = np.append(source[others], OUTSIDE)[parts.partner]
    kept = replace(pieces.take(alike), partner=source[twin[alike]])
    return kept.joined(replace(pieces.take(rest[parts.row], parts.geometry), partner=was))


def _gone(
    measure: Change, now: Features, before: Features, earlier: Classes, inputs: Inputs, levels: list[ZoneLevel]
) -> _Parts:
    """What the earlier features cover and the later ones do not."""
    pieces, ground = cut(before, measure.cutters, inputs), once(now, inputs)[0]
    pieces = pieces.take(twins(pieces.geometry, ground) < 0)
    parts = outside(pieces.geometry, ground)
    pieces = pieces.take(parts.row, parts.geometry)
    rows, place = np.unique(pieces.owner, return_inverse=True)
    few = replace(before.take(rows), whole=None, rows=None)  # where they lie is asked of these, not of the whole layer
    pieces = split(few, replace(pieces, owner=place), inputs, levels)
    was = earlier[rows][pieces.owner]
    return _Parts(pieces, worth(few, pieces, inputs)[0], was, np.full(len(was), "", dtype=object))


def _one_sided(stands: _Parts, gone: _Parts | None, years: tuple[int, int]) -> list[str]:
    """How much ground only one of the two surveys covers; nothing where it is none."""
    assert stands.pieces.partner is not None
    new = float(stands.value[stands.inside & (stands.pieces.partner == OUTSIDE)].sum())
    lost = 0.0 if gone is None else float(gone.value[gone.inside].sum())
    cases = ((new, years[1], years[0]), (lost, years[0], years[1]))
    return [
        _("{area:.2f} m² of {year} have no data of {other}: in the table, and not counted as changed",
          area=area, year=year, other=other)
        for area, year, other in cases if area > 0.005
    ]  # fmt: skip


def _against_record(stands: _Parts, before: Features, by: By, inputs: Inputs, year: int) -> list[str]:
    """By how much the rows of the matrix differ from the earlier survey's own record of the same ground."""
    partner = stands.pieces.partner
    assert partner is not None
    rows = np.flatnonzero(partner != OUTSIDE)
    then = stands.pieces.take(rows)
    own = worth(before, replace(then, owner=partner[rows]), inputs)[0]
    inside, was = stands.inside[rows], stands.was[rows]
    names = sorted(set(was[inside]))
    place = np.searchsorted(names, was[inside])
    record, matrix = (
        np.bincount(place, weights=hundredths(value[inside]), minlength=len(names)) / 100
        for value in (own, stands.value[rows])
    )
    apart = matrix - record
    labels = labels_of(inputs.catalog, by)
    each = [
        _("{name} {amount:+.2f} m² ({share:+.2g} %)",
          name=labels.get(name, name), amount=amount, share=_share(amount, whole))
        for name, amount, whole in zip(names, apart, record, strict=True)
        if abs(amount) > 0.005
    ]  # fmt: skip
    whole = (float(apart.sum()), float(record.sum()))
    text = _("rows of the matrix − the record of {year} of the same ground: {amount:+.2f} m² ({share:+.2g} %)",
             year=year, amount=whole[0], share=_share(*whole))  # fmt: skip
    return [": ".join([text, "; ".join(each)]) if each else text] if names else []


def _share(part: float, whole: float) -> float:
    return 100 * part / whole if whole else 0.0


def _patches(measure: Change, by: By, now: Features, stands: _Parts, inputs: Inputs) -> gpd.GeoDataFrame:
    """One feature a piece that changed: its class now (`class`) and before (`class_before`), with their names."""
    moved = np.flatnonzero(stands.changed & stands.inside)
    was, became = stands.was[moved], stands.became[moved]
    found = patch_layer(now, stands.pieces.take(moved), stands.value[moved], inputs, measure.sliver_metres, became)
    labels = labels_of(inputs.catalog, by)

    def names(values: Classes) -> Classes:
        return np.asarray([labels.get(value, value).removeprefix(f"{value} ") for value in values], dtype=object)

    place = found.columns.get_loc("class")
    found.insert(place, "class_before", was)
    found.insert(place + 1, "class_before_name", names(was))
    found.insert(place + 3, "class_name", names(became))
    return found

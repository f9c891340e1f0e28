"""Features cut by other features and by zones: pieces that know their owner, so that shares add up again."""

from __future__ import annotations

import operator
from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from qsgis.analyses.cutting import LINES, OUTSIDE, POINTS, POLYGONS, UNDECIDED, Parts, both, holder, inside, outside
from qsgis.analyses.inputs import Features, Inputs, Zones
from qsgis.geometry import ellipsoidal_area, overlay
from qsgis.geometry.area import takes_scale
from qsgis.geometry.balance import shares, summed
from qsgis.geometry.subdivide import Cover, covering, near
from qsgis.geometry.windows import each_prepared, prepared
from qsgis.geometry.zones import locate
from qsgis.messages import _
from qsgis.results import ZoneLevel
from qsgis.schema import Operand

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Indices = NDArray[np.int64]
    Numbers = NDArray[np.float64]
    Geometries = NDArray[np.object_]


SOME = 0.4  # a share of the features so small that they alone are looked at
MOST = 0.5  # a selection of more of a layer than this is as dear to look through as the layer


@dataclass(frozen=True)
class Pieces:
    """Parts of features. notes: what was found on the way.

    owner: row of the first operand; partner: row of the operand that is kept track of, if one is (-1: outside it);
    zone: level -> row of the zones, -1 for none.
    """

    owner: Indices
    geometry: Geometries
    partner: Indices | None
    zone: dict[ZoneLevel, Indices]
    notes: tuple[str, ...] = ()

    def take(self, rows: Indices | NDArray[np.bool_], geometry: Geometries | None = None) -> Pieces:
        """These rows, with new geometries where given."""
        return replace(
            self,
            owner=self.owner[rows],
            geometry=self.geometry[rows] if geometry is None else geometry,
            partner=None if self.partner is None else self.partner[rows],
            zone={level: index[rows] for level, index in self.zone.items()},
        )

    def joined(self, other: Pieces) -> Pieces:
        """These and the other's, one after another."""
        return replace(
            self,
            owner=np.concatenate([self.owner, other.owner]),
            geometry=np.concatenate([self.geometry, other.geometry]),
            partner=None
            if self.partner is None or other.partner is None
            else np.concatenate([self.partner, other.partner]),
            zone={level: np.concatenate([index, other.zone[level]]) for level, index in self.zone.items()},
        )

    def ordered(self) -> Pieces:
        """By owner, partners and zones: the same whatever order they were found in."""
        keys = [*self.zone.values(), *([] if self.partner is None else [self.partner]), self.owner]
        return self.take(np.lexsort(keys)) if len(self.owner) else self


def cut(first: Features, cutters: list[Operand], inputs: Inputs, keep: int | None = None) -> Pieces:
    """Features cut by all the others in turn; what is covered twice counts once.

    keep: the number of the operand (from 1) of which the pieces must know their partner. Of the others they need not,
    so that ground in two neighbouring polygons of one stays in one piece, whatever order those stand in.
    """
    pieces = _near(first, cutters, inputs)
    for number, operand in enumerate(cutters, start=1):
        found = inputs.ground(operand)
        right, source = once(found, inputs)
        parts = (outside if operand.outside else inside)(pieces.geometry, _cover(found, right, inputs))
        kept = pieces.take(parts.row, parts.geometry)
        if number == keep:
            kept = replace(kept, partner=np.append(source, OUTSIDE)[parts.partner])
        else:
            kept = _merged(kept, parts.row)
        said = (*found.notes, *_twice(found, right), *_on_grid(parts))
        pieces = replace(kept, notes=(*pieces.notes, *said))
    return pieces


def _near(first: Features, cutters: list[Operand], inputs: Inputs) -> Pieces:
    """The features whole, ground once; where few are near what they are cut by, the others are not looked at."""
    if cutters and not cutters[0].outside:
        found = inputs.ground(cutters[0])
        rows = near(first.geometry, _cover(found, once(found, inputs)[0], inputs))
        if len(rows) <= SOME * len(first.geometry):
            pieces = _whole(_some(first, rows), inputs)
            return replace(pieces, owner=rows[pieces.owner])
    return _whole(first, inputs)


def _on_grid(parts: Parts) -> tuple[str, ...]:
    """How many cuts had to be made the slower way, where some had to."""
    if not parts.fallbacks:
        return ()
    return (_("{count} cuts needed coordinates rounded to less than a micrometre", count=parts.fallbacks),)


def _some(first: Features, rows: Indices) -> Features:
    """Some of the features; what is worked out of them is remembered as it is of all."""
    return replace(first.take(rows), key=(first.key, rows.tobytes()) if first.key else None)


def _cover(found: Features, single: Geometries, inputs: Inputs) -> Cover:
    """The ground of features (`once`) as a cover, made once a run."""

    def make() -> Cover:
        return covering(single, checked=True)

    return inputs.remember(("cover", found.key), make) if found.key else make()


def _zone_cover(level: ZoneLevel, inputs: Inputs) -> Cover:
    ground = inputs.zones.ground(level)
    return inputs.remember(("cover", "zones", level), lambda: covering(ground, checked=True))


def _merged(pieces: Pieces, row: Indices) -> Pieces:
    """Pieces that come from one `row` put together again."""
    rows, first, count = np.unique(row, return_index=True, return_counts=True)
    if len(rows) == len(row):
        return pieces
    geometry = pieces.geometry[first]
    several = np.flatnonzero(count > 1)
    geometry[several] = unions(pieces.geometry, row, rows[several])
    return pieces.take(first, geometry)


def unions(geometry: Geometries, group: Indices, wanted: Indices) -> Geometries:
    """The union of each wanted group's geometries. wanted: sorted group numbers, each of which occurs."""
    chosen = np.flatnonzero(np.isin(group, wanted))
    order = chosen[np.argsort(group[chosen], kind="stable")]
    bundles = shapely.geometrycollections(geometry[order], indices=np.searchsorted(wanted, group[order]))
    return np.asarray(shapely.unary_union(bundles[:, None], axis=1), dtype=object)


def once(found: Features, inputs: Inputs) -> tuple[Geometries, Indices]:
    """(polygons without overlap, row of the feature that each comes from), worked out once a run.

    A selection of a layer without overlap has none.
    """
    if (whole := _worth_asking(found, inputs, "disjoint")) and once(whole, inputs)[0] is whole.geometry:
        return found.geometry, np.arange(len(found.geometry), dtype=np.int64)

    def make() -> tuple[Geometries, Indices]:
        order = _canonical(found)
        single, source = overlay.disjoint(found.geometry[order], checked=True)
        back = np.argsort(order[source], kind="stable")
        single, source = single[back], order[source][back]
        same = len(single) == len(found.geometry) and all(map(operator.is_, single, found.geometry))
        return found.geometry if same else single, np.asarray(source, dtype=np.int64)

    return inputs.remember(("disjoint", found.key), make) if found.key else make()


def _worth_asking(found: Features, inputs: Inputs, *what: Hashable) -> Features | None:
    """The layer that the features are a selection of, where it has been looked through already or they are most of it.

    A run of many analyses looks the layers of the survey through at once (`Loader.read_ahead`); a run of one only what
    it selects.
    """
    whole = found.whole
    if whole is None or whole.key is None:
        return None
    known = inputs.remembers((what[0], whole.key, *what[1:]))
    return whole if known or MOST * len(whole.frame) < len(found.frame) else None


def _canonical(found: Features) -> Indices:
    """An order of the features that does not hang on the file's: by id, else by where they lie."""
    bounds = shapely.bounds(found.geometry)
    keys = [shapely.area(found.geometry), *bounds.T[::-1]]
    if "id" in found.frame:
        keys.append(found.frame["id"].astype(str).to_numpy(dtype=str))
    return np.lexsort(keys)


def _whole(first: Features, inputs: Inputs) -> Pieces:
    """Every feature as one piece; ground that two features share goes to the first of them."""
    geometry = first.geometry
    flat = shapely.get_dimensions(geometry) == POLYGONS
    if first.shared or not flat.any():
        return Pieces(np.arange(len(geometry), dtype=np.int64), geometry, None, {})
    if flat.all():
        single, owner = once(first, inputs)
    else:  # points among polygons count beside them
        rows = np.flatnonzero(flat)
        single, source = overlay.disjoint(geometry[rows], checked=True)
        single, owner = np.concatenate([single, geometry[~flat]]), np.concatenate([rows[source], np.flatnonzero(~flat)])
    return Pieces(owner, single, None, {}, _twice(first, single))


def _twice(found: Features, single: Geometries) -> tuple[str, ...]:
    """How much ground the features cover twice, where they do."""
    lost = float(shapely.area(found.geometry).sum() - shapely.area(single).sum())
    if single is found.geometry or lost <= 0.01:
        return ()
    return (_("{source}: {area:.2f} m² are covered twice and count once", source="; ".join(found.sources), area=lost),)


def split(first: Features, pieces: Pieces, inputs: Inputs, levels: list[ZoneLevel]) -> Pieces:
    """Pieces cut by the zones of each level; those in no zone of a level are kept with -1.

    A feature that lies whole in a zone has all its pieces there: only pieces of the others are cut.
    """
    for level in levels:
        right = _zone_cover(level, inputs)
        held = _held(first, pieces.owner, level, inputs)
        known, rest = pieces.take(held != UNDECIDED), pieces.take(held == UNDECIDED)
        known = replace(known, zone={**known.zone, level: held[held != UNDECIDED]})
        parts = both(rest.geometry, right)
        rest = rest.take(parts.row, parts.geometry)
        pieces = known.joined(replace(rest, zone={**rest.zone, level: parts.partner}))
        pieces = replace(pieces, notes=(*pieces.notes, *_on_grid(parts)))
    return pieces.ordered()


def _held(first: Features, owner: Indices, level: ZoneLevel, inputs: Inputs) -> Indices:
    """The zone that each piece's feature lies whole in; where pieces are of a few features, only those are asked."""
    rows = np.unique(owner)
    if len(rows) > SOME * len(first.frame) or inputs.remembers(("holder", first.key, level)):
        return _holder(first, level, inputs)[owner]
    return _holder(_some(first, rows), level, inputs)[np.searchsorted(rows, owner)]


def _holder(first: Features, level: ZoneLevel, inputs: Inputs) -> Indices:
    """The zone that each feature lies whole in, worked out once a run, and for a layer's selections together."""
    if first.rows is not None and (whole := _worth_asking(first, inputs, "holder", level)):
        return _holder(whole, level, inputs)[first.rows]
    if not first.key:
        return _found_holder(first, level, inputs)
    return inputs.remember(("holder", first.key, level), lambda: _found_holder(first, level, inputs))


def _found_holder(first: Features, level: ZoneLevel, inputs: Inputs) -> Indices:
    """A feature that lies whole in a village lies whole in the village's district: only the others are looked at."""
    ground, finer = _zone_cover(level, inputs), inputs.zones.finer(level)
    if finer is None:
        return holder(first.geometry, ground)
    nested = inputs.remember(("nested", level), lambda: _nested(inputs.zones.ground(finer), ground))
    within = _holder(first, finer, inputs)
    found = np.append(nested, [UNDECIDED] * 2)[within]  # -1 and -2 of the finer level say nothing here
    rest = np.flatnonzero(found == UNDECIDED)
    found[rest] = holder(first.geometry[rest], ground)
    return found


def _nested(inner: Geometries, cover: Cover) -> Indices:
    """`holder` of zones in larger zones, most of which lie whole in one: they are big, so the simple answer first."""
    found = locate(shapely.point_on_surface(inner), cover, checked=True)
    there = np.flatnonzero(found >= 0)
    outer = cover.polygons[np.searchsorted(cover.row, found[there])]
    with prepared(outer):
        rest = np.setdiff1d(np.arange(len(inner)), there[each_prepared(shapely.covers, outer, inner[there])])
    found[rest] = holder(inner[rest], cover)
    return found


def worth(first: Features, pieces: Pieces, inputs: Inputs) -> tuple[Numbers, str]:
    """Square metres of each piece and how they were got: its share of the record (TBDLMJ …), else ellipsoidal."""
    if first.balance is None:
        counts = forms(first, pieces, inputs)
        text = _(
            "ellipsoidal area ({scale} by the areal scale, {exact} by trapezoids on the ellipsoid)",
            scale=counts["scale"], exact=counts["exact"],
        )  # fmt: skip
        return ellipsoidal_area(gpd.GeoSeries(pieces.geometry, crs=inputs.crs)).to_numpy(), text
    record = first.frame[first.balance].to_numpy(dtype=float)
    value = shares(record, _extent(first.geometry), pieces.owner, _extent(pieces.geometry))
    return value, _("shares of the record {field}", field=first.record)


def forms(first: Features, pieces: Pieces, inputs: Inputs) -> dict[str, int]:
    """How many pieces have their area in which way: share of a record; areal scale of the plane; exactly."""
    if first.balance is not None:
        return {"record": len(pieces.owner)}
    scaled = int(takes_scale(gpd.GeoSeries(pieces.geometry, crs=inputs.crs)).sum())
    return {"scale": scaled, "exact": len(pieces.owner) - scaled}


def _extent(geometry: Geometries) -> Numbers:
    """What shares go by: the area of polygons, the length of lines; a point is whole."""
    kind = shapely.get_dimensions(geometry)
    size = np.where(kind == LINES, shapely.length(geometry), shapely.area(geometry))
    return np.where(kind == POINTS, 1.0, size)


def totals(pieces: Pieces, value: Numbers, divisions: Zones, levels: list[ZoneLevel]) -> dict[ZoneLevel, pd.Series]:
    """Sums by level and zone code, 0 where nothing is; sums in fixed order, so that they never depend on it."""
    found: dict[ZoneLevel, pd.Series] = {}
    for level in levels:
        codes = divisions.levels[level]["code"].to_numpy()
        inside = pieces.zone[level] >= 0
        sums = summed(value[inside], pieces.zone[level][inside], len(codes))
        found[level] = pd.Series(sums, index=[""] if level == "county" else codes)
    return found


def groups(
    pieces: Pieces, value: Numbers, labels: NDArray[np.object_], divisions: Zones, levels: list[ZoneLevel]
) -> dict[ZoneLevel, pd.DataFrame]:
    """The same sums by label, a column a label, sorted."""
    place, distinct = pd.factorize(labels, sort=True)
    found: dict[ZoneLevel, pd.DataFrame] = {}
    for level in levels:
        codes = divisions.levels[level]["code"].to_numpy()
        inside = pieces.zone[level] >= 0
        cell = pieces.zone[level][inside] * len(distinct) + place[inside]
        sums = summed(value[inside], cell, len(codes) * len(distinct))
        index = [""] if level == "county" else codes
        found[level] = pd.DataFrame(sums.reshape(len(codes), len(distinct)), index=index, columns=distinct)
    return found


def outside_note(pieces: Pieces, value: Numbers, unit: str) -> list[str]:
    """What lies outside the county or in none of its divisions, said in the measure's unit."""
    notes = []
    county = pieces.zone.get("county")
    for level, index in pieces.zone.items():
        known = np.ones(len(index), dtype=bool) if county is None or level == "county" else county >= 0
        lost = float(value[(index < 0) & known].sum())
        if lost > 0.005:
            text = (
                _("{amount:.2f} {unit} lie outside the county and are not counted", amount=lost, unit=unit)
                if level == "county"
                else _(
                    "{amount:.2f} {unit} lie in no {level} and are in the county's figure only",
                    amount=lost,
                    unit=unit,
                    level=_(level),
                )
            )
            notes.append(text)
    return notes


def zone_columns(pieces: Pieces, divisions: Zones) -> dict[str, NDArray[np.object_]]:
    """district_code, district_name, village_code, village_name of each piece, for the levels that were split."""
    columns: dict[str, NDArray[np.object_]] = {}
    for level in ("district", "village"):
        if level in pieces.zone:
            frame, index = divisions.levels[level], pieces.zone[level]
            for name in ("code", "name"):
                values = np.append(frame[name].astype(str).to_numpy(dtype=object), "")
                columns[f"{level}_{name}"] = values[index]
    return columns

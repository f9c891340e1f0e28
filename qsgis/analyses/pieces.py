"""Features cut by other features and by zones: pieces that know their owner, so that shares add up again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from qsgis.analyses.inputs import Features, Inputs, Zones
from qsgis.catalog import Operand
from qsgis.geometry import ellipsoidal_area, lines, overlay, zones
from qsgis.geometry.balance import shares
from qsgis.messages import _
from qsgis.results import ZoneLevel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Indices = NDArray[np.int64]
    Numbers = NDArray[np.float64]
    Geometries = NDArray[np.object_]

OUTSIDE = -1  # of a zone index: in none of the level's zones
POINTS, LINES, POLYGONS = 0, 1, 2  # dimensions


@dataclass(frozen=True)
class Pieces:
    """Parts of features. owner: row of the first operand; partner: operand number -> row of that operand (-1: outside
    it); zone: level -> row of the zones, -1 for none. notes: what was found on the way.
    """

    owner: Indices
    geometry: Geometries
    partner: dict[int, Indices]
    zone: dict[ZoneLevel, Indices]
    notes: tuple[str, ...] = ()

    def take(self, rows: Indices | NDArray[np.bool_], geometry: Geometries | None = None) -> Pieces:
        """These rows, with new geometries where given."""
        return replace(
            self,
            owner=self.owner[rows],
            geometry=self.geometry[rows] if geometry is None else geometry,
            partner={key: index[rows] for key, index in self.partner.items()},
            zone={level: index[rows] for level, index in self.zone.items()},
        )

    def joined(self, other: Pieces) -> Pieces:
        """These and the other's, one after another."""
        return replace(
            self,
            owner=np.concatenate([self.owner, other.owner]),
            geometry=np.concatenate([self.geometry, other.geometry]),
            partner={key: np.concatenate([index, other.partner[key]]) for key, index in self.partner.items()},
            zone={level: np.concatenate([index, other.zone[level]]) for level, index in self.zone.items()},
        )

    def ordered(self) -> Pieces:
        """By owner, partners and zones: the same whatever order they were found in."""
        keys = [*self.zone.values(), *self.partner.values(), self.owner]
        return self.take(np.lexsort(keys)) if len(self.owner) else self


def cut(first: Features, cutters: list[Operand], inputs: Inputs) -> Pieces:
    """Features cut by all the others in turn; what is covered twice counts once."""
    pieces = _whole(first.geometry)
    for number, operand in enumerate(cutters, start=1):
        found = inputs.features(operand)
        pieces = _against(pieces, found.geometry, number, outside=operand.outside)
        pieces = replace(pieces, notes=(*pieces.notes, *found.notes))
    return pieces


def _whole(geometry: Geometries) -> Pieces:
    """Every feature as one piece; ground that two features share goes to the first of them."""
    flat = shapely.get_dimensions(geometry) == POLYGONS
    rows = np.flatnonzero(flat)
    single, source = overlay.disjoint(geometry[rows])
    owner = np.concatenate([rows[source], np.flatnonzero(~flat)])
    pieces = Pieces(owner.astype(np.int64), np.concatenate([single, geometry[~flat]]), {}, {})
    lost = float(shapely.area(geometry[rows]).sum() - shapely.area(single).sum())
    if lost <= 0.01:
        return pieces
    return replace(pieces, notes=(_("features cover {area:.2f} m² twice; it is counted once", area=lost),))


def _against(pieces: Pieces, right: Geometries, number: int, *, outside: bool) -> Pieces:
    """Pieces inside (or outside) the union of `right`; `partner[number]` says in which."""
    row, geometry, partner = _outside(pieces.geometry, right) if outside else _inside(pieces.geometry, right)
    kept = pieces.take(row, geometry)
    return replace(kept, partner={**kept.partner, number: partner})


def _inside(left: Geometries, right: Geometries) -> tuple[Indices, Geometries, Indices]:
    """(row of left, what lies in right, row of right), each kind of geometry in its way."""
    single, source = overlay.disjoint(right)
    found = [_KIND_INSIDE[kind](left[rows], single, rows) for kind, rows in _kinds(left)]
    row, geometry, partner = _together(found)
    return row, geometry, np.asarray(source, dtype=np.int64)[partner]


def _outside(left: Geometries, right: Geometries) -> tuple[Indices, Geometries, Indices]:
    """(row of left, what lies outside right, -1)."""
    found = [_KIND_OUTSIDE[kind](left[rows], right, rows) for kind, rows in _kinds(left)]
    return _together(found)


_Found = tuple["Indices", "Geometries", "Indices"]


def _kinds(geometry: Geometries) -> list[tuple[int, Indices]]:
    """(dimension, rows of that dimension) for those that occur: a layer may hold points and polygons."""
    dimension = shapely.get_dimensions(geometry)
    return [(kind, np.flatnonzero(dimension == kind)) for kind in (POINTS, LINES, POLYGONS) if (dimension == kind).any()]


def _together(found: list[_Found]) -> _Found:
    if not found:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=object), np.zeros(0, dtype=np.int64)
    row, geometry, partner = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return row, geometry, partner


def _points_inside(left: Geometries, right: Geometries, rows: Indices) -> _Found:
    partner = zones.locate(left, right)
    hit = partner >= 0
    return rows[hit], left[hit], partner[hit]


def _lines_inside(left: Geometries, right: Geometries, rows: Indices) -> _Found:
    row, partner, geometry = lines.clip(left, right)
    return rows[row], geometry, partner


def _polygons_inside(left: Geometries, right: Geometries, rows: Indices) -> _Found:
    found = overlay.pairs(left, right)
    assert found.geometry is not None
    return rows[found.left], found.geometry, found.right


def _points_outside(left: Geometries, right: Geometries, rows: Indices) -> _Found:
    off = zones.locate(left, right) < 0
    return rows[off], left[off], np.full(int(off.sum()), OUTSIDE, dtype=np.int64)


def _lines_outside(left: Geometries, right: Geometries, rows: Indices) -> _Found:
    row, geometry = lines.outside(left, right)
    return rows[row], geometry, np.full(len(row), OUTSIDE, dtype=np.int64)


def _polygons_outside(left: Geometries, right: Geometries, rows: Indices) -> _Found:
    row, geometry, _area = overlay.outside(left, right)
    return rows[row], geometry, np.full(len(row), OUTSIDE, dtype=np.int64)


_KIND_INSIDE = {POINTS: _points_inside, LINES: _lines_inside, POLYGONS: _polygons_inside}
_KIND_OUTSIDE = {POINTS: _points_outside, LINES: _lines_outside, POLYGONS: _polygons_outside}


def split(pieces: Pieces, divisions: Zones, levels: list[ZoneLevel]) -> Pieces:
    """Pieces cut by the zones of each level; those in no zone of a level are kept with -1, and said."""
    for level in levels:
        right = np.asarray(divisions.levels[level].geometry.array, dtype=object)
        row, geometry, partner = _inside(pieces.geometry, right)
        rest_row, rest_geometry, rest_partner = _outside(pieces.geometry, right)
        inside, rest = pieces.take(row, geometry), pieces.take(rest_row, rest_geometry)
        inside = replace(inside, zone={**inside.zone, level: partner})
        rest = replace(rest, zone={**rest.zone, level: rest_partner})
        pieces = inside.joined(rest)
    return pieces.ordered()


def worth(first: Features, pieces: Pieces, inputs: Inputs) -> tuple[Numbers, str]:
    """Square metres of each piece and how they were got: its share of the record (TBDLMJ …), else ellipsoidal."""
    if first.balance is None:
        frame = gpd.GeoSeries(pieces.geometry, crs=inputs.crs)
        return ellipsoidal_area(frame).to_numpy(), _("ellipsoidal area")
    record = first.frame[first.balance].to_numpy(dtype=float)
    size = shapely.area(first.geometry)
    value = shares(record, size, pieces.owner, shapely.area(pieces.geometry))
    return value, _("shares of the record {field}", field=first.balance)


def totals(pieces: Pieces, value: Numbers, divisions: Zones, levels: list[ZoneLevel]) -> dict[ZoneLevel, pd.Series]:
    """Sums by level and zone code, 0 where nothing is; sums in fixed order, so that they never depend on it."""
    found: dict[ZoneLevel, pd.Series] = {}
    for level in levels:
        codes = divisions.levels[level]["code"].to_numpy()
        inside = pieces.zone[level] >= 0
        sums = np.bincount(pieces.zone[level][inside], weights=value[inside], minlength=len(codes))
        found[level] = pd.Series(sums, index=[""] if level == "county" else codes)
    return found


def outside_note(pieces: Pieces, value: Numbers, unit: str) -> list[str]:
    """What lies outside the county or in none of its divisions, said in the measure's unit."""
    notes = []
    for level, index in pieces.zone.items():
        lost = float(value[index < 0].sum())
        if lost > 0.005:
            text = (
                _("{amount:.2f} {unit} lie outside the county and are not counted", amount=lost, unit=unit)
                if level == "county"
                else _(
                    "{amount:.2f} {unit} lie in no {level} and are in the county's figure only or in none",
                    amount=lost,
                    unit=unit,
                    level=level,
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

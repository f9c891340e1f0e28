"""The demand of the measure `reach` as spots: cells of land, people and features where they are, and who lives there.

Polygons are cut to cells (30 m by default); a cell counts whole, where its centroid stands.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely

from qsgis.analyses.inputs import Features, Inputs, LayerAbsent
from qsgis.analyses.people import dwellings, residents
from qsgis.analyses.pieces import Pieces, cut, split, worth
from qsgis.errors import AnalysisFailed
from qsgis.geometry import overlay
from qsgis.geometry.cells import cells
from qsgis.messages import _
from qsgis.results import ZoneLevel
from qsgis.schema import Reach
from qsgis.schema.measure import PEOPLE_LAYERS

LIVING = {"people": "resident", "elderly": "elderly60"}  # column of the feature layers -> field of the population


@dataclass(frozen=True)
class Demand:
    """Pieces of demand and the spots that stand for them.

    value: m², people or features of each piece; ground: what is drawn of it; share: its part of its owner, where people
    are counted. Of each spot: its piece, its part of the piece (those of a piece add up to 1), the point where it
    stands, the geometry that it stands for, the square of the grid that this was cut by (None: it was not cut).
    """

    first: Features
    pieces: Pieces
    value: np.ndarray
    ground: np.ndarray
    piece: np.ndarray
    part: np.ndarray
    points: np.ndarray
    geometry: np.ndarray
    square: np.ndarray
    method: str
    share: np.ndarray | None
    key: Hashable = None

    @cached_property
    def weight(self) -> np.ndarray:
        """m², people or features of each spot."""
        return np.asarray(self.part * self.value[self.piece])

    @cached_property
    def inside(self) -> np.ndarray:
        """Whether each spot lies in the county."""
        zone = self.pieces.zone.get("county")
        return np.ones(len(self.piece), dtype=bool) if zone is None else np.asarray(zone[self.piece] >= 0)


def demand_of(measure: Reach, inputs: Inputs, levels: list[ZoneLevel]) -> Demand:
    """The demand as spots, worked out once for all measures that ask for the same."""
    operands = [measure.demand, *([measure.within] if measure.within else [])]
    people = PEOPLE_LAYERS if measure.count == "people" else PEOPLE_LAYERS[1:]
    key = (
        "demand", tuple((inputs.key_of(operand), operand.outside) for operand in operands), inputs.files(people),
        measure.count, measure.cell_metres, tuple(levels),
    )  # fmt: skip
    return inputs.remember(key, lambda: replace(_found(measure, inputs, levels), key=key))


def _found(measure: Reach, inputs: Inputs, levels: list[ZoneLevel]) -> Demand:
    bounds = [measure.within] if measure.within else []
    size = measure.cell_metres
    if measure.count == "people":
        people = residents(inputs)
        pieces = split(people, cut(people, [measure.demand, *bounds], inputs), inputs, levels)
        share = _shares_of_owner(people, pieces)
        value = people.frame["resident"].to_numpy(dtype=float)[pieces.owner] * share
        return replace(_spots(people, pieces, value, size), share=share)
    first = inputs.features(measure.demand)
    if measure.count == "area":
        pieces = split(first, cut(first, bounds, inputs), inputs, levels)
        value, method = worth(first, pieces, inputs)
        return replace(_spots(first, pieces, value, size), method=method)
    spots = gpd.GeoSeries(_seats(first, inputs), crs=inputs.crs)
    seated = replace(first, frame=first.frame.set_geometry(spots), balance=None, key=None)
    pieces = split(seated, cut(seated, bounds, inputs), inputs, levels)
    found = _spots(seated, pieces, np.ones(len(pieces.owner)), size)
    ground = first.geometry[pieces.owner]
    return replace(found, ground=ground, geometry=ground[found.piece])


def _seats(first: Features, inputs: Inputs) -> np.ndarray:
    """Where each feature stands: a point where it is, ground at its largest dwelling parcel, else somewhere inside."""
    seats = np.asarray(shapely.point_on_surface(first.geometry), dtype=object)
    flat = np.flatnonzero(shapely.get_dimensions(first.geometry) == 2)
    if not len(flat) or not (inputs.has("land_use") or inputs.has("residential")):
        return seats
    homes = dwellings(inputs).geometry
    spots = shapely.point_on_surface(homes)
    home, ground = shapely.STRtree(first.geometry[flat]).query(spots, predicate="within")
    order = np.lexsort((home, -shapely.area(homes)[home], ground))
    first_of = order[np.unique(ground[order], return_index=True)[1]]
    seats[flat[ground[first_of]]] = spots[home[first_of]]
    return seats


def _shares_of_owner(first: Features, pieces: Pieces) -> np.ndarray:
    whole, own = shapely.area(first.geometry)[pieces.owner], shapely.area(pieces.geometry)
    return np.asarray(np.divide(own, whole, out=np.ones(len(own)), where=whole > 0))


def _spots(first: Features, pieces: Pieces, value: np.ndarray, size: float) -> Demand:
    """Cells of polygons and points as they are; the parts of a piece add up to 1."""
    flat = shapely.get_dimensions(pieces.geometry) == 2
    rows = np.flatnonzero(flat)
    cut_up = cells(pieces.geometry[rows], size)
    piece = np.concatenate([rows[cut_up.owner], np.flatnonzero(~flat)])
    geometry = np.concatenate([cut_up.geometry, pieces.geometry[~flat]])
    square = np.concatenate([cut_up.square, np.full((~flat).sum(), None)])
    points = np.concatenate([shapely.points(cut_up.spot), shapely.centroid(pieces.geometry[~flat])])
    size_of = np.concatenate([cut_up.area, np.ones((~flat).sum())])
    whole = np.bincount(piece, weights=size_of, minlength=len(pieces.owner))
    part = size_of / whole[piece]
    return Demand(first, pieces, value, pieces.geometry, piece, part, points, geometry, square, "", None)


def living(demand: Demand, inputs: Inputs) -> tuple[dict[str, np.ndarray], list[str]]:
    """People (and elders) on each spot by column, and what must be said of them.

    A column is left out where the population layer does not tell it, or a spot has no ground to live on.
    """
    key = ("living", demand.key, inputs.files(PEOPLE_LAYERS))
    return inputs.remember(key, lambda: _living(demand, inputs))


def _living(demand: Demand, inputs: Inputs) -> tuple[dict[str, np.ndarray], list[str]]:
    found: dict[str, np.ndarray] = {}
    said: list[str] = []
    for column, field in LIVING.items():
        try:
            people = residents(inputs, field)
        except LayerAbsent:
            continue
        except AnalysisFailed as error:
            if column == "people":
                raise
            label = inputs.field_label("population", field)
            said.append(_("the map layers do not tell {field}: {why}", field=label, why=error.why))
            continue
        on_spots = _on_spots(demand, people, people.frame[field].to_numpy(dtype=float))
        if on_spots is not None:
            found[column] = on_spots
            said += people.estimated if column != "people" else ()
    return found, said


def _on_spots(demand: Demand, people: Features, amounts: np.ndarray) -> np.ndarray | None:
    """The people of each spot: those of its own row where people are the demand, else those on its ground."""
    if demand.share is not None:
        if not _same(demand.first.geometry, people.geometry):
            return None
        each = amounts[demand.pieces.owner] * demand.share
        return np.asarray(demand.part * each[demand.piece])
    if (shapely.get_dimensions(demand.geometry) < 2).any():
        return None
    flat = shapely.get_dimensions(people.geometry) == 2
    homes, size = people.geometry[flat], len(demand.geometry)
    both = overlay.pairs(demand.geometry, homes, geometry=False, checked=True)
    share = both.area / shapely.area(homes)[both.right]
    spread = np.bincount(both.left, weights=amounts[flat][both.right] * share, minlength=size)
    who, where = shapely.STRtree(demand.geometry).query(people.geometry[~flat], predicate="intersects")
    who, once = np.unique(who, return_index=True)  # who stands on the edge of two cells lives in one
    return np.asarray(spread + np.bincount(where[once], weights=amounts[~flat][who], minlength=size))


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return len(one) == len(other) and bool(shapely.equals_identical(one, other).all())

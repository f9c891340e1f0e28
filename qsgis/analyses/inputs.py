"""What a measure works on: the features of an operand in a year, the zones, and what a measure gives back."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from qsgis.analyses.records import recorded
from qsgis.catalog import Catalog
from qsgis.errors import AnalysisFailed
from qsgis.geometry import ellipsoidal_area
from qsgis.geometry.patches import largest_patch
from qsgis.layers.select import NotTold, select
from qsgis.messages import _
from qsgis.results import ZONE_LEVELS, ZoneLevel
from qsgis.schema import Layer, Operand, StandIn

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from qsgis.layers.raster import Raster
    from qsgis.layers.read import ReadLayer

_T = TypeVar("_T")


ROUND = 256  # segments of a quarter circle: its area is right to 6e-6


class LayerAbsent(Exception):
    """A layer (or a field of it) that nobody supplied for this year."""

    def __init__(self, layer: str, year: int, detail: str = "") -> None:
        super().__init__(layer)
        self.layer, self.year, self.detail = layer, year, detail


class NotInstalled(Exception):
    """A measure that needs an optional part of the program: what it needs and how it is installed."""


class NotApplicable(Exception):
    """A measure that has no meaning here, and why: a comparison with the base year asked of that year, say."""


@dataclass(frozen=True)
class Features:
    """The selected features of an operand: canonical fields, geometry in the analysis CRS, RangeIndex.

    balance: the field whose record results are shares of, where every feature carries it; record: its label.
    key: what tells these features from others of the run, so that what is worked out of them can be remembered (None:
    nothing is).
    whole, rows: the layer that these are a selection of, and which of its features they are.
    shared: ground that two features cover belongs to both (people of two communities in one house).
    """

    frame: gpd.GeoDataFrame
    balance: str | None
    sources: tuple[str, ...]
    notes: tuple[str, ...] = ()
    estimated: tuple[str, ...] = ()
    key: Hashable = None
    record: str = ""
    whole: Features | None = None
    rows: NDArray[np.int64] | None = None
    shared: bool = False

    @cached_property
    def geometry(self) -> NDArray[np.object_]:
        """The geometries as an array."""
        return np.asarray(self.frame.geometry.array, dtype=object)

    def take(self, rows: NDArray[np.int64]) -> Features:
        """The features at `rows`, as a selection of these, or of the layer that these are a selection of."""
        whole, place = (self, rows) if self.whole is None or self.rows is None else (self.whole, self.rows[rows])
        return replace(self, frame=self.frame.iloc[rows].reset_index(drop=True), key=None, whole=whole, rows=place)


@dataclass(frozen=True)
class Zones:
    """The county and its divisions: level -> frame with `code`, `name`, geometry, RangeIndex, sorted by code."""

    levels: dict[ZoneLevel, gpd.GeoDataFrame]
    notes: tuple[str, ...] = ()

    def __contains__(self, level: object) -> bool:
        return level in self.levels

    def ground(self, level: ZoneLevel) -> NDArray[np.object_]:
        """The polygons of a level."""
        return np.asarray(self.levels[level].geometry.array, dtype=object)

    def finer(self, level: ZoneLevel) -> ZoneLevel | None:
        """The next level below, of those that there are."""
        below = ZONE_LEVELS[ZONE_LEVELS.index(level) + 1 :]
        return next((name for name in below if name in self.levels), None)


@dataclass
class Measured:
    """Additive numbers of one measure: level -> Series by zone code ("" is the county), in the measure's unit.

    groups: the same, a column a value of the field that `by` names. layers: feature layers by name. areas: how many
    pieces had their area by a record, by the areal scale, exactly.
    """

    totals: dict[ZoneLevel, pd.Series]
    groups: dict[ZoneLevel, pd.DataFrame] = field(default_factory=dict)
    layers: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
    method: str = ""
    areas: dict[str, int] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    estimated: list[str] = field(default_factory=list)


@dataclass
class Inputs:
    """Layers of one year for the measures.

    load reads a layer for a year; source says which of its files that is (both LayerAbsent where there is none).
    memory: what was worked out already, for whatever year, by what it was worked out of.
    """

    catalog: Catalog
    crs: pyproj.CRS
    zones: Zones
    year: int
    base_year: int | None
    load: Callable[[str, int], ReadLayer]
    source: Callable[[str, int], int]
    memory: dict[Hashable, Any] = field(default_factory=dict)

    def year_of(self, operand: Operand) -> int:
        """The calendar year that an operand means here."""
        if operand.year == "current":
            return self.year
        if operand.year == "base":
            if self.base_year is None:
                raise LayerAbsent(operand.layers[0], self.year, _("the project names no base_year"))
            if self.year <= self.base_year:
                raise NotApplicable(_("nothing is new or stock in the base year itself, or before"))
            return self.base_year
        return operand.year

    def remember(self, key: Hashable, make: Callable[[], _T]) -> _T:
        """`make()`, once a key: for what several measures share (a network, the people's whereabouts)."""
        if key not in self.memory:
            self.memory[key] = make()
        found: _T = self.memory[key]
        return found

    def remembers(self, key: Hashable) -> bool:
        """Whether what `key` stands for has been worked out already."""
        return key in self.memory

    def has(self, layer: str, year: int | None = None) -> bool:
        """Whether `layer` is supplied for the year."""
        return self.files([layer], year or self.year) != (None,)

    def read_for(self, layers: Iterable[str], year: int) -> list[str]:
        """The layers that are read for these: themselves, or what stands in where one is not supplied."""
        found = []
        for name in layers:
            while not self.has(name, year) and (stand_in := self.catalog.layers[name].stands_in):
                name = stand_in.layer  # noqa: PLW2901
            found.append(name)
        return list(dict.fromkeys(found))

    def files(self, layers: Iterable[str], year: int | None = None) -> tuple[int | None, ...]:
        """Which file of each layer serves the year (None: none): two years with the same files have one answer."""
        return tuple(self._file(layer, year or self.year) for layer in layers)

    def _file(self, layer: str, year: int) -> int | None:
        try:
            return self.source(layer, year)
        except LayerAbsent:
            return None

    def field_label(self, layer: str, field: str) -> str:
        """A field's name for reading."""
        known = self.catalog.layers[layer].fields
        return known[field].label if field in known else field

    def lacking(self, layer: str, field: str) -> LayerAbsent:
        """What is wanted where a layer came without a field that an analysis needs, or with nothing usable in it."""
        label, held = self.field_label(layer, field), field in self.load(layer, self.year).frame
        text = _("field {field} with values that can be used", field=label) if held else _("field {field}", field=label)
        return LayerAbsent(layer, self.year, text)

    def ground(self, operand: Operand) -> Features:
        """The features that an operand means, all of them polygons; AnalysisFailed where points or lines came."""
        found = self.features(operand)
        flat = shapely.get_dimensions(found.geometry) == 2
        if not flat.all():
            raise AnalysisFailed(
                " + ".join(self.catalog.layers[layer].label for layer in operand.layers),
                "; ".join(found.sources),
                _("{count} of its features are points or lines; polygons are due", count=int((~flat).sum())),
                _("ask the supplier for their outlines"),
            )
        return found

    def features(self, operand: Operand) -> Features:
        """The features that an operand means, several layers one after another. LayerAbsent where one is not there."""
        key, year = self.key_of(operand), self.year_of(operand)
        return self.remember(key, lambda: replace(self._around(self._features(operand, year), operand), key=key))

    def key_of(self, operand: Operand) -> Hashable:
        """What tells the features of an operand from all others of the run."""
        year = self.year_of(operand)
        files = self.files(self.catalog.with_stand_ins(operand.layers), year)
        shape = (year if operand.dated else None, operand.around, operand.steeper)
        return ("features", tuple(operand.layers), tuple(operand.selections), files, *shape)

    def estimates(self, operands: Iterable[Operand]) -> list[str]:
        """Why what stands on these operands is an estimate; nothing where it is none."""
        found: dict[str, None] = {}
        surveys: dict[str, int] = {}
        for operand in operands:
            year = self.year_of(operand)
            layers = {
                name: self.load(name, year) for name in self.read_for(operand.layers, year) if self.has(name, year)
            }
            if all(isinstance(layer.frame, gpd.GeoDataFrame) for layer in layers.values()):
                with suppress(LayerAbsent):  # the measure did without it
                    found |= dict.fromkeys(self.features(operand).estimated)
            for name, layer in layers.items():
                if surveys.setdefault(name, layer.survey) != layer.survey:
                    found[_("it compares the second survey with the third: a series break")] = None
        return list(found)

    def _around(self, found: Features, operand: Operand) -> Features:
        """The ground of the features and what lies no farther than `around` metres, as one feature."""
        if operand.around is None:
            return found
        ground = shapely.buffer(shapely.union_all(found.geometry), operand.around, quad_segs=ROUND)
        frame = gpd.GeoDataFrame({"feature": ["1"]}, geometry=[ground], crs=self.crs)
        return Features(frame, None, found.sources, found.notes, found.estimated)

    def raster(self, layer: str, year: int | None = None) -> Raster | None:
        """The raster that is supplied for a layer; None where nothing is, or features are."""
        return self.load(layer, year or self.year).raster if self.has(layer, year) else None

    def _features(self, operand: Operand, year: int) -> Features:
        parts = [self._part(name, operand, year) for name in operand.layers]
        if len(parts) == 1:
            return parts[0]
        frame = gpd.GeoDataFrame(pd.concat([part.frame for part in parts], ignore_index=True), crs=self.crs)
        sources, notes, estimated = (
            tuple(dict.fromkeys(item for part in parts for item in getattr(part, name)))
            for name in ("sources", "notes", "estimated")
        )
        return Features(frame, None, sources, notes, estimated)

    def _part(self, name: str, operand: Operand, year: int) -> Features:
        if self.raster(name, year) is None:
            return self._one(name, operand.selections, year, operand.dated)
        from qsgis.analyses.ground import raster_ground  # rasterio, only where there is a raster

        return raster_ground(self, name, operand, year)

    def _one(self, name: str, selections: list[str], year: int, dated: bool = False) -> Features:
        stand_in = self.catalog.layers[name].stands_in
        if stand_in is not None and not self.has(name, year):
            if selections or dated:
                raise LayerAbsent(name, year)  # what stands in has neither its fields nor its years
            return self._standing_in(name, stand_in, year)
        layer = self.load(name, year)
        definition = self.catalog.layers[name]
        frame = layer.frame
        if not isinstance(frame, gpd.GeoDataFrame):
            raise AnalysisFailed(
                definition.label,
                source_text(layer),
                _("it is a table without places"),
                _("ask the supplier for a layer with geometry, or with coordinates"),
            )
        frame, said = self.remember(
            ("recorded", name, self.files([name], year)), lambda: recorded(frame, definition, layer.survey)
        )
        balance, notes = definition.balance, [*layer.notes, *said]
        blank = len(frame) if balance not in frame else int(frame[balance].isna().sum())
        record = self.field_label(name, balance) if balance else ""
        if balance and blank:
            notes.append(
                _("{count} features of {layer} have no {field}: ellipsoidal areas are taken for all of them",
                  count=blank, layer=definition.label, field=record)
            )  # fmt: skip
            balance = None
        found = Features(
            frame,
            balance,
            (source_text(layer),),
            tuple(notes),
            record=record,
            key=self.key_of(Operand(layer=name, year=year)),
        )
        if dated:
            found = self._of_year(found, layer, year)
        return self.selected(found, definition, selections, layer.survey) if selections else found

    def _standing_in(self, name: str, stand_in: StandIn, year: int) -> Features:
        """What is taken for a layer that nobody supplied: a selection of another, as the catalog says."""
        try:
            found = self._one(stand_in.layer, [stand_in.select], year)
        except LayerAbsent as error:
            raise LayerAbsent(name, year) from error
        joined = ""
        if stand_in.joined_metres is not None:
            patch = largest_patch(found.geometry, stand_in.joined_metres)
            found = found.take(patch)
            joined = _(", the largest connected patch")
        if not stand_in.estimated:
            return found
        if not len(found.frame):
            raise LayerAbsent(name, year)  # nothing that could stand in: it is wanted, and not zero
        reason = _("{name} was not supplied; {other} stands in for it{joined}",
                   name=self.catalog.layers[name].label,
                   other=f"{self.catalog.layers[stand_in.layer].label}[{stand_in.select}]", joined=joined)  # fmt: skip
        return replace(found, estimated=(*found.estimated, reason))

    def _of_year(self, found: Features, layer: ReadLayer, year: int) -> Features:
        """The features of one year, of a file that holds several; all of a file that is dated as a whole."""
        if layer.year == year:
            return found
        if "year" not in found.frame or found.frame["year"].isna().all():
            raise self.lacking(layer.id, "year")
        blank = int(found.frame["year"].isna().sum())
        chosen = found.take(np.flatnonzero(found.frame["year"].to_numpy(dtype=float) == year))
        if not blank:
            return chosen
        text = _("{layer}: {count} features have no year and count in none", layer=layer.id, count=blank)
        return replace(chosen, notes=(*chosen.notes, text))

    def selected(self, whole: Features, definition: Layer, selections: list[str], survey: int) -> Features:
        """The features that selections of a layer's definition take. LayerAbsent where the survey cannot tell."""
        self._require_grades(whole.frame, definition, selections)
        frame = self._with_area(whole.frame, definition, selections)
        try:
            found = select(frame, definition, selections, survey=survey, path="; ".join(whole.sources))
        except NotTold as error:
            text = _(
                "in the third survey's classes: the second survey does not tell {selection} apart", selection=error
            )
            raise LayerAbsent(definition.id, self.year, text) from error
        notes = list(whole.notes)
        if found.unknown:
            listing = ", ".join(f"{code} ({count})" for code, count in sorted(found.unknown.items()))
            notes.append(
                _("{layer}: codes that no table knows, not selected: {codes}", layer=definition.id, codes=listing)
            )
        rows = np.flatnonzero(found.rows)
        chosen = whole.take(rows)
        estimated = (*whole.estimated, *found.estimated)
        return replace(chosen, frame=frame.iloc[rows].reset_index(drop=True), notes=tuple(notes), estimated=estimated)

    def _require_grades(self, frame: gpd.GeoDataFrame, definition: Layer, selections: list[str]) -> None:
        """LayerAbsent where a selection asks for a slope grade and no feature has one: that is not zero."""
        asked = {field for name in selections for field, _column, _wanted in definition.conditions(name)}
        grade = "slope_grade"
        if grade in asked and (grade not in frame or (len(frame) and frame[grade].isna().all())):
            raise self.lacking(definition.id, grade)

    def _with_area(self, frame: gpd.GeoDataFrame, definition: Layer, selections: list[str]) -> gpd.GeoDataFrame:
        """The frame with the polygons' own area where a selection asks for `area` and the file does not give it."""
        asked = {field for name in selections for field, _column, _wanted in definition.conditions(name)}
        if "area" not in asked or "area" in frame or definition.balance == "area":
            return frame
        ground = frame.geom_type.isin(["Polygon", "MultiPolygon"]).to_numpy()
        area = np.full(len(frame), np.nan)
        area[ground] = ellipsoidal_area(frame[ground])
        return frame.assign(area=area)


def source_text(layer: ReadLayer) -> str:
    """How a layer is named as a source: id, file, sub-layer, year."""
    inside = f":{layer.sublayer}" if layer.sublayer else ""
    year = f" ({layer.year})" if layer.year else ""
    return f"{layer.id}={layer.path.name}{inside}{year}"

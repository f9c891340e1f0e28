"""OpenStreetMap extracts (.pbf, .osm): the objects that carry a layer's tags, with their broken parts counted.

One pass for all layers that are read together; osmium filters by key before Python sees anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, Literal, TypeVar

import numpy as np
import pandas as pd
import pyproj
import shapely

from qsgis.errors import ExtraMissing, FileUnreadable, FormatUnsupported
from qsgis.layers import fields
from qsgis.layers.check import Findings
from qsgis.layers.raw import Raw, Request
from qsgis.messages import _
from qsgis.schema import Layer, LayerSource

_T = TypeVar("_T", bound=Hashable)
Key = tuple[str, int | None]  # a layer and the year of its file
Filters = Iterable[Mapping[str, list[str] | Literal[True]]]
_ORDER = "nwr"
_AREA_RELATIONS = {"multipolygon", "boundary"}


def read(request: Request) -> Raw:
    """The objects with the layer's tags: see `Extract.read`."""
    return Extract(request.path, [(request.definition, request.source)]).read(request)


class Extract:
    """A file that several layers are read from: one pass for all of them, when the first is asked for.

    Until a layer is asked for, its objects take about the room that the layer itself takes then.
    """

    def __init__(self, path: Path, layers: Iterable[tuple[Layer, LayerSource]]) -> None:
        self._path = path
        self._layers = {_key(definition, source): (definition, source) for definition, source in layers}
        self._gathered: dict[Key, _Gathered] | None = None
        self._failure = ""
        self._turn = Lock()  # layers are asked for side by side

    def read(self, request: Request) -> Raw:
        """The objects with a layer's tags, in WGS 84, as n…, w…, r… in the order of their numbers.

        A layer that is not one of those, or was asked for before, is read by a pass of its own. Raises ExtraMissing
        without osmium, FormatUnsupported where the definition names no tags, FileUnreadable.
        """
        definition = request.definition
        if not definition.osm:
            reason = _("the definition of this layer names no OpenStreetMap tags")
            raise FormatUnsupported(
                definition.id, request.path, reason, _('give `osm = [{ key = ["value"] }]` in its definition')
            )
        with self._turn:
            if self._gathered is None:
                self._gathered = self._pass()
        if self._failure:
            raise FileUnreadable(definition.id, request.path, self._failure)
        gathered = self._gathered.pop(_key(definition, request.source), None)
        return gathered.finish(request) if gathered else read(request)

    def _pass(self) -> dict[Key, _Gathered]:
        """Every object to the layers whose tags it carries."""
        osmium = _osmium()
        found = {key: _Gathered(*layer) for key, layer in self._layers.items()}
        keys, carried = _carried({key: definition.osm for key, (definition, _source) in self._layers.items()})
        processor = osmium.FileProcessor(str(self._path)).with_areas(osmium.filter.KeyFilter(*keys))
        try:
            for thing in processor.with_filter(osmium.filter.KeyFilter(*keys)):
                for key in carried(thing.tags):
                    found[key].take(thing)
        except RuntimeError as error:  # osmium's errors all are
            self._failure = str(error)
        return found


def _key(definition: Layer, source: LayerSource) -> Key:
    """What tells the files of a project's layers apart."""
    return definition.id, source.year


def _osmium() -> Any:
    """The optional package, its types unseen: its stubs do not follow what a filter lets through."""
    try:
        import osmium
    except ImportError as error:
        raise ExtraMissing(_("reading OpenStreetMap files"), "osmium", "osm") from error
    return osmium


def matches(tags: Any, filters: Filters) -> bool:
    """Whether `tags` meet all conditions of one of the filters; "a;b" is both a and b."""
    for one in filters:
        for key, wanted in one.items():
            if not _has(tags.get(key), wanted):
                break
        else:
            return True
    return False


def _has(value: str | None, wanted: list[str] | Literal[True]) -> bool:
    if value is None or wanted is True:
        return value is not None
    return value in wanted or (";" in value and any(part.strip() in wanted for part in value.split(";")))


def _carried(layers: Mapping[_T, Filters]) -> tuple[list[str], Callable[[Any], list[_T]]]:
    """The keys that the layers' filters look at, and what tells the layers whose tags an object carries.

    Objects with the same values for these keys, as most have, are told once.
    """
    keys = sorted({key for filters in layers.values() for one in filters for key in one})

    @cache
    def carried(values: tuple[str | None, ...]) -> list[_T]:
        tags = dict(zip(keys, values, strict=True))
        return [layer for layer, filters in layers.items() if matches(tags, filters)]

    return keys, lambda tags: carried(tuple(map(tags.get, keys)))  # to go through all tags takes osmium longer


def count(path: Path, layers: Mapping[str, Filters]) -> dict[str, int]:
    """Layer -> objects (nodes, ways, multipolygons) with its tags, for layers that have any; one pass for all."""
    osmium = _osmium()
    keys, carried = _carried(layers)
    counts: Counter[str] = Counter()
    try:
        for thing in osmium.FileProcessor(str(path)).with_filter(osmium.filter.KeyFilter(*keys)):
            if thing.is_relation() and thing.tags.get("type", "") not in _AREA_RELATIONS:
                continue
            counts.update(carried(thing.tags))
    except RuntimeError as error:
        raise FileUnreadable(path.stem, path, str(error)) from error
    return dict(counts)


class _Gathered:
    """A layer's objects as they come by, and what is wrong with them. rows: feature -> WKB, value of each field."""

    def __init__(self, definition: Layer, source: LayerSource) -> None:
        osmium = _osmium()
        named = {**definition.osm_fields, **source.fields}
        self.definition = definition
        self.tags = {name: tag for name, tag in named.items() if name in definition.fields}
        self.rows: dict[str, tuple[bytes | None, tuple[str | None, ...]]] = {}
        self.problems: dict[str, str] = {}
        self.cut_off: dict[str, int] = {}
        self._factory = osmium.geom.WKBFactory()
        self._pointless = (osmium.InvalidLocationError, RuntimeError)  # a point is not in the file; fewer than two
        self._polygons = "polygon" in definition.geometry

    def take(self, thing: Any) -> None:
        """One node, way, relation or assembled area."""
        if thing.is_area():
            self._take_area(thing)
        elif thing.is_node():
            self._add(f"n{thing.id}", thing, self._factory.create_point(thing))
        elif thing.is_way():
            self._take_way(thing)
        else:
            self._take_relation(thing)

    def _add(self, feature: str, thing: Any, wkb: str | None) -> None:
        tags = thing.tags
        values = tuple(tags.get(tag) for tag in self.tags.values())
        self.rows[feature] = (None if wkb is None else bytes.fromhex(wkb), values)

    def _take_area(self, area: Any) -> None:
        """An area closes the entry of its way or relation; where lines are due, the way itself is the line."""
        feature = f"{'w' if area.from_way() else 'r'}{area.orig_id()}"
        if self._polygons:
            self.problems.pop(feature, None)
            self._add(feature, area, self._factory.create_multipolygon(area))

    def _take_way(self, way: Any) -> None:
        feature = f"w{way.id}"
        if self._polygons and way.is_closed():
            if feature not in self.rows:
                self.problems[feature] = _("its ring encloses no valid area, or part of it is not in the file")
                self._add(feature, way, None)
            return
        wkb = self._whole(way)
        if wkb is None:
            wkb, missing = _line(way)
            if missing:
                self.cut_off[feature] = missing
        if wkb is None:
            self.problems[feature] = _("fewer than two of its points are in the file")
        self._add(feature, way, wkb)

    def _whole(self, way: Any) -> str | None:
        """The way as a line, made outside Python; None where points of it are missing or all are one."""
        if not (len(way.nodes) and way.nodes[0].location.valid()):
            return None  # osmium passes over missing points at the start of a way
        try:
            return str(self._factory.create_linestring(way))
        except self._pointless:
            return None

    def _take_relation(self, relation: Any) -> None:
        feature, kind = f"r{relation.id}", relation.tags.get("type", "")
        if feature in self.rows:
            return
        if kind in _AREA_RELATIONS and self._polygons:
            self.problems[feature] = _("its rings do not close, or part of them is not in the file")
        else:
            self.problems[feature] = _(
                "a relation of type {kind} is no {wanted}", kind=kind, wanted="/".join(self.definition.geometry)
            )
        self._add(feature, relation, None)

    def finish(self, request: Request) -> Raw:
        """Everything in order, with what was broken said and listed."""
        for name in self.definition.fields:
            if name not in self.tags:
                fields.missing(request, name, [name], sorted(self.tags.values()))
        names = sorted(self.rows, key=lambda feature: (_ORDER.index(feature[0]), int(feature[1:])))
        wkb = np.empty(len(names), dtype=object)
        wkb[:] = [self.rows[name][0] for name in names]
        geometry = shapely.from_wkb(wkb)
        single = shapely.get_num_geometries(geometry) == 1
        geometry[single] = shapely.get_geometry(geometry[single], 0)  # osmium makes every area a multipolygon
        table = pd.DataFrame(
            [self.rows[name][1] for name in names], columns=list(self.tags), index=range(len(names)), dtype=object
        )
        self._say_cut_off(request.findings)
        return Raw(
            fields=table[[name for name in self.tags if request.wants(name)]],
            features=np.array(names, dtype=object),
            geometry=geometry,
            crs=pyproj.CRS.from_epsg(4326),
            unreadable={row: self.problems[name] for row, name in enumerate(names) if name in self.problems},
        )

    def _say_cut_off(self, findings: Findings) -> None:
        for feature, missing in sorted(self.cut_off.items(), key=lambda pair: int(pair[0][1:])):
            findings.flaw(feature, _("cut off"), _("{count} of its points are not in the file", count=missing))
        if self.cut_off:
            findings.note(
                _(
                    "{ways} ways reach beyond the extract, {points} of their points are missing; the rest was kept",
                    ways=len(self.cut_off),
                    points=sum(self.cut_off.values()),
                )
            )


def _line(way: Any) -> tuple[str | None, int]:
    """The parts of a way whose points are in the file, as hexadecimal WKB (None for no part), and the points missing.

    A gap is not bridged.
    """
    runs: list[list[tuple[float, float]]] = [[]]
    missing = 0
    for node in way.nodes:
        if not node.location.valid():
            missing += 1
            runs.append([])
        elif not runs[-1] or runs[-1][-1] != (node.lon, node.lat):
            runs[-1].append((node.lon, node.lat))
    lines = [shapely.linestrings(run) for run in runs if len(run) > 1]
    if not lines:
        return None, missing
    shape = lines[0] if len(lines) == 1 else shapely.multilinestrings(lines)
    return str(shapely.to_wkb(shape, hex=True)), missing

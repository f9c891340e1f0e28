"""OpenStreetMap extracts (.pbf, .osm): the objects that carry a layer's tags, with their broken parts counted.

One pass a layer; osmium filters by key before Python sees anything, so a pass costs little more than decoding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyproj
import shapely

from qsgis.errors import ExtraMissing, FileUnreadable, FormatUnsupported
from qsgis.layers import fields
from qsgis.layers.raw import Raw, Request
from qsgis.messages import _

Filters = Iterable[Mapping[str, list[str] | Literal[True]]]
_ORDER = "nwr"
_AREA_RELATIONS = {"multipolygon", "boundary"}


def read(request: Request) -> Raw:
    """The objects with the layer's tags, in WGS 84, as n…, w…, r… in the order of their numbers.

    Raises ExtraMissing without osmium, FormatUnsupported where the definition names no tags, FileUnreadable.
    """
    osmium = _osmium()
    definition = request.definition
    if not definition.osm:
        reason = _("the definition of this layer names no OpenStreetMap tags")
        raise FormatUnsupported(
            definition.id, request.path, reason, _('give `osm = [{ key = ["value"] }]` in its definition')
        )
    tags = {
        name: tag
        for name, tag in {**definition.osm_fields, **request.source.fields}.items()
        if name in definition.fields
    }
    gathered = _Gathered(request, {name: tag for name, tag in tags.items() if request.wants(name)})
    keys = sorted({key for one in definition.osm for key in one})
    processor = osmium.FileProcessor(str(request.path)).with_areas(osmium.filter.KeyFilter(*keys))
    try:
        for thing in processor.with_filter(osmium.filter.KeyFilter(*keys)):
            if matches(thing.tags, definition.osm):
                gathered.take(thing)
    except RuntimeError as error:  # osmium's errors all are
        raise FileUnreadable(definition.id, request.path, str(error)) from error
    for name in definition.fields:
        if name not in tags:
            fields.missing(request, name, [name], sorted(tags.values()))
    return gathered.finish()


def _osmium() -> Any:
    """The optional package, its types unseen: its stubs do not follow what a filter lets through."""
    try:
        import osmium
    except ImportError as error:
        raise ExtraMissing(_("reading OpenStreetMap files"), "osmium", "osm") from error
    return osmium


def matches(tags: Any, filters: Filters) -> bool:
    """Whether `tags` meet all conditions of one of the filters; "a;b" is both a and b."""
    for one in filters:  # plain loops: this runs for every object that has one of the keys
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


def count(path: Path, layers: Mapping[str, Filters]) -> dict[str, int]:
    """Layer -> objects (nodes, ways, multipolygons) with its tags, for layers that have any; one pass for all."""
    osmium = _osmium()
    wanted: dict[str, list[tuple[str, Mapping[str, list[str] | Literal[True]]]]] = {}
    for name, filters in layers.items():
        for one in filters:
            wanted.setdefault(min(one), []).append((name, one))  # looked up by one of its keys, tested in full
    counts: Counter[str] = Counter()
    try:
        for thing in osmium.FileProcessor(str(path)).with_filter(osmium.filter.KeyFilter(*wanted)):
            if thing.is_relation() and thing.tags.get("type", "") not in _AREA_RELATIONS:
                continue
            near = [pair for tag in thing.tags for pair in wanted.get(tag.k, ())]
            counts.update({name for name, one in near if matches(thing.tags, [one])})
    except RuntimeError as error:
        raise FileUnreadable(path.stem, path, str(error)) from error
    return dict(counts)


@dataclass
class _Gathered:
    """Objects as they come by, and what is wrong with them."""

    request: Request
    tags: Mapping[str, str]
    rows: dict[str, tuple[bytes | None, dict[str, str | None]]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    cut_off: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        osmium = _osmium()
        self._factory = osmium.geom.WKBFactory()
        self._pointless = (osmium.InvalidLocationError, RuntimeError)  # a point is not in the file; fewer than two
        self._polygons = "polygon" in self.request.definition.geometry
        self._lines = "line" in self.request.definition.geometry

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
        row = {name: thing.tags.get(tag) for name, tag in self.tags.items()}
        self.rows[feature] = (None if wkb is None else bytes.fromhex(wkb), row)

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
                "a relation of type {kind} is no {wanted}", kind=kind, wanted="/".join(self.request.definition.geometry)
            )
        self._add(feature, relation, None)

    def finish(self) -> Raw:
        """Everything in order, with what was broken said and listed."""
        names = sorted(self.rows, key=lambda feature: (_ORDER.index(feature[0]), int(feature[1:])))
        wkb = np.empty(len(names), dtype=object)
        wkb[:] = [self.rows[name][0] for name in names]
        geometry = shapely.from_wkb(wkb)
        single = shapely.get_num_geometries(geometry) == 1
        geometry[single] = shapely.get_geometry(geometry[single], 0)  # osmium makes every area a multipolygon
        self._say_cut_off()
        return Raw(
            fields=pd.DataFrame(
                [self.rows[name][1] for name in names], columns=list(self.tags), index=range(len(names)), dtype=object
            ),
            features=np.array(names, dtype=object),
            geometry=geometry,
            crs=pyproj.CRS.from_epsg(4326),
            unreadable={row: self.problems[name] for row, name in enumerate(names) if name in self.problems},
        )

    def _say_cut_off(self) -> None:
        findings = self.request.findings
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

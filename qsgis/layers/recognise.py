"""Which layer a file is: by its names, then by its fields, then by what geometry it has. Serves `qsgis init`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyogrio
import shapely

from qsgis.catalog import Catalog
from qsgis.errors import QsgisError
from qsgis.layers import fields, files, shapefile, table
from qsgis.layers.osm import count as count_osm
from qsgis.layers.place import name_of
from qsgis.layers.vector import crs_of, sublayers
from qsgis.messages import _
from qsgis.schema import GeometryKind, Layer

# Fields that many layers have; they tell nothing about which one it is.
_COMMON_FIELDS = {"id", "name", "year", "code", "kind", "class", "area", "length", "grade"}
_YEAR = re.compile(r"(?<!\d)(19[89]\d|20[0-4]\d)(?!\d)")
_YEAR_FIELDS = ["SJNF", "数据年份", "ND", "年度", "年份", "year"]
_SUFFIXES = {
    ".gpkg", ".shp", ".gdb", ".geojson", ".json", ".fgb", ".csv", ".xlsx", ".xlsm", ".xls", ".pbf", ".osm", ".graphml",
    ".zip", ".mdb", ".accdb", *files.RASTERS,
}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """A file's sub-layer and what it was taken for. layer_id None: not recognised, `why` says why."""

    path: Path
    sublayer: str
    layer_id: str | None
    why: str
    geometry: str
    count: int
    crs: str
    year: int | None


@dataclass(frozen=True)
class _Facts:
    """What a file says of itself before its features are read."""

    path: Path
    sublayer: str
    fields: list[str]
    geometry: GeometryKind
    count: int
    crs: str = ""
    year: int | None = None


def scan(folder: Path, catalog: Catalog) -> list[Found]:
    """Every layer-like file under `folder`, sorted by path and sub-layer, and the layer it is taken for.

    A file that cannot be opened is in the list, with the reason; nothing is read but heads, and nothing is written.
    """
    found: list[Found] = []
    for path in _candidates(folder):
        try:
            found += _of_file(path, catalog)
        except (QsgisError, RuntimeError, *table.UNREADABLE) as error:
            reason = error.why if isinstance(error, QsgisError) else str(error)
            found.append(Found(path, "", None, _("it cannot be opened: {reason}", reason=reason), "", 0, "", None))
    return found


def _candidates(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "~$")):
            continue
        if path.is_dir() and path.suffix.lower() != ".gdb":
            yield from _candidates(path)
        elif path.suffix.lower() in _SUFFIXES:
            yield path


def _of_file(path: Path, catalog: Catalog) -> list[Found]:
    kind = files.format_of(path, path.stem)
    if kind == "osm":
        return _of_osm(path, catalog)
    if kind in {"gtfs", "graphml"}:
        layer, what = ("transit", _("a GTFS timetable")) if kind == "gtfs" else ("roads", _("a saved street graph"))
        geometry = "point" if kind == "gtfs" else "line"
        return [Found(path, "", layer if layer in catalog.layers else None, what, geometry, 0, "", _year_in(path.stem))]
    if kind == "raster":
        return [_recognised(_raster_facts(path), catalog)]
    facts = _vector_facts(path) if kind == "vector" else _table_facts(path, catalog)
    return [_recognised(one, catalog) for one in facts]


def _of_osm(path: Path, catalog: Catalog) -> list[Found]:
    """One entry for each layer that the extract holds something of."""
    counts = count_osm(path, {name: layer.osm for name, layer in catalog.layers.items() if layer.osm})
    why = _("OpenStreetMap objects with the layer's tags")
    year = _year_in(path.stem)
    return [
        Found(path, "", name, why, "/".join(catalog.layers[name].geometry), number, "EPSG:4326 WGS 84", year)
        for name, number in sorted(counts.items())
    ]


def _raster_facts(path: Path) -> _Facts:
    """A raster: its bands are its fields, its cells what is counted."""
    from qsgis.layers import raster

    with raster.opened(path, path.stem) as source:
        names = [text or str(number) for number, text in zip(source.indexes, source.descriptions, strict=True)]
        crs, count = raster.crs_of(source), source.width * source.height
    return _Facts(path, path.stem, names, "raster", count, name_of(crs) if crs is not None else "", _year_in(path.stem))


def _vector_facts(path: Path) -> Iterator[_Facts]:
    is_shapefile = path.suffix.lower() == ".shp"
    if is_shapefile:
        shapefile.check_whole(path, path.stem)
    encoding = shapefile.BYTES if is_shapefile else None
    with files.untouched(path) as copy:
        for name in sorted(set(sublayers(copy)) - files.HOUSEKEEPING):
            info = pyogrio.read_info(copy, layer=name, encoding=encoding, force_feature_count=True)
            held = [str(field) for field in info["fields"]]
            shown = shapefile.readable_names(path, held) if is_shapefile else held
            crs = crs_of(info["crs"])
            year = _year_in(name) or _year_in(path.stem) or _year_of_all(copy, name, encoding, held)
            crs_name = name_of(crs) if crs is not None else ""
            yield _Facts(
                path,
                name,
                shown,
                _kind(info["geometry_type"]) or _kind_of_first(copy, name),
                max(info["features"], 0),
                crs_name,
                year,
            )


def _kind(geometry_type: str | None) -> GeometryKind | None:
    """The kind of geometry that a sub-layer says it has; None where it may be any."""
    kinds: list[tuple[str, GeometryKind]] = [
        ("Polygon", "polygon"),
        ("Surface", "polygon"),
        ("Line", "line"),
        ("Curve", "line"),
        ("Point", "point"),
    ]
    if geometry_type is None:
        return "table"
    return next((kind for word, kind in kinds if word in geometry_type), None)


def _kind_of_first(path: Path, sublayer: str) -> GeometryKind:
    """The kind of geometry of the first feature, where the sub-layer does not say."""
    wkb = pyogrio.raw.read(path, layer=sublayer, columns=[], max_features=1)[2]
    geometry = shapely.from_wkb(wkb, on_invalid="ignore") if wkb is not None else []
    present = [one for one in geometry if one is not None]
    return (_kind(present[0].geom_type) if present else None) or "table"


def _table_facts(path: Path, catalog: Catalog) -> Iterator[_Facts]:
    layers = catalog.layers.values()
    known = [name for layer in layers for key, one in layer.fields.items() for name in fields.known_names(key, one)]
    names = [path.stem] if path.suffix.lower() == ".csv" else table.sheets(path)
    for name in names:
        columns, rows = table.header(path, name, known)
        pairs = [(table.LONGITUDE, table.LATITUDE), (table.EASTING, table.NORTHING)]
        is_point = any(all(fields.find(wanted, columns, cut=False) for wanted in pair) for pair in pairs)
        yield _Facts(
            path, name, columns, "point" if is_point else "table", rows, "", _year_in(name) or _year_in(path.stem)
        )


def _year_in(name: str) -> int | None:
    years = set(_YEAR.findall(name))
    return int(years.pop()) if len(years) == 1 else None


def _year_of_all(path: Path, sublayer: str, encoding: str | None, names: list[str]) -> int | None:
    """The year that all features bear in a field of their own; none where they bear several."""
    columns = fields.find(_YEAR_FIELDS, names, cut=False)[:1]
    if not columns:
        return None
    values = pyogrio.raw.read(path, layer=sublayer, encoding=encoding, columns=columns, read_geometry=False)[3]
    years = {str(value).removesuffix(".0") for value in set(values[0].tolist())} if len(values) else set()
    return _year_in(years.pop()) if len(years) == 1 else None


def _recognised(facts: _Facts, catalog: Catalog) -> Found:
    """The layer by name, else by fields; where several fit equally, none, and `why` names them."""
    fitting = {name: layer for name, layer in catalog.layers.items() if _fits(layer, facts.geometry)}
    names = list(dict.fromkeys([facts.sublayer, facts.path.stem]))
    for ids, how in (
        (_by_exact_name(names, fitting), _("by its name")),
        (_by_part_of_name(names, fitting), _("its name contains that of the layer")),
        (_by_fields(facts.fields, fitting), _("by its fields")),
    ):
        likely = ids
        if len(ids) > 1:
            likely = _by_fields(facts.fields, {name: fitting[name] for name in ids}) or ids
        if len(likely) == 1:
            return _found(facts, likely[0], how)
        if likely:
            return _found(facts, None, _("it may be any of: {layers}", layers=", ".join(likely)))
    return _found(facts, None, _("neither its name nor its fields are known"))


def _found(facts: _Facts, layer: str | None, why: str) -> Found:
    return Found(facts.path, facts.sublayer, layer, why, facts.geometry, facts.count, facts.crs, facts.year)


def _fits(layer: Layer, geometry: GeometryKind) -> bool:
    return geometry in layer.geometry


def _names_of(layer: Layer) -> list[str]:
    return list(dict.fromkeys(fields.normal(name) for name in (layer.id, layer.name, *layer.names)))


def _by_exact_name(names: Sequence[str], layers: dict[str, Layer]) -> list[str]:
    """Layers that go by the sub-layer's name; where none does, by the file's."""
    for name in names:
        found = [layer_id for layer_id, layer in layers.items() if fields.normal(name) in _names_of(layer)]
        if found:
            return found
    return []


def _by_part_of_name(names: Sequence[str], layers: dict[str, Layer]) -> list[str]:
    """Layers with the longest name inside the sub-layer's (or the file's); Latin ones count as whole words only."""
    for name in names:
        text = fields.normal(name)
        words = set(re.findall(r"[a-z]+", text)) | set(re.findall(r"[a-z]+(?:_[a-z]+)+", text))
        lengths: dict[str, int] = {}
        for layer_id, layer in layers.items():
            inside = [own for own in _names_of(layer) if (own in words if own.isascii() else own in text)]
            if inside:
                lengths[layer_id] = max(len(own.encode()) for own in inside)
        if lengths:
            return [layer_id for layer_id, length in lengths.items() if length == max(lengths.values())]
    return []


def _by_fields(names: Sequence[str], layers: dict[str, Layer]) -> list[str]:
    """Layers whose required fields are all there, with the most telling fields, two at least."""
    scores: Counter[str] = Counter()
    for layer_id, layer in layers.items():
        held = {key for key, one in layer.fields.items() if fields.find(fields.known_names(key, one), names, cut=True)}
        if all(key in held for key, one in layer.fields.items() if one.required) and len(held) > 1:
            scores[layer_id] = len(held - _COMMON_FIELDS)
    best = max(scores.values(), default=0)
    return [layer_id for layer_id, score in scores.items() if score == best] if best > 0 else []

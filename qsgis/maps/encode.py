"""A drawn layer as the small data that a page carries: outlines in longitude and latitude, values, classes."""

from __future__ import annotations

import base64
import gzip
import json
import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from qsgis.maps import columns
from qsgis.maps.backdrop import burn
from qsgis.maps.content import Drawn
from qsgis.messages import _

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOLERANCES = (3.0, 8.0, 20.0, 50.0)  # metres; the first that keeps a layer within the limit
FEATURES = 20_000  # a layer; Leaflet keeps an object a feature
VERTICES = 250_000  # a layer; about a megabyte of page
DEGREE = 1_000_000  # coordinates are whole millionths of a degree: 0.1 m


def simplified(geometry: gpd.GeoSeries) -> tuple[gpd.GeoSeries, float]:
    """`geometry` (metres) with fewer vertices, and the tolerance in metres that it took.

    Polygons that share borders keep them shared (Visvalingam's method over the whole coverage); others are
    simplified one by one, and none disappears.
    """
    geometry = gpd.GeoSeries(shapely.force_2d(geometry.array), crs=geometry.crs)
    if not geometry.geom_type.isin(["Polygon", "MultiPolygon", "LineString", "MultiLineString"]).all():
        return geometry, 0.0
    shared = bool(geometry.geom_type.str.endswith("Polygon").all()) and shapely.coverage_is_valid(geometry.array)
    thin = geometry
    for tolerance in TOLERANCES:
        if shared:
            found = shapely.coverage_simplify(geometry.array, tolerance)
        else:
            found = shapely.simplify(geometry.array, tolerance, preserve_topology=True)
        thin = gpd.GeoSeries(found, crs=geometry.crs)
        if shapely.get_num_coordinates(found).sum() <= VERTICES:
            break
    return thin, tolerance


def layer(drawn: Drawn) -> dict[str, Any]:
    """`drawn` for the page: shapes, the class of each feature, its columns and values.

    More polygons than a browser holds with ease come as a picture (`image`), without shapes and values.
    """
    if drawn.look.geometry == "polygon" and len(drawn.frame) > FEATURES:
        return _picture(drawn)
    thin, tolerance = simplified(drawn.frame.geometry)
    names = [name for name in drawn.frame.columns if name not in (drawn.frame.geometry.name, *columns.INNER)]
    return _look(drawn, thin, tolerance) | {
        "shapes": _shapes(thin.to_crs(4326)),
        "member": drawn.look.member.tolist(),
        "columns": [drawn.aliases.get(name, name) for name in names],
        "rows": [list(row) for row in zip(*(_values(drawn.frame[name]) for name in names), strict=True)],
    }


def _picture(drawn: Drawn) -> dict[str, Any]:
    tints = tuple(entry.fill or entry.stroke for entry in drawn.look.classes)
    picture = burn(drawn.frame.geometry, (drawn.look.member % 255 + 1).astype(np.uint8), tints[:255])
    image, bounds = picture.overlay
    facts = {"shapes": [], "member": [], "columns": [], "rows": [], "image": image, "bounds": bounds}
    return _look(drawn, drawn.frame.geometry, 0.0) | facts | {"names": []}


def context(drawn: Drawn) -> dict[str, Any]:
    """`drawn` for the page without anything to click at: all shapes of a class in one."""
    thin, tolerance = simplified(drawn.frame.geometry)
    shapes = _shapes(thin.to_crs(4326))
    joined: list[list[Any]] = [[] for _class in drawn.look.classes]
    if drawn.look.geometry == "point":  # each run of steps begins anew
        return _look(drawn, thin, tolerance) | {"shapes": shapes, "member": drawn.look.member.tolist(), "columns": []}
    for shape, number in zip(shapes, drawn.look.member, strict=True):
        joined[number] += shape
    return _look(drawn, thin, tolerance) | {"shapes": joined, "member": list(range(len(joined))), "columns": []}


def _look(drawn: Drawn, thin: gpd.GeoSeries, tolerance: float) -> dict[str, Any]:
    style = drawn.look.style
    named = style.label_field in drawn.frame.columns and drawn.look.geometry != "line"
    return {
        "geometry": drawn.look.geometry,
        "tolerance": tolerance,
        "classes": [{"fill": entry.fill, "stroke": entry.stroke} for entry in drawn.look.classes],
        "opacity": style.fill_opacity,
        "width": style.stroke_width,
        "dash": style.dash,
        "radius": style.radius,
        "names": _names(drawn.frame[style.label_field], thin) if named else [],
    }


def packed(data: object) -> str:
    """`data` as JSON, compressed, as text that may stand in any page."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), compresslevel=6, mtime=0)).decode("ascii")


def outlines(geometry: gpd.GeoSeries) -> list[Any]:
    """Shapes only, as `layer` has them."""
    return _shapes(simplified(geometry)[0].to_crs(4326))


def _shapes(geometry: gpd.GeoSeries) -> list[list[Any]]:
    """Parts of rings of steps [x, y, dx, dy, …]: a polygon is parts of rings, a line parts, points one run."""
    shapes = np.asarray(geometry.array, dtype=object)
    found: list[list[Any]] = [[] for _shape in shapes]
    kind = shapely.get_dimensions(shapes)
    points, lines, grounds = (np.flatnonzero(kind == dimension) for dimension in range(3))
    for row, run in zip(points, _runs(shapes[points]), strict=True):
        found[row] = run
    parts, owner = shapely.get_parts(shapes[lines], return_index=True)
    for row, run in zip(lines[owner], _runs(parts), strict=True):
        found[row].append(run)
    parts, owner = shapely.get_parts(shapes[grounds], return_index=True)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    inside: list[list[Any]] = [[] for _part in parts]
    for part, run in zip(part_of, _runs(rings), strict=True):
        inside[part].append(run[:-2])  # a ring's last point is its first
    for row, part in zip(grounds[owner], inside, strict=True):
        found[row].append(part)
    return found


def _runs(lines: np.ndarray) -> list[list[int]]:
    """The vertices of each as its first place and the steps from there."""
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    whole = np.round(xy * DEGREE).astype(np.int64)
    begins = np.diff(owner, prepend=-1) > 0
    steps = np.where(begins[:, None], whole, np.diff(whole, axis=0, prepend=0)).ravel().tolist()
    ends = np.cumsum(2 * np.bincount(owner, minlength=len(lines))).tolist()
    return [steps[start:end] for start, end in pairwise([0, *ends])]


def _values(column: pd.Series[Any]) -> list[str | float | int | None]:
    """A column for popups; codes that measures write are said in words."""
    if column.dtype == np.float64:
        return [None if math.isnan(value) else round(value, 4) for value in column.tolist()]
    values = [_value(value) for value in column.tolist()]
    words = columns.words(str(column.name))
    return [words.get(value, value) for value in values] if words else values


def _value(value: Any) -> str | float | int | None:
    """A value for a popup: text stays text, numbers lose digits that nobody reads."""
    if isinstance(value, str):
        return value
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | np.bool_):
        return _("yes") if value else _("no")
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return None if np.isnan(value) else round(float(value), 4)
    return str(value)


def _names(texts: pd.Series[Any], geometry: gpd.GeoSeries) -> list[tuple[str, list[float]]]:
    """The features' names, each with its place [latitude, longitude]: for a polygon the middle of its widest part."""
    places = geometry
    if geometry.geom_type.str.endswith("Polygon").all():
        size = float(max(np.ptp(geometry.total_bounds[[0, 2]]), np.ptp(geometry.total_bounds[[1, 3]]), 1.0))
        circles = shapely.maximum_inscribed_circle(geometry.array, tolerance=size / 2000)
        places = gpd.GeoSeries(shapely.get_point(circles, 0), crs=geometry.crs)
    lonlat = shapely.get_coordinates(shapely.centroid(places.to_crs(4326).array)).round(6)
    shown = [(_value(text), float(y), float(x)) for text, (x, y) in zip(texts, lonlat, strict=True)]
    return [(str(text), [y, x]) for text, y, x in shown if text not in (None, "")]


def amount(drawn: Drawn, rows: NDArray[np.bool_]) -> str:
    """How much there is of some `rows` of a layer: their area or length where it is known, else their number."""
    kind, frame = drawn.look.geometry, drawn.frame
    if "area_m2" in frame.columns and kind == "polygon":
        return _area(float(pd.to_numeric(frame["area_m2"][rows]).sum()))
    if "length_m" in frame.columns and kind == "line":
        return _("{length:,.1f} km", length=float(pd.to_numeric(frame["length_m"][rows]).sum()) / 1000)
    count = int(rows.sum())
    return _("{count:,} lines", count=count) if kind == "line" else _("{count:,} features", count=count)


def _area(square_metres: float) -> str:
    if square_metres >= 1e7:
        return _("{area:,.1f} km²", area=square_metres / 1e6)
    return _("{area:,.2f} ha", area=square_metres / 1e4)

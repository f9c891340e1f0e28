"""Coordinates → the analysis CRS: which system a layer is in, what was inferred or corrected, and the way over."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyproj
import shapely
from pyproj.exceptions import CRSError, ProjError
from pyproj.transformer import TransformerGroup

from qsgis.errors import BadDefinition, CrsContradicted, CrsRefused, CrsUnknown
from qsgis.layers import gcj
from qsgis.layers.raw import Raw, Request
from qsgis.messages import _

Array = np.ndarray[Any, Any]
CGCS2000 = pyproj.CRS.from_epsg(4490)
_SHIFTED = {"GCJ-02": gcj.gcj_to_wgs, "GCJ02": gcj.gcj_to_wgs, "BD-09": gcj.bd_to_wgs, "BD09": gcj.bd_to_wgs}
_CHINA = (73.0, 3.0, 136.0, 54.0)  # degrees: west, south, east, north
_CHINA_NORTHING = (300_000.0, 6_000_000.0)
_ZONE = 1_000_000.0  # an easting with its zone in front is zone × this + the easting
_THREE_DEGREE = range(25, 46)
_SIX_DEGREE = range(13, 24)
_SAFE_SHARE = 0.99  # of the features must fit, that an inference or correction is made
_CHUNK = 50_000  # features transformed at once


def place(raw: Raw, request: Request, target: pyproj.CRS) -> tuple[Array, str]:
    """The geometry of `raw` in `target`, and the name of the system it was in.

    A system given in project.toml goes before the file's own; without either it is inferred from the coordinates where
    that is safe, and said. Raises CrsUnknown, CrsContradicted, CrsRefused (an older datum without `datum_shift`), and
    BadDefinition for a `crs` that is none. Rows without geometry stay None.
    """
    geometry = raw.geometry
    assert geometry is not None  # a plain table is not placed
    if shapely.is_missing(geometry).all():
        return geometry, ""  # nothing to place
    said = request.source.crs
    shifted = _SHIFTED.get((said or "").upper())
    if shifted is not None:
        geometry = shapely.transform(geometry, shifted, interleaved=False)
        request.findings.note(_("points taken back from {crs} to CGCS2000", crs=said))
        return _move(geometry, CGCS2000, target, request), str(said)
    centres = _centres(geometry)
    crs = _stated(raw, request) or _inferred(centres, target, request)
    geometry = _zoned(geometry, centres, crs, request)
    return _move(geometry, crs, target, request), name_of(crs)


def system_of(raw: Raw, request: Request, target: pyproj.CRS) -> tuple[pyproj.CRS, Array]:
    """The system of what is placed as a whole (a raster's outline), and the outline with its eastings put right.

    Raises as `place` does; a raster is not taken back from a web map's shifted coordinates (BadDefinition).
    """
    geometry, said = raw.geometry, request.source.crs
    assert geometry is not None
    if (said or "").upper() in _SHIFTED:
        key = f"layers.{request.definition.id}.crs"
        raise BadDefinition("project.toml", key, _("a raster in shifted coordinates cannot be taken back"), "EPSG:…")
    centres = _centres(geometry)
    crs = _stated(raw, request) or _inferred(centres, target, request)
    geometry = _zoned(geometry, centres, crs, request)
    _check_datum(geometry, crs, request)
    return crs, geometry


def name_of(crs: pyproj.CRS) -> str:
    """A system's name for reading: its authority's code where it has one."""
    authority = crs.to_authority(min_confidence=70)
    return f"{':'.join(authority)} {crs.name}" if authority else crs.name


def crs_named(said: str, path: object, key: str) -> pyproj.CRS:
    """The system that project.toml names for a layer (CGCS2000 for a web map's shifted one); BadDefinition for none."""
    if said.upper() in _SHIFTED:
        return CGCS2000
    try:
        return pyproj.CRS.from_user_input(said)
    except CRSError as error:
        raise BadDefinition(path, key, str(error), "EPSG:…, GCJ-02, BD-09") from error


def _stated(raw: Raw, request: Request) -> pyproj.CRS | None:
    said = request.source.crs
    if said:
        crs = _horizontal(crs_named(said, "project.toml", f"layers.{request.definition.id}.crs"))
        if raw.crs is not None and name_of(_horizontal(raw.crs)) != name_of(crs):
            request.findings.note(
                _(
                    "the project says {said}, the file says {own}; the project's is taken",
                    said=name_of(crs),
                    own=name_of(raw.crs),
                )
            )
        return crs
    own = None if raw.crs is None else _horizontal(raw.crs)
    return own if own is not None and own.geodetic_crs is not None else None


def _horizontal(crs: pyproj.CRS) -> pyproj.CRS:
    return crs.sub_crs_list[0] if crs.is_compound else crs


def _centres(geometry: Array) -> Array:
    """The middle of each feature's bounds (n × 2), NaN where there is none."""
    bounds = shapely.bounds(geometry)
    return np.asarray((bounds[:, :2] + bounds[:, 2:]) / 2.0)


def _inferred(centres: Array, target: pyproj.CRS, request: Request) -> pyproj.CRS:
    """The system that coordinates without one must be in; CrsUnknown where more than one could be meant, or none."""
    known = centres[np.isfinite(centres).all(axis=1)]
    if not len(known):
        return target  # there is nothing to place
    crs = _geographic(known) or _with_zone(known) or _of_project(known, target)
    if crs is None:
        low, high = known.min(axis=0), known.max(axis=0)
        span = _(
            "x {west:.6g} … {east:.6g}, y {south:.6g} … {north:.6g}",
            west=low[0],
            east=high[0],
            south=low[1],
            north=high[1],
        )
        raise CrsUnknown(request.definition.id, request.path, span)
    request.findings.note(
        _("the file names no coordinate system; from its coordinates {crs} was inferred", crs=name_of(crs))
    )
    return crs


def _nearly_all(fits: Array) -> bool:
    return bool(np.mean(fits) >= _SAFE_SHARE)


def _within(points: Array, west: float, south: float, east: float, north: float) -> Array:
    x, y = points[:, 0], points[:, 1]
    return np.asarray((x >= west) & (x <= east) & (y >= south) & (y <= north))


def _geographic(centres: Array) -> pyproj.CRS | None:
    return CGCS2000 if _nearly_all(_within(centres, *_CHINA)) else None


def _with_zone(centres: Array) -> pyproj.CRS | None:
    """CGCS2000 3-degree with the zone in front (EPSG 4513 for zone 25, and so on)."""
    zone = int(np.median(centres[:, 0]) // _ZONE)
    if zone not in _THREE_DEGREE or not _nearly_all(
        _within(centres, zone * _ZONE, _CHINA_NORTHING[0], (zone + 1) * _ZONE, _CHINA_NORTHING[1])
    ):
        return None
    return pyproj.CRS.from_epsg(4513 + zone - _THREE_DEGREE[0])


def _of_project(centres: Array, target: pyproj.CRS) -> pyproj.CRS | None:
    """The project's own system, where eastings have six digits and the layer falls into the area it is made for."""
    area = target.area_of_use
    if not target.is_projected or area is None or not _nearly_all(_within(centres, 0.0, -1e7, _ZONE, 1e7)):
        return None
    plain = _without_zone(target)
    back = pyproj.Transformer.from_crs(plain, plain.geodetic_crs, always_xy=True)
    places = np.column_stack(back.transform(centres[:, 0], centres[:, 1]))
    near = _within(places, area.west - 0.5, area.south - 0.5, area.east + 0.5, area.north + 0.5)
    return plain if _nearly_all(near) else None


def _projection(crs: pyproj.CRS) -> dict[str, float]:
    """The parameters of a Gauss-Kruger projection by name; nothing for another one."""
    operation = crs.coordinate_operation if crs.is_projected else None
    if operation is None or operation.method_name not in {"Transverse Mercator", "Gauss-Kruger"}:
        return {}
    return {parameter.name: float(parameter.value) for parameter in operation.params}


def _without_zone(crs: pyproj.CRS) -> pyproj.CRS:
    """The CGCS2000 system without the zone in front that goes with one that has it; any other as it is."""
    epsg = crs.to_epsg(min_confidence=70)
    return pyproj.CRS.from_epsg(epsg + 21) if epsg is not None and epsg in range(4513, 4534) else crs


def _zoned(geometry: Array, centres: Array, crs: pyproj.CRS, request: Request) -> Array:
    """Eastings with the zone in front where the system has none, or the reverse, put right and said."""
    projection = _projection(crs)
    if not projection:
        return geometry
    own = int(projection["False easting"] // _ZONE)
    east = centres[:, 0]
    finite = np.isfinite(east)
    found = np.where(finite, np.floor(np.where(finite, east, 0.0) / _ZONE), own).astype(int)
    off = (found != own) & ((found == 0) | np.isin(found, [*_THREE_DEGREE, *_SIX_DEGREE]))
    if not off.any():
        return geometry
    meridian = projection["Longitude of natural origin"]
    right = off & ((found == 0) if own else np.isin(found, _zones_of(meridian)))
    if np.sum(off & ~right) > (1.0 - _SAFE_SHARE) * finite.sum():
        zones = ", ".join(str(zone) for zone in np.unique(found[off & ~right]))
        raise CrsContradicted(request.definition.id, request.path, name_of(crs), zones)
    moved = geometry.copy()
    for zone in np.unique(found[right]):
        rows = np.flatnonzero(right & (found == zone))
        by = (own - int(zone)) * _ZONE
        moved[rows] = shapely.transform(geometry[rows], lambda x, y, by=by: (x + by, y), interleaved=False)
    request.findings.note(
        _(
            "the eastings of {count} features and {crs} differ by the zone number in front; they were put right",
            count=int(right.sum()),
            crs=name_of(crs),
        )
    )
    return moved


def _zones_of(meridian: float) -> list[int]:
    """The zone numbers, 3-degree and 6-degree, whose central meridian this is."""
    zones = (meridian / 3.0, (meridian + 3.0) / 6.0)
    return [int(zone) for zone in zones if float(zone).is_integer()]


def _move(geometry: Array, crs: pyproj.CRS, target: pyproj.CRS, request: Request) -> Array:
    _check_datum(geometry, crs, request)
    if name_of(crs) == name_of(target):
        return geometry
    transformer = _transformer(geometry, crs, target)
    moved = np.empty(len(geometry), dtype=object)
    for start in range(0, len(geometry), _CHUNK):
        part = geometry[start : start + _CHUNK]
        moved[start : start + _CHUNK] = shapely.transform(part, transformer.transform, interleaved=False)
    return moved


def _transformer(geometry: Array, crs: pyproj.CRS, target: pyproj.CRS) -> pyproj.Transformer:
    """The best way from `crs` to `target` where the layer lies."""
    group = TransformerGroup(crs, target, always_xy=True, area_of_interest=_extent(geometry, crs))
    return group.transformers[0]


def _extent(geometry: Array, crs: pyproj.CRS) -> Any:
    """Where the layer lies, in degrees; None where that cannot be said."""
    bounds = shapely.total_bounds(geometry)
    if crs.geodetic_crs is None or not np.isfinite(bounds).all():
        return None
    try:
        degrees = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True).transform_bounds(*bounds)
    except ProjError:
        return None
    if not (
        np.isfinite(degrees).all() and -180 <= degrees[0] <= degrees[2] <= 180 and -90 <= degrees[1] <= degrees[3] <= 90
    ):
        return None
    return pyproj.aoi.AreaOfInterest(*degrees)


def _check_datum(geometry: Array, crs: pyproj.CRS, request: Request) -> None:
    """Refuse a datum on another ellipsoid than CGCS2000's (WGS 84's is 0.1 mm off), unless its shift is accepted."""
    ellipsoid = crs.ellipsoid
    if (
        ellipsoid is not None
        and abs(ellipsoid.semi_major_metre - 6_378_137.0) < 0.5
        and abs(ellipsoid.inverse_flattening - 298.2572) < 1e-3
    ):
        return
    accuracy = _accuracy(geometry, crs)
    if not request.source.datum_shift:
        raise CrsRefused(request.definition.id, request.path, name_of(crs), accuracy)
    request.findings.note(
        _(
            "moved from {crs} to CGCS2000 by the general shift; it may be off by {accuracy}",
            crs=name_of(crs),
            accuracy=accuracy,
        )
    )


def _accuracy(geometry: Array, crs: pyproj.CRS) -> str:
    group = TransformerGroup(crs, CGCS2000, always_xy=True, area_of_interest=_extent(geometry, crs))
    metres = group.transformers[0].accuracy if group.transformers else -1.0
    return _("{metres:g} m", metres=metres) if metres >= 0 else _("an amount that nobody states, often 50 to 150 m")

"""Geometry as it comes → geometry that can be computed with; whatever is mended, left out or doubled is listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import shapely

from qsgis.errors import GeometryWrong
from qsgis.geometry.windows import each
from qsgis.layers.check import Findings, why_invalid
from qsgis.messages import _

Array = np.ndarray[Any, Any]
_CHUNK = 50_000  # features whose coordinates are looked at together
_KINDS: dict[str, list[int]] = {
    "point": [shapely.GeometryType.POINT, shapely.GeometryType.MULTIPOINT],
    "line": [shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING, shapely.GeometryType.MULTILINESTRING],
    "polygon": [shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON],
}


def clean(geometry: Array, features: Array, unreadable: Mapping[int, str], findings: Findings) -> tuple[Array, Array]:
    """`geometry` (in a plane CRS, metres) with plain 2-D features of the layer's kinds, and which rows can be used.

    Broken rings are mended by shapely.make_valid (structure: what a ring encloses stays), parts of another kind are
    taken out, what is missing, empty or not a number is left out; each a flaw. GeometryWrong where no feature is of the
    right kind; ValueWrong where the layer's rule on invalid geometry says stop.
    """
    kinds = [kind for kind in findings.definition.geometry if kind in _KINDS]
    if np.any(shapely.has_z(geometry) | shapely.has_m(geometry)):
        geometry = shapely.force_2d(geometry)
    keep = _present(geometry, features, unreadable, findings)
    geometry = _of_kind(geometry, keep, kinds, features, findings)
    _list_points(geometry, keep, features, findings)
    if findings.on("invalid"):
        geometry = _mended(geometry, keep, kinds, features, findings)
    return geometry, keep


def _leave_out(rows: Array, keep: Array, features: Array, detail: str | Mapping[int, str], findings: Findings) -> None:
    for row in rows:
        keep[row] = False
        findings.flaw(str(features[row]), _("left out"), detail if isinstance(detail, str) else detail[int(row)])


def _present(geometry: Array, features: Array, unreadable: Mapping[int, str], findings: Findings) -> Array:
    """Which rows have a geometry with numbers in it."""
    keep = np.ones(len(geometry), dtype=bool)
    _leave_out(np.array(sorted(unreadable), dtype=int), keep, features, unreadable, findings)
    missing = shapely.is_missing(geometry)
    _leave_out(np.flatnonzero(keep & missing), keep, features, _("no geometry"), findings)
    _leave_out(np.flatnonzero(keep & shapely.is_empty(geometry)), keep, features, _("empty geometry"), findings)
    _leave_out(_not_numbers(geometry, keep), keep, features, _("coordinates that are no numbers"), findings)
    left_out = int((~keep).sum())
    if left_out:
        findings.note(
            _(
                "{count} features without a usable geometry were left out",
                count=left_out,
            )
        )
    return keep


def _not_numbers(geometry: Array, keep: Array) -> Array:
    """Rows with a coordinate that is NaN or infinite. Bounds do not show them, so the coordinates are gone through."""
    found = [np.empty(0, dtype=int)]
    for rows in np.array_split(np.flatnonzero(keep), len(geometry) // _CHUNK + 1):
        if np.isfinite(shapely.get_coordinates(geometry[rows])).all():
            continue
        coordinates, owner = shapely.get_coordinates(geometry[rows], return_index=True)
        found.append(rows[np.unique(owner[~np.isfinite(coordinates).all(axis=1)])])
    return np.concatenate(found)


def _list_points(geometry: Array, keep: Array, features: Array, findings: Findings) -> None:
    """Lines whose points are all one: they stay, with the length that they have, and are listed."""
    lines = keep & np.isin(shapely.get_type_id(geometry), _KINDS["line"])
    rows = np.flatnonzero(lines)
    rows = rows[shapely.length(geometry[rows]) == 0]
    for row in rows:
        findings.flaw(str(features[row]), _("no length"), _("all points of the line are in one place"))
    if len(rows):
        findings.note(_("{count} lines have no length", count=len(rows)))


def _of_kind(geometry: Array, keep: Array, kinds: Sequence[str], features: Array, findings: Findings) -> Array:
    allowed = [number for kind in kinds for number in _KINDS[kind]]
    wrong = np.flatnonzero(keep & ~np.isin(shapely.get_type_id(geometry), allowed))
    if not len(wrong):
        return geometry
    geometry = geometry.copy()
    found = sorted(set(pd.Series(geometry[wrong]).map(lambda one: one.geom_type)))
    for row in wrong:
        parts = parts_of(geometry[row], allowed)
        if parts is None:
            detail = _(
                "a {found}, where {wanted} is due",
                found=geometry[row].geom_type,
                wanted="/".join(_(kind) for kind in kinds),
            )
            _leave_out(np.array([row]), keep, features, detail, findings)
        else:
            detail = _("of a {found} the parts of the right kind were kept", found=geometry[row].geom_type)
            findings.flaw(str(features[row]), _("mixed geometry"), detail)
            geometry[row] = parts
    names = ", ".join(found)
    note = _(
        "{count} features are of another kind ({found})",
        count=len(wrong),
        found=names,
    )
    if keep.any():
        findings.note(note)
    else:
        wanted = "/".join(_(kind) for kind in findings.definition.geometry)
        refusal = GeometryWrong(findings.definition.id, findings.path, wanted, names)
        findings.broken("geometry", refusal, note)
    return geometry


def parts_of(geometry: Any, allowed: list[int]) -> Any | None:
    """The parts of a collection that are of the `allowed` types, as one geometry; None where it has none."""
    parts = shapely.get_parts(geometry)
    while np.any(nested := shapely.get_type_id(parts) == shapely.GeometryType.GEOMETRYCOLLECTION):
        parts = np.concatenate([parts[~nested], shapely.get_parts(parts[nested])])
    parts = parts[np.isin(shapely.get_type_id(parts), allowed) & ~shapely.is_empty(parts)]
    if not len(parts):
        return None
    dimension = shapely.get_dimensions(parts)
    highest = shapely.get_parts(parts[dimension == dimension.max()])
    makers = {0: shapely.multipoints, 1: shapely.multilinestrings, 2: shapely.multipolygons}
    return highest[0] if len(highest) == 1 else makers[int(dimension.max())](highest)


def _mended(geometry: Array, keep: Array, kinds: Sequence[str], features: Array, findings: Findings) -> Array:
    polygons = keep & np.isin(shapely.get_type_id(geometry), _KINDS["polygon"])
    broken = np.flatnonzero(polygons & ~each(shapely.is_valid, geometry))
    if "polygon" not in kinds or not len(broken):
        return geometry
    names = [str(feature) for feature in features[broken]]
    reason = _("{count} polygons are not valid", count=len(broken))
    do = _('mend them in QGIS (Fix geometries), or set `invalid = "warn"` in the layer\'s [checks]')
    findings.broken_values("invalid", _("geometry"), names, _("{reason}; they were mended", reason=reason), do)
    geometry = geometry.copy()
    for row in broken:
        before = geometry[row]
        why = why_invalid(before)
        after = parts_of(shapely.make_valid(before, method="structure", keep_collapsed=False), _KINDS["polygon"])
        if after is None:
            _leave_out(np.array([row]), keep, features, _("{why}; it encloses no area", why=why), findings)
            continue
        change = after.area - before.area
        detail = _("{why}; area {change:+.2f} m²", why=why, change=change)
        findings.flaw(str(features[row]), _("repaired"), detail)
        geometry[row] = after
    return geometry


def doubled(geometry: Array, features: Array, names: Array | None, findings: Findings) -> Array:
    """Which rows of usable `geometry` stay: the second of two points of one place and one name does not.

    Equal polygons and lines, and nameless points of one place, are listed and stay: overlays count ground once, and
    without a name two facilities in one building cannot be told from one entered twice.
    """
    keep = np.ones(len(geometry), dtype=bool)
    if not findings.on("duplicates"):
        return keep
    dropped, listed = [], []
    for row, first in _repeats(geometry, names):
        other, feature = str(features[first]), str(features[row])
        if geometry[row].geom_type == "Point" and names is not None and names[row] is not None:
            keep[row] = False
            dropped.append(feature)
            findings.flaw(feature, _("duplicate"), _("same place and name as {other}; left out", other=other))
        else:
            listed.append(feature)
            findings.flaw(feature, _("duplicate"), _("same geometry as {other}; kept", other=other))
    do = _('take the second ones out of the file, or set `duplicates = "warn"` in the layer\'s [checks]')
    if dropped:
        findings.broken_values("duplicates", _("geometry"), dropped, _("entered twice; left out"), do)
    if listed:
        findings.broken_values("duplicates", _("geometry"), listed, _("same geometry as another; kept"), do)
    return keep


def _repeats(geometry: Array, names: Array | None) -> list[tuple[int, int]]:
    """(row, first row that is the same): geometry, for points place (to 1 cm) and name.

    Rows of equal bounds are found first: bounds are quick to compare, and few rows share them.
    """
    bounds = pd.DataFrame(np.round(shapely.bounds(geometry), 2))
    candidates = np.flatnonzero(bounds.duplicated(keep=False).to_numpy())
    shapes = geometry[candidates]
    keys: list[Any] = list(shapely.to_wkb(shapely.normalize(shapes)))
    for place in np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.POINT):
        row = candidates[place]
        keys[place] = (*bounds.to_numpy()[row, :2], None if names is None else names[row])
    first: dict[Any, int] = {}
    pairs = []
    for row, key in zip(candidates.tolist(), keys, strict=True):
        if first.setdefault(key, row) != row:
            pairs.append((row, first[key]))
    return pairs

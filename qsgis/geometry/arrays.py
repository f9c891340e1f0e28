"""What geometry arrays have in common: which can be used, how exact their coordinates are, their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from qsgis.geometry.windows import each
from qsgis.messages import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Geometries = NDArray[np.object_]
    Indices = NDArray[np.int64]
    Numbers = NDArray[np.float64]
    Mask = NDArray[np.bool_]

_POLYGON, _MULTIPOLYGON = 3, 6


def plane(geometry: ArrayLike) -> Geometries:
    """The geometries as an object array without Z and M: overlay is work in the plane."""
    array = np.asarray(geometry, dtype=object)
    flat: Geometries = shapely.force_2d(array) if (shapely.get_coordinate_dimension(array) > 2).any() else array
    return flat


def usable(polygons: Geometries, *, checked: bool = False) -> Mask:
    """Which are valid polygons with ground: not None, empty, of another kind, self-crossing or with NaN in them.

    checked: the caller has tested validity already (it takes as long as a small overlay) and vouches for it.
    """
    kind = shapely.get_type_id(polygons)
    found: Mask = ((kind == _POLYGON) | (kind == _MULTIPOLYGON)) & ~shapely.is_empty(polygons)
    if not checked:
        found[found] = each(shapely.is_valid, polygons[found])
    return found


def require(polygons: Geometries, *, checked: bool = False) -> Indices:
    """Positions of the polygons with ground; None and empty have none.

    Raises ValueError naming the positions of those that are invalid or no polygons: what ground they take is unknown.
    """
    absent = shapely.is_missing(polygons) | shapely.is_empty(polygons)
    good = usable(polygons, checked=checked)
    wrong = np.flatnonzero(~good & ~absent)
    if len(wrong):
        rows = listing(wrong)
        raise ValueError(
            _("{count} geometries are not valid polygons (rows {rows}); repair them first", count=len(wrong), rows=rows)
        )
    return np.flatnonzero(good)


def require_lines(lines: Geometries) -> Indices:
    """Positions of the lines with a run; ValueError where a geometry is no line or has NaN in it."""
    absent = shapely.is_missing(lines) | shapely.is_empty(lines)
    good = np.isin(shapely.get_type_id(lines), [1, 2, 5]) & shapely.is_valid(lines)
    wrong = np.flatnonzero(~good & ~absent & ~(shapely.length(lines) == 0.0))
    if len(wrong):
        raise ValueError(
            _("{count} geometries are not usable lines (rows {rows})", count=len(wrong), rows=listing(wrong))
        )
    return np.flatnonzero(good & ~absent)


def listing(rows: Indices, limit: int = 10) -> str:
    """Row numbers for a message; a long list is cut, and shows it."""
    return ", ".join(map(str, rows[:limit])) + (" …" if len(rows) > limit else "")


def rounding(*arrays: Geometries) -> float:
    """The step between neighbouring floats at the largest coordinate: what a computed vertex can be off by."""
    bounds = [shapely.bounds(array).ravel() for array in arrays if len(array)]
    values = np.abs(np.concatenate(bounds)) if bounds else np.empty(0)
    values = values[np.isfinite(values)]
    return float(np.spacing(values.max())) if len(values) else 0.0


def sound_parts(geometry: Geometries, step: float) -> tuple[Geometries, Indices]:
    """Polygonal parts of computed geometries, and the row each comes from.

    Lines, points and hairlines that rounding makes where two borders run together (area within `step` × perimeter)
    are touches and no ground. A vertex that was rounded across a neighbouring edge is put right by make_valid.
    """
    parts, row = shapely.get_parts(geometry, return_index=True)
    ground = shapely.get_type_id(parts) == _POLYGON
    parts, row = parts[ground], row[ground]
    crossed = ~shapely.is_valid(parts)
    if crossed.any():
        mended = shapely.make_valid(parts[crossed], method="structure", keep_collapsed=False)
        pieces, source = shapely.get_parts(mended, return_index=True)
        parts, row = np.concatenate([parts[~crossed], pieces]), np.concatenate([row[~crossed], row[crossed][source]])
        order = np.argsort(row, kind="stable")
        parts, row = parts[order], row[order]
    keep = shapely.area(parts) > step * shapely.length(parts)
    return parts[keep], row[keep]


def gather(parts: Geometries, row: Indices) -> tuple[Geometries, Indices]:
    """Parts (sorted by row) put together a row: a Polygon where it has one part, else a MultiPolygon; and the rows."""
    rows, start, count = np.unique(row, return_index=True, return_counts=True)
    geometry = parts[start]
    several = count > 1
    if several.any():
        inner = several[np.repeat(np.arange(len(rows)), count)]
        number = np.repeat(np.arange(int(several.sum())), count[several])
        geometry[several] = shapely.multipolygons(parts[inner], indices=number)
    return geometry, rows


def grid(step: float) -> float:
    """The cell of the grid that fall-backs compute on: half a micrometre at Gauss-Kruger coordinates."""
    return 1024 * step


def computed(
    operation: Callable[..., Geometries], one: Geometries, other: Geometries, step: float
) -> tuple[Geometries, int]:
    """`operation` on each couple, and how many needed the fall-back.

    GEOS raises on a couple it cannot node in floating point; that couple alone is computed again on a grid a
    thousand rounding steps wide (half a micrometre at Gauss-Kruger coordinates), where noding cannot fail.
    """
    try:
        return operation(one, other), 0
    except shapely.errors.GEOSException:
        pass
    found = np.empty(len(one), dtype=object)
    fallbacks = 0
    for row, couple in enumerate(zip(one, other, strict=True)):
        try:
            found[row] = operation(*couple)
        except shapely.errors.GEOSException:
            found[row] = operation(*couple, grid_size=grid(step))
            fallbacks += 1
    return found, fallbacks

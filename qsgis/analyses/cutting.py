"""What of points, lines and polygons lies inside polygons, and what outside: each kind in its way.

Layers are repaired when they are read and pieces are cut soundly, so validity is not tested again here (`checked`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from qsgis.geometry import lines, overlay, zones
from qsgis.geometry.subdivide import Cover

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Indices = NDArray[np.int64]
    Geometries = NDArray[np.object_]
    Ground = Geometries | Cover

OUTSIDE = -1  # of a partner: in none of them
POINTS, LINES, POLYGONS = 0, 1, 2  # dimensions
UNDECIDED = -2
HAIRLINE = 1e-9  # of an area: what remains of a polygon beyond this is ground, less is rounding


class Parts(NamedTuple):
    """Parts of left features: row of left, geometry, row of right (-1 outside); couples that a grid was needed for."""

    row: Indices
    geometry: Geometries
    partner: Indices
    fallbacks: int = 0


def inside(left: Geometries, right: Ground) -> Parts:
    """What of `left` lies in `right` (polygons that do not overlap), and in which of them."""
    return _together([_INSIDE[kind](left[rows], right, rows) for kind, rows in _kinds(left)])


def outside(left: Geometries, right: Ground) -> Parts:
    """What of `left` lies in none of `right`."""
    return _together([_OUTSIDE[kind](left[rows], right, rows) for kind, rows in _kinds(left)])


def both(left: Geometries, right: Ground) -> Parts:
    """`left` cut by `right`: what lies inside, and what remains."""
    within = inside(left, right)
    flat = shapely.get_dimensions(left) == POLYGONS
    area = shapely.area(left)
    covered = np.bincount(within.row, weights=shapely.area(within.geometry), minlength=len(left))
    rest = np.flatnonzero(~flat | (area - covered > HAIRLINE * area))
    beyond = outside(left[rest], right)
    return _together([within, beyond._replace(row=rest[beyond.row])])


def holder(left: Geometries, right: Ground) -> Indices:
    """The row of `right` that each feature lies whole in; -1 in none; -2 where it would have to be cut to know."""
    found = np.full(len(left), UNDECIDED, dtype=np.int64)
    for kind, rows in _kinds(left):
        if kind == POINTS:
            found[rows] = zones.locate(left[rows], right, checked=True)
        elif kind == POLYGONS:
            shared = overlay.pairs(left[rows], right, geometry=False, checked=True)
            area = shapely.area(left[rows])
            whole = shared.area >= area[shared.left] * (1 - HAIRLINE)
            found[rows[np.setdiff1d(np.arange(len(rows)), shared.left)]] = OUTSIDE
            found[rows[shared.left[whole]]] = shared.right[whole]
    return found


def _kinds(geometry: Geometries) -> list[tuple[int, Indices]]:
    """(dimension, rows of that dimension) for those that occur: a layer may hold points and polygons."""
    dimension = shapely.get_dimensions(geometry)
    return [
        (kind, np.flatnonzero(dimension == kind)) for kind in (POINTS, LINES, POLYGONS) if (dimension == kind).any()
    ]


def _together(found: list[Parts]) -> Parts:
    if not found:
        return Parts(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=object), np.zeros(0, dtype=np.int64))
    *columns, fallbacks = zip(*found, strict=True)
    row, geometry, partner = (np.concatenate(parts) for parts in columns)
    return Parts(row, geometry, partner, sum(fallbacks))


def _points_inside(left: Geometries, right: Ground, rows: Indices) -> Parts:
    partner = zones.locate(left, right, checked=True)
    hit = partner >= 0
    return Parts(rows[hit], left[hit], partner[hit])


def _lines_inside(left: Geometries, right: Ground, rows: Indices) -> Parts:
    row, partner, geometry = lines.clip(left, right, checked=True)
    return Parts(rows[row], geometry, partner)


def _polygons_inside(left: Geometries, right: Ground, rows: Indices) -> Parts:
    found = overlay.pairs(left, right, checked=True)
    assert found.geometry is not None
    return Parts(rows[found.left], found.geometry, found.right, found.fallbacks)


def _points_outside(left: Geometries, right: Ground, rows: Indices) -> Parts:
    off = zones.locate(left, right, checked=True) < 0
    return Parts(rows[off], left[off], np.full(int(off.sum()), OUTSIDE, dtype=np.int64))


def _lines_outside(left: Geometries, right: Ground, rows: Indices) -> Parts:
    row, geometry = lines.outside(left, right, checked=True)
    return Parts(rows[row], geometry, np.full(len(row), OUTSIDE, dtype=np.int64))


def _polygons_outside(left: Geometries, right: Ground, rows: Indices) -> Parts:
    row, geometry, _area, fallbacks = overlay.outside(left, right, checked=True)
    return Parts(rows[row], geometry, np.full(len(row), OUTSIDE, dtype=np.int64), fallbacks)


_INSIDE = {POINTS: _points_inside, LINES: _lines_inside, POLYGONS: _polygons_inside}
_OUTSIDE = {POINTS: _points_outside, LINES: _lines_outside, POLYGONS: _polygons_outside}

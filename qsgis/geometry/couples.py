"""Intersection or difference of polygons couple by couple: in windows, and not trusted blindly.

GEOS raises where it cannot node two polygons in floating point, and now and then, where borders run together within
rounding, it returns a polygon whole that it should have taken away, or nothing of it. So a point of each answer is
held against what the predicates say, and a couple that fails is computed again on a grid, where noding cannot fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from qsgis.geometry.arrays import computed, gather, grid, sound_parts
from qsgis.geometry.windows import DEAR, each, each_prepared, windowed

if TYPE_CHECKING:
    from collections.abc import Callable

    from qsgis.geometry.arrays import Geometries, Indices

    Operation = Callable[..., Geometries]


class Cut(NamedTuple):
    """What is left of polygons, one row a polygon of which something is, sorted; couples computed a second time."""

    geometry: Geometries
    row: Indices
    fallbacks: int


def intersection(polygons: Geometries, covers: Geometries, step: float) -> Cut:
    """What each polygon shares with its cover. Both valid; covers may be `prepared`; step: see `rounding`."""
    return _cut(shapely.intersection, polygons, covers, step)


def difference(polygons: Geometries, covers: Geometries, step: float) -> Cut:
    """What its cover leaves of each polygon."""
    return _cut(shapely.difference, polygons, covers, step)


def _cut(operation: Operation, polygons: Geometries, covers: Geometries, step: float) -> Cut:
    def work(window: slice) -> tuple[Geometries, Indices, int]:
        found, failed = computed(operation, polygons[window], covers[window], step)
        pieces, source = gather(*sound_parts(found, step))
        return pieces, source + window.start, failed

    pieces, row, failed = zip(*windowed(work, len(polygons), size=DEAR), strict=True)
    first = Cut(np.concatenate(pieces), np.concatenate(row), sum(failed))
    doubtful = _contradicted(first, polygons, covers, inside=operation is shapely.intersection)
    return _again(operation, first, doubtful, polygons, covers, step) if len(doubtful) else first


def _contradicted(found: Cut, polygons: Geometries, covers: Geometries, *, inside: bool) -> Indices:
    """Rows whose answer a point speaks against, and those without an answer, which hold a hairline at most."""
    spot = each(shapely.point_on_surface, polygons)
    due = each_prepared(shapely.intersects, covers, spot) == inside
    there = np.zeros(len(polygons), dtype=bool)
    there[found.row] = shapely.intersects(found.geometry, spot[found.row])
    own = each(shapely.point_on_surface, found.geometry)
    stray = each_prepared(shapely.intersects, covers[found.row], own) != inside
    nothing = np.ones(len(polygons), dtype=bool)
    nothing[found.row] = False
    wrong = nothing | (due != there)
    wrong[found.row[stray]] = True
    return np.flatnonzero(wrong)


def _again(
    operation: Operation, first: Cut, doubtful: Indices, polygons: Geometries, covers: Geometries, step: float
) -> Cut:
    """The answers with those on the grid in the place of the doubtful, where the two differ by more than the grid."""
    size = grid(step)
    again = operation(polygons[doubtful], covers[doubtful], grid_size=size)
    before = np.zeros(len(polygons))
    before[first.row] = shapely.area(first.geometry)
    allowed = size * (shapely.length(polygons[doubtful]) + shapely.length(again))
    wrong = np.abs(shapely.area(again) - before[doubtful]) > allowed
    if not wrong.any():
        return first
    pieces, source = gather(*sound_parts(again[wrong], step))
    kept = ~np.isin(first.row, doubtful[wrong])
    geometry = np.concatenate([first.geometry[kept], pieces])
    row = np.concatenate([first.row[kept], doubtful[wrong][source]])
    order = np.argsort(row, kind="stable")
    return Cut(geometry[order], row[order], first.fallbacks + int(wrong.sum()))

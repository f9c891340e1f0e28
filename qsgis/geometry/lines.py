"""Lines cut by polygons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from qsgis.geometry.arrays import computed, plane, require_lines, rounding
from qsgis.geometry.doubled import merge_doubled
from qsgis.geometry.subdivide import Cover, covering, joined, meetings, number
from qsgis.geometry.windows import each_prepared, prepared

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from qsgis.geometry.arrays import Geometries, Indices

__all__ = ["clip", "merge_doubled", "outside"]


def clip(
    lines: ArrayLike, polygons: ArrayLike | Cover, *, checked: bool = False
) -> tuple[Indices, Indices, Geometries]:
    """(row of the line, row of the polygon, the line's part inside), sorted.

    Both in one plane CRS. A run that several polygons share, as on a common border, goes to the first of them; a line
    that only touches a polygon in points has no row. Z is left aside.

    Raises ValueError where a geometry is no line, invalid or no polygon (None and empty have no run and no ground).
    """
    every = plane(lines)
    rows = require_lines(every)
    areas, places, tiles = covering(polygons, checked=checked)
    runs = every[rows]
    step = rounding(runs, areas)
    row, tile, inside = meetings(runs, tiles, touches=True)
    keys, group = np.unique(row * max(len(areas), 1) + tiles.owner[tile], return_inverse=True)
    line, place = np.divmod(keys, max(len(areas), 1))
    cover = joined(tiles, group, tile, areas[place], number(tiles, len(areas))[place])
    whole = np.zeros(len(keys), dtype=bool)
    whole[group[inside]] = True
    with prepared(cover):
        whole[~whole] = each_prepared(shapely.covers, cover[~whole], runs[line[~whole]])
    part = runs[line]
    part[~whole], _fallbacks = computed(shapely.intersection, runs[line[~whole]], cover[~whole], step)
    part[~whole] = _linear(part[~whole], step)
    part = _once(line, part, step)
    keep = ~shapely.is_empty(part)
    return rows[line[keep]], places[place[keep]], part[keep]


def outside(lines: ArrayLike, polygons: ArrayLike | Cover, *, checked: bool = False) -> tuple[Indices, Geometries]:
    """(row of the line, its part outside all polygons), sorted; a border is inside. Errors as `clip`."""
    every = plane(lines)
    rows = require_lines(every)
    runs = every[rows]
    tiles = covering(polygons, checked=checked).tiles
    step = rounding(runs, tiles.geometry)
    row, tile, inside = meetings(runs, tiles, touches=True)
    gone = np.bincount(row, weights=inside, minlength=len(runs)) > 0
    hit, group = np.unique(row[~gone[row]], return_inverse=True)
    cover = joined(tiles, group, tile[~gone[row]])
    part = runs.copy()
    part[gone] = shapely.LineString()
    part[hit], _fallbacks = computed(shapely.difference, runs[hit], cover, step)
    part[hit] = _linear(part[hit], step)
    keep = ~shapely.is_empty(part)
    return rows[keep], part[keep]


def _linear(geometry: Geometries, step: float) -> Geometries:
    """The runs of computed geometries, joined where they meet; empty where there are only points or rounding."""
    parts, row = shapely.get_parts(geometry, return_index=True)
    run = (shapely.get_dimensions(parts) == 1) & (shapely.length(parts) > 4 * step)
    found = np.full(len(geometry), shapely.LineString(), dtype=object)
    if run.any():
        rows, number = np.unique(row[run], return_inverse=True)
        found[rows] = shapely.line_merge(shapely.multilinestrings(parts[run], indices=number))
    return found


def _once(line: Indices, part: Geometries, step: float) -> Geometries:
    """Parts (sorted by line, in the order of polygons) without what an earlier part of the same line has."""
    part = part.copy()
    _lines, start, count = np.unique(line, return_index=True, return_counts=True)
    taken = part[start]
    for rank in range(1, int(count.max(initial=0))):
        more = count > rank
        start, count, taken = start[more], count[more], taken[more]
        place = start + rank
        common = _linear(shapely.intersection(part[place], taken), step)
        again = ~shapely.is_empty(common)
        part[place[again]] = _linear(shapely.difference(part[place[again]], taken[again]), step)
        taken = shapely.union(taken, part[place])
    return part

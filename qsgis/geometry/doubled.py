"""Lines entered twice: a run along an earlier line counts once, a crossing or a junction loses nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from shapely.ops import substring

from qsgis.geometry.arrays import plane, require_lines
from qsgis.geometry.windows import DEAR, each
from qsgis.messages import _

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from qsgis.geometry.arrays import Geometries, Indices, Numbers

    Runs = list[tuple[float, float]]

SLOPE = 0.25  # sideways ÷ forward up to which a run goes along a line: 14°
FORWARD = 2.0  # tolerances that a run must go forward
LONG = 2 / np.sin(np.arctan(SLOPE))  # tolerances within which a straight line at that angle crosses the whole strip


def merge_doubled(lines: ArrayLike, tolerance: float) -> tuple[Geometries, float]:
    """The lines without what runs along an earlier line, and the plane length that was dropped.

    lines: in one plane CRS; tolerance: how far apart two drawings of one line may be, in the CRS's unit (0: nothing
    is dropped). A run counts as doubled where it stays within the tolerance of earlier lines (or of an earlier part
    of its own MultiLineString) and goes along them, at an angle of less than 14°, for at least twice the tolerance;
    a line no longer than that where it is near all of the earlier one. So crossings and junctions at wider angles
    lose nothing, whatever vertices the two drawings have. A line dropped whole stays in its place as an empty one.

    Raises ValueError where a geometry is no line or the tolerance is negative.
    """
    if tolerance < 0:
        raise ValueError(_("a tolerance cannot be negative: {tolerance}", tolerance=tolerance))
    every = plane(lines).copy()
    rows = require_lines(every)
    parts, source = shapely.get_parts(every[rows], return_index=True)
    if tolerance == 0 or not len(parts):
        return every, 0.0
    kept: dict[int, list[shapely.LineString]] = {}
    for near in _near_earlier(parts, tolerance):
        doubled = _doubled(near, tolerance)
        if doubled:
            kept[near.row] = _without(near.line, doubled)
    dropped = float(sum(parts[later].length - sum(piece.length for piece in pieces) for later, pieces in kept.items()))
    for row in np.unique(source[list(kept)]) if kept else ():
        mine = np.flatnonzero(source == row).tolist()
        every[rows[row]] = _collected([piece for part in mine for piece in kept.get(part, [parts[part]])])
    return every, dropped


class _Near(NamedTuple):
    """A line that is near earlier ones.

    model: those, joined; ends: where the model ends; same: whether the line is near all of one of them; runs: what of
    the line, from and to in its own length, lies within the tolerance of the model.
    """

    row: int
    line: shapely.LineString
    model: shapely.Geometry
    ends: shapely.Geometry
    same: bool
    runs: Runs


def _near_earlier(parts: Geometries, tolerance: float) -> list[_Near]:
    """The lines of which more is near earlier ones than a crossing may be."""
    one, other = _earlier_neighbours(parts, tolerance)
    rows, group = np.unique(one, return_inverse=True)
    if not len(rows):
        return []
    lines = parts[rows]
    bundles = shapely.geometrycollections(parts[other], indices=group)
    models = each(lambda some: shapely.line_merge(shapely.union_all(some[:, None], axis=1)), bundles, size=DEAR)
    strips = each(lambda some: shapely.buffer(some, tolerance), models, size=DEAR)
    same = np.bincount(group, shapely.hausdorff_distance(parts[other], parts[one]) <= tolerance) > 0
    runs = _runs_inside(lines, strips)
    return list(map(_Near, rows.tolist(), lines, models, shapely.boundary(models), same.tolist(), runs))


def _earlier_neighbours(parts: Geometries, tolerance: float) -> tuple[Indices, Indices]:
    """(line, earlier line near it), sorted, where so much of it lies near them that it may be more than a crossing."""
    one, other = shapely.STRtree(parts).query(parts, predicate="dwithin", distance=tolerance)
    one, other = one[other < one], other[other < one]
    strip, which = np.unique(other, return_inverse=True)
    strips = each(lambda some: shapely.buffer(some, tolerance), parts[strip], size=DEAR)
    inside = shapely.length(each(shapely.intersection, parts[one], strips[which]))
    near = np.bincount(one, weights=inside, minlength=len(parts))
    suspect = near >= np.minimum(FORWARD * tolerance, shapely.length(parts)) * (1 - 1e-9)
    one, other = one[suspect[one]], other[suspect[one]]
    order = np.lexsort((other, one))
    return one[order], other[order]


def _doubled(near: _Near, tolerance: float) -> Runs:
    """The runs of the line that go along the earlier lines."""
    found = []
    for start, stop in near.runs:
        whole = start == 0.0 and stop == near.line.length
        if _goes_along(near.line, start, stop, near.model, tolerance, same=whole and near.same):
            found.append(_trimmed(near.line, start, stop, near.model, near.ends))
    return found


def _runs_inside(lines: Geometries, strips: Geometries) -> list[Runs]:
    """The runs of each line inside its strip, segment by segment, so that a line may cross or follow itself."""
    coords, owner = shapely.get_coordinates(lines, return_index=True)
    first = np.flatnonzero(owner[1:] == owner[:-1])
    segments, owner = shapely.linestrings(np.stack([coords[first], coords[first + 1]], axis=1)), owner[first]
    parts, segment = shapely.get_parts(each(shapely.intersection, segments, strips[owner]), return_index=True)
    long = shapely.length(parts) > 0
    parts, segment = parts[long], segment[long]
    position, corner = _positions(lines, segments, owner)[segment], coords[first[segment]]
    ends = [shapely.get_coordinates(shapely.get_point(parts, place)) for place in (0, -1)]
    stretches = np.sort(np.column_stack([position + _distance(end, corner) for end in ends]), axis=1)
    borders = np.searchsorted(owner[segment], np.arange(1, len(lines)))
    return [_joined(some.tolist(), line.length) for some, line in zip(np.split(stretches, borders), lines, strict=True)]


def _positions(lines: Geometries, segments: Geometries, owner: Indices) -> Numbers:
    """Where each segment begins in its line's own length."""
    found = []
    borders = np.searchsorted(owner, np.arange(1, len(lines)))
    for line, sizes in zip(lines, np.split(shapely.length(segments), borders), strict=True):
        position = np.append(0.0, np.cumsum(sizes))
        found.append(position[:-1] * (line.length / position[-1]))
    return np.concatenate(found)


def _joined(stretches: list[list[float]], length: float) -> Runs:
    """Stretches of a line put together where they meet; one that begins or ends with the line does so exactly."""
    slack = 1e-9 * length
    joined: Runs = []
    for start, stop in sorted(stretches):
        if joined and start <= joined[-1][1] + slack:
            joined[-1] = joined[-1][0], max(joined[-1][1], stop)
        else:
            joined.append((start, stop))
    return [(0.0 if start <= slack else start, length if stop >= length - slack else stop) for start, stop in joined]


def _distance(one: Numbers, other: Numbers) -> Numbers:
    found: Numbers = np.hypot(*(one - other).T)
    return found


def _goes_along(
    line: shapely.LineString, start: float, stop: float, model: shapely.Geometry, tolerance: float, *, same: bool
) -> bool:
    """Whether a run goes along the model rather than across it; `same`: it is near all of an earlier line, too."""
    if stop - start > LONG * tolerance:
        return True
    on_line, on_model = _feet(line, start, stop, model)
    forward = float(np.hypot(*(on_model[1] - on_model[0])))
    offset = on_line - on_model
    sideways = float(np.hypot(*(offset[1] - offset[0])))
    return sideways <= SLOPE * forward and (same or forward >= FORWARD * tolerance * (1 - 1e-9))


def _feet(line: shapely.LineString, start: float, stop: float, model: shapely.Geometry) -> tuple[Numbers, Numbers]:
    """Both ends of a run (2 × 2), and the points of the model nearest to them."""
    points = shapely.line_interpolate_point(line, [start, stop])
    ways = shapely.get_coordinates(shapely.shortest_line(points, model)).reshape(2, 2, 2)
    return ways[:, 0], ways[:, 1]


def _trimmed(
    line: shapely.LineString, start: float, stop: float, model: shapely.Geometry, ends: shapely.Geometry
) -> tuple[float, float]:
    """The run without what lies beyond an end of the model, where the line goes on alone."""
    _on_line, on_model = _feet(line, start, stop, model)
    run = substring(line, start, stop)
    feet = shapely.points(on_model)
    beyond = shapely.distance(feet, ends) <= 1e-6
    place = start + shapely.line_locate_point(run, feet)
    return (
        float(place[0]) if beyond[0] and start > 0.0 else start,
        float(place[1]) if beyond[1] and stop < line.length else stop,
    )


def _without(line: shapely.LineString, doubled: Runs) -> list[shapely.LineString]:
    """What is left of a line between its doubled runs."""
    borders = [0.0, *(place for run in doubled for place in run), line.length]
    gaps = zip(borders[::2], borders[1::2], strict=True)
    return [substring(line, start, stop) for start, stop in gaps if stop - start > 1e-9 * line.length]


def _collected(pieces: list[shapely.LineString]) -> shapely.Geometry:
    if not pieces:
        return shapely.LineString()
    return pieces[0] if len(pieces) == 1 else shapely.MultiLineString(pieces)

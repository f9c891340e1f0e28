"""A street layer to nodes and edges, with a report of what was found and done on the way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import shapely

from qsgis.geometry.windows import each
from qsgis.messages import _
from qsgis.network.arrays import SHARE, Bools, Floats, Frame, Geometries, Ints
from qsgis.network.edges import Edges, components, merge_doubled, passable
from qsgis.network.noding import Noded, node
from qsgis.network.passage import MODES, Mode, Passage, passage


@dataclass(frozen=True)
class Report:
    """What the network is like and what happened to the lines; counts, and `notes` that say them in words."""

    nodes: int
    edges: int
    components: int
    largest_component_share: float  # 0–1, by length
    dead_ends: int  # nodes with one edge
    dropped_zero_length: int = 0
    doubled: int = 0  # edges that repeated another
    refused_speed: int = 0  # lines without a usable speed
    refused_geometry: int = 0  # rows that are no lines, empty or with coordinates that are no numbers
    closed: int = 0  # lines not open to the mode
    snapped: int = 0  # line ends joined to what they did not touch exactly
    stubs: int = 0  # overshoots within twice the tolerance, left out
    widest_node: float = 0.0  # metres: the largest diagonal of the box round points that became one node
    already_noded: bool = True
    notes: list[str] = field(default_factory=list)


def from_lines(
    layer: Frame,
    *,
    mode: Mode,
    speed_kmh: float | None,
    class_speeds: Mapping[str, float] | None,
    tolerance: float,
    closed_classes: Collection[str],
    length: Floats | None,
    noded: bool,
) -> tuple[Floats, Edges, Callable[[], Report]]:
    """Nodes (n, 2), edges and what makes the report; see Network.from_lines."""
    _check(layer, mode, speed_kmh, tolerance, length)
    rules = passage(layer, mode, speed_kmh, class_speeds, closed_classes)
    shapes = np.asarray(layer.geometry.array, dtype=object)
    sound, parts, row, plane = _taken_apart(shapes)
    usable = sound & rules.open & np.isfinite(rules.kmh)
    counts: dict[str, Any] = {
        "refused_geometry": int((~sound).sum()),
        "closed": int((sound & ~rules.open).sum()),
        "refused_speed": int((sound & rules.open & ~np.isfinite(rules.kmh)).sum()),
        "dropped_zero_length": int((usable[row] & (plane == 0)).sum()),
    }
    kept = usable[row] & (plane > 0)
    if not kept.all():
        parts, row, plane = parts[kept], row[kept], plane[kept]
    if length is not None and not (np.asarray(length, float)[row] > 0).all():
        raise ValueError("length must be above 0 for every line that has one in the plane")
    pieces = node(parts, plane, tolerance, None if rules.level is None else rules.level[row], noded=noded)
    edges = _edges(pieces, row[pieces.line], shapes, rules, length)
    edges, counts["doubled"] = merge_doubled(edges, tolerance)
    nodes, edges = renumber(pieces.nodes, edges)
    counts |= {"snapped": pieces.snapped, "stubs": pieces.stubs}
    counts |= {"widest_node": pieces.widest, "already_noded": pieces.already}
    levels = _of_levels(pieces, known=rules.level is not None)
    return nodes, edges, partial(describe, len(nodes), edges, counts, rules.notes, levels)


def _check(layer: Frame, mode: Mode, speed_kmh: float | None, tolerance: float, length: Floats | None) -> None:
    if mode not in MODES:
        raise ValueError(f"mode must be one of {MODES}, not {mode!r}")
    if speed_kmh is not None and not (np.isfinite(speed_kmh) and speed_kmh > 0):
        raise ValueError(f"speed_kmh must be above 0, not {speed_kmh!r}")
    if not tolerance >= 0:
        raise ValueError(f"tolerance must be 0 metres or more, not {tolerance!r}")
    if layer.crs is not None and layer.crs.is_geographic:
        raise ValueError("a network needs a plane CRS in metres; bring the layer to one with to_crs first")
    if length is not None and np.shape(length) != (len(layer),):
        raise ValueError("length must give one number of metres for each row")


def _taken_apart(shapes: Geometries) -> tuple[Bools, Geometries, Ints, Floats]:
    """Which rows are lines with finite coordinates; single lines, the row of each, and its length in the plane.

    A length that is no number tells coordinates that are none. Copies are made only where there is something to take
    apart, and only what has no length is asked whether it is empty.
    """
    kind = shapely.get_type_id(shapes)
    sound: Bools = (kind == 1) | (kind == 2) | (kind == 5)
    row = np.flatnonzero(sound)
    lines = shapes if len(row) == len(shapes) else shapes[row]
    plane = each(shapely.length, lines, size=SHARE)
    whole = np.isfinite(plane)
    whole[plane == 0] = ~shapely.is_empty(lines[plane == 0])
    if not whole.all():
        sound[row[~whole]] = False
        lines, row, plane = lines[whole], row[whole], plane[whole]
    if (kind[row] == 5).any():
        lines, of = shapely.get_parts(lines, return_index=True)
        row, plane = row[of], each(shapely.length, lines, size=SHARE)
    return sound, lines, row, plane


def _edges(pieces: Noded, row: Ints, shapes: Geometries, rules: Passage, length: Floats | None) -> Edges:
    metres = pieces.end - pieces.start
    if length is not None:
        metres = metres * (np.asarray(length, float)[row] / shapely.length(shapes[row]))
    minutes = metres / rules.kmh[row] * 0.06
    return passable(
        Edges(
            pieces.u,
            pieces.v,
            metres,
            np.where(rules.forward[row], minutes, np.inf),
            np.where(rules.backward[row], minutes, np.inf),
            row,
            pieces.course,
        )
    )


def renumber(nodes: Floats, edges: Edges) -> tuple[Floats, Edges]:
    """Without nodes that no edge touches."""
    used = np.zeros(len(nodes), bool)
    used[edges.u] = used[edges.v] = True
    if used.all():
        return nodes, edges
    new = np.cumsum(used) - 1
    return nodes[used], replace(edges, u=new[edges.u], v=new[edges.v])


def describe(
    nodes: int, edges: Edges, counts: Mapping[str, Any], notes: list[str], levels: list[str] | None = None
) -> Report:
    """The report of a finished network; `counts`: other fields of a Report."""
    part = components(nodes, edges)
    by_part = np.bincount(part[edges.u], edges.metres) if len(edges) else np.zeros(1)
    report = Report(
        nodes=nodes,
        edges=len(edges),
        components=int(part.max()) + 1 if len(part) else 0,
        largest_component_share=float(by_part.max() / by_part.sum()) if by_part.sum() else 0.0,
        dead_ends=int((np.diff(edges.incidence.begin) == 1).sum()),
        **counts,
    )
    return replace(report, notes=[*notes, *_words(report), *(levels or [])])


def _of_levels(pieces: Noded, *, known: bool) -> list[str]:
    """What is to be said of bridges and tunnels."""
    said = []
    if not pieces.already and not known:
        said.append(_("the lines have no bridge or tunnel level (layer): every crossing was taken as a junction"))
    if pieces.level_ends:
        text = _("{count} line ends lie on a line of another level and are not joined to it", count=pieces.level_ends)
        said.append(text)
    return said


def _words(r: Report) -> list[str]:
    """What was left out or changed, in words; nothing where nothing happened."""
    geometry = _("{count} rows are no lines or have broken coordinates: left out", count=r.refused_geometry)
    pieces = _(
        "the network is in {count} pieces; the largest has {share:.1%} of the length",
        count=r.components,
        share=r.largest_component_share,
    )
    width = _("points up to {metres:.2f} m apart became one junction", metres=r.widest_node)
    said = [
        (r.refused_geometry, geometry),
        (r.closed, _("{count} lines are not open to this mode: left out", count=r.closed)),
        (r.refused_speed, _("{count} lines have no usable speed: left out", count=r.refused_speed)),
        (r.dropped_zero_length, _("{count} lines of no length: left out", count=r.dropped_zero_length)),
        (r.doubled, _("{count} street pieces repeat another: counted once", count=r.doubled)),
        (r.snapped, _("{count} line ends nearly met another line: joined", count=r.snapped)),
        (r.widest_node > 1e-6, width),
        (r.stubs, _("{count} overshooting stubs: left out", count=r.stubs)),
        (r.components > 1, pieces),
        (r.edges == 0, _("no street is open to this mode: nothing can be reached")),
    ]
    return [text for happened, text in said if happened]

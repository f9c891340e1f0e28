"""What a measure travels on: the roads' features with its mode and speeds, and the timetable on top of them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import shapely

from qsgis.analyses.inputs import Inputs, LayerAbsent, source_text
from qsgis.codes import code_table
from qsgis.errors import AnalysisFailed
from qsgis.geometry import ellipsoidal_length
from qsgis.layers.files import format_of
from qsgis.layers.timetable import feed_timetable
from qsgis.layers.timetable_lines import lines_timetable
from qsgis.messages import _
from qsgis.network import Network
from qsgis.network.transit import Transit
from qsgis.network.transit_timetable import Timetable
from qsgis.schema import Commute, Operand, Reach
from qsgis.schema.measure import TRANSIT_LAYERS

Mode = Literal["walk", "bike", "drive"]
LONGEST = 120.0  # minutes of a journey by public transport that is looked for
FRONTAGE = 20.0  # metres between entrances where a street runs along a facility's edge
DEFAULT_SPEED: dict[str, float | None] = {"walk": 4.8, "bike": 12.0, "drive": None}  # km/h; drive: by line


@dataclass(frozen=True)
class Ways:
    """A network, the lines that places may join, what must be said of it, and the timetable on it, if that is asked.

    key: what tells the network from others of the run, so that places need joining it once only.
    """

    network: Network
    lines: np.ndarray
    sources: tuple[str, ...]
    method: str
    notes: tuple[str, ...]
    estimated: tuple[str, ...] = ()
    transit: Transit | None = None
    key: Hashable = None


def way_of(measure: Reach | Commute, inputs: Inputs) -> Ways:
    """What a measure travels on. LayerAbsent for a layer that nobody supplied; NoServiceDay for a day outside it."""
    if measure.mode == "radius":
        raise ValueError("a radius needs no network")
    if measure.mode == "transit":
        return _by_timetable(measure, inputs)
    found = ways(inputs, measure.network, measure.mode, measure.speed_kmh)
    if not (isinstance(measure, Reach) and measure.outward):
        return found
    method = _("{way}, from the facility", way=found.method)
    return replace(found, network=found.network.turned, method=method)  # the key stays: places join it where they did


def minutes_between(measure: Commute, way: Ways, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Minutes (starts, ends); inf where there is no way. By timetable: the median of the window."""
    if way.transit is not None:
        return way.transit.matrix(starts, ends, window=measure.departures, every=measure.every_minutes, minutes=LONGEST)
    return way.network.matrix(starts, ends, minutes=None, access_metres=measure.access_metres)


def _by_timetable(measure: Reach | Commute, inputs: Inputs) -> Ways:
    walking = ways(inputs, measure.network, "walk", measure.speed_kmh)
    table, sources = inputs.remember(
        ("timetable", inputs.files(TRANSIT_LAYERS), measure.day), lambda: _timetable(measure, inputs)
    )
    kmh = measure.access_kmh if isinstance(measure, Reach) else None
    transit = Transit(
        walking.network, table, walk_minutes=measure.walk_minutes, transfer_minutes=measure.transfer_minutes,
        change_seconds=measure.change_minutes * 60, access_metres=measure.access_metres, access_kmh=kmh,
    )  # fmt: skip
    said = _("public transport, leaving {first} to {last}, median", first=measure.window[0], last=measure.window[1])
    walks = _("walks of up to {walk:g} min to and from stops, {transfer:g} min between them, {change:g} min to change",
              walk=measure.walk_minutes, transfer=measure.transfer_minutes, change=measure.change_minutes)  # fmt: skip
    notes = (*walking.notes, *table.notes, *transit.notes, walks)
    return replace(
        walking, sources=(*walking.sources, *sources), method=said, notes=notes, estimated=table.estimated,
        transit=transit,
    )  # fmt: skip


def _timetable(measure: Reach | Commute, inputs: Inputs) -> tuple[Timetable, tuple[str, ...]]:
    """The day's timetable from the feed, else from the table of lines; and its sources."""
    stops = inputs.load("transit", inputs.year) if inputs.has("transit") else None
    if stops is not None and format_of(stops.path, stops.id) == "gtfs":
        found = feed_timetable(stops.path, inputs.crs, day=measure.day, year=stops.year or inputs.year)
        if inputs.has("transit_lines"):
            text = _("the table of lines (transit_lines) was not used: there is a timetable (GTFS)")
            found = replace(found, notes=(*found.notes, text))
        return found, (source_text(stops),)
    if not inputs.has("transit_lines"):
        raise LayerAbsent("transit", inputs.year, _("a timetable (GTFS), or a table of lines (transit_lines)"))
    if measure.day is not None:
        raise AnalysisFailed(
            "transit_lines", f"day = {measure.day}", _("a table of lines has no calendar: every day is alike"),
            _("take the day out, or supply a timetable (GTFS)"),
        )  # fmt: skip
    lines = inputs.load("transit_lines", inputs.year)
    sources = (source_text(lines), *((source_text(stops),) if stops else ()))
    return lines_timetable(lines, stops, inputs.crs), sources


def ways(inputs: Inputs, operand: Operand, mode: Mode, speed_kmh: float | None) -> Ways:
    """The network of `operand`'s lines, made once a run. LayerAbsent where nobody supplied them.

    speed_kmh: one speed for all lines; without it walking 4.8, cycling 12 km/h, and driving the lines' own speed,
    else that of their class (layers/codes/road_class.csv).
    """
    files = inputs.files(operand.layers, inputs.year_of(operand))
    key = ("ways", tuple(operand.layers), tuple(operand.selections), files, mode, speed_kmh)
    return inputs.remember(key, lambda: replace(_build(inputs, operand, mode, speed_kmh), key=key))


def _build(inputs: Inputs, operand: Operand, mode: Mode, speed_kmh: float | None) -> Ways:
    found = inputs.features(operand)
    frame, speed = found.frame, speed_kmh or DEFAULT_SPEED[mode]
    definition = inputs.catalog.layers[operand.layers[0]].fields.get("class")
    table = code_table(definition.codes) if definition and definition.codes else {}
    closed = [code for code, row in table.items() if row.get(mode) == "0"]
    speeds = {code: float(row["kmh"]) for code, row in table.items() if row.get("kmh")}
    if speed is not None and mode == "drive":
        frame, speeds = frame.drop(columns="kmh", errors="ignore"), {}
    network = Network.from_lines(
        frame,
        mode=mode,
        speed_kmh=speed,
        class_speeds=speeds if mode == "drive" else None,
        closed_classes=closed,
        shut_classes=[code for code, row in table.items() if row.get("access") == "0"],
        length=inputs.remember(("lengths", found.key), lambda: ellipsoidal_length(found.frame).to_numpy()),
    )
    said = (
        _("{mode} on the network, {speed} km/h", mode=_(mode), speed=speed)
        if speed
        else _("drive on the network, by road class")
    )
    lines = np.asarray(network.edges.geometry[network.doors], dtype=object)
    return Ways(network, lines, found.sources, said, (*found.notes, *network_notes(network)))


def network_notes(network: Network) -> list[str]:
    """What the network's report has to say, in words."""
    report = network.report
    text = _(
        "network: {edges} edges, {components} components, the largest with {share:.1%} of the length",
        edges=report.edges,
        components=report.components,
        share=report.largest_component_share,
    )
    return [text, *report.notes]


def entrances(polygons: np.ndarray, lines: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """(points, row of the facility) where facilities are entered.

    Points as they are; a polygon where lines meet its edge (all along where one runs along it), and where none does,
    its point nearest to a line (its own middle where none comes within `reach` metres: it is off the network).
    """
    kind = shapely.get_dimensions(polygons)
    plain = np.flatnonzero(kind == 0)
    grounds = np.flatnonzero(kind > 0)
    edges = shapely.boundary(polygons[grounds])
    tree = shapely.STRtree(lines)
    at, line = tree.query(edges, predicate="intersects")
    met = shapely.segmentize(shapely.intersection(edges[at], lines[line]), FRONTAGE)
    xy, owner = shapely.get_coordinates(met, return_index=True)
    spots, rows = [shapely.centroid(polygons[plain]), shapely.points(xy)], [plain, grounds[at[owner]]]
    shut = np.setdiff1d(np.arange(len(grounds)), at)
    if len(shut):
        doors = shapely.centroid(polygons[grounds[shut]])
        beside, near = tree.query_nearest(edges[shut], max_distance=reach, all_matches=False)
        doors[beside] = shapely.get_point(shapely.shortest_line(edges[shut[beside]], lines[near]), 0)
        spots.append(doors)
        rows.append(grounds[shut])
    return np.concatenate(spots), np.concatenate(rows)

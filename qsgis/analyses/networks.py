"""The network that a measure travels on: the roads' features with the measure's mode and speeds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely

from qsgis.analyses.inputs import Inputs
from qsgis.codes import code_table
from qsgis.geometry import ellipsoidal_length
from qsgis.messages import _
from qsgis.network import Network
from qsgis.schema import Operand

Mode = Literal["walk", "bike", "drive"]
FRONTAGE = 20.0  # metres between entrances where a street runs along a facility's edge
DEFAULT_SPEED: dict[Mode, float | None] = {"walk": 4.8, "bike": 12.0, "drive": None}  # km/h; drive: by line


@dataclass(frozen=True)
class Ways:
    """A network, the lines that places may join, and what must be said of it."""

    network: Network
    lines: np.ndarray
    sources: tuple[str, ...]
    method: str
    notes: tuple[str, ...]


def ways(inputs: Inputs, operand: Operand, mode: Mode, speed_kmh: float | None) -> Ways:
    """The network of `operand`'s lines, made once a run. LayerAbsent where nobody supplied them.

    speed_kmh: one speed for all lines; without it walking 4.8, cycling 12 km/h, and driving the lines' own speed,
    else that of their class (layers/codes/road_class.csv).
    """
    files = inputs.files(operand.layers, inputs.year_of(operand))
    key = ("ways", tuple(operand.layers), tuple(operand.selections), files, mode, speed_kmh)
    return inputs.remember(key, lambda: _build(inputs, operand, mode, speed_kmh))


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
        length=ellipsoidal_length(frame).to_numpy(),
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

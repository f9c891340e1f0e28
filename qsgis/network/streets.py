"""Nodes and edges with their minutes: made from lines or a graph, and what is worked out from them once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array

from qsgis.network import build, exchange
from qsgis.network.arrays import Bools, Floats, Frame, Ints
from qsgis.network.edges import Edges, components, matrix_of
from qsgis.network.passage import WALKING_KMH, Mode

if TYPE_CHECKING:
    import networkx as nx


class Streets:
    """Streets as a graph for one mode, in a plane CRS with metres; never changed. Questions are a Network's.

    nodes: (n, 2) plane coordinates; edges: see Edges; make_report: called when the report is asked for; doors: the
    edges that places may join (all but those of shut classes). access_kmh: speed between a place and its street where
    a question gives none. source: what the graph said that it came from.
    """

    def __init__(
        self,
        nodes: Floats,
        edges: Edges,
        make_report: Callable[[], build.Report],
        *,
        crs: Any,
        mode: Mode,
        access_kmh: float,
        doors: Bools | None = None,
        source: exchange.Source | None = None,
    ) -> None:
        self.nodes, self.edges, self._make_report = nodes, edges, make_report
        self.doors: Ints = np.arange(len(edges)) if doors is None else np.flatnonzero(doors)
        self.crs, self.mode, self.access_kmh = crs, mode, access_kmh
        self.source = source

    @classmethod
    def from_lines(
        cls,
        layer: Frame,
        *,
        mode: Mode = "walk",
        speed_kmh: float | None = None,
        class_speeds: Mapping[str, float] | None = None,
        tolerance: float = 0.5,
        closed_classes: Collection[str] = (),
        shut_classes: Collection[str] = (),
        length: Floats | None = None,
        noded: bool = False,
    ) -> Self:
        """The network of a line layer in a plane CRS.

        Optional columns: class; kmh; oneway (true, 1, yes, 是: as drawn; -1: against it); layer (level of bridges and
        tunnels); foot and car (false closes the line to that mode). Walking goes both ways and at `speed_kmh` (4.8)
        everywhere, cycling at `speed_kmh` (15) and by the one-ways; driving at the line's kmh, else its class's
        `class_speeds`, else `speed_kmh`: a line with none, or 0, is left out and counted.

        closed_classes: not open to the mode. shut_classes: passed along, but places do not join them (motorways).
        length: metres of each row (ellipsoidal, say); the plane's where absent. tolerance: metres within which ends
        are joined. noded: the caller knows that lines meet at common end points only; else this is tested.
        Raises ValueError for a geographic CRS or a wrong parameter.
        """
        nodes, edges, report = build.from_lines(
            layer,
            mode=mode,
            speed_kmh=speed_kmh,
            class_speeds=class_speeds,
            tolerance=tolerance,
            closed_classes=closed_classes,
            length=length,
            noded=noded,
        )
        access = speed_kmh if mode == "walk" and speed_kmh else WALKING_KMH
        shut = layer["class"].astype("string").isin(list(shut_classes)) if "class" in layer else None
        doors = None if shut is None else ~shut.to_numpy(bool, na_value=False)[edges.row]
        return cls(nodes, edges, report, crs=layer.crs, mode=mode, access_kmh=access, doors=doors)

    @classmethod
    def from_networkx(
        cls,
        graph: nx.Graph[Any],
        *,
        mode: Mode = "walk",
        speed_kmh: float | None = None,
        crs: Any = None,
    ) -> Self:
        """The network of a graph by osmnx's conventions: nodes x, y; edges length (m), perhaps geometry; graph crs.

        Driving takes travel_time (seconds), else speed_kph, else `speed_kmh`; walking and cycling `speed_kmh`. A
        directed graph's edges go one way each, but both ways for walking. `crs` = a plane CRS to bring it to; needed
        where the graph is in degrees (ValueError).
        """
        nodes, edges, report, plane, source = exchange.from_networkx(graph, mode=mode, speed_kmh=speed_kmh, crs=crs)
        access = speed_kmh if mode == "walk" and speed_kmh else WALKING_KMH
        return cls(nodes, edges, report, crs=plane, mode=mode, access_kmh=access, source=source)

    def to_networkx(self, layer: pd.DataFrame | None = None) -> nx.MultiDiGraph[Any]:
        """A directed graph that osmnx accepts: x, y, length (m), travel_time (s), geometry; an edge a direction.

        What came from a graph keeps its names of nodes and all else it said of them. layer: what the network was
        made from by from_lines; its columns go along as attributes of the edges.
        """
        return exchange.to_networkx(self, layer)

    @cached_property
    def report(self) -> build.Report:
        """What the network is like, and what was found when it was built."""
        return self._make_report()

    @cached_property
    def outward(self) -> csr_array:
        """Minutes from node (row) to node (column)."""
        return matrix_of(len(self.nodes), self.edges)

    @cached_property
    def homeward(self) -> csr_array:
        """The same with every direction reversed: sweeps from facilities run on it."""
        return matrix_of(len(self.nodes), self.edges, reverse=True)

    @cached_property
    def turned(self) -> Self:
        """The same streets with every direction reversed: the way to a place here is the way from it there.

        Whatever joins the one joins the other at the same point.
        """
        other = copy(self)
        for name in ("outward", "homeward"):
            vars(other).pop(name, None)
        ahead, behind = self.edges.backward, self.edges.forward
        other.edges = replace(self.edges, forward=ahead, backward=behind, course=self.edges.geometry)
        return other

    @cached_property
    def component(self) -> Ints:
        """The connected part of each node, directions left aside."""
        return components(len(self.nodes), self.edges)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Spatial index of the edges that places may join, in the order of `doors`."""
        return shapely.STRtree(self.edges.geometry[self.doors])

    @cached_property
    def plane_length(self) -> Floats:
        """Length of each edge's geometry in the plane."""
        plane: Floats = shapely.length(self.edges.geometry)
        return plane

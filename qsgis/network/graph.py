"""The street network: nodes, edges with minutes in each direction, and the questions that are put to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array

from qsgis.network import attach, build, exchange, lines, times
from qsgis.network.arrays import Bools, Floats, Frame, Ints
from qsgis.network.edges import Edges, components, matrix_of
from qsgis.network.passage import WALKING_KMH, Mode

if TYPE_CHECKING:
    import networkx as nx


class Network:
    """Streets as a graph for one mode, in a plane CRS with metres. Made by from_lines or from_networkx; never changed.

    nodes: (n, 2) plane coordinates; edges: see Edges; report: what was found when it was built; doors: the edges that
    places may join (all but those of shut classes). access_kmh: speed between a place and its street where a question
    gives none.

    Places are points: a GeoSeries, a frame, an array of shapely points or (n, 2) coordinates, in the network's CRS.
    Each is reached at the nearest point of the nearest edge, if that is within `access_metres`; the leg is counted.
    """

    def __init__(
        self,
        nodes: Floats,
        edges: Edges,
        report: build.Report,
        *,
        crs: Any,
        mode: Mode,
        access_kmh: float,
        doors: Bools | None = None,
    ) -> None:
        self.nodes, self.edges, self.report = nodes, edges, report
        self.doors: Ints = np.arange(len(edges)) if doors is None else np.flatnonzero(doors)
        self.crs, self.mode, self.access_kmh = crs, mode, access_kmh

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
    ) -> Network:
        """The network of a line layer in a plane CRS.

        Optional columns: class; kmh; oneway (true, 1, yes, 是: as drawn; -1: against it); layer (level of bridges and
        tunnels); foot and car (false closes the line to that mode). Walking goes both ways and at `speed_kmh` (4.8)
        everywhere, cycling at `speed_kmh` (15) and by the one-ways; driving at the line's kmh, else its class's
        `class_speeds`, else `speed_kmh`: a line with none, or 0, is left out and counted.

        closed_classes: not open to the mode. shut_classes: passed along, but places do not join them (motorways).
        length: metres of each row (ellipsoidal, say); the plane's where absent. tolerance: metres within which ends
        are joined. noded: the caller knows that lines meet at common end points only; else this is tested.
        Raises ValueError for a geographic CRS or a wrong parameter.

        >>> import geopandas, shapely
        >>> street = geopandas.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (80, 0)])])
        >>> Network.from_lines(street).travel_time([[0, 0]], [[80, 0]]).tolist()
        [1.0]
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
    ) -> Network:
        """The network of a graph by osmnx's conventions: nodes x, y; edges length (m), perhaps geometry; graph crs.

        Driving takes travel_time (seconds), else speed_kph, else `speed_kmh`; walking and cycling `speed_kmh`. A
        directed graph's edges go one way each, but both ways for walking. `crs` = a plane CRS to bring it to; needed
        where the graph is in degrees (ValueError).
        """
        nodes, edges, report, plane = exchange.from_networkx(graph, mode=mode, speed_kmh=speed_kmh, crs=crs)
        access = speed_kmh if mode == "walk" and speed_kmh else WALKING_KMH
        return cls(nodes, edges, report, crs=plane, mode=mode, access_kmh=access)

    def to_networkx(self) -> nx.MultiDiGraph[Any]:
        """A directed graph that osmnx accepts: x, y, length (m), travel_time (s), geometry; an edge a direction."""
        return exchange.to_networkx(self)

    @cached_property
    def outward(self) -> csr_array:
        """Minutes from node (row) to node (column)."""
        return matrix_of(len(self.nodes), self.edges)

    @cached_property
    def homeward(self) -> csr_array:
        """The same with every direction reversed: sweeps from facilities run on it."""
        return matrix_of(len(self.nodes), self.edges, reverse=True)

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

    def attach(self, points: Any, limit_metres: float) -> attach.Attachment:
        """Where each place meets the network; `off` where no street is within `limit_metres`."""
        return attach.attach(self, attach.points_of(points, self.crs), limit_metres)

    def nearest(
        self,
        origins: Any,
        destinations: Any,
        *,
        minutes: float | None = None,
        access_metres: float = 500.0,
        access_kmh: float | None = None,
        group: Any = None,
    ) -> times.Nearest:
        """Minutes from each origin to the destination reached soonest, which one, and why none.

        minutes: the limit, itself within. group: what each destination point belongs to (a park with several
        entrances); `destination` then names the group.
        """
        return times.nearest(
            self,
            self.attach(origins, access_metres),
            self.attach(destinations, access_metres),
            minutes=minutes,
            kmh=self._access(access_kmh),
            group=group,
        )

    def travel_time(
        self,
        origins: Any,
        destinations: Any,
        minutes: float | None = None,
        *,
        access_metres: float = 500.0,
        access_kmh: float | None = None,
    ) -> pd.Series[float]:
        """Minutes from each origin to the nearest destination, by the index of origins; inf where none is reached."""
        found = self.nearest(origins, destinations, minutes=minutes, access_metres=access_metres, access_kmh=access_kmh)
        index = origins.index if isinstance(origins, pd.Series | pd.DataFrame) else None
        return pd.Series(found.minutes, index=index, name="minutes")

    def matrix(
        self,
        origins: Any,
        destinations: Any,
        *,
        minutes: float | None = None,
        access_metres: float = 500.0,
        access_kmh: float | None = None,
        batch: int = 50,
    ) -> Floats:
        """Minutes (origins, destinations); inf where not reached, or not within `minutes`.

        `batch` sweeps are held at once: batch × nodes × 8 bytes.
        """
        return times.matrix(
            self,
            self.attach(origins, access_metres),
            self.attach(destinations, access_metres),
            minutes=minutes,
            kmh=self._access(access_kmh),
            batch=batch,
        )

    def reached_lines(
        self,
        destinations: Any,
        minutes: float,
        access_metres: float = 500.0,
        *,
        access_kmh: float | None = None,
    ) -> Frame:
        """Street pieces from which the nearest destination is within `minutes`, cut at the limit.

        Columns: minutes (from the middle of the piece), metres, row (of the layer); in the network's CRS.
        """
        places = self.attach(destinations, access_metres)
        return lines.reached(self, places, minutes, self._access(access_kmh))

    def _access(self, access_kmh: float | None) -> float:
        if access_kmh is not None and not (np.isfinite(access_kmh) and access_kmh > 0):
            raise ValueError(f"access_kmh must be above 0, not {access_kmh!r}")
        return access_kmh or self.access_kmh

"""The street network: nodes, edges with minutes in each direction, and the sparse matrix that is swept."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from qsgis.network import attach as attaching
from qsgis.network import build, exchange, lines, times
from qsgis.network.arrays import Bools, Floats, Frame, Geometries, Ints, group_pairs
from qsgis.network.passage import Mode

if TYPE_CHECKING:
    import networkx as nx


class Network:
    """Streets as a graph, for one mode.

    nodes: (n, 2) plane coordinates. edges: see Edges. crs: the plane CRS of both. report: what was found on the way.
    access_kmh: speed between a place and its street. Made by `from_lines` or `from_networkx`; never changed.
    """

    def __init__(
        self, nodes: Floats, edges: build.Edges, report: build.Report, *, crs: Any, mode: Mode, access_kmh: float  # noqa: ANN401 -- a pyproj CRS
    ) -> None:
        self.nodes, self.edges, self.report = nodes, edges, report
        self.crs, self.mode, self.access_kmh = crs, mode, access_kmh

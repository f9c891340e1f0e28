"""What the reader of a format is asked for, and what it hands back: a file's content under canonical names."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj

from qsgis.layers.check import Findings
from qsgis.schema import Layer, LayerSource


@dataclass(frozen=True)
class Request:
    """A layer's definition, its file and the canonical columns that are wanted (None: all)."""

    definition: Layer
    source: LayerSource
    path: Path
    columns: frozenset[str] | None
    findings: Findings

    def wants(self, canonical: str) -> bool:
        """Whether the column is to be read; a point's name always is, since it tells doubled facilities."""
        named_point = canonical == "name" and "point" in self.definition.geometry
        return self.columns is None or canonical in self.columns or named_point


@dataclass
class Raw:
    """A file's features as they stand in it; only the fields' names are canonical already.

    features: each feature's number in the file, as text. geometry: shapely objects in `crs` (None where a feature has
    none), or None for a plain table. unreadable: row -> why its geometry could not be decoded. distinct: the file's own
    keys tell its features apart, so that two of one place and name are two (the stops of a timetable).
    """

    fields: pd.DataFrame
    features: np.ndarray[Any, Any]
    geometry: np.ndarray[Any, Any] | None = None
    crs: pyproj.CRS | None = None
    sublayer: str = ""
    unreadable: dict[int, str] = field(default_factory=dict)
    distinct: bool = False

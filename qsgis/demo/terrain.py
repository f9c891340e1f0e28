"""Valleys and heights: a drainage tree on a grid, the relief that such rivers carve, and the rivers as lines.

The tree is the shortest-path tree to the county's outlet over random cost; the relief is the steady state of the
stream-power law (slope falls with the root of the catchment), so that valleys widen downstream.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pyproj
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from qsgis.demo import noise
from qsgis.demo.noise import Floats, Ints

CRS = "EPSG:4546"
CELL = 250.0
# The main valleys as they run (longitude, latitude): Qin He from the north-west, the county river from the west.
_VALLEYS = (
    (
        (112.33, 35.93),
        (112.36, 35.86),
        (112.385, 35.785),
        (112.46, 35.735),
        (112.52, 35.69),
        (112.56, 35.62),
        (112.535, 35.56),
    ),
    (
        (112.03, 35.70),
        (112.10, 35.70),
        (112.19, 35.69),
        (112.28, 35.685),
        (112.38, 35.70),
        (112.46, 35.69),
        (112.52, 35.69),
    ),
    ((112.64, 35.96), (112.62, 35.90), (112.59, 35.83), (112.56, 35.76), (112.52, 35.69)),
    (
        (112.06, 35.575),
        (112.13, 35.565),
        (112.20, 35.56),
        (112.28, 35.55),
        (112.36, 35.56),
        (112.44, 35.58),
        (112.54, 35.59),
    ),
)


@cache
def to_plane() -> pyproj.Transformer:
    """Longitude, latitude (CGCS2000) to the county's plane (EPSG:4546)."""
    return pyproj.Transformer.from_crs("EPSG:4490", CRS, always_xy=True)


def county_outline() -> shapely.Polygon:
    """Qinshui's polygon in EPSG:4546 (source: data/qinshui.geojson)."""
    text = (Path(__file__).parent / "data" / "qinshui.geojson").read_text(encoding="utf-8")
    outline = shapely.from_geojson(json.dumps(json.loads(text)["features"][0]["geometry"]))
    moved = shapely.transform(outline, lambda c: np.round(np.column_stack(to_plane().transform(c[:, 0], c[:, 1])), 2))
    return shapely.orient_polygons(moved)


def smooth(line: Floats, rounds: int = 2) -> Floats:
    """Chaikin's corner cutting of a polyline (n, 2); its ends stay."""
    for _round in range(rounds if len(line) > 2 else 0):
        near, far = 0.75 * line[:-1] + 0.25 * line[1:], 0.25 * line[:-1] + 0.75 * line[1:]
        middle = np.stack([near, far], axis=1).reshape(-1, 2)
        line = np.concatenate([line[:1], middle[1:-1], line[-1:]])
    return line


@dataclass(frozen=True)
class River:
    """A reach between two confluences: line (n, 2) from source to mouth, catchment in cells at its mouth."""

    line: Floats
    catchment: int


@dataclass(frozen=True)
class Terrain:
    """Grid nodes inside the county: position (jittered off the lattice), relief, and where each drains to."""

    county: shapely.Polygon
    node: Floats  # (n, 2) metres
    down: Ints  # index of the next node downstream; -1 at the outlet
    catchment: Ints  # cells that drain through a node
    height: Floats  # metres above the outlet
    above: Floats  # metres above the nearest stream downstream
    links: sparse.csr_array  # length in metres of the links between neighbouring nodes

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(shapely.points(self.node))

    def nearest(self, xy: Floats) -> Ints:
        """The index of the node nearest to each point."""
        return np.asarray(self._tree.nearest(shapely.points(xy)), dtype=np.int64)

    def rivers(self, smallest: int) -> list[River]:
        """Reaches whose catchment holds at least `smallest` cells."""
        wet = self.catchment >= smallest
        child = np.flatnonzero(wet & (self.down >= 0))
        inflow = np.bincount(self.down[child], minlength=len(self.node))
        found = []
        for head in np.flatnonzero(wet & (inflow != 1)):
            path = [int(head)]
            while self.down[path[-1]] >= 0:
                path.append(int(self.down[path[-1]]))
                if inflow[path[-1]] > 1:
                    break
            if len(path) > 1:
                found.append(River(smooth(self.node[path]), int(self.catchment[path[-2]])))
        return found


def _grid(county: shapely.Polygon) -> tuple[Floats, Ints, Ints]:
    """Jittered nodes inside the county and the pairs of neighbours (8 directions)."""
    x0, y0, x1, y1 = county.bounds
    col, row = np.meshgrid(np.arange(int((x1 - x0) // CELL) + 1), np.arange(int((y1 - y0) // CELL) + 1))
    shift = np.stack([noise.hash_unit(col, row, 501), noise.hash_unit(col, row, 502)], axis=-1) * 0.3
    xy = np.array([x0, y0]) + (np.stack([col, row], axis=-1) + shift) * CELL
    inner = county.buffer(-0.4 * CELL)
    shapely.prepare(inner)
    inside = shapely.contains_xy(inner, xy[..., 0], xy[..., 1])
    index = np.where(inside, np.cumsum(inside).reshape(inside.shape) - 1, -1)
    pairs = []
    height, width = index.shape
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        a = index[: height - dy, max(-dx, 0) : width - max(dx, 0)]
        b = index[dy:, max(dx, 0) : width + min(dx, 0)]
        pairs.append(np.stack([a.ravel(), b.ravel()]))
    a, b = np.concatenate(pairs, axis=1)
    both = (a >= 0) & (b >= 0)
    return xy[inside], a[both].astype(np.int64), b[both].astype(np.int64)


def _symmetric(a: Ints, b: Ints, weight: Floats, n: int) -> sparse.csr_array:
    return sparse.csr_array(
        sparse.coo_array(
            (np.concatenate([weight, weight]), (np.concatenate([a, b]), np.concatenate([b, a]))), shape=(n, n)
        )
    )


def make(seed: int) -> Terrain:
    """The county's terrain. The same seed gives the same terrain."""
    county = county_outline()
    node, a, b = _grid(county)
    length = np.hypot(*(node[a] - node[b]).T)
    plane = to_plane()
    valleys = shapely.MultiLineString([np.column_stack(plane.transform(*np.transpose(v))) for v in _VALLEYS])
    off = shapely.distance(valleys, shapely.points(node))
    rough = np.exp(2.2 * noise.plane(node, 3000.0, 611 + seed)) * (0.12 + np.minimum(off, 1500.0) / 1500.0)
    cost = length * (rough[a] + rough[b]) * (1 + 0.5 * np.abs(noise.hash_unit(a, b, 613 + seed)))
    outlet = int(np.argmin(np.hypot(*(node - np.array(plane.transform(*_VALLEYS[0][-1]))).T)))
    away, way = csgraph.dijkstra(_symmetric(a, b, cost, len(node)), indices=[outlet], return_predecessors=True)
    order = np.argsort(away[0], kind="stable")
    order = order[np.isfinite(away[0, order])]
    down = np.where(way[0] < 0, -1, way[0]).astype(np.int64)
    catchment = _accumulate(order, down)
    height, above = _relief(node, order, down, catchment)
    return Terrain(county, node, down, catchment, height, above, _symmetric(a, b, length, len(node)))


def _accumulate(order: Ints, down: Ints) -> Ints:
    count = [1] * len(down)
    to = down.tolist()
    for i in reversed(order.tolist()):
        if to[i] >= 0:
            count[to[i]] += count[i]
    return np.array(count, dtype=np.int64)


def _relief(node: Floats, order: Ints, down: Ints, catchment: Ints) -> tuple[Floats, Floats]:
    """Height over the outlet, and height over the first stream (30 cells and more) on the way down."""
    step = np.where(down >= 0, np.hypot(*(node - node[down]).T), 0.0)
    rise = (step * 0.32 * catchment.astype(float) ** -0.55).tolist()
    stream = (catchment >= 30).tolist()
    to = down.tolist()
    height, above = [0.0] * len(to), [0.0] * len(to)
    for i in order.tolist():
        if to[i] >= 0:
            height[i] = height[to[i]] + rise[i]
            above[i] = 0.0 if stream[i] else above[to[i]] + rise[i]
    return np.array(height), np.array(above)

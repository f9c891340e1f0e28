"""Layers for the tests, made by arithmetic: coverages whose neighbours share every vertex, ragged large polygons."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

CRS = "EPSG:4546"
ORIGIN = np.array([607_000.0, 3_951_000.0])  # Qinshui, metres


def square(x, y, size=1.0):
    return shapely.box(x, y, x + size, y + size)


def array(*geometries):
    found = np.empty(len(geometries), dtype=object)
    found[:] = geometries
    return found


def coverage(seed, n=6, size=100.0, origin=ORIGIN):
    """n × n cells with jittered common corners; some joined into larger ones, which makes holes and multipolygons."""
    rng = np.random.default_rng(seed)
    corner = np.stack(np.meshgrid(np.arange(n + 1.0), np.arange(n + 1.0), indexing="ij"), axis=2)
    corner[1:-1, 1:-1] += rng.uniform(-0.3, 0.3, size=(n - 1, n - 1, 2))
    corner = corner * size + origin
    cells = [
        shapely.Polygon([corner[i, j], corner[i + 1, j], corner[i + 1, j + 1], corner[i, j + 1]])
        for i in range(n)
        for j in range(n)
    ]
    label = rng.integers(0, n * n, size=n * n)
    return array(
        *(shapely.union_all([c for c, k in zip(cells, label, strict=True) if k == g]) for g in np.unique(label))
    )


def ragged(seed, vertices=400, radius=220.0, centre=ORIGIN + 300, holes=3):
    """A star-shaped polygon with a rough outline and holes."""
    rng = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    distance = radius * rng.uniform(0.75, 1.0, size=vertices)
    outline = centre + np.column_stack([np.cos(angle), np.sin(angle)]) * distance[:, None]
    spots = centre + rng.uniform(-0.45, 0.45, size=(holes, 2)) * radius
    cut = shapely.union_all(shapely.buffer(shapely.points(spots), rng.uniform(5, 25, size=holes)))
    return shapely.difference(shapely.Polygon(outline), cut)


def frame(geometry, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(geometry), crs=CRS)

"""Layers for the tests, made by arithmetic: coverages whose neighbours share every vertex, ragged large polygons."""

from __future__ import annotations

from itertools import pairwise

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


def wiggly(cells, seed, amplitude=0.12, bends=(1, 6)):
    """A coverage whose straight edges have become ragged lines, the same for both neighbours.

    Where ragged lines of neighbouring edges would cross, all are made flatter until the coverage is sound.
    """
    rng = np.random.default_rng(seed)
    corners, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(cells)), return_index=True)
    inner = np.flatnonzero(ring[1:] == ring[:-1])
    edges = {tuple(sorted((tuple(corners[k]), tuple(corners[k + 1])))) for k in inner}
    bend = {edge: rng.uniform(-1, 1, size=rng.integers(*bends)) for edge in sorted(edges)}
    while True:
        found = array(*(_bent(cell, bend, amplitude) for cell in cells))
        if shapely.is_valid(found).all() and shapely.coverage_is_valid(found):
            return found
        amplitude /= 2


def _bent(cell, bend, amplitude):
    def line(one, other):
        first, last = sorted((tuple(one), tuple(other)))
        offset = bend[first, last]
        along = np.subtract(last, first)
        place = (np.arange(len(offset)) + 1.0) / (len(offset) + 1)
        run = np.add(first, place[:, None] * along + amplitude * offset[:, None] * along[::-1] * [-1, 1])
        return run if tuple(one) == first else run[::-1]

    def ring(coords):
        return np.vstack([piece for a, b in pairwise(coords) for piece in ([a], line(a, b))])

    def polygon(part):
        return shapely.Polygon(ring(np.array(part.exterior.coords)), [ring(np.array(r.coords)) for r in part.interiors])

    parts = [polygon(part) for part in shapely.get_parts(cell)]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def voronoi(seed, n=60, size=600.0, origin=ORIGIN):
    """About n cells that fill a square of side `size`, sharing every vertex; borders straight."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 1, size=(n, 2))
    mirrored = np.vstack([points, *(np.where([k == a for k in (0, 1)], side - points, points)
                                    for a in (0, 1) for side in (0.0, 2.0))])  # fmt: skip
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(mirrored)))
    cells = cells[shapely.contains_xy(shapely.box(0, 0, 1, 1), shapely.get_coordinates(shapely.centroid(cells)))]
    return shapely.transform(cells, lambda c: np.round(c, 6) * size + origin)


def star(seed, vertices=800, radius=220.0, centre=ORIGIN + 300, holes=4, rough=0.2):
    """A star-shaped polygon with star-shaped holes, by arithmetic alone."""
    rng = np.random.default_rng(seed)

    def ring(number, middle, size):
        angle = np.linspace(0, 2 * np.pi, number, endpoint=False)
        distance = size * rng.uniform(1 - rough, 1, size=number)
        return middle + np.column_stack([np.cos(angle), np.sin(angle)]) * distance[:, None]

    turn = np.linspace(0, 2 * np.pi, holes, endpoint=False)
    middles = centre + np.column_stack([np.cos(turn), np.sin(turn)]) * radius * 0.45
    inner = [ring(rng.integers(5, 60), middle, radius * rng.uniform(0.03, 0.2)) for middle in middles]
    return shapely.Polygon(ring(vertices, centre, radius), inner)


def comb(teeth, x, y, width, height):
    """A comb that points up: a back with `teeth` teeth, as wide as the gaps between them."""
    step = width / (2 * teeth - 1)
    left = x + step * 2 * np.arange(teeth)
    top = np.column_stack([left, left, left + step, left + step]).ravel()
    rise = np.tile([0.2, 1.0, 1.0, 0.2], teeth) * height + y
    return shapely.Polygon([(x, y), *zip(top, rise, strict=True), (x + width, y)])


def spiral(turns, centre, radius, thickness, steps=60):
    """A band that winds inwards."""
    angle = np.linspace(0, 2 * np.pi * turns, steps * turns)
    outer = np.linspace(radius, radius / (turns + 2), len(angle))
    ray = np.column_stack([np.cos(angle), np.sin(angle)])
    return shapely.Polygon(np.vstack([ray * outer[:, None], (ray * (outer - thickness)[:, None])[::-1]]) + centre)

"""Parcels × red line: area of intersection, ours against the plain ways on the same data in the same run.

    python benchmarks/overlay.py --parcels 50000 --redline-vertices 100000

Prints CPU seconds (other work on the machine disturbs them least), the ratio to ours, and the total area of each way.
Ratios carry over to other machines, seconds do not.
"""

from __future__ import annotations

import argparse
import time
import warnings

import geopandas as gpd
import numpy as np
import shapely

from qsgis.geometry import intersect, overlap_area

CRS = "EPSG:4546"
SIDE = 52_000.0  # metres: a county's extent
ORIGIN = np.array([582_000.0, 3_925_000.0])


def wiggles(rng, count, points):
    """Smooth noise in [-1, 1], 0 at both ends: count × points, at equal steps between the ends."""
    t = np.linspace(0, 1, points + 2)[1:-1]
    wave = rng.uniform(0, 2 * np.pi, size=(count, 4, 1)) + 2 * np.pi * t * np.array([1, 2, 4, 7])[:, None]
    return 4 * t * (1 - t) * (np.sin(wave) * np.array([0.4, 0.3, 0.2, 0.1])[:, None]).sum(axis=1)


def parcels(count, vertices, seed=1):
    """About `count` cells whose neighbours share every vertex of their wiggly edges."""
    rng = np.random.default_rng(seed)
    n, k = round(count**0.5), max(vertices // 4 - 1, 1)
    corner = np.stack(np.meshgrid(np.arange(n + 1.0), np.arange(n + 1.0), indexing="ij"), axis=2)
    corner += rng.uniform(-0.1, 0.1, size=corner.shape)

    def edges(start, end):
        """Inner points of each edge, moved sideways: cells × k × 2."""
        way = end - start
        along = np.linspace(0, 1, k + 2)[1:-1, None]
        sideways = np.stack([-way[..., 1], way[..., 0]], axis=-1)
        noise = 0.08 * wiggles(rng, way.shape[0] * way.shape[1], k).reshape(*way.shape[:2], k, 1)
        return start[..., None, :] + along * way[..., None, :] + noise * sideways[..., None, :]

    across, up = edges(corner[:-1], corner[1:]), edges(corner[:, :-1], corner[:, 1:])
    first, second = corner[:-1, :-1, None], corner[1:, :-1, None]
    third, fourth = corner[1:, 1:, None], corner[:-1, 1:, None]
    sides = [first, across[:, :-1], second, up[1:], third, across[:, 1:, ::-1], fourth, up[:-1, :, ::-1]]
    rings = np.concatenate(sides, axis=2).reshape(n * n, -1, 2) * (SIDE / n) + ORIGIN
    return gpd.GeoDataFrame({"parcel": np.arange(n * n)}, geometry=shapely.polygons(rings), crs=CRS)


def redline(vertices, seed=2):
    """Two ragged polygons of about `vertices` vertices in all, each with 150 holes."""
    rng = np.random.default_rng(seed)
    shapes = []
    for place in (0.25, 0.75):
        n = vertices // 2
        order = np.arange(1, n // 2 + 1)
        wave = (rng.normal(size=n // 2) + 1j * rng.normal(size=n // 2)) * order**-1.35
        noise = np.fft.irfft(np.concatenate([[0], wave]), n)
        radius = SIDE / 4.1 * np.exp(np.clip(0.25 * noise / noise.std(), -1, 0.0))
        angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
        centre = ORIGIN + SIDE * np.array([place, 0.5])
        shell = shapely.Polygon(centre + np.column_stack([np.cos(angle), np.sin(angle)]) * radius[:, None])
        spots = shapely.points(centre + rng.uniform(-0.5, 0.5, size=(150, 2)) * radius.min())
        holes = shapely.union_all(shapely.buffer(spots, rng.uniform(50, 250, size=150)))
        shapes.append(shapely.difference(shell, holes))
    return gpd.GeoDataFrame({"zone": np.arange(2)}, geometry=shapes, crs=CRS)


def plain(left, right):
    """STRtree query and shapely.intersection."""
    one, other = right.sindex.query(left.geometry, predicate="intersects")
    return shapely.area(shapely.intersection(left.geometry.values[one], right.geometry.values[other])).sum()


def overlay(left, right):
    """geopandas.overlay."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return gpd.overlay(left, right, "intersection", keep_geom_type=True).area.sum()


WAYS = {
    "overlap_area (areas alone)": lambda left, right: overlap_area(left, right).sum(),
    "intersect (geometry and columns)": lambda left, right: intersect(left, right).area.sum(),
    "STRtree + intersection": plain,
    "geopandas.overlay": overlay,
}


def main():
    """Make the data, time every way, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parcels", type=int, default=50_000)
    parser.add_argument("--mean-vertices", type=int, default=60)
    parser.add_argument("--redline-vertices", type=int, default=100_000)
    parser.add_argument("--only-ours", action="store_true", help="leave the slow peers out")
    options = parser.parse_args()
    left, right = parcels(options.parcels, options.mean_vertices), redline(options.redline_vertices)
    share = right.area.sum() / left.area.sum()
    counts = [len(left), left.count_coordinates().sum(), right.count_coordinates().sum()]
    print(f"{counts[0]:,} parcels, {counts[1]:,} vertices; red line {counts[2]:,} vertices, {share:.0%} of the area")
    base = first = None
    for name, way in list(WAYS.items())[: 2 if options.only_ours else None]:
        start = time.process_time()
        total = float(way(left, right))
        seconds = time.process_time() - start
        base, first = base or seconds, first or total
        print(f"{name:34s} {seconds:8.2f} s {seconds / base:8.1f} ×  {total:.3f} m²  differs {total / first - 1:+.1e}")


if __name__ == "__main__":
    main()

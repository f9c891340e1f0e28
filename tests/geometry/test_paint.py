"""Polygons painted on a grid, beside GDAL's rasterize (another way: polygon by polygon) and by hand."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio.features
import shapely
from rasterio.transform import from_origin

from qsgis.geometry.paint import Grid, painted

WEST, NORTH, CELL = 500_000.0, 4_000_100.0, 2.0
GRID = Grid(WEST, NORTH, CELL, 50, 60)


def by_gdal(polygons, number):
    picture = np.zeros((GRID.rows, GRID.columns), np.uint8)
    for value in np.unique(number):
        for polygon in polygons[number == value]:
            rasterio.features.rasterize(
                [(polygon, int(value))], out=picture, transform=from_origin(WEST, NORTH, CELL, CELL)
            )
    return picture


def stars(seed, size, *, holes):
    """Polygons with many corners, some beyond the grid, most overlapping others."""
    rng = np.random.default_rng(seed)
    found = []
    for _number in range(size):
        middle = rng.uniform([WEST - 20, NORTH - 120], [WEST + 140, NORTH + 20])
        angle = np.sort(rng.uniform(0, 2 * np.pi, 30))
        radius = rng.uniform(4, 30, 30)
        ring = middle + np.c_[np.cos(angle), np.sin(angle)] * radius[:, None]
        star = shapely.Polygon(ring).buffer(0)
        found.append(star.difference(shapely.Point(middle).buffer(3)) if holes else star)
    return np.array(found, dtype=object)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("holes", [False, True])
def test_a_cell_has_the_number_of_the_polygon_that_holds_its_centre(seed, holes):
    polygons = stars(seed, 12, holes=holes)
    number = np.random.default_rng(seed).integers(1, 5, 12).astype(np.uint8)
    assert painted(polygons, number, GRID).tolist() == by_gdal(polygons, number).tolist()


def test_two_polygons_of_one_number_that_overlap_leave_no_hole():
    box = shapely.box(WEST + 10, NORTH - 30, WEST + 30, NORTH - 10)
    picture = painted(np.array([box, box, box.buffer(4)]), np.full(3, 7, np.uint8), GRID)
    assert picture.max() == 7 and (picture[5:15, 5:15] == 7).all()


def test_parts_rings_run_either_way_and_what_has_no_ground_is_nothing():
    whole = shapely.box(WEST, NORTH - 100, WEST + 120, NORTH)
    hole = shapely.box(WEST + 20, NORTH - 40, WEST + 40, NORTH - 20)
    turned = shapely.Polygon(whole.exterior.coords[::-1], [hole.exterior.coords])
    same = shapely.Polygon(whole.exterior.coords, [hole.exterior.coords])
    both = np.array([shapely.MultiPolygon([turned, hole]), None, shapely.Polygon()], dtype=object)
    assert (painted(both, np.array([3, 4, 5], np.uint8), GRID) == 3).all()
    for polygon in (turned, same):
        picture = painted(np.array([polygon]), np.array([1], np.uint8), GRID)
        assert (picture == 0).sum() == 100  # the hole: 20 m by 20 m of 2 m cells
    assert not painted(np.empty(0, object), np.empty(0, np.uint8), GRID).any()


def test_more_polygons_than_a_window_holds_are_all_painted():
    corner = np.stack(np.meshgrid(np.arange(100), np.arange(100)), -1).reshape(-1, 2)
    small = shapely.box(corner[:, 0], corner[:, 1], corner[:, 0] + 1, corner[:, 1] + 1)
    number = (corner.sum(axis=1) % 2 + 1).astype(np.uint8)
    picture = painted(small, number, Grid(0.0, 100.0, 1.0, 100, 100))
    rows, columns = np.indices((100, 100))
    assert (picture == (columns + 99 - rows) % 2 + 1).all()

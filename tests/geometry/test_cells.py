"""Polygons on grids, against a plain loop over the squares of each."""

import numpy as np
import pytest
import shapely

from qsgis.geometry.cells import BLOCK, cells, outlines

from .shapes import ORIGIN, array, ragged, square


def plainly(polygon, size):
    """Every square of the polygon's grid that shares ground with it, row by row from below, and what it shares."""
    west, south, east, north = polygon.bounds
    grid = [
        shapely.box(west + i * size, south + j * size, west + (i + 1) * size, south + (j + 1) * size)
        for j in range(int(np.ceil((north - south) / size)))
        for i in range(int(np.ceil((east - west) / size)))
    ]
    shared = [(one, shapely.intersection(polygon, one)) for one in grid]
    return [(one, part) for one, part in shared if part.area > 0]


@pytest.mark.parametrize("size", [2.0, 13.0, 30.0, 1000.0])
def test_cells_are_those_of_a_plain_loop(size):
    """One square, fewer than a block, many blocks; with holes, of several parts, and none of an empty one."""
    split = shapely.MultiPolygon([square(*ORIGIN, 70.0), square(*(ORIGIN + 400), 35.0)])
    polygons = array(ragged(1, radius=100.0), shapely.Polygon(), split, ragged(2, radius=90.0))
    found = cells(polygons, size)
    expected = [(row, *pair) for row in (0, 2, 3) for pair in plainly(polygons[row], size)]
    assert size != 2.0 or len(expected) > 20 * BLOCK**2
    assert found.owner.tolist() == [row for row, _square, _part in expected]
    assert shapely.equals(found.square, array(*(one for _row, one, _part in expected))).all()
    assert found.area == pytest.approx([part.area for _row, _square, part in expected], abs=1e-6)
    centres = np.array([part.centroid.coords[0] for _row, _square, part in expected])
    assert found.spot == pytest.approx(centres, abs=1e-6)
    assert shapely.area(shapely.symmetric_difference(found.geometry, array(*(one[2] for one in expected)))).max() < 1e-6


def test_outlines_are_the_unions_of_the_squares():
    """Random squares of a polygon and the others, neighbours and such as meet in a corner alone."""
    polygon = ragged(3, radius=100.0)
    found = cells(array(polygon), 7.3)
    group = np.random.default_rng(3).integers(0, 2, len(found.owner))
    outline = outlines(found.square, group)
    unions = array(*(shapely.union_all(found.square[group == number]) for number in (0, 1)))
    assert shapely.is_valid(outline).all()
    assert shapely.area(shapely.symmetric_difference(outline, unions)) == pytest.approx([0, 0], abs=1e-6)
    parts = shapely.intersection(polygon, outline)
    assert shapely.area(parts) == pytest.approx([found.area[group == number].sum() for number in (0, 1)], rel=1e-9)

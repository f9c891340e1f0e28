"""Which polygons overlap: against the plain comparison of each with each."""

import numpy as np
import pytest
import shapely
from shapely import box

from qsgis.geometry import overlay, twice

from .shapes import array

GRID = [box(x, y, x + 1, y + 1) for x in range(5) for y in range(5)]
AROUND = box(-9, -9, 14, 14)
RING = box(0, 0, 3, 3).difference(box(1, 1, 2, 2))
CASES = {
    "a coverage": GRID,
    "a coverage in parts": [shapely.MultiPolygon([GRID[0], GRID[12]]), *GRID[1:12], *GRID[13:]],
    "a cover over all": [AROUND, *GRID],
    "all under a cover": [*GRID, AROUND],
    "two versions of one layer": [*GRID, *GRID],
    "two coverages of other cells": [*GRID, *(box(x, y, x + 2.5, y + 2.5) for x in (0, 2.5) for y in (0, 2.5))],
    "one drawn over others": [*GRID, box(0.5, 0.5, 2.5, 1.5)],
    "one inside another": [*GRID, box(1.25, 1.25, 1.75, 1.75)],
    "one apart": [*GRID, box(20, 20, 21, 21)],
    "one beside, vertex on edge": [*GRID, box(5, 0.5, 6, 1.5)],
    "a ring, its filling and a cover": [RING, box(1, 1, 2, 2), AROUND],
    "rings run the other way": [shapely.reverse(cell) if k % 2 else cell for k, cell in enumerate(GRID)] + [AROUND],
    "minus zero": [*GRID, box(-1, -0.0, 0, 1), box(-1, -1, -0.0, 0)],
    "a gap": GRID[:12] + GRID[13:],
    "a bridge over a gap": GRID[:12] + GRID[13:] + [box(1.5, 2.25, 3.5, 2.75)],
}


def each_with_each(polygons):
    couples = [(i, j) for i in range(len(polygons)) for j in range(i)]
    return [(i, j) for i, j in couples if shapely.relate_pattern(polygons[i], polygons[j], "2********")]


@pytest.mark.parametrize("way", ["by edges", "by neighbours"])
@pytest.mark.parametrize("name", CASES)
def test_as_each_compared_with_each(name, way, monkeypatch):
    monkeypatch.setattr(twice, "FEW", 0)
    monkeypatch.setattr(twice, "LOOSE", 2.0 if way == "by edges" else -1.0)
    polygons = array(*CASES[name])
    later, earlier = twice.overlapping(polygons)
    assert list(zip(later.tolist(), earlier.tolist(), strict=True)) == each_with_each(polygons)


@pytest.mark.parametrize("seed", range(12))
def test_patches_drawn_over_a_coverage(seed, monkeypatch):
    monkeypatch.setattr(twice, "FEW", 0)
    rng = np.random.default_rng(seed)
    corners = rng.uniform(-1, 5, (4, 2))
    drawn = [shapely.Point(*corner).buffer(rng.uniform(0.05, 2), quad_segs=4) for corner in corners]
    polygons = array(*rng.permutation(np.array([*GRID, *drawn], dtype=object)))
    later, earlier = twice.overlapping(polygons)
    assert list(zip(later.tolist(), earlier.tolist(), strict=True)) == each_with_each(polygons)


def test_ground_under_a_cover_counts_once():
    single, _row = overlay.disjoint(array(AROUND, *GRID))
    assert shapely.area(single).sum() == pytest.approx(23 * 23)


def test_nothing_and_one():
    for polygons in (array(), array(GRID[0])):
        later, earlier = twice.overlapping(polygons)
        assert len(later) == len(earlier) == 0

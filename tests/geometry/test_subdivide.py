import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from qsgis.geometry import subdivide as module
from qsgis.geometry.subdivide import subdivide

from .shapes import array, coverage, ragged, square


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([12, 40, 256]))
def test_tiles_cover_their_polygon_once(seed, limit):
    polygons = array(ragged(seed), *coverage(seed), ragged(seed + 1, 900))
    tiles = subdivide(polygons, limit)
    assert tiles.fallbacks == 0
    assert shapely.get_num_coordinates(tiles.geometry).max() <= limit
    for row, polygon in enumerate(polygons):
        mine = tiles.geometry[tiles.owner == row]
        assert shapely.area(mine).sum() == pytest.approx(polygon.area, rel=1e-12)
        assert shapely.symmetric_difference(shapely.union_all(mine), polygon).area < 1e-6


def test_a_small_polygon_is_its_own_tile():
    tiles = subdivide(array(square(0, 0)), 256)
    assert tiles.geometry[0] == square(0, 0)
    assert tiles.owner.tolist() == [0]


def test_a_hole_on_the_cut_line():
    """The first cut of a 0–8 square is at x = 4, where the hole's side lies."""
    shape = square(0, 0, 8).difference(square(4, 2, 2))
    tiles = subdivide(array(shape), 6)
    assert shapely.area(tiles.geometry).sum() == 64 - 4
    assert shapely.union_all(tiles.geometry).equals(shape)


def test_an_unsound_clip_is_made_up_for(monkeypatch):
    """Where clip_by_rect loses a half, intersection takes its place; with both broken the polygon stays, counted."""
    shape = ragged(3)
    monkeypatch.setattr(module.shapely, "clip_by_rect", lambda *args: shapely.Polygon())
    tiles = subdivide(array(shape), 64)
    assert shapely.area(tiles.geometry).sum() == pytest.approx(shape.area, rel=1e-12)
    assert tiles.fallbacks == 0
    monkeypatch.setattr(module.shapely, "intersection", lambda a, b: np.full((len(a), 2), shapely.Polygon()))
    tiles = subdivide(array(shape), 64)
    assert tiles.fallbacks == 1
    assert tiles.geometry.tolist() == [shape]


def test_no_polygons():
    assert len(subdivide(array()).geometry) == 0

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from qsgis.geometry import subdivide as module
from qsgis.geometry.subdivide import joined, meetings, subdivide

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


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_what_tiles_were_cut_out_of_is_made_of_them(seed):
    """All tiles below one polygon on the way down make up that polygon, and no others do."""
    tiles = subdivide(array(ragged(seed), ragged(seed + 1, 900)), 40)
    assert len(tiles.larger)
    assert shapely.is_valid(tiles.larger).all()
    for place, polygon in enumerate(tiles.larger):
        below = (tiles.above == place).any(axis=1)
        assert len(np.unique(tiles.owner[below])) == 1
        assert shapely.area(tiles.geometry[below]).sum() == pytest.approx(polygon.area, abs=1e-6)
        assert shapely.symmetric_difference(shapely.union_all(tiles.geometry[below]), polygon).area < 1e-6


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_groups_of_tiles_are_joined(seed):
    """The polygon of a group holds its tiles, and no more ground than the polygon that they were cut out of."""
    polygons = array(ragged(seed), ragged(seed + 1, 900))
    tiles = subdivide(polygons, 40)
    rng = np.random.default_rng(seed)
    owner = rng.integers(0, 2, 20)
    members = [rng.choice(np.flatnonzero(tiles.owner == one), rng.integers(1, 4)) for one in owner]
    group, tile = np.repeat(np.arange(20), [len(some) for some in members]), np.concatenate(members)
    found = joined(tiles, group, tile)
    for number, some in enumerate(members):
        union = shapely.union_all(tiles.geometry[some])
        assert shapely.difference(union, found[number]).area < 1e-6
        assert shapely.difference(found[number], polygons[owner[number]]).area < 1e-6


def test_touches_are_told_where_they_are_many():
    """Ten squares in a row touch the next ones; of thirty that lie across a large square's side one more touches it."""
    tiles = subdivide(array(*(square(k, 0) for k in range(10))), 256)
    row, tile, _inside = meetings(tiles.geometry, tiles, touches=None)
    assert row.tolist() == tile.tolist() == list(range(10))
    large = subdivide(array(square(0, 0, 100)), 256)
    across = array(*(square(-0.5, 3 * k + 1) for k in range(30)), square(100, 5), square(50, 50))
    row, _tile, inside = meetings(across, large, touches=None)
    assert row.tolist() == list(range(32))
    assert np.flatnonzero(inside).tolist() == [31]
    row, _tile, _inside = meetings(across, large)
    assert row.tolist() == [*range(30), 31]


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

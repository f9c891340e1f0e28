"""Ground outside and ground counted once, against plain shapely on the layers of test_same_answer.

What of each polygon the earlier ones leave, right to 1e-6 m² for each, makes the union the same and overlaps none.
"""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from qsgis.geometry import intersect, overlap_area, overlay, twice

from .shapes import array, frame, square, voronoi, wiggly
from .test_same_answer import HARD, PLACES, TILES, coarse, cut_at, parcels, quick, red_lines, seeds


@quick
@given(seeds, st.sampled_from(["zone without number", "at the origin", "big"]), st.sampled_from(TILES))
def test_outside_as_the_difference_with_the_union(seed, place, sizes):
    size, origin = PLACES[place]
    land = parcels(seed, size, origin)
    lines = red_lines(seed, land, size, origin)[: 2 + seed % 6]
    with pytest.MonkeyPatch.context() as patch:
        cut_at(patch, sizes)
        row, geometry, area = overlay.outside(land, lines)[:3]
        single, _owner = overlay.disjoint(lines)
        inside = overlay.pairs(land, single)
    union = shapely.union_all(lines)
    theirs = shapely.difference(land, union)
    allowed = 1e-9 * shapely.area(theirs) + 1e-6 * (size / 100) ** 2
    ours = np.full(len(land), shapely.Polygon(), dtype=object)
    ours[row] = geometry
    assert row.tolist() == sorted(set(row.tolist()))
    assert area.tolist() == shapely.area(geometry).tolist()
    assert shapely.is_valid(geometry).all()
    assert (np.abs(shapely.area(ours) - shapely.area(theirs)) <= allowed).all()
    assert (shapely.area(shapely.symmetric_difference(ours, theirs)) <= allowed).all()
    assert area.sum() == pytest.approx(shapely.area(theirs).sum(), rel=1e-12)
    sums = np.bincount(inside.left, inside.area, len(land)) + np.bincount(row, area, len(land))
    assert sums == pytest.approx(shapely.area(land), rel=1e-9, abs=1e-6 * (size / 100) ** 2)
    assert sums.sum() == pytest.approx(shapely.area(land).sum(), rel=1e-12)
    for k, pieces in pieces_of(inside).items():
        whole = shapely.union_all(array(*pieces, ours[k]))
        assert shapely.symmetric_difference(whole, land[k]).area <= 1e-6 * (size / 100) ** 2


@quick
@given(seeds)
def test_ground_between_a_red_line_and_its_copy_beside_it(seed):
    """10⁻⁷ m apart, GEOS snaps vertices by as much as 10⁻¹² of a coordinate, the peer as well as we: 4·10⁻⁶ m. Of a
    sliver this narrow no more than a hundredth of the smallest area that is ever shown may get lost."""
    land = parcels(seed)
    lines = red_lines(seed, land)
    single, _owner = overlay.disjoint(lines)
    inside = overlay.pairs(land, single)
    row, _geometry, area = overlay.outside(land, lines)[:3]
    sums = np.bincount(inside.left, inside.area, len(land)) + np.bincount(row, area, len(land))
    assert sums == pytest.approx(shapely.area(land), abs=1e-4)
    theirs = shapely.area(shapely.difference(land, shapely.union_all(lines)))
    assert np.bincount(row, area, len(land)) == pytest.approx(theirs, abs=1e-4)


def pieces_of(found):
    """Row of the left side -> its pieces."""
    return {k: list(found.geometry[found.left == k]) for k in np.unique(found.left)}


@pytest.mark.parametrize("name", HARD)
def test_inside_and_outside_of_shapes_that_hurt(name):
    left, right = HARD[name]
    single, owner = overlay.disjoint(right)
    inside = overlay.pairs(left, single)
    row, _geometry, area = overlay.outside(left, right)[:3]
    sums = np.bincount(inside.left, inside.area, len(left)) + np.bincount(row, area, len(left))
    assert sums == pytest.approx(shapely.area(left), rel=1e-9, abs=1e-6)
    assert sums.sum() == pytest.approx(shapely.area(left).sum(), rel=1e-12)
    assert owner.tolist() == sorted(set(owner.tolist()))


def check_once(polygons, size=100.0, *, snapped=False):
    """Each polygon minus all earlier ones; those of which nothing is left have no row.

    snapped: borders 10⁻⁷ m apart, of which GEOS makes one or two as it happens, the peer as well as we.
    """
    geometry, owner = overlay.disjoint(polygons)
    ours = np.full(len(polygons), shapely.Polygon(), dtype=object)
    ours[owner] = geometry
    allowed = 1e-4 if snapped else 1e-6 * coarse(polygons, size) * (size / 100) ** 2
    assert owner.tolist() == sorted(set(owner.tolist()))
    assert shapely.is_valid(geometry).all()
    for k, polygon in enumerate(polygons):
        rest = polygon.difference(shapely.union_all(polygons[:k]))
        assert shapely.symmetric_difference(ours[k], rest).area <= allowed + 1e-9 * rest.area, k
    union = shapely.union_all(polygons)
    assert shapely.area(geometry).sum() == pytest.approx(
        union.area, rel=1e-12 * coarse(polygons, size), abs=allowed * snapped
    )


@pytest.mark.parametrize("few", [0, 1000])
def test_a_cover_over_polygons_that_fit_each_other(few, monkeypatch):
    """Three by three squares, the middle one among neighbours on all sides, and a box over all: 21² m², once."""
    monkeypatch.setattr(twice, "FEW", few)
    monkeypatch.setattr(twice, "LOOSE", 1.1)
    squares, cover = [square(x, y) for x in range(3) for y in range(3)], shapely.box(-9, -9, 12, 12)
    assert overlay.disjoint(array(cover, *squares))[1].tolist() == [0]
    geometry, owner = overlay.disjoint(array(*squares, cover))
    assert (owner.tolist(), shapely.area(geometry).sum()) == (list(range(10)), 441.0)
    assert overlap_area(frame([shapely.box(0.5, 0.5, 2.5, 2.5)]), frame([cover, *squares])).tolist() == [4.0]


@pytest.mark.parametrize("seed", [1, 7, 19])
def test_nothing_is_outside_the_same_parcels_with_edges_divided(seed):
    """Vertices on the edges but for rounding: GEOS takes some such parcels for disjoint from what covers them."""
    land = wiggly(voronoi(seed, 60), seed)
    divided = shapely.segmentize(land, 1.7)
    assert overlay.outside(land, divided).area.sum() < 1e-6
    assert overlay.pairs(land, divided).area.sum() == pytest.approx(shapely.area(land).sum(), rel=1e-12)


@quick
@given(seeds, st.sampled_from(sorted(PLACES)))
def test_disjoint_is_each_minus_the_earlier_ones(seed, place):
    size, origin = PLACES[place]
    land = parcels(seed, size, origin, 30)
    lines = red_lines(seed, land, size, origin)[:-1]
    check_once(array(*land[:10], *lines[np.random.default_rng(seed).permutation(len(lines))], *land[5:20]), size)


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("few", [0, 1000])
def test_disjoint_of_shapes_that_hurt(name, few, monkeypatch):
    """Overlaps found by the edges that no neighbour has, as in large layers, and by comparing neighbours."""
    monkeypatch.setattr(twice, "FEW", few)
    monkeypatch.setattr(twice, "LOOSE", 1.1)
    left, right = HARD[name]
    check_once(array(*right[:30], *left[:30]), snapped=any(word in name for word in ("copies", "vertex")))


@quick
@given(seeds)
def test_frames_as_geopandas(seed):
    """overlap_area is the ground in the union; intersect has the rows of geopandas, and as much ground."""
    land = parcels(seed)
    lines = red_lines(seed, land)[:-1]
    left, right = frame(land, a=range(len(land))), frame(lines, b=range(len(lines)))
    inside = overlap_area(left, right)
    expected = left.geometry.intersection(shapely.union_all(lines)).area
    assert inside.to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-9, abs=1e-6)
    assert inside.sum() == pytest.approx(expected.sum(), rel=1e-12)
    ours, theirs = intersect(left, right), gpd.overlay(left, right, keep_geom_type=True)
    theirs = theirs[theirs.area > 1e-6]
    rows = ours[ours.area > 1e-6][["a", "b"]].to_numpy().tolist()
    assert rows == sorted(theirs[["a", "b"]].to_numpy().tolist())
    assert ours.area.sum() == pytest.approx(theirs.area.sum(), rel=1e-12)

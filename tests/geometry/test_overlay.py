import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from qsgis.geometry import arrays, overlay, subdivide

from .shapes import array, coverage, frame, ragged, square

seeds = st.integers(0, 10**6)
BOWTIE = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
NAN = shapely.Polygon([(0, 0), (1, 0), (np.nan, 1)])


@pytest.fixture(params=[16, 64, 256])
def tile(request, monkeypatch):
    """Tiles so small that every polygon is cut, and of the usual size."""
    monkeypatch.setattr(subdivide, "TILE", request.param)
    monkeypatch.setattr(overlay, "SMALL_TILE", request.param)


def peer(left, right):
    """(left, right) -> geometry as geopandas.overlay has it."""
    found = gpd.overlay(frame(left, a=range(len(left))), frame(right, b=range(len(right))), keep_geom_type=True)
    return {(a, b): shape for a, b, shape in zip(found["a"], found["b"], found.geometry, strict=True)}


def agree(left, right):
    ours, theirs = overlay.pairs(left, right), peer(left, right)
    theirs = {pair: shape for pair, shape in theirs.items() if shape.area > 1e-6}
    assert list(zip(ours.left.tolist(), ours.right.tolist(), strict=True)) == sorted(theirs)
    assert ours.area.sum() == pytest.approx(sum(shape.area for shape in theirs.values()), rel=1e-12)
    for a, b, area, shape in zip(ours.left, ours.right, ours.area, ours.geometry, strict=True):
        assert shape.is_valid
        assert area == shape.area
        assert shapely.symmetric_difference(shape, theirs[a, b]).area < 1e-6
        assert shapely.get_num_geometries(shape) == shapely.get_num_geometries(theirs[a, b])
    assert ours.fallbacks == 0


def test_squares_by_hand():
    found = overlay.pairs(array(square(0, 0, 2), square(5, 5)), array(square(1, 1, 2), square(1, 0)))
    assert found.left.tolist() == [0, 0]
    assert found.right.tolist() == [0, 1]
    assert found.area.tolist() == [1.0, 1.0]
    assert found.geometry[0].equals(square(1, 1))


def test_a_touch_is_no_ground():
    found = overlay.pairs(array(square(0, 0)), array(square(1, 0), square(1, 1)))
    assert len(found.left) == 0


@pytest.mark.usefixtures("tile")
@pytest.mark.parametrize("seed", range(6))
def test_parcels_and_red_lines_as_geopandas(seed):
    agree(coverage(seed), array(ragged(seed), ragged(seed + 99, 700, radius=120.0)))


@pytest.mark.usefixtures("tile")
@pytest.mark.parametrize("seed", range(3))
def test_large_polygons_on_the_left(seed):
    agree(array(ragged(seed), ragged(seed + 99, 700, radius=120.0)), coverage(seed))


@pytest.mark.usefixtures("tile")
def test_two_coverages_and_a_coverage_with_itself():
    agree(coverage(1), coverage(2, n=7, size=90.0))
    agree(coverage(1), coverage(1))


@pytest.mark.usefixtures("tile")
def test_zones_that_follow_the_parcels():
    """Zones made of parcels: each parcel lies in one zone, whole, and its neighbours' touches are no rows."""
    parcels = coverage(5, n=8)
    half = len(parcels) // 2
    zones = array(shapely.union_all(parcels[:half]), shapely.union_all(parcels[half:]))
    found = overlay.pairs(parcels, zones)
    assert found.left.tolist() == list(range(len(parcels)))
    assert found.right.tolist() == [0] * half + [1] * (len(parcels) - half)
    assert found.area == pytest.approx(shapely.area(parcels), rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_random_layers_as_geopandas(seed):
    agree(coverage(seed, n=4), array(ragged(seed + 1), *coverage(seed + 2, n=3, size=110.0)))


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_order_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    left, right = coverage(seed), array(ragged(seed), ragged(seed + 1, radius=150.0), ragged(seed + 2, radius=90.0))
    p, q = rng.permutation(len(left)), rng.permutation(len(right))
    one, other = overlay.pairs(left, right), overlay.pairs(left[p], right[q])
    first = {(a, b): area for a, b, area in zip(one.left, one.right, one.area, strict=True)}
    second = {(p[a], q[b]): area for a, b, area in zip(other.left, other.right, other.area, strict=True)}
    assert first.keys() == second.keys()
    assert all(first[pair] == pytest.approx(second[pair], rel=1e-12) for pair in first)


@settings(max_examples=15, deadline=None)
@given(seeds, st.integers(-(2**10), 2**10))
def test_shift_changes_nothing(seed, step):
    """Coordinates on a binary grid of 1/1024 m, so that the shift itself rounds nothing."""
    move = step * 64.0

    def grid(shapes):
        return shapely.transform(shapes, lambda c: np.round(c * 1024) / 1024)

    left, right = grid(coverage(seed)), array(grid(ragged(seed, holes=0)))
    right = right[shapely.is_valid(right)]
    one = overlay.pairs(left, right)
    other = overlay.pairs(shapely.transform(left, lambda c: c + move), shapely.transform(right, lambda c: c + move))
    assert other.left.tolist() == one.left.tolist()
    assert other.area == pytest.approx(one.area, rel=1e-9, abs=1e-5)


def test_bad_geometry_is_refused_by_row_and_never_raises():
    line = shapely.LineString([(0, 0), (1, 1)])
    left = array(square(0, 0, 3), BOWTIE, None, shapely.Polygon(), NAN, line)
    right = array(BOWTIE, square(1, 1, 5))
    found = overlay.pairs(left, right)
    assert found.refused_left.tolist() == [1, 2, 3, 4, 5]
    assert found.refused_right.tolist() == [0]
    assert (found.left.tolist(), found.right.tolist(), found.area.tolist()) == ([0], [1], [4.0])


@settings(max_examples=15, deadline=None)
@given(seeds)
def test_random_rings_never_raise_and_the_valid_ones_are_as_plain_geos(seed):
    """Most random rings cross themselves; some have a vertex twice, NaN or infinity in them."""
    rng = np.random.default_rng(seed)
    rings = []
    for row in range(60):
        coords = rng.uniform(0, 10, size=(rng.integers(3, 8), 2))
        coords[1] = (coords[1], coords[0], np.nan, np.inf)[row % 16 // 4] if row % 4 == 0 else coords[1]
        rings.append(shapely.Polygon(coords))
    shapes = array(*rings)
    found = overlay.pairs(shapes, shapes)
    good = np.setdiff1d(np.arange(60), found.refused_left)
    assert good.tolist() == np.flatnonzero(shapely.is_valid(shapes)).tolist()
    plain = shapely.area(shapely.intersection(shapes[good, None], shapes[good])).sum()
    assert found.area.sum() == pytest.approx(plain, rel=1e-12)


def test_nothing_with_anything():
    for left, right in ((array(), array(square(0, 0))), (array(square(0, 0)), array()), (array(), array())):
        found = overlay.pairs(left, right)
        assert len(found.left) == len(found.area) == len(found.geometry) == 0


def test_z_is_left_aside():
    high = shapely.force_3d(array(square(0, 0, 2)), 850.0)
    found = overlay.pairs(high, array(square(1, 1, 2)))
    assert found.area.tolist() == [1.0]
    assert not shapely.has_z(found.geometry).any()


def test_areas_alone_are_the_same():
    left, right = coverage(8), array(ragged(8))
    bare = overlay.pairs(left, right, geometry=False)
    assert bare.geometry is None
    assert bare.area.tolist() == overlay.pairs(left, right).area.tolist()


def test_a_couple_that_geos_cannot_node_is_computed_on_a_grid_and_counted():
    def fails_in_floating_point(one, other, grid_size=None):
        if grid_size is None:
            raise shapely.errors.GEOSException("TopologyException: side location conflict")
        return shapely.intersection(one, other, grid_size=grid_size)

    one, other = array(square(0, 0, 2)), array(square(1, 1, 2))
    found, fallbacks = arrays.computed(fails_in_floating_point, one, other, 2.0**-31)
    assert fallbacks == 1
    assert found[0].area == pytest.approx(1.0, abs=1e-6)


@pytest.mark.usefixtures("tile")
@pytest.mark.parametrize("seed", range(4))
def test_inside_and_outside_add_up_to_the_whole(seed):
    left, right = coverage(seed), array(ragged(seed), ragged(seed + 50, radius=150.0))
    single, owner = overlay.disjoint(right)
    inside = overlay.pairs(left, single)
    row, geometry, area, *_ = overlay.outside(left, right)
    sums = np.bincount(inside.left, inside.area, len(left)) + np.bincount(row, area, len(left))
    assert sums == pytest.approx(shapely.area(left), abs=1e-6)
    assert sums.sum() == pytest.approx(shapely.area(left).sum(), rel=1e-12)
    union = shapely.union_all(right)
    for k, shape in zip(row, geometry, strict=True):
        assert shapely.symmetric_difference(shape, left[k].difference(union)).area < 1e-6
    assert set(owner.tolist()) <= {0, 1}


def test_outside_by_hand():
    left = array(square(0, 0, 2), square(10, 10), square(1.25, 1.25, 0.5), None)
    row, geometry, area, *_ = overlay.outside(left, array(square(1, 1), None))
    assert row.tolist() == [0, 1]
    assert area.tolist() == [3.0, 1.0]
    assert geometry[1] is left[1]


def test_outside_of_zones_that_overlap():
    """The small square lies inside the first zone and across the border of the second: nothing is left of it."""
    row, _geometry, _area, *_ = overlay.outside(array(square(1, 1)), array(square(0, 0, 4), square(1.5, 1.5, 4)))
    assert row.tolist() == []


def test_outside_nothing_is_everything():
    row, _geometry, area, *_ = overlay.outside(array(square(0, 0)), array())
    assert (row.tolist(), area.tolist()) == ([0], [1.0])


def test_ground_covered_twice_belongs_to_the_first():
    geometry, owner = overlay.disjoint(array(square(0, 0, 2), square(1, 0, 2), square(0, 0, 1), square(1, 1, 2)))
    assert owner.tolist() == [0, 1, 3]
    assert shapely.area(geometry).tolist() == [4.0, 2.0, 2.0]
    assert geometry[2].equals(square(1, 2, 2).intersection(square(1, 2, 1).union(square(2, 2, 1))))


def test_a_polygon_inside_a_later_one_and_duplicates():
    geometry, owner = overlay.disjoint(array(square(1, 1), square(0, 0, 3), square(0, 0, 3)))
    assert owner.tolist() == [0, 1]
    assert shapely.area(geometry).tolist() == [1.0, 8.0]


def test_a_coverage_is_returned_as_it_is():
    parcels = coverage(3)
    geometry, owner = overlay.disjoint(parcels)
    assert all(ours is theirs for ours, theirs in zip(geometry, parcels, strict=True))
    assert owner.tolist() == list(range(len(parcels)))


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_disjoint_covers_the_union_once(seed):
    rng = np.random.default_rng(seed)
    shapes = array(*(ragged(seed + k, 60, radius=rng.uniform(20, 250)) for k in range(6)))
    geometry, _owner = overlay.disjoint(shapes)
    assert shapely.area(geometry).sum() == pytest.approx(shapely.union_all(shapes).area, rel=1e-10)


def test_what_would_change_the_ground_is_refused():
    for call in (lambda: overlay.disjoint(array(BOWTIE)), lambda: overlay.outside(array(square(0, 0)), array(NAN))):
        with pytest.raises(ValueError, match="0"):
            call()

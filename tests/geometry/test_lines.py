import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from qsgis.geometry import lines, overlay, subdivide
from qsgis.geometry.lines import merge_doubled

from .shapes import ORIGIN, array, coverage, ragged, square


def line(*points):
    return shapely.LineString(points)


def walk(seed, n=120, step=25.0):
    rng = np.random.default_rng(seed)
    turn = np.cumsum(rng.normal(0, 0.5, size=n))
    return line(*(ORIGIN + 300 + np.cumsum(np.column_stack([np.cos(turn), np.sin(turn)]) * step, axis=0)))


def test_clip_by_hand():
    row, zone, part = lines.clip(
        array(line((-1, 0.5), (3, 0.5)), line((9, 9), (10, 9))), array(square(0, 0), square(1, 0))
    )
    assert list(zip(row.tolist(), zone.tolist(), shapely.length(part).tolist(), strict=True)) == [
        (0, 0, 1.0),
        (0, 1, 1.0),
    ]


def test_a_run_on_a_common_border_goes_to_the_first():
    row, zone, part = lines.clip(array(line((1, 0), (1, 1))), array(square(1, 0), square(0, 0)))
    assert (row.tolist(), zone.tolist(), shapely.length(part).tolist()) == ([0], [0], [1.0])


def test_a_line_that_enters_from_the_border():
    """Along the common border for 1, then inside the second square for 1."""
    _row, zone, part = lines.clip(array(line((1, 0), (1, 1), (1.5, 1), (1.5, 0.5))), array(square(0, 0), square(1, 0)))
    assert dict(zip(zone.tolist(), shapely.length(part).tolist(), strict=True)) == {0: 1.0, 1: 1.0}


def test_a_touch_in_a_point_is_no_row():
    row, _zone, _part = lines.clip(array(line((0, 2), (1, 1))), array(square(0, 0)))
    assert len(row) == 0
    row, part = lines.outside(array(line((0, 2), (1, 1))), array(square(0, 0)))
    assert shapely.length(part).tolist() == [pytest.approx(2**0.5)]


@pytest.mark.parametrize("tile", [16, 256])
@pytest.mark.parametrize("seed", range(5))
def test_clip_and_outside_as_plain_geos(seed, tile, monkeypatch):
    monkeypatch.setattr(subdivide, "TILE", tile)
    walks = array(*(walk(seed * 10 + k) for k in range(5)))
    zones, _owner = overlay.disjoint(array(ragged(seed), ragged(seed + 7, radius=150.0)))
    row, zone, part = lines.clip(walks, zones)
    for a, b, shape in zip(row, zone, part, strict=True):
        assert shape.length == pytest.approx(walks[a].intersection(zones[b]).length, abs=1e-6)
    rest_row, rest = lines.outside(walks, zones)
    sums = np.bincount(row, shapely.length(part), 5) + np.bincount(rest_row, shapely.length(rest), 5)
    assert sums == pytest.approx([shapely.union_all(w).length for w in walks], abs=1e-6)


def test_zones_of_a_coverage_share_out_a_line_once():
    zones = coverage(3)
    walks = array(*(shapely.boundary(zone) for zone in zones), walk(3))
    row, _zone, part = lines.clip(walks, zones)
    ground = shapely.union_all(zones)
    expected = [shapely.intersection(w, ground).length for w in walks]
    assert np.bincount(row, shapely.length(part), len(walks)) == pytest.approx(expected, abs=1e-5)


def test_what_is_no_line_is_refused():
    with pytest.raises(ValueError, match="0"):
        lines.clip(array(square(0, 0)), array(square(0, 0)))
    with pytest.raises(ValueError, match="0"):
        merge_doubled(array(line((0, 0), (np.nan, 1))), 2.0)
    assert len(lines.clip(array(None, shapely.LineString()), array(square(0, 0)))[0]) == 0


# --- lines entered twice; the tolerance is 2 m unless said otherwise ---

PATH = line((0, 0), (100, 0), (200, 50), (300, 50))


def merged(*shapes, tolerance=2.0):
    kept, dropped = merge_doubled(array(*shapes), tolerance)
    assert dropped == pytest.approx(shapely.length(array(*shapes)).sum() - shapely.length(kept).sum(), abs=1e-9)
    return kept, dropped


def test_the_same_line_again():
    kept, dropped = merged(PATH, PATH)
    assert kept[0] == PATH
    assert kept[1].is_empty
    assert dropped == pytest.approx(PATH.length)


def test_the_same_line_backwards_and_with_other_vertices():
    again = shapely.segmentize(shapely.reverse(PATH), 7.0)
    assert merged(PATH, again)[1] == pytest.approx(PATH.length)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(3.0, 40.0))
def test_a_jittered_copy_counts_once(seed, spacing):
    rng = np.random.default_rng(seed)
    path = walk(seed, n=30)
    copy = shapely.segmentize(path, spacing)
    copy = shapely.transform(copy, lambda c: c + rng.uniform(-0.6, 0.6, size=c.shape))
    kept, _dropped = merged(path, copy)
    assert shapely.length(kept).sum() == pytest.approx(path.length, rel=0.003)


@pytest.mark.parametrize("degrees", [16, 20, 30, 45, 60, 90, 120, 160])
def test_crossings_and_junctions_lose_nothing(degrees):
    turn = np.radians(degrees)
    way = np.array([np.cos(turn), np.sin(turn)])
    centre = np.array([50.0, 0.0])
    road = line((0, 0), (100, 0))
    crossing, junction = line(centre - 40 * way, centre + 40 * way), line(centre, centre + 40 * way)
    for other in (crossing, junction, shapely.segmentize(crossing, 0.7), shapely.reverse(junction)):
        assert merged(road, other)[1] == 0.0
        assert merged(other, road)[1] == 0.0


def test_a_network_of_streets_loses_nothing():
    """A grid of 20 m blocks, each street block by block."""
    blocks = [line((x, y), (x + 20, y)) for x in range(0, 100, 20) for y in range(0, 120, 20)]
    blocks += [line((y, x), (y, x + 20)) for x in range(0, 100, 20) for y in range(0, 120, 20)]
    assert merged(*blocks)[1] == 0.0
    kept, dropped = merged(*blocks, *blocks)
    assert dropped == pytest.approx(60 * 20)
    assert shapely.is_empty(kept[60:]).all()


def test_a_line_that_goes_on_where_another_ends():
    assert merged(line((0, 0), (50, 0)), line((50, 0), (90, 0)))[1] == 0.0
    kept, dropped = merged(line((0, 0), (50, 0)), line((30, 1), (90, 1)))
    assert dropped == pytest.approx(20.0)
    assert kept[1].length == pytest.approx(40.0)


def test_a_line_that_joins_goes_along_and_leaves():
    """Along y = 0 from x = 20 to 80, shifted by 0.5; before and after at a right angle: 60 m and up to the strip."""
    detour = line((20, 30), (20, 0.5), (80, 0.5), (80, 30))
    kept, dropped = merged(line((0, 0), (100, 0)), detour)
    assert 60.0 <= dropped <= 60.0 + 2 * 1.5 + 1e-9
    assert shapely.get_num_geometries(kept[1]) == 2


def test_the_earlier_one_in_short_pieces():
    pieces = [line((x, 0), (x + 3, 0)) for x in range(0, 30, 3)]
    assert merged(*pieces, line((0, 0.5), (30, 0.5)))[1] == pytest.approx(30.0, abs=0.5)


def test_a_short_line_entered_twice():
    stub = line((0, 0), (1.5, 0))
    assert merged(stub, line((0, 0.1), (1.5, 0.1)))[1] == pytest.approx(1.5)


def test_a_ring_entered_twice():
    ring = line((0, 0), (60, 0), (60, 60), (0, 60), (0, 0))
    assert merged(ring, ring)[1] == pytest.approx(240.0)


def test_parts_of_one_multilinestring():
    twice = shapely.MultiLineString([PATH, PATH])
    kept, dropped = merged(twice)
    assert kept[0] == PATH
    assert dropped == pytest.approx(PATH.length)


def test_parallel_lines_further_apart_both_count():
    assert merged(line((0, 0), (100, 0)), line((0, 2.5), (100, 2.5)))[1] == 0.0


def test_a_line_that_meets_itself_is_left_alone():
    """Out, round a block and back across itself; nothing earlier is near."""
    loop = line((0, 0), (50, 0), (50, 50), (25, 50), (25, -50))
    assert merged(loop)[0][0] == loop


def test_no_tolerance_drops_nothing_and_a_negative_one_is_refused():
    assert merged(PATH, PATH, tolerance=0.0)[1] == 0.0
    with pytest.raises(ValueError, match="-1"):
        merge_doubled(array(PATH), -1.0)


def test_nothing_in_its_place():
    kept, dropped = merge_doubled(array(None, PATH, shapely.LineString()), 2.0)
    assert kept[0] is None
    assert kept[1] == PATH
    assert kept[2].is_empty
    assert dropped == 0.0

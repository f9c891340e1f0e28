"""Polygons round service areas: their area by arithmetic, valid, in bands that do not overlap."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from qsgis.network import Network
from tests.network.drawn import layer, street
from tests.network.oracle import CRS, places, streets

STRIP = 20.0


def round_ends(frame, radius=STRIP):
    """Area of the two half circles at the ends of a strip, at least and at most: its arc has finite steps."""
    return 0.9 * np.pi * radius**2, np.pi * radius**2


def test_a_strip_round_a_street():
    """160 m of street within a minute of the shop, 20 m to either side."""
    found = street().area_polygons([[500, 0]], (1,), strip_metres=STRIP)
    assert found["facility"].tolist() == [0]
    assert found["band"].tolist() == [1]
    assert found.crs == CRS
    low, high = round_ends(found)
    assert low < found.area.item() - 160 * 40 < high
    assert found.total_bounds.tolist() == pytest.approx([400, -20, 600, 20], abs=0.2)
    assert found.attrs == {"off": [], "strip_metres": STRIP, "holes_below": 0.0}


def test_bands_do_not_overlap():
    found = street().area_polygons([[500, 0]], (1, 2, 3), strip_metres=STRIP)
    assert found["band"].tolist() == [1, 2, 3]
    assert found.area[1:].tolist() == pytest.approx([160 * 40] * 2, rel=1e-3)  # both move by 80 m to either side
    whole = shapely.union_all(found.geometry.array)
    assert whole.area == pytest.approx(found.area.sum())
    assert found.is_valid.all()


def test_facilities_overlap_unless_merged():
    shops = [[400, 0], [480, 0], [500, 900]]
    each = street().area_polygons(shops, (1,), strip_metres=STRIP)
    assert each["facility"].tolist() == [0, 1]
    assert each.attrs["off"] == [2]
    merged = street().area_polygons(shops, (1,), strip_metres=STRIP, merged=True)
    assert merged["facility"].tolist() == [-1]
    low, high = round_ends(merged)
    assert low < merged.area.item() - 240 * 40 < high
    parts = street().area_polygons(shops, (1,), strip_metres=STRIP, group=[3, 3, 3])
    assert parts["facility"].tolist() == [3]
    assert parts.area.item() == pytest.approx(merged.area.item())


def ring():
    return Network.from_lines(layer([(0, 0), (200, 0), (200, 200), (0, 200), (0, 0)]))


def test_a_hole_is_filled_only_if_it_is_smaller_than_stated():
    """A ring of 200 m sides with 20 m to either side leaves a hole of 160 m × 160 m."""
    hole = 160 * 160
    as_it_is = ring().area_polygons([[100, 0]], (10,), strip_metres=STRIP)
    kept = ring().area_polygons([[100, 0]], (10,), strip_metres=STRIP, holes_below=hole - 1)
    filled = ring().area_polygons([[100, 0]], (10,), strip_metres=STRIP, holes_below=hole + 1)
    assert kept.area.item() == as_it_is.area.item()
    assert filled.area.item() - as_it_is.area.item() == pytest.approx(hole, abs=1e-6)
    assert filled.attrs["holes_below"] == hole + 1
    assert shapely.get_num_interior_rings(filled.geometry.array).tolist() == [0]


def test_a_filled_hole_belongs_to_one_band():
    """The hole closes with the second band: it is that band's, and the third has none of it."""
    found = ring().area_polygons([[100, 0]], (2, 6, 7), strip_metres=STRIP, holes_below=1e9)
    assert found["band"].tolist() == [2, 6]  # 800 m round: 400 m are 5 minutes
    assert shapely.union_all(found.geometry.array).area == pytest.approx(found.area.sum())


def test_parts_with_holes_of_both_kinds():
    """Two rings apart, one hole smaller and one larger than stated, served as one group."""
    small = [(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)]
    large = [(1000, 0), (1200, 0), (1200, 200), (1000, 200), (1000, 0)]
    network = Network.from_lines(layer(small, large))
    found = network.area_polygons([[50, 0], [1100, 0]], (10,), strip_metres=10, holes_below=10_000, merged=True)
    low, high = round_ends(found, 10)
    outer = (100 + 20) ** 2 + (200 + 20) ** 2 - 2 * (20**2 - high), (120**2 + 220**2)
    assert outer[0] - 180**2 - (high - low) * 2 < found.area.item() < outer[1] - 180**2
    assert shapely.get_num_interior_rings(shapely.get_parts(found.geometry.item())).tolist() in ([0, 1], [1, 0])


@pytest.mark.parametrize("metres", [0, -1, np.nan])
def test_no_strip_is_refused(metres):
    with pytest.raises(ValueError, match="strip_metres"):
        street().area_polygons([[0, 0]], strip_metres=metres)


def test_nothing_is_an_empty_frame():
    found = street().area_polygons([[0, 900]], (5,))
    assert len(found) == 0
    assert list(found.columns) == ["facility", "band", "geometry"]
    assert found.attrs["off"] == [0]


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), merged=st.booleans(), holes=st.sampled_from([0.0, 5000.0]))
def test_polygons_are_valid_disjoint_and_hold_their_streets(seed, merged, holes):
    network, shops = Network.from_lines(streets(seed), noded=True), places(seed, 4)
    limits = (2, 4, 6)
    found = network.area_polygons(shops, limits, strip_metres=15, holes_below=holes, merged=merged, access_metres=200)
    group = np.full(4, -1) if merged else None
    lines = network.service_areas(shops, limits, access_metres=200, group=group)
    assert found.is_valid.all()
    assert set(found.geom_type) <= {"Polygon", "MultiPolygon"}
    for facility, mine in found.groupby("facility"):
        whole = shapely.union_all(mine.geometry.array)
        assert whole.area == pytest.approx(mine.area.sum(), rel=1e-9)
        for limit in limits:
            # bands meet to rounding: a hair's breadth closes them
            inside = shapely.union_all(shapely.buffer(mine.geometry[mine["band"] <= limit].array, 0.001))
            own = lines[(lines["facility"] == facility) & (lines["band"] <= limit)]
            assert shapely.covers(shapely.buffer(inside, 0.01), own.geometry.array).all()
            if not holes and len(own):
                assert shapely.distance(shapely.boundary(inside), shapely.union_all(own.geometry.array)) > 14
    assert set(found["facility"]) == set(lines["facility"])

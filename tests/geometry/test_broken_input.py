"""Broken geometry: refused by row, counted and warned, or named among a layer's flaws; never silent, never a crash."""

import warnings

import geopandas as gpd
import numpy as np
import pytest
import shapely

import qsgis
from qsgis import messages
from qsgis.geometry import ellipsoidal_area, ellipsoidal_length, intersect, overlap_area, overlay
from tests.handmade import box, parcels, value, write_project
from tests.handmade import frame as layer

from .shapes import CRS, array, frame, square


@pytest.fixture(autouse=True)
def english():
    messages.set_language("en")


INF, NAN = np.inf, np.nan


def ring(*corners):
    """A polygon of whatever corners, NaN and infinity among them."""
    with np.errstate(invalid="ignore"):
        return shapely.Polygon(corners)


# Within the square (0, 0)–(4, 4). Name: (geometry, what of it is ground: None where it has no number, else m²).
BROKEN = {
    "bow-tie": (ring((0, 0), (2, 2), (2, 0), (0, 2)), 2.0),
    "ring that touches itself": (ring((0, 0), (4, 0), (2, 2), (4, 4), (0, 4), (2, 2)), 8.0),
    "spike": (ring((0, 0), (2, 0), (2, 2), (2, 4), (2, 2), (0, 2)), 4.0),
    "a hole outside": (shapely.Polygon(square(0, 0).exterior, [square(2, 2).exterior]), 2.0),
    "no width": (ring((0, 0), (4, 4), (2, 2)), None),
    "one place": (ring((1, 1), (1, 1), (1, 1)), None),
    "NaN": (ring((0, 0), (1, 0), (NAN, 1)), None),
    "infinity": (ring((0, 0), (1, 0), (INF, 1)), None),
    "minus infinity": (ring((0, 0), (-INF, 0), (1, 1)), None),
    "NaN in a hole": (shapely.Polygon(square(0, 0, 3).exterior, [ring((1, 1), (2, NAN), (1, 2)).exterior]), None),
}
ABSENT = {"None": None, "empty": shapely.Polygon(), "empty parts": shapely.MultiPolygon()}
OTHER = {
    "point": shapely.Point(1, 1),
    "line": shapely.LineString([(0, 0), (3, 3)]),
    "points": shapely.MultiPoint([(0, 0), (1, 1)]),
    "lines": shapely.MultiLineString([[(0, 0), (1, 1)], [(1, 0), (0, 1)]]),
    "ring": shapely.LinearRing([(0, 0), (1, 0), (0, 1)]),
}
# "spike": make_valid keeps a polygon and a line; "ring that touches itself" twice at one vertex; "no width" of lines.


@pytest.mark.parametrize("name", [*BROKEN, *OTHER])
@pytest.mark.parametrize("side", [0, 1])
def test_pairs_names_the_row_and_takes_the_others(name, side):
    shape = BROKEN[name][0] if name in BROKEN else OTHER[name]
    layers = [array(square(0, 0, 4)), array(square(1, 1, 9))]
    layers[side] = array(shape, *layers[side])
    found = overlay.pairs(*layers)
    refused = [found.refused_left.tolist(), found.refused_right.tolist()]
    assert (refused[side], refused[1 - side]) == ([0], [])
    assert [found.left.tolist(), found.right.tolist()][side] == [1]
    assert found.area.tolist() == [9.0]


@pytest.mark.parametrize("name", [*BROKEN, *OTHER])
def test_outside_and_disjoint_refuse_by_row(name):
    shape = BROKEN[name][0] if name in BROKEN else OTHER[name]
    good = array(square(0, 0), square(5, 5))
    bad = array(*good, shape)
    for call in (
        lambda: overlay.outside(bad, good),
        lambda: overlay.outside(good, bad),
        lambda: overlay.disjoint(bad),
    ):
        with pytest.raises(ValueError, match=r"2(?!\d)"):
            call()


@pytest.mark.parametrize("name", ABSENT)
def test_what_is_absent_has_no_ground(name):
    shapes = array(square(0, 0, 2), ABSENT[name], square(1, 0, 2))
    geometry, owner = overlay.disjoint(shapes)
    assert (owner.tolist(), shapely.area(geometry).tolist()) == ([0, 2], [4.0, 2.0])
    row, _geometry, area = overlay.outside(shapes, array(ABSENT[name], square(0, 0)))[:3]
    assert (row.tolist(), area.tolist()) == ([0, 2], [3.0, 4.0])
    assert overlay.pairs(shapes, array(square(0, 0, 9))).refused_left.tolist() == [1]


@pytest.mark.parametrize("name", BROKEN)
def test_frames_count_and_warn(name):
    """As a parcel and as a zone: the repaired polygon's ground, or NaN and nothing; the warning counts it."""
    shape, ground = BROKEN[name]
    good, broken = frame([square(0, 0, 4)], a=[1]), frame([square(3.5, 9), square(3, -1, 2), shape], b=[1, 2, 3])
    with pytest.warns(UserWarning, match=r"parcels: 1 invalid"):
        found = overlap_area(broken, good)
    assert found.tolist() == pytest.approx([0.0, 1.0, NAN if ground is None else ground], rel=1e-12, nan_ok=True)
    with pytest.warns(UserWarning, match=r"zones: 1 invalid"):
        inside = overlap_area(frame([square(0, 0, 4), square(9, 9)]), frame([square(9, 9), shape]))
    assert inside.tolist() == pytest.approx([ground or 0.0, 1.0], rel=1e-12)
    for one, other, side in ((broken, good, "left"), (good, broken, "right")):
        with pytest.warns(UserWarning, match=f"{side}: 1 invalid"):
            rows = intersect(one, other)
        assert rows["b"].tolist() == [2] + [3] * (ground is not None)
        assert rows.area.tolist() == pytest.approx([1.0] + [ground] * (ground is not None), rel=1e-12)


@pytest.mark.parametrize("name", OTHER)
def test_frames_refuse_other_kinds_and_say_which_layer(name):
    good, mixed = frame([square(0, 0)]), frame([square(0, 0), OTHER[name]])
    for call, side in (
        (lambda: intersect(mixed, good), "left"),
        (lambda: intersect(good, mixed), "right"),
        (lambda: overlap_area(mixed, good), "parcels"),
        (lambda: overlap_area(good, mixed), "zones"),
    ):
        with pytest.raises(ValueError, match=rf"{side}.*1"):
            call()
    with pytest.raises(ValueError, match="polygon"):
        ellipsoidal_area(mixed)


def test_the_polygons_of_a_collection_are_taken_and_said():
    """Of two polygons, a point and a line in one feature the polygons are ground: 1 m² and 4 m²."""
    mixed = shapely.GeometryCollection([square(0, 0), OTHER["point"], OTHER["line"], square(2, 2, 2)])
    with pytest.warns(UserWarning, match="parcels: 1 invalid"):
        assert overlap_area(frame([mixed]), frame([square(0, 0, 9)])).tolist() == [5.0]
    assert overlay.pairs(array(mixed), array(square(0, 0, 9))).refused_left.tolist() == [0]


def test_a_parcel_without_geometry_where_nothing_meets():
    found = overlap_area(frame([square(0, 0), None]), frame([square(9, 9)]))
    assert found.tolist() == pytest.approx([0.0, NAN], nan_ok=True)
    assert overlap_area(frame([square(0, 0)]), frame([square(9, 9)])).tolist() == [0.0]


def test_frames_of_mixed_crs_are_refused():
    one = gpd.GeoSeries([square(0, 0)], crs=CRS)
    for other in (one.set_crs("EPSG:4547", allow_override=True), one.set_crs(None, allow_override=True)):
        for pair in ((one, other), (other, one)):
            with pytest.raises(ValueError, match="CRS"):
                overlap_area(*pair)
    degrees = gpd.GeoSeries([square(112, 35)], crs="EPSG:4490")
    with pytest.raises(ValueError, match="4490"):
        overlap_area(degrees, degrees)


def test_heights_are_left_aside_and_z_of_nan_is_no_flaw():
    corners = [(0, 0, NAN), (2, 0, 1.0), (2, 2, NAN), (0, 2, 3.0)]
    high = array(shapely.Polygon(corners))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert overlap_area(frame(high), frame([square(1, 1, 2)])).tolist() == [1.0]
        assert overlay.pairs(high, high).area.tolist() == [4.0]


def test_coincident_duplicates_count_once_and_pair_each():
    same = array(*[square(0, 0, 2)] * 3)
    found = overlay.pairs(same, same)
    assert found.area.tolist() == [4.0] * 9
    assert overlay.disjoint(same)[1].tolist() == [0]
    assert overlap_area(frame([square(0, 0, 9)]), frame(same)).tolist() == [4.0]


def test_ellipsoidal_measures_of_what_is_no_number():
    crs = {"crs": CRS}
    holes = [BROKEN[name][0] for name in ("NaN", "infinity", "NaN in a hole")]
    assert np.isnan(ellipsoidal_area(gpd.GeoSeries(holes, **crs))).all()
    lines = [shapely.LineString([(0, 0), (1, NAN)]), shapely.LineString([(0, 0), (INF, 1), (2, 2)])]
    assert np.isnan(ellipsoidal_length(gpd.GeoSeries(lines, **crs))).all()


# --- from files, through a run ---


def moved(shape):
    """A shape of the square (0, 0)–(4, 4), 10 m a unit, in the county."""
    origin = shapely.get_coordinates(box(100, 100, 1, 1)).min(axis=0)
    return shapely.transform(shape, lambda c: c * 10 + origin)


FLAWED = {
    # name: (geometry, its ground in the county in m², words that its flaw must have)
    "bow-tie": (BROKEN["bow-tie"][0], 200.0, ["repaired"]),
    "no width": (BROKEN["no width"][0], 0.0, ["left out"]),
    "NaN": (BROKEN["NaN"][0], 0.0, ["left out", "no numbers"]),
    "infinity": (BROKEN["infinity"][0], 0.0, ["left out", "no numbers"]),
    "NaN in a hole": (BROKEN["NaN in a hole"][0], 0.0, ["left out", "no numbers"]),
    "None": (None, 0.0, ["left out", "no geometry"]),
    "empty": (shapely.Polygon(), 0.0, ["left out"]),
    "point": (OTHER["point"], 0.0, ["left out", "Point"]),
    "line": (OTHER["line"], 0.0, ["left out", "LineString"]),
    "collection": (shapely.GeometryCollection([square(0, 0, 2), OTHER["point"]]), 400.0, ["mixed geometry"]),
    "parts that overlap": (shapely.MultiPolygon([square(0, 0, 2), square(1, 0, 2)]), 600.0, ["repaired"]),
    "duplicate": (square(0, 0, 2), 400.0, ["duplicate"]),
}


def project(home, name, which):
    """A county of two parcels, one cropland with half of it red line; a third feature, flawed, in one of the layers."""
    shape = FLAWED[name][0]
    shape = None if shape is None else moved(shape)
    land = [(box(0, 0, 1000, 1000), "0702", "203", 1e6), (box(1000, 0, 1000, 1000), "0101", "", 1e6)]
    red = [box(1400, 0, 200, 500), box(500, 500, 100, 100)]
    if which == "land_use":
        extra = [moved(square(0, 0, 2))] if name == "duplicate" else []
        land += [(one, "0101", "", 100.0) for one in [*extra, shape]]
    else:
        red += [*([moved(square(0, 0, 2))] if name == "duplicate" else []), shape]
    layers = {
        "county": layer([box(0, 0, 2000, 1000)], XZQDM=["140521"], XZQMC=["手工县"]),
        "land_use": parcels(land),
        "ecological_red_line": layer(red, BSM=[f"R{k}" for k in range(len(red))]),
    }
    return write_project(home, layers)


@pytest.mark.parametrize("which", ["land_use", "ecological_red_line"])
@pytest.mark.parametrize("name", FLAWED)
def test_a_flawed_feature_of_a_file_is_named(tmp_path, name, which):
    """It stands among the flaws with its number and what was done; the area is that of the others and its repair."""
    ground, words = FLAWED[name][1:]
    home = project(tmp_path / "县", name, which)
    results = qsgis.open(home).run(("ecological_red_line_area", "red_line_encroachment"))
    flaws = [flaw for flaw in results.record["flaws"] if flaw["layer"] == which]
    text = " ".join(f"{flaw['feature']} {flaw['reason']} {flaw['detail']}" for flaw in flaws)
    assert [word for word in words if word not in text] == [], text
    if which == "ecological_red_line":
        area = value(results, "ecological_red_line_area")
        assert area == pytest.approx((100_000 + 10_000 + ground) / 1e6, rel=1e-6)

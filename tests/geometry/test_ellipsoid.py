"""Area and length on the ellipsoid against pyproj.Geod (geodesic edges) and the official series."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from qsgis.geometry import ellipsoidal_area, ellipsoidal_length
from qsgis.geometry.area import area_scale

from .shapes import CRS, array, coverage, ragged, square

GEOD = pyproj.CRS(CRS).get_geod()
TO_DEGREES = pyproj.Transformer.from_crs(CRS, "EPSG:4490", always_xy=True)
QINSHUI = np.array(pyproj.Transformer.from_crs("EPSG:4490", CRS, always_xy=True).transform(112.4, 35.7))


def degrees(shape):
    return shapely.transform(shape, TO_DEGREES.transform, interleaved=False)


def geod_area(shape, edge=70.0):
    """m² by Geod, edges divided in the projection first."""
    parts = [degrees(part) for part in shapely.get_parts(shapely.segmentize(shape, edge))]
    return sum(abs(GEOD.geometry_area_perimeter(shapely.geometry.polygon.orient(part))[0]) for part in parts)


def official_series(ring):
    """The trapezoid series of 国土调查办发〔2008〕32号 for a ring of (longitude, latitude) degrees, edges as given."""
    a, f = 6378137.0, 1 / 298.257222101
    b, e2 = a * (1 - f), f * (2 - f)
    e4, e6, e8 = e2**2, e2**3, e2**4
    c = [
        1 + 3 / 6 * e2 + 30 / 80 * e4 + 35 / 112 * e6 + 630 / 2304 * e8,
        1 / 6 * e2 + 15 / 80 * e4 + 21 / 112 * e6 + 420 / 2304 * e8,
        3 / 80 * e4 + 7 / 112 * e6 + 180 / 2304 * e8,
        1 / 112 * e6 + 45 / 2304 * e8,
        5 / 2304 * e8,
    ]
    lon, lat = np.radians(np.asarray(ring)).T
    total = 0.0
    for l1, b1, l2, b2 in zip(lon[:-1], lat[:-1], lon[1:], lat[1:], strict=True):
        d, m, width = b2 - b1, (b1 + b2) / 2, (l1 + l2) / 2 - lon[0]
        terms = ((-1) ** k * c[k] * np.sin((2 * k + 1) * d / 2) * np.cos((2 * k + 1) * m) for k in range(5))
        total += 2 * b**2 * width * sum(terms)
    return abs(total)


def series(shapes, crs=CRS):
    return gpd.GeoSeries(list(shapes), crs=crs)


@pytest.mark.parametrize("exact", [None, True, False])
def test_parcels_as_geod(exact):
    parcels = coverage(1, n=8, size=200.0, origin=QINSHUI)
    found = ellipsoidal_area(series(parcels), exact=exact)
    assert found.to_numpy() == pytest.approx([geod_area(shape) for shape in parcels], rel=2e-7)


@settings(max_examples=20, deadline=None)
@given(st.floats(-60_000, 60_000), st.floats(-40_000, 40_000), st.floats(5, 700), st.integers(0, 10**6))
def test_parcels_anywhere_in_the_county_as_geod(dx, dy, radius, seed):
    parcel = ragged(seed, 40, radius=radius, centre=QINSHUI + np.array([dx, dy]), holes=0)
    # Geod sums areas down to the equator, 1e13 m²: it is itself no better than about 1e-4 m².
    assert ellipsoidal_area(series([parcel]))[0] == pytest.approx(geod_area(parcel), rel=2e-7, abs=5e-4)


def test_large_polygons_with_holes_as_geod():
    lines = [ragged(k, 900, radius=9000.0, centre=QINSHUI, holes=5) for k in range(3)]
    assert ellipsoidal_area(series(lines)).to_numpy() == pytest.approx([geod_area(shape) for shape in lines], rel=1e-8)


def test_the_official_series():
    """The same rings by the series of the circular, with edges divided at 70 m."""
    for k in range(5):
        ring = ragged(k, 60, radius=200.0, centre=QINSHUI, holes=0)
        expected = official_series(shapely.get_coordinates(degrees(shapely.segmentize(ring, 70.0))))
        assert ellipsoidal_area(series([ring]), exact=True)[0] == pytest.approx(expected, rel=1e-9)
    box = shapely.segmentize(shapely.box(*QINSHUI, *(QINSHUI + 5000)), 70.0)
    expected = official_series(shapely.get_coordinates(degrees(box)))
    assert ellipsoidal_area(series([box]), exact=True)[0] == pytest.approx(expected, rel=2e-10)


def test_a_cell_of_longitude_and_latitude():
    """In degrees the edges follow parallels: a whole zone between two parallels has a closed formula (on a sphere:
    R² Δλ (sin φ2 − sin φ1)); on the ellipsoid Geod along 1,000 points of each parallel."""
    sphere = pyproj.CRS.from_proj4("+proj=longlat +R=6371000 +no_defs")
    cell = shapely.box(112, 35, 113, 36)
    found = ellipsoidal_area(series([cell], sphere))[0]
    assert found == pytest.approx(
        6371000.0**2 * np.radians(1) * (np.sin(np.radians(36)) - np.sin(np.radians(35))), rel=1e-9
    )
    found = ellipsoidal_area(series([cell], "EPSG:4490"))[0]
    fine = shapely.segmentize(cell, 1e-3)
    assert found == pytest.approx(abs(GEOD.geometry_area_perimeter(fine)[0]), rel=1e-8)


def test_orientation_holes_and_parts():
    """Clockwise shells, counter-clockwise holes and parts apart: each alone gives the same sum."""
    shell = shapely.box(*QINSHUI, *(QINSHUI + 500))
    hole = shapely.box(*(QINSHUI + 100), *(QINSHUI + 200))
    apart = shapely.box(*(QINSHUI + 9000), *(QINSHUI + 9300))
    ring = shapely.Polygon(shell.exterior.coords[::-1], [hole.exterior.coords])
    one, two, three = ellipsoidal_area(series([shell, hole, apart]), exact=True)
    both = ellipsoidal_area(series([shapely.MultiPolygon([ring, apart])]), exact=True)[0]
    assert both == pytest.approx(one - two + three, rel=1e-12)


def test_the_choice_by_size_is_seamless():
    """At 99 ha and 101 ha the two ways differ by less than the tolerance of either."""
    for side in (995.0, 1005.0):
        shape = series([shapely.box(*QINSHUI, *(QINSHUI + side))])
        assert ellipsoidal_area(shape)[0] == pytest.approx(ellipsoidal_area(shape, exact=True)[0], rel=2e-8)


@pytest.mark.parametrize("crs", [CRS, "EPSG:3857", "EPSG:32649", "EPSG:2249"])
def test_area_scale_is_plane_over_ground(crs):
    """Metres, web Mercator, UTM, US survey feet: plane area of a small square ÷ its area by Geod."""
    spot = (112.4, 35.7) if crs != "EPSG:2249" else (-71.1, 42.3)
    there = pyproj.Transformer.from_crs(pyproj.CRS(crs).geodetic_crs, crs, always_xy=True)
    x, y = there.transform(*spot)
    box = shapely.segmentize(shapely.box(x - 5, y - 5, x + 5, y + 5), 1.0)
    back = shapely.transform(box, lambda a, b: there.transform(a, b, direction="INVERSE"), interleaved=False)
    ground = abs(pyproj.CRS(crs).get_geod().geometry_area_perimeter(back)[0])
    assert area_scale(x, y, crs) == pytest.approx(100.0 / ground, rel=1e-5)
    for exact in (True, False):
        assert ellipsoidal_area(series([box], crs), exact=exact)[0] == pytest.approx(ground, rel=1e-5)


def test_missing_and_broken_have_no_number():
    broken = shapely.Polygon([(0, 0), (1, 0), (np.nan, 1)])
    found = ellipsoidal_area(gpd.GeoSeries([None, broken, shapely.Polygon()], crs=CRS, index=["a", "b", "c"]))
    assert np.isnan(found[["a", "b"]]).all()
    assert found["c"] == 0.0


def test_what_has_no_area_or_no_crs_is_refused():
    with pytest.raises(ValueError, match="CRS"):
        ellipsoidal_area(gpd.GeoSeries([square(0, 0)]))
    for function, shape in ((ellipsoidal_area, shapely.Point(0, 0)), (ellipsoidal_length, square(0, 0))):
        with pytest.raises(ValueError):
            function(series([shape]))
    with pytest.raises(ValueError, match="4490"):
        area_scale(112.0, 35.0, "EPSG:4490")


def test_lengths_as_geod():
    rng = np.random.default_rng(4)
    walks = [shapely.LineString(QINSHUI + np.cumsum(rng.normal(0, 300, size=(n, 2)), axis=0)) for n in (2, 9, 200)]
    walks.append(shapely.MultiLineString([walks[0], walks[1]]))
    found = ellipsoidal_length(series(walks))
    assert found.to_numpy() == pytest.approx([GEOD.geometry_length(degrees(line)) for line in walks], rel=1e-12)
    again = ellipsoidal_length(series([degrees(line) for line in walks], "EPSG:4490"))
    assert again.to_numpy() == pytest.approx(found.to_numpy(), rel=1e-12)


def test_height_is_no_length():
    flat = shapely.LineString([QINSHUI, QINSHUI + 1000])
    steep = shapely.LineString([[*QINSHUI, 0.0], [*(QINSHUI + 1000), 900.0]])
    one, other = ellipsoidal_length(series([flat, steep]))
    assert one == other


def test_lengths_of_nothing():
    found = ellipsoidal_length(gpd.GeoSeries(array(None, shapely.LineString()), crs=CRS))
    assert np.isnan(found[0])
    assert found[1] == 0.0
    assert len(ellipsoidal_length(series([]))) == len(ellipsoidal_area(series([]))) == 0

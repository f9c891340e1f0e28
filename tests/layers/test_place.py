"""Coordinate systems: taken, inferred, corrected, refused. Expected places come from pyproj alone."""

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from qsgis.errors import BadDefinition, CrsContradicted, CrsRefused, CrsUnknown
from qsgis.layers import gcj

from .conftest import parcels, read

# Corners near Qinshui's seat, degrees; where they lie in EPSG:4546.
DEGREES = [(112.18, 35.68), (112.20, 35.68), (112.20, 35.70), (112.18, 35.70)]
TO_PLANE = pyproj.Transformer.from_crs(4490, 4546, always_xy=True)
PLANE = [TO_PLANE.transform(*corner) for corner in DEGREES]


def write(folder, corners, crs=None, ending=".gpkg"):
    path = folder / f"a{ending}"
    gpd.GeoDataFrame({"DLBM": ["0101"]}, geometry=[shapely.Polygon(corners)], crs=crs).to_file(path)
    return path


def assert_in_place(layer, tolerance=1e-3):
    found = shapely.get_coordinates(layer.frame.geometry.array)[:-1]
    order = np.lexsort(np.round(found).T), np.lexsort(np.round(PLANE).T)
    assert np.allclose(found[order[0]], np.array(PLANE)[order[1]], rtol=0, atol=tolerance)
    assert layer.frame.crs.to_epsg() == 4546


@pytest.mark.parametrize("epsg", [4490, 4326, 4546, 4525, 4547, 4526, 3857, 32649, 4509, 4498])
def test_a_stated_system_is_moved_to_the_analysis_crs(tmp_path, epsg):
    corners = [pyproj.Transformer.from_crs(4490, epsg, always_xy=True).transform(*corner) for corner in DEGREES]
    layer = read(parcels(), write(tmp_path, corners, epsg))
    assert_in_place(layer)
    assert str(epsg) in layer.source_crs
    assert not layer.notes


@pytest.mark.parametrize(
    ("epsg", "taken"), [(4490, "EPSG:4490"), (4546, "EPSG:4546"), (4525, "EPSG:4525"), (4526, "EPSG:4526")]
)
def test_without_prj_a_safe_system_is_inferred_and_said(tmp_path, epsg, taken):
    corners = [pyproj.Transformer.from_crs(4490, epsg, always_xy=True).transform(*corner) for corner in DEGREES]
    layer = read(parcels(), write(tmp_path, corners, ending=".shp"))
    assert_in_place(layer)
    assert any(taken in note and "inferred" in note for note in layer.notes)


@pytest.mark.parametrize(
    "corners",
    [
        [(10.0, 0.0), (11.0, 0.0), (11.0, 1.0)],  # a drawing's own units
        [(9e6, 4e6), (9.1e6, 4e6), (9.1e6, 4.1e6)],  # seven digits
        [(5e5, 8.5e6), (6e5, 8.5e6), (6e5, 8.6e6)],  # six digits, far from the project's area
        [
            (19_500_000.0, 4e6),
            (19_600_000.0, 4e6),
            (19_600_000.0, 4.1e6),
        ],  # a 6-degree zone: its datum is anybody's guess
    ],
)
def test_without_prj_what_is_not_safe_is_refused(tmp_path, corners):
    with pytest.raises(CrsUnknown):
        read(parcels(), write(tmp_path, corners, ending=".shp"))


def test_the_project_may_state_the_system(tmp_path):
    corners = [pyproj.Transformer.from_crs(4490, 4547, always_xy=True).transform(*corner) for corner in DEGREES]
    assert_in_place(read(parcels(), write(tmp_path, corners, ending=".shp"), source_crs="EPSG:4547"))
    layer = read(parcels(), write(tmp_path, corners, 4546), source_crs="EPSG:4547")
    assert_in_place(layer)
    assert any("EPSG:4547" in note and "EPSG:4546" in note for note in layer.notes)
    with pytest.raises(BadDefinition, match="crs"):
        read(parcels(), write(tmp_path, corners, 4546), source_crs="EPSG:nonsense")


def test_a_zone_number_that_the_system_has_not_is_taken_off(tmp_path):
    layer = read(parcels(), write(tmp_path, [(x + 37e6, y) for x, y in PLANE], 4546))
    assert_in_place(layer)
    assert any("zone number" in note for note in layer.notes)


def test_a_zone_number_that_the_system_has_is_put_on(tmp_path):
    layer = read(parcels(), write(tmp_path, PLANE, 4525))
    assert_in_place(layer)
    assert any("zone number" in note for note in layer.notes)


def test_a_zone_number_of_another_meridian_is_a_contradiction(tmp_path):
    with pytest.raises(CrsContradicted, match="38"):
        read(parcels(), write(tmp_path, [(x + 38e6, y) for x, y in PLANE], 4546))


@pytest.mark.parametrize("epsg", [2361, 2383, 4610, 2437, 4214, 21419])
def test_another_datum_is_refused_unless_its_shift_is_accepted(tmp_path, epsg):
    corners = [pyproj.Transformer.from_crs(4490, epsg, always_xy=True).transform(*corner) for corner in DEGREES]
    path = write(tmp_path, corners, epsg)
    with pytest.raises(CrsRefused, match="CGCS2000"):
        read(parcels(), path)
    layer = read(parcels(), path, datum_shift=True)
    assert any("general shift" in note and "off by" in note for note in layer.notes)
    assert_in_place(layer, tolerance=200)


def test_gcj_is_off_by_hundreds_of_metres_and_comes_back():
    """Points over the whole of China, there and back; the shift itself is 100 to 700 m for most (standards' figure)."""
    random = np.random.default_rng(7)
    longitude, latitude = random.uniform(74, 134, 5_000), random.uniform(18, 53, 5_000)
    moved = gcj.wgs_to_gcj(longitude, latitude)
    shift = pyproj.Geod(ellps="WGS84").inv(longitude, latitude, *moved)[2]
    assert 100 < np.median(shift) < 700
    assert shift.max() < 1_000
    for back, there in ((gcj.gcj_to_wgs, moved), (gcj.bd_to_wgs, gcj.gcj_to_bd(*moved))):
        found = back(*there)
        assert pyproj.Geod(ellps="WGS84").inv(longitude, latitude, *found)[2].max() < 1e-4


def test_gcj_against_a_published_pair():
    """eviltransform's own test: WGS 31.1774276, 121.5272106 is GCJ 31.17530398364597, 121.531541859215 (Shanghai)."""
    found = gcj.wgs_to_gcj(np.array([121.5272106]), np.array([31.1774276]))
    assert found[0][0] == pytest.approx(121.531541859215, abs=1e-9)
    assert found[1][0] == pytest.approx(31.17530398364597, abs=1e-9)


@pytest.mark.parametrize("system", ["GCJ-02", "BD-09"])
def test_a_shifted_layer_is_put_back(tmp_path, system):
    x, y = gcj.wgs_to_gcj(*np.array(DEGREES).T)
    if system == "BD-09":
        x, y = gcj.gcj_to_bd(x, y)
    layer = read(parcels(), write(tmp_path, np.column_stack([x, y]), 4326), source_crs=system)
    assert_in_place(layer)
    assert any(system in note for note in layer.notes)

"""Broken geometry: mended, left out or listed, never lost without a word. Areas are worked by hand."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from qsgis.errors import FileUnreadable, ValueWrong

from .conftest import checks, facilities, parcels, read

E, N = 500_000.0, 4_000_000.0


def shifted(wkt):
    return shapely.transform(shapely.from_wkt(wkt), lambda xy: xy + np.array([E, N]))


GOOD = shifted("POLYGON((0 0,10 0,10 10,0 10,0 0))")
BOW_TIE = shifted("POLYGON((0 0,10 10,10 0,0 10,0 0))")  # two triangles of 25 m² each


def write(folder, geometry, **columns):
    path = folder / "a.gpkg"
    data = {"DLBM": ["0101"] * len(geometry)} | columns
    frame = gpd.GeoDataFrame(data, geometry=list(geometry), crs=4546)
    frame.to_file(path, layer="DLTB", geometry_type="Unknown")
    return path


def test_a_bow_tie_is_mended_and_listed(tmp_path):
    layer = read(parcels(), write(tmp_path, [GOOD, BOW_TIE]))
    assert layer.frame.is_valid.all()
    assert layer.frame.area.tolist() == pytest.approx([100.0, 50.0])
    row = layer.flaws.iloc[0]
    assert (row["layer"], row["feature"], row["reason"]) == ("land_use", "2", "repaired")
    assert "Self-intersection" in row["detail"]
    assert "+50.00" in row["detail"]  # a bow-tie's own area counts one triangle against the other: 0
    assert any("1 polygons" in note for note in layer.notes)
    with pytest.raises(ValueWrong):
        read(parcels(checks=checks(invalid="stop")), tmp_path / "a.gpkg")
    assert not read(parcels(checks=checks(invalid="off")), tmp_path / "a.gpkg").frame.is_valid.all()


def test_a_ring_without_area_is_left_out_and_listed(tmp_path):
    flat = shifted("POLYGON((0 0,10 0,5 0,0 0))")
    layer = read(parcels(), write(tmp_path, [GOOD, flat]))
    assert layer.frame["feature"].tolist() == ["1"]
    assert layer.flaws["reason"].tolist() == ["left out"]


def test_what_is_missing_empty_or_no_number_is_left_out_and_listed(tmp_path):
    nan = shapely.linestrings([(E, N), (E + 1, np.nan), (E + 2, N)])
    ring = shapely.polygons([(E, N), (E + 1, N), (E + 1, np.inf), (E, N)])
    layer = read(parcels(), write(tmp_path, [GOOD, None, shapely.Polygon(), nan, ring]))
    assert layer.frame["feature"].tolist() == ["1"]
    assert layer.frame.index.tolist() == [0]
    assert layer.flaws["feature"].tolist() == ["2", "3", "4", "5"]
    assert any("4 features" in note for note in layer.notes)


def test_nothing_usable_is_a_refusal(tmp_path):
    path = write(tmp_path, [None, None])
    with pytest.raises(FileUnreadable, match="2 features"):
        read(parcels(), path)
    assert len(read(parcels(checks=checks(empty="warn")), path).frame) == 0


def test_of_mixed_geometry_the_right_parts_are_kept(tmp_path):
    mixed = shapely.GeometryCollection([GOOD, shapely.Point(E, N)])
    two = shapely.GeometryCollection(
        [GOOD, shapely.GeometryCollection([shifted("POLYGON((20 0,30 0,30 10,20 10,20 0))")])]
    )
    layer = read(
        parcels(), write(tmp_path, [mixed, two, shapely.Point(E, N), shapely.LineString([(E, N), (E + 1, N)])])
    )
    assert layer.frame.area.tolist() == pytest.approx([100.0, 200.0])
    assert layer.flaws["feature"].tolist() == ["1", "2", "3", "4"]
    assert layer.flaws["reason"].tolist() == ["mixed geometry", "mixed geometry", "left out", "left out"]
    assert any("4 features" in note for note in layer.notes)


def test_doubled_polygons_stay_and_are_listed(tmp_path):
    turned = shapely.Polygon(np.roll(shapely.get_coordinates(GOOD)[:-1], 2, axis=0))
    layer = read(parcels(), write(tmp_path, [GOOD, turned, BOW_TIE]))
    assert len(layer.frame) == 3
    doubled = layer.flaws[layer.flaws["reason"] == "duplicate"]
    assert doubled["feature"].tolist() == ["2"]
    assert "1" in doubled["detail"].iloc[0]
    with pytest.raises(ValueWrong):
        read(parcels(checks=checks(duplicates="stop")), tmp_path / "a.gpkg")


def test_a_facility_entered_twice_counts_once(tmp_path):
    point = shapely.Point(E, N)
    names = ["敬老院", "敬老院", "卫生所", "卫生所", None, None, "敬老院"]
    places = [point] * 6 + [shapely.Point(E + 5, N)]
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({"名称": names, "床位": [10, 10, 5, 5, 1, 2, 3]}, geometry=places, crs=4546).to_file(path)
    for columns in (None, ["beds"]):
        layer = read(facilities(), path, columns=columns)
        assert layer.frame["feature"].tolist() == ["1", "3", "5", "6", "7"]
        assert layer.frame["beds"].tolist() == [10.0, 5.0, 1.0, 2.0, 3.0]
        assert layer.flaws["feature"].tolist() == ["2", "4", "6"]  # the nameless sixth is listed and stays
    assert "name" not in layer.frame


def test_row_order_changes_nothing_but_the_order(tmp_path):
    geometry = [GOOD, BOW_TIE, shifted("POLYGON((50 0,60 0,60 10,50 10,50 0))")]
    first = read(parcels(), write(tmp_path, geometry, BSM=["a", "b", "c"])).frame
    second = read(parcels(), write(tmp_path, geometry[::-1], BSM=["c", "b", "a"])).frame
    areas = [dict(zip(frame["id"], frame.area, strict=True)) for frame in (first, second)]
    assert areas[0] == areas[1]

"""Shapefiles in GBK and UTF-8, with a .cpg that is right, wrong or absent; names cut at ten bytes."""

import geopandas as gpd
import pytest
import shapely

from qsgis.errors import FieldMissing, FileUnreadable
from qsgis.layers.shapefile import decode, encoding_of

from .conftest import folder_state, parcels, read

# 20 bytes in GBK, 30 in UTF-8: a .dbf keeps the first ten, in UTF-8 three characters and a third of one.
LONG = "图斑地类面积的数值域"


def write(folder, encoding, cpg=None):
    path = folder / "a.shp"
    data = {"DLBM": ["0101", "0301"], "坐落单位的名称": ["沁水县龙港镇", "沁水县端氏镇"], LONG: [1.5, 2.5]}
    gpd.GeoDataFrame(
        data, geometry=[shapely.box(5e5, 4e6, 5e5 + 9, 4e6 + 9), shapely.box(6e5, 4e6, 6e5 + 9, 4e6 + 9)], crs=4546
    ).to_file(path, encoding=encoding)
    path.with_suffix(".cpg").unlink()
    if cpg:
        path.with_suffix(".cpg").write_text(cpg)
    return path


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
@pytest.mark.parametrize("cpg", [None, "right", "GBK", "UTF-8", "CP936", "65001", "ISO-8859-1"])
def test_text_is_read_whatever_the_cpg_says(tmp_path, encoding, cpg):
    path = write(tmp_path, encoding, encoding if cpg == "right" else cpg)
    before = folder_state(tmp_path)
    definition = parcels()
    definition.fields["area"].aliases.append(LONG)
    layer = read(definition, path)
    assert layer.frame["name"].tolist() == ["沁水县龙港镇", "沁水县端氏镇"]
    assert layer.frame["area"].tolist() == [1.5, 2.5]
    assert folder_state(tmp_path) == before


def test_an_inferred_encoding_is_said(tmp_path):
    assert any("gb18030" in note for note in read(parcels(), write(tmp_path, "GBK")).notes)


def test_the_language_byte_of_the_dbf_counts(tmp_path):
    path = write(tmp_path, "GBK")
    content = bytearray(path.with_suffix(".dbf").read_bytes())
    content[29] = 0x4D  # 936, as ArcGIS writes it
    path.with_suffix(".dbf").write_bytes(content)
    layer = read(parcels(), path)
    assert layer.frame["name"].tolist() == ["沁水县龙港镇", "沁水县端氏镇"]
    assert not [note for note in layer.notes if "gb18030" in note]


def test_the_project_may_name_the_encoding(tmp_path):
    path = write(tmp_path, "GBK", "UTF-8")
    assert read(parcels(), path, encoding="GBK").frame["name"][0] == "沁水县龙港镇"
    with pytest.raises(FileUnreadable, match="klingon"):
        read(parcels(), path, encoding="klingon")


def test_a_half_character_at_the_end_is_dropped():
    assert decode("图斑地类".encode()[:10], "utf-8") == "图斑地"
    assert decode("A图斑地类面".encode("gbk")[:10], "gb18030") == "A图斑地类"


def test_utf8_is_recognised_against_a_wrong_statement_and_gbk_is_not_taken_for_it():
    assert encoding_of(["水田".encode()], "gb18030") == "utf-8"
    assert encoding_of(["水田".encode("gbk")], None) == "gb18030"
    assert encoding_of([b"\xff\xff"], None) is None


def test_cut_names_are_matched_by_ten_bytes_only_where_they_are_cut(tmp_path):
    path = tmp_path / "a.shp"
    square = [shapely.box(5e5, 4e6, 5e5 + 9, 4e6 + 9)]
    gpd.GeoDataFrame({"landuseclassification": ["0101"]}, geometry=square, crs=4546).to_file(path)
    definition = parcels()
    definition.fields["class"].aliases.append("landuseclassification")
    assert read(definition, path).frame["class"].tolist() == ["0101"]  # stands as landusecla
    gpd.GeoDataFrame({"landusecla": ["0101"]}, geometry=square, crs=4546).to_file(tmp_path / "a.gpkg")
    with pytest.raises(FieldMissing):
        read(definition, tmp_path / "a.gpkg")

"""Files in a folder are taken for the right layers by the shipped definitions, the same each time."""

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from qsgis.catalog import Catalog
from qsgis.layers.recognise import scan

from .conftest import LAS_PALMAS, folder_state

SQUARE = shapely.box(5e5, 4e6, 5e5 + 9, 4e6 + 9)
LAND_USE = {
    "BSM": ["1"],
    "DLBM": ["0101"],
    "TBDLMJ": [1.0],
    "TBMJ": [1.0],
    "KCXS": [0.0],
    "CZCSXM": [""],
    "ZLDWDM": ["1"],
    "SJNF": ["2019"],
}


@pytest.fixture(scope="module")
def catalog():
    return Catalog.load()


def polygons(path, layer=None, **columns):
    gpd.GeoDataFrame(columns, geometry=[SQUARE], crs=4546).to_file(
        path, **({"layer": layer} if layer else {"encoding": "GBK"})
    )


def found(folder, catalog):
    return {(one.path.name, one.sublayer): one for one in scan(folder, catalog)}


def test_by_name_by_part_of_it_and_by_fields(tmp_path, catalog):
    polygons(tmp_path / "sandiao.gpkg", "DLTB", **LAND_USE)
    polygons(tmp_path / "stbhhx.shp", MC=["红线"])
    polygons(tmp_path / "沁水县生态保护红线2020.shp", MC=["红线"])
    polygons(tmp_path / "交付成果.gpkg", "t1", **LAND_USE)
    polygons(tmp_path / "不明.gpkg", "t2", 甲=["1"])
    (tmp_path / "菜市场.csv").write_text("名称,经度,纬度\n甲,112.19,35.69\n", encoding="gbk")
    (tmp_path / "readme.md").write_text("no layer")
    before = folder_state(tmp_path)
    files = found(tmp_path, catalog)
    assert folder_state(tmp_path) == before
    assert files == found(tmp_path, catalog)
    assert {key: one.layer_id for key, one in files.items()} == {
        ("sandiao.gpkg", "DLTB"): "land_use",
        ("stbhhx.shp", "stbhhx"): "ecological_red_line",
        ("沁水县生态保护红线2020.shp", "沁水县生态保护红线2020"): "ecological_red_line",
        ("交付成果.gpkg", "t1"): "land_use",
        ("不明.gpkg", "t2"): None,
        ("菜市场.csv", "菜市场"): "markets",
    }
    assert files["sandiao.gpkg", "DLTB"].year == 2019
    assert files["沁水县生态保护红线2020.shp", "沁水县生态保护红线2020"].year == 2020
    assert files["sandiao.gpkg", "DLTB"].crs.startswith("EPSG:4546")
    assert (files["菜市场.csv", "菜市场"].geometry, files["菜市场.csv", "菜市场"].count) == ("point", 1)
    assert "known" in files["不明.gpkg", "t2"].why


def test_what_may_be_several_layers_says_so(tmp_path, catalog):
    shared = [name for name in catalog.layers["clinics"].names if name in catalog.layers["hospitals"].names]
    both = catalog.layers["clinics"].model_copy(update={"names": ["某设施"]})
    other = catalog.layers["hospitals"].model_copy(update={"names": ["某设施"]})
    doubtful = replace(catalog, layers=catalog.layers | {"clinics": both, "hospitals": other})
    (tmp_path / "某设施.csv").write_text("编码甲,经度,纬度\n甲,112.19,35.69\n", encoding="utf-8")
    one = found(tmp_path, doubtful)["某设施.csv", "某设施"]
    assert one.layer_id is None
    assert "clinics" in one.why
    assert "hospitals" in one.why
    assert not shared


def test_a_broken_file_is_in_the_list_with_its_reason(tmp_path, catalog):
    polygons(tmp_path / "DLTB.gpkg", "DLTB", **LAND_USE)
    content = (tmp_path / "DLTB.gpkg").read_bytes()
    (tmp_path / "DLTB.gpkg").write_bytes(content[: len(content) // 2])
    (tmp_path / "old.mdb").write_bytes(bytes(100))
    (tmp_path / "empty.xlsx").write_bytes(b"")
    files = scan(tmp_path, catalog)
    assert [one.path.name for one in files] == ["DLTB.gpkg", "empty.xlsx", "old.mdb"]
    assert all(one.layer_id is None and one.why for one in files)


def test_excel_sheets(tmp_path, catalog):
    with pd.ExcelWriter(tmp_path / "部门数据.xlsx") as book:
        pd.DataFrame({"行政区代码": ["140521100"], "常住人口": [7]}).to_excel(book, sheet_name="常住人口", index=False)
        pd.DataFrame({"名称": ["甲"], "床位数": [7], "经度": [112.0], "纬度": [35.0]}).to_excel(
            book, sheet_name="养老设施", index=False
        )
    files = found(tmp_path, catalog)
    assert files["部门数据.xlsx", "常住人口"].layer_id == "population"
    assert files["部门数据.xlsx", "养老设施"].layer_id == "elderly_care"


def test_an_extract_and_a_timetable(catalog):
    files = scan(LAS_PALMAS, catalog)
    layers = {one.layer_id: one for one in files if one.path.suffix == ".pbf"}
    assert {"roads", "parks", "markets", "elderly_care"} <= set(layers)
    assert layers["roads"].year == 2023
    assert [one.layer_id for one in files if one.path.suffix == ".zip"] == ["transit"]

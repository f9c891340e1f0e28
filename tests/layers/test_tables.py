"""CSV and Excel: encodings, titles above the header, points by 经度/纬度 or x/y, plain tables."""

import openpyxl
import pyproj
import pytest

from qsgis.errors import FileUnreadable, GeometryWrong, LayerEmpty, SublayerUnknown
from qsgis.schema import LayerField

from .conftest import checks, facilities, folder_state, read

LONGITUDE, LATITUDE = 112.19, 35.69
EAST, NORTH = pyproj.Transformer.from_crs(4490, 4546, always_xy=True).transform(LONGITUDE, LATITUDE)
TEXT = f"名称,床位数,经度,纬度\n敬老院,12,{LONGITUDE},{LATITUDE}\n幸福院,,{LONGITUDE + 0.01},{LATITUDE}\n"


def write(folder, text, encoding="utf-8", name="a.csv"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def book(folder, sheets, name="a.xlsx"):
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, rows in sheets.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
    made.save(folder / name)
    return folder / name


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_points_of_a_csv_in_any_encoding(tmp_path, encoding):
    path = write(tmp_path, TEXT, encoding)
    before = folder_state(tmp_path)
    layer = read(facilities(), path)
    assert layer.frame["name"].tolist() == ["敬老院", "幸福院"]
    assert layer.frame["beds"].fillna(-1).tolist() == [12.0, -1.0]
    assert (layer.frame.geometry[0].x, layer.frame.geometry[0].y) == pytest.approx((EAST, NORTH), abs=1e-6)
    assert layer.frame["feature"].tolist() == ["2", "3"]  # rows as a spreadsheet numbers them
    assert any("GCJ-02" in note for note in layer.notes)
    assert folder_state(tmp_path) == before


def test_the_note_on_web_maps_is_left_out_where_the_system_is_stated(tmp_path):
    assert not read(facilities(), write(tmp_path, TEXT), source_crs="EPSG:4490").notes


@pytest.mark.parametrize("separator", ["\t", ";"])
def test_other_separators(tmp_path, separator):
    assert len(read(facilities(), write(tmp_path, TEXT.replace(",", separator))).frame) == 2


def test_excel_with_a_title_and_a_unit_above_the_header(tmp_path):
    rows = [
        ["沁水县养老设施一览"],
        [None, "单位：张"],
        ["名称", "床位数", "经度", "纬度"],
        ["敬老院", 12, LONGITUDE, LATITUDE],
        [None] * 4,
    ]
    layer = read(facilities(), book(tmp_path, {"Sheet1": rows, "Sheet2": []}))
    assert layer.frame["beds"].tolist() == [12.0]
    assert layer.frame["feature"].tolist() == ["4"]
    assert layer.sublayer == "Sheet1"
    assert any("row 3" in note for note in layer.notes)


def test_the_sheet_that_is_meant(tmp_path):
    rows = [["名称", "经度", "纬度"], ["敬老院", LONGITUDE, LATITUDE]]
    path = book(tmp_path, {"说明": rows, "YLSS": rows, "其他": rows})
    assert read(facilities(), path).sublayer == "YLSS"
    assert read(facilities(), path, layer="其他").sublayer == "其他"
    with pytest.raises(SublayerUnknown, match="说明"):
        read(facilities(), path, layer="无")


def test_x_and_y_in_the_plane_and_in_the_order_of_chinese_surveying(tmp_path):
    plain = read(facilities(), write(tmp_path, f"名称,x,y\n甲,{EAST},{NORTH}\n"))
    assert (plain.frame.geometry[0].x, plain.frame.geometry[0].y) == pytest.approx((EAST, NORTH))
    turned = read(facilities(), write(tmp_path, f"名称,X坐标,Y坐标\n甲,{NORTH},{EAST + 37e6}\n"))
    assert (turned.frame.geometry[0].x, turned.frame.geometry[0].y) == pytest.approx((EAST, NORTH), abs=1e-6)
    assert any("exchanged" in note for note in turned.notes)
    degrees = read(facilities(), write(tmp_path, f"名称,经度,纬度\n甲,{LATITUDE},{LONGITUDE}\n"))
    assert degrees.frame.geometry[0].x == pytest.approx(EAST, abs=1e-6)
    assert any("exchanged" in note for note in degrees.notes)


def test_degrees_minutes_and_seconds(tmp_path):
    layer = read(facilities(), write(tmp_path, "名称,经度,纬度\n甲,112°11′24″,35度41分24秒\n"))
    assert (layer.frame.geometry[0].x, layer.frame.geometry[0].y) == pytest.approx((EAST, NORTH), abs=1e-3)


def test_rows_without_usable_coordinates_are_listed(tmp_path):
    text = f"名称,经度,纬度\n甲,{LONGITUDE},{LATITUDE}\n乙,,{LATITUDE}\n丙,东经,{LATITUDE}\n丁,{LONGITUDE},3569\n"
    layer = read(facilities(), write(tmp_path, text))
    assert layer.frame["name"].tolist() == ["甲"]
    assert layer.flaws["feature"].tolist() == ["3", "4", "5"]
    assert layer.flaws["detail"].str.contains("东经").tolist() == [False, True, False]
    assert any("3 features" in note for note in layer.notes)


def test_a_row_with_a_comma_too_many_is_listed(tmp_path):
    layer = read(facilities(), write(tmp_path, TEXT + f"一,二,12,{LONGITUDE},{LATITUDE}\n"))
    assert "4" in layer.flaws.loc[layer.flaws["reason"] == "row too long", "feature"].tolist()


def test_a_table_of_zones(tmp_path):
    fields = {
        "zone_code": LayerField(name="行政区代码", aliases=["XZQDM"]),
        "resident": LayerField(name="常住人口", type="number", unit="人", minimum=0, required=True),
    }
    definition = facilities(id="population", geometry=["table", "point", "polygon"], fields=fields)
    rows = [["行政区代码", "常住人口"], [140521100001, "1,024"], ["140521100002", 7]]
    layer = read(definition, book(tmp_path, {"人口": rows}))
    assert layer.frame["zone_code"].tolist() == ["140521100001", "140521100002"]
    assert layer.frame["resident"].tolist() == [1024.0, 7.0]
    assert list(layer.frame.columns) == ["zone_code", "resident", "feature"]
    assert layer.source_crs == ""


def test_a_table_where_places_are_due(tmp_path):
    path = write(tmp_path, "名称,床位数\n甲,1\n")
    with pytest.raises(GeometryWrong, match="coordinates"):
        read(facilities(), path)


def test_a_header_alone_is_an_empty_layer(tmp_path):
    path = write(tmp_path, "名称,经度,纬度\n")
    with pytest.raises(LayerEmpty):
        read(facilities(), path)
    assert len(read(facilities(checks=checks(empty="warn")), path).frame) == 0


def test_text_that_is_in_no_known_encoding(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xff\xff\x81\x00,\xff\n")
    with pytest.raises(FileUnreadable):
        read(facilities(), tmp_path / "a.csv")


def test_a_truncated_workbook(tmp_path):
    path = book(tmp_path, {"YLSS": [["名称", "经度", "纬度"]] + [["敬老院", LONGITUDE, LATITUDE]] * 500})
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(FileUnreadable):
        read(facilities(), path)

"""Tables of values as bureaus fill them in, written by hand cell by cell: what is taken, and what is asked about."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest
import shapely
from openpyxl.worksheet.worksheet import Worksheet

from qsgis import messages
from qsgis.analyses.inputs import Zones
from qsgis.catalog import Catalog
from qsgis.errors import QsgisError, ValuesRefused
from qsgis.layers.amounts import read_amount
from qsgis.layers.handed_in import HandedIn, read_values
from qsgis.reported import values as reported
from qsgis.reported.names import Names
from qsgis.reported.questions import as_line, compare_with
from qsgis.results import Peer, Question, Value
from qsgis.schema import Analysis, Override, ProjectFacts, ValuesSource
from tests.handmade import box, frame, run, value, write_project

FACTS = ProjectFacts(name="手工县", year=2019, base_year=2015, target_year=2035)


def indicator(name: str, label: str, unit: str, **more: Any) -> Analysis:
    return Analysis(id=name, name=label, dimension="安全", unit=unit, better="higher", **more)


ANALYSES = {
    one.id: one
    for one in (
        indicator("greenway_length", "绿道长度", "千米", name_en="Length of greenways", aliases=["城市绿道长度"]),
        indicator("grassland_area", "草地面积", "公顷"),
        indicator("tap_water", "农村自来水普及率", "%"),
        indicator("high_tech_growth", "高新技术制造业增长率", "%", bounded=False),
        indicator("labour_productivity", "社会劳动生产率", "万元/人", unit_aliases={"万人/人": "万元/人"}),
        indicator("resident_population", "常住人口数量", "万人"),
        indicator("homes", "公共租赁住房套数", "套"),
        indicator("new_housing", "年新增政策性住房占比", "%"),
        indicator("market", "菜市场（生鲜超市）步行10分钟覆盖率", "%"),
        indicator("subsidence", "年平均地面沉降量", "毫米", bounded=False),
    )
}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    before = messages.language()
    messages.set_language("en")
    yield
    messages.set_language(before)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return replace(Catalog.load(), analyses=ANALYSES)


@pytest.fixture(scope="module")
def zones() -> Zones:
    def level(**names: str) -> gpd.GeoDataFrame:
        boxes = [shapely.box(place, 0, place + 1, 1) for place in range(len(names))]
        codes = [code.removeprefix("c") for code in names]
        return gpd.GeoDataFrame({"code": codes, "name": list(names.values())}, geometry=boxes, crs="EPSG:4546")

    return Zones({"county": level(c140521="手工县"), "district": level(c140521100="东镇", c140521101="西镇")})


class Book:
    """A workbook that is filled by addresses, and what reading it gives."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.book = openpyxl.Workbook()
        self.sheet.title = "表一"

    @property
    def sheet(self) -> Worksheet:
        return self.book.worksheets[-1]

    def rows(self, *rows: tuple[Any, ...]) -> Book:
        for row in rows:
            self.sheet.append(row)
        return self

    def save(self) -> None:
        self.book.save(self.path)

    def read(self, sheet: str | None = None) -> HandedIn:
        self.save()
        return read_values(ValuesSource(path=self.path.name, sheet=sheet), self.path.parent)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path / "统计局.xlsx")


@pytest.fixture
def take(catalog: Catalog, zones: Zones) -> Callable[..., reported.Supplied]:
    def supply(*tables: HandedIn | Book) -> reported.Supplied:
        read = [one.read() if isinstance(one, Book) else one for one in tables]
        return reported.supplied(read, catalog, zones, FACTS)

    return supply


LONG = ("指标名称", "年份", "数值", "单位")


def figures(found: reported.Supplied) -> dict[tuple[str, int], float | None]:
    return {(row.indicator, row.year): row.value for row in found.values}


def asked(found: reported.Supplied) -> list[tuple[str, str, str]]:
    """(cell, reading, other) of every question."""
    return [(one.cell, one.reading, one.other) for one in found.questions]


def only(found: reported.Supplied) -> Question:
    assert len(found.questions) == 1, found.questions
    return found.questions[0]


# --- the two forms ---


def test_the_long_form_with_all_its_columns(book, take):
    book.rows(
        ("指标", "年度", "指标值", "计量单位", "性质", "区划代码", "数据来源", "备注"),
        ("绿道长度", 2019, 13.5, "千米", "现状", "140521100", "林业和草原局", "实测"),
        ("草地面积", "2035年", 1500, "亩", "目标值", "", "某公司", ""),
    )
    found = take(book)
    assert found.questions == []
    one, two = found.values
    assert (one.indicator, one.kind, one.year, one.value, one.unit) == (
        "greenway_length",
        "reported",
        2019,
        13.5,
        "千米",
    )
    assert (one.zone_level, one.zone_code, one.zone_name) == ("district", "140521100", "东镇")
    assert (one.source, one.note) == ("林业局", "实测")  # a department's long name → its common one
    assert (two.indicator, two.kind, two.year, two.value, two.unit) == ("grassland_area", "target", 2035, 100, "公顷")
    assert (two.zone_level, two.zone_code, two.source) == ("county", "", "某公司")


def test_the_wide_form_below_titles_with_merged_cells(book, take):
    """Rows 1–2 are titles, the header takes rows 3–4; 西镇's row shares its name with the one above."""
    book.rows(
        ("手工县指标表",),
        ("填报单位：统计局",),
        ("序号", "指标名称", "乡镇", "单位", "年度值", None, None, "备注"),
        (None, None, None, None, "2015年", 2019, "2035年（目标）", None),
        (1, "绿道长度", "东镇", "公里", 1, 2, 30, None),
        (2, None, "西镇", "公里", "1,234.5", "２０", None, None),
        ("填表人：某某",),
    )
    for area in ("A3:A4", "B3:B4", "C3:C4", "D3:D4", "E3:G3", "H3:H4", "B5:B6"):
        book.sheet.merge_cells(area)
    found = take(book)
    rows = {(row.zone_code, row.kind, row.year): row.value for row in found.values}
    assert rows == {
        ("140521100", "reported", 2015): 1,
        ("140521100", "reported", 2019): 2,
        ("140521100", "target", 2035): 30,
        ("140521101", "reported", 2015): 1234.5,
        ("140521101", "reported", 2019): 20,
    }
    assert {one.entry.cell for one in found.taken} == {"E5", "F5", "G5", "E6", "F6"}
    assert asked(found) == [("F6", "20 千米", "")]  # 20 against 1234.5: sixty times
    assert "0.0162 times the value of 2015 (统计局.xlsx [表一] E6: 1234.5 千米)" in only(found).matter


def test_blank_names_that_are_not_merged_are_not_filled(book, take):
    book.rows(("指标", "单位", 2019), ("绿道长度", "千米", 5), (None, "千米", 6))
    found = take(book)
    assert figures(found) == {("greenway_length", 2019): 5}
    assert (only(found).cell, only(found).given, only(found).reading) == ("C3", "6", "")
    assert "no indicator is named" in only(found).matter


def test_a_value_merged_over_two_years_counts_for_the_first(book, take):
    book.rows(("指标", "单位", 2018, 2019), ("绿道长度", "千米", 5, None))
    book.sheet.merge_cells("C2:D2")
    found = take(book)
    assert figures(found) == {("greenway_length", 2018): 5}
    assert only(found).cell == "D2"
    assert "merged with C2" in only(found).matter


def test_all_sheets_are_read_and_those_without_a_table_are_listed(book, take):
    book.rows(LONG, ("绿道长度", 2019, 5, "千米"))
    book.book.create_sheet("说明")
    book.rows(("本表由统计局填报",))
    book.book.create_sheet("空表")
    book.book.create_sheet("表二")
    book.rows(("指标", 2019), ("草地面积", 80))
    found = take(book)
    assert figures(found) == {("greenway_length", 2019): 5, ("grassland_area", 2019): 80}
    assert (only(found).file, only(found).sheet, only(found).cell) == ("统计局.xlsx", "说明", "")
    assert [one.indicator for one in book.read("表二").entries] == ["草地面积"]
    with pytest.raises(ValuesRefused, match="cannot be used") as refused:
        book.read("表三")
    assert "表一, 说明, 空表, 表二" in refused.value.why


def test_columns_of_the_projects_years_and_a_column_that_is_no_year(book, take):
    book.rows(
        ("指标", "单位", "基期年", "现状值", "目标值", "2018年1—6月"),
        ("绿道长度", "千米", 1, 2, 3, 4),
    )
    found = take(book)
    assert {(row.kind, row.year): row.value for row in found.values} == {
        ("reported", 2015): 1, ("reported", 2019): 2, ("target", 2035): 3,
    }  # fmt: skip
    assert (only(found).cell, only(found).given) == ("F1", "2018年1—6月")


def test_a_table_may_begin_anywhere_and_formats_end_nowhere(book, take):
    for address, content in {"C5": "指标", "D5": "年份", "E5": "数值", "C6": "绿道长度", "D6": 2019, "E6": 5}.items():
        book.sheet[address] = content
    book.sheet["XFD1048576"].number_format = "0%"  # the last cell that a sheet can have
    found = take(book)
    assert [(one.entry.cell, one.number) for one in found.taken] == [("E6", 5)]
    assert found.questions == []


def test_a_second_table_below_the_first_has_its_own_header(book, take):
    book.rows(("指标", 2015), ("绿道长度", 1), (), ("二、其他",), ("指标", "单位", 2019), ("草地面积", "亩", 30))
    assert figures(take(book)) == {("greenway_length", 2015): 1, ("grassland_area", 2019): 2}


def test_a_unit_above_the_table_holds_for_all_of_it(book, take):
    book.rows(("单位：亩",), ("指标", "年份", "数值"), ("草地面积", 2019, 1500))
    found = take(book)
    assert figures(found) == {("grassland_area", 2019): 100}
    assert found.questions == []


@pytest.mark.parametrize(
    ("upper", "lower", "merged"),
    [
        (("指标", "单位", "2015年", "2019年", "2035年"), (None, None, "现状", "现状", "目标"), ("A1:A2", "B1:B2")),
        (("指标", "单位", "现状", None, "目标"), (None, None, 2015, 2019, 2035), ("A1:A2", "B1:B2", "C1:D1")),
        (("指标", "单位", "现状值", None, "规划目标"), (None, None, "2015年", "2019年", "2035年"), ()),
        (("指标", "单位", "2015年", "2019年", "2035年目标"), (None, None, "公里", "公里", "公里"), ()),
    ],
)
def test_a_head_of_two_rows(book, take, upper, lower, merged):
    """The kind may stand above the year or below it; nothing of the head is taken for a figure."""
    book.rows(upper, lower, ("绿道长度", "公里", 12, 15, 30))
    for area in merged:
        book.sheet.merge_cells(area)
    found = take(book)
    assert {(row.kind, row.year): row.value for row in found.values} == {
        ("reported", 2015): 12, ("reported", 2019): 15, ("target", 2035): 30,
    }  # fmt: skip
    assert found.questions == []


def test_a_row_without_a_name_is_no_second_row_of_the_head(book, take):
    book.rows(("指标", "单位", 2015, 2019), (None, "千米", 4, 5), ("绿道长度", "千米", 6, 7))
    found = take(book)
    assert figures(found) == {("greenway_length", 2015): 6, ("greenway_length", 2019): 7}
    assert [(one.cell, one.given, one.reading) for one in found.questions] == [("C2", "4", ""), ("D2", "5", "")]


def test_units_in_the_heads_of_columns(book, take):
    book.rows(("指标", "2018年（米）", "2019年（公里）"), ("绿道长度", 4000, 5))
    book.book.create_sheet("长表")
    book.rows(("指标", "年份", "数值（亩）"), ("草地面积", 2019, 1500))
    found = take(book)
    assert figures(found) == {
        ("greenway_length", 2018): 4, ("greenway_length", 2019): 5, ("grassland_area", 2019): 100,
    }  # fmt: skip
    assert found.questions == []


def test_the_nearest_unit_counts_and_the_head_is_asked_about(book, take):
    book.rows(("指标", "单位", "2019年（米）"), ("绿道长度", "公里", 5), ("草地面积（亩）", None, 1500))
    found = take(book)
    assert figures(found) == {("greenway_length", 2019): 5, ("grassland_area", 2019): 100}
    assert asked(found) == [("C2", "5 千米", "5 米"), ("C3", "1500 亩", "1500 米")]


def test_a_unit_above_the_table_gives_way_to_the_names(book, take):
    book.rows(("单位：公里",), ("指标", 2019), ("绿道长度", 5), ("草地面积（公顷）", 80), ("农村自来水普及率", 90))
    found = take(book)
    assert figures(found) == {("greenway_length", 2019): 5, ("grassland_area", 2019): 80}
    assert (only(found).cell, only(found).matter) == ("B5", "unit 千米 cannot become %")


def test_sections_and_remarks_across_the_table_are_no_figures(book, take):
    book.rows(("序号", "指标", 2015, 2019), ("一、安全",), (1, "绿道长度", 4, 5), ("注：2019年为初步数",))
    book.sheet.merge_cells("A2:D2")
    book.sheet.merge_cells("A4:D4")
    found = take(book)
    assert figures(found) == {("greenway_length", 2015): 4, ("greenway_length", 2019): 5}
    assert found.questions == []


def test_columns_of_numbers_that_are_not_understood_are_said(book, take):
    book.rows(("序号", "指标", "2019年", "上年", "同比增长", "经办"), (1, "绿道长度", 5, 4, "25%", "某人"))
    found = take(book)
    assert figures(found) == {("greenway_length", 2019): 5}
    assert [(one.cell, one.given, one.reading) for one in found.questions] == [
        ("D1", "上年", ""),
        ("E1", "同比增长", ""),
    ]


def test_a_target_beside_a_long_table_is_not_lost(book, take):
    book.rows((*LONG, "目标值"), ("绿道长度", "二〇一九年", 5, "千米", 8))
    found = take(book)
    assert figures(found) == {("greenway_length", 2019): 5}
    assert (only(found).cell, only(found).given, only(found).reading) == ("E1", "目标值", "")


def test_a_date_and_chinese_numerals_are_years(book, take):
    book.rows(("指标", "二〇一五年", date(2019, 12, 31), "近期目标（2025年）"), ("绿道长度", 4, 5, 6))
    found = take(book)
    assert {(row.kind, row.year): row.value for row in found.values} == {
        ("reported", 2015): 4, ("reported", 2019): 5, ("target", 2025): 6,
    }  # fmt: skip
    assert found.questions == []


def test_english_heads_of_years(book, take):
    book.rows(("Indicator", "Unit", "2015 (base)", "2019", "2035 target"), ("Length of greenways", "km", 4, 5, 6))
    found = take(book)
    assert {(row.kind, row.year): row.value for row in found.values} == {
        ("reported", 2015): 4, ("reported", 2019): 5, ("target", 2035): 6,
    }  # fmt: skip
    assert found.questions == []


def test_what_is_hidden_counts_and_is_said(book, take):
    book.rows(("指标", "单位", 2018, 2019), ("绿道长度", "千米", 4, 5), ("草地面积", "公顷", 80, 90))
    book.sheet.column_dimensions["C"].hidden = True
    book.sheet.row_dimensions[3].hidden = True
    found = take(book)
    assert len(found.values) == 4
    assert (only(found).cell, only(found).reading) == ("C2, C3, D3", "4 千米, 80 公顷, 90 公顷")
    assert "hidden" in only(found).matter


def test_a_table_of_nothing_but_its_head_is_said(book, take):
    found = take(book.rows(("指标", "单位", 2015, 2019)))
    assert found.values == []
    assert "no figures" in only(found).matter


def test_signs_without_width_and_fixed_blanks(book, take):
    book.rows(("指标\u200b", "单位", 2019), ("绿道\xa0长度\ufeff", "千\u200b米", "1\xa0234.5\u200b"))
    found = take(book)
    assert figures(found) == {("greenway_length", 2019): 1234.5}
    assert found.questions == []


def test_a_column_of_names_goes_before_one_of_codes(book, take):
    book.rows(("指标编码", "指标名称", 2019), ("A-01", "绿道长度", 5))
    assert figures(take(book)) == {("greenway_length", 2019): 5}


@pytest.mark.parametrize("head", ["乡镇（街道）", "所属乡镇", "乡（镇）名称", "街道"])
def test_heads_of_the_column_of_zones(book, take, head):
    found = take(book.rows(("指标", head, 2019), ("绿道长度", "东镇", 5)))
    assert [(row.zone_code, row.value) for row in found.values] == [("140521100", 5)]


def test_a_townships_figure_is_never_taken_for_the_countys(book, take):
    """The head 片区 is not known; the figure of 东镇 is not used, that of no zone is the county's."""
    found = take(book.rows(("指标", "片区", 2019), ("绿道长度", "东镇", 5), ("草地面积", "某处", 80)))
    assert figures(found) == {("grassland_area", 2019): 80}
    assert (only(found).cell, only(found).reading, only(found).other) == ("C2", "", "a value of 东镇")


def test_a_category_of_indicators_is_no_kind_of_figure(book, take):
    found = take(book.rows((*LONG, "类别"), ("绿道长度", 2019, 5, "千米", "安全")))
    assert [(row.kind, row.value) for row in found.values] == [("reported", 5)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_csv_file_is_addressed_as_a_spreadsheet_would(tmp_path, take, encoding):
    path = tmp_path / "v.csv"
    path.write_text("indicator,year,value,unit\ngreenway_length,2019,约35,千米\n", encoding=encoding)
    found = take(read_values(ValuesSource(path="v.csv"), tmp_path))
    assert as_line(only(found)) == (
        "v.csv C2: greenway_length 2019 = 约35: text stands where a number is due; not used; perhaps meant: 35"
    )


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ([("年度", "数值")], "no column is called indicator"),
        ([("指标", "数值")], "no column is called year"),
        ([("指标", "年度")], "no column is called value"),
        ([], "no column is called indicator"),
    ],
)
def test_a_file_without_any_table_is_refused(book, rows, word):
    with pytest.raises(ValuesRefused) as refused:
        book.rows(*rows).read()
    assert word in refused.value.why


def test_an_old_workbook_is_refused_with_a_way_out(tmp_path):
    (tmp_path / "a.xls").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    with pytest.raises(QsgisError) as refused:
        read_values(ValuesSource(path="a.xls"), tmp_path)
    assert "save it as .xlsx" in refused.value.why


# --- names, units, zones, years ---


@pytest.mark.parametrize(
    ("text", "found", "unit"),
    [
        ("greenway_length", "greenway_length", ""),
        ("Length of greenways", "greenway_length", ""),
        ("绿道 长度（公里）", "greenway_length", "千米"),
        ("城市绿道长度", "greenway_length", ""),
        ("一、绿道长度", "greenway_length", ""),
        ("（十二）绿道长度(km)", "greenway_length", "千米"),
        ("3、2015-2019年绿道长度(km)", "greenway_length", "千米"),
        ("2019年度绿道长度", "greenway_length", ""),
        ("2015-2019年年新增政策性住房占比(%)", "new_housing", "%"),
        ("2019年平均地面沉降量", "subsidence", ""),
        ("2015-2019绿道长度", "greenway_length", ""),
        ("2015-2019年手工县域绿道长度（米）", "greenway_length", "米"),
        ("甲县绿道长度", "", ""),
        ("菜市场(生鲜超市)步行１０分钟覆盖率（％）", "market", "%"),
        ("全县绿道长度", "", ""),  # only as an alias
        ("绿道长度（城区）", "", ""),
        ("", "", ""),
    ],
)
def test_names_are_found_however_they_are_written(text, found, unit):
    result = Names(ANALYSES, "手工县").find(text)
    assert (result.id, result.unit) == (found, unit)


def test_an_unknown_name_is_offered_the_nearest(book, take):
    found = take(book.rows(LONG, ("绿道总长度", 2019, 5, "千米")))
    assert found.values == []
    assert (only(found).indicator, only(found).cell, only(found).reading) == ("绿道总长度", "C2", "")
    assert "Length of greenways" in only(found).other or "绿道长度" in only(found).other


def test_an_alias_that_two_indicators_bear_is_not_guessed():
    twins = {name: indicator(name, label, "%", aliases=["普及率"]) for name, label in (("a", "甲率"), ("b", "乙率"))}
    assert Names(twins).find("普及率").near == ("a", "b")
    assert Names(twins).find("甲率").id == "a"


@pytest.mark.parametrize(
    ("row", "expected"),
    [  # 15 亩 = 1 公顷, 1 平方千米 = 100 公顷
        (("草地面积", 2019, 1500, "亩"), 100),
        (("草地面积", 2019, 2, "km²"), 200),
        (("草地面积（亩）", 2019, 1500, None), 100),
        (("草地面积", 2019, "1500亩", None), 100),
        (("草地面积", 2019, "1500亩", "亩"), 100),
        (("常住人口数量", 2019, 203000, "人"), 20.3),
        (("常住人口数量", 2019, "20.3万", "人"), 20.3),
        (("公共租赁住房套数", 2019, "1.2万", None), 12000),
        (("农村自来水普及率", 2019, "95.5%", None), 95.5),
        (("农村自来水普及率", 2019, "955‰", "%"), None),  # the cell and the column say different things
        (("农村自来水普及率", 2019, "955‰", None), 95.5),
        (("常住人口数量", 2019, "20.3万", "万人"), None),
        (("常住人口数量", 2019, "20.3万", None), None),
        (("草地面积", 2019, "35%", None), None),
        (("公共租赁住房套数", 2019, "35%", None), None),  # both are plain numbers, and yet not the same
        (("农村自来水普及率", 2019, 35, "套"), None),
        (("草地面积", 2019, 5, "万人"), None),
        (("草地面积", 2019, 5, "海里"), None),
    ],
)
def test_units_are_converted_or_the_row_is_not_used(book, take, row, expected):
    found = take(book.rows(LONG, row))
    assert [one.value for one in found.values] == ([] if expected is None else [pytest.approx(expected, rel=1e-12)])
    if expected is None:
        assert (only(found).cell, only(found).reading) == ("C2", "")


def test_a_misprinted_unit_is_read_as_the_definition_says(book, take):
    found = take(book.rows(LONG, ("社会劳动生产率", 2019, 8.5, "万人／人"), ("社会劳动生产率", 2018, 8.1, "万人/人")))
    assert figures(found) == {("labour_productivity", 2019): 8.5, ("labour_productivity", 2018): 8.1}
    assert [one.matter for one in found.questions] == [
        "unit 万人／人 is read as 万元/人",
        "unit 万人/人 is read as 万元/人",
    ]


def test_unit_of_the_column_goes_before_that_of_the_name(book, take):
    found = take(book.rows(LONG, ("草地面积（公顷）", 2019, 1500, "亩")))
    assert figures(found) == {("grassland_area", 2019): 100}
    assert asked(found) == [("C2", "1500 亩", "1500 公顷")]


@pytest.mark.parametrize(
    ("year", "kind", "used"),
    [
        (2015, "", True), (2014, "", False), (2020, "", False), (2035, "", False), (2035, "目标", True),
        (2036, "目标", False), ("2019年", "基本", True), ("2019.0", "", True), ("2015-2019", "", False),
        ("二〇一九年", "", True), ("二〇一九级", "", False), (2018.5, "", False), (2019, "估计", False),
    ],
)  # fmt: skip
def test_years_lie_within_those_of_the_project(book, take, year, kind, used):
    found = take(book.rows((*LONG, "类别"), ("绿道长度", year, 5, "千米", kind)))
    assert len(found.values) == used
    assert len(found.questions) == (not used)


def test_a_year_in_the_name_that_is_another(book, take):
    found = take(book.rows(LONG, ("2018年绿道长度", 2019, 5, "千米"), ("2015-2019年绿道长度", 2018, 5, "千米")))
    assert figures(found) == {("greenway_length", 2019): 5, ("greenway_length", 2018): 5}
    assert asked(found) == [("C2", "2019", "2018")]


def test_a_later_year_may_be_a_target(book, take):
    question = only(take(book.rows(LONG, ("绿道长度", 2035, 5, "千米"))))
    assert question.matter == "the year 2035 is not within 2015–2019"
    assert question.other == "a target for 2035"


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("", ("county", "")), ("140521", ("county", "")), ("全县", ("county", "")), ("140599", None), ("北镇", None),
        (140521101, ("district", "140521101")), ("140521101000", ("district", "140521101")),
        ("西镇", ("district", "140521101")),
    ],
)  # fmt: skip
def test_zones_by_code_or_name(book, take, zone, expected):
    found = take(book.rows((*LONG, "行政区代码"), ("绿道长度", 2019, 5, "千米", zone)))
    assert [(row.zone_level, row.zone_code) for row in found.values] == ([expected] if expected else [])
    assert len(found.questions) == (expected is None)


def test_another_countys_row_is_not_taken_for_this_ones(book, take):
    found = take(
        book.rows(
            (*LONG, "县（市、区）"), ("绿道长度", 2019, 5, "千米", "手工县"), ("绿道长度", 2019, 9, "千米", "甲县")
        )
    )
    assert figures(found) == {("greenway_length", 2019): 5}
    assert only(found).cell == "C3"


# --- cells that hold no plain number ---


@pytest.mark.parametrize(
    ("value", "number", "unit", "other"),
    [
        ("1,234.5", 1234.5, "", ""), (" ３５．５ ", 35.5, "", ""), ("'12", 12, "", ""), ("−3", -3, "", ""),
        ("35%", 35, "%", ""), ("35 km2", 35, "平方千米", ""), ("约35", None, "", "35"), ("35（预计）", None, "", "35"),
        ("12,34", None, "", "12,34"), ("很多", None, "", ""), ("inf", None, "", ""), (True, None, "", ""),
        ("#DIV/0!", None, "", ""), ("2.5-3", None, "", "2.5 or 3"),
    ],
)  # fmt: skip
def test_amounts(value, number, unit, other):
    found = read_amount(value)
    assert (found.number, found.unit) == (number, unit)
    assert (found.why == "") == (number is not None)
    assert found.other == other


@pytest.mark.parametrize("sign", ["—", "——", "-", "/", "／", "无", "暂无", "N/A", "…"])
def test_signs_for_nothing_are_no_zero(book, take, sign):
    found = take(book.rows(("指标", "单位", 2019), ("绿道长度", "千米", sign)))
    assert found.values == []
    assert (only(found).cell, only(found).given, only(found).reading) == ("C2", sign, "")
    assert only(found).other.startswith("0, if")


def test_a_cell_shown_as_a_percentage_is_one(book, take):
    book.rows(("指标", "单位", 2018, 2019), ("农村自来水普及率", "%", 0.35, 0.4), ("草地面积", "公顷", 0.5, None))
    for address in ("C2", "D2", "C3"):
        book.sheet[address].number_format = "0.0%"
    found = take(book)
    assert figures(found) == {("tap_water", 2018): 35, ("tap_water", 2019): 40}
    stated, refused = found.questions
    assert (refused.cell, refused.reading) == ("C3", "")
    assert (stated.cell, stated.given, stated.reading) == ("C2, D2", "0.35, 0.4", "35 %, 40 %")


def test_text_in_a_cell_of_percentages_is_as_it_is_shown(book, take):
    book.rows(("指标", 2018, 2019), ("农村自来水普及率", "35", "36%"))
    for address in ("B2", "C2"):
        book.sheet[address].number_format = "0%"
    assert figures(take(book)) == {("tap_water", 2018): 35, ("tap_water", 2019): 36}


def test_a_formula_with_a_saved_result_counts(book, take):
    """As a spreadsheet program leaves it: the formula and its result in one cell."""
    book.rows(("指标", 2018, 2019), ("绿道长度", "=1+2", 4)).book.save(book.path)
    aside = book.path.with_suffix(".part")
    with zipfile.ZipFile(book.path) as old, zipfile.ZipFile(aside, "w") as new:
        for name in old.namelist():
            new.writestr(
                name,
                old.read(name)
                .replace(b"<f>1+2</f><v></v>", b"<f>1+2</f><v>3</v>")
                .replace(b"<f>1+2</f><v />", b"<f>1+2</f><v>3</v>"),
            )
    aside.replace(book.path)
    found = take(read_values(ValuesSource(path=book.path.name), book.path.parent))
    assert figures(found) == {("greenway_length", 2018): 3, ("greenway_length", 2019): 4}
    assert found.questions == []


def test_a_quoted_percent_sign_does_not_multiply(book, take):
    book.rows(("指标", 2019), ("农村自来水普及率", 35))
    book.sheet["B2"].number_format = '0.0"%"'
    found = take(book)
    assert figures(found) == {("tap_water", 2019): 35}
    assert found.questions == []


def test_a_formula_without_a_result_is_said(book, take):
    found = take(book.rows(("指标", 2019), ("绿道长度", "=1+2")))
    assert found.values == []
    assert only(found).cell == "B2"
    assert "formula" in only(found).matter


def test_a_blank_value_of_a_year_is_said(book, take):
    assert only(take(book.rows(LONG, ("绿道长度", 2019, None, "千米")))).given == ""


@pytest.mark.parametrize(
    ("row", "used"),
    [
        (("绿道长度", 2019, -5, "千米"), False),
        (("常住人口数量", 2019, -5, "万人"), False),
        (("高新技术制造业增长率", 2019, -5, "%"), True),
        (("年平均地面沉降量", 2019, -5, "毫米"), True),
    ],
)
def test_negative_values(book, take, row, used):
    assert len(take(book.rows(LONG, row)).values) == used


# --- questions that other figures give rise to ---


def wide(book: Book, name: str, unit: str | None, *values: Any) -> Book:
    return book.rows(("指标", "单位", *range(2020 - len(values), 2020)), (name, unit, *values))


def test_a_value_without_a_unit_that_another_unit_explains(book, take):
    """100 公顷 are 1500 亩; the unit column is blank."""
    found = take(wide(book, "草地面积", None, 100, 1500, 101, 102))
    assert figures(found)["grassland_area", 2017] == 1500  # as it stands
    assert asked(found) == [("D2", "1500 公顷", "1500 亩 = 100 公顷")]


def test_a_value_with_a_declared_unit_is_asked_as_a_jump(book, take):
    found = take(wide(book, "草地面积", "公顷", 100, 101, 1500))
    assert asked(found) == [("E2", "1500 公顷", "1500 亩 = 100 公顷")]
    assert "14.9 times the value of 2018 (统计局.xlsx [表一] D2: 101 公顷)" in only(found).matter


def test_nine_times_is_no_jump(book, take):
    assert take(wide(book, "草地面积", None, 10, 90)).questions == []


def test_population_in_people_without_a_unit(book, take):
    assert asked(take(wide(book, "常住人口数量", "", 20.1, 20.2, 203000))) == [
        ("E2", "203000 万人", "203000 人 = 20.3 万人"),
    ]


def test_fractions_of_a_share(book, take):
    found = take(wide(book, "农村自来水普及率", "%", 90, 0.91, 0.92))
    assert figures(found)["tap_water", 2019] == 0.92
    assert asked(found) == [("D2, E2", "0.91 %, 0.92 %", "91 %, 92 %")]


def test_a_small_growth_is_no_fraction_unless_the_others_say_so(book, take):
    assert take(wide(book, "高新技术制造业增长率", "%", 1.5, 0.8, 2)).questions == []
    other = Book(book.path.with_name("b.xlsx"))
    assert asked(take(wide(other, "高新技术制造业增长率", None, 15, 0.12, 11))) == [("D2", "0.12 %", "12 %")]


def test_a_share_of_more_than_all(book, take):
    found = take(wide(book, "农村自来水普及率", "%", 3500))
    assert figures(found) == {("tap_water", 2019): 3500}
    assert asked(found) == [("C2", "3500 %", "35 %")]
    other = Book(book.path.with_name("b.xlsx"))
    assert take(wide(other, "高新技术制造业增长率", "%", 120)).questions == []


def test_a_figure_that_stands_there_twice(book, take, tmp_path):
    book.rows(LONG, ("绿道长度", 2019, 5, "千米"), ("城市绿道长度", 2019, 5000, "米"), ("绿道长度", 2019, 7, "千米"))
    second = Book(tmp_path / "住建局.xlsx").rows(LONG, ("绿道长度", 2019, 8, "千米"))
    found = take(book, second)
    assert figures(found) == {("greenway_length", 2019): 5}
    same, differs, elsewhere = found.questions
    assert (same.cell, same.reading) == ("C3", "5 千米")
    assert "first in 统计局.xlsx [表一] C2" in same.matter
    assert (differs.cell, differs.reading, differs.other) == ("C4", "5 千米", "7 千米")
    assert "as 5 and as 7" in differs.matter
    assert "统计局.xlsx [表一] C2" in differs.matter
    assert (elsewhere.file, elsewhere.cell, elsewhere.other) == ("住建局.xlsx", "C2", "8 千米")


def computed(name: str, value: float, year: int = 2019) -> Value:
    one = ANALYSES[name]
    return Value(
        name, "", one.label, one.dimension, "computed", year, "county", "", "手工县", value, one.unit, "ok", "", "", ""
    )


@pytest.mark.parametrize(
    ("figure", "reckoned", "other"),
    [  # 110 is exactly 10 % more than 100
        (110, 100, None),
        (111, 100, "computed: 100 公顷"),
        (90, 100, "computed: 100 公顷"),
        (5, 0, "computed: 0 公顷"),
        (1500, 100, "computed: 100 公顷; 1500 亩 = 100 公顷"),
    ],
)
def test_reported_and_computed_apart(book, take, figure, reckoned, other):
    found = take(wide(book, "草地面积", None, figure))
    questions = compare_with([computed("grassland_area", reckoned), computed("tap_water", 1)], found.taken)
    assert [(one.cell, one.other) for one in questions] == ([("C2", other)] if other else [])


# --- other counties ---


def test_figures_of_other_counties(book, catalog):
    book.rows(
        ("县名", "指标", "年份", "数值", "单位", "来源"),
        ("甲县", "草地面积", 2019, 1500, "亩", "甲县统计局"),
        ("乙县", "草地面积", 2019, 80, "公顷", "年鉴"),
        ("乙县", "草地面积", 2018, 1200, None, "年鉴"),
        ("", "草地面积", 2019, 5, "公顷", ""),
        ("丙县", "牧场", 2019, 5, "公顷", ""),
        ("手工县", "草地面积", 2019, 90, "公顷", ""),
        ("全市", "草地面积", 2019, 900, "公顷", ""),
    )
    found, questions = reported.peers([book.read()], catalog, FACTS)
    assert found == [
        Peer("甲县", "grassland_area", 2019, 100, "甲县统计局"),
        Peer("乙县", "grassland_area", 2019, 80, "年鉴"),
        Peer("乙县", "grassland_area", 2018, 1200, "年鉴"),
    ]
    assert [(one.cell, one.reading, one.other) for one in questions] == [
        ("D4", "1200 公顷", "1200 亩 = 80 公顷"),
        ("D5", "", ""),
        ("D6", "", ""),
        ("D7", "", ""),
        ("D8", "", ""),
    ]


# --- overruled by hand ---


def test_overruled_by_hand(book, take, catalog, zones):
    overrides = {
        "greenway_length": Override(value=130, year=2019, why="更新", who="住建局"),
        "tap_water": Override(value=9, year=2022, why="更新", who="水利局"),
    }
    by_hand = reported.overridden(overrides, catalog, zones, FACTS)
    assert [(row.kind, row.value, row.year) for row in by_hand.values] == [
        ("override", 130, 2019),
        ("override", 9, 2022),
    ]
    question = only(by_hand)
    assert (question.file, question.cell) == ("project.toml", "[overrides.tap_water]")
    assert (question.reading, question.other) == ("9 %", "a value for 2019")
    handed_in = take(wide(book, "绿道长度", "千米", 12, 13))
    questions = compare_with([], by_hand.taken + handed_in.taken)
    assert [(one.cell, one.reading) for one in questions] == [("[overrides.greenway_length]", "130 千米")]
    assert "10 times the reported value of 2019 (13 千米)" in questions[0].matter


def test_a_question_is_one_line(book, take):
    found = take(wide(book, "草地面积", None, 100, 1500))
    assert as_line(only(found)) == (
        "统计局.xlsx [表一] D2: grassland_area 2019 = 1500: no unit is given, and the value is 15 times that of other "
        "years (100 公顷); taken as 1500 公顷; perhaps meant: 1500 亩 = 100 公顷"
    )


# --- in a run ---


def test_a_run_takes_all_files_and_says_what_is_doubtful(tmp_path):
    """Two tables and one that is not there; figures of a neighbour; homes 1200 → 12000, a tenfold jump."""
    home = write_project(
        tmp_path / "县",
        {"county": frame([box(0, 0, 1000, 1000)], XZQDM=["140521"], XZQMC=["手工县"])},
        base_year=2015,
        extra="""
[[values]]
path = "住建局.xlsx"
[[values]]
path = "公安局.xlsx"
[[values]]
path = "没有.xlsx"
[comparison]
path = "周边.xlsx"
""",
    )
    Book(home / "住建局.xlsx").rows(("指标", "单位", 2018, 2019), ("公共租赁住房套数", "套", 1200, 12000)).save()
    Book(home / "公安局.xlsx").rows(("指标", "年份", "数值"), ("外籍常住人口数量", 2019, "约0.1")).save()
    Book(home / "周边.xlsx").rows(
        ("县名", "指标", "年份", "数值", "单位"), ("甲县", "公共租赁住房套数", 2019, 900, "套")
    ).save()
    results = run(home, "public_rental_homes", "foreign_residents")
    assert value(results, "public_rental_homes", kind="reported") == 12000
    assert value(results, "public_rental_homes", year=2018, kind="reported") == 1200
    assert results.peers == [Peer("甲县", "public_rental_homes", 2019, 900, "")]
    assert [(one.file, one.cell, one.reading) for one in results.questions] == [
        ("住建局.xlsx", "D2", "12000 套"),
        ("公安局.xlsx", "C2", ""),
    ]
    said = results.record["warnings"]
    labels = {name: one.label for name, one in results.catalog.analyses.items()}
    assert {as_line(one, labels.get(one.indicator, "")) for one in results.questions} <= set(said)
    assert any("没有.xlsx" in text or "not there" in text for text in said)
    assert results["public_rental_homes"].failure is None  # its own table could be read
    assert isinstance(results["foreign_residents"].failure, QsgisError)  # it may stand in the one that could not

"""indicators.xlsx as a planner opens it: years side by side, zones as tables, text never a formula."""

from __future__ import annotations

import openpyxl
import pytest

from qsgis.documents.workbook import write_workbook

from .conftest import TOWNS, value


@pytest.fixture
def book(results, tmp_path):
    results["elderly_care_coverage"].values.append(
        value("elderly_care_coverage", None, zone_level="district", zone_code="140521100", zone_name=TOWNS[0],
              unit="%", status="not_applicable", note="=1+1"),
    )  # fmt: skip
    nasty = value("red_line_encroachment", 0.1, part="all.0702", name="=HYPERLINK()")
    results["red_line_encroachment"].values.append(nasty)
    write_workbook(results, tmp_path / "indicators.xlsx")
    return openpyxl.load_workbook(tmp_path / "indicators.xlsx")


def lines(sheet):
    head, *rest = sheet.iter_rows(min_row=2, values_only=True)
    return [dict(zip(head, line, strict=True)) for line in rest]


def test_years_stand_side_by_side(book):
    first, new = lines(book.worksheets[0])[:2]
    assert (first["2019 年（现状年）"], first["状态"], first["类型"]) == (
        1.4,
        "正常",
        "更正",
    )  # by hand before computed
    assert (first["2015 年（基期年）"], first["2035 年目标"]) == (1.2, 1.0)
    assert (new["指标或分项"], new["2019 年（现状年）"]) == ("　新增", 0.2)


def test_zones_are_a_table(book):
    rows = [list(line.values()) for line in lines(book.worksheets[2])]
    assert [row[1] for row in rows] == TOWNS
    assert [rows[number][2] for number in (0, 1, 3)] == [0.4, 0.04, 1.0]
    assert rows[0][3] == "不适用"  # a word in place of a value


def test_text_is_never_a_formula(book):
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    risky = [cell for cell in cells if str(cell.value).lstrip("　").startswith("=")]
    assert risky and {cell.data_type for cell in risky} == {"s"}


def test_every_sheet_says_what_the_data_is_and_prints_across(book):
    assert len(book.worksheets) == 3
    for sheet in book:
        assert "示意数据" in sheet["A1"].value
        assert sheet.page_setup.orientation == "landscape" and sheet.print_title_rows == "$1:$2"

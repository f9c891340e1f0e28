"""indicators.xlsx as a planner opens it: years side by side, zones as tables, text never a formula."""

from __future__ import annotations

import openpyxl
import pytest

from qsgis.documents.workbook import write_workbook

from .conftest import TOWNS, value


@pytest.fixture
def book(results, tmp_path):
    results["red_line_encroachment"].values[0].__class__  # noqa: B018  (values are frozen: rows are added, never changed)
    results["elderly_care_coverage"].values.append(
        value("elderly_care_coverage", None, zone_level="district", zone_code="140521100", zone_name=TOWNS[0],
              unit="%", status="not_applicable", note="=1+1"),
    )  # fmt: skip
    results["red_line_encroachment"].values.append(
        value("red_line_encroachment", 0.1, part="all.0702", name="=HYPERLINK()")
    )
    write_workbook(results, tmp_path / "indicators.xlsx")
    return openpyxl.load_workbook(tmp_path / "indicators.xlsx")


def lines(sheet):
    head, *rest = sheet.iter_rows(min_row=2, values_only=True)
    return [dict(zip(head, line, strict=True)) for line in rest]


def test_years_stand_side_by_side(book):
    rows = lines(book.worksheets[0])
    first = rows[0]
    assert (first["2019 年（现状年）"], first["状态"], first["类型"]) == (
        1.4,
        "正常",
        "人工修正",
    )  # the override counts
    assert [row for row in rows if str(row["指标或分项"]).startswith("　")][0]["2019 年（现状年）"] == 0.2
    assert first["2015 年（基期年）"] == 1.2 and first["2035 年目标"] == 1.0


def test_zones_are_a_table(book):
    rows = lines(book.worksheets[2])
    assert [row["名称"] if "名称" in row else list(row.values())[1] for row in rows] == TOWNS
    columns = list(rows[0])
    assert [row[columns[2]] for row in rows] == [0.4, 0.04, "正常", 1.0]
    assert rows[0][columns[3]] == "不适用"  # a word in place of a value


def test_text_is_never_a_formula(book):
    cells = [
        cell
        for sheet in book
        for line in sheet.iter_rows()
        for cell in line
        if str(cell.value).lstrip("　").startswith("=")
    ]
    assert cells and {cell.data_type for cell in cells} == {"s"}


def test_every_sheet_says_what_the_data_is(book):
    assert [sheet.title for sheet in book][0] == "指标表" or len(book.worksheets) == 3
    assert all("示意数据" in sheet["A1"].value for sheet in book)
    assert all(sheet.page_setup.orientation == "landscape" and sheet.print_title_rows for sheet in book)

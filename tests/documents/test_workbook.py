"""indicators.xlsx as a county hands it in: live formulas that give the values, nothing lost, ready to print."""

from __future__ import annotations

import math
import subprocess
from dataclasses import replace

import openpyxl
import pytest

from qsgis.catalog import Catalog
from qsgis.documents.table import write_progress
from qsgis.documents.workbook import cells, write_workbook
from qsgis.documents.workbook.entries import Entry
from qsgis.documents.workbook.origins import Origins
from qsgis.documents.workbook.words import verdict_word

from .county import TOWNS, definition, make, progress, value

HEAD = 4  # rows above the first indicator of the 指标表
BASE, YEAR_BETWEEN, NOW, TARGET, CHANGE, ANNUAL, RATE = "GHIJKLM"
COMPUTED, REPORTED, DIFFERENCE, NOTE = "PQRU"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    found = tmp_path_factory.mktemp("workbook") / "indicators.xlsx"
    write_workbook(make(), found)
    return found


@pytest.fixture(scope="module")
def book(path):
    return openpyxl.load_workbook(path)


@pytest.fixture(scope="module")
def values(path):
    """The values that the file carries for its formulas."""
    return openpyxl.load_workbook(path, data_only=True)


@pytest.fixture
def row(book):
    """The row of an indicator or part in the 指标表, by its name."""
    sheet = book.worksheets[0]
    return {sheet.cell(number, 4).value: number for number in range(HEAD + 1, sheet.max_row + 1)}


def sheet_with(book, text):
    return next(sheet for sheet in book if any(text == cell.value for line in sheet.iter_rows() for cell in line))


def formulas(book):
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in book
        for line in sheet.iter_rows()
        for cell in line
        if cell.data_type == "f"
    }


# --- formulas ---


def test_a_headline_is_a_formula_of_its_parts(book, row):
    sheet, beds, elderly = book.worksheets[0], row["beds"], row["elderly"]
    for year in (BASE, NOW):
        assert (
            sheet[f"{year}{row['beds_rate']}"].value == f'=IF({year}{elderly}=0,"",{year}{beds}/{year}{elderly}*1000)'
        )
    assert sheet[f"{YEAR_BETWEEN}{row['beds_rate']}"].value == 32  # no parts in that year: a number


def test_a_headline_is_a_formula_of_other_indicators(book, row):
    water, people = row["water"], row["people"]
    expected = f'=IF({NOW}{people}=0,"",{NOW}{water}/{NOW}{people}*10000)'  # 10⁸ m³ ÷ 10⁴ people
    assert book.worksheets[0][f"{NOW}{row['water_each']}"].value == expected


def test_units_and_constants_are_converted(book, row):
    open_, total = row["open"], row["total"]  # ha in km²: 100; a share in %: 100
    expected = f'=IF({NOW}{total}=0,"",(1-{NOW}{open_}/{NOW}{total}/100)*100)'
    assert book.worksheets[0][f"{NOW}{row['covered']}"].value == expected


def test_a_part_may_be_a_formula_and_what_is_not_shown_stays_a_number(book, row):
    sheet = book.worksheets[0]
    assert sheet[f"{NOW}{row['all - new']}"].value == f"={NOW}{row['built']}-{NOW}{row['=HYPERLINK(1)']}"
    assert sheet[f"{NOW}{row['all - gone']}"].value == 2.4
    assert sheet[f"{NOW}{row['built']}"].value == 2.5  # the measure itself


def test_what_was_overruled_stays_a_number_with_who_and_why(book, row):
    sheet = book.worksheets[0]
    assert sheet[f"{NOW}{row['overruled']}"].value == 4
    assert "张三" in sheet[f"{NOTE}{row['overruled']}"].value
    assert sheet[f"{NOW}{row['overruled']}"].number_format != sheet[f"{NOW}{row['built']}"].number_format


def test_change_and_rate_are_formulas(book, row):
    sheet, beds, water = book.worksheets[0], row["beds_rate"], row["water"]
    assert sheet[f"{CHANGE}{beds}"].value == f"={NOW}{beds}-{BASE}{beds}"
    assert sheet[f"{ANNUAL}{beds}"].value == f"=({NOW}{beds}-{BASE}{beds})/4"
    way = f"{TARGET}{beds}-{BASE}{beds}"
    assert sheet[f"{RATE}{beds}"].value == f'=IF({way}=0,"",({NOW}{beds}-{BASE}{beds})/({way})*100)'
    ceiling = f'=IF({NOW}{water}=0,"",MIN(1,{TARGET}{water}/{NOW}{water})*100)'
    assert sheet[f"{RATE}{water}"].value == ceiling
    assert sheet[f"{CHANGE}{water}"].value is None


def test_reported_stands_beside_computed(book, values, row):
    sheet, beds = book.worksheets[0], row["beds_rate"]
    assert sheet[f"{COMPUTED}{beds}"].value == f"={NOW}{beds}"
    assert sheet[f"{REPORTED}{beds}"].value == 34
    assert sheet[f"{DIFFERENCE}{beds}"].value == f"={COMPUTED}{beds}-{REPORTED}{beds}"
    assert values.worksheets[0][f"{DIFFERENCE}{beds}"].value == pytest.approx(1.0)
    assert sheet[f"{REPORTED}{row['built']}"].value is None


def test_formulas_carry_the_values_of_the_run(book, values, row):
    sheet = values.worksheets[0]
    by_hand = {"beds_rate": 35, "water_each": 200, "covered": 75, "all - new": 2.2}
    for name, expected in by_hand.items():
        assert sheet[f"{NOW}{row[name]}"].value == pytest.approx(expected, rel=1e-12), name
    assert len(formulas(book)) > 30
    assert [place for place in formulas(book) if values[place[0]][place[1]].value is None] == []


@pytest.mark.office
def test_libreoffice_reckons_the_same(path, book, values, tmp_path):
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", str(tmp_path), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    reckoned = openpyxl.load_workbook(tmp_path / path.name, data_only=True)
    for (sheet, cell), text in formulas(book).items():
        found, carried = reckoned[sheet][cell].value, values[sheet][cell].value
        assert isinstance(found, int | float), (sheet, cell, text, found)
        assert math.isclose(found, carried, rel_tol=1e-9, abs_tol=1e-9), (sheet, cell, text)


# --- what stands where ---


def test_indicators_are_grouped_and_numbered(book, row):
    sheet = book.worksheets[0]
    order = sorted((row[name], name) for name in ("built", "water", "people", "beds_rate", "gdp"))
    assert [name for _row, name in order] == ["built", "water", "people", "beds_rate", "gdp"]
    assert [sheet.cell(number, 1).value for number, _name in order] == [
        1,
        4,
        6,
        7,
        None,
    ]  # what the contents do not list: by name
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert f"B{row['built']}:B{row['people'] - 1}" in merged  # one dimension
    assert f"C{row['built']}:C{row['all - gone']}" in merged  # one theme
    assert "account" not in row


def test_a_value_says_what_it_is(book, row):
    sheet = book.worksheets[0]
    plain, estimated = (sheet[f"{NOW}{row[name]}"].number_format for name in ("beds_rate", "covered"))
    assert plain.startswith("#,##0") and estimated.startswith('"')
    assert isinstance(sheet[f"{NOW}{row['lacking']}"].value, str)
    assert "2025" in sheet[f"{TARGET}{row['built']}"].number_format and sheet[f"{TARGET}{row['built']}"].value == 2
    signs = [str(sheet.cell(row[name], 15).value)[0] for name in ("water", "beds_rate", "built")]
    assert signs == ["✓", "≈", "▼"]
    assert len({sheet.cell(row[name], 15).fill.fgColor.rgb for name in ("water", "beds_rate", "built")}) == 3


def test_six_aspects_show_an_indicator_under_each(book):
    sheet = book.worksheets[1]
    names = [sheet.cell(number, 3).value for number in range(4, sheet.max_row + 1)]
    assert names.count("built") == 2 and names.count("beds_rate") == 1
    assert set(names) == {"built", "beds_rate", "water", "water_each", "covered", "overruled", "people", "lacking"}


def test_dimensions_have_charts(book):
    charts = {sheet.title: [type(chart).__name__ for chart in sheet._charts] for sheet in book if sheet._charts}
    assert charts == {"安全": ["BarChart"], "共享": ["BarChart", "LineChart"]}


def test_zones_are_a_table(book):
    sheet = sheet_with(book, "140521100")
    lines = {line[0]: line[2] for line in sheet.iter_rows(min_row=5, max_row=7, values_only=True)}
    assert lines["140521100"] == 1 and lines["140521102"] == 0.5
    assert isinstance(lines["140521101"], str)


def test_an_account_adds_up_or_says_that_it_does_not(book, values):
    sheet = sheet_with(book, "forest")
    figures = {line[0]: line[1:] for line in values[sheet.title].iter_rows(min_row=5, values_only=True)}
    assert figures["field"][:3] == (60, 58, -2) and figures["field"][3] == pytest.approx(-2 / 60 * 100)
    total, whole, apart, sign = [
        line[1:3] for line in values[sheet.title].iter_rows(min_row=7, max_row=10, values_only=True)
    ]
    assert (total, whole, apart) == ((100, 100), (100, 101), (0, -1))
    assert [word[0] for word in sign] == ["✓", "✗"]


def test_peers_are_ranked_by_direction(book, values):
    sheet = sheet_with(book, "甲县")
    lines = {line[1]: line for line in values[sheet.title].iter_rows(min_row=5, values_only=True)}
    assert lines["built"][5:11] == (2.5, 3.5, 1.5, 2.5, 0, 2)  # lower is better: second of three
    assert lines["people"][5:11] == (20, 30, None, 30, -10, None)


def test_questions_give_both_readings(book):
    sheet = sheet_with(book, "C7")
    texts = [cell.value for cell in sheet[4]]
    assert texts[1:10] == ["v.xlsx", "水务局", "C7", "water", "2018", "相差十倍", "=4", "4 亿立方米", "0.4 亿立方米"]


def test_every_value_of_the_county_is_there(book):
    last = book.worksheets[-1]
    count = sum(row.zone_level == "county" for row in make().rows())
    assert last.max_row == 3 + count


# --- as a file and on paper ---


def test_text_is_never_a_formula(book):
    texts = {"=HYPERLINK(1)", "=4", "@需要", TOWNS["140521102"]}
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line if str(cell.value) in texts]
    assert {cell.value for cell in cells} == texts
    assert {(cell.data_type, cell.quotePrefix) for cell in cells} == {("s", True)}


def test_every_sheet_says_what_the_data_is_and_prints_on_a3(book):
    assert len(book.worksheets) == 10
    for sheet in book:
        assert "示意数据" in sheet["A1"].value and "手工县" in sheet["A1"].value
        setup = sheet.page_setup
        assert (setup.orientation, setup.paperSize, setup.fitToHeight) == ("landscape", 8, 0)
        assert sheet.print_title_rows.startswith("$1:") and sheet.freeze_panes
        assert "&P" in sheet.oddFooter.center.text and "&N" in sheet.oddFooter.center.text
    assert book.calculation.fullCalcOnLoad


def test_rows_are_high_enough_for_their_text(book):
    sheet = book.worksheets[0]
    for number in range(HEAD + 1, sheet.max_row - 2):
        note = str(sheet[f"{NOTE}{number}"].value or "")
        assert sheet.row_dimensions[number].height >= 14 * math.ceil(2 * len(note) / 44)


def test_the_same_results_give_the_same_bytes(path, tmp_path):
    write_workbook(make(), tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == path.read_bytes()


def test_progress_is_a_table(tmp_path):
    write_progress(make(), tmp_path / "progress.csv")
    assert (tmp_path / "progress.csv").read_bytes().startswith(b"\xef\xbb\xbfindicator,")
    lines = (tmp_path / "progress.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 4
    assert lines[1].startswith(
        "beds_rate,beds_rate,安全,county,,手工县,张/千人,higher,2015,30.0,2019,35.0,5.0,,1.25,,2035,45.0,"
    )
    assert lines[3].endswith("met,ok,示意数据; 没有基期年数值")


# --- how numbers and texts are shown ---


def test_numbers_that_differ_do_not_look_alike():
    assert cells.apart([14.0117, 14.012], 2) == 4
    assert cells.apart([1.82, 1.81, 1.80], 2) == 2
    assert cells.apart([151_691.27, 151_691.31], 0) == 2
    assert cells.share_form(99.9981) == cells.fixed(4) and cells.share_form(42.9) == cells.share_form(
        100
    ) == cells.fixed(1)


def entry_with(unit, *numbers):
    one = definition("shown", unit)
    values = {2015 + year: value("shown", number, unit, year=2015 + year) for year, number in enumerate(numbers)}
    return Entry(1, one, "", values, values[max(values)], None, None, None, None)


def test_a_change_has_the_decimals_of_its_values():
    events, level = entry_with("件", 1.0, 0.0), entry_with("米", 42.6, 41.8)
    assert events.form_of_difference(-1.0) == cells.number_format([], signed=True, decimals=0)
    assert events.form_of_difference(-0.25) == cells.number_format([], signed=True, decimals=2)
    assert level.form_of_difference(-0.8) == cells.number_format([], signed=True, decimals=2)
    assert level.form_of_difference(-0.0016) == cells.number_format([], signed=True, decimals=4)  # and not −0.00
    assert entry_with("人", 12_833.09).form() == cells.number_format([], decimals=0)


def origins_of(notes, source="", note=""):
    results = make()
    layers = dict(Catalog.load().layers)
    results.catalog.layers.update(layers)
    results.by_id["built"].record = {"measures": {"all": {"notes": notes}}}
    now = replace(entry_with("平方千米", 2.5).now, indicator="built", method="手算", source=source, note=note)
    of = replace(entry_with("平方千米", 2.5), analysis=results.catalog.analyses["built"], now=now)
    return Origins(results), of, layers


def test_sources_are_named_by_layer_and_file():
    source = "clinics=公共服务设施.gpkg:社区卫生服务站 (2019); markets=公共服务设施.gpkg:菜市场 (2019)"
    source += "; flood_storage=project.toml"
    origins, entry, layers = origins_of([], source)
    text = origins.method(entry)
    assert layers["clinics"].label in text and layers["markets"].label in text
    assert text.count("公共服务设施.gpkg (2019)") == 1
    assert "clinics" not in text and "project.toml" not in text and "社区卫生服务站 (2019)" not in text


def test_a_note_says_what_concerns_the_figure_and_not_how_files_were_read():
    read, twice = "land_use: id 取自 BSM，不取 TBYBH", "land_use=a.gpkg:DLTB：有 12.00 平方米重复覆盖"
    origins, entry, layers = origins_of([read, twice], note=f"经复核; {read}; {twice}")
    text = origins.note(entry, entry)
    assert text.startswith("经复核") and "BSM" not in text and "land_use" not in text
    assert f"{layers['land_use'].label}：有 12.00 平方米重复覆盖" in text


def test_without_a_target_it_says_so_and_not_that_there_are_no_data():
    lacking = progress("x", "%", verdict="no_data")
    assert verdict_word(replace(lacking, value=1.0)) != verdict_word(lacking)
    assert verdict_word(None) == ""

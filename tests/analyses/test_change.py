"""Land-use change drawn as rectangles: every cell of the matrix is width × height, or a record given in the data.

    0           400       700      1000      m
1000 ┌───────────┬──────────────────┐         2015: A, B fields 0103; C forest; D village; E water; F meadow
     │ A  1000   │ C                │         2019: the field A is built on west of x = 300 (school 08H2), B's upper
 600 ├───────────┼────────┬─────────┤               half is orchard, C's eastern 200 m are village, D's homestead is
     │ B         │ D      │ E       │               a field; E and F as they were, drawn as one layer of new parcels
 200 ├───────────┴────────┴─────────┤
     │ F                            │         townships: 甲 west of x = 500, 乙 east of it
   0 └──────────────────────────────┘
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely

from qsgis.analyses.classes import TO
from qsgis.catalog import Catalog
from qsgis.documents.workbook import write_workbook
from qsgis.geometry.twins import twins
from qsgis.messages import set_language
from qsgis.results import Results, Value
from qsgis.schema import Change
from qsgis.wording import measure_words
from tests.handmade import box, frame, parcels, run, value, write_project

JIA, YI = "140521100", "140521101"
Parcels = list[tuple[tuple[int, int, int, int], str, str]]

EARLIER: Parcels = [
    ((0, 600, 400, 400), "0103", ""),  # A
    ((0, 200, 400, 400), "0103", ""),  # B
    ((400, 600, 600, 400), "0301", ""),  # C
    ((400, 200, 300, 400), "0702", "203"),  # D
    ((700, 200, 300, 400), "1104", ""),  # E
    ((0, 0, 1000, 200), "0404", ""),  # F
]
LATER: Parcels = [
    ((0, 600, 300, 400), "08H2", "203"),
    ((300, 600, 100, 400), "0103", ""),
    ((0, 400, 400, 200), "0201", ""),
    ((0, 200, 400, 200), "0103", ""),
    ((400, 600, 400, 400), "0301", ""),
    ((800, 600, 200, 400), "0702", "203"),
    ((400, 200, 300, 400), "0101", ""),
    ((700, 200, 300, 400), "1104", ""),
    ((0, 0, 1000, 200), "0404", ""),
]
# hectares, township by township: width × height ÷ 10 000
MATRIX = {
    "01>08": {JIA: 300 * 400, YI: 0},
    "01>01": {JIA: 100 * 400 + 400 * 200, YI: 0},
    "01>02": {JIA: 400 * 200, YI: 0},
    "03>03": {JIA: 100 * 400, YI: 300 * 400},
    "03>07": {JIA: 0, YI: 200 * 400},
    "07>01": {JIA: 100 * 400, YI: 200 * 400},
    "11>11": {JIA: 0, YI: 300 * 400},
    "04>04": {JIA: 500 * 200, YI: 500 * 200},
}
CHANGED = {JIA: 300 * 400 + 400 * 200 + 100 * 400, YI: 200 * 400 + 200 * 400}
SECOND = {"0103": "013", "0301": "031", "0702": "203", "1104": "114", "0404": "043"}
LEVEL1 = {code: code[:2] for code in ("0103", "0101", "0201", "0301", "0404", "0702", "08H2", "1104")}


@pytest.fixture(autouse=True)
def _english() -> None:
    set_language("en")


def drawn(rows: Parcels, share: float = 1.0, recorded: bool = True) -> gpd.GeoDataFrame:
    """Parcels whose record is their ground times `share`."""
    found = parcels([(box(*at), code, settlement, at[2] * at[3] * share) for at, code, settlement in rows])
    return found if recorded else found.drop(columns="TBDLMJ")


def second_survey(rows: Parcels = EARLIER) -> gpd.GeoDataFrame:
    return drawn([(at, SECOND[code], "") for at, code, _settlement in rows]).drop(columns="CZCSXM")


def county(
    home: Path, earlier: gpd.GeoDataFrame, later: gpd.GeoDataFrame, definition: str = "", **more: Any
) -> Results:
    towns = frame([box(0, 0, 500, 1000), box(500, 0, 500, 1000)], XZQDM=[JIA, YI], XZQMC=["甲镇", "乙镇"])
    layers = {"districts": towns, "land_use": {2015: earlier, 2019: later}}
    where = write_project(home, layers, **{"base_year": 2015, **more})
    if definition:
        (where / "analyses").mkdir()
        (where / "analyses" / "land_change.toml").write_text(definition, encoding="utf-8")
    return run(where, "land_change")


def cells(results: Results, year: int = 2019) -> dict[tuple[str, str], float]:
    """(pair, zone code) -> hectares, of the rows that there are."""
    rows = [row for row in results["land_change"].values if row.part and row.year == year]
    assert all(row.part.startswith("matrix.") and row.value for row in rows)
    return {(row.part.removeprefix("matrix."), row.zone_code): row.value or 0.0 for row in rows}


def due(matrix: dict[str, dict[str, int]]) -> dict[tuple[str, str], float]:
    found = {(pair, zone): area / 1e4 for pair, areas in matrix.items() for zone, area in areas.items() if area}
    return found | {(pair, ""): sum(areas.values()) / 1e4 for pair, areas in matrix.items()}


def headline(results: Results, zone: str = "") -> Value:
    (row,) = [
        row
        for row in results["land_change"].values
        if (row.part, row.zone_code, row.year) == ("", zone, 2019)
    ]  # fmt: skip
    return row


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Results:
    set_language("en")
    return county(tmp_path_factory.mktemp("plain"), drawn(EARLIER), drawn(LATER))


# --- the matrix ---


def test_every_cell(plain: Results) -> None:
    assert cells(plain) == pytest.approx(due(MATRIX), rel=1e-12)
    for zone, area in [*CHANGED.items(), ("", sum(CHANGED.values()))]:
        assert value(plain, "land_change", zone=zone) == pytest.approx(area / 1e4, rel=1e-12)
    assert headline(plain).status == "ok"


def test_shares_of_the_later_record(tmp_path: Path) -> None:
    """Later parcels record 0.9 of their ground, earlier ones all of it: cells × 0.9, and what is apart is said."""
    found = county(tmp_path, drawn(EARLIER), drawn(LATER, share=0.9))
    assert cells(found) == pytest.approx({key: 0.9 * area for key, area in due(MATRIX).items()}, rel=1e-12)
    (said,) = [note for note in found["land_change"].notes if "record of 2015" in note]
    assert "-100000.00 m² (-10 %)" in said
    assert "01 Cultivated land -32000.00 m² (-10 %)" in said
    assert "04 Grassland -20000.00 m² (-10 %)" in said


def test_without_a_record(tmp_path: Path) -> None:
    """Areas on the ellipsoid, a hair from the drawing's."""
    found = county(tmp_path, drawn(EARLIER, recorded=False), drawn(LATER, recorded=False))
    assert cells(found) == pytest.approx(due(MATRIX), rel=1e-5)


def test_columns_are_the_areas_of_the_later_classes_to_the_hundredth(tmp_path: Path) -> None:
    """Records of odd hundredths: the columns add up to the plain sum of the parcels' records by class."""
    later = drawn(LATER)
    later["TBDLMJ"] = np.round(later["TBDLMJ"] * 0.987654321 - 0.37, 2)
    found = county(tmp_path, drawn(EARLIER, share=0.95), later)
    sums = later.groupby(later["DLBM"].map(LEVEL1))["TBDLMJ"].sum()
    columns: dict[str, float] = {}
    for (pair, zone), area in cells(found).items():
        if not zone:
            columns[pair.split(TO)[1]] = columns.get(pair.split(TO)[1], 0.0) + area * 1e4
    assert {one: round(area, 2) for one, area in columns.items()} == {one: round(a, 2) for one, a in sums.items()}


def test_townships_and_stayed_and_changed_add_up(plain: Results) -> None:
    by_pair: dict[str, dict[str, float]] = {}
    for (pair, zone), area in cells(plain).items():
        by_pair.setdefault(pair, {})[zone] = area
    for areas in by_pair.values():
        assert areas[""] == pytest.approx(sum(area for zone, area in areas.items() if zone), rel=1e-12)
    stayed = sum(areas[""] for pair, areas in by_pair.items() if len(set(pair.split(TO))) == 1)
    assert stayed + (value(plain, "land_change") or 0.0) == pytest.approx(100.0, rel=1e-12)  # 1 km²


def test_rows_of_the_matrix_are_the_earlier_classes(plain: Results) -> None:
    area = {"01": 32.0, "03": 24.0, "07": 12.0, "11": 12.0, "04": 20.0}
    found = dict.fromkeys(area, 0.0)
    for (pair, zone), hectares in cells(plain).items():
        if not zone:
            found[pair.split(TO)[0]] += hectares
    assert found == pytest.approx(area, rel=1e-12)


def test_the_order_of_the_parcels_changes_nothing(plain: Results, tmp_path: Path) -> None:
    earlier, later = (drawn(rows).iloc[::-1].reset_index(drop=True) for rows in (EARLIER, LATER))
    assert cells(county(tmp_path, earlier, later)) == cells(plain)


@pytest.mark.parametrize("seed", range(5))
def test_random_classes_on_two_grids(tmp_path: Path, seed: int) -> None:
    """Grids of 100 m and of 125 m: the ground of each pair by counting squares of 25 m, in which both are one class."""
    rng = np.random.default_rng(seed)
    codes = np.array(["0103", "0301", "0404", "0702", "1104"])
    old, new = rng.choice(codes, (10, 10)), rng.choice(codes, (8, 8))
    earlier = drawn([((100 * i, 100 * j, 100, 100), old[i, j], "") for i in range(10) for j in range(10)])
    later = drawn([((125 * i, 125 * j, 125, 125), new[i, j], "") for i in range(8) for j in range(8)])
    expected: dict[tuple[str, str], float] = {}
    for i in range(40):
        for j in range(40):
            pair = f"{LEVEL1[old[i // 4, j // 4]]}{TO}{LEVEL1[new[i // 5, j // 5]]}"
            for zone in ("", JIA if i < 20 else YI):
                expected[pair, zone] = expected.get((pair, zone), 0.0) + 0.0625
    assert cells(county(tmp_path, earlier, later)) == pytest.approx(expected, abs=1e-5)  # hundredths of m² a piece


# --- what one year does not tell ---


def test_ground_of_one_year_only(tmp_path: Path) -> None:
    """2015 lacks the eastern 300 m of C, 2019 the village drawn there: in the table, not changed, and said."""
    earlier = [((400, 600, 300, 400), "0301", "") if code == "0301" else (at, code, tag) for at, code, tag in EARLIER]
    later = [row for row in LATER if row[0] != (0, 0, 1000, 200)]  # nobody drew F in 2019
    found = county(tmp_path, drawn(earlier), drawn(later))
    table = cells(found)
    assert table[">03", ""] == pytest.approx(100 * 400 / 1e4)  # x from 700 to 800
    assert table[">07", ""] == pytest.approx(200 * 400 / 1e4)
    assert table["04>", JIA] == table["04>", YI] == pytest.approx(10.0)
    assert ("04>04", "") not in table and ("03>07", "") not in table
    assert value(found, "land_change") == pytest.approx((120_000 + 80_000 + 120_000) / 1e4)
    notes = "\n".join(found["land_change"].notes)
    assert "120000.00 m² of 2019 have no data of 2015" in notes
    assert "200000.00 m² of 2015 have no data of 2019" in notes
    names = {row.part: row.name for row in found["land_change"].values}
    assert names["matrix.>07"].endswith("no data earlier → 07 Residential land")
    assert names["matrix.04>"].endswith("04 Grassland → no data later")
    assert names["matrix.03>03"].endswith("03 Forest land, unchanged")


def test_codes_that_no_table_knows_are_said(tmp_path: Path) -> None:
    earlier = [(at, "9999" if code == "1104" else code, tag) for at, code, tag in EARLIER]
    found = county(tmp_path, drawn(earlier), drawn(LATER))
    assert cells(found)[">11", ""] == pytest.approx(12.0)
    assert any("9999 (1)" in note for note in found["land_change"].notes)
    assert value(found, "land_change") == pytest.approx(sum(CHANGED.values()) / 1e4)


# --- years ---


def test_one_undated_file_for_both_years(tmp_path: Path) -> None:
    towns = frame([box(0, 0, 1000, 1000)], XZQDM=[JIA], XZQMC=["甲镇"])
    home = write_project(tmp_path, {"districts": towns, "land_use": drawn(LATER)}, base_year=2015)
    row = headline(run(home, "land_change"))
    assert (row.value, row.status) == (0.0, "estimated")
    assert "undated" in row.note


def test_the_base_year_and_a_project_without_one(plain: Results, tmp_path: Path) -> None:
    (row,) = [row for row in plain["land_change"].values if row.year == 2015]
    assert (row.value, row.status) == (None, "not_applicable") and row.note
    found = county(tmp_path, drawn(EARLIER), drawn(LATER), base_year=None)
    (row,) = [row for row in found["land_change"].values if row.year == 2019]
    assert row.status == "missing" and "base_year" in row.note


def definition(by: str = "class.level1", since: str = '"base"', more: str = "") -> str:
    return f"""id = "land_change"
[measures.matrix]
method = "change"
of = [{{ layer = "land_use" }}]
patches = true
by = "{by}"
since = {since}
{more}"""


def test_since_a_year_of_its_own(tmp_path: Path) -> None:
    """The year named in the definition, whatever the base year; of that year itself it means nothing."""
    found = county(tmp_path, drawn(EARLIER), drawn(LATER), definition(since="2015"), base_year=None)
    assert cells(found) == pytest.approx(due(MATRIX), rel=1e-12)
    (row,) = [row for row in found["land_change"].values if row.year == 2015]
    assert row.status == "not_applicable" and "2015" in row.note


# --- other splits, other surveys ---


def test_by_class_and_by_group_of_the_account(tmp_path: Path) -> None:
    found = county(tmp_path / "class", drawn(EARLIER), drawn(LATER), definition("class"))
    assert cells(found)["0702>0101", ""] == pytest.approx(12.0)
    found = county(tmp_path / "account", drawn(EARLIER), drawn(LATER), definition("class.account"))
    assert cells(found)["田>建设", ""] == pytest.approx(12.0)
    names = {row.part: row.name for row in found["land_change"].values}
    assert names["matrix.建设>田"].endswith("Construction → Fields")


def test_within_bounds(tmp_path: Path) -> None:
    """Only in the southern 500 m, where nothing was built: B's orchard (400 × 100) and D's field (300 × 300)."""
    towns = frame([box(0, 0, 500, 1000), box(500, 0, 500, 1000)], XZQDM=[JIA, YI], XZQMC=["甲镇", "乙镇"])
    layers = {"districts": towns, "land_use": {2015: drawn(EARLIER), 2019: drawn(LATER)},
              "urban_boundary": frame([box(0, 0, 1000, 500)])}  # fmt: skip
    home = write_project(tmp_path, layers, base_year=2015)
    (home / "analyses").mkdir()
    text = definition(more='within = { layer = "urban_boundary" }')
    (home / "analyses" / "land_change.toml").write_text(text, encoding="utf-8")
    found = run(home, "land_change")
    assert value(found, "land_change") == pytest.approx((400 * 100 + 300 * 300) / 1e4)
    assert sum(area for (_pair, zone), area in cells(found).items() if not zone) == pytest.approx(50.0)


SAID = {"land_use2015": "survey = 2"}


def test_second_survey_as_base(tmp_path: Path) -> None:
    """Settlements are one class of both years (20): a village that stayed has not changed, the school is new."""
    later = [*LATER[:6], ((400, 200, 100, 400), "0101", ""), ((500, 200, 200, 400), "0702", "203"), *LATER[7:]]
    found = county(tmp_path, second_survey(), drawn(later), said=SAID)
    expected = {
        "01>20": {JIA: 120_000}, "01>01": {JIA: 120_000}, "01>02": {JIA: 80_000}, "03>03": {JIA: 40_000, YI: 120_000},
        "03>20": {YI: 80_000}, "20>01": {JIA: 40_000}, "20>20": {YI: 80_000}, "11>11": {YI: 120_000},
        "04>04": {JIA: 100_000, YI: 100_000},
    }  # fmt: skip
    assert cells(found) == pytest.approx(due(expected), rel=1e-12)
    row = headline(found)
    assert row.status == "estimated" and "series break" in row.note
    assert {one.status for one in found["land_change"].values if one.year == 2019} == {"estimated"}
    notes = "\n".join(found["land_change"].notes)
    assert "20 Settlements, industry and mining" in notes
    names = {one.part: one.name for one in found["land_change"].values}
    assert names["matrix.03>20"].endswith("03 Forest land → 20 Settlements, industry and mining")


def test_second_survey_by_class_goes_by_the_nearest_code(tmp_path: Path) -> None:
    """013 is 0103, 031 is 0301; bamboo 0302 was 031 too, convertible orchard 0201K is an orchard: not changed."""
    later = [(at, {"0301": "0302", "1104": "1104A"}.get(code, code), tag) for at, code, tag in LATER]
    found = county(tmp_path, second_survey(), drawn(later), definition("class"), said=SAID)
    table = cells(found)
    assert table["0301>0301", ""] == pytest.approx(16.0)
    assert table["1104>1104", ""] == pytest.approx(12.0)
    assert table["0103>0103", ""] == pytest.approx(12.0)
    assert table["20>0101", ""] == pytest.approx(12.0)
    assert value(found, "land_change") == pytest.approx(sum(CHANGED.values()) / 1e4)


def test_second_survey_by_account_needs_no_common_class(tmp_path: Path) -> None:
    found = county(tmp_path, second_survey(), drawn(LATER), definition("class.account"), said=SAID)
    assert cells(found)["田>建设", ""] == pytest.approx(12.0)
    assert not any("settlements is" in note for note in found["land_change"].notes)


def test_a_column_that_the_second_survey_lacks_is_wanted(tmp_path: Path) -> None:
    found = county(tmp_path, second_survey(), drawn(LATER), definition("class.presumed"), said=SAID)
    assert headline(found).status == "missing"


# --- patches, workbook, words ---


def test_patches_tell_both_classes(plain: Results) -> None:
    patches = plain["land_change"].layers["matrix"]
    assert patches["area_m2"].sum() == pytest.approx(sum(CHANGED.values()))
    assert patches["sliver"].sum() == 0
    school = patches[patches["class"] == "08"]
    assert list(school["class_before"]) == ["01"]
    assert list(school["class_before_name"]) == ["Cultivated land"]
    assert list(school["class_name"]) == ["Public administration and services"]
    assert list(school["district_name"]) == ["甲镇"]
    assert list(school["area_m2"]) == [120_000.0]
    assert school.geometry.iloc[0].equals(box(0, 600, 300, 400))
    assert sorted(patches[patches["class_before"] == "07"]["district_name"]) == ["乙镇", "甲镇"]  # D lies in both


def test_narrow_patches_are_marked(tmp_path: Path) -> None:
    """A boundary drawn half a metre off: 0.5 m × 400 m of forest became field; it counts, and is a sliver."""
    later = [((300, 600, 100.5, 400), "0103", ""), ((400.5, 600, 399.5, 400), "0301", "")]
    rows = [LATER[0], *later, *LATER[2:4], *LATER[5:]]
    found = county(tmp_path, drawn(EARLIER), drawn(rows))  # type: ignore[arg-type]
    assert cells(found)["03>01", ""] == pytest.approx(0.02)
    patches = found["land_change"].layers["matrix"]
    assert list(patches[patches["sliver"] == 1]["area_m2"]) == pytest.approx([200.0])


def test_the_sheet_of_the_workbook(plain: Results, tmp_path: Path) -> None:
    """County, then the townships; sums are formulas that carry what plain arithmetic gives."""
    write_workbook(plain, tmp_path / "book.xlsx")
    live = openpyxl.load_workbook(tmp_path / "book.xlsx")["transition matrix"]
    sheet = openpyxl.load_workbook(tmp_path / "book.xlsx", data_only=True)["transition matrix"]
    lines = [*sheet.iter_rows(min_row=4, values_only=True)]
    heads = [str(cell)[:2] for cell in lines[0][1:8]]
    assert heads == ["01", "02", "03", "04", "07", "08", "11"]
    names = [line[0] for line in lines]
    assert [name for name in names if name in ("手工县", "甲镇", "乙镇")] == ["手工县", "甲镇", "乙镇"]
    fields = lines[names.index("01 Cultivated land")]
    assert fields[1:10] == pytest.approx([12.0, 8.0, None, None, None, 12.0, None, 32.0, 20.0])
    total = lines[names.index("total of 2019")]
    assert total[1:10] == pytest.approx([24.0, 8.0, 16.0, 20.0, 8.0, 12.0, 12.0, 100.0, 40.0])
    net = lines[names.index("net change")]
    assert net[1:8] == pytest.approx([-8.0, 8.0, -8.0, 0.0, -4.0, 12.0, 0.0])
    row = 4 + names.index("01 Cultivated land")
    assert live.cell(row, 9).value == f"=SUM(B{row}:H{row})"
    assert live.cell(row, 10).value == f"=I{row}-B{row}"
    shaded = live.cell(row, 2).fill.fgColor.rgb
    assert shaded != live.cell(row, 3).fill.fgColor.rgb
    assert (live.page_setup.orientation, live.page_setup.paperSize) == ("landscape", 8)


def test_what_it_is_in_words() -> None:
    catalog = Catalog.load()
    measure = catalog.analyses["land_change"].measures["matrix"]
    assert measure_words(measure, catalog) == (
        "ground of Land-use parcels whose class changed since the base year, by level-1 class"
    )
    assert "since 2015" in measure_words(measure.model_copy(update={"since": 2015}), catalog)


def test_change_is_of_a_whole_layer() -> None:
    with pytest.raises(ValueError, match="whole layer"):
        Change.model_validate(
            {"method": "change", "of": [{"layer": "land_use", "select": "construction"}], "by": "class.level1"}
        )


# --- polygons that stand in both years alike ---


def test_twins() -> None:
    one, other, moved = box(0, 0, 10, 10), box(10, 0, 10, 10), box(0, 0, 10, 10.5)
    left = np.array([one, other, moved, shapely.Polygon()], dtype=object)
    right = np.array([moved, one, one, box(50, 0, 10, 10)], dtype=object)
    assert twins(left, right).tolist() == [1, -1, 0, -1]
    assert twins(left[:0], right).tolist() == []


def test_the_definition_in_the_documentation(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs" / "years.md").read_text(encoding="utf-8")
    (block,) = [part.split("```")[0] for part in text.split("```toml\n")[1:] if 'method = "change"' in part]
    (tmp_path / "analyses").mkdir()
    (tmp_path / "analyses" / "land_change.toml").write_text(block, encoding="utf-8")
    measure = Catalog.load(tmp_path).analyses["land_change"].measures["matrix"]
    assert isinstance(measure, Change)
    assert (measure.since, measure.resolved(measure.by).column) == (2018, "account")

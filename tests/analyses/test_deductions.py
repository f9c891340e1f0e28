"""What a survey takes off its parcels (田坎; in 二调 线状地物, 零星地物) counts under its own class, to the hundredth.

All figures are worked out on paper: rectangles, records in m², shares by the largest remainder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from qsgis.codes import code_table
from qsgis.results import Results
from tests.handmade import box, frame, line, point, run, value, write_project

JIA, YI = "140521100", "140521101"
ACCOUNTS = ("land_account", "landsea_account", "cultivated_land", "red_line_encroachment", "construction_land_area")


def townships() -> gpd.GeoDataFrame:
    """甲 is x below 1000, 乙 from 1000 to 3000; 1 km high."""
    return frame([box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)], XZQDM=[JIA, YI], XZQMC=["甲镇", "乙镇"])


# BSM: geometry, DLBM, CZCSXM, TBMJ, KCXS, KCMJ, TBDLMJ, KCDLBM, ZLDWDM
PARCELS: dict[str, tuple[Any, ...]] = {
    # terraces in both townships, halved by the border
    "T": (box(500, 0, 1000, 400), "0103", None, 400_000.01, 0.1, 40_000.00, 360_000.01, "1203", JIA),
    # terraces of a village, in 甲
    "V": (box(0, 400, 500, 200), "0103", "203", 100_000.00, 0.05, 5_000.00, 95_000.00, "1203", JIA),
    # ridges that somebody mapped as a parcel
    "R": (box(0, 600, 500, 100), "1203", None, 50_000.00, 0.0, 0.0, 50_000.00, None, JIA),
    "H": (box(1500, 0, 500, 400), "0702", "203", 200_000.00, 0.0, 0.0, 200_000.00, None, YI),
    "W": (box(1000, 400, 2000, 600), "0301", None, 1_200_000.00, 0.0, 0.0, 1_200_000.00, None, YI),
}
FIELDS = ["geometry", "DLBM", "CZCSXM", "TBMJ", "KCXS", "KCMJ", "TBDLMJ", "KCDLBM", "ZLDWDM"]


def land(rows: dict[str, tuple[Any, ...]] = PARCELS, without: tuple[str, ...] = ()) -> gpd.GeoDataFrame:
    columns = {name: list(found) for name, found in zip(FIELDS, zip(*rows.values(), strict=True), strict=True)}
    columns["ZLDWDM"] = [code + "001" + "0000000" for code in columns["ZLDWDM"]]
    shapes = columns.pop("geometry")
    return frame(shapes, BSM=list(rows), **{name: found for name, found in columns.items() if name not in without})


def county(home: Path, parcels: gpd.GeoDataFrame, *ids: str, **more: Any) -> Results:
    red = frame([box(0, 0, 1250, 200)], LXDM=["1"])
    layers = {"districts": townships(), "ecological_red_line": red, "land_use": parcels} | more
    return run(write_project(home, layers, base_year=None), *(ids or ACCOUNTS))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Results:
    home = tmp_path_factory.mktemp("plain")
    (home / "analyses").mkdir()
    (home / "analyses" / "ridges.toml").write_text(RIDGES, encoding="utf-8")
    (home / "layers").mkdir()
    (home / "layers" / "land_use.toml").write_text(SELECTIONS, encoding="utf-8")
    return county(home, land(), *ACCOUNTS, "ridges")


RIDGES = """
id = "ridges"
name = "田坎"
dimension = "安全"
unit = "平方米"
better = "context"
headline = "all"
measures.all = { method = "area", of = [{ layer = "land_use", select = "ridges" }] }
measures.red = { method = "area", of = [{ layer = "land_use", select = "ridges" }, { layer = "ecological_red_line" }] }
measures.green = { method = "area", of = [
    { layer = "land_use", select = "ridges" }, { layer = "ecological_red_line", outside = true },
] }
measures.village = { method = "area", patches = true, by = "class", of = [
    { layer = "land_use", select = "village_ground" },
] }
parts.red = { name = "内", value = "red" }
parts.green = { name = "外", value = "green" }
parts.village = { name = "村内", value = "village" }
"""
SELECTIONS = '[select.ridges]\nclass = ["1203"]\n[select.village_ground]\nsettlement = ["203"]\n'


def hectares(square_metres: float) -> Any:
    return pytest.approx(square_metres / 1e4, abs=1e-9)


def notes(results: Results, name: str) -> str:
    return " | ".join(results[name].notes)


def test_the_account_is_the_sum_of_gross_areas(plain: Results) -> None:
    assert value(plain, "land_account") == hectares(1_950_000.01)
    assert value(plain, "land_account", "field") == hectares(455_000.01)  # 360 000.01 + 95 000
    assert value(plain, "land_account", "other") == hectares(95_000.00)  # R 50 000, ridges of T 40 000 and V 5 000
    assert value(plain, "land_account", "construction") == hectares(200_000.00)
    # 甲: half of T, V, R; of 360 000.01 m² the earlier township has the hundredth left over
    assert value(plain, "land_account", "other", JIA) == hectares(20_000 + 5_000 + 50_000)
    assert value(plain, "land_account", "other", YI) == hectares(20_000)
    assert value(plain, "land_account", "field", JIA) == hectares(180_000.01 + 95_000)
    assert value(plain, "land_account", "field", YI) == hectares(180_000.00)


def test_classes_of_land_and_sea(plain: Results) -> None:
    assert value(plain, "landsea_account") == hectares(1_950_000.01)
    for part, expected in [("0103", 455_000.01), ("2303", 95_000.0), ("0703", 200_000.0), ("0301", 1_200_000.0)]:
        assert value(plain, "landsea_account", f"all.{part}") == hectares(expected), part
    assert value(plain, "landsea_account", "all.2303", YI) == hectares(20_000)


def test_what_does_not_take_that_class_does_not_change(plain: Results) -> None:
    assert value(plain, "cultivated_land") == pytest.approx(455_000.01 * 15 / 1e8, rel=1e-12)
    assert value(plain, "construction_land_area") == pytest.approx(0.2, rel=1e-12)
    assert value(plain, "red_line_encroachment") == 0


def test_a_red_line_cuts_ridges_as_it_cuts_their_parcels(plain: Results) -> None:
    """Of T 750 m × 200 m of 1000 m × 400 m are inside: 3/8 of 40 000."""
    assert value(plain, "ridges") == 95_000
    assert value(plain, "ridges", "red") == 15_000
    assert value(plain, "ridges", "green") == 80_000
    assert value(plain, "ridges", "red", JIA) == 10_000
    assert value(plain, "ridges", "red", YI) == 5_000


def test_ridges_take_their_parcels_settlement(plain: Results) -> None:
    """203 holds V with its ridges, 100 000, and H; patches are of parcels alone, and that is said."""
    assert value(plain, "ridges", "village") == 300_000
    assert value(plain, "ridges", "village.1203") == 5_000
    assert value(plain, "ridges", "village.0103") == 95_000
    assert plain["ridges"].layers["village"]["area_m2"].sum() == 295_000
    assert "5000.00 m²" in notes(plain, "ridges")


def test_how_areas_were_got_is_recorded(plain: Results) -> None:
    found = plain["landsea_account"].record["measures"]["all"]
    assert found["areas"] == {"record": 6}  # T in two townships, the others whole
    assert "图斑地类面积" in found["method"]
    assert "扣除地类面积" in found["method"]


def test_where_the_class_is_not_given_it_is_1203(tmp_path: Path) -> None:
    results = county(tmp_path, land(without=("KCDLBM",)), "land_account")
    assert value(results, "land_account", "other") == hectares(95_000.00)


def test_the_ratio_tells_what_is_deducted(tmp_path: Path) -> None:
    """0.1 × 400 000.01 = 40 000.00; with TBDLMJ absent too, 400 000.01 − 40 000.00 is the record, and that is said."""
    results = county(tmp_path / "a", land(without=("KCMJ",)), "land_account")
    assert value(results, "land_account", "other") == hectares(95_000.00)
    assert value(results, "land_account") == hectares(1_950_000.01)
    results = county(tmp_path / "b", land(without=("KCMJ", "TBDLMJ")), "land_account", "cultivated_land")
    assert value(results, "land_account", "field", JIA) == hectares(180_000.01 + 95_000)
    assert value(results, "land_account") == hectares(1_950_000.01)
    assert "图斑地类面积" in notes(results, "cultivated_land")
    assert "5" in notes(results, "cultivated_land")


def test_records_that_disagree_are_named_and_not_changed(tmp_path: Path) -> None:
    """T's TBDLMJ is 12.50 too large and V's a hundredth too small, which is rounding: 12.49 in all."""
    rows = dict(PARCELS)
    rows["T"] = (*PARCELS["T"][:6], 360_012.51, *PARCELS["T"][7:])
    rows["V"] = (*PARCELS["V"][:6], 94_999.99, *PARCELS["V"][7:])
    results = county(tmp_path, land(rows), "land_account", "cultivated_land")
    assert value(results, "cultivated_land") == pytest.approx(455_012.50 * 15 / 1e8, rel=1e-12)
    said = notes(results, "cultivated_land")
    assert "+12.49 m²" in said
    assert "T" in said.partition("+12.49")[2]
    assert "V" not in said.partition("+12.49")[2].split("|")[0]


def test_records_that_agree_are_not_spoken_of(plain: Results) -> None:
    assert "+" not in notes(plain, "cultivated_land")
    assert notes(plain, "cultivated_land") == ""


def test_ground_covered_twice_is_missing_and_said(tmp_path: Path) -> None:
    """X covers a quarter of W's ground again: a quarter of one record is in no piece."""
    rows = {**PARCELS, "X": (box(1000, 400, 500, 600), "0301", None, 300_000.0, 0.0, 0.0, 300_000.0, None, YI)}
    results = county(tmp_path, land(rows), "landsea_account")
    total = value(results, "landsea_account")
    assert total is not None
    assert total < 225.0
    lost = 2_250_000.01 - total * 1e4
    assert f"{lost:.2f} m²" in notes(results, "landsea_account")


def test_sums_by_seat_code(tmp_path: Path) -> None:
    """T sits in 甲 by its code and half of it lies in 乙: 180 000.00 m² of TBDLMJ more by the code in 甲."""
    results = county(tmp_path, land(), "landsea_account", "land_account", "cultivated_land")
    for name in ("landsea_account", "land_account"):
        assert "甲镇 140521100 +180000.00 m²" in notes(results, name)
        assert "乙镇 140521101 -180000.00 m²" in notes(results, name)
    assert "140521100" not in notes(results, "cultivated_land")


def test_farmland_without_its_record(tmp_path: Path) -> None:
    """YJJBNTMJ absent: 10 000 × (1 − 0.0875) = 9125.00."""
    farmland = frame([box(0, 400, 100, 100)], BSM=["1"], YJJBNTTBMJ=[10_000.0], KCXS=[0.0875], DLBM=["0103"])
    results = county(tmp_path, land(), "permanent_farmland_area", permanent_farmland=farmland)
    assert value(results, "permanent_farmland_area") == pytest.approx(9_125 * 15 / 1e8, rel=1e-12)
    assert "永久基本农田面积" in notes(results, "permanent_farmland_area")


# --- the second survey ---


def second(**fields: list[float]) -> gpd.GeoDataFrame:
    """A field of 2 km × 400 m in both townships, less 田坎, a road, a ditch and a grave; and a wood."""
    shapes = [box(0, 0, 2000, 400), box(0, 400, 3000, 600)]
    return frame(
        shapes, BSM=["F", "W"], DLBM=["013", "031"], TBMJ=[800_000.00, 1_800_000.00], TKXS=[0.1, 0.0],
        TBDLMJ=[711_000.00 - 300.00, 1_800_000.00], **fields,
    )  # fmt: skip


# TBMJ 800 000 − 田坎 80 000 − road 9000 − grave 300 = 710 700
ROAD = line((0, 100), (1500, 100))  # 1000 m in 甲, 500 m in 乙
GRAVE = point(1500, 300)


def of_second_survey(home: Path, parcels: gpd.GeoDataFrame, **more: Any) -> Results:
    red = frame([box(0, 0, 600, 400)], LXDM=["1"])
    layers = {"districts": townships(), "land_use": parcels, "ecological_red_line": red} | more
    (home / "analyses").mkdir(parents=True)
    (home / "analyses" / "roads_in_red.toml").write_text(ROADS, encoding="utf-8")
    return run(write_project(home, layers, said={"land_use": "survey = 2"}), "land_account", "roads_in_red")


ROADS = """
id = "roads_in_red"
name = "红线内其他土地"
dimension = "安全"
unit = "平方米"
better = "context"
headline = "all"
[measures.all]
method = "area"
of = [{ layer = "land_use", select = "account_other" }, { layer = "ecological_red_line" }]
by = "class"
"""


def test_lines_and_points_of_the_second_survey(tmp_path: Path) -> None:
    road = frame([ROAD], BSM=["r"], DLBM=["104"], XZDWMJ=[9_000.01])
    grave = frame([GRAVE], BSM=["g"], DLBM=["205"], MJ=[300.0])
    results = of_second_survey(tmp_path, second(), linear_features=road, point_features=grave)
    # 104 is other land: the road, 田坎 80 000
    assert value(results, "land_account", "other") == hectares(89_000.01)
    assert value(results, "land_account", "other", JIA) == hectares(40_000 + 6_000.01)  # 2/3 of 9000.01: 6000.0067
    assert value(results, "land_account", "other", YI) == hectares(40_000 + 3_000.00)
    assert value(results, "land_account", "construction") == hectares(300)
    assert value(results, "land_account", "construction", YI) == hectares(300)
    assert value(results, "land_account", "construction", JIA) == 0
    assert value(results, "land_account") == hectares(710_700 + 1_800_000 + 80_000 + 9_000.01 + 300)
    # 600 m of the road, 3/10 of the field
    assert value(results, "roads_in_red", "all.104") == 3_600.00
    assert value(results, "roads_in_red", "all.123") == 24_000
    assert {row.status for row in results["land_account"].values} == {"ok"}


def test_a_line_without_an_area_is_as_wide_as_it_says(tmp_path: Path) -> None:
    """1500 m × 6 m, by the length on the ellipsoid; a line with neither area nor width is named."""
    road = frame([ROAD, line((0, 200), (100, 200))], BSM=["r", "bare"], DLBM=["104", "104"], KD=[6.0, None])
    results = of_second_survey(tmp_path, second(), linear_features=road)
    assert value(results, "land_account", "other") == pytest.approx(8.9, rel=1e-6)
    assert "bare" in notes(results, "land_account")


def test_layers_that_were_not_handed_over(tmp_path: Path) -> None:
    """9300 m² are in no class: an estimate, and how much is said; with the fields that name it as without."""
    for name, fields in (("a", {}), ("b", {"XZDWMJ": [9_000.0, 0.0], "LXDWMJ": [300.0, 0.0]})):
        results = of_second_survey(tmp_path / name, second(**fields))
        rows = results["land_account"].values
        assert {row.status for row in rows} == {"estimated"}
        assert "9300.00 m²" in rows[0].note
        assert "线状地物" in rows[0].note
    grave = frame([GRAVE], BSM=["g"], DLBM=["205"], MJ=[300.0])
    results = of_second_survey(tmp_path / "c", second(**fields), point_features=grave)
    assert "9000.00 m²" in results["land_account"].values[0].note


def test_the_third_survey_knows_no_such_layers(tmp_path: Path) -> None:
    road = frame([ROAD], BSM=["r"], DLBM=["104"], XZDWMJ=[9_000.0])
    results = county(tmp_path, land(), "land_account", linear_features=road)
    assert value(results, "land_account") == hectares(1_950_000.01)


# --- always ---


@settings(
    max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, phases=[Phase.generate]
)
@given(st.integers(0, 10_000))
def test_any_cut_balances(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """Whatever the red line: inside + outside are the records, in hundredths, of parcels and of what is deducted."""
    rng = np.random.default_rng(seed)
    rows: dict[str, tuple[Any, ...]] = {}
    for number in range(6):
        gross = int(rng.integers(1, 10**8))
        ridges = int(rng.integers(0, gross // 5 + 1))
        shape = box(500 * number, 0, 500, 1000)
        record = (gross / 100, ridges / gross, ridges / 100, (gross - ridges) / 100)
        rows[str(number)] = (shape, "0103", None, *record, "1203", JIA)
    corners = rng.uniform(0, 1, (5, 2)) * [3000, 1000]
    home = tmp_path_factory.mktemp("cut")
    (home / "analyses").mkdir()
    (home / "analyses" / "both.toml").write_text(BOTH, encoding="utf-8")
    red = frame([line(*map(tuple, corners)).convex_hull], LXDM=["1"])
    results = county(home, land(rows), "both", ecological_red_line=red)
    gross, ridges = (round(100 * sum(row[place] for row in rows.values())) for place in (3, 5))
    found = {name: one["sum"] for name, one in results["both"].record["measures"].items()}
    for level in ("county", "district"):
        units = {name: round(100 * sums[level]) for name, sums in found.items()}
        assert units["inside"] + units["outside"] == units["whole"] == gross
        assert units["fields_inside"] + units["fields_outside"] == gross - ridges


BOTH = """
id = "both"
name = "内外"
dimension = "安全"
unit = "平方米"
better = "context"
headline = "whole"
measures.whole = { method = "area", of = [{ layer = "land_use" }] }
measures.inside = { method = "area", of = [{ layer = "land_use" }, { layer = "ecological_red_line" }] }
measures.outside = { method = "area", of = [
    { layer = "land_use" }, { layer = "ecological_red_line", outside = true },
] }
measures.fields_inside = { method = "area", of = [
    { layer = "land_use", select = "cultivated" }, { layer = "ecological_red_line" },
] }
measures.fields_outside = { method = "area", of = [
    { layer = "land_use", select = "cultivated" }, { layer = "ecological_red_line", outside = true },
] }
"""


# --- the crosswalk ---


@pytest.mark.parametrize("table", ["land_use_3", "land_use_2"])
def test_classes_of_land_and_sea_are_those_of_the_crosswalk(table: str) -> None:
    crosswalk, names = code_table("crosswalk_landsea2023"), code_table("landsea")
    for code, row in code_table(table).items():
        near = row.get("third_survey", code).split(";")
        found = [crosswalk[one.removesuffix("K")] for one in near if one.removesuffix("K") in crosswalk]
        if not found:
            assert (row["landsea"], row["landsea_candidates"]) == ("", ""), code  # 201–205 of the second survey
            continue
        told = {one["landsea"] for one in found}
        assert row["landsea"] in names
        assert {row["landsea"]} == told or {one[:2] for one in told} == {row["landsea"]}, code
        assert bool(row["landsea_candidates"]) == (len(told) > 1 or found[0]["subdivide"] == "1"), code

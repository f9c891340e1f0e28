"""Feature layers of coverage: whom the facilities serve, the minutes of a patch, what lacks, the ground in reach."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest

from qsgis.results import Results
from tests.analyses.test_reach import care, home
from tests.handmade import box, frame, line, parcels, point, run, value, write_project

PACE = 80.0  # metres a minute at 4.8 km/h
STREET = frame([line((0, 300), (2000, 300))], 等级=["支路"])


def layers_of(results: Results, indicator: str = "elderly_care_coverage") -> dict[str, gpd.GeoDataFrame]:
    return results[indicator].layers


def people(residents: float, elders: float | None = None) -> dict[str, Any]:
    """A township that is the county, and its people."""
    county = box(-500, -500, 4000, 4000)
    table = pd.DataFrame({"XZQDM": ["140521100"], "常住人口": [residents], "60岁及以上": [elders]})
    return {"population": table, "districts": frame([county], XZQDM=["140521100"], XZQMC=["甲镇"])}


def test_facilities_tell_whom_they_serve(tmp_path: Path) -> None:
    """600 people, 120 of them old, on parcels of 16, 48 and 36 m²; each of the first two is near one station."""
    rows = [(box(x - 2, 298, 4, width), "0701", "202", 4.0 * width) for x, width in ((100, 4), (900, 12), (1700, 9))]
    stations = care((50, 300), (950, 300)).assign(床位数=[10, 20])
    where = home(tmp_path, parcels(rows), stations, STREET, **people(600, 120))
    found = layers_of(run(where, "elderly_care_coverage"))
    served = found["facilities"].sort_values("name")
    assert served["area_m2"].tolist() == pytest.approx([16, 48])
    assert served["people"].tolist() == pytest.approx([96, 288])  # 600 × 16 ÷ 100, 600 × 48 ÷ 100
    assert served["elderly"].tolist() == pytest.approx([19.2, 57.6])
    assert served["beds"].tolist() == [10, 20]
    assert found["uncovered"]["people"].sum() == pytest.approx(216)
    assert found["uncovered"]["elderly"].sum() == pytest.approx(43.2)


def test_elders_that_nobody_counted_are_no_column(tmp_path: Path) -> None:
    rows = [(box(98, 298, 4, 4), "0701", "202", 16.0)]
    found = layers_of(
        run(home(tmp_path, parcels(rows), care((50, 300)), STREET, **people(600)), "elderly_care_coverage")
    )
    assert "people" in found["covered"] and "elderly" not in found["covered"]


def test_elders_that_cannot_be_told_are_said(tmp_path: Path) -> None:
    """Points of people, one without its elders: the coverage stands, the column does not, and the result says why."""
    spots = frame([point(99, 299), point(101, 301)], 常住人口=[30, 10], **{"60岁及以上": [5.0, None]})
    rows = [(box(98, 298, 4, 4), "0701", "202", 16.0)]
    results = run(home(tmp_path, parcels(rows), care((50, 300)), STREET, population=spots), "elderly_care_coverage")
    result = results["elderly_care_coverage"]
    assert result.values[0].value == pytest.approx(100)
    assert result.layers["covered"]["people"].tolist() == pytest.approx([40])
    assert "elderly" not in result.layers["covered"]
    assert any("60岁及以上人口" in text for text in result.notes)


def test_minutes_of_a_patch_are_the_mean_of_its_cells(tmp_path: Path) -> None:
    """A strip of 1000 m × 30 m along the street: 13 cells in reach, 20 and a third beyond, the mean by area."""
    land = parcels([(box(500, 285, 1000, 30), "0701", "202", 30_000.0)])
    found = layers_of(run(home(tmp_path, land, care((500, 300)), STREET), "elderly_care_coverage"))
    near, far = range(15, 376, 30), range(405, 976, 30)
    assert found["covered"]["minutes"].tolist() == pytest.approx([sum(near) / len(near) / PACE], rel=1e-6)
    mean = (sum(far) * 30 + 995 * 10) / (len(far) * 30 + 10)
    assert found["uncovered"]["minutes"].tolist() == pytest.approx([mean / PACE], rel=1e-6)


def test_a_hairline_beyond_the_limit_is_a_patch_too(tmp_path: Path) -> None:
    """A parcel that ends the least bit, as floats go, beyond its first cell: this is 395 m off, the rest 410 m."""
    step = math.ulp(500_000.0)
    land = parcels([(box(380, 285, 30 + 2 * step, 30), "0701", "202", 900.0)])
    found = layers_of(run(home(tmp_path, land, care((0, 300)), STREET), "elderly_care_coverage"))
    assert found["covered"]["area_m2"].tolist() == pytest.approx([900])
    assert found["uncovered"].area.tolist() == pytest.approx([30 * 2 * step])


def test_minutes_leave_out_what_has_no_way(tmp_path: Path) -> None:
    """The lower cell of a parcel walks 15 + 885 m; the upper one's street leads to no facility. Too far comes first."""
    streets = frame([line((0, 300), (2000, 300)), line((0, 360), (500, 360))], 等级=["支路"] * 2)
    land = parcels([(box(100, 300, 30, 60), "0701", "202", 1800.0)])
    (patch,) = layers_of(run(home(tmp_path, land, care((1000, 300)), streets), "elderly_care_coverage"))[
        "uncovered"
    ].to_dict("records")
    assert patch["minutes"] == pytest.approx((15 + 885) / PACE, rel=1e-6)
    assert patch["reason"] == "beyond_limit"
    assert patch["area_m2"] == pytest.approx(1800)


CIRCLE = {
    "clinics": (300, "卫生"), "primary_schools": (300, ""), "middle_schools": (300, ""), "culture": (300, ""),
    "markets": (300, ""), "sports": (300, ""),
}  # fmt: skip


def test_the_living_circle_names_what_lacks(tmp_path: Path) -> None:
    """Six of the seven stand at x = 300; elderly care (400 m) at 1000. Parcels at 650 (all), 300 (no elderly care),
    1250 (no market: 950 m of 800; no primary school either)."""
    spots = {name: frame([point(x, 300)], 名称=["某"]) for name, (x, _kind) in CIRCLE.items()}
    rows = [(box(x - 2, 298, 4, 4), "0701", "202", 16.0) for x in (650, 300, 1250)]
    results = run(home(tmp_path, parcels(rows), care((1000, 300)), STREET, **spots), "living_circle_15")
    assert value(results, "living_circle_15") == pytest.approx(100 / 3)
    found = layers_of(results, "living_circle_15")
    assert "lacking" not in found["covered"]
    lacking = {
        round(row.geometry.centroid.x - 500_000): set(row["lacking"].split(", "))
        for _number, row in found["uncovered"].iterrows()
    }
    assert lacking == {300: {"养老设施"}, 1250: {"小学", "菜市场（生鲜超市）"}}


def test_one_parcel_that_lacks_this_here_and_that_there(tmp_path: Path) -> None:
    """Elderly care 400 m west of the parcel's western cell, a market 800 m east of its eastern one: two patches."""
    spots = {name: frame([point(1015, 300)], 名称=["某"]) for name in CIRCLE if name != "markets"}
    spots["markets"] = frame([point(1845, 300)], 名称=["某"])
    land = parcels([(box(1000, 285, 60, 30), "0701", "202", 1800.0)])
    results = run(home(tmp_path, land, care((615, 300)), STREET, **spots), "living_circle_15")
    found = layers_of(results, "living_circle_15")["uncovered"]
    assert {round(g.centroid.x - 500_000): text for g, text in zip(found.geometry, found["lacking"], strict=True)} == {
        1015: "菜市场（生鲜超市）", 1045: "养老设施",
    }  # fmt: skip


def test_ground_in_reach_is_a_stated_strip(tmp_path: Path) -> None:
    """A market mid-street: 400 m either way within 5 minutes, 800 within 10; 50 m on both sides, round ends."""
    land = parcels([(box(998, 298, 4, 4), "0701", "202", 16.0)])
    where = home(tmp_path, land, care((0, 300)), STREET, markets=frame([point(1000, 300)], 名称=["市场"]))
    results = run(where, "market_coverage")
    areas = layers_of(results, "market_coverage")["areas"].set_index("minutes")
    ends = 32 / 2 * math.sin(2 * math.pi / 32) * 50**2  # a circle of 32 corners
    assert areas.geometry.area.to_dict() == pytest.approx({5: 800 * 100 + ends, 10: 800 * 100}, rel=1e-5)
    assert areas.geometry.iloc[0].intersection(areas.geometry.iloc[1]).area == pytest.approx(0, abs=1e-6)
    assert areas["strip_m"].tolist() == [50, 50]
    assert any("50 m" in text or "50 米" in text for text in results["market_coverage"].notes)


def test_ground_in_reach_of_fire_engines_counts_the_turn_out(tmp_path: Path) -> None:
    """35 km/h for four of the five minutes: 2333 m each way along a street of 6 km."""
    county = frame([box(0, -100, 6000, 200)], XZQDM=["140521"], XZQMC=["县"])
    parts = {"county": county, "roads": frame([line((0, 0), (6000, 0))], 等级=["支路"])}
    parts |= {"fire_stations": frame([point(3000, 0)]), "urban_area": frame([box(0, -100, 6000, 200)])}
    (area,) = layers_of(run(write_project(tmp_path, parts), "fire_station_5_coverage"), "fire_station_5_coverage")[
        "areas"
    ].to_dict("records")
    assert area["minutes"] == 5
    west, south, east, north = area["geometry"].bounds
    assert (east - west - 100, north - south) == pytest.approx((2 * 35_000 / 60 * 4, 100), rel=1e-4)


def villages(**more: Any) -> dict[str, Any]:
    """Three villages side by side, a dwelling in the middle of each, a road at 30 km/h: 10 km are 20 minutes."""
    ground = [box(x, 0, 10_000, 1000) for x in (0, 10_000, 20_000)]
    codes = ["140521100201", "140521100202", "140521100203"]
    rows = [(box(x + 4995, 495, 10, 10), "0702", "203", 100.0) for x in (0, 10_000, 20_000)]
    table = pd.DataFrame({"XZQDM": codes, "常住人口": [100, 200, 300], "60岁及以上": [10, 40, 90]})
    return {
        "county": frame([box(0, 0, 30_000, 1000)], XZQDM=["140521"], XZQMC=["县"]),
        "districts": frame([box(0, 0, 30_000, 1000)], XZQDM=["140521100"], XZQMC=["甲镇"]),
        "villages": frame(ground, XZQDM=codes, XZQMC=["东村", "中村", "西村"]),
        "roads": frame([line((0, 500), (30_000, 500))], 等级=["县道"], 车速=[30.0]),
        "hospitals": frame([point(5000, 500)], 名称=["县医院"], 等级=["二级"], 床位数=[99]),
        "population": table, "land_use": parcels(rows), **more,
    }  # fmt: skip


def test_villages_reached_are_drawn_with_their_people(tmp_path: Path) -> None:
    results = run(write_project(tmp_path, villages()), "hospital_30_villages")
    assert value(results, "hospital_30_villages") == pytest.approx(200 / 3)
    by_village = [value(results, "hospital_30_villages", zone=f"14052110020{n}") for n in (1, 2, 3)]
    assert by_village == pytest.approx([100, 100, 0])
    found = layers_of(results, "hospital_30_villages")
    (far,) = found["uncovered"].to_dict("records")
    assert (far["name"], far["code"], far["reason"]) == ("西村", "140521100203", "beyond_limit")
    assert far["minutes"] == pytest.approx(40, rel=1e-4)
    assert (far["people"], far["elderly"]) == pytest.approx((300, 90))
    assert far["geometry"].area == pytest.approx(10_000 * 1000)  # the village, not the spot where it is timed
    (hospital,) = found["facilities"].to_dict("records")
    assert (hospital["features"], hospital["people"], hospital["elderly"]) == pytest.approx((2, 300, 50))
    assert "area_m2" not in found["covered"]
    assert set(found) == {"covered", "uncovered", "facilities", "streets", "areas"}


def test_people_within_an_hour_are_drawn(tmp_path: Path) -> None:
    """The town ends at 5 km: 西村 is 20 km from it, 40 minutes of 60; in 30 minutes it is not reached."""
    town = frame([box(0, 0, 5000, 1000)])
    extra = "[analyses.metropolitan_1h_population]\nminutes = 30\n"
    where = write_project(tmp_path, villages(urban_area=town), extra=extra)
    found = layers_of(run(where, "metropolitan_1h_population"), "metropolitan_1h_population")
    assert found["covered"]["people"].sum() == pytest.approx(300)
    assert found["covered"]["elderly"].sum() == pytest.approx(50)
    (far,) = found["uncovered"].to_dict("records")
    assert (far["people"], far["minutes"]) == pytest.approx((300, 40), rel=1e-3)


def test_villages_without_a_graded_road_are_a_layer(tmp_path: Path) -> None:
    """The graded road ends 200 m before 西村, which a dirt road reaches."""
    roads = frame([line((0, 500), (19_800, 500)), line((19_800, 500), (30_000, 500))], 等级=["县道", "等外公路"])
    results = run(write_project(tmp_path, villages(roads=roads)), "graded_road_villages")
    assert value(results, "graded_road_villages") == pytest.approx(200 / 3)
    assert value(results, "graded_road_villages", "villages_unreached") == 1
    found = layers_of(results, "graded_road_villages")
    assert found["unreached"]["name"].tolist() == ["西村"]
    assert sorted(found["reached"]["name"]) == ["东村", "中村"]

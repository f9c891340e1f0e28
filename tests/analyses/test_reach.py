"""Coverage on hand-drawn streets: on a grid the walk is |dx| + |dy|; at 4.8 km/h five minutes are 400 m."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from qsgis.results import Results
from tests.handmade import box, frame, line, parcels, point, run, value, write_project

COUNTY = [box(-500, -500, 4000, 4000)]


def grid(size: int = 2000, step: int = 100) -> gpd.GeoDataFrame:
    """Streets every `step` metres both ways, drawn as long lines: crossings are for the program to find."""
    across = [line((0, y), (size, y)) for y in range(0, size + 1, step)]
    upward = [line((x, 0), (x, size)) for x in range(0, size + 1, step)]
    streets = [*across, *upward]
    return frame(streets, 等级=["支路"] * len(streets))


def home(
    tmp_path: Path, land: gpd.GeoDataFrame, care: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, **more: object
) -> Path:
    county = frame(COUNTY, XZQDM=["140521"], XZQMC=["手工县"])
    layers = {"county": county, "land_use": land, "elderly_care": care, "roads": roads, "urban_area": frame(COUNTY)}
    return write_project(tmp_path, layers | more)


def care(*spots: tuple[float, float]) -> gpd.GeoDataFrame:
    return frame(
        [point(*spot) for spot in spots], 名称=[f"站{n}" for n in range(len(spots))], 类型=["社区"] * len(spots)
    )


def coverage(results: Results, part: str = "") -> float | None:
    return value(results, "elderly_care_coverage", part)


def test_strip_along_a_street(tmp_path: Path) -> None:
    """A strip 1000 m long and 30 m wide on a street, a facility on the street at its end: 400 m of walk.

    The strip's cells are 30 m, their middles on the street: those whose middle is within 400 m are 13 of 33.33.
    """
    land = parcels([(box(500, 285, 1000, 30), "0701", "202", 30_000.0)])
    streets = frame([line((0, 300), (2000, 300))], 等级=["支路"])
    results = run(home(tmp_path, land, care((500, 300)), streets), "elderly_care_coverage")
    # middles at 15, 45, … ≤ 400: (400 − 15) ÷ 30 + 1 = 13.8 → 13 cells of 900 m²
    assert coverage(results, "area_reached") == pytest.approx(13 * 900 / 1e4, rel=1e-9)
    assert coverage(results) == pytest.approx(100 * 13 * 900 / 30_000, rel=1e-9)


def test_grid_distance(tmp_path: Path) -> None:
    """Small parcels at crossings of a grid: reached where |dx| + |dy| ≤ 400 m, not where the crow flies as far."""
    spots = {(400, 0): True, (200, 200): True, (300, 100): True, (300, 200): False, (280, 280): False, (500, 0): False}
    rows = [(box(1000 + x - 5, 1000 + y - 5, 10, 10), "0701", "202", 100.0) for x, y in spots]
    results = run(home(tmp_path, parcels(rows), care((1000, 1000)), grid()), "elderly_care_coverage")
    layers = results["elderly_care_coverage"].layers
    covered = {(round(g.centroid.x - 501_000), round(g.centroid.y - 3_951_000)) for g in layers["covered"].geometry}
    assert covered == {spot for spot, reached in spots.items() if reached}
    assert len(layers["uncovered"]) == 3
    assert set(layers["uncovered"]["reason"]) == {"beyond_limit"}
    assert coverage(results) == pytest.approx(50.0)


def test_the_way_to_the_street_counts(tmp_path: Path) -> None:
    """A facility 60 m off the street, mid-edge; parcels on the street at 330 and 350 m from its foot."""
    streets = frame([line((0, 300), (2000, 300))], 等级=["支路"])
    rows = [(box(1000 + x - 2, 298, 4, 4), "0701", "202", 16.0) for x in (330, 350)]
    results = run(home(tmp_path, parcels(rows), care((1000, 360)), streets), "elderly_care_coverage")
    assert coverage(results) == pytest.approx(50.0)  # 60 + 330 = 390 is within, 60 + 350 = 410 is not


def test_cut_off_is_said(tmp_path: Path) -> None:
    """Two networks that do not meet: the parcel on the other one is not reached, and the figure an estimate."""
    streets = frame([line((0, 300), (500, 300)), line((0, 900), (500, 900))], 等级=["支路", "支路"])
    rows = [(box(98, 298, 4, 4), "0701", "202", 16.0), (box(98, 898, 4, 4), "0701", "202", 16.0)]
    results = run(home(tmp_path, parcels(rows), care((50, 300)), streets), "elderly_care_coverage")
    assert coverage(results) == pytest.approx(50.0)
    assert list(results["elderly_care_coverage"].layers["uncovered"]["reason"]) == ["isolated"]
    row = results["elderly_care_coverage"].values[0]
    assert row.status == "estimated"
    assert "50.0%" in row.note


def test_people_by_residence(tmp_path: Path) -> None:
    """600 people on two parcels of 1 : 3 by area; only the small one is near: 150 of 600."""
    streets = frame([line((0, 300), (2000, 300))], 等级=["支路"])
    rows = [(box(98, 298, 4, 4), "0701", "202", 16.0), (box(1500, 298, 12, 4), "0701", "202", 48.0)]
    population = pd.DataFrame({"XZQDM": ["140521100"], "常住人口": [600]})
    districts = frame([COUNTY[0]], XZQDM=["140521100"], XZQMC=["甲镇"])
    where = home(tmp_path, parcels(rows), care((50, 300)), streets, population=population, districts=districts)
    results = run(where, "elderly_care_coverage")
    assert coverage(results, "people_reached") == pytest.approx(150.0)
    assert coverage(results, "people_total") == pytest.approx(600.0)
    assert coverage(results, "by_people") == pytest.approx(25.0)
    assert value(results, "elderly_care_coverage", "people_reached", zone="140521100") == pytest.approx(150.0)
    uncovered = results["elderly_care_coverage"].layers["uncovered"]
    assert uncovered["people"].sum() == pytest.approx(450.0)


def test_no_facility_is_zero_and_no_residential_land_is_not_applicable(tmp_path: Path) -> None:
    streets = frame([line((0, 300), (2000, 300))], 等级=["支路"])
    far = run(
        home(tmp_path / "a", parcels([(box(98, 298, 4, 4), "0701", "202", 16.0)]), care((1900, 300)), streets),
        "elderly_care_coverage",
    )
    assert coverage(far) == 0
    nobody = run(
        home(tmp_path / "b", parcels([(box(98, 298, 4, 4), "0301", "", 16.0)]), care((50, 300)), streets),
        "elderly_care_coverage",
    )
    assert coverage(nobody) is None
    assert nobody["elderly_care_coverage"].values[0].status == "not_applicable"


def test_a_park_is_entered_where_a_street_meets_its_edge(tmp_path: Path) -> None:
    """A park of 1000 m × 1000 m with one street to its western edge; from the street's foot 390 and 410 m."""
    streets = frame([line((0, 700), (1000, 700))], 等级=["支路"])
    parks = frame([box(1000, 200, 1000, 1000)], 名称=["公园"])
    rows = [(box(1000 - x - 2, 698, 4, 4), "0701", "202", 16.0) for x in (390, 410)]
    results = run(home(tmp_path, parcels(rows), care((0, 0)), streets, parks=parks), "park_5_coverage")
    assert value(results, "park_5_coverage") == pytest.approx(50.0)


def test_radius(tmp_path: Path) -> None:
    """2 km as the crow flies, streets or none; the definition says radius, so the status is ok."""
    rows = [(box(x - 2, -2, 4, 4), "0701", "202", 16.0) for x in (1990, 2010)]
    hospital = frame([point(0, 0)], 名称=["县医院"], 层级=["县级"], 等级=["二级"])
    streets = frame([line((0, 300), (10, 300))], 等级=["支路"])
    results = run(home(tmp_path, parcels(rows), care((0, 0)), streets, hospitals=hospital), "hospital_2km_coverage")
    assert value(results, "hospital_2km_coverage") == pytest.approx(50.0)
    assert results["hospital_2km_coverage"].values[0].status == "ok"


def test_radius_stands_in_only_where_the_project_allows(tmp_path: Path) -> None:
    land = parcels([(box(1000 + x - 2, 298, 4, 4), "0701", "202", 16.0) for x in (390, 410)])
    county = frame(COUNTY, XZQDM=["140521"], XZQMC=["手工县"])
    layers = {"county": county, "land_use": land, "elderly_care": care((1000, 300)), "urban_area": frame(COUNTY)}
    results = run(write_project(tmp_path / "no", layers), "elderly_care_coverage")
    assert results["elderly_care_coverage"].values[0].status == "missing"
    assert "道路" in results["elderly_care_coverage"].values[0].note
    allowed = "[analyses.elderly_care_coverage]\nallow_substitute = true\n"
    results = run(write_project(tmp_path / "yes", layers, extra=allowed), "elderly_care_coverage")
    assert coverage(results) == pytest.approx(50.0)
    assert results["elderly_care_coverage"].values[0].status == "estimated"


def test_parameters_of_the_project(tmp_path: Path) -> None:
    """At 2.4 km/h five minutes are 200 m, at ten minutes 400 m again."""
    streets = frame([line((0, 300), (2000, 300))], 等级=["支路"])
    land = parcels([(box(500 + x - 2, 298, 4, 4), "0701", "202", 16.0) for x in (190, 390)])
    where = home(tmp_path, land, care((500, 300)), streets)
    toml = (where / "project.toml").read_text(encoding="utf-8")
    for text, expected in (("speed_kmh = 2.4", 50.0), ("speed_kmh = 2.4\nminutes = 10", 100.0), ("metres = 195", 50.0)):
        (where / "project.toml").write_text(f"{toml}[analyses.elderly_care_coverage]\n{text}\n", encoding="utf-8")
        assert coverage(run(where, "elderly_care_coverage")) == pytest.approx(expected)


def test_a_street_along_the_park_opens_it_all_along(tmp_path: Path) -> None:
    """A street follows the park's edge for 1000 m; a home 100 m from where the two meet first."""
    streets = frame([line((0, 500), (2000, 500))], 等级=["支路"])
    parks = frame([box(1000, 500, 1000, 300)], 名称=["公园"])
    land = parcels([(box(898, 498, 4, 4), "0701", "202", 16.0)])
    results = run(home(tmp_path, land, care((0, 0)), streets, parks=parks), "park_5_coverage")
    assert value(results, "park_5_coverage") == pytest.approx(100.0)


def test_a_motorway_is_no_way_into_a_park(tmp_path: Path) -> None:
    """A motorway touches the western edge; the street that people walk on ends 10 m from the eastern one."""
    streets = frame([line((900, 650), (1000, 650)), line((2010, 0), (2010, 1000))], 等级=["高速公路", "支路"])
    parks = frame([box(1000, 500, 1000, 300)], 名称=["公园"])
    land = parcels([(box(2008, 598, 4, 4), "0701", "202", 16.0)])
    results = run(home(tmp_path, land, care((0, 0)), streets, parks=parks), "park_5_coverage")
    assert value(results, "park_5_coverage") == pytest.approx(100.0)


TWO_GROUPS = """
id = "both"
name = "两类都到"
dimension = "共享"
unit = "公顷"
better = "higher"
headline = "all"
[measures.all]
method = "reach"
mode = "walk"
speed_kmh = 4.8
demand = { layer = "residential" }
supply = [{ layer = "clinics", minutes = 15 }, { layer = "markets", minutes = 5 }]
patches = true
"""


def test_what_is_not_reached_is_told_by_the_group_that_lacks(tmp_path: Path) -> None:
    """A clinic 800 m away (10 of 15 minutes) is reached, a market 640 m away (8 of 5) is not: 8 minutes, too far."""
    land = parcels([(box(995, 295, 10, 10), "0701", "202", 100.0)])
    streets = frame([line((0, 300), (2000, 300))], 等级=["支路"])
    spots = {"clinics": frame([point(200, 300)]), "markets": frame([point(1640, 300)])}
    project = home(tmp_path, land, care((0, 300)), streets, **spots)
    (project / "analyses").mkdir()
    (project / "analyses" / "both.toml").write_text(TWO_GROUPS, encoding="utf-8")
    results = run(project, "both")
    assert value(results, "both") == 0
    (patch,) = results["both"].layers["uncovered"].to_dict("records")
    assert patch["reason"] == "beyond_limit"
    assert patch["minutes"] == pytest.approx(8.0, rel=1e-6)


@pytest.mark.parametrize(
    ("oneway", "share", "reason"), [("是", 100.0, None), ("-1", 0.0, "one_way"), ("否", 100.0, None)]
)
def test_a_fire_engine_sets_out_from_its_station(tmp_path: Path, oneway: str, share: float, reason: str | None) -> None:
    """A street from the station to the town, 500 m, one-way as drawn, against it, or both ways."""
    parts = {
        "county": frame([box(-100, -100, 9000, 200)], XZQDM=["140521"], XZQMC=["县"]),
        "urban_area": frame([box(500, 0, 10, 10)]),
        "fire_stations": frame([point(0, 5)]),
        "roads": frame([line((0, 5), (1000, 5))], 等级=["主干路"], 单行线=[oneway]),
    }
    results = run(write_project(tmp_path, parts), "fire_station_5_coverage")
    assert value(results, "fire_station_5_coverage") == pytest.approx(share)
    assert "自设施出发" in results["fire_station_5_coverage"].values[0].method
    if reason:
        assert list(results["fire_station_5_coverage"].layers["uncovered"]["reason"]) == [reason]
    else:
        minutes = results["fire_station_5_coverage"].layers["covered"]["minutes"]
        assert minutes.iloc[0] == pytest.approx(1 + 0.505 / 35 * 60, rel=1e-3)  # a minute to turn out, 505 m at 35 km/h

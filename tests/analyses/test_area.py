"""Areas whose answer is plain arithmetic: squares, offset rectangles, a hole, a parcel on three townships."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.handmade import box, frame, parcels, run, value, write_project


def townships() -> object:
    """Three strips of 1 km × 3 km side by side."""
    return frame([box(0, 0, 1000, 3000), box(1000, 0, 1000, 3000), box(2000, 0, 1000, 3000)],
                 XZQDM=["140521100", "140521101", "140521102"], XZQMC=["甲镇", "乙镇", "丙乡"])  # fmt: skip


@pytest.fixture(scope="module")
def encroached(tmp_path_factory: pytest.TempPathFactory) -> object:
    """Village land 0702 of 900 m × 100 m over all three townships (TBDLMJ 90 000), half of it in the red line;
    a mine (204) whole inside; a factory 0601 in a hole of the red line; forest everywhere else does not count."""
    now = parcels(
        [
            (box(550, 500, 1800, 100), "0702", "203", 180_000.0),  # 450 m in 甲, 1000 m in 乙, 350 m in 丙
            (box(100, 1000, 200, 100), "0602", "204", 20_000.0),
            (box(1400, 1400, 200, 200), "0601", "203A", 40_000.0),  # the red line's hole is 100 m × 200 m of it
            (box(0, 2000, 3000, 1000), "0301", "", 3_000_000.0),
            (box(100, 100, 100, 100), "0701", "202", 9_000.0),  # outside the red line
            (box(2500, 1200, 100, 100), "1001", "", 10_000.0),  # a railway: construction, but in no settlement
        ]
    )
    before = now.copy()
    before.loc[0, "geometry"] = box(550, 500, 900, 100)  # the western half stood before
    before.loc[0, "TBDLMJ"] = 90_000.0
    red = frame([box(0, 550, 3000, 2000, [(1500, 1400, 100, 200)])], LXDM=["1"])
    home = tmp_path_factory.mktemp("encroached")
    layers = {"districts": townships(), "land_use": {2019: now, 2015: before}, "ecological_red_line": red}
    return run(write_project(home, layers, base_year=2015), "red_line_encroachment", "ecological_red_line_area")


def test_all(encroached) -> None:
    # village: 50 of its 100 m width inside → 90 000; factory: 40 000 less the hole's 100 × 200 → 20 000
    assert value(encroached, "red_line_encroachment") == pytest.approx(0.110, abs=1e-9)


def test_stock_and_new(encroached) -> None:
    # new: the village's eastern 900 m, half inside → 45 000
    assert value(encroached, "red_line_encroachment", "new") == pytest.approx(0.045, abs=1e-9)
    assert value(encroached, "red_line_encroachment", "stock") == pytest.approx(0.065, abs=1e-9)


def test_mining_stands_apart(encroached) -> None:
    assert value(encroached, "red_line_encroachment", "mining") == pytest.approx(0.020, abs=1e-9)
    assert value(encroached, "red_line_encroachment", "special") == 0


def test_three_townships(encroached) -> None:
    # 450, 1000 and 350 m of the village, 50 m wide; the factory stands in 乙镇
    assert value(encroached, "red_line_encroachment", zone="140521100") == pytest.approx(0.0225, abs=1e-9)
    assert value(encroached, "red_line_encroachment", zone="140521101") == pytest.approx(0.05 + 0.02, abs=1e-9)
    assert value(encroached, "red_line_encroachment", zone="140521102") == pytest.approx(0.0175, abs=1e-9)
    assert value(encroached, "red_line_encroachment", "new", zone="140521102") == pytest.approx(0.0175, abs=1e-9)


def test_base_year(encroached) -> None:
    # 2015: the western half, half of it inside, and the factory
    assert value(encroached, "red_line_encroachment", year=2015) == pytest.approx(0.065, abs=1e-9)


def test_by_class(encroached) -> None:
    assert value(encroached, "red_line_encroachment", "all.0702") == pytest.approx(0.09, abs=1e-9)
    assert value(encroached, "red_line_encroachment", "all.0601") == pytest.approx(0.02, abs=1e-9)


def test_patches_add_up(encroached) -> None:
    patches = encroached["red_line_encroachment"].layers["all"]
    assert patches["area_m2"].sum() == pytest.approx(110_000, abs=1e-6)
    assert sorted(patches["district_name"]) == ["丙乡", "乙镇", "乙镇", "甲镇"]
    assert set(patches["id"]) == {"000000000000000001", "000000000000000003"}
    village = patches[patches["class"] == "0702"]
    assert sorted(village["share"].round(9)) == [0.097222222, 0.125, 0.277777778]


def test_red_line_area_is_ellipsoidal(encroached) -> None:
    import geopandas as gpd
    import shapely
    from pyproj import Geod

    shape = shapely.segmentize(box(0, 550, 3000, 2000, [(1500, 1400, 100, 200)]), 70)
    lonlat = gpd.GeoSeries([shape], crs="EPSG:4546").to_crs(4490).iloc[0]
    expected = abs(Geod(ellps="GRS80").geometry_area_perimeter(shapely.geometry.polygon.orient(lonlat))[0]) / 1e6
    assert value(encroached, "ecological_red_line_area") == pytest.approx(expected, rel=2e-7)


def test_overlapping_red_lines_count_once(tmp_path: Path) -> None:
    land = parcels([(box(0, 0, 1000, 100), "0702", "203", 100_000.0)])
    red = frame([box(100, 0, 300, 100), box(300, 0, 300, 100), box(100, 0, 300, 100)], LXDM=["1", "1", "1"])
    home = write_project(tmp_path, {"districts": townships(), "land_use": land, "ecological_red_line": red})
    results = run(home, "red_line_encroachment", "ecological_red_line_area")
    assert value(results, "red_line_encroachment") == pytest.approx(0.05, abs=1e-9)  # from 100 to 600 m
    assert value(results, "ecological_red_line_area") == pytest.approx(0.05, rel=1e-6)


def test_balance_to_the_last_hundredth(tmp_path: Path) -> None:
    """A parcel of 100.01 m² on three townships: the shares are hundredths, and add up."""
    strips = frame([box(0, 0, 10, 30), box(10, 0, 10, 30), box(20, 0, 10, 30)],
                   XZQDM=["140521100", "140521101", "140521102"], XZQMC=["甲", "乙", "丙"])  # fmt: skip
    land = parcels([(box(0, 0, 30, 10), "0101", "", 100.01)])
    results = run(write_project(tmp_path, {"districts": strips, "land_use": land}), "cultivated_land")
    shares = [value(results, "cultivated_land", zone=f"14052110{n}") for n in range(3)]
    hundredths = sorted(round(share * 2e7 / 3 * 100, 4) for share in shares)
    assert hundredths == [3333, 3334, 3334]
    assert value(results, "cultivated_land") * 2e7 / 3 == pytest.approx(100.01, abs=1e-9)


def test_farmland_is_shares_of_its_own_record(tmp_path: Path) -> None:
    """Farmland of record 8 000 on 10 000 m²: forest on a quarter, a house on a tenth."""
    land = parcels(
        [
            (box(0, 0, 25, 100), "0301", "", 2_500.0),
            (box(25, 0, 10, 100), "0702", "203", 1_000.0),
            (box(35, 0, 65, 100), "0103", "", 6_000.0),
        ]
    )
    farmland = frame([box(0, 0, 100, 100)], YJJBNTMJ=[8_000.0], DLBM=["0103"])
    home = write_project(tmp_path, {"districts": townships(), "land_use": land, "permanent_farmland": farmland})
    results = run(home, "farmland_encroachment")
    assert value(results, "farmland_encroachment") == pytest.approx(0.28, abs=1e-9)
    assert value(results, "farmland_encroachment", "construction") == pytest.approx(0.08, abs=1e-9)
    assert value(results, "farmland_encroachment", "all.0301") == pytest.approx(0.2, abs=1e-9)
    assert list(results["farmland_encroachment"].layers["construction"]["class"]) == ["0702"]


def test_inside_and_outside_the_boundary(tmp_path: Path) -> None:
    now = parcels([(box(0, 0, 100, 100), "0701", "202", 10_000.0), (box(500, 0, 100, 100), "0702", "203", 10_000.0)])
    before = parcels([(box(0, 0, 100, 100), "0103", "", 10_000.0), (box(500, 0, 100, 60), "0702", "203", 6_000.0)])
    boundary = frame([box(-50, -50, 130, 300)], GHFQMC=["城镇集中建设区"])  # 80 of the first square's 100 m
    layers = {"districts": townships(), "land_use": {2019: now, 2015: before}, "urban_boundary": boundary}
    results = run(write_project(tmp_path, layers, base_year=2015), "urban_boundary_construction")
    assert value(results, "urban_boundary_construction") == pytest.approx(0.008, abs=1e-9)
    table = {
        row.part: row.value
        for row in results["urban_boundary_construction"].values
        if row.zone_code == "" and row.year == 2019
    }
    assert table["outside"] == pytest.approx(0.012, abs=1e-9)
    assert table["new_inside"] == pytest.approx(0.008, abs=1e-9)
    assert table["new_outside"] == pytest.approx(0.002 + 0.004, abs=1e-9)


def test_outside_the_county_is_said_and_not_counted(tmp_path: Path) -> None:
    land = parcels([(box(2900, 0, 200, 100), "0101", "", 20_000.0)])  # half of it beyond the border
    results = run(write_project(tmp_path, {"districts": townships(), "land_use": land}), "cultivated_land")
    assert value(results, "cultivated_land") == pytest.approx(10_000 * 1.5e-7, rel=1e-9)
    assert any("10000.00" in note for note in results["cultivated_land"].notes)


def test_order_of_overlapping_parcels_changes_nothing(tmp_path: Path) -> None:
    rows = [(box(0, 0, 200, 100), "0101", "", 20_000.0), (box(100, 0, 200, 100), "0101", "", 30_000.0)]
    one = parcels(rows)
    found = []
    for name, land in (("a", one), ("b", one.iloc[::-1].reset_index(drop=True))):
        results = run(write_project(tmp_path / name, {"districts": townships(), "land_use": land}), "cultivated_land")
        found.append(value(results, "cultivated_land"))
    assert found[0] == found[1]


def test_nothing_is_new_in_the_base_year(encroached) -> None:
    rows = [row for row in encroached["red_line_encroachment"].values if row.part == "new" and row.year == 2015]
    assert [(row.value, row.status) for row in rows if row.zone_level == "county"] == [(None, "not_applicable")]


def test_what_was_handed_in_survives_a_failure(tmp_path: Path) -> None:
    home = write_project(
        tmp_path, {"districts": townships(), "land_use": parcels([(box(0, 0, 1, 1), "0101", "", 1.0)])}
    )
    with (home / "project.toml").open("a", encoding="utf-8") as file:
        file.write('[overrides.cultivated_land]\nvalue = 7\nyear = 2019\nwhy = "核定"\nwho = "自然资源局"\n')
    (home / "land_use.gpkg").write_bytes(b"SQLite format 3\0" + bytes(200))
    results = run(home, "cultivated_land")
    assert results["cultivated_land"].failure is not None
    assert value(results, "cultivated_land", kind="override") == 7


def test_a_zone_without_a_code_stops(tmp_path: Path) -> None:
    towns = frame([box(0, 0, 1000, 3000), box(1000, 0, 1000, 3000)], XZQDM=["140521100", None], XZQMC=["甲镇", "乙镇"])
    land = parcels([(box(0, 0, 100, 100), "0101", "", 10_000.0)])
    failure = run(write_project(tmp_path, {"districts": towns, "land_use": land}), "cultivated_land")[
        "cultivated_land"
    ].failure
    assert failure is not None
    assert failure.status == 3


def test_an_overruled_value_is_what_others_use(tmp_path: Path) -> None:
    """The county's 7 万亩 by hand comes before the computed 0.0015; the townships have only computed ones."""
    by_hand = '[overrides.cultivated_land]\nvalue = 7\nyear = 2019\nwhy = "核定"\nwho = "自然资源局"\n'
    land = parcels([(box(0, 0, 100, 100), "0101", "", 10_000.0)])
    home = write_project(tmp_path, {"districts": townships(), "land_use": land}, extra=by_hand)
    (home / "analyses").mkdir()
    text = 'id = "twice"\nname = "两倍"\ndimension = "安全"\nunit = "万亩"\nbetter = "context"\n'
    text += 'uses = ["cultivated_land"]\nheadline = "cultivated_land × 2"\n'
    (home / "analyses" / "twice.toml").write_text(text, encoding="utf-8")
    results = run(home, "twice")
    assert value(results, "twice") == 14
    assert "更正" in results["twice"].values[0].note
    assert value(results, "twice", zone="140521100") == pytest.approx(0.003)


def test_ground_around(tmp_path: Path) -> None:
    """A strip of field begins at the town's edge and is as wide as the town: half of it is within 500 m."""
    layers = {
        "county": frame([box(0, 0, 1100, 100)], XZQDM=["140521"], XZQMC=["手工县"]),
        "urban_area": frame([box(0, 0, 100, 100)]),
        "land_use": parcels([(box(100, 0, 1000, 100), "0103", "", 80_000.0)]),
    }
    near = '[analyses.farmland_20km]\nwithin = { layer = "urban_area", around = 500 }\n'
    results = run(write_project(tmp_path, layers, extra=near), "farmland_20km")
    assert value(results, "farmland_20km") == pytest.approx(0.04, rel=1e-6)  # of TBDLMJ 80 000


def test_what_is_drawn_beside_what_is_recorded(tmp_path: Path) -> None:
    """1 km² of farmland is drawn, 900 000 m² recorded: 1500 and 1350 mu."""
    layers = {
        "county": frame([box(0, 0, 1000, 1000)], XZQDM=["140521"], XZQMC=["手工县"]),
        "permanent_farmland": frame([box(0, 0, 1000, 1000)], YJJBNTMJ=[900_000.0], DLBM=["0103"]),
    }
    results = run(write_project(tmp_path, layers), "permanent_farmland_area")
    assert value(results, "permanent_farmland_area") == pytest.approx(0.135, rel=1e-9)
    assert value(results, "permanent_farmland_area", "drawn") == pytest.approx(0.15, rel=1e-6)
    assert value(results, "permanent_farmland_area", "difference") == pytest.approx(-0.015, rel=1e-5)

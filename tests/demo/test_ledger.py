"""The ledger agrees with itself and with geopandas' own overlay, and the engine has no part in it."""

import ast
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import qsgis.demo
from qsgis.catalog import Catalog
from qsgis.codes import code_table
from qsgis.demo.ledger.coverage import WALKS
from qsgis.units import known

ADDITIVE = {
    "red_line_encroachment", "urban_boundary_construction", "farmland_encroachment", "cultivated_land",
    "forest_land_area", "grassland_area", "wetland_area", "construction_land_area", "urban_rural_construction_area",
    "geohazard_construction", "heritage_line_area", "historic_district_area", "restoration_area", "urban_renewal_area",
    "treated_geohazard_points", "utility_tunnel_length", "resident_population",
}  # fmt: skip


@pytest.fixture(scope="module")
def rows(answers):
    return pd.DataFrame(answers["rows"])


def value(rows, indicator, part="", zone=""):
    found = rows.query("indicator == @indicator and part == @part and zone_code == @zone and bound == ''")["value"]
    assert len(found) == 1
    return found.iloc[0]


@pytest.fixture(scope="module")
def earlier(answers):
    return pd.DataFrame(answers["earlier"])


def test_each_answer_stands_once_in_a_known_unit(rows, earlier):
    for some in (rows, earlier):
        assert not some.duplicated(["indicator", "part", "zone_code", "bound", "year"]).any()
        assert all(known(unit) for unit in some["unit"])
        assert some["relative"].between(0, 0.05, inclusive="right").all()
    assert set(rows["year"]) == {2019}
    assert set(earlier["year"]) == {2015, 2016, 2017, 2018}


def test_every_computed_indicator_has_an_answer(rows):
    computed = {name for name, one in Catalog.load().analyses.items() if one.choices}
    assert computed - set(rows["indicator"]) == {"rail_station_800_coverage"}  # the county has no such station


def test_townships_add_up_to_the_county(rows):
    assert set(rows["indicator"]) >= ADDITIVE
    for (_indicator, _part), group in rows[rows["indicator"].isin(ADDITIVE)].groupby(["indicator", "part"]):
        county = group.loc[group["zone_code"] == "", "value"].item()
        assert group.loc[group["zone_code"] != "", "value"].sum() == pytest.approx(county, rel=1e-12)


def test_red_line_by_township_adds_up(rows):
    mine = rows[rows["indicator"] == "ecological_red_line_area"]
    county = mine.loc[mine["zone_code"] == "", "value"].item()
    assert mine.loc[mine["zone_code"] != "", "value"].sum() == pytest.approx(county, rel=1e-6)


def test_parts_add_up(rows):
    for zone in rows["zone_code"].unique():
        whole = value(rows, "red_line_encroachment", "", zone)
        parts = (value(rows, "red_line_encroachment", part, zone) for part in ("new", "stock"))
        assert sum(parts) == pytest.approx(whole, abs=1e-12)
        sides = (value(rows, "urban_boundary_construction", part, zone) for part in ("", "outside"))
        assert sum(sides) == pytest.approx(value(rows, "urban_rural_construction_area", "", zone), abs=1e-9)
        lost = (value(rows, "farmland_encroachment", part, zone) for part in ("construction", "adjustable", "other"))
        assert sum(lost) == pytest.approx(value(rows, "farmland_encroachment", "", zone), abs=1e-9)


def test_nothing_planted_is_empty(rows):
    for indicator, part in (
        ("red_line_encroachment", "new"), ("red_line_encroachment", "stock"), ("farmland_encroachment", "construction"),
        ("farmland_encroachment", "adjustable"), ("urban_boundary_construction", "new_inside"),
        ("urban_boundary_construction", "new_outside"), ("greenway_length", "outside"),
    ):  # fmt: skip
        assert value(rows, indicator, part) > 0


def test_encroachment_equals_geopandas_overlay(made, rows):
    """Another way again: geopandas.overlay of the layers as they are written, classes by the code table."""
    classes = code_table("land_use_3")
    parcels = made.layers["land_use"]
    built = parcels["DLBM"].map(lambda code: classes[code]["big3"]) == "建设用地"
    urban_rural = parcels[built & parcels["CZCSXM"].isin(["202", "203", "203A"])].assign(plane=lambda f: f.area)
    red = made.layers["ecological_red_line"]
    red = gpd.GeoDataFrame(geometry=[red[red.is_valid].union_all()], crs=red.crs).explode()
    pieces = gpd.overlay(urban_rural, red, how="intersection", keep_geom_type=True)
    area = (pieces["TBDLMJ"] * pieces.area / pieces["plane"]).sum() / 1e6
    assert value(rows, "red_line_encroachment") == pytest.approx(area, rel=1e-6)


def test_farmland_equals_geopandas_overlay(made, rows):
    classes = code_table("land_use_3")
    parcels = made.layers["land_use"]
    other = parcels[parcels["DLBM"].map(lambda code: classes[code]["level1"]) != "01"][["DLBM", "geometry"]]
    farms = made.layers["permanent_farmland"][["YJJBNTMJ", "geometry"]].assign(plane=lambda f: f.area)
    pieces = gpd.overlay(farms, other, how="intersection", keep_geom_type=True)
    hectares = (pieces["YJJBNTMJ"] * pieces.area / pieces["plane"]).sum() / 1e4
    assert value(rows, "farmland_encroachment") == pytest.approx(hectares, rel=1e-6)


def test_walks_are_no_shorter_than_the_crow_flies(rows):
    assert [name for name, _layer, _minutes in WALKS][:2] == ["elderly_care_coverage", "market_coverage"]
    for indicator, _layer, _minutes in WALKS:
        upper = rows.query("indicator == @indicator and bound == 'upper'")["value"].item()
        assert 20 < value(rows, indicator) <= upper <= 100, indicator


def test_the_living_circle_is_no_wider_than_any_of_its_seven(rows):
    seven = (
        "clinic_15_coverage", "primary_school_10_coverage", "middle_school_15_coverage", "elderly_care_coverage",
        "culture_15_coverage", "market_coverage", "sports_15_coverage",
    )  # fmt: skip
    assert 0 < value(rows, "living_circle_15") <= min(value(rows, name) for name in seven)


def test_a_hamlet_is_cut_by_the_urban_area(made, rows):
    """The people of the communities are all inside, some of one village too, and far from everybody."""
    people = made.layers["population"].set_index("行政区代码")["常住人口"]
    communities = people[people.index.str.slice(9).astype(int) < 200].sum()
    inside = value(rows, "shelter_area_per_capita", "residents") * 1e4
    assert communities == 62_000
    assert communities + 1 < inside < communities + 2000


def test_per_capita_figures_are_the_quotients(rows):
    people = value(rows, "shelter_area_per_capita", "residents") * 1e4
    shelters = value(rows, "shelter_area_per_capita", "effective_area") * 1e4
    assert value(rows, "shelter_area_per_capita") == pytest.approx(shelters / people)
    assert value(rows, "greenway_per_capita") == pytest.approx(value(rows, "greenway_length") * 1000 / people)


def test_flaws_are_listed(answers):
    assert set(answers["flaws"]) == {
        "ecological_red_line", "greenways", "shelters", "elderly_care", "markets", "historic_districts",
        "high_standard_farmland", "levees",
    }  # fmt: skip


def test_high_standard_farmland_equals_geopandas_overlay(made, rows):
    """The ground of its plots, each part once, and the recorded area of the fields in it."""
    parcels = made.layers["land_use"]
    fields = parcels[parcels["DLBM"].str.startswith("01")]
    plots = made.layers["high_standard_farmland"][["geometry"]].dissolve()
    share = 100 * plots.area.item() / fields["TBDLMJ"].sum()
    scale = (parcels["TBMJ"].sum() / parcels.area.sum()).item()  # ellipsoid over plane, all but the same everywhere
    assert value(rows, "high_standard_farmland_share") == pytest.approx(share * scale, rel=1e-4)
    pieces = gpd.overlay(fields.assign(plane=lambda f: f.area), plots, how="intersection", keep_geom_type=True)
    inside = 100 * (pieces["TBDLMJ"] * pieces.area / pieces["plane"]).sum() / fields["TBDLMJ"].sum()
    assert value(rows, "high_standard_farmland_share", "inside") == pytest.approx(inside, rel=1e-6)
    assert inside < share


def test_geohazard_grades_add_up_and_equal_geopandas_overlay(made, rows):
    parts = [value(rows, "geohazard_construction", part) for part in ("high", "medium", "low")]
    assert all(part > 0 for part in parts)
    assert sum(parts) == pytest.approx(value(rows, "geohazard_construction"), rel=1e-6)
    classes, parcels = code_table("land_use_3"), made.layers["land_use"]
    built = parcels["DLBM"].map(lambda code: classes[code]["big3"]) == "建设用地"
    some = parcels[built & parcels["CZCSXM"].isin(["202", "203", "203A"])].assign(plane=lambda f: f.area)
    high = made.layers["geohazard_zones"].query("YFCD == '高易发区'")[["geometry"]]
    pieces = gpd.overlay(some, high, how="intersection", keep_geom_type=True)
    hectares = (pieces["TBDLMJ"] * pieces.area / pieces["plane"]).sum() / 1e4
    assert parts[0] == pytest.approx(hectares, rel=1e-6)


def test_the_land_account_holds_every_parcel_once(made, rows):
    parts = rows[(rows["indicator"] == "land_account") & (rows["part"] != "")]
    assert len(parts) == 8 * 13
    for zone, group in parts.groupby("zone_code"):
        assert group["value"].sum() == pytest.approx(value(rows, "land_account", "", zone), rel=1e-12)
    parcels = made.layers["land_use"]
    assert value(rows, "land_account") == pytest.approx(parcels["TBMJ"].sum() / 1e4, rel=1e-12)
    ridges = parcels["KCMJ"].sum()  # 田坎 are other land
    other = parcels["DLBM"].isin(["1006", "1202", "1206"])
    assert ridges > 0
    assert value(rows, "land_account", "other") * 1e4 == pytest.approx(parcels["TBDLMJ"][other].sum() + ridges)


def test_classes_of_land_and_sea_hold_every_parcel_once(made, rows):
    """By the crosswalk of the catalog, which the ledger does not read."""
    classes, parcels = code_table("land_use_3"), made.layers["land_use"]
    landsea = parcels["DLBM"].map(lambda code: classes[code]["landsea"])
    for code, area in parcels["TBDLMJ"].groupby(landsea).sum().items():
        assert value(rows, "landsea_account", f"all.{code}") * 1e4 == pytest.approx(area), code
    assert value(rows, "landsea_account", "all.2303") * 1e4 == pytest.approx(parcels["KCMJ"].sum())
    assert value(rows, "landsea_account") == pytest.approx(parcels["TBMJ"].sum() / 1e4, rel=1e-12)


def test_protected_ground_counts_once(rows):
    whole = value(rows, "heritage_line_area")
    parts = [
        value(rows, "heritage_line_area", part) for part in ("historic_districts", "heritage_sites", "purple_line")
    ]
    assert max(parts) < whole < sum(parts)
    assert value(rows, "historic_district_area") / 100 == pytest.approx(parts[0])


def test_levees_add_up(rows):
    done, undone, unknown = (
        value(rows, "levee_standard_share", f"length_{part}") for part in ("standard", "substandard", "unstated")
    )
    assert min(done, undone, unknown) > 0
    assert value(rows, "levee_standard_share") == pytest.approx(100 * done / (done + undone + unknown), rel=1e-9)


def test_buildings_are_so_many_times_one_footprint(made, rows):
    """Each is 32 m × 14 m; the ellipsoid's scale falls out of the quotient."""
    urban = made.layers["urban_area"].geometry.iloc[0]
    inside = made.layers["buildings"].within(urban)
    assert not made.layers["buildings"].geometry.crosses(urban.exterior).any()
    assert value(rows, "building_density") == pytest.approx(100 * 448 * inside.sum() / urban.area, rel=1e-4)


def test_points_are_counted_by_hand(made, rows, earlier):
    points, old = made.layers["waterlogging_points"], made.layers["waterlogging_points_base"]
    assert value(rows, "waterlogging_points") == len(points) - 1  # the last lies in another town
    assert value(earlier, "waterlogging_points") == len(old) - 1
    assert value(rows, "treated_geohazard_points") == 16  # every third of 48
    assert value(rows, "treated_geohazard_points", "all_points") == 48


def test_the_base_year_does_not_repeat_the_current_one(rows, earlier):
    base = earlier[earlier["year"] == 2015]
    for indicator in (
        "urban_rural_construction_area", "urbanisation_rate", "elderly_beds_per_1000", "elderly_care_coverage",
        "greenway_length", "permeable_surface_share", "waterlogging_points", "underground_space_per_capita",
        "utility_tunnel_length", "urban_road_density", "urban_population_density", "land_per_gdp",
    ):  # fmt: skip
        assert value(base, indicator) != value(rows, indicator), indicator
    assert value(base, "resident_population", "summed") == pytest.approx(20.3)
    assert value(base, "motorway_density") == 0 < value(rows, "motorway_density")
    assert not set(base["indicator"]) & {"commute_45_coverage", "market_coverage", "shelter_area_per_capita"}


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_the_ledger_and_the_engine_know_nothing_of_each_other():
    demo = Path(qsgis.demo.__file__).parent
    engine = ("qsgis.geometry", "qsgis.network", "qsgis.analyses", "qsgis.assess", "qsgis.run")
    for path in demo.rglob("*.py"):
        assert not [name for name in _imports(path) if name.startswith(engine)], path
    for path in demo.parent.rglob("*.py"):
        if demo not in path.parents:
            assert "ledger.json" not in path.read_text(encoding="utf-8"), path
            assert not [name for name in _imports(path) if name.startswith("qsgis.demo.ledger")], path

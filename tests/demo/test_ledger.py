"""The ledger agrees with itself and with geopandas' own overlay, and the engine has no part in it."""

import ast
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import qsgis.demo
from qsgis.catalog import code_table
from qsgis.units import known

ADDITIVE = {
    "red_line_encroachment", "urban_boundary_construction", "farmland_encroachment", "cultivated_land",
    "forest_land_area", "wetland_area", "construction_land_area", "urban_rural_construction_area",
}  # fmt: skip


@pytest.fixture(scope="module")
def rows(answers):
    return pd.DataFrame(answers["rows"])


def value(rows, indicator, part="", zone=""):
    found = rows.query("indicator == @indicator and part == @part and zone_code == @zone and bound == ''")["value"]
    assert len(found) == 1
    return found.iloc[0]


def test_each_answer_stands_once_in_a_known_unit(rows):
    assert not rows.duplicated(["indicator", "part", "zone_code", "bound"]).any()
    assert all(known(unit) for unit in rows["unit"])
    assert rows["relative"].between(0, 0.05, inclusive="right").all()


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
    for indicator in ("elderly_care_coverage", "market_coverage"):
        upper = rows.query("indicator == @indicator and bound == 'upper'")["value"].item()
        assert 20 < value(rows, indicator) < upper < 100


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
    assert set(answers["flaws"]) == {"ecological_red_line", "greenways", "shelters", "elderly_care", "markets"}


def _imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_the_ledger_and_the_engine_know_nothing_of_each_other():
    demo = Path(qsgis.demo.__file__).parent
    engine = ("qsgis.geometry", "qsgis.network", "qsgis.analyses", "qsgis.assess", "qsgis.run")
    for path in demo.glob("*.py"):
        assert not [name for name in _imports(path) if name.startswith(engine)], path
    for path in demo.parent.rglob("*.py"):
        if demo not in path.parents:
            assert "ledger.json" not in path.read_text(encoding="utf-8"), path
            assert "qsgis.demo.ledger" not in set(_imports(path)), path

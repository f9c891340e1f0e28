"""The demonstration county's tables of values: whole, convertible, the same each time, and at one with the layers."""

from __future__ import annotations

import pandas as pd
import pytest

from qsgis import units
from qsgis.catalog import Catalog
from qsgis.demo import values

EVERY_YEAR = [  # reported, and asked for 2015-2019 by the county's list
    "water_use", "disaster_reduction_community_share", "rainwater_local_absorption", "comprehensive_risk_growth",
    "rd_intensity", "labour_productivity", "high_tech_growth", "served_population", "co2_per_gdp_reduction",
    "renewable_energy_share", "prefabricated_share", "foreign_residents", "trade_volume", "international_events",
    "daily_external_flow", "new_policy_housing_share",
]  # fmt: skip


@pytest.fixture(scope="module")
def catalog():
    return Catalog.load()


@pytest.fixture(scope="module")
def table(made):
    return values.table(made.layers)


@pytest.fixture(scope="module")
def peers():
    return values.comparison()


def rows(table, indicator, year, kind="reported"):
    return table[(table["indicator"] == indicator) & (table["year"] == year) & (table["kind"] == kind)]


def in_unit(catalog, row):
    """A row's value in its indicator's unit."""
    return row.value * units.factor(units.canonical(row.unit), catalog.analyses[row.indicator].unit)


def test_every_reported_definition_has_its_values(catalog, table):
    reported = [one for one in catalog.analyses.values() if one.reported and one.edition != ["2025"]]
    assert len([one for one in reported if one.kind == "indicator"]) >= 62
    for year in (values.BASE_YEAR, values.YEAR):
        assert [one.id for one in reported if len(rows(table, one.id, year)) != 1] == []
    years = range(values.BASE_YEAR, values.YEAR + 1)
    for name in [*EVERY_YEAR, "gdp", "industrial_value_added", "resident_population"]:
        assert [year for year in years if len(rows(table, name, year)) != 1] == [], name


def test_most_indicators_with_a_direction_have_a_target(catalog, table):
    aimed = set(table["indicator"][table["kind"] == "target"])
    directed = [one.id for one in catalog.analyses.values() if one.kind == "indicator" and one.better != "context"]
    assert len(aimed & set(directed)) >= 0.9 * len(directed)
    assert "rail_station_800_coverage" not in aimed, "the county has no station"
    assert set(table["year"][table["kind"] == "target"]) == {values.TARGET_YEAR}


def test_every_row_names_an_indicator_and_a_unit_that_converts(catalog, table, peers):
    for row in pd.concat([table, peers]).itertuples():
        name = units.canonical(row.unit)
        assert name is not None, row
        assert units.same_dimension(name, catalog.analyses[row.indicator].unit), row
    assert not table.duplicated(["indicator", "year", "kind"]).any()
    assert not peers.duplicated(["county", "indicator", "year"]).any()


def test_units_are_mixed_on_purpose(catalog, table):
    written = {row.indicator for row in table.itertuples() if row.unit != catalog.analyses[row.indicator].unit}
    assert {"burial_land_area", "served_population", "water_use", "gdp", "composite_land_price"} <= written
    due = [  # by the legal units: 15 亩 a 公顷, 10,000 人 a 万人, 万立方米 and 亿立方米, 28 万元/亩 = 420 元/平方米
        ("burial_land_area", 2015, 62.0),
        ("served_population", 2015, 21.46),
        ("water_use", 2015, 0.365),
        ("gdp", 2015, 178.4),
        ("composite_land_price", 2015, 420.0),
        ("forest_stock", 2015, 512.0),
        ("distributed_energy_area", 2015, 0.3),
    ]
    for name, year, value in due:
        (row,) = rows(table, name, year).itertuples()
        assert in_unit(catalog, row) == pytest.approx(value, rel=1e-12), name


def test_a_county_without_an_airport_reports_nought(table):
    for name in ("airport_1h_counties", "airport_passengers", "airport_cargo", "domestic_flight_cities"):
        assert rows(table, name, values.YEAR)["value"].tolist() == [0]


def test_shares_are_shares(catalog, table, peers):
    for row in pd.concat([table, peers]).itertuples():
        if catalog.analyses[row.indicator].unit == "%" and row.indicator != "comprehensive_risk_growth":
            assert 0 <= row.value <= 100, row


def test_what_follows_from_the_layers_fits_them(catalog, made, table):
    people = made.layers["population"]["常住人口"].sum() / 1e4
    (row,) = rows(table, "resident_population", values.YEAR).itertuples()
    assert row.value == pytest.approx(people, rel=0.002)
    parcels = made.layers["land_use"]
    arable = parcels["TBDLMJ"][parcels["DLBM"].isin(["0101", "0102", "0103"])].sum() * 15 / 1e8
    (row,) = rows(table, "cultivated_land", values.TARGET_YEAR, "target").itertuples()
    assert in_unit(catalog, row) == pytest.approx(0.97 * arable, abs=0.006)
    (row,) = rows(table, "trade_volume", values.YEAR).itertuples()
    (gdp,) = rows(table, "gdp", values.YEAR).itertuples()
    (share,) = rows(table, "market_openness", values.YEAR).itertuples()
    assert share.value == pytest.approx(row.value / gdp.value * 100, abs=0.05)


def test_the_tables_are_the_same_each_time(made, table, peers):
    pd.testing.assert_frame_equal(table, values.table(made.layers))
    pd.testing.assert_frame_equal(peers, values.comparison())
    assert list(table.columns) == ["indicator", "year", "value", "unit", "kind", "zone_code", "source", "note"]


def test_three_made_up_neighbours_stand_beside_it(peers):
    assert list(peers.columns) == ["county", "indicator", "year", "value", "unit", "source"]
    assert peers["county"].unique().tolist() == ["甲县（示意）", "乙县（示意）", "丙县（示意）"]
    assert set(peers.groupby("county")["indicator"].nunique()) == {16}
    assert peers["value"].notna().all()


def test_everything_is_said_to_be_made_up(table, peers):
    assert table["source"].str.endswith("（示意）").all()
    assert peers["source"].str.endswith("（示意）").all()

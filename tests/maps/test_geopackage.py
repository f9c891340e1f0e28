from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from xml.etree import ElementTree

import pyogrio
import pytest

from qsgis.errors import OutputRefused
from qsgis.maps import geopackage as target
from qsgis.messages import set_language


def ask(path, query):
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


def test_layers_and_tables(geopackage):
    names = dict(ask(geopackage, "SELECT table_name, data_type FROM gpkg_contents"))
    spatial = {
        "county", "districts", "villages", "red_line_encroachment_all", "red_line_encroachment_none",
        "elderly_care_coverage_homes", "elderly_care_coverage_streets", "elderly_care_coverage_facilities",
        "elderly_care_coverage_facilities_point", "ecological_red_line", "roads",
    }  # fmt: skip
    assert {name for name, kind in names.items() if kind == "features"} == spatial
    assert {name for name, kind in names.items() if kind == "attributes"} == {
        "indicators",
        "flaws",
        "layer_styles",
        "qgis_projects",
    }


def test_version_is_1_3_in_the_analysis_crs_and_no_journal_is_left(geopackage):
    assert ask(geopackage, "PRAGMA user_version") == [(10300,)]
    assert {row[0] for row in ask(geopackage, "SELECT srs_id FROM gpkg_geometry_columns")} == {4546}
    assert [path.name for path in geopackage.parent.iterdir()] == ["results.gpkg"]


def test_wide_tables_hold_the_value_that_counts(geopackage):
    county = pyogrio.read_dataframe(geopackage, layer="county")
    assert county["red_line_encroachment"].tolist() == [1.4]  # the override, not 1.44
    assert county["elderly_care_coverage"].tolist() == [63.4]
    districts = pyogrio.read_dataframe(geopackage, layer="districts").set_index("code")
    assert districts.loc["140521103", "red_line_encroachment"] == 1.0
    assert districts["red_line_encroachment"].isna().tolist() == [False, False, True, False]
    villages = pyogrio.read_dataframe(geopackage, layer="villages")
    assert villages.loc[0, ["code", "district_code", "district_name"]].tolist() == [
        "140521100001",
        "140521100",
        "龙港镇",
    ]


def test_codes_stay_text_and_numbers_numbers(geopackage):
    patches = pyogrio.read_dataframe(geopackage, layer="red_line_encroachment_all")
    assert patches["id"].tolist() == ["00012", "00013", "00014", "00015"]
    homes = pyogrio.read_dataframe(geopackage, layer="elderly_care_coverage_homes")
    assert homes["minutes"].dtype.kind == "f" and homes["minutes"].isna().sum() == 2
    assert pyogrio.read_dataframe(geopackage, layer="flaws")["feature"].tolist() == ["0017"]


def test_table_of_indicators_holds_every_row(geopackage, results):
    rows = ask(
        geopackage, "SELECT indicator, part, kind, year, zone_level, zone_code, value FROM indicators ORDER BY fid"
    )
    assert rows == [(r.indicator, r.part, r.kind, r.year, r.zone_level, r.zone_code, r.value) for r in results.rows()]


def test_each_spatial_layer_has_one_default_style_with_chinese_aliases(geopackage):
    styles = ask(geopackage, "SELECT f_table_name, f_geometry_column, useAsDefault, styleQML FROM layer_styles")
    spatial = [row[0] for row in ask(geopackage, "SELECT table_name FROM gpkg_geometry_columns")]
    assert sorted(row[0] for row in styles) == sorted(spatial)
    assert {row[1:3] for row in styles} == {("geom", 1)}
    qml = {row[0]: ElementTree.fromstring(row[3]) for row in styles}
    aliases = {node.get("field"): node.get("name") for node in qml["districts"].iter("alias")}
    assert aliases["red_line_encroachment"] == "红线内城乡建设用地（平方千米）"
    labels = [node.get("label") for node in qml["red_line_encroachment_all"].iter("category")]
    assert labels[:2] == ["宅基地", "工业"]


def test_english_labels(results, tmp_path):
    set_language("en")
    target.write(results, tmp_path / "en.gpkg")
    (text,) = ask(
        tmp_path / "en.gpkg", "SELECT styleQML FROM layer_styles WHERE f_table_name = 'red_line_encroachment_all'"
    )[0]
    assert 'label="homesteads"' in text and 'name="area (m²)"' in text


def test_same_results_same_bytes(geopackage, results, tmp_path):
    again = tmp_path / "results.gpkg"  # the project inside names its file
    target.write(results, again)
    digest = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (geopackage, again)]
    assert digest[0] == digest[1]


def test_a_place_that_cannot_be_written_is_refused(results, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputRefused):
        target.write(results, tmp_path / "file" / "results.gpkg")

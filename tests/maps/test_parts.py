from __future__ import annotations

import sqlite3
from contextlib import closing

import geopandas as gpd
import pyogrio
import pytest
import shapely

from qsgis.maps import parts as module
from qsgis.maps.parts import Parts

MOMENT = "2019-12-31T00:00:00.000Z"
LAYERS = 30  # more than stand together in one part


def squares(number: int) -> gpd.GeoDataFrame:
    """`number` squares of 10 m in a row, one every 100 m."""
    shapes = [shapely.box(100 * place, 0, 100 * place + 10, 10) for place in range(number)]
    return gpd.GeoDataFrame({"name": [f"第{place}" for place in range(number)]}, geometry=shapes, crs=4546)


def put(parts: Parts, layer: str, frame: gpd.GeoDataFrame) -> None:
    path = parts.place()
    options = {} if path.exists() else {"VERSION": "1.3"}
    pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG", dataset_options=options)


@pytest.fixture(params=["joined", "one file"])
def joined(request, tmp_path, monkeypatch):
    if request.param == "one file":
        monkeypatch.setattr(module, "_can_copy", lambda: False)
    parts = Parts(tmp_path / "whole.gpkg")
    for number in range(LAYERS):
        put(parts, f"layer_{number}", squares(number))
    parts.join(MOMENT)
    assert len(parts.files) == (3 if request.param == "joined" else 1)
    assert list(tmp_path.iterdir()) == [parts.whole]
    return parts.whole


def test_every_layer_keeps_its_place_rows_and_crs(joined):
    assert [name for name, _kind in pyogrio.list_layers(joined)] == [f"layer_{number}" for number in range(LAYERS)]
    for number in range(LAYERS):
        info = pyogrio.read_info(joined, layer=f"layer_{number}")
        assert (info["features"], info["crs"]) == (number, "EPSG:4546")
    found = pyogrio.read_dataframe(joined, layer="layer_7")
    assert found["name"].tolist() == squares(7)["name"].tolist()
    assert shapely.equals_exact(found.geometry.array, squares(7).geometry.array).all()


def test_the_spatial_index_finds_what_lies_in_a_box(joined):
    found = pyogrio.read_dataframe(joined, layer="layer_29", bbox=(195, -5, 405, 5))
    assert found["name"].tolist() == ["第2", "第3", "第4"]
    with closing(sqlite3.connect(joined)) as database:
        assert database.execute("SELECT count(*) FROM rtree_layer_29_geom_rowid").fetchone() == (29,)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_file_takes_more_features_and_its_index_learns_of_them(joined):
    far = gpd.GeoDataFrame({"name": ["远"]}, geometry=[shapely.box(9000, 0, 9010, 10)], crs=4546)
    pyogrio.write_dataframe(far, joined, layer="layer_20", driver="GPKG", append=True)
    assert pyogrio.read_info(joined, layer="layer_20")["features"] == 21
    assert pyogrio.read_dataframe(joined, layer="layer_20", bbox=(8990, 0, 9000, 10))["name"].tolist() == ["远"]


def test_one_moment_and_one_version(joined):
    with closing(sqlite3.connect(joined)) as database:
        assert database.execute("SELECT DISTINCT last_change FROM gpkg_contents").fetchall() == [(MOMENT,)]
        assert database.execute("PRAGMA user_version").fetchone() == (10300,)
        assert database.execute("PRAGMA application_id").fetchone() == (int.from_bytes(b"GPKG"),)


def test_an_index_of_a_column_is_joined_too(tmp_path):
    parts = Parts(tmp_path / "whole.gpkg")
    put(parts, "squares", squares(3))
    with closing(sqlite3.connect(parts.files[0])) as database:
        database.execute("CREATE INDEX by_name ON squares (name)")
    parts.join(MOMENT)
    with closing(sqlite3.connect(parts.whole)) as database:
        (plan,) = database.execute("EXPLAIN QUERY PLAN SELECT fid FROM squares WHERE name = '第1'").fetchall()
        assert "by_name" in plan[3]
        assert database.execute("SELECT fid FROM squares WHERE name = '第1'").fetchall() == [(2,)]


def test_descriptions_that_contradict_each_other_are_no_one_file(tmp_path):
    parts = Parts(tmp_path / "whole.gpkg")
    for number in range(13):
        put(parts, f"layer_{number}", squares(1))
    second = parts.files[1]
    with closing(sqlite3.connect(second)) as database:
        database.execute("UPDATE gpkg_spatial_ref_sys SET definition = 'another' WHERE srs_id = 4546")
        database.commit()
    with pytest.raises(sqlite3.IntegrityError):
        parts.join(MOMENT)

"""Every vector format gives the same layer, leaves no trace, and a broken file is refused with its reason."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from qsgis.errors import FileMissing, FileUnreadable, FormatUnsupported, GeometryWrong, LayerEmpty, SublayerUnknown
from qsgis.layers import vector

from .conftest import checks, folder_state, parcels, read

SQUARES = [shapely.box(x, 4_000_000, x + 100, 4_000_100) for x in (500_000, 500_100, 500_200)]


def frame(**columns):
    data = {
        "BSM": ["1", "2", "3"],
        "DLBM": ["0101", "0301", "0701"],
        "MC": ["甲", "乙", "丙"],
        "TBDLMJ": [9_990.0, 10_000.5, 0.0],
    }
    return gpd.GeoDataFrame(data | columns, geometry=SQUARES, crs="EPSG:4546")


def write(folder, ending):
    path = folder / f"图斑{ending}"
    drivers = {".gdb": "OpenFileGDB", ".geojson": "GeoJSON", ".gpkg": "GPKG", ".shp": "ESRI Shapefile"}
    options = {"encoding": "GBK"} if ending == ".shp" else {"layer": "DLTB"}
    data = frame().to_crs("EPSG:4490") if ending == ".geojson" else frame()
    data.to_file(path, driver=drivers[ending], **options)
    return path


def drop_triggers(database):
    """They call functions that only GDAL has."""
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f'DROP TRIGGER "{name}"')
    database.commit()


@pytest.fixture(params=["with pyarrow", "without pyarrow"])
def arrow(request, monkeypatch):
    if request.param == "without pyarrow":
        monkeypatch.setattr(vector, "find_spec", lambda name: None)
    return request.param


@pytest.mark.parametrize("ending", [".gpkg", ".shp", ".gdb", ".geojson"])
def test_a_format_gives_the_layer_and_leaves_no_trace(tmp_path, ending, arrow):
    path = write(tmp_path, ending)
    before = folder_state(tmp_path)
    layer = read(parcels(), path)
    assert folder_state(tmp_path) == before
    assert list(layer.frame.columns) == ["id", "class", "name", "area", "feature", "geometry"]
    assert layer.frame["class"].tolist() == ["0101", "0301", "0701"]
    assert layer.frame["name"].tolist() == ["甲", "乙", "丙"]
    assert layer.frame["area"].tolist() == [9_990.0, 10_000.5, 0.0]
    assert layer.frame.crs.to_epsg() == 4546
    assert np.allclose(layer.frame.area, 10_000, rtol=1e-6)
    assert not len(layer.flaws)
    first = 1 if ending in {".gpkg", ".gdb"} else 0  # GDAL numbers rows of databases from 1
    assert layer.frame["feature"].tolist() == [str(number) for number in range(first, first + 3)]


@pytest.mark.parametrize("ending", [".gpkg", ".shp", ".gdb", ".geojson"])
def test_arrow_and_plain_reading_agree(tmp_path, ending, monkeypatch):
    path = write(tmp_path, ending)
    by_arrow = read(parcels(), path)
    monkeypatch.setattr(vector, "find_spec", lambda name: None)
    plain = read(parcels(), path)
    assert by_arrow.frame.drop(columns="geometry").to_dict("list") == plain.frame.drop(columns="geometry").to_dict(
        "list"
    )
    assert by_arrow.frame.dtypes.to_dict() == plain.frame.dtypes.to_dict()
    assert by_arrow.frame.geometry.to_wkb().tolist() == plain.frame.geometry.to_wkb().tolist()
    assert by_arrow.notes == plain.notes


def test_a_python_without_pyarrow_reads_the_same(tmp_path):
    """In a process of its own, in which pyarrow cannot be imported by anything."""
    path = write(tmp_path, ".gpkg")
    program = f"""
import sys
sys.modules["pyarrow"] = None
from pathlib import Path
from tests.layers.conftest import parcels, read
print(read(parcels(), Path({str(path)!r})).frame.to_csv(index=False))
"""
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert ran.stdout.strip() == read(parcels(), path).frame.to_csv(index=False).strip()


def test_only_the_wanted_columns_are_there(tmp_path):
    layer = read(parcels(), write(tmp_path, ".gpkg"), columns=["area"])
    assert list(layer.frame.columns) == ["area", "feature", "geometry"]


def test_digest_follows_every_part(tmp_path):
    path = write(tmp_path, ".shp")
    first = read(parcels(), path).digest
    assert read(parcels(), path).digest == first
    content = bytearray(path.with_suffix(".dbf").read_bytes())
    content[content.index(b"0101") : content.index(b"0101") + 4] = b"0102"
    path.with_suffix(".dbf").write_bytes(content)
    assert read(parcels(), path).digest != first


def test_a_geopackage_in_write_ahead_mode_is_read_from_a_copy(tmp_path):
    """Rows that stand in the -wal only are read, and neither it nor -shm is touched."""
    path = write(tmp_path, ".gpkg")
    writer = sqlite3.connect(path)
    drop_triggers(writer)
    writer.execute("PRAGMA journal_mode=WAL")
    writer.execute("PRAGMA wal_autocheckpoint=0")
    writer.execute("UPDATE DLTB SET DLBM = '0307' WHERE fid = 2")
    writer.commit()
    assert (tmp_path / "图斑.gpkg-wal").stat().st_size > 0
    before = folder_state(tmp_path)
    assert read(parcels(), path).frame["class"].tolist() == ["0101", "0307", "0701"]
    assert folder_state(tmp_path) == before
    writer.close()


def test_the_sub_layer_that_is_meant(tmp_path):
    path = tmp_path / "all.gpkg"
    for name in ("other", "DLTB", "third"):
        frame().to_file(path, layer=name)
    assert read(parcels(), path).sublayer == "DLTB"
    assert read(parcels(), path, layer="third").sublayer == "third"
    with pytest.raises(SublayerUnknown, match="DLTB, other, third"):
        read(parcels(), path, layer="XZQ")
    with pytest.raises(SublayerUnknown, match="none was named"):
        read(parcels(names=["unheard"]), path)
    frame().to_file(path, layer="地类图斑")
    with pytest.raises(SublayerUnknown):
        read(parcels(), path)


def test_a_missing_file_and_a_format_that_cannot_be_read(tmp_path):
    with pytest.raises(FileMissing, match=r"nowhere\.gpkg"):
        read(parcels(), tmp_path / "nowhere.gpkg")
    access = tmp_path / "old.mdb"
    access.write_bytes(b"\x00\x01\x00\x00Standard Jet DB\x00" + bytes(200))
    with pytest.raises(FormatUnsupported, match="gpkg"):
        read(parcels(), access)
    (tmp_path / "renamed.dat").write_bytes(access.read_bytes())
    with pytest.raises(FormatUnsupported):
        read(parcels(), tmp_path / "renamed.dat")


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("ending", [".gpkg", ".geojson", ".shp", ".dbf", ".shx"])
def test_a_truncated_file_is_refused(tmp_path, ending, share, arrow):
    many = gpd.GeoDataFrame(
        {"DLBM": ["0101"] * 400, "MC": ["某某村民委员会"] * 400},
        geometry=[shapely.Point(500_000 + 50 * n, 4_000_000).buffer(20) for n in range(400)],
        crs="EPSG:4546",
    )
    path = tmp_path / f"a{ending if ending in {'.gpkg', '.geojson'} else '.shp'}"
    many.to_file(path, driver="GeoJSON" if ending == ".geojson" else None)
    assert len(read(parcels(), path).frame) == 400
    cut = path.with_suffix(ending)
    content = cut.read_bytes()
    cut.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(FileUnreadable) as caught:
        read(parcels(), path)
    assert caught.value.why
    assert str(path.parent) in caught.value.where


def test_a_truncated_geodatabase_is_refused(tmp_path, arrow):
    path = write(tmp_path, ".gdb")
    many = gpd.GeoDataFrame(
        {"DLBM": ["0101"] * 400},
        geometry=[shapely.Point(500_000 + n, 4_000_000).buffer(9) for n in range(400)],
        crs=4546,
    )
    shutil.rmtree(path)
    many.to_file(path, driver="OpenFileGDB", layer="DLTB")
    largest = max(path.glob("*.gdbtable"), key=lambda part: part.stat().st_size)
    largest.write_bytes(largest.read_bytes()[: largest.stat().st_size // 2])
    with pytest.raises(FileUnreadable):
        read(parcels(), path)


@pytest.mark.parametrize(
    "name", ["garbage.gpkg", "garbage.shp", "garbage.zip", "garbage.xlsx", "garbage.pbf", "garbage.graphml"]
)
def test_garbage_is_refused(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"this is no map at all " * 50)
    with pytest.raises(FileUnreadable):
        read(parcels(osm=[{"landuse": True}]), path)


def test_a_part_of_a_shapefile_is_missing(tmp_path):
    path = write(tmp_path, ".shp")
    path.with_suffix(".shx").unlink()
    before = folder_state(tmp_path)
    with pytest.raises(FileUnreadable, match=r"\.shx"):
        read(parcels(), path)
    assert folder_state(tmp_path) == before


def test_an_empty_layer(tmp_path):
    path = tmp_path / "a.gpkg"
    frame().iloc[:0].to_file(path, layer="DLTB", geometry_type="Polygon")
    with pytest.raises(LayerEmpty):
        read(parcels(), path)
    layer = read(parcels(checks=checks(empty="warn")), path)
    assert len(layer.frame) == 0
    assert any("no feature" in note for note in layer.notes)
    assert list(layer.frame.columns) == ["id", "class", "name", "area", "feature", "geometry"]


def test_points_where_polygons_are_due(tmp_path):
    path = tmp_path / "a.gpkg"
    frame().set_geometry(frame().centroid).to_file(path, layer="DLTB")
    with pytest.raises(GeometryWrong, match="Point"):
        read(parcels(), path)


def test_curves_become_plain_polygons_by_either_way(tmp_path, arrow):
    """A circle of radius 5 as arcs: its area is 25 π; GDAL's arc step leaves it 0.2 % short at most."""
    path = tmp_path / "a.gpkg"
    frame().iloc[:1].to_file(path, layer="DLTB", geometry_type="Unknown")
    arcs = [
        (500_000, 4_000_000),
        (500_005, 4_000_005),
        (500_010, 4_000_000),
        (500_005, 3_999_995),
        (500_000, 4_000_000),
    ]
    points = b"".join(np.array(point, "<f8").tobytes() for point in arcs)
    curve = b"\x01\x0a\x00\x00\x00\x01\x00\x00\x00" + b"\x01\x08\x00\x00\x00\x05\x00\x00\x00" + points
    header = b"GP\x00\x01" + (4546).to_bytes(4, "little")
    with sqlite3.connect(path) as database:
        drop_triggers(database)
        database.execute("UPDATE DLTB SET geom = ?", (header + curve,))
    database.close()
    layer = read(parcels(), path)
    assert layer.frame.geom_type.tolist() == ["Polygon"]
    assert layer.frame.area[0] == pytest.approx(25 * np.pi, rel=2e-3)


def test_heights_and_measures_are_dropped(tmp_path, arrow):
    path = tmp_path / "a.gpkg"
    frame().set_geometry(shapely.force_3d(SQUARES, 7.0)).set_crs("EPSG:4546").to_file(path, layer="DLTB")
    layer = read(parcels(), path)
    assert not layer.frame.has_z.any()
    assert layer.frame.area.tolist() == pytest.approx([10_000.0] * 3)


def test_a_county_without_any(tmp_path):
    import pyproj

    from qsgis.layers.read import read_layer
    from qsgis.schema import LayerSource

    layer = read_layer(parcels(), LayerSource(none=True), tmp_path, pyproj.CRS(4546))
    assert list(layer.frame.columns) == ["id", "class", "name", "area", "feature", "geometry"]
    assert len(layer.frame) == 0
    assert layer.frame.crs.to_epsg() == 4546
    assert layer.notes

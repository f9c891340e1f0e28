"""The health scan gives the same by fiona and by windows, and does not grow with the file."""

import sys
import tracemalloc

import geopandas as gpd
import pytest
import shapely

from qsgis.errors import FileMissing, FileUnreadable, SublayerUnknown
from qsgis.layers import stream
from qsgis.layers.stream import inspect

from .conftest import folder_state


@pytest.fixture(params=["fiona", "windows"])
def way(request, monkeypatch):
    if request.param == "windows":
        monkeypatch.setattr(stream, "find_spec", lambda name: None)
        monkeypatch.setitem(sys.modules, "fiona", None)
    monkeypatch.setattr(stream, "_BATCH", 2)
    return request.param


def write(path, **options):
    geometry = [
        shapely.box(0, 0, 10, 10),
        shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]),
        None,
        shapely.box(20, 0, 30, 40),
        shapely.Polygon(),
    ]
    data = {"名称": ["甲", "", None, "丁", "戊"], "数": [1.0, None, 3.0, 4.0, 5.0]}
    gpd.GeoDataFrame(data, geometry=geometry, crs=4546).to_file(path, **options)
    return path


def test_what_is_found(tmp_path, way):
    path = write(tmp_path / "a.gpkg", layer="DLTB")
    before = folder_state(tmp_path)
    (health,) = inspect(path)
    assert folder_state(tmp_path) == before
    assert (health.features, health.bounds) == (5, (0.0, 0.0, 30.0, 40.0))
    assert health.kinds == {"Polygon": 4}
    assert health.filled == {"名称": 3, "数": 4}
    assert health.problems == {"Self-intersection": 1, "no geometry": 1, "empty geometry": 1}
    assert [feature for feature, _reason in health.flaws] == ["2", "3", "5"]
    assert health.crs.startswith("EPSG:4546")
    assert len(inspect(path, limit=1)[0].flaws) == 1


def test_a_shapefile_in_gbk(tmp_path, way):
    path = write(tmp_path / "a.shp", encoding="GBK")
    path.with_suffix(".cpg").unlink()
    before = folder_state(tmp_path)
    (health,) = inspect(path)
    assert folder_state(tmp_path) == before
    assert health.filled == {"名称": 3, "数": 4}


def test_sub_layers(tmp_path, way):
    for name in ("one", "two"):
        write(tmp_path / "a.gpkg", layer=name)
    assert [health.sublayer for health in inspect(tmp_path / "a.gpkg")] == ["one", "two"]
    assert [health.sublayer for health in inspect(tmp_path / "a.gpkg", "two")] == ["two"]
    with pytest.raises(SublayerUnknown, match="one, two"):
        inspect(tmp_path / "a.gpkg", "three")


def test_what_cannot_be_scanned(tmp_path, way):
    with pytest.raises(FileMissing):
        inspect(tmp_path / "a.gpkg")
    path = write(tmp_path / "a.gpkg", layer="DLTB")
    path.write_bytes(path.read_bytes()[:50_000])
    with pytest.raises(FileUnreadable):
        inspect(path)
    (tmp_path / "a.csv").write_text("x")
    with pytest.raises(FileUnreadable, match="vector"):
        inspect(tmp_path / "a.csv")


def test_memory_does_not_grow_with_the_file(tmp_path, monkeypatch):
    """Four times the features, the same peak: a few batches are held at once, never all of them."""
    monkeypatch.setattr(stream, "_BATCH", 200)
    peaks = []
    for count in (1_000, 4_000):
        path = tmp_path / f"{count}.gpkg"
        points = shapely.points([(500_000 + n, 4_000_000) for n in range(count)])
        gpd.GeoDataFrame({"n": range(count)}, geometry=shapely.buffer(points, 5), crs=4546).to_file(path)
        tracemalloc.start()
        assert inspect(path)[0].features == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]

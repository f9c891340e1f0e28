"""Rasters as layers: bands, cells without a value, CRS, grids that cannot be used, files that are broken."""

from __future__ import annotations

import hashlib
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
import rasterio
import shapely
from rasterio.transform import Affine, from_origin
from rasterio.windows import Window

from qsgis.catalog import Catalog
from qsgis.cli import run_command
from qsgis.errors import CrsRefused, CrsUnknown, FieldMissing, FileUnreadable, GeometryWrong, ValueWrong
from qsgis.layers.raster import blocks
from qsgis.layers.read import ReadLayer, read_layer
from qsgis.layers.recognise import scan
from qsgis.schema import LayerSource
from tests.handmade import CRS, EAST, NORTH, box, frame

CATALOG = Catalog.load()
AT = from_origin(EAST, NORTH + 300, 100, 100)  # 4 columns, 3 rows of a hectare each
HEIGHTS = np.array([[500, 510, 520, 530], [600, 610, 620, 630], [700, 710, 720, 730]], dtype=float)


def write(path: Path, *bands: Any, crs: str | None = CRS, at: Affine = AT, names: Any = (), **options: Any) -> Path:
    cells = [np.asarray(band) for band in bands]
    rows, columns = cells[0].shape
    facts = {"driver": "GTiff", "dtype": str(cells[0].dtype), "transform": at, "crs": crs} | options
    with rasterio.open(path, "w", width=columns, height=rows, count=len(cells), **facts) as file:
        for number, band in enumerate(cells, 1):
            file.write(band, number)
            if names:
                file.set_band_description(number, names[number - 1])
    return path


def read(path: Path, layer: str = "elevation", **said: Any) -> ReadLayer:
    source = LayerSource(path=path.name, **said)
    return read_layer(CATALOG.layers[layer], source, path.parent, pyproj.CRS.from_user_input(CRS))


def all_values(found: ReadLayer, field: str = "metres") -> np.ndarray:
    assert found.raster is not None
    cells = found.raster.cells
    return found.raster.values(field, Window(0, 0, cells.columns, cells.rows))


def listing(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


@pytest.mark.parametrize(("name", "driver"), [("DEM.tif", "GTiff"), ("DEM.img", "HFA"), ("DEM.asc", "AAIGrid")])
def test_formats_give_the_same_cells_and_leave_no_trace(
    tmp_path: Path, name: str, driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = write(tmp_path / "plain.tif", HEIGHTS.astype("float32"))
    path = tmp_path / "in" / name
    path.parent.mkdir()
    if driver == "GTiff":
        path.write_bytes(plain.read_bytes())
    else:
        from rasterio.shutil import copy

        copy(str(plain), str(path), driver=driver)
    before = listing(path.parent)
    monkeypatch.setattr(socket, "socket", lambda *_a, **_k: pytest.fail("a socket was opened"))
    found = read(path)
    assert all_values(found) == pytest.approx(HEIGHTS)
    assert found.raster is not None
    assert (found.raster.bands["metres"].total, found.raster.bands["metres"].count) == (HEIGHTS.sum(), 12)
    assert shapely.bounds(found.frame.geometry.iloc[0]) == pytest.approx([EAST, NORTH, EAST + 400, NORTH + 300])
    assert listing(path.parent) == before


def test_cells_without_a_value_are_told_from_those_with_a_wrong_one(tmp_path: Path) -> None:
    cells = HEIGHTS.astype("float32")
    cells[0, 0], cells[0, 1], cells[0, 2], cells[2, 3] = np.nan, -9999, 20_000, np.inf
    found = read(write(tmp_path / "DEM.tif", cells, nodata=-9999))
    assert found.raster is not None
    band = found.raster.bands["metres"]
    assert (band.count, band.blank, band.beyond, band.low, band.high) == (8, 3, 1, 530, 720)
    assert band.total == 530 + 600 + 610 + 620 + 630 + 700 + 710 + 720
    assert any("1" in note and "9000" in note for note in found.notes)
    assert int(np.isnan(all_values(found)).sum()) == 4


def test_negative_people_count_as_none_and_are_said(tmp_path: Path) -> None:
    found = read(write(tmp_path / "人口.tif", np.array([[5.0, -1.0], [-3.4e38, 7.0]])), "population")
    assert found.raster is not None
    band = found.raster.bands["resident"]
    assert (band.total, band.count, band.beyond) == (12, 2, 2)
    assert len(found.notes) == 1


def test_scale_and_offset_of_a_band(tmp_path: Path) -> None:
    path = write(tmp_path / "DEM.tif", (HEIGHTS * 10 - 1000).astype("int16"))
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = [0.1], [100.0]
    assert all_values(read(path)) == pytest.approx(HEIGHTS)


def test_bands_by_name_and_by_number(tmp_path: Path) -> None:
    old, young = np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])
    named = write(tmp_path / "named.tif", old, young, names=["60岁以上", "常住人口"])
    found = read(named, "population")
    assert all_values(found, "resident").tolist() == [[3, 4]]
    assert all_values(found, "elderly60").tolist() == [[1, 2]]
    plain = write(tmp_path / "plain.tif", old, young)
    with pytest.raises(FieldMissing) as caught:
        read(plain, "population")
    assert "1, 2" in caught.value.why
    found = read(plain, "population", fields={"resident": "2"})
    assert found.raster is not None
    assert list(found.raster.bands) == ["resident"]
    assert all_values(found, "resident").tolist() == [[3, 4]]
    with pytest.raises(FieldMissing):
        read(write(tmp_path / "rgb.tif", *np.ones((3, 2, 2), dtype="uint8")))


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
@pytest.mark.parametrize("at", [Affine.identity(), Affine(100, 20, EAST, 20, -100, NORTH), Affine(9, 0, EAST, 0, 9, 0)])
def test_grids_that_cannot_be_used_are_refused(tmp_path: Path, at: Affine) -> None:
    """Placed nowhere, rotated, from south to north."""
    with pytest.raises(ValueWrong) as caught:
        read(write(tmp_path / "DEM.tif", HEIGHTS, at=at))
    assert len(caught.value.parts()) == 4
    assert all(caught.value.parts().values())


def test_no_value_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueWrong):
        read(write(tmp_path / "DEM.tif", np.full((3, 4), -9999.0), nodata=-9999))
    with pytest.raises(ValueWrong):
        read(write(tmp_path / "DEM2.tif", np.full((3, 4), np.nan)))


def test_systems(tmp_path: Path) -> None:
    """None: inferred where it is safe; degrees said to be metres and the reverse: refused; older datum: refused."""
    assert any("EPSG:4546" in note for note in read(write(tmp_path / "a.tif", HEIGHTS, crs=None)).notes)
    degrees = from_origin(111.0, 35.7, 0.001, 0.001)
    assert any("4490" in note for note in read(write(tmp_path / "b.tif", HEIGHTS, crs=None, at=degrees)).notes)
    with pytest.raises(CrsUnknown):
        read(write(tmp_path / "c.tif", HEIGHTS, crs=None, at=from_origin(9e6, 9e6, 10, 10)))
    with pytest.raises(ValueWrong, match="elevation"):
        read(write(tmp_path / "d.tif", HEIGHTS, at=degrees))
    with pytest.raises(ValueWrong, match="elevation"):
        read(write(tmp_path / "e.tif", HEIGHTS, crs="EPSG:4490"))
    with pytest.raises(CrsRefused):
        read(write(tmp_path / "f.tif", HEIGHTS, crs="EPSG:2383"))  # Xian 1980


def test_zone_number_in_front_of_eastings(tmp_path: Path) -> None:
    at = from_origin(37 * 1e6 + EAST, NORTH + 300, 100, 100)
    found = read(write(tmp_path / "DEM.tif", HEIGHTS, at=at))
    assert found.frame.total_bounds == pytest.approx([EAST, NORTH, EAST + 400, NORTH + 300])
    assert found.notes


def test_broken_files(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.tif", np.random.default_rng(1).random((400, 400)))
    cut = tmp_path / "DEM.tif"
    cut.write_bytes(whole.read_bytes()[:200_000])
    with pytest.raises(FileUnreadable):
        read(cut)
    (tmp_path / "no.tif").write_bytes(b"II*\x00 nothing")
    with pytest.raises(FileUnreadable):
        read(tmp_path / "no.tif")


def test_a_virtual_raster_may_not_point_elsewhere(tmp_path: Path) -> None:
    plain = write(tmp_path / "a.tif", HEIGHTS)
    from rasterio.shutil import copy

    copy(str(plain), str(tmp_path / "DEM.vrt"), driver="VRT")
    found = read(tmp_path / "DEM.vrt")
    assert all_values(found) == pytest.approx(HEIGHTS)
    plain.write_bytes(plain.read_bytes() + b"\0")
    assert read(tmp_path / "DEM.vrt").digest != found.digest  # the file inside counts
    text = (tmp_path / "DEM.vrt").read_text()
    (tmp_path / "far.vrt").write_text(text.replace("a.tif", "/vsicurl/http://example.org/a.tif"))
    with pytest.raises(FileUnreadable, match="elevation"):
        read(tmp_path / "far.vrt")


def test_features_and_rasters_are_not_taken_for_each_other(tmp_path: Path) -> None:
    path = write(tmp_path / "DLTB.tif", HEIGHTS)
    with pytest.raises(GeometryWrong):
        read(path, "land_use")
    frame([box(0, 0, 10, 10)], DEM=[5.0]).to_file(tmp_path / "DEM.gpkg")
    with pytest.raises(GeometryWrong):
        read(tmp_path / "DEM.gpkg")


def test_strips_cover_a_window_once() -> None:
    seen = np.zeros((50, 30), dtype=int)
    for one in blocks(Window(5, 7, 20, 40), 100):
        rows, columns = one.toslices()
        seen[rows, columns] += 1
    assert seen[7:47, 5:25].min() == seen.max() == 1
    assert seen.sum() == 800


def test_recognised_by_name_and_described(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "数字高程模型_2019.tif", HEIGHTS.astype("int16"), nodata=-32768)
    write(tmp_path / "WorldPop人口100m.tif", HEIGHTS)
    write(tmp_path / "影像.tif", HEIGHTS)
    (tmp_path / "DEM.img").write_bytes(b"EHFA broken")
    found = {one.path.name: (one.layer_id, one.geometry, one.count, one.year) for one in scan(tmp_path, CATALOG)}
    assert found["数字高程模型_2019.tif"] == ("elevation", "raster", 12, 2019)
    assert found["WorldPop人口100m.tif"] == ("population", "raster", 12, None)
    assert found["影像.tif"][0] is None
    assert found["DEM.img"][0] is None
    assert run_command(["inspect", str(tmp_path / "数字高程模型_2019.tif"), "--lang", "en"]) == 0
    shown = capsys.readouterr().out
    assert "elevation" in shown
    assert "4 × 3 cells of 100 × 100 m" in shown
    assert "500 … 730" in shown
    assert "-32768" in shown
    run_command(["inspect", str(tmp_path), "--lang", "zh"])
    capsys.readouterr()

"""Rasters in the analyses: slope, cells by zone, people as cells; against plain loops, Geod, GDAL and by hand."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from rasterio.transform import from_origin
from rasterio.windows import Window

from qsgis.analyses.rasters import cell_sums
from qsgis.geometry.slope import Cells, cell_metres, horn
from qsgis.layers.raster import Raster
from qsgis.results import Results
from tests.handmade import CRS, EAST, NORTH, box, frame, parcels, point, run, value, write_project
from tests.layers.test_raster import read, write

TOWNS = ["140521100", "140521101"]
COUNTY = frame([box(0, 0, 1000, 1000), box(1000, 0, 1000, 1000)], XZQDM=TOWNS, XZQMC=["甲镇", "乙镇"])
TILT = np.tan(np.radians(30))
GEOD = pyproj.Geod(ellps="GRS80")


def dem(path: Path, heights: np.ndarray, *, west: float = -500.0, north: float = 1500.0, size: float = 10.0) -> Path:
    return write(path, heights.astype("float32"), at=from_origin(EAST + west, NORTH + north, size, size))


def tilted(columns: int = 300, rows: int = 200, *, flat_from: int = 150) -> np.ndarray:
    """A plane of 30° that rises to the east, flat from a column on."""
    x = np.minimum(np.arange(columns), flat_from) * 10.0 * TILT
    return np.tile(x, (rows, 1))


def project(home: Path, layers: dict[str, Any], **rasters: Path) -> Path:
    extra = "".join(f"[layers.{name}]\npath = {json.dumps(path.name)}\n" for name, path in rasters.items())
    return write_project(home, {"districts": COUNTY} | layers, extra=extra)


def note(results: Results, name: str) -> str:
    return results[name].values[0].note + "".join(results[name].notes)


# --- slope ---


def test_horn_by_a_plain_loop() -> None:
    heights = np.random.default_rng(5).normal(0, 20, (12, 9))
    heights[4, 4] = np.nan
    found = horn(heights, np.array(7.0), np.array(11.0))
    for row in range(1, 11):
        for column in range(1, 8):
            (a, b, c), (d, e, f), (g, h, i) = heights[row - 1 : row + 2, column - 1 : column + 2]
            east, north = ((c + 2 * f + i) - (a + 2 * d + g)) / 56, ((a + 2 * b + c) - (g + 2 * h + i)) / 88
            wanted = np.degrees(np.arctan((east**2 + north**2) ** 0.5)) if np.isfinite(e) else np.nan
            assert found[row - 1, column - 1] == pytest.approx(wanted, rel=1e-12, nan_ok=True)
    assert int(np.isnan(found).sum()) == 9  # the cell and its eight neighbours


def test_a_plane_of_30_degrees() -> None:
    y, x = np.mgrid[0:20, 0:30] * 10.0
    for turn in np.radians([0, 37, 90, 200]):
        found = horn((x * np.cos(turn) + y * np.sin(turn)) * TILT, np.array(10.0), np.array(10.0))
        assert found == pytest.approx(np.full((18, 28), 30.0), abs=1e-9)


@pytest.mark.qgis
@pytest.mark.parametrize("crs", ["EPSG:4546", "EPSG:4490"])
def test_slope_is_gdals(tmp_path: Path, crs: str) -> None:
    """GDAL's slope (gdaldem, which QGIS runs) on random hills. In degrees GDAL takes one number of metres for both."""
    from qsgis.analyses.ground import slopes

    smooth = np.cumsum(np.cumsum(np.random.default_rng(2).normal(0, 2, (60, 80)), axis=0), axis=1)
    at = from_origin(EAST, NORTH, 30, 30) if crs == CRS else from_origin(111.0, 0.01, 0.0003, 0.0003)
    path = write(tmp_path / "DEM.tif", smooth.astype("float32"), crs=crs, at=at, nodata=-9999)
    scale = 1 if crs == CRS else np.radians(1) * 6378137
    program = (
        "from osgeo import gdal; gdal.UseExceptions();"
        f"gdal.DEMProcessing({str(tmp_path / 'slope.tif')!r}, {str(path)!r}, 'slope', scale={scale})"
    )
    subprocess.run(["/usr/bin/python3", "-c", program], check=True, capture_output=True)
    cells = np.array([read_cells(tmp_path / "slope.tif")])[0]
    raster = read_plain(path, crs)
    found = slopes(raster, "metres", Window(0, 0, 80, 60))
    inner = (slice(1, -1), slice(1, -1))
    assert np.isnan(found[0]).all() and np.isnan(found[:, -1]).all()
    assert (cells[0] == -9999).all()
    # float32 in GDAL; at the equator a degree of latitude is 0.67 % shorter than one of longitude
    assert found[inner] == pytest.approx(cells[inner], abs=2e-3 if crs == CRS else 0.2)


def read_cells(path: Path) -> np.ndarray:
    import rasterio

    with rasterio.open(path) as file:
        return np.asarray(file.read(1))


def read_plain(path: Path, crs: str = CRS) -> Raster:
    """The raster alone, whatever its place."""
    import rasterio

    from qsgis.layers.raster import Band

    with rasterio.open(path) as file:
        at = file.transform
        cells = Cells(at.c, at.f, at.a, -at.e, file.height, file.width)
    return Raster(path, pyproj.CRS.from_user_input(crs), cells, {"metres": Band(1, -np.inf, np.inf)})


@pytest.mark.parametrize(("crs", "west", "north", "size"), [
    ("EPSG:4490", 112.0, 36.0, 0.001), ("EPSG:4546", 640_000.0, 3_950_000.0, 90.0),
    ("EPSG:3857", 12_467_000.0, 4_200_000.0, 90.0), ("EPSG:2237", 700_000.0, 500_000.0, 300.0),
])  # fmt: skip
def test_metres_of_cells_are_geods(crs: str, west: float, north: float, size: float) -> None:
    """Degrees, metres far from the meridian, web Mercator and US feet, by Geod along the cell's middle lines."""
    system = pyproj.CRS.from_user_input(crs)
    cells = Cells(west, north, size, size, 50, 70)
    width, height = (np.broadcast_to(one, (50, 70)) for one in cell_metres(cells, system))
    back = pyproj.Transformer.from_crs(system, system.geodetic_crs, always_xy=True)
    geod = system.get_geod()
    for row, column in ((0, 0), (17, 66), (49, 69)):
        x, y = west + (column + 0.5) * size, north - (row + 0.5) * size
        (a, b, c, d), (e, f, g, h) = back.transform(
            [x - size / 2, x + size / 2, x, x], [y, y, y - size / 2, y + size / 2]
        )
        tolerance = 4e-3 if crs == "EPSG:3857" else 1e-6  # web Mercator is not quite conformal
        assert width[row, column] == pytest.approx(geod.inv(a, e, b, f)[2], rel=tolerance)
        assert height[row, column] == pytest.approx(geod.inv(c, g, d, h)[2], rel=tolerance)


# --- cells by zone ---


def cells_of(raster: Raster) -> np.ndarray:
    cells = raster.cells
    row, column = np.mgrid[0 : cells.rows, 0 : cells.columns]
    west, north = cells.west + column.ravel() * cells.width, cells.north - row.ravel() * cells.height
    return np.asarray(shapely.box(west, north - cells.height, west + cells.width, north))


def test_sums_are_those_of_boxes_cut_one_by_one(tmp_path: Path) -> None:
    """Triangles that tile a square which cuts through cells, over cells some of which have no value."""
    values = np.random.default_rng(3).random((30, 40)) * 100
    values[3:6, 10:14] = np.nan
    raster = read_plain(write(tmp_path / "a.tif", values, at=from_origin(EAST, NORTH + 300, 10, 10)))
    corners = np.random.default_rng(4).uniform([EAST + 13, NORTH + 17], [EAST + 377, NORTH + 277], (25, 2))
    zones = np.asarray(shapely.get_parts(shapely.delaunay_triangles(shapely.multipoints(corners))))
    found = cell_sums(raster, "metres", zones, Window(0, 0, 40, 30))
    boxes, amounts = cells_of(raster), np.nan_to_num(values).ravel()
    for zone, sum_ in zip(zones, found, strict=True):
        wanted = (shapely.area(shapely.intersection(boxes, zone)) / 100 * amounts).sum()
        assert sum_ == pytest.approx(wanted, rel=1e-6)
    by_area = cell_sums(raster, "metres", zones, Window(0, 0, 40, 30), by_area=True)
    assert by_area == pytest.approx(found * 100, rel=1e-6)  # on the central meridian a cell has 100 m²


def test_zones_that_tile_the_raster_add_up_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from qsgis.analyses import rasters

    values = np.random.default_rng(6).random((60, 50)) ** 4 * 1e4
    raster = read_plain(write(tmp_path / "a.tif", values, at=from_origin(EAST, NORTH + 600, 10, 10)))
    points = np.random.default_rng(7).uniform([EAST, NORTH], [EAST + 500, NORTH + 600], (80, 2))
    frame_ = shapely.box(EAST - 50, NORTH - 50, EAST + 550, NORTH + 650)
    zones = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=frame_))
    whole = cell_sums(raster, "metres", zones, Window(0, 0, 50, 60))
    assert whole.sum() == pytest.approx(values.sum(), rel=1e-12)
    monkeypatch.setattr(rasters, "blocks", lambda window: _blocks(window, 333))
    assert cell_sums(raster, "metres", zones, Window(0, 0, 50, 60)) == pytest.approx(whole, rel=1e-6)


def _blocks(window: Window, cells: int) -> Any:
    from qsgis.layers.raster import blocks

    return blocks(window, cells)


# --- the whole way ---


def test_steep_cropland_by_hand(tmp_path: Path) -> None:
    """甲镇 on the tilted plane, 乙镇 on the flat: 100 ha of cropland each, of which 2,000,000 m² are on record."""
    path = dem(tmp_path / "DEM.tif", tilted())
    land = parcels([(box(0, 0, 2000, 500), "0103", "", 9e5), (box(0, 500, 2000, 500), "0307", "", 1e6)])
    land["GDPDJB"] = ["5", None]
    results = run(project(tmp_path, {"land_use": land}, elevation=path), "steep_cropland")
    assert value(results, "steep_cropland") == pytest.approx(90)  # the survey's record comes first
    assert value(results, "steep_cropland", "computed") == pytest.approx(45, rel=1e-12)  # half of 90 ha
    assert value(results, "steep_cropland", "difference") == pytest.approx(-45, rel=1e-12)
    assert value(results, "steep_cropland", "computed", "140521100") == pytest.approx(45, rel=1e-12)
    assert value(results, "steep_cropland", "computed", "140521101") == 0
    assert results["steep_cropland"].layers["by_slope"].geometry.area.sum() == pytest.approx(500_000)


@pytest.mark.parametrize("column", [None, [None], ["3"]])
def test_without_slope_grades_the_raster_counts(tmp_path: Path, column: list[str | None] | None) -> None:
    path = dem(tmp_path / "DEM.tif", tilted())
    land = parcels([(box(0, 0, 2000, 1000), "0103", "", 2e6)])
    if column:
        land["GDPDJB"] = pd.Series(column, dtype=object)
    results = run(project(tmp_path, {"land_use": land}, elevation=path), "steep_cropland")
    graded = column == ["3"]
    assert value(results, "steep_cropland") == pytest.approx(0 if graded else 100, rel=1e-9)
    assert value(results, "steep_cropland", "surveyed") == (0 if graded else None)


def test_a_raster_in_degrees(tmp_path: Path) -> None:
    """A plane that rises 30° to the north, in degrees of 3 seconds: metres of the latitude, not of the equator."""
    north, size = 35.72, 3 / 3600
    latitude = north - (np.arange(60) + 0.5) * size
    rise = np.array([GEOD.inv(111, north, 111, one)[2] for one in latitude]) * -TILT + 4000
    path = write(tmp_path / "DEM.tif", np.tile(rise[:, None], (1, 60)), crs="EPSG:4490",
                 at=from_origin(110.99, north, size, size))  # fmt: skip
    land = parcels([(box(0, 0, 2000, 1000), "0103", "", 2e6)])
    from qsgis.analyses.ground import slopes

    found = slopes(read_plain(path, "EPSG:4490"), "metres", Window(1, 1, 58, 58))
    assert found == pytest.approx(np.full((58, 58), 30), abs=1e-3)
    results = run(project(tmp_path, {"land_use": land}, elevation=path), "steep_cropland", "mean_elevation")
    assert value(results, "steep_cropland", "computed") == pytest.approx(200, rel=1e-9)
    middle = pyproj.Transformer.from_crs(CRS, "EPSG:4490", always_xy=True).transform(EAST + 1000, NORTH + 500)
    height = 4000 - TILT * GEOD.inv(111, north, 111, middle[1])[2]
    assert value(results, "mean_elevation") == pytest.approx(height, abs=0.05)


def test_mean_elevation_by_hand(tmp_path: Path) -> None:
    """Cells of 400 m, of which the border at x = 1000 cuts the third in two."""
    heights = np.tile([100.0, 200.0, 300.0, 400.0, 500.0], (3, 1))
    path = dem(tmp_path / "DEM.tif", heights, west=0, north=1000, size=400)
    results = run(project(tmp_path, {}, elevation=path), "mean_elevation")
    assert value(results, "mean_elevation", zone="140521100") == pytest.approx((100 + 200 + 150) / 2.5, rel=1e-6)
    assert value(results, "mean_elevation", zone="140521101") == pytest.approx((150 + 400 + 500) / 2.5, rel=1e-6)
    assert value(results, "mean_elevation") == pytest.approx(300, rel=1e-6)
    assert results["mean_elevation"].values[0].status == "ok"


def test_a_raster_of_a_part_of_the_county_is_an_estimate(tmp_path: Path) -> None:
    path = dem(tmp_path / "DEM.tif", tilted(150, 200, flat_from=300))  # x from −500 to 1000: one township
    results = run(project(tmp_path, {}, elevation=path), "mean_elevation")
    assert results["mean_elevation"].values[0].status == "estimated"
    assert "50.00%" in note(results, "mean_elevation")
    away = dem(tmp_path / "away.tif", tilted(), west=5000)
    failed = run(project(tmp_path / "b", {}, elevation=_moved(away, tmp_path / "b")), "mean_elevation")
    assert failed["mean_elevation"].values[0].status == "failed"


def _moved(path: Path, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return path.rename(folder / "DEM.tif")


def test_people_of_cells_add_up(tmp_path: Path) -> None:
    """Cells of 300 m around the county in another CRS: townships and what lies outside are the raster's own sum."""
    people = np.random.default_rng(8).integers(0, 50, (14, 18)).astype(float)
    people[2, 3], people[5, 5] = -7, np.nan
    to_utm = pyproj.Transformer.from_crs(CRS, "EPSG:32649", always_xy=True)
    west, north = to_utm.transform(EAST - 1500, NORTH + 2500)
    path = write(tmp_path / "人口.tif", people, crs="EPSG:32649", at=from_origin(west, north, 300, 300))
    results = run(project(tmp_path, {}, population=path), "resident_population")
    towns = [value(results, "resident_population", "summed", zone) for zone in TOWNS]
    county = value(results, "resident_population", "summed")
    assert county == pytest.approx(sum(one for one in towns if one), rel=1e-12)
    row, column = np.mgrid[0:14, 0:18]
    x, y = west + column.ravel() * 300, north - row.ravel() * 300
    back = pyproj.Transformer.from_crs("EPSG:32649", CRS, always_xy=True)
    boxes = shapely.transform(shapely.box(x, y - 300, x + 300, y), back.transform, interleaved=False)
    amounts = np.where(people > 0, people, 0).ravel()
    for zone, ground in (("140521100", box(0, 0, 1000, 1000)), ("140521101", box(1000, 0, 1000, 1000))):
        wanted = (shapely.area(shapely.intersection(boxes, ground)) / shapely.area(boxes) * amounts).sum() / 1e4
        assert value(results, "resident_population", "summed", zone) == pytest.approx(wanted, rel=1e-5)
    told = " ".join(results["resident_population"].record["measures"]["summed"]["notes"])
    outside, beyond, whole = (float(number) for number in re.findall(r"\d+\.\d\d(?!\d|%)", told))
    assert whole == pytest.approx(amounts.sum(), abs=0.01)
    assert county * 1e4 + outside + beyond == pytest.approx(amounts.sum(), abs=0.02)


def test_people_of_cells_live_in_the_dwellings_of_the_cell(tmp_path: Path) -> None:
    """Two cells of 1 km: 100 people on a dwelling half of which is urban, 60 without a dwelling; a shelter for them."""
    path = write(tmp_path / "人口.tif", np.array([[100.0, 60.0]]), at=from_origin(EAST, NORTH + 1000, 1000, 1000))
    layers = {
        "land_use": parcels([(box(100, 100, 20, 10), "0701", "202", 200.0)]),
        "urban_area": frame([box(0, 0, 110, 1000)]),
        "greenways": frame([shapely.LineString([point(0, 500), point(110, 500)])]),
        "elderly_care": frame([point(115, 105)], 名称=["甲"]),
    }
    results = run(project(tmp_path, layers, population=path), "greenway_per_capita", "resident_population")
    assert value(results, "greenway_per_capita") == pytest.approx(110 / 50, rel=1e-6)
    assert value(results, "resident_population", "summed", "140521101") == pytest.approx(60 / 1e4)
    assert results["greenway_per_capita"].values[0].status == "estimated"  # 60 people without a dwelling


def test_exactextract_is_asked_for_where_it_is_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "exactextract", None)
    path = dem(tmp_path / "DEM.tif", tilted())
    results = run(project(tmp_path, {}, elevation=path), "mean_elevation")
    assert results["mean_elevation"].values[0].status == "missing"
    assert "exactextract" in results["mean_elevation"].values[0].note


def test_one_raster_of_several_bands_has_no_field_that_none_gives(tmp_path: Path) -> None:
    path = write(tmp_path / "人口.tif", np.ones((10, 20)), at=from_origin(EAST, NORTH + 1000, 100, 100))
    assert read(path, "population").raster is not None
    results = run(project(tmp_path, {"districts": COUNTY}, population=path), "urbanisation_rate")
    assert results["urbanisation_rate"].values[0].value is None

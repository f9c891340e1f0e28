"""Writes the demonstration county as a project folder: data as bureaus hand them over, project.toml, the ledger."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from qsgis.demo import relief, values
from qsgis.demo.county import County, build
from qsgis.demo.ledger import book
from qsgis.errors import OutputRefused
from qsgis.messages import _

_PACKAGES = {  # file -> its layers: layer id -> name inside the file
    "sandiao_2019.gpkg": {"land_use": "DLTB"},
    "dltb_2015.gpkg": {"land_use_base": "DLTB"},
    "行政区划.gpkg": {"county": "XJXZQ", "districts": "XZQ", "villages": "CJDCQ"},
    "YJJBNTTB.gpkg": {"permanent_farmland": "YJJBNTTB"},
    "LRDL.gpkg": {"roads": "LRDL", "roads_base": "LRDL_2015"},
    "应急避难场所.gpkg": {"shelters": "应急避难场所"},
    "公共服务设施.gpkg": {
        "hospitals": "医院", "clinics": "社区卫生服务站", "kindergartens": "幼儿园", "primary_schools": "小学",
        "middle_schools": "初中", "culture": "文化活动中心", "sports": "社区体育设施", "fire_stations": "消防站",
        "parks": "公园", "football_pitches": "足球场", "cultural_venues": "文化场馆",
    },
    "城区调查.gpkg": {
        "impervious": "不透水地表_2019", "impervious_base": "不透水地表_2015",
        "waterlogging_points": "内涝积水点_2019", "waterlogging_points_base": "内涝积水点_2015",
        "underground": "地下空间_2019", "underground_base": "地下空间_2015",
        "utility_tunnels": "综合管廊_2019", "utility_tunnels_base": "综合管廊_2015",
        "renewal_areas": "城市更新改造",
    },
    "历史文化保护.gpkg": {
        "historic_districts": "历史文化街区", "heritage_sites": "文物保护单位", "city_purple_line": "城市紫线",
    },
    "地质灾害.gpkg": {"geohazard_points": "地质灾害隐患点", "geohazard_zones": "地质灾害易发区"},
    "土地供应.gpkg": {"land_supply": "土地供应"},
    "PZWJSTD.gpkg": {"approved_unbuilt": "PZWJSTD"},
}  # fmt: skip
_SHAPEFILES = {
    "CQFW.shp": "urban_area", "LRRL.shp": "railways", "FHD.shp": "levees", "LD.shp": "greenways",
    "LD_2015.shp": "greenways_base", "JZW.shp": "buildings", "GBZNT.shp": "high_standard_farmland",
    "STXF.shp": "restoration_areas",
}  # fmt: skip
_TABLES = {
    "就业岗位.csv": ("jobs", "utf-8-sig"),
    "通勤OD.csv": ("commute_od", "utf-8-sig"),
    "菜市场.csv": ("markets", "gbk"),
    "咖啡馆茶舍.csv": ("cafes", "utf-8-sig"),
}
_WORKBOOKS = {
    "人口.xlsx": "population",
    "人口_2015.xlsx": "population_base",
    "养老设施.xlsx": "elderly_care",
    "养老设施_2015.xlsx": "elderly_care_base",
}
_MADE = datetime(2020, 1, 1)  # a workbook says when it was made: always the same


def write(folder: Path, *, parcels: int = 30_000, seed: int = 1, progress: Callable[[str], None] | None = None) -> Path:
    """The project folder, written beside its place first and then moved there. `progress` is told each step.

    A folder that holds anything but an earlier demonstration is refused (OutputRefused).
    """
    folder = Path(folder)
    tell = progress or (lambda _step: None)
    _check(folder)
    county = build(parcels, seed, progress=tell)
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        tell(_("files"))
        _files(county, aside)
        tell(_("ledger"))
        text = json.dumps(book.make(county), ensure_ascii=False, indent=1)
        (aside / "ledger.json").write_text(text + "\n", encoding="utf-8")
        aside.chmod(0o755)
        _place(aside, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def _check(folder: Path) -> None:
    if folder.is_file():
        raise OutputRefused(folder, _("a file has this name"))
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "ledger.json").is_file():
        raise OutputRefused(folder, _("the folder holds other files, and they are not overwritten"))


def _place(aside: Path, folder: Path) -> None:
    """Move what was made to its place; results (out) of an earlier demonstration stay."""
    folder.mkdir(exist_ok=True)
    for item in sorted(aside.iterdir()):
        target = folder / item.name
        if target.is_dir():
            shutil.rmtree(target)
        item.replace(target)


def _files(county: County, folder: Path) -> None:
    data = folder / "data"
    data.mkdir()
    layers: dict[str, Any] = dict(county.layers)
    for name, inside in _PACKAGES.items():
        for layer, table in inside.items():
            layers[layer].to_file(data / name, layer=table, driver="GPKG", engine="pyogrio")
    layers["urban_boundary"].to_file(data / "CZKFBJ.gdb", layer="CZKFBJ", driver="OpenFileGDB", engine="pyogrio")
    layers["rivers"].to_crs("EPSG:4490").to_file(
        data / "HYDL.geojson", driver="GeoJSON", engine="pyogrio", COORDINATE_PRECISION=7
    )
    for name, layer in _SHAPEFILES.items():
        layers[layer].to_file(data / name, engine="pyogrio", encoding="UTF-8")
    _old_shapefile(layers["ecological_red_line"], data / "STBHHX.shp")
    _old_shapefile(layers["temporary_land"], data / "LSYD.shp")
    for name, (layer, encoding) in _TABLES.items():
        layers[layer].to_csv(data / name, index=False, encoding=encoding, lineterminator="\r\n")
    for name, layer in _WORKBOOKS.items():
        _workbook(layers[layer], data / name)
    relief.write(county.relief, data / "DEM.tif")
    _workbook(values.table(layers), data / "values.xlsx", "指标")
    values.comparison().to_csv(data / "comparison.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")
    texts = Path(__file__).parent / "data"
    for name in ("project.toml", "说明.txt"):
        shutil.copyfile(texts / name, folder / name)


def _old_shapefile(frame: gpd.GeoDataFrame, path: Path) -> None:
    """A Shapefile as older programs leave it: GBK text, and nothing in it that says so."""
    frame.to_file(path, engine="pyogrio", encoding="GBK")
    path.with_suffix(".cpg").unlink(missing_ok=True)
    with path.with_suffix(".dbf").open("r+b") as table:
        table.seek(29)  # the code page mark
        table.write(b"\x00")


def _workbook(frame: pd.DataFrame, path: Path, sheet_name: str = "") -> None:
    """One sheet; codes stand as text."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = sheet_name or path.stem
    sheet.append(list(frame.columns))
    for row in frame.itertuples(index=False):
        sheet.append([value.item() if hasattr(value, "item") else value for value in row])
    book.properties.created = book.properties.modified = _MADE
    book.save(path)

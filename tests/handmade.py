"""Small counties drawn by hand, whose answers are plain arithmetic.

Coordinates are metres from the corner (500 000, 3 950 000) of EPSG:4546, on its central meridian, so that plane and
ellipsoid differ by less than a millionth over a few kilometres; records (TBDLMJ) make areas exact.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import shapely

import qsgis
from qsgis.results import Results

CRS = "EPSG:4546"
EAST, NORTH = 500_000.0, 3_950_000.0


def box(
    x: float, y: float, width: float, height: float, holes: list[tuple[float, float, float, float]] | None = None
) -> Any:
    """A rectangle by corner and size, with rectangular holes."""
    found = shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)
    for hole in holes or []:
        found = found.difference(box(*hole))
    return found


def point(x: float, y: float) -> Any:
    return shapely.Point(EAST + x, NORTH + y)


def line(*corners: tuple[float, float]) -> Any:
    return shapely.LineString([(EAST + x, NORTH + y) for x, y in corners])


def frame(geometry: list[Any], **columns: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)


def parcels(rows: list[tuple[Any, str, str, float]]) -> gpd.GeoDataFrame:
    """Land use: (geometry, DLBM, CZCSXM, TBDLMJ)."""
    geometry, code, settlement, area = zip(*rows, strict=True)
    number = [f"{place:018d}" for place in range(1, len(rows) + 1)]
    return frame(list(geometry), BSM=number, DLBM=list(code), CZCSXM=list(settlement), TBDLMJ=list(area))


def write_project(
    home: Path,
    layers: dict[str, Any],
    *,
    extra: str = "",
    base_year: int | None = None,
    facts: str = "",
    said: dict[str, str] | None = None,
) -> Path:
    """A project folder of GeoPackages; a layer is a frame, or {year: frame}, or None (none = true); tables go to CSV.

    facts: more lines of [project]; said: layer, or layer with year, -> a line of its entry ("survey = 2").
    """
    lines = ["[project]", 'name = "手工县"', 'adcode = "140521"', f'crs = "{CRS}"', "year = 2019"]
    if base_year:
        lines.append(f"base_year = {base_year}")
    lines.append(facts)
    home.mkdir(parents=True, exist_ok=True)
    for name, found in layers.items():
        for year, data in found.items() if isinstance(found, dict) else [(None, found)]:
            if data is None:
                lines += [f"[[layers.{name}]]", "none = true"]
                continue
            path = home / f"{name}{year or ''}.{'gpkg' if isinstance(data, gpd.GeoDataFrame) else 'csv'}"
            if isinstance(data, gpd.GeoDataFrame):
                data.to_file(path, driver="GPKG")
            else:
                data.to_csv(path, index=False)
            lines += [f"[[layers.{name}]]", f"path = {json.dumps(path.name)}"] + ([f"year = {year}"] if year else [])
            lines.append((said or {}).get(f"{name}{year or ''}", ""))
    (home / "project.toml").write_text("\n".join(lines) + "\n" + extra, encoding="utf-8")
    return home


def values_book(path: Path, rows: Iterable[Sequence[Any]]) -> None:
    """A workbook of handed-in values: (indicator, year, value, unit, kind, zone code, source), of which 4 suffice."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["indicator", "year", "value", "unit", "kind", "zone_code", "source"])
    for row in rows:
        sheet.append(list(row))
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def run(home: Path, *ids: str) -> Results:
    """Run what `ids` name; without any, everything."""
    return qsgis.open(home).run(ids or None)


def value(
    results: Results, indicator: str, part: str = "", zone: str = "", year: int = 2019, kind: str = "computed"
) -> float | None:
    """The one value of an indicator (or part) for a zone and year."""
    found = [
        row
        for row in results[indicator].values
        if (row.part, row.zone_code, row.year, row.kind) == (part, zone, year, kind)
    ]
    assert len(found) == 1, [
        (row.part, row.zone_code, row.year, row.status, row.note) for row in results[indicator].values
    ]
    return found[0].value

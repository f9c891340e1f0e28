"""CSV and Excel: plain tables, or points with 经度/纬度 or x/y."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import numpy as np
import pandas as pd
import pyproj
import shapely

from qsgis.errors import FileUnreadable
from qsgis.layers import fields
from qsgis.layers.check import some
from qsgis.layers.files import choose_sublayer
from qsgis.layers.place import CGCS2000
from qsgis.layers.raw import Raw, Request
from qsgis.layers.shapefile import codec
from qsgis.layers.values import Wrong, parse_number
from qsgis.messages import _

Array = np.ndarray[Any, Any]
Grid = list[list[Any]]
LONGITUDE = ["经度", "lon", "lng", "long", "longitude", "经度坐标", "经度(°)", "jd", "wgs84_lon", "wgs84_lng"]
LATITUDE = ["纬度", "lat", "latitude", "纬度坐标", "纬度(°)", "wd", "wgs84_lat"]
EASTING = ["x", "x坐标", "东坐标", "横坐标", "easting", "point_x", "xcoord", "coord_x"]
NORTHING = ["y", "y坐标", "北坐标", "纵坐标", "northing", "point_y", "ycoord", "coord_y"]
# What a broken or truncated table raises, depending on where it breaks.
UNREADABLE = (OSError, zipfile.BadZipFile, KeyError, ValueError, csv.Error, ParseError)
_LONGEST = 2**31 - 1  # characters of a cell: outlines as WKT are long, and Python stops at 131072
_HEADER_ROWS = 10  # a title, a unit or a date may stand above the header
_DEGREES = re.compile(r"(\d+)[°度]\s*(?:(\d+)[′'分]\s*)?(?:(\d+(?:\.\d*)?)(?:″|\"|秒|'')\s*)?[NEne]?")


def read(request: Request) -> Raw:
    """The sheet that is meant; rows are numbered as a spreadsheet does. Raises FileUnreadable, SublayerUnknown."""
    sheet, grid = _grid(request)
    header = _header_row(request, grid)
    names = ["" if cell is None else str(cell) for cell in grid[header]] if grid else []
    if header:
        request.findings.note(_("row {row} was taken as the header", row=header + 1))
    numbered = [
        (number, row) for number, row in enumerate(grid[header + 1 :], header + 2) if any(_filled(cell) for cell in row)
    ]
    features = np.array([str(number) for number, _row in numbered], dtype=object)
    rows = [row for _number, row in numbered]
    width = max((place for place, name in enumerate(names, 1) if name.strip()), default=0)
    _check_width(request, features, rows, width)
    columns = {canonical: names.index(column) for canonical, column in fields.match(request, names).items()}
    data = {canonical: _column(rows, position) for canonical, position in columns.items()}
    raw = Raw(fields=pd.DataFrame(data, index=range(len(rows)), dtype=object), features=features, sublayer=sheet)
    if request.definition.geometry != ["table"]:
        _locate(raw, names, rows, request)
    return raw


def header(path: Path, sheet: str | None, known: Sequence[str]) -> tuple[list[str], int]:
    """The column names of a table and its number of rows, for recognising it; `known`: names that mark the header."""
    grid = read_csv(path, None) if path.suffix.lower() == ".csv" else _excel(path)[sheet or ""]
    row = _best_row(grid, known)
    return ["" if cell is None else str(cell) for cell in (grid[row] if grid else [])], max(len(grid) - row - 1, 0)


def sheets(path: Path) -> list[str]:
    """The names of an Excel file's sheets, with anything in them."""
    return [name for name, grid in _excel(path).items() if grid]


def _grid(request: Request) -> tuple[str, Grid]:
    layer, path = request.definition.id, request.path
    try:
        if path.suffix.lower() not in {".xlsx", ".xlsm"} and not zipfile.is_zipfile(path):
            return path.stem, read_csv(path, request.source.encoding)
        found = _excel(path)
    except UNREADABLE as error:
        raise FileUnreadable(layer, path, why_unreadable(error)) from error
    held = {name: grid for name, grid in found.items() if grid} or found
    sheet = choose_sublayer(request, held)
    return sheet, held[sheet]


def why_unreadable(error: Exception) -> str:
    """What a broken table raised, in words where the error has none that a planner would understand."""
    if isinstance(error, zipfile.BadZipFile | ParseError | KeyError):
        return _("it is no Excel workbook, or is cut off")
    if isinstance(error, UnicodeDecodeError):
        return _("its text is neither UTF-8 nor GBK")
    if isinstance(error, csv.Error):
        return _("the quotes in it do not close, or it is cut off in the middle of a row ({reason})", reason=error)
    return str(error)


def read_csv(path: Path, encoding: str | None) -> Grid:
    """The rows of a CSV file; its separator is the sign that its first line has most of."""
    text = _decoded(path.read_bytes(), encoding)
    first = text.partition("\n")[0]
    separator = max(",\t;", key=first.count)
    csv.field_size_limit(_LONGEST)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))


def _decoded(content: bytes, encoding: str | None) -> str:
    if encoding:
        name = codec(encoding)
        if name is None:
            raise ValueError(_("no encoding is called {name}", name=encoding))
        return content.decode(name).removeprefix("\ufeff")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _excel(path: Path) -> dict[str, Grid]:
    from openpyxl import load_workbook

    with path.open("rb") as file:
        book = load_workbook(file, read_only=True, data_only=True)
        grids = {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets}
        book.close()
    return {name: grid if any(_filled(cell) for row in grid for cell in row) else [] for name, grid in grids.items()}


def _filled(cell: Any) -> bool:
    return cell is not None and str(cell).strip() != ""


def _header_row(request: Request, grid: Grid) -> int:
    known = [
        name for canonical, field in request.definition.fields.items() for name in fields.known_names(canonical, field)
    ]
    return _best_row(grid, [*known, *request.source.fields.values()])


def _best_row(grid: Grid, known: Sequence[str]) -> int:
    """The row among the first few that holds the most known names; the first one with anything where none does."""
    keys = {fields.normal(name) for name in (*known, *LONGITUDE, *LATITUDE, *EASTING, *NORTHING)}
    scores = [sum(fields.normal(str(cell)) in keys for cell in row if _filled(cell)) for row in grid[:_HEADER_ROWS]]
    if not any(scores):
        return next((number for number, row in enumerate(grid) if any(_filled(cell) for cell in row)), 0)
    return scores.index(max(scores))


def _check_width(request: Request, features: Array, rows: Grid, width: int) -> None:
    """Rows with more cells than the header: a comma inside a text, most often. Rows of a CSV with fewer: cut off."""
    if request.path.suffix.lower() == ".csv":
        short = [str(feature) for feature, row in zip(features, rows, strict=True) if len(row) < width]
        for feature in short:
            request.findings.flaw(feature, _("row too short"), _("it may be cut off; the cells that lack are empty"))
        if short:
            request.findings.note(_("rows with fewer cells than the header: {rows}", rows=some(short)))
    for feature, row in zip(features, rows, strict=True):
        if any(_filled(cell) for cell in row[width:]):
            request.findings.flaw(
                str(feature), _("row too long"), _("{count} cells, the header has {width}", count=len(row), width=width)
            )
            request.findings.note(
                _(
                    "some rows have more cells than the header; see the list of flaws",
                )
            )


def _column(rows: Grid, position: int) -> list[Any]:
    return [row[position] if position < len(row) else None for row in rows]


def _locate(raw: Raw, names: list[str], rows: Grid, request: Request) -> None:
    """Give `raw` its points, where the table has a pair of coordinate columns."""
    columns, crs = _coordinate_columns(names)
    if not columns:
        return
    problems: dict[int, str] = {}
    x, y = (_coordinates(_column(rows, names.index(column)), column, problems) for column in columns)
    x, y = _in_order(x, y, columns, crs, request)
    if crs is not None:
        outside = ~((np.abs(x) <= 180) & (np.abs(y) <= 90)) & np.isfinite(x) & np.isfinite(y)
        problems |= {int(row): _("{x}, {y} are no degrees", x=x[row], y=y[row]) for row in np.flatnonzero(outside)}
    raw.geometry = np.empty(len(rows), dtype=object)
    good = np.array([row for row in range(len(rows)) if row not in problems], dtype=int)
    raw.geometry[good] = shapely.points(x[good], y[good])
    raw.unreadable, raw.crs = problems, crs
    if crs is not None and not request.source.crs:
        request.findings.note(
            _(
                "{x} and {y} are taken as CGCS2000 / WGS 84; points from a web map service may be in GCJ-02 or "
                'BD-09 and 100 to 700 m off: then write crs = "GCJ-02" or "BD-09"',
                x=columns[0],
                y=columns[1],
            )
        )


def _coordinate_columns(names: list[str]) -> tuple[list[str], pyproj.CRS | None]:
    """The columns for east and north, and the CRS that their names stand for; none where there is no pair."""
    kinds: list[tuple[list[str], list[str], pyproj.CRS | None]] = [
        (LONGITUDE, LATITUDE, CGCS2000),
        (EASTING, NORTHING, None),
    ]
    for easting, northing, crs in kinds:
        pair = [fields.find(wanted, names, cut=False) for wanted in (easting, northing)]
        if all(pair):
            return [found[0] for found in pair], crs
    return [], None


def _coordinates(cells: list[Any], column: str, problems: dict[int, str]) -> Array:
    found = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        try:
            found[row] = _degrees(cell)
        except Wrong as error:
            problems.setdefault(row, _("{column} = {value}: {why}", column=column, value=cell, why=error))
            continue
        if not np.isfinite(found[row]):
            problems.setdefault(row, _("{column} is empty", column=column))
    return found


def _degrees(cell: Any) -> float:
    """A number, or degrees, minutes and seconds as in 112°11′30″."""
    parts = _DEGREES.fullmatch(cell.strip()) if isinstance(cell, str) else None
    if parts is None:
        return parse_number(cell if cell is not None else "")
    degrees, minutes, seconds = (float(part or 0) for part in parts.groups())
    return degrees + minutes / 60 + seconds / 3600


def _in_order(x: Array, y: Array, columns: list[str], crs: pyproj.CRS | None, request: Request) -> tuple[Array, Array]:
    """X east, y north. Chinese surveying calls the northing X; latitudes also stand under 经度 at times."""
    known = np.isfinite(x) & np.isfinite(y)
    east, north = x[known], y[known]
    if crs is None:
        swapped = (
            (east >= 2e6) & (east <= 6e6) & (((north >= 1e5) & (north <= 9e5)) | ((north >= 2.5e7) & (north <= 4.6e7)))
        )
    else:
        swapped = (east >= 3) & (east <= 54) & (north >= 73) & (north <= 136)
    if not len(east) or not swapped.all() or request.source.crs:
        return x, y
    request.findings.note(
        _("{x} holds the northings and {y} the eastings; they were exchanged", x=columns[0], y=columns[1])
    )
    return y, x

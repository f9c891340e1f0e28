"""Results → one GeoPackage that QGIS opens styled: zones with their values, features, context, tables."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio

from qsgis.maps import project, qml
from qsgis.maps.content import Drawn, draw, map_items
from qsgis.maps.files import beside
from qsgis.maps.parts import Parts
from qsgis.maps.styles import Kind
from qsgis.messages import _
from qsgis.results import Results

_TYPES: dict[Kind, str] = {"polygon": "MultiPolygon", "line": "MultiLineString", "point": "Point"}
_STYLES = """
    CREATE TABLE layer_styles (
        id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
        f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
        useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME
    )"""


def write(results: Results, path: Path) -> None:
    """Write `path`, a GeoPackage 1.3 in the analysis CRS (QGIS 3.22 reads no newer one without a warning).

    Layers: county, districts, villages (wide), <analysis>_<layer>, and the inputs that sheets show; tables:
    indicators, progress, flaws. Each layer has a default style in `layer_styles`; a QGIS project inside shows the
    sheets.
    The same results give the same bytes: times inside the file are the end of the project's year. Raises
    OutputRefused.
    """
    layers = [drawn for item in map_items(results) for drawn in draw(results, item)]
    moment = f"{results.project.project.year}-12-31T00:00:00.000Z"
    with beside(path) as aside:
        parts = Parts(aside)
        with _unhurried_disk():
            for layer in layers:
                _write_layer(layer, parts.place(), results.notices)
            _write_table(results.table(), "indicators", parts.place(), [_("all values"), *results.notices])
            if results.progress:
                about = [_("progress"), *results.notices]
                _write_table(results.progress_table(), "progress", parts.place(), about)
            if results.record.get("flaws"):
                about = [_("flaws of the data"), *results.notices]
                _write_table(pd.DataFrame(results.record["flaws"]), "flaws", parts.place(), about)
        parts.join(moment)
        with closing(sqlite3.connect(aside)) as database:
            _write_styles(database, layers, moment)
            project.write(results, database, path.name, moment)
            _register(database, moment)
            database.commit()


@contextmanager
def _unhurried_disk() -> Iterator[None]:
    """No waiting for the disk table by table: the last step writes the whole file through."""
    name = "OGR_SQLITE_SYNCHRONOUS"
    before = pyogrio.get_gdal_config_option(name)
    pyogrio.set_gdal_config_options({name: "OFF"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({name: before})


def _write_layer(layer: Drawn, path: Path, notices: Iterable[str]) -> None:
    geometry = _TYPES[layer.look.geometry]
    if geometry == "Point" and (layer.frame.geom_type == "MultiPoint").any():
        geometry = "MultiPoint"
    frame = _plain(layer.frame)
    pyogrio.write_dataframe(
        frame,
        path,
        layer=layer.key,
        driver="GPKG",
        geometry_type=geometry,
        promote_to_multi=geometry.startswith("Multi"),
        dataset_options={} if path.exists() else {"VERSION": "1.3"},
        layer_options={"GEOMETRY_NAME": "geom", "FID": "fid", "DESCRIPTION": " · ".join([layer.label, *notices])},
    )


def _write_table(table: pd.DataFrame, name: str, path: Path, about: Iterable[str]) -> None:
    options = {} if path.exists() else {"VERSION": "1.3"}
    layer_options = {"FID": "fid", "DESCRIPTION": " · ".join(about)}
    pyogrio.write_dataframe(
        _plain(table), path, layer=name, driver="GPKG", dataset_options=options, layer_options=layer_options
    )


def _plain(frame: Any) -> Any:
    """Columns of numbers, flags or text only: objects that are all numbers become numbers, others text."""
    frame = frame.copy(deep=False)
    for name in frame.columns:
        column = frame[name]
        if _is_plain(column):
            continue
        known = column.dropna().tolist()
        kinds = set(map(type, known))
        if known and all(issubclass(kind, int | float) and kind is not bool for kind in kinds):
            frame[name] = pd.to_numeric(column)
        elif kinds != {bool} or len(known) < len(column):
            frame[name] = column.map(str, na_action="ignore").astype(object)
    return frame


def _is_plain(column: Any) -> bool:
    """Whether the type of a column says that it holds geometry, numbers, flags, text or times and nothing else."""
    kind = column.dtype
    known = str(kind) in ("geometry", "datetime64[ns]") or isinstance(kind, pd.StringDtype)
    return known or pd.api.types.is_numeric_dtype(kind)


def _write_styles(database: sqlite3.Connection, layers: Iterable[Drawn], moment: str) -> None:
    database.execute(_STYLES)
    rows = [
        (
            "",
            "",
            layer.key,
            "geom",
            layer.label[:30],
            qml.write(layer.look, layer.aliases),
            "",
            1,
            layer.look.note,
            "",
            moment,
        )
        for layer in layers
    ]
    database.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName,"
        " styleQML, styleSLD, useAsDefault, description, owner, update_time) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def _register(database: sqlite3.Connection, moment: str) -> None:
    """Tell readers that the tables of QGIS are plain tables."""
    for name in ("layer_styles", "qgis_projects"):
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id)"
            " VALUES (?, 'attributes', ?, '', ?, 0)",
            (name, name, moment),
        )

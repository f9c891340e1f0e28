"""Vector files through GDAL (pyogrio): GeoPackage, Shapefile, FileGDB, GeoJSON and whatever else GDAL knows.

With pyarrow the columns come as Arrow batches, several times as fast; without it they are the same, only slower.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
from pyogrio import errors as gdal
from pyproj.exceptions import CRSError

from qsgis.errors import FileUnreadable
from qsgis.layers import fields
from qsgis.layers.files import choose_sublayer, untouched
from qsgis.layers.raw import Raw, Request
from qsgis.layers.shapefile import BYTES, Texts, check_whole
from qsgis.messages import _

Array = np.ndarray[Any, Any]
_GDAL_ERRORS = (
    gdal.DataSourceError, gdal.DataLayerError, gdal.FeatureError, gdal.FieldError, gdal.GeometryError, gdal.CRSError,
    UnicodeDecodeError, OSError, RuntimeError, ValueError,
)  # fmt: skip
_EXACT = 2**53  # a float above it has lost digits


def read(request: Request) -> Raw:
    """The sub-layer that is meant, with only the columns that are wanted. Raises FileUnreadable, SublayerUnknown."""
    if find_spec("pyarrow") is not None:
        with suppress(NotImplementedError):  # curves: GDAL makes them lines and plain polygons on the other way only
            return _read(request, arrow=True)
    return _read(request, arrow=False)


def _read(request: Request, *, arrow: bool) -> Raw:
    is_shapefile = request.path.suffix.lower() == ".shp"
    if is_shapefile:
        check_whole(request.path, request.definition.id)
    with untouched(request.path) as path, readable(request):
        sublayer = choose_sublayer(request, sublayers(path))
        texts = Texts(request.path, request.source.encoding, request.findings) if is_shapefile else None
        encoding = BYTES if texts else request.source.encoding
        info = pyogrio.read_info(path, layer=sublayer, encoding=encoding)
        held = [str(name) for name in info["fields"]]
        shown = texts.names(held) if texts else held
        columns = fields.match(request, shown)
        wanted = {
            shown_name: own for shown_name, own in zip(shown, held, strict=True) if shown_name in columns.values()
        }
        has_geometry = info["geometry_type"] is not None and request.definition.geometry != ["table"]
        table = _Table(path, sublayer, encoding, sorted(set(wanted.values())), has_geometry)
        features, wkb, frame = table.by_arrow() if arrow else table.plainly()
        _check_count(info["features"], len(features), is_shapefile)
        frame = pd.DataFrame(
            {name: frame[wanted[column]] for name, column in columns.items()}, index=range(len(features))
        )
        _check_rounded(frame, request)
        read_fields = texts.values(frame) if texts else frame
    # Beyond GDAL, so that another file can be read meanwhile.
    geometry, unreadable = (None, {}) if wkb is None else decode(wkb)
    return Raw(
        fields=read_fields,
        features=np.asarray(features).astype(str).astype(object),
        geometry=geometry,
        crs=crs_of(info["crs"]),
        sublayer=sublayer,
        unreadable=unreadable,
    )


def sublayers(path: Path) -> list[str]:
    """The names of the layers that a file holds."""
    return [str(name) for name, _kind in pyogrio.list_layers(path)]


def crs_of(text: str | None) -> pyproj.CRS | None:
    """The CRS that GDAL found, or None."""
    try:
        return pyproj.CRS.from_user_input(text) if text else None
    except CRSError:
        return None


_ONE_AT_A_TIME = threading.Lock()


@contextmanager
def readable(request: Request) -> Iterator[None]:
    """GDAL's and the system's errors become FileUnreadable with their message, its warnings notes.

    One file at a time: Python records warnings for the whole process, and those of another file are not this one's.
    """
    try:
        with _ONE_AT_A_TIME, warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", RuntimeWarning)
            yield
        for warning in (one for one in caught if issubclass(one.category, RuntimeWarning)):
            request.findings.note(_("while reading: {text}", text=warning.message))
    except _GDAL_ERRORS as error:
        raise FileUnreadable(request.definition.id, request.path, why_unreadable(error)) from error


def why_unreadable(error: Exception) -> str:
    """GDAL's reason, in words where its own tell a planner nothing."""
    text = str(error)
    if "not recognized as" in text:
        return _("it is in no format that can be read here, or is cut off near its beginning")
    if "malformed" in text or "not a database" in text:
        return _("the database in it is damaged or cut off")
    return text


def _check_count(due: int, found: int, is_shapefile: bool) -> None:
    """Arrow ends without an error where a file is cut off. A Shapefile counts deleted rows; its size was checked."""
    if not is_shapefile and 0 <= due != found:
        raise ValueError(_("it holds {due} features, but only {found} could be read", due=due, found=found))


def _check_rounded(frame: pd.DataFrame, request: Request) -> None:
    """Without Arrow a column of long whole numbers with gaps comes as floats: ids would be rounded without a word."""
    for name in frame.columns:
        is_text = request.definition.fields[name].type == "text"
        if is_text and frame[name].dtype.kind == "f" and (frame[name].abs() >= _EXACT).any():
            raise ValueError(
                _(
                    "{field} holds numbers too long to read exactly; store it as text, or install qsgis[fast]",
                    field=name,
                )
            )


class _Table:
    """One sub-layer's columns and geometry, by Arrow or without."""

    def __init__(self, path: Path, sublayer: str, encoding: str | None, columns: list[str], has_geometry: bool) -> None:
        self._options: dict[str, Any] = {
            "layer": sublayer, "encoding": encoding, "columns": columns, "read_geometry": has_geometry,
            "return_fids": True, "datetime_as_string": True,
        }  # fmt: skip
        self._path, self._columns, self._has_geometry = path, columns, has_geometry

    def by_arrow(self) -> tuple[Array, Array | None, pd.DataFrame]:
        """Feature numbers, geometry as WKB or None, columns; several times as fast as the other way."""
        meta, table = pyogrio.raw.read_arrow(self._path, **self._options)
        features = table.column(0).to_numpy()
        geometry = None
        if self._has_geometry:
            geometry = table.column(meta["geometry_name"] or "wkb_geometry").to_numpy(zero_copy_only=False)
        frame = table.select(self._columns).to_pandas(integer_object_nulls=True, date_as_object=True)
        return features, geometry, frame

    def plainly(self) -> tuple[Array, Array | None, pd.DataFrame]:
        """The same without pyarrow."""
        meta, features, geometry, values = pyogrio.raw.read(self._path, **self._options)
        return features, geometry, pd.DataFrame(dict(zip(meta["fields"], values, strict=True)))


def decode(wkb: Array) -> tuple[Array, dict[int, str]]:
    """Shapely geometries, and row -> reason for what cannot be decoded (an open ring, a ring of two points)."""
    geometry = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"))
    missing = np.array([one is not None for one in wkb], dtype=bool) & shapely.is_missing(geometry)
    unreadable = {}
    for row in np.flatnonzero(missing):
        try:
            shapely.from_wkb(wkb[row])
        except shapely.errors.ShapelyError as error:
            unreadable[int(row)] = str(error)
    return geometry, unreadable

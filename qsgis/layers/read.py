"""The one entry: a layer's definition and its file → a frame with canonical names in the analysis CRS."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from qsgis.errors import FileMissing, FileUnreadable, GeometryWrong, LayerEmpty
from qsgis.layers import files, repair, values
from qsgis.layers.check import Findings
from qsgis.layers.place import name_of, place
from qsgis.layers.raw import Raw, Request
from qsgis.messages import _
from qsgis.schema import Layer, LayerSource

if TYPE_CHECKING:
    from qsgis.layers.osm import Extract
    from qsgis.layers.raster import Raster

Array = np.ndarray[Any, Any]
FEATURE = "feature"
_DTYPES: dict[str, Any] = {"text": object, "number": float, "flag": object}


@dataclass
class ReadLayer:
    """A layer as read.

    frame: canonical fields, `feature` (the feature's number in the file, text) and, where it has one, `geometry` in the
    analysis CRS; text is None where empty, numbers NaN, flags None. notes: everything inferred, repaired or left out.
    flaws: layer, feature, reason, detail. digest: sha256 of the file with its parts. source_crs: the file's own system.
    raster: where the file is one; its frame has one row then, the ground that it covers.
    """

    id: str
    frame: gpd.GeoDataFrame | pd.DataFrame
    year: int | None
    survey: int
    path: Path
    sublayer: str
    digest: str
    source_crs: str
    notes: list[str]
    flaws: pd.DataFrame
    raster: Raster | None = None


def read_layer(
    definition: Layer,
    source: LayerSource,
    base: Path,
    crs: pyproj.CRS,
    *,
    columns: Collection[str] | None = None,
    extract: Extract | None = None,
) -> ReadLayer:
    """The file of `source` (its path counts from `base`) as the layer `definition`, in `crs`, fields `columns`.

    extract: the file, if it is in OpenStreetMap's format, and the layers that are read from it together with this one.
    Inputs are opened read-only and nothing is written beside them. Raises a ReadError where the file cannot be read or
    placed, a LayerRefused where it breaks a rule that says stop, a UsageError where project.toml is wrong.
    """
    if source.path is None:
        return _none(definition, source, base, crs)
    path = base / source.path
    _check_there(path, definition.id)
    findings = Findings(definition, path)
    request = Request(definition, source, path, None if columns is None else frozenset(columns), findings)
    kind = _format(request)
    if kind == "raster":
        return _raster(request, crs)
    raw = (extract.read if extract and kind == "osm" else _reader(kind))(request)
    if raw.geometry is None and "table" not in definition.geometry:
        wanted = "/".join(_(kind) for kind in definition.geometry)
        refusal = GeometryWrong(definition.id, path, wanted, _("no geometry and no coordinates"))
        findings.broken("geometry", refusal, _("the file has no geometry"))
    if not len(raw.features):
        findings.broken("empty", LayerEmpty(definition.id, path), _("the file has no feature"))
    frame, source_crs = _frame(raw, request, crs)
    return ReadLayer(
        id=definition.id,
        frame=frame,
        year=source.year,
        survey=source.survey,
        path=path,
        sublayer=raw.sublayer,
        digest=files.digest(path),
        source_crs=source_crs,
        notes=findings.notes,
        flaws=findings.flaws(),
    )


def _check_there(path: Path, layer: str) -> None:
    """FileMissing where there is nothing; FileUnreadable where the file is empty or the system refuses to look."""
    try:
        there, size = path.exists(), path.stat().st_size if path.is_file() else 1
    except OSError as error:
        raise FileUnreadable(layer, path, error.strerror or str(error)) from error
    if not there:
        raise FileMissing(layer, path)
    if not size:
        raise FileUnreadable(layer, path, _("the file is empty: it has 0 bytes"))


def _format(request: Request) -> files.Format:
    try:
        return files.format_of(request.path, request.definition.id)
    except OSError as error:
        raise FileUnreadable(request.definition.id, request.path, str(error)) from error


def _reader(kind: files.Format) -> Callable[[Request], Raw]:
    """The reader of a format, imported when it is wanted: osmium and osmnx are heavy or absent."""
    reader: Callable[[Request], Raw] = import_module(f"qsgis.layers.{kind}").read
    return reader


def _raster(request: Request, crs: pyproj.CRS) -> ReadLayer:
    """A raster; GeometryWrong where features are due."""
    definition, source, path = request.definition, request.source, request.path
    if "raster" not in definition.geometry:
        wanted = "/".join(_(kind) for kind in definition.geometry)
        raise GeometryWrong(definition.id, path, wanted, _("a raster"))
    from qsgis.layers import raster

    found, frame = raster.read(request, crs)
    return ReadLayer(
        id=definition.id,
        frame=frame,
        year=source.year,
        survey=source.survey,
        path=path,
        sublayer="",
        digest=files.digest(path),
        source_crs=name_of(found.crs),
        notes=request.findings.notes,
        flaws=request.findings.flaws(),
        raster=found,
    )


def _none(definition: Layer, source: LayerSource, base: Path, crs: pyproj.CRS) -> ReadLayer:
    """The layer of a county that has none of these; its source is the entry in project.toml."""
    data = {name: pd.Series([], dtype=_DTYPES[field.type]) for name, field in definition.fields.items()}
    frame = pd.DataFrame({**data, FEATURE: pd.Series([], dtype=object)})
    findings = Findings(definition, "")
    findings.note(_("the county has none of these (none = true)"))
    if definition.geometry != ["table"]:
        frame = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries([], crs=crs))
    says = base / "project.toml"
    return ReadLayer(
        id=definition.id,
        frame=frame,
        year=source.year,
        survey=source.survey,
        path=says,
        sublayer="",
        digest=files.digest(says) if says.is_file() else "",
        source_crs="",
        notes=findings.notes,
        flaws=findings.flaws(),
    )


def _frame(raw: Raw, request: Request, crs: pyproj.CRS) -> tuple[gpd.GeoDataFrame | pd.DataFrame, str]:
    findings = request.findings
    features, source_crs = raw.features, ""
    table = raw.fields
    if raw.geometry is not None:
        geometry, source_crs = place(raw, request, crs)
        geometry, keep = repair.clean(geometry, features, raw.unreadable, findings)
        table, features, geometry = table[keep], features[keep], geometry[keep]
    table = values.convert(table.reset_index(drop=True), features, request.source.survey, findings)
    if raw.geometry is None:
        return _ordered(table, features, request), source_crs
    if not raw.distinct:
        names = table["name"].to_numpy() if "name" in table else None
        keep = repair.doubled(geometry, features, names, findings)
        table, features, geometry = table[keep].reset_index(drop=True), features[keep], geometry[keep]
    if len(raw.features) and not len(features):
        reason = _("none of its {count} features has a usable geometry", count=len(raw.features))
        refusal = FileUnreadable(request.definition.id, request.path, reason)
        if findings.definition.checks.empty == "stop":
            raise refusal
    frame = _ordered(table, features, request)
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(geometry, crs=crs)), source_crs


def _ordered(table: pd.DataFrame, features: Array, request: Request) -> pd.DataFrame:
    """The columns that were asked for, in the definition's order, and the features' numbers."""
    wanted = [
        name for name in request.definition.fields
        if name in table and (request.columns is None or name in request.columns)
    ]  # fmt: skip
    return table[wanted].assign(**{FEATURE: features})

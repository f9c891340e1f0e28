"""Which format a file is in, which files belong together, their hash, and the sub-layer that is meant."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Literal

from qsgis.errors import FileUnreadable, FormatUnsupported, SublayerUnknown
from qsgis.layers.fields import normal
from qsgis.layers.raw import Request
from qsgis.messages import _

Format = Literal["vector", "raster", "table", "osm", "graphml", "gtfs"]
_BY_SUFFIX: dict[str, Format] = {
    ".csv": "table", ".xlsx": "table", ".xlsm": "table", ".pbf": "osm", ".osm": "osm", ".graphml": "graphml",
    ".gpkg": "vector", ".shp": "vector", ".gdb": "vector", ".geojson": "vector", ".json": "vector", ".fgb": "vector",
}  # fmt: skip
_RASTER_PARTS = (".tfw", ".wld", ".prj", ".ige")
RASTERS = {".tif", ".tiff", ".img", ".asc", ".vrt"}
_RASTER_MAGIC = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+", b"EHFA")
SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_SQLITE_PARTS = ("", "-wal", "-shm", "-journal")
_SQLITE_MAGIC = b"SQLite format 3\x00"
_ACCESS_MAGIC = (b"Standard Jet DB", b"Standard ACE DB")
# Tables that GIS programs keep inside a GeoPackage; they are no layers.
HOUSEKEEPING = {"layer_styles", "qgis_projects"}


def format_of(path: Path, layer: str) -> Format:
    """The format of a file or folder, by its suffix, else by its first bytes.

    Raises FormatUnsupported, with the way out, for what cannot be read here.
    """
    suffix = path.suffix.lower()
    head = b"" if path.is_dir() else _head(path)
    if suffix in {".mdb", ".accdb"} or head[4:19] in _ACCESS_MAGIC:
        raise FormatUnsupported(
            layer, path, _("a personal geodatabase (.mdb) needs a database driver that is seldom installed"),
            _("export it in ArcGIS to a file geodatabase (.gdb) or in QGIS to GeoPackage (.gpkg), and name that one"),
        )  # fmt: skip
    if suffix == ".xls":
        raise FormatUnsupported(layer, path, _("the old Excel format"), _("save it as .xlsx or .csv and name that one"))
    if suffix in RASTERS - {".vrt"} or head[:4] in _RASTER_MAGIC or b"<VRTDataset" in head:
        return "raster"
    if zipfile.is_zipfile(path) and suffix not in _BY_SUFFIX:
        return _of_zip(path, layer)
    if (path / "stops.txt").is_file():
        return "gtfs"
    return _BY_SUFFIX.get(suffix) or _of_content(head)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(64)


def _of_content(head: bytes) -> Format:
    if b"OSMHeader" in head:
        return "osm"
    return "graphml" if b"graphml" in head else "vector"


def _of_zip(path: Path, layer: str) -> Format:
    with zipfile.ZipFile(path) as archive:
        names = {Path(name).name for name in archive.namelist()}
    if "stops.txt" in names:
        return "gtfs"
    if "[Content_Types].xml" in names:
        return "table"
    raise FormatUnsupported(
        layer, path, _("a zip that is no timetable (GTFS)"), _("unpack it and name the file inside")
    )


def parts_of(path: Path) -> list[Path]:
    """The files that together are the one at `path`: a folder's, a Shapefile's, a raster's, an SQLite file's -wal."""
    if path.is_dir():
        return sorted(part for part in path.rglob("*") if part.is_file() and part.suffix.lower() != ".lock")
    if path.suffix.lower() == ".shp":
        beside = {part.suffix.lower(): part for part in sorted(path.parent.glob("*")) if part.stem == path.stem}
        return [beside[suffix] for suffix in SHAPEFILE_PARTS if suffix in beside]
    if path.suffix.lower() in RASTERS:
        return [path, *_beside_raster(path)]
    return [part for part in (path, path.with_name(f"{path.name}-wal")) if part.is_file()]


def _beside_raster(path: Path) -> list[Path]:
    """What says where a raster's cells lie, and the files that a .vrt is made of."""
    beside = [path.with_name(f"{path.name}.aux.xml"), *(path.with_suffix(ending) for ending in _RASTER_PARTS)]
    if path.suffix.lower() == ".vrt":
        named = re.findall(r"<SourceFilename[^>]*>([^<]+)<", path.read_text("utf-8", "replace"))
        beside += [path.parent / name for name in dict.fromkeys(named)]
    return [part for part in beside if part.is_file() and part.is_relative_to(path.parent)]


def digest(path: Path) -> str:
    """sha256 (hexadecimal) of a file; of several parts, over the sorted lines `name hash`."""
    parts = parts_of(path)
    hashes = []
    for part in parts:
        with part.open("rb") as file:
            hashes.append(hashlib.file_digest(file, "sha256").hexdigest())
    if len(parts) == 1:
        return hashes[0]
    base = path if path.is_dir() else path.parent
    lines = (f"{part.relative_to(base).as_posix()} {one}\n" for part, one in zip(parts, hashes, strict=True))
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


@contextmanager
def untouched(path: Path) -> Iterator[Path]:
    """A path that can be opened without a trace beside the input.

    SQLite writes -wal, -shm or rolls a journal back when it opens a database in that state, even to read; such a one is
    copied, with its parts, to a temporary folder first.
    """
    if path.is_dir() or not _has_journal(path):
        yield path
        return
    with TemporaryDirectory(prefix="qsgis-") as folder:
        for ending in _SQLITE_PARTS:
            part = path.with_name(path.name + ending)
            if part.is_file():
                copyfile(part, Path(folder) / part.name)
        yield Path(folder) / path.name


def _has_journal(path: Path) -> bool:
    head = _head(path)
    if not head.startswith(_SQLITE_MAGIC):
        return False
    write_ahead = head[18:20] == b"\x02\x02"  # the file's read and write versions
    return write_ahead or any(path.with_name(path.name + ending).exists() for ending in _SQLITE_PARTS[1:])


def choose_sublayer(request: Request, holds: Iterable[str]) -> str:
    """The sub-layer that is meant: the one named; else the only one; else the one that goes by a name of the layer.

    Raises SublayerUnknown where that is none or more than one, FileUnreadable where the file holds none at all.
    """
    names = [name for name in holds if name not in HOUSEKEEPING]
    if not names:
        raise FileUnreadable(request.definition.id, request.path, _("it holds no layer, or is cut off"))
    wanted = request.source.layer
    candidates = [wanted] if wanted else [request.definition.id, *request.definition.names]
    if not wanted and len(names) == 1:
        return names[0]
    found = _named(candidates, names)
    if len(found) != 1:
        raise SublayerUnknown(request.definition.id, request.path, wanted, names)
    if not wanted:
        request.findings.note(_("the sub-layer {name} was taken", name=found[0]))
    return found[0]


def _named(candidates: Sequence[str], names: Sequence[str]) -> list[str]:
    exact = [name for name in names if name in candidates]
    if len(exact) == 1:
        return exact
    keys = {normal(candidate) for candidate in candidates}
    return [name for name in names if normal(name) in keys]

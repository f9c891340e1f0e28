"""A health scan of a file feature by feature: what it holds and what is wrong with it, in little memory.

fiona goes through a file of any size one feature at a time; where it is not installed (Python 3.14), windows of rows
through pyogrio do the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyproj.exceptions import CRSError

from qsgis.errors import FileMissing, FileUnreadable, QsgisError, SublayerUnknown
from qsgis.layers import shapefile
from qsgis.layers.check import why_invalid
from qsgis.layers.files import HOUSEKEEPING, format_of, untouched
from qsgis.layers.place import name_of
from qsgis.layers.vector import crs_of, decode, sublayers, why_unreadable
from qsgis.messages import _

Array = np.ndarray[Any, Any]
Batch = tuple[list[str], Array, dict[int, str], dict[str, int]]  # numbers, geometry, unreadable, filled values a field
_BATCH = 5_000


@dataclass
class Health:
    """What a scan found in one sub-layer.

    kinds: geometry type -> features. filled: field -> features with a value. problems: reason -> features;
    flaws: the first `limit` of them as (feature, reason). bounds: west, south, east, north in `crs`.
    """

    path: Path
    sublayer: str
    crs: str
    features: int = 0
    bounds: tuple[float, float, float, float] | None = None
    kinds: Counter[str] = field(default_factory=Counter)
    filled: dict[str, int] = field(default_factory=dict)
    problems: Counter[str] = field(default_factory=Counter)
    flaws: list[tuple[str, str]] = field(default_factory=list)


def inspect(path: Path, sublayer: str | None = None, *, limit: int = 100) -> list[Health]:
    """The health of one sub-layer of a vector file, or of all of them. Memory does not grow with the file.

    Raises FileMissing, FileUnreadable, FormatUnsupported, SublayerUnknown.
    """
    if not path.exists():
        raise FileMissing(path.stem, path)
    if format_of(path, path.stem) != "vector":
        raise FileUnreadable(path.stem, path, _("only vector files can be scanned feature by feature"))
    if path.suffix.lower() == ".shp":
        shapefile.check_whole(path, path.stem)
    try:
        with untouched(path) as copy:
            names = [name for name in sublayers(copy) if name not in HOUSEKEEPING]
            if sublayer is not None and sublayer not in names:
                raise SublayerUnknown(path.stem, path, sublayer, names)
            return [_scan(path, copy, name, limit) for name in names if sublayer in {None, name}]
    except QsgisError:
        raise
    except (OSError, RuntimeError, ValueError, CRSError) as error:
        raise FileUnreadable(path.stem, path, why_unreadable(error)) from error


def _scan(path: Path, copy: Path, sublayer: str, limit: int) -> Health:
    info = pyogrio.read_info(copy, layer=sublayer, encoding=_encoding(copy))
    crs = crs_of(info["crs"])
    health = Health(path, sublayer, name_of(crs) if crs is not None else "")
    names = [str(name) for name in info["fields"]]
    health.filled = dict.fromkeys(names, 0)
    batches = _by_fiona(copy, sublayer) if find_spec("fiona") is not None else _by_windows(copy, sublayer, names)
    for batch in batches:
        _add(health, batch, limit)
    if not copy.suffix.lower() == ".shp" and 0 <= info["features"] != health.features:
        raise ValueError(
            _("it holds {due} features, but only {found} could be read", due=info["features"], found=health.features)
        )
    if copy.suffix.lower() == ".shp":
        health.filled = dict(zip(shapefile.readable_names(path, names), health.filled.values(), strict=True))
    return health


def _encoding(path: Path) -> str | None:
    return shapefile.BYTES if path.suffix.lower() == ".shp" else None


def _by_fiona(path: Path, sublayer: str) -> Iterator[Batch]:
    import fiona
    from fiona.errors import FionaError

    try:
        with fiona.open(path, layer=sublayer, encoding=_encoding(path)) as source:
            features = iter(source)
            while part := list(islice(features, _BATCH)):
                yield _fiona_batch(part)
    except FionaError as error:
        raise ValueError(str(error)) from error


def _fiona_batch(features: list[Any]) -> Batch:
    geometry = np.empty(len(features), dtype=object)
    unreadable: dict[int, str] = {}
    filled: Counter[str] = Counter()
    for row, feature in enumerate(features):
        filled.update(name for name, value in feature.properties.items() if value not in (None, ""))
        try:
            geometry[row] = None if feature.geometry is None else shapely.geometry.shape(feature.geometry)
        except (shapely.errors.ShapelyError, ValueError, TypeError, IndexError) as error:
            unreadable[row] = str(error)
    return [str(feature.id) for feature in features], geometry, unreadable, filled


def _by_windows(path: Path, sublayer: str, names: list[str]) -> Iterator[Batch]:
    """The same by windows of rows: each is sought from the start, so that long files take longer than with fiona."""
    start = 0
    while True:
        options = {"layer": sublayer, "encoding": _encoding(path), "return_fids": True, "datetime_as_string": True}
        _meta, numbers, wkb, columns = pyogrio.raw.read(path, skip_features=start, max_features=_BATCH, **options)
        if not len(numbers):
            return
        filled = {
            name: int(np.sum([_filled(value) for value in column])) for name, column in zip(names, columns, strict=True)
        }
        geometry, unreadable = decode(wkb) if wkb is not None else (np.full(len(numbers), None), {})
        yield [str(number) for number in numbers], geometry, unreadable, filled
        start += len(numbers)


def _filled(value: Any) -> bool:
    return value is not None and value == value and value != ""  # noqa: PLR0124  (NaN)


def _add(health: Health, batch: Batch, limit: int) -> None:
    numbers, geometry, unreadable, filled = batch
    health.features += len(numbers)
    for name, count in filled.items():
        health.filled[name] = health.filled.get(name, 0) + count
    for row, reason in _problems(geometry, unreadable):
        health.problems[reason.partition("[")[0]] += 1
        if len(health.flaws) < limit:
            health.flaws.append((numbers[row], reason))
    present = geometry[~shapely.is_missing(geometry)]
    if not len(present):
        return
    health.kinds.update(one.geom_type for one in present)
    bounds = shapely.bounds(present)
    low, high = np.nanmin(bounds[:, :2], axis=0), np.nanmax(bounds[:, 2:], axis=0)
    if health.bounds is not None:
        low, high = np.fmin(low, health.bounds[:2]), np.fmax(high, health.bounds[2:])
    health.bounds = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def _problems(geometry: Array, unreadable: dict[int, str]) -> Iterator[tuple[int, str]]:
    """(row, reason) of every feature that has something wrong, in the order of rows."""
    missing, empty, valid = shapely.is_missing(geometry), shapely.is_empty(geometry), shapely.is_valid(geometry)
    for row in np.flatnonzero(missing | empty | ~valid).tolist():
        if row in unreadable:
            yield row, unreadable[row]
        elif missing[row]:
            yield row, _("no geometry")
        elif empty[row]:
            yield row, _("empty geometry")
        else:
            yield row, why_invalid(geometry[row])

"""run.json: where everything came from: inputs with hashes, parameters, definitions, versions, times, warnings."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from qsgis.errors import QsgisError
from qsgis.layers.files import digest
from qsgis.layers.read import ReadLayer
from qsgis.loading import Loader
from qsgis.results import Question, Result

PACKAGES = ("qsgis", "numpy", "pandas", "geopandas", "shapely", "pyproj", "pyogrio", "scipy", "networkx")


def record(
    loader: Loader,
    items: Mapping[str, Result],
    warnings: Iterable[str],
    questions: Iterable[Question],
    seconds: Mapping[str, float],
) -> dict[str, Any]:
    """The content of run.json. seconds: analysis -> time that it took."""
    found = [layer for _key, layer in sorted(loader.read.items(), key=lambda item: item[0])]
    layers = [layer for layer in found if isinstance(layer, ReadLayer)]
    return {
        "project": loader.project.model_dump(mode="json", exclude_defaults=True),
        "crs": loader.crs.to_string(),
        "inputs": [_input(layer, loader.home) for layer in layers],
        "tables": _tables(loader),
        "unreadable": [error.parts() for error in found if isinstance(error, QsgisError)],
        "analyses": {name: result.record | {"notes": result.notes} for name, result in items.items()},
        "flaws": [row for layer in layers for row in layer.flaws.to_dict("records")],
        "questions": [asdict(question) for question in questions],
        "warnings": list(dict.fromkeys(warnings)),
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES},
        "seconds": {name: round(spent, 3) for name, spent in (loader.seconds | dict(seconds)).items()},
    }


def _input(layer: ReadLayer, home: Path) -> dict[str, Any]:
    return {
        "layer": layer.id,
        "path": _beside(layer.path, home),
        "sublayer": layer.sublayer,
        "year": layer.year,
        "sha256": layer.digest,
        "crs": layer.source_crs,
        "features": len(layer.frame),
        "flaws": len(layer.flaws),
        "notes": layer.notes,
    }


def _tables(loader: Loader) -> list[dict[str, str]]:
    """The tables of values and of other counties, those that are there."""
    sources = [*loader.project.value_sources, *([loader.project.comparison] if loader.project.comparison else [])]
    paths = [loader.home / source.path for source in sources]
    return [{"path": _beside(path, loader.home), "sha256": digest(path)} for path in paths if path.is_file()]


def _beside(path: Path, home: Path) -> str:
    """A path as the project writes it: relative to its folder where it lies inside."""
    try:
        return path.resolve().relative_to(home.resolve()).as_posix()
    except ValueError:
        return str(path)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"

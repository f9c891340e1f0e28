"""`qsgis inspect` and `qsgis check`: what files hold, and what is wrong with the layers of a project."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qsgis import console
from qsgis.catalog import Catalog
from qsgis.errors import PathMissing, QsgisError
from qsgis.layers.files import format_of
from qsgis.layers.read import ReadLayer
from qsgis.layers.recognise import Found, scan
from qsgis.layers.stream import Health, inspect
from qsgis.loading import Loader
from qsgis.messages import _

if TYPE_CHECKING:
    from qsgis.project import Project


@dataclass
class Description:
    """A sub-layer: what it is taken for, for a vector file its health, for a raster its cells in words."""

    found: Found
    health: Health | None
    cells: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        data: dict[str, Any] = {
            "path": str(self.found.path), "sublayer": self.found.sublayer, "layer": self.found.layer_id,
            "why": self.found.why, "geometry": self.found.geometry, "features": self.found.count, "crs": self.found.crs,
        }  # fmt: skip
        if self.cells:
            data["cells"] = list(self.cells)
        if self.health is not None:
            data |= {"bounds": self.health.bounds, "kinds": self.health.kinds, "filled": self.health.filled,
                     "problems": self.health.problems, "flaws": self.health.flaws}  # fmt: skip
        return data

    def show(self) -> None:
        """Print it."""
        found = self.found
        inside = f" [{found.sublayer}]" if found.sublayer else ""
        console.say(f"{found.path.name}{inside}")
        console.say("  " + _("taken for: {layer} ({why})", layer=found.layer_id or "–", why=found.why))
        kind, crs = _(found.geometry), found.crs or _("no CRS")
        cells = _("{count} cells, {geometry}, {crs}", count=found.count, geometry=kind, crs=crs)
        features = _("{count} features, {geometry}, {crs}", count=found.count, geometry=kind, crs=crs)
        console.say("  " + (cells if self.cells else features))
        for line in self.cells:
            console.say("  " + line)
        if self.health is None:
            return
        if self.health.bounds:
            console.say("  " + _("bounds: {bounds}", bounds=", ".join(f"{one:.6g}" for one in self.health.bounds)))
        total = max(self.health.features, 1)
        fields = [f"{name} {100 * count / total:.0f}%" for name, count in self.health.filled.items()]
        console.say("  " + _("fields (filled): {fields}", fields=", ".join(fields)))
        for reason, count in self.health.problems.most_common():
            console.say("  " + _("{count} features: {reason}", count=count, reason=reason))


def describe(path: Path) -> list[Description]:
    """Every layer of a file, or of all files of a folder; PathMissing where there is nothing."""
    if not path.exists():
        raise PathMissing(path)
    catalog = Catalog.load()
    folder = path if path.is_dir() and path.suffix.lower() != ".gdb" else path.parent
    files = [found for found in scan(folder, catalog) if path in {folder, found.path}]
    return [Description(found, _health(found), _cells(found)) for found in files]


def _cells(found: Found) -> tuple[str, ...]:
    """Size, cell, nodata value and range of a raster; nothing for other files, and for one that cannot be opened."""
    if found.geometry != "raster":
        return ()
    from qsgis.layers import raster

    try:
        return tuple(raster.describe(found.path))
    except QsgisError as error:
        return (error.why,)


def _health(found: Found) -> Health | None:
    try:
        if format_of(found.path, found.path.stem) != "vector":
            return None
        return inspect(found.path, found.sublayer or None)[0]
    except QsgisError:
        return None  # why it cannot be opened stands in `found` already


@dataclass
class Report:
    """A project's layers as read, and those that could not be."""

    layers: list[ReadLayer] = field(default_factory=list)
    refused: list[QsgisError] = field(default_factory=list)

    @property
    def status(self) -> int:
        """3 where a stop rule hit a layer, 1 where one cannot be read, else 0."""
        return max((error.status for error in self.refused), default=0)

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return {
            "layers": [
                {"layer": one.id, "path": str(one.path), "features": len(one.frame), "crs": one.source_crs,
                 "notes": one.notes, "flaws": one.flaws.to_dict("records")}
                for one in self.layers
            ],
            "refused": [error.parts() for error in self.refused],
        }  # fmt: skip

    def show(self) -> None:
        """Print it."""
        rows = [(one.id, one.path.name, len(one.frame), len(one.flaws), one.source_crs) for one in self.layers]
        console.table([_("layer"), _("file"), _("features"), _("flaws"), "CRS"], rows, right=[2, 3])
        for one in self.layers:
            for note in one.notes:
                console.say(note)
            for flaw in one.flaws.to_dict("records"):
                console.say(f"{one.id} {flaw['feature']}: {flaw['reason']} {flaw['detail']}")
        for error in self.refused:
            console.complain(error)


def examine(project: Project) -> Report:
    """Read every declared layer of a project, as a run would."""
    report = Report()
    loader = Loader(project.home, project.file, project.catalog, project.crs)
    for name in project.file.layers:
        for number in range(len(project.file.sources(name))):
            try:
                report.layers.append(loader.opened((name, number)))
            except QsgisError as error:
                report.refused.append(error)
    return report

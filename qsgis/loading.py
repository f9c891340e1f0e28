"""A project's layers for a run: each file read once, several side by side, and the zones made of them."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from qsgis.analyses.inputs import Inputs, LayerAbsent, Zones
from qsgis.analyses.pieces import once
from qsgis.catalog import Catalog
from qsgis.errors import FileUnreadable, QsgisError, ValueWrong
from qsgis.geometry import overlay
from qsgis.layers.check import some
from qsgis.layers.osm import Extract
from qsgis.layers.read import ReadLayer, read_layer
from qsgis.messages import _
from qsgis.results import ZoneLevel
from qsgis.schema import Layer, LayerSource, Operand, ProjectFile

FAR = 20_000.0  # metres beyond the county's bounds: what lies there is most likely in a wrong place
READERS = 2  # files read side by side
ZONE_LAYERS: dict[ZoneLevel, str] = {"county": "county", "district": "districts", "village": "villages"}
File = tuple[str, int]  # a layer and the number of its file


@dataclass
class Loader:
    """Reads a project's layers when they are asked for, and remembers them, failures too."""

    home: Path
    project: ProjectFile
    catalog: Catalog
    crs: pyproj.CRS
    read: dict[File, ReadLayer | QsgisError] = field(default_factory=dict)
    memory: dict[Hashable, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    _extracts: dict[str, Extract] = field(default_factory=dict)
    _zones: Zones | QsgisError | LayerAbsent | None = None

    def inputs(self, year: int) -> Inputs:
        """What measures work on in a year. Raises where there are no zones."""
        base = self.project.project.base_year
        return Inputs(self.catalog, self.crs, self.zones(), year, base, self.load, self.source_index, self.memory)

    def source_index(self, layer: str, year: int) -> int:
        """Which of the layer's files serves the year: the one of that year, else an undated one."""
        sources = self.project.sources(layer)
        for wanted in (year, None):
            for number, source in enumerate(sources):
                if source.year == wanted:
                    return number
        raise LayerAbsent(layer, year)

    def survey(self, layer: str, year: int) -> int | None:
        """Which land survey the layer's file of a year is of; None where there is no file."""
        try:
            return self.project.sources(layer)[self.source_index(layer, year)].survey
        except LayerAbsent:
            return None

    def years_in(self, layer: str) -> set[int]:
        """The years that the features of a layer's undated files are of; none of a file that cannot be read."""
        found: set[int] = set()
        for number, source in enumerate(self.project.sources(layer)):
            if source.year is None:
                with suppress(QsgisError):  # the analysis itself will say so
                    frame = self.opened((layer, number)).frame
                    found |= {int(year) for year in frame["year"].dropna().unique()} if "year" in frame else set()
        return found

    def load(self, layer: str, year: int) -> ReadLayer:
        """The layer of a year, each file read once; a failure is remembered too."""
        return self.opened((layer, self.source_index(layer, year)))

    def opened(self, file: File) -> ReadLayer:
        """One file of a layer, read once; a failure is remembered too."""
        if file not in self.read:
            self.read[file] = self._read(file)
        found = self.read[file]
        if isinstance(found, QsgisError):
            raise found
        return found

    def read_ahead(self, layers: Iterable[str], *, many: bool = True) -> None:
        """Read the files of layers side by side (GDAL and GEOS work outside Python's lock), the largest first.

        many: whether many analyses follow. Then survey layers are looked through for overlaps at once, which takes as
        long as reading them; a few analyses look through what they select.
        """
        wanted = [name for name in dict.fromkeys(layers) if name not in ZONE_LAYERS.values()]
        files = [(name, number) for name in wanted for number in range(len(self.project.sources(name)))]
        files.sort(key=lambda file: -_size(self.home, self._source(file)))
        try:
            self.zones()
        except (QsgisError, LayerAbsent):
            return  # nothing can be computed; what is wrong is said by each analysis
        self._extracts = self._shared(files)
        with ThreadPoolExecutor(max_workers=READERS) as pool:
            list(pool.map(self._warm if many else self._opened, files))
        self._extracts = {}

    def _shared(self, files: Iterable[File]) -> dict[str, Extract]:
        """Every path with the layers that are read from it: an OpenStreetMap extract is gone through once for all."""
        layers: dict[str, list[tuple[Layer, LayerSource]]] = {}
        for file in files:
            source = self._source(file)
            if source.path is not None:
                layers.setdefault(source.path, []).append((self.catalog.layers[file[0]], source))
        return {path: Extract(self.home / path, some) for path, some in layers.items()}

    def _source(self, file: File) -> LayerSource:
        layer, number = file
        return self.project.sources(layer)[number]

    def _opened(self, file: File) -> None:
        self.read[file] = self._read(file)

    def _warm(self, file: File) -> None:
        layer, year = file[0], self._source(file).year or self.project.project.year
        self._opened(file)
        if self.catalog.layers[layer].balance and not isinstance(self.read[file], QsgisError):
            inputs = self.inputs(year)
            with suppress(QsgisError, LayerAbsent):  # the analyses that need it will say so
                if self.source_index(layer, year) == file[1]:
                    once(inputs.features(Operand(layer=layer)), inputs)

    def _read(self, file: File) -> ReadLayer | QsgisError:
        start, layer, source = time.perf_counter(), file[0], self._source(file)
        extract = self._extracts.get(source.path or "")
        try:
            return self._listed(read_layer(self.catalog.layers[layer], source, self.home, self.crs, extract=extract))
        except QsgisError as error:
            return error
        except Exception as error:  # nothing that a file holds may end the run: the others are still done
            return FileUnreadable(layer, source.path, f"{type(error).__name__}: {error}")
        finally:
            self.seconds[f"read {layer}"] = self.seconds.get(f"read {layer}", 0) + time.perf_counter() - start

    def _listed(self, layer: ReadLayer) -> ReadLayer:
        """The layer, with its features that lie far from the county said and listed: most likely misplaced."""
        if layer.id in ZONE_LAYERS.values() or not isinstance(layer.frame, gpd.GeoDataFrame):
            return layer
        try:
            ground = self.zones().ground("county")
        except (QsgisError, LayerAbsent):
            return layer  # where the county lies is not known; that is said already
        west, south, east, north = shapely.total_bounds(ground)
        box = shapely.bounds(np.asarray(layer.frame.geometry.array, dtype=object))
        near = (
            (box[:, 2] >= west - FAR)
            & (box[:, 0] <= east + FAR)
            & (box[:, 3] >= south - FAR)
            & (box[:, 1] <= north + FAR)
        )
        far = layer.frame["feature"][~near].astype(str).to_list()
        if far:
            text = _("more than {distance:g} km outside the county", distance=FAR / 1000)
            rows = pd.DataFrame({"layer": layer.id, "feature": far, "reason": _("far away"), "detail": text})
            layer.flaws = pd.concat([layer.flaws, rows], ignore_index=True)
            layer.notes.append(
                _("{layer}: {count} features lie {where}; check their coordinates: {features}",
                  layer=layer.id, count=len(far), where=text, features=some(far))
            )  # fmt: skip
        return layer

    def zones(self) -> Zones:
        """The county and its divisions, made once."""
        if self._zones is None:
            try:
                self._zones = self._make_zones()
            except (QsgisError, LayerAbsent) as error:
                self._zones = error
        if isinstance(self._zones, Exception):
            raise self._zones
        return self._zones

    def _make_zones(self) -> Zones:
        year = self.project.project.year
        levels: dict[ZoneLevel, gpd.GeoDataFrame] = {}
        notes: list[str] = []
        for level, layer in ZONE_LAYERS.items():
            try:
                found = self.load(layer, year)
            except LayerAbsent:
                continue
            frame, said = self._zone_frame(found)
            notes += said
            if frame is not None:
                levels[level] = frame
        if "county" not in levels:
            if "district" not in levels:
                raise LayerAbsent("county", year, _("or districts, whose union is taken"))
            notes.append(_("the county is the union of its districts"))
            levels["county"] = self._county_of(shapely.union_all(levels["district"].geometry.array))
        else:
            levels["county"] = self._county_of(shapely.union_all(levels["county"].geometry.array))
        return Zones({level: levels[level] for level in ZONE_LAYERS if level in levels}, tuple(notes))

    def _county_of(self, ground: Any) -> gpd.GeoDataFrame:
        facts = self.project.project
        return gpd.GeoDataFrame({"code": [facts.adcode], "name": [facts.name]}, geometry=[ground], crs=self.crs)

    def _zone_frame(self, layer: ReadLayer) -> tuple[gpd.GeoDataFrame | None, list[str]]:
        """One row a code, sorted, parts of one zone together, and what is odd. None for points (villages may be so).

        Raises ValueWrong where a zone has no code: its ground would be in no zone.
        """
        frame = layer.frame
        if not isinstance(frame, gpd.GeoDataFrame) or not (frame.geom_type.isin(["Polygon", "MultiPolygon"])).all():
            return None, [_("{layer}: points, so there are no figures by its zones", layer=layer.id)]
        bare = frame["feature"][frame["code"].isna()] if "code" in frame and len(frame) > 1 else frame["feature"][:0]
        if len(bare):
            where = f"{layer.path}: {', '.join(bare.astype(str).head(10))}"
            raise ValueWrong(layer.id, where, _("zones without a code"), _("fill in the code of every zone"))
        code = frame["code"] if "code" in frame else pd.Series([self.project.project.adcode] * len(frame))
        name = frame.get("name", code)
        plain = gpd.GeoDataFrame(
            {"code": code.astype(str), "name": name.astype(str)}, geometry=frame.geometry, crs=self.crs
        )
        whole = plain.dissolve("code", aggfunc="first", as_index=False, method="unary")[["code", "name", "geometry"]]
        single, row = overlay.disjoint(whole.geometry.array)  # ground that two zones claim goes to the first code
        said = []
        twice = float(whole.area.sum() - shapely.area(single).sum())
        if twice > 1.0:
            said.append(
                _("{layer}: zones share {area:.2f} m², which goes to the first code", layer=layer.id, area=twice)
            )
        if len(row) < len(whole):
            names = ", ".join(whole["name"].drop(index=row).astype(str).head(10))
            said.append(
                _("{layer}: no ground is left for {names}, which lie inside others", layer=layer.id, names=names)
            )
        alone = whole.iloc[row].set_geometry(gpd.GeoSeries(single, index=row, crs=self.crs)).reset_index(drop=True)
        return alone, said


def _size(home: Path, source: LayerSource) -> int:
    """Bytes of a file, 0 where it is not there or a folder."""
    path = home / source.path if source.path else home
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0  # reading it will say why

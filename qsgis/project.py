"""A planner's folder: project.toml merged with the catalog; open it, run it, make one from a folder of files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from qsgis.catalog import Catalog
from qsgis.definitions import SKIP, parameters
from qsgis.errors import BadDefinition, ProjectNotFound, UnknownId
from qsgis.messages import _
from qsgis.schema import Analysis, LayerSource, ProjectFile, Thresholds
from qsgis.tomlfile import read_toml, validate

if TYPE_CHECKING:
    import pyproj

    from qsgis.results import Results
    from qsgis.run import Say


class Project:
    """A project folder, read and checked. Raises UsageError where project.toml or a definition is wrong."""

    def __init__(self, path: str | Path) -> None:
        place = Path(path)
        self.file_path = place if place.suffix == ".toml" else place / "project.toml"
        self.home = self.file_path.parent
        if not self.file_path.is_file():
            raise ProjectNotFound(place)
        self.file = validate(ProjectFile, read_toml(self.file_path), self.file_path)
        self.catalog = Catalog.load(self.home)
        self._check()
        self.crs = self._analysis_crs()

    def _check(self) -> None:
        for name in self.file.layers:
            self.catalog.get_layer(name, f"{self.file_path}: layers")
            years = [source.year for source in self.file.sources(name)]
            if len(set(years)) < len(years):
                reason = _("two files of the layer serve the same year")
                raise BadDefinition(self.file_path, f"layers.{name}.year", reason, _("a year of its own for each file"))
            for source in self.file.sources(name):
                self._check_source(name, source)
        for name in self.file.overrides:
            self.catalog.get_analysis(name, f"{self.file_path}: overrides")
        self._check_rules()
        self.catalog = replace(self.catalog, analyses=self._with_parameters())

    def _check_rules(self) -> None:
        """The edition is a known one, and so are the listed analyses and the thresholds."""
        for name in self.file.project.only:
            self.catalog.get_analysis(name, f"{self.file_path}: project.only")
            if self.file.analyses.get(name, {}).get(SKIP):
                reason = _("{name} is listed in only, and skipped", name=name)
                raise BadDefinition(self.file_path, f"analyses.{name}.{SKIP}", reason, _("one of the two"))
        editions, edition = self.catalog.rules.editions, self.file.project.edition
        if edition is not None and edition not in editions:
            raise UnknownId(_("edition"), edition, f"{self.file_path}: project.edition", editions)
        validate(Thresholds, self.catalog.rules.verdict.model_dump() | self.file.verdict, self.file_path)

    def _with_parameters(self) -> dict[str, Analysis]:
        """The analyses with this county's parameters."""
        found = dict(self.catalog.analyses)
        for name, changes in self.file.analyses.items():
            analysis = self.catalog.get_analysis(name, f"{self.file_path}: analyses")
            found[name] = parameters(analysis, changes, f"{self.file_path}: analyses.{name}")
        return found

    def _check_source(self, name: str, source: LayerSource) -> None:
        """What project.toml says of a file can be true: its fields, its system, its encoding are known ones."""
        from qsgis.layers.place import crs_named
        from qsgis.layers.shapefile import codec

        known = self.catalog.layers[name].fields
        for field in source.fields:
            if field not in known:
                raise UnknownId(_("field"), field, f"{self.file_path}: layers.{name}.fields", known)
        if source.crs:
            crs_named(source.crs, self.file_path, f"layers.{name}.crs")
        if source.encoding and codec(source.encoding) is None:
            reason = _("no encoding is called {name}", name=source.encoding)
            raise BadDefinition(self.file_path, f"layers.{name}.encoding", reason, "UTF-8, GBK, GB18030")

    def _analysis_crs(self) -> pyproj.CRS:
        """The projected CRS of the analysis: the one that is named, else the 3-degree zone of the county's layers."""
        import pyproj

        named = self.file.project.crs
        if named is None:
            return self._zone_of_county()
        try:
            crs: pyproj.CRS = pyproj.CRS.from_user_input(named)
        except pyproj.exceptions.CRSError as error:
            raise BadDefinition(self.file_path, "project.crs", str(error), '"EPSG:4546"') from error
        if not crs.is_projected:
            reason = _("the analysis needs a projected system (metres), not longitudes and latitudes")
            raise BadDefinition(self.file_path, "project.crs", reason, _("a projected system, for example EPSG:4546"))
        return crs

    def _zone_of_county(self) -> pyproj.CRS:
        from qsgis.layers.county_crs import county_crs

        layers = [name for name in ("county", "districts", "land_use", *self.file.layers) if name in self.file.layers]
        sources = [source for name in layers for source in self.file.sources(name) if source.path]
        found = county_crs((self.home / str(source.path), source.layer) for source in sources)
        if found is None:
            reason = _("it is not named, and no layer says in which zone the county lies")
            raise BadDefinition(self.file_path, "project.crs", reason, _("a projected system, for example EPSG:4546"))
        return found

    def run(self, ids: Iterable[str] | None = None, progress: Say | None = None) -> Results:
        """All analyses, or those of `ids` with what they use."""
        from qsgis.run import run

        return run(self.home, self.file, self.catalog, self.crs, ids, progress)

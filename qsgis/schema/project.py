"""project.toml: a county's files, years, values, overrides and parameters."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from qsgis.messages import _
from qsgis.schema.base import Model


class ProjectFacts(Model):
    """Which county, which years, which coordinate system."""

    name: str
    adcode: str = ""
    crs: str | None = None
    year: int = Field(ge=1990, le=2100)
    base_year: int | None = Field(None, ge=1990, le=2100)
    target_year: int | None = Field(None, ge=1990, le=2100)
    edition: str | None = None  # of the indicator system; not given: every definition
    only: list[str] = []  # the analyses that are run where none is named; empty: those of the edition
    notice: str = ""  # stands on every output, e.g. 示意数据
    notice_en: str | None = None

    @model_validator(mode="after")
    def _in_order(self) -> ProjectFacts:
        if self.base_year is not None and self.base_year > self.year:
            raise ValueError(_("base_year comes after year"))
        if self.target_year is not None and self.target_year <= (self.base_year or self.year - 1):
            raise ValueError(_("target_year does not come after base_year"))
        return self


def _with_slashes(path: str) -> str:
    """A path as every system reads it; an empty one would be the project's folder itself."""
    if not path.strip():
        raise ValueError(_("the path is empty"))
    if any(sign in path for sign in "\t\n\r"):
        raise ValueError(_("the path holds a line break or a tab: write / in paths, or put them in 'single quotes'"))
    return path.replace("\\", "/")


FilePath = Annotated[str, AfterValidator(_with_slashes)]


class LayerSource(Model):
    """A file for a layer. What the file does not say itself (CRS, encoding, field names) may be said here."""

    path: FilePath | None = None
    layer: str | None = None
    year: int | None = None
    survey: Literal[2, 3] = 3
    crs: str | None = None
    encoding: str | None = None
    fields: dict[str, str] = {}
    none: bool = False  # the county has none of these: an empty layer, not a missing one
    datum_shift: bool = False

    @model_validator(mode="after")
    def _somewhere(self) -> LayerSource:
        if (self.path is None) != self.none:
            raise ValueError(_("give either a path, or none = true where the county has none"))
        return self


class ValuesSource(Model):
    """The table of values that departments supplied."""

    path: FilePath
    sheet: str | None = None


class Override(Model):
    """A value overruled by hand."""

    value: float
    year: int
    why: str = Field(min_length=1)
    who: str = Field(min_length=1)


class ProjectFile(Model):
    """project.toml as written."""

    project: ProjectFacts
    layers: dict[str, LayerSource | list[LayerSource]] = {}
    values: ValuesSource | list[ValuesSource] = []
    comparison: ValuesSource | None = None  # figures of other counties
    verdict: dict[str, float] = {}  # thresholds over those of analyses/rules/verdict.toml
    overrides: dict[str, Override] = {}
    analyses: dict[str, dict[str, Any]] = {}

    def sources(self, layer: str) -> list[LayerSource]:
        """The files of a layer; none where it is not declared."""
        found = self.layers.get(layer, [])
        return found if isinstance(found, list) else [found]

    @property
    def value_sources(self) -> list[ValuesSource]:
        """The tables of supplied values."""
        return self.values if isinstance(self.values, list) else [self.values]

"""Definitions as their files have them: read, the project's merged over the built-in ones, parameters put in.

A project's file with a built-in id changes it: its top-level keys replace the built-in ones, and in the tables
`fields`, `select`, `measures`, `parts` its entries replace those of the same name. A file of analyses may hold several
definitions, each an [[analysis]]; what its [common] says holds for those that do not say it themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from qsgis import units
from qsgis.codes import builtin_folder
from qsgis.errors import BadDefinition
from qsgis.messages import _
from qsgis.schema import Analysis, AnalysisFile, Measure, Model, Rules
from qsgis.schema.measure import UNUSED
from qsgis.tomlfile import in_words, read_toml, validate

SKIP = "skip"  # [analyses.ID] skip = true: this county leaves the analysis out
HEADLINE = "headline"  # [analyses.ID] headline = "<part>": this county takes another 口径
_FOLDERS = {"layers": "layers", "analyses": "analyses", "sheets": "maps", "styles": "maps/styles"}
_MERGED_TABLES = ("fields", "select", "second_survey", "estimate", "measures", "parts")
_M = TypeVar("_M", bound=Model)


def load_rules() -> Rules:
    """What holds for all indicators: the files of analyses/rules put together."""
    folder = builtin_folder("analyses") / "rules"
    data: dict[str, Any] = {}
    for path in sorted(folder.glob("*.toml")):
        data |= read_toml(path)
    return validate(Rules, data, folder)


def load_kind(kind: str, model: type[_M], project: Path | None, paths: dict[tuple[str, str], Path]) -> dict[str, _M]:
    """All definitions of one kind: built-in files, then the project's merged over them."""
    folder, _slash, inner = _FOLDERS[kind].partition("/")
    raw: dict[str, dict[str, Any]] = {}
    homes = [builtin_folder(folder) / inner, *([project / folder / inner] if project else [])]
    for home in homes:
        here: set[str] = set()
        for path in sorted(home.glob("*.toml")):
            for name, data in _definitions(path, kind):
                if name in here:
                    other = paths[kind, name]
                    raise BadDefinition(path, "id", _("{name} stands in {path} too", name=name, path=other.name), "–")
                here.add(name)
                raw[name] = _merge(raw[name], data) if name in raw else data
                paths[kind, name] = path
    return {name: validate(model, data, _where(paths[kind, name], name)) for name, data in raw.items()}


def _where(path: Path, name: str) -> Path:
    """The file of a definition, for messages; with the definition's id where it stands among others."""
    return path if path.stem == name else Path(f"{path}: {name}")


def _definitions(path: Path, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """The definitions of a file by id: the one that the file is named for, or those that it lists."""
    data = read_toml(path)
    if kind == "analyses" and "analysis" in data:
        listed = validate(AnalysisFile, data, path)
        for number, item in enumerate(listed.analysis, start=1):
            if not isinstance(item.get("id"), str):
                raise BadDefinition(path, f"analysis.{number}.id", _("this key must be given"), _("a text in quotes"))
        return [(item["id"], {**listed.common, **item}) for item in listed.analysis]
    name = data.setdefault("id", path.stem)
    if name != path.stem:
        raise BadDefinition(path, "id", _("it differs from the file's name"), path.stem)
    return [(name, data)]


def parameters(analysis: Analysis, changes: Mapping[str, Any], where: str) -> Analysis:
    """`analysis` with a project's parameters in every measure that has them; BadDefinition for one that none has."""
    if not isinstance(changes.get(SKIP, False), bool):
        raise BadDefinition(where, SKIP, _("the value is of the wrong kind"), _("true or false"))
    analysis = _other_headline(analysis, changes, where)
    changes = {key: value for key, value in changes.items() if key not in (SKIP, HEADLINE)}
    if not changes:
        return analysis
    fields = {name: set(type(measure).model_fields) for name, measure in analysis.measures.items()}
    allowed = set().union(*fields.values()) - {"method", "of", "demand", "supply", "count", "patches", "areas"}
    for key in changes:
        if key not in allowed:
            raise BadDefinition(
                where, key, _("no measure of this analysis has this parameter"), ", ".join(sorted(allowed))
            )
    adapter: TypeAdapter[Any] = TypeAdapter(Measure)
    measures = {}
    for name, measure in analysis.measures.items():
        own = {key: value for key, value in changes.items() if key in fields[name]}
        limits = {key: None for key in ("metres", "minutes") if key in fields[name]}
        if not any(getattr(measure, key) for key in limits):  # without a limit: the denominator of one that has
            own = {key: value for key, value in own.items() if key not in limits}
        elif limits.keys() & own.keys():
            own = limits | own
        own = {key: value for key, value in UNUSED.get(own.get("mode", ""), {}).items() if key in fields[name]} | own
        try:
            measures[name] = adapter.validate_python(measure.model_dump() | own) if own else measure
        except ValidationError as error:
            problem = error.errors()[0]
            key = ".".join(str(step) for step in problem["loc"][1:]) or name  # the first is the method
            raise BadDefinition(where, key, *in_words(problem)) from error
    return analysis.model_copy(update={"measures": measures})


def _other_headline(analysis: Analysis, changes: Mapping[str, Any], where: str) -> Analysis:
    """The analysis with the part that a project takes as its headline."""
    part = changes.get(HEADLINE)
    if part is None:
        return analysis
    fit = [
        name for name, one in analysis.parts.items() if units.same_dimension(one.unit or analysis.unit, analysis.unit)
    ]
    if part not in fit:
        raise BadDefinition(where, HEADLINE, _("it is no part in the headline's unit"), ", ".join(fit) or "–")
    return analysis.model_copy(update={"headline": part, "prefer": []})


def _merge(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**base, **over}
    for key, other in (("headline", "prefer"), ("prefer", "headline")):  # the one takes the other's place
        if key in over and other not in over:
            merged.pop(other, None)
    for table in _MERGED_TABLES:
        if table in base and table in over:
            merged[table] = {**base[table], **over[table]}
    return merged

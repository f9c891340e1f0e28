"""A TOML file as a model of the schema, or an error that names the file, the key and what is allowed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from qsgis.errors import BadDefinition, BadToml
from qsgis.messages import _
from qsgis.schema import Model

_M = TypeVar("_M", bound=Model)


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file's content; BadToml where it does not parse or is not UTF-8."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadToml(path, str(error)) from error


def validate(model: type[_M], data: Mapping[str, Any], path: Path) -> _M:
    """`data` as a `model`; BadDefinition with file, key and what is allowed for the first thing that is wrong."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _first_problem(error, model, path) from error


def _first_problem(error: ValidationError, model: type[Model], path: Path) -> BadDefinition:
    problem = error.errors()[0]
    key = ".".join(str(step) for step in problem["loc"]) or model.__name__
    reasons = {"extra_forbidden": _("this key is not known"), "missing": _("this key must be given")}
    reason = reasons.get(problem["type"], problem["msg"])
    if problem["type"] == "extra_forbidden":
        allowed = ", ".join(_keys_beside(model, problem["loc"]))
    else:
        context = problem.get("ctx", {})
        allowed = str(context.get("expected") or context.get("expected_tags") or problem["msg"])
    return BadDefinition(path, key, reason, allowed)


def _keys_beside(model: type[Model], location: tuple[int | str, ...]) -> list[str]:
    """The keys that the table around a wrong key may have, from the schema itself."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    tables = [schema]
    for step in location[:-1]:
        tables = [inner for table in tables for inner in _step_into(table, step, definitions)] or tables
    return list(dict.fromkeys(key for table in tables for key in table.get("properties", {})))


def _step_into(table: dict[str, Any], step: int | str, definitions: dict[str, Any]) -> Iterator[dict[str, Any]]:
    inner = table.get("properties", {}).get(str(step)) or table.get("items") or table.get("additionalProperties")
    waiting = [inner] if isinstance(inner, dict) else []
    while waiting:
        schema = waiting.pop()
        waiting += [option for union in ("anyOf", "oneOf", "allOf") for option in schema.get(union, [])]
        if "$ref" in schema:
            waiting.append(definitions[schema["$ref"].rsplit("/", 1)[-1]])
        elif {"properties", "items", "additionalProperties"} & set(schema):
            yield schema

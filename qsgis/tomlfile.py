"""A TOML file as a model of the schema, or an error that names the file, the key and what is allowed."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from qsgis.errors import CONTROLS, BadDefinition, BadToml
from qsgis.messages import _
from qsgis.schema import Model

_M = TypeVar("_M", bound=Model)


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file's content; BadToml where it does not parse, is not UTF-8 or holds control characters."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        reason = _("it is not UTF-8 text (byte {place})", place=error.start + 1)
        raise BadToml(path, reason, _("save it as UTF-8 in your editor")) from error
    except tomllib.TOMLDecodeError as error:
        raise BadToml(path, str(error)) from error
    except (OSError, RecursionError) as error:
        raise BadToml(path, str(error), _("write the file anew")) from error
    for text in _texts(data):
        if CONTROLS.search(text):
            reason = _("a text holds a control character: {text}", text=repr(text))
            raise BadToml(path, reason, _("write / in paths, or put them in 'single quotes'"))
    return data


def _texts(data: object) -> Iterator[str]:
    """Every text of a TOML file, keys too."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for item in data.items() if isinstance(data, dict) else data:
            yield from _texts(list(item) if isinstance(item, tuple) else item)


def validate(model: type[_M], data: Mapping[str, Any], path: Path) -> _M:
    """`data` as a `model`; BadDefinition with file, key and what is allowed for the first thing that is wrong."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _first_problem(error, model, path) from error


def _first_problem(error: ValidationError, model: type[Model], path: Path) -> BadDefinition:
    problem = error.errors()[0]
    if _branch(problem["loc"]) is not None:  # of the forms that a value may have, the one that it came nearest to
        problem = max(error.errors(), key=lambda one: (len(one["loc"]), one["type"] == "extra_forbidden"))
    location = tuple(step for step in problem["loc"] if not _is_branch(step))
    key = ".".join(str(step) for step in location) or _("the entry as a whole")
    reason, allowed = in_words(problem)
    if problem["type"] == "extra_forbidden":
        allowed = ", ".join(_keys_beside(model, location))
    return BadDefinition(path, key, reason, allowed)


def _is_branch(step: int | str) -> bool:
    """Whether a step of a location is pydantic's name for one form of a union, and no key of the file."""
    return isinstance(step, str) and ("[" in step or step in {"str", "LayerSource", "Operand"})


def _branch(location: Iterable[int | str]) -> int | str | None:
    return next((step for step in location if _is_branch(step)), None)


_LIMITS = {"greater_than": ">", "greater_than_equal": "≥", "less_than": "<", "less_than_equal": "≤"}


def in_words(problem: Mapping[str, Any]) -> tuple[str, str]:
    """Why a value is refused, and what is allowed instead, for one of pydantic's problems."""
    kind, context = str(problem["type"]), problem.get("ctx", {})
    expected = context.get("expected") or context.get("expected_tags")
    if expected:
        return _("the value is none of those allowed"), str(expected)
    if kind in _LIMITS:
        return _("the value is out of bounds"), f"{_LIMITS[kind]} {next(iter(context.values())):g}"
    plain = {
        "extra_forbidden": (_("this key is not known"), ""),
        "missing": (_("this key must be given"), _("give it a value")),
        "value_error": (str(context.get("error")), _("an entry that keeps to this rule")),
        "union_tag_not_found": (_("the key that says the kind must be given"), str(context.get("discriminator"))),
        "string_pattern_mismatch": (_("the text has not the form that is due"), str(context.get("pattern"))),
        "too_short": (_("it is empty"), _("one entry or more")),
        "string_too_short": (_("it is empty"), _("one entry or more")),
    }
    wanted = {
        "int": _("a whole number"), "float": _("a number"), "finite": _("a finite number"),
        "string": _("a text in quotes"), "bool": _("true or false"), "list": _("a list in [ ]"),
        "dict": _("a table"), "model": _("a table"),
    }.get(kind.partition("_")[0], str(problem["msg"]))  # fmt: skip
    return plain.get(kind, (_("the value is of the wrong kind"), wanted))


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

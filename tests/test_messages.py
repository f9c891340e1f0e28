"""Every text that a user reads is translated: the Chinese catalog, the calls of `_`, the choice of language."""

from __future__ import annotations

import ast
import gettext
import inspect
import re
import string
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from qsgis import errors, messages, results, schema

PACKAGE = Path(messages.__file__).parent
CHINESE = PACKAGE / "locale" / "zh" / "LC_MESSAGES" / "qsgis.po"
UPDATE = "see docs/translating.md"
HAN = re.compile(r"[\u4e00-\u9fff]")
SENTENCE = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")

# Words that are chosen by what a variable holds: qsgis/locale/words.py names them for the extractor.
VARIABLES = {
    "command.help", "found.geometry", "kind", "level", "measure.count", "measure.mode", "mode", "name",
    "parameter.help", "reason", "one.kind", "row.kind", "row.status", "value", "base.kind", "now.kind",
    "reference.kind",
}  # fmt: skip
WORDS = [
    *get_args(results.Status), *get_args(results.Kind), *results.ZONE_LEVELS, *get_args(schema.Mode),
    *get_args(schema.GeometryKind), *get_args(schema.Reach.model_fields["count"].annotation),
]  # fmt: skip

# Calls whose texts a user reads.
ERRORS = {name for name, found in inspect.getmembers(errors, inspect.isclass) if issubclass(found, errors.QsgisError)}
REFUSALS = {"Wrong", "ExpressionError", "LayerAbsent"}
SPEAKERS = ERRORS | REFUSALS | {"say", "echo", "note", "flaw", "broken", "broken_values"}
COMMANDS = ("pip install ",)  # to be typed as they stand


@cache
def extracted() -> frozenset[str]:
    keywords = dict.fromkeys(("_", "_n"))
    found = extract_from_dir(PACKAGE, [("**.py", "python")], keywords=keywords)
    return frozenset(str(message) for _file, _line, message, *_rest in found)


@cache
def catalog() -> Catalog:
    with CHINESE.open("rb") as file:
        return read_po(file)


def chinese() -> dict[str, str]:
    return {str(message.id): str(message.string) for message in catalog() if message.id}


@cache
def calls() -> list[tuple[str, ast.Call]]:
    """(file:line, call) of the whole package."""
    return [
        (f"{path.relative_to(PACKAGE.parent)}:{node.lineno}", node)
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]


def called(call: ast.Call) -> str:
    """The name of the function, without what stands before it."""
    return ast.unparse(call.func).rpartition(".")[2]


def fields(text: str) -> Counter[tuple[str, str | None, str | None]]:
    """The placeholders of a text: name, format, conversion."""
    return Counter((name, form, how) for _text, name, form, how in string.Formatter().parse(text) if name is not None)


def literals(node: ast.AST) -> Iterator[str]:
    """The strings under `node` that are not translated."""
    if isinstance(node, ast.Call) and called(node) in {"_", "_n"}:
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from literals(child)


# --- the catalog ---


def test_every_text_is_in_the_catalog_and_nothing_else():
    assert len(extracted()) > 400
    assert set(chinese()) == extracted(), UPDATE


def test_every_text_is_translated():
    assert [text for text, translation in chinese().items() if not translation.strip()] == []
    assert [message.id for message in catalog() if message.id and message.fuzzy] == []
    assert not catalog().obsolete


@pytest.mark.parametrize("word", sorted(set(WORDS)))
def test_words_of_variables_are_translated(word):
    assert HAN.search(chinese()[word]), UPDATE


def test_translations_are_chinese_and_use_its_punctuation():
    for text, translation in chinese().items():
        words = re.sub(r"\{[^}]*\}|`[^`]*`", "", text)
        if SENTENCE.search(words):
            assert HAN.search(translation), text
        bare = re.sub(r"`[^`]*`", "", translation)
        assert not re.search(r"[\u4e00-\u9fff][,:;?!()]|[,;?!(][\u4e00-\u9fff]", bare), translation


def test_placeholders_are_the_same():
    for text, translation in chinese().items():
        assert fields(text) == fields(translation), text


def test_there_are_no_plurals():
    assert [message.id for message in catalog() if message.pluralizable] == []
    assert [place for place, call in calls() if called(call) in {"ngettext", "pgettext", "npgettext"}] == []


def test_compiled_catalog_is_that_of_the_po():
    with CHINESE.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert {text: compiled.gettext(text) for text in chinese()} == chinese(), UPDATE
    known = {text for text in compiled._catalog if text}
    assert known == set(chinese()), UPDATE


# --- the calls ---


def test_texts_are_literals():
    """An f-string, a sum or a .format() inside `_` would be looked up after it was filled in, and never found."""
    others = {}
    for place, call in calls():
        if called(call) not in {"_", "_n"} or not isinstance(call.func, ast.Name):
            continue
        text = call.args[0]
        if not (isinstance(text, ast.Constant) and isinstance(text.value, str)):
            others[place] = text
    variables = {
        place: ast.unparse(text) for place, text in others.items() if isinstance(text, ast.Name | ast.Attribute)
    }
    assert {place: ast.unparse(text) for place, text in others.items() if place not in variables} == {}
    new = {place: name for place, name in variables.items() if name not in VARIABLES}
    assert new == {}, "put what it may hold into qsgis/locale/words.py, and the variable into this test"


def test_values_fill_the_placeholders():
    for place, call in calls():
        if called(call) != "_" or not call.args or not isinstance(call.args[0], ast.Constant):
            continue
        given = {word.arg for word in call.keywords}
        wanted = {name for name, _form, _how in fields(call.args[0].value)}
        assert given == wanted or (not given and not any(map(str.isidentifier, wanted))), place


def test_what_users_read_goes_through_the_catalog():
    missed = []
    for place, call in calls():
        speaks = called(call) in SPEAKERS or ("errors.py" in place and called(call) == "__init__")
        helps = [word.value for word in call.keywords if word.arg in {"help", "short_help", "epilog"}]
        for part in [*call.args, *(word.value for word in call.keywords)] if speaks else helps:
            missed += [
                (place, text) for text in literals(part) if SENTENCE.search(text) and not text.startswith(COMMANDS)
            ]
    assert missed == []


# --- the language ---


def test_language_is_chosen():
    assert messages.language() == "zh"
    assert messages._("not_applicable") == "不适用"
    assert messages._("field {field}", field="DLBM") == "字段 DLBM"
    assert messages.choose("生态保护红线", "ecological red line") == "生态保护红线"
    messages.set_language("en")
    assert messages._("not_applicable") == "not_applicable"
    assert messages._("field {field}", field="DLBM") == "field DLBM"
    assert messages.choose("生态保护红线", "ecological red line") == "ecological red line"
    assert messages.choose("生态保护红线", None) == "生态保护红线"


def test_unknown_language_is_refused_and_changes_nothing():
    with pytest.raises(ValueError, match="fr"):
        messages.set_language("fr")
    assert messages.language() == "zh"


def test_text_that_is_not_in_the_catalog_stays():
    assert messages._("no such text") == "no such text"
    assert messages._("") == ""

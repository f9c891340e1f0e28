"""Every error class says what, where, why and what to do, in both languages, and has the contract's exit status."""

from __future__ import annotations

import inspect

import pytest

from qsgis import errors, messages

SAMPLES = {
    "layer": "land_use",
    "path": "data/sandiao.gpkg",
    "reason": "a reason",
    "key": "project.crz",
    "allowed": "crs, name",
    "kind": "layer",
    "name": "lanuse",
    "where": "project.toml",
    "known": ["land_use", "roads"],
    "expression": "a ÷ b",
    "do": "what to do",
    "members": ["a", "b", "a"],
    "unit": "平方里",
    "wanted": "DLTB",
    "holds": ["XZQ", "CJDCQ"],
    "bounds": "1, 2, 3, 4",
    "crs": "Beijing 1954",
    "accuracy": "20 m",
    "field": "class",
    "aliases": ["DLBM"],
    "found": "points",
    "analysis": "生态保护红线面积",
    "purpose": "an OSM extract",
    "package": "osmium",
    "extra": "osm",
    "share": 0.9,
    "said": 3,
    "other": 2,
}
BASES = {errors.QsgisError: None, errors.UsageError: 2, errors.LayerRefused: 3, errors.ReadError: 1}
CLASSES = [
    found
    for _name, found in inspect.getmembers(errors, inspect.isclass)
    if issubclass(found, errors.QsgisError) and found not in BASES
]


def build(error: type[errors.QsgisError]) -> errors.QsgisError:
    arguments = [name for name in inspect.signature(error.__init__).parameters if name != "self"]
    return error(**{name: SAMPLES.get(name, name) for name in arguments})


@pytest.mark.parametrize("language", messages.LANGUAGES)
@pytest.mark.parametrize("error", CLASSES, ids=lambda found: found.__name__)
def test_four_parts(error: type[errors.QsgisError], language: str, capsys: pytest.CaptureFixture[str]) -> None:
    messages.set_language(language)
    made = build(error)
    print(f"{error.__name__} (exit status {made.status})\n{made}\n")
    parts = made.parts()
    assert len(parts) == 4
    assert all(text.strip() and "{" not in text for text in parts.values())
    assert str(made).splitlines()[0] == made.what
    assert all(text.splitlines()[0] in capsys.readouterr().out or text in str(made) for text in parts.values())


@pytest.mark.parametrize("error", CLASSES, ids=lambda found: found.__name__)
def test_chinese_is_translated(error: type[errors.QsgisError]) -> None:
    messages.set_language("en")
    english = build(error)
    messages.set_language("zh")
    chinese = build(error)
    assert chinese.what != english.what, "the message has no Chinese translation"


def test_exit_statuses() -> None:
    for error in CLASSES:
        base = next((found for found in BASES if found is not errors.QsgisError and issubclass(error, found)), None)
        assert error.status == (BASES[base] if base else 1)

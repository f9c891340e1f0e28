"""The closed language: what it takes, what it refuses, and its units."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsgis.expressions import Expression, ExpressionError, unit_problem


@pytest.mark.parametrize(
    ("text", "values", "result"),
    [
        ("a", {"a": 3.0}, 3.0),
        ("a + b × 2", {"a": 1.0, "b": 4.0}, 9.0),
        ("(a + b) ÷ 2", {"a": 1.0, "b": 4.0}, 2.5),
        ("（a − b） ÷ −1", {"a": 1.0, "b": 4.0}, 3.0),
        ("a / b - 1", {"a": 6.0, "b": 4.0}, 0.5),
    ],
)
def test_arithmetic(text: str, values: dict[str, float], result: float) -> None:
    assert Expression(text).evaluate(values) == result


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a b",
        "a.b",
        "f(a)",
        "__import__('os')",
        "a ** b",
        "a if b else c",
        "[a]",
        "'a'",
        "a; b",
        "lambda: 1",
        "a := 1",
        "a[0]",
        "True",
        "not a",
        "a < b",
        "1j",
        "(" * 500 + "a" + ")" * 500,
        "a and b",
        "{a}",
        "a\n+b; c",
        "a @ b",
        "a // b",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        Expression(text)


@given(st.text(max_size=30))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        found = Expression(text)
    except ExpressionError:
        return
    assert all(name.isidentifier() for name in found.names)


def test_names() -> None:
    assert Expression("all − new + 0 × all").names == {"all", "new"}


@pytest.mark.parametrize(
    ("text", "target", "fits"),
    [
        ("area", "平方千米", True),
        ("area ÷ people", "平方米/人", True),
        ("area ÷ people", "%", False),
        ("area + people", "平方米", False),
        ("1 − area ÷ zone", "%", True),
        ("area × 2", "万亩", True),
        ("line ÷ area", "千米/平方千米", True),
        ("line", "平方米", False),
    ],
)
def test_units(text: str, target: str, fits: bool) -> None:
    units = {"area": "平方米", "zone": "公顷", "people": "人", "line": "米"}
    expression = Expression(text)
    problem = unit_problem(expression, {name: units[name] for name in expression.names}, target)
    assert (problem is None) is fits

"""The one closed language of definitions: names, numbers, + − × ÷ and brackets. No call, no attribute, no Python.

>>> expression = Expression("reached ÷ total")
>>> sorted(expression.names)
['reached', 'total']
>>> expression.evaluate({"reached": 3.0, "total": 4.0})
0.75
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from qsgis.messages import _

_SIGNS = str.maketrans({"×": "*", "÷": "/", "−": "-", "＋": "+", "（": "(", "）": ")"})
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class ExpressionError(ValueError):
    """The text is not an expression of this language; the message says why."""


class Expression:
    """A parsed expression. Raises ExpressionError where the text holds anything but the closed language."""

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self._tree = ast.parse(text.translate(_SIGNS).strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise ExpressionError(_("it cannot be parsed")) from error
        self.names = frozenset(_check(self._tree))

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """The value for `values` (numbers, arrays or pint quantities by name); KeyError for a name without one."""
        return _evaluate(self._tree, values)


def _check(node: ast.AST) -> set[str]:
    """The names under `node`; raises at the first thing the language does not have."""
    match node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _check(left) | _check(right)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _check(operand)
        case ast.Name(id=name):
            return {name}
        case ast.Constant(value=value) if type(value) in (int, float):
            return set()
    raise ExpressionError(_("only names, numbers, + − × ÷ and brackets are allowed"))


def _evaluate(node: ast.AST, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            return _BINARY[type(op)](_evaluate(left, values), _evaluate(right, values))
        case ast.UnaryOp(operand=operand):
            return -_evaluate(operand, values)
        case ast.Name(id=name):
            return values[name]
        case ast.Constant(value=value):
            return value
    raise AssertionError(node)


def unit_problem(expression: Expression, units: Mapping[str, str], target: str) -> str | None:
    """Why the expression's unit does not fit `target`, or None. `units` gives each name's unit."""
    import pint

    from qsgis.units import name_of, quantity, registry

    sample = {name: quantity(unit) for name, unit in units.items()}
    try:
        found = registry().Quantity(1) * expression.evaluate(sample)
    except pint.DimensionalityError as error:
        sides = [name_of(registry().Quantity(1, unit)) for unit in (error.units1, error.units2)]
        return _("it adds what has different units: {left} and {right}", left=sides[0], right=sides[1])
    except ZeroDivisionError:
        return None  # a − a in a denominator of the sample: no statement about units
    if found.dimensionality != quantity(target).dimensionality:
        return _("its unit is {found}, which cannot become {target}", found=name_of(found), target=target)
    return None

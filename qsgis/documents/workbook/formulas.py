"""A definition's expression → a formula over the cells that show its figures, with the units converted.

The expression is evaluated as it always is, with formulas in the place of numbers.

>>> from qsgis.expressions import Expression
>>> cells = {"beds": Formula.of_cell("F12", 50.0, "张"), "people": Formula.of_cell("F13", 2.0, "千人")}
>>> found = Expression("beds ÷ people").evaluate(cells)
>>> found.excel("张/千人"), found.number("张/千人")
('=IF(F13=0,"",F12/F13)', 25.0)
"""

from __future__ import annotations

from dataclasses import dataclass

from qsgis import units

_SUM, _PRODUCT, _WHOLE = 1, 2, 3  # how tightly a text holds together


@dataclass(frozen=True)
class Formula:
    """A figure in base units: `factor` × what `text` gives. value: its number, in base units.

    divisors: what must not be 0. holds: how tightly the text holds together, for brackets.
    """

    text: str
    factor: float
    value: float
    holds: int = _WHOLE
    divisors: tuple[str, ...] = ()
    cells: frozenset[str] = frozenset()

    @classmethod
    def of_cell(cls, address: str, value: float, unit: str) -> Formula:
        """The figure that a cell shows in `unit`."""
        factor = float(units.quantity(unit).to_base_units().magnitude)
        return cls(address, factor, value * factor, cells=frozenset([address]))

    def excel(self, unit: str) -> str:
        """The formula that gives the figure in `unit`; empty text where a divisor is 0 or empty."""
        scaled = self._times(self.factor / float(units.quantity(unit).to_base_units().magnitude))
        tests = [f"{divisor}=0" for divisor in dict.fromkeys(self.divisors)]
        if not tests:
            return f"={scaled.text}"
        condition = tests[0] if len(tests) == 1 else f"OR({','.join(tests)})"
        return f'=IF({condition},"",{scaled.text})'

    def number(self, unit: str) -> float:
        """What the formula gives in `unit`."""
        return self.value / float(units.quantity(unit).to_base_units().magnitude)

    # --- the four operations ---

    def __add__(self, other: Formula | float) -> Formula:
        return self._sum(_formula(other), "+")

    def __radd__(self, other: float) -> Formula:
        return _formula(other) + self

    def __sub__(self, other: Formula | float) -> Formula:
        return self._sum(_formula(other), "-")

    def __rsub__(self, other: float) -> Formula:
        return _formula(other) - self

    def __neg__(self) -> Formula:
        return self._joined(self, f"-{self._held(_WHOLE)}", self.factor, -self.value, _SUM)

    def __mul__(self, other: Formula | float) -> Formula:
        other = _formula(other)
        text = f"{self._held(_PRODUCT)}*{other._held(_WHOLE)}"
        return self._joined(other, text, self.factor * other.factor, self.value * other.value, _PRODUCT)

    def __rmul__(self, other: float) -> Formula:
        return _formula(other) * self

    def __truediv__(self, other: Formula | float) -> Formula:
        other = _formula(other)
        text = f"{self._held(_PRODUCT)}/{other._held(_WHOLE)}"
        value = self.value / other.value if other.value else float("nan")
        found = self._joined(other, text, self.factor / other.factor, value, _PRODUCT)
        tested = (*found.divisors, other._held(_WHOLE)) if other.cells else found.divisors
        return Formula(found.text, found.factor, found.value, found.holds, tested, found.cells)

    def __rtruediv__(self, other: float) -> Formula:
        return _formula(other) / self

    # --- text ---

    def _sum(self, other: Formula, sign: str) -> Formula:
        right = other._times(other.factor / self.factor)
        text = f"{self.text}{sign}{right._held(_SUM if sign == '+' else _PRODUCT)}"
        value = self.value + other.value if sign == "+" else self.value - other.value
        return self._joined(other, text, self.factor, value, _SUM)

    def _times(self, factor: float) -> Formula:
        """The text multiplied by a plain number, written the way that makes the number at least 1."""
        factor = float(f"{factor:.12g}")
        if factor == 1:
            return self
        sign, written = ("*", factor) if factor > 1 else ("/", float(f"{1 / factor:.12g}"))
        text = f"{self._held(_PRODUCT)}{sign}{written:.12g}"
        return Formula(text, self.factor / factor, self.value, _PRODUCT, self.divisors, self.cells)

    def _held(self, wanted: int) -> str:
        return self.text if self.holds >= wanted else f"({self.text})"

    def _joined(self, other: Formula, text: str, factor: float, value: float, holds: int) -> Formula:
        return Formula(text, factor, value, holds, self.divisors + other.divisors, self.cells | other.cells)


def _formula(value: Formula | float) -> Formula:
    if isinstance(value, Formula):
        return value
    return Formula(f"{value:.12g}", 1.0, float(value), _WHOLE if value >= 0 else _SUM)

"""Expressions as formulas: units, brackets, divisors. What a formula must be is written by hand."""

from __future__ import annotations

import pytest

from qsgis.documents.workbook.cells import number_format, shortened, width_of
from qsgis.documents.workbook.formulas import Formula
from qsgis.expressions import Expression

CELLS = {
    "a": Formula.of_cell("A1", 6.0, "公顷"),
    "b": Formula.of_cell("B1", 2.0, "公顷"),
    "c": Formula.of_cell("C1", 3.0, "平方千米"),
    "n": Formula.of_cell("D1", 5.0, "万人"),
    "p": Formula.of_cell("E1", 25.0, "%"),
}


@pytest.mark.parametrize(
    ("text", "unit", "formula", "number"),
    [
        ("a + b", "公顷", "=A1+B1", 8),
        ("a - b - b", "平方米", "=(A1-B1-B1)*10000", 20000),
        ("a - (b - a)", "公顷", "=A1-(B1-A1)", 10),
        ("a + c", "公顷", "=A1+C1*100", 306),
        ("c + a", "平方千米", "=C1+A1/100", 3.06),
        ("a ÷ n", "平方米/人", '=IF(D1=0,"",A1/D1)', 1.2),
        ("a ÷ (b + c)", "%", '=IF((B1+C1*100)=0,"",A1/(B1+C1*100)*100)', 6 / 302 * 100),
        ("a ÷ b ÷ (a ÷ b)", "1", '=IF(OR(B1=0,(A1/B1)=0),"",A1/B1/(A1/B1))', 1),
        ("(1 - p) × a", "公顷", "=(1-E1/100)*A1", 4.5),
        ("-a + b", "公顷", "=-A1+B1", -4),
        ("a - -b", "公顷", "=A1-(-B1)", 8),
        ("2 × a ÷ 3", "公顷", "=2*A1/3", 4),
        ("1 ÷ (a ÷ b)", "1", '=IF(OR(B1=0,(A1/B1)=0),"",1/(A1/B1))', 1 / 3),
    ],
)
def test_expression_becomes_a_formula(text, unit, formula, number):
    found = Expression(text).evaluate(CELLS)
    assert found.excel(unit) == formula
    assert found.number(unit) == pytest.approx(number, rel=1e-12)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([3.0, 12.0], "#,##0_)"),
        ([0.25, 1.5], "#,##0.0000_)"),
        ([0.25, 150.0], "#,##0.00_)"),
        ([12.5, 1200.0], "#,##0.00_)"),
        ([203512.4], "#,##0_)"),
        ([], "#,##0_)"),
    ],
)
def test_numbers_get_the_decimals_they_need(numbers, expected):
    assert number_format(numbers) == expected


def test_signed_numbers_and_words_around_them():
    assert number_format([1.5], signed=True) == "+#,##0.00_);-#,##0.00_);#,##0.00_)"
    assert number_format([1.5], "约 ", "（2025）") == '"约 "#,##0.00"（2025）"_)'


def test_what_is_left_out_of_a_text_is_said():
    assert shortened("短", 10, "…") == "短"
    assert shortened("一二三四五六七八", 11, "…全文") == "一二…全文"  # the mark is 6 wide, 5 are left
    assert width_of("一a") == 3

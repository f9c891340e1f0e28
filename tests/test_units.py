"""Units against the definitions of the legal units: 1 亩 = 2000/3 m², 1 公顷 = 15 亩, 1 万人 = 10,000 人 …"""

from __future__ import annotations

import pint
import pytest

from qsgis import units


@pytest.mark.parametrize(
    ("source", "target", "factor"),
    [
        ("公顷", "平方米", 10_000),
        ("平方千米", "公顷", 100),
        ("公顷", "亩", 15),
        ("万亩", "平方千米", 20 / 3),
        ("平方千米", "万亩", 0.15),
        ("万人", "人", 10_000),
        ("亿元", "万元", 10_000),
        ("1", "%", 100),
        ("‰", "%", 0.1),
        ("千米", "米", 1000),
        ("公里", "千米", 1),
        ("张/千人", "张/人", 0.001),
        ("万人/平方千米", "人/公顷", 100),
        ("千米/百平方千米", "千米/平方千米", 0.01),
        ("亿元/平方千米", "万元/公顷", 100),
        ("小时", "分钟", 60),
        ("%", "1", 0.01),
        ("万元/人", "元/人", 10_000),
        ("平方米/人", "平方米/万人", 10_000),
    ],
)
def test_factor(source: str, target: str, factor: float) -> None:
    assert units.factor(source, target) == pytest.approx(factor, rel=1e-12)
    assert units.factor(target, source) == pytest.approx(1 / factor, rel=1e-12)


@pytest.mark.parametrize(
    ("source", "target"), [("人", "平方米"), ("元", "人"), ("平方米/人", "%"), ("亿元", "亿美元"), ("人", "人次")]
)
def test_never_mixed(source: str, target: str) -> None:
    assert not units.same_dimension(source, target)
    with pytest.raises(pint.DimensionalityError):
        units.factor(source, target)


def test_every_unit_resolves() -> None:
    for name in units.UNITS:
        assert units.quantity(name).magnitude > 0


@pytest.mark.parametrize("name", ["平方里", "", "人/", "/人", "a/b/c", "m²"])
def test_unknown(name: str) -> None:
    assert not units.known(name)

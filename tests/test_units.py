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
        ("亩", "平方千米", 1 / 1500),
        ("万亩", "公顷", 10_000 / 15),
        ("千公顷", "万亩", 1.5),
        ("万元/亩", "元/平方米", 15),
        ("亿元", "元", 1e8),
        ("万美元", "亿美元", 1e-4),
        ("千克标煤/万元", "吨标煤/万元", 0.001),
        ("件/十万人", "件/万人", 0.1),
        ("人/万人", "人/十万人", 10),
        ("班/千人", "班/万人", 10),
        ("人次", "万人次", 1e-4),
        ("万立方米", "亿立方米", 1e-4),
        ("立方米/元", "立方米/万元", 1e4),
        ("公顷/亿元", "平方米/万元", 1),
        ("万吨", "吨", 10_000),
        ("厘米", "毫米", 10),
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


STANDARD = [  # every unit of the indicators
    "%", "‰", "1", "万亩", "万人", "万人/平方千米", "万人次", "万元/人", "万吨", "万平方米", "万立方米", "个",
    "个/万人", "人/十万人", "亿元", "亿元/平方千米", "亿立方米", "亿美元", "件", "件/万人", "元/平方米", "公顷",
    "分钟", "千米", "千米/平方千米", "千米/百平方千米", "吨标煤/万元", "处", "处/十万人", "天", "套",
    "平方千米", "平方米/万元", "平方米/人", "张/千人", "所", "栋", "次", "毫米", "班/万人", "种", "立方米/万元",
    "立方米/人", "米", "米/人",
]  # fmt: skip
SPELLINGS = {
    "千米": "公里 km ＫＭ Ｋｍ （公里） (km) [km]",
    "平方千米": "平方公里 km² ㎢ km2 KM2 km^2",
    "平方米": "㎡ m² M2 平米",
    "公顷": "hm² ha HA ㏊",
    "亩": "市亩",
    "万平方米": "万㎡ 万m2 万平米",
    "万立方米": "万m³ 万㎥",
    "亿立方米": "亿立方 亿m3",
    "%": "％ 百分比",
    "‰": "千分比",
    "1": "倍 无量纲",
    "万人": "万名 10000人 1万人",
    "十万人": "10万人 100000人",
    "万元": "10000元 万元人民币",
    "亿美元": "亿USD",
    "万吨": "万t",
    "吨标煤": "吨标准煤 tce",
    "栋": "幢",
    "天": "日",
    "毫米": "mm ㎜",
    "千米/平方千米": "公里/平方公里 km/km² km/㎢",
    "千米/百平方千米": "公里／百平方公里 km/100km² 千米/100平方千米",
    "万人/平方千米": "万人／km² 万人/平方公里",
    "件/万人": "件每万人 件/1万人",
    "人/十万人": "人/10万人 人每十万人",
    "张/千人": "床/千人 张/1000人",
    "班/万人": "个班/万人",
    "吨标煤/万元": "吨标准煤/万元 tce/万元",
    "立方米/万元": "m³/万元",
    "平方米/万元": "㎡/万元",
    "亿元/平方千米": "亿元/km²",
    "元/平方米": "元/㎡ 元/平米",
    "立方米/人": "m³/人",
    "平方米/人": "㎡/人",
    "米/人": "m/人",
    "千米/时": "km/h 公里/小时 千米/小时",
}


@pytest.mark.parametrize("name", STANDARD)
def test_a_unit_of_the_standard_is_its_own_name(name: str) -> None:
    assert units.known(name)
    assert units.canonical(name) == name


@pytest.mark.parametrize(
    ("written", "name"), [(word, name) for name, words in SPELLINGS.items() for word in words.split()]
)
def test_a_spelling_has_one_name(written: str, name: str) -> None:
    assert units.canonical(written) == name


@pytest.mark.parametrize(
    "written", ["平方里", "", " ", "/", "人/", "/人", "每人", "人/人/人", "万", "100", "分", "约", "m4"]
)
def test_no_unit_is_guessed(written: str) -> None:
    assert units.canonical(written) is None


def test_spellings_are_closed() -> None:
    """Each leads to a unit of the table, found as written; none is a unit that measures something else."""
    for written, name in units.spellings().items():
        assert name in units.UNITS
        assert units.canonical(written) == name
        if written in units.UNITS:
            assert units.factor(written, name) == 1
    assert set(units.UNITS) - set(units.spellings().values()) == {"公里", "平方公里"}


def test_every_unit_has_words_in_english() -> None:
    assert set(units.SYMBOLS) == set(units.UNITS)
    assert units.symbol("万人/平方千米") == "10,000 people per km²"


def test_no_spelling_stands_under_two_units() -> None:
    listed = [word for words in units.OTHER_SPELLINGS.values() for word in words]
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize("name", ["平方里", "", "人/", "/人", "a/b/c", "m²"])
def test_unknown(name: str) -> None:
    assert not units.known(name)

"""A county of a few figures, each worked out by hand, with everything that the workbook must show."""

from __future__ import annotations

from typing import Any

from qsgis.catalog import Catalog
from qsgis.results import Peer, Progress, Question, Result, Results, Value
from qsgis.schema import Analysis, ProjectFile

FACTS = {
    "name": "手工县",
    "year": 2019,
    "base_year": 2015,
    "target_year": 2035,
    "notice": "示意数据",
}
TOWNS = {"140521100": "龙港镇", "140521101": "中村镇", "140521102": "=1+1"}
LAND = {"method": "area", "of": [{"layer": "land_use"}]}


def definition(name: str, unit: str, **more: Any) -> Analysis:
    facts = {"id": name, "name": name, "dimension": "安全", "theme": "水安全", "better": "higher", "unit": unit}
    return Analysis.model_validate({**facts, **more})


def part(text: str, unit: str | None = None, name: str = "") -> dict[str, Any]:
    return {"name": name or text, "value": text, "unit": unit}


DEFINITIONS = [
    definition(
        "beds_rate", "张/千人", dimension="共享", theme="宜居", aspect=["支撑系统"], tier="基本",
        headline="beds ÷ elderly", measures={"beds": LAND, "elderly": LAND},
        parts={"beds": part("beds", "张"), "elderly": part("elderly", "人")},
    ),
    definition(
        "built", "平方千米", theme="生态安全", aspect=["底线管控", "空间布局"], better="lower", headline="all",
        measures={"all": LAND, "new": LAND, "gone": LAND},
        parts={
            "new": part("new", name="=HYPERLINK(1)"), "stock": part("all - new"), "net": part("all - gone"),
        },
    ),
    definition("water", "亿立方米", better="ceiling"),
    definition("people", "万人", dimension="协调", theme="城乡融合", better="context"),
    definition("water_each", "立方米/人", better="lower", uses=["water", "people"], headline="water ÷ people"),
    definition(
        "covered", "%", dimension="共享", theme="宜居", headline="1 - open ÷ total",
        measures={"open": LAND, "total": LAND},
        parts={"open": part("open", "公顷"), "total": part("total", "平方千米")},
    ),
    definition("overruled", "公顷", headline="a + b", measures={"a": LAND, "b": LAND},
               parts={"a": part("a", "公顷"), "b": part("b", "亩")}),
    definition("lacking", "%"),
    definition("gdp", "亿元", kind="figure", better="context"),
    definition("account", "公顷", kind="account", better="context", headline="field + forest",
               measures={"field": LAND, "forest": LAND}, parts={"field": part("field"), "forest": part("forest")}),
]  # fmt: skip
# (analysis, part, unit, value by year); 2.5 − 0.3 = 2.2; 1365 ÷ 39 thousand = 35; 0.4 × 10⁸ ÷ 200 000 = 200;
# 1 − 50 ha ÷ 2 km² = 75 %; 15 mu = 1 ha, so 2 + 1 = 3, overruled as 4.
FIGURES: list[tuple[str, str, str, dict[int, float]]] = [
    ("beds_rate", "", "张/千人", {2015: 30.0, 2017: 32.0, 2019: 35.0}),
    ("beds_rate", "beds", "张", {2015: 900.0, 2019: 1365.0}),
    ("beds_rate", "elderly", "人", {2015: 30000.0, 2019: 39000.0}),
    ("built", "", "平方千米", {2015: 2.6, 2019: 2.5}),
    ("built", "new", "平方千米", {2019: 0.3}),
    ("built", "stock", "平方千米", {2019: 2.2}),
    ("built", "net", "平方千米", {2019: 2.4}),
    ("water_each", "", "立方米/人", {2019: 200.0}),
    ("covered", "", "%", {2019: 75.0}),
    ("covered", "open", "公顷", {2019: 50.0}),
    ("covered", "total", "平方千米", {2019: 2.0}),
    ("overruled", "", "公顷", {2019: 3.0}),
    ("overruled", "a", "公顷", {2019: 2.0}),
    ("overruled", "b", "亩", {2019: 15.0}),
    ("account", "", "公顷", {2015: 100.0, 2019: 101.0}),
    ("account", "field", "公顷", {2015: 60.0, 2019: 58.0}),
    ("account", "forest", "公顷", {2015: 40.0, 2019: 42.0}),
]
REPORTED = {"water": {2019: 0.4}, "people": {2019: 20.0}, "gdp": {2019: 240.3}, "beds_rate": {2019: 34.0}}


def value(indicator: str, amount: float | None, unit: str, **more: Any) -> Value:
    facts: dict[str, Any] = {
        "part": "", "name": indicator, "dimension": "安全", "kind": "computed", "year": 2019, "zone_level": "county",
        "zone_code": "", "zone_name": "手工县", "status": "ok", "method": "手算", "source": "图层", "note": "",
    }  # fmt: skip
    return Value(**{**facts, "indicator": indicator, "value": amount, "unit": unit, **more})


def progress(indicator: str, unit: str, **more: Any) -> Progress:
    facts: dict[str, Any] = {
        "name": indicator, "dimension": "安全", "zone_level": "county", "zone_code": "", "zone_name": "手工县",
        "better": "higher", "base_year": 2015, "base": None, "year": 2019, "value": None, "change": None,
        "change_share": None, "annual_change": None, "annual_rate": None, "target_year": 2035, "target": None,
        "rate": None, "time": 20.0, "outlook_linear": None, "outlook_compound": None, "verdict": "", "status": "ok",
        "note": "",
    }  # fmt: skip
    return Progress(**{**facts, "indicator": indicator, "unit": unit, **more})


def rows() -> list[Value]:
    units = {one.id: one.unit for one in DEFINITIONS}
    names = {(one.id, key): found.name for one in DEFINITIONS for key, found in one.parts.items()}
    found = [
        value(name, amount, unit, part=key, year=year, name=names.get((name, key), name),
              status="estimated" if name == "covered" else "ok")
        for name, key, unit, by_year in FIGURES for year, amount in by_year.items()
    ]  # fmt: skip
    found += [
        value(name, amount, units[name], year=year, kind="reported", source="统计局")
        for name, by_year in REPORTED.items()
        for year, amount in by_year.items()
    ]
    found += [
        value("overruled", 4.0, "公顷", kind="override", source="张三", note="张三：复核后为 4 公顷"),
        value("lacking", None, "%", kind="reported", status="missing", note="@需要"),
        value("beds_rate", 45.0, "张/千人", year=2035, kind="target"),
        value("built", 2.0, "平方千米", year=2025, kind="target"),
        value("water", 0.5, "亿立方米", year=2035, kind="target"),
    ]
    for code, amount in zip(TOWNS, (1.0, None, 0.5), strict=True):
        status = "ok" if amount is not None else "not_applicable"
        place = {"zone_level": "district", "zone_code": code, "zone_name": TOWNS[code], "status": status}
        found.append(value("built", amount, "平方千米", **place))
    return found


def make() -> Results:
    by_id = {
        one.id: Result(one.id, one.label, [row for row in rows() if row.indicator == one.id]) for one in DEFINITIONS
    }
    rules = Catalog.load().rules
    return Results(
        catalog=Catalog({}, {one.id: one for one in DEFINITIONS}, {}, {}, rules, {}),
        project=ProjectFile.model_validate({"project": FACTS}),
        by_id=by_id,
        zones={},
        inputs={},
        notices=["示意数据"],
        progress=[
            progress("beds_rate", "张/千人", base=30.0, value=35.0, change=5.0, annual_change=1.25, target=45.0,
                     rate=33.3333333333, verdict="close"),
            progress("built", "平方千米", better="lower", base=2.6, value=2.5, change=-0.1, annual_change=-0.025,
                     target_year=2025, target=2.0, rate=16.6666666667, time=40.0, verdict="behind"),
            progress("water", "亿立方米", better="ceiling", value=0.4, target=0.5, rate=100.0, verdict="met",
                     note="没有基期年数值"),
        ],
        questions=[Question("v.xlsx", "水务局", "C7", "water", "2018", "相差十倍", "=4", "4 亿立方米", "0.4 亿立方米")],
        peers=[
            Peer("甲县", "built", 2019, 3.5, "年鉴"), Peer("乙县", "built", 2019, 1.5, "年鉴"),
            Peer("甲县", "people", 2019, 30.0, "年鉴"),
        ],
        record={},
        writer=lambda _results, _path: None,
    )  # fmt: skip

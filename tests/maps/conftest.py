"""A county of 12 km × 8 km drawn by hand: four townships, eight villages, square parcels, two analyses, two sheets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from qsgis.catalog import Catalog
from qsgis.results import Result, Results, Value
from qsgis.schema import Analysis, Layer, ProjectFile, Rules, Sheet, Style

CRS = "EPSG:4546"
EAST, NORTH = 600_000.0, 3_930_000.0
NASTY = '<img src=x onerror="window.hacked=1"></script>{{ 7*7 }}'
TOWNS = ["龙港镇", "中村镇", "郑庄镇", "端氏镇"]


def box(x: float, y: float, width: float, height: float) -> Any:
    return shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def frame(geometry: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)


def zones() -> dict[str, gpd.GeoDataFrame]:
    towns = [box(6000 * (n % 2), 4000 * (n // 2), 6000, 4000) for n in range(4)]
    villages = [box(6000 * (n % 2) + 3000 * half, 4000 * (n // 2), 3000, 4000) for n in range(4) for half in (0, 1)]
    codes = [f"14052110{n}" for n in range(4)]
    return {
        "county": frame([box(0, 0, 12000, 8000)], code=["140521"], name=["沁水县"]),
        "district": frame(towns, code=codes, name=TOWNS),
        "village": frame(
            villages, code=[f"{code}00{n}" for code in codes for n in (1, 2)], name=[f"村{n}" for n in range(8)]
        ),
    }


def land_use() -> gpd.GeoDataFrame:
    """48 × 32 squares of 250 m: a valley of farmland and villages with a river, forest on both sides."""
    squares, classes = [], []
    for column in range(48):
        for row in range(32):
            away = abs(row - 16 - 4 * np.sin(column / 7))
            squares.append(box(250 * column, 250 * row, 250, 250))
            classes.append(
                "1101" if away < 1 else "0702" if away < 3 and column % 5 < 2 else "0103" if away < 6 else "0301"
            )
    number = [str(n) for n in range(len(squares))]
    return frame(squares, id=number, **{"class": classes}, area=[62500.0] * len(squares))


def value(indicator: str, amount: float | None, **over: Any) -> Value:
    facts: dict[str, Any] = {
        "part": "", "name": "指标", "dimension": "安全", "kind": "computed", "year": 2019, "zone_level": "county",
        "zone_code": "", "zone_name": "沁水县", "unit": "平方千米", "status": "ok",
        "method": "area", "source": "手工", "note": "",
    }  # fmt: skip
    return Value(**{**facts, "indicator": indicator, "value": amount, **over})


def encroachment() -> Result:
    patches = frame(
        [box(1000, 1000, 500, 400), box(1500, 1000, 500, 400), box(7000, 5000, 1000, 1000), box(9000, 1000, 200, 200)],
        id=["00012", "00013", "00014", "00015"],
        **{"class": ["0702", "0702", "0601", "0809"]},
        class_name=["农村宅基地", "农村宅基地", "工业用地", NASTY],
        district_code=["140521100", "140521100", "140521103", "140521101"],
        district_name=[TOWNS[0], TOWNS[0], TOWNS[3], TOWNS[1]],
        area_m2=[200_000.0, 200_000.0, 1_000_000.0, 40_000.0],
    )
    town = [
        value("red_line_encroachment", amount, zone_level="district", zone_code=f"14052110{n}", zone_name=TOWNS[n])
        for n, amount in enumerate([0.4, 0.04, None, 1.0])
    ]
    rows = [
        value("red_line_encroachment", 1.44),
        value("red_line_encroachment", 1.4, kind="override", note="按复核"),
        value("red_line_encroachment", 1.2, year=2015),
        value("red_line_encroachment", 1.0, year=2035, kind="target"),
        value("red_line_encroachment", 0.2, part="new", name="新增"),
        *town,
    ]
    return Result("red_line_encroachment", "红线内城乡建设用地", rows, {"all": patches, "none": patches.iloc[:0]})


def coverage() -> Result:
    homes = [box(2000 + 400 * n, 3000, 300, 300) for n in range(6)]
    minutes = [1.0, 5.0, 5.1, 9.0, None, None]
    people = [10, 20, 30, 40, 50, 60]
    homes_frame = frame(homes, id=[f"0{n}" for n in range(6)], people=people, minutes=minutes, area_m2=[90_000.0] * 6)
    places = [shapely.Point(EAST + 2100, NORTH + 2900), box(4000, 2500, 200, 200)]
    facilities = frame(places, id=["1", "2"], name=["日间照料中心", "养老院"], kind=["社区", "机构"])
    lines = [
        shapely.LineString([(EAST + 2000 + 200 * n, NORTH + 2950), (EAST + 2200 + 200 * n, NORTH + 2950)])
        for n in range(9)
    ]
    streets = frame(lines, minutes=[2.0 * n for n in range(9)])
    rows = [value("elderly_care_coverage", 63.4, unit="%", dimension="共享", status="estimated", note="直线代替路网")]
    layers = {"homes": homes_frame, "facilities": facilities, "streets": streets}
    return Result("elderly_care_coverage", "养老设施覆盖率", rows, layers)


def catalog() -> Catalog:
    field = {"name": "地类编码", "codes": "land_use_3"}
    layers = [
        Layer(id="land_use", name="地类图斑", geometry=["polygon"], restricted=True, fields={"class": field}),
        Layer(
            id="ecological_red_line",
            name="生态保护红线",
            geometry=["polygon"],
            fields={"name": {"name": "名称"}},
            style="red_line",
        ),
        Layer(id="roads", name="道路", geometry=["line"], fields={"class": {"name": "道路等级"}}, style="roads"),
        Layer(id="county", name="县", geometry=["polygon"]),
        Layer(id="districts", name="乡镇", geometry=["polygon"]),
        Layer(id="villages", name="行政村", geometry=["polygon"]),
    ]
    measure = {"method": "area", "of": [{"layer": "land_use"}, {"layer": "ecological_red_line"}]}
    encroached = Analysis(
        id="red_line_encroachment", name="红线内城乡建设用地", name_en="Construction in the red line", dimension="安全",
        unit="平方千米", better="lower", headline="all", measures={"all": measure, "none": measure},
        parts={"new": {"name": "新增", "value": "all"}},
    )  # fmt: skip
    reach = {
        "method": "reach",
        "demand": {"layer": "roads"},
        "supply": [{"layer": "roads"}],
        "mode": "walk",
        "minutes": 5,
    }
    covered = Analysis(
        id="elderly_care_coverage", name="养老设施覆盖率", name_en="Elderly care", dimension="共享", unit="%",
        better="higher",
        headline="homes", measures={"homes": reach},
    )  # fmt: skip
    failed = Analysis(
        id="greenway_length", name="绿道长度", dimension="绿色", unit="千米", better="higher", headline="1"
    )
    styles = [
        Style(
            id="red_line", name="红线", kind="categorised", field="name",
            classes=[{"value": "红线", "name": "生态红线", "fill": "#7fbf7b"}],
        ),
        Style(
            id="patches", name="占用", kind="categorised", field="class", fill_opacity=0.9, palette=["#123456"],
            classes=[
                {"value": "0702", "name": "宅基地", "name_en": "homesteads", "fill": "#d7301f"},
                {"value": "0601", "name": "工业", "fill": "#7a0177"},
                {"value": "0101", "name": "水田", "fill": "#ffff00"},
            ],
        ),
        Style(
            id="minutes", name="时间", kind="graduated", field="minutes",
            classes=[
                {"upto": 5, "fill": "#2b8a6e"}, {"upto": 8, "fill": "#f3dd8e"},
                {"fill": "#cf5a3c", "name": "8 分钟以上"},
            ],
        ),
        Style(id="roads", name="道路", kind="categorised", field="class", stroke="#aa8844", stroke_width=2),
    ]  # fmt: skip
    sheets = [
        Sheet(
            id="red_line", title="生态保护红线实施分析图", title_en="Red line", order=1,
            indicators=["red_line_encroachment", "greenway_length"],
            layers=[
                {"layer": "ecological_red_line"},
                {"layer": "all", "analysis": "red_line_encroachment", "style": "patches", "name": "红线内建设用地"},
                {"layer": "none", "analysis": "red_line_encroachment"},
                {"layer": "all", "analysis": "greenway_length"},
            ],
            context=["roads", "districts"], note="说明 " + NASTY,
        ),
        Sheet(
            id="elderly", title="养老设施覆盖图", order=2, indicators=["elderly_care_coverage"],
            layers=[
                {"layer": "homes", "analysis": "elderly_care_coverage", "style": "minutes"},
                {"layer": "streets", "analysis": "elderly_care_coverage", "shown": False},
                {"layer": "facilities", "analysis": "elderly_care_coverage"},
            ],
            context=["districts"],
        ),
        Sheet(id="borders", title="行政区划图", order=9, layers=[{"layer": "districts"}]),
        Sheet(id="greenways", title="绿道图", order=3, layers=[{"layer": "all", "analysis": "greenway_length"}]),
    ]  # fmt: skip
    return Catalog(
        layers={item.id: item for item in layers},
        analyses={item.id: item for item in (encroached, covered, failed)},
        sheets={item.id: item for item in sheets},
        styles={item.id: item for item in styles},
        rules=Rules.model_validate(
            {"editions": {}, "contents": {}, "verdict": {"on_pace": 80, "near_target": 95, "worse": 1}}
        ),
        paths={},
    )


@pytest.fixture
def results() -> Results:
    return make()


def make() -> Results:
    from qsgis.errors import AnalysisFailed

    failure = AnalysisFailed("绿道长度", "greenways", "no layer", "add it")
    found = [encroachment(), coverage(), Result("greenway_length", "绿道长度", failure=failure)]
    outer = box(500, 500, 9500, 6500).difference(box(4000, 3000, 500, 500))
    roads = [shapely.LineString([(EAST, NORTH + 4000), (EAST + 12000, NORTH + 4100)])] * 2
    facts = {
        "name": "沁水县",
        "year": 2019,
        "base_year": 2015,
        "target_year": 2035,
        "notice": "示意数据",
        "notice_en": "Demo",
    }
    return Results(
        catalog=catalog(),
        project=ProjectFile.model_validate({"project": facts}),
        by_id={result.id: result for result in found},
        zones=zones(),
        inputs={
            "land_use": land_use(),
            "ecological_red_line": frame([outer], name=["红线"]),
            "roads": frame(roads, **{"class": ["国道", None]}),
        },
        notices=["示意数据"],
        progress=[],
        questions=[],
        peers=[],
        record={"flaws": [{"layer": "roads", "feature": "0017", "reason": "repaired", "detail": "自交"}]},
        writer=lambda _results, _path: None,
    )


@pytest.fixture(scope="session")
def geopackage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results as a GeoPackage, made once: tests only read it."""
    from qsgis.maps import geopackage

    path = tmp_path_factory.mktemp("geopackage") / "results.gpkg"
    geopackage.write(make(), path)
    return path

"""A whole county of 6 km × 3 km, drawn so that every figure of it can be worked out on paper.

    y                                                                                        村 = village
 3000 ┌──────────────────────────────┬──────────────┬──────────────┬──────────────┬─────────┐
      │ H 0301                       │ L 0305       │ R 0702       │ S 0201K      │ W 0101  │
 2500 │                              │              ├──────────────┴──────────────┤         │
 2000 ├──────────────────────────────┤──────────────┤ Q 0301              四村    ├─────────┤
      │ G 0102              一村     │ K 0201  二村 │                             │ V 09    │
 1500 │                              │              ├─────────────────────────────┤─────────┤
 1100 ├──────────────┬───────────────┤              │ P 1101              三村    │ U 1106  │
      │ W1 0301      │ W2 0307       │              │                             │   五村  │
 1000 ├──────────────┼───────┬───────┼──────────────┼──────────────┬──────────────┤─────────┤
      │ D 08H2       │ E 0810│ F 0809│ J 0601       │ M 0103       │ O 0602       │ T 0404  │
  530 ├─ C1 ─ R1 ─ C2 ─ R2 ─ C3 ─────┤              │              │              │         │
  500 ├──────────────┬───────────────┼──────────────┤              ├──────────────┤         │
      │ A 05H1       │ B 0601        │ I 0702       │              │ N 0702       │         │
    0 └──────────────┴───────────────┴──────────────┴──────────────┴──────────────┴─────────┘
      0             1000            2000           3000           4000           5000     6000  x

甲镇 is 一村 and 二村 (9 km²), 乙乡 三村 and 四村 (6 km²), 丙乡 五村 (3 km², where nobody lives). The town (202, 2 km²,
the urban area as well) fills the lower left corner; I, J, N, R are village ground (203), O is a mine (204), V special
(205). In 2015 F and J were still fields. T lacks its upper right hectare, which belongs to no parcel. Dwellings of the
town are two strips of 20 cells (30 m × 30 m) along the main street y = 515; nearly all walks run along it.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from rasterio.transform import from_origin

from qsgis.results import Results
from tests.handmade import CRS, EAST, NORTH, box, frame, line, parcels, point, run, values_book, write_project

TOWNSHIPS = {"甲镇": "140521100", "乙乡": "140521101", "丙乡": "140521102"}
VILLAGES = ["140521100001", "140521100002", "140521101001", "140521101002", "140521102001"]
URBAN = (0, 0, 2000, 1000)

# name: (x, y, width, height), class, settlement, TBDLMJ: less than the ground where field ridges were taken off
PARCELS: dict[str, tuple[tuple[float, float, float, float], str, str, float]] = {
    "A": ((0, 0, 1000, 500), "05H1", "202", 500_000),
    "B": ((1000, 0, 1000, 500), "0601", "202", 500_000),
    "C1": ((0, 500, 300, 30), "1004", "202", 9_000),
    "R1": ((300, 500, 600, 30), "0701", "202", 18_000),
    "C2": ((900, 500, 300, 30), "1004", "202", 9_000),
    "R2": ((1200, 500, 600, 30), "0701", "202", 18_000),
    "C3": ((1800, 500, 200, 30), "1004", "202", 6_000),
    "D": ((0, 530, 1000, 470), "08H2", "202", 470_000),
    "E": ((1000, 530, 500, 470), "0810", "202", 235_000),
    "F": ((1500, 530, 500, 470), "0809", "202", 235_000),
    "W1": ((0, 1000, 1000, 100), "0301", "", 100_000),
    "W2": ((1000, 1000, 1000, 100), "0307", "", 100_000),
    "G": ((0, 1100, 2000, 900), "0102", "", 1_710_000),
    "H": ((0, 2000, 2000, 1000), "0301", "", 2_000_000),
    "I": ((2000, 0, 1000, 500), "0702", "203", 500_000),
    "J": ((2000, 500, 1000, 500), "0601", "203", 500_000),
    "K": ((2000, 1000, 1000, 1000), "0201", "", 1_000_000),
    "L": ((2000, 2000, 1000, 1000), "0305", "", 1_000_000),
    "M": ((3000, 0, 1000, 1000), "0103", "", 900_000),
    "N": ((4000, 0, 1000, 500), "0702", "203", 500_000),
    "O": ((4000, 500, 1000, 500), "0602", "204", 500_000),
    "P": ((3000, 1000, 2000, 500), "1101", "", 1_000_000),
    "Q": ((3000, 1500, 2000, 1000), "0301", "", 2_000_000),
    "R": ((3000, 2500, 1000, 500), "0702", "203", 500_000),
    "S": ((4000, 2500, 1000, 500), "0201K", "", 500_000),
    "T": ((5000, 0, 1000, 1000), "0404", "", 990_000),
    "U": ((5000, 1000, 1000, 500), "1106", "", 500_000),
    "V": ((5000, 1500, 1000, 500), "09", "205", 500_000),
    "W": ((5000, 2000, 1000, 1000), "0101", "", 990_000),
}
FIELDS_OF_2015 = {"F": ("0103", "", 235_000.0), "J": ("0103", "", 465_000.0)}
SLOPE_GRADES = {"G": "2", "M": "1", "W": "5"}  # of the fields (GDPDJB)
GAP = (5900, 900, 100, 100)  # of T: in no parcel

# 二调 has no settlement code: the town is a parcel's class
SECOND_SURVEY = {
    "A": "202", "B": "202", "C1": "202", "R1": "202", "C2": "202", "R2": "202", "C3": "202", "D": "202", "E": "202",
    "F": "013", "W1": "031", "W2": "033", "G": "012", "H": "031", "I": "203", "J": "013", "K": "021", "L": "032",
    "M": "013", "N": "203", "O": "204", "P": "111", "Q": "031", "R": "203", "S": "021", "T": "043", "U": "116",
    "V": "205", "W": "011",
}  # fmt: skip


def land(
    changes: dict[str, tuple[str, str, float]] | None = None, more: list[tuple[Any, str, str, float]] | None = None
) -> gpd.GeoDataFrame:
    """The parcels of 2019; changes: parcel -> class, settlement, TBDLMJ; more: parcels besides."""
    rows: list[tuple[Any, str, str, float]] = []
    for name, (place, *facts) in PARCELS.items():
        code, settlement, area = (changes or {}).get(name, cast("tuple[str, str, float]", facts))
        rows.append((box(*place, holes=[GAP] if name == "T" else None), code, settlement, float(area)))
    found = parcels(rows + (more or []))
    found["GDPDJB"] = pd.Series([SLOPE_GRADES.get(name) for name in PARCELS] + [None] * len(more or []), dtype=object)
    return found


def elevation(path: Path) -> None:
    """500 m, and from x = 5500 a plane that rises by 30°, in cells of 100 m."""
    x = np.arange(-150.0, 6200, 100)
    heights = np.tile(500 + np.maximum(x - 5450, 0) * np.tan(np.radians(30)), (34, 1)).astype("float32")
    at = from_origin(EAST - 200, NORTH + 3200, 100, 100)
    facts = {"width": len(x), "height": 34, "count": 1, "dtype": "float32", "crs": CRS, "transform": at}
    with rasterio.open(path, "w", driver="GTiff", **facts) as file:
        file.write(heights, 1)


def land_of_second_survey() -> gpd.GeoDataFrame:
    """The parcels of 2015 by the codes of the second survey."""
    areas = {name: FIELDS_OF_2015[name][2] if name in FIELDS_OF_2015 else PARCELS[name][3] for name in PARCELS}
    return land({name: (code, "", areas[name]) for name, code in SECOND_SURVEY.items()}).drop(columns="CZCSXM")


def people(*by_village: tuple[int, int, int]) -> pd.DataFrame:
    """Residents, urban residents and those aged 60 and over, village by village."""
    resident, urban, elderly = zip(*by_village, strict=True)
    return pd.DataFrame(
        {"XZQDM": VILLAGES, "常住人口": resident, "城镇人口": urban, "60岁及以上人口": elderly},
    )


PEOPLE = [(9000, 9000, 1800), (5000, 1000, 1000), (4000, 0, 800), (2000, 0, 400), (0, 0, 0)]
PEOPLE_2015 = [(7000, 7000, 1400), (7000, 1000, 1000), (4000, 0, 500), (2000, 0, 300), (0, 0, 0)]


def roads() -> gpd.GeoDataFrame:
    """Streets of the town every 500 m, a county road along y = 515, township roads to all villages but one.

    四村 hangs on a village road that winds for 13 450 m: 40 minutes at 20 km/h.
    """
    winding = [(3100, 515), (3100, 1600)]
    for number, y in enumerate(range(1600, 2200, 100)):
        ends = (4900, 3100) if number % 2 == 0 else (3100, 4900)
        winding += [(ends[1], y), (ends[0], y)]
    winding += [(3100, 2250), (4000, 2250)]
    rows = [
        ("主干路", line((0, 515), (2000, 515))),
        ("次干路", line((1000, 0), (1000, 1000))),
        ("支路", line((500, 0), (500, 1000))),
        ("支路", line((1500, 0), (1500, 1000))),
        ("支路", line((0, 750), (2000, 750))),
        ("支路", line((0, 765), (2000, 765))),  # its other carriageway
        ("县道", line((2000, 515), (6000, 515))),
        ("乡道", line((1000, 1000), (1000, 1500))),
        ("乡道", line((2500, 515), (2500, 1500))),
        ("乡道", line((4000, 515), (4000, 750))),
        ("乡道", line((5500, 515), (5500, 1500))),
        ("村道", line(*winding)),
        ("高速公路", line((0, 2900), (1800, 2900))),
        ("高速公路", line((0, 2930), (1800, 2930))),  # the other carriageway
    ]
    return frame([geometry for _class, geometry in rows], 等级=[name for name, _geometry in rows])


def points(*spots: tuple[float, float], **columns: list[Any]) -> gpd.GeoDataFrame:
    """Facilities, each with a name."""
    return frame([point(*spot) for spot in spots], 名称=[f"点{n}" for n in range(1, len(spots) + 1)], **columns)


def boxes(*places: tuple[float, float, float, float], **columns: list[Any]) -> gpd.GeoDataFrame:
    """Rectangles, each with a name."""
    return frame([box(*place) for place in places], 名称=[f"块{n}" for n in range(1, len(places) + 1)], **columns)


def hospitals(first: tuple[float, float] = (2600, 515)) -> gpd.GeoDataFrame:
    return points(first, (3500, 515), 等级=["二级", "一级"], 层级=["县级", "乡镇级"], 床位数=[100, 40])


MARKETS = [(300, 515), (2400, 515)]


def levees(third: str = "未达标") -> gpd.GeoDataFrame:
    lines = [line((3000, 1100), (3400, 1100)), line((3400, 1100), (3600, 1100)), line((3600, 1100), (4000, 1100))]
    return frame(lines, 名称=["甲堤", "乙堤", "丙堤"], 达标情况=["达标", "达标", third])


def layers() -> dict[str, Any]:
    """Everything that the county's bureaus handed over."""
    townships = [box(0, 0, 3000, 3000), box(3000, 0, 2000, 3000), box(5000, 0, 1000, 3000)]
    villages = [
        box(0, 0, 2000, 3000), box(2000, 0, 1000, 3000), box(3000, 0, 2000, 1500), box(3000, 1500, 2000, 1500),
        box(5000, 0, 1000, 3000),
    ]  # fmt: skip
    return {
        "districts": frame(townships, XZQDM=list(TOWNSHIPS.values()), XZQMC=list(TOWNSHIPS)),
        "villages": frame(villages, ZLDWDM=VILLAGES, ZLDWMC=["一村", "二村", "三村", "四村", "五村"]),
        "land_use": {2015: land(FIELDS_OF_2015), 2019: land()},
        "population": {2015: people(*PEOPLE_2015), 2019: people(*PEOPLE)},
        "urban_area": frame([box(*URBAN)]),
        "urban_boundary": frame(
            [box(0, 0, 2000, 1000), box(2000, 0, 500, 1000)], GHFQMC=["城镇集中建设区", "城镇弹性发展区"]
        ),
        # on J: a strip of the farmland, a square of the red line; temporary land over the lower half of a square
        # beside that one, and over I, which is no new construction
        "approved_unbuilt": boxes((2000, 500, 100, 500), (2800, 500, 200, 200)),
        "temporary_land": boxes((2100, 500, 50, 500), (2800, 600, 200, 200), (2800, 100, 200, 100)),
        "ecological_red_line": boxes((2800, 0, 200, 1500), (4800, 0, 200, 1000), (3000, 1500, 2000, 1000)),
        "permanent_farmland": frame(
            [box(0, 1100, 800, 500), box(2000, 500, 500, 500), box(4000, 2500, 500, 500), box(2000, 1000, 500, 200)],
            YJJBNTMJ=[380_000.0, 200_000.0, 250_000.0, 100_000.0],
        ),
        "high_standard_farmland": boxes((0, 1100, 1000, 500), (3000, 0, 400, 1000)),
        "restoration_areas": boxes(
            (0, 2000, 1000, 400), (3000, 1500, 500, 400), (5000, 0, 500, 200),
            年度=[2017, 2019, 2019], 类型=["矿山生态修复", "矿山生态修复", "河道整治"],
        ),
        "renewal_areas": boxes((0, 0, 500, 200), (500, 0, 500, 400), 年度=[2016, 2019]),
        "land_supply": boxes(
            (0, 0, 300, 200), (1000, 0, 200, 200), (1500, 0, 100, 100),
            年度=[2019, 2019, 2018], 是否存量=["存量", "新增", "存量"],
        ),
        "historic_districts": boxes((100, 100, 200, 100)),
        "heritage_sites": boxes((200, 100, 200, 100)),
        "city_purple_line": boxes((100, 300, 100, 100)),
        "impervious": boxes((0, 0, 1000, 1000), (2000, 0, 1000, 100)),
        "waterlogging_points": points((100, 100), (200, 100), (1900, 900), (2500, 100)),
        "buildings": boxes((100, 300, 100, 100), (300, 300, 50, 200), (2100, 100, 100, 100), 层数=[2, 6, 1]),
        "underground": boxes((100, 100, 100, 100), (2100, 100, 100, 100), MJ=[18_000.0, 5_000.0]),
        "geohazard_points": points((3200, 1700), (3400, 1700), (100, 2500), 治理情况=["已治理", "未治理", "已治理"]),
        "geohazard_zones": boxes(
            (4500, 0, 500, 1000), (4000, 0, 500, 100), (0, 0, 500, 500), 易发程度=["高易发", "低易发", "不易发"]
        ),
        "flood_storage": boxes((2000, 0, 1000, 100)),
        "levees": levees(),
        "utility_tunnels": frame([line((100, 50), (900, 50)), line((100, 51), (500, 51))]),
        "railways": frame([line((0, 2700), (2700, 2700)), line((0, 2705), (2700, 2705))]),
        "rail_stations": None,
        "roads": roads(),
        "greenways": frame(
            [
                line((200, 200), (1800, 200)), line((200, 201), (700, 201)), line((1800, 300), (2200, 300)),
                line((2300, 200), (2600, 200)),
            ]
        ),
        "shelters": boxes((500, 700, 100, 200), (1900, 100, 200, 100), 有效面积=[14_000.0, 8_000.0]),
        "parks": boxes((1000, 540, 500, 460), (310, 535, 15, 20)),
        "hospitals": hospitals(),
        "elderly_care": points((900, 515), (3500, 515), 类型=["社区", "机构"], 床位数=[50, 150]),
        "markets": points(*MARKETS),
        "clinics": points((0, 515)),
        "primary_schools": points((1000, 715)),
        "middle_schools": points((1500, 115)),
        "culture": points((1000, 515)),
        "sports": points((600, 515)),
        "football_pitches": points((2000, 515)),
        "fire_stations": points((1000, 515)),
        "kindergartens": points((600, 515), (3500, 515), 班数=[9, 3]),
        "cultural_venues": points((100, 600), (200, 600), (3500, 600)),
        "cafes": points((100, 700), (200, 700), (300, 700), (3500, 700)),
        "commute_od": pd.DataFrame(
            {
                "居住地": [VILLAGES[0], VILLAGES[1], VILLAGES[2]],
                "就业地": [VILLAGES[0]] * 3,
                "人数": [1000, 500, 500],
                "时长": [20, 50, 60],
            }
        ),
    }  # fmt: skip


# indicator, year, value, unit, kind
VALUES: list[tuple[Any, ...]] = [
    ("resident_population", 2015, 1.6, "万人", "reported", "", "统计局"),
    ("resident_population", 2019, 2.1, "万人", "reported", "", "统计局"),
    ("water_use", 2015, 0.04, "亿立方米", "reported", "", "水务局"),
    ("water_use", 2019, 420, "万立方米", "reported", "", "水务局"),
    ("gdp", 2015, 8, "亿元"),
    ("gdp", 2019, 100_000, "万元"),
    ("industrial_value_added", 2015, 1.5, "亿元"),
    ("industrial_value_added", 2019, 2, "亿元"),
    ("forest_coverage", 2015, 25, "%"),
    ("forest_coverage", 2019, 30, "%"),
    ("green_travel_share", 2015, 40, "%"),
    ("green_travel_share", 2019, 44, "%"),
    ("energy_per_gdp", 2015, 0.5, "吨标煤/万元"),
    ("energy_per_gdp", 2019, 0.6, "吨标煤/万元"),
    ("universities", 2015, 0, "所"),
    ("universities", 2019, 1, "所"),
    ("high_tech_growth", 2015, -4, "%"),
    ("high_tech_growth", 2019, -1, "%"),
    ("rural_tap_water_rate", 2015, 95, "%"),
    ("rural_tap_water_rate", 2019, 97, "%"),
    ("patents_per_10k", 2019, 4, "件/万人"),
    ("urbanisation_rate", 2025, 55, "%", "target"),  # on the way to that of 2035
    ("cultivated_land", 2035, 1500, "亩", "target", TOWNSHIPS["乙乡"]),
]
TARGETS: dict[str, float] = {  # of 2035, in the indicator's unit
    "urbanisation_rate": 70, "green_travel_share": 80, "water_use_per_capita": 210, "energy_per_gdp": 0.4,
    "cultivated_land": 0.5, "permanent_farmland_area": 0.15, "construction_land_area": 6,
    "urban_rural_construction_area": 3.9, "resident_population": 2.5, "universities": 2, "high_tech_growth": 8,
    "rural_tap_water_rate": 95, "patents_per_10k": 10, "income_ratio": 2, "forest_coverage": 40,
}  # fmt: skip


def write_county(
    home: Path,
    *,
    values: list[tuple[Any, ...]] | None = VALUES,
    extra: str = "",
    facts: str = "",
    said: dict[str, str] | None = None,
    **other: Any,
) -> Path:
    """The county's project: 2015 and 2019, targets of 2035.

    values: what departments reported (None: nothing, and no targets). other: layers in the place of those of `layers`;
    one given as ... is not handed over.
    """
    chosen = {name: found for name, found in (layers() | other).items() if found is not ...}
    home.mkdir(parents=True, exist_ok=True)
    elevation(home / "DEM.tif")
    extra = '[layers.elevation]\npath = "DEM.tif"\n' + extra
    text = extra
    if values is not None:
        targets = [(name, 2035, number, "", "target") for name, number in TARGETS.items()]
        values_book(home / "values.xlsx", [*values, *targets])
        text = '[values]\npath = "values.xlsx"\n' + extra
    return write_project(home, chosen, extra=text, base_year=2015, facts="target_year = 2035\n" + facts, said=said)


@cache
def whole() -> Results:
    """Everything of the county as it is, computed once for all tests of a process."""
    with tempfile.TemporaryDirectory() as folder:
        return run(write_county(Path(folder)))

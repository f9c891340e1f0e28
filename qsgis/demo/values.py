"""The table of values that departments would supply: what was reported for past years, and the plan's targets."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

BASE_YEAR, YEAR, TARGET_YEAR = 2015, 2019, 2035
_TARGETS = (
    ("elderly_care_coverage", 80.0, "%"),
    ("market_coverage", 90.0, "%"),
    ("commute_45_coverage", 92.0, "%"),
    ("shelter_area_per_capita", 2.5, "平方米/人"),
    ("greenway_length", 30.0, "千米"),
    ("red_line_encroachment", 2.0, "平方千米"),
    ("resident_population", 21.0, "万人"),
)


def table(layers: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Columns indicator, year, value, unit, kind, zone_code, source, note; targets of areas follow the made layers."""
    residents = float(layers["population"]["常住人口"].sum()) / 1e4
    parcels = layers["land_use"]
    arable = float(parcels.loc[parcels["DLBM"].str.startswith("01"), "TBDLMJ"].sum()) * 15 / 1e8
    farmland = float(layers["permanent_farmland"]["YJJBNTMJ"].sum()) * 15 / 1e8
    red = float(layers["ecological_red_line"]["MJ"].sum()) / 1e6
    bureau, statistics = "自然资源局（示意）", "统计局（示意）"
    rows = [
        ("resident_population", BASE_YEAR, round(residents * 1.015, 2), "万人", "reported", statistics, "统计年鉴"),
        ("resident_population", YEAR, round(residents * 1.001, 2), "万人", "reported", statistics, "统计年鉴"),
        ("elderly_care_coverage", BASE_YEAR, 41.0, "%", "reported", "民政局（示意）", ""),
        ("market_coverage", BASE_YEAR, 52.0, "%", "reported", "市场监管局（示意）", ""),
        ("commute_45_coverage", BASE_YEAR, 80.5, "%", "reported", "交通局（示意）", ""),
        ("greenway_length", BASE_YEAR, 6.2, "千米", "reported", "住建局（示意）", ""),
        ("greenway_length", YEAR, 13.5, "千米", "reported", "住建局（示意）", "部门口径"),
        ("shelter_area_per_capita", BASE_YEAR, 1.2, "平方米/人", "reported", "住建局（示意）", ""),
        ("cultivated_land", TARGET_YEAR, round(arable * 0.97, 2), "万亩", "target", bureau, "规划目标"),
        ("permanent_farmland_area", TARGET_YEAR, round(farmland * 0.98, 2), "万亩", "target", bureau, "规划目标"),
        ("ecological_red_line_area", TARGET_YEAR, round(red * 0.99, 1), "平方千米", "target", bureau, "规划目标"),
        *((name, TARGET_YEAR, value, unit, "target", bureau, "规划目标") for name, value, unit in _TARGETS),
    ]
    frame = pd.DataFrame(rows, columns=["indicator", "year", "value", "unit", "kind", "source", "note"])
    frame.insert(5, "zone_code", "")
    return frame

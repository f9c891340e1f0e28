"""The tables that departments would supply: reported values of past years, the plan's targets, neighbouring counties.

The constants stand in data/values.csv and data/neighbours.csv, a row an indicator and a column a year or county; what
follows from the made layers is worked out here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd
import shapely

from qsgis.demo.landuse import construction

BASE_YEAR, YEAR, TARGET_YEAR = 2015, 2019, 2035
COLUMNS = ["indicator", "year", "value", "unit", "kind", "zone_code", "source", "note"]
_DATA = Path(__file__).parent / "data"
_BUREAU, _STATISTICS, _FORESTRY, _CIVIL = (f"{name}局（示意）" for name in ("自然资源", "统计", "林业", "民政"))
_WET = ["0303", "0304", "0306", "0402", "1105", "1106", "1108"]
_SETTLED = ["201", "201A", "202", "202A", "203", "203A"]

_Row: TypeAlias = tuple[str, int, float, str, str, str]  # indicator, year, value, unit, source, note


def table(layers: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Columns indicator, year, value, unit, kind (reported or target), zone_code, source, note; a row a value."""
    wide = pd.read_csv(_DATA / "values.csv", dtype={"note": str}).fillna({"note": ""})
    years = [column for column in wide.columns if column.isdigit()]
    rows = [
        (str(record["indicator"]), int(year), float(record[year]), record["unit"], record["source"], record["note"])
        for record in wide.to_dict("records")
        for year in years
        if pd.notna(record[year])
    ]
    frame = pd.DataFrame([*rows, *_of_people(layers), *_of_land(layers)], columns=[*COLUMNS[:4], *COLUMNS[6:]])
    frame.insert(4, "kind", frame["year"].map(lambda year: "target" if year == TARGET_YEAR else "reported"))
    frame.insert(5, "zone_code", "")
    frame["source"] = frame["source"].where(frame["kind"] != "target", _BUREAU)
    frame["note"] = frame["note"].where(frame["kind"] != "target", "规划目标")
    return frame


def comparison() -> pd.DataFrame:
    """Figures of three neighbouring counties that do not exist: county, indicator, year, value, unit, source."""
    wide = pd.read_csv(_DATA / "neighbours.csv")
    facts = ["indicator", "unit", "year", "source"]
    long = wide.melt(facts, var_name="county", value_name="value")
    return long[["county", "indicator", "year", "value", "unit", "source"]]


def _of_people(layers: Mapping[str, pd.DataFrame]) -> list[_Row]:
    """Residents as the yearbook has them, a little off the population table; beds for the old as years passed."""
    population = layers["population"]
    residents = float(population["常住人口"].sum()) / 1e4
    first, last = (
        float(layers[f"elderly_care{when}"]["床位数"].sum() / layers[f"population{when}"]["60岁以上人口"].sum()) * 1000
        for when in ("_base", "")
    )
    beds = {year: _between(first, last, year) for year in range(BASE_YEAR + 1, YEAR)} | {YEAR: last * 0.99}
    growth = {BASE_YEAR: 1.015, 2016: 1.012, 2017: 1.009, 2018: 1.005, YEAR: 1.001}
    return [
        *(
            ("resident_population", year, round(residents * share, 2), "万人", _STATISTICS, "统计年鉴")
            for year, share in growth.items()
        ),
        *(
            ("elderly_beds_per_1000", year, round(number, 1), "张/千人", _CIVIL, "年末床位")
            for year, number in beds.items()
        ),
    ]


def _of_land(layers: Mapping[str, pd.DataFrame]) -> list[_Row]:
    """Targets that follow the made layers, and the forestry bureau's years between the two surveys."""
    now, before = _hectares(layers["land_use"]), _hectares(layers["land_use_base"])
    farmland = float(layers["permanent_farmland"]["YJJBNTMJ"].sum()) * 15 / 1e8
    red = float(layers["ecological_red_line"]["MJ"].sum()) / 1e6
    forest = {year: _between(before["forest"], now["forest"], year) for year in range(BASE_YEAR + 1, YEAR)}
    quarters = float(layers["historic_districts"]["MJ"].sum()) / 1e4
    targets = [
        ("cultivated_land", now["cultivated"] * 15 / 1e4 * 0.97, 2, "万亩"),
        ("permanent_farmland_area", farmland * 0.98, 2, "万亩"),
        ("ecological_red_line_area", red * 0.99, 1, "平方千米"),
        ("forest_land_area", now["forest"] * 1.01 / 100, 2, "平方千米"),
        ("grassland_area", now["grass"] * 0.99 * 15, 0, "亩"),
        ("wetland_area", now["wetland"], 1, "公顷"),
        ("construction_land_area", now["construction"] * 1.06 / 100, 1, "平方千米"),
        ("urban_rural_construction_area", now["urban_rural"] * 1.05, 0, "公顷"),
        ("historic_district_area", quarters, 1, "公顷"),
        ("heritage_line_area", _heritage(layers) / 1e4 * 0.99, 1, "公顷"),
    ]
    return [
        *(("forest_land_area", year, round(area, 1), "公顷", _FORESTRY, "年度变更") for year, area in forest.items()),
        *((name, TARGET_YEAR, round(area, digits), unit, "", "") for name, area, digits, unit in targets),
    ]


def _between(first: float, last: float, year: int) -> float:
    """What grew evenly from the base year to the current one, in `year`."""
    return first + (last - first) * (year - BASE_YEAR) / (YEAR - BASE_YEAR)


def _heritage(layers: Mapping[str, pd.DataFrame]) -> float:
    """m² of all that is protected, ground under several protections once."""
    names = ("historic_districts", "heritage_sites", "city_purple_line")
    shapes = [shape for name in names for shape in layers[name]["geometry"]]
    return float(shapely.union_all(shapely.make_valid(np.array(shapes))).area)


def _hectares(parcels: pd.DataFrame) -> dict[str, float]:
    """Recorded areas of what the targets speak of, in 公顷."""
    codes = parcels["DLBM"].astype(str)
    wet, built = codes.isin(_WET), pd.Series(construction(codes.to_numpy()), index=codes.index)
    chosen: dict[str, pd.Series[bool]] = {
        "cultivated": codes.str.startswith("01"),
        "forest": codes.str.startswith("03") & ~wet,
        "grass": codes.str.startswith("04") & ~wet,
        "wetland": wet,
        "construction": built,
        "urban_rural": built & parcels["CZCSXM"].isin(_SETTLED),
    }
    return {name: float(parcels["TBDLMJ"][rows].sum()) / 1e4 for name, rows in chosen.items()}

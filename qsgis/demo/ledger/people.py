"""People: sums of the population table, what facilities offer them, and how long they travel to work."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from qsgis.demo.county import BASE_YEAR, YEAR, County
from qsgis.demo.ledger.rows import CODES, EXACT, Row, by_district, people, place_of, ratios
from qsgis.demo.noise import Floats
from qsgis.demo.terrain import to_plane

# Indicator, layer, the column that is added up ("": counted), people in the unit, unit.
_PER_HEAD = (
    ("hospital_beds_per_1000", "hospitals", "床位数", 1e3, "张/千人"),
    ("kindergarten_classes_per_10k", "kindergartens", "班数", 1e4, "班/万人"),
    ("cultural_venues_per_100k", "cultural_venues", "", 1e5, "处/十万人"),
    ("cafes_per_10k", "cafes", "", 1e4, "个/万人"),
)


def rows(county: County) -> list[Row]:
    """All rows of this theme."""
    found = _facilities(county)
    for year, suffix in ((YEAR, ""), (BASE_YEAR, "_base")):
        found += [*_table(county, suffix, year), *_elderly(county, suffix, year)]
    return [*found, *_commute(county)]


def _table(county: County, suffix: str, year: int) -> list[Row]:
    resident, urban = people(county, "常住人口", suffix), people(county, "城镇人口", suffix)
    how = "plain sums of the table"
    zones = np.arange(len(CODES))
    return [
        *by_district("resident_population", "summed", resident / 1e4, zones, "万人", EXACT, how, year),
        *ratios("urbanisation_rate", "", 100 * urban, resident, "%", EXACT, how, year),
    ]


def _by_township(county: County, name: str, column: str) -> Floats:
    """A facility list's column added up by township (or its rows counted), each once and those in the county only."""
    table = county.layers[name].drop_duplicates()
    if "经度" in table:
        points = shapely.points(np.column_stack(to_plane().transform(table["经度"], table["纬度"])))
    else:
        points = table.geometry.to_numpy()
    place = place_of(county, points)
    amount = table[column].to_numpy(dtype=float) if column else np.ones(len(table))
    return np.bincount(place[place >= 0], amount[place >= 0], minlength=len(CODES)).astype(float)


def _facilities(county: County) -> list[Row]:
    found = []
    for indicator, name, column, per, unit in _PER_HEAD:
        supply = per * _by_township(county, name, column)
        how = "plain sums by township"
        found += ratios(indicator, "", supply, people(county, "常住人口"), unit, EXACT, how)
    return found


def _elderly(county: County, suffix: str, year: int) -> list[Row]:
    beds, old = _by_township(county, f"elderly_care{suffix}", "床位数"), people(county, "60岁以上人口", suffix)
    how = "plain sums by township; the one entered twice once, the one off the county not"
    return [
        *ratios("elderly_beds_per_1000", "", 1e3 * beds, old, "张/千人", EXACT, how, year),
        *by_district("elderly_beds_per_1000", "beds", beds, np.arange(len(CODES)), "张", EXACT, how, year),
    ]


def _commute(county: County) -> list[Row]:
    trips: pd.DataFrame = county.layers["commute_od"]
    home = trips["居住地代码"].str[:9]
    how = "plain sums of the table by place of residence"
    found = []
    for code in ["", *CODES]:
        mine = trips[home == code] if code else trips
        near = float(mine.loc[mine["通勤时间"] <= 45, "通勤人数"].sum())
        everybody = float(mine["通勤人数"].sum())
        found.append(Row("commute_45_coverage", "", code, 100 * near / everybody, "%", EXACT, how))
        found.append(Row("commute_45_coverage", "people_within", code, near / 1e4, "万人", EXACT, how))
        found.append(Row("commute_45_coverage", "people_all", code, everybody / 1e4, "万人", EXACT, how))
    mean = float((trips["通勤时间"] * trips["通勤人数"]).sum() / trips["通勤人数"].sum())
    return [*found, Row("mean_commute_time", "", "", mean, "分钟", EXACT, how)]

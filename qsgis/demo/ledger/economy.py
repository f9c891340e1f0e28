"""What stands on base figures of departments: water, land and output, from the table of values as it is written."""

from __future__ import annotations

from qsgis.demo import values
from qsgis.demo.county import BASE_YEAR, YEAR, County
from qsgis.demo.ledger.rows import EXACT, Row, uses

_FIGURES = ("water_use", "gdp", "industrial_value_added", "resident_population")
# What a unit of the table is worth in yuan, cubic metres or people.
_WORTH = {"亿元": 1e8, "万元": 1e4, "亿立方米": 1e8, "万立方米": 1e4, "万人": 1e4, "人": 1.0}


def rows(county: County) -> list[Row]:
    """All rows of this theme: the county alone, each year by that year's figures."""
    table = values.table(county.layers)
    reported = table[(table["kind"] == "reported") & (table["zone_code"] == "")]
    found = []
    for year, suffix in ((YEAR, ""), (BASE_YEAR, "_base")):
        mine = reported[reported["year"] == year].set_index("indicator").loc[list(_FIGURES)]
        amount = dict(zip(mine.index, mine["value"] * mine["unit"].map(_WORTH), strict=True))
        land = uses(county, f"land_use{suffix}")
        built, works = (float(land.area[flags].sum()) for flags in (land.built, land.use == "0601"))
        water, gdp = amount["water_use"], amount["gdp"]
        for indicator, value, unit in (
            ("water_use_per_capita", water / amount["resident_population"], "立方米/人"),
            ("water_per_gdp", water / (gdp / 1e4), "立方米/万元"),
            ("land_per_gdp", built / (gdp / 1e4), "平方米/万元"),
            ("industrial_land_output", amount["industrial_value_added"] / 1e8 / (works / 1e6), "亿元/平方千米"),
        ):
            how = "the departments' figures in values.xlsx, and plain sums of TBDLMJ"
            found.append(Row(indicator, "", "", value, unit, EXACT, how, year=year))
    return found

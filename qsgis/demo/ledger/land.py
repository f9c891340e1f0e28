"""Land by class: plain sums of TBDLMJ, and what they are a share of or are shared by."""

from __future__ import annotations

import numpy as np

from qsgis.demo.county import BASE_YEAR, YEAR, County
from qsgis.demo.ledger.rows import (
    CLOSE,
    EXACT,
    TOWN,
    VILLAGE,
    Flags,
    Row,
    Uses,
    area_inside,
    by_district,
    people,
    ratios,
    townships,
    uses,
)

_SUM = "plain sum of TBDLMJ by class"


def rows(county: County) -> list[Row]:
    """All rows of this theme, of both years."""
    found = []
    for year, suffix in ((YEAR, ""), (BASE_YEAR, "_base")):
        land = uses(county, f"land_use{suffix}")
        found += [*_sums(land, year), *_shares(county, land, year), *_per_head(county, land, suffix, year)]
    return found


def _sums(land: Uses, year: int) -> list[Row]:
    wetland = np.isin(land.use, ["0306", "1106"])
    water = np.isin(land.use, ["1101", "1103", "1104", "1107"])
    groups = {  # of the land account; the county has no lakes
        "field": land.starts("01"), "orchard": land.starts("02"), "forest": land.starts("03"),
        "grass": land.starts("04"), "wetland": wetland, "water": water, "construction": land.built,
    }  # fmt: skip
    everything = np.ones(len(land.use), dtype=bool)
    rest = everything & ~np.logical_or.reduce(list(groups.values()))
    found = []
    for indicator, part, flags, unit, per in (
        ("cultivated_land", "", land.starts("01"), "万亩", 1e8 / 15),
        ("forest_land_area", "", land.starts("03"), "公顷", 1e4),
        ("grassland_area", "", land.starts("04"), "公顷", 1e4),
        ("wetland_area", "", wetland, "平方千米", 1e6),
        ("construction_land_area", "", land.built, "平方千米", 1e6),
        ("urban_rural_construction_area", "", land.built_in(*TOWN, *VILLAGE), "平方千米", 1e6),
        ("urban_rural_construction_area", "with_mining", land.built_in(*TOWN, *VILLAGE, "204"), "平方千米", 1e6),
        ("land_account", "", everything, "公顷", 1e4),
        *(("land_account", part, flags, "公顷", 1e4) for part, flags in (groups | {"other": rest}).items()),
    ):
        value = np.where(flags, land.area, 0.0) / per
        found += by_district(indicator, part, value, land.district, unit, EXACT, _SUM, year)
    return found


def _shares(county: County, land: Uses, year: int) -> list[Row]:
    settled, urban_rural = np.isin(land.settlement, [*TOWN, *VILLAGE]), land.built_in(*TOWN, *VILLAGE)
    whole = [area_inside(zone, zone) for zone in townships(county)]
    water = np.isin(land.use, ["1101", "1103", "1104"])

    def share(indicator: str, part: str, over: Flags, under: Flags, unit: str = "%") -> list[Row]:
        factor = 100 if unit == "%" else 1
        top, bottom = factor * land.by_township(over), land.by_township(under)
        return ratios(indicator, part, top, bottom, unit, EXACT, f"{_SUM}, divided", year)

    homes = settled & np.isin(land.use, ["0701", "0702"])
    jobs = settled & np.isin(land.use, ["05H1", "0508", "0601", "0809", "08H1", "08H2"])
    geod = f"{_SUM} ÷ Geod of the township"
    surface, forest = 100 * land.by_township(water), 100 * land.by_township(land.starts("03"))
    return [
        *ratios("water_surface_rate", "", surface, whole, "%", CLOSE, geod, year),
        *ratios("forest_coverage", "survey", forest, whole, "%", CLOSE, geod, year),
        *share("industrial_land_share", "", settled & (land.use == "0601"), urban_rural),
        *share("residential_land_share", "", homes, urban_rural),
        *share("jobs_housing_land_ratio", "", jobs, homes, "1"),
    ]


def _per_head(county: County, land: Uses, suffix: str, year: int) -> list[Row]:
    resident, urban = people(county, "常住人口", suffix), people(county, "城镇人口", suffix)
    how, unit = f"{_SUM} ÷ sums of the population table", "平方米/人"
    town, village = land.by_township(land.built_in(*TOWN)), land.by_township(land.built_in(*VILLAGE))
    homes = land.by_township(land.use == "0701")
    return [
        *ratios("urban_construction_per_capita", "", town, urban, unit, CLOSE, how, year),
        *ratios("urban_residential_per_capita", "", homes, urban, unit, CLOSE, how, year),
        *ratios("village_construction_per_capita", "", village, resident - urban, unit, CLOSE, how, year),
    ]

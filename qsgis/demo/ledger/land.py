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
_WITH_RIDGES = f"{_SUM}, KCMJ under 1203"
_LANDSEA = {  # 三调 -> 用地用海 (2023) of the classes that occur; what other data must tell apart stays a level higher
    "0101": "0101", "0102": "0102", "0103": "0103", "0201": "0201", "0201K": "0201", "0204": "02", "0301": "0301",
    "0305": "0303", "0306": "0502", "0307": "0304", "0307K": "0304", "0404": "0403", "0508": "1101", "05H1": "09",
    "0601": "1001", "0602": "1002", "0701": "0701", "0702": "0703", "0809": "13", "0810": "1401", "0810A": "1403",
    "08H1": "0801", "08H2": "08", "09": "15", "1003": "1202", "1004": "1207", "1005": "12", "1006": "06",
    "1101": "1701", "1103": "1703", "1104": "1704", "1106": "0506", "1107": "1705", "1109": "1311", "1201": "2301",
    "1202": "06", "1203": "2303", "1206": "2306",
}  # fmt: skip


def rows(county: County) -> list[Row]:
    """All rows of this theme, of both years."""
    found = []
    for year, suffix in ((YEAR, ""), (BASE_YEAR, "_base")):
        land = uses(county, f"land_use{suffix}")
        found += [
            *_sums(land, year),
            *_account(land, year),
            *_landsea(land, year),
            *_shares(county, land, year),
            *_per_head(county, land, suffix, year),
        ]
    return found


def _sums(land: Uses, year: int) -> list[Row]:
    wetland = np.isin(land.use, ["0306", "1106"])
    found = []
    for indicator, part, flags, unit, per in (
        ("cultivated_land", "", land.starts("01"), "万亩", 1e8 / 15),
        ("forest_land_area", "", land.starts("03"), "公顷", 1e4),
        ("grassland_area", "", land.starts("04"), "公顷", 1e4),
        ("wetland_area", "", wetland, "平方千米", 1e6),
        ("construction_land_area", "", land.built, "平方千米", 1e6),
        ("urban_rural_construction_area", "", land.built_in(*TOWN, *VILLAGE), "平方千米", 1e6),
        ("urban_rural_construction_area", "with_mining", land.built_in(*TOWN, *VILLAGE, "204"), "平方千米", 1e6),
    ):
        value = np.where(flags, land.area, 0.0) / per
        found += by_district(indicator, part, value, land.district, unit, EXACT, _SUM, year)
    return found


def _account(land: Uses, year: int) -> list[Row]:
    """The groups of the land account; the county has no lakes, and 田坎 are other land."""
    groups = {
        "field": land.starts("01"), "orchard": land.starts("02"), "forest": land.starts("03"),
        "grass": land.starts("04"), "wetland": np.isin(land.use, ["0306", "1106"]),
        "water": np.isin(land.use, ["1101", "1103", "1104", "1107"]), "construction": land.built,
    }  # fmt: skip
    rest = ~np.logical_or.reduce(list(groups.values()))
    area = {part: np.where(flags, land.area, 0.0) for part, flags in groups.items()}
    area |= {"other": np.where(rest, land.area, 0.0) + land.ridges, "": land.area + land.ridges}
    found = []
    for part, value in area.items():
        found += by_district("land_account", part, value / 1e4, land.district, "公顷", EXACT, _WITH_RIDGES, year)
    return found


def _landsea(land: Uses, year: int) -> list[Row]:
    """The classes of the use of land and sea; 田坎 that were taken off the parcels are one of them."""
    classes = np.array([_LANDSEA[code] for code in land.use])
    area = {f"all.{code}": np.where(classes == code, land.area, 0.0) for code in np.unique(classes)}
    area |= {"all.2303": area.get("all.2303", np.zeros(len(classes))) + land.ridges, "": land.area + land.ridges}
    found = []
    for part, value in area.items():
        found += by_district("landsea_account", part, value / 1e4, land.district, "公顷", EXACT, _WITH_RIDGES, year)
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

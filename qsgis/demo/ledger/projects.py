"""Heritage, projects entered by year, dangers and works: areas by Geod of unions, lengths by Geod, counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from qsgis.demo.county import BASE_YEAR, YEAR, County
from qsgis.demo.ledger.rows import (
    CLOSE,
    CODES,
    EXACT,
    NEAR,
    Row,
    area_inside,
    by_district,
    ground_of,
    layer,
    metres,
    metres_by_township,
    place_of,
    ratios,
    townships,
)

_UNION = "Geod of the union, cut by each township"
_HERITAGE = ("historic_districts", "heritage_sites", "city_purple_line")


def rows(county: County) -> list[Row]:
    """All rows of this theme."""
    return [*_heritage(county), *_yearly(county), *_lines(county), *_levees(county), *_points(county)]


def _ground(county: County, ground: shapely.Geometry) -> NDArray[np.float64]:
    """m² of ground in each township."""
    return np.array([area_inside(zone, ground) for zone in townships(county)])


def _areas(indicator: str, part: str, area: NDArray[np.float64], unit: str, year: int = YEAR) -> list[Row]:
    per = {"公顷": 1e4, "平方千米": 1e6}[unit]
    return by_district(indicator, part, area / per, np.arange(len(CODES)), unit, CLOSE, _UNION, year)


def _heritage(county: County) -> list[Row]:
    each = {name: _ground(county, ground_of(county, [name])) for name in _HERITAGE}
    together = _ground(county, ground_of(county, _HERITAGE))
    quarters = layer(county, "historic_districts")
    sound = quarters[quarters.is_valid]  # the broken one lies inside another, which has its ground
    levels = {level: _ground(county, shapely.union_all(some)) for level, some in sound.geometry.groupby(sound["级别"])}
    found = []
    for year in (YEAR, BASE_YEAR):  # undated lines hold for both
        found += _areas("historic_district_area", "", each["historic_districts"], "公顷", year)
        for level, area in levels.items():
            found += _areas("historic_district_area", f"by_level.{level}", area, "公顷", year)
        found += _areas("heritage_line_area", "", together, "平方千米", year)
        for part, name in zip(("historic_districts", "heritage_sites", "purple_line"), _HERITAGE, strict=True):
            found += _areas("heritage_line_area", part, each[name], "平方千米", year)
    return found


def _yearly(county: County) -> list[Row]:
    """What was entered in each year alone."""
    found = []
    for indicator, name in (("restoration_area", "restoration_areas"), ("urban_renewal_area", "renewal_areas")):
        frame = layer(county, name)
        for year in sorted(frame["年度"].unique()):
            mine = frame[frame["年度"] == year]
            whole = _ground(county, shapely.union_all(mine.geometry.to_numpy()))
            found += _areas(indicator, "", whole, "平方千米", int(year))
            for kind, some in mine.geometry.groupby(mine["类型"]):
                area = _ground(county, shapely.union_all(some.to_numpy()))
                found += _areas(indicator, f"by_kind.{kind}", area, "平方千米", int(year))
    supply = layer(county, "land_supply")
    for year in sorted(supply["年度"].unique()):
        mine = supply[supply["年度"] == year]
        every, stock = (
            _ground(county, shapely.union_all(some.geometry.to_numpy())) for some in (mine, mine[mine["SFCL"] == "是"])
        )
        found += ratios("stock_land_supply_share", "", 100 * stock, every, "%", CLOSE, _UNION, int(year))
    return found


def _lines(county: County) -> list[Row]:
    """Motorway and railway over the townships' ground, utility tunnels by length."""
    whole = [area_inside(zone, zone) for zone in townships(county)]
    roads = layer(county, "roads")
    how, unit = "Geod of the lines cut by each township ÷ Geod of the township", "千米/百平方千米"
    found = []
    for indicator, shapes, years in (
        ("motorway_density", roads.geometry[roads["等级"] == "高速公路"], (YEAR,)),
        ("railway_density", layer(county, "railways").geometry, (YEAR, BASE_YEAR)),
    ):
        length = 1e5 * np.array(metres_by_township(county, shapes.to_numpy()))  # km over 100 km²
        for year in years:
            found += ratios(indicator, "", length, whole, unit, CLOSE, how, year)
    found.append(Row("motorway_density", "", "", 0.0, unit, EXACT, "there was none", year=BASE_YEAR))
    for year, name in ((YEAR, "utility_tunnels"), (BASE_YEAR, "utility_tunnels_base")):
        length = np.array(metres_by_township(county, layer(county, name).geometry.to_numpy())) / 1000
        found += by_district(
            "utility_tunnel_length", "", length, np.arange(len(CODES)), "千米", CLOSE, "Geod of the lines", year
        )
    return found


def _levees(county: County) -> list[Row]:
    banks = layer(county, "levees")

    def length(chosen: NDArray[Any]) -> float:
        return metres(banks.geometry[chosen].to_numpy()) / 1000

    done = banks["SFDB"].fillna("").to_numpy()
    whole, standard = length(np.ones(len(done), dtype=bool)), length(done == "达标")
    how = "Geod of the lines; the one without SFDB counts in the whole"
    name = "levee_standard_share"
    return [
        Row(name, "", "", 100 * standard / whole, "%", NEAR, how),
        Row(name, "length_standard", "", standard, "千米", NEAR, how),
        Row(name, "length_substandard", "", length(done == "未达标"), "千米", NEAR, how),
        Row(name, "length_unstated", "", length(done == ""), "千米", NEAR, how),
    ]


def _points(county: County) -> list[Row]:
    points = layer(county, "geohazard_points")
    place = place_of(county, points.geometry.to_numpy())
    treated = (points["治理情况"] == "已治理").to_numpy(dtype=float)
    name, how = "treated_geohazard_points", "counted"
    return [
        *by_district(name, "", treated, place, "处", EXACT, how),
        *by_district(name, "all_points", np.ones(len(points)), place, "处", EXACT, how),
    ]

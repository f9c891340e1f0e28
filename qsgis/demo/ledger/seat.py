"""The urban area (城区): its people, shelters, greenways, streets, ground and buildings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from qsgis.demo.controls import geodesic_area
from qsgis.demo.county import BASE_YEAR, YEAR, County
from qsgis.demo.ledger.rows import (
    CLOSE,
    EXACT,
    NEAR,
    Row,
    area_inside,
    ground_of,
    layer,
    metres,
    share_inside,
    urban_area,
    uses,
)

_STREETS = ("城市主干路", "次干路", "支路")
_SPREAD = "each village's residents over its 0701 and 0702 by plane area"


def rows(county: County) -> list[Row]:
    """All rows of this theme, of both years where there are two."""
    found = _shelters(county)
    for year, suffix in ((YEAR, ""), (BASE_YEAR, "_base")):
        people = urban_residents(county, suffix)
        found += [
            *_greenways(county, people, suffix, year),
            *_ground(county, suffix, year),
            *_per_head(county, people, suffix, year),
            *_streets(county, suffix, year),
        ]
    return [*found, *_buildings(county)]


def urban_residents(county: County, suffix: str = "") -> float:
    """Each village's residents spread evenly over its residential land (0701, 0702); the part in the urban area."""
    parcels, people = layer(county, f"land_use{suffix}"), county.layers[f"population{suffix}"]
    home = parcels[parcels["DLBM"].isin(["0701", "0702"])]
    share = share_inside(home.geometry.to_numpy(), urban_area(county))
    area = shapely.area(home.geometry.to_numpy())
    sums = pd.DataFrame({"code": home["ZLDWDM"].str[:12], "all": area, "urban": area * share}).groupby("code").sum()
    resident = people.set_index("行政区代码")["常住人口"].reindex(sums.index)
    return float((resident * sums["urban"] / sums["all"]).sum())


def _shelters(county: County) -> list[Row]:
    urban, people = urban_area(county), urban_residents(county)
    shelters = layer(county, "shelters")
    counted, effective = shapely.Polygon(), 0.0
    for shape, amount in zip(shelters.geometry, shelters["有效面积"], strict=True):
        if shape.is_valid and shape.intersects(urban):
            piece = shape.intersection(urban).difference(counted)
            effective += amount * piece.area / shape.area
            counted = counted.union(shape)
    once, name = "有效面积 by the share of each shelter inside and not yet counted", "shelter_area_per_capita"
    return [
        Row(name, "", "", effective / people, "平方米/人", NEAR, f"{once}; {_SPREAD}"),
        Row(name, "effective_area", "", effective / 1e4, "公顷", CLOSE, once),
        Row(name, "residents", "", people / 1e4, "万人", NEAR, _SPREAD),
    ]


def _greenways(county: County, people: float, suffix: str, year: int) -> list[Row]:
    """The line entered twice is left out by its name."""
    urban, flaws = urban_area(county), county.flaws["greenways"]
    lines = layer(county, f"greenways{suffix}")
    single = lines[~lines["名称"].isin([flaws["twin"], flaws["no_length"]])].geometry
    inside, outside = metres(single.intersection(urban).to_numpy()), metres(single.difference(urban).to_numpy())
    how = "Geod of each line cut by the urban area; the line entered twice left out by its name"
    return [
        Row("greenway_length", "", "", inside / 1000, "千米", NEAR, how, year=year),
        Row("greenway_length", "outside", "", outside / 1000, "千米", NEAR, how, year=year),
        Row("greenway_per_capita", "", "", inside / people, "米/人", 2 * NEAR, f"{how}; {_SPREAD}", year=year),
    ]


def _ground(county: County, suffix: str, year: int) -> list[Row]:
    urban = urban_area(county)
    whole, sealed = geodesic_area(urban), area_inside(urban, ground_of(county, [f"impervious{suffix}"]))
    points = layer(county, f"waterlogging_points{suffix}").within(urban)
    how, name = "Geod of the union cut by the urban area", "permeable_surface_share"
    return [
        Row(name, "", "", 100 * (whole - sealed) / whole, "%", CLOSE, how, year=year),
        Row(name, "area_impervious", "", sealed / 1e6, "平方千米", CLOSE, how, year=year),
        Row(name, "area_urban", "", whole / 1e6, "平方千米", EXACT, "Geod of the urban area", year=year),
        Row("waterlogging_points", "", "", float(points.sum()), "处", EXACT, "counted", year=year),
        Row("waterlogging_points", "outside", "", float((~points).sum()), "处", EXACT, "counted", year=year),
    ]


def _per_head(county: County, people: float, suffix: str, year: int) -> list[Row]:
    urban, land = urban_area(county), uses(county, f"land_use{suffix}")
    inside = land.area * share_inside(land.frame.geometry.to_numpy(), urban)
    green, squares = (float(inside[land.use == code].sum()) for code in ("0810", "0810A"))
    deep = layer(county, f"underground{suffix}")
    floors = float((deep["MJ"] * share_inside(deep.geometry.to_numpy(), urban)).sum())
    how, unit = f"shares of TBDLMJ inside; {_SPREAD}", "平方米/人"
    density = people / 1e4 / (geodesic_area(urban) / 1e6)
    return [
        Row("park_area_per_capita", "", "", green / people, unit, NEAR, how, year=year),
        Row("park_area_per_capita", "with_squares", "", (green + squares) / people, unit, NEAR, how, year=year),
        Row("park_area_per_capita", "area_green", "", green / 1e4, "公顷", CLOSE, how, year=year),
        Row("underground_space_per_capita", "", "", floors / people, unit, NEAR, f"MJ inside; {_SPREAD}", year=year),
        Row(
            "underground_space_per_capita", "area_underground", "", floors / 1e4, "万平方米", CLOSE, "MJ inside",
            year=year,
        ),
        Row("urban_population_density", "", "", density, "万人/平方千米", NEAR, _SPREAD, year=year),
    ]  # fmt: skip


def _streets(county: County, suffix: str, year: int) -> list[Row]:
    urban, roads = urban_area(county), layer(county, f"roads{suffix}")
    length = metres(roads.geometry[roads["等级"].isin(_STREETS)].intersection(urban).to_numpy()) / 1000
    how = "Geod of each street cut by the urban area"
    density = length / (geodesic_area(urban) / 1e6)
    return [
        Row("urban_road_density", "", "", density, "千米/平方千米", NEAR, how, year=year),
        Row("urban_road_density", "length_streets", "", length, "千米", NEAR, how, year=year),
    ]


def _buildings(county: County) -> list[Row]:
    urban, shapes = urban_area(county), layer(county, "buildings").geometry.to_numpy()
    shapes = shapes[np.asarray(shapely.intersects(urban, shapes))]
    covered = sum(geodesic_area(shapely.intersection(shape, urban)) for shape in shapes)
    how = "Geod of each footprint cut by the urban area; none overlaps"
    return [
        Row("building_density", "", "", 100 * covered / geodesic_area(urban), "%", CLOSE, how),
        Row("building_density", "area_footprints", "", covered / 1e4, "公顷", CLOSE, how),
    ]

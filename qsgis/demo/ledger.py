"""The answers that the demonstration county must give, worked out without the engine.

By bookkeeping, plain shapely intersections feature by feature, pyproj.Geod, networkx. Nothing here imports the engine,
and the engine never reads it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from qsgis.demo import walk
from qsgis.demo.controls import geodesic_area
from qsgis.demo.county import County
from qsgis.demo.landuse import construction
from qsgis.demo.noise import Floats
from qsgis.demo.places import TOWNSHIPS
from qsgis.demo.terrain import to_plane

_URBAN_RURAL = ["201", "201A", "202", "202A", "203", "203A"]
_EXACT, _CLOSE, _NEAR, _SAMPLED = 1e-6, 1e-5, 1e-3, 0.02
WALK_LIMITS = {"elderly_care": 400.0, "markets": 800.0}  # 5 and 10 minutes at 4.8 km/h
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Row:
    """One answer: part "" is the headline, zone_code "" the county; `relative` the tolerance of a right result.

    bound: "" for a value, "lower" or "upper" where only a bound is known.
    """

    indicator: str
    part: str
    zone_code: str
    value: float
    unit: str
    relative: float
    how: str
    bound: str = ""


def make(county: County) -> dict[str, Any]:
    """The ledger: rows, and the flaws planted in the data."""
    rows = [
        *_red_line(county), *_construction(county), *_land(county), *_farmland(county), *_urban_boundary(county),
        *_urban_people(county), *_commute(county), *_walks(county),
    ]  # fmt: skip
    return {"rows": [asdict(row) for row in rows], "flaws": county.flaws}


def _frame(county: County, layer: str) -> gpd.GeoDataFrame:
    return county.layers[layer]


def _by_district(
    indicator: str, part: str, value: Floats, district: NDArray[np.int64], unit: str, relative: float, how: str
) -> list[Row]:
    """The county's sum and each township's."""
    sums = np.bincount(district, value, minlength=len(TOWNSHIPS))
    rows = [Row(indicator, part, "", float(value.sum()), unit, relative, how)]
    return rows + [
        Row(indicator, part, code, float(total), unit, relative, how)
        for (code, *_rest), total in zip(TOWNSHIPS, sums, strict=True)
    ]


def _red_union(county: County) -> shapely.Geometry:
    """The red line's ground; the bow-tie lies inside another feature, so it is left out."""
    shapes = _frame(county, "ecological_red_line").geometry
    return shapely.union_all(shapes[shapes.is_valid].to_numpy())


def _red_line(county: County) -> list[Row]:
    union = _red_union(county)
    how = "Geod of the union, edges divided at 70 m; townships: of the union cut by each"
    districts = _frame(county, "districts")
    rows = [Row("ecological_red_line_area", "", "", geodesic_area(union) / 1e6, "平方千米", _EXACT, how)]
    for code, shape in zip(districts["XZQDM"], districts.geometry, strict=True):
        pieces = [p for p in shapely.get_parts(shape.intersection(union)) if p.geom_type == "Polygon"]
        area = sum(geodesic_area(piece) for piece in pieces) / 1e6
        rows.append(Row("ecological_red_line_area", "", code, area, "平方千米", _CLOSE, how))
    return rows


def _share_inside(shapes: NDArray[Any], zone: shapely.Geometry) -> Floats:
    """The share of each shape's plane area inside `zone`, one intersection a shape that straddles its edge."""
    shapely.prepare(zone)
    share = shapely.contains_properly(zone, shapes).astype(float)
    astride = np.flatnonzero((share == 0) & shapely.intersects(zone, shapes))
    share[astride] = [shapely.intersection(shapes[k], zone).area / shapes[k].area for k in astride]
    return np.asarray(share)


def _urban_rural(use: NDArray[Any], settlement: NDArray[Any]) -> Flags:
    return construction(use) & np.isin(settlement.astype(str), _URBAN_RURAL)


def _uses(county: County) -> tuple[gpd.GeoDataFrame, NDArray[np.int64], Flags, Flags]:
    """Parcels, their townships, 城乡建设用地 now, and those of it that were not in the base year."""
    parcels, past = _frame(county, "land_use"), county.history
    now = _urban_rural(parcels["DLBM"].to_numpy(), parcels["CZCSXM"].fillna("").to_numpy())
    before = _urban_rural(past["DLBM"].to_numpy(), past["CZCSXM"].to_numpy())
    return parcels, past["township"].to_numpy(), now, now & ~before


def _construction(county: County) -> list[Row]:
    parcels, district, now, new = _uses(county)
    share = _share_inside(parcels.geometry.to_numpy(), _red_union(county))
    inside = parcels["TBDLMJ"].to_numpy() * share / 1e6
    built = construction(parcels["DLBM"].to_numpy())
    settlement = parcels["CZCSXM"].fillna("").to_numpy()
    how = "parcels known by construction; shares of TBDLMJ by one intersection each"
    rows = []
    for part, flags in (
        ("", now),
        ("new", new),
        ("stock", now & ~new),
        ("mining", built & (settlement == "204")),
        ("special", built & (settlement == "205")),
    ):
        value = np.where(flags, inside, 0.0)
        rows += _by_district("red_line_encroachment", part, value, district, "平方千米", _CLOSE, how)
    return rows


def _land(county: County) -> list[Row]:
    """Plain sums of TBDLMJ by class."""
    parcels, district, now, _new = _uses(county)
    use = parcels["DLBM"].to_numpy().astype(str)
    area = parcels["TBDLMJ"].to_numpy()
    forest = np.char.startswith(use, "03") & (use != "0306")
    rows = []
    for indicator, flags, unit, per in (
        ("cultivated_land", np.char.startswith(use, "01"), "万亩", 1e8 / 15),
        ("forest_land_area", forest, "公顷", 1e4),
        ("wetland_area", np.isin(use, ["0306", "1106"]), "平方千米", 1e6),
        ("construction_land_area", construction(use), "平方千米", 1e6),
        ("urban_rural_construction_area", now, "平方千米", 1e6),
    ):
        value = np.where(flags, area, 0.0) / per
        rows += _by_district(indicator, "", value, district, unit, _EXACT, "plain sum of TBDLMJ by class")
    return rows


def _farmland(county: County) -> list[Row]:
    """Copies by bookkeeping; plots that cut across by one intersection a pair."""
    farms, (parcels, district, _now, _new) = _frame(county, "permanent_farmland"), _uses(county)
    use = parcels["DLBM"].to_numpy().astype(str)
    net = farms["YJJBNTMJ"].to_numpy()
    copies = np.flatnonzero(county.copy_of >= 0)
    plots = np.flatnonzero(county.copy_of < 0)
    shapes = farms.geometry.to_numpy()
    a, b = shapely.STRtree(parcels.geometry.to_numpy()).query(shapes[plots], predicate="intersects")
    piece = shapely.area(shapely.intersection(shapes[plots][a], parcels.geometry.to_numpy()[b]))
    host = np.concatenate([county.copy_of[copies], b])
    value = np.concatenate([net[copies], net[plots][a] * piece / shapely.area(shapes[plots])[a]]) / 1e4
    host_use = use[host]
    level1 = np.char.startswith(host_use, "01")
    how = "copies by bookkeeping, other plots by one intersection a parcel; shares of YJJBNTMJ"
    rows = []
    for part, flags in (
        ("", ~level1),
        ("construction", construction(host_use)),
        ("adjustable", np.char.endswith(host_use, "K")),
        ("other", ~level1 & ~construction(host_use) & ~np.char.endswith(host_use, "K")),
    ):
        amount = np.where(flags, value, 0.0)
        rows += _by_district("farmland_encroachment", part, amount, district[host], "公顷", _CLOSE, how)
    total = float(net.sum() / 1e4)
    return [*rows, Row("permanent_farmland_area", "", "", total * 15 / 1e4, "万亩", _EXACT, "sum of YJJBNTMJ")]


def _urban_boundary(county: County) -> list[Row]:
    parcels, district, now, new = _uses(county)
    zones = _frame(county, "urban_boundary")
    share = _share_inside(parcels.geometry.to_numpy(), shapely.union_all(zones.geometry.to_numpy()))
    area = parcels["TBDLMJ"].to_numpy() / 1e6
    how = "parcels known by construction; shares of TBDLMJ by one intersection each"
    rows = []
    for part, flags, part_share in (
        ("", now, share),
        ("outside", now, 1 - share),
        ("new_inside", new, share),
        ("new_outside", new, 1 - share),
    ):
        value = np.where(flags, area * part_share, 0.0)
        rows += _by_district("urban_boundary_construction", part, value, district, "平方千米", _CLOSE, how)
    return rows


# --- the urban area ---


def _urban_residents(county: County) -> float:
    """Each village's residents spread evenly over its residential land (0701, 0702); the part in the urban area."""
    parcels, people = _frame(county, "land_use"), county.layers["population"]
    home = parcels[parcels["DLBM"].isin(["0701", "0702"])]
    share = _share_inside(home.geometry.to_numpy(), _frame(county, "urban_area").geometry.iloc[0])
    area = shapely.area(home.geometry.to_numpy())
    sums = pd.DataFrame({"code": home["ZLDWDM"].str[:12], "all": area, "urban": area * share}).groupby("code").sum()
    resident = people.set_index("行政区代码")["常住人口"].reindex(sums.index)
    return float((resident * sums["urban"] / sums["all"]).sum())


def _urban_people(county: County) -> list[Row]:
    urban = _frame(county, "urban_area").geometry.iloc[0]
    people = _urban_residents(county)
    spread = "each village's residents over its 0701 and 0702 by plane area"
    shelters = _frame(county, "shelters")
    counted, effective = shapely.Polygon(), 0.0
    for shape, amount in zip(shelters.geometry, shelters["有效面积"], strict=True):
        if shape.is_valid and shape.intersects(urban):
            piece = shape.intersection(urban).difference(counted)
            effective += amount * piece.area / shape.area
            counted = counted.union(shape)
    length, outside = _greenway_metres(county, urban)
    once = "有效面积 by the share of each shelter inside and not yet counted"
    line = "Geod of each line cut by the urban area; the line entered twice left out by its name"
    return [
        Row("shelter_area_per_capita", "", "", effective / people, "平方米/人", _NEAR, f"{once}; {spread}"),
        Row("shelter_area_per_capita", "effective_area", "", effective / 1e4, "公顷", _CLOSE, once),
        Row("shelter_area_per_capita", "residents", "", people / 1e4, "万人", _NEAR, spread),
        Row("greenway_length", "", "", length / 1000, "千米", _NEAR, line),
        Row("greenway_length", "outside", "", outside / 1000, "千米", _NEAR, line),
        Row("greenway_per_capita", "", "", length / people, "米/人", 2 * _NEAR, f"{line}; {spread}"),
    ]


def _greenway_metres(county: County, urban: shapely.Polygon) -> tuple[float, float]:
    """Length inside and outside the urban area."""
    lines, flaws = _frame(county, "greenways"), county.flaws["greenways"]
    single = lines[~lines["名称"].isin([flaws["twin"], flaws["no_length"]])].geometry
    plane, geod = to_plane(), pyproj.Geod(ellps="GRS80")

    def metres(shapes: gpd.GeoSeries) -> float:
        total = 0.0
        for part in shapely.get_parts(shapely.segmentize(shapes.to_numpy(), 70.0)):
            x, y = shapely.get_coordinates(part).T
            total += geod.line_length(*plane.transform(x, y, direction="INVERSE"))
        return total

    return metres(single.intersection(urban)), metres(single.difference(urban))


def _commute(county: County) -> list[Row]:
    trips = county.layers["commute_od"]
    home = trips["居住地代码"].str[:9]
    how = "plain sums of the table by place of residence"
    rows = []
    for code in ["", *(t[0] for t in TOWNSHIPS)]:
        mine = trips[home == code] if code else trips
        near = mine.loc[mine["通勤时间"] <= 45, "通勤人数"].sum()
        everybody = float(mine["通勤人数"].sum())
        rows.append(Row("commute_45_coverage", "", code, 100 * float(near) / everybody, "%", _EXACT, how))
        rows.append(Row("commute_45_coverage", "people_within", code, float(near) / 1e4, "万人", _EXACT, how))
        rows.append(Row("commute_45_coverage", "people_all", code, everybody / 1e4, "万人", _EXACT, how))
    mean = float((trips["通勤时间"] * trips["通勤人数"]).sum() / trips["通勤人数"].sum())
    return [*rows, Row("mean_commute_time", "", "", mean, "分钟", _EXACT, how)]


# --- walking ---


def _walks(county: County) -> list[Row]:
    """Residential land (0701) of the urban area within a walk of the facilities: a bound, and networkx at points."""
    urban = _frame(county, "urban_area").geometry.iloc[0]
    parcels = _frame(county, "land_use")
    homes = parcels[parcels["DLBM"] == "0701"]
    recorded = float((homes["TBDLMJ"] * _share_inside(homes.geometry.to_numpy(), urban)).sum())
    homes = homes.geometry.intersection(urban)
    homes = homes[homes.area > 0]
    total = float(homes.area.sum())
    points = walk.samples(homes)
    rows = []
    for layer, limit in WALK_LIMITS.items():
        indicator = {"elderly_care": "elderly_care_coverage", "markets": "market_coverage"}[layer]
        table = county.layers[layer]
        if layer == "elderly_care":
            table = table[table["类型"] == "社区"]
        xy = np.column_stack(to_plane().transform(table["经度"], table["纬度"]))
        round_about = shapely.union_all(shapely.buffer(shapely.points(xy), limit, quad_segs=64))
        flown = 100 * float(homes.intersection(round_about).area.sum()) / total
        walked = walk.metres(_frame(county, "roads"), xy, points)
        near = 100 * float((walked <= limit).mean())
        bird = f"no walk is shorter than the way as the crow flies ({limit:.0f} m)"
        road = f"networkx at {len(points)} points, {limit:.0f} m along roads"
        rows += [
            Row(indicator, "", "", flown, "%", _NEAR, bird, "upper"),
            Row(indicator, "", "", near, "%", _SAMPLED, road),
            Row(indicator, "area_total", "", recorded / 1e4, "公顷", _CLOSE, "0701 in the urban area by TBDLMJ"),
        ]
    return rows

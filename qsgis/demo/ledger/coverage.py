"""Coverage: homes (0701) of the urban area within a walk or a radius of facilities, and what is reached by car."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from qsgis.demo.county import BASE_YEAR, YEAR, County
from qsgis.demo.ledger import travel
from qsgis.demo.ledger.rows import CLOSE, CODES, EXACT, NEAR, SAMPLED, Row, layer, share_inside, urban_area
from qsgis.demo.noise import Floats
from qsgis.demo.terrain import to_plane

# Indicator, layer, minutes on foot.
WALKS = (
    ("elderly_care_coverage", "elderly_care", 5),
    ("market_coverage", "markets", 10),
    ("clinic_15_coverage", "clinics", 15),
    ("primary_school_10_coverage", "primary_schools", 10),
    ("middle_school_15_coverage", "middle_schools", 15),
    ("culture_15_coverage", "culture", 15),
    ("sports_15_coverage", "sports", 15),
    ("football_15_coverage", "football_pitches", 15),
    ("park_5_coverage", "parks", 5),
)
_CIRCLE = ("clinics", "primary_schools", "middle_schools", "elderly_care", "culture", "markets", "sports")
_STEP = 20.0  # metres between the points at which walking is reckoned


@dataclass(frozen=True)
class _Homes:
    """Residential land of the urban area: its parts, a grid of points in them, hectares by TBDLMJ."""

    shapes: NDArray[Any]
    points: Floats
    hectares: float

    def share(self, ground: shapely.Geometry) -> float:
        """% of the land that lies in `ground`."""
        area = shapely.area(self.shapes)
        return 100 * float((area * share_inside(self.shapes, ground)).sum() / area.sum())


def rows(county: County) -> list[Row]:
    """All rows of this theme."""
    return [
        *_walks(county), *_radius(county), *_fire(county), *_hospital_villages(county), *_graded_villages(county),
        *_one_hour(county),
    ]  # fmt: skip


def _homes(county: County, suffix: str = "") -> _Homes:
    parcels, urban = layer(county, f"land_use{suffix}"), urban_area(county)
    homes = parcels[parcels["DLBM"] == "0701"]
    recorded = float((homes["TBDLMJ"] * share_inside(homes.geometry.to_numpy(), urban)).sum())
    shapes = homes.geometry.intersection(urban)
    shapes = shapes[shapes.area > 0].to_numpy()
    return _Homes(shapes, travel.samples(shapes, _STEP), recorded / 1e4)


def _open(roads: gpd.GeoDataFrame) -> NDArray[Any]:
    """Lines open to walkers."""
    return np.asarray(roads.geometry[roads["等级"] != "高速公路"].to_numpy())


def _spots(county: County, name: str, lines: NDArray[Any]) -> Floats:
    """Where the facilities of a layer are entered."""
    table = county.layers[name]
    if name.startswith("elderly_care"):
        table = table[table["类型"] == "社区"]
    if "经度" in table:
        return np.asarray(np.column_stack(to_plane().transform(table["经度"], table["纬度"])))
    if name == "parks":
        return travel.entrances(table.geometry.to_numpy(), lines)
    return np.asarray(shapely.get_coordinates(table.geometry.to_numpy()))


def _walks(county: County) -> list[Row]:
    """A bound as the crow flies, and networkx at points; all seven of the living circle at once."""
    homes, lines = _homes(county), _open(layer(county, "roads"))
    net = travel.on_foot(lines)
    found, reached = [], {}
    for indicator, name, limit in WALKS:
        spots = _spots(county, name, lines)
        reached[name] = travel.minutes(net, spots, homes.points) <= limit
        found += _covered(indicator, homes, reached[name], YEAR)
        around = shapely.union_all(shapely.buffer(shapely.points(spots), limit * travel.PACE, quad_segs=64))
        bird = f"no walk is shorter than the way as the crow flies ({limit * travel.PACE:.0f} m)"
        found.append(Row(indicator, "", "", homes.share(around), "%", NEAR, bird, "upper"))
    circle = np.logical_and.reduce([reached[name] for name in _CIRCLE])
    found += _covered("living_circle_15", homes, circle, YEAR)
    past, old = _homes(county, "_base"), _open(layer(county, "roads_base"))
    spots = _spots(county, "elderly_care_base", old)
    walked = travel.minutes(travel.on_foot(old), spots, past.points)
    return [*found, *_covered("elderly_care_coverage", past, walked <= 5, BASE_YEAR)]


def _covered(indicator: str, homes: _Homes, reached: NDArray[np.bool_], year: int) -> list[Row]:
    share = 100 * float(reached.mean())
    how = f"networkx at {len(reached)} points along roads"
    whole = "0701 in the urban area by TBDLMJ"
    return [
        Row(indicator, "", "", share, "%", SAMPLED, how, year=year),
        Row(indicator, "area_total", "", homes.hectares, "公顷", CLOSE, whole, year=year),
    ]


def _radius(county: County) -> list[Row]:
    """Hospitals of the county within 2 km; woods within a quarter of an hour as the crow flies, as a bound."""
    homes, hospitals = _homes(county), layer(county, "hospitals")
    near = hospitals.geometry[hospitals["层级"] == "县级"].buffer(2000.0, quad_segs=256)
    parcels = layer(county, "land_use")
    woods = shapely.STRtree(parcels.geometry[parcels["DLBM"] == "0301"].to_numpy())
    spots = shapely.points(homes.points)
    wooded = len(np.unique(woods.query(spots, predicate="dwithin", distance=15 * travel.PACE)[0])) / len(spots)
    how = "no walk is shorter than the way as the crow flies (1200 m)"
    return [
        Row("hospital_2km_coverage", "", "", homes.share(near.union_all()), "%", SAMPLED, "parts within the circles"),
        Row("hospital_2km_coverage", "area_total", "", homes.hectares, "公顷", CLOSE, "0701 by TBDLMJ"),
        Row("forest_15_coverage", "", "", 100 * wooded, "%", SAMPLED, how, "upper"),
        Row("forest_15_coverage", "area_total", "", homes.hectares, "公顷", CLOSE, "0701 by TBDLMJ"),
    ]


# --- by car ---


def _driven(county: County, access_kmh: float, kmh: float | None = None) -> travel.Net:
    """The roads; nobody joins a motorway but by its links."""
    roads = layer(county, "roads")
    speed = roads["车速"].to_numpy(dtype=float) if kmh is None else np.full(len(roads), kmh)
    oneway, shut = (roads["单行线"] == "是").to_numpy(), (roads["等级"] == "高速公路").to_numpy()
    return travel.driving(roads.geometry.to_numpy(), speed, oneway, shut, access_kmh)


def _fire(county: County) -> list[Row]:
    """One minute to turn out, four at 35 km/h from the station: on the roads turned round, so many to it."""
    urban = urban_area(county)
    points = travel.samples(np.array([urban]), 2 * _STEP)
    stations = shapely.get_coordinates(layer(county, "fire_stations").geometry.to_numpy())
    net = _driven(county, 35.0, 35.0)
    turned = replace(net, forward=net.backward, backward=net.forward)
    driven = travel.minutes(turned, stations, points)
    share = 100 * float((driven <= 4).mean())
    return [Row("fire_station_5_coverage", "", "", share, "%", SAMPLED, f"networkx at {len(points)} points")]


def _hospital_villages(county: County) -> list[Row]:
    """A village stands at its largest parcel with homes; people where they live."""
    hospitals, villages, homes = layer(county, "hospitals"), layer(county, "villages"), _dwellings(county)
    spots = shapely.get_coordinates(hospitals.geometry[hospitals["等级"].str.startswith("二级")].to_numpy())
    largest = homes.loc[homes.area.groupby(homes["village"]).idxmax()].set_index("village").geometry
    seats = villages.set_index("XZQDM").geometry.copy()
    seats.update(largest)
    points = shapely.get_coordinates(shapely.point_on_surface(seats.to_numpy()))
    reached = travel.minutes(_driven(county, 20.0), spots, points, access=2000.0) <= 30
    how = "networkx from the largest parcel with homes of each village; the leg to the road at 20 km/h"
    name = "hospital_30_villages"
    return [
        Row(name, "", "", 100 * float(reached.mean()), "%", SAMPLED, how),
        Row(name, "villages_total", "", float(len(villages)), "个", EXACT, "counted"),
        Row(name, "by_people", "", _people_within(county, spots, 30.0), "%", SAMPLED, _FROM_HOMES),
    ]


def _graded_villages(county: County) -> list[Row]:
    villages, found = layer(county, "villages"), []
    small = ["高速公路", "村道", "等外公路"]  # the county has no 快速路; streets of the seat count
    for year, suffix in ((YEAR, ""), (BASE_YEAR, "_base")):
        roads = layer(county, f"roads{suffix}")
        graded = shapely.union_all(roads.geometry[~roads["等级"].isin(small)].to_numpy())
        near = villages.distance(graded).to_numpy() <= 100.0
        name, how = "graded_road_villages", "distances of the villages from the graded roads"
        found += [
            Row(name, "", "", 100 * float(near.mean()), "%", EXACT, how, year=year),
            Row(name, "villages_reached", "", float(near.sum()), "个", EXACT, how, year=year),
        ]
        home = villages["XZQDM"].str[:9].to_numpy()
        found += [
            Row(name, "", code, 100 * float(near[home == code].mean()), "%", EXACT, how, year=year) for code in CODES
        ]
    return found


_FROM_HOMES = "networkx from the middle of each parcel with homes"


def _one_hour(county: County) -> list[Row]:
    """The urban area is entered where roads cross its edge."""
    net = _driven(county, 20.0)
    spots = travel.entrances(np.array([urban_area(county)]), net.lines[net.doors])
    share = _people_within(county, spots, 60.0)
    return [Row("metropolitan_1h_population", "", "", share, "%", SAMPLED, _FROM_HOMES)]


def _dwellings(county: County) -> gpd.GeoDataFrame:
    """Parcels with homes (0701, 0702) and the village of each."""
    parcels = layer(county, "land_use")
    homes = parcels[parcels["DLBM"].isin(["0701", "0702"])]
    return homes.assign(village=homes["ZLDWDM"].str[:12])


def _people_within(county: County, spots: Floats, limit: float) -> float:
    """% of the people, each village's over its parcels with homes by plane area, from whom a spot is so near by car."""
    homes, people = _dwellings(county), county.layers["population"].set_index("行政区代码")["常住人口"]
    share = homes.area / homes.area.groupby(homes["village"]).transform("sum")
    living = people.reindex(homes["village"]).to_numpy() * share.to_numpy()
    points = shapely.get_coordinates(homes.centroid.to_numpy())
    driven = travel.minutes(_driven(county, 20.0), spots, points, access=2000.0)
    return 100 * float(living[driven <= limit].sum() / living.sum())

"""Public services, parks and places of leisure: points and polygons, and a list with 经度 纬度."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from qsgis.demo import noise
from qsgis.demo.facilities import beside, listed, spread
from qsgis.demo.noise import Floats
from qsgis.demo.parcels import Parcels
from qsgis.demo.places import SEAT, TOWNSHIPS, Places
from qsgis.demo.seat import inside
from qsgis.demo.terrain import CRS


def _points(name: list[str], xy: Floats, **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"名称": name} | columns, geometry=shapely.points(np.round(xy, 3)), crs=CRS)


def _everywhere(
    rng: np.random.Generator, places: Places, word: str, count: int, **columns: Iterable[Any]
) -> gpd.GeoDataFrame:
    """`count` of a kind in the seat and one in every other town; columns may be longer than the list."""
    towns = np.array([town.crossings[0] for town in places.towns[1:]])
    xy = np.concatenate([beside(rng, spread(rng, places.towns[SEAT].crossings, count)), beside(rng, towns)])
    name = [f"沁水县第{k + 1}{word}" for k in range(count)] + [f"{t[1]}{word}" for t in TOWNSHIPS[1:]]
    return _points(name, xy, **{key: list(value)[: len(name)] for key, value in columns.items()})


def services(seed: int, places: Places, parcels: Parcels) -> dict[str, gpd.GeoDataFrame]:
    """Hospitals, schools, clinics, kindergartens, fire stations, culture, sport (points) and parks (polygons)."""
    rng = noise.stream(seed, 83)
    crossings = places.towns[SEAT].crossings
    towns = np.array([town.crossings[0] for town in places.towns[1:]])
    hospital_names = ["沁水县人民医院", "沁水县中医院", *(f"{t[1]}卫生院" for t in TOWNSHIPS[1:])]
    hospital_xy = np.concatenate([beside(rng, spread(rng, crossings, 2)), beside(rng, towns)])
    grounds = parcels.polygons[inside(places, parcels, ["0810", "0810A"])]
    grounds = grounds[shapely.area(grounds) >= 400.0]
    return {
        "hospitals": _points(
            hospital_names, hospital_xy,
            等级=["二级甲等", "二级乙等", *("二级乙等" if t[1] == "端氏镇" else "一级" for t in TOWNSHIPS[1:])],
            层级=["县级", "县级"] + ["乡镇级"] * (len(TOWNSHIPS) - 1),
            床位数=[360, 180, *rng.integers(15, 60, len(TOWNSHIPS) - 1).tolist()],
        ),
        "clinics": _everywhere(rng, places, "社区卫生服务站", 6),
        "kindergartens": _everywhere(rng, places, "幼儿园", 9, 班数=rng.integers(4, 16, 40).tolist()),
        "primary_schools": _everywhere(rng, places, "小学", 6),
        "middle_schools": _everywhere(rng, places, "初级中学", 4),
        "culture": _everywhere(rng, places, "文化活动中心", 5),
        "sports": _everywhere(rng, places, "健身活动中心", 4),
        "fire_stations": _points(
            ["沁水县消防救援大队", "端氏镇消防站"],
            np.array([crossings[len(crossings) // 3], places.towns[3].crossings[0]]),
        ),
        "parks": gpd.GeoDataFrame(
            {"名称": [f"城区公园{k + 1}" for k in range(len(grounds))], "类型": "公园绿地"}, geometry=grounds, crs=CRS
        ),
    }  # fmt: skip


def leisure(seed: int, places: Places) -> dict[str, pd.DataFrame]:
    """Football pitches and cultural venues (points), cafés and tea houses (a list with 经度 纬度)."""
    rng = noise.stream(seed, 84)
    crossings = places.towns[SEAT].crossings
    venues = {
        "沁水县博物馆": "博物馆", "沁水县图书馆": "图书馆", "沁水县文化馆": "文化馆", "沁水县科技馆": "科技馆",
        "端氏镇民俗博物馆": "博物馆", "嘉峰镇图书馆": "图书馆", "土沃乡艺术馆": "艺术馆",
    }  # fmt: skip
    away = np.array([places.towns[k].crossings[1] for k in (3, 4, 8)])
    towns = np.array([town.crossings[-1] for town in places.towns[1:8]])
    cafes = np.concatenate([beside(rng, crossings[np.sort(rng.permutation(len(crossings))[:18])]), beside(rng, towns)])
    kinds = ["咖啡馆" if k % 3 else "茶舍" for k in range(len(cafes))]
    return {
        "football_pitches": _everywhere(
            rng, places, "足球场", 4, 类型=["五人制" if k % 2 else "七人制" for k in range(40)]
        ),
        "cultural_venues": _points(
            list(venues), np.concatenate([beside(rng, spread(rng, crossings, 4)), away]), 类型=list(venues.values())
        ),
        "cafes": listed([f"示意{kind}{k + 1}" for k, kind in enumerate(kinds)], kinds, cafes),
    }

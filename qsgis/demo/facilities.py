"""Elderly care, markets and shelters as bureaus list them, each list with a planted flaw or two."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from qsgis.demo import noise
from qsgis.demo.controls import geodesic_area
from qsgis.demo.noise import Floats
from qsgis.demo.parcels import Parcels
from qsgis.demo.places import SEAT, TOWNSHIPS, Places
from qsgis.demo.seat import inside
from qsgis.demo.terrain import CRS, to_plane

EFFECTIVE = 0.6  # of a shelter's area


def spread(rng: np.random.Generator, candidates: Floats, count: int) -> Floats:
    """`count` of the candidates, each the farthest of a few random ones from those chosen before."""
    chosen = candidates[rng.integers(len(candidates))][None]
    while len(chosen) < count:
        some = candidates[rng.integers(len(candidates), size=6)]
        away = np.hypot(*(some[:, None] - chosen[None]).transpose(2, 0, 1)).min(axis=1)
        chosen = np.concatenate([chosen, some[[away.argmax()]]])
    return np.asarray(chosen)


def beside(rng: np.random.Generator, points: Floats, metres: float = 30.0) -> Floats:
    """The points, each moved by up to `metres` along both axes."""
    return np.asarray(points + rng.uniform(-metres, metres, points.shape))


def _lonlat(xy: Floats) -> Floats:
    """Longitude and latitude to six decimals, as lists have them."""
    return np.round(np.column_stack(to_plane().transform(xy[:, 0], xy[:, 1], direction="INVERSE")), 6)


def elderly_care(seed: int, places: Places) -> tuple[pd.DataFrame, dict[str, str]]:
    """社区 and 机构 for the elderly with beds and 经度 纬度; one stands twice, one lies far off the county."""
    rng = noise.stream(seed, 80)
    seat = beside(rng, spread(rng, places.towns[SEAT].crossings, 16))
    homes = beside(rng, places.seats, 60.0)
    rural = places.villages[places.communities + len(TOWNSHIPS) - 1 :]
    rural = beside(rng, rural[np.sort(rng.permutation(len(rural))[:40])])
    xy = np.concatenate([seat, homes, rural])
    kind = ["社区"] * len(seat) + ["机构"] * len(homes) + ["社区"] * len(rural)
    name = [f"龙港镇第{k + 1}社区养老服务中心" for k in range(len(seat))]
    name += [f"{t[1]}敬老院" for t in TOWNSHIPS] + [f"第{k + 1}农村日间照料中心" for k in range(len(rural))]
    frame = listed(name, kind, xy)
    frame["床位数"] = np.where(
        frame["类型"] == "机构", rng.integers(40, 160, len(frame)), rng.integers(6, 30, len(frame))
    )
    twin = frame.iloc[[2]].copy()
    far = frame.iloc[[-1]].assign(名称="坐标有误的日间照料中心", 经度=frame["经度"].iloc[-1] + 2.0)
    frame = pd.concat([frame, twin, far], ignore_index=True)
    return frame, {"duplicate": twin["名称"].iloc[0], "off_county": far["名称"].iloc[0]}


def markets(seed: int, places: Places) -> tuple[pd.DataFrame, dict[str, str]]:
    """菜市场 and 生鲜超市 with 经度 纬度; one stands twice."""
    rng = noise.stream(seed, 81)
    seat = beside(rng, spread(rng, places.towns[SEAT].crossings, 5))
    towns = beside(rng, np.array([town.crossings[len(town.crossings) // 2] for town in places.towns[1:]]))
    name = [f"沁水县第{k + 1}菜市场" for k in range(len(seat))] + [f"{t[1]}农贸市场" for t in TOWNSHIPS[1:]]
    frame = listed(name, ["菜市场"] * len(name), np.concatenate([seat, towns]))
    frame.loc[1, "类型"] = "生鲜超市"
    return pd.concat([frame, frame.iloc[[0]]], ignore_index=True), {"duplicate": name[0]}


def listed(name: list[str], kind: list[str], xy: Floats) -> pd.DataFrame:
    """A bureau's list: 名称, 类型, 地址, 经度, 纬度."""
    lonlat = _lonlat(xy)
    return pd.DataFrame({"名称": name, "类型": kind, "地址": "示意地址", "经度": lonlat[:, 0], "纬度": lonlat[:, 1]})


def shelters(
    seed: int, places: Places, parcels: Parcels, urban: shapely.Polygon
) -> tuple[gpd.GeoDataFrame, dict[str, str]]:
    """避难场所 with 有效面积: parks and school grounds; two overlap, one crosses the urban area's edge, one is broken.

    The two that overlap have the same effective share, so that the order in which they are counted does not matter.
    The broken one (a bow-tie) lies outside the urban area.
    """
    rng = noise.stream(seed, 82)
    grounds = [
        shapely.make_valid(shape.buffer(-4.0))
        for shape in parcels.polygons[inside(places, parcels, ["08H2", "0810", "0810A"])]
        if shape.area >= 4000.0
    ]
    grounds = [max(shapely.get_parts(shape), key=lambda part: part.area) for shape in grounds if shape.area > 2500]
    chosen = [grounds[k] for k in np.sort(rng.permutation(len(grounds))[:16])]
    x0, y0, x1, y1 = chosen[0].bounds
    twin = shapely.box((x0 + x1) / 2, y0, (x0 + x1) / 2 + (x1 - x0), y1)
    edge = urban.exterior.interpolate(0.11, normalized=True)
    across = noise.star(rng, (edge.x, edge.y), 70.0, 40)
    x, y = places.seats[3] + [600.0, 600.0]
    tie = shapely.Polygon([(x, y), (x + 90, y + 60), (x + 90, y), (x, y + 60)])
    fields = [noise.star(rng, seat + np.array([420.0, -330.0]), 55.0, 30) for seat in places.seats[1:]]
    shapes = [*chosen, twin, across, tie, *fields]
    name = [f"城区{k + 1}号应急避难场所" for k in range(len(chosen))] + [
        "重叠的避难场所",
        "跨界的避难场所",
        "自交的避难场所",
    ]
    name += [f"{t[1]}避难场所" for t in TOWNSHIPS[1:]]
    share = np.full(len(shapes), EFFECTIVE)
    share[1 : len(chosen)] = np.round(rng.uniform(0.45, 0.75, len(chosen) - 1), 2)
    area = np.array([geodesic_area(shape) if shape.is_valid else 2700.0 for shape in shapes])
    effective = np.round(area * share, 1)
    frame = gpd.GeoDataFrame(
        {"名称": name, "类型": "应急避难场所", "有效面积": effective, "容纳人数": (effective // 2).astype(np.int64)},
        geometry=shapes,
        crs=CRS,
    )
    flaws = {
        "overlap": "重叠的避难场所",
        "overlapped": name[0],
        "across": "跨界的避难场所",
        "bow_tie": "自交的避难场所",
    }
    return frame, flaws

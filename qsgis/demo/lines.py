"""Line layers: roads, rivers, greenways, the railway, levees."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from qsgis.demo import noise
from qsgis.demo.places import SEAT, Places
from qsgis.demo.roads import SPEED, Roads
from qsgis.demo.sites import RIVERS
from qsgis.demo.terrain import CRS, Terrain, smooth, to_plane

# The motorway from the west to the east (longitude, latitude), and at which of these points it is entered.
_MOTORWAY = (
    (111.90, 35.664), (112.03, 35.664), (112.11, 35.662), (112.18, 35.665), (112.235, 35.692), (112.29, 35.718),
    (112.36, 35.728), (112.44, 35.706), (112.52, 35.662), (112.60, 35.640), (112.75, 35.610),
)  # fmt: skip
_ENTERED = (3, 8)
_UNGRADED = 6  # villages that no graded road leads to


def roads_layer(roads: Roads, villages: gpd.GeoDataFrame, county: shapely.Geometry) -> gpd.GeoDataFrame:
    """LRDL: every road with class, speed (km/h), one-way flag and bridge level; lines share their ends exactly.

    The motorway passes over all others (level 1) and is entered by two links. In a few villages, to which only small
    roads lead, these are 等外公路.
    """
    frame = gpd.GeoDataFrame(
        {
            "名称": [f"{name}{k + 1}" for k, name in enumerate(roads.kind)],
            "等级": _graded(roads, villages),
            "车速": np.array([SPEED[k] for k in roads.kind], dtype=np.int32),
            "单行线": np.where(np.array(roads.oneway), "是", "否"),
            "桥隧层": np.zeros(len(roads.kind), dtype=np.int32),
        },
        geometry=[shapely.LineString(line) for line in roads.lines],
        crs=CRS,
    )
    return gpd.GeoDataFrame(pd.concat([frame, _motorway(roads, county)], ignore_index=True), crs=CRS)


def _graded(roads: Roads, villages: gpd.GeoDataFrame) -> NDArray[np.str_]:
    """The roads' classes, with those of the last villages that only 乡道 and 村道 touch made 等外公路."""
    kind = np.array(roads.kind)
    small = np.isin(kind, ["乡道", "村道"])
    lines = np.array([shapely.LineString(line) for line in roads.lines], dtype=object)
    road, village = shapely.STRtree(villages.geometry.to_numpy()).query(lines, predicate="intersects")
    large = np.bincount(village, ~small[road], minlength=len(villages)) > 0
    chosen = np.flatnonzero(~large)[::-1][:_UNGRADED]
    kind[np.unique(road[np.isin(village, chosen)])] = "等外公路"
    return kind


def _motorway(roads: Roads, county: shapely.Geometry) -> gpd.GeoDataFrame:
    """The motorway in pieces from entrance to entrance, and its links to the nearest junctions of larger roads."""
    corner = np.column_stack(to_plane().transform(*np.transpose(_MOTORWAY)))
    line = np.round(smooth(corner, 4), 3)
    whole = max(shapely.get_parts(shapely.LineString(line).intersection(county)), key=lambda part: part.length)
    points = np.round(shapely.get_coordinates(whole), 3)
    large = [k for k, kind in enumerate(roads.kind) if kind in ("国道", "省道")]
    junctions = np.array([end for k in large for end in (roads.lines[k][0], roads.lines[k][-1])])
    entered = [int(np.argmin(np.hypot(*(points - corner[k]).T))) for k in _ENTERED]
    cuts = [0, *entered, len(points) - 1]
    pieces = [points[a : b + 1] for a, b in pairwise(cuts)]
    links = [np.stack([points[k], junctions[np.argmin(np.hypot(*(junctions - points[k]).T))]]) for k in entered]
    names = [f"示意高速{k + 1}段" for k in range(len(pieces))] + [f"高速连接线{k + 1}" for k in range(len(links))]
    return gpd.GeoDataFrame(
        {
            "名称": names,
            "等级": ["高速公路"] * len(pieces) + ["二级公路"] * len(links),
            "车速": np.array([100] * len(pieces) + [60] * len(links), dtype=np.int32),
            "单行线": "否",
            "桥隧层": np.array([1] * len(pieces) + [0] * len(links), dtype=np.int32),
        },
        geometry=[shapely.LineString(line) for line in [*pieces, *links]],
        crs=CRS,
    )


def rivers_layer(terrain: Terrain) -> gpd.GeoDataFrame:
    """Centre lines of the rivers that have parcels of their own."""
    rivers = terrain.rivers(RIVERS)
    return gpd.GeoDataFrame(
        {
            "名称": ["沁河" if r.catchment > 12_000 else "支流" for r in rivers],
            "汇水": [r.catchment for r in rivers],
        },
        geometry=[shapely.LineString(np.round(r.line, 2)) for r in rivers],
        crs=CRS,
    )


def greenways(seed: int, places: Places, terrain: Terrain) -> tuple[gpd.GeoDataFrame, dict[str, str]]:
    """LD: through the seat and out of it. One line stands twice (ends jittered by less than 0.5 m), one is a point."""
    rng = noise.stream(seed, 90)
    town = places.towns[SEAT]
    across = [town.crossings[town.rank_line(level)] for level in (0, 1)]
    ring = shapely.get_coordinates(shapely.segmentize(town.mask.buffer(-90.0), 60.0).exterior)
    river = max(
        (r for r in terrain.rivers(RIVERS) if shapely.LineString(r.line).distance(shapely.Point(town.centre)) < 700),
        key=lambda r: r.catchment,
    )
    bank = shapely.get_coordinates(shapely.LineString(river.line).offset_curve(70.0).simplify(5.0))
    out = np.array([across[0][-1], across[0][-1] + [900.0, 260.0], across[0][-1] + [2300.0, 400.0]])
    lines = {
        "滨河绿道": bank,
        "环城绿道": ring[: int(len(ring) * 0.62)],
        "中央绿道": across[0],
        "南北绿道": across[1],
        "出城绿道": smooth(out),
    }
    twin = lines["中央绿道"] + rng.uniform(-0.35, 0.35, lines["中央绿道"].shape)
    start = town.centre + np.array([15.0, 20.0])
    lines |= {"中央绿道（重复录入）": twin, "断线": np.array([start, start])}
    frame = gpd.GeoDataFrame(
        {"名称": list(lines), "等级": "城镇型"},
        geometry=[shapely.LineString(np.round(line, 3)) for line in lines.values()],
        crs=CRS,
    )
    return frame, {"twin": "中央绿道（重复录入）", "twin_of": "中央绿道", "no_length": "断线"}


def railway(terrain: Terrain) -> gpd.GeoDataFrame:
    """LRRL: one line from the west to the south-east, along the main valley."""
    path = [int(terrain.nearest(np.array([[terrain.node[:, 0].min(), 3_952_000.0]]))[0])]
    while terrain.down[path[-1]] >= 0:
        path.append(int(terrain.down[path[-1]]))
    line = smooth(terrain.node[path][::3], 3) + np.array([95.0, 60.0])
    inside = shapely.LineString(np.round(line, 2)).intersection(terrain.county)
    parts = [part for part in shapely.get_parts(inside) if part.geom_type == "LineString"]
    return gpd.GeoDataFrame({"名称": "示意铁路", "等级": ["国铁"] * len(parts)}, geometry=parts, crs=CRS)


def levees(rivers: gpd.GeoDataFrame, urban: shapely.Polygon) -> tuple[gpd.GeoDataFrame, dict[str, str]]:
    """FHD: along both banks of the rivers near the seat, with their flood standard.

    Of the last one nobody filled in whether it meets the standard.
    """
    near = rivers.geometry.intersection(urban.buffer(600.0))
    rows: list[tuple[str, str, str | None, shapely.Geometry]] = []
    for k, line in enumerate(part for whole in near for part in shapely.get_parts(whole) if part.length > 300.0):
        for side in (45.0, -45.0):
            bank = shapely.offset_curve(line, side)
            if bank.geom_type == "LineString" and not bank.is_empty:
                done = (k + (side > 0)) % 3 != 0
                rows.append((f"堤防{len(rows) + 1}", "20年一遇", "达标" if done else "未达标", bank))
    name, standard, _done, bank = rows[-1]
    rows[-1] = (name, standard, None, bank)
    frame = gpd.GeoDataFrame(rows, columns=["名称", "FHBZ", "SFDB", "geometry"], geometry="geometry", crs=CRS)
    return frame, {"no_standard": name}

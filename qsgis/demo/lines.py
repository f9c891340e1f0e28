"""Line layers: roads, rivers, greenways, the railway, levees."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from qsgis.demo import noise
from qsgis.demo.places import SEAT, Places
from qsgis.demo.roads import SPEED, Roads
from qsgis.demo.sites import RIVERS
from qsgis.demo.terrain import CRS, Terrain, smooth


def roads_layer(roads: Roads) -> gpd.GeoDataFrame:
    """LRDL: every road with class, speed (km/h) and one-way flag; lines share their ends exactly."""
    kind = np.array(roads.kind)
    return gpd.GeoDataFrame(
        {
            "名称": [f"{name}{k + 1}" for k, name in enumerate(roads.kind)],
            "等级": kind,
            "车速": np.array([SPEED[k] for k in roads.kind], dtype=np.int32),
            "单行线": np.where(np.array(roads.oneway), "是", "否"),
        },
        geometry=[shapely.LineString(line) for line in roads.lines],
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


def levees(rivers: gpd.GeoDataFrame, urban: shapely.Polygon) -> gpd.GeoDataFrame:
    """FHD: along both banks of the rivers near the seat, with their flood standard."""
    near = rivers.geometry.intersection(urban.buffer(600.0))
    rows: list[tuple[str, str, str, shapely.Geometry]] = []
    for k, line in enumerate(part for whole in near for part in shapely.get_parts(whole) if part.length > 300.0):
        for side in (45.0, -45.0):
            bank = shapely.offset_curve(line, side)
            if bank.geom_type == "LineString" and not bank.is_empty:
                done = (k + (side > 0)) % 3 != 0
                rows.append((f"堤防{len(rows) + 1}", "20年一遇", "达标" if done else "未达标", bank))
    return gpd.GeoDataFrame(rows, columns=["名称", "FHBZ", "SFDB", "geometry"], geometry="geometry", crs=CRS)

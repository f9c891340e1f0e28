"""Projects and dangers outside the seat: high-standard farmland, restoration, land supplied, geohazards."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from qsgis.demo import coverage, noise
from qsgis.demo.controls import geodesic_area
from qsgis.demo.landuse import construction
from qsgis.demo.parcels import Parcels, ellipsoidal_area
from qsgis.demo.places import TOWNSHIPS, Places
from qsgis.demo.seat import YEARS, yearly
from qsgis.demo.terrain import CRS


def high_standard_farmland(
    seed: int, parcels: Parcels, names: tuple[str, ...], ground: shapely.Geometry
) -> tuple[gpd.GeoDataFrame, dict[str, str]]:
    """高标准农田: the fields on low ground of some villages, a project each; one more plot overlaps the largest."""
    rng = noise.stream(seed, 110)
    fields = np.char.startswith(parcels.use.now, "01") & (parcels.above < 25)
    drawn = rng.random(len(names)) < 0.45
    rows = np.flatnonzero(fields & drawn[parcels.village])
    village, label = np.unique(parcels.village[rows], return_inverse=True)
    shapes = coverage.dissolve(parcels.polygons[rows], label.astype(np.int64))
    largest = int(np.argmax(shapely.area(shapes)))
    part = max(shapely.get_parts(shapes[largest]), key=lambda one: one.area)
    edge = part.exterior.interpolate(0.4, normalized=True)
    twin = noise.star(rng, (edge.x, edge.y), 0.4 * np.sqrt(part.area), 40).intersection(ground)
    name = [f"{names[k]}高标准农田项目" for k in village] + ["重叠的高标准农田项目"]
    every = [*shapes, twin]
    frame = gpd.GeoDataFrame(
        {"MC": name, "JSND": 2017, "MJ": [round(geodesic_area(shape), 2) for shape in every]}, geometry=every, crs=CRS
    )
    return frame, {"overlap": name[-1], "overlapped": name[largest]}


def restoration_areas(seed: int, parcels: Parcels, ground: shapely.Geometry) -> gpd.GeoDataFrame:
    """生态修复区 on the slopes, entered by 年度."""
    rng = noise.stream(seed, 111)
    slope = np.flatnonzero((parcels.above > 60) & (parcels.above < 150))
    at = shapely.get_coordinates(shapely.centroid(parcels.polygons[slope[rng.permutation(len(slope))[:11]]]))
    shapes = np.array([noise.star(rng, xy, rng.uniform(160, 420), 48) for xy in at], dtype=object)
    shapes = shapely.intersection(shapes, ground)
    return yearly(shapes, "生态修复", ("矿山生态修复", "水土流失治理", "河道整治"))


def land_supply(seed: int, parcels: Parcels) -> gpd.GeoDataFrame:
    """土地供应 by 年度: ground built on since the base year (新增) and ground that was built on before (存量)."""
    rng = noise.stream(seed, 112)
    now, before = construction(parcels.use.now), construction(parcels.use.base)
    towns = np.isin(parcels.use.now, ["0701", "05H1", "0601", "0508", "08H2"]) & (parcels.use.settlement != "")
    new, stock = (np.flatnonzero(towns & now & flag) for flag in (~before, before))
    rows = np.concatenate([np.sort(some[rng.permutation(len(some))[:n]]) for some, n in ((new, 12), (stock, 8))])
    is_stock = np.arange(len(rows)) >= min(len(new), 12)
    shapes = parcels.polygons[rows]
    return gpd.GeoDataFrame(
        {
            "名称": [f"示意供地{k + 1}号" for k in range(len(rows))],
            "SFCL": np.where(is_stock, "是", "否"),
            "年度": np.array(YEARS, dtype=np.int32)[np.arange(len(rows)) % len(YEARS)],
            "MJ": np.round(ellipsoidal_area(shapes), 2),
        },
        geometry=shapes,
        crs=CRS,
    )


def geohazard_points(seed: int, parcels: Parcels) -> gpd.GeoDataFrame:
    """地质灾害隐患点 on slopes, with 治理情况; one in three has been treated."""
    rng = noise.stream(seed, 113)
    slope = np.flatnonzero((parcels.above > 30) & (parcels.above < 140))
    rows = np.sort(slope[rng.permutation(len(slope))[:48]])
    count = np.arange(len(rows))
    kinds = np.array(["滑坡", "崩塌", "地面塌陷", "泥石流"])
    return gpd.GeoDataFrame(
        {
            "编号": [f"DZ{k + 1:03d}" for k in count],
            "灾害类型": kinds[rng.integers(0, len(kinds), len(rows))],
            "治理情况": np.where(count % 3 == 0, "已治理", "未治理"),
        },
        geometry=shapely.set_precision(shapely.point_on_surface(parcels.polygons[rows]), 0.001),
        crs=CRS,
    )


def geohazard_zones(seed: int, places: Places, ground: shapely.Geometry) -> gpd.GeoDataFrame:
    """地质灾害易发区 by 易发程度, none over another: 高 round some villages, 中 and 低 wider and elsewhere."""
    rng = noise.stream(seed, 114)
    centres = places.villages[places.communities + len(TOWNSHIPS) - 1 :]
    centres = centres[rng.permutation(len(centres))[:18]]
    taken = shapely.Polygon()
    rows: list[tuple[str, shapely.Geometry]] = []
    for grade, chosen, radius in (
        ("高易发区", centres[:5], 1300.0),
        ("中易发区", centres[:11], 2100.0),
        ("低易发区", centres, 2900.0),
    ):
        stars = [noise.star(rng, xy, radius * rng.uniform(0.8, 1.2), 90, rough=0.25) for xy in chosen]
        whole = shapely.union_all(stars).intersection(ground)
        pieces = shapely.get_parts(whole.difference(taken))
        rows += [(grade, piece) for piece in pieces if piece.geom_type == "Polygon" and piece.area > 1e4]
        taken = taken.union(whole)
    return gpd.GeoDataFrame(
        {
            "YFCD": [grade for grade, _shape in rows],
            "MJ": [round(geodesic_area(shape), 2) for _grade, shape in rows],
        },
        geometry=[shape for _grade, shape in rows],
        crs=CRS,
    )

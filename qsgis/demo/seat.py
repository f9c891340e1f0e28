"""What lies within the county seat: sealed ground, buildings, underground space, renewal, tunnels, waterlogging."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from qsgis.demo import noise
from qsgis.demo.landuse import construction
from qsgis.demo.noise import Floats, Ints
from qsgis.demo.parcels import Parcels, ellipsoidal_area
from qsgis.demo.places import SEAT, Places
from qsgis.demo.terrain import CRS

YEARS = (2016, 2017, 2018, 2019)  # of what is entered year by year
MOST_BUILDINGS = 2500
_GARDENS = 9.0  # metres of green along the edges of a plot with houses or schools
_DEEP = {"05H1": 2, "0810A": 2, "08H1": 1}  # classes with floors under ground, and how many


def inside(places: Places, parcels: Parcels, classes: list[str], *, base: bool = False) -> Ints:
    """The seat's parcels of some classes (of the current or the base year), largest first."""
    at = shapely.get_coordinates(shapely.centroid(parcels.polygons))
    use = parcels.use.base if base else parcels.use.now
    chosen = np.flatnonzero(np.isin(use, classes) & shapely.contains_xy(places.towns[SEAT].mask, *at.T))
    return np.asarray(chosen[np.argsort(-shapely.area(parcels.polygons[chosen]), kind="stable")])


def impervious(parcels: Parcels, urban: shapely.Polygon, *, base: bool) -> gpd.GeoDataFrame:
    """不透水地表 of the urban area and at its edge: built parcels but parks, less the gardens of houses and schools."""
    code = parcels.use.base if base else parcels.use.now
    sealed = construction(code) & ~np.isin(code, ["0810", "0810A", "1201"])
    chosen = np.flatnonzero(sealed & shapely.intersects(urban, parcels.polygons))
    green = np.isin(code[chosen], ["0701", "0702", "08H1", "08H2"])
    shapes = parcels.polygons[chosen].copy()
    shapes[green] = shapely.buffer(shapes[green], -_GARDENS, join_style="mitre")
    shapes = shapes[shapely.area(shapes) > 1.0]
    return gpd.GeoDataFrame(
        {"BSM": [f"BTS{k:06d}" for k in range(1, len(shapes) + 1)], "MJ": np.round(ellipsoidal_area(shapes), 2)},
        geometry=shapes,
        crs=CRS,
    )


def buildings(seed: int, places: Places, parcels: Parcels) -> gpd.GeoDataFrame:
    """建筑: footprints in rows along the streets of the seat and of 端氏镇, each within one parcel, with 层数."""
    rng = noise.stream(seed, 101)
    built = np.flatnonzero(np.isin(parcels.use.now, ["0701", "05H1", "08H1", "08H2", "0601", "0508"]))
    tree = shapely.STRtree(parcels.polygons[built])
    shapes, kinds = [], []
    for place in (SEAT, 3):
        town = places.towns[place]
        x0, y0, x1, y1 = town.mask.bounds
        reach = 0.5 * float(np.hypot(x1 - x0, y1 - y0))
        rows = np.stack(np.meshgrid(np.arange(-reach, reach, 44.0), np.arange(-reach, reach, 27.0)), axis=-1)
        corner = np.array([(0.0, 0.0), (32.0, 0.0), (32.0, 14.0), (0.0, 14.0)])
        local = rows.reshape(-1, 1, 2) + corner[None]
        boxes = shapely.polygons(np.round(town.at(local), 3))
        box, parcel = tree.query(boxes, predicate="within")
        shapes.append(boxes[box])
        kinds.append(parcels.use.now[built[parcel]])
    footprint, use = np.concatenate(shapes)[:MOST_BUILDINGS], np.concatenate(kinds)[:MOST_BUILDINGS]
    floors = np.where(use == "0701", rng.integers(3, 19, len(use)), rng.integers(1, 7, len(use)))
    names = {"0701": "住宅", "05H1": "商业", "08H1": "办公", "08H2": "科教文卫", "0601": "厂房", "0508": "仓储"}
    return gpd.GeoDataFrame(
        {
            "BSM": [f"JZW{k:06d}" for k in range(1, len(use) + 1)],
            "YT": [names[code] for code in use],
            "CS": floors.astype(np.int32),
        },
        geometry=footprint,
        crs=CRS,
    )


def underground(places: Places, parcels: Parcels) -> gpd.GeoDataFrame:
    """地下空间: under shops, squares and offices; MJ is the floor area (m²) of all levels (DXCS).

    The first half was there in the base year.
    """
    rows = inside(places, parcels, list(_DEEP))
    rows = rows[parcels.use.base[rows] == parcels.use.now[rows]][:16]
    shapes = shapely.buffer(parcels.polygons[rows], -7.0, join_style="mitre")
    keep = shapely.area(shapes) > 200.0
    levels = np.array([_DEEP[code] for code in parcels.use.now[rows[keep]]])
    shapes = shapes[keep]
    return gpd.GeoDataFrame(
        {
            "名称": [f"示意地下空间{k + 1}" for k in range(len(shapes))],
            "用途": ["停车" if level == 1 else "商业及停车" for level in levels],
            "DXCS": levels.astype(np.int32),
            "MJ": np.round(ellipsoidal_area(shapes) * levels, 2),
        },
        geometry=shapes,
        crs=CRS,
    )


def renewal_areas(seed: int, places: Places, parcels: Parcels) -> gpd.GeoDataFrame:
    """城市更新改造用地: parcels of the seat that were built on before, entered by 年度."""
    rng = noise.stream(seed, 102)
    rows = inside(places, parcels, ["0701", "0601", "05H1", "1201"], base=True)
    rows = rows[shapely.area(parcels.polygons[rows]) > 1500.0]
    rows = np.sort(rows[rng.permutation(len(rows))[:14]])
    return yearly(parcels.polygons[rows], "更新改造", ("老旧小区改造", "旧厂区改造", "棚户区改造"))


def yearly(shapes: Floats, word: str, kinds: tuple[str, ...]) -> gpd.GeoDataFrame:
    """Projects numbered, of the kinds and the years in turn, with their areas (MJ, m²)."""
    count = np.arange(len(shapes))
    return gpd.GeoDataFrame(
        {
            "名称": [f"示意{word}项目{k + 1}" for k in count],
            "类型": [kinds[k % len(kinds)] for k in count],
            "年度": np.array(YEARS, dtype=np.int32)[count % len(YEARS)],
            "MJ": np.round(ellipsoidal_area(shapes), 2),
        },
        geometry=shapes,
        crs=CRS,
    )


def utility_tunnels(places: Places) -> gpd.GeoDataFrame:
    """综合管廊: under the two main streets; the first was there in the base year."""
    town = places.towns[SEAT]
    along, across = (town.crossings[town.rank_line(axis)] for axis in (0, 1))
    third = len(along) // 3
    lines = {"中心街综合管廊": along[third : 2 * third + 1], "南北街综合管廊": across}
    return gpd.GeoDataFrame(
        {"名称": list(lines), "类别": ["干线", "支线"]},
        geometry=[shapely.LineString(np.round(line, 3)) for line in lines.values()],
        crs=CRS,
    )


def waterlogging_points(seed: int, places: Places) -> gpd.GeoDataFrame:
    """城市内涝积水点: at crossings of the seat, the last one in another town.

    Those marked 已消除 were there in the base year only.
    """
    rng = noise.stream(seed, 103)
    crossings = places.towns[SEAT].crossings
    some = crossings[rng.permutation(len(crossings))[:11]]
    xy = np.round(np.concatenate([some + 3.0, places.towns[3].crossings[:1]]), 3)
    return gpd.GeoDataFrame(
        {
            "名称": [f"示意积水点{k + 1}" for k in range(len(xy))],
            "状态": np.where((np.arange(len(xy)) % 2 == 0) & (np.arange(len(xy)) < 10), "已消除", "未消除"),
        },
        geometry=shapely.points(xy),
        crs=CRS,
    )

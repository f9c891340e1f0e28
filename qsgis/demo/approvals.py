"""批准未建设土地 (PZWJSTD) and 临时用地 (LSYD): over part of what was built since, and over open fields."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
import shapely.affinity
from numpy.typing import NDArray

from qsgis.demo import noise
from qsgis.demo.controls import geodesic_area
from qsgis.demo.landuse import construction
from qsgis.demo.noise import Ints
from qsgis.demo.parcels import Parcels
from qsgis.demo.terrain import CRS

_WORKS = ("村庄建设", "道路工程", "工业项目", "公共服务设施")
_YARDS = ("施工便道", "拌合站", "材料堆场", "取土场")
_OPEN = 14  # approved plots on ground that is still a field


def layers(
    seed: int,
    parcels: Parcels,
    farmland: gpd.GeoDataFrame,
    lines: tuple[shapely.Geometry, shapely.Geometry],
    ground: shapely.Geometry,
) -> dict[str, gpd.GeoDataFrame]:
    """Both layers: of new construction in each control line and elsewhere a third is approved, a sixth temporary.

    Outlines cut across parcels, as those of projects do. Some temporary plots reach over an approved one.
    """
    rng = noise.stream(seed, 131)
    approved: list[Any] = []
    temporary: list[Any] = []
    for number, rows in enumerate(_new_construction(parcels, farmland, lines)):
        for k, shape in enumerate(parcels.polygons[rows]):
            if (k + number) % 3 == 0:
                approved.append(_over(rng, shape, 1.0))
                if k % 9 == 0:  # its yard lies half on it
                    temporary.append(shapely.affinity.translate(approved[-1], xoff=0.8 * _radius(shape)))
            elif (k + number) % 6 == 1:
                temporary.append(_over(rng, shape, 0.9))
    fields = np.flatnonzero(np.isin(parcels.use.now, ["0102", "0103"]) & (parcels.above < 25))
    chosen = fields[rng.permutation(len(fields))[:_OPEN]]
    approved += [_over(rng, shape, 0.7) for shape in parcels.polygons[chosen]]
    granted = {"PZWH": "沁政土字〔{year}〕{n}号（示意）", "PZSJ": "{year}0630"}
    lent = {"PZWH": "沁自然资临〔{year}〕{n}号（示意）", "DQSJ": "{after}0630"}
    return {
        "approved_unbuilt": _frame(approved, ground, _WORKS, granted),
        "temporary_land": _frame(temporary, ground, _YARDS, lent),
    }


def _new_construction(
    parcels: Parcels, farmland: gpd.GeoDataFrame, lines: tuple[shapely.Geometry, shapely.Geometry]
) -> list[Ints]:
    """Parcels built on since the base year: in the red line, in the boundary, on permanent farmland, and the others."""
    new = construction(parcels.use.now) & ~construction(parcels.use.base)
    rows = np.flatnonzero(new)
    tree, found = shapely.STRtree(parcels.polygons[rows]), []
    for shapes in (lines[0], lines[1], farmland.geometry.to_numpy()):
        hit = np.unique(np.atleast_2d(tree.query(shapes, predicate="intersects"))[-1])
        found.append(rows[hit])
    others = np.setdiff1d(rows, np.concatenate(found))
    return [*found, others[::4]]


def _radius(shape: shapely.Geometry) -> float:
    return float(np.sqrt(shape.area / np.pi))


def _over(rng: np.random.Generator, shape: shapely.Geometry, size: float) -> shapely.Geometry:
    """A ragged outline about the middle of `shape`; 1: as large as it is."""
    centre = shapely.get_coordinates(shapely.point_on_surface(shape))[0]
    return noise.star(rng, centre, size * _radius(shape), 24, rough=0.25)


def _frame(
    shapes: list[Any], ground: shapely.Geometry, words: tuple[str, ...], papers: dict[str, str]
) -> gpd.GeoDataFrame:
    """A layer with names, the numbers and dates of its papers, and areas (MJ, m²)."""
    inside: NDArray[Any] = shapely.intersection(np.array(shapes, dtype=object), ground)
    count = range(len(inside))
    years = [2017 + k % 3 for k in count]
    columns: dict[str, Any] = {
        "BSM": [f"140521{k + 1:012d}" for k in count],
        "XMMC": [f"示意{words[k % len(words)]}{k + 1}" for k in count],
    }
    for name, text in papers.items():
        columns[name] = [text.format(year=year, after=year + 2, n=k + 1) for k, year in zip(count, years, strict=True)]
    columns["MJ"] = [round(geodesic_area(shape), 2) for shape in inside]
    return gpd.GeoDataFrame(columns, geometry=list(inside), crs=CRS)

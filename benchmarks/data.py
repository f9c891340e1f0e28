"""The benchmark's county: parcels and an ecological red line of a few big polygons, made once and kept as GeoPackages.

Parcels are the demonstration county's: a valid coverage with fractal edges that neighbours share vertex by vertex.
The red line is three big polygons with more than a hundred holes on the same county's heights, a quarter of its area;
one of them, as a mountain range's is, holds two thirds of the vertices. Sizes and seed make the folder's name, so data
once made is used again.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from qsgis.demo import coverage, landuse, noise, parcels, places, roads, sites, terrain, write, zones

SEED = 1
MEAN_VERTICES = 64.0  # of a parcel
GROUPS = (10, 2, 1)  # outlines that run together to one polygon of the red line each
SHARE, CLEARINGS = 0.5, 300  # of the county's area in outlines, before they overlap; clearings inside them
SAMPLE = 300  # parcels of the data that every way is warmed up on
PARCELS, RED_LINE = "parcels.gpkg", "red_line.gpkg"
SURVEY, BASE_SURVEY = "sandiao_2019.gpkg", "dltb_2015.gpkg"  # of a project, in its folder `data`


@dataclass(frozen=True)
class Facts:
    """What a pair of files holds; wkb: bytes of both layers' geometry; share: of the parcels' area in the red line."""

    parcels: int
    parcel_vertices: int
    red_line: int
    red_line_vertices: int
    largest: int  # vertices of the red line's largest polygon
    holes: int
    share: float
    wkb: int


def county(cache_folder: Path, size: int, red_line_vertices: int) -> Path:
    """The folder of `parcels.gpkg` and `red_line.gpkg` of about these sizes, made if it is not there."""
    folder = cache_folder / f"parcels-{size}-red-line-{red_line_vertices}-seed-{SEED}"
    if not (folder / "facts.json").is_file():
        _write(folder, _parcels(size), _red_line(red_line_vertices))
    return folder


def sample(folder: Path) -> Path:
    """Some parcels in the middle of a folder's data with the red line there, in a folder of its own inside."""
    small = folder / "sample"
    if not (small / "facts.json").is_file():
        whole, line = (gpd.read_file(folder / name) for name in (PARCELS, RED_LINE))
        near = whole.distance(line.boundary.union_all().interpolate(0.5, normalized=True)).nsmallest(SAMPLE).index
        some = whole.loc[np.sort(near)]
        window = shapely.box(*some.total_bounds)
        _write(small, some, gpd.GeoDataFrame(geometry=line.clip(window, keep_geom_type=True).geometry, crs=line.crs))
    return small


def facts(folder: Path) -> Facts:
    """What the folder's two files hold."""
    return Facts(**json.loads((folder / "facts.json").read_text(encoding="utf-8")))


def project(cache_folder: Path, size: int) -> Path:
    """A demonstration project of `size` parcels, made if it is not there."""
    folder = cache_folder / f"project-{size}-seed-{SEED}"
    if not (folder / "project.toml").is_file():
        write.write(folder, parcels=size, seed=SEED)
    return folder


def one_survey(whole: Path) -> Path:
    """The same project with the land survey of its own year alone: nothing is compared with the base year."""
    folder = whole.with_name(f"{whole.name}-one-survey")
    if not (folder / "project.toml").is_file():
        folder.mkdir(exist_ok=True)
        (folder / "data").symlink_to(whole / "data")
        head, *entries = (whole / "project.toml").read_text(encoding="utf-8").split("[[layers.land_use]]")
        kept = "[[layers.land_use]]".join(
            [head, *(entry for entry in entries if f'"data/{BASE_SURVEY}"' not in entry.split("\n\n")[0])]
        )
        rest = [entry.partition("\n\n")[2] for entry in entries if f'"data/{BASE_SURVEY}"' in entry]
        (folder / "project.toml").write_text("\n\n".join([kept, *rest]), encoding="utf-8")
    return folder


def _write(folder: Path, whole: gpd.GeoDataFrame, line: gpd.GeoDataFrame) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    whole.to_file(folder / PARCELS, layer="parcels", engine="pyogrio")
    line.to_file(folder / RED_LINE, layer="red_line", engine="pyogrio")
    found = Facts(
        parcels=len(whole),
        parcel_vertices=int(whole.count_coordinates().sum()),
        red_line=len(line),
        red_line_vertices=int(line.count_coordinates().sum()),
        largest=int(line.count_coordinates().max()),
        holes=int(line.count_interior_rings().sum()),
        share=float(line.area.sum() / whole.area.sum()),
        wkb=sum(len(wkb) for layer in (whole, line) for wkb in layer.geometry.to_wkb()),
    )
    (folder / "facts.json").write_text(json.dumps(asdict(found)), encoding="utf-8")  # last: what says it is whole


@cache
def _land() -> terrain.Terrain:
    return terrain.make(SEED)


@cache  # the sizes of the growth share their parcels, or their red line
def _parcels(size: int) -> gpd.GeoDataFrame:
    """Columns parcel (number), class (DLBM) and village, to be carried by those who carry columns."""
    asked = MEAN_VERTICES * 0.7
    first = _plots(size, asked).polygons
    # A parcel is several cells, and the more the larger the county's villages lie apart: aim twice.
    plots = _plots(size, asked * MEAN_VERTICES / shapely.get_num_coordinates(first).mean())
    columns: dict[str, NDArray[Any]] = {
        "parcel": np.arange(len(plots.polygons)),
        "class": plots.use.now,
        "village": plots.village,
    }
    return gpd.GeoDataFrame(columns, geometry=plots.polygons, crs=terrain.CRS)


def _plots(size: int, vertices: float) -> parcels.Parcels:
    land = _land()
    towns = places.make(SEED, land, min(150, max(40, size // 80)), fine=size >= 12_000)
    net = roads.make(SEED, land, towns)
    ground = sites.make(SEED, land, towns, net, size)
    still = np.isin(ground.kind, [sites.STREET, sites.BLOCK, sites.ROAD])
    cells = coverage.cells(ground.points, ground.kind != sites.RIM_OUT, still, vertices)
    kept = ground.take(cells.sites)
    zoned = zones.make(land, towns, kept.points, cells.pairs)
    use = landuse.make(SEED, land, towns, net, kept, zoned)
    return parcels.merge(SEED, cells, kept, use, zoned, land.above[land.nearest(kept.points)], size)


@cache
def _red_line(vertices: int) -> gpd.GeoDataFrame:
    """Columns zone (number) and function: outlines on the heights, run together by groups, less small clearings."""
    asked = float(vertices)
    for _again in range(3):  # what is lost at the county's border is known only afterwards
        shapes = _outlines(round(asked))
        asked *= vertices / shapely.get_num_coordinates(shapes).sum()
    functions = np.array(["水源涵养", "水土保持", "生物多样性维护", "水土流失"])
    columns = {"zone": np.arange(len(shapes)), "function": functions[np.arange(len(shapes)) % 4]}
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=terrain.CRS)


def _outlines(vertices: int) -> NDArray[Any]:
    land = _land()
    rng = noise.stream(SEED, 200)
    inner = land.county.buffer(-45.0)
    high = land.node[land.above > 100]
    high = high[rng.permutation(len(high))]
    radius = float(np.sqrt(SHARE * land.county.area / sum(GROUPS) / np.pi))
    blobs = [noise.star(rng, xy, radius, vertices // sum(GROUPS)).intersection(inner) for xy in _centres(high, radius)]
    body = shapely.union_all(blobs)
    inside = high[shapely.contains_xy(body, *high.T)][:CLEARINGS]
    size = max(vertices // (6 * CLEARINGS), 16)
    clearings = [noise.star(rng, xy, rng.lognormal(np.log(300.0), 0.4), size) for xy in inside]
    parts = shapely.get_parts(shapely.difference(body, shapely.union_all(clearings)))
    return np.array([part for part in parts if part.area > 1e6], dtype=object)  # no islands that clearings leave


def _centres(candidates: NDArray[np.float64], radius: float) -> list[NDArray[np.float64]]:
    """A centre for each outline: those of one group so near that they run together, and far from other groups."""
    chosen: list[NDArray[np.float64]] = []
    for size in GROUPS:
        group: list[NDArray[np.float64]] = []
        for xy in candidates:
            joins = not group or 1.1 * radius < _nearest(xy, group) < 1.5 * radius
            if joins and _nearest(xy, chosen) > 2.6 * radius:
                group.append(xy)
            if len(group) == size:
                break
        chosen += group
    return chosen


def _nearest(xy: NDArray[np.float64], others: list[NDArray[np.float64]]) -> float:
    return min((float(np.hypot(*(xy - other))) for other in others), default=np.inf)

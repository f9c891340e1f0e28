"""Cultural heritage: historic districts of the county seat, heritage sites, the city purple line."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from qsgis.demo import noise
from qsgis.demo.controls import bow_tie, geodesic_area
from qsgis.demo.parcels import Parcels
from qsgis.demo.places import SEAT, Places
from qsgis.demo.terrain import CRS

_QUARTERS = (("西关历史文化街区", (-320.0, 40.0), 190.0), ("东街历史文化街区", (360.0, -60.0), 150.0))
_SITES = 14
_LEVELS = ("国家级", "省级", "省级", "县级", "县级", "县级", "县级")


def _framed(columns: dict[str, Any], shapes: NDArray[Any] | list[Any]) -> gpd.GeoDataFrame:
    """A layer with its areas (MJ, m²); a broken shape has none."""
    area = [round(geodesic_area(shape), 2) if shape.is_valid else 0.0 for shape in shapes]
    return gpd.GeoDataFrame(columns | {"MJ": area}, geometry=list(shapes), crs=CRS)


def historic_districts(places: Places, parcels: Parcels) -> tuple[gpd.GeoDataFrame, dict[str, str]]:
    """历史文化街区: outlines drawn round blocks of the seat, and a bow-tie that lies wholly inside the first.

    However the bow-tie is mended, it adds nothing to their union.
    """
    town = places.towns[SEAT]
    at = shapely.get_coordinates(shapely.centroid(parcels.polygons))
    blocks = (parcels.use.settlement == "202") & (parcels.use.now != "1004")
    shapes = []
    for _name, offset, radius in _QUARTERS:
        near = np.hypot(*(at - town.at(np.array(offset))).T) < radius
        shapes.append(shapely.union_all(parcels.polygons[blocks & near]).convex_hull)
    shapes.append(bow_tie(shapes[0]))
    names = [*(name for name, _offset, _radius in _QUARTERS), "自交的历史文化街区"]
    frame = _framed({"名称": names, "级别": ["省级", "县级", "县级"]}, shapes)
    return frame, {"bow_tie": names[-1], "around": names[0]}


def heritage_sites(seed: int, places: Places, districts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """文物保护单位: protected ground of temples and tombs; two in historic districts, the others by villages."""
    rng = noise.stream(seed, 100)
    villages = places.villages[places.communities :]
    chosen = villages[np.sort(rng.permutation(len(villages))[: _SITES - 2])]
    inner = [shapely.get_coordinates(shapely.point_on_surface(shape))[0] for shape in districts.geometry[:2]]
    centres = np.concatenate([np.array(inner), chosen + rng.uniform(-220, 220, chosen.shape)])
    shapes = [noise.star(rng, centre, rng.uniform(30, 75), 24, rough=0.2) for centre in centres]
    kinds = ("古建筑", "古遗址", "古墓葬", "近现代重要史迹")
    return _framed(
        {
            "名称": [f"示意文物保护单位{k + 1}号" for k in range(len(shapes))],
            "类别": [kinds[k % len(kinds)] for k in range(len(shapes))],
            "级别": [_LEVELS[k % len(_LEVELS)] for k in range(len(shapes))],
        },
        shapes,
    )


def purple_line(districts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """城市紫线: round each historic district, 40 m wider."""
    sound = districts[districts.is_valid]
    shapes = [shapely.buffer(shape, 40.0, quad_segs=4) for shape in sound.geometry]
    return _framed({"名称": [f"{name}紫线" for name in sound["名称"]]}, shapes)

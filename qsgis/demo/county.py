"""The demonstration county in memory: every layer and table, from a seed and a size; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from qsgis.demo import (
    controls,
    coverage,
    facilities,
    landuse,
    lines,
    parcels,
    people,
    places,
    roads,
    sites,
    terrain,
    zones,
)
from qsgis.demo.noise import Floats, Ints
from qsgis.demo.terrain import CRS
from qsgis.messages import _

YEAR, BASE_YEAR = 2019, 2015
SMALLEST = 1000
Frame: TypeAlias = pd.DataFrame  # layers with geometry are GeoDataFrames


@dataclass(frozen=True)
class County:
    """layers: by layer id, with the field names of practice; `land_use_base` is the survey of the base year.

    history: a row a parcel of `land_use`, in its order, with class and CZCSXM in the base year (bookkeeping for the
    ledger). copy_of: the row of `land_use` that a row of `permanent_farmland` is a copy of, or -1.
    flaws: what was planted where: layer -> kind of flaw -> id or name of the feature.
    """

    layers: dict[str, Frame]
    history: pd.DataFrame
    copy_of: Ints
    flaws: dict[str, dict[str, str]]


def make(
    parcels: int = 30_000,
    seed: int = 1,
    redline_vertices: int = 60_000,
    vertices: float = 30.0,
    villages: int | None = None,
) -> dict[str, Frame]:
    """All layers of a county of about `parcels` parcels; the same arguments give the same county.

    A county below 12,000 parcels has fewer villages (unless `villages` says how many), larger blocks and some more
    parcels than asked for. redline_vertices: of the red line in all, about; vertices: of a parcel before merging, on
    the mean, about. Frames are in EPSG:4546; facilities listed by 经度 纬度 and figures by village are plain tables.
    """
    return build(parcels, seed, redline_vertices, vertices, villages).layers


def build(
    size: int = 30_000,
    seed: int = 1,
    redline_vertices: int = 60_000,
    vertices: float = 30.0,
    villages: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> County:
    """As `make`, with the bookkeeping that the ledger is made from. `progress` is told each step.

    Raises ValueError for fewer than 1,000 parcels. Below 3,000 a zone may consist of two pieces.
    """
    if size < SMALLEST:
        raise ValueError(f"a county of {size} parcels has no room for its villages: at least {SMALLEST}")
    tell = progress or (lambda _step: None)
    tell(_("terrain"))
    land = terrain.make(seed)
    count = villages or min(150, max(40, size // 80))
    towns = places.make(seed, land, count, fine=size >= 12_000)
    net = roads.make(seed, land, towns)
    tell(_("parcels"))
    plots, zoned = _parcels(seed, size, vertices, land, towns, net)
    earlier = parcels.before(plots)
    now = parcels.table(plots, zoned, towns.names, YEAR, base=False)
    base = parcels.table(earlier, zoned, towns.names, BASE_YEAR, base=True)
    tell(_("control lines"))
    whole = _zone_layers(plots.polygons, now["TBMJ"].to_numpy(), plots.village, zoned, towns)
    ground = whole["county"].geometry.iloc[0]
    red, red_flaws = controls.red_line(seed, land, towns, ground, redline_vertices)
    farmland, copy_of = controls.farmland(seed, plots, zoned, towns.names, ground)
    urban = controls.urban_area(seed, towns)
    area = urban.geometry.iloc[0]
    layers: dict[str, Frame] = {
        "land_use": now,
        "land_use_base": base,
        **whole,
        "ecological_red_line": red,
        "permanent_farmland": farmland,
        "urban_boundary": controls.urban_boundary(seed, towns),
        "urban_area": urban,
    }
    tell(_("lines and facilities"))
    layers["roads"] = lines.roads_layer(net)
    layers["rivers"] = lines.rivers_layer(land)
    layers["greenways"], green_flaws = lines.greenways(seed, towns, land)
    layers["railways"] = lines.railway(land)
    layers["levees"] = lines.levees(layers["rivers"], area)
    layers["elderly_care"], care_flaws = facilities.elderly_care(seed, towns)
    layers["markets"], market_flaws = facilities.markets(seed, towns)
    layers["shelters"], shelter_flaws = facilities.shelters(seed, towns, plots, area)
    layers |= facilities.services(seed, towns, plots)
    home = np.isin(plots.use.now, ["0701", "0702"])
    residential = np.bincount(plots.village, shapely.area(plots.polygons) * home, len(towns.villages)).astype(float)
    population = people.population(seed, towns, zoned, residential)
    work = people.jobs(seed, towns, population)
    layers |= {"population": population, "jobs": work}
    layers["commute_od"] = people.commute(seed, population, work, people.drive_minutes(net, towns))
    history = pd.DataFrame(
        {
            "BSM": now["BSM"],
            "DLBM": plots.use.base,
            "CZCSXM": plots.use.base_settlement,
            "township": zoned.township[plots.village],
        }
    )
    flaws = {
        "ecological_red_line": red_flaws,
        "greenways": green_flaws,
        "elderly_care": care_flaws,
        "markets": market_flaws,
        "shelters": shelter_flaws,
    }
    return County(layers, history, copy_of, flaws)


def _parcels(
    seed: int, size: int, vertices: float, land: terrain.Terrain, towns: places.Places, net: roads.Roads
) -> tuple[parcels.Parcels, zones.Zones]:
    ground = sites.make(seed, land, towns, net, size)
    still = np.isin(ground.kind, [sites.STREET, sites.BLOCK, sites.ROAD])
    cells = coverage.cells(ground.points, ground.kind != sites.RIM_OUT, still, vertices)
    kept = ground.take(cells.sites)
    zoned = zones.make(land, towns, kept.points, cells.pairs)
    use = landuse.make(seed, land, towns, net, kept, zoned)
    above = land.above[land.nearest(kept.points)]
    return parcels.merge(seed, cells, kept, use, zoned, above, size), zoned


def _zone_layers(
    polygons: NDArray[Any], area: Floats, village: Ints, zoned: zones.Zones, towns: places.Places
) -> dict[str, gpd.GeoDataFrame]:
    """XZQ, CJDCQ and the county: unions of whole parcels, with 调查面积 (m²) as the sum of their parcels' areas."""
    townships = [t[:2] for t in places.TOWNSHIPS]
    inside = coverage.dissolve(polygons, village)
    surveyed = np.bincount(village, area).astype(np.float64)
    wider = coverage.dissolve(inside, zoned.township)
    wider_area = np.bincount(zoned.township, surveyed).astype(np.float64)
    whole = coverage.dissolve(wider, np.zeros(len(wider), dtype=np.int64))
    return {
        "county": _zone_frame(["140521"], ["沁水县"], whole, np.array([area.sum()])),
        "districts": _zone_frame([t[0] for t in townships], [t[1] for t in townships], wider, wider_area),
        "villages": _zone_frame(zoned.code, towns.names, inside, surveyed),
    }


def _zone_frame(code: Sequence[str], name: Sequence[str], shapes: NDArray[Any], surveyed: Floats) -> gpd.GeoDataFrame:
    order = np.argsort(np.array(code), kind="stable")
    columns: dict[str, Any] = {
        "BSM": [f"140521{7:02d}{k:010d}" for k in range(1, len(order) + 1)],
        "YSDM": "1000600100",
        "XZQDM": np.array(code)[order],
        "XZQMC": np.array(name)[order],
        "DCMJ": np.round(surveyed[order], 2),
        "JSMJ": np.round(surveyed[order], 2),
    }
    return gpd.GeoDataFrame(columns, geometry=shapes[order], crs=CRS)

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
    approvals,
    controls,
    countryside,
    coverage,
    earlier,
    facilities,
    heritage,
    landuse,
    lines,
    parcels,
    people,
    places,
    relief,
    roads,
    seat,
    services,
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
    """layers: by layer id, with the field names of practice; `land_use_base` is the survey of the base year, and so on.

    history: a row a parcel of `land_use`, in its order, with class and CZCSXM in the base year (bookkeeping for the
    ledger). copy_of: the row of `land_use` that a row of `permanent_farmland` is a copy of, or -1.
    relief: the heights of the elevation raster.
    flaws: what was planted where: layer -> kind of flaw -> id or name of the feature.
    """

    layers: dict[str, Frame]
    history: pd.DataFrame
    copy_of: Ints
    relief: relief.Relief
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
    former = parcels.before(plots)
    now = parcels.table(plots, zoned, towns.names, YEAR, base=False)
    base = parcels.table(former, zoned, towns.names, BASE_YEAR, base=True)
    tell(_("control lines"))
    whole = _zone_layers(plots.polygons, now["TBMJ"].to_numpy(), plots.village, zoned, towns)
    ground = whole["county"].geometry.iloc[0]
    boundary = controls.urban_boundary(seed, towns)
    edge = controls.union_of(boundary)
    red, red_flaws = controls.red_line(seed, land, towns, ground, redline_vertices, plots, edge)
    other_lines = controls.union_of(red), edge
    farmland, copy_of = controls.farmland(seed, plots, zoned, towns.names, ground, other_lines)
    urban = controls.urban_area(seed, towns)
    area = urban.geometry.iloc[0]
    layers: dict[str, Frame] = {
        "land_use": now,
        "land_use_base": base,
        **whole,
        "ecological_red_line": red,
        "permanent_farmland": farmland,
        "urban_boundary": boundary,
        "urban_area": urban,
        **approvals.layers(seed, plots, farmland, other_lines, ground),
    }
    tell(_("lines and facilities"))
    flaws = {"ecological_red_line": red_flaws}
    for found, wrong in (
        _lines(seed, land, towns, net, whole["villages"], area, ground),
        _facilities(seed, towns, plots, area),
        _heritage(seed, towns, plots),
        _projects(seed, towns, plots, area, ground),
    ):
        layers |= found
        flaws |= wrong
    layers |= _people(seed, towns, net, plots, zoned)
    layers["elderly_care_base"] = earlier.elderly_care(layers["elderly_care"], flaws["elderly_care"])
    layers["population_base"] = earlier.population(seed, layers["population"], towns.communities)
    history = pd.DataFrame(
        {
            "BSM": now["BSM"],
            "DLBM": plots.use.base,
            "CZCSXM": plots.use.base_settlement,
            "township": zoned.township[plots.village],
        }
    )
    return County(layers, history, copy_of, relief.make(land), flaws)


Made: TypeAlias = tuple[dict[str, Frame], dict[str, dict[str, str]]]  # layers, and what is wrong in them


def _lines(
    seed: int,
    land: terrain.Terrain,
    towns: places.Places,
    net: roads.Roads,
    villages: gpd.GeoDataFrame,
    urban: shapely.Polygon,
    ground: shapely.Geometry,
) -> Made:
    ways, green = lines.greenways(seed, towns, land)
    streets, rivers = lines.roads_layer(net, villages, ground), lines.rivers_layer(land)
    banks, bank = lines.levees(rivers, urban)
    tunnels = seat.utility_tunnels(towns)
    found: dict[str, Frame] = {
        "roads": streets,
        "roads_base": earlier.roads(streets, towns),
        "rivers": rivers,
        "greenways": ways,
        "greenways_base": earlier.greenways(ways),
        "railways": lines.railway(land),
        "levees": banks,
        "utility_tunnels": tunnels,
        "utility_tunnels_base": tunnels.iloc[:1],
    }
    return found, {"greenways": green, "levees": bank}


def _facilities(seed: int, towns: places.Places, plots: parcels.Parcels, urban: shapely.Polygon) -> Made:
    care, care_flaws = facilities.elderly_care(seed, towns)
    sold, market_flaws = facilities.markets(seed, towns)
    refuge, shelter_flaws = facilities.shelters(seed, towns, plots, urban)
    found: dict[str, Frame] = {"elderly_care": care, "markets": sold, "shelters": refuge}
    found |= services.services(seed, towns, plots)
    found |= services.leisure(seed, towns)
    return found, {"elderly_care": care_flaws, "markets": market_flaws, "shelters": shelter_flaws}


def _heritage(seed: int, towns: places.Places, plots: parcels.Parcels) -> Made:
    quarters, flaws = heritage.historic_districts(towns, plots)
    found: dict[str, Frame] = {
        "historic_districts": quarters,
        "heritage_sites": heritage.heritage_sites(seed, towns, quarters),
        "city_purple_line": heritage.purple_line(quarters),
    }
    return found, {"historic_districts": flaws}


def _projects(
    seed: int, towns: places.Places, plots: parcels.Parcels, urban: shapely.Polygon, ground: shapely.Geometry
) -> Made:
    fields, flaws = countryside.high_standard_farmland(seed, plots, towns.names, ground)
    deep, wet = seat.underground(towns, plots), seat.waterlogging_points(seed, towns)
    found: dict[str, Frame] = {
        "high_standard_farmland": fields,
        "restoration_areas": countryside.restoration_areas(seed, plots, ground),
        "land_supply": countryside.land_supply(seed, plots),
        "geohazard_points": countryside.geohazard_points(seed, plots),
        "geohazard_zones": countryside.geohazard_zones(seed, towns, ground),
        "impervious": seat.impervious(plots, urban, base=False),
        "impervious_base": seat.impervious(plots, urban, base=True),
        "buildings": seat.buildings(seed, towns, plots),
        "underground": deep,
        "underground_base": deep.iloc[: len(deep) // 2],
        "renewal_areas": seat.renewal_areas(seed, towns, plots),
        "waterlogging_points": wet[wet["状态"] == "未消除"].reset_index(drop=True),
        "waterlogging_points_base": wet,
    }
    return found, {"high_standard_farmland": flaws}


def _people(
    seed: int, towns: places.Places, net: roads.Roads, plots: parcels.Parcels, zoned: zones.Zones
) -> dict[str, Frame]:
    home = np.isin(plots.use.now, ["0701", "0702"])
    residential = np.bincount(plots.village, shapely.area(plots.polygons) * home, len(towns.villages)).astype(float)
    population = people.population(seed, towns, zoned, residential)
    work = people.jobs(seed, towns, population)
    trips = people.commute(seed, population, work, people.drive_minutes(net, towns))
    return {"population": population, "jobs": work, "commute_od": trips}


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

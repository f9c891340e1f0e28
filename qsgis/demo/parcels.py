"""Cells → the parcels (DLTB 地类图斑) of both survey years, with the survey's fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from qsgis.demo import coverage, noise, sites
from qsgis.demo.coverage import Cells
from qsgis.demo.landuse import CLASSES, LandUse
from qsgis.demo.noise import Floats, Ints
from qsgis.demo.sites import Sites
from qsgis.demo.terrain import CRS
from qsgis.demo.zones import Zones

_DEDUCTION = np.array([0.0, 0.0, 0.0512, 0.0875, 0.1140, 0.1365])  # 田坎 by slope grade (GDPDJB 1 … 5)
_ANY = 10**9


@dataclass(frozen=True)
class Parcels:
    """polygons and, for each: village, class and CZCSXM in both years; pairs of neighbours; mean height."""

    polygons: NDArray[Any]
    village: Ints
    use: LandUse
    pairs: Ints
    above: Floats


def merge(seed: int, cells: Cells, ground: Sites, use: LandUse, zones: Zones, above: Floats, target: int) -> Parcels:
    """Cells joined into parcels: bands of road, river and street first, then blocks, then open land down to `target`.

    Only cells of one village, one use and one history join. `ground` holds the kept cells only. The largest group is
    a few cells; of a county with few parcels it is more, and houses join too.
    """
    rng = noise.stream(seed, 50)
    a, b = cells.pairs.T
    same = zones.village[a] == zones.village[b]
    for column in (use.now, use.base, use.settlement, use.base_settlement):
        same &= column[a] == column[b]
    band = np.isin(use.now[a], ["1101", "1103", "1003", "1004", "1006"])
    built = np.isin(ground.kind[a], [sites.BLOCK, sites.HOUSE]) | np.isin(ground.kind[b], [sites.BLOCK, sites.HOUSE])
    block = (ground.block[a] == ground.block[b]) & (ground.block[a] >= 0) & (rng.random(len(a)) < 0.6)
    forest = np.char.startswith(use.now[a], "03")
    ease = max(1.0, 12_000 / target)
    allowed = same & (band | block | ~built | (ease > 1))
    rank = np.select([band, built], [0.0, 1.0], 2.0 + rng.random(len(a)) * np.where(forest, 1.0, 1.6))
    most = np.select([band, built, forest], [_ANY, int(6 * ease), int(14 * ease)], int(5 * ease))
    chosen = np.flatnonzero(allowed)
    order = chosen[np.argsort(rank[chosen], kind="stable")]
    label = coverage.groups(cells.pairs, order, most, len(cells.polygons), target)
    return _grouped(cells.polygons, cells.pairs, label, zones.village, use, above)


def _grouped(polygons: NDArray[Any], pairs: Ints, label: Ints, village: Ints, use: LandUse, above: Floats) -> Parcels:
    """One parcel a label, in map order (rows of 2 km, west to east) as a survey numbers them."""
    merged = coverage.dissolve(polygons, label)
    _labels, first = np.unique(label, return_index=True)
    at = shapely.get_coordinates(shapely.centroid(merged))
    order = np.lexsort([at[:, 0], -(at[:, 1] // 2000)])
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    first = first[order]
    new_pairs = np.sort(place[label[pairs]], axis=1)
    new_pairs = np.unique(new_pairs[new_pairs[:, 0] != new_pairs[:, 1]], axis=0)
    taken = LandUse(use.now[first], use.base[first], use.settlement[first], use.base_settlement[first])
    mean = (np.bincount(label, above) / np.bincount(label))[order]
    return Parcels(merged[order], village[first], taken, new_pairs, mean)


def before(parcels: Parcels) -> Parcels:
    """The parcels of the base year: what was built since lies, where it can, in the field that it was cut from."""
    use = parcels.use
    built = (use.now != use.base) & np.isin(use.base, ["0102", "0103", "0305", "0301", "0404"]) & (use.settlement != "")
    a, b = parcels.pairs.T
    fits = (parcels.village[a] == parcels.village[b]) & (use.base[a] == use.base[b])
    fits &= (use.base_settlement[a] == "") & (use.base_settlement[b] == "") & (built[a] != built[b])
    order = np.flatnonzero(fits)
    label = coverage.groups(parcels.pairs, order, np.full(len(a), 5), len(parcels.polygons), 0)
    return _grouped(parcels.polygons, parcels.pairs, label, parcels.village, use, parcels.above)


def ellipsoidal_area(polygons: NDArray[Any]) -> Floats:
    """m² on the CGCS2000 ellipsoid: plane area over the projection's areal scale at the centroid (error below 1e-7)."""
    at = shapely.get_coordinates(shapely.centroid(polygons))
    projection = pyproj.Proj(CRS)
    lon, lat = projection(at[:, 0], at[:, 1], inverse=True)
    return np.asarray(shapely.area(polygons) / projection.get_factors(lon, lat).areal_scale)


def slope_grade(above: Floats) -> Ints:
    """GDPDJB 1 … 5 of a field, from its height over the stream."""
    return np.asarray(1 + np.digitize(above, [8, 25, 50, 90]), dtype=np.int64)


def deduction(above: Floats) -> Floats:
    """KCXS of a field, from its height over the stream."""
    return np.asarray(_DEDUCTION[slope_grade(above)])


def _or_none(text: NDArray[np.str_]) -> list[str | None]:
    """Empty text as no value, as the survey's tables have it."""
    return [value or None for value in text.tolist()]


def table(parcels: Parcels, zones: Zones, names: tuple[str, ...], year: int, *, base: bool) -> gpd.GeoDataFrame:
    """The DLTB layer of a year (EPSG:4546; areas in m², two decimals)."""
    code = parcels.use.base if base else parcels.use.now
    settlement = parcels.use.base_settlement if base else parcels.use.settlement
    count = len(code)
    gross = np.round(ellipsoidal_area(parcels.polygons), 2)
    arable = np.char.startswith(code, "01")
    grade = np.where(arable, slope_grade(parcels.above), 0)
    ratio = _DEDUCTION[grade]
    deducted = np.round(gross * ratio, 2)
    seat = np.array([c + "0000000" for c in zones.code])[parcels.village]
    village_name = np.array(names)[parcels.village]
    urban = np.isin(settlement, ["202"]) | np.isin(code, ["1101", "1003"])
    number = pd.Series(seat).groupby(seat).cumcount() + 1
    return gpd.GeoDataFrame(
        {
            "BSM": [f"140521{year - 2000:02d}{k:010d}" for k in range(1, count + 1)],
            "YSDM": "2001010100",
            "TBYBH": "",
            "TBBH": number.astype(str).to_numpy(),
            "DLBM": code,
            "DLMC": [CLASSES[c][0] for c in code],
            "QSXZ": np.where(urban, "20", "30"),
            "QSDWDM": seat,
            "QSDWMC": village_name,
            "ZLDWDM": seat,
            "ZLDWMC": village_name,
            "TBMJ": gross,
            "KCDLBM": _or_none(np.where(ratio > 0, "1203", "")),
            "KCXS": ratio,
            "KCMJ": deducted,
            "TBDLMJ": np.round(gross - deducted, 2),
            "GDPDJB": _or_none(np.where(arable, grade.astype(str), "")),
            "CZCSXM": _or_none(settlement),
            "SJNF": np.full(count, year, dtype=np.int32),
        },
        geometry=parcels.polygons,
        crs=CRS,
    )

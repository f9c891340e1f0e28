"""A row of the ledger, and the plain ways of measuring that its themes share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from qsgis.demo.controls import OUTLINE_STEP, geodesic_area
from qsgis.demo.county import YEAR, County
from qsgis.demo.landuse import construction
from qsgis.demo.noise import Floats
from qsgis.demo.places import TOWNSHIPS
from qsgis.demo.terrain import to_plane

EXACT, CLOSE, NEAR, SAMPLED = 1e-6, 1e-5, 1e-3, 0.02
TOWN, VILLAGE = ("201", "201A", "202", "202A"), ("203", "203A")
CODES = [code for code, *_rest in TOWNSHIPS]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Row:
    """One answer: part "" is the headline, zone_code "" the county; `relative` the tolerance of a right result.

    bound: "" for a value, "lower" or "upper" where only a bound is known.
    """

    indicator: str
    part: str
    zone_code: str
    value: float
    unit: str
    relative: float
    how: str
    bound: str = ""
    year: int = YEAR


def by_district(
    indicator: str,
    part: str,
    value: Floats,
    district: NDArray[np.int64],
    unit: str,
    relative: float,
    how: str,
    year: int = YEAR,
) -> list[Row]:
    """The county's sum and each township's."""
    sums = np.bincount(district, value, minlength=len(TOWNSHIPS))
    rows = [Row(indicator, part, "", float(value.sum()), unit, relative, how, year=year)]
    return rows + [
        Row(indicator, part, code, float(total), unit, relative, how, year=year)
        for code, total in zip(CODES, sums, strict=True)
    ]


def ratios(
    indicator: str,
    part: str,
    over: Iterable[float],
    under: Iterable[float],
    unit: str,
    relative: float,
    how: str,
    year: int = YEAR,
) -> list[Row]:
    """Quotients of the county's sums and of each township's; none where there is no denominator."""
    top, bottom = (np.asarray(list(numbers), dtype=float) for numbers in (over, under))
    pairs = zip(["", *CODES], [top.sum(), *top], [bottom.sum(), *bottom], strict=True)
    return [Row(indicator, part, code, float(a / b), unit, relative, how, year=year) for code, a, b in pairs if b > 0]


def layer(county: County, name: str) -> gpd.GeoDataFrame:
    """A layer with places."""
    frame = county.layers[name]
    assert isinstance(frame, gpd.GeoDataFrame)
    return frame


def urban_area(county: County) -> shapely.Polygon:
    """城区范围."""
    return layer(county, "urban_area").geometry.iloc[0]


def townships(county: County) -> NDArray[Any]:
    """The townships' polygons, in the order of CODES."""
    return np.asarray(layer(county, "districts").set_index("XZQDM").geometry[CODES].to_numpy())


def ground_of(county: County, names: Iterable[str]) -> shapely.Geometry:
    """The union of layers; broken shapes are left out (those planted lie inside others or add nothing)."""
    shapes = [layer(county, name).geometry for name in names]
    return shapely.union_all([shape for frame in shapes for shape in frame[frame.is_valid]])


def area_inside(zone: shapely.Geometry, ground: shapely.Geometry) -> float:
    """m² by Geod of the polygons of ground ∩ zone."""
    pieces = shapely.get_parts(zone.intersection(ground))
    return sum(geodesic_area(piece) for piece in pieces if piece.geom_type == "Polygon")


def metres(shapes: NDArray[Any]) -> float:
    """Length of lines by Geod, edges divided at 70 m in the plane first."""
    plane, geod = to_plane(), pyproj.Geod(ellps="GRS80")
    total = 0.0
    for part in shapely.get_parts(shapely.segmentize(shapes, OUTLINE_STEP)):
        if part.geom_type == "LineString" and not part.is_empty:
            x, y = shapely.get_coordinates(part).T
            total += geod.line_length(*plane.transform(x, y, direction="INVERSE"))
    return float(total)


def metres_by_township(county: County, shapes: NDArray[Any]) -> list[float]:
    """Length of lines in each township."""
    return [metres(shapely.intersection(shapes, zone)) for zone in townships(county)]


def place_of(county: County, points: NDArray[Any]) -> NDArray[np.int64]:
    """The place in CODES of each point's township; -1 outside the county."""
    place = np.full(len(points), -1, dtype=np.int64)
    point, zone = shapely.STRtree(townships(county)).query(points, predicate="within")
    place[point] = zone
    return place


def share_inside(shapes: NDArray[Any], zone: shapely.Geometry) -> Floats:
    """The share of each shape's plane area inside `zone`: one intersection a shape and part of it that cross."""
    parts = shapely.get_parts(zone)
    part, shape = shapely.STRtree(shapes).query(parts, predicate="intersects")
    shapely.prepare(parts)
    inside = shapely.contains_properly(parts[part], shapes[shape])
    cut = shapely.intersection(shapes[shape[~inside]], parts[part[~inside]])
    area = np.zeros(len(shapes))
    area[shape[inside]] = shapely.area(shapes[shape[inside]])
    np.add.at(area, shape[~inside], shapely.area(cut))
    return np.asarray(area / shapely.area(shapes))


@dataclass(frozen=True)
class Uses:
    """The parcels of a year: class, CZCSXM ("" where none), TBDLMJ and KCMJ (田坎) in m², township, built on or not."""

    frame: gpd.GeoDataFrame
    use: NDArray[np.str_]
    settlement: NDArray[np.str_]
    area: Floats
    ridges: Floats
    district: NDArray[np.int64]

    @property
    def built(self) -> Flags:
        """建设用地."""
        return construction(self.use)

    def built_in(self, *codes: str) -> Flags:
        """建设用地 within settlements of these codes."""
        return self.built & np.isin(self.settlement, codes)

    def starts(self, level1: str) -> Flags:
        """Classes that begin so; of the two-digit groups that the county has only 0306 goes to another group."""
        return np.char.startswith(self.use, level1) & ~np.isin(self.use, ["0306"])

    def by_township(self, share: NDArray[Any]) -> Floats:
        """m² of TBDLMJ by township, in the order of CODES; `share`: the part of each parcel that counts, or flags."""
        return np.bincount(self.district, self.area * share, minlength=len(CODES)).astype(float)


def uses(county: County, name: str = "land_use") -> Uses:
    """The parcels of `land_use`, or of the base year's `land_use_base`."""
    frame = layer(county, name)
    place = {code: k for k, code in enumerate(CODES)}
    return Uses(
        frame,
        frame["DLBM"].to_numpy().astype(str),
        frame["CZCSXM"].fillna("").to_numpy().astype(str),
        frame["TBDLMJ"].to_numpy(),
        frame["KCMJ"].to_numpy(),
        frame["ZLDWDM"].str[:9].map(place).to_numpy(dtype=np.int64),
    )


def people(county: County, column: str, suffix: str = "") -> Floats:
    """A column of the population table by township, in the order of CODES."""
    table = county.layers[f"population{suffix}"]
    return np.asarray(table.groupby(table["行政区代码"].str[:9])[column].sum().reindex(CODES), dtype=float)


def new_since(county: County, now: Uses) -> Flags:
    """城乡建设用地 of today that was none in the base year, by the record of how the county was made."""
    past = county.history
    before = construction(past["DLBM"].to_numpy()) & np.isin(past["CZCSXM"].to_numpy().astype(str), TOWN + VILLAGE)
    return now.built_in(*TOWN, *VILLAGE) & ~before

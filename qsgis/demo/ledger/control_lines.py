"""Red line, permanent farmland, urban boundary, geohazard zones: their own ground and what is built on it."""

from __future__ import annotations

import numpy as np
import shapely

from qsgis.demo.controls import geodesic_area
from qsgis.demo.county import County
from qsgis.demo.landuse import construction
from qsgis.demo.ledger.rows import (
    CLOSE,
    CODES,
    EXACT,
    NEAR,
    TOWN,
    VILLAGE,
    Row,
    area_inside,
    by_district,
    ground_of,
    layer,
    new_since,
    ratios,
    share_inside,
    townships,
    urban_area,
    uses,
)


def rows(county: County) -> list[Row]:
    """All rows of this theme."""
    return [
        *_red_line(county), *_encroachment(county), *_farmland(county), *_urban_boundary(county), *_geohazards(county),
        *_high_standard(county), *_around_town(county),
    ]  # fmt: skip


def _red_line(county: County) -> list[Row]:
    union = ground_of(county, ["ecological_red_line"])
    how = "Geod of the union, edges divided at 70 m; townships: of the union cut by each"
    found = [Row("ecological_red_line_area", "", "", geodesic_area(union) / 1e6, "平方千米", EXACT, how)]
    for code, zone in zip(CODES, townships(county), strict=True):
        area = area_inside(zone, union) / 1e6
        found.append(Row("ecological_red_line_area", "", code, area, "平方千米", CLOSE, how))
    return found


_SHARES = "parcels known by construction; shares of TBDLMJ by one intersection each"


def _encroachment(county: County) -> list[Row]:
    now = uses(county)
    rows = np.flatnonzero(now.built)
    inside = np.zeros(len(now.frame))
    ground = ground_of(county, ["ecological_red_line"])
    inside[rows] = now.area[rows] * share_inside(now.frame.geometry.to_numpy()[rows], ground) / 1e6
    urban_rural, new = now.built_in(*TOWN, *VILLAGE), new_since(county, now)
    found = []
    for part, flags in (
        ("", urban_rural),
        ("new", new),
        ("stock", urban_rural & ~new),
        ("mining", now.built_in("204")),
        ("special", now.built_in("205")),
        ("with_mining", now.built_in(*TOWN, *VILLAGE, "204")),
    ):
        value = np.where(flags, inside, 0.0)
        found += by_district("red_line_encroachment", part, value, now.district, "平方千米", CLOSE, _SHARES)
    return found


def _farmland(county: County) -> list[Row]:
    """Copies by bookkeeping; plots that cut across by one intersection a pair."""
    farms, now = layer(county, "permanent_farmland"), uses(county)
    net = farms["YJJBNTMJ"].to_numpy()
    copies = np.flatnonzero(county.copy_of >= 0)
    plots = np.flatnonzero(county.copy_of < 0)
    shapes, parcels = farms.geometry.to_numpy(), now.frame.geometry.to_numpy()
    a, b = shapely.STRtree(parcels).query(shapes[plots], predicate="intersects")
    piece = shapely.area(shapely.intersection(shapes[plots][a], parcels[b]))
    host = np.concatenate([county.copy_of[copies], b])
    value = np.concatenate([net[copies], net[plots][a] * piece / shapely.area(shapes[plots])[a]]) / 1e4
    use = now.use[host]
    arable, built, adjustable = np.char.startswith(use, "01"), construction(use), np.char.endswith(use, "K")
    how = "copies by bookkeeping, other plots by one intersection a parcel; shares of YJJBNTMJ"
    found = []
    for part, flags in (
        ("", ~arable),
        ("construction", built),
        ("adjustable", adjustable),
        ("other", ~arable & ~built & ~adjustable),
    ):
        amount = np.where(flags, value, 0.0)
        found += by_district("farmland_encroachment", part, amount, now.district[host], "公顷", CLOSE, how)
    total = float(net.sum() / 1e4)
    return [*found, Row("permanent_farmland_area", "", "", total * 15 / 1e4, "万亩", EXACT, "sum of YJJBNTMJ")]


def _urban_boundary(county: County) -> list[Row]:
    now = uses(county)
    urban_rural, new = now.built_in(*TOWN, *VILLAGE), new_since(county, now)
    share = share_inside(now.frame.geometry.to_numpy(), ground_of(county, ["urban_boundary"]))
    found = []
    for part, flags, part_share in (
        ("", urban_rural, share),
        ("outside", urban_rural, 1 - share),
        ("new_inside", new, share),
        ("new_outside", new, 1 - share),
    ):
        value = np.where(flags, now.area * part_share / 1e6, 0.0)
        found += by_district("urban_boundary_construction", part, value, now.district, "平方千米", CLOSE, _SHARES)
    return [
        *found,
        Row("flood_storage_overlap", "", "", 0.0, "平方千米", EXACT, "the county has no flood storage areas"),
    ]


def _geohazards(county: County) -> list[Row]:
    now, zones = uses(county), layer(county, "geohazard_zones")
    rows = np.flatnonzero(now.built_in(*TOWN, *VILLAGE))
    shapes, found = now.frame.geometry.to_numpy()[rows], []
    for part, grades in (("", "高中低"), ("high", "高"), ("medium", "中"), ("low", "低")):
        ground = shapely.union_all(zones.geometry[zones["YFCD"].str[0].isin(list(grades))].to_numpy())
        value = now.area[rows] * share_inside(shapes, ground) / 1e4
        found += by_district("geohazard_construction", part, value, now.district[rows], "公顷", CLOSE, _SHARES)
    return found


def _high_standard(county: County) -> list[Row]:
    now, union = uses(county), ground_of(county, ["high_standard_farmland"])
    area = np.array([area_inside(zone, union) for zone in townships(county)])
    arable = now.by_township(now.starts("01"))
    rows = np.flatnonzero(now.starts("01"))
    inside = np.zeros(len(now.frame))
    inside[rows] = share_inside(now.frame.geometry.to_numpy()[rows], union)
    name, how = "high_standard_farmland_share", "Geod of the union cut by each township; TBDLMJ of 01"
    return [
        *ratios(name, "", 100 * area, arable, "%", CLOSE, how),
        *ratios(name, "inside", 100 * now.by_township(inside), arable, "%", CLOSE, f"{how}; {_SHARES}"),
    ]


def _around_town(county: County) -> list[Row]:
    """Agricultural classes (三大类) in the urban area and within 20 km of it; a finer circle than one would draw."""
    now, ring = uses(county), shapely.buffer(urban_area(county), 20_000.0, quad_segs=1000)
    share = share_inside(now.frame.geometry.to_numpy(), ring)
    others = ["0303", "0304", "0306", "0402", "1006", "1103", "1104", "1104A", "1104K", "1107", "1107A", "1202", "1203"]
    green = now.starts("01") | now.starts("02") | now.starts("03") | (now.starts("04") & (now.use != "0404"))
    found = []
    for part, flags in (("", green | np.isin(now.use, others)), ("cultivated", now.starts("01"))):
        value = np.where(flags, now.area * share / 1e6, 0.0)
        found += by_district("farmland_20km", part, value, now.district, "平方千米", NEAR, _SHARES)
    return found

"""Red line, permanent farmland, urban boundary, geohazard zones: their own ground, what is built on it, fields lost.

Of what is built inside, the part on approved land (PZWJSTD) and the part on temporary land (LSYD) beside it.
"""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

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
    Flags,
    Row,
    Uses,
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
from qsgis.demo.noise import Floats


def rows(county: County) -> list[Row]:
    """All rows of this theme."""
    return [
        *_red_line(county), *_encroachment(county), *_farmland(county), *_urban_boundary(county), *_geohazards(county),
        *_high_standard(county), *_around_town(county), *_fields_lost(county),
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


class _Papers(NamedTuple):
    """Approved ground, and temporary ground beside it."""

    approved: shapely.Geometry
    temporary: shapely.Geometry


def _papers(county: County) -> _Papers:
    approved = ground_of(county, ["approved_unbuilt"])
    return _Papers(approved, ground_of(county, ["temporary_land"]).difference(approved))


def _inside(now: Uses, rows: NDArray[np.int64], ground: shapely.Geometry) -> Floats:
    """TBDLMJ (m²) of each parcel inside the ground; of the `rows` only."""
    found = np.zeros(len(now.frame))
    found[rows] = now.area[rows] * share_inside(now.frame.geometry.to_numpy()[rows], ground)
    return found


def _encroachment(county: County) -> list[Row]:
    now, papers, red = uses(county), _papers(county), ground_of(county, ["ecological_red_line"])
    rows = np.flatnonzero(now.built)
    inside, approved, temporary = (
        _inside(now, rows, ground) / 1e6
        for ground in (red, red.intersection(papers.approved), red.intersection(papers.temporary))
    )
    bare = inside - approved - temporary
    urban_rural, new = now.built_in(*TOWN, *VILLAGE), new_since(county, now)
    found = []
    for part, flags, amount in (
        ("", urban_rural, inside),
        ("new", new, inside),
        ("stock", urban_rural & ~new, inside),
        ("approved", urban_rural, approved),
        ("temporary", urban_rural, temporary),
        ("unapproved", urban_rural, bare),
        ("new_approved", new, approved),
        ("new_temporary", new, temporary),
        ("new_unapproved", new, bare),
        ("mining", now.built_in("204"), inside),
        ("special", now.built_in("205"), inside),
        ("with_mining", now.built_in(*TOWN, *VILLAGE, "204"), inside),
        ("other", now.built & ~now.built_in(*TOWN, *VILLAGE, "204", "205"), inside),
    ):
        value = np.where(flags, amount, 0.0)
        found += by_district("red_line_encroachment", part, value, now.district, "平方千米", CLOSE, _SHARES)
    for kind, ground in _by_type(layer(county, "ecological_red_line")):
        value = _inside(now, np.flatnonzero(urban_rural), ground) / 1e6
        if value.any():
            part = f"by_type.{kind}"
            found += by_district("red_line_encroachment", part, value, now.district, "平方千米", CLOSE, _SHARES)
    return found


def _by_type(red: gpd.GeoDataFrame) -> list[tuple[str, shapely.Geometry]]:
    """The ground of each 红线类型; what two features share belongs to the one with the lower number."""
    sound = red[red.is_valid].sort_values("BSM")
    taken, own = shapely.Polygon(), []
    for shape in sound.geometry:
        own.append(shape.difference(taken))
        taken = taken.union(shape)
    kinds = sound["HXLX"].to_numpy()
    ground = np.array(own, dtype=object)
    return [(kind, shapely.union_all(ground[kinds == kind])) for kind in sorted(set(kinds))]


class _Farmed(NamedTuple):
    """Pieces of permanent farmland, each on one parcel: its place, its share of YJJBNTMJ (ha), what it looks like."""

    host: NDArray[np.int64]
    hectares: Floats
    shape: NDArray[np.object_]


def _farmed(county: County, now: Uses) -> _Farmed:
    """Copies by bookkeeping; plots that cut across by one intersection a pair."""
    farms = layer(county, "permanent_farmland")
    net = farms["YJJBNTMJ"].to_numpy()
    copies = np.flatnonzero(county.copy_of >= 0)
    plots = np.flatnonzero(county.copy_of < 0)
    shapes, parcels = farms.geometry.to_numpy(), now.frame.geometry.to_numpy()
    a, b = shapely.STRtree(parcels).query(shapes[plots], predicate="intersects")
    piece = shapely.intersection(shapes[plots][a], parcels[b])
    ground = shapely.area(piece) > 0
    a, b, piece = a[ground], b[ground], piece[ground]
    return _Farmed(
        np.concatenate([county.copy_of[copies], b]),
        np.concatenate([net[copies], net[plots][a] * shapely.area(piece) / shapely.area(shapes[plots])[a]]) / 1e4,
        np.concatenate([shapes[copies], piece]),
    )


_FARM_SHARES = "copies by bookkeeping, other plots by one intersection a parcel; shares of YJJBNTMJ"


def _farmland(county: County) -> list[Row]:
    now, papers = uses(county), _papers(county)
    host, value, shape = _farmed(county, now)
    use, before = now.use[host], county.history["DLBM"].to_numpy().astype(str)[host]
    arable, built, adjustable = np.char.startswith(use, "01"), construction(use), np.char.endswith(use, "K")
    new = built & ~construction(before)
    lost = np.char.startswith(before, "01") & ~arable
    approved, temporary = (value * share_inside(shape, ground) for ground in papers)
    found = []

    def add(indicator: str, part: str, flags: Flags, amount: Floats) -> None:
        amount = np.where(flags, amount, 0.0)
        found.extend(by_district(indicator, part, amount, now.district[host], "公顷", CLOSE, _FARM_SHARES))

    for part, flags in (
        ("", ~arable), ("construction", built), ("adjustable", adjustable), ("other", ~arable & ~built & ~adjustable),
        ("new_construction", new), ("stock_construction", built & ~new),
    ):  # fmt: skip
        add("farmland_encroachment", part, flags, value)
    for indicator, prefix, flags in (
        ("farmland_encroachment", "", built),
        ("farmland_encroachment", "new_", new),
        ("farmland_cultivated_loss", "", built & lost),
    ):
        add(indicator, f"{prefix}approved", flags, approved)
        add(indicator, f"{prefix}temporary", flags, temporary)
        add(indicator, f"{prefix}unapproved", flags, value - approved - temporary)
    for part, flags in (("", lost), ("to_construction", lost & built), ("to_other", lost & ~built)):
        add("farmland_cultivated_loss", part, flags, value)
    for code in np.unique(use[lost]):
        add("farmland_cultivated_loss", f"all.{code}", lost & (use == code), value)
    total = float(layer(county, "permanent_farmland")["YJJBNTMJ"].sum() / 1e4)
    return [*found, Row("permanent_farmland_area", "", "", total * 15 / 1e4, "万亩", EXACT, "sum of YJJBNTMJ")]


def _fields_lost(county: County) -> list[Row]:
    """What was a field in the base year and is none now, by the record of how the county was made."""
    now, papers = uses(county), _papers(county)
    before = county.history["DLBM"].to_numpy().astype(str)
    rows = np.flatnonzero(np.char.startswith(before, "01") & ~np.char.startswith(now.use, "01"))
    found = []
    for name, line in (("red_line", "ecological_red_line"), ("urban_boundary", "urban_boundary")):
        ground, indicator = ground_of(county, [line]), f"{name}_cultivated_loss"
        inside, approved, temporary = (
            _inside(now, rows, some) / 1e4
            for some in (ground, ground.intersection(papers.approved), ground.intersection(papers.temporary))
        )
        for part, flags, amount in (
            ("", True, inside),
            ("to_construction", now.built, inside),
            ("to_other", ~now.built, inside),
            ("approved", now.built, approved),
            ("temporary", now.built, temporary),
            ("unapproved", now.built, inside - approved - temporary),
            *((f"all.{code}", now.use == code, inside) for code in np.unique(now.use[inside > 0])),
        ):
            value = np.where(flags, amount, 0.0)
            found += by_district(indicator, part, value, now.district, "公顷", CLOSE, _SHARES)
    return found


def _urban_boundary(county: County) -> list[Row]:
    now, papers, ground = uses(county), _papers(county), ground_of(county, ["urban_boundary"])
    urban_rural, new = now.built_in(*TOWN, *VILLAGE), new_since(county, now)
    shapes = now.frame.geometry.to_numpy()
    share = share_inside(shapes, ground)
    inside = [share_inside(shapes, ground.intersection(some)) for some in papers]
    outside = [share_inside(shapes, some.difference(ground)) for some in papers]
    found = []
    for part, flags, part_share in (
        ("", urban_rural, share),
        ("outside", urban_rural, 1 - share),
        ("new_inside", new, share),
        ("new_outside", new, 1 - share),
        ("stock_inside", urban_rural & ~new, share),
        ("stock_outside", urban_rural & ~new, 1 - share),
        ("new_inside_approved", new, inside[0]),
        ("new_inside_temporary", new, inside[1]),
        ("new_inside_unapproved", new, share - inside[0] - inside[1]),
        ("new_outside_approved", new, outside[0]),
        ("new_outside_temporary", new, outside[1]),
        ("new_outside_unapproved", new, 1 - share - outside[0] - outside[1]),
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
    inside = {
        grades: _inside(
            now, rows, shapely.union_all(zones.geometry[zones["YFCD"].str[0].isin(list(grades))].to_numpy())
        )
        for grades in ("高中低", "高", "中", "低")
    }
    new, found = new_since(county, now), []
    for part, grades, flags in (
        ("", "高中低", True), ("high", "高", True), ("medium", "中", True), ("low", "低", True),
        ("new", "高中低", new), ("stock", "高中低", ~new),
    ):  # fmt: skip
        value = np.where(flags, inside[grades] / 1e4, 0.0)
        found += by_district("geohazard_construction", part, value, now.district, "公顷", CLOSE, _SHARES)
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
    for part, flags, ridges in (
        ("", green | np.isin(now.use, others), now.ridges),  # 田坎 1203 are 农用地, in whatever parcel they lie
        ("cultivated", now.starts("01"), 0.0),
    ):
        value = (np.where(flags, now.area, 0.0) + ridges) * share / 1e6
        found += by_district("farmland_20km", part, value, now.district, "平方千米", NEAR, _SHARES)
    return found

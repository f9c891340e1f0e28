"""Where the three control lines overlap; planning zones of the boundary: their ground and what is built on it."""

from __future__ import annotations

import numpy as np
import shapely

from qsgis.demo.county import County
from qsgis.demo.ledger.rows import (
    CLOSE,
    CODES,
    TOWN,
    VILLAGE,
    Row,
    area_inside,
    by_district,
    ground_of,
    layer,
    new_since,
    share_inside,
    townships,
    uses,
)
from qsgis.demo.noise import Floats

_UNION = "Geod of the union, cut by each township"
_SHARES = "parcels known by construction; shares of TBDLMJ by one intersection each"


def rows(county: County) -> list[Row]:
    """All rows of this theme."""
    return [*_overlaps(county), *_zones(county)]


def _ground(county: County, ground: shapely.Geometry) -> Floats:
    """m² of ground in each township."""
    return np.array([area_inside(zone, ground) for zone in townships(county)])


def _overlaps(county: County) -> list[Row]:
    red, boundary = ground_of(county, ["ecological_red_line"]), ground_of(county, ["urban_boundary"])
    farms = layer(county, "permanent_farmland").geometry.to_numpy()
    other = red.union(boundary)
    shapely.prepare(other)
    farmland = shapely.union_all(farms[shapely.intersects(other, farms)])  # the others touch neither line
    ground = {
        "red_line_farmland": farmland.intersection(red),
        "red_line_boundary": boundary.intersection(red),
        "farmland_boundary": farmland.intersection(boundary),
        "all_three": farmland.intersection(boundary).intersection(red),
    }
    area = {part: _ground(county, some) / 1e4 for part, some in ground.items()}
    area[""] = _ground(county, shapely.union_all([*ground.values()])) / 1e4
    district = np.arange(len(CODES))
    return [
        row
        for part, hectares in area.items()
        for row in by_district("control_line_overlap", part, hectares, district, "公顷", CLOSE, _UNION)
    ]


def _zones(county: County) -> list[Row]:
    """Each 规划分区: its ground, and the construction land in it, all, stock and new."""
    now, frame = uses(county), layer(county, "urban_boundary")
    urban_rural, new = now.built_in(*TOWN, *VILLAGE), new_since(county, now)
    flags = {"construction": urban_rural, "stock": urban_rural & ~new, "new": new}
    shapes, district, found = now.frame.geometry.to_numpy(), np.arange(len(CODES)), []

    def add(part: str, amount: Floats, place: np.ndarray, how: str) -> None:
        found.extend(by_district("urban_boundary_zones", part, amount / 1e6, place, "平方千米", CLOSE, how))

    grounds = {"": ground_of(county, ["urban_boundary"])}
    grounds |= {
        f".{zone}": shapely.union_all(some.to_numpy()) for zone, some in frame.geometry.groupby(frame["GHFQMC"])
    }
    for end, ground in grounds.items():
        area, share = _ground(county, ground), share_inside(shapes, ground)
        add(f"zones{end}", area, district, _UNION)
        for part, chosen in flags.items():
            if (value := np.where(chosen, now.area * share, 0.0)).any():
                add(f"{part}{end}", value, now.district, _SHARES)
        if not end:
            add("", area, district, _UNION)
            for part, chosen in (("outside", urban_rural), ("new_outside", new), ("stock_outside", urban_rural & ~new)):
                add(part, np.where(chosen, now.area * (1 - share), 0.0), now.district, _SHARES)
    return found

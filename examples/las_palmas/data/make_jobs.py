"""jobs.geojson from the extract: where people are likely to work. A stand-in, no count: no office counts jobs by place.

Each shop, office, school … has the jobs that are usual for its kind, and working grounds (port, industry, campuses,
shopping centres) so many a hectare; both are rough round numbers, written below, nobody's statistics. Only how the
jobs are shared out between the parts of the city is used: the model of commuting scales them to the commuters. What
OSM maps well (the centre) has more jobs than what it maps badly. Ground of two kinds counts as that of more jobs a
hectare; what stands on it is part of its jobs, not added to them. A point stands for 100 m of the plane. Run it here:
python make_jobs.py
"""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import osmium
import shapely
from make_population import CELL, EXTRACT, HERE, PLANE, write_points


class Kind(NamedTuple):
    """Tags, any of them, and the jobs of a place of the kind, or of a hectare of it where it is drawn as ground."""

    tags: dict[str, set[str]]  # no value: any
    place: float
    hectare: float = 0.0


KINDS = [  # the first that fits
    Kind({"amenity": {"hospital"}, "healthcare": {"hospital"}}, 30, 400),  # points are health centres for the most part
    Kind({"amenity": {"university"}}, 100, 60),
    Kind({"shop": {"mall", "department_store"}}, 60, 100),
    Kind({"shop": {"supermarket"}}, 25),
    Kind({"amenity": {"townhall", "courthouse"}, "office": {"government"}}, 60),
    Kind({"amenity": {"school", "college"}}, 40),
    Kind({"tourism": {"hotel"}}, 40),
    Kind({"amenity": {"police", "fire_station", "social_facility"}}, 25),
    Kind({"amenity": {"kindergarten", "clinic", "library", "theatre", "community_centre"}, "tourism": {"museum"}}, 12),
    Kind({"leisure": {"sports_centre", "fitness_centre"}, "tourism": {"hostel", "guest_house"}}, 8),
    Kind({"office": set()}, 8),
    Kind({"amenity": {"bank", "post_office", "fuel", "doctors", "dentist", "pharmacy", "veterinary"}}, 6),
    Kind({"amenity": {"restaurant", "cafe", "bar", "pub", "fast_food", "ice_cream", "nightclub", "casino"}}, 5),
    Kind({"shop": set(), "craft": set()}, 3),
    Kind({"landuse": {"retail", "commercial"}}, 0, 100),
    Kind({"landuse": {"industrial"}}, 0, 30),  # before the port: what is industry inside it is industry
    Kind({"industrial": {"port", "depot"}}, 0, 15),
]
UNUSED = {"vacant", "no"}


def main() -> None:
    """Write jobs.geojson."""
    border = gpd.read_file(HERE / "municipality_boundary.geojson", engine="pyogrio").to_crs(PLANE).union_all()
    places, grounds = read()
    places = places[places.within(border)]
    cells = [spread(*ground, places) for ground in apart(grounds, border)]
    spots = np.concatenate([shapely.get_coordinates(places.geometry), *(xy for xy, _jobs in cells)])
    jobs = np.concatenate([places["jobs"], *(jobs for _xy, jobs in cells)])
    write(spots, jobs)


def read() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """One pass over the extract: places (jobs, a point) and grounds (jobs a hectare, a polygon), in the plane."""
    make = osmium.geom.WKBFactory()
    keys = osmium.filter.KeyFilter(*sorted({key for kind in KINDS for key in kind.tags}))
    places, grounds = [], []
    things: Any = osmium.FileProcessor(str(EXTRACT)).with_areas(keys).with_filter(keys)
    for thing in things:
        kind = kind_of(dict(thing.tags))
        if kind is None:
            continue
        if thing.is_area():
            shape = shapely.make_valid(shapely.from_wkb(bytes.fromhex(make.create_multipolygon(thing))))
            if kind.hectare:
                grounds.append((thing.orig_id(), kind.hectare, shape))
            else:
                places.append((thing.orig_id(), kind.place, shapely.point_on_surface(shape)))
        elif thing.is_node():
            places.append((thing.id, kind.place, shapely.Point(thing.lon, thing.lat)))
    return framed(places), framed(grounds)


def kind_of(tags: dict[str, str]) -> Kind | None:
    """What kind of workplace a thing with such tags is."""
    for kind in KINDS:
        for key, values in kind.tags.items():
            if key in tags and tags[key] not in UNUSED and (not values or tags[key] in values):
                return kind
    return None


def framed(rows: list[tuple[int, float, Any]]) -> gpd.GeoDataFrame:
    """A frame in the plane, always in the same order."""
    numbers, jobs, shapes = zip(*rows, strict=True)
    frame = gpd.GeoDataFrame({"id": numbers, "jobs": jobs}, geometry=list(shapes), crs=4326).to_crs(PLANE)
    return frame.sort_values(["id", "jobs"], kind="stable").reset_index(drop=True)


def apart(grounds: gpd.GeoDataFrame, border: Any) -> list[tuple[Any, float]]:
    """Each kind of ground (shapes, jobs a hectare) without that of more jobs a hectare."""
    found: list[tuple[Any, float]] = []
    taken: Any = shapely.Polygon()
    for hectare, same in sorted(grounds.groupby("jobs"), reverse=True):
        ground = same.union_all()
        found += [(part, float(hectare)) for part in shapely.get_parts((ground & border) - taken)]
        taken = taken | ground
    return [(part, hectare) for part, hectare in found if part.area > 1]


def spread(ground: Any, hectare: float, places: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Points of a ground's cells, and the jobs of each that no place on the ground has."""
    shapely.prepare(ground)
    there = places["jobs"][shapely.contains(ground, np.asarray(places.geometry))].sum()
    rest = max(hectare * ground.area / 1e4 - there, 0.0)
    left, low, right, top = np.floor(np.asarray(ground.bounds) / CELL).astype(int)
    x, y = (side.ravel() * CELL for side in np.meshgrid(np.arange(left, right + 1), np.arange(low, top + 1)))
    pieces = shapely.intersection(shapely.box(x, y, x + CELL, y + CELL), ground)
    pieces = pieces[shapely.area(pieces) > 0]
    return shapely.get_coordinates(shapely.point_on_surface(pieces)), rest * shapely.area(pieces) / ground.area


def write(spots: np.ndarray, jobs: np.ndarray) -> None:
    """A point a cell: its jobs to 0.1, in their middle."""
    column, row = np.floor(spots / CELL).astype(int).T
    cells, at = np.unique(np.column_stack([row, column]), axis=0, return_inverse=True)
    at = at.ravel()
    total, counted = np.bincount(at, weights=jobs), jobs > 0
    x, y = (np.bincount(at[counted], (axis * jobs)[counted], len(cells)) for axis in spots.T)
    held = np.round(total, 1) > 0
    middle = gpd.GeoSeries.from_xy(x[held] / total[held], y[held] / total[held], crs=PLANE).to_crs(4326)
    write_points("jobs", np.round(total[held], 1), middle, HERE / "jobs.geojson")


if __name__ == "__main__":
    main()

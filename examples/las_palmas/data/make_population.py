"""population.geojson from the extract: the municipality's residents where they are likely to live. A model, no census.

Numbers are INE's of 2021 (a few of 2009) as OpenStreetMap has them in `population`: of the municipality's relation and
of the nodes of its localities. A locality's people are spread along the streets that are nearer to its node than to any
other place's, within 1 km: few of its buildings are mapped. All others live in the homes elsewhere, by floor space.
Homes are buildings tagged as dwellings, and those tagged only building=yes that have no other use, stand on no
industrial, military or other working ground and cover at most 2,000 m². Storeys are `building:levels`, else the median
of the same kind. A point stands for 100 m of the plane. Run it here: python make_population.py
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely

HERE = Path(__file__).parent
EXTRACT = HERE / "las_palmas_2023.osm.pbf"
MUNICIPALITY = 340783  # the relation of the municipality
PLANE = 32628
DWELLINGS = {
    "house", "residential", "apartments", "terrace", "detached", "semidetached_house", "bungalow", "dormitory",
}  # fmt: skip
OTHER_USE = {
    "amenity", "shop", "office", "tourism", "leisure", "man_made", "healthcare", "historic", "industrial", "military",
    "public_transport", "aeroway", "power",
}  # fmt: skip
WORKING_GROUND = {
    "industrial", "military", "commercial", "retail", "quarry", "landfill", "port", "farmyard", "construction",
    "greenhouse_horticulture", "cemetery",
}  # fmt: skip
STREETS = {"residential", "living_street", "unclassified"}
LARGEST_UNNAMED = 2000.0  # m²: larger buildings that nobody named are sheds and terminals more often than homes
NEAR = 1000.0  # metres from a locality's node
CELL = 100.0  # metres


@dataclass
class Extract:
    """What of the file tells where people live: geometry in WGS 84."""

    residents: int = 0
    buildings: list[tuple[Any, ...]] = field(default_factory=list)  # number, kind, levels, has another use, shape
    working: list[Any] = field(default_factory=list)
    streets: list[Any] = field(default_factory=list)
    places: list[tuple[Any, ...]] = field(default_factory=list)  # number, kind, name, people or None, point


def main() -> None:
    """Write population.geojson."""
    found = read()
    border = gpd.read_file(HERE / "municipality_boundary.geojson", engine="pyogrio").to_crs(PLANE).union_all()
    places = places_of(found, border)
    along = street_points(found, border)
    along["place"] = nearest(places, along)
    localities = along[along["place"] >= 0].copy()
    crowd = localities.groupby("place")["place"].transform("size")
    localities["people"] = places["people"].to_numpy()[localities["place"]] / crowd
    localities = localities[localities["people"] > 0]

    homes = homes_of(found, border)
    near = nearest(places, homes)
    elsewhere = homes[~((near >= 0) & (places["people"].to_numpy()[near] > 0))].copy()
    rest = found.residents - localities["people"].sum()
    elsewhere["people"] = rest * elsewhere["floor_space"] / elsewhere["floor_space"].sum()
    everyone = pd.concat(
        [localities[["people", "geometry"]].assign(size=0.0), elsewhere[["people", "size", "geometry"]]]
    )
    write(by_cell(gpd.GeoDataFrame(everyone, crs=PLANE)), found.residents, HERE / "population.geojson")


def read() -> Extract:
    """One pass over the extract."""
    make, found = osmium.geom.WKBFactory(), Extract()
    keys = osmium.filter.KeyFilter("building", "landuse", "population", "place", "highway")
    things: Any = osmium.FileProcessor(str(EXTRACT)).with_areas(keys).with_filter(keys)
    for thing in things:
        tags = dict(thing.tags)
        if thing.is_relation() and thing.id == MUNICIPALITY:
            found.residents = int(tags["population"])
        elif thing.is_node() and "place" in tags:
            people = int(tags["population"]) if "population" in tags else None
            spot = shapely.Point(thing.lon, thing.lat)
            found.places.append((thing.id, tags["place"], tags.get("name"), people, spot))
        elif thing.is_way() and tags.get("highway") in STREETS:
            held = [(node.lon, node.lat) for node in thing.nodes if node.location.valid()]
            if len(held) > 1:
                found.streets.append(shapely.LineString(held))
        elif thing.is_area():
            shape = shapely.from_wkb(bytes.fromhex(make.create_multipolygon(thing)))
            if tags.get("landuse") in WORKING_GROUND:
                found.working.append(shape)
            if "building" in tags:
                used = bool(OTHER_USE & set(tags))
                found.buildings.append((thing.orig_id(), tags["building"], tags.get("building:levels"), used, shape))
    return found


def places_of(found: Extract, border: Any) -> gpd.GeoDataFrame:
    """Localities and suburbs by number; 0 people where the node says none. The city itself is none of them."""
    frame = pd.DataFrame(found.places, columns=["id", "kind", "name", "people", "geometry"])
    placed = gpd.GeoDataFrame(frame, crs=4326).to_crs(PLANE).sort_values("id", kind="stable")
    placed = placed[placed["kind"].isin(["suburb", "village", "hamlet", "neighbourhood"]) & placed.within(border)]
    twice = placed["people"].notna() & placed.duplicated(["name", "people"])  # one locality with two nodes
    placed["people"] = placed["people"].mask(twice).fillna(0)
    return placed.reset_index(drop=True)


def street_points(found: Extract, border: Any) -> gpd.GeoDataFrame:
    """Points every 20 m or less along the streets inside the municipality."""
    lines = gpd.GeoSeries(found.streets, crs=4326).to_crs(PLANE)
    points = shapely.points(
        np.unique(np.round(shapely.get_coordinates(shapely.segmentize(lines.array, 20.0)), 1), axis=0)
    )
    frame = gpd.GeoDataFrame(geometry=points, crs=PLANE)
    return frame[frame.within(border)].reset_index(drop=True)


def nearest(places: gpd.GeoDataFrame, spots: gpd.GeoDataFrame) -> np.ndarray:
    """The nearest place's row for each spot; -1 where none is near."""
    tree = shapely.STRtree(np.asarray(places.geometry))
    row, place = tree.query_nearest(np.asarray(spots.representative_point()), max_distance=NEAR, all_matches=False)
    out = np.full(len(spots), -1)
    out[row] = place
    return out


def homes_of(found: Extract, border: Any) -> gpd.GeoDataFrame:
    """The homes inside the municipality, with their size and floor space in m²."""
    frame = pd.DataFrame(found.buildings, columns=["id", "kind", "levels", "used", "geometry"])
    placed = gpd.GeoDataFrame(frame, crs=4326).to_crs(PLANE).sort_values("id", kind="stable")
    working = shapely.union_all(np.asarray(gpd.GeoSeries(found.working, crs=4326).to_crs(PLANE)))
    spots = placed.representative_point()
    named = placed["kind"].isin(DWELLINGS)
    sized = (placed["kind"] == "yes") & ~placed["used"] & (placed.area <= LARGEST_UNNAMED)
    homes = placed[(named | (sized & ~spots.within(working))) & spots.within(border)].copy()
    levels = pd.to_numeric(homes["levels"], errors="coerce").where(lambda number: number.between(1, 40))
    usual = levels.groupby(homes["kind"]).transform("median").fillna(levels.median())
    homes["size"] = homes.area
    homes["floor_space"] = homes["size"] * levels.fillna(usual)
    return homes.reset_index(drop=True)


def by_cell(everyone: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A point a cell, in its largest home where it has one, with the people of the whole cell."""
    spots = everyone.representative_point()
    table = everyone.assign(spot=np.asarray(spots), x=spots.x // CELL, y=spots.y // CELL)
    table = table.sort_values(["y", "x", "size"], kind="stable")
    cells = table.groupby(["y", "x"], sort=True).agg(people=("people", "sum"), spot=("spot", "last"))
    return gpd.GeoDataFrame(cells[["people"]], geometry=cells["spot"].to_numpy(), crs=PLANE).to_crs(4326)


def write(cells: gpd.GeoDataFrame, residents: int, path: Path) -> None:
    """People to 0.001, the last cell takes what rounding leaves."""
    people = np.round(cells["people"].to_numpy(), 3)
    people[-1] = round(people[-1] + residents - people.sum(), 3)
    write_points("resident", people, np.asarray(cells.geometry), path)


def write_points(field: str, numbers: np.ndarray, spots: Any, path: Path) -> None:
    """GeoJSON of points in WGS 84 with one number each, a feature a line."""
    features = [feature(field, float(number), spot) for number, spot in zip(numbers, spots, strict=True)]
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(features) + "\n]}\n"
    path.write_text(text, encoding="utf-8")


def feature(field: str, number: float, spot: shapely.Point) -> str:
    """One feature as text."""
    place: dict[str, Any] = {"type": "Point", "coordinates": [round(spot.x, 6), round(spot.y, 6)]}
    return json.dumps({"type": "Feature", "properties": {field: number}, "geometry": place}, separators=(",", ":"))


if __name__ == "__main__":
    main()

"""The control lines: ecological red line, permanent farmland, urban boundary, and the urban area (城区范围)."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from qsgis.demo import noise
from qsgis.demo.landuse import CLASSES
from qsgis.demo.noise import Floats
from qsgis.demo.parcels import Parcels, deduction, ellipsoidal_area
from qsgis.demo.places import SEAT, TOWNSHIPS, Places
from qsgis.demo.terrain import CRS, Terrain, to_plane
from qsgis.demo.zones import Zones

_COUNTY = {"XZQDM": "140521", "XZQMC": "沁水县"}
OUTLINE_STEP = 70.0  # metres: longer edges are divided before their ellipsoidal area is taken


def geodesic_area(polygon: shapely.Geometry) -> float:
    """m² by pyproj.Geod on GRS 80, edges divided at 70 m in the plane first."""
    divided = shapely.segmentize(polygon, OUTLINE_STEP)
    plane = to_plane()
    moved = shapely.transform(
        divided, lambda c: np.column_stack(plane.transform(c[:, 0], c[:, 1], direction="INVERSE"))
    )
    return abs(float(pyproj.Geod(ellps="GRS80").geometry_area_perimeter(shapely.orient_polygons(moved))[0]))


def union_of(frame: gpd.GeoDataFrame) -> shapely.Geometry:
    """The ground of a layer; broken shapes are left out."""
    return shapely.union_all(frame.geometry[frame.is_valid].to_numpy())


# --- ecological red line ---


def red_line(
    seed: int,
    terrain: Terrain,
    places: Places,
    ground: shapely.Geometry,
    vertices: int,
    parcels: Parcels,
    boundary: shapely.Geometry,
) -> tuple[gpd.GeoDataFrame, dict[str, str]]:
    """About 30 % of the `ground`, on the heights, with holes round most villages; and the ids of its flaws.

    Flaws: one feature overlaps another; one is a bow-tie that lies wholly inside another: mended in any way it adds
    nothing to the union; and a small one reaches over a field into the urban `boundary`.
    """
    rng = noise.stream(seed, 60)
    inner = ground.simplify(10.0).buffer(-45.0)
    body = _red_body(rng, terrain, places, inner, vertices)
    parts = sorted(shapely.get_parts(body), key=lambda part: -part.area)
    parts = [part for part in parts if part.area > 2e4]
    parts.append(_into_town(seed, parcels.polygons[_once_fields(parcels)], boundary, inner))
    overlap = _over_the_edge(rng, parts[0], inner)
    tie = bow_tie(parts[1])
    shapes = np.array([*parts, overlap, tie], dtype=object)
    code = [f"140521{k:012d}" for k in range(1, len(shapes) + 1)]
    kinds = np.array(["水源涵养", "水土保持", "生物多样性维护", "水土流失"])
    frame = gpd.GeoDataFrame(
        {
            "BSM": code,
            "YSDM": "2003010200",
            "XJXZQDM": _COUNTY["XZQDM"],
            "XJXZQMC": _COUNTY["XZQMC"],
            "MC": [f"示意红线{k}号" for k in range(1, len(shapes) + 1)],
            "LXDM": [str(1 + k % 4) for k in range(len(shapes))],
            "HXLX": kinds[np.arange(len(shapes)) % 4],
            "MJ": [round(geodesic_area(shape), 2) if shape.is_valid else 0.0 for shape in shapes],
        },
        geometry=shapes,
        crs=CRS,
    )
    return frame, {"overlap": code[-2], "bow_tie": code[-1], "overlapped": code[0], "in_boundary": code[-3]}


def _red_body(
    rng: np.random.Generator, terrain: Terrain, places: Places, inner: shapely.Geometry, vertices: int
) -> shapely.Geometry:
    high = terrain.node[terrain.above > 170]
    centres = high[rng.permutation(len(high))[:60]]
    radius = np.sqrt(0.28 * terrain.county.area / 14 / np.pi)
    towns = shapely.union_all([town.mask.buffer(900 if k == SEAT else 350) for k, town in enumerate(places.towns)])
    body = shapely.Polygon()
    for centre in centres:
        blob = noise.star(rng, centre, radius * rng.uniform(0.6, 1.2), max(vertices // 15, 40))
        body = body.union(blob.intersection(inner))
        if body.area > 0.32 * terrain.county.area:
            break
    settled = np.concatenate([places.villages[places.communities :], places.hamlets])
    settled = settled[shapely.contains_xy(body, *settled.T)]
    spared = settled[rng.random(len(settled)) < 0.78]
    wild = high[rng.permutation(len(high))[:40]]
    holes = [
        noise.star(rng, xy, rng.lognormal(np.log(size), 0.4), max(vertices // 900, 16))
        for size, group in ((300.0, spared), (420.0, wild))
        for xy in group
    ]
    return shapely.difference(shapely.difference(body, towns), shapely.union_all(holes))


def _over_the_edge(rng: np.random.Generator, part: shapely.Polygon, inner: shapely.Geometry) -> shapely.Geometry:
    """A new piece that covers a strip of `part` and as much ground beside it."""
    at = part.exterior.interpolate(0.37, normalized=True)
    return noise.star(rng, (at.x, at.y), 420.0, 80).intersection(inner)


def _into_town(
    seed: int, fields: NDArray[Any], boundary: shapely.Geometry, inner: shapely.Geometry
) -> shapely.Geometry:
    """A small piece across the edge of the boundary, where one of the `fields` lies on it."""
    shared = shapely.intersection(fields, boundary)
    place = int(np.argmax(np.minimum(shapely.area(shared), shapely.area(fields) - shapely.area(shared))))
    at = shapely.get_coordinates(shapely.point_on_surface(shapely.intersection(shared[place], boundary.boundary)))[0]
    return noise.star(noise.stream(seed, 130), at, 110.0, 60).intersection(inner)


def _once_fields(parcels: Parcels) -> NDArray[np.bool_]:
    """Low ground that was fields in the base year: where permanent farmland is drawn."""
    return np.asarray(np.char.startswith(parcels.use.base, "01") & (parcels.above < 60))


def bow_tie(part: shapely.Polygon) -> shapely.Polygon:
    """A self-crossing quadrilateral well inside `part`."""
    centre, edge = shapely.get_coordinates(shapely.maximum_inscribed_circle(part, tolerance=20.0))
    x, y = centre
    wide = min(60.0, 0.6 * float(np.hypot(*(edge - centre))))
    high = wide * 2 / 3
    return shapely.Polygon([(x - wide, y - high), (x + wide, y + high), (x + wide, y - high), (x - wide, y + high)])


# --- permanent farmland ---


def farmland(
    seed: int,
    parcels: Parcels,
    zones: Zones,
    names: tuple[str, ...],
    ground: shapely.Geometry,
    lines: tuple[shapely.Geometry, shapely.Geometry],
) -> tuple[gpd.GeoDataFrame, NDArray[np.int64]]:
    """YJJBNTTB: about half are copies of parcels that were fields in the base year, half cut across parcels.

    Clear of the other two control `lines` but for some copies (see _astray). Also the place of the parcel that each is
    a copy of; -1 where it cuts across.
    """
    rng = noise.stream(seed, 61)
    fields = _once_fields(parcels)
    changed = parcels.use.base != parcels.use.now
    other = shapely.union_all(lines)
    shapely.prepare(other)
    clear = fields & ~shapely.intersects(other, parcels.polygons)
    copied = clear & (rng.random(len(fields)) < np.where(changed, 0.45, 0.5))
    copied[_astray(parcels, np.flatnonzero(fields & ~clear), lines)] = True
    copies = parcels.polygons[copied]
    cut, host = _cut_across(rng, parcels, clear & ~copied, copies, ground.difference(other))
    shapes = np.concatenate([copies, cut])
    source = np.concatenate([np.flatnonzero(copied), host])
    gross = np.round(ellipsoidal_area(shapes), 2)
    ratio = deduction(parcels.above[source])
    code = parcels.use.base[source]
    count = len(shapes)
    frame = gpd.GeoDataFrame(
        {
            "BSM": [f"140521{9:02d}{k:010d}" for k in range(1, count + 1)],
            "YSDM": "2003010100",
            "XZQDM": [zones.code[v] for v in parcels.village[source]],
            "XZQMC": [names[v] for v in parcels.village[source]],
            "YJJBNTTBBH": [f"{k:06d}" for k in range(1, count + 1)],
            "DLBM": code,
            "DLMC": [CLASSES[c][0] for c in code],
            "QSXZ": "30",
            "YJJBNTTBMJ": gross,
            "KCXS": ratio,
            "YJJBNTMJ": np.round(gross - np.round(gross * ratio, 2), 2),
            "SJNF": np.full(count, 2017, dtype=np.int32),
        },
        geometry=shapes,
        crs=CRS,
    )
    return frame, np.where(np.arange(count) < len(copies), source, -1)


def _astray(
    parcels: Parcels, near: NDArray[np.int64], lines: tuple[shapely.Geometry, shapely.Geometry]
) -> NDArray[np.int64]:
    """Of the parcels `near` the red line and the boundary: some across the edge of each, and some under both."""
    red, boundary = lines
    shapes, found = parcels.polygons[near], []
    for ground, wanted in ((red.boundary, 12), (boundary.boundary, 6), (red.intersection(boundary), 3)):
        rows = np.sort(shapely.STRtree(shapes).query(ground, predicate="intersects"))
        found.append(near[rows[:: max(len(rows) // wanted, 1)][:wanted]])
    return np.unique(np.concatenate(found))


def _cut_across(
    rng: np.random.Generator,
    parcels: Parcels,
    fields: NDArray[np.bool_],
    copies: NDArray[Any],
    ground: shapely.Geometry,
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Ragged plots centred on the edges of fields, clear of the copies and of each other; and their fields."""
    host = np.flatnonzero(fields)
    host = host[rng.permutation(len(host))]
    rings = shapely.get_exterior_ring(parcels.polygons[host])
    centres = shapely.get_coordinates(shapely.line_interpolate_point(rings, rng.random(len(host)), normalized=True))
    size = np.sqrt(shapely.area(parcels.polygons[host])) * rng.uniform(0.18, 0.34, len(host))
    plots = np.array(
        [noise.star(rng, c, r, n) for c, r, n in zip(centres, size, rng.integers(18, 70, len(host)), strict=True)],
        dtype=object,
    )
    clash = np.zeros(len(plots), dtype=bool)
    clash[np.unique(shapely.STRtree(copies).query(plots, predicate="intersects")[0])] = True
    shapely.prepare(ground)
    a, b = shapely.STRtree(plots).query(plots, predicate="intersects")
    clash[a[a > b]] = True
    outside = ~shapely.covers(ground, plots)
    keep = np.flatnonzero(~clash & ~outside)[: len(copies)]
    return plots[keep], host[keep]


# --- urban boundary and urban area ---


def _ragged(town_mask: shapely.Polygon, centre: Floats, grow: float, salt: int) -> shapely.Polygon:
    """The mask grown by `grow` metres with an uneven edge (star-shaped about the centre, so simple)."""
    ring = shapely.get_coordinates(shapely.segmentize(town_mask.buffer(grow), 30.0).exterior)[:-1]
    ray = ring - centre
    return shapely.Polygon(np.round(centre + ray * (1 + 0.06 * noise.plane(ring, 260.0, salt))[:, None], 3))


def urban_area(seed: int, places: Places) -> gpd.GeoDataFrame:
    """CQFW: one polygon round the county seat, a little wider than what is built.

    It reaches out to the nearest hamlet and cuts it in two, so that a village's people are partly inside.
    """
    town = places.towns[SEAT]
    nearest = places.hamlets[np.argmin(shapely.distance(town.mask, shapely.points(places.hamlets)))]
    arm = shapely.LineString([town.centre, nearest]).buffer(220.0, cap_style="flat")
    around = _ragged(town.mask, town.centre, 170.0, 901 + seed).union(arm)
    shape = shapely.Polygon(np.round(shapely.get_coordinates(around.exterior), 3))
    return gpd.GeoDataFrame({"CQMC": ["沁水县城区"], "MJ": [round(geodesic_area(shape), 2)]}, geometry=[shape], crs=CRS)


def urban_boundary(seed: int, places: Places) -> gpd.GeoDataFrame:
    """CZKFBJ round the seat and the towns (镇): 集中建设区 and, at the seat, 弹性发展区 and 特别用途区.

    At the seat it lies some 200 m to the west of the town, so that the youngest quarter is partly outside.
    """
    rows: list[tuple[str, str, shapely.Geometry]] = []
    for k, town in enumerate(places.towns):
        name = TOWNSHIPS[k][1]
        if not name.endswith("镇"):
            continue
        shift = np.array([-200.0 if k == SEAT else -60.0, 0.0])
        core = shapely.transform(_ragged(town.mask, town.centre, 60.0, 910 + k + seed), lambda c, s=shift: c + s)
        rows.append((name, "城镇集中建设区", core))
        if k == SEAT:
            spare = shapely.Point(town.centre + np.array([-2250.0, 100.0])).buffer(520).difference(core)
            park = (
                shapely.Point(town.centre + np.array([-300.0, 1000.0])).buffer(420).difference(core).difference(spare)
            )
            rows.append((name, "城镇弹性发展区", max(shapely.get_parts(spare), key=lambda p: p.area)))
            rows.append((name, "特别用途区", max(shapely.get_parts(park), key=lambda p: p.area)))
    code = {"城镇集中建设区": "510", "城镇弹性发展区": "520", "特别用途区": "530"}
    return gpd.GeoDataFrame(
        {
            "BSM": [f"1405218{k:011d}" for k in range(1, len(rows) + 1)],
            "YSDM": "2003010300",
            "XZQDM": _COUNTY["XZQDM"],
            "XZQMC": _COUNTY["XZQMC"],
            "CZMC": [name for name, _zone, _shape in rows],
            "GHFQDM": [code[zone] for _name, zone, _shape in rows],
            "GHFQMC": [zone for _name, zone, _shape in rows],
            "MJ": [round(geodesic_area(shape), 2) for _name, _zone, shape in rows],
        },
        geometry=[shape for _name, _zone, shape in rows],
        crs=CRS,
    )

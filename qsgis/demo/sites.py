"""Where the parcels' generating points stand: their cells make towns, bands of road and river, villages, open land."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from qsgis.demo import noise
from qsgis.demo.noise import Floats, Ints
from qsgis.demo.places import Places
from qsgis.demo.roads import Roads
from qsgis.demo.terrain import Terrain

LAND, STREET, BLOCK, RIVER, BANK, ROAD, VERGE, HOUSE, RIM_IN, RIM_OUT = range(10)
RIVERS = 100  # catchment, in terrain cells, from which a stream is a parcel of its own
_ROAD_WIDTH = {"国道": 26.0, "省道": 20.0, "县道": 15.0, "乡道": 11.0, "村道": 7.0}


@dataclass(frozen=True)
class Sites:
    """points (n, 2); kind (one of the constants above); owner: the town, line or village that it belongs to; block."""

    points: Floats
    kind: Ints
    owner: Ints
    block: Ints

    def take(self, index: Ints) -> Sites:
        """The points at `index`, in its order."""
        return Sites(self.points[index], self.kind[index], self.owner[index], self.block[index])


@dataclass(frozen=True)
class _Band:
    """Points of a band along lines: in its middle (centre) and on both sides."""

    points: Floats
    centre: NDArray[np.bool_]
    owner: Ints
    lines: NDArray[np.object_]
    clear: Floats  # metres that other points must stay off each line


def _band(lines: list[Floats], width: Floats, step: Floats) -> _Band:
    """Stations every `step` metres of a line, a point in the middle and one at `width` on either side."""
    points, owner = [], []
    for k, line in enumerate(lines):
        part = np.diff(line, axis=0)
        length = np.hypot(*part.T)
        total = length.sum()
        count = max(round(total / step[k]), 1)
        at = (np.arange(count) + 0.5) * total / count
        along = np.concatenate([[0.0], np.cumsum(length)])
        segment = np.clip(np.searchsorted(along, at, side="right") - 1, 0, len(part) - 1)
        unit = part[segment] / length[segment][:, None]
        middle = line[segment] + unit * (at - along[segment])[:, None]
        side = np.column_stack([-unit[:, 1], unit[:, 0]]) * width[k]
        points.append(np.stack([middle, middle - side, middle + side], axis=1).reshape(-1, 2))
        owner.append(np.full(3 * count, k))
    every, owners = np.concatenate(points), np.concatenate(owner)
    centre = np.arange(len(every)) % 3 == 0
    shapes = shapely.linestrings(
        np.concatenate(lines), indices=np.repeat(np.arange(len(lines)), [len(x) for x in lines])
    )
    stray = ~centre & ~_clear(every, shapes, 0.85 * width)  # beside its own line it stands at `width`
    keep = ~stray
    return _Band(every[keep], centre[keep], owners[keep], shapes, np.maximum(0.6 * step, 1.1 * width))


def _clear(points: Floats, lines: NDArray[np.object_], metres: Floats) -> NDArray[np.bool_]:
    """Which points keep `metres` (one figure a line) off every line."""
    near = shapely.STRtree(lines).query(shapely.points(points), predicate="dwithin", distance=float(metres.max()))
    hit = shapely.distance(lines[near[1]], shapely.points(points)[near[0]]) < metres[near[1]]
    free = np.ones(len(points), dtype=bool)
    free[near[0][hit]] = False
    return free


def _off(points: Floats, taken: Floats, metres: float) -> NDArray[np.bool_]:
    """Which points keep `metres` off all taken points."""
    away = shapely.STRtree(shapely.points(taken)).query_nearest(
        shapely.points(points), max_distance=metres, all_matches=False, return_distance=False
    )
    free = np.ones(len(points), dtype=bool)
    free[away[0]] = False
    return free


def _rim(county: shapely.Polygon, scale: float) -> tuple[Floats, Ints]:
    """Pairs of points on both sides of the county's edge, so that cells end on it."""
    ring = shapely.orient_polygons(county.buffer(-0.12 * scale)).exterior
    count = int(ring.length / (0.8 * scale))
    at = (np.arange(count) + 0.5) * ring.length / count
    here = shapely.get_coordinates(shapely.line_interpolate_point(ring, at))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(ring, (at + 1.0) % ring.length))
    behind = shapely.get_coordinates(shapely.line_interpolate_point(ring, (at - 1.0) % ring.length))
    unit = (ahead - behind) / np.hypot(*(ahead - behind).T)[:, None]
    left = np.column_stack([-unit[:, 1], unit[:, 0]]) * 0.2 * scale
    points = np.concatenate([here + left, here - left])  # the ring runs counter-clockwise: inside is on the left
    inside = shapely.contains_xy(shapely.Polygon(ring), *points.T)
    return points, np.where(inside, RIM_IN, RIM_OUT)


def _fringe(places: Places) -> Floats:
    """Small fields round every town, so that its outermost parcels end at its edge."""
    points = []
    for town in places.towns:
        for away, step in ((26.0, 42.0), (62.0, 70.0)):
            ring = town.mask.buffer(away).exterior
            at = np.arange(int(ring.length / step)) * step
            points.append(shapely.get_coordinates(shapely.line_interpolate_point(ring, at)))
    return np.concatenate(points)


def _rivers(terrain: Terrain, masks: shapely.Geometry, step: float) -> _Band:
    """Bands of the rivers; inside towns their stations stand closer."""
    lines, width, steps = [], [], []
    for river in terrain.rivers(RIVERS):
        line = shapely.LineString(river.line)
        for part, every in ((line.intersection(masks), 55.0), (line.difference(masks), step)):
            for piece in shapely.get_parts(part):
                if piece.geom_type == "LineString" and piece.length > 1.0:
                    lines.append(shapely.get_coordinates(piece))
                    width.append(float(np.clip(2.2 * river.catchment**0.36, 14, 95)))
                    steps.append(min(every, step))
    return _band(lines, np.array(width), np.array(steps))


def _houses(rng: np.random.Generator, places: Places, density: float) -> tuple[Floats, Ints, Ints]:
    """Clusters round every village and hamlet: points, village or hamlet, HOUSE or LAND (a ring of small fields)."""
    centres = np.concatenate([places.villages[places.communities :], places.hamlets])
    big = np.arange(len(centres)) < len(places.villages) - places.communities
    count = np.maximum((np.where(big, 30, 9) * density * rng.uniform(0.7, 1.4, len(centres))).astype(int), 2)
    spread = 36.0 / np.sqrt(density)
    houses, owner = _sunflower(rng, count, spread)
    ring = np.maximum(np.rint(2.2 * np.sqrt(count)).astype(int) + 3, 6)
    whose = np.repeat(np.arange(len(centres)), ring)
    j = np.arange(len(whose)) - np.repeat(np.cumsum(ring) - ring, ring)
    angle = 2 * np.pi * j / ring[whose] + rng.uniform(-0.15, 0.15, len(whose))
    far = (spread * np.sqrt(count[whose] + 0.7) + 42.0) * rng.uniform(0.95, 1.15, len(whose))
    fields = np.column_stack([np.cos(angle), np.sin(angle)]) * far[:, None]
    owners = np.concatenate([owner, whose])
    kind = np.repeat([HOUSE, LAND], [len(owner), len(whose)])
    stretch = rng.uniform(0.75, 1.33, len(centres))[owners]
    offset = np.concatenate([houses, fields]) * np.column_stack([stretch, 1 / stretch])
    return centres[owners] + offset, owners + places.communities, kind


def _sunflower(rng: np.random.Generator, count: Ints, spread: float) -> tuple[Floats, Ints]:
    """Evenly spaced round clusters about the origin: `count` points each, and the cluster of every point."""
    owner = np.repeat(np.arange(len(count)), count)
    j = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    radius = spread * np.sqrt(j + 0.7) * rng.uniform(0.93, 1.07, len(j))
    angle = 2.399963 * j + rng.uniform(0, 2 * np.pi, len(count))[owner] + rng.uniform(-0.15, 0.15, len(j))
    return np.column_stack([np.cos(angle), np.sin(angle)]) * radius[:, None], owner


def _land(rng: np.random.Generator, terrain: Terrain, scale: float, count: int) -> Floats:
    """`count` points over the county and as dense over a strip around it, closer together on low ground."""
    around = terrain.county.buffer(4 * scale)
    x0, y0, x1, y1 = around.bounds
    draws = int(count * (x1 - x0) * (y1 - y0) / terrain.county.area * 1.9)
    points = rng.uniform([x0, y0], [x1, y1], size=(draws, 2))
    points = points[shapely.contains_xy(around, *points.T)]
    dense = np.exp(-terrain.above[terrain.nearest(points)] / 60.0)
    points = points[rng.random(len(points)) < 0.35 + 0.65 * dense]
    inside = np.cumsum(shapely.contains_xy(terrain.county, *points.T))
    return np.asarray(points[: int(np.searchsorted(inside, count)) + 1])


def _ring_land(rng: np.random.Generator, terrain: Terrain, scale: float) -> Floats:
    """Points outside the county, so that the cells at its edge are bounded."""
    outside = terrain.county.buffer(6 * scale).difference(terrain.county.buffer(1.2 * scale))
    x0, y0, x1, y1 = outside.bounds
    points = rng.uniform([x0, y0], [x1, y1], size=(int((x1 - x0) * (y1 - y0) / scale**2), 2))
    return np.asarray(points[shapely.contains_xy(outside, *points.T)])


def make(seed: int, terrain: Terrain, places: Places, roads: Roads, parcels: int) -> Sites:
    """The points of about 1.4 × `parcels` cells (merging leaves `parcels`); earlier kinds push later ones aside."""
    rng = noise.stream(seed, 30)
    scale = float(np.sqrt(terrain.county.area / parcels))
    points, kind, owner, block = _towns(places)
    rim, rim_kind = _rim(terrain.county, scale)
    inner = terrain.county.buffer(-0.45 * scale)
    shapely.prepare(inner)
    masks = shapely.union_all([town.mask.buffer(85) for town in places.towns])
    shapely.prepare(masks)

    river = _rivers(terrain, masks, 0.75 * scale)
    dry = _clear(points, river.lines, river.clear)
    points, kind, owner, block = points[dry], kind[dry], owner[dry], block[dry]
    kept = [(points, kind, owner, block)]

    def add(new: Floats, what: Ints, whose: Ints, free: NDArray[np.bool_]) -> None:
        free = free & shapely.contains_xy(inner, *new.T)
        kept.append((new[free], what[free], whose[free], np.full(int(free.sum()), -1)))

    free = river.centre | _off(river.points, points, 12.0)
    add(river.points, np.where(river.centre, RIVER, BANK), river.owner, free)
    house, village, house_kind = _houses(rng, places, float(np.clip(np.sqrt(parcels / 30_000), 0.3, 2.0)))
    off_town = ~shapely.contains_xy(masks, *house.T)
    free = off_town & _clear(house, river.lines, river.clear * 0.8)
    house, village, house_kind = house[free], village[free], house_kind[free]
    add(house, house_kind, village, np.ones(len(house), dtype=bool))

    edge = _fringe(places)
    add(edge, np.full(len(edge), LAND), np.full(len(edge), -1), _clear(edge, river.lines, river.clear))
    lines = [k for k, name in enumerate(roads.kind) if name in _ROAD_WIDTH]
    width = np.array([_ROAD_WIDTH[roads.kind[k]] for k in lines])
    road = _band([roads.lines[k] for k in lines], width, np.full(len(lines), 0.85 * scale))
    free = (
        ~shapely.contains_xy(masks, *road.points.T)
        & _clear(road.points, river.lines, river.clear)
        & _off(road.points, house, 55.0)
    )
    add(road.points, np.where(road.centre, ROAD, VERGE), np.array(lines)[road.owner], free)
    kept.append((rim, rim_kind, np.full(len(rim), -1), np.full(len(rim), -1)))

    land = _land(rng, terrain, scale, max(int(1.4 * parcels) - sum(len(k[0]) for k in kept), int(0.35 * parcels)))
    free = (
        ~shapely.contains_xy(masks, *land.T)
        & _clear(land, river.lines, river.clear)
        & _clear(land, road.lines, road.clear)
        & _off(land, house, 60.0)
    )
    add(land, np.full(len(land), LAND), np.full(len(land), -1), free)
    ring = _ring_land(rng, terrain, scale)
    kept.append((ring, np.full(len(ring), RIM_OUT), np.full(len(ring), -1), np.full(len(ring), -1)))
    columns = [np.concatenate(column) for column in zip(*kept, strict=True)]
    return Sites(np.round(columns[0], 3), *columns[1:])


def _towns(places: Places) -> tuple[Floats, Ints, Ints, Ints]:
    points = np.concatenate([town.sites for town in places.towns])
    block = np.concatenate([town.block for town in places.towns])
    owner = np.repeat(np.arange(len(places.towns)), [len(town.sites) for town in places.towns])
    return points, np.where(block < 0, STREET, BLOCK), owner, block

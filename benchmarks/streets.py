"""Streets for the network's benchmarks: noded ones, and raw lines that were made from a network that is known."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import Delaunay

CRS = "EPSG:4546"
NODED, RAW, FACILITIES = "noded.gpkg", "raw.gpkg", "facilities.npy"
DRAWN_ON = 0.9  # of the junctions where a line may run through
OFF = 0.25  # metres that the ends of raw lines are off at most


@dataclass(frozen=True)
class Facts:
    """What a folder holds."""

    streets: int
    junctions: int
    raw: int  # lines


def made(cache: Path, edges: int, facilities: int, *, villages: bool = False) -> Path:
    """The folder of noded streets, the same as raw lines, and streets that begin where facilities stand.

    Made if it is not there.
    """
    folder = cache / f"streets-{edges}-{'villages-' if villages else ''}facilities-{facilities}"
    if not (folder / "facts.json").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        layer = noded(edges, villages=villages)
        drawn = raw(layer)
        chosen = np.random.default_rng(3).choice(len(layer), facilities, replace=False)
        layer.to_file(folder / NODED, engine="pyogrio")
        drawn.raw.to_file(folder / RAW, engine="pyogrio")
        np.save(folder / FACILITIES, np.sort(chosen))
        found = Facts(len(layer), len(drawn.junctions), len(drawn.raw))
        (folder / "facts.json").write_text(json.dumps(asdict(found)), encoding="utf-8")  # last: what says it is whole
    return folder


def facts(folder: Path) -> Facts:
    """What `made` told."""
    return Facts(**json.loads((folder / "facts.json").read_text(encoding="utf-8")))


def noded(edges: int, seed: int = 1, *, villages: bool = False) -> gpd.GeoDataFrame:
    """About `edges` noded streets of five segments: a spanning tree of random junctions and the next shorter links.

    Junctions stand anywhere alike; or with `villages`, about half of them in villages of some 300, and links are drawn
    more loosely, so that there are lanes in the village and ways between fields. Columns kmh, oneway (4 % of what is
    not in the tree, so that every place is reached).
    """
    rng = np.random.default_rng(seed)
    side, count = 120 * np.sqrt(edges), int(edges / 1.35)
    at = rng.uniform(0, side, (count, 2))
    if villages:
        middle, spread = (
            rng.uniform(0, side, (edges // 2000 + 1, 2)),
            rng.lognormal(np.log(450), 0.5, edges // 2000 + 1),
        )
        own = rng.integers(len(middle), size=int(count * 0.45))
        at[: len(own)] = middle[own] + rng.normal(size=(len(own), 2)) * spread[own, None]
    corner = Delaunay(at).simplices
    pairs = np.concatenate([corner[:, [0, 1]], corner[:, [1, 2]], corner[:, [0, 2]]])
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    long = np.hypot(*(at[pairs[:, 0]] - at[pairs[:, 1]]).T)
    needed = _in_tree(pairs, long, len(at))
    wanted = long * rng.lognormal(0, 0.6, len(long)) if villages else long
    chosen = np.sort(np.argsort(np.where(needed, 0, wanted), kind="stable")[:edges])
    pairs = pairs[chosen]
    kmh = rng.choice([20.0, 35.0, 45.0, 60.0], len(pairs))
    oneway = (rng.random(len(pairs)) < 0.04) & ~needed[chosen]
    lines = shapely.linestrings(_bent(at[pairs[:, 0]], at[pairs[:, 1]]))
    return gpd.GeoDataFrame({"kmh": kmh, "oneway": oneway}, geometry=list(lines), crs=CRS)


def _in_tree(pairs, long, size):
    """Which links are in the shortest tree that joins all junctions."""
    tree = minimum_spanning_tree(coo_array((long, pairs.T), shape=(size, size))).tocoo()
    low, high = np.sort(tree.coords, axis=0).astype(np.int64)
    return np.isin(pairs @ [size, 1], low * size + high)


def _bent(p, q):
    """Five segments from each p to q, swung to both sides by 2 % of the way: (n, 6, 2)."""
    p, q = p[:, None], q[:, None]
    t = np.linspace(0, 1, 6)[None, :, None]
    normal = (q - p)[..., ::-1] * [-1, 1]
    xy = p + t * (q - p) + 0.02 * np.sin(2 * np.pi * t) * normal
    xy[:, 0], xy[:, -1] = p[:, 0], q[:, 0]
    return xy


@dataclass(frozen=True)
class Planted:
    """Raw lines and the network they were drawn from.

    raw: lines that run through junctions, their ends off by up to 0.25 m. links: the true streets, one line each
    between `junctions` (n, 2). nodes, edges: how many the raw lines should give, a junction of two links that one line
    runs through not being one.
    """

    raw: gpd.GeoDataFrame
    links: gpd.GeoDataFrame
    junctions: np.ndarray
    nodes: int
    edges: int


def raw(streets: gpd.GeoDataFrame, seed: int = 2) -> Planted:
    """The same streets as they come: at most junctions the two that go on straightest are one line, ends are off."""
    rng = np.random.default_rng(seed)
    xy = shapely.get_coordinates(streets.geometry.array).reshape(-1, 6, 2)
    size = len(xy)
    # half streets: k leaves the beginning of street k, size + k its end
    way = np.concatenate([xy[:, 1] - xy[:, 0], xy[:, -2] - xy[:, -1]])
    bearing = np.arctan2(way[:, 1], way[:, 0])
    at, junction = np.unique(np.concatenate([xy[:, 0], xy[:, -1]]), axis=0, return_inverse=True)
    order = np.argsort(junction, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(junction[order])) + 1)
    goes_on = np.full(2 * size, -1)
    for half, drawn_on in zip(groups, rng.random(len(groups)) < DRAWN_ON, strict=True):
        bend = np.abs(np.angle(np.exp(1j * (bearing[half][:, None] - bearing[half][None, :] - np.pi))))
        np.fill_diagonal(bend, np.inf)
        i, j = np.unravel_index(np.argmin(bend), bend.shape)
        if drawn_on and bend[i, j] < 0.8:
            goes_on[half[i]], goes_on[half[j]] = half[j], half[i]
    done = np.zeros(size, bool)
    starts = [*np.flatnonzero(goes_on < 0), *range(size)]  # lines with ends, then those that come round
    lines = [_drawn(half, goes_on, done, xy) for half in starts if not done[half % size]]
    for line in lines:
        for k in (0, -1):
            line[k] += _shift(rng, 1)[0]
    drawn = gpd.GeoDataFrame(geometry=[shapely.LineString(line) for line in lines], crs=CRS)
    through = np.zeros(len(at), bool)
    through[junction[goes_on >= 0]] = True
    return _planted(drawn, streets, at, junction, through)


def _planted(lines, streets, at, junction, through):
    """`junction` of each end of a street; `through`: where one line runs through."""
    degree = np.bincount(junction, minlength=len(at))
    unseen = int(((degree == 2) & through).sum())
    return Planted(lines, streets, at, int((degree > 0).sum()) - unseen, len(streets) - unseen)


def _drawn(half, goes_on, done, xy):
    """The vertices of the line that leaves along a half street, to where it does not go on; marks its streets done."""
    size, parts = len(xy), []
    while half >= 0 and not done[half % size]:
        done[half % size] = True
        course = xy[half] if half < size else xy[half - size][::-1]
        parts.append(course if not parts else course[1:])
        half = goes_on[half + size if half < size else half - size]
    return np.concatenate(parts)


def _shift(rng, count):
    """Ways of up to OFF metres, anywhere in the circle."""
    turn, off = rng.uniform(0, 2 * np.pi, count), OFF * np.sqrt(rng.random(count))
    return np.column_stack([off * np.cos(turn), off * np.sin(turn)])


def planted(edges: int, seed: int = 2) -> Planted:
    """About `edges` streets on an uneven grid: junctions 100 m apart, moved by up to 25 m, a connected two thirds of
    the links, nine tenths of which are drawn on in one line where they go straight through a junction."""
    rng = np.random.default_rng(seed)
    side = int(np.sqrt(edges / 1.35))
    number = np.arange(side * side).reshape(side, side)
    at = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2) * 100.0
    at += rng.uniform(-25, 25, at.shape)
    east = np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()])
    north = np.column_stack([number[:-1].ravel(), number[1:].ravel()])
    pairs, is_east = np.concatenate([east, north]), np.r_[np.ones(len(east), bool), np.zeros(len(north), bool)]
    length = np.hypot(*(at[pairs[:, 0]] - at[pairs[:, 1]]).T)
    needed = _in_tree(pairs, length, len(at))
    kept = np.sort(np.argsort(np.where(needed, -1, rng.random(len(pairs))), kind="stable")[:edges])
    pairs, is_east = pairs[kept], is_east[kept]
    courses = _bent(at[pairs[:, 0]], at[pairs[:, 1]])

    # a link is drawn on into the next one of its direction
    into, out = np.full((2, len(at)), -1), np.full((2, len(at)), -1)
    into[is_east.astype(int), pairs[:, 1]] = np.arange(len(pairs))
    out[is_east.astype(int), pairs[:, 0]] = np.arange(len(pairs))
    through = (into >= 0) & (out >= 0) & (rng.random(into.shape) < DRAWN_ON)
    joined = coo_array((np.ones(through.sum()), (into[through], out[through])), shape=(len(pairs), len(pairs)))
    line = connected_components(joined, directed=False)[1]
    order = np.lexsort((pairs[:, 0], line))  # numbers rise to the east and to the north
    first = np.r_[True, np.diff(line[order]) != 0]
    last = np.r_[first[1:], True]
    xy = courses[order].copy()
    for ends, vertex in ((first, 0), (last, -1)):
        xy[ends, vertex] += _shift(rng, ends.sum())
    vertices = np.ones(xy.shape[:2], bool)
    vertices[:, 0] = first  # a link drawn on begins where the one before ended
    owner = np.repeat(np.cumsum(first) - 1, vertices.sum(axis=1))
    lines = gpd.GeoDataFrame(geometry=list(shapely.linestrings(xy[vertices], indices=owner)), crs=CRS)
    links = gpd.GeoDataFrame(geometry=list(shapely.linestrings(courses)), crs=CRS)
    return _planted(lines, links, at, pairs.ravel(), through.any(axis=0))

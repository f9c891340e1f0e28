"""Where people live: township seats (Qinshui's real names), villages and communities (made-up names), town plans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from qsgis.demo import noise
from qsgis.demo.noise import Floats, Ints
from qsgis.demo.terrain import Terrain, to_plane

# code, name, longitude, latitude: roughly where they lie.
TOWNSHIPS = (
    ("140521100", "龙港镇", 112.187, 35.690),
    ("140521101", "中村镇", 112.035, 35.590),
    ("140521102", "郑庄镇", 112.385, 35.785),
    ("140521103", "端氏镇", 112.520, 35.690),
    ("140521104", "嘉峰镇", 112.555, 35.610),
    ("140521105", "郑村镇", 112.605, 35.650),
    ("140521106", "柿庄镇", 112.630, 35.920),
    ("140521200", "樊村河乡", 112.260, 35.550),
    ("140521201", "土沃乡", 112.170, 35.570),
    ("140521202", "张村乡", 112.075, 35.670),
    ("140521203", "胡底乡", 112.650, 35.740),
    ("140521204", "固县乡", 112.590, 35.830),
)
SEAT = 0  # 龙港镇 holds the county seat
_FIRST = "东西南北上下前后大小孙李王张赵杨郭侯宋尉梁柳杏槐松石玉青白黑龙凤云土杜贾吕霍常"
_LAST = ("庄", "河", "沟", "村", "岭", "坪", "峪", "掌", "湾", "窑", "底", "坡", "堂", "川", "神", "则", "疙瘩", "家山")
_COMMUNITIES = ("新建", "府后", "石楼", "柳园", "杏园", "永安", "东关", "滨河")


@dataclass(frozen=True)
class Town:
    """A built-up place with a street grid, turned into its valley.

    sites: the generating points of its parcels; block: which block a site stands in, -1 for a street;
    crossings and streets: the street net as points and pairs of them; along: the direction of the
    long axis in radians; rank: 0 main, 1 secondary, 2 other.
    """

    centre: Floats
    along: float
    mask: shapely.Polygon
    sites: Floats
    block: Ints
    crossings: Floats
    streets: Ints
    rank: Ints

    def at(self, local: Floats) -> Floats:
        """Points given in metres along and across the town, from its centre, on the county's plane."""
        return np.asarray(local @ _turn(self.along) + self.centre)

    def young(self, *, seat: bool) -> tuple[Floats, float]:
        """The middle and the radius (metres) of what was built since the base year, on the town's eastern side."""
        corners = shapely.get_coordinates(self.mask)
        tip = corners[np.argmax(corners[:, 0])]
        return tip, 0.42 * float(np.hypot(*(tip - self.centre))) if seat else 120.0

    def rank_line(self, axis: int) -> Ints:
        """The crossings of the main street along (0) or across (1) the town, in order."""
        local = (self.crossings - self.centre) @ _turn(self.along).T
        on = np.flatnonzero(np.abs(local[:, 1 - axis]) < 1.0)
        return np.asarray(on[np.argsort(local[on, axis], kind="stable")], dtype=np.int64)


def _turn(along: float) -> Floats:
    """Rows: the town's long axis and the one across it."""
    return np.array([[np.cos(along), np.sin(along)], [-np.sin(along), np.cos(along)]])


@dataclass(frozen=True)
class Places:
    """Township seats, villages (rows: communities of the seat first) and hamlets, all in metres."""

    seats: Floats
    towns: tuple[Town, ...]
    villages: Floats
    names: tuple[str, ...]
    communities: int
    hamlets: Floats


def _axis(half: float, block: float, inner: int, width: float) -> tuple[Floats, Ints, Floats]:
    """Site positions along one axis, the block of each (-1: a street), and the street positions."""
    streets = np.arange(-np.ceil(half / block), np.ceil(half / block) + 1) * block
    at, owner = [streets], [np.full(len(streets), -1)]
    for k, start in enumerate(streets[:-1]):
        at.append(np.linspace(start + width, start + block - width, inner))
        owner.append(np.full(inner, k))
    return np.concatenate(at), np.concatenate(owner), streets


def _mask(half: tuple[float, float], salt: int) -> shapely.Polygon:
    """A rounded oblong of the given half axes with an uneven edge, about the origin."""
    angle = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    ray = np.column_stack([np.cos(angle), np.sin(angle)])
    r = (np.abs(ray[:, 0] / half[0]) ** 2.6 + np.abs(ray[:, 1] / half[1]) ** 2.6) ** (-1 / 2.6)
    r *= 1 + 0.16 * noise.plane(ray * 1000, 700.0, salt)
    return shapely.Polygon(np.round(ray * r[:, None], 2))


def _town(
    centre: Floats, along: float, half: tuple[float, float], block: float, inner: int, width: float, salt: int
) -> Town:
    """A town whose long axis points `along` (radians)."""

    def place(local: Floats) -> Floats:
        return np.round(local @ _turn(along) + centre, 3)

    mask = _mask(half, salt)
    u, block_u, streets_u = _axis(half[0] * 1.25, block, inner, width)
    v, block_v, streets_v = _axis(half[1] * 1.25, block, inner, width)
    grid = np.stack(np.meshgrid(u, v, indexing="ij"), axis=-1).reshape(-1, 2)
    owner = np.stack(np.meshgrid(block_u, block_v, indexing="ij"), axis=-1).reshape(-1, 2)
    index = np.arange(len(grid), dtype=np.int64)
    grid += 0.4 * np.column_stack([noise.hash_unit(index, index, salt + 1), noise.hash_unit(index, index, salt + 2)])
    inside = shapely.contains_xy(mask, grid[:, 0], grid[:, 1])
    number = np.where((owner < 0).any(axis=1), -1, owner[:, 0] * 1000 + owner[:, 1])
    crossings, streets, rank = _streets(streets_u, streets_v, mask.buffer(-0.1 * block))
    outline = shapely.transform(mask, place)
    return Town(centre, along, outline, place(grid[inside]), number[inside], place(crossings), streets, rank)


def _streets(u: Floats, v: Floats, mask: shapely.Polygon) -> tuple[Floats, Ints, Ints]:
    """The street net inside `mask`: crossings, pairs of crossings, rank of each pair (its largest connected part)."""
    i, j = (axis.ravel() for axis in np.meshgrid(np.arange(len(u)), np.arange(len(v)), indexing="ij"))
    crossings = np.column_stack([u[i], v[j]])
    inside = shapely.contains_xy(mask, crossings[:, 0], crossings[:, 1])
    number = np.where(inside, np.cumsum(inside) - 1, -1).reshape(len(u), len(v))
    level_u, level_v = (np.array([_rank(k, len(axis) // 2) for k in range(len(axis))]) for axis in (u, v))
    east = (number[:-1], number[1:], np.broadcast_to(level_v, (len(u) - 1, len(v))))
    north = (number[:, :-1], number[:, 1:], np.broadcast_to(level_u[:, None], (len(u), len(v) - 1)))
    a, b, rank = (np.concatenate([x.ravel(), y.ravel()]) for x, y in zip(east, north, strict=True))
    both = (a >= 0) & (b >= 0)
    used = np.unique(np.concatenate([a[both], b[both]]))
    again = np.full(int(inside.sum()), -1)
    again[used] = np.arange(len(used))
    return crossings[inside][used], np.column_stack([again[a[both]], again[b[both]]]), rank[both]


def _rank(k: int, middle: int) -> int:
    return 0 if k == middle else 1 if (k - middle) % 3 == 0 else 2


def _seat_nodes(terrain: Terrain) -> Ints:
    """For every township the grid node of its seat: in a valley, well inside the county."""
    want = np.column_stack(to_plane().transform(*np.transpose([t[2:] for t in TOWNSHIPS])))
    inner = terrain.county.buffer(-2500)
    fit = np.flatnonzero((terrain.above < 12) & (terrain.catchment >= 60) & shapely.contains_xy(inner, *terrain.node.T))
    away = np.hypot(*(terrain.node[fit][None] - want[:, None]).transpose(2, 0, 1))
    return np.asarray(fit[away.argmin(axis=1)], dtype=np.int64)


def _along_valley(terrain: Terrain, node: int, steps: int = 8) -> float:
    below = node
    for _step in range(steps):
        below = int(terrain.down[below]) if terrain.down[below] >= 0 else below
    return float(np.arctan2(*(terrain.node[below] - terrain.node[node])[::-1]))


def _villages(rng: np.random.Generator, terrain: Terrain, taken: Floats, count: int) -> Floats:
    """`count` village seats on low ground, about evenly spaced; `taken` keep their distance too."""
    inner = terrain.county.buffer(-600)
    low = np.flatnonzero((terrain.above < 70) & shapely.contains_xy(inner, *terrain.node.T))
    low = low[rng.permutation(len(low))]
    free = shapely.distance(shapely.multipoints(taken), shapely.points(terrain.node[low]))
    gap = 0.85 * np.sqrt(terrain.county.area / count)
    chosen = np.zeros((count, 2))
    for k in range(count):
        while not (free >= gap).any():
            gap *= 0.9
        chosen[k] = terrain.node[low[np.argmax(free >= gap)]]
        free = np.minimum(free, np.hypot(*(terrain.node[low] - chosen[k]).T))
    return chosen


def _names(rng: np.random.Generator, count: int) -> tuple[str, ...]:
    every = [a + b for a in _FIRST for b in _LAST]
    return tuple(every[k] + "村" * (not every[k].endswith("村")) for k in rng.permutation(len(every))[:count])


def make(seed: int, terrain: Terrain, villages: int = 150, *, fine: bool = True) -> Places:
    """All places. `fine`: city blocks of 200 m; else coarser ones, for small counties in tests."""
    rng = noise.stream(seed, 10)
    nodes = _seat_nodes(terrain)
    seats = terrain.node[nodes].copy()
    block, inner = (200.0, 3) if fine else (400.0, 3)
    towns = []
    for k, node in enumerate(nodes.tolist()):
        along = _along_valley(terrain, node)
        side = np.array([-np.sin(along), np.cos(along)])
        side *= np.sign(side[1] or 1.0)
        if k == SEAT:
            seats[k] += 480 * side
            towns.append(_town(seats[k], along, (1900.0, 880.0), block, inner, 20.0, 701 + seed))
        else:
            town = TOWNSHIPS[k][1].endswith("镇")
            seats[k] += 230 * side
            half = (480.0, 270.0) if town else (300.0, 190.0)
            towns.append(_town(seats[k], along, half, 140.0, inner if fine else 2, 12.0, 720 + 10 * k + seed))
    count = len(_COMMUNITIES)
    heart = shapely.get_coordinates(towns[SEAT].mask.buffer(-500).exterior)
    communities = heart[np.linspace(0, len(heart) - 1, count, endpoint=False).astype(int)]
    communities = 0.8 * communities + 0.2 * seats[SEAT]
    away = _villages(rng, terrain, seats, villages - count - len(seats) + 1)
    centres = np.concatenate([communities, seats[1:], away])
    names = (
        *(name + "社区" for name in _COMMUNITIES),
        *(name[:-1] + "村" for _code, name, _lon, _lat in TOWNSHIPS[1:]),
        *_names(rng, len(away)),
    )
    hamlets = _villages(rng, terrain, np.concatenate([seats, away]), 2 * len(away))
    return Places(seats, tuple(towns), centres, names, count, hamlets)

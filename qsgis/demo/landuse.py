"""What each cell is used for in both survey years: by relief, water, towns and villages, with planted changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from qsgis.demo import noise, sites
from qsgis.demo.noise import Floats, Ints
from qsgis.demo.places import SEAT, TOWNSHIPS, Places
from qsgis.demo.roads import Roads
from qsgis.demo.sites import Sites
from qsgis.demo.terrain import Terrain
from qsgis.demo.zones import Zones

Codes = NDArray[np.str_]

# 三调 classes that occur here: code -> (name, big class of three).
CLASSES = {
    "0101": ("水田", "农用地"), "0102": ("水浇地", "农用地"), "0103": ("旱地", "农用地"),
    "0201": ("果园", "农用地"), "0201K": ("可调整果园", "农用地"), "0204": ("其他园地", "农用地"),
    "0301": ("乔木林地", "农用地"), "0305": ("灌木林地", "农用地"), "0306": ("灌丛沼泽", "农用地"),
    "0307": ("其他林地", "农用地"), "0307K": ("可调整其他林地", "农用地"), "0404": ("其他草地", "未利用地"),
    "0508": ("物流仓储用地", "建设用地"), "05H1": ("商业服务业设施用地", "建设用地"),
    "0601": ("工业用地", "建设用地"), "0602": ("采矿用地", "建设用地"),
    "0701": ("城镇住宅用地", "建设用地"), "0702": ("农村宅基地", "建设用地"),
    "0809": ("公用设施用地", "建设用地"), "0810": ("公园与绿地", "建设用地"), "0810A": ("广场用地", "建设用地"),
    "08H1": ("机关团体新闻出版用地", "建设用地"), "08H2": ("科教文卫用地", "建设用地"),
    "09": ("特殊用地", "建设用地"), "1003": ("公路用地", "建设用地"), "1004": ("城镇村道路用地", "建设用地"),
    "1005": ("交通服务场站用地", "建设用地"), "1006": ("农村道路", "农用地"),
    "1101": ("河流水面", "未利用地"), "1103": ("水库水面", "农用地"), "1104": ("坑塘水面", "农用地"),
    "1106": ("内陆滩涂", "未利用地"), "1107": ("沟渠", "农用地"), "1109": ("水工建筑用地", "建设用地"),
    "1201": ("空闲地", "建设用地"), "1202": ("设施农用地", "农用地"), "1206": ("裸土地", "未利用地"),
}  # fmt: skip
_COAL = {"郑庄镇", "端氏镇", "嘉峰镇", "郑村镇", "胡底乡", "固县乡"}


@dataclass(frozen=True)
class LandUse:
    """Per cell: class and CZCSXM ("" where none) in the current and the base year."""

    now: Codes
    base: Codes
    settlement: Codes
    base_settlement: Codes


def construction(codes: NDArray[Any]) -> NDArray[np.bool_]:
    """Which codes are 建设用地."""
    built = [code for code, (_name, big) in CLASSES.items() if big == "建设用地"]
    return np.isin(codes.astype(str), built)


@dataclass(frozen=True)
class _Ground:
    """Cells and what their ground is like; u, v: independent draws in [0, 1) of each cell."""

    points: Floats
    kind: Ints
    owner: Ints
    block: Ints
    above: Floats
    catchment: Ints
    u: Floats
    v: Floats


def make(seed: int, terrain: Terrain, places: Places, roads: Roads, ground: Sites, zones: Zones) -> LandUse:
    """The land use of the cells of `ground` (only the kept ones, in the cells' order)."""
    rng = noise.stream(seed, 40)
    node = terrain.nearest(ground.points)
    g = _Ground(
        ground.points, ground.kind, ground.owner, ground.block,
        terrain.above[node], terrain.catchment[node], rng.random(len(node)), rng.random(len(node)),
    )  # fmt: skip
    wild = _open_land(g, seed)
    now, settlement = wild.copy(), np.full(len(wild), "", dtype="<U5")
    _water_and_roads(g, roads, now)
    _villages(g, now, settlement)
    new = np.isin(g.kind, [sites.HOUSE]) & construction(now) & (g.u < 0.055)
    new |= _roads_built_since(g, rng, len(roads.lines))
    _towns(g, rng, places, now, settlement)
    _riverside(g, places, now, settlement)
    new |= _seat_grown(g, places)
    _mines(g, rng, places, zones, now, settlement, new)
    _scattered(g, now, settlement, new)
    base, base_settlement = now.copy(), settlement.copy()
    base[new], base_settlement[new] = wild[new], ""
    _reclaimed(g, now, settlement, new)
    turned = (g.kind == sites.LAND) & np.isin(now, ["0103", "0102"]) & (base == now) & (g.v < 0.03)
    now[turned] = np.where(g.u[turned] < 0.4, "0201", np.where(g.u[turned] < 0.75, "0301", "0307K"))
    return LandUse(now, base, settlement, base_settlement)


def _open_land(g: _Ground, seed: int) -> Codes:
    """Fields in the valleys, terraces and orchards on the slopes, scrub and forest above."""
    coarse, fine = noise.plane(g.points, 5000.0, 811 + seed), noise.plane(g.points, 1200.0, 812 + seed)
    t = g.above + 22 * fine + 28 * coarse
    wet = g.catchment > 1500
    rules = [
        (t < 20, [(wet & (fine > 0.1), "0102"), (wet & (fine > 0.05), "0101"), (g.u < 0.05, "1104"),
                  (g.u < 0.10, "0201"), (g.u < 0.12, "0201K"), (g.u < 0.13, "0306"), (g.u > 0.0, "0103")]),
        (t < 58, [(fine > 0.28, "0404"), (fine < -0.38, "0305"), (coarse > 0.34, "0201"), (g.u < 0.03, "0201K"),
                  (g.u < 0.05, "0307K"), (g.u < 0.06, "0204"), (g.u > 0.0, "0103")]),
        (t < 110, [(fine > 0.3, "0103"), (coarse < -0.3, "0404"), (fine < -0.34, "0307"), (coarse > -0.05, "0301"),
                   (g.u > 0.0, "0305")]),
        (t > -1e9, [(coarse < -0.42, "0305"), (fine > 0.42, "0404"), (fine < -0.45, "0307"), (g.u < 0.004, "1206"),
                    (g.u > 0.0, "0301")]),
    ]  # fmt: skip
    out = np.full(len(g.u), "0301", dtype="<U5")
    left = np.ones(len(g.u), dtype=bool)
    for where, inner in rules:
        for also, code in inner:
            hit = left & where & also
            out[hit] = code
            left &= ~hit
    return out


def _water_and_roads(g: _Ground, roads: Roads, now: Codes) -> None:
    now[g.kind == sites.RIVER] = "1101"
    bank = g.kind == sites.BANK
    now[bank & (g.catchment > 3000) & (g.u < 0.16)] = "1106"
    now[bank & (g.catchment > 3000) & (g.u > 0.93)] = "0306"
    now[bank & (g.u > 0.16) & (g.u < 0.19)] = "1107"
    now[bank & (g.catchment > 6000) & (g.u > 0.19) & (g.u < 0.21)] = "1109"
    band = np.flatnonzero(g.kind == sites.ROAD)
    kind = np.array(roads.kind)[g.owner[band]]
    now[band] = np.where(np.isin(kind, ["国道", "省道", "县道", "乡道"]), "1003", "1006")
    dams = np.flatnonzero((g.catchment > 250) & (g.catchment < 900) & (g.kind == sites.RIVER))
    for dam in dams[:: max(len(dams) // 5, 1)][:5]:
        near = np.hypot(*(g.points - g.points[dam]).T) < 480
        now[near & np.isin(g.kind, [sites.RIVER, sites.BANK])] = "1103"


def _villages(g: _Ground, now: Codes, settlement: Codes) -> None:
    house = g.kind == sites.HOUSE
    for top, code in ((0.72, "0702"), (0.76, "08H2"), (0.79, "08H1"), (0.82, "0809"), (0.85, "1201"), (1.0, "")):
        part = house & (g.v < top)
        if code:
            now[part] = code
            settlement[part] = "203"
        else:  # gardens and orchards: inside the village's edge (203) but not construction land
            now[part] = np.where(g.u[part] < 0.5, "0103", "0201")
            settlement[part & (g.u < 0.4)] = "203"
        house &= ~part
    sheds = (g.kind == sites.VERGE) & (now == "0103") & (g.v < 0.02)
    now[sheds] = "1202"


def _towns(g: _Ground, rng: np.random.Generator, places: Places, now: Codes, settlement: Codes) -> None:
    """Whole city blocks of one use, houses and shops mixed; streets between them."""
    for k, town in enumerate(places.towns):
        mine = np.isin(g.kind, [sites.STREET, sites.BLOCK]) & (g.owner == k)
        settlement[mine] = "202" if TOWNSHIPS[k][1].endswith("镇") else "203"
        now[mine & (g.kind == sites.STREET)] = "1004"
        for block in np.unique(g.block[mine & (g.block >= 0)]):
            cells = np.flatnonzero(mine & (g.block == block))
            centre = g.points[cells].mean(axis=0)
            far = np.hypot(*(centre - town.centre)) / np.sqrt(town.mask.area / np.pi)
            now[cells] = _block(rng, far, g.u[cells], seat=k == SEAT, town=TOWNSHIPS[k][1].endswith("镇"))


def _riverside(g: _Ground, places: Places, now: Codes, settlement: Codes) -> None:
    """Banks inside the county seat: parks for the greater part, rough grass else."""
    bank = (g.kind == sites.BANK) & shapely.contains_xy(places.towns[SEAT].mask, *g.points.T)
    now[bank] = np.where(g.u[bank] < 0.6, "0810", "0404")
    settlement[bank & (now == "0810")] = "202"


def _block(rng: np.random.Generator, far: float, u: Floats, *, seat: bool, town: bool) -> Codes:
    """Classes of a block's cells; `far` is 0 in the centre and about 1 at the edge."""
    draw = rng.random()
    homes = "0701" if seat or (town and draw < 0.32) else "0702"
    housing = np.where(u < 0.80, homes, np.where(u < 0.93, "05H1", "0809"))
    for share, mix in (
        (0.56, housing),
        (0.62 if far > 0.5 else 0.70, np.where(u < 0.85, "05H1", homes)),
        (0.78, np.where(u < 0.85, "08H2", homes)),
        (0.83 if far > 0.5 else 0.86, np.where(u < 0.8, "08H1", "0810A")),
        (0.91, np.where(u < 0.85, "0810", "0810A")),
        (0.97 if far > 0.7 else 0.92, np.where(u < 0.75, "0601", "0508")),
        (0.99, np.where(u < 0.3, "1005", "1201")),
        (1.01, housing),
    ):
        if draw < share:
            return mix.astype("<U5")
    return housing.astype("<U5")


def _seat_grown(g: _Ground, places: Places) -> NDArray[np.bool_]:
    """Seat and town cells built since the base year: a fringe on the side away from the centre."""
    new = np.zeros(len(g.kind), dtype=bool)
    for k, town in enumerate(places.towns):
        mine = np.isin(g.kind, [sites.STREET, sites.BLOCK]) & (g.owner == k)
        tip, reach = town.young(seat=k == SEAT)
        new |= mine & (np.hypot(*(g.points - tip).T) < reach)
    return new


def _roads_built_since(g: _Ground, rng: np.random.Generator, lines: int) -> NDArray[np.bool_]:
    fresh = rng.random(lines) < 0.04
    return np.asarray((g.kind == sites.ROAD) & fresh[np.maximum(g.owner, 0)])


def _mines(
    g: _Ground,
    rng: np.random.Generator,
    places: Places,
    zones: Zones,
    now: Codes,
    settlement: Codes,
    new: NDArray[np.bool_],
) -> None:
    """A dozen coal mines (0602, CZCSXM 204) in the east, each with a works (0601, 203A); the last two are new."""
    coal = [k for k, t in enumerate(zones.township) if TOWNSHIPS[t][1] in _COAL and k >= places.communities]
    land = np.flatnonzero(np.isin(g.kind, [sites.LAND, sites.VERGE]) & (g.above < 60))
    tree = cKDTree(g.points[land])
    for number, k in enumerate(rng.permutation(coal)[:12].tolist()):
        away = rng.uniform(500, 900) * np.array([np.cos(number * 2.1), np.sin(number * 2.1)])
        near = land[tree.query(places.villages[k] + away, k=6)[1]]
        pit = near[:4] if number % 2 else near[:3]
        now[pit], settlement[pit] = "0602", "204"
        now[near[5]], settlement[near[5]] = "0601", "203A"
        new[np.append(pit, near[5])] = number >= 10


def _scattered(g: _Ground, now: Codes, settlement: Codes, new: NDArray[np.bool_]) -> None:
    """Works along the roads (some new) and special land (09, CZCSXM 205)."""
    field = (g.kind == sites.VERGE) & np.isin(now, ["0102", "0103"])
    works = field & (g.v > 0.982)
    now[works], settlement[works] = "0601", "203A"
    new |= works & (g.u < 0.45)
    special = (g.kind == sites.LAND) & (g.above < 90) & (g.v > 0.9975)
    now[special], settlement[special] = "09", "205"


def _reclaimed(g: _Ground, now: Codes, settlement: Codes, new: NDArray[np.bool_]) -> None:
    """Homesteads given back to farming since the base year."""
    back = (g.kind == sites.HOUSE) & (now == "0702") & ~new & (g.u > 0.98)
    now[back], settlement[back] = "0103", ""

"""Who lives, works and commutes where: the population table, jobs, the commuters' table (OD)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from qsgis.demo import noise
from qsgis.demo.noise import Floats, Ints
from qsgis.demo.places import TOWNSHIPS, Places
from qsgis.demo.roads import SPEED, Roads
from qsgis.demo.zones import Zones

RESIDENTS, SEAT_RESIDENTS = 200_000, 62_000
OUTSIDE = (("140502001001", 78.0), ("140522100001", 64.0))  # the city of Jincheng and Yangcheng, minutes away


def share_out(total: int, weight: Floats) -> Ints:
    """Whole numbers in proportion to `weight` that add up to `total` (largest remainders)."""
    exact = total * weight / weight.sum()
    whole: Ints = np.floor(exact).astype(np.int64)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: total - whole.sum()]] += 1
    return whole


def population(seed: int, places: Places, zones: Zones, residential: Floats) -> pd.DataFrame:
    """The table by village; `residential` is each village's residential land (m²). Residents add up to 200,000."""
    rng = noise.stream(seed, 70)
    count = len(places.villages)
    community = np.arange(count) < places.communities
    weight = np.maximum(residential, 0.05 * residential.mean()) * rng.lognormal(0, 0.25, count)
    resident = np.empty(count, dtype=np.int64)
    resident[community] = share_out(SEAT_RESIDENTS, weight[community])
    resident[~community] = share_out(RESIDENTS - SEAT_RESIDENTS, weight[~community])
    town = np.isin(np.arange(count), places.communities + np.arange(len(TOWNSHIPS) - 1))
    old = np.where(community, 0.16, 0.23) * rng.uniform(0.85, 1.15, count)
    urban = np.where(community, 1.0, np.where(town, 0.55, 0.12 * rng.random(count)))
    return pd.DataFrame(
        {
            "行政区代码": list(zones.code),
            "行政区名称": list(places.names),
            "常住人口": resident,
            "60岁以上人口": np.rint(resident * old).astype(np.int64),
            "户籍人口": np.rint(resident * rng.uniform(0.98, 1.12, count)).astype(np.int64),
            "城镇人口": np.rint(resident * urban).astype(np.int64),
            "就业人口": np.rint(resident * rng.uniform(0.46, 0.56, count)).astype(np.int64),
        }
    )


def jobs(seed: int, places: Places, people: pd.DataFrame) -> pd.DataFrame:
    """Jobs by village: as many as employed residents, gathered in the seat, the towns and a few mining villages."""
    rng = noise.stream(seed, 71)
    count = len(people)
    place = np.arange(count)
    employed = people["就业人口"].to_numpy()
    pull = np.where(place < places.communities, 1.5, np.where(place < places.communities + 11, 1.6, 0.55))
    pull = np.where((place >= places.communities + 11) & (rng.random(count) < 0.08), 3.0, pull)
    return pd.DataFrame(
        {
            "行政区代码": people["行政区代码"],
            "行政区名称": people["行政区名称"],
            "就业岗位数": share_out(int(employed.sum()), employed * pull),
        }
    )


def drive_minutes(roads: Roads, places: Places) -> Floats:
    """Minutes by car between all pairs of villages (origin × destination), from junction to junction."""
    ends = np.array([(line[0], line[-1]) for line in roads.lines]).reshape(-1, 2)
    nodes, place = np.unique(ends, axis=0, return_inverse=True)
    a, b = place.reshape(-1, 2).T
    length = np.array([np.hypot(*np.diff(line, axis=0).T).sum() for line in roads.lines])
    minutes = length / (np.array([SPEED[kind] for kind in roads.kind]) * 1000 / 60)
    back = ~np.array(roads.oneway)
    start, end = np.concatenate([a, b[back]]), np.concatenate([b, a[back]])
    cost = (
        pd.DataFrame({"a": start, "b": end, "m": np.concatenate([minutes, minutes[back]])}).groupby(["a", "b"]).m.min()
    )
    rows = cost.index.to_frame().to_numpy()
    graph = sparse.csr_array(sparse.coo_array((cost.to_numpy(), rows.T), shape=(len(nodes), len(nodes))))
    near = np.asarray(cKDTree(nodes).query(places.villages)[1], dtype=np.int64)
    return np.asarray(csgraph.dijkstra(graph, indices=near)[:, near])


def commute(seed: int, people: pd.DataFrame, work: pd.DataFrame, minutes: Floats) -> pd.DataFrame:
    """The OD table, as from mobile-phone data: origin, destination (village codes), people, minutes one way."""
    rng = noise.stream(seed, 72)
    code = people["行政区代码"].to_numpy()
    employed = people["就业人口"].to_numpy()
    pull = work["就业岗位数"].to_numpy()[None] * np.exp(-0.075 * minutes)
    np.fill_diagonal(pull, pull.diagonal() * 2.0)
    rows: list[tuple[str, str, int, float]] = []
    for k in range(len(code)):
        travellers = int(0.8 * employed[k])
        away = int(0.035 * travellers)
        chosen = np.argsort(-pull[k] * rng.lognormal(0, 0.3, len(code)), kind="stable")[:26]
        for to, persons in zip(chosen.tolist(), share_out(travellers - away, pull[k, chosen]).tolist(), strict=True):
            if persons:
                time = rng.uniform(4, 16) if to == k else float(minutes[k, to]) + rng.uniform(4, 14)
                rows.append((code[k], code[to], persons, round(time, 1)))
        outside, far = OUTSIDE[k % len(OUTSIDE)]
        if away:
            rows.append((code[k], outside, away, round(far + float(rng.uniform(-12, 25)), 1)))
    return pd.DataFrame(rows, columns=["居住地代码", "就业地代码", "通勤人数", "通勤时间"])

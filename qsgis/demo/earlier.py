"""The base year of what belongs to a year: people, elderly care, greenways, streets, works under ground."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from qsgis.demo import noise
from qsgis.demo.people import share_out
from qsgis.demo.places import Places

RESIDENTS, SEAT_RESIDENTS = 203_000, 58_000
_STREETS = ("城市主干路", "次干路", "支路")


def population(seed: int, people: pd.DataFrame, communities: int) -> pd.DataFrame:
    """The table of the base year: more people in all, fewer of them in the seat, in towns and old."""
    rng = noise.stream(seed, 120)
    count = len(people)
    seat = np.arange(count) < communities
    weight = people["常住人口"].to_numpy() * rng.uniform(0.96, 1.04, count)
    resident = np.empty(count, dtype=np.int64)
    resident[seat] = share_out(SEAT_RESIDENTS, weight[seat])
    resident[~seat] = share_out(RESIDENTS - SEAT_RESIDENTS, weight[~seat])

    def scaled(column: str, factor: float) -> NDArray[np.int64]:
        share = people[column].to_numpy() / np.maximum(people["常住人口"].to_numpy(), 1)
        return np.asarray(np.rint(resident * share * factor), dtype=np.int64)

    then = people.copy()
    then["常住人口"] = resident
    for column, factor in (("60岁以上人口", 0.86), ("户籍人口", 1.0), ("城镇人口", 0.93), ("就业人口", 1.02)):
        then[column] = scaled(column, factor)
    return then


def elderly_care(care: pd.DataFrame, flaws: dict[str, str]) -> pd.DataFrame:
    """About two in three of the facilities, with fewer beds; without what is wrong in the list of today."""
    sound = care[~care.duplicated() & (care["名称"] != flaws["off_county"])]
    kept = sound[(sound["类型"] == "机构") | (np.arange(len(sound)) % 5 < 3)]
    return kept.assign(床位数=kept["床位数"] * 4 // 5).reset_index(drop=True)


def greenways(ways: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Those that there were."""
    return ways[ways["名称"].isin(["滨河绿道", "南北绿道"])].reset_index(drop=True)


def roads(now: gpd.GeoDataFrame, places: Places) -> gpd.GeoDataFrame:
    """Without the motorway, and without the streets on the young side of the towns.

    Young streets that hold the net together stay: it is one net in the base year, too.
    """
    standing = now[~now["名称"].str.contains("高速")]
    young = _grown(standing, places)
    ends = shapely.get_coordinates(shapely.get_point(standing.geometry.to_numpy(), [[0], [-1]])).reshape(2, -1, 2)
    graph: nx.MultiGraph[tuple[float, float]] = nx.MultiGraph()
    for number, (start, end) in enumerate(zip(ends[0].tolist(), ends[1].tolist(), strict=True)):
        graph.add_edge(tuple(start), tuple(end), key=number, weight=float(young[number]))
    tree = {key for _a, _b, key in nx.minimum_spanning_edges(graph, data=False, keys=True)}
    spare = [(a, b, key) for a, b, key in graph.edges(keys=True) if young[key] and key not in tree]
    graph.remove_edges_from(spare)
    gone = {key for _a, _b, key in spare}
    tips = [node for node, degree in graph.degree() if degree == 1]
    while tips:  # young streets that lead nowhere else
        tip = tips.pop()
        if graph.degree(tip) != 1:
            continue
        ((_tip, other, key),) = graph.edges(tip, keys=True)
        if young[key]:
            graph.remove_edge(tip, other, key)
            gone.add(key)
            tips.append(other)
    return standing[~np.isin(np.arange(len(standing)), sorted(gone))].reset_index(drop=True)


def _grown(lines: gpd.GeoDataFrame, places: Places) -> NDArray[np.bool_]:
    """Streets whose middle lies in the part of a town that is built on since the base year."""
    middle = shapely.get_coordinates(shapely.line_interpolate_point(lines.geometry.to_numpy(), 0.5, normalized=True))
    young = np.zeros(len(lines), dtype=bool)
    for k, town in enumerate(places.towns):
        tip, reach = town.young(seat=k == 0)
        young |= (np.hypot(*(middle - tip).T) < reach) & shapely.contains_xy(town.mask, *middle.T)
    return np.asarray(young & lines["等级"].isin(_STREETS).to_numpy())

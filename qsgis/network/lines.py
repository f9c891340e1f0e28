"""The street pieces from which a place is reached in time, for drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from qsgis.network.arrays import Floats, Frame, Ints
from qsgis.network.attach import Attachment
from qsgis.network.cutting import substrings
from qsgis.network.times import Sweep, from_places, sweep

if TYPE_CHECKING:
    from qsgis.network.graph import Network


def reached(network: Network, places: Attachment, minutes: float, kmh: float) -> Frame:
    """Pieces of edges within `minutes` of the nearest of `places`; see Network.reached_lines."""
    edge, low, high, at_low, at_high = _spans(network, sweep(network, places, kmh))
    edges = network.edges
    # minutes a metre towards each end: a place reached through `low` is walked to against the drawing
    to_low, to_high = edges.backward[edge] / edges.metres[edge], edges.forward[edge] / edges.metres[edge]
    from_low = np.minimum(_metres_left(minutes, at_low, to_low), high - low)
    from_high = np.minimum(_metres_left(minutes, at_high, to_high), high - low)
    whole = from_low + from_high >= high - low

    left, right = ~whole & (from_low > _NOTHING), ~whole & (from_high > _NOTHING)
    span = np.concatenate([np.flatnonzero(whole), np.flatnonzero(left), np.flatnonzero(right)])
    start = np.concatenate([low[whole], low[left], (high - from_high)[right]])
    end = np.concatenate([high[whole], (low + from_low)[left], high[right]])
    keep = end - start > _NOTHING
    span, start, end = span[keep], start[keep], end[keep]
    order = np.lexsort((start, edge[span]))
    span, start, end = span[order], start[order], end[order]
    middle = (start + end) / 2
    by_low = at_low[span] + (middle - low[span]) * to_low[span]
    by_high = at_high[span] + (high[span] - middle) * to_high[span]
    at, scale = edge[span], network.plane_length / edges.metres
    frame = {"minutes": np.minimum(by_low, by_high), "metres": end - start, "row": edges.row[at]}
    geometry = substrings(edges.geometry, at, start * scale[at], end * scale[at])
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=network.crs)


_NOTHING = 1e-6  # metres: a shorter piece is not drawn


def _metres_left(minutes: float, at: Floats, pace: Floats) -> Floats:
    """How far from a span's end the limit allows, at `pace` minutes a metre (inf: not at all)."""
    return np.where(at <= minutes, np.maximum(minutes - np.where(np.isinf(at), 0.0, at), 0.0) / pace, 0.0)


def _spans(network: Network, found: Sweep) -> tuple[Ints, Floats, Floats, Floats, Floats]:
    """Edges divided where places stand on them: edge, metres from u to both ends, minutes at both ends."""
    edges, places = network.edges, found.places
    here = np.flatnonzero(~places.off)
    stop = Attachment(places.edge[here], places.s[here], np.zeros(len(here)), np.zeros(len(here), bool))
    at_stop = from_places(network, found, stop)[0]
    every, none = np.arange(len(edges)), np.zeros(len(edges))
    edge = np.concatenate([every, stop.edge, every])
    s = np.concatenate([none, stop.s, edges.metres])
    at = np.concatenate([found.minutes[edges.u], at_stop, found.minutes[edges.v]])
    order = np.lexsort((s, edge))
    edge, s, at = edge[order], s[order], at[order]
    same = (edge[1:] == edge[:-1]) & (s[1:] > s[:-1])
    return edge[:-1][same], s[:-1][same], s[1:][same], at[:-1][same], at[1:][same]

"""Changing between trips as a feed states it (transfers.txt): guaranteed, in so many seconds, or not at all."""

from __future__ import annotations

import numpy as np
import pandas as pd

from qsgis.layers.gtfs import Feed
from qsgis.messages import _
from qsgis.network.transit_timetable import Changes

_NARROW = ("from_route_id", "to_route_id", "from_trip_id", "to_trip_id")
_ORDINARY, _WAITS, _TIMED, _NOT = ("", "0"), "1", "2", "3"  # transfer_type


def changes(feed: Feed, notes: list[str]) -> Changes:
    """The stated times between stops; of a station, between all its stops. What is not understood is counted."""
    table = feed.table("transfers.txt", needed=False)
    if not len(table):
        return Changes.none()
    row = {stop: place for place, stop in enumerate(feed.stops["stop_id"])}
    members = _members(feed, row)
    stated: dict[tuple[int, int], float] = {}
    odd = {"narrow": 0, "kind": 0, "untimed": 0, "unknown": 0}
    rows: list[dict[str, str]] = [dict(zip(table.columns, cells, strict=True)) for cells in table.to_numpy().tolist()]
    rows.sort(key=lambda one: _stations(one, members))  # a stop goes before its station
    for one in rows:
        seconds = _seconds(one, odd)
        ends = [members.get(one.get(name, ""), [row[one[name]]] if one.get(name) in row else [])
                for name in ("from_stop_id", "to_stop_id")]  # fmt: skip
        if seconds is None:
            continue
        if not all(ends):
            odd["unknown"] += 1
            continue
        for pair in ((start, end) for start in ends[0] for end in ends[1]):
            stated.setdefault(pair, seconds)
    _say(odd, notes)
    pairs = sorted(stated)
    start, end = np.array(pairs, np.int64).reshape(-1, 2).T
    return Changes(start, end, np.array([stated[pair] for pair in pairs], float))


def _members(feed: Feed, row: dict[str, int]) -> dict[str, list[int]]:
    """Station -> its stops."""
    parent = feed.column("stops.txt", "parent_station")
    kind = feed.column("stops.txt", "location_type")
    found: dict[str, list[int]] = {}
    for stop, station, what in zip(feed.stops["stop_id"], parent, kind, strict=True):
        if station and what in {"", "0"}:
            found.setdefault(station, []).append(row[stop])
    return found


def _stations(one: dict[str, str], members: dict[str, list[int]]) -> int:
    return sum(one.get(name, "") in members for name in ("from_stop_id", "to_stop_id"))


def _seconds(one: dict[str, str], odd: dict[str, int]) -> float | None:
    """What a row states; None where it changes nothing or is not understood (counted)."""
    kind = one.get("transfer_type", "")
    if any(one.get(name) for name in _NARROW):
        odd["narrow"] += 1
        return None
    if kind in _ORDINARY:
        return None
    if kind in (_WAITS, _NOT):
        return 0.0 if kind == _WAITS else np.inf
    given = pd.to_numeric(one.get("min_transfer_time", ""), errors="coerce")
    if kind != _TIMED or not given >= 0:
        odd["untimed" if kind == _TIMED else "kind"] += 1
        return None
    return float(given)


def _say(odd: dict[str, int], notes: list[str]) -> None:
    texts = {
        "narrow": _("{count} rows of transfers.txt are for single routes or trips: not used", count=odd["narrow"]),
        "kind": _("{count} rows of transfers.txt have another type than 0 to 3: not used", count=odd["kind"]),
        "untimed": _("{count} rows of transfers.txt lack min_transfer_time: changing as elsewhere",
                     count=odd["untimed"]),
        "unknown": _("{count} rows of transfers.txt name unknown stops: not used", count=odd["unknown"]),
    }  # fmt: skip
    notes.extend(text for kind, text in texts.items() if odd[kind])

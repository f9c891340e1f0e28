"""A GTFS feed → the timetable of one day: its service, what still runs of the day before, and the morning after.

What is odd in a feed is refused by the trip or filled in as the format says, and counted in the timetable's notes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj

from qsgis.layers.gtfs import UNREADABLE, Feed, seconds_of, unreadable
from qsgis.layers.timetable_changes import changes
from qsgis.messages import _
from qsgis.network.transit_timetable import Calls, Timetable, repeated

DAY = 86_400
Array = np.ndarray[Any, Any]


def feed_timetable(
    path: Path, crs: pyproj.CRS, *, day: date | None = None, year: int | None = None, layer: str = "transit"
) -> Timetable:
    """The timetable of `day`, stops in `crs`. Default: the Wednesday on which most trips run, of `year` if it can be.

    Raises NoServiceDay where the feed does not cover the day or nothing runs then, FileUnreadable for a broken feed.
    """
    try:
        feed = Feed(path)
        notes = []
        if day is None:
            day = feed.wednesday(year if year is not None and feed.covers(year) else None)
            notes.append(_("timetable of {day}, the Wednesday on which most trips run", day=day))
            if year not in {None, day.year}:
                first, last = feed.validity
                notes.append(
                    _("the timetable does not cover {year}: it is valid from {first} to {last}",
                      year=year, first=first, last=last)
                )  # fmt: skip
        else:
            notes.append(_("timetable of {day}", day=day))
        feed.check_day(day)
        found, names = _day_calls(feed, day, notes)
        place = _places(feed, crs, notes)
        stops = feed.stops["stop_id"].to_numpy(dtype=object)
        stated = changes(feed, notes)
    except UNREADABLE as error:
        raise unreadable(layer, path, error) from error
    return Timetable.of_calls(found, stops, place, crs, names, changes=stated, day=day, notes=tuple(notes))


def _places(feed: Feed, crs: pyproj.CRS, notes: list[str]) -> Array:
    """(stops, 2) in `crs`; a stop without coordinates stands where its station does, else NaN."""
    degrees = np.column_stack(
        [pd.to_numeric(feed.stops[name], errors="coerce").to_numpy(float) for name in ("stop_lon", "stop_lat")]
    )
    bare = ~np.isfinite(degrees).all(axis=1)
    if bare.any():
        row = pd.Series(np.arange(len(degrees)), index=feed.stops["stop_id"].to_numpy())
        parent = feed.column("stops.txt", "parent_station").map(row[~row.index.duplicated()])
        lent = bare & parent.notna().to_numpy()
        degrees[lent] = degrees[parent[lent].to_numpy(np.int64)]
        text = _("{count} stops have no coordinates; {lent} of them stand where their station does",
                 count=int(bare.sum()), lent=int(np.isfinite(degrees[lent]).all(axis=1).sum()))  # fmt: skip
        notes.append(text)
    x, y = pyproj.Transformer.from_crs(4326, crs, always_xy=True).transform(*degrees.T)
    placed = np.column_stack([x, y])
    return np.where(np.isfinite(placed), placed, np.nan)


# --- which trips run, and when ---


def _day_calls(feed: Feed, day: date, notes: list[str]) -> tuple[Calls, Array]:
    """The calls of all trips that run between midnight and the end of the next day, and the trips' names."""
    longest = seconds_of(feed.column("stop_times.txt", "departure_time"))
    headways = _headways(feed, notes)
    latest = np.nanmax(longest, initial=0) + max((starts.max() for starts in headways.values()), default=0)
    offsets = range(-int(latest // DAY), 2)
    trips = feed.trips["trip_id"]
    service = {offset: feed.services(day + timedelta(days=offset)) for offset in offsets}
    running = {offset: trips[feed.trips["service_id"].isin(list(one))] for offset, one in service.items()}
    _of_one_vehicle(feed, running[0].index, notes)
    calls, known = _calls(feed, set().union(*running.values()), notes)
    if not len(known):
        raise ValueError(_("none of its trips can be used: {reasons}", reasons="; ".join(notes)))
    number = {trip: place for place, trip in enumerate(known)}
    begin = calls.departure[np.unique(calls.trip, return_index=True)[1]]
    which: list[int] = []
    shift: list[int] = []
    names: list[str] = []
    for offset, ids in running.items():
        for trip in (one for one in ids if one in number):
            place, label = number[trip], f"{trip}" if offset == 0 else f"{trip} ({offset:+d})"
            for start in headways.get(trip, begin[place : place + 1]):
                which.append(place)
                shift.append(int(start) - int(begin[place]) + offset * DAY)
                names.append(f"{label} {_clock(int(start))}" if trip in headways else label)
    made = repeated(calls, np.array(which, np.int64), np.array(shift, np.int64), np.arange(len(which)))
    return made, np.array(names, dtype=object)


def _of_one_vehicle(feed: Feed, today: pd.Index, notes: list[str]) -> None:
    """Says how many trips go on as another one, whose riders could stay in their seats: they change as elsewhere."""
    block = feed.column("trips.txt", "block_id")[today]
    goes_on = (block != "") & block.duplicated(keep="last")
    if goes_on.any():
        text = _(
            "{count} trips are followed by another of the same vehicle (block_id): riders change there as elsewhere",
            count=int(goes_on.sum()),
        )
        notes.append(text)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"


def _headways(feed: Feed, notes: list[str]) -> dict[str, Array]:
    """Trip -> its starts, for trips that are given by their headway: at the start and each headway before the end."""
    table = feed.table("frequencies.txt", needed=False)
    found: dict[str, list[Array]] = {}
    if not len(table):
        return {}
    every = pd.to_numeric(table["headway_secs"], errors="coerce").to_numpy(float)
    spans = zip(table["trip_id"], seconds_of(table["start_time"]), seconds_of(table["end_time"]), every, strict=True)
    refused = 0
    for trip, start, end, headway in spans:
        if headway > 0 and end > start:
            found.setdefault(trip, []).append(np.arange(start, end, headway))
        else:
            refused += 1
    if refused:
        notes.append(_("{count} rows of frequencies.txt have no headway or no time span: left out", count=refused))
    exact = table["exact_times"] if "exact_times" in table else pd.Series("", index=table.index)
    if (exact != "1").any():
        text = _("{count} spans have a headway without fixed times: counted as running from the start of the span",
                 count=int((exact != "1").sum()))  # fmt: skip
        notes.append(text)
    return {trip: np.concatenate(starts) for trip, starts in found.items()}


# --- calls, cleaned ---


def _calls(feed: Feed, running: set[str], notes: list[str]) -> tuple[Calls, Array]:
    """Calls of the running trips that can be used, trips numbered by their name's place in the feed; and the names."""
    rows = feed.table("stop_times.txt")
    rows = rows[rows["trip_id"].isin(running)]
    doubled = rows.duplicated()
    if doubled.any():
        notes.append(_("{count} rows of stop_times.txt stand there twice: counted once", count=int(doubled.sum())))
    rows = rows[~doubled]
    stop_row = pd.Series(np.arange(len(feed.stops)), index=feed.stops["stop_id"].to_numpy())
    stop = rows["stop_id"].map(stop_row[~stop_row.index.duplicated()]).fillna(-1).to_numpy(np.int64)
    if (stop < 0).any():
        names = ", ".join(sorted(set(rows["stop_id"][stop < 0]))[:10])
        text = _("{count} calls are at stops that stops.txt does not have: left out: {names}",
                 count=int((stop < 0).sum()), names=names)  # fmt: skip
        notes.append(text)
    order_of = pd.Series(np.arange(len(feed.trips)), index=feed.trips["trip_id"].to_numpy())
    table = pd.DataFrame({
        "trip": rows["trip_id"].map(order_of[~order_of.index.duplicated()]).to_numpy(np.int64), "stop": stop,
        "sequence": pd.to_numeric(rows["stop_sequence"], errors="coerce").to_numpy(float),
        "arrival": seconds_of(rows["arrival_time"] if "arrival_time" in rows else rows["departure_time"]),
        "departure": seconds_of(rows["departure_time"]),
        "boards": _lets(rows, "pickup_type", notes), "alights": _lets(rows, "drop_off_type", notes),
    })  # fmt: skip
    table = table[table["stop"] >= 0].sort_values(["trip", "sequence"], kind="stable", ignore_index=True)
    table = _timed(_refused(table, feed, notes), feed, notes)
    used, trip = np.unique(table["trip"].to_numpy(), return_inverse=True)
    columns = (table[name].to_numpy() for name in ("stop", "arrival", "departure", "boards", "alights"))
    stops, arrival, departure, boards, alights = columns
    calls = Calls(trip, stops, arrival.astype(np.int64), departure.astype(np.int64), boards, alights)
    return calls, feed.trips["trip_id"].to_numpy(dtype=object)[used]


def _lets(rows: pd.DataFrame, column: str, notes: list[str]) -> Array:
    """Where passengers may get on (or off); where that must be arranged first they may, and it is said."""
    flag = rows[column] if column in rows else pd.Series("", index=rows.index)
    arranged = int(flag.isin(["2", "3"]).sum())
    if arranged:
        notes.append(_("{count} calls must be arranged first ({column}): counted as served", count=arranged,
                       column=column))  # fmt: skip
    return (flag != "1").to_numpy(bool)


def _refused(table: pd.DataFrame, feed: Feed, notes: list[str]) -> pd.DataFrame:
    """Without the trips whose order or times cannot be told: each reason counted, trips named."""
    first, last = ~table["trip"].duplicated(), ~table["trip"].duplicated(keep="last")
    blank = table["arrival"].isna() & table["departure"].isna()
    reasons = {
        _("the order of its calls cannot be told"): table["sequence"].isna() | table.duplicated(["trip", "sequence"]),
        _("its first or last call has no time"): blank & (first | last),
        _("it calls at one stop only"): first & last,
    }
    for reason, wrong in reasons.items():
        table = _without(table, table["trip"][wrong.reindex(table.index)], reason, feed, notes)
    return table.reset_index(drop=True)


def _without(table: pd.DataFrame, trips: Iterable[int], reason: str, feed: Feed, notes: list[str]) -> pd.DataFrame:
    out = sorted(set(trips))
    if out:
        names = ", ".join(feed.trips["trip_id"].iloc[out[:10]])
        notes.append(_("{count} trips left out, {reason}: {names}", count=len(out), reason=reason, names=names))
    return table[~table["trip"].isin(out)]


def _timed(table: pd.DataFrame, feed: Feed, notes: list[str]) -> pd.DataFrame:
    """With every time filled in, calls without one in equal steps between their neighbours; no trip runs backwards."""
    arrival = table["arrival"].fillna(table["departure"]).to_numpy(float, copy=True)
    departure = table["departure"].fillna(table["arrival"]).to_numpy(float, copy=True)
    known = np.flatnonzero(np.isfinite(arrival))
    blank = np.flatnonzero(~np.isfinite(arrival))
    if len(blank):
        after = np.searchsorted(known, blank)
        low, high = known[after - 1], known[after]
        step = (arrival[high] - departure[low]) / (high - low)
        arrival[blank] = departure[blank] = np.rint(departure[low] + step * (blank - low))
        notes.append(_("{count} calls have no time: filled in, in equal steps", count=len(blank)))
    trip = table["trip"].to_numpy()
    back = departure < arrival
    back[1:] |= (trip[1:] == trip[:-1]) & (arrival[1:] < departure[:-1])
    table = table.assign(arrival=arrival, departure=departure)
    return _without(table, trip[back], _("it runs backwards in time"), feed, notes)

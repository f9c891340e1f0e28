"""A table (or layer) of bus lines → a timetable: first and last bus, headway, and a speed or minutes between stops.

What counties have where they have no GTFS feed. Every day is alike. A line that cannot be run is left out and named.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from qsgis.errors import ValueWrong
from qsgis.layers.check import some
from qsgis.layers.read import ReadLayer
from qsgis.layers.timetable import DAY
from qsgis.messages import _
from qsgis.network.transit_timetable import Calls, Timetable, repeated

Array = np.ndarray[Any, Any]
_CLOCK = re.compile(r"(次日)?\s*(\d{1,2})[::](\d{2})(?:[::](\d{2}))?")
_SAME = 1.0  # metres: a stop whose rows lie farther apart than that is odd


@dataclass
class _Lines:
    """Patterns as they are found: stops in order and seconds from the first, and when they start."""

    stops: list[Array] = field(default_factory=list)
    seconds: list[Array] = field(default_factory=list)
    starts: list[Array] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    refused: dict[str, list[str]] = field(default_factory=dict)
    both_ways: list[str] = field(default_factory=list)
    past_midnight: list[str] = field(default_factory=list)
    straight: bool = False

    def add(self, name: str, stops: Array, seconds: Array, starts: Array) -> None:
        """One direction of a line."""
        self.names.append(name)
        self.stops.append(stops)
        self.seconds.append(np.rint(seconds).astype(np.int64))
        self.starts.append(starts)


class _Refused(Exception):
    """Why a line cannot be run."""


def lines_timetable(lines: ReadLayer, stops: ReadLayer | None, crs: pyproj.CRS) -> Timetable:
    """The timetable of a table of lines, any day; `stops`: the layer `transit`, for stops that the table only names.

    Raises ValueWrong where no line can be run.
    """
    notes: list[str] = []
    calls = _placed(lines, stops, notes)
    key, place = _stops(calls, notes)
    found = _Lines()
    for name, rows in calls.assign(row=key.to_numpy()).groupby("line", sort=True):
        _add_line(str(name), rows, place, found)
    for line in lines.frame["line"].dropna().astype(str).unique():
        if line not in set(calls["line"]):
            found.refused.setdefault(_("no stop of it has a place"), []).append(line)
    for reason, names in found.refused.items():
        notes.append(_("{count} lines left out, {reason}: {names}", count=len(names), reason=reason, names=some(names)))
    if not found.names:
        raise ValueWrong(lines.id, lines.path, "; ".join(notes) or _("it lists no line"), _("fill the table in"))
    notes += _said(found)
    straight = _("bus times by straight lines between stops: buses take longer") if found.straight else ""
    ids = calls.groupby(key.to_numpy())["stop"].first().astype(str).to_numpy(dtype=object)
    made, trips = _run(found)
    return Timetable.of_calls(
        made, ids, place, crs, trips, notes=tuple(notes), estimated=(straight,) if straight else ()
    )


# --- calls with places ---


def _placed(lines: ReadLayer, stops: ReadLayer | None, notes: list[str]) -> pd.DataFrame:
    """A row a call: line, direction, sequence, stop, x, y, along (metres along the line's course, NaN without one)."""
    frame = lines.frame.copy()
    for name in ("direction", "stop", "name", "oneway"):
        frame[name] = frame.get(name)
    for name in ("sequence", "kmh", "minutes", "headway"):
        frame[name] = frame[name].astype(float) if name in frame else np.nan
    if not isinstance(frame, gpd.GeoDataFrame):
        found = _named(frame, stops, notes)
    elif (shapely.get_dimensions(np.asarray(frame.geometry.array)) == 1).all():
        found = _on_courses(frame, stops)
    else:
        spots = np.asarray(shapely.centroid(frame.geometry.array))
        bare = frame["stop"].isna()
        frame["stop"] = frame["stop"].where(~bare, frame["name"].where(frame["name"].notna(), frame["feature"]))
        found = pd.DataFrame(frame.drop(columns="geometry")).assign(
            x=shapely.get_x(spots), y=shapely.get_y(spots), along=np.nan, own=~bare
        )
    nameless = found["line"].isna()
    if nameless.any():
        rows = some(found["feature"][nameless].astype(str).to_list())
        notes.append(_("{count} calls have no line: left out: {rows}", count=int(nameless.sum()), rows=rows))
    return found[~nameless].reset_index(drop=True)


def _named(frame: pd.DataFrame, stops: ReadLayer | None, notes: list[str]) -> pd.DataFrame:
    """Calls of a plain table, placed by the id (or name) of the stop in the layer of stops."""
    spots = _spots(stops)
    wanted = frame["stop"].where(frame["stop"].notna(), frame["name"]).astype("string")
    xy = pd.DataFrame({"x": np.nan, "y": np.nan}, index=frame.index)
    for column in ("name", "id"):
        if column in spots:
            known = spots.dropna(subset=column).drop_duplicates(column, keep=False).set_index(column)[["x", "y"]]
            here = known.reindex(wanted.to_numpy(dtype=object))
            xy = pd.DataFrame(here.to_numpy(), index=frame.index, columns=["x", "y"]).fillna(xy)
    lost = xy["x"].isna()
    if lost.any():
        names = some(sorted(set(wanted[lost].dropna())))
        notes.append(_("{count} calls are at stops without a known place: left out: {names}",
                       count=int(lost.sum()), names=names))  # fmt: skip
    found = frame.assign(stop=wanted, x=xy["x"], y=xy["y"], along=np.nan, own=True)
    return found[~lost]


def _on_courses(frame: gpd.GeoDataFrame, stops: ReadLayer | None) -> pd.DataFrame:
    """Calls of drawn lines: the stops that name the line as their route, at their place along its course."""
    spots, found = _spots(stops), []
    own = ["line", "direction", "first", "last", "headway", "kmh", "oneway", "feature"]
    for row in frame.to_dict("records"):
        course = row["geometry"]
        calls = spots[spots["route"] == row["line"]] if "route" in spots else spots[:0]
        along = shapely.line_locate_point(course, shapely.points(calls[["x", "y"]].to_numpy(float)))
        facts = {name: row[name] for name in own}
        found.append(calls[["x", "y"]].assign(
            **facts, stop=calls.get("id"), sequence=calls["sequence"].astype(float),
            minutes=np.nan, along=np.asarray(along, float), own="id" in calls,
        ))  # fmt: skip
    columns = [*own, "x", "y", "stop", "sequence", "minutes", "along", "own"]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=columns)


def _spots(stops: ReadLayer | None) -> pd.DataFrame:
    """The stops of the layer `transit`, with x and y; empty where it is not there or has no places."""
    if stops is None or not isinstance(stops.frame, gpd.GeoDataFrame):
        return pd.DataFrame({name: pd.Series(dtype=object) for name in ("id", "name", "route", "sequence", "x", "y")})
    points = np.asarray(shapely.centroid(stops.frame.geometry.array))
    frame = pd.DataFrame(stops.frame.drop(columns="geometry"))
    return frame.assign(x=shapely.get_x(points), y=shapely.get_y(points),
                        sequence=frame.get("sequence", np.nan))  # fmt: skip


def _stops(calls: pd.DataFrame, notes: list[str]) -> tuple[pd.Series[int], Array]:
    """The number of each call's stop, and the places of the stops: one id is one stop, else one place is."""
    spot = calls["x"].round(1).astype(str) + " " + calls["y"].round(1).astype(str)
    names = calls["stop"].astype("string").where(calls["own"].astype(bool), spot)
    number, _ids = pd.factorize(names, sort=True)
    place = calls.groupby(number)[["x", "y"]].first().to_numpy(float)
    apart = np.hypot(*(calls[["x", "y"]].to_numpy(float) - place[number]).T) > _SAME
    if apart.any():
        odd = some(sorted(set(names[apart])))
        notes.append(_("stops with one id at several places, the first is taken: {names}", names=odd))
    return pd.Series(number), place


# --- lines ---


def _add_line(name: str, rows: pd.DataFrame, place: Array, found: _Lines) -> None:
    """The directions of one line; refused as a whole where one of them cannot be run."""
    groups = [group for _direction, group in rows.groupby("direction", dropna=False, sort=True)]
    try:
        facts = [(_facts(group), *_pattern(group, place, found)) for group in groups]
    except _Refused as error:
        found.refused.setdefault(str(error), []).append(name)
        return
    for (starts, late), stops, seconds in facts:
        found.add(name, stops, seconds, starts)
        if late:
            found.past_midnight.append(name)
        if len(groups) == 1 and not _is_oneway(rows) and stops[0] != stops[-1]:
            found.add(name, stops[::-1], seconds[-1] - seconds[::-1], starts)
            found.both_ways.append(name)


def _is_oneway(rows: pd.DataFrame) -> bool:
    return bool((rows["oneway"] == True).any())  # noqa: E712 - a flag may be None


def _facts(rows: pd.DataFrame) -> tuple[Array, bool]:
    """When the buses start (seconds after midnight), and whether the last one does after midnight."""
    first, last = (_clock(_one(rows, name)) for name in ("first", "last"))
    headway = float(_one(rows, "headway")) * 60
    if not headway > 0:
        raise _Refused(_("its headway is 0"))
    late = last < first
    return np.arange(first, last + (DAY if late else 0) + 1, headway).astype(np.int64), late


def _one(rows: pd.DataFrame, name: str) -> Any:
    given = rows[name].dropna().unique()
    if len(given) != 1:
        reason = _("it has more than one {field}", field=name) if len(given) else _("it has no {field}", field=name)
        raise _Refused(reason)
    return given[0]


def _clock(text: Any) -> int:
    match = _CLOCK.fullmatch(str(text).strip())
    if match is None or int(match[3]) >= 60:
        raise _Refused(_("{text} is no clock time", text=text))
    return int(match[2]) * 3600 + int(match[3]) * 60 + int(match[4] or 0) + (DAY if match[1] else 0)


def _pattern(rows: pd.DataFrame, place: Array, found: _Lines) -> tuple[Array, Array]:
    """Stops in order and the seconds from the first to each."""
    if rows["sequence"].isna().any() or rows["sequence"].duplicated().any():
        raise _Refused(_("the order of its stops cannot be told"))
    rows = rows.sort_values("sequence")
    stops = rows["row"].to_numpy(np.int64)
    if len(stops) < 2:
        raise _Refused(_("it calls at one stop only"))
    minutes = rows["minutes"].to_numpy(float)[1:]
    if np.isnan(minutes).any():
        minutes = np.where(np.isnan(minutes), _by_speed(rows, place[stops], found), minutes)
    return stops, np.r_[0.0, np.cumsum(minutes * 60)]


def _by_speed(rows: pd.DataFrame, xy: Array, found: _Lines) -> Array:
    """Minutes from each stop to the next at the line's speed, along its course where it has one."""
    kmh = rows["kmh"].dropna().unique()
    if len(kmh) != 1 or not kmh[0] > 0:
        raise _Refused(_("it has neither one speed above 0 nor minutes between all stops"))
    along = rows["along"].to_numpy(float)
    metres = np.diff(along)
    if np.isnan(along).any():
        metres, found.straight = np.hypot(*np.diff(xy, axis=0).T), True
    elif (metres < 0).all():
        metres = -metres  # drawn from its end
    if (metres < 0).any():
        raise _Refused(_("its stops do not follow its course in their order"))
    return np.asarray(metres / kmh[0] * 0.06)


def _said(found: _Lines) -> list[str]:
    texts = [
        (found.both_ways, _("{count} lines list one direction and are taken to run back alike: {names}",
                            count=len(found.both_ways), names=some(found.both_ways))),
        (found.past_midnight, _("the last bus of {count} lines is before the first: taken as after midnight: {names}",
                                count=len(found.past_midnight), names=some(found.past_midnight))),
    ]  # fmt: skip
    return [text for happened, text in texts if happened]


def _run(found: _Lines) -> tuple[Calls, Array]:
    """All buses of the day, those of the day before that still run, and those of the day after."""
    size = [len(stops) for stops in found.stops]
    seconds, true = np.concatenate(found.seconds), np.ones(sum(size), bool)
    patterns = Calls(np.repeat(np.arange(len(size)), size), np.concatenate(found.stops), seconds, seconds, true, true)
    which = np.repeat(np.arange(len(size)), [len(starts) for starts in found.starts])
    start = np.concatenate(found.starts)
    shift = np.concatenate([start + offset * DAY for offset in (-1, 0, 1)])
    which = np.tile(which, 3)
    names = np.array(
        [
            f"{found.names[k]} {at // 3600:02d}:{at % 3600 // 60:02d}"
            for k, at in zip(which, shift % (2 * DAY), strict=True)
        ],
        dtype=object,
    )
    return repeated(patterns, which, shift, np.arange(len(which))), names

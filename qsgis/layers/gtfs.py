"""A GTFS feed (.zip or folder): its tables and calendar, and its stops as points with the departures of one weekday."""

from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from qsgis.errors import FileUnreadable, NoServiceDay
from qsgis.layers import fields
from qsgis.layers.raw import Raw, Request
from qsgis.layers.values import Wrong, parse_number
from qsgis.messages import _

_WEDNESDAY = 2
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_COLUMNS = {"id": "stop_id", "name": "stop_name"}
UNREADABLE = (zipfile.BadZipFile, KeyError, ValueError, OSError)


def read(request: Request) -> Raw:
    """Stops (`stop_id`, `stop_name`, `departures`) in WGS 84; stations and entrances are no stops.

    The day is the Wednesday (of the source's year, where it has one) on which most trips run; a note says which.
    Raises FileUnreadable.
    """
    try:
        feed = Feed(request.path)
        stops = feed.stops[feed.column("stops.txt", "location_type").isin(["", "0"])].reset_index(drop=True)
        day = feed.wednesday(request.source.year)
        departures = feed.departures(day)
    except UNREADABLE as error:
        raise unreadable(request.definition.id, request.path, error) from error
    request.findings.note(_("departures are those of {day}, a Wednesday; the last stop of a trip has none", day=day))
    geometry, problems = _points(stops)
    return Raw(
        fields=_columns(stops, departures, request),
        features=stops["stop_id"].to_numpy(dtype=object),
        geometry=geometry,
        crs=pyproj.CRS.from_epsg(4326),
        unreadable=problems,
        distinct=True,
    )


def unreadable(layer: str, path: Path, error: Exception) -> FileUnreadable:
    """Why a feed cannot be read, in words."""
    reason = _("the timetable lacks {name}", name=error) if isinstance(error, KeyError) else str(error)
    return FileUnreadable(layer, path, reason)


def _columns(stops: pd.DataFrame, departures: pd.Series, request: Request) -> pd.DataFrame:
    table = stops.astype(object).assign(departures=departures.reindex(stops["stop_id"]).fillna(0).to_numpy(np.int64))
    held = [str(name) for name in table.columns]
    wanted = [name for name in _COLUMNS if name in request.definition.fields and request.wants(name)]
    columns = {name: _COLUMNS[name] for name in wanted if _COLUMNS[name] in table}
    columns |= fields.match(request, held)
    return pd.DataFrame({name: table[own] for name, own in columns.items()}, index=table.index)


def _points(stops: pd.DataFrame) -> tuple[Any, dict[int, str]]:
    geometry = np.empty(len(stops), dtype=object)
    problems = {}
    for row, stop in enumerate(stops.to_dict("records")):
        try:
            place = [parse_number(stop.get(name, "")) for name in ("stop_lon", "stop_lat")]
        except Wrong as error:
            problems[row] = str(error)
            continue
        geometry[row] = shapely.Point(place)
    return geometry, problems


class Feed:
    """The tables of a feed, all cells text, and which services run on a day. Raises KeyError for a missing table."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._texts = _texts(path)
        self._tables: dict[str, pd.DataFrame] = {}
        self.trips, self.stops = self.table("trips.txt"), self.table("stops.txt")
        self._calendar = self.table("calendar.txt", needed=False)
        self._exceptions = self.table("calendar_dates.txt", needed=False)
        if not len(self._calendar) and not len(self._exceptions):
            raise ValueError(_("the timetable has no day of validity"))

    def has(self, table: str) -> bool:
        """Whether the feed has the table."""
        return table in self._texts

    def table(self, table: str, *, needed: bool = True) -> pd.DataFrame:
        """A table, blanks stripped; without rows where it is not there and need not be; KeyError where it must."""
        if table not in self._tables:
            if table not in self._texts:
                if needed:
                    raise KeyError(table)
                return pd.DataFrame()
            self._tables[table] = _parsed(self._texts[table], table)
        return self._tables[table]

    def column(self, table: str, name: str, default: str = "") -> pd.Series:
        """A column that need not be there."""
        frame = self.table(table)
        return frame[name] if name in frame else pd.Series(default, index=frame.index)

    @property
    def validity(self) -> tuple[date, date]:
        """The first and the last day that the calendar (and feed_info.txt, where it says so) speaks of."""
        limits = [
            text for name in ("start_date", "end_date") if name in self._calendar for text in self._calendar[name]
        ]
        if len(self._exceptions):
            limits += [text for text in self._exceptions["date"] if text]
        first, last = _date(min(limits)), _date(max(limits))
        info = self.table("feed_info.txt", needed=False)
        starts = [_date(text) for text in info.get("feed_start_date", ()) if text]
        ends = [_date(text) for text in info.get("feed_end_date", ()) if text]
        return max([first, *starts]), min([last, *ends])

    def services(self, day: date) -> set[str]:
        """The services that run on `day`: by weekday and range, plus exceptions of type 1, minus those of type 2."""
        text, running = day.strftime("%Y%m%d"), set()
        if len(self._calendar):
            table = self._calendar
            runs = (table[_DAYS[day.weekday()]] == "1") & (table["start_date"] <= text) & (text <= table["end_date"])
            running = set(table["service_id"][runs])
        if len(self._exceptions):
            today = self._exceptions[self._exceptions["date"] == text]
            running |= set(today["service_id"][today["exception_type"] == "1"])
            running -= set(today["service_id"][today["exception_type"] == "2"])
        return running

    def trips_on(self, day: date) -> int:
        """How many trips run on `day`."""
        return int(self.trips["service_id"].isin(list(self.services(day))).sum())

    def check_day(self, day: date) -> None:
        """NoServiceDay where the feed does not cover the day, or nothing runs then."""
        first, last = self.validity
        if not first <= day <= last:
            raise NoServiceDay(self.path, day, first, last)
        if not self.trips_on(day):
            raise NoServiceDay(self.path, day, first, last, covered=True)

    def wednesday(self, year: int | None) -> date:
        """The Wednesday on which most trips run, the one nearest to the middle of the validity among equals."""
        first, last = self.validity
        middle = first + (last - first) / 2
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        wednesdays = [day for day in days if day.weekday() == _WEDNESDAY and year in {None, day.year}]
        if not wednesdays:
            raise ValueError(_("no Wednesday lies between {first} and {last}", first=first, last=last))
        trips = self.trips["service_id"].value_counts().to_dict()
        run = {day: sum(trips.get(service, 0) for service in self.services(day)) for day in wednesdays}
        return max(wednesdays, key=lambda day: (run[day], -abs((day - middle).days), -day.toordinal()))

    def covers(self, year: int) -> bool:
        """Whether a Wednesday of the year is within the validity."""
        first, last = self.validity
        days = (last - first).days + 1
        return any((first + timedelta(days=k)).year == year and (first + timedelta(days=k)).weekday() == _WEDNESDAY
                   for k in range(days))  # fmt: skip

    def departures(self, day: date) -> pd.Series:
        """Stop -> departures on the service day; a trip's last stop and stops without boarding have none."""
        running = set(self.trips["trip_id"][self.trips["service_id"].isin(list(self.services(day)))])
        calls = self.table("stop_times.txt").assign(boards=self.column("stop_times.txt", "pickup_type") != "1")
        calls = calls[calls["trip_id"].isin(running)].assign(sequence=lambda one: one["stop_sequence"].astype(np.int64))
        calls = calls.sort_values(["trip_id", "sequence"], kind="stable")
        calls = calls[calls["trip_id"].duplicated(keep="last") & calls["boards"]]
        times = calls["trip_id"].map(self._repeats()).fillna(1)
        return times.groupby(calls["stop_id"]).sum()

    def _repeats(self) -> dict[str, int]:
        """Trip -> how often it runs, for trips that are given by their headway (frequencies.txt)."""
        table = self.table("frequencies.txt", needed=False)
        if not len(table):
            return {}
        span = seconds_of(table["end_time"]) - seconds_of(table["start_time"])
        times = np.ceil(span / table["headway_secs"].astype(float).to_numpy())
        return dict(pd.Series(times, index=table["trip_id"].to_numpy()).groupby(level=0).sum().astype(int))


def seconds_of(clock: pd.Series) -> np.ndarray[Any, Any]:
    """Clock times H:MM:SS (24 h and more too) as seconds; NaN where empty. ValueError for anything else."""
    codes, texts = pd.factorize(clock)
    values = np.array([_seconds(str(text)) for text in texts] or [np.nan])
    return np.asarray(values[codes], float)


def _seconds(clock: str) -> float:
    if not clock:
        return np.nan
    parts = clock.split(":")
    if len(parts) != 3 or not all(part.strip().isdigit() for part in parts):
        raise ValueError(_("{text} is no time of the form HH:MM:SS", text=clock))
    hours, minutes, seconds = (int(part) for part in parts)
    return float(hours * 3600 + minutes * 60 + seconds)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:]}")
    except ValueError:
        raise ValueError(_("{text} is no day of the form YYYYMMDD", text=text)) from None


def _texts(path: Path) -> dict[str, bytes]:
    """The .txt files of a feed by name, wherever in the archive or folder they stand."""
    if path.is_dir():
        return {file.name: file.read_bytes() for file in sorted(path.glob("*.txt"))}
    with zipfile.ZipFile(path) as archive:
        return {name.rsplit("/", 1)[-1]: archive.read(name) for name in archive.namelist() if name.endswith(".txt")}


def _parsed(content: bytes, name: str) -> pd.DataFrame:
    try:
        frame = pd.read_csv(
            io.BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8-sig", skipinitialspace=True
        )
    except pd.errors.ParserError as error:
        raise ValueError(f"{name}: {error}") from error
    frame.columns = [str(column).strip() for column in frame.columns]
    return pd.DataFrame({name: frame[name].str.strip() for name in frame})

"""A GTFS timetable (.zip) → its stops as points, with the departures of one stated weekday."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from qsgis.errors import FileUnreadable
from qsgis.layers import fields
from qsgis.layers.raw import Raw, Request
from qsgis.layers.values import Wrong, parse_number
from qsgis.messages import _

Rows = list[dict[str, str]]
_WEDNESDAY = 2
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_COLUMNS = {"id": "stop_id", "name": "stop_name"}


def read(request: Request) -> Raw:
    """Stops (`stop_id`, `stop_name`, `departures`) in WGS 84; stations and entrances are no stops.

    The day is the Wednesday (of the source's year, where it has one) on which most trips run; a note says which.
    Raises FileUnreadable.
    """
    try:
        feed = _Feed(zipfile.ZipFile(request.path))
        stops = [stop for stop in feed.rows("stops.txt") if stop.get("location_type", "") in {"", "0"}]
        day = feed.wednesday(request.source.year)
        departures = feed.departures(day)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, csv.Error) as error:
        reason = _("the timetable lacks {name}", name=error) if isinstance(error, KeyError) else str(error)
        raise FileUnreadable(request.definition.id, request.path, reason) from error
    request.findings.note(
        _(
            "departures are those of {day}, a Wednesday; the last stop of a trip has none",
            day=day,
        )
    )
    geometry, problems = _points(stops)
    return Raw(
        fields=_columns(stops, departures, request),
        features=np.array([stop["stop_id"] for stop in stops], dtype=object),
        geometry=geometry,
        crs=pyproj.CRS.from_epsg(4326),
        unreadable=problems,
        distinct=True,
    )


def _columns(stops: Rows, departures: Counter[str], request: Request) -> pd.DataFrame:
    table = pd.DataFrame(stops, index=range(len(stops)), dtype=object)
    table["departures"] = [departures[stop["stop_id"]] for stop in stops]
    held = [str(name) for name in table.columns]
    columns = {name: own for name, own in _COLUMNS.items() if name in request.definition.fields and request.wants(name)}
    columns |= fields.match(request, held)
    return pd.DataFrame({name: table[own] for name, own in columns.items()}, index=table.index)


def _points(stops: Rows) -> tuple[Any, dict[int, str]]:
    geometry = np.empty(len(stops), dtype=object)
    problems = {}
    for row, stop in enumerate(stops):
        try:
            place = [parse_number(stop.get(name, "")) for name in ("stop_lon", "stop_lat")]
        except Wrong as error:
            problems[row] = str(error)
            continue
        geometry[row] = shapely.Point(place)
    return geometry, problems


class _Feed:
    """The tables of a timetable that are needed to count departures."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._inside = {name.rsplit("/", 1)[-1]: name for name in archive.namelist()}
        self._trips = Counter(row["service_id"] for row in self.rows("trips.txt"))
        self._calendar = self.rows("calendar.txt", needed=False)
        self._exceptions = self.rows("calendar_dates.txt", needed=False)

    def rows(self, table: str, *, needed: bool = True) -> Rows:
        """A table's rows; KeyError with its name where it must be there and is not."""
        if table not in self._inside:
            if needed:
                raise KeyError(table)
            return []
        text = self._archive.read(self._inside[table]).decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
        return [{key: (value or "").strip() for key, value in row.items() if key} for row in reader]

    def services(self, day: date) -> set[str]:
        """The services that run on `day`: by weekday and range, plus exceptions of type 1, minus those of type 2."""
        text, weekday = day.strftime("%Y%m%d"), _DAYS[day.weekday()]
        running = {
            row["service_id"]
            for row in self._calendar
            if row[weekday] == "1" and row["start_date"] <= text <= row["end_date"]
        }
        today = [row for row in self._exceptions if row["date"] == text]
        running |= {row["service_id"] for row in today if row["exception_type"] == "1"}
        return running - {row["service_id"] for row in today if row["exception_type"] == "2"}

    def wednesday(self, year: int | None) -> date:
        """The Wednesday on which most trips run, the one nearest to the middle of the validity among equals."""
        limits = [row[name] for row in self._calendar for name in ("start_date", "end_date")]
        limits += [row["date"] for row in self._exceptions]
        if not limits:
            raise ValueError(_("the timetable has no day of validity"))
        first, last = (date.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:]}") for text in (min(limits), max(limits)))
        middle = first + (last - first) / 2
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        wednesdays = [day for day in days if day.weekday() == _WEDNESDAY and year in {None, day.year}]
        if not wednesdays:
            raise ValueError(_("no Wednesday lies between {first} and {last}", first=first, last=last))
        return max(wednesdays, key=lambda day: (self._trips_on(day), -abs((day - middle).days), -day.toordinal()))

    def _trips_on(self, day: date) -> int:
        return sum(self._trips[service] for service in self.services(day))

    def departures(self, day: date) -> Counter[str]:
        """Stop -> departures on the service day; a trip's last stop and stops without boarding have none."""
        services = self.services(day)
        running = {row["trip_id"] for row in self.rows("trips.txt") if row["service_id"] in services}
        repeats = self._repeats()
        calls: dict[str, list[tuple[int, str, bool]]] = {}
        for row in self.rows("stop_times.txt"):
            if row["trip_id"] in running:
                call = (int(row["stop_sequence"]), row["stop_id"], row.get("pickup_type", "") != "1")
                calls.setdefault(row["trip_id"], []).append(call)
        counted: Counter[str] = Counter()
        for trip, stops in calls.items():
            for _sequence, stop, boards in sorted(stops)[:-1]:
                counted[stop] += repeats.get(trip, 1) if boards else 0
        return counted

    def _repeats(self) -> dict[str, int]:
        """Trip -> how often it runs, for trips that are given by their headway (frequencies.txt)."""
        times: Counter[str] = Counter()
        for row in self.rows("frequencies.txt", needed=False):
            span = _seconds(row["end_time"]) - _seconds(row["start_time"])
            times[row["trip_id"]] += -(-span // int(row["headway_secs"]))
        return dict(times)


def _seconds(clock: str) -> int:
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    return hours * 3600 + minutes * 60 + seconds

"""Las Palmas by bus, door to door, on a weekday: streets walked by networkx, the feed read here, labels corrected.

Nothing of the program is used here. Walks are at 80 m a minute: 10 minutes to and from a stop, 5 between two stops,
where a change takes a minute at least.
"""

from __future__ import annotations

import csv
import io
import math
import zipfile
from collections import defaultdict
from itertools import combinations

import networkx as nx
import numpy as np
import shapely

from .network.test_transit_las_palmas import Labels, seconds_of
from .osm_extract import SCALE, in_plane

NEAR = 800.0  # metres in 10 minutes
SPEED = 80 / 60  # metres a second


def rows(feed, table):
    with zipfile.ZipFile(feed) as archive, archive.open(table) as file:
        return [
            {key: text.strip() for key, text in row.items()}
            for row in csv.DictReader(io.TextIOWrapper(file, "utf-8-sig"))
        ]


def calls_of(feed, weekday, day):
    """Trip -> [(stop, arrival, departure)] in seconds, of a day (YYYYMMDD) that calendar_dates.txt does not name."""
    assert all(row["date"] != day for row in rows(feed, "calendar_dates.txt"))
    running = {
        row["service_id"]
        for row in rows(feed, "calendar.txt")
        if row[weekday] == "1" and row["start_date"] <= day <= row["end_date"]
    }
    trips = {row["trip_id"] for row in rows(feed, "trips.txt") if row["service_id"] in running}
    calls = defaultdict(list)
    for row in rows(feed, "stop_times.txt"):
        if row["trip_id"] in trips:
            times = seconds_of(row["arrival_time"]), seconds_of(row["departure_time"])
            calls[row["trip_id"]].append((int(row["stop_sequence"]), row["stop_id"], *times))
    return {trip: [call[1:] for call in sorted(stops)] for trip, stops in calls.items()}


class Bus:
    """Rides from places (n, 2) in the plane to whichever of the grounds (polygons) is reached soonest."""

    def __init__(self, walks, feed, calls, places, grounds):
        self.walks, self.graph = walks, walks.graph.copy()
        stops = rows(feed, "stops.txt")
        at = in_plane([(float(stop["stop_lon"]), float(stop["stop_lat"])) for stop in stops])
        doors = self.doors(grounds)
        names = [("stop", stop["stop_id"]) for stop in stops]
        self.places = [("place", number) for number in range(len(places))]
        ends = [("door", number) for number in range(len(doors))]
        self.join([*names, *self.places, *ends], np.concatenate([at, places, doors]))
        self.home = nx.multi_source_dijkstra_path_length(self.graph, [*ends], weight="metres", cutoff=4 * NEAR)
        walk = {stop: self.stops_near(("stop", stop), NEAR / 2) for _kind, stop in names}
        self.goal = {stop: self.home[node] / SPEED for node in names if self.home.get(node, NEAR + 1) <= NEAR
                     for stop in [node[1]]}  # fmt: skip
        self.search = Labels(calls, walk)

    def doors(self, grounds):
        """Where streets cross the edges."""
        lines = np.asarray(self.walks.tree.geometries)
        edges = shapely.boundary(np.asarray(grounds))
        edge, piece = self.walks.tree.query(edges, predicate="intersects")
        assert set(edge) == set(range(len(grounds)))
        return shapely.get_coordinates(shapely.intersection(edges[edge], lines[piece]))

    def join(self, names, spots):
        """Put places on their nearest streets; those on one piece of street are joined along it."""
        beside = defaultdict(list)
        for number, piece, along, length in self.walks._attached(spots):
            line = self.walks.tree.geometries[piece]
            off = line.distance(shapely.Point(spots[number])) / SCALE
            first, last = self.walks.pieces[piece]
            self.graph.add_edge(names[number], first, metres=off + along)
            self.graph.add_edge(names[number], last, metres=off + max(length - along, 0.0))
            beside[piece].append((names[number], along, off))
        for members in beside.values():
            for (one, here, off), (other, there, more) in combinations(members, 2):
                self.graph.add_edge(one, other, metres=off + more + abs(here - there))

    def stops_near(self, node, metres):
        if node not in self.graph:
            return {}
        found = nx.single_source_dijkstra_path_length(self.graph, node, weight="metres", cutoff=metres)
        return {name[1]: far / SPEED for name, far in found.items() if isinstance(name, tuple) and name[0] == "stop"}

    def on_foot(self, number):
        """Minutes from a place, walking."""
        return self.home.get(self.places[number], math.inf) / SPEED / 60

    def median(self, number, first, last, longest):
        """The median of the minutes from a place, leaving each minute; inf where it is above `longest` minutes."""
        walk, taken = self.stops_near(self.places[number], NEAR), []
        for leaves in range(first * 60, last * 60 + 1, 60):
            ready = {stop: leaves + seconds for stop, seconds in walk.items()}
            off = self.search.alight(ready, leaves + longest * 60)
            there = min((at + self.goal[stop] for stop, at in off.items() if stop in self.goal), default=math.inf)
            taken.append(min((there - leaves) / 60, self.on_foot(number)))
        middle = sorted(taken)[len(taken) // 2]
        return middle if middle <= longest else math.inf

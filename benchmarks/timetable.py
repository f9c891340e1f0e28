"""Door to door by the bus timetable of Las Palmas: origins a second, over departures each minute from 7 to 9.

    python benchmarks/timetable.py --places 3000

Places are junctions of the walking network's largest part, each an origin and a destination. Walks are part of the
time. The compiled loops are called once before anything is timed: they are compiled once an installation.
"""

from __future__ import annotations

import argparse
import time
from datetime import date
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pyproj
from report import table

from qsgis.catalog import Catalog
from qsgis.layers import read_layer
from qsgis.layers.timetable import feed_timetable
from qsgis.network import Network, compiled
from qsgis.network.transit import Transit
from qsgis.schema import LayerSource

DATA = Path(__file__).parents[1] / "examples/las_palmas/data"
CRS = pyproj.CRS.from_epsg(32628)
DAY = date(2023, 3, 15)
FEW = 30  # places for the way without numba
WINDOW = (7 * 60, 9 * 60)


def timed(work):
    """What `work()` gives, and the seconds it took."""
    begin = time.perf_counter()
    result = work()
    return result, time.perf_counter() - begin


def streets():
    """The walking network of the extract."""
    source = LayerSource(path="las_palmas_2023.osm.pbf")
    roads = read_layer(Catalog.load().layers["roads"], source, DATA, CRS)
    return Network.from_lines(roads.frame, mode="walk")


def timetable(places: int) -> str:
    """The section of the page: a sentence on the data, and the table."""
    network = streets()
    feed, reading = timed(lambda: feed_timetable(DATA / "gtfs_guaguas_2023.zip", CRS, day=DAY))
    whole = np.flatnonzero(network.component == np.bincount(network.component).argmax())
    at = network.nodes[np.random.default_rng(1).choice(whole, places, replace=False)]
    for ask in (Transit(network, feed).travel_time, Transit(network, feed).nearest):
        ask(at[:FEW], at[:FEW], window=WINDOW)

    def ready():
        transit = Transit(network, feed)
        return transit, len(transit.changes.stop)

    (transit, _changes), setting_up = timed(ready)
    found, all_pairs = timed(lambda: transit.travel_time(at, at, window=WINDOW))
    _near, nearest = timed(lambda: transit.nearest(at, at[:FEW], window=WINDOW))
    with patch.object(compiled, "available", lambda: False):
        _slow, core = timed(lambda: transit.travel_time(at, at[:FEW], window=WINDOW))
        _slow, core_nearest = timed(lambda: transit.nearest(at, at[:FEW], window=WINDOW))
    day = feed.trip[(feed.departure < 86_400)]
    reached = np.isfinite(found.median).mean()
    said = (
        f"Las Palmas, {DAY}: {len(day):,} connections of {len(np.unique(day)):,} trips, {len(feed.stop_id)} stops; "
        f"{len(network.edges):,} edges on foot; {places:,} places, 121 departures; {reached:.0%} of the pairs reached "
        f"within two hours. The compiled loops come from numba's cache."
    )
    rows = [
        ["reading the feed", f"{reading:.2f} s", ""],
        ["walks between stops", f"{setting_up:.2f} s", ""],
        [f"{places:,} × {places:,} times: median, tenth, nine tenths", f"{all_pairs:.1f} s",
         f"{places / all_pairs:.0f}"],
        [f"{places:,} places to the soonest of {FEW}", f"{nearest:.2f} s", f"{places / nearest:,.0f}"],
        [f"without numba: {places:,} × {FEW} times", f"{core:.1f} s", f"{FEW / core:.1f}"],
        [f"without numba: {places:,} places to the soonest of {FEW}", f"{core_nearest:.2f} s",
         f"{places / core_nearest:,.0f}"],
    ]  # fmt: skip
    return f"{said}\n\n{table(('what', 'time', 'origins a second'), rows)}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--places", type=int, default=3000)
    print(timetable(parser.parse_args().places))

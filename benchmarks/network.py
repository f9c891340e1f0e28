"""Streets to minutes beside the peers, raw lines noded, growth, service areas and timetable: one command.

    pip install -r benchmarks/requirements.txt                      # the peers; missing ones are named in the tables
    python benchmarks/network.py --out docs/benchmarks-network.md   # everything, the page written anew after each part
    python benchmarks/network.py --edges 50000 --parts nearest noding

Data is made once (seeded) and kept in a folder of the system's temporary files. Every way of the first parts has a
process of its own on the same files; it is warmed up on small data, so that compiled loops are loaded, reads, and is
then timed. The work of one that does not end in --seconds is cut, and the table says so. Ratios carry over to other
machines, seconds do not.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from itertools import product
from pathlib import Path

import areas
import command
import numpy as np
import report
import streets
import timetable
from measure import Measured, State, measure
from street_ways import NEAREST, NODING, OURS, OURS_TESTED, RAW_DRAWN, RAW_OURS

from qsgis.network import Network

PACKAGES = ["numpy", "scipy", "shapely", "geopandas", "numba", "networkx", "pandana", "rustworkx", "igraph"]
SMALL = 2000  # streets of the data that every way is warmed up on
PLACES = 100_000  # that are joined to their streets
HOW = """\
# Benchmarks of the network

Written by `python benchmarks/network.py --out docs/benchmarks-network.md`. Ratios carry over to other machines,
seconds do not.

Where ways are compared, each runs in a process of its own on the same files and the same cores, after a warm-up on
small data. Imports, reading of files and the compiling of loops (once an installation: see the end) are not counted.
Of up to five runs the fastest counts. CPU is that of all threads. A way that has not ended after {seconds:g} s is cut,
and printed as such. qsgis starts from the lines. So do peers "from lines": their links are made by plain means first
(ends told equal by pandas). Peers "from arrays" get their links made outside of their time.

Machine: {machine}."""


def main() -> None:
    """Runs the parts that are asked for."""
    command.run(PARTS, _options(), HOW, PACKAGES)


def _options() -> argparse.Namespace:
    parser = command.options(__doc__, PARTS, seconds=600.0, page="docs/benchmarks-network.md")
    parser.add_argument("--edges", type=int, nargs="+", default=[50_000, 675_000], help="streets, beside the peers")
    parser.add_argument("--raw-edges", type=int, nargs="+", default=[50_000, 200_000, 500_000], help="of raw lines")
    parser.add_argument("--grow", type=int, nargs="+", default=[50_000, 100_000, 200_000, 350_000, 500_000])
    parser.add_argument("--facilities", type=int, default=500)
    parser.add_argument("--areas", type=int, default=2000, help="facilities of the service areas")
    parser.add_argument("--places", type=int, default=3000, help="of the timetable")
    return parser.parse_args()


def nearest(options: argparse.Namespace) -> str:
    """Minutes from every junction to the nearest facility, all ways."""
    tables = []
    for edges, villages in product(options.edges, (True, False)):
        folder = streets.made(options.cache, edges, options.facilities, villages=villages)
        found = {name: _measured(name, folder, options) for name in NEAREST if command.asked(name, options)}
        facts, where = streets.facts(folder), "half of them in villages" if villages else "anywhere alike"
        counts = f"{facts.streets:,} streets, {facts.junctions:,} junctions {where}, {options.facilities} facilities."
        tables += [counts, _compared(found, [OURS, OURS_TESTED], "minutes in all", options.seconds)]
    said = (
        "From noded lines to the minutes of every junction. pandana reckons in thousandths, rounded down a link, which "
        "adds up along a way."
    )
    return "\n\n".join(["## The nearest of many facilities", said, *tables])


def noding(options: argparse.Namespace) -> str:
    """Raw lines, all ways."""
    tables = []
    for edges in options.raw_edges:
        folder = streets.made(options.cache, edges, options.facilities)
        found = {name: _measured(name, folder, options) for name in NODING if command.asked(name, options)}
        tables.append(f"{streets.facts(folder).raw:,} raw lines of {edges:,} streets.")
        tables.append(_compared(found, [RAW_OURS, RAW_DRAWN], "metres in all", options.seconds))
    said = (
        f"The same streets drawn as they come: at {streets.DRAWN_ON:.0%} of the junctions one line runs through, and "
        f"ends are off by up to {streets.OFF} m. union_all snaps nothing, so its parts are no network yet."
    )
    return "\n\n".join(["## Raw lines", said, *tables])


def planted(options: argparse.Namespace) -> str:
    """Whether raw lines give the network that they were drawn from."""
    edges = max(options.raw_edges)
    rows = [
        _against_truth("an uneven grid", streets.planted(edges)),
        _against_truth("random junctions", streets.raw(streets.noded(edges))),
    ]
    head = ["streets on", "raw lines", "junctions", "found", "streets", "found", "doubled", "minutes", "differ at most"]
    said = (
        "Lines drawn from a network that is known: the junctions and streets to be found and those found, and minutes "
        "on foot (mean) from all junctions to the nearest of 500 on both. Drawn lengths are kept, so that an end that "
        f"is off adds up to {streets.OFF} m (0.003 minutes) to a way.\n\n"
        "On the grid no angle is sharp, and exactly the truth is found. Between random junctions streets may leave at "
        "an angle of some degrees: then ends that are off make their lines cross a metre and more from the junction, "
        "farther than ends are joined. One junction more is found there, and the streets share their first metres, "
        "which are the doubled pieces: nearly as many as there are junctions and streets too many."
    )
    return f"## Raw lines and the truth\n\n{said}\n\n{report.table(head, rows)}"


def _against_truth(name: str, truth: streets.Planted) -> list[str]:
    network = Network.from_lines(truth.raw)
    known = Network.from_lines(truth.links[["geometry"]], noded=True)
    chosen = np.random.default_rng(6).choice(len(truth.junctions), 500, replace=False)
    shops = truth.junctions[chosen]
    found, true = (one.travel_time(truth.junctions, shops, access_metres=5).to_numpy() for one in (network, known))
    counts = [truth.nodes, len(network.nodes), truth.edges, len(network.edges), network.report.doubled]
    off = np.abs(found - true).max()
    return [name, *map("{:,}".format, [len(truth.raw), *counts]), f"{true.mean():.1f}", f"{off:.2f}"]


def growth(options: argparse.Namespace) -> str:
    """Ours at several sizes."""
    ours = [OURS, OURS_TESTED, RAW_OURS, RAW_DRAWN]
    rows: dict[str, list[Measured]] = {name: [] for name in ours}
    sizes = []
    for edges in options.grow:
        folder = streets.made(options.cache, edges, options.facilities)
        sizes.append(streets.facts(folder).streets)
        for name in ours:
            rows[name].append(_measured(name, folder, options))
    power = [f"{np.polyfit(np.log(sizes), np.log([one.wall for one in rows[name]]), 1)[0]:.2f}" for name in ours]
    head = ["streets", *map("{:,}".format, sizes), "power"]
    body = [
        [name, *(report.seconds(one, options.seconds) for one in rows[name]), power[k]] for k, name in enumerate(ours)
    ]
    return f"## Growth\n\nThe time grows with that power of the number of streets.\n\n{report.table(head, body)}"


def places(options: argparse.Namespace) -> str:
    """Places joined to their streets."""
    layer = _noded(options)
    network = Network.from_lines(layer, mode="drive", noded=True)
    rng = np.random.default_rng(4)
    homes = network.nodes[rng.integers(0, len(network.nodes), PLACES)] + rng.normal(0, 60, (PLACES, 2))
    _first, index = areas.timed(lambda: network.attach(homes[:1], 500))
    _all, joining = areas.timed(lambda: network.attach(homes, 500))
    return (
        f"## Places to their streets\n\n{PLACES:,} places to the nearest points of {len(network.edges):,} streets: "
        f"{joining:.2f} s, and {index:.2f} s once for the spatial index."
    )


def service_areas(options: argparse.Namespace) -> str:
    """What many facilities reach in five minutes."""
    return f"## Service areas\n\n{areas.areas(max(options.edges), options.areas)}"


def bus(options: argparse.Namespace) -> str:
    """Door to door by timetable."""
    return f"## Timetable\n\n{timetable.timetable(options.places)}"


def city(_options: argparse.Namespace) -> str:
    """Las Palmas' coverage indicators, from the extract to tables, GeoPackage and maps."""
    project = Path(__file__).parents[1] / "examples" / "las_palmas"
    listed = tomllib.loads((project / "project.toml").read_text(encoding="utf-8"))["project"]["only"]
    asked = [name for name in listed if name.endswith("_coverage")]
    given = [sys.executable, "-m", "qsgis", "run", str(project), *(f"--analysis={name}" for name in asked), "--quiet"]
    took = []
    for _run in range(3):
        with tempfile.TemporaryDirectory() as folder:
            begin = time.perf_counter()
            subprocess.run([*given, "--out", str(Path(folder) / "out")], check=True, capture_output=True)
            took.append(f"{time.perf_counter() - begin:.1f}")
    return (
        f"## A city\n\nThe {len(asked)} coverage indicators of examples/las_palmas, `qsgis run` from the .pbf and the "
        f"timetable to tables, GeoPackage and map pages, three times: {', '.join(took)} s."
    )


def compiling(_options: argparse.Namespace) -> str:
    """What the compiled loops cost when they are called first."""
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); import streets, street_ways\n"
        "layer, lines = streets.noded(2000), streets.raw(streets.noded(2000)).raw\n"
        "begin = time.perf_counter()\n"
        "street_ways.tested((layer, [1, 2])); street_ways.joined((layer, [1, 2]))\n"
        "street_ways.to_drawn_network(lines)\n"
        "print(time.perf_counter() - begin)"
    )
    with tempfile.TemporaryDirectory() as folder:
        given = [sys.executable, "-c", code, str(Path(__file__).parent)]
        environment = os.environ | {"NUMBA_CACHE_DIR": folder}
        first, again = (
            float(subprocess.run(given, env=environment, check=True, capture_output=True, text=True).stdout)
            for _run in range(2)
        )
    return (
        "## Compiling\n\nThe loops of graphs and noding are compiled when they are called first after an installation: "
        f"{first:.0f} s on small data; in every later process {again:.1f} s for loading them and the work."
    )


PARTS: dict[str, Callable[[argparse.Namespace], str]] = {
    "nearest": nearest,
    "noding": noding,
    "planted": planted,
    "growth": growth,
    "places": places,
    "areas": service_areas,
    "timetable": bus,
    "city": city,
    "compiling": compiling,
}


def _noded(options: argparse.Namespace):
    import street_ways

    folder = streets.made(options.cache, max(options.edges), options.facilities)
    return street_ways.streets(folder, options.cores)[0]


def _measured(name: str, folder: Path, options: argparse.Namespace) -> Measured:
    small = streets.made(options.cache, SMALL, 20)
    found = measure(name, folder, small, options.seconds, options.cores, module="street_ways", runs=5)
    print(f"  {name}: {report.seconds(found, options.seconds)} {found.message}".rstrip(), flush=True)
    return found


def _compared(found: dict[str, Measured], ours: list[str], total: str, limit: float) -> str:
    """Every way: seconds, memory, ratios to ours, and the figure to agree on."""
    own = [found.get(name, Measured(State.MISSING)) for name in ours]
    head = ["way", "wall", "CPU", "memory", *(f"÷ {name.removeprefix('qsgis, ')}" for name in ours), total]
    rows = [
        [
            name,
            report.seconds(one, limit),
            report.or_nothing(one.cpu, "{:.2f} s"),
            report.or_nothing(one.memory / 1e6, "{:.0f} MB"),
            *(report.ratio(one, mine, limit) for mine in own),
            report.or_nothing(one.total, "{:.3f}"),
        ]
        for name, one in found.items()
    ]
    return report.table(head, rows)


if __name__ == "__main__":
    main()

"""Parcels × red line beside the peers, growth, ellipsoidal areas, and a run beside reading its file: one command.

    pip install -r benchmarks/requirements.txt            # the peers; those that are missing are named in the tables
    python benchmarks/overlay.py --out docs/benchmarks.md # everything, the page written anew after each part
    python benchmarks/overlay.py --parcels 20000 --parts overlay --only overlap_area STRtree

Data is made once (seeded) and kept in a folder of the system's temporary files. Every way has a process of its own on
the same two GeoPackages and the same cores; it is warmed up on a small piece of the data, reads, and is then timed.
The work of one that does not end in --seconds is cut, and the table says so. Ratios carry over to other machines,
seconds do not.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import command
import data
import report
from geod import agreement
from measure import Measured, State, mean, measure
from ways import ELLIPSOID, ONE_SURVEY, OVERLAY, TWO_SURVEYS

OURS = ["qsgis.geometry.overlap_area", "qsgis.geometry.intersect"]
PACKAGES = ["numpy", "shapely", "geopandas", "pyogrio", "geofileops", "sedonadb", "duckdb", "duckdb-extension-spatial"]
HOW = """\
# Benchmarks

Written by `python benchmarks/overlay.py --out docs/benchmarks.md`; the peers are installed with
`pip install -r benchmarks/requirements.txt`, and those that are missing are named in the table. geofileops also needs
the system's GDAL with its Python bindings, and SpatiaLite. Ratios carry over to other machines, seconds do not.

Every way runs in a process of its own on the same two GeoPackages and the same cores, after a warm-up on a small piece
of the same data. Imports and reading are not counted (geofileops works from file to file, so its reading and writing
are). Of up to three runs the fastest counts; ours are measured before the peers and after them, and
the mean counts, as a machine's speed drifts. CPU is that of all threads and processes; memory is the peak above what
had been read. A way that has not ended after {seconds:g} s is cut, and printed as such.

Machine: {machine}."""


def main() -> None:
    """Runs the parts that are asked for."""
    command.run(PARTS, _options(), HOW, PACKAGES)


def _options() -> argparse.Namespace:
    parser = command.options(__doc__, PARTS, seconds=300.0, page="docs/benchmarks.md")
    # At the small size every way ends, so that all can be seen to agree; the other parts take the largest.
    parser.add_argument("--parcels", type=int, nargs="+", default=[25_000, 200_000])
    parser.add_argument("--redline-vertices", type=int, default=100_000)
    sizes = [25_000, 50_000, 100_000, 200_000, 400_000, 600_000]
    parser.add_argument("--grow", type=int, nargs="+", default=sizes, metavar="PARCELS")
    parser.add_argument("--grow-vertices", type=int, nargs="+", default=[10_000, 100_000, 400_000], metavar="VERTICES")
    parser.add_argument("--grow-peers", action="store_true", help="the peers too; one that was cut is not run larger")
    parser.add_argument("--area-parcels", type=int, default=600_000, help="of the ellipsoidal areas")
    return parser.parse_args()


def peers(options: argparse.Namespace) -> str:
    """All ways at each number of parcels."""
    names = [name for name in OVERLAY if command.asked(name, options)]
    gives = {name: OVERLAY[name].gives for name in names}
    tables = []
    for size in options.parcels:
        folder = data.county(options.cache, size, options.redline_vertices)
        found = {name: _measured(name, folder, options) for name in names}
        for name in set(OURS) & set(names) if len(names) > 1 else ():
            found[name] = mean(found[name], _measured(name, folder, options))
        tables.append(report.overlay(found, gives, data.facts(folder), options.seconds))
    return "\n\n".join(["## Parcels × red line", *tables])


def growth(options: argparse.Namespace) -> str:
    """Ours, and on demand the peers, at several numbers of parcels and of red-line vertices."""
    parcels = [(size, options.redline_vertices) for size in options.grow]
    most = max(options.parcels)
    vertices = [(most, size) for size in options.grow_vertices]
    by_parcels, by_vertices = _grown(parcels, options), _grown(vertices, options)
    return "\n\n".join(
        [
            "## Growth",
            f"Parcels, at a red line of about {options.redline_vertices:,} vertices:",
            report.growth(by_parcels, "parcels", options.seconds),
            f"Red-line vertices, at {most:,} parcels:",
            report.growth(by_vertices, "red_line_vertices", options.seconds),
        ]
    )


def _grown(sizes: list[tuple[int, int]], options: argparse.Namespace) -> list[report.Growth]:
    grown: list[report.Growth] = []
    for size in sizes:
        folder = data.county(options.cache, *size)
        found: dict[str, Measured] = {}
        for name in OVERLAY if options.grow_peers else OURS:
            over = grown and grown[-1].found[name].state != State.DONE  # a larger size would end no sooner
            found[name] = grown[-1].found[name] if over else _measured(name, folder, options)
        grown.append(report.Growth(data.facts(folder), found))
    return grown


def ellipsoid(options: argparse.Namespace) -> str:
    """Ellipsoidal areas of many parcels, and their worst difference to pyproj.Geod."""
    folder = data.county(options.cache, options.area_parcels, options.redline_vertices)
    facts, name = data.facts(folder), next(iter(ELLIPSOID))
    found, truth = _measured(name, folder, options), agreement(folder, 5000)
    size = f"{facts.parcels:,} parcels, {facts.parcel_vertices:,} vertices"
    sample = f"On {truth.parcels:,} parcels of up to {truth.largest / 1e4:.0f} ha, half of them the largest"
    said = (
        f"{size}: {report.seconds(found, options.seconds)} (CPU {found.cpu:.2f} s).\n\n"
        f"{sample}, the worst relative difference to pyproj.Geod is {truth.worst:.1e}; "
        f"Geod itself takes {truth.seconds:.2f} s for those alone."
    )
    return f"## Ellipsoidal area\n\n{said}"


ALONE = "A demonstration project of {parcels:,} parcels with the survey of its year alone."
COMPARED = "The same with the survey of the base year, too: new land is told from old, and both files are read."


def whole_run(options: argparse.Namespace) -> str:
    """red_line_encroachment from its files to what it writes, beside pyogrio on the same files."""
    most = max(options.parcels)
    whole = data.project(options.cache, most)
    sections = []
    for folder, ways, said in ((data.one_survey(whole), ONE_SURVEY, ALONE), (whole, TWO_SURVEYS, COMPARED)):
        found = {name: measure(name, folder, folder, options.seconds, options.cores) for name in ways}
        _tell(found, options.seconds)
        sections.append(report.run(found, said.format(parcels=most), options.seconds))
    return "\n\n".join(["## A run beside reading its file", *sections])


PARTS: dict[str, Callable[[argparse.Namespace], str]] = {
    "overlay": peers,
    "growth": growth,
    "ellipsoid": ellipsoid,
    "run": whole_run,
}


def _measured(name: str, folder: Path, options: argparse.Namespace) -> Measured:
    found = measure(name, folder, data.sample(folder), options.seconds, options.cores)
    _tell({name: found}, options.seconds)
    return found


def _tell(found: dict[str, Measured], limit: float) -> None:
    for name, one in found.items():
        print(f"  {name}: {report.seconds(one, limit)} {one.message}".rstrip(), flush=True)


if __name__ == "__main__":
    main()

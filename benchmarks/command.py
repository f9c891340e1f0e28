"""What the benchmarks' commands have in common: options, the machine, the page."""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pyogrio
import shapely
from measure import State

Parts = Mapping[str, Callable[[argparse.Namespace], str]]


def options(description: str | None, parts: Parts, *, seconds: float, page: str) -> argparse.ArgumentParser:
    """A parser with the options of every command; seconds: the usual limit of a way; page: the usual place of --out."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=parts, default=list(parts))
    parser.add_argument("--only", nargs="+", metavar="NAME", help="ways whose name holds one of these words")
    parser.add_argument("--seconds", type=float, default=seconds, help="that the work of a way may take")
    parser.add_argument("--cores", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "qsgis-benchmarks")
    parser.add_argument("--out", type=Path, help=f"the page to write, for example {page}")
    return parser


def asked(name: str, given: argparse.Namespace) -> bool:
    """Whether a way is to be run."""
    return not given.only or any(word in name for word in given.only)


def run(parts: Parts, given: argparse.Namespace, head: str, packages: list[str]) -> None:
    """Runs the parts that are asked for; prints each, and writes the page after each, aside and then into place.

    head: what the page begins with, with places for {seconds} and {machine}.
    """
    told = machine(given.cores, packages)
    print(told, flush=True)
    page = [head.format(seconds=given.seconds, machine=told)]
    for name in given.parts:
        page.append(parts[name](given))
        print(f"\n{page[-1]}", flush=True)
        if given.out:
            aside = given.out.with_suffix(".new")
            aside.write_text("\n\n".join(page) + "\n", encoding="utf-8")
            aside.replace(given.out)


def machine(cores: int, packages: list[str]) -> str:
    """Cores, system, versions, day: what seconds depend on."""
    listed = [f"{name} {_version(name)}" for name in packages]
    return (
        f"{cores} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}, "
        f"GEOS {shapely.geos_version_string}, GDAL {'.'.join(map(str, pyogrio.__gdal_version__))}, "
        f"SQLite {sqlite3.sqlite_version}; {', '.join(listed)}; {date.today().isoformat()}"
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return str(State.MISSING)

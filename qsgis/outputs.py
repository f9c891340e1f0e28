"""A run's results → the files of the contract, written aside and moved into place when all of them are whole."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from qsgis.errors import OutputRefused
from qsgis.messages import _

if TYPE_CHECKING:
    from qsgis.results import Results


MADE = ("indicators.csv", "progress.csv", "indicators.xlsx", "results.gpkg", "run.json")


def check_place(directory: Path, home: Path | None = None) -> None:
    """OutputRefused where results would take the place of what is no earlier result; nothing is written."""
    place = directory.resolve()
    if home is not None and place == home.resolve():
        raise OutputRefused(directory, _("it is the project's own folder, which holds its data and definitions"))
    for part in (place, *place.parents):
        if part.exists():
            if not part.is_dir():
                raise OutputRefused(directory, _("{path} is a file, and no folder", path=part))
            break
    for name in MADE:
        if (place / name).is_dir():
            raise OutputRefused(directory, _("{path} is a folder", path=place / name))
    maps = place / "maps"
    others = [one.name for one in sorted(maps.iterdir()) if one.suffix != ".html"] if maps.is_dir() else []
    if maps.is_file() or others:
        reason = _("{path} holds what no run has written: {names}", path=maps, names=", ".join(others) or maps.name)
        raise OutputRefused(directory, reason)


def write(results: Results, directory: Path) -> None:
    """The files of MADE and maps/ in `directory`; OutputRefused where that cannot be."""
    from qsgis.documents.table import write_csv, write_progress
    from qsgis.documents.workbook import write_workbook
    from qsgis.maps import geopackage, web

    check_place(directory)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".writing-", dir=directory))
    except OSError as error:
        raise OutputRefused(directory, str(error)) from error
    try:
        write_csv(results, aside / "indicators.csv")
        write_progress(results, aside / "progress.csv")
        write_workbook(results, aside / "indicators.xlsx")
        if results.zones:
            geopackage.write(results, aside / "results.gpkg")
            (aside / "maps").mkdir()
            web.write_pages(results, aside / "maps")
        (aside / "run.json").write_text(
            json.dumps(results.record, ensure_ascii=False, indent=1, default=str) + "\n", "utf-8"
        )
        _move(aside, directory)
    except OSError as error:
        raise OutputRefused(directory, str(error)) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _move(aside: Path, directory: Path) -> None:
    """Put every finished file into its place; what an earlier run left goes, also what this one did not make."""
    for name in (*MADE, "maps"):
        place, made = directory / name, aside / name
        try:
            if place.is_dir():
                shutil.rmtree(place)
            if made.exists():
                made.replace(place)
            else:
                place.unlink(missing_ok=True)
        except OSError as error:
            raise OutputRefused(place, _("another program holds it: {reason}", reason=error)) from error

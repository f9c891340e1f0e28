"""A run's results → the files of the contract, written aside and moved into place when all of them are whole."""

from __future__ import annotations

import json
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from qsgis.errors import OutputRefused
from qsgis.messages import _

if TYPE_CHECKING:
    from qsgis.results import Results


def write(results: Results, directory: Path) -> None:
    """indicators.csv, indicators.xlsx, results.gpkg, maps/, run.json in `directory`; OutputRefused where it cannot."""
    from qsgis.documents.table import write_csv
    from qsgis.documents.workbook import write_workbook
    from qsgis.maps import geopackage, web

    try:
        directory.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".writing-", dir=directory))
    except OSError as error:
        raise OutputRefused(directory, str(error)) from error
    try:
        write_csv(results, aside / "indicators.csv")
        write_workbook(results, aside / "indicators.xlsx")
        if results.zones:
            (aside / "maps").mkdir()
            with ThreadPoolExecutor(1) as second:  # GDAL writes while Python draws
                package = second.submit(geopackage.write, results, aside / "results.gpkg")
                web.write_pages(results, aside / "maps")
                package.result()
        (aside / "run.json").write_text(
            json.dumps(results.record, ensure_ascii=False, indent=1, default=str) + "\n", "utf-8"
        )
        _move(aside, directory)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _move(aside: Path, directory: Path) -> None:
    """Put every finished file into its place; what an earlier run left under the same names goes."""
    for made in sorted(aside.iterdir()):
        place = directory / made.name
        try:
            if place.is_dir():
                shutil.rmtree(place)
            made.replace(place)
        except OSError as error:
            raise OutputRefused(place, _("another program holds it: {reason}", reason=error)) from error

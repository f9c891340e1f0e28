"""What the commands print: errors in four parts, tables, the progress bar. Rich knows how wide Chinese text is."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from qsgis.codes import term
from qsgis.messages import _
from qsgis.wording import unit_text

if TYPE_CHECKING:
    from qsgis.errors import QsgisError
    from qsgis.results import Result, Results
    from qsgis.run import Say

MARKS = {"ok": "✓", "estimated": "≈", "missing": "…", "not_applicable": "–", "failed": "✗"}


def out() -> Console:
    """The console for results (standard output); as wide as needed where it is not a terminal."""
    return Console(soft_wrap=False, highlight=False, width=None if sys.stdout.isatty() else 160)


def say(text: str = "") -> None:
    """A line of text on standard output, as it is."""
    out().print(Text(text), soft_wrap=True)


def complain(error: QsgisError) -> None:
    """An error on standard error, its four parts."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(str(error)))


def warn(text: str) -> None:
    """A note on standard error."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(_("note: {text}", text=text)))


def as_json(data: Any) -> None:
    """Data for programs; Chinese is escaped where the output cannot hold it."""
    plain = "utf" not in (sys.stdout.encoding or "utf-8").lower()
    sys.stdout.write(json.dumps(data, ensure_ascii=plain, indent=1, default=str, allow_nan=False) + "\n")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[int] = ()) -> None:
    """A table; columns whose number is in `right` are set to the right."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for number, name in enumerate(columns):
        made.add_column(name, justify="right" if number in right else "left", overflow="fold")
    for row in rows:
        made.add_row(*[Text(str(cell)) for cell in row])
    out().print(made)


@contextmanager
def bar(*, quiet: bool) -> Iterator[Say]:
    """A progress bar on standard error; nothing where `quiet` or where it is no terminal, then a line a step."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    if quiet:
        yield lambda _text, _done, _total: None
        return
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("", total=None)

        def step(text: str, done: int, total: int) -> None:
            progress.update(task, description=text, completed=done, total=max(total, 1))
            if not console.is_terminal:
                sys.stderr.write(f"[{min(done + 1, total)}/{total}] {text}\n")

        yield step


def number(value: float | None) -> str:
    """A value for reading: four significant decimals at most, thousands apart."""
    if value is None:
        return ""
    digits = 2 if abs(value) >= 100 else 4
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def results_table(results: Results) -> None:
    """The county's figures of the current year, and what failed or is missing."""
    year = results.project.project.year
    shown = [
        row
        for row in results.rows()
        if row.zone_level == "county" and row.part == "" and row.year == year and row.kind != "target"
    ]
    rows = [
        (
            term(row.dimension),
            row.name,
            number(row.value),
            unit_text(row.unit),
            f"{MARKS[row.status]} {_(row.status).replace('_', ' ')}",
            _(row.kind),
        )
        for row in shown
    ]
    table([_("dimension"), _("indicator"), _("value"), _("unit"), _("status"), _("kind")], rows, right=[2])


def what_went_wrong(results: Results) -> None:
    """On standard error: each failure once, with the analyses that failed of it, and the run's warnings."""
    failed: dict[str, list[Result]] = {}
    for result in results.values():
        if result.failure is not None:
            failed.setdefault(str(result.failure), []).append(result)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for text, of in failed.items():
        names = ", ".join(f"{result.name} ({result.id})" for result in of)
        console.print(Text(text))
        console.print(Text(_("  failed of it: {names}", names=names)))
    for warning in results.record["warnings"]:
        warn(warning)


def to_open(folder: Path) -> None:
    """The files that were written and what to open them with."""
    say()
    say(_("Written to {folder}:", folder=folder))
    for name, use in (
        ("maps/index.html", _("the maps, in any browser, no network needed")),
        ("results.gpkg", _("the layers with their styles, in QGIS")),
        ("indicators.xlsx", _("the indicator table, in Excel")),
        ("indicators.csv", _("the same for programs")),
        ("progress.csv", _("how far each indicator came, for programs")),
        ("run.json", _("where every figure came from")),
    ):
        if (folder / name).exists():
            say(f"  {folder / name}  — {use}")

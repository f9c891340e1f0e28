"""The commands: parse, call, print. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qsgis.errors import BadCommand, QsgisError, UnknownId
from qsgis.messages import LANGUAGES, _, _n, choose, set_language

if TYPE_CHECKING:
    from qsgis.catalog import Catalog
    from qsgis.project import Project
    from qsgis.results import Results, Value

KINDS = ("layers", "analyses", "maps")


def main() -> None:
    """Run a command; a failure that the user can mend is printed in four parts and gives its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console that cannot show Chinese gets ? for it, no traceback
    _choose_language(sys.argv[1:])
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: list[str]) -> int:
    """The exit status of the command line `arguments`."""
    try:
        commands.main(args=arguments, prog_name="qsgis", standalone_mode=False)
    except QsgisError as error:
        from qsgis.console import complain

        complain(error)
        return error.status
    except click.ClickException as error:
        from qsgis.console import complain

        context = getattr(error, "ctx", None)
        complain(BadCommand(context.command_path if context else "qsgis", _reason(error)))
        return 2
    except click.Abort:
        return 130
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def _reason(error: click.ClickException) -> str:
    """Why click refuses a command line, in the user's language."""
    parameter = getattr(error, "param", None)
    name = (
        "/".join(parameter.opts)
        if isinstance(parameter, click.Option)
        else getattr(parameter, "human_readable_name", "")
    )
    match error:
        case click.NoSuchOption():
            return _("there is no option {name}", name=error.option_name)
        case click.MissingParameter():
            return _("{name} is not given", name=name)
        case click.BadParameter():
            return _("{name}: the value cannot be used ({reason})", name=name, reason=error.message)
        case click.BadOptionUsage():
            return _("{name} wants a value", name=error.option_name)
    return error.format_message()


class _OneOf(click.Choice[str]):
    """One of a few words; another one is refused as every unknown id is."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in self.choices:
            name = param.human_readable_name if param else ""
            raise UnknownId(_("word"), str(value), f"{ctx.command_path if ctx else 'qsgis'} {name}", self.choices)
        return str(value)


def _choose_language(arguments: list[str]) -> None:
    """Before the commands' help is made: --lang, else QSGIS_LANG, else Chinese."""
    import os

    wanted = os.environ.get("QSGIS_LANG", "")
    for place, argument in enumerate(arguments):
        if argument.startswith("--lang="):
            wanted = argument.partition("=")[2]
        elif argument == "--lang" and place + 1 < len(arguments):
            wanted = arguments[place + 1]
    if wanted in LANGUAGES:
        set_language(wanted)


class _Speaking(click.Group):
    """Help texts are message ids: they are translated when they are shown."""

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        command = super().get_command(ctx, name)
        return _translated(command) if command else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise UnknownId(_("command"), args[0], "qsgis", self.list_commands(ctx))
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: click.Context) -> str:
        _translated(self)
        return super().get_help(ctx)


def _translated(command: click.Command) -> click.Command:
    if command.help:
        command.help = _(command.help)
    command.short_help = None
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.help:
            parameter.help = _(parameter.help)
    return command


def _language(_context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value:
        set_language(value)


language_option = click.option(
    "--lang",
    type=_OneOf(LANGUAGES),
    expose_value=False,
    is_eager=True,
    callback=_language,
    help=_n("language of the output"),
)
json_option = click.option("--json", "as_json", is_flag=True, help=_n("print JSON for programs"))


@click.group(cls=_Speaking, help=_n("The yearly health check of a county's territorial spatial plan."))
@language_option
@click.version_option(package_name="qsgis", prog_name="qsgis")
def commands() -> None:
    """The group of all commands."""


@commands.command(help=_n("Write a demonstration county into DIR and run all analyses on it."))
@click.argument("directory", metavar="[DIR]", default="qsgis-demo", type=click.Path(path_type=Path))
@click.option(
    "--parcels",
    default=30_000,
    show_default=True,
    type=click.IntRange(1_000, 2_000_000),
    help=_n("number of land-use parcels"),
)
@click.option("--seed", default=1, show_default=True, help=_n("another seed, another county"))
@language_option
def demo(directory: Path, parcels: int, seed: int) -> None:
    """Generate, run, print the table and what to open."""
    from qsgis import console
    from qsgis.demo.write import write
    from qsgis.project import Project

    with console.bar(quiet=False) as step:
        home = write(directory, parcels=parcels, seed=seed, progress=lambda text: step(text, 0, 1))
        results = Project(home).run(progress=step)
    results.write(home / "out")
    console.say(_("Demonstration county: not real. Its files are in {folder}.", folder=home / "data"))
    console.say()
    console.results_table(results)
    console.what_went_wrong(results)
    console.to_open(home / "out")
    _stop(_status(results, ()))


@commands.command(help=_n("Start a project in DIR: recognise the files of a folder, write project.toml."))
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--from", "source", type=click.Path(path_type=Path), help=_n("the folder of files to recognise"))
@click.option("--name", help=_n("name of the county"))
@click.option("--year", type=int, help=_n("the year that is assessed"))
@json_option
@language_option
def init(directory: Path, source: Path | None, name: str | None, year: int | None, *, as_json: bool) -> None:
    """Scan, write, and say what was recognised and what is to be asked of whom."""
    from qsgis import console
    from qsgis.intake import start

    found = start(directory, source, name=name, year=year)
    if as_json:
        console.as_json(found.as_data())
    else:
        found.show()


@commands.command(help=_n("Say what a file or a folder holds."))
@click.argument("path", type=click.Path(path_type=Path))
@json_option
@language_option
def inspect(path: Path, *, as_json: bool) -> None:
    """Layers, geometry, CRS, features, fields; every feature is read once for its health."""
    from qsgis import console
    from qsgis.examine import describe

    found = describe(path)
    if as_json:
        console.as_json([item.as_data() for item in found])
        return
    for item in found:
        item.show()


@commands.command(help=_n("Read every layer of a project and list what is wrong with it."))
@click.argument("project", default=".", type=click.Path(path_type=Path))
@json_option
@language_option
def check(project: Path, *, as_json: bool) -> None:
    """All layers, none computed with."""
    from qsgis import console
    from qsgis.examine import examine

    opened = _open(project)
    report = examine(opened)
    if as_json:
        console.as_json(report.as_data())
    else:
        report.show()
    _stop(report.status)


@commands.command(help=_n("Compute indicators and write tables, layers and maps."))
@click.argument("project", default=".", type=click.Path(path_type=Path))
@click.option(
    "-a",
    "--analysis",
    "ids",
    multiple=True,
    metavar="ID",
    help=_n("only this analysis, and what it uses; may be repeated"),
)
@click.option("--out", type=click.Path(path_type=Path), help=_n("folder to write to (default: PROJECT/out)"))
@click.option("--quiet", is_flag=True, help=_n("no progress bar"))
@json_option
@language_option
def run(project: Path, ids: tuple[str, ...], out: Path | None, *, quiet: bool, as_json: bool) -> None:
    """The main job."""
    from qsgis import console
    from qsgis.outputs import check_place

    opened = _open(project)
    place = out or opened.home / "out"
    check_place(place, opened.home)
    with console.bar(quiet=quiet or as_json) as step:
        results = opened.run(ids or None, progress=step)
        results.write(place)
    if as_json:
        console.as_json(results.records())
    else:
        console.results_table(results)
    console.what_went_wrong(results)
    _say_missing(results, ids)
    if not as_json:
        console.to_open(place)
    _stop(_status(results, ids))


@commands.command(name="list", help=_n("List the layers, analyses or maps of the catalog."))
@click.argument("kind", type=_OneOf(KINDS), metavar="layers|analyses|maps")
@click.option("--project", type=click.Path(path_type=Path), help=_n("with the project's own definitions"))
@json_option
@language_option
def list_(kind: str, project: Path | None, *, as_json: bool) -> None:
    """Ids and names."""
    from qsgis import console

    catalog = _open(project).catalog if project else _catalog()
    rows = _listing(catalog, kind)
    if as_json:
        console.as_json(rows)
        return
    columns = [name for name in _COLUMNS[kind] if name != "name_en"]
    console.table([_(name) for name in columns], [[_cell(row, key) for key in columns] for row in rows])


_COLUMNS = {
    "layers": ("id", "name", "name_en", "geometry", "department"),
    "analyses": ("id", "name", "name_en", "dimension", "unit", "source"),
    "maps": ("id", "name", "name_en", "indicators"),
}


def _cell(row: dict[str, Any], key: str) -> str:
    """One entry of the listing in the user's language."""
    value = row[key]
    if key == "name":
        return choose(value, row["name_en"])
    if key == "geometry":
        return "/".join(_(kind) for kind in value)
    if key == "source":
        return _(value)
    return value if isinstance(value, str) else "、".join(value)


def _listing(catalog: Catalog, kind: str) -> list[dict[str, Any]]:
    """The catalog's entries as data, the same whatever the language."""
    rows: list[tuple[Any, ...]]
    match kind:
        case "layers":
            layers = catalog.layers.values()
            rows = [(one.id, one.name, one.name_en, one.geometry, one.department) for one in layers]
        case "analyses":
            rows = [
                (one.id, one.name, one.name_en, one.dimension, one.unit, "reported" if one.reported else "computed")
                for one in (catalog.analyses[name] for name in catalog.in_contents(catalog.analyses))
            ]
        case _:
            sheets = sorted(catalog.sheets.values(), key=lambda sheet: (sheet.order, sheet.id))
            rows = [(one.id, one.title, one.title_en, one.indicators) for one in sheets]
    return [dict(zip(_COLUMNS[kind], row, strict=True)) for row in rows]


@commands.command(help=_n("Explain an analysis; with --project, how its figure came about there."))
@click.argument("analysis", metavar="ID")
@click.option("--project", type=click.Path(path_type=Path), help=_n("the project to take the receipt from"))
@json_option
@language_option
def explain(analysis: str, project: Path | None, *, as_json: bool) -> None:
    """The definition, or the receipt: actual inputs, years, sums, result."""
    from qsgis import console
    from qsgis.explain import definition, receipt

    found = receipt(_open(project), analysis) if project else definition(_catalog(), analysis)
    if as_json:
        console.as_json(found.as_data())
    else:
        found.show()


def _open(path: Path) -> Project:
    from qsgis.project import Project

    return Project(path)


def _catalog() -> Catalog:
    from qsgis.catalog import Catalog

    return Catalog.load()


def _status(results: Results, asked: tuple[str, ...]) -> int:
    """The contract's exit status: 3 a stop rule, 1 a failed analysis or a missing one that was asked for, else 0."""
    failures = [result.failure for result in results.values() if result.failure is not None]
    if any(failure.status == 3 for failure in failures):
        return 3
    return 1 if failures or any(_missing(results, name) for name in asked) else 0


def _missing(results: Results, name: str) -> list[Value]:
    """The headline's rows of an analysis for the current year, where all of them are missing."""
    year = results.project.project.year
    found = [row for row in results[name].values if row.part == "" and row.kind != "target" and row.year == year]
    return found if all(row.status == "missing" for row in found) else []


def _say_missing(results: Results, asked: tuple[str, ...]) -> None:
    """What is wanted for the analyses that were asked for by name."""
    from qsgis import console

    for name in asked:
        said = [_("{name}: {detail}", name=row.name, detail=row.note) for row in _missing(results, name)]
        for text in dict.fromkeys(said):
            console.warn(text)


def _stop(status: int) -> None:
    if status:
        raise SystemExit(status)

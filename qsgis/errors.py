"""What can go wrong, one small class a failure. Each says four things: what, where, why, what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable

from qsgis.messages import _

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # what neither XML nor a spreadsheet can hold
_LONG = 80  # characters of a wrong entry that are repeated in its message


class QsgisError(Exception):
    """Base of all failures that are the user's to mend; `status` is the exit status it stands for."""

    status = 1

    def __init__(self, *, what: str, where: str, why: str, do: str) -> None:
        super().__init__(what)
        self.what, self.where, self.why, self.do = (CONTROLS.sub("\ufffd", text) for text in (what, where, why, do))

    def parts(self) -> dict[str, str]:
        """The four parts, by their names in the user's language, in reading order."""
        return {_("what"): self.what, _("where"): self.where, _("why"): self.why, _("do"): self.do}

    def __str__(self) -> str:
        labels = list(self.parts().items())
        rest = [_("{name}: {detail}", name=name, detail=text) for name, text in labels[1:]]
        return "\n".join([labels[0][1], *(f"  {line}" for line in rest)])


def _listing(names: Iterable[str], limit: int = 12) -> str:
    """Names joined for reading; a long list is cut, and says so."""
    known = sorted(names)
    tail = _(" … ({count} in all)", count=len(known)) if len(known) > limit else ""
    return ", ".join(known[:limit]) + tail


def _short(text: str) -> str:
    """A wrong entry as it is repeated in a message."""
    return text if len(text) <= _LONG else f"{text[:_LONG]} …"


class UsageError(QsgisError):
    """The command, project.toml or a definition is wrong: nothing runs."""

    status = 2


class LayerRefused(QsgisError):
    """A `stop` rule hit a layer: the analyses that need it fail, the others are done."""

    status = 3


class ReadError(QsgisError):
    """A declared file cannot be read: the analyses that need it fail, the others are done."""


# --- the command, the project, the definitions (status 2) ---


class BadCommand(UsageError):
    """A command line that cannot be understood."""

    def __init__(self, command: str, reason: str) -> None:
        super().__init__(
            what=_("the command cannot be understood"),
            where=command,
            why=reason,
            do=_("see what it takes with: {command} --help", command=command),
        )


class PathMissing(UsageError):
    """A file or folder named on the command line is not there."""

    def __init__(self, path: object) -> None:
        super().__init__(
            what=_("there is nothing to look at"),
            where=str(path),
            why=_("no file or folder has this name"),
            do=_("correct the path on the command line"),
        )


class ProjectNotFound(UsageError):
    """There is no project.toml where one was named."""

    def __init__(self, path: object) -> None:
        super().__init__(
            what=_("no project here"),
            where=str(path),
            why=_("the folder has no project.toml"),
            do=_("name the folder that holds project.toml, or write one with: qsgis init DIR --from FOLDER"),
        )


class BadToml(UsageError):
    """A TOML file does not parse."""

    def __init__(self, path: object, reason: str, do: str = "") -> None:
        mend = _(
            "mend the line that is named; text stands in quotes, tables in [brackets], and paths are written with /"
        )
        super().__init__(what=_("a TOML file cannot be parsed"), where=str(path), why=reason, do=do or mend)


class BadDefinition(UsageError):
    """A key of a definition or of project.toml is unknown, missing or has a wrong value."""

    def __init__(self, path: object, key: str, reason: str, allowed: str) -> None:
        super().__init__(
            what=_("wrong entry: {key}", key=key),
            where=f"{path}: {key}",
            why=reason,
            do=_("allowed here: {allowed}", allowed=allowed),
        )


class UnknownId(UsageError):
    """A name that nothing here has: of a layer, analysis, style (`yours`: a project may add some), a field, a code."""

    def __init__(self, kind: str, name: str, where: object, known: Iterable[str], *, yours: bool = False) -> None:
        import difflib

        known = list(known)
        near = difflib.get_close_matches(name, known, n=3) or [one for one in known if name in one][:3]
        hint = _("did you mean {names}?", names=_listing(near)) if near else _("known: {names}", names=_listing(known))
        if yours:
            hint = _(
                "{hint} To add one of your own, put a TOML file into the project's folder of that kind.", hint=hint
            )
        super().__init__(
            what=_("unknown {kind}: {name}", kind=kind, name=_short(name)),
            where=str(where),
            why=_("nothing known here has this name"),
            do=hint,
        )


class BadExpression(UsageError):
    """An expression cannot be parsed, has an unknown name, or mixes units."""

    def __init__(self, where: object, expression: str, reason: str, do: str) -> None:
        super().__init__(
            what=_("wrong expression: {expression}", expression=_short(expression)), where=str(where), why=reason, do=do
        )


class CircularUse(UsageError):
    """Indicators use each other in a circle."""

    def __init__(self, where: object, members: Iterable[str]) -> None:
        circle = " → ".join(members)
        super().__init__(
            what=_("indicators use each other in a circle"),
            where=str(where),
            why=circle,
            do=_("take one of them out of the others' `uses`"),
        )


class UnknownUnit(UsageError):
    """A unit that the table of units does not hold."""

    def __init__(self, where: object, unit: str) -> None:
        super().__init__(
            what=_("unknown unit: {unit}", unit=unit),
            where=str(where),
            why=_("the table of units does not hold it"),
            do=_("write it as the standards do, for example 平方千米, 公顷, 万亩, 千米, 平方米/人, 张/千人, %"),
        )


class OutputRefused(UsageError):
    """The place to write to cannot be written."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(
            what=_("cannot write the results"),
            where=str(path),
            why=reason,
            do=_("close the file if a program holds it open, or choose another folder with --out"),
        )


# --- reading a layer ---


class FileMissing(ReadError):
    """A declared file is not there. `entry`: the table of project.toml that names it, where it is not the layer's."""

    def __init__(self, layer: str, path: object, entry: str = "") -> None:
        super().__init__(
            what=_("the file of layer {layer} is not there", layer=layer),
            where=f"project.toml [{entry or f'layers.{layer}'}] path: {path}",
            why=_("no file or folder has this name"),
            do=_("correct the path (it counts from the folder of project.toml), or take the entry out"),
        )


class FileUnreadable(ReadError):
    """A declared file is there but broken, truncated or of a kind that cannot be read."""

    def __init__(self, layer: str, path: object, reason: str) -> None:
        super().__init__(
            what=_("the file of layer {layer} cannot be read", layer=layer),
            where=str(path),
            why=reason,
            do=_("copy it again from its source; open it in QGIS to see whether it is whole"),
        )


class ValuesRefused(ReadError):
    """The table of values that departments supplied cannot be used as a whole."""

    def __init__(self, path: object, reason: str) -> None:
        super().__init__(
            what=_("the table of supplied values cannot be used"),
            where=str(path),
            why=reason,
            do=_("correct the file, or [values] in project.toml; due are the columns indicator, year, value"),
        )


class FormatUnsupported(ReadError):
    """A format that needs something this installation has not."""

    def __init__(self, layer: str, path: object, reason: str, do: str) -> None:
        super().__init__(
            what=_("the format of layer {layer} cannot be read here", layer=layer), where=str(path), why=reason, do=do
        )


class SublayerUnknown(ReadError):
    """A file holds several layers and the one wanted is not among them, or none was named."""

    def __init__(self, layer: str, path: object, wanted: str | None, holds: Iterable[str]) -> None:
        names = _listing(holds)
        why = (
            _("it holds no layer {wanted}; it holds: {names}", wanted=wanted, names=names)
            if wanted
            else _("it holds several layers and none was named: {names}", names=names)
        )
        super().__init__(
            what=_("layer {layer} is not found in its file", layer=layer),
            where=str(path),
            why=why,
            do=_("write its name as `layer = …` under [layers.{layer}] in project.toml", layer=layer),
        )


class CrsUnknown(ReadError):
    """A layer has no coordinate system and none can be inferred safely."""

    def __init__(self, layer: str, path: object, bounds: str) -> None:
        super().__init__(
            what=_("layer {layer} has no coordinate system", layer=layer),
            where=str(path),
            why=_("the file names none, and its coordinates ({bounds}) fit none safely", bounds=bounds),
            do=_('ask the supplier, then write it as `crs = "EPSG:…"` under [layers.{layer}]', layer=layer),
        )


class CrsContradicted(ReadError):
    """The coordinates carry another zone than the coordinate system that the layer is said to be in."""

    def __init__(self, layer: str, path: object, crs: str, zones: str) -> None:
        super().__init__(
            what=_("layer {layer} contradicts its coordinate system", layer=layer),
            where=str(path),
            why=_("it is said to be in {crs}, but its eastings begin with the zone {zones}", crs=crs, zones=zones),
            do=_('ask the supplier, then write the right one as `crs = "EPSG:…"` under [layers.{layer}]', layer=layer),
        )


class CrsRefused(ReadError):
    """A datum (Beijing 1954, Xian 1980 …) whose shift to CGCS2000 needs local parameters."""

    def __init__(self, layer: str, path: object, crs: str, accuracy: str) -> None:
        super().__init__(
            what=_("layer {layer} is on another datum: {crs}", layer=layer, crs=crs),
            where=str(path),
            why=_(
                "its shift to CGCS2000 needs local parameters; the general ones are off by {accuracy}",
                accuracy=accuracy,
            ),
            do=_(
                "have the survey office convert it to CGCS2000, or accept the general shift with `datum_shift = true`"
            ),
        )


# --- rules a layer must meet (status 3) ---


class FieldMissing(LayerRefused):
    """A required field is under none of its known names."""

    def __init__(self, layer: str, path: object, field: str, aliases: Iterable[str], holds: Iterable[str]) -> None:
        super().__init__(
            what=_("layer {layer} lacks the field {field}", layer=layer, field=field),
            where=str(path),
            why=_("none of {aliases} is among its fields: {holds}", aliases=_listing(aliases), holds=_listing(holds)),
            do=_('write its name as `{field} = "…"` under [layers.{layer}.fields]', layer=layer, field=field),
        )


class OtherSurvey(LayerRefused):
    """The codes of a layer are those of the other land survey: figures by class would be wrong without a word."""

    def __init__(self, layer: str, path: object, share: float, said: int, other: int) -> None:
        super().__init__(
            what=_("layer {layer} is not of the land survey that it is read as", layer=layer),
            where=str(path),
            why=_(
                "{share:.0%} of its codes stand in the table of survey {other}, most not in that of survey {said}",
                share=share, other=other, said=said,
            ),
            do=_("write survey = {other} for this file under [layers.{layer}]", other=other, layer=layer),
        )  # fmt: skip


class LayerEmpty(LayerRefused):
    """A declared layer has no feature."""

    def __init__(self, layer: str, path: object) -> None:
        super().__init__(
            what=_("layer {layer} is empty", layer=layer),
            where=str(path),
            why=_("the file has no feature"),
            do=_(
                "ask the supplier for the data; if there are really none, "
                "say so with `none = true` under [layers.{layer}]",
                layer=layer,
            ),
        )


class GeometryWrong(LayerRefused):
    """Points where polygons are due, or the like."""

    def __init__(self, layer: str, path: object, wanted: str, found: str) -> None:
        super().__init__(
            what=_("layer {layer} has the wrong kind of geometry", layer=layer),
            where=str(path),
            why=_("{wanted} are due, the file has {found}", wanted=wanted, found=found),
            do=_("check whether the right file or sub-layer is named under [layers.{layer}]", layer=layer),
        )


class ValueWrong(LayerRefused):
    """A field holds what cannot be used: text for a number, a negative count, an unknown code."""

    def __init__(self, layer: str, where: object, reason: str, do: str) -> None:
        super().__init__(
            what=_("layer {layer} has values that cannot be used", layer=layer), where=str(where), why=reason, do=do
        )


class NoServiceDay(ReadError):
    """A day that a timetable does not cover, or (`covered`) on which nothing of it runs."""

    def __init__(self, path: object, day: object, first: object, last: object, *, covered: bool = False) -> None:
        reason = _("it is valid from {first} to {last}", first=first, last=last)
        if covered:
            reason = _("no trip runs on that day, though the timetable is valid from {first} to {last}", first=first,
                       last=last)  # fmt: skip
        super().__init__(
            what=_("the timetable has no service on {day}", day=day),
            where=str(path),
            why=reason,
            do=_('name another day as `day = "YYYY-MM-DD"` of the analysis, or ask for the timetable of that time'),
        )


# --- an analysis (status 1) ---


class AnalysisFailed(QsgisError):
    """An analysis met something it cannot go on with; nothing is guessed."""

    def __init__(self, analysis: str, where: str, reason: str, do: str) -> None:
        super().__init__(what=_("{analysis} cannot be computed", analysis=analysis), where=where, why=reason, do=do)


class ExtraMissing(QsgisError):
    """A part that is installed on demand is wanted and absent."""

    def __init__(self, purpose: str, package: str, extra: str) -> None:
        super().__init__(
            what=_("{purpose} needs the package {package}", purpose=purpose, package=package),
            where=_("this Python environment"),
            why=_("it is an optional part and is not installed"),
            do=f'pip install "qsgis[{extra}]"',
        )

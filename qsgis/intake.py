"""`qsgis init`: a folder of files → project.toml, and what is still to be asked of which bureau."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from qsgis import console
from qsgis.catalog import Catalog
from qsgis.errors import OutputRefused, QsgisError
from qsgis.layers.county_crs import county_crs
from qsgis.layers.handed_in import Entry, read_values
from qsgis.layers.read import read_layer
from qsgis.layers.recognise import Found, scan
from qsgis.messages import _
from qsgis.schema import LayerSource, ValuesSource

TABLES = {".csv", ".xlsx", ".xlsm"}


@dataclass
class Start:
    """What a scan made of a folder."""

    project: Path
    taken: dict[str, list[Found]]  # layer -> its files, one a year
    others: list[tuple[Found, str]]  # files that were not taken, and why
    values: list[Path]  # tables of figures that departments supply
    comparison: Path | None  # figures of other counties
    wanted: dict[str, list[str]]  # department -> what is still to be asked of it
    crs: str
    facts: dict[str, Any] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        return {
            "project": str(self.project),
            "crs": self.crs,
            "layers": {name: [str(found.path) for found in files] for name, files in self.taken.items()},
            "values": [str(path) for path in self.values],
            "comparison": str(self.comparison) if self.comparison else None,
            "not_taken": [{"path": str(found.path), "layer": found.sublayer, "why": why} for found, why in self.others],
            "wanted": self.wanted,
        }

    def show(self) -> None:
        """Print what was recognised, what was not, and what is still to be asked."""
        console.say(_("Written: {path}. Read it over before the first run.", path=self.project))
        console.say(_("Coordinate system of the analysis: {crs}", crs=self.crs))
        console.say()
        rows = [
            (name, found.path.name, found.sublayer, found.count, found.year or "", found.why)
            for name, files in self.taken.items()
            for found in files
        ]
        heads = [_("layer"), _("file"), _("sub-layer"), _("features"), _("year"), _("recognised by")]
        console.table(heads, rows, right=[3])
        for path in self.values:
            console.say(_("{path}: figures that departments supply", path=path.name))
        if self.comparison:
            console.say(_("{path}: figures of other counties", path=self.comparison.name))
        if self.others:
            console.say()
            console.say(_("Not taken:"))
            for found, why in self.others:
                inside = f" [{found.sublayer}]" if found.sublayer else ""
                console.say(f"  {found.path.name}{inside}: {why}")
        console.say()
        console.say(_("Still to be asked:") if self.wanted else _("Nothing is left to be asked."))
        for department, items in self.wanted.items():
            console.say(f"  {department}: {'、'.join(items)}")


def start(home: Path, source: Path | None, *, name: str | None, year: int | None) -> Start:
    """Write `home`/project.toml from the files of `source` (default: `home` itself).

    Raises OutputRefused where there is a project already or the folder to scan is not there.
    """
    target, folder = home / "project.toml", source or home
    if target.exists():
        raise OutputRefused(target, _("there is a project already; it is not overwritten"))
    if not folder.is_dir():
        raise OutputRefused(folder, _("the folder to recognise files in is not there"))
    catalog = Catalog.load()
    taken, others = _choose(scan(folder, catalog))
    values, comparison, others = _figures_among(others)
    crs = county_crs((found.path, found.sublayer or None) for files in _county_first(taken) for found in files)
    wanted = _wanted(catalog, taken, values)
    found = Start(target, taken, others, values, comparison, wanted, crs.to_string() if crs else "")
    found.facts = _facts(catalog, taken, name, year, home)
    home.mkdir(parents=True, exist_ok=True)
    text = _text(found, home)
    aside = target.with_suffix(".toml.part")
    aside.write_text(text, encoding="utf-8")
    aside.replace(target)
    return found


def _choose(files: list[Found]) -> tuple[dict[str, list[Found]], list[tuple[Found, str]]]:
    """One file a layer and year; a second one for the same year is not taken, and said."""
    taken: dict[str, list[Found]] = {}
    others: list[tuple[Found, str]] = []
    for found in files:
        if found.layer_id is None:
            others.append((found, found.why))
            continue
        beside = taken.setdefault(found.layer_id, [])
        if any(other.year == found.year for other in beside):
            why = _(
                "{layer} has a file already: {path}; choose one by hand", layer=found.layer_id, path=beside[0].path.name
            )
            others.append((found, why))
        else:
            beside.append(found)
    return dict(sorted(taken.items())), others


def _figures_among(others: list[tuple[Found, str]]) -> tuple[list[Path], Path | None, list[tuple[Found, str]]]:
    """Tables of figures: those of departments, the first that names a county in its rows, and what is none."""
    values: list[Path] = []
    comparison: Path | None = None
    left: list[tuple[Found, str]] = []
    for found, why in others:
        entries = _figures(found.path) if found.path.suffix.lower() in TABLES else []
        if not entries or found.path in (*values, comparison):
            left += [] if entries else [(found, why)]  # a workbook's sheets are listed one by one, and read together
        elif any(entry.county for entry in entries) and comparison is None:
            comparison = found.path
        else:
            values.append(found.path)
    return values, comparison, left


def _figures(path: Path) -> list[Entry]:
    try:
        return read_values(ValuesSource(path=str(path.resolve())), Path()).entries
    except QsgisError:
        return []


def _county_first(taken: dict[str, list[Found]]) -> list[list[Found]]:
    names = [name for name in ("county", "districts", "land_use") if name in taken]
    return [taken[name] for name in dict.fromkeys([*names, *taken])]


def _facts(
    catalog: Catalog, taken: dict[str, list[Found]], name: str | None, year: int | None, home: Path
) -> dict[str, Any]:
    """Name, code and years as the files say them; what none of them says is left for the planner."""
    years = sorted({found.year for files in taken.values() for found in files if found.year})
    code, found_name = _code_and_name(catalog, taken)
    return {
        "name": name or found_name or home.resolve().name,
        "adcode": code,
        "year": year or (years[-1] if years else None),
        "base_year": next((one for one in years if year is None and one != years[-1]), None),
    }


def _code_and_name(catalog: Catalog, taken: dict[str, list[Found]]) -> tuple[str, str]:
    """The six digits that the zones' codes begin with, and the county's name."""
    code, name = "", ""
    for layer in ("districts", "county"):
        if layer not in taken:
            continue
        found = taken[layer][0]
        source = LayerSource(path=str(found.path.resolve()), layer=found.sublayer or None)
        crs = county_crs([(found.path, found.sublayer or None)])
        if crs is None:
            continue
        try:
            frame = read_layer(catalog.layers[layer], source, Path(), crs).frame
        except QsgisError:
            continue
        begins = Counter(str(text)[:6] for text in frame.get("code", pd.Series(dtype=object)).dropna())
        code = code or (begins.most_common(1)[0][0] if begins else "")
        if layer == "county" and "name" in frame and len(frame) == 1:
            name = str(frame["name"].iloc[0])
    return code, name


def _wanted(catalog: Catalog, taken: dict[str, list[Found]], values: list[Path]) -> dict[str, list[str]]:
    """Department -> the layers that analyses need and no file was recognised as, and the values to be reported."""
    wanted: dict[str, list[str]] = {}
    for analysis in catalog.analyses.values():
        for layer in catalog.layers_of(analysis):
            definition = catalog.layers[layer]
            stand_in = definition.stands_in
            if layer in taken or (stand_in and not stand_in.estimated and stand_in.layer in taken):
                continue
            for department in definition.department or [_("unknown department")]:
                items = wanted.setdefault(department, [])
                if definition.label not in items:
                    items.append(definition.label)
        if analysis.reported and not values:
            for department in analysis.department or [_("unknown department")]:
                wanted.setdefault(department, []).append(_("{name} (value)", name=analysis.label))
    return dict(sorted(wanted.items()))


# --- project.toml ---


def _text(found: Start, home: Path) -> str:
    facts = found.facts
    lines = [
        "# " + _("Written by qsgis init; read it over and mend what is wrong."),
        "[project]",
        f"name = {_quoted(facts['name'])}",
        f"adcode = {_quoted(facts['adcode'])}",
    ]
    if found.crs:
        lines.append(f"crs = {_quoted(found.crs)}")
    year = facts["year"]
    lines.append(
        f"year = {year}" if year else "year = 2019  # " + _("no file says its year: write the one that is assessed")
    )
    if facts["base_year"]:
        lines.append(f"base_year = {facts['base_year']}")
    lines.append("# target_year = 2035")
    for name, files in found.taken.items():
        lines += _layer_lines(name, files, home)
    several = len(found.values) > 1
    for path in found.values:
        lines += ["", "[[values]]" if several else "[values]", f"path = {_quoted(_relative(path, home))}"]
    if found.comparison:
        lines += ["", "[comparison]", f"path = {_quoted(_relative(found.comparison, home))}"]
    for other, why in found.others:
        lines += ["", "# " + _("not taken: {path}: {why}", path=_relative(other.path, home), why=why)]
    return "\n".join(lines) + "\n"


def _layer_lines(name: str, files: list[Found], home: Path) -> list[str]:
    several = len(files) > 1
    lines: list[str] = []
    for found in files:
        lines += [
            "",
            f"[[layers.{name}]]" if several else f"[layers.{name}]",
            f"path = {_quoted(_relative(found.path, home))}",
        ]
        if found.sublayer and found.sublayer != found.path.stem:
            lines.append(f"layer = {_quoted(found.sublayer)}")
        if several and found.year:
            lines.append(f"year = {found.year}")
    return lines


def _relative(path: Path, home: Path) -> str:
    return Path(os.path.relpath(path.resolve(), home.resolve())).as_posix()


def _quoted(text: str) -> str:
    """A string as TOML writes it (its basic strings are JSON's)."""
    return json.dumps(text, ensure_ascii=False)

"""What people call indicators, zones and departments → the ids and codes that are meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import pandas as pd

from qsgis import units
from qsgis.analyses.headcount import zone_of_codes
from qsgis.analyses.inputs import Zones
from qsgis.codes import code_table
from qsgis.layers.cells import plain
from qsgis.results import ZONE_LEVELS, ZoneLevel
from qsgis.schema import Analysis

_SIGNS = re.compile("[\"'“”‘’《》]")
_NUMBER_BEFORE = re.compile(
    r"^(?:\((?:\d+|[一二三四五六七八九十]+)\)|(?:\d+|[一二三四五六七八九十]+)[、)]|\d+\.(?!\d))"
)
_YEARS_BEFORE = re.compile(r"^(?:19|20)\d\d(?:年?[-—–~至到](?:19|20)\d\d|(?=年))")
_IN_BRACKETS = re.compile(r"^(.+)\(([^()]+)\)$")
_WHOLE_COUNTY = {"全县", "县域", "全域", "county", "合计", "总计"}


@dataclass(frozen=True)
class Found:
    """An indicator by its name: its id ("" where none is meant); near names.

    unit: one that stood behind the name; years: one, or the first and the last, that stood before it.
    """

    id: str
    unit: str = ""
    years: tuple[int, ...] = ()
    near: tuple[str, ...] = ()


class Names:
    """The ids of indicators by all their names; a proper name goes before another indicator's alias.

    county: its name, which may stand before an indicator's ("沁水县域绿道长度").
    """

    def __init__(self, analyses: Mapping[str, Analysis], county: str = "") -> None:
        self._county = _key(county)
        self._labels = {_key(name): one.label for one in analyses.values() for name in (one.name, *one.aliases)}
        self._ids: dict[str, list[str]] = {}
        self._found: dict[str, Found] = {}
        proper = [(name, one.id) for one in analyses.values() for name in (one.id, one.name)]
        others = [(name, one.id) for one in analyses.values() for name in (one.name_en or "", *one.aliases)]
        for name, found in proper:
            self._add(name, found)
        known = set(self._ids)
        for name, found in others:
            if _key(name) not in known:
                self._add(name, found)

    def _add(self, name: str, found: str) -> None:
        held = self._ids.setdefault(_key(name), [])
        if name and found not in held:
            held.append(found)

    def find(self, text: str) -> Found:
        """The indicator that `text` names: as it is, or without numbering, years before it, a unit in brackets."""
        if text not in self._found:  # a row of a wide table asks for it once a year
            self._found[text] = self._find(text)
        return self._found[text]

    def _find(self, text: str) -> Found:
        for name, unit in self._ways(_key(text)):
            held = self._ids.get(name, [])
            if len(held) == 1:
                before = _YEARS_BEFORE.match(_NUMBER_BEFORE.sub("", _key(text)))
                years = re.findall(r"\d{4}", before[0]) if before else []
                return Found(held[0], unit, tuple(int(year) for year in years))
            if held:
                return Found("", near=tuple(sorted(held)))
        near = difflib.get_close_matches(_key(text), self._labels, n=3, cutoff=0.5)
        return Found("", near=tuple(dict.fromkeys(self._labels[name] for name in near)))

    def _ways(self, name: str) -> Iterator[tuple[str, str]]:
        """Ways of reading a name, the nearest to what stands there first: (name, unit in brackets)."""
        bare = _NUMBER_BEFORE.sub("", name)
        later = _YEARS_BEFORE.sub("", bare)
        ways = [name, bare, later.removeprefix("年度"), later.removeprefix("年"), later]
        if self._county:
            ways += [way.removeprefix(self._county).removeprefix("域") for way in ways if way.startswith(self._county)]
        for text in dict.fromkeys(ways):
            yield text, ""
            found = _IN_BRACKETS.match(text)
            unit = units.canonical(found[2]) if found else None
            if found and unit:
                yield found[1], unit


def _key(text: str) -> str:
    return _SIGNS.sub("", plain(text))


def zone_of(text: str, zones: Zones) -> tuple[ZoneLevel | None, str, str]:
    """(level, code, name) of the zone that a code or a name means, code "" for the county; level None for none."""
    county = zones.levels["county"].iloc[0]
    if plain(text) in _WHOLE_COUNTY | {"", plain(str(county["code"])), plain(str(county["name"]))}:
        return "county", "", str(county["name"])
    found = zone_of_codes(pd.Series([text]), zones).iloc[0]
    if found["level"] is not None:
        level, code = found["level"], str(found["code"])
        frame = zones.levels[level]
        return level, "" if level == "county" else code, str(frame.loc[frame["code"] == code, "name"].iloc[0])
    for level in ZONE_LEVELS:
        if level in zones:
            frame = zones.levels[level]
            named = frame[frame["name"].astype(str).map(plain) == plain(text)]
            if len(named) == 1:
                return level, str(named["code"].iloc[0]), str(named["name"].iloc[0])
    return None, text, ""


@cache
def _departments() -> dict[str, str]:
    names: dict[str, str] = {}
    for code, row in code_table("departments").items():
        for other in [code, *re.split("[;；、|]", row["aliases"] or "")]:
            names.setdefault(plain(other), code)
    return names


def department(text: str) -> str:
    """The common name of a department, where `text` is one of its names; else `text`."""
    return _departments().get(plain(text), text)

"""Measures → values: the headline and the parts of a definition, by zone, in its unit.

A county's ratio is Σ ÷ Σ of its measures, never a mean of ratios. Without a denominator the value is not applicable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from qsgis import units
from qsgis.analyses.classes import labels_of, pair_label
from qsgis.analyses.inputs import Measured, Zones
from qsgis.catalog import Catalog
from qsgis.expressions import Expression
from qsgis.geometry import ellipsoidal_area
from qsgis.messages import _
from qsgis.results import Status, Value, ZoneLevel, joined
from qsgis.schema import Analysis, Area, Change

LEVEL_OF: dict[str, ZoneLevel] = {"county": "county", "districts": "district", "villages": "village"}
DIGITS = 12  # significant digits of a value: what lies beyond is rounding noise of the sums
LEAST = 1e-12  # in the unit of the value: what is smaller is the noise of a difference


class Inapplicable(str):
    """Why a figure has no meaning here, in the place of what would be wanted for it."""

    __slots__ = ()


@dataclass(frozen=True)
class Terms:
    """The names of a definition's expressions: name -> (numbers by zone, unit), for one level."""

    numbers: dict[str, pd.Series]
    units: dict[str, str]

    def evaluate(self, text: str, target: str, index: pd.Index) -> pd.Series:
        """The expression by zone in the unit `target`; NaN where it has no value (no denominator)."""
        expression = Expression(text)
        quantities = {
            name: self.numbers[name].reindex(index).to_numpy(dtype=float) * units.quantity(self.units[name])
            for name in expression.names
        }
        with np.errstate(divide="ignore", invalid="ignore"):
            found = units.registry().Quantity(1.0) * expression.evaluate(quantities)
            ratio = (found / units.quantity(target)).to_base_units().magnitude
        numbers = np.broadcast_to(np.asarray(ratio, dtype=float), (len(index),))
        return pd.Series(np.where(np.isfinite(numbers), numbers, np.nan), index=index)


def levels_of(analysis: Analysis, zones: Zones) -> list[ZoneLevel]:
    """The zone levels that the definition asks for and the project has."""
    return [LEVEL_OF[name] for name in analysis.zones if LEVEL_OF[name] in zones]


def assess(
    analysis: Analysis,
    catalog: Catalog,
    measured: Mapping[str, Measured],
    used: Mapping[str, Mapping[ZoneLevel, pd.Series]],
    absent: Mapping[str, str],
    zones: Zones,
    year: int,
) -> list[Value]:
    """The rows of one analysis for one year: headline first, then parts, then classes (of county and districts).

    used: indicator -> level -> values by zone code, of the indicators in `uses`. absent: measure or indicator -> what
    is wanted for it; a figure that stands on one is missing, the others are given.
    """
    blank = _blank(analysis, measured, year)
    rows: list[Value] = []
    for level in levels_of(analysis, zones):
        terms, index = _terms(analysis, catalog, measured, used, zones, level)
        names = _zone_names(zones, level)
        figures = _figures(analysis, terms, absent, index)
        told = any(isinstance(numbers, pd.Series) for _figure, numbers in figures)
        for figure, numbers in figures:
            template = _template(blank, figure, level)
            if isinstance(numbers, pd.Series):
                rows += _rows(template, numbers, names)
            elif level == "county" or (told and not figure.part):  # zones that have parts have a headline before them
                status: Status = "not_applicable" if isinstance(numbers, Inapplicable) else "missing"
                lacking = replace(template, value=None, status=status, note=numbers)
                rows += [replace(lacking, zone_code=str(code), zone_name=names.get(str(code), "")) for code in index]
        for figure, numbers in _classes(analysis, catalog, measured, level) if level != "village" else ():
            template = _template(blank, figure, level)
            rows += _rows(template, numbers, names)
    notes = dict.fromkeys(text for found in measured.values() for text in found.notes)
    if rows and rows[0].status != "missing":  # said once, on the county's headline: every row would drown in it
        rows[0] = replace(rows[0], note=joined(rows[0].note, *notes))
    order = {level: place for place, level in enumerate(LEVEL_OF.values())}
    return sorted(rows, key=lambda row: (order[row.zone_level], row.part != ""))


@dataclass(frozen=True)
class Figure:
    """A headline (part empty), a part or a class of an analysis, its label and unit, and why it is an estimate."""

    part: str
    label: str
    unit: str
    doubt: str = ""


def _figures(
    analysis: Analysis, terms: Terms, absent: Mapping[str, str], index: pd.Index
) -> list[tuple[Figure, pd.Series | str]]:
    """Headline and parts: their numbers by zone, or what is wanted for them."""
    wanted = dict(absent)
    found: list[tuple[Figure, pd.Series | str]] = []
    texts = {
        key: (part.value, Figure(key, part.label, part.unit or analysis.unit)) for key, part in analysis.parts.items()
    }
    for key, (text, figure) in texts.items():
        numbers = _numbers(text, figure, terms, wanted, index)
        if isinstance(numbers, str):
            wanted[key] = numbers
        else:  # an expression that names a part takes the part, not a measure of the same name
            terms.numbers[key], terms.units[key] = numbers, figure.unit
        found.append((figure, numbers))
    headline = Figure("", analysis.label, analysis.unit)
    tried = [_numbers(text, headline, terms, wanted, index) for text in analysis.choices]
    place = next((place for place, numbers in enumerate(tried) if not isinstance(numbers, str)), 0)
    if place:
        shown = analysis.parts[analysis.choices[place]].label
        headline = replace(headline, doubt=_("what comes first has no data; this is: {part}", part=shown))
    return [(headline, tried[place]), *found]


def _numbers(text: str, figure: Figure, terms: Terms, wanted: Mapping[str, str], index: pd.Index) -> pd.Series | str:
    lacking = sorted(Expression(text).names & set(wanted))
    if lacking:
        kind = Inapplicable if all(isinstance(wanted[name], Inapplicable) for name in lacking) else str
        return kind("; ".join(dict.fromkeys(wanted[name] for name in lacking)))
    return terms.evaluate(text, figure.unit, index)


def _blank(analysis: Analysis, measured: Mapping[str, Measured], year: int) -> Value:
    estimated = list(dict.fromkeys(text for found in measured.values() for text in found.estimated))
    methods = dict.fromkeys(found.method for found in measured.values() if found.method)
    sources = dict.fromkeys(source for found in measured.values() for source in found.sources)
    status: Status = "estimated" if estimated else "ok"
    return Value(
        analysis.id, "", analysis.label, analysis.dimension, "computed", year, "county", "", "", None, analysis.unit,
        status, "; ".join(methods), "; ".join(sources), "; ".join(estimated),
    )  # fmt: skip


def _template(blank: Value, figure: Figure, level: ZoneLevel) -> Value:
    found = replace(blank, part=figure.part, name=figure.label, unit=figure.unit, zone_level=level)
    if not figure.doubt:
        return found
    return replace(found, status="estimated", note=joined(figure.doubt, blank.note))


def _rows(template: Value, numbers: pd.Series, names: Mapping[str, str]) -> list[Value]:
    """A figure's rows, one a zone."""
    return [_row(template, str(code), names.get(str(code), ""), number) for code, number in numbers.items()]


def _row(template: Value, code: str, name: str, number: float) -> Value:
    if np.isnan(number):
        note = joined(_("no denominator here"), template.note)
        return replace(template, zone_code=code, zone_name=name, value=None, status="not_applicable", note=note)
    return replace(template, zone_code=code, zone_name=name, value=rounded(number))


def rounded(number: float) -> float:
    """To twelve significant digits: what lies beyond is rounding noise of long sums; so is what is next to nothing."""
    return float(f"{number:.{DIGITS}g}") + 0.0 if abs(number) >= LEAST else 0.0


def _terms(
    analysis: Analysis,
    catalog: Catalog,
    measured: Mapping[str, Measured],
    used: Mapping[str, Mapping[ZoneLevel, pd.Series]],
    zones: Zones,
    level: ZoneLevel,
) -> tuple[Terms, pd.Index]:
    frame = zones.levels[level]
    index = pd.Index([""] if level == "county" else frame["code"])
    numbers: dict[str, pd.Series] = {}
    kinds = {"zone_area": "平方米"}
    if any("zone_area" in Expression(text).names for text in _expressions(analysis)):
        numbers["zone_area"] = pd.Series(ellipsoidal_area(frame.geometry).to_numpy(), index=index)
    for name, found in measured.items():
        numbers[name], kinds[name] = found.totals[level], catalog.measure_unit(analysis.measures[name])
    for name, by_level in used.items():
        numbers[name] = by_level.get(level, pd.Series(dtype=float))
        kinds[name] = catalog.analyses[name].unit
    return Terms(numbers, kinds), index


def _expressions(analysis: Analysis) -> list[str]:
    return [*analysis.choices, *(part.value for part in analysis.parts.values())]


def _zone_names(zones: Zones, level: ZoneLevel) -> dict[str, str]:
    frame = zones.levels[level]
    codes = [""] if level == "county" else list(frame["code"])
    return dict(zip(codes, frame["name"].astype(str), strict=True))


def _classes(
    analysis: Analysis, catalog: Catalog, measured: Mapping[str, Measured], level: ZoneLevel
) -> list[tuple[Figure, pd.Series]]:
    """A part a value of the `by` field: key `<measure>.<value>`, in the headline's unit where that fits."""
    found: list[tuple[Figure, pd.Series]] = []
    for name, one in measured.items():
        if level not in one.groups:
            continue
        own = catalog.measure_unit(analysis.measures[name])
        unit = analysis.unit if units.same_dimension(own, analysis.unit) else own
        labels, change = class_names(catalog, analysis, name), isinstance(analysis.measures[name], Change)
        for value in one.groups[level].columns:
            named = pair_label(value, labels) if change else labels.get(value, value) or _("(blank)")
            label = _("{name}: {value}", name=_part_name(analysis, name), value=named)
            figure, numbers = Figure(f"{name}.{value}", label, unit), one.groups[level][value]
            if change:  # of the pairs of classes most are nowhere
                numbers = numbers[numbers != 0]
            found.append((figure, numbers * units.factor(own, unit)))
    return found


def _part_name(analysis: Analysis, measure: str) -> str:
    """The label of the part that shows a measure as it is, else the analysis' own."""
    return analysis.label_of(measure) or analysis.label


def class_names(catalog: Catalog, analysis: Analysis, measure: str) -> dict[str, str]:
    """Value -> label of what the measure is split by."""
    found = analysis.measures[measure]
    if not isinstance(found, (Area, Change)) or not found.by:
        return {}
    return labels_of(catalog, found.resolved(found.by))


def without_value(analysis: Analysis, county: str, year: int, status: Status, note: str) -> Value:
    """The county's row of an analysis that has no value: missing, not applicable or failed, and why."""
    return Value(
        analysis.id, "", analysis.label, analysis.dimension, "reported" if analysis.reported else "computed", year,
        "county", "", county, None, analysis.unit, status, "", "", note,
    )  # fmt: skip

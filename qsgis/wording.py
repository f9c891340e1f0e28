"""Definitions in words: formulas, measures and operands as a standard's entry would put them."""

from __future__ import annotations

import re

from qsgis import units
from qsgis.catalog import Catalog
from qsgis.expressions import Expression
from qsgis.messages import _, choose
from qsgis.schema import Analysis, Area, By, Change, Commute, Condition, Count, Layer, Measure, Operand, Reach, Sum

_SIGNS = {"*": "×", "/": "÷", "-": "−"}


def formula(text: str, analysis: Analysis, catalog: Catalog) -> str:
    """An expression with the names of what it stands on in the place of ids."""
    for name in sorted(Expression(text).names, key=len, reverse=True):
        text = re.sub(rf"\b{name}\b", f"\x00{name}\x01", text)
    text = re.sub("\x00+(\\w+)\x01+", lambda found: label_of(found[1], analysis, catalog), text)
    return re.sub(r" ([*/-]) ", lambda found: f" {_SIGNS[found[1]]} ", text)


def label_of(name: str, analysis: Analysis, catalog: Catalog) -> str:
    """What a name in an expression is called: as a part, as the part that shows a measure as it is, as an indicator."""
    if name in analysis.parts:
        return analysis.parts[name].label
    shown = analysis.label_of(name)
    if shown is not None:
        return shown
    if name in analysis.uses:
        return catalog.analyses[name].label
    if name == "zone_area":
        return _("area of the zone")
    return analysis.label if analysis.headline and analysis.headline.strip() == name else name


def unit_text(unit: str) -> str:
    """A unit for reading; in English with its symbol."""
    return choose(unit, units.symbol(unit))


def measure_words(measure: Measure, catalog: Catalog) -> str:
    """What a measure sums up."""
    match measure:
        case Reach():
            return _reach_words(measure, catalog)
        case Commute():
            return _commute_words(measure)
    of = " ∩ ".join(operand_words(operand, catalog) for operand in measure.of)
    text = {
        "area": _("area of {operand}", operand=of), "change": _since(measure, of),
        "length": _("length of {operand}", operand=of),
        "count": _("number of {operand}", operand=of), "sum": _("sum over {operand}", operand=of),
    }[measure.method]  # fmt: skip
    if isinstance(measure, Sum):
        text += _(", field {field}", field=_field(measure.of[0].layers[0], measure.field, catalog))
    if isinstance(measure, (Area, Change)) and measure.by:
        text += _(", by {field}", field=_by_words(measure.resolved(measure.by), catalog))
    if isinstance(measure, Count) and measure.near:
        near = operand_words(measure.near, catalog)
        text += _(", no farther than {metres:g} m from {operand}", metres=measure.near_metres, operand=near)
    return text + _within(measure.within, catalog)


def _since(measure: Measure, of: str) -> str:
    if not isinstance(measure, Change):
        return ""
    year = _("the base year") if measure.since == "base" else str(measure.since)
    return _("ground of {operand} whose class changed since {year}", operand=of, year=year)


def _within(operand: Operand | None, catalog: Catalog) -> str:
    return _(", within {operand}", operand=operand_words(operand, catalog)) if operand else ""


def _commute_words(measure: Commute) -> str:
    limit = _("within {minutes:g} min", minutes=measure.minutes) if measure.minutes else _("whatever the time")
    words = {
        "od_minutes": _("flows with times"), "od_network": _("flows over the network"), "gravity": _("gravity model"),
    }  # fmt: skip
    sources = " → ".join(words[source] for source in measure.sources)
    if measure.count == "person_minutes":
        return _("minutes of all commuters, by residence; sources: {sources}", sources=sources)
    return _("commuters by residence, {limit}; sources: {sources}", limit=limit, sources=sources)


def _reach_words(measure: Reach, catalog: Catalog) -> str:
    limits = []
    for group in measure.supply:
        minutes, metres = measure.limit(group)
        limit = _("{minutes:g} min", minutes=minutes) if minutes else _("{metres:g} m", metres=metres)
        limits.append(_("{name} ({detail})", name=operand_words(group, catalog), detail=limit))
    mode = _(measure.mode)
    if measure.speed_kmh:
        mode = _("{mode} at {speed:g} km/h", mode=mode, speed=measure.speed_kmh)
    count, demand, supply = _(measure.count), operand_words(measure.demand, catalog), " + ".join(limits)
    text = (
        _("{count} of {demand} that {supply} gets to, {mode}", count=count, demand=demand, supply=supply, mode=mode)
        if measure.outward
        else _("{count} of {demand} from where {supply} is reached, {mode}",
               count=count, demand=demand, supply=supply, mode=mode)
    )  # fmt: skip
    if measure.delay_minutes:
        text += _(", of which {minutes:g} min before setting out", minutes=measure.delay_minutes)
    return text + _within(measure.within, catalog)


def operand_words(operand: Operand, catalog: Catalog) -> str:
    """The layers of an operand, what is selected of them, of which year, and whether it is what lies outside."""
    text = " ∪ ".join(catalog.layers[name].label for name in operand.layers)
    layer = catalog.layers[operand.layers[0]]
    chosen = [selection_words(name, layer) for name in operand.selections]
    if chosen:
        text = _("{name} [{selection}]", name=text, selection=" | ".join(chosen))
    if operand.around:
        text = _("{name} and {metres:g} m around", name=text, metres=operand.around)
    if operand.dated:
        text = _("{name} ({detail})", name=text, detail=_("of the year"))
    if operand.year != "current":
        year = _("base year") if operand.year == "base" else operand.year
        text = _("{name} ({detail})", name=text, detail=year)
    return _("outside {operand}", operand=text) if operand.outside else text


def selection_words(name: str, layer: Layer) -> str:
    """The conditions of a selection, all of which hold."""
    return "; ".join(
        f"{_condition_field(layer, field, column)} {_wanted(wanted)}"
        for field, column, wanted in layer.conditions(name)
    )


def _by_words(by: By, catalog: Catalog) -> str:
    return _condition_field(catalog.layers[by.layer], by.field, by.column)


def _condition_field(layer: Layer, field: str, column: str | None) -> str:
    if column is None:
        return layer.fields[field].label if field in layer.fields else field
    columns = {  # of the code tables
        "level1": _("level-1 class"), "big3": _("main group"), "cultivated": _("is cultivated"),
        "wetland": _("is wetland"), "account": _("group of the account"), "presumed": _("presumed settlement"),
        "settled": _("within settlements"), "street": _("is an urban street"), "graded": _("is a graded road"),
        "grade": _("road class"), "landsea": _("class of land and sea use"),
    }  # fmt: skip
    return columns.get(column, column)


def _wanted(wanted: Condition) -> str:
    if isinstance(wanted, list):
        return "= " + choose("、", ", ").join(wanted)
    bounds = {"min": "≥", "max": "≤"}
    return " ".join(f"{bounds[key]} {value:g}" for key, value in wanted.items())


def _field(layer: str, field: str, catalog: Catalog) -> str:
    known = catalog.layers[layer].fields
    return known[field].label if field in known else field

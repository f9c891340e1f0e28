"""The measure `reach`: demand from which one facility of each group is reached within a time or a distance.

Travel runs along the network from the nearest point of the nearest edge, the way there counted; see reach_demand for
what stands for the demand, reach_groups for the facilities, reach_layers for what is drawn.
"""

from __future__ import annotations

import numpy as np

from qsgis.analyses import reach_layers
from qsgis.analyses.area import sources_of
from qsgis.analyses.inputs import Inputs, Measured, NotApplicable
from qsgis.analyses.networks import DEFAULT_SPEED, Ways, way_of
from qsgis.analyses.pieces import outside_note, totals
from qsgis.analyses.reach_demand import Demand, demand_of, living
from qsgis.analyses.reach_groups import Answer, Group, answer_of, group_of
from qsgis.messages import _
from qsgis.network.times import Reason
from qsgis.results import ZoneLevel
from qsgis.schema import Reach

DRIVING = 30.0  # km/h as the crow flies, where no network tells the streets' speeds
OFF_NETWORK_LIMIT = 0.05  # more demand than this off the network or cut off: the figure is an estimate


def measure_reach(measure: Reach, inputs: Inputs, levels: list[ZoneLevel], name: str) -> Measured:
    """Square metres, people or features reached, by zone. LayerAbsent where a layer is not supplied."""
    del name
    measure, substituted = _substitute(measure, inputs)
    supplies = [inputs.features(supply) for supply in measure.supply]
    if measure.without_supply == "not_applicable" and not any(len(supply.frame) for supply in supplies):
        raise NotApplicable(_("the county has none of these facilities"))
    demand = demand_of(measure, inputs, levels)
    ways = None if measure.mode == "radius" else way_of(measure, inputs)
    groups = [
        group_of(supply, found, measure, ways, inputs) for supply, found in zip(measure.supply, supplies, strict=True)
    ]
    answers = [answer_of(demand, group, measure, ways, inputs) for group in groups]
    reached = np.logical_and.reduce([answer.reached for answer in answers])
    value = np.bincount(demand.piece, weights=demand.part * reached, minlength=len(demand.value)) * demand.value
    found = Measured(
        totals(demand.pieces, value, inputs.zones, levels),
        method=_method(measure, ways),
        sources=sources_of(inputs, measure.operands()),
        notes=[
            *(text for supply in supplies for text in supply.notes),
            *demand.first.notes,
            *demand.pieces.notes,
            *outside_note(demand.pieces, demand.value, _unit(measure)),
            *(text for group in groups for text in group.notes(measure.access_metres)),
        ],
        estimated=[*demand.first.estimated, *substituted],
    )
    if ways is not None:
        found.notes += ways.notes
        found.estimated += ways.estimated
    _say_unreached(found, demand, groups, answers, outward=measure.outward)
    _draw(found, measure, demand, groups, answers, ways, inputs)
    return found


def _substitute(measure: Reach, inputs: Inputs) -> tuple[Reach, list[str]]:
    """The measure by straight lines where there is no network and the project allows that."""
    if measure.mode in ("radius", "transit") or not measure.allow_substitute:
        return measure, []  # no straight line stands in for a timetable
    if all(inputs.has(layer, inputs.year) for layer in measure.network.layers):
        return measure, []
    pace = (measure.speed_kmh or DEFAULT_SPEED[measure.mode] or DRIVING) * 1000 / 60

    def metres(own: float | None, minutes: float | None) -> float | None:
        return own if minutes is None else pace * max(minutes - measure.delay_minutes, 0.0)

    supply = [
        group.model_copy(update={"metres": metres(group.metres, group.minutes), "minutes": None})
        for group in measure.supply
    ]
    changes = {
        "mode": "radius",
        "supply": supply,
        "metres": metres(measure.metres, measure.minutes),
        "minutes": None,
        "delay_minutes": 0.0,
        "areas": False,
        "outward": False,
    }
    reason = _("no network was supplied; straight lines stand in for it, as the project allows")
    return measure.model_copy(update=changes), [reason]


def _unit(measure: Reach) -> str:
    return {"area": "m²", "people": _("inhabitants"), "features": _("features")}[measure.count]


def _method(measure: Reach, ways: Ways | None) -> str:
    limits = []
    for group in measure.supply:
        minutes, metres = measure.limit(group)
        limits.append(_("{minutes:g} min", minutes=minutes) if minutes else _("{metres:g} m", metres=metres))
    way = ways.method if ways else _("straight-line radius")
    return _("{way}, within {limits}", way=way, limits=" / ".join(dict.fromkeys(limits)))


def _say_unreached(
    found: Measured, demand: Demand, groups: list[Group], answers: list[Answer], *, outward: bool
) -> None:
    """Demand that the network does not reach at all, by reason, and whether it is too much to be sure of the figure."""
    weight = demand.weight * demand.inside
    whole = float(weight.sum())
    lost: dict[tuple[str, Reason], list[str]] = {}  # share and reason -> the groups of which that is so
    unsure = False
    for group, answer in zip(groups, answers, strict=True):
        if not len(group.found.frame):
            found.notes.append(_("{group}: there is none", group=group.label))
        elif whole:
            cut_off = answer.reason >= Reason.OFF_NETWORK
            unsure |= float(weight[cut_off].sum()) > OFF_NETWORK_LIMIT * whole
            for reason in np.unique(answer.reason[cut_off & (weight > 0)]):
                share = f"{float(weight[answer.reason == reason].sum()) / whole:.1%}"
                lost.setdefault((share, Reason(reason)), []).append(group.label)
    for (share, reason), names in lost.items():
        where, why = ", ".join(names), reason.label
        text = (
            _("{share} of the demand is not reached from {groups}: {reason}", share=share, groups=where, reason=why)
            if outward
            else _("{share} of the demand does not reach {groups}: {reason}", share=share, groups=where, reason=why)
        )
        (found.estimated if unsure else found.notes).append(text)


def _draw(
    found: Measured,
    measure: Reach,
    demand: Demand,
    groups: list[Group],
    answers: list[Answer],
    ways: Ways | None,
    inputs: Inputs,
) -> None:
    """The feature layers that the measure asks for."""
    if measure.patches:
        found.layers |= reach_layers.patches(measure, demand, groups, answers, inputs)
        found.layers["facilities"] = reach_layers.facilities(measure, demand, groups, answers, inputs)
        found.notes += living(demand, inputs)[1]
    made = measure.feature_layers("")
    if "streets" in made and ways is not None:
        found.layers["streets"] = reach_layers.streets(measure, groups[0], ways, inputs)
    if "areas" in made and ways is not None:
        found.layers["areas"] = reach_layers.areas(measure, groups[0], ways)
        text = _("the layer of areas is for drawing: reached streets with {metres:g} m on either side",
                 metres=reach_layers.STRIP)  # fmt: skip
        found.notes.append(text)

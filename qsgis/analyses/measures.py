"""Which function computes which method of a definition."""

from __future__ import annotations

from typing import assert_never

from qsgis.analyses.area import measure_area
from qsgis.analyses.commute import measure_commute
from qsgis.analyses.count import measure_count
from qsgis.analyses.inputs import Inputs, Measured
from qsgis.analyses.length import measure_length
from qsgis.analyses.reach import measure_reach
from qsgis.analyses.total import measure_sum
from qsgis.results import ZoneLevel
from qsgis.schema import Area, Commute, Count, Length, Measure, Reach, Sum


def compute(measure: Measure, inputs: Inputs, levels: list[ZoneLevel], name: str) -> Measured:
    """The measure `name` of a definition for one year: additive numbers by zone, and feature layers."""
    found = _computed(measure, inputs, levels, name)
    found.estimated = list(dict.fromkeys([*found.estimated, *inputs.estimates(measure.operands())]))
    return found


def _computed(measure: Measure, inputs: Inputs, levels: list[ZoneLevel], name: str) -> Measured:
    match measure:
        case Area():
            return measure_area(measure, inputs, levels, name)
        case Length():
            return measure_length(measure, inputs, levels, name)
        case Count():
            return measure_count(measure, inputs, levels, name)
        case Sum():
            return measure_sum(measure, inputs, levels, name)
        case Reach():
            return measure_reach(measure, inputs, levels, name)
        case Commute():
            return measure_commute(measure, inputs, levels, name)
    assert_never(measure)

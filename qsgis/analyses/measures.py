"""Which function computes which method of a definition."""

from __future__ import annotations

from collections.abc import Callable

from qsgis.analyses.area import measure_area
from qsgis.analyses.change import measure_change
from qsgis.analyses.commute import measure_commute
from qsgis.analyses.count import measure_count
from qsgis.analyses.inputs import Inputs, Measured
from qsgis.analyses.length import measure_length
from qsgis.analyses.reach import measure_reach
from qsgis.analyses.total import measure_sum
from qsgis.results import ZoneLevel
from qsgis.schema import Area, Change, Commute, Count, Length, Measure, Reach, Sum

METHODS: dict[type, Callable[..., Measured]] = {
    Area: measure_area,
    Change: measure_change,
    Commute: measure_commute,
    Count: measure_count,
    Length: measure_length,
    Reach: measure_reach,
    Sum: measure_sum,
}


def compute(measure: Measure, inputs: Inputs, levels: list[ZoneLevel], name: str) -> Measured:
    """The measure `name` of a definition for one year: additive numbers by zone, and feature layers."""
    found = METHODS[type(measure)](measure, inputs, levels, name)
    found.estimated = list(dict.fromkeys([*found.estimated, *inputs.estimates(measure.operands())]))
    return found

"""Street networks: lines to a graph, places to its edges, minutes between them, areas. No file is opened here.

>>> from qsgis.network import Network
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qsgis.network.attach import Attachment
    from qsgis.network.build import Report
    from qsgis.network.catchment import Catchments, LivingCircle
    from qsgis.network.graph import Network
    from qsgis.network.pairs import Pairs
    from qsgis.network.times import Nearest, Reason
    from qsgis.network.transit import Transit, TransitTimes
    from qsgis.network.transit_timetable import Timetable

__all__ = [
    "Attachment",
    "Catchments",
    "LivingCircle",
    "Nearest",
    "Network",
    "Pairs",
    "Reason",
    "Report",
    "Timetable",
    "Transit",
    "TransitTimes",
]

_HOMES = {
    "Network": "graph",
    "Report": "build",
    "Attachment": "attach",
    "Nearest": "times",
    "Reason": "times",
    "Catchments": "catchment",
    "LivingCircle": "catchment",
    "Pairs": "pairs",
    "Timetable": "transit_timetable",
    "Transit": "transit",
    "TransitTimes": "transit",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

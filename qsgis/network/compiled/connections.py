"""The timetable's loops compiled: the scan of the connections, and what it means to each origin."""

from __future__ import annotations

from typing import Any

import numba
from numba.extending import register_jitable

from qsgis.network import transit_profile as loops

for _part in (loops.onward, loops.sooner, loops.catch, loops.keep, loops.board, loops.smallest):
    register_jitable(_part)
scan: Any = numba.njit(cache=True, nogil=True)(loops.scan)
settle: Any = numba.njit(cache=True, nogil=True)(loops.settle)

"""Land-use change: what each parcel of today was in the base year, by the record of how the county was made."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qsgis.demo.county import County
from qsgis.demo.ledger.rows import EXACT, Row, Uses, by_district, uses
from qsgis.demo.noise import Floats

_HOW = "plain sum of TBDLMJ by the class that a parcel was made with and that of the base year"
_WETLAND = ("0306", "1106")  # of the classes that the county has those of level 1 00, whatever their code begins with


def rows(county: County) -> list[Row]:
    """The changed ground and the pairs of level-1 classes, of the county and of the townships that have them."""
    now = uses(county)
    was, became = _level1(county.history["DLBM"].to_numpy().astype(str)), _level1(now.use)
    found = _sums("", now.area * (was != became), now)
    for pair in sorted(set(zip(was.tolist(), became.tolist(), strict=True))):
        both = (was == pair[0]) & (became == pair[1])
        found += [row for row in _sums("matrix." + ">".join(pair), now.area * both, now) if row.value > 0]
    return found


def _sums(part: str, area: Floats, now: Uses) -> list[Row]:
    return by_district("land_change", part, area / 1e4, now.district, "公顷", EXACT, _HOW)


def _level1(code: NDArray[np.str_]) -> NDArray[np.str_]:
    return np.where(np.isin(code, _WETLAND), "00", code.astype("U2"))

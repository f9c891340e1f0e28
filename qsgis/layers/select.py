"""Selections of a layer's definition → which rows of a frame they take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from qsgis.errors import FieldMissing
from qsgis.layers.fields import known_names
from qsgis.layers.values import table_of
from qsgis.messages import _
from qsgis.schema import Condition, Layer

Array = np.ndarray[Any, Any]


def select(
    frame: pd.DataFrame, definition: Layer, names: Sequence[str], survey: int = 3, path: str = ""
) -> tuple[Array, Counter[str]]:
    """Which rows any of the selections `names` takes (no name: all), and code -> rows for codes the tables lack.

    Within one selection all conditions hold. survey: 2 or 3, the land survey whose code table is looked up. Empty
    values and unknown codes are not taken. path: the file, for messages.
    Raises FieldMissing where a condition is about a field that the frame lacks.
    """
    rows = np.full(len(frame), not names)
    unknown: Counter[str] = Counter()
    for name in names:
        taken = np.ones(len(frame), dtype=bool)
        for field, column, wanted in definition.conditions(name):
            if field not in frame:
                where = _("{path}, for the selection {name}", path=path or definition.id, name=name)
                known = known_names(field, definition.fields[field])
                held = [str(column) for column in frame.columns if column in definition.fields]
                raise FieldMissing(definition.id, where, field, known, held)
            values = frame[field].to_numpy()
            if column is not None:
                values, missing = _looked_up(values, definition.fields[field].codes, column, survey)
                unknown |= missing
            taken &= _meets(values, wanted)
        rows |= taken
    return rows, unknown


def _looked_up(values: Array, codes: str | None, column: str, survey: int) -> tuple[Array, Counter[str]]:
    """Each code's entry in a column of its table (None for no code and for an unknown one), and the unknown ones."""
    table = table_of(codes or "", survey)
    places, distinct = pd.factorize(values, use_na_sentinel=True)
    entries = np.empty(len(distinct) + 1, dtype=object)
    entries[:] = [*(table[code][column] if code in table else None for code in distinct), None]
    counts = np.bincount(places[places >= 0], minlength=len(distinct))
    unknown = {str(code): int(count) for code, count in zip(distinct, counts, strict=True) if code not in table}
    return entries[places], Counter(unknown)


def _meets(values: Array, wanted: Condition) -> Array:
    if isinstance(wanted, list):
        place, distinct = pd.factorize(pd.Series(values, dtype=object))
        hits = np.array([*(_text(value) in wanted for value in distinct), False])
        return np.asarray(hits[place])
    numbers = pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        above = numbers >= wanted.get("min", -np.inf)
        return np.asarray(above & (numbers <= wanted.get("max", np.inf)))


def _text(value: Any) -> str | None:
    """A value as definitions write it: numbers without ".0", flags as true and false."""
    if value is None or value != value:  # noqa: PLR0124  (NaN)
        return None
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)

"""Selections of a layer's definition → which rows of a frame they take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from qsgis.errors import FieldMissing
from qsgis.layers.fields import known_names
from qsgis.layers.values import table_of
from qsgis.messages import _
from qsgis.schema import Condition, Layer

Array = np.ndarray[Any, Any]


class NotTold(Exception):
    """A selection that the second survey does not tell apart."""


@dataclass
class Selected:
    """rows: which are taken; unknown: code -> rows for codes that the tables lack; estimated: why it is an estimate."""

    rows: Array
    unknown: Counter[str]
    estimated: list[str]


def select(frame: pd.DataFrame, definition: Layer, names: Sequence[str], survey: int = 3, path: str = "") -> Selected:
    """Which rows any of the selections `names` takes (no name: all).

    Within one selection all conditions hold. survey: 2 or 3, the land survey whose code table is looked up; the second
    has selections of its own (`second_survey`). Where a field that a selection asks for is filled in nowhere, its form
    in `estimate` stands in. Empty values and unknown codes are not taken. path: the file, for messages.
    Raises FieldMissing where a condition is about a field that the frame lacks, NotTold where the second survey does
    not tell the selection apart.
    """
    found = Selected(np.full(len(frame), not names), Counter(), [])
    for name in names:
        taken = np.ones(len(frame), dtype=bool)
        for field, column, wanted in _conditions(frame, definition, name, survey, found.estimated):
            if field not in frame:
                where = _("{path}, for the selection {name}", path=path or definition.id, name=name)
                known = known_names(field, definition.fields[field])
                held = [str(column) for column in frame.columns if column in definition.fields]
                raise FieldMissing(definition.id, where, field, known, held)
            values = frame[field].to_numpy()
            if column is not None:
                values, missing = _looked_up(values, definition.fields[field].codes, column, survey)
                found.unknown |= missing
            taken &= _meets(values, wanted)
        found.rows |= taken
    return found


def _conditions(
    frame: pd.DataFrame, definition: Layer, name: str, survey: int, estimated: list[str]
) -> list[tuple[str, str | None, Condition]]:
    """The conditions of a selection in the form that fits the survey and the fields that are filled in."""
    if survey == 2 and definition.second_survey:
        if name not in definition.second_survey:
            raise NotTold(name)
        return list(definition.conditions(name, "second_survey"))
    conditions = list(definition.conditions(name))
    empty = [field for field, _column, _wanted in conditions if field not in frame or frame[field].isna().all()]
    if len(frame) and empty and name in definition.estimate:
        labels = ", ".join(definition.fields[field].label for field in dict.fromkeys(empty))
        estimated.append(_("{fields} is filled in nowhere: taken by class", fields=labels))
        return list(definition.conditions(name, "estimate"))
    return conditions


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

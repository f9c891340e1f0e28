"""What a measure is split by: a field, or a column of its code table; the value for each feature, and its label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from qsgis.catalog import Catalog
from qsgis.codes import code_table, term
from qsgis.layers.values import table_of
from qsgis.messages import _, choose
from qsgis.schema import By

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from qsgis.analyses.inputs import Inputs

TO = ">"  # between the earlier and the later class of a change


def values_of(by: By, frame: pd.DataFrame, inputs: Inputs, survey: int = 3) -> NDArray[np.object_]:
    """The value of `by` for each row as text, "" where there is none.

    survey: whose code table a column is looked up in. Raises LayerAbsent where the frame has no such field.
    """
    if by.field not in frame:
        raise inputs.lacking(by.layer, by.field)
    values = frame[by.field].astype(object).where(frame[by.field].notna(), "").to_numpy()
    if by.column is None:
        return values
    table = table_of(inputs.catalog.layers[by.layer].fields[by.field].codes or "", survey)
    place, distinct = pd.factorize(values)
    entries = [table[code].get(by.column, "") if code in table else "" for code in distinct]
    return np.asarray(entries, dtype=object)[place]


def labels_of(catalog: Catalog, by: By) -> dict[str, str]:
    """Value -> label: `code name` for the codes of a table and for groups with a column of names, else the word."""
    codes = catalog.layers[by.layer].fields[by.field].codes
    if codes is None:
        return {}
    table = code_table(codes)
    if by.column is None:
        return {code: f"{code} {choose(row['name'], row.get('name_en'))}" for code, row in table.items()}
    named = f"{by.column}_name"
    return {
        row[by.column]: f"{row[by.column]} {term(row[named])}" if named in row else term(row[by.column])
        for row in table.values()
    }


def unknown_codes(by: By, frame: pd.DataFrame, values: Sequence[str] | NDArray[np.object_]) -> list[str]:
    """A note on the codes that no entry was found for, with how often each occurs; nothing where there is none."""
    lost = frame[by.field].astype(object)[(np.asarray(values) == "") & frame[by.field].notna().to_numpy()]
    if by.column is None or not len(lost):
        return []
    listing = ", ".join(f"{code} ({count})" for code, count in sorted(lost.value_counts().items()))
    return [_("{layer}: codes that no table knows: {codes}", layer=by.layer, codes=listing)]

"""What a measure is split by: a field, or a column of its code table; the value for each feature, and its label."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from qsgis.analyses.inputs import LayerAbsent
from qsgis.catalog import Catalog
from qsgis.codes import CodeTable, code_table, survey_codes, term
from qsgis.layers.values import table_of
from qsgis.messages import _, choose
from qsgis.schema import By

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from qsgis.analyses.inputs import Inputs

TO = ">"  # between the earlier and the later class of a change
COLUMN_TABLES = ("landsea",)  # columns whose entries have a code table of that name
SETTLEMENT = "settlement"  # the field of the settlement that a parcel of the third survey belongs to


def values_of(by: By, frame: pd.DataFrame, inputs: Inputs, survey: int = 3) -> NDArray[np.object_]:
    """The value of `by` for each row as text, "" where there is none.

    survey: whose code table a column is looked up in. Raises LayerAbsent where the frame has no such field, or the
    survey's table no such column.
    """
    codes = _own_codes(by, frame, inputs)
    if by.column is None:
        return codes
    table = table_of(inputs.catalog.layers[by.layer].fields[by.field].codes or "", survey)
    if by.column not in next(iter(table.values()), {}):
        text = _(
            "in the third survey's classes: the second survey does not tell {selection} apart", selection=by.column
        )
        raise LayerAbsent(by.layer, inputs.year, text)
    place, distinct = pd.factorize(codes)
    entries = [table[code].get(by.column, "") if code in table else "" for code in distinct]
    return np.asarray(entries, dtype=object)[place]


def _own_codes(by: By, frame: pd.DataFrame, inputs: Inputs) -> NDArray[np.object_]:
    if by.field not in frame:
        raise inputs.lacking(by.layer, by.field)
    return np.asarray(frame[by.field].astype(object).where(frame[by.field].notna(), "").to_numpy(), dtype=object)


def in_common(by: By, frame: pd.DataFrame, inputs: Inputs, survey: int) -> NDArray[np.object_]:
    """The value of `by` for each row in terms that the second survey and the third both know, "" where there is none.

    A code of the second survey is the nearest one of the third. The second survey draws a settlement as one class
    (201 – 205): where `by` tells what is inside it apart, it is one class of both, after the column `level1`.
    """
    values, codes = values_of(by, frame, inputs, survey), _own_codes(by, frame, inputs)
    name = inputs.catalog.layers[by.layer].fields[by.field].codes
    second, third = (table_of(name or "", one) for one in (2, 3))
    group = _settlement_group(by, second, third)
    if by.column is None:
        nearest = _nearest(second, third)
        values = np.asarray([nearest.get(code, code) for code in codes], dtype=object)
    if not group:
        return values
    if survey == 2:
        settled = np.isin(codes, [code for code, row in second.items() if row["level1"] == group])
    else:
        settled = np.isin(codes, [code for code, row in third.items() if row["presumed"]])
        if SETTLEMENT in frame:
            settled |= frame[SETTLEMENT].fillna("").astype(str).str.startswith(group).to_numpy()
    return np.where(settled, group, values)


def _settlement_group(by: By, second: CodeTable, third: CodeTable) -> str:
    """`level1` of the second survey's settlements where `by` gives them a value unknown to the third, else ""."""
    told_by = by.column or "code"
    known = {row.get(told_by) for row in third.values()}
    inside = [row for row in second.values() if row["third_survey"].split(";")[0] not in third]
    return next((row["level1"] for row in inside if row.get(told_by) not in known), "")


def _nearest(second: CodeTable, third: CodeTable) -> dict[str, str]:
    """Code of either survey -> the third survey's nearest; what the second does not tell apart goes to its first."""
    found = {code: code[:-1] for code in third if code[:-1] in third}  # 0201K, 1104A: kinds of 0201, 1104
    for code, row in second.items():
        first, *others = row["third_survey"].split(";")
        if first in third:
            found |= dict.fromkeys([code, *others], first)
    return found


def two_surveys_note(by: By, inputs: Inputs) -> str:
    """How classes of the second survey are compared with those of the third."""
    name = inputs.catalog.layers[by.layer].fields[by.field].codes or ""
    group = _settlement_group(by, *(table_of(name, one) for one in (2, 3)))
    text = _("classes of the second survey are read as the nearest of the third, by the tables of codes")
    if not group:
        return text
    label = labels_of(inputs.catalog, by)[group]
    return text + _("; what lies in settlements is one class of both years: {label}", label=label)


def labels_of(catalog: Catalog, by: By) -> dict[str, str]:
    """Value -> label: `code name` for the codes of a table and for groups with a column of names, else the word.

    Values of the second survey's table that the third's does not know are among them.
    """
    codes = catalog.layers[by.layer].fields[by.field].codes
    if codes is None:
        return {}
    third, second = code_table(codes), code_table(survey_codes(codes, 2) or codes)
    labels = _labels(by, second) | _labels(by, third)
    if second is not third and (group := _settlement_group(by, second, third)):
        labels.setdefault(group, next(_level1(row) for row in second.values() if row["level1"] == group))
    return labels


def _labels(by: By, table: CodeTable) -> dict[str, str]:
    if by.column is None:
        return {code: f"{code} {choose(row['name'], row.get('name_en'))}" for code, row in table.items()}
    if by.column in COLUMN_TABLES:
        return _labels(by._replace(column=None), code_table(by.column))
    named = f"{by.column}_name"
    return {
        row[by.column]: f"{row[by.column]} {term(row[named])}" if named in row else term(row[by.column])
        for row in table.values()
        if row.get(by.column)
    }


def _level1(row: dict[str, str]) -> str:
    return f"{row['level1']} {term(row['level1_name'])}"


def sides(labels: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Labels of the earlier and of the later class of a change: with what is said where a year has no class."""
    return labels | {"": _("no data earlier")}, labels | {"": _("no data later")}


def pair_label(pair: str, labels: dict[str, str]) -> str:
    """`earlier>later` in words."""
    one, _to, other = pair.partition(TO)
    if one == other:
        return _("{label}, unchanged", label=labels.get(one, one))
    earlier, later = sides(labels)
    return f"{earlier.get(one, one)} → {later.get(other, other)}"


def unknown_codes(by: By, frame: pd.DataFrame, values: Sequence[str] | NDArray[np.object_]) -> list[str]:
    """A note on the codes that no entry was found for, with how often each occurs; nothing where there is none."""
    lost = frame[by.field].astype(object)[(np.asarray(values) == "") & frame[by.field].notna().to_numpy()]
    if by.column is None or not len(lost):
        return []
    listing = ", ".join(f"{code} ({count})" for code, count in sorted(lost.value_counts().items()))
    return [_("{layer}: codes that no table knows: {codes}", layer=by.layer, codes=listing)]

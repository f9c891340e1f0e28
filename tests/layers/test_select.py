"""Selections: unions of conditions that all hold, by value, by range, by a column of the code table."""

import pandas as pd
import pytest

from qsgis.errors import FieldMissing
from qsgis.layers.select import select
from qsgis.schema import LayerField

from .conftest import parcels

FIELDS = {
    "class": LayerField(name="地类编码", codes="land_use_3"),
    "settlement": LayerField(name="城镇村属性码"),
    "floors": LayerField(name="层数", type="number"),
    "open": LayerField(name="开放", type="flag"),
}
LAYER = parcels(
    fields=FIELDS,
    select={
        "cultivated": {"class": {"level1": ["01"]}},
        "town": {"settlement": ["201", "202"]},
        "town_construction": {"class": {"big3": ["建设用地"]}, "settlement": ["201", "202"]},
        "middle": {"floors": {"min": 2, "max": 5}},
        "tall": {"floors": {"min": 6}},
        "open": {"open": ["true"]},
    },
)
FRAME = pd.DataFrame(
    {
        "class": ["0101", "0303", "0701", "0701", "9999", None],  # 0303 is wetland by the table, not forest
        "settlement": [None, None, "202", "203", "201", "201"],
        "floors": [float("nan"), 1.0, 2.0, 5.0, 6.0, 5.5],
        "open": [True, False, None, True, None, None],
    },
    dtype=object,
).astype({"floors": float})


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        ([], [0, 1, 2, 3, 4, 5]),
        (["cultivated"], [0]),
        (["town"], [2, 4, 5]),
        (["town_construction"], [2]),
        (["cultivated", "town"], [0, 2, 4, 5]),
        (["middle"], [2, 3]),
        (["tall"], [4]),
        (["open"], [0, 3]),
    ],
)
def test_rows(names, rows):
    assert select(FRAME, LAYER, names).rows.nonzero()[0].tolist() == rows


def test_unknown_codes_are_counted_and_not_taken():
    found = select(pd.concat([FRAME, FRAME], ignore_index=True), LAYER, ["town_construction", "cultivated"])
    assert found.unknown == {"9999": 2}
    assert found.rows.sum() == 4


def test_the_second_survey_has_its_own_table():
    """二调 013 旱地 is cultivated land; 三调 has no such code."""
    frame = pd.DataFrame({"class": ["013", "0101"]}, dtype=object)
    assert select(frame, LAYER, ["cultivated"], survey=2).rows.tolist() == [True, False]
    assert select(frame, LAYER, ["cultivated"], survey=3).rows.tolist() == [False, True]


def test_a_condition_on_a_field_that_is_not_there():
    with pytest.raises(FieldMissing, match="floors"):
        select(FRAME.drop(columns="floors"), LAYER, ["tall"])


def test_a_frame_without_rows():
    assert select(FRAME.iloc[:0], LAYER, ["cultivated"]).rows.tolist() == []

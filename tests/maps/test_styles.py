from __future__ import annotations

import numpy as np
import pytest
import shapely

from qsgis.errors import UnknownId
from qsgis.maps.styles import by_kind, default_style, resolve
from qsgis.messages import set_language
from qsgis.schema import Style

from .conftest import frame

POINT = shapely.Point(600_000, 3_930_000)


def points(**columns):
    return frame([POINT] * len(next(iter(columns.values()))), **columns)


def style(**facts):
    return Style(**{"id": "s", "name": "样式", "kind": "categorised", "field": "kind", **facts})


def test_classes_met_by_no_feature_are_left_out_and_values_no_class_names_get_one():
    given = style(
        classes=[{"value": "a", "name": "甲", "fill": "#111111"}, {"value": "z", "name": "无", "fill": "#222222"}],
        palette=["#abcdef"],
    )
    look = resolve(given, points(kind=["b", "a", None, "a"]), "point")
    assert [(entry.label, entry.count, entry.fill) for entry in look.classes[:2]] == [
        ("甲", 2, "#111111"),
        ("b", 1, "#abcdef"),
    ]
    assert look.classes[2].not_given and look.classes[2].count == 1
    assert look.member.tolist() == [1, 0, 2, 0]


def test_code_table_gives_names_and_colours_in_the_order_of_the_table():
    look = resolve(style(field="class", codes="land_use_3"), points(**{"class": ["0601", "0101", "0601"]}), "polygon")
    assert [entry.value for entry in look.classes] == ["0101", "0601"]
    assert [entry.label for entry in look.classes] == ["水田", "工业用地"]
    assert look.classes[0].fill == "#f8d072"  # 248, 208, 114 in the third survey's colours


def test_unknown_code_table_is_refused():
    with pytest.raises(UnknownId):
        resolve(style(codes="no_such_table"), points(kind=["a"]), "point")


def test_a_value_on_a_bound_belongs_to_the_class_below_and_every_value_has_a_class():
    given = style(
        kind="graduated", field="minutes", classes=[{"upto": 5, "fill": "#111111"}, {"upto": 10, "fill": "#222222"}]
    )
    minutes = [0.0, 5.0, 5.0001, 10.0, 10.5, np.nan]
    look = resolve(given, points(minutes=minutes), "point")
    assert [entry.count for entry in look.classes] == [2, 2, 1, 1]
    assert look.member.tolist() == [0, 0, 1, 1, 2, 3]
    for row, value in enumerate(minutes[:5]):
        entry = look.classes[look.member[row]]
        assert entry.low <= value <= entry.high


def test_an_interior_class_without_features_is_left_out():
    given = style(kind="graduated", field="minutes", classes=[{"upto": 5}, {"upto": 10}, {"name": "更远"}])
    look = resolve(given, points(minutes=[1.0, 20.0]), "point")
    assert [(entry.low, entry.high, entry.label) for entry in look.classes] == [(1.0, 5.0, "≤ 5"), (10.0, 20.0, "更远")]


def test_graduated_without_bounds_makes_classes_of_about_equal_size():
    look = resolve(style(kind="graduated", field="share"), points(share=list(range(100))), "polygon")
    assert sum(entry.count for entry in look.classes) == 100
    assert len(look.classes) == 5
    assert all(15 <= entry.count <= 25 for entry in look.classes)


def test_numbers_and_flags_are_looked_up_as_qgis_writes_them():
    look = resolve(style(field="year"), points(year=[2019.0, 2015.0]), "point")
    assert [entry.value for entry in look.classes] == ["2015", "2019"]
    look = resolve(style(field="flag"), points(flag=[True, False]), "point")
    assert [entry.value for entry in look.classes] == ["false", "true"]


def test_fill_none_is_open_and_a_line_takes_either_colour():
    look = resolve(style(fill="none"), points(kind=["a"]), "polygon")
    assert look.classes[0].fill is None
    look = resolve(style(classes=[{"value": "a", "fill": "#0f4c75"}]), points(kind=["a"]), "line")
    assert (look.classes[0].fill, look.classes[0].stroke) == (None, "#0f4c75")


def test_a_style_that_does_not_fit_keeps_its_colours_and_says_so():
    look = resolve(style(field="absent", fill="#8dbcd9"), points(kind=["a", "b"]), "point")
    assert "absent" in look.note
    assert look.style.field == "kind"
    assert {entry.fill for entry in look.classes} == {"#8dbcd9"}
    look = resolve(style(kind="graduated", field="absent"), points(kind=["a", "b"]), "point")
    assert (look.style.kind, [entry.label for entry in look.classes]) == ("categorised", ["a", "b"])


def test_labels_follow_the_language():
    given = style(classes=[{"value": "a", "name": "甲", "name_en": "first"}])
    set_language("en")
    assert resolve(given, points(kind=["a"]), "point").classes[0].label == "first"


def test_default_is_by_minutes_else_by_the_first_telling_column_with_few_values():
    assert default_style(points(minutes=[1.0], kind=["a"]), "point").kind == "graduated"
    many = [str(n) for n in range(50)]
    chosen = default_style(points(name=many, district_name=["甲", "乙"] * 25, minutes=[None] * 50), "polygon")
    assert (chosen.kind, chosen.field) == ("categorised", "district_name")


def test_mixed_geometry_is_told_apart_and_nothing_is_lost():
    mixed = frame(
        [POINT, POINT.buffer(9), shapely.LineString([(0, 0), (1, 1)]), shapely.MultiPoint([POINT, POINT])],
        n=[0, 1, 2, 3],
    )
    kinds = by_kind(mixed)
    assert {kind: rows["n"].tolist() for kind, rows in kinds.items()} == {"polygon": [1], "line": [2], "point": [0, 3]}


@pytest.mark.parametrize("colour", ["red", "#12345", "#1234567", '"><script>'])
def test_a_colour_is_written_as_six_digits(colour):
    with pytest.raises(ValueError, match="fill"):
        style(fill=colour)

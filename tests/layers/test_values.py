"""Field names and values: aliases, types, spellings, codes."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from qsgis.errors import FieldMissing, UnknownId, ValueWrong
from qsgis.schema import LayerField

from .conftest import checks, facilities, parcels, read


def write(folder, columns):
    path = folder / "a.gpkg"
    count = len(next(iter(columns.values())))
    squares = [shapely.box(5e5 + 10 * n, 4e6, 5e5 + 10 * n + 10, 4e6 + 10) for n in range(count)]
    gpd.GeoDataFrame(columns, geometry=squares, crs=4546).to_file(path, layer="DLTB")
    return path


@pytest.mark.parametrize("name", ["class", "CLASS", "DLBM", "dlbm", " DLBM ", "ＤＬＢＭ", "地类编码"])
def test_a_field_goes_by_any_of_its_names(tmp_path, name):
    assert read(parcels(), write(tmp_path, {name: ["0101"]})).frame["class"].tolist() == ["0101"]


def test_a_misspelt_field_is_missing_with_what_there_is(tmp_path):
    path = write(tmp_path, {"DLBN": ["0101"], "TBMJ": [1.0]})
    with pytest.raises(FieldMissing) as caught:
        read(parcels(), path)
    assert "DLBN" in caught.value.why
    assert "DLBM" in caught.value.why
    layer = read(parcels(checks=checks(required="warn")), path)
    assert "class" not in layer.frame
    assert any("class" in note for note in layer.notes)


def test_the_project_names_the_field(tmp_path):
    path = write(tmp_path, {"代码": ["0101"], "DLBM": ["0301"]})
    assert read(parcels(), path, fields={"class": "代码"}).frame["class"].tolist() == ["0101"]
    with pytest.raises(FieldMissing, match="class"):
        read(parcels(), path, fields={"class": "无此字段"})
    with pytest.raises(UnknownId, match="klass"):
        read(parcels(), path, fields={"klass": "代码"})


def test_of_two_aliases_the_first_is_taken_and_said(tmp_path):
    layer = read(parcels(), write(tmp_path, {"TBMJ": [2.0], "TBDLMJ": [1.0], "DLBM": ["0101"]}))
    assert layer.frame["area"].tolist() == [1.0]
    assert any("TBDLMJ" in note and "TBMJ" in note for note in layer.notes)


def test_numbers_from_text(tmp_path):
    texts = ["1,234.5", "１２３", " 7 ", "", "1e3", "12亩", "1,23", "-5", None]
    layer = read(parcels(), write(tmp_path, {"DLBM": ["0101"] * 9, "TBDLMJ": texts}))
    expected = [1234.5, 123.0, 7.0, np.nan, 1000.0, np.nan, np.nan, np.nan, np.nan]
    assert np.array_equal(layer.frame["area"], expected, equal_nan=True)
    assert layer.flaws["feature"].tolist() == ["6", "7", "8"]  # 12亩, 1,23 and the negative one
    assert any("12亩" in note and "3 features" in note for note in layer.notes)
    with pytest.raises(ValueWrong, match="6, 7, 8"):
        read(parcels(checks=checks(values="stop")), tmp_path / "a.gpkg")


def test_codes_are_text_without_a_decimal_part(tmp_path):
    layer = read(parcels(), write(tmp_path, {"DLBM": [1101.0, 1102.0, np.nan], "BSM": [140521000000000001, 2, 3]}))
    assert layer.frame["class"].tolist() == ["1101", "1102", None]
    assert layer.frame["id"].tolist() == ["140521000000000001", "2", "3"]


def test_leading_zeros_that_a_spreadsheet_took_are_put_back_and_said(tmp_path):
    layer = read(parcels(), write(tmp_path, {"DLBM": [101, 301, 1101]}))
    assert layer.frame["class"].tolist() == ["0101", "0301", "1101"]
    assert any("zeros" in note and "0101" in note for note in layer.notes)


def test_full_width_and_small_letters_of_codes(tmp_path):
    layer = read(parcels(), write(tmp_path, {"DLBM": ["０１０１", "0201k", "0101 "]}))
    assert layer.frame["class"].tolist() == ["0101", "0201K", "0101"]


def test_unknown_codes_are_kept_listed_and_counted(tmp_path):
    layer = read(parcels(), write(tmp_path, {"DLBM": ["0101", "9999", "9999"]}))
    assert layer.frame["class"].tolist() == ["0101", "9999", "9999"]
    assert layer.flaws["feature"].tolist() == ["2", "3"]
    assert any("9999" in note and "2 features" in note for note in layer.notes)
    with pytest.raises(ValueWrong):
        read(parcels(checks=checks(codes="stop")), tmp_path / "a.gpkg")
    assert not len(read(parcels(checks=checks(codes="off")), tmp_path / "a.gpkg").flaws)


def test_the_second_survey_has_its_own_codes(tmp_path):
    path = write(tmp_path, {"DLBM": ["011", "13"]})
    layer = read(parcels(), path, survey=2)
    assert layer.frame["class"].tolist() == ["011", "013"]
    assert not len(layer.flaws)
    assert len(read(parcels(), path).flaws) == 2


def test_long_whole_numbers_with_gaps_are_exact_or_refused(tmp_path, monkeypatch):
    """2⁵³ + 1 is the first integer that a float cannot hold."""
    import pandas as pd

    from qsgis.errors import FileUnreadable
    from qsgis.layers import vector

    path = write(tmp_path, {"DLBM": ["0101", "0101"], "BSM": pd.array([2**53 + 1, None], dtype="Int64")})
    assert read(parcels(), path).frame["id"].tolist() == ["9007199254740993", None]
    monkeypatch.setattr(vector, "find_spec", lambda name: None)
    with pytest.raises(FileUnreadable, match="too long"):
        read(parcels(), path)


def test_flags_and_spellings(tmp_path):
    columns = {"kind": ["社区养老", "养老院", "机构", "别的"], "open": ["是", "NO", "1", "也许"]}
    layer = read(facilities(), write(tmp_path, columns))
    assert layer.frame["kind"].tolist() == ["社区", "机构", "机构", "别的"]
    assert layer.frame["open"].tolist() == [True, False, True, None]
    assert layer.flaws["feature"].tolist() == ["4", "4"]


def test_flags_have_spellings_too(tmp_path):
    definition = facilities()
    definition.fields["open"] = LayerField(name="开放", type="flag", values={"yes": ["permissive"], "no": ["private"]})
    layer = read(definition, write(tmp_path, {"open": ["permissive", "private", "yes", ""]}))
    assert layer.frame["open"].tolist() == [True, False, True, None]

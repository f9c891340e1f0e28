"""A wrong definition is refused before anything runs: the error names the file, the key and what is allowed."""

from pathlib import Path

import pytest

from qsgis.catalog import Catalog
from qsgis.errors import BadDefinition, BadExpression, BadToml, CircularUse, UnknownId, UnknownUnit, UsageError


def write(project: Path, name: str, text: str) -> Path:
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


LAYER = 'name = "层"\ngeometry = "polygon"\n'
ANALYSIS = """
name = "指标"
dimension = "安全"
unit = "公顷"
better = "lower"
headline = "all"
[measures.all]
method = "area"
of = [{ layer = "land_use" }]
"""
FIELD = LAYER + '[fields.class]\nname = "类"\n'
CODED = FIELD + 'codes = "land_use_3"\n'
SHEET = 'title = "图"\nlayers = [{ layer = "roads" }]\n'
REACH = """
name = "指标"
dimension = "共享"
unit = "公顷"
better = "higher"
headline = "all"
[measures.all]
method = "reach"
mode = "walk"
demand = { layer = "residential" }
supply = [{ layer = "markets" }]
"""
PEOPLE = """
[measures.people]
method = "sum"
of = [{ layer = "population" }]
field = "resident"
"""
USING = 'name = "指标"\ndimension = "安全"\nunit = "%"\nbetter = "lower"\nuses = ["OTHER"]\nheadline = "OTHER"\n'

SEVERAL = """
[common]
dimension = "安全"
unit = "件"
better = "lower"
[[analysis]]
id = "a"
name = "甲"
unit = "次"
[[analysis]]
id = "b"
name = "乙"
"""

WRONG = {
    "misspelt key of a layer": ("layers/a.toml", LAYER + 'nmaes = ["甲"]\n', BadDefinition, ["nmaes", "names"]),
    "misspelt key of a field": (
        "layers/a.toml", FIELD + 'alias = ["DLBM"]\n', BadDefinition,
        ["fields.class.alias", "aliases"],
    ),
    "misspelt key of a measure": (
        "analyses/a.toml", ANALYSIS + "patchs = true\n", BadDefinition, ["patchs", "patches"],
    ),
    "misspelt key of an operand": (
        "analyses/a.toml", ANALYSIS.replace('layer = "land_use"', 'layer = "land_use", selct = "urban"'), BadDefinition,
        ["selct", "select", "outside"],
    ),
    "misspelt key of a sheet's layer": (
        "maps/a.toml", SHEET.replace('"roads" }', '"roads", styl = "roads" }'), BadDefinition,
        ["styl", "style", "shown"],
    ),
    "key that must be given": ("layers/a.toml", 'name = "层"\n', BadDefinition, ["geometry"]),
    "value out of a list": (
        "analyses/a.toml", ANALYSIS.replace('"lower"', '"smaller"'), BadDefinition, ["better", "not_lower", "ceiling"],
    ),
    "unknown method": (
        "analyses/a.toml", ANALYSIS.replace('"area"', '"volume"'), BadDefinition, ["measures.all", "length", "reach"],
    ),
    "minutes and metres at once": (
        "analyses/a.toml",
        REACH + "minutes = 5\nmetres = 400\n",
        BadDefinition, ["measures.all", "minutes", "metres"],
    ),
    "id that differs from the file's name": (
        "layers/wells.toml", 'id = "well"\n' + LAYER, BadDefinition, ["id", "wells"],
    ),
    "broken TOML": ("layers/a.toml", 'name = "层\n', BadToml, ["line 1"]),
    "unknown layer": (
        "analyses/a.toml", ANALYSIS.replace("land_use", "land_usage"), UnknownId,
        ["measures.all", "land_usage", "land_use"],
    ),
    "unknown layer in a sheet": (
        "maps/a.toml", SHEET.replace("roads", "road"), UnknownId, ["layers", "road", "roads"],
    ),
    "unknown analysis in a sheet": (
        "maps/a.toml", SHEET + 'indicators = ["market_coverag"]\n', UnknownId, ["indicators", "market_coverage"],
    ),
    "unknown selection": (
        "analyses/a.toml", ANALYSIS.replace('"land_use"', '"land_use", select = "cultivatd"'), UnknownId,
        ["measures.all", "cultivatd", "cultivated"],
    ),
    "unknown field of a selection": (
        "layers/a.toml", FIELD + '[select.x]\nclas = ["1"]\n', UnknownId,
        ["select.x.clas", "class"],
    ),
    "unknown column of a code table": (
        "layers/a.toml", CODED + '[select.x]\nclass.levl1 = ["01"]\n',
        UnknownId, ["select.x.class", "levl1", "level1"],
    ),
    "unknown value of a code table's column": (
        "layers/a.toml", CODED + '[select.x]\nclass.big3 = ["建设"]\n',
        UnknownId, ["select.x.class", "建设用地"],
    ),
    "unknown code table": (
        "layers/a.toml", FIELD + 'codes = "land_use_4"\n', UnknownId,
        ["fields.class.codes", "land_use_4", "land_use_3"],
    ),
    "unknown style": ("layers/a.toml", LAYER + 'style = "red_lin"\n', UnknownId, ["style", "red_lin", "red_line"]),
    "unknown balance field": ("layers/a.toml", LAYER + 'balance = "area"\n', UnknownId, ["balance", "area"]),
    "unknown unit of an indicator": (
        "analyses/a.toml", ANALYSIS.replace("公顷", "平方里"), UnknownUnit, ["unit", "平方里", "平方千米"],
    ),
    "unknown unit of a field": (
        "layers/a.toml", FIELD + 'unit = "床"\n', UnknownUnit, ["fields.class.unit", "床", "公顷"],
    ),
    "unknown name in an expression": (
        "analyses/a.toml", ANALYSIS.replace('headline = "all"', 'headline = "al"'), BadExpression,
        ["headline", "al", "all", "zone_area"],
    ),
    "unknown name in a part": (
        "analyses/a.toml", ANALYSIS + '[parts]\nnew = { name = "新", value = "all - stock" }\n', BadExpression,
        ["parts.new.value", "stock", "all"],
    ),
    "several definitions, one without an id": (
        "analyses/several.toml", SEVERAL + "[[analysis]]\nname = \"丙\"\n", BadDefinition, ["analysis.3.id"],
    ),
    "several definitions, a misspelt key in one": (
        "analyses/several.toml", SEVERAL + 'unti = "件"\n', BadDefinition, ["b: unti", "unit"],
    ),
    "headline and prefer": (
        "analyses/a.toml", 'prefer = ["x"]\n' + ANALYSIS, BadDefinition, ["headline", "prefer"],
    ),
    "prefer names no part": (
        "analyses/a.toml", ANALYSIS.replace('headline = "all"', 'prefer = ["survey"]'), BadDefinition,
        ["prefer", "survey"],
    ),
    "measures that nothing uses": (
        "analyses/a.toml", ANALYSIS.replace('headline = "all"', ""), BadDefinition, ["headline"],
    ),
    "an aspect that there is not": (
        "analyses/a.toml", ANALYSIS.replace("unit =", 'aspect = ["红线管控"]\nunit ='), BadDefinition,
        ["aspect.0", "底线管控"],
    ),
    "a misprinted unit that means another kind of thing": (
        "analyses/a.toml", ANALYSIS.replace("unit =", 'unit_aliases = { "公里/人" = "千米" }\nunit ='), UnknownUnit,
        ["unit_aliases.公里/人", "千米"],
    ),
    "a selection of the second survey that the third has not": (
        "layers/a.toml", CODED + '[second_survey.paddy]\nclass = ["011"]\n', UnknownId, ["second_survey", "paddy"],
    ),
    "an estimate by a code that there is not": (
        "layers/a.toml", CODED + '[select.x]\nclass = ["0101"]\n[estimate.x]\nclass.big3 = ["林"]\n', UnknownId,
        ["estimate.x.class", "林"],
    ),
    "a stand-in that there is not": (
        "layers/a.toml", 'stands_in = { layer = "land_use", select = "seat" }\n' + LAYER, UnknownId,
        ["stands_in", "seat"],
    ),
    "function in an expression": (
        "analyses/a.toml", ANALYSIS.replace('headline = "all"', 'headline = "abs(all)"'), BadExpression,
        ["headline", "abs(all)", "+ − × ÷"],
    ),
    "units that do not fit": (
        "analyses/a.toml", ANALYSIS.replace("公顷", "千米"), BadExpression, ["headline", "all [平方米]", "千米"],
    ),
    "units added that differ": (
        "analyses/a.toml",
        ANALYSIS.replace('"all"', '"all + people"') + PEOPLE,
        BadExpression, ["headline", "people [人]", "all [平方米]"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG, ids=list(WRONG))
def test_a_wrong_definition_is_refused_with_file_key_and_what_is_allowed(tmp_path, case):
    name, text, error, said = WRONG[case]
    path = write(tmp_path, name, text)
    with pytest.raises(UsageError) as refused:
        Catalog.load(tmp_path)
    assert type(refused.value) is error
    assert refused.value.status == 2
    message = str(refused.value)
    assert str(path) in message
    message = message.replace(str(path), "")
    assert [word for word in said if word not in message] == []


@pytest.mark.parametrize(
    ("good", "name"),
    [
        (CODED, "layers/a.toml"),
        (ANALYSIS + PEOPLE, "analyses/a.toml"),
        (REACH + "minutes = 5\n", "analyses/a.toml"),
        (SHEET, "maps/a.toml"),
    ],
)
def test_the_definitions_that_the_wrong_ones_are_made_from_load(tmp_path, good, name):
    write(tmp_path, name, good)
    Catalog.load(tmp_path)


def test_indicators_that_use_each_other_in_a_circle_are_refused(tmp_path):
    write(tmp_path, "analyses/a.toml", USING.replace("OTHER", "b"))
    write(tmp_path, "analyses/b.toml", USING.replace("OTHER", "c"))
    write(tmp_path, "analyses/c.toml", USING.replace("OTHER", "a"))
    with pytest.raises(CircularUse) as refused:
        Catalog.load(tmp_path)
    message = str(refused.value)
    assert "a → b → c → a" in message
    assert str(tmp_path / "analyses" / "a.toml") in message
    assert "uses" in message


def test_an_indicator_comes_after_those_it_uses(tmp_path):
    write(tmp_path, "analyses/a.toml", USING.replace("OTHER", "z"))
    write(tmp_path, "analyses/z.toml", USING.replace("OTHER", "market_coverage"))
    order = Catalog.load(tmp_path).order
    assert order.index("market_coverage") < order.index("z") < order.index("a")


def test_a_file_of_several_definitions_shares_what_they_do_not_say_themselves(tmp_path):
    path = write(tmp_path, "analyses/several.toml", SEVERAL)
    catalog = Catalog.load(tmp_path)
    assert [catalog.analyses[name].unit for name in "ab"] == ["次", "件"]
    assert {catalog.paths["analyses", name] for name in "ab"} == {path}


def test_a_definition_stands_in_one_file_of_a_folder(tmp_path):
    write(tmp_path, "analyses/several.toml", SEVERAL)
    write(tmp_path, "analyses/b.toml", 'name = "乙"\ndimension = "安全"\nunit = "件"\nbetter = "lower"\n')
    with pytest.raises(BadDefinition, match="b"):
        Catalog.load(tmp_path)


def test_an_edition_takes_what_carries_it_and_what_carries_none(tmp_path):
    write(tmp_path, "analyses/old.toml", ANALYSIS.replace("unit =", 'edition = ["2020"]\nunit ='))
    write(tmp_path, "analyses/new.toml", ANALYSIS.replace("unit =", 'edition = ["2021"]\nunit ='))
    write(tmp_path, "analyses/own.toml", ANALYSIS)
    catalog = Catalog.load(tmp_path)
    taken = {edition: set(catalog.of_edition(edition)) & {"old", "new", "own"} for edition in ("2020", "2021", "2025")}
    assert taken == {"2020": {"old", "own"}, "2021": {"new", "own"}, "2025": {"new", "own"}}
    assert catalog.of_edition(None) == catalog.order

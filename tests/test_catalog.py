"""The shipped catalog is whole and consistent, and a project's folders lie over it."""

import re
from pathlib import Path

import pytest

from qsgis import units
from qsgis.catalog import Catalog
from qsgis.codes import builtin_folder, code_table
from qsgis.maps.content import USUAL

# Frozen: projects and results name these ids. An id may be added here, never taken away.
LAYERS = [
    "county", "districts", "villages", "urban_area", "land_use", "ecological_red_line", "permanent_farmland",
    "urban_boundary", "residential", "population", "shelters", "roads", "greenways", "railways", "levees",
    "utility_tunnels", "rivers", "elderly_care", "hospitals", "markets", "clinics", "kindergartens",
    "primary_schools", "middle_schools", "culture", "sports", "football_pitches", "cultural_venues", "cafes", "parks",
    "fire_stations", "rail_stations", "airports", "jobs", "commute_od", "transit", "approved_unbuilt",
    "temporary_land", "new_construction_imagery", "illegal_land", "high_standard_farmland", "restoration_areas",
    "renewal_areas", "historic_districts", "heritage_sites", "city_purple_line", "impervious", "buildings",
    "underground", "geohazard_zones", "land_supply", "geohazard_points", "waterlogging_points", "elevation",
]  # fmt: skip
ANALYSES = [
    "ecological_red_line_area", "red_line_encroachment", "permanent_farmland_area", "farmland_encroachment",
    "urban_boundary_construction", "shelter_area_per_capita", "commute_45_coverage", "mean_commute_time",
    "elderly_care_coverage", "market_coverage", "park_5_coverage", "hospital_2km_coverage", "greenway_length",
    "greenway_per_capita", "resident_population", "elderly_beds_per_1000", "cultivated_land",
    "construction_land_area", "urban_rural_construction_area", "forest_land_area", "wetland_area",
]  # fmt: skip
SHEETS = [
    "red_line", "farmland", "urban_boundary", "control_lines", "shelters", "commute", "elderly_care", "markets",
    "greenways",
]  # fmt: skip
LAND_USE_SELECTIONS = [
    "construction", "urban_rural_construction", "urban", "village", "mining_construction", "special_construction",
    "cultivated", "non_cultivated", "adjustable", "urban_residential", "residential", "wetland", "forest",
]  # fmt: skip

COLOUR = re.compile(r"#[0-9a-f]{6}")


@pytest.fixture(scope="module")
def catalog():
    return Catalog.load()


# --- the shipped catalog ---


def test_every_frozen_id_is_there(catalog):
    assert set(LAYERS) <= set(catalog.layers)
    assert set(ANALYSES) <= set(catalog.analyses)
    assert set(SHEETS) <= set(catalog.sheets)
    assert set(LAND_USE_SELECTIONS) <= set(catalog.layers["land_use"].select)


def test_every_name_and_note_has_english(catalog):
    named = [*catalog.layers.values(), *catalog.analyses.values(), *catalog.styles.values()]
    named += [field for layer in catalog.layers.values() for field in layer.fields.values()]
    named += [part for analysis in catalog.analyses.values() for part in analysis.parts.values()]
    named += [item for style in catalog.styles.values() for item in style.classes]
    named += [item for sheet in catalog.sheets.values() for item in sheet.layers if item.name]
    assert [item.name for item in named if not item.name_en] == []
    assert [sheet.id for sheet in catalog.sheets.values() if not sheet.title_en] == []
    noted = [*catalog.layers.values(), *catalog.analyses.values(), *catalog.sheets.values()]
    assert [item.id for item in noted if bool(item.note) != bool(item.note_en)] == []
    for table in ("land_use_3", "land_use_2", "settlement", "road_class"):
        assert [code for code, row in code_table(table).items() if not row["name"] or not row["name_en"]] == []


def test_an_indicator_says_what_counts_and_who_supplies_it(catalog):
    for analysis in catalog.analyses.values():
        assert analysis.note, analysis.id
        assert analysis.department, analysis.id
        assert analysis.theme, analysis.id
        assert analysis.aspect, analysis.id


def test_every_computed_analysis_has_a_case_for_all_its_measures(catalog):
    for analysis in catalog.analyses.values():
        if analysis.reported:
            continue
        assert any(case.value is not None for case in analysis.case), analysis.id
        for case in analysis.case:
            assert set(case.measures) == set(analysis.measures), analysis.id
            assert set(case.parts) <= set(analysis.parts), analysis.id
            assert all(units.known(text.split(" ", 1)[1]) for text in case.measures.values()), analysis.id
            if case.value is not None:
                assert set(case.parts) == set(analysis.parts), analysis.id


def test_no_two_layers_share_a_name_met_in_practice(catalog):
    seen = [(name.casefold(), layer.id) for layer in catalog.layers.values() for name in layer.names]
    homes = {}
    for name, layer in seen:
        homes.setdefault(name, set()).add(layer)
    assert {name: ids for name, ids in homes.items() if len(ids) > 1} == {}


def test_no_column_name_means_two_fields_of_one_layer(catalog):
    for layer in catalog.layers.values():
        homes = {}
        for canonical, field in layer.fields.items():
            for name in {canonical, field.name, *field.aliases}:
                homes.setdefault(name.casefold(), set()).add(canonical)
        assert {name: fields for name, fields in homes.items() if len(fields) > 1} == {}, layer.id


def test_what_a_layer_takes_from_osm_goes_into_its_fields(catalog):
    for layer in catalog.layers.values():
        assert set(layer.osm_fields) <= set(layer.fields), layer.id
        assert bool(layer.osm) == bool(layer.osm_fields), layer.id
    highways = {value for tags in catalog.layers["roads"].osm for value in tags["highway"]}
    assert highways <= set(code_table("road_class"))


def test_styles_are_colours_and_fit_the_layers_that_use_them(catalog):
    for style in catalog.styles.values():
        colours = [style.fill, style.stroke, *style.palette]
        colours += [colour for item in style.classes for colour in (item.fill, item.stroke)]
        assert [colour for colour in colours if colour and not COLOUR.fullmatch(colour)] == [], style.id
        bounds = [item.upto for item in style.classes]
        if style.kind == "graduated":
            assert bounds[-1] is None, style.id
            assert bounds[:-1] == sorted(set(bounds[:-1])), style.id
        else:
            values = [item.value for item in style.classes]
            assert None not in values, style.id
            assert len(values) == len(set(values)), style.id
            assert style.codes or style.palette or style.fill is None, style.id
    for layer in catalog.layers.values():
        if layer.style:
            assert catalog.styles[layer.style].field in layer.fields, layer.id


def test_every_style_is_used(catalog):
    used = {layer.style for layer in catalog.layers.values()}
    used |= {item.style for sheet in catalog.sheets.values() for item in sheet.layers}
    used |= {name for names in USUAL.values() for name in names}
    assert set(catalog.styles) - used == set()


def test_a_sheet_shows_only_layers_that_its_analyses_make(catalog):
    for sheet in catalog.sheets.values():
        for item in sheet.layers:
            if item.analysis is None:
                assert item.style is None, "an input layer has one style for all sheets: its own"
                continue
            made = set()
            for name, measure in catalog.analyses[item.analysis].measures.items():
                if measure.method == "reach" and measure.patches:
                    made |= {"covered", "uncovered", "facilities", "streets"}
                    made |= {"areas"} if measure.areas else set()
                elif measure.method == "commute" and measure.patches:
                    made.add("places")
                elif measure.patches:
                    made.add(name)
            assert item.layer in made, (sheet.id, item.layer)
    orders = [sheet.order for sheet in catalog.sheets.values()]
    assert len(orders) == len(set(orders))


def test_by_names_a_field_that_the_operands_have(catalog):
    for analysis in catalog.analyses.values():
        for measure in analysis.measures.values():
            if measure.method == "area" and measure.by:
                by = measure.resolved(measure.by)
                assert by.layer in {name for operand in measure.of for name in operand.layers}, analysis.id
                assert by.field in catalog.layers[by.layer].fields, analysis.id


def test_walking_limits_state_minutes_and_speed(catalog):
    metres = {"elderly_care_coverage": 400, "market_coverage": 800, "park_5_coverage": 400}
    for name, expected in metres.items():
        for measure in catalog.analyses[name].measures.values():
            if measure.method == "reach":
                assert measure.minutes / 60 * measure.speed_kmh * 1000 == pytest.approx(expected)


# --- code tables and selections; the lists are those of the land survey's rules, written out by hand ---


def selected(catalog, name, table="land_use_3"):
    """Codes that the conditions on `class` of a land-use selection let through."""
    codes = set(code_table(table))
    for field, column, wanted in catalog.layers["land_use"].conditions(name):
        if field == "class":
            codes &= {code for code, row in code_table(table).items() if (row[column] if column else code) in wanted}
    return codes


def test_selections_by_class_are_the_survey_s(catalog):
    assert selected(catalog, "wetland") == {"0303", "0304", "0306", "0402", "1105", "1106", "1108"}
    assert selected(catalog, "forest") == {"0301", "0301K", "0302", "0302K", "0305", "0307", "0307K"}
    assert selected(catalog, "cultivated") == {"0101", "0102", "0103"}
    assert selected(catalog, "adjustable") == {code for code in code_table("land_use_3") if code.endswith("K")}
    construction = selected(catalog, "construction")
    assert {"0603", "0702", "1003", "1109", "1201", "09"} <= construction
    assert not {"1006", "1103", "1107", "1202", "0404"} & construction
    assert selected(catalog, "cultivated", "land_use_2") == {"011", "012", "013"}
    assert {"201", "203", "204", "205", "102"} <= selected(catalog, "construction", "land_use_2")


@pytest.mark.parametrize("table", ["land_use_3", "land_use_2"])
def test_every_class_is_cultivated_or_not(catalog, table):
    cultivated, other = selected(catalog, "cultivated", table), selected(catalog, "non_cultivated", table)
    assert cultivated | other == set(code_table(table))
    assert cultivated & other == set()
    assert {code for code, row in code_table(table).items() if row["level1"] == "01"} == cultivated


def test_settlement_selections_divide_construction(catalog):
    land_use, settlements = catalog.layers["land_use"], set(code_table("settlement"))
    wanted = {
        name: set(land_use.select[name]["settlement"])
        for name in LAND_USE_SELECTIONS
        if "settlement" in land_use.select[name]
    }
    assert wanted["urban"] | wanted["village"] == wanted["urban_rural_construction"]
    parts = [wanted[name] for name in ("urban", "village", "mining_construction", "special_construction")]
    assert sum(len(part) for part in parts) == len(settlements)
    assert set().union(*parts) == settlements


def test_values_in_selections_are_codes_or_canonical_values(catalog):
    for layer in catalog.layers.values():
        for name in layer.select:
            for field, column, wanted in layer.conditions(name):
                known = set(layer.fields[field].values)
                known |= set(code_table(layer.fields[field].codes)) if layer.fields[field].codes else set()
                if column is None and isinstance(wanted, list):
                    assert set(wanted) <= known, (layer.id, name)


def test_code_tables_agree_with_each_other():
    third, second = code_table("land_use_3"), code_table("land_use_2")
    for code, row in second.items():
        near = row["third_survey"].split(";")
        if row["level1"] == "20":
            assert near == [code]
            assert code in code_table("settlement")
        else:
            assert {third[name]["big3"] for name in near} == {row["big3"]}
    for row in [*third.values(), *second.values()]:
        assert row["big3"] in {"农用地", "建设用地", "未利用地"}
        assert COLOUR.fullmatch(row["colour"])
    assert {code for code in third if not code.endswith("K")} - set(code_table("crosswalk_landsea2023")) == set()
    for code, row in code_table("road_class").items():
        assert {row["walk"], row["bike"], row["drive"]} <= {"0", "1"}, code
        assert (row["drive"] == "1") == bool(row["kmh"]), code


# --- a project's folders over the built-in ones ---


def write(project: Path, name: str, text: str) -> Path:
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_project_changes_one_entry_and_keeps_the_others(tmp_path, catalog):
    write(tmp_path, "layers/land_use.toml", '[select.paddy]\nclass = ["0101"]\n')
    write(tmp_path, "analyses/market_coverage.toml", 'better = "context"\n')
    changed = Catalog.load(tmp_path)
    assert changed.layers["land_use"].select["paddy"] == {"class": ["0101"]}
    assert set(catalog.layers["land_use"].select) < set(changed.layers["land_use"].select)
    assert changed.analyses["market_coverage"].better == "context"
    assert changed.analyses["market_coverage"].measures == catalog.analyses["market_coverage"].measures
    assert changed.paths["layers", "land_use"].parent == tmp_path / "layers"


@pytest.mark.parametrize("folder", ["layers", "analyses", "maps"])
def test_the_example_in_each_readme_loads(tmp_path, folder):
    text = (builtin_folder(folder) / "README.md").read_text(encoding="utf-8")
    example = re.search(r"```toml\n(.*?)```", text, re.DOTALL).group(1)
    name = re.search(r'^id = "(\w+)"', example).group(1)
    write(tmp_path, f"{folder}/{name}.toml", example)
    write(tmp_path, "layers/land_use.toml", '[select.paddy]\nclass = ["0101"]\n')
    loaded = Catalog.load(tmp_path)
    assert name in {"layers": loaded.layers, "analyses": loaded.analyses, "maps": loaded.sheets}[folder]

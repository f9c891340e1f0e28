"""The project folder: files in the formats of practice, the same bytes twice, nothing of others overwritten."""

import tomllib

import openpyxl
import pandas as pd
import pyogrio
import pytest

from qsgis.demo import write as module
from qsgis.errors import OutputRefused


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    home = tmp_path_factory.mktemp("demo")
    steps = []
    return [module.write(home / name, parcels=3000, progress=steps.append) for name in ("a", "b")], steps


def test_every_declared_layer_is_there(folders):
    folder = folders[0][0]
    project = tomllib.loads((folder / "project.toml").read_text(encoding="utf-8"))
    assert project["project"]["notice"] == "示意数据"
    sources = [s for entry in project["layers"].values() for s in (entry if isinstance(entry, list) else [entry])]
    assert len(sources) > 45
    nothing = {name for name, entry in project["layers"].items() if isinstance(entry, dict) and entry.get("none")}
    assert nothing == {"rail_stations", "airports", "flood_storage"}
    for source in (one for one in sources if "path" in one):
        path = folder / source["path"]
        assert path.exists(), path
        if "layer" in source:
            assert source["layer"] in {name for name, _kind in pyogrio.list_layers(path)}
        if path.suffix in {".gpkg", ".gdb", ".shp", ".geojson"}:
            assert pyogrio.read_info(path, layer=source.get("layer"))["features"] > 0
    for name in ("values", "comparison"):
        assert (folder / project[name]["path"]).is_file()
    assert (folder / "说明.txt").is_file()


def test_the_explanation_names_every_file(folders):
    folder = folders[0][0]
    text = (folder / "说明.txt").read_text(encoding="utf-8")
    parts = {".shx", ".dbf", ".prj", ".cpg"}
    files = [path.name for path in (folder / "data").iterdir() if path.suffix not in parts]
    assert len(files) > 25
    assert [name for name in files if name not in text] == []


def test_layers_of_two_years_have_a_file_each(folders):
    project = tomllib.loads((folders[0][0] / "project.toml").read_text(encoding="utf-8"))
    twice = {name: [s["year"] for s in entry] for name, entry in project["layers"].items() if isinstance(entry, list)}
    assert set(twice) == {
        "land_use", "roads", "greenways", "utility_tunnels", "population", "impervious", "waterlogging_points",
        "underground", "elderly_care",
    }  # fmt: skip
    assert all(years == [2019, 2015] for years in twice.values())
    undated = {name for name, entry in project["layers"].items() if "year" not in entry and name not in twice}
    assert {"ecological_red_line", "permanent_farmland", "restoration_areas", "land_supply"} <= undated
    assert project["layers"]["commute_od"]["year"] == 2019


def test_two_runs_write_the_same(folders):
    (first, second), _steps = folders
    names = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    same_bytes = [name for name in names if name.suffix in {".csv", ".geojson", ".json", ".shp", ".dbf", ".toml"}]
    assert len(same_bytes) > 10
    for name in same_bytes:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    for name in ("人口.xlsx", "人口_2015.xlsx", "养老设施.xlsx", "养老设施_2015.xlsx", "values.xlsx"):
        one, other = (pd.read_excel(folder / "data" / name, dtype=str) for folder in (first, second))
        assert one.equals(other)
    one, other = (pyogrio.read_dataframe(f / "data" / "sandiao_2019.gpkg", layer="DLTB") for f in (first, second))
    assert one.equals(other)


def test_red_line_is_gbk_and_says_nothing_of_it(folders):
    data = folders[0][0] / "data"
    assert not (data / "STBHHX.cpg").exists()
    table = (data / "STBHHX.dbf").read_bytes()
    assert table[29] == 0
    assert "示意红线1号".encode("gbk") in table
    assert "菜市场".encode("gbk") in (data / "菜市场.csv").read_bytes()


def test_codes_in_workbooks_are_text(folders):
    sheet = openpyxl.load_workbook(folders[0][0] / "data" / "人口.xlsx").worksheets[0]
    codes = [row[0] for row in sheet.iter_rows(min_row=2, max_col=1, values_only=True)]
    assert all(isinstance(code, str) and len(code) == 12 for code in codes)


def test_progress_is_told_step_by_step(folders):
    _folders, steps = folders
    assert len(steps) == 12  # six steps, twice
    assert steps[:6] == steps[6:]


def test_an_earlier_demo_is_replaced_and_its_results_stay(folders, made, monkeypatch):
    folder = folders[0][1]
    (folder / "out").mkdir()
    (folder / "out" / "indicators.csv").write_text("kept", encoding="utf-8")
    (folder / "data" / "人口.xlsx").write_text("broken", encoding="utf-8")
    monkeypatch.setattr(module, "build", lambda *_args, **_named: made)
    module.write(folder, parcels=4000)
    assert (folder / "out" / "indicators.csv").read_text(encoding="utf-8") == "kept"
    assert openpyxl.load_workbook(folder / "data" / "人口.xlsx").worksheets[0].max_row > 40
    assert not [path for path in folder.parent.iterdir() if path.name.startswith(".")]


def test_a_folder_of_others_is_refused(tmp_path):
    (tmp_path / "thesis.docx").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputRefused):
        module.write(tmp_path, parcels=3000)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]

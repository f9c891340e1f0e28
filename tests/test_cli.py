"""The commands, on a small hand-made county: what they print, write and return; nothing heavy before it is needed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from qsgis.catalog import Catalog
from qsgis.cli import run_command
from qsgis.project import Project
from tests.handmade import box, frame, line, parcels, point, write_project


@pytest.fixture
def county(tmp_path: Path) -> Path:
    land = parcels([(box(0, 0, 100, 100), "0702", "203", 10_000.0), (box(100, 0, 900, 100), "0103", "", 90_000.0)])
    layers = {
        "districts": frame([box(0, 0, 1000, 1000)], XZQDM=["140521100"], XZQMC=["甲镇"]),
        "land_use": land,
        "ecological_red_line": frame([box(50, 0, 500, 500)], LXDM=["1"]),
    }
    return write_project(tmp_path / "县", layers)


def test_help_is_light() -> None:
    """`qsgis --help` loads neither numpy nor anything that stands on it."""
    code = "import sys; from qsgis.cli import run_command; run_command(['--help']); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.rpartition("[")[2]
    for heavy in ("numpy", "pandas", "geopandas", "shapely", "pydantic", "pint", "rich", "pyproj", "osmnx", "folium"):
        assert f"'{heavy}'" not in loaded, heavy


def test_list_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    for kind, chinese, english in (
        ("analyses", "生态保护红线面积", "Area of the ecological red line"),
        ("layers", "三调地类图斑", "Land-use parcels"),
        ("maps", "生态保护红线实施分析图", "Ecological red line: implementation"),
    ):
        assert run_command(["list", kind]) == 0
        assert chinese in capsys.readouterr().out
        assert run_command(["list", kind, "--lang", "en"]) == 0
        assert english in capsys.readouterr().out
        run_command(["list", kind, "--lang", "zh"])
        capsys.readouterr()


def test_list_json_has_every_id(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["list", "analyses", "--json"]) == 0
    listed = [row["id"] for row in json.loads(capsys.readouterr().out)]
    assert sorted(listed) == sorted(Catalog.load().analyses)
    assert listed[:2] == ["ecological_red_line_area", "red_line_encroachment"]  # in the order of the contents


@pytest.mark.parametrize("name", Catalog.load().analyses)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_explain_every_analysis(name: str, language: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["explain", name, "--lang", language]) == 0
    text = capsys.readouterr().out
    analysis = Catalog.load().analyses[name]
    assert analysis.label in text
    for measure in analysis.measures:
        assert re.search(rf"\b{measure}\)? \[", text), measure
    for part in analysis.parts.values():
        assert part.label in text
    assert not re.search(r"\{\w*\}", text)
    if language == "en":
        without_names = text.replace(analysis.label, "").replace("/analyses/", "")
        assert not re.search(r"[\u4e00-\u9fff]", _prose(without_names)), text


def _prose(text: str) -> str:
    """What is said in words: without the values of fields, the names that tables may use and the county's own items."""
    lines = [
        line
        for line in text.splitlines()
        if not re.search(r"also written|county's list|list (misprints|asks|says)|list's", line)
    ]
    return re.sub(r"\[[^\]]*\]|\([^)]*\)", "", "\n".join(lines))


def test_receipt(county: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Half of the village is in the red line: 5 000 m²; the receipt names sums, files and the result."""
    assert run_command(["explain", "red_line_encroachment", "--project", str(county)]) == 0
    text = capsys.readouterr().out
    assert "all = 5,000 平方米" in text
    assert "= 0.005 平方千米" in text
    assert "land_use.gpkg" in text
    assert run_command(["explain", "red_line_encroachment", "--project", str(county), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["record"]["measures"]["all"]["sum"]["county"] == 5000


def test_run_writes_what_the_contract_says(county: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["run", str(county), "--quiet"]) == 0
    printed = capsys.readouterr().out
    assert "生态保护红线范围内城乡建设用地面积" in printed
    made = {path.relative_to(county / "out").as_posix() for path in (county / "out").rglob("*") if path.is_file()}
    files = {"indicators.csv", "indicators.xlsx", "results.gpkg", "run.json"}
    assert files | {"maps/index.html", "maps/red_line.html"} <= made
    assert not [name for name in made if "writing" in name or name.endswith(("-wal", "-journal"))]
    table = pd.read_csv(county / "out" / "indicators.csv", dtype=str, keep_default_na=False)
    assert list(table.columns[:4]) == ["indicator", "part", "name", "dimension"]
    county_rows = table[(table["zone_level"] == "county") & (table["part"] == "")].set_index("indicator")
    assert float(county_rows.loc["red_line_encroachment", "value"]) == 0.005
    missing = table[table["status"] == "missing"]
    assert (missing["value"] == "").all()
    assert missing["note"].str.contains("局").any()


def test_run_json_lines(county: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ["-a", "ecological_red_line_area", "-a", "market_coverage", "--json"]
    assert run_command(["run", str(county), *chosen, "--out", str(county / "二")]) == 1
    rows = json.loads(capsys.readouterr().out)
    assert {row["indicator"] for row in rows} == {"ecological_red_line_area", "market_coverage"}
    assert {row["value"] for row in rows if row["indicator"] == "market_coverage"} == {None}


def test_asked_for_and_missing_is_status_one(county: Path) -> None:
    assert run_command(["run", str(county), "-a", "market_coverage", "--quiet"]) == 1


def test_init_finds_the_tables_of_figures(tmp_path: Path, county: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two bureaus' tables, one in the wide form, and one that names counties."""
    folder = tmp_path / "files"
    shutil.copytree(county, folder, ignore=shutil.ignore_patterns("project.toml", "out"))
    (folder / "水务局.csv").write_text("指标,年份,数值,单位\n用水总量,2019,400,万立方米\n", encoding="utf-8")
    (folder / "统计局.csv").write_text("指标,单位,2018年,2019年\n地区生产总值,亿元,90,100\n", encoding="utf-8")
    (folder / "邻县.csv").write_text("县,指标,年份,数值\n甲县,用水总量,2019,0.05\n", encoding="utf-8")
    assert run_command(["init", str(tmp_path / "new"), "--from", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [Path(path).name for path in found["values"]] == ["水务局.csv", "统计局.csv"]
    assert Path(found["comparison"]).name == "邻县.csv"
    opened = Project(tmp_path / "new")
    assert [Path(source.path).name for source in opened.file.value_sources] == ["水务局.csv", "统计局.csv"]
    results = opened.run(["water_use", "gdp"])
    assert {(row.indicator, row.year): row.value for row in results.rows()} == {
        ("water_use", 2019): 0.04, ("gdp", 2018): 90, ("gdp", 2019): 100
    }  # fmt: skip
    assert [(peer.county, peer.value) for peer in results.peers] == [("甲县", 0.05)]


def test_init_then_run(tmp_path: Path, county: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files under the names of practice are recognised; what is not there is asked for by department."""
    files = tmp_path / "移交资料"
    files.mkdir()
    frame([box(0, 0, 1000, 1000)], XZQDM=["140521100"], XZQMC=["甲镇"]).to_file(files / "XZQ.shp", encoding="GBK")
    parcels([(box(0, 0, 100, 100), "0702", "203", 10_000.0)]).to_file(files / "三调2019.gpkg", layer="DLTB")
    frame([box(50, 0, 500, 500)], LXDM=["1"]).to_file(files / "STBHHX.shp")
    frame([line((0, 0), (10, 0))], 等级=["支路"]).to_file(files / "LRDL.geojson")
    pd.DataFrame({"名称": ["甲市场"], "经度": [112.5], "纬度": [35.7]}).to_csv(files / "菜市场.csv", index=False)
    target = tmp_path / "新县"
    assert run_command(["init", str(target), "--from", str(files), "--name", "新县"]) == 0
    printed = capsys.readouterr().out
    text = (target / "project.toml").read_text(encoding="utf-8")
    for name in ("districts", "land_use", "ecological_red_line", "roads", "markets"):
        assert f"layers.{name}]" in text
    assert 'adcode = "140521"' in text
    assert "year = 2019" in text
    assert "民政局" in printed
    assert "养老设施" in printed
    assert run_command(["run", str(target), "-a", "red_line_encroachment", "--quiet"]) == 0
    assert run_command(["init", str(target), "--from", str(files)]) == 2, "an existing project is not overwritten"


def test_inspect_and_check(county: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["inspect", str(county / "land_use.gpkg")]) == 0
    text = capsys.readouterr().out
    assert "land_use" in text
    assert "DLBM" in text
    assert run_command(["check", str(county)]) == 0
    frame([point(1, 1)], LXDM=["1"]).to_file(county / "ecological_red_line.gpkg", driver="GPKG")
    assert run_command(["check", str(county)]) == 3
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    assert "ecological_red_line" in captured.err


def test_unknown_command_is_usage() -> None:
    assert run_command(["nosuch"]) == 2
    assert run_command(["list", "nosuch"]) == 2

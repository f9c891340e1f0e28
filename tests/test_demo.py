"""The demonstration county from the command line, once and whole: its ledger, the contract, Chromium and QGIS."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

import geopandas as gpd
import openpyxl
import pyogrio
import pytest

from .maps.browser import CANVAS

ROOT = Path(__file__).parents[1]
COLUMNS = [
    "indicator",
    "part",
    "name",
    "dimension",
    "kind",
    "year",
    "zone_level",
    "zone_code",
    "zone_name",
    "value",
    "unit",
    "status",
    "method",
    "source",
    "note",
]
YEAR = "2019"
HUNDREDTHS = {"公顷": 5e-6, "平方千米": 5e-8}  # 0.05 m²: a record is shared out in hundredths of a square metre a piece
PAGES = (
    "red_line", "farmland", "urban_boundary", "control_lines", "shelters", "commute", "elderly_care", "markets",
    "greenways", "land_change",
)  # fmt: skip
# The command line with every socket and every name look-up refused and noted down.
CLOSED = """
import os, socket, sys
def refuse(*_words, **_more):
    asker = sys._getframe(1).f_code
    with open(os.environ["SOCKETS"], "a") as file:
        file.write(f"{asker.co_filename}: {asker.co_name}\\n")
    raise OSError("the network is closed")
class Closed(socket.socket):
    __init__ = refuse
socket.socket, socket.create_connection, socket.getaddrinfo = Closed, refuse, refuse
from qsgis.cli import main
main()
"""


@dataclass(frozen=True)
class Ran:
    status: int
    printed: str
    peak: int  # bytes


def command(home: Path, *words: str, seed: str = "0") -> Ran:
    """Run a command with the network closed and its peak of memory measured."""
    said = home / "said.txt"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed, "SOCKETS": str(home / "sockets.txt")}
    with said.open("w", encoding="utf-8") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", CLOSED, *words], cwd=home, env=environment, stdout=file, stderr=subprocess.STDOUT
        )
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024
    return Ran(process.returncode, said.read_text(encoding="utf-8"), used.ru_maxrss * unit)


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def ran(home):
    return command(home, "demo", "county", seed="1")


@pytest.fixture(scope="module")
def out(home, ran):
    assert ran.status == 0, ran.printed
    return home / "county" / "out"


@pytest.fixture(scope="module")
def rows(out):
    with (out / "indicators.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def record(out):
    return json.loads((out / "run.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def again(home, out):
    """A second run into another folder, with the hashes of the project before and after."""
    before = hashes(home / "county")
    found = command(home, "run", "county", "--out", "second", seed="2")
    assert found.status == 0, found.printed
    return before, hashes(home / "county"), home / "second"


# --- figures ---


def test_every_answer_of_the_ledger(home, rows):
    book = json.loads((home / "county" / "ledger.json").read_text(encoding="utf-8"))
    ledger = [answer | {"year": YEAR} for answer in book["rows"]] + book["earlier"]
    assert len(ledger) >= 1500
    assert len({answer["indicator"] for answer in ledger}) >= 70
    held = {
        (row["indicator"], row["part"], row["year"], row["zone_code"]): row
        for row in rows
        if row["kind"] == "computed" and row["zone_level"] in ("county", "district")
    }
    wrong = []
    for answer in ledger:
        row = held[answer["indicator"], answer["part"], str(answer["year"]), answer["zone_code"]]
        value, due = float(row["value"]), answer["value"]
        room = answer["relative"] * abs(due) + HUNDREDTHS.get(answer["unit"], 1e-9)
        low = value >= due - room or answer["bound"] == "upper"
        high = value <= due + room or answer["bound"] == "lower"
        if row["status"] != "ok" or row["unit"] != answer["unit"] or not (low and high):
            wrong.append((answer, row["value"], row["unit"], row["status"]))
    assert wrong == []
    assert {"", "upper"} <= {answer["bound"] for answer in ledger}


def test_every_indicator_of_the_list_is_there_and_none_fails(home, rows, record):
    """133 rows of the list: 125 or more with a value for the current year; what is computed is read from no table."""
    with (ROOT / "tests/data/indicators.csv").open(encoding="utf-8", newline="") as file:
        listed = {row["id"]: row["source"] for row in csv.DictReader(file)}
    county = [row for row in rows if row["zone_level"] == "county" and row["part"] == "" and row["year"] == YEAR]
    given = {row["indicator"] for row in county if row["value"] != "" and row["kind"] in ("computed", "reported")}
    assert len(listed) == 133
    assert len(given & set(listed)) >= 125, sorted(set(listed) - given)
    assert [row for row in rows if row["status"] == "failed"] == []
    computed = {row["indicator"] for row in county if row["kind"] == "computed" and row["value"] != ""}
    due = {name for name, source in listed.items() if source in ("computed", "formula")}
    assert due - computed == {"rail_station_800_coverage"}  # the county has no rail transit: not applicable
    for row in county:
        if row["kind"] == "computed" and row["value"] != "":
            assert "values.xlsx" not in row["source"], row
    assert len({row["path"] for row in record["tables"]}) == 2


def test_progress_is_what_its_columns_say(out, rows):
    with (out / "progress.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    county = {row["indicator"]: row for row in table if row["zone_level"] == "county"}
    assert len(county) >= 133
    judged = Counter(row["verdict"] for row in county.values())
    assert {"met", "close", "behind", "worse", ""} <= set(judged), judged
    for row in county.values():
        assert row["time"] == "" or float(row["time"]) == pytest.approx(20.0)  # 2015 to 2019, of 2015 to 2035
        if row["base"] and row["value"]:
            change = float(row["value"]) - float(row["base"])
            assert float(row["change"]) == pytest.approx(change, rel=1e-9, abs=1e-9)
            if row["better"] in ("higher", "lower") and row["rate"]:
                due = change / (float(row["target"]) - float(row["base"])) * 100
                assert float(row["rate"]) == pytest.approx(due, rel=1e-9, abs=1e-9)


def test_the_flaws_planted_are_found(home, out):
    planted = json.loads((home / "county" / "ledger.json").read_text(encoding="utf-8"))["flaws"]
    assert {"ecological_red_line", "greenways", "elderly_care", "shelters"} <= set(planted)
    with closing(sqlite3.connect(out / "results.gpkg")) as database:
        found = Counter(row[0] for row in database.execute("SELECT layer FROM flaws"))
    assert found["ecological_red_line"] >= 1 and found["shelters"] >= 1 and found["elderly_care"] >= 1, found


# --- indicators.csv ---


def test_the_table_keeps_the_contract(out, rows):
    data = (out / "indicators.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf") and b"\r" not in data
    assert list(rows[0]) == COLUMNS
    keys = Counter(
        tuple(row[name] for name in ("indicator", "part", "kind", "year", "zone_level", "zone_code")) for row in rows
    )
    assert [key for key, count in keys.items() if count > 1] == []
    for row in rows:
        empty = row["status"] in ("missing", "not_applicable", "failed")
        assert empty or row["status"] in ("ok", "estimated"), row
        assert (row["value"] == "") == empty, row
        assert not empty or row["note"], row
        assert row["kind"] in ("computed", "reported", "override", "target"), row
        width = {"county": 0, "district": 9, "village": 12}[row["zone_level"]]
        assert len(row["zone_code"]) == width and row["zone_name"], row


def test_headlines_come_first(rows):
    together = [name for name, _group in groupby(rows, key=lambda row: row["indicator"])]
    assert len(together) == len(set(together)) >= 20  # the rows of an indicator stand together
    first: dict[tuple[str, ...], str] = {}
    for row in rows:
        key = tuple(row[name] for name in ("indicator", "kind", "year", "zone_level", "zone_code"))
        first.setdefault(key, row["part"])
    assert [key for key, part in first.items() if part] == []


# --- results.gpkg ---


def test_the_geopackage_keeps_the_contract(out, rows):
    path = out / "results.gpkg"
    assert sorted(file.name for file in out.iterdir()) == [
        "indicators.csv",
        "indicators.xlsx",
        "maps",
        "progress.csv",
        "results.gpkg",
        "run.json",
    ]
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (10300,)
        assert database.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
        assert database.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        systems = database.execute(
            "SELECT DISTINCT organization_coordsys_id FROM gpkg_geometry_columns"
            " JOIN gpkg_spatial_ref_sys USING (srs_id)"
        ).fetchall()
        assert systems == [(4546,)]
        layers = {row[0] for row in database.execute("SELECT table_name FROM gpkg_geometry_columns")}
        styled = {row[0] for row in database.execute("SELECT f_table_name FROM layer_styles WHERE useAsDefault")}
        assert styled == layers
        assert database.execute("SELECT count(*) FROM indicators").fetchone() == (len(rows),)
        wrong = [
            (name, column, kind)
            for name in sorted(layers | {"indicators", "progress", "flaws"})
            for _n, column, kind, *_more in database.execute(f'PRAGMA table_info("{name}")')
            if (column in ("id", "code", "class", "settlement", "feature") or column.endswith("_code"))
            and not kind.startswith("TEXT")
        ]
    assert wrong == []
    assert {
        "county", "districts", "villages", "red_line_encroachment_all", "red_line_encroachment_new",
        "farmland_encroachment_all", "urban_boundary_construction_new_outside", "elderly_care_coverage_uncovered",
        "market_coverage_covered", "greenway_length_inside", "commute_45_coverage_places", "ecological_red_line",
        "roads", "rivers",
    } <= layers  # fmt: skip


def test_wide_zones_hold_the_headlines(out, rows):
    wide = {"district": "districts", "village": "villages", "county": "county"}
    tables = {
        level: pyogrio.read_dataframe(out / "results.gpkg", layer=name).set_index("code")
        for level, name in wide.items()
    }
    assert [len(tables[level]) for level in ("county", "district")] == [1, 12]
    preferred = {"resident_population", "forest_coverage"}  # of these the department's own value goes first
    own = {(row["indicator"], row["zone_code"]) for row in rows if row["kind"] == "reported" and row["year"] == YEAR}
    count = 0
    for row in rows:
        if row["part"] or row["year"] != YEAR or row["kind"] == "target" or not row["value"]:
            continue
        first = row["indicator"] in preferred and (row["indicator"], row["zone_code"]) in own
        if row["kind"] != ("reported" if first else "computed"):
            continue
        table = tables[row["zone_level"]]
        held = table.loc[row["zone_code"] or table.index[0], row["indicator"]]
        assert held == pytest.approx(float(row["value"]), rel=1e-9, abs=1e-12), row
        count += 1
    assert count > 500


def test_patches_add_up_to_the_indicator(out, rows):
    for layer, indicator, part, square in (
        ("red_line_encroachment_all", "red_line_encroachment", "", 1e6),
        ("red_line_encroachment_new", "red_line_encroachment", "new", 1e6),
        ("farmland_encroachment_all", "farmland_encroachment", "", 1e4),
        ("urban_boundary_construction_new_outside", "urban_boundary_construction", "new_outside", 1e6),
    ):
        area = pyogrio.read_dataframe(out / "results.gpkg", layer=layer, read_geometry=False)["area_m2"].sum()
        (row,) = [
            row
            for row in rows
            if (row["indicator"], row["part"], row["zone_code"], row["year"], row["kind"])
            == (indicator, part, "", YEAR, "computed")
        ]
        assert area / square == pytest.approx(float(row["value"]), rel=1e-9), layer


# --- run.json ---


def digest(path: Path) -> str:
    """sha256 of a file; of one in several parts over the sorted lines `name hash`."""
    if path.is_dir():
        parts, base = sorted(file for file in path.rglob("*") if file.is_file()), path
    elif path.suffix == ".shp":
        parts, base = sorted(path.parent.glob(f"{path.stem}.*")), path.parent
    else:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    lines = [f"{part.relative_to(base).as_posix()} {hashlib.sha256(part.read_bytes()).hexdigest()}\n" for part in parts]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def test_the_record_says_what_went_in(home, record, rows):
    paths = {entry["path"] for entry in record["inputs"]}
    assert {
        "data/sandiao_2019.gpkg",
        "data/STBHHX.shp",
        "data/CZKFBJ.gdb",
        "data/人口.xlsx",
        "data/菜市场.csv",
    } <= paths
    for entry in record["inputs"]:
        assert entry["sha256"] == digest(home / "county" / entry["path"]), entry["path"]
    for name in {row["indicator"] for row in rows}:
        assert record["analyses"][name]["definition"]["id"] == name
    walk = record["analyses"]["elderly_care_coverage"]["definition"]["measures"]["reached"]
    assert (walk["method"], walk["mode"], walk["minutes"]) == ("reach", "walk", 5)
    assert record["crs"] == "EPSG:4546" and record["project"]["project"]["year"] == int(YEAR)
    for name in ("geopandas", "shapely", "pyproj", "numpy"):
        assert record["versions"][name] == version(name)
    assert record["unreadable"] == []
    assert sum(record["seconds"].values()) > 0


# --- the run as such ---


def test_nothing_opens_a_socket_and_memory_stays_low(home, ran, again):
    assert not (home / "sockets.txt").exists()
    assert ran.peak < 1.5e9
    assert "Traceback" not in ran.printed


def test_inputs_stay_as_they_are(again):
    before, after, _second = again
    assert before == after and len(before) > 40


def content(path: Path) -> dict[str, object]:
    """Every table of a GeoPackage, row by row."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        names = [
            row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ]
        return {
            name: database.execute(f'SELECT * FROM "{name}"').fetchall()
            for name in names
            if not name.startswith("rtree")
        }


def test_two_runs_agree(out, again):
    second = again[2]
    assert (out / "indicators.csv").read_bytes() == (second / "indicators.csv").read_bytes()
    assert hashes(out / "maps") == hashes(second / "maps")
    one, other = content(out / "results.gpkg"), content(second / "results.gpkg")
    assert [name for name in one if one[name] != other.get(name)] == [] and list(one) == list(other)
    records = [json.loads((folder / "run.json").read_text(encoding="utf-8")) for folder in (out, second)]
    for record in records:
        record.pop("seconds")
    assert records[0] == records[1]
    books = [openpyxl.load_workbook(folder / "indicators.xlsx", read_only=True) for folder in (out, second)]
    cells = [{sheet.title: list(sheet.values) for sheet in book} for book in books]
    assert cells[0] == cells[1]


def test_every_output_says_that_the_data_is_made_up(home, out, ran, record):
    notice = "示意数据"
    assert notice in (out / "indicators.csv").read_text(encoding="utf-8-sig")
    for sheet in openpyxl.load_workbook(out / "indicators.xlsx"):
        assert notice in str(sheet["A1"].value), sheet.title
    with closing(sqlite3.connect(f"file:{out / 'results.gpkg'}?mode=ro", uri=True)) as database:
        data = database.execute(
            "SELECT table_name, description FROM gpkg_contents"
            " WHERE table_name NOT IN ('layer_styles', 'qgis_projects')"
        )
        assert [name for name, text in data if notice not in text] == []
    pages = sorted((out / "maps").iterdir())
    assert [page.stem for page in pages] == sorted((*PAGES, "index"))
    for page in pages:
        assert notice in page.read_text(encoding="utf-8"), page.name
    assert record["project"]["project"]["notice"] == notice
    assert "并非真实数据" in ran.printed
    assert (home / "county" / "说明.txt").is_file()


# --- the pages in a browser ---


@pytest.mark.browser
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_drawn_without_a_network_in_chinese(browser, out, page):
    path = out / "maps" / f"{page}.html"
    browser.draw(path, width=1400, height=900)
    assert browser.asked() == [path.as_uri()] and browser.troubles == []
    share, colours = browser.run(CANVAS)
    assert share > 0.02 and colours > 20
    assert browser.run("document.querySelectorAll('.leaflet-image-layer').length") >= 1  # the backdrop
    shown = browser.run("document.body.innerText")
    assert "2019 年（现状年）" in shown and "示意数据" in shown
    assert re.findall(r"[A-Za-z]{3,}", shown) == []
    figures = browser.run("[...document.querySelectorAll('.figure .value')].map((line) => line.innerText)")
    assert figures and all(re.search(r"\d.*(正常|估算)", line) for line in figures), figures
    browser.draw(path, width=390, height=844)
    assert browser.run("document.documentElement.scrollWidth") <= 390


# A page, the layer of it that lies highest and answers a click, and the columns whose values the answer must show.
TOP = [
    ("red_line", "red_line_encroachment_new", ["id", "class_name", "district_name"]),
    ("farmland", "farmland_encroachment_construction", ["id", "class_name", "village_name"]),
    ("urban_boundary", "urban_boundary_construction_new_outside", ["id", "class_name"]),
    ("control_lines", "control_line_overlap_all_three", ["id", "village_name"]),
    ("shelters", "shelter_area_per_capita_effective", ["name", "district_name"]),
    ("commute", "commute_45_coverage_places", ["code", "name"]),
    ("elderly_care", "elderly_care_coverage_facilities", ["name", "group"]),
    ("markets", "market_coverage_facilities", ["name", "kind"]),
    ("greenways", "greenway_length_inside", ["name", "class"]),
    ("land_change", "land_change_matrix", ["id", "class_name", "class_before_name", "district_name"]),
]


@pytest.mark.browser
@pytest.mark.parametrize(("page", "layer", "columns"), TOP, ids=PAGES)
def test_a_click_shows_the_attributes(browser, out, page, layer, columns):
    frame = gpd.read_file(out / "results.gpkg", layer=layer)
    size = frame.area if frame.geom_type.iloc[0].endswith("Polygon") else frame.length
    feature = frame.loc[[size.idxmax() if size.max() > 0 else frame.index[0]]]
    line = frame.geom_type.iloc[0].endswith("LineString")
    spot = feature.geometry.line_merge().interpolate(0.3, normalized=True) if line else feature.representative_point()
    place = spot.to_crs(4326).iloc[0]
    browser.draw(out / "maps" / f"{page}.html", width=1400, height=900)
    browser.run(f"void map_sheet.setView([{place.y}, {place.x}], 17, {{ animate: false }})")
    browser.run("new Promise((ready) => requestAnimationFrame(() => requestAnimationFrame(ready)))")
    browser.click_at(place.x, place.y)
    browser.wait("!!document.querySelector('.leaflet-popup')")
    text = browser.run("document.querySelector('.leaflet-popup-content').innerText")
    for column in columns:
        assert str(feature[column].iloc[0]) in text, (column, text)
    titles = [part.split("\t")[0] for part in text.splitlines() if "\t" in part]
    assert len(titles) >= 3 and re.findall(r"[A-Za-z]{3,}", "".join(titles)) == []


@pytest.mark.browser
def test_the_reason_is_told_in_words(browser, out):
    frame = gpd.read_file(out / "results.gpkg", layer="elderly_care_coverage_uncovered")
    feature = frame.loc[[frame.area.idxmax()]]
    place = feature.representative_point().to_crs(4326).iloc[0]
    browser.draw(out / "maps" / "elderly_care.html", width=1400, height=900)
    browser.run(f"void map_sheet.setView([{place.y}, {place.x}], 17, {{ animate: false }})")
    browser.click_at(place.x, place.y)
    browser.wait("!!document.querySelector('.leaflet-popup')")
    text = browser.run("document.querySelector('.leaflet-popup-content').innerText")
    assert feature["reason"].iloc[0] == "beyond_limit"
    assert "超出限值" in text and "beyond" not in text


@pytest.mark.browser
def test_the_index_leads_to_every_page(browser, out):
    path = out / "maps" / "index.html"
    browser.open(path, width=1400, height=900)
    assert browser.asked() == [path.as_uri()] and browser.troubles == []
    links = browser.run("[...document.querySelectorAll('a.card')].map((card) => card.getAttribute('href'))")
    assert links == [f"{page}.html" for page in PAGES]
    assert browser.run("[...document.images].filter((image) => image.naturalWidth > 100).length") == len(PAGES)
    shown = browser.run("document.body.innerText")
    assert "示意数据" in shown and "2019" in shown and re.findall(r"[A-Za-z]{3,}", shown) == []
    browser.open(path, width=390, height=844)
    assert browser.run("document.documentElement.scrollWidth") <= 390


# --- the GeoPackage in QGIS ---


def qgis(home: Path, *words: str) -> dict:
    """The JSON that a script prints under the system's python3, which has QGIS."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "QT_QPA_PLATFORM": "offscreen", "LANG": "C.UTF-8"}
    command = ["/usr/bin/python3", *words]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180, check=False)
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


@pytest.mark.qgis
def test_every_layer_opens_styled_in_qgis(home, out):
    before = hashes(out)
    seen = qgis(home, str(ROOT / "tests/maps/qgis_probe.py"), str(out / "results.gpkg"), str(home / "map.png"))
    assert hashes(out) == before  # nothing written into it, nothing beside it
    assert len(seen["layers"]) >= 35 and seen["colours"] > 20
    for name, layer in seen["layers"].items():
        assert layer["valid"] and layer["crs"] == "EPSG:4546", name
        assert layer["renderer"] in ("categorizedSymbol", "graduatedSymbol"), name
        assert layer["classes"] and layer["unmet"] == 0, name
        if layer["features"]:
            counts = [count for _label, count in layer["classes"]]
            assert all(counts) and sum(counts) == layer["features"], (name, layer["classes"])
        titles = [title for column, title in layer["aliases"].items() if column != "fid"]
        assert set(re.findall(r"[A-Za-z]{3,}", "".join(titles))) <= {"GDP"}, (name, titles)
    groups = dict(seen["project"]["groups"])
    assert seen["project"]["read"] and len(groups) == len(PAGES) + 1
    assert all(valid for layers in groups.values() for _name, valid, _kind in layers)


@pytest.mark.qgis
def test_encroachment_agrees_with_qgis_own_overlap_analysis(home, out, rows):
    """QGIS's shares of the parcels inside the red line, times their recorded areas, township by township."""
    data = home / "county" / "data"
    with (ROOT / "layers/codes/land_use_3.csv").open(encoding="utf-8") as file:
        built = {row["code"] for row in csv.DictReader(file) if row["big3"] == "建设用地"}
    where = "\"CZCSXM\" IN ('201','201A','202','202A','203','203A')"
    script = str(ROOT / "tests/maps/qgis_overlap.py")
    shares = qgis(home, script, f"{data / 'sandiao_2019.gpkg'}|layername=DLTB", where, str(data / "STBHHX.shp"), "BSM")
    parcels = pyogrio.read_dataframe(data / "sandiao_2019.gpkg", layer="DLTB", read_geometry=False).set_index("BSM")
    chosen = parcels.loc[[number for number in shares if parcels["DLBM"][number] in built]]
    inside = chosen["TBDLMJ"] * [shares[number] / 100 for number in chosen.index] / 1e6
    due = {"": inside.sum()} | inside.groupby(chosen["ZLDWDM"].str[:9]).sum().to_dict()
    found = {
        row["zone_code"]: float(row["value"])
        for row in rows
        if row["indicator"] == "red_line_encroachment" and not row["part"] and row["year"] == YEAR
        and row["kind"] == "computed" and row["zone_level"] != "village"
    }  # fmt: skip
    assert found[""] == pytest.approx(due[""], rel=1e-6)
    assert len(found) == 13
    for code, value in found.items():
        assert value == pytest.approx(due.get(code, 0.0), rel=1e-5, abs=1e-6), code

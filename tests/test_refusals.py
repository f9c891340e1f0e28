"""What bad input gets, through the real command line: one message in four parts, the exit status of the contract, no
traceback, and all other analyses of the run done.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import shapely

from qsgis import cli, messages
from tests.handmade import CRS, EAST, NORTH, box, frame, line, parcels, point, write_project

PARTS = ("  where: ", "  why: ", "  do: ")
RED, ENCROACHED, GREEN, SHELTER, BEDS, PEOPLE = (
    "ecological_red_line_area", "red_line_encroachment", "greenway_length", "shelter_area_per_capita",
    "elderly_beds_per_1000", "foreign_residents",
)  # fmt: skip
ASKED = (RED, ENCROACHED, GREEN, SHELTER, BEDS)
POPULATION = "XZQDM,CZRK,60岁以上\n140521100,2000,500\n140521101,10000,2000\n"
LAYERS = {
    "county": frame([box(0, 0, 2000, 1000)], XZQDM=["140521"], XZQMC=["手工县"]),
    "districts": frame(
        [box(0, 0, 1000, 1000), box(1000, 0, 1000, 1000)], XZQDM=["140521100", "140521101"], XZQMC=["东镇", "西镇"]
    ),
    "land_use": parcels(
        [(box(0, 0, 1000, 1000), "0702", "203", 1e6), (box(1000, 0, 500, 1000), "0701", "202", 5e5),
         (box(1500, 0, 500, 1000), "0101", "", 5e5)]
    ),
    "ecological_red_line": frame([box(1400, 0, 200, 500)], BSM=["1"]),
    "urban_area": frame([box(1000, 0, 500, 1000)], BSM=["1"]),
    "population": pd.DataFrame({"XZQDM": ["140521100", "140521101"], "CZRK": [2000, 10000], "60岁以上": [500, 2000]}),
    "greenways": frame([line((1100, 300), (1100, 800))], MC=["绿道"]),
    "elderly_care": frame([point(1200, 500)], MC=["站"], LX=["社区"], CWS=[20]),
    "shelters": frame([box(1100, 100, 100, 100)], MC=["避难场所"], YXMJ=[5000.0]),
}  # fmt: skip
# 100 000 m² of red line, half of it on built-up land; 500 m in town; 20 beds for 2.5 thousand old people
GOOD = {RED: 0.1, ENCROACHED: 0.05, GREEN: 0.5, BEDS: 8.0}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("base") / "县", LAYERS)


@pytest.fixture
def project(base: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(base, tmp_path / "项目 一"))


@dataclass
class Outcome:
    status: int
    out: str
    err: str
    rows: list[dict[str, str]]

    def of(self, indicator: str, **wanted: str) -> dict[str, str]:
        """The one headline row of the county for the current year."""
        wanted = {"part": "", "zone_level": "county", "year": "2019", "kind": "computed"} | wanted
        found = [row for row in self.rows if row["indicator"] == indicator and wanted.items() <= row.items()]
        assert len(found) == 1, found
        return found[0]

    def message(self) -> str:
        """The error, in four parts, once."""
        assert "Traceback" not in self.err
        for part in PARTS:
            assert self.err.count(part) == 1, self.err
        for text in self.err.split("\n")[:4]:
            assert text.removeprefix("  ").partition(": ")[2].strip() or not text.startswith("  "), self.err
        return self.err


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    def run(*arguments: object, home: Path | None = None) -> Outcome:
        messages.set_language("en")
        status = cli.run_command([str(one) for one in arguments])
        captured = capsys.readouterr()
        table = home / "out" / "indicators.csv" if home else None
        rows = []
        if table is not None and table.is_file():
            rows = list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8-sig"))))
        return Outcome(status, captured.out, captured.err, rows)

    return run


def run(command: Callable[..., Outcome], home: Path, ids: tuple[str, ...] = ASKED) -> Outcome:
    asked = [word for name in ids for word in ("-a", name)]
    return command("run", home, "--quiet", *asked, home=home)


def settings(home: Path, old: str = "", new: str = "", more: str = "") -> None:
    """Change project.toml, and add to it."""
    path = home / "project.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1) + more, encoding="utf-8")


def put(home: Path, layer: str, name: str, content: bytes | str | Callable[[Path], object]) -> None:
    """Give a layer another file."""
    own = "population.csv" if layer == "population" else f"{layer}.gpkg"
    settings(home, f'path = "{own}"', f"path = {json.dumps(name)}")
    path = home / name
    if callable(content):
        content(path)
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def save(layer: str, drop: str = "", driver: str = "GPKG", share: float = 1.0) -> Callable[[Path], None]:
    """A layer in a file of its own, without a column, or cut off after a share of its bytes."""

    def write(path: Path) -> None:
        data = LAYERS[layer].drop(columns=drop) if drop else LAYERS[layer]
        data.to_file(path, driver=driver)
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])

    return write


def cut_workbook(path: Path) -> None:
    LAYERS["population"].to_excel(path, index=False)
    path.write_bytes(path.read_bytes()[:-400])


def cut_extract(path: Path) -> None:
    import osmium

    with osmium.SimpleWriter(str(path)) as writer:
        for number in range(1, 2000):
            tags = {"amenity": "nursing_home", "name": f"站{number}"}
            writer.add_node(osmium.osm.mutable.Node(id=number, location=(112.1, 35.7), tags=tags))
    path.write_bytes(path.read_bytes()[:-300])


def timetable(path: Path, share: float = 1.0, trips: bool = True) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("stops.txt", "stop_id,stop_name,stop_lon,stop_lat\n1,站,112.1,35.7\n")
        if trips:
            archive.writestr("trips.txt", "trip_id,service_id\n1,1\n")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])


def test_a_good_project_passes(project, command):
    found = run(command, project)
    assert (found.status, found.err) == (0, "")
    for name, value in GOOD.items():
        assert float(found.of(name)["value"]) == pytest.approx(value, rel=1e-6), name
    assert found.of(SHELTER)["status"] == "ok"


# --- a layer that cannot be used: the analyses that need it fail, the others are done ---

RED_LINE, CARE, TOLD = {RED, ENCROACHED}, {BEDS}, {SHELTER, BEDS}
WRONG_LAYERS = {
    # name: (layer, file, content, status, analyses that fail, words of the message)
    "missing required field": (
        "land_use", "a.gpkg", save("land_use", "DLBM"), 3, {ENCROACHED, SHELTER, BEDS}, ["class", "DLBM", "CZCSXM"]),
    "missing required field of facilities": (
        "shelters", "a.gpkg", save("shelters", "YXMJ"), 3, {SHELTER}, ["effective_area", "YXMJ", "MC"]),
    "no CRS": (
        "ecological_red_line", "a.gpkg",
        lambda path: frame([shapely.box(5, 5, 90, 90)]).set_crs(None, allow_override=True).to_file(path), 1, RED_LINE,
        ["coordinate system", "47.5", 'crs = "EPSG']),
    "empty layer": (
        "ecological_red_line", "a.gpkg", LAYERS["ecological_red_line"].iloc[:0].to_file, 3, RED_LINE,
        ["empty", "none = true"]),
    "points where polygons are due": (
        "ecological_red_line", "a.gpkg", save("elderly_care"), 3, RED_LINE, ["polygon are due", "Point"]),
    "a table where polygons are due": (
        "ecological_red_line", "a.csv", "编号,面积\n1,2\n", 3, RED_LINE, ["polygon are due", "no geometry"]),
    "a directory where a file is due": (
        "ecological_red_line", "folder", Path.mkdir, 1, RED_LINE, ["folder", "no format"]),
    "GeoPackage without a byte": ("ecological_red_line", "a.gpkg", b"", 1, RED_LINE, ["0 bytes"]),
    "GeoPackage cut off": (
        "ecological_red_line", "a.gpkg", save("ecological_red_line", share=0.6), 1, RED_LINE, ["database", "cut off"]),
    "Shapefile cut off": (
        "ecological_red_line", "a.shp", save("ecological_red_line", driver="ESRI Shapefile", share=0.9), 1, RED_LINE,
        [".shp is cut off", "of 236"]),
    "Shapefile without its table": ("ecological_red_line", "a.shp", bytes(100), 1, RED_LINE, [".dbf"]),
    "GeoJSON cut off": (
        "ecological_red_line", "a.geojson", save("ecological_red_line", driver="GeoJSON", share=0.8), 1, RED_LINE,
        ["a.geojson", "GeoJSON"]),
    "FlatGeobuf cut off": (
        "ecological_red_line", "a.fgb", save("ecological_red_line", driver="FlatGeobuf", share=0.6), 1, RED_LINE,
        ["holds no layer", "cut off"]),
    "workbook cut off": ("population", "a.xlsx", cut_workbook, 1, TOLD, ["Excel workbook", "cut off"]),
    "CSV cut off inside quotes": ("population", "a.csv", POPULATION + '140521102,"12', 1, TOLD, ["quotes", "cut off"]),
    "CSV without a byte": ("population", "a.csv", b"", 1, TOLD, ["0 bytes"]),
    "CSV in no known encoding": ("population", "a.csv", b"XZQDM,CZRK\n\x81\xff\xfe,1\n", 1, TOLD, ["UTF-8 nor GBK"]),
    "CSV with a header alone": ("population", "a.csv", "XZQDM,CZRK\n", 3, TOLD, ["empty"]),
    "OSM extract cut off": ("elderly_care", "a.osm.pbf", cut_extract, 1, CARE, ["a.osm.pbf"]),
    "timetable cut off": (
        "elderly_care", "a.zip", lambda path: timetable(path, 0.5), 1, CARE, ["a.zip", "no format"]),
    "timetable without trips": (
        "elderly_care", "a.zip", lambda path: timetable(path, trips=False), 1, CARE, ["lacks", "trips.txt"]),
    "random bytes": ("ecological_red_line", "a.bin", bytes(range(255, 0, -1)) * 20, 1, RED_LINE, ["no format"]),
    "population of unknown zones": (
        "population", "a.csv", "XZQDM,CZRK,60岁以上\n999999999,5,1\n", 1, TOLD, ["Population", "zone codes"]),
    "population with a zone twice": (
        "population", "a.csv", POPULATION + "140521101,1,1\n", 1, TOLD, ["140521101", "more than once"]),
    "beds that are negative": (
        "elderly_care", "a.gpkg", lambda path: LAYERS["elderly_care"].assign(CWS=[-1]).to_file(path), 1, CARE,
        ["Beds", "站"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_LAYERS)
def test_a_wrong_layer_stops_its_own_analyses_only(project, command, case):
    layer, name, content, status, failing, words = WRONG_LAYERS[case]
    put(project, layer, name, content)
    check_failures(run(command, project), status, failing, words)


def check_failures(found: Outcome, status: int, failing: set[str], words: list[str]) -> None:
    message = found.message()
    assert found.status == status, message
    assert [word for word in words if word not in message] == [], message
    for name in failing:
        row = found.of(name)
        assert (row["status"], row["value"]) == ("failed", "")
        assert row["note"]
        assert name in message, "the message says which analyses failed of it"
    for name in set(ASKED) - failing:
        row = found.of(name)
        assert row["status"] in {"ok", "estimated"}
        assert name not in message
        if name in GOOD:
            assert float(row["value"]) == pytest.approx(GOOD[name], rel=1e-6)


def test_a_missing_file(project, command):
    (project / "ecological_red_line.gpkg").unlink()
    found = run(command, project)
    check_failures(found, 1, RED_LINE, ["[layers.ecological_red_line]", "ecological_red_line.gpkg"])


def test_a_missing_sublayer(project, command):
    settings(project, 'path = "ecological_red_line.gpkg"', 'path = "ecological_red_line.gpkg"\nlayer = "STBHHX"')
    found = run(command, project)
    check_failures(found, 1, RED_LINE, ["STBHHX", "it holds: ecological_red_line"])


def test_a_field_that_nobody_needs_may_be_missing(project, command):
    put(project, "greenways", "a.gpkg", save("greenways", "MC"))
    found = run(command, project)
    assert (found.status, found.err) == (0, "")
    assert float(found.of(GREEN)["value"]) == pytest.approx(0.5, rel=1e-6)


# --- what is not there is missing, and says what is wanted ---


@pytest.mark.parametrize(
    ("layer", "content", "failing", "words"),
    [
        ("elderly_care", save("elderly_care", "CWS"), BEDS, ["Beds", "2019", "Civil affairs bureau"]),
        ("population", "XZQDM,CZRK\n140521100,1\n140521101,2\n", BEDS, ["Residents aged 60", "2019"]),
        ("population", "CZRK\n100\n", SHELTER, ["Zone code", "2019"]),
        ("population", "XZQDM,CZRK\n140521100,many\n", SHELTER, ["Residents", "values that can be used"]),
    ],
)
def test_a_missing_optional_field_is_wanted(project, command, layer, content, failing, words):
    put(project, layer, "a.csv" if layer == "population" else "a.gpkg", content)
    found = run(command, project)
    row = found.of(failing)
    assert (found.status, row["status"], row["value"]) == (1, "missing", ""), "it was asked for by -a"
    assert [word for word in words if word not in row["note"]] == [], row["note"]
    assert found.of(RED)["status"] == "ok"
    assert f"note: {row['name']}: {row['note']}\n" in found.err
    assert all(text.startswith("note: ") for text in found.err.splitlines())


def test_a_missing_layer_is_missing_only_where_it_was_asked_for(project, command):
    assert command("run", project, "--quiet", home=project).status == 0
    found = run(command, project, ("farmland_encroachment",))
    row = found.of("farmland_encroachment")
    assert (found.status, row["status"], row["value"]) == (1, "missing", "")
    assert "permanent_farmland" in row["note"]
    assert "Natural resources bureau" in row["note"]


def test_a_selection_without_its_field_stops_the_layer(project, command):
    """Levees that do not say whether they meet the standard: the share of those that do cannot be told."""
    frame([line((0, 0), (900, 0))], MC=["东堤"]).to_file(project / "levees.gpkg")
    settings(project, more='\n[layers.levees]\npath = "levees.gpkg"\n')
    found = run(command, project, ("levee_standard_share",))
    assert (found.status, found.of("levee_standard_share")["status"]) == (3, "failed")
    message = found.message()
    assert [word for word in ("standard", "SFDB", "levees.gpkg", "selection standard") if word not in message] == []


def test_no_zones_at_all(project, command):
    settings(project, "[[layers.county]]", "[[layers.culture]]")
    settings(project, "[[layers.districts]]", "[[layers.sports]]")
    found = run(command, project)
    assert found.status == 1
    assert "Traceback" not in found.err
    for name in ASKED:
        row = found.of(name)
        assert row["status"] == "missing"
        assert "county" in row["note"]
        assert "districts" in row["note"]
    assert not (project / "out" / "results.gpkg").exists()


def test_a_year_without_data(project, command):
    settings(project, "[[layers.ecological_red_line]]\n", "[[layers.ecological_red_line]]\nyear = 2018\n")
    found = run(command, project)
    assert found.status == 1
    assert found.of(RED)["status"] == "missing"
    assert "2019" in found.of(RED)["note"]
    assert float(found.of(RED, year="2018")["value"]) == pytest.approx(0.1, rel=1e-6)


def test_no_base_year(project, command):
    found = run(command, project)
    new = found.of(ENCROACHED, part="new")
    assert (new["status"], new["value"]) == ("missing", "")
    assert "base_year" in new["note"]
    assert found.of(ENCROACHED)["status"] == "ok"


def test_none_is_an_answer(project, command):
    settings(project, 'path = "ecological_red_line.gpkg"', "none = true")
    found = run(command, project)
    assert (found.status, found.err) == (0, "")
    assert float(found.of(RED)["value"]) == 0.0
    assert "none = true" in found.of(RED)["note"]


# --- flaws are counted and said, and end nothing ---


def test_broken_rings_are_mended_and_said(project, command):
    bow = shapely.Polygon([(EAST, NORTH), (EAST + 100, NORTH + 100), (EAST + 100, NORTH), (EAST, NORTH + 100)])
    put(project, "ecological_red_line", "a.gpkg", lambda path: frame([bow, box(200, 0, 100, 100)]).to_file(path))
    found = run(command, project)
    row = found.of(RED)
    assert found.status == 0
    assert float(row["value"]) == pytest.approx((5000 + 10000) / 1e6, rel=1e-6)
    assert "1 polygons are not valid" in row["note"]


def test_red_lines_that_overlap_count_once(project, command):
    put(
        project,
        "ecological_red_line",
        "a.gpkg",
        lambda path: frame([box(0, 0, 100, 100), box(50, 0, 100, 100)]).to_file(path),
    )
    found = run(command, project)
    assert found.status == 0
    assert float(found.of(RED)["value"]) == pytest.approx(0.015, rel=1e-6)
    assert "5000.00" in found.of(RED)["note"]


def test_features_far_from_the_county_are_said(project, command):
    put(
        project,
        "elderly_care",
        "a.gpkg",
        lambda path: frame([point(1200, 500), point(190_000, 500)], MC=["站", "远"], CWS=[20, 30]).to_file(path),
    )
    found = run(command, project)
    assert found.status == 0
    assert float(found.of(BEDS)["value"]) == pytest.approx(8.0)
    assert "20 km outside the county" in found.of(BEDS)["note"]
    checked = json.loads(command("check", project, "--json").out)
    flaws = [flaw for layer in checked["layers"] for flaw in layer["flaws"]]
    assert [(flaw["layer"], flaw["feature"], flaw["reason"]) for flaw in flaws] == [("elderly_care", "2", "far away")]


def test_parcels_without_their_record_are_said(project, command):
    put(project, "land_use", "a.gpkg", lambda path: LAYERS["land_use"].assign(TBDLMJ=[1e6, None, 5e5]).to_file(path))
    row = run(command, project).of(ENCROACHED)
    assert "1 features of Land-use parcels have no Parcel land area" in row["note"]


def test_a_row_cut_short_is_said(project, command):
    put(project, "population", "a.csv", "XZQDM,60岁以上,CZRK\n140521100,500,2000\n140521101,2000")
    row = run(command, project).of(SHELTER)
    assert "fewer cells than the header: 3" in row["note"]
    assert "1 zones have no Residents in the table and count as empty: 西镇" in row["note"]
    assert (row["status"], row["value"]) != ("ok", "")


# --- the table of supplied values ---

GIVEN = '[values]\npath = "values.xlsx"\n'


def supply(home: Path, *rows: tuple[object, ...]) -> None:
    book = openpyxl.Workbook()
    for row in (("indicator", "year", "value", "unit"), *rows):
        book.active.append(row)
    book.save(home / "values.xlsx")
    settings(home, more=GIVEN)


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ((PEOPLE, 2018, "很多", "万人"), "很多"),
        ((PEOPLE, "去年", 5, "万人"), "去年"),
        ((PEOPLE, 2018.5, 5, "万人"), "2018.5"),
        ((PEOPLE, 2018, "inf", "万人"), "inf"),
        ((PEOPLE, 2018, None, "万人"), "(blank)"),
        ((PEOPLE, 2018, 5, "公顷"), "公顷"),
        (("人口总数量", 2018, 5, "万人"), "人口总数量"),
        ((PEOPLE, 2019, 7, "万人"), "as 1234.5 and as 7"),
    ],
)
def test_a_supplied_row_that_cannot_be_used_is_said(project, command, row, word):
    supply(project, (PEOPLE, 2019, "1,234.5", "万人"), row)
    found = run(command, project, (PEOPLE,))
    assert found.status == 0
    assert float(found.of(PEOPLE, kind="reported")["value"]) == 1234.5
    assert len(found.rows) == 1
    assert found.err.startswith("note: ")
    assert "C3" in found.err
    assert word in found.err


def book(*heads: str) -> bytes:
    made, content = openpyxl.Workbook(), io.BytesIO()
    made.active.append(heads)
    made.save(content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "status", "word"),
    [
        (None, 1, "[values] path"),
        (b"PK\x03\x04cut", 1, "Excel workbook"),
        (b"", 1, "Excel workbook"),
        (book("年度", "数值"), 1, "no column is called indicator"),
    ],
)
def test_an_unreadable_table_of_values_fails_the_reported_only(project, command, content, status, word):
    if content is not None:
        (project / "values.xlsx").write_bytes(content)
    settings(project, more=GIVEN)
    found = run(command, project, (PEOPLE, RED))
    assert found.status == status
    assert word in found.message()
    assert found.of(PEOPLE, kind="reported")["status"] == "failed"
    assert float(found.of(RED)["value"]) == pytest.approx(0.1, rel=1e-6)
    assert "no figure of values" in found.err


# --- project.toml or a definition is wrong: nothing runs ---

WRONG_SETTINGS = {
    # name: (changes of project.toml as settings() takes them, words of the message)
    "unknown layer": (("", "", '[layers.lanuse]\npath = "x.shp"\n'), ["unknown layer: lanuse", "land_use"]),
    "unknown analysis": (("", "", "[analyses.market]\nminutes = 5\n"), ["unknown analysis: market", "market_coverage"]),
    "misspelt table": (("", "", "[overides.x]\nvalue = 1\n"), ["overides", "overrides"]),
    "misspelt fact": (("crs =", "crz ="), ["project.crz", "base_year"]),
    "misspelt key of a layer": (
        ("", "", '[layers.rivers]\npath = "a"\nlayr = "b"\n'),
        ["layers.rivers.layr", "encoding"]),
    "misspelt key of a layer of several": (
        ('"shelters.gpkg"', '"shelters.gpkg"\nlayr = "b"'),
        ["shelters.0.layr", "survey"]),
    "misspelt parameter": (("", "", "[analyses.market_coverage]\nminuts = 5\n"), ["minuts", "minutes"]),
    "parameter out of bounds": (("", "", "[analyses.market_coverage]\nminutes = -5\n"), ["minutes", "> 0"]),
    "text for a number": (("", "", '[analyses.market_coverage]\nminutes = "ten"\n'), ["minutes", "a number"]),
    "skip that is no yes or no": (("", "", '[analyses.market_coverage]\nskip = "no"\n'), ["skip", "true or false"]),
    "override that is no number": (
        ("", "", "[overrides.greenway_length]\nvalue = nan\nyear = 2019\nwhy = 'x'\nwho = 'y'\n"),
        ["overrides.greenway_length.value", "finite"],
    ),
    "year as text": (("year = 2019", 'year = "2019年"'), ["project.year", "whole number"]),
    "not TOML": (("", "", "[[[\n"), ["TOML", "line"]),
    "backslash that is an escape": (('"shelters.gpkg"', '"data\\tshelters.gpkg"'), ["layers.shelters", "write /"]),
    "backslash that is a control character": (
        ('"shelters.gpkg"', '"data\\bhelters.gpkg"'),
        ["control character", "write /"]),
    "backslash that is no escape": (('"shelters.gpkg"', '"data\\shelters.gpkg"'), ["line", "written with /"]),
    "empty path": (('"shelters.gpkg"', '""'), ["layers.shelters", "the path is empty"]),
    "neither path nor none": (('path = "shelters.gpkg"', "year = 2019"), ["layers.shelters", "none = true"]),
    "two files for one year": (
        ("", "", '[[layers.shelters]]\npath = "b.shp"\n'),
        ["layers.shelters.year", "same year"]),
    "unknown system": ((CRS, "EPSG:999999"), ["project.crs", "999999"]),
    "system in degrees": ((CRS, "EPSG:4490"), ["project.crs", "projected"]),
    "unknown system of a layer": (
        ('"shelters.gpkg"', '"shelters.gpkg"\ncrs = "Mars"'),
        ["layers.shelters.crs", "GCJ-02"]),
    "unknown encoding": (
        ('"shelters.gpkg"', '"shelters.gpkg"\nencoding = "klingon"'),
        ["layers.shelters.encoding", "GBK"]),
    "unknown field": (
        ('"shelters.gpkg"', '"shelters.gpkg"\nfields = { beds = "CW" }'),
        ["unknown field: beds", "capacity"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_SETTINGS)
def test_wrong_settings_stop_everything(project, command, case):
    change, words = WRONG_SETTINGS[case]
    settings(project, *change)
    check_refused(command("run", project, "--quiet", home=project), project, words)


def check_refused(found: Outcome, project: Path, words: list[str]) -> None:
    message = found.message()
    assert found.status == 2
    assert [word for word in words if word not in message] == [], message
    assert len(message) < 1500
    assert not (project / "out").exists()


@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
def test_project_file_that_is_not_utf8(project, command, encoding):
    path = project / "project.toml"
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    check_refused(command("run", project), project, ["UTF-8", "byte"])


def test_project_file_that_goes_too_deep(project, command):
    (project / "project.toml").write_text("a = " + "[" * 5000, encoding="utf-8")
    check_refused(command("run", project), project, ["TOML"])


def test_no_project(tmp_path, command):
    check_refused(command("run", tmp_path), tmp_path, ["no project here", "qsgis init"])


FACTS = 'name = "试"\ndimension = "安全"\nunit = "平方千米"\nbetter = "lower"\n'
MEASURE = '[measures.all]\nmethod = "area"\nof = [{ layer = "ecological_red_line" }]\n'
WRONG_DEFINITIONS = {
    "misspelt key": ("analyses", FACTS + 'headlin = "all"\n' + MEASURE, ["headlin", "headline"]),
    "unknown name": ("analyses", FACTS + 'headline = "al"\n' + MEASURE, ["unknown name: al", "all, zone_area"]),
    "mismatched units": (
        "analyses", FACTS.replace("平方千米", "千米") + 'headline = "all"\n' + MEASURE, ["平方米", "千米"]),
    "added units that differ": (
        "analyses", FACTS + 'headline = "all + people"\n' + MEASURE
        + '[measures.people]\nmethod = "sum"\nof = [{ layer = "population" }]\nfield = "resident"\n', ["平方米", "人"]),
    "call": ("analyses", FACTS + "headline = \"__import__('os').system('id')\"\n" + MEASURE, ["only names, numbers"]),
    "attribute": ("analyses", FACTS + 'headline = "all.__class__"\n' + MEASURE, ["only names, numbers"]),
    "power": ("analyses", FACTS + 'headline = "all ** 9 ** 9 ** 9"\n' + MEASURE, ["only names, numbers"]),
    "brackets without end": (
        "analyses", FACTS + f'headline = "{"(" * 5000}all{")" * 5000}"\n' + MEASURE, ["cannot be parsed"]),
    "itself": ("analyses", FACTS + 'uses = ["my"]\nheadline = "my"\n', ["circle", "my → my"]),
    "circle": (
        "analyses", FACTS.replace("平方千米", "千米") + 'uses = ["greenway_length"]\nheadline = "greenway_length"\n',
        ["circle", "greenway_length → my → greenway_length"]),
    "length of polygons": (
        "analyses", FACTS + 'headline = "all"\n' + MEASURE.replace('"area"', '"length"'),
        ["measures.all", "greenways"]),
    "area of lines": (
        "analyses", FACTS + 'headline = "all"\n' + MEASURE.replace("ecological_red_line", "greenways"),
        ["measures.all", "polygon"]),
    "split by an unknown field": (
        "analyses", FACTS + 'headline = "all"\n' + MEASURE + 'by = "klass"\n', ["measures.all.by", "klass", "type"]),
    "sum of an unknown field": (
        "analyses", FACTS + 'headline = "all"\n' + MEASURE.replace('"area"', '"sum"') + 'field = "klass"\n',
        ["my.toml: measures.all.field", "klass"]),
    "unknown kind of geometry": ("layers", 'name = "试"\ngeometry = "polygn"\n', ["geometry", "polygon"]),
    "map of an unknown layer": (
        "maps", 'title = "试"\nlayers = [{ layer = "redline" }]\n', ["redline", "ecological_red_line"]),
    "map of a layer that no measure makes": (
        "maps", 'title = "试"\nlayers = [{ analysis = "red_line_encroachment", layer = "al" }]\n', ["al", "all"]),
    "map without layers": ("maps", 'title = "试"\nlayers = []\n', ["layers", "empty"]),
    "colour by name": (
        "maps/styles", 'name = "试"\nkind = "categorised"\nfield = "a"\nstroke = "red"\n', ["stroke", "#"]),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_DEFINITIONS)
def test_a_wrong_definition_of_the_project_stops_everything(project, command, case):
    folder, text, words = WRONG_DEFINITIONS[case]
    path = project / folder / "my.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    if case == "circle":
        (path.parent / "greenway_length.toml").write_text('uses = ["my"]\nheadline = "my"\n', encoding="utf-8")
    found = command("run", project, "--quiet", home=project)
    check_refused(found, project, words)
    assert ".toml" in found.err


# --- the command line ---


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("list", "foo"), ["unknown", "foo", "analyses, layers, maps"]),
        (("rum",), ["unknown command: rum", "run"]),
        (("explain", "greenway_lenght"), ["unknown analysis: greenway_lenght", "greenway_length"]),
        (("run", "--fast"), ["no option --fast", "qsgis run --help"]),
        (("run", "--out"), ["--out wants a value"]),
        (("init",), ["DIR is not given"]),
        (("demo", "--parcels", "3"), ["--parcels", "1000"]),
        (("run", "--lang", "fr"), ["fr", "en, zh"]),
        (("inspect", "nothing.shp"), ["nothing.shp"]),
    ],
)
def test_a_wrong_command(tmp_path, monkeypatch, command, arguments, words):
    monkeypatch.chdir(tmp_path)
    check_refused(command(*arguments), tmp_path, words)


def test_an_unknown_analysis_is_asked_for(project, command):
    check_refused(run(command, project, ("red_line",)), project, ["unknown analysis: red_line", "-a"])


def test_json_is_free_of_language(command):
    found = {language: command("list", "analyses", "--json", "--lang", language).out for language in messages.LANGUAGES}
    assert found["zh"] == found["en"]
    assert {row["source"] for row in json.loads(found["en"])} == {"computed", "reported"}


# --- the place to write to ---


def test_results_never_take_the_place_of_something_else(project, command):
    own = project / "maps" / "mine.toml"
    own.parent.mkdir()
    own.write_text('title = "我的图"\nlayers = [{ layer = "roads" }]\n', encoding="utf-8")
    before = sorted(project.rglob("*"))
    found = command("run", project, "--quiet", "--out", project)
    assert found.status == 2
    assert "project's own folder" in found.message()
    other = shutil.copytree(own.parent, project.parent / "other" / "maps")
    found = command("run", project, "--quiet", "--out", other.parent)
    assert found.status == 2
    assert "mine.toml" in found.message()
    assert (other / "mine.toml").is_file()
    assert sorted(project.rglob("*")) == before


@pytest.mark.parametrize("place", ["project.toml", "project.toml/out", "taken"])
def test_an_output_place_that_cannot_be_written(project, command, place):
    (project / "taken" / "indicators.csv").mkdir(parents=True)
    before = sorted(project.rglob("*"))
    found = command("run", project, "--quiet", "--out", project / place)
    assert found.status == 2
    assert "cannot write the results" in found.message()
    assert sorted(project.rglob("*")) == before


# --- strange, and all right ---


def test_strange_names_and_places(project, command, monkeypatch):
    names = ["<script>alert(1)</script>\x07", "=1+1 😀"]
    put(project, "districts", "区 划.gpkg", lambda path: LAYERS["districts"].assign(XZQMC=names).to_file(path))
    put(
        project,
        "population",
        "a.csv",
        POPULATION.replace("\n", ",备注\n", 1).replace("2000,500", "2000,500," + "x" * 1_000_000),
    )
    settings(project, 'path = "shelters.gpkg"', r"path = '.\shelters.gpkg'")
    monkeypatch.chdir(project.parent)
    found = command("run", f"{project.name}/", "--quiet", "-a", RED, "-a", SHELTER, "-a", BEDS, home=project)
    assert (found.status, found.err) == (0, "")
    assert float(found.of(BEDS)["value"]) == pytest.approx(8.0)
    zone = found.of(RED, zone_level="district", zone_code="140521100")
    assert zone["zone_name"] == "<script>alert(1)</script>"
    pages = [path.read_text(encoding="utf-8") for path in (project / "out" / "maps").glob("*.html")]
    assert pages
    assert not [page for page in pages if "<script>alert(1)" in page]
    book = openpyxl.load_workbook(project / "out" / "indicators.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value == names[1]]
    assert {cell.data_type for cell in cells} == {"s"}, "text from data is no formula"

"""A real city from OpenStreetMap, run once: every analysis has a value, broken parts are counted, figures hold."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import geopandas as gpd
import osmium
import pyogrio
import pyproj
import pytest
import shapely

from .maps.browser import CANVAS

ROOT = Path(__file__).parents[1]
HOME = ROOT / "examples/las_palmas"
EXTRACT = HOME / "data/las_palmas_2023.osm.pbf"
PATHS = {"footway", "path", "pedestrian", "cycleway"}
PAGES = ("bus_stops", "elderly_care", "greenways", "markets", "parks", "red_line")


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("las_palmas") / "out"
    command = [sys.executable, "-m", "qsgis", "run", str(HOME), "--out", str(folder)]
    before = {path: path.stat().st_mtime_ns for path in HOME.rglob("*")}
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert {path: path.stat().st_mtime_ns for path in HOME.rglob("*")} == before
    return folder


@pytest.fixture(scope="module")
def rows(out):
    with (out / "indicators.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def headline(rows, indicator):
    (row,) = [
        row for row in rows if row["indicator"] == indicator and not row["part"] and row["zone_level"] == "county"
    ]
    return row


@dataclass
class Extract(osmium.SimpleHandler):
    """What the file holds, read object by object: no areas are built and no lines are made by osmium."""

    places: dict[int, tuple[float, float]] = field(default_factory=dict)
    ways: dict[int, tuple[dict[str, str], list[int]]] = field(default_factory=dict)

    def __post_init__(self):
        super().__init__()

    def node(self, node):
        self.places[node.id] = (node.location.lon, node.location.lat)

    def way(self, way):
        self.ways[way.id] = (dict(way.tags), [node.ref for node in way.nodes])

    def lacking(self, number):
        return sum(node not in self.places for node in self.ways[number][1])

    def line(self, number):
        held = [self.places[node] for node in self.ways[number][1] if node in self.places]
        return shapely.LineString(held) if len(held) > 1 else None

    def chosen(self, key, values=None):
        found = {number for number, (tags, _nodes) in self.ways.items() if key in tags}
        return found if values is None else {number for number in found if self.ways[number][0][key] in values}


@pytest.fixture(scope="module")
def extract():
    found = Extract()
    found.apply_file(str(EXTRACT))
    return found


def flaws(out, layer):
    with closing(sqlite3.connect(f"file:{out / 'results.gpkg'}?mode=ro", uri=True)) as database:
        return database.execute("SELECT feature, reason FROM flaws WHERE layer = ?", (layer,)).fetchall()


def test_every_analysis_has_a_value(out, rows):
    assert len({row["indicator"] for row in rows}) == 9
    for indicator in {row["indicator"] for row in rows}:
        row = headline(rows, indicator)
        assert row["status"] == "ok" and float(row["value"]) > 0, row
        assert "OpenStreetMap" in row["note"]  # what the figures are worth
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert record["unreadable"] == [] and len(record["inputs"]) == 14


def test_broken_rings_are_counted_and_listed(out, extract):
    """A closed way whose nodes are not all in the file is no ring; relations are few here and all whole."""
    for layer, values in (("land_use", None), ("residential", {"residential"})):
        broken = {f"w{number}" for number in extract.chosen("landuse", values) if extract.lacking(number)}
        listed = {feature for feature, reason in flaws(out, layer) if reason == "舍去"}
        assert listed == broken and broken, layer
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    (land_use,) = [entry for entry in record["inputs"] if entry["layer"] == "land_use"]
    assert any(note.startswith("land_use: 20 ") for note in land_use["notes"])  # and said
    whole = {number for number in extract.chosen("landuse") if not extract.lacking(number)}
    assert land_use["features"] >= len(whole)  # and nothing else lost


def test_lines_that_leave_the_extract_are_counted_and_listed(out, extract):
    cut = {f"w{number}" for number in extract.chosen("highway", PATHS) if extract.lacking(number)}
    assert {feature for feature, reason in flaws(out, "greenways") if reason == "被截断"} == cut
    assert len(cut) > 30


def zone(name, **more):
    return gpd.read_file(HOME / "data" / name, engine="pyogrio", **more).to_crs(32628).union_all()


def metres(lines):
    """Ellipsoidal length of lines in EPSG:32628, from their longitudes and latitudes."""
    back, geod = pyproj.Transformer.from_crs(32628, 4326, always_xy=True), pyproj.Geod(ellps="WGS84")
    parts = shapely.get_parts(shapely.get_parts(lines))
    return sum(geod.line_length(*back.transform(*shapely.get_coordinates(part).T)) for part in parts)


def test_greenway_length_agrees_with_an_independent_sum(out, rows, extract):
    """Ways node by node, cut by shapely, measured by pyproj.

    The program leaves out a line that runs within 2 m of another one and says how much that is: together they must be
    the sum here to 1 in 2,000.
    """
    lines = [extract.line(number) for number in sorted(extract.chosen("highway", PATHS))]
    frame = gpd.GeoSeries([line for line in lines if line is not None], crs=4326).to_crs(32628)
    urban, county = zone("ghs_urban_centre.gpkg"), zone("municipality_boundary.geojson")
    whole = metres(shapely.intersection(frame.array, shapely.intersection(urban, county)))
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    notes = " ".join(record["analyses"]["greenway_length"]["measures"]["inside"]["notes"])
    doubled = float(re.search(r"有 ([\d.]+) 米与另一条线并行", notes)[1])
    found = 1000 * float(headline(rows, "greenway_length")["value"])
    assert found < whole
    assert found + doubled == pytest.approx(whole, rel=5e-4)
    assert doubled < 0.02 * whole


def test_bus_stop_coverage_lies_between_bounds_as_the_crow_flies(out, rows, extract):
    """No walk of 500 m goes farther than 500 m; and within 150 m of a stop that counts most homes are reached."""
    rings = [
        shapely.Polygon([extract.places[node] for node in nodes])
        for number in sorted(extract.chosen("landuse", {"residential"}))
        for _tags, nodes in [extract.ways[number]]
        if not extract.lacking(number) and nodes[0] == nodes[-1]
    ]
    urban = zone("ghs_urban_centre.gpkg")
    homes = gpd.GeoSeries(rings, crs=4326).to_crs(32628).union_all().intersection(urban)
    with zipfile.ZipFile(HOME / "data/gtfs_guaguas_2023.zip") as archive, archive.open("stops.txt") as file:
        stops = list(csv.DictReader(io.TextIOWrapper(file, "utf-8-sig")))
    every = gpd.GeoSeries.from_xy(
        [float(stop["stop_lon"]) for stop in stops], [float(stop["stop_lat"]) for stop in stops], crs=4326
    ).to_crs(32628)
    counted = gpd.read_file(out / "results.gpkg", layer="bus_stop_coverage_facilities")
    assert 0 < len(counted) < len(stops)
    found = float(headline(rows, "bus_stop_coverage")["value"])
    most = 100 * homes.intersection(every.buffer(500).union_all()).area / homes.area
    least = 100 * homes.intersection(counted.buffer(150).union_all()).area / homes.area
    assert least < found < most
    area = pyogrio.read_dataframe(out / "results.gpkg", layer="bus_stop_coverage_covered", read_geometry=False)
    assert area["area_m2"].sum() / homes.area == pytest.approx(found / 100, abs=0.005)


@pytest.mark.browser
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_drawn_without_a_network(browser, out, page):
    path = out / "maps" / f"{page}.html"
    browser.draw(path, width=1400, height=900)
    assert browser.asked() == [path.as_uri()] and browser.troubles == []
    share, colours = browser.run(CANVAS)
    assert share > 0.02 and colours > 20
    shown = browser.run("document.body.innerText")
    assert "OpenStreetMap" in shown and "2023 年（现状年）" in shown
    assert "内部资料" not in shown  # open data
    browser.draw(path, width=390, height=844)
    assert browser.run("document.documentElement.scrollWidth") <= 390


@pytest.mark.browser
def test_the_index_shows_every_page(browser, out):
    path = out / "maps" / "index.html"
    browser.open(path)
    assert browser.asked() == [path.as_uri()] and browser.troubles == []
    links = browser.run("[...document.querySelectorAll('a.card')].map((card) => card.getAttribute('href'))")
    assert sorted(links) == [f"{page}.html" for page in PAGES]


@pytest.mark.browser
def test_a_click_on_a_bus_stop_tells_its_name(browser, out):
    stops = gpd.read_file(out / "results.gpkg", layer="bus_stop_coverage_facilities")
    stop = stops.loc[[stops.geometry.distance(stops.union_all().centroid).idxmax()]]
    place = stop.to_crs(4326).geometry.iloc[0]
    browser.draw(out / "maps" / "bus_stops.html", width=1400, height=900)
    browser.run(f"void map_sheet.setView([{place.y}, {place.x}], 18, {{ animate: false }})")
    browser.click_at(place.x, place.y)
    browser.wait("!!document.querySelector('.leaflet-popup')")
    assert stop["name"].iloc[0] in browser.run("document.querySelector('.leaflet-popup-content').innerText")

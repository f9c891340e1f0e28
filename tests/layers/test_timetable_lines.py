"""Tables of bus lines, as counties have them: the times are arithmetic on headways, metres and km/h."""

import geopandas as gpd
import pyproj
import pytest
import shapely

from qsgis.catalog import Catalog
from qsgis.errors import ValueWrong
from qsgis.layers.timetable_lines import lines_timetable

from .conftest import read

CRS = pyproj.CRS.from_epsg(4546)
EAST, NORTH = 500_000.0, 3_950_000.0
HEAD = "线路,方向,站序,站名,x,y,首班,末班,发车间隔,运营速度,到上一站分钟数,单向\n"


@pytest.fixture(scope="module")
def catalog():
    return Catalog.load()


def table(folder, catalog, text, stops=None):
    (folder / "lines.csv").write_text(text, encoding="utf-8")
    layer = read(catalog.layers["transit_lines"], folder / "lines.csv", source_crs="EPSG:4546")
    return lines_timetable(layer, stops, CRS)


def row(line, direction, k, x, *, facts="06:00,07:00,30,30", minutes="", oneway=""):
    return f"{line},{direction},{k},站{x},{EAST + x},{NORTH},{facts},{minutes},{oneway}\n"


def rides(made, line):
    """(x from, x to, departure, arrival) of the rides of a line that leave on the day itself."""
    x = (made.xy[:, 0] - EAST).round().astype(int)
    return [
        (int(x[a]), int(x[b]), int(t), int(u))
        for a, b, t, u, trip in zip(made.start, made.end, made.departure, made.arrival, made.trip, strict=True)
        if made.trip_id[trip].startswith(line) and t < 86_400
    ]


def test_speed_headway_and_the_way_back(tmp_path, catalog):
    """1000 m and 500 m at 30 km/h are 120 s and 60 s; buses at 6:00, 6:30, 7:00, and back at the same times."""
    made = table(tmp_path, catalog, HEAD + row(1, "", 1, 0) + row(1, "", 3, 1500) + row(1, "", 2, 1000))
    due = [(0, 1000, 0, 120), (1000, 1500, 120, 180), (1500, 1000, 0, 60), (1000, 0, 60, 180)]
    expected = [(a, b, start + t, start + u) for start in (21_600, 23_400, 25_200) for a, b, t, u in due]
    assert sorted(rides(made, "1")) == sorted(expected)
    assert any("run back" in note or "返" in note for note in made.notes)
    assert made.estimated  # straight lines


def test_minutes_given_and_one_way(tmp_path, catalog):
    text = HEAD + row("环1", "", 1, 0, oneway="是") + row("环1", "", 2, 900, minutes="4")
    made = table(tmp_path, catalog, text + row("环1", "", 3, 1500, minutes="2.5"))
    assert rides(made, "环1")[:2] == [(0, 900, 21_600, 21_840), (900, 1500, 21_840, 21_990)]
    assert len(rides(made, "环1")) == 6 and not made.estimated


def test_two_directions_are_two_patterns_and_a_shared_stop_is_one(tmp_path, catalog):
    text = HEAD + "".join(
        [
            row(1, "上行", 1, 0), row(1, "上行", 2, 1000),
            row(1, "下行", 1, 1000, facts="06:10,06:10,60,30"), row(1, "下行", 2, 0, facts="06:10,06:10,60,30"),
            row(2, "", 1, 1000, oneway="是"), row(2, "", 2, 2000),
        ]
    )  # fmt: skip
    made = table(tmp_path, catalog, text)
    assert [ride for ride in rides(made, "1") if ride[0] == 1000] == [(1000, 0, 22_200, 22_320)]
    assert len(made.stop_id) == 3


def test_past_midnight(tmp_path, catalog):
    """First 23:00, last 0:30: buses at 23:00, 24:00 by the hour; that of the day before leaves at 0:00 of the day."""
    facts = "23:00,00:30,60,30"
    made = table(
        tmp_path, catalog, HEAD + row(1, "", 1, 0, facts=facts, oneway="是") + row(1, "", 2, 1000, facts=facts)
    )
    assert rides(made, "1") == [(0, 1000, 0, 120), (0, 1000, 82_800, 82_920)]


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ("06:00,07:00,0,30", "headway is 0"),
        ("06:00,07:00,,30", "has no headway"),
        ("06:00,07:00,30,0", "speed above 0"),
        ("06:00,07:00,30,", "speed above 0"),
        ("six,07:00,30,30", "no clock time"),
        ("06:75,07:00,30,30", "no clock time"),
    ],
)
def test_a_line_that_cannot_be_run_is_named(tmp_path, catalog, facts, reason):
    good = row(9, "", 1, 0) + row(9, "", 2, 1000)
    bad = row("坏线", "", 1, 0, facts=facts) + row("坏线", "", 2, 1000, facts=facts)
    made = table(tmp_path, catalog, HEAD + good + bad)
    assert rides(made, "9") and not rides(made, "坏线")
    assert any(reason in note and "坏线" in note for note in made.notes)
    with pytest.raises(ValueWrong, match="坏线"):
        table(tmp_path, catalog, HEAD + bad)


def test_orders_that_repeat_and_single_stops(tmp_path, catalog):
    text = HEAD + row(9, "", 1, 0) + row(9, "", 2, 1000)
    text += row("双", "", 1, 0) + row("双", "", 1, 1000) + row("单", "", 1, 0)
    made = table(tmp_path, catalog, text)
    said = " ".join(made.notes)
    assert "双" in said and "单" in said and not rides(made, "双") and not rides(made, "单")


def stops_layer(folder, catalog, routes):
    points = gpd.GeoDataFrame(
        {"stop_id": [f"s{k}" for k, *_rest in routes], "route": [line for _k, line, *_rest in routes],
         "站序": [number for *_rest, number, _x, _y in routes]},
        geometry=[shapely.Point(EAST + x, NORTH + y) for *_rest, x, y in routes], crs=CRS,
    )  # fmt: skip
    points.to_file(folder / "stops.gpkg")
    return read(catalog.layers["transit"], folder / "stops.gpkg")


def test_stops_by_id(tmp_path, catalog):
    """A plain table: the stops' places come from the layer of stops; 3-4-5: 500 m at 30 km/h are 60 s."""
    stops = stops_layer(tmp_path, catalog, [(1, None, 0, 0, 0), (2, None, 0, 300, 400)])
    text = (
        "线路,站序,站点编号,首班,末班,发车间隔,运营速度,单向\n1,1,s1,06:00,06:00,30,30,是\n1,2,s2,,,,,\n1,3,s9,,,,,\n"
    )
    made = table(tmp_path, catalog, text, stops)
    assert rides(made, "1") == [(0, 300, 21_600, 21_660)]
    assert any("s9" in note for note in made.notes)


def test_stops_along_a_drawn_line(tmp_path, catalog):
    """Round a corner, 1000 m east and 1000 m north: from the first stop to the last are 2000 m, not 1414."""
    stops = stops_layer(tmp_path, catalog, [(1, "7路", 1, 0, 5), (2, "7路", 2, 1000, 500), (3, "7路", 3, 1000, 1000)])
    course = shapely.LineString([(EAST, NORTH), (EAST + 1000, NORTH), (EAST + 1000, NORTH + 1000)])
    lines = gpd.GeoDataFrame(
        {"线路": ["7路", "8路"], "首班": "06:00", "末班": ["06:00", "07:00"], "发车间隔": 30, "运营速度": 30},
        geometry=[course, course], crs=CRS,
    )  # fmt: skip
    lines.to_file(tmp_path / "lines.gpkg")
    layer = read(catalog.layers["transit_lines"], tmp_path / "lines.gpkg")
    made = lines_timetable(layer, stops, CRS)
    assert sorted(ride[2:] for ride in rides(made, "7路")) == [
        (21_600, 21_660), (21_600, 21_780), (21_660, 21_840), (21_780, 21_840)
    ]  # fmt: skip
    assert any("8路" in note for note in made.notes)
    assert not made.estimated

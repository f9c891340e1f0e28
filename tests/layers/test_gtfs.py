"""Timetables: a feed made by hand, with every rule of the calendar, and the real one of Las Palmas."""

import csv
import io
import zipfile

import pytest

from qsgis.errors import FileUnreadable
from qsgis.schema import Layer, LayerField

from .conftest import LAS_PALMAS, read

STOPS = Layer(
    id="transit",
    name="公交",
    geometry=["point", "table"],
    fields={
        "id": LayerField(name="编号", aliases=["stop_id"]),
        "name": LayerField(name="站名", aliases=["stop_name"]),
        "departures": LayerField(name="日班次", type="number"),
    },
)
# 2024-05-01, 08 and 15 are Wednesdays.
FEED = {
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon,location_type\nA,甲,35.69,112.19,\nB,乙,35.70,112.19,0\n"
    "C,丙,35.71,112.19,0\nS,站,35.71,112.19,1\nD,丁,,112.19,0\n",
    "trips.txt": "route_id,service_id,trip_id\n1,week,t1\n1,week,t2\n1,extra,t3\n1,sunday,t4\n1,week,f1\n",
    "stop_times.txt": "trip_id,departure_time,stop_id,stop_sequence,pickup_type\n"
    "t1,08:00:00,A,1,0\nt1,08:10:00,B,2,0\nt1,08:20:00,C,3,0\n"
    "t2,25:00:00,B,2,1\nt2,24:50:00,A,1,\nt2,25:10:00,C,3,\n"
    "t3,09:00:00,A,1,\nt3,09:10:00,C,2,\n"
    "t4,09:00:00,A,1,\nt4,09:10:00,C,2,\n"
    "f1,10:00:00,C,1,\nf1,10:10:00,A,2,\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "week,1,1,1,1,1,0,0,20240501,20240515\nsunday,0,0,0,0,0,0,1,20240501,20240515\n",
    "calendar_dates.txt": "service_id,date,exception_type\nweek,20240501,2\nextra,20240508,1\n",
    "frequencies.txt": "trip_id,start_time,end_time,headway_secs\nf1,10:00:00,11:00:00,1200\n",
}


def write(folder, feed):
    path = folder / "feed.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in feed.items():
            archive.writestr(name, "\ufeff" + text)
    return path


def test_departures_by_hand(tmp_path):
    """8 May: t1, t2 and the extra t3 leave A; at B t2 takes nobody; C is last but for f1, which runs three times."""
    layer = read(STOPS, write(tmp_path, FEED))
    assert dict(zip(layer.frame["id"], layer.frame["departures"], strict=True)) == {"A": 3.0, "B": 1.0, "C": 3.0}
    assert layer.frame["name"].tolist() == ["甲", "乙", "丙"]
    assert any("2024-05-08" in note for note in layer.notes)
    assert layer.flaws["feature"].tolist() == ["D"]


def test_without_the_extra_day_the_plain_wednesday_nearest_to_the_middle_counts(tmp_path):
    layer = read(
        STOPS, write(tmp_path, FEED | {"calendar_dates.txt": "service_id,date,exception_type\nweek,20240508,2\n"})
    )
    assert any("2024-05-01" in note for note in layer.notes)  # 1 and 15 May are as near: the first
    assert dict(zip(layer.frame["id"], layer.frame["departures"], strict=True)) == {"A": 2.0, "B": 1.0, "C": 3.0}


@pytest.mark.parametrize("lost", ["stop_times.txt", "trips.txt"])
def test_a_feed_that_lacks_a_table(tmp_path, lost):
    with pytest.raises(FileUnreadable, match=lost):
        read(STOPS, write(tmp_path, {name: text for name, text in FEED.items() if name != lost}))


def test_a_feed_without_days_and_a_year_outside_it(tmp_path):
    with pytest.raises(FileUnreadable, match="validity"):
        read(STOPS, write(tmp_path, {name: text for name, text in FEED.items() if "calendar" not in name}))
    with pytest.raises(FileUnreadable, match="2024-05-01"):
        read(STOPS, write(tmp_path, FEED), year=2019)


def test_a_zip_that_is_no_feed_and_a_truncated_one(tmp_path):
    from qsgis.errors import FormatUnsupported

    with pytest.raises(FormatUnsupported, match="unpack"):
        read(STOPS, write(tmp_path, {"readme.txt": "nothing"}))
    path = write(tmp_path, FEED)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(FileUnreadable):
        read(STOPS, path)


def test_las_palmas_has_the_stops_of_its_table():
    path = LAS_PALMAS / "gtfs_guaguas_2023.zip"
    with zipfile.ZipFile(path) as archive:
        text = archive.read("stops.txt").decode("utf-8-sig")
    stops = list(csv.DictReader(io.StringIO(text)))
    layer = read(STOPS, path, crs="EPSG:4326")
    assert layer.frame["id"].tolist() == [stop["stop_id"] for stop in stops]
    assert layer.frame.geometry.x.tolist() == pytest.approx([float(stop["stop_lon"]) for stop in stops])
    assert layer.frame["departures"].sum() > 0


def test_a_feed_in_a_folder_and_one_without_names(tmp_path):
    folder = tmp_path / "bus"
    folder.mkdir()
    for name, text in FEED.items():
        (folder / name).write_text(text.replace(",stop_name", ",stop_desc"), encoding="utf-8")
    layer = read(STOPS, folder)
    assert dict(zip(layer.frame["id"], layer.frame["departures"], strict=True)) == {"A": 3.0, "B": 1.0, "C": 3.0}
    assert "name" not in layer.frame

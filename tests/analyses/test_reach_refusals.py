"""Bad input to coverage: counted and named in the result, an estimate where it is too much, or refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import qsgis
from qsgis.errors import BadDefinition
from qsgis.results import Result
from tests.analyses.test_reach import care, home
from tests.analyses.test_reach_layers import STREET, layers_of, villages
from tests.handmade import EAST, NORTH, box, frame, line, parcels, point, run, value, write_project

NAME = "elderly_care_coverage"
NEAR = (box(98, 298, 4, 4), "0701", "202", 16.0)


def computed(where: Path, name: str = NAME) -> Result:
    return run(where, name)[name]


def test_facilities_without_a_street_are_counted_and_named(tmp_path: Path) -> None:
    """The second of three stations is 600 m from the street (500 is the limit)."""
    result = computed(home(tmp_path, parcels([NEAR]), care((50, 300), (1000, 900), (1500, 300)), STREET))
    assert result.values[0].value == pytest.approx(100)
    (said,) = [text for text in result.notes if "站1" in text]
    assert "站0" not in said and "1" in said and "3" in said and "500" in said
    assert result.layers["facilities"].set_index("name")["off_network"].to_dict() == {"站0": 0, "站1": 1, "站2": 0}


def test_facilities_outside_the_county_serve_it_and_are_named(tmp_path: Path) -> None:
    """The county begins at x = −500: a station at −600 serves a home at −450."""
    streets = frame([line((-600, 300), (2000, 300))], 等级=["支路"])
    land = parcels([(box(-452, 298, 4, 4), "0701", "202", 16.0)])
    result = computed(home(tmp_path, land, care((-600, 300), (1500, 300)), streets))
    assert result.values[0].value == pytest.approx(100)
    (said,) = [text for text in result.notes if "站0" in text]
    assert "站1" not in said
    assert result.layers["facilities"].set_index("name")["outside"].to_dict() == {"站0": 1, "站1": 0}


def test_a_little_that_is_cut_off_for_several_reasons_is_too_much_together(tmp_path: Path) -> None:
    """94 % near, 3 % on a street that leads nowhere, 3 % far from any: 6 % in all, so the figure is an estimate."""
    streets = frame([line((0, 300), (2000, 300)), line((0, 2000), (500, 2000))], 等级=["支路"] * 2)
    rows = [(box(98, y, 4, 4), "0701", "202", area) for y, area in ((298, 94.0), (1998, 3.0), (1200, 3.0))]
    first = computed(home(tmp_path, parcels(rows), care((50, 300)), streets)).values[0]
    assert (first.value, first.status) == (pytest.approx(94), "estimated")
    assert first.note.count("3.0%") == 2


def test_a_little_that_is_cut_off_is_said(tmp_path: Path) -> None:
    streets = frame([line((0, 300), (2000, 300)), line((0, 2000), (500, 2000))], 等级=["支路"] * 2)
    rows = [(box(98, y, 4, 4), "0701", "202", area) for y, area in ((298, 96.0), (1998, 4.0))]
    result = computed(home(tmp_path, parcels(rows), care((50, 300)), streets))
    assert result.values[0].status == "ok" and any("4.0%" in text for text in result.notes)


def test_what_lies_outside_the_county_is_no_share_of_it(tmp_path: Path) -> None:
    """Half of the land lies outside, off the network: none of the county's own is lost."""
    rows = [NEAR, (box(98, 5000, 4, 4), "0701", "202", 16.0)]
    result = computed(home(tmp_path, parcels(rows), care((50, 300)), STREET))
    assert (result.values[0].value, result.values[0].status) == (pytest.approx(100), "ok")


def test_a_county_without_the_facility_has_none_for_sure(tmp_path: Path) -> None:
    """Said to be none: 0 %, and no estimate."""
    result = computed(home(tmp_path, parcels([NEAR]), None, STREET))
    assert (result.values[0].value, result.values[0].status) == (0, "ok")
    assert any("养老设施" in text for text in result.notes)


def test_a_street_that_one_cannot_leave(tmp_path: Path) -> None:
    """The road to 中村 is one-way there, that to 西村 one-way back: of the two only 西村 comes to the hospital.

    A third of the villages is cut off by the one-way, so the share is an estimate that says so.
    """
    west = line((25_000, 500), (25_000, 900), (9_000, 900), (9_000, 500))
    roads = frame(
        [line((0, 500), (9_000, 500)), line((9_000, 500), (15_000, 500)), west],
        等级=["县道"] * 3, 车速=[60.0] * 3, 单行线=["否", "是", "是"],
    )  # fmt: skip
    results = run(write_project(tmp_path, villages(roads=roads)), "hospital_30_villages")
    first = results["hospital_30_villages"].values[0]
    assert (first.value, first.status) == (pytest.approx(200 / 3), "estimated")
    assert "33.3%" in first.note
    uncovered = layers_of(results, "hospital_30_villages")["uncovered"]
    assert uncovered[["name", "reason"]].to_numpy().tolist() == [["中村", "one_way"]]
    assert uncovered["minutes"].isna().all()


@pytest.mark.parametrize("kmh", [0.0, None])
def test_roads_without_a_speed_are_left_out_and_counted(tmp_path: Path, kmh: float | None) -> None:
    """A road of speed 0, or of an unknown class without any: 西村 behind it is not reached."""
    roads = frame(
        [line((0, 500), (20_000, 500)), line((20_000, 500), (30_000, 500))], 等级=["县道", "某路"], 车速=[60.0, kmh]
    )
    result = computed(write_project(tmp_path, villages(roads=roads)), "hospital_30_villages")
    assert result.values[0].value == pytest.approx(200 / 3)
    assert any(text.startswith("1 条线") and "车速" in text for text in result.notes), result.notes


def test_a_table_of_facilities_without_some_coordinates(tmp_path: Path) -> None:
    """Two of three rows have no place: they are counted, and named among the flaws."""
    where = home(tmp_path, parcels([NEAR]), None, STREET)
    table = pd.DataFrame(
        {
            "名称": list("甲乙丙"),
            "类型": ["社区"] * 3,
            "x": [EAST + 50, None, EAST + 90],
            "y": [NORTH + 300, NORTH + 300, None],
        }
    )
    table.to_csv(where / "care.csv", index=False)
    text = (where / "project.toml").read_text(encoding="utf-8")
    text = text.replace("[[layers.elderly_care]]\nnone = true", '[[layers.elderly_care]]\npath = "care.csv"')
    (where / "project.toml").write_text(text, encoding="utf-8")
    result = computed(where)
    assert result.layers["facilities"]["name"].tolist() == ["甲"]
    assert any("elderly_care" in text and "2" in text for text in result.notes), result.notes


def test_a_timetable_that_is_wanted(tmp_path: Path) -> None:
    where = home(tmp_path, parcels([NEAR]), care((50, 300)), STREET)
    with (where / "project.toml").open("a", encoding="utf-8") as file:
        file.write(f'[analyses.{NAME}]\nmode = "transit"\n')
    first = computed(where).values[0]
    assert (first.value, first.status) == (None, "missing") and "transit" in first.note


REFUSED: list[tuple[str, str, str]] = [
    (NAME, 'mode = "radius"', "metres"),  # its limit is in minutes
    (NAME, 'mode = "radius"\nmetres = 300\nspeed_kmh = 4', "speed_kmh"),
    (NAME, "minutes = 5\nmetres = 300", "minutes"),
    (NAME, 'mode = "transit"\nmetres = 300', "reached"),  # the measure; a journey is given in minutes
    ("hospital_2km_coverage", "minutes = 5", "metres"),
    ("hospital_2km_coverage", "access_kmh = 5", "access_kmh"),
    ("hospital_30_villages", "metres = 9000", "speed_kmh"),  # each road has its own speed
    ("fire_station_5_coverage", "metres = 2000", "delay_minutes"),
    (NAME, "outward = true", "outward"),  # on foot every street is walked both ways
]


@pytest.mark.parametrize(("name", "lines", "key"), REFUSED)
def test_a_parameter_that_cannot_be_honoured(tmp_path: Path, name: str, lines: str, key: str) -> None:
    where = home(tmp_path, parcels([NEAR]), care((50, 300)), STREET)
    with (where / "project.toml").open("a", encoding="utf-8") as file:
        file.write(f"[analyses.{name}]\n{lines}\n")
    with pytest.raises(BadDefinition) as refused:
        qsgis.open(where)
    parts = refused.value.parts()
    assert all(parts.values()) and key in " ".join(parts.values())


def test_a_radius_has_no_use_for_the_walk_of_the_definition(tmp_path: Path) -> None:
    """The definition's own speed and areas go with its mode: 300 m as the crow flies, street or none."""
    rows = [(box(x - 2, 298, 4, 4), "0701", "202", 16.0) for x in (290, 310)]
    where = home(tmp_path, parcels(rows), care((0, 300)), frame([line((0, 2000), (10, 2000))], 等级=["支路"]))
    with (where / "project.toml").open("a", encoding="utf-8") as file:
        file.write(f'[analyses.{NAME}]\nmode = "radius"\nmetres = 300\n')
    results = run(where, NAME)
    assert value(results, NAME) == pytest.approx(50)
    assert set(layers_of(results)) == {"covered", "uncovered", "facilities"}


def test_straight_lines_leave_the_turn_out_to_the_engine(tmp_path: Path) -> None:
    """Without roads, where the project allows: four of the five minutes at 35 km/h, 2333 m."""
    side = 35_000 / 60 * 4
    town = frame([box(0, 0, 10, 10), box(side - 30, 0, 10, 10), box(side + 20, 0, 10, 10)])
    parts = {"county": frame([box(-100, -100, 9000, 200)], XZQDM=["140521"], XZQMC=["县"]), "urban_area": town}
    parts["fire_stations"] = frame([point(0, 5)])
    extra = "[analyses.fire_station_5_coverage]\nallow_substitute = true\n"
    results = run(write_project(tmp_path, parts, extra=extra), "fire_station_5_coverage")
    assert value(results, "fire_station_5_coverage") == pytest.approx(200 / 3, rel=1e-4)
    assert results["fire_station_5_coverage"].values[0].status == "estimated"

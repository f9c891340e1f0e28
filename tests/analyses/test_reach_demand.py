"""What stands for the demand: cells of land, points of people, cells of a raster, villages. Each by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rasterio.transform import from_origin

from tests.analyses.test_reach import care, home
from tests.analyses.test_reach_layers import STREET, layers_of, villages
from tests.handmade import EAST, NORTH, box, frame, line, parcels, point, run, value, write_project
from tests.layers.test_raster import write

NAME = "elderly_care_coverage"


def test_cells_are_no_larger_than_30_m_and_lose_nothing(tmp_path: Path) -> None:
    """A parcel of 100 m × 100 m, its street along the lower edge; 4 × 4 cells, the last of each row 10 m wide.

    The station is at the lower left corner: a cell at (x, y) walks x + y. With 1.2 minutes, 96 m, those with
    x + y ≤ 96 are in reach: middles 15, 45, 75, 95 both ways.
    """
    middles, width = (15, 45, 75, 95), {15: 30, 45: 30, 75: 30, 95: 10}
    streets = frame([line((1000, 300), (1100, 300))], 等级=["支路"])
    land = parcels([(box(1000, 300, 100, 100), "0701", "202", 10_000.0)])
    where = home(tmp_path, land, care((1000, 300)), streets)
    with (where / "project.toml").open("a", encoding="utf-8") as file:
        file.write(f"[analyses.{NAME}]\nminutes = 1.2\n")
    results = run(where, NAME)
    due = sum(width[x] * width[y] for x in middles for y in middles if x + y <= 96)
    assert value(results, NAME, "area_reached") == pytest.approx(due / 1e4, rel=1e-9)
    assert value(results, NAME, "area_total") == pytest.approx(1, rel=1e-9)
    drawn = layers_of(results)
    assert sum(drawn[name].area.sum() for name in ("covered", "uncovered")) == pytest.approx(10_000, rel=1e-9)


def test_points_of_people(tmp_path: Path) -> None:
    """40 people on the parcel in reach, 60 on the one that is not, 100 on none: 40 of the 100 on residential land."""
    rows = [(box(98, 298, 4, 4), "0701", "202", 16.0), (box(1500, 298, 12, 4), "0701", "202", 48.0)]
    spots = frame([point(99, 299), point(1505, 300), point(800, 800)], 常住人口=[40, 60, 100])
    results = run(home(tmp_path, parcels(rows), care((50, 300)), STREET, population=spots), NAME)
    assert value(results, NAME, "people_reached") == pytest.approx(40)
    assert value(results, NAME, "by_people") == pytest.approx(40)
    found = layers_of(results)
    assert found["covered"]["people"].tolist() == pytest.approx([40])
    assert found["uncovered"]["people"].tolist() == pytest.approx([60])
    assert found["facilities"]["people"].tolist() == pytest.approx([40])


def test_who_lives_on_the_edge_of_two_cells_lives_once(tmp_path: Path) -> None:
    """The middle of a parcel of 60 m × 30 m is a corner of its cells."""
    land = parcels([(box(1000, 285, 60, 30), "0701", "202", 1800.0)])
    spots = frame([point(1030, 300)], 常住人口=[7])
    found = layers_of(run(home(tmp_path, land, care((1030, 300)), STREET, population=spots), NAME))
    assert found["covered"]["people"].sum() == pytest.approx(7)


def test_cells_of_people(tmp_path: Path) -> None:
    """Two cells of 1 km: 100 people on parcels of 16 and 48 m², of which the first is reached; 50 on one far away."""
    rows = [(box(x, 298, width, 4), "0701", "202", 4.0 * width) for x, width in ((98, 4), (700, 12), (1500, 4))]
    path = write(tmp_path / "人口.tif", np.array([[100.0, 50.0]]), at=from_origin(EAST, NORTH + 1000, 1000, 1000))
    where = home(tmp_path, parcels(rows), care((50, 300)), STREET)
    with (where / "project.toml").open("a", encoding="utf-8") as file:
        file.write(f'[layers.population]\npath = "{path.name}"\n')
    results = run(where, NAME)
    assert value(results, NAME, "people_reached") == pytest.approx(25)
    assert value(results, NAME, "people_total") == pytest.approx(150)
    found = layers_of(results)
    assert found["covered"]["people"].sum() == pytest.approx(25)
    assert found["uncovered"]["people"].sum() == pytest.approx(125)


def test_points_of_villages(tmp_path: Path) -> None:
    """Villages as points stand there: 10 and 20 minutes from the hospital, and 40."""
    seats = frame(
        [point(10_000, 500), point(15_000, 500), point(25_000, 500)],
        XZQDM=["140521100201", "140521100202", "140521100203"], XZQMC=["东村", "中村", "西村"],
    )  # fmt: skip
    table = pd.DataFrame({"XZQDM": ["140521100"], "常住人口": [600]})
    where = write_project(tmp_path, villages(villages=seats, population=table))
    results = run(where, "hospital_30_villages")
    assert value(results, "hospital_30_villages") == pytest.approx(200 / 3)
    found = layers_of(results, "hospital_30_villages")
    assert dict(zip(found["covered"]["name"], found["covered"]["minutes"], strict=True)) == pytest.approx(
        {"东村": 10, "中村": 20}, rel=1e-4
    )
    assert "people" not in found["covered"]  # a point is no ground that people live on


def test_a_zone_without_the_denominator_is_not_applicable(tmp_path: Path) -> None:
    """Two townships and four villages; homes in two villages of 甲镇 only."""
    towns = frame(
        [box(0, 0, 1000, 1000), box(1000, 0, 1000, 1000)], XZQDM=["140521100", "140521101"], XZQMC=["甲", "乙"]
    )
    codes = [f"{town}20{n}" for town in ("140521100", "140521101") for n in (1, 2)]
    ground = [box(x, y, 1000, 500) for x in (0, 1000) for y in (0, 500)]
    rows = [(box(98, 298, 4, 4), "0701", "202", 16.0), (box(98, 700, 4, 4), "0701", "202", 16.0)]
    more = {"districts": towns, "villages": frame(ground, XZQDM=codes, XZQMC=list("东西南北"))}
    results = run(home(tmp_path, parcels(rows), care((50, 300)), STREET, **more), NAME)
    assert [value(results, NAME, zone=zone) for zone in ("140521100", *codes[:2])] == pytest.approx([50, 100, 0])
    nothing = [row for row in results[NAME].values if row.zone_code in ("140521101", *codes[2:]) and not row.part]
    assert {(row.value, row.status) for row in nothing} == {(None, "not_applicable")} and len(nothing) == 3
    assert value(results, NAME, "area_total", zone=codes[2]) == 0

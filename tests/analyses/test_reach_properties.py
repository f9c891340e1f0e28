"""What coverage keeps to on random counties: more minutes or facilities never cover less, zones add up to the county.

Streets are drawn at random, some of them one-way, so that parts are cut off; the mode is walking and driving in turn.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from tests.analyses.test_properties import SIZE, few, random_county, sums
from tests.handmade import EAST, NORTH, frame, run, write_project

NAME = "clinic_15_coverage"


def county(seed: int) -> dict[str, Any]:
    """A random county of 1.2 km with villages, streets here and there, clinics, and points of people."""
    rng = np.random.default_rng(seed)
    layers = random_county(seed)
    for name in ("ecological_red_line", "elderly_care", "greenways", "shelters"):
        layers.pop(name)
    middle = EAST + SIZE / 2
    halves = [shapely.box(EAST, NORTH, middle, NORTH + SIZE), shapely.box(middle, NORTH, EAST + SIZE, NORTH + SIZE)]
    parts = [
        (f"{code}20{number}", ground)
        for code, town in zip(layers["districts"]["XZQDM"], layers["districts"].geometry, strict=True)
        for number, half in enumerate(halves)
        if (ground := town.intersection(half)).area > 0
    ]
    codes, grounds = zip(*parts, strict=True)
    corner, far = np.array([EAST, NORTH]), np.array([EAST + SIZE, NORTH + SIZE])
    streets = [shapely.LineString(rng.uniform(corner, far, size=(3, 2))) for _number in range(9)]
    one_way = rng.choice(["是", "否"], size=len(streets)).tolist()
    clinics = shapely.points(rng.uniform(corner, far, size=(3, 2)))
    return layers | {
        "villages": frame(list(grounds), XZQDM=list(codes), XZQMC=list(codes)),
        "roads": frame(streets, 等级=["支路"] * len(streets), 单行线=one_way),
        "clinics": frame(list(clinics), 名称=list("甲乙丙")),
    }


def covered(layers: dict[str, Any], seed: int, minutes: float) -> dict[str, dict[str, float]]:
    """Measure -> level -> sum."""
    mode = 'mode = "walk"' if seed % 2 else 'mode = "drive"\nspeed_kmh = 10'
    extra = f"[analyses.{NAME}]\n{mode}\nminutes = {minutes}\naccess_metres = 150\n"
    with tempfile.TemporaryDirectory() as folder:
        results = run(write_project(Path(folder), layers, extra=extra), NAME)
    assert results[NAME].failure is None
    return {measure: found for (_name, measure), found in sums(results).items()}


@few
@given(st.integers(0, 10_000))
def test_zones_add_up_and_more_minutes_cover_no_less(seed: int) -> None:
    layers, before = county(seed), None
    for minutes in (2, 5, 9):
        found = covered(layers, seed, minutes)
        for measure, levels in found.items():
            assert set(levels) == {"county", "district", "village"}
            for level in ("district", "village"):
                assert levels[level] == pytest.approx(levels["county"], rel=1e-9, abs=1e-6), (measure, level)
        for measure in ("reached", "reached_people"):
            assert found[measure]["county"] <= found[measure.replace("reached", "total")]["county"] * (1 + 1e-9)
            if before:
                assert found[measure]["county"] >= before[measure]["county"] * (1 - 1e-12)
        before = found


@few
@given(st.integers(0, 10_000), st.floats(0, SIZE), st.floats(0, SIZE))
def test_another_clinic_covers_no_less(seed: int, x: float, y: float) -> None:
    layers = county(seed)
    more = [*layers["clinics"].geometry, shapely.Point(EAST + x, NORTH + y)]
    after = covered(layers | {"clinics": frame(more, 名称=list("甲乙丙丁"))}, seed, 4)
    for measure, levels in covered(layers, seed, 4).items():
        for level, amount in levels.items():
            assert after[measure][level] >= amount * (1 - 1e-12), (measure, level)


@few
@given(st.integers(0, 10_000))
def test_what_is_drawn_adds_up_to_the_figures(seed: int) -> None:
    """Covered and uncovered are the land of the total; the facilities' loads are what is covered, people too."""
    extra = f"[analyses.{NAME}]\nminutes = 4\naccess_metres = 150\n"
    with tempfile.TemporaryDirectory() as folder:
        result = run(write_project(Path(folder), county(seed), extra=extra), NAME)[NAME]
    due = {name: found["sum"]["county"] for name, found in result.record["measures"].items()}
    layers: dict[str, gpd.GeoDataFrame] = result.layers
    reached, facilities = layers["covered"], layers["facilities"]
    assert reached["area_m2"].sum() == pytest.approx(due["reached"], rel=1e-9, abs=1e-6)
    assert reached["area_m2"].sum() + layers["uncovered"]["area_m2"].sum() == pytest.approx(due["total"], rel=1e-9)
    assert facilities["area_m2"].sum() == pytest.approx(due["reached"], rel=1e-9, abs=1e-6)
    assert facilities["people"].sum() == pytest.approx(reached["people"].sum(), rel=1e-9, abs=1e-6)
    both = reached["people"].sum() + layers["uncovered"]["people"].sum()
    assert both == pytest.approx(due["total_people"], rel=1e-9, abs=1e-6)

"""Encroachment, fields lost and overlap of the three control lines, on ground drawn by hand.

    y                                   The red line is x < 400 (type 核心保护区 below y = 500, 一般控制区 above), the
1000 ┌────────┬────────┬────────┐      farmland 300 < x < 600 and y < 500, the boundary x > 350 and 400 < y < 900.
     │ C 0102 │ D 0601 │ E 0702 │      In 2015 B and D were fields, A was a village already.
 500 ├────────┼────────┼────────┤      Approved: x < 300, 600 < y < 700. Temporary: x < 400, 650 < y < 800.
     │ A 0702 │ B 0201 │ E      │
   0 └────────┴────────┴────────┘
     0       300      600      1000  x
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qsgis.results import Results
from tests.handmade import box, frame, parcels, run, value, write_project

IDS = (
    "red_line_encroachment", "farmland_encroachment", "urban_boundary_construction", "urban_boundary_zones",
    "red_line_cultivated_loss", "farmland_cultivated_loss", "urban_boundary_cultivated_loss", "control_line_overlap",
)  # fmt: skip
EAST, WEST = "140521100", "140521101"


def land(now: bool) -> Any:
    """300 × 500, 300 × 500, 300 × 500, 300 × 500, 400 × 1000 metres; A and D are settlements."""
    d = ("0601", "203A") if now else ("0102", "")
    rows = [
        ((0, 0, 300, 500), "0702", "203"),
        ((300, 0, 300, 500), "0201" if now else "0103", ""),
        ((0, 500, 300, 500), "0102", ""),
        ((300, 500, 300, 500), *d),
        ((600, 0, 400, 1000), "0702", "203"),
    ]
    return parcels([(box(*place), code, settlement, place[2] * place[3]) for place, code, settlement in rows])


def layers(**other: Any) -> dict[str, Any]:
    """The drawing of the head of this file; the townships meet at x = 400."""
    return {
        "districts": frame([box(400, 0, 600, 1000), box(0, 0, 400, 1000)], XZQDM=[EAST, WEST], XZQMC=["东乡", "西乡"]),
        "land_use": {2015: land(now=False), 2019: land(now=True)},
        "ecological_red_line": frame(
            [box(0, 0, 400, 500), box(0, 500, 400, 500)], HXLX=["核心保护区", "一般控制区"]
        ),
        "permanent_farmland": frame([box(300, 0, 300, 500)], YJJBNTMJ=[120_000.0]),  # of 150 000 drawn: × 0.8
        "urban_boundary": frame(
            [box(350, 400, 250, 500), box(600, 400, 400, 500)], GHFQMC=["城镇集中建设区", "特别用途区"]
        ),
        "approved_unbuilt": frame([box(0, 600, 350, 100)]),
        "temporary_land": frame([box(0, 650, 400, 150)]),
    } | other  # fmt: skip


def county(home: Path, **other: Any) -> Results:
    given = {name: found for name, found in layers(**other).items() if found is not ...}
    return run(write_project(home, given, base_year=2015), *IDS)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return county(tmp_path_factory.mktemp("lines"))


# D's strip in the red line is 100 m × 500 m; A's ground 300 m × 500 m is old
ANSWERS = [
    ("red_line_encroachment", "", "", 0.2),
    ("red_line_encroachment", "new", "", 0.05),
    ("red_line_encroachment", "stock", WEST, 0.15),
    # approved 300 < x < 350, 600 < y < 700; temporary 300 < x < 400, 650 < y < 800 less 50 m × 50 m of the other
    ("red_line_encroachment", "new_approved", "", 0.005),
    ("red_line_encroachment", "new_temporary", "", 0.0125),
    ("red_line_encroachment", "new_unapproved", "", 0.0325),
    ("red_line_encroachment", "approved", "", 0.005),
    ("red_line_encroachment", "unapproved", "", 0.1825),
    ("red_line_encroachment", "by_type.核心保护区", "", 0.15),
    ("red_line_encroachment", "by_type.一般控制区", "", 0.05),
    ("red_line_cultivated_loss", "", "", 10.0),  # strips of B and D, 100 m × 500 m each
    ("red_line_cultivated_loss", "to_construction", "", 5.0),
    ("red_line_cultivated_loss", "to_other", "", 5.0),
    ("red_line_cultivated_loss", "all.0201", "", 5.0),
    ("red_line_cultivated_loss", "temporary", "", 1.25),
    ("red_line_cultivated_loss", "", EAST, 0.0),
    ("farmland_encroachment", "", "", 12.0),  # B, an orchard now
    ("farmland_encroachment", "construction", "", 0.0),
    ("farmland_cultivated_loss", "", "", 12.0),
    ("farmland_cultivated_loss", "all.0201", EAST, 8.0),  # 200 of 300 m
    ("farmland_cultivated_loss", "to_other", WEST, 4.0),
    ("urban_boundary_construction", "", "", 0.3),  # D 250 × 400, E 400 × 500
    ("urban_boundary_construction", "outside", "", 0.4),  # A 0.15, D 0.05, E 0.2
    ("urban_boundary_construction", "new_inside", "", 0.1),
    ("urban_boundary_construction", "new_outside", "", 0.05),
    ("urban_boundary_construction", "new_outside_approved", "", 0.005),
    ("urban_boundary_construction", "new_inside_approved", "", 0.0),
    ("urban_boundary_construction", "new_inside_temporary", "", 0.0075),  # 350 < x < 400, 650 < y < 800
    ("urban_boundary_zones", "construction.城镇集中建设区", "", 0.1),
    ("urban_boundary_zones", "construction.特别用途区", "", 0.2),
    ("urban_boundary_zones", "new.城镇集中建设区", "", 0.1),
    ("urban_boundary_zones", "stock.特别用途区", EAST, 0.2),
    ("urban_boundary_cultivated_loss", "", "", 12.5),  # D 10, B 250 × 100
    ("urban_boundary_cultivated_loss", "to_construction", "", 10.0),
]


@pytest.mark.parametrize(("indicator", "part", "zone", "expected"), ANSWERS)
def test_shares_of_records(results: Results, indicator: str, part: str, zone: str, expected: float) -> None:
    assert value(results, indicator, part, zone) == pytest.approx(expected, rel=1e-9, abs=1e-9)


GROUND = [
    ("red_line_farmland", "", 5.0),  # 100 m × 500 m
    ("red_line_boundary", "", 2.5),  # 50 m × 500 m
    ("farmland_boundary", "", 2.5),  # 250 m × 100 m
    ("all_three", WEST, 0.5),
    ("", "", 9.0),  # 5 + 2.5 + 2.5 − 2 × 0.5
    ("", WEST, 7.0),  # 5 + 2.5 + 0.5 − 2 × 0.5
    ("", EAST, 2.0),
]


@pytest.mark.parametrize(("part", "zone", "expected"), GROUND)
def test_overlap(results: Results, part: str, zone: str, expected: float) -> None:
    assert value(results, "control_line_overlap", part, zone) == pytest.approx(expected, rel=1e-5)


def test_areas_of_the_zones(results: Results) -> None:
    """The farmland's record, 0.8 of its ground, does not come into it."""
    found = [value(results, "urban_boundary_zones", part) for part in ("", "zones.城镇集中建设区", "zones.特别用途区")]
    assert found == pytest.approx([0.325, 0.125, 0.2], rel=1e-5)


def test_patches_add_up_to_their_parts(results: Results) -> None:
    for indicator, part, square in (
        ("red_line_encroachment", "new_approved", 1e6),
        ("red_line_encroachment", "new_temporary", 1e6),
        ("red_line_encroachment", "new_unapproved", 1e6),
        ("urban_boundary_construction", "new_outside_approved", 1e6),
        ("control_line_overlap", "red_line_farmland", 1e4),
        ("control_line_overlap", "all_three", 1e4),
    ):
        patches = results[indicator].layers[part]
        assert patches["area_m2"].sum() / square == pytest.approx(value(results, indicator, part), rel=1e-9)
    zones = results["urban_boundary_zones"].layers["construction"]
    assert zones.groupby("class")["area_m2"].sum().to_dict() == pytest.approx(
        {"城镇集中建设区": 1e5, "特别用途区": 2e5}
    )
    lost = results["red_line_cultivated_loss"].layers["all"]
    assert lost.groupby("class")["area_m2"].sum().to_dict() == pytest.approx({"0201": 50_000.0, "0601": 50_000.0})


def status(results: Results, indicator: str, part: str, year: int = 2019) -> tuple[str, str]:
    (row,) = [
        row
        for row in results[indicator].values
        if (row.part, row.zone_code, row.year, row.kind) == (part, "", year, "computed")
    ]
    return row.status, row.note


def test_in_the_base_year_nothing_is_new_nor_lost(results: Results) -> None:
    assert value(results, "red_line_encroachment", year=2015) == pytest.approx(0.15)
    assert status(results, "red_line_encroachment", "new_unapproved", 2015)[0] == "not_applicable"
    assert status(results, "farmland_cultivated_loss", "", 2015)[0] == "not_applicable"
    assert value(results, "control_line_overlap", year=2015) == pytest.approx(9.0, rel=1e-5)


def test_without_the_papers_their_parts_are_missing_and_nothing_else(tmp_path: Path) -> None:
    bare = county(tmp_path, approved_unbuilt=..., temporary_land=...)
    for indicator, part in (
        ("red_line_encroachment", "approved"), ("red_line_encroachment", "new_unapproved"),
        ("farmland_encroachment", "unapproved"), ("urban_boundary_construction", "new_outside_temporary"),
        ("red_line_cultivated_loss", "approved"),
    ):  # fmt: skip
        kind, note = status(bare, indicator, part)
        assert kind == "missing"
        assert "temporary_land" in note or "approved_unbuilt" in note, note
    for indicator, part, _zone, expected in ANSWERS:
        if "approved" not in part and "temporary" not in part and not _zone:
            assert value(bare, indicator, part) == pytest.approx(expected, rel=1e-9, abs=1e-9), (indicator, part)


def test_a_county_that_has_no_such_land_says_none(tmp_path: Path) -> None:
    """All that is new is without approval."""
    none = county(tmp_path, approved_unbuilt=None, temporary_land=None)
    for part, expected in (
        ("new_approved", 0.0),
        ("new_temporary", 0.0),
        ("new_unapproved", 0.05),
        ("unapproved", 0.2),
    ):
        assert value(none, "red_line_encroachment", part) == pytest.approx(expected, abs=1e-12)
    assert status(none, "red_line_encroachment", "new_approved")[0] == "ok"


def test_without_types_and_zones_the_rest_is_there(tmp_path: Path) -> None:
    plain = {name: layers()[name][["geometry"]] for name in ("ecological_red_line", "urban_boundary")}
    bare = county(tmp_path, **plain)
    assert value(bare, "red_line_encroachment") == pytest.approx(0.2)
    assert [row.part for row in bare["red_line_encroachment"].values if row.part.startswith("by_type")] == []
    assert any("红线类型" in note for note in bare["red_line_encroachment"].notes)
    assert value(bare, "urban_boundary_zones") == pytest.approx(0.325, rel=1e-5)
    assert status(bare, "urban_boundary_zones", "construction")[0] == "missing"
    assert value(bare, "urban_boundary_zones", "outside") == pytest.approx(0.4)


def test_lines_that_keep_apart_give_zero(tmp_path: Path) -> None:
    """Edges that touch are no overlap."""
    apart = county(tmp_path, permanent_farmland=frame([box(400, 0, 200, 400)], YJJBNTMJ=[64_000.0]),
                   ecological_red_line=frame([box(0, 0, 350, 1000)]))  # fmt: skip
    for part in ("", "red_line_farmland", "red_line_boundary", "farmland_boundary", "all_three"):
        assert value(apart, "control_line_overlap", part) == 0.0
        assert status(apart, "control_line_overlap", part)[0] == "ok"
    assert len(apart["control_line_overlap"].layers["all_three"]) == 0

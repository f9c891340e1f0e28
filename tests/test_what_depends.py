"""One thing of the small county changes, the whole of it is run again: what hangs on it changes, and nothing else does.

The county is that of small_county.py. Every row of the table is compared: value and status; notes and sources may
differ. The sets are written by hand, and so is the amount of each change.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qsgis.results import COLUMNS, Results
from tests.handmade import box, run
from tests.small_county import (
    FIELDS_OF_2015,
    GAP,
    MARKETS,
    PEOPLE,
    PEOPLE_2015,
    TOWNSHIPS,
    VALUES,
    hospitals,
    land,
    levees,
    people,
    points,
    whole,
    write_county,
)

JIA, YI, BING = TOWNSHIPS.values()
Key = tuple[str, str, str, int, str]  # indicator, part, zone, year, kind
Rows = dict[Key, tuple[float | None, str]]


@pytest.fixture(scope="module")
def before() -> Rows:
    return table(whole())


def table(results: Results) -> Rows:
    assert set(results.table().columns) == set(COLUMNS)
    found: Rows = {(r.indicator, r.part, r.zone_code, r.year, r.kind): (r.value, r.status) for r in results.rows()}
    assert len(found) == len(results.rows())
    return found


def changed(before: Rows, after: Rows) -> set[Key]:
    """Rows whose value or status differs, and those that only one of the two has."""

    def same(key: Key) -> bool:
        if key not in before or key not in after:
            return False
        (first, status), (last, other) = before[key], after[key]
        return status == other and (first == last or first == pytest.approx(last, rel=1e-9, abs=1e-12))

    return {key for key in before.keys() | after.keys() if not same(key)}


def check(
    before: Rows, home: Path, expected: set[str], amounts: dict[tuple[str, str, str, int], tuple[Any, Any]]
) -> set[Key]:
    """The indicators of `expected` and no others changed; amounts: (indicator, part, zone, year) -> before, after."""
    after = table(run(home))
    found = changed(before, after)
    assert {key[0] for key in found} == expected
    assert {key[0] for key in amounts} == expected
    for (name, part, zone, year), pair in amounts.items():
        key = (name, part, zone, year, "reported" if name == "gdp" else "computed")
        values = before.get(key, (None,))[0], after[key][0]
        for value, due in zip(values, pair, strict=True):
            assert value == (due if due is None else pytest.approx(due, rel=1e-5, abs=1e-12)), key
    return found


def test_nothing_changed(before: Rows, tmp_path: Path) -> None:
    """The same county once more, from a folder of another name: the same to the last digit."""
    assert table(run(write_county(tmp_path / "又一处"))) == before


def test_a_hospital_moves_out_of_reach(before: Rows, tmp_path: Path) -> None:
    """To (5900, 515), 丙乡: 4 km from the town. Half an hour reaches every village but 四村, as before."""
    home = write_county(tmp_path, hospitals=hospitals(first=(5900, 515)))
    found = check(
        before, home, {"hospital_2km_coverage", "hospital_beds_per_1000"},
        {
            ("hospital_2km_coverage", "", "", 2019): (75.0, 0.0),
            ("hospital_2km_coverage", "people_reached", JIA, 2019): (30 * 225, 0.0),
            ("hospital_beds_per_1000", "", JIA, 2019): (100 / 14, 0.0),
            ("hospital_beds_per_1000", "beds", BING, 2019): (0.0, 100.0),
        },
    )  # fmt: skip
    assert ("hospital_beds_per_1000", "", "", 2019, "computed") not in found
    assert ("hospital_2km_coverage", "", "", 2015, "computed") in found  # the file bears no year: it serves both


def test_a_hectare_of_forest(before: Rows, tmp_path: Path) -> None:
    """0301 on ground that was in no parcel, far from the town."""
    more = land(more=[(box(*GAP), "0301", "", 10_000.0)])
    home = write_county(tmp_path, land_use={2015: land(FIELDS_OF_2015), 2019: more})
    found = check(
        before, home, {"forest_land_area", "forest_coverage", "land_account", "landsea_account", "land_change",
                       "farmland_20km"},
        {
            ("farmland_20km", "", "", 2019): (10.3, 10.31),
            ("forest_land_area", "", "", 2019): (520.0, 521.0),
            ("forest_land_area", "", BING, 2019): (0.0, 1.0),
            ("forest_coverage", "", "", 2019): (100 * 5.2 / 18, 100 * 5.21 / 18),
            ("land_account", "forest", "", 2019): (520.0, 521.0),
            ("land_account", "", "", 2019): (1779.0, 1780.0),
            ("landsea_account", "all.0301", "", 2019): (410.0, 411.0),  # W1 10, H 200, Q 200
            ("land_change", "matrix.>03", "", 2019): (None, 1.0),  # a pair of classes that there was not
        },
    )  # fmt: skip
    assert {key[3] for key in found} == {2019}
    assert {key[2] for key in found} == {"", BING}


def test_a_meadow_is_ploughed(before: Rows, tmp_path: Path) -> None:
    """T becomes 0103 with its 99 ha: 459 ha of fields."""
    ploughed = land({"T": ("0103", "", 990_000.0)})
    home = write_county(tmp_path, land_use={2015: land(FIELDS_OF_2015), 2019: ploughed})
    check(
        before, home,
        {
            "grassland_area", "cultivated_land", "high_standard_farmland_share", "land_account", "land_change",
            "landsea_account", "farmland_20km", "steep_cropland",
        },
        {
            ("steep_cropland", "computed", "", 2019): (49.5, 98.5),  # east of x = 5500: 50 ha less the gap's 1
            ("farmland_20km", "", "", 2019): (10.3, 11.29),
            ("grassland_area", "", "", 2019): (99.0, 0.0),
            ("cultivated_land", "", "", 2019): (0.54, 0.6885),
            ("cultivated_land", "", BING, 2019): (0.1485, 0.297),
            ("high_standard_farmland_share", "", "", 2019): (25.0, 100 * 90 / 459),
            ("land_account", "field", "", 2019): (360.0, 459.0),
            ("land_account", "grass", "", 2019): (99.0, 0.0),
            ("land_account", "", "", 2019): (1779.0, 1779.0),
            ("landsea_account", "all.0103", "", 2019): (90.0, 189.0),  # M
            ("land_change", "", "", 2019): (73.5, 172.5),
        },
    )  # fmt: skip


def test_a_levee_is_raised(before: Rows, tmp_path: Path) -> None:
    home = write_county(tmp_path, levees=levees("达标"))
    check(
        before, home, {"levee_standard_share"},
        {
            ("levee_standard_share", "", "", 2019): (60.0, 100.0),
            ("levee_standard_share", "length_substandard", YI, 2019): (0.4, 0.0),
        },
    )  # fmt: skip


def test_a_market_closes(before: Rows, tmp_path: Path) -> None:
    """That at (300, 515): the other serves seven cells of R2, none of them in reach of the clinic."""
    home = write_county(tmp_path, markets=points(*MARKETS[1:]))
    check(
        before, home, {"market_coverage", "living_circle_15"},
        {
            ("market_coverage", "", "", 2019): (67.5, 17.5),
            ("market_coverage", "people_reached", "", 2019): (27 * 225, 7 * 225),
            ("living_circle_15", "", "", 2019): (17.5, 0.0),
        },
    )  # fmt: skip


def test_a_village_grows(before: Rows, tmp_path: Path) -> None:
    """A thousand people more in 二村 (5000 → 6000), none of them urban: the urban area and 乙乡 do not know of it."""
    table_2019 = people(PEOPLE[0], (6000, 1000, 1000), *PEOPLE[2:])
    home = write_county(tmp_path, population={2015: people(*PEOPLE_2015), 2019: table_2019})
    per_head: dict[str, Callable[[float], float]] = {
        "hospital_beds_per_1000": lambda n: 140 / (n / 1000),
        "kindergarten_classes_per_10k": lambda n: 12 / (n / 1e4),
        "cultural_venues_per_100k": lambda n: 3 / (n / 1e5),
        "cafes_per_10k": lambda n: 4 / (n / 1e4),
        "urbanisation_rate": lambda n: 100 * 10_000 / n,
        "village_construction_per_capita": lambda n: 2e6 / (n - 10_000),
        "resident_population": lambda n: n / 1e4,
    }
    amounts = {(name, "", "", 2019): (of(20_000), of(21_000)) for name, of in per_head.items()}
    amounts["metropolitan_1h_population", "people_total", "", 2019] = (2.0, 2.1)
    amounts["metropolitan_1h_population", "", "", 2019] = (100.0, 100.0)
    amounts["hospital_30_villages", "by_people", "", 2019] = (90.0, 100 * 19 / 21)  # all but the 2000 of 四村
    amounts["hospital_30_villages", "", "", 2019] = (80.0, 80.0)
    found = check(before, home, {*per_head, "metropolitan_1h_population", "hospital_30_villages"}, amounts)
    assert {key[3] for key in found} == {2019}
    assert YI not in {key[2] for key in found}


def test_gdp_is_revised(before: Rows, tmp_path: Path) -> None:
    """100 000 → 125 000 万元: 5 000 000 m² and 4 200 000 m³ over it."""
    values = [(name, year, 125_000 if (name, year) == ("gdp", 2019) else number, *rest)
              for name, year, number, *rest in VALUES]  # fmt: skip
    check(
        before, write_county(tmp_path, values=values), {"gdp", "land_per_gdp", "water_per_gdp"},
        {
            ("gdp", "", "", 2019): (10.0, 12.5),
            ("land_per_gdp", "", "", 2019): (50.0, 40.0),
            ("water_per_gdp", "", "", 2019): (42.0, 33.6),
        },
    )  # fmt: skip

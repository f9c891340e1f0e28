"""What a run found, as data: values, feature layers, zones, notes and where each came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from qsgis.catalog import Catalog
    from qsgis.errors import QsgisError
    from qsgis.schema import Analysis, ProjectFile

Kind = Literal["computed", "reported", "override", "target"]
Status = Literal["ok", "estimated", "missing", "not_applicable", "failed"]
ZoneLevel = Literal["county", "district", "village"]
ZONE_LEVELS: tuple[ZoneLevel, ...] = ("county", "district", "village")


@dataclass(frozen=True, slots=True)
class Value:
    """One row of indicators.csv. `value` is None where status is missing, not_applicable or failed."""

    indicator: str
    part: str
    name: str
    dimension: str
    kind: Kind
    year: int
    zone_level: ZoneLevel
    zone_code: str
    zone_name: str
    value: float | None
    unit: str
    status: Status
    method: str
    source: str
    note: str


Verdict = Literal["met", "close", "behind", "worse", "no_data", ""]  # 达标 接近 滞后 恶化 无数据, "" where none is due


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an indicator came: one row of progress.csv. Figures are None where they have no meaning; note says why.

    change = value − base; change_share = change ÷ |base| in %; annual_change = change ÷ years; annual_rate: mean
    annual growth, compound, in %. rate: 规划实施率 in %; time: how much of the time from the base to the target year is
    over, in %. outlook_linear, outlook_compound: the value in the target year if the mean annual change, or rate, goes
    on.
    """

    indicator: str
    name: str
    dimension: str
    zone_level: ZoneLevel
    zone_code: str
    zone_name: str
    unit: str
    better: str
    base_year: int | None
    base: float | None
    year: int
    value: float | None
    change: float | None
    change_share: float | None
    annual_change: float | None
    annual_rate: float | None
    target_year: int | None
    target: float | None
    rate: float | None
    time: float | None
    outlook_linear: float | None
    outlook_compound: float | None
    verdict: Verdict
    status: Literal["ok", "estimated"]
    note: str


@dataclass(frozen=True, slots=True)
class Question:
    """Something in a table of supplied values that a human must look at; nothing was changed because of it.

    file, sheet, cell: where it stands ("values.xlsx", "Sheet1", "C7"). given: what stands there; reading: how it was
    taken ("" where the row was not used); other: how else it may be meant.
    """

    file: str
    sheet: str
    cell: str
    indicator: str
    year: str
    matter: str
    given: str
    reading: str
    other: str


@dataclass(frozen=True, slots=True)
class Peer:
    """A figure of another county, in the indicator's unit."""

    county: str
    indicator: str
    year: int
    value: float
    source: str


Place = tuple[str, str, int, str]  # indicator, part, year, zone code
PROGRESS_COLUMNS = tuple(field.name for field in fields(Progress))
COLUMNS = tuple(field.name for field in fields(Value))
as_row = attrgetter(*COLUMNS)  # a value as a tuple in the order of COLUMNS


def best_of(rows: Iterable[Value], analysis: Analysis) -> dict[Place, Value]:
    """The row that counts, of each figure of one analysis: overruled by hand, then computed, then reported.

    A reported one goes before a computed one where the definition prefers it; a row without a value gives way.
    """
    rank = {"override": 0, "computed": 2, "reported": 1 if analysis.prefers_reported else 3}
    found: dict[Place, Value] = {}
    for row in rows:
        if row.kind not in rank:
            continue
        key = (row.indicator, row.part, row.year, row.zone_code)
        held = found.get(key)
        if held is None or (row.value is None, rank[row.kind]) < (held.value is None, rank[held.kind]):
            found[key] = row
    return found


def joined(*notes: str) -> str:
    """Notes as one text; empty ones leave nothing behind."""
    return "; ".join(filter(None, notes))


def target_of(rows: Iterable[Value], usual: int | None) -> Value | None:
    """Of the targets among rows that for the year `usual`, else the latest."""
    targets = (row for row in rows if row.kind == "target")
    return max(targets, key=lambda row: (row.year == usual, row.year), default=None)


@dataclass
class Result:
    """One analysis: its values, its feature layers by name ("all", "uncovered", …) in the analysis CRS."""

    id: str
    name: str
    values: list[Value] = field(default_factory=list)
    layers: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    failure: QsgisError | None = None
    record: dict[str, Any] = field(default_factory=dict)


@dataclass
class Results(Mapping[str, Result]):
    """The whole of a run, by analysis id.

    zones: level -> frame with `code`, `name`, geometry; inputs: layer id -> frame of canonical fields, for maps
    (read layers only); both in the analysis CRS. `writer` puts everything into a folder.
    """

    catalog: Catalog
    project: ProjectFile
    by_id: dict[str, Result]
    zones: dict[ZoneLevel, gpd.GeoDataFrame]
    inputs: dict[str, gpd.GeoDataFrame]
    notices: list[str]
    progress: list[Progress]
    questions: list[Question]
    peers: list[Peer]
    record: dict[str, Any]
    writer: Callable[[Results, Path], None]
    _best: dict[Place, Value] | None = field(default=None, repr=False)

    def __getitem__(self, key: str) -> Result:
        return self.by_id[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_id)

    def __len__(self) -> int:
        return len(self.by_id)

    def rows(self) -> list[Value]:
        """All values, analysis by analysis, headline first."""
        return [value for result in self.by_id.values() for value in result.values]

    def best(self) -> dict[Place, Value]:
        """By indicator, part, year and zone the row that counts, as the definitions rank them; worked out once."""
        if self._best is None:
            self._best = {}
            for name, result in self.by_id.items():
                self._best |= best_of(result.values, self.catalog.analyses[name])
        return self._best

    def by_part(self, indicator: str) -> dict[str, dict[int, Value]]:
        """Of the county: part ("" is the headline) -> year -> the row that counts."""
        found: dict[str, dict[int, Value]] = {}
        rows = (row for row in self.by_id[indicator].values if not row.zone_code)
        for (_name, part, year, _zone), row in best_of(rows, self.catalog.analyses[indicator]).items():
            found.setdefault(part, {})[year] = row
        return found

    def progress_table(self) -> pd.DataFrame:
        """How far the indicators came, with the columns of progress.csv."""
        import pandas as pd

        rows = [[getattr(row, name) for name in PROGRESS_COLUMNS] for row in self.progress]
        return pd.DataFrame(rows, columns=list(PROGRESS_COLUMNS))

    def records(self) -> list[dict[str, Any]]:
        """All values as dictionaries, None where there is no value."""
        return [dict(zip(COLUMNS, as_row(row), strict=True)) for row in self.rows()]

    def table(self) -> pd.DataFrame:
        """All values as a frame with the columns of indicators.csv."""
        import pandas as pd

        return pd.DataFrame([as_row(row) for row in self.rows()], columns=list(COLUMNS))

    def write(self, directory: str | Path) -> None:
        """Write every output of the contract into `directory`, each beside its place first, then moved there."""
        self.writer(self, Path(directory))

"""What a run found, as data: values, feature layers, zones, notes and where each came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from qsgis.catalog import Catalog
    from qsgis.errors import QsgisError
    from qsgis.schema import ProjectFile

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


COLUMNS = tuple(field.name for field in fields(Value))
as_row = attrgetter(*COLUMNS)  # a value as a tuple in the order of COLUMNS


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
    record: dict[str, Any]
    writer: Callable[[Results, Path], None]

    def __getitem__(self, key: str) -> Result:
        return self.by_id[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.by_id)

    def __len__(self) -> int:
        return len(self.by_id)

    def rows(self) -> list[Value]:
        """All values, analysis by analysis, headline first."""
        return [value for result in self.by_id.values() for value in result.values]

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

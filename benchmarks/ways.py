"""The ways that are compared: each reads the same files, works on what was read, and tells the total it found.

Every tool is told the number of cores; libraries are imported where they are used, since each way has a process of its
own and a peer may not be installed. The area of intersection is asked of all; what else a way gives stands in `gives`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from data import BASE_SURVEY, PARCELS, RED_LINE, SURVEY

Read: TypeAlias = Callable[[Path, int], Any]  # (folder, cores) -> what the work is on


@dataclass(frozen=True)
class Way:
    """read(folder, cores) is not timed, work(what was read) is; total(what came of it) is the figure to agree on.

    needs: a distribution's module, looked for first. gives: what the work leaves behind.
    """

    read: Read
    work: Callable[[Any], Any]
    total: Callable[[Any], float]
    gives: str
    needs: str = "qsgis"

    def missing(self) -> bool:
        """Whether the library of this way is not installed."""
        return find_spec(self.needs) is None


def layers(folder: Path, _cores: int) -> tuple[Any, Any]:
    """Parcels and red line as GeoDataFrames."""
    import geopandas as gpd

    return gpd.read_file(folder / PARCELS), gpd.read_file(folder / RED_LINE)


def plane_total(frame: Any) -> float:
    """m² of a frame's geometry."""
    return float(frame.area.sum())


# --- qsgis ---


def overlap_area(read: tuple[Any, Any]) -> Any:
    """Square metres of each parcel in the red line."""
    from qsgis.geometry import overlap_area as own

    return own(*read)


def intersect(read: tuple[Any, Any]) -> Any:
    """The rows that geopandas.overlay gives."""
    from qsgis.geometry import intersect as own

    return own(*read)


# --- geopandas and shapely ---


def overlay(read: tuple[Any, Any]) -> Any:
    """geopandas.overlay, lines and points where polygons touch left out as in ours."""
    import geopandas as gpd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return gpd.overlay(*read, how="intersection", keep_geom_type=True)


def query_and_intersection(read: tuple[Any, Any]) -> float:
    """STRtree query and shapely.intersection, pair by pair."""
    import shapely

    left, right = read
    one, other = right.sindex.query(left.geometry, predicate="intersects")
    return float(shapely.area(shapely.intersection(left.geometry.values[one], right.geometry.values[other])).sum())


# --- geofileops ---


def files(folder: Path, cores: int) -> tuple[Path, int]:
    """The folder itself: geofileops works from file to file."""
    return folder, cores


def geofileops(read: tuple[Path, int]) -> Path:
    """The intersection of the two files as a third; reading and writing are part of the work."""
    import geofileops as gfo

    folder, cores = read
    target = folder / "geofileops.gpkg"
    columns: list[str] = []
    gfo.intersection(
        folder / PARCELS,
        folder / RED_LINE,
        target,
        input1_columns=columns,
        input2_columns=columns,
        nb_parallel=cores,
        force=True,
    )
    return target


def file_total(path: Path) -> float:
    """m² of a file's geometry."""
    import geopandas as gpd

    return plane_total(gpd.read_file(path))


# --- data bases ---

SEDONA_ROWS = 256  # of a batch
AREA = """
SELECT sum(ST_Area(ST_Intersection(p.{geom}, r.{geom})))
FROM parcels p JOIN red_line r ON ST_Intersects(p.{geom}, r.{geom})
"""


def in_sedona(folder: Path, cores: int) -> Any:
    """Both layers as tables in memory (the threads are those of the cores the process may run on).

    In small batches: a joined batch repeats the red line's polygon in each row, and one over 2 GiB is an error.
    """
    import pyarrow as pa
    import sedonadb

    context = sedonadb.connect()
    context.sql(f"SET datafusion.execution.batch_size = {SEDONA_ROWS}").execute()
    for name, frame in zip(("parcels", "red_line"), layers(folder, cores), strict=True):
        rows = pa.table(frame[["geometry"]].to_arrow(index=False)).to_batches(max_chunksize=SEDONA_ROWS)
        context.create_data_frame(pa.Table.from_batches(rows)).to_memtable().to_view(name)
    return context


def by_sedona(context: Any) -> float:
    """Join and ST_Intersection in SedonaDB."""
    return float(context.sql(AREA.format(geom="geometry")).to_pandas().iloc[0, 0])


def in_duckdb(folder: Path, cores: int) -> Any:
    """Both layers as tables in memory."""
    import duckdb

    connection = duckdb.connect(config={"threads": cores})
    connection.execute(f"LOAD '{spatial_extension()}'")
    for name, file in (("parcels", PARCELS), ("red_line", RED_LINE)):
        connection.execute(f"CREATE TABLE {name} AS SELECT geom FROM ST_Read('{folder / file}')")
    return connection


def spatial_extension() -> str:
    """DuckDB's spatial extension: the file of the package that carries it, else what DuckDB itself has installed."""
    found = find_spec("duckdb_extension_spatial")
    places = found.submodule_search_locations if found else None
    carried = [path for place in places or () for path in Path(place).rglob("*.duckdb_extension")]
    return str(carried[0]) if carried else "spatial"


def by_duckdb(connection: Any) -> float:
    """Spatial join and ST_Intersection in DuckDB."""
    return float(connection.execute(AREA.format(geom="geom")).fetchall()[0][0])


# --- a whole file: area on the ellipsoid; a run ---


def parcels(folder: Path, _cores: int) -> Any:
    """The parcels as a GeoDataFrame."""
    import geopandas as gpd

    return gpd.read_file(folder / PARCELS, columns=[])


def ellipsoidal(read: Any) -> Any:
    """m² of each parcel on the ellipsoid."""
    from qsgis.geometry import ellipsoidal_area

    return ellipsoidal_area(read)


def encroachment(folder: Path) -> Any:
    """`red_line_encroachment` of a project, from its files to what a run writes."""
    import qsgis

    results = qsgis.open(folder).run(["red_line_encroachment"])
    results.write(folder / "out")
    return results


def read_land_use(folder: Path, *, files: tuple[str, ...], arrow: bool) -> int:
    """What pyogrio takes for the project's files of land-use parcels alone, all columns; the number of rows."""
    import pyogrio

    frames = [pyogrio.read_dataframe(folder / "data" / name, use_arrow=arrow) for name in files]
    return sum(map(len, frames))


def folder_alone(folder: Path, _cores: int) -> Path:
    """Nothing is read before the work."""
    return folder


AREAS, GEOMETRY, FRAME = "areas", "geometry", "a frame"
OVERLAY: dict[str, Way] = {
    "qsgis.geometry.overlap_area": Way(layers, overlap_area, lambda found: float(found.sum()), AREAS),
    "qsgis.geometry.intersect": Way(layers, intersect, plane_total, f"{GEOMETRY}, columns"),
    "geopandas.overlay": Way(layers, overlay, plane_total, f"{GEOMETRY}, columns", "geopandas"),
    "STRtree + shapely.intersection": Way(layers, query_and_intersection, float, AREAS, "shapely"),
    "geofileops.intersection": Way(files, geofileops, file_total, f"{GEOMETRY}, in a file", "geofileops"),
    "SedonaDB": Way(in_sedona, by_sedona, float, AREAS, "sedonadb"),
    "DuckDB spatial": Way(in_duckdb, by_duckdb, float, AREAS, "duckdb"),
}
ELLIPSOID: dict[str, Way] = {
    "qsgis.geometry.ellipsoidal_area": Way(parcels, ellipsoidal, lambda found: float(found.sum()), AREAS),
}
_RUN = {"red_line_encroachment": Way(folder_alone, encroachment, lambda found: float(len(found)), "files of a run")}


def _readings(files: tuple[str, ...], said: str) -> dict[str, Way]:
    return {
        f"pyogrio{with_arrow}, {said}": Way(
            folder_alone, partial(read_land_use, files=files, arrow=bool(with_arrow)), float, FRAME
        )
        for with_arrow in ("", " with Arrow")
    }


ONE_SURVEY: dict[str, Way] = _RUN | _readings((SURVEY,), "its parcels")
TWO_SURVEYS: dict[str, Way] = _RUN | _readings((SURVEY, BASE_SURVEY), "both years' parcels")
WAYS = OVERLAY | ELLIPSOID | ONE_SURVEY | TWO_SURVEYS

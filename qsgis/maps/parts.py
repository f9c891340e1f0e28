"""A GeoPackage of many layers: written a few to a file, then joined.

GDAL goes through all tables of a file whenever it opens it, and pyogrio opens it for every layer: a hundred layers
in one file take longer to be looked for than to be written.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

_TOGETHER = 12  # layers to a file: with more opening takes longer than making another one


@dataclass
class Parts:
    """The files beside `whole`, which is to be made of them, that hold a few layers each."""

    whole: Path
    files: list[Path] = field(default_factory=list)
    layers: int = 0
    together: int = field(default_factory=lambda: _TOGETHER if _can_copy() else sys.maxsize)

    def place(self) -> Path:
        """The file that the next layer goes into."""
        if self.layers % self.together == 0:
            self.files.append(self.whole.with_name(f"{len(self.files)}-{self.whole.name}"))
        self.layers += 1
        return self.files[-1]

    def join(self, moment: str) -> None:
        """Move all layers into the whole, a new file; `moment`: when they were last changed."""
        if self.together > _TOGETHER:
            self.files[0].replace(self.whole)
            with closing(sqlite3.connect(self.whole)) as database:
                database.execute("UPDATE gpkg_contents SET last_change = ?", (moment,))
                database.commit()
            return
        with closing(sqlite3.connect(self.whole, isolation_level=None)) as database:
            for setting in ("journal_mode = OFF", "synchronous = OFF", "writable_schema = ON"):
                database.execute(f"PRAGMA {setting}")  # nobody reads the file before it is whole
            for part in self.files:
                database.execute("ATTACH ? AS part", (str(part),))
                database.execute("BEGIN")
                database.execute("UPDATE part.gpkg_contents SET last_change = ?", (moment,))
                _copy(database)
                database.execute("COMMIT")
                database.execute("DETACH part")
                part.unlink()


def _can_copy() -> bool:
    """Whether SQLite lets entries of its schema be copied; the one of macOS does not. Then all goes into one file."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("PRAGMA writable_schema = ON")
        return bool(database.execute("PRAGMA writable_schema").fetchone()[0])


def _copy(database: sqlite3.Connection) -> None:
    """Copy what the file `part` holds, in the order in which it was made."""
    for setting in ("application_id", "user_version"):
        (number,) = database.execute(f"PRAGMA part.{setting}").fetchone()
        database.execute(f"PRAGMA main.{setting} = {number}")
    held = {name for (name,) in database.execute("SELECT name FROM main.sqlite_master")}
    stored = database.execute("SELECT type, name, sql FROM part.sqlite_master WHERE rootpage > 0 AND sql IS NOT NULL")
    for kind, name, sql in stored.fetchall():
        if kind == "table" and name in held:
            _add_rows(database, name)
        elif name not in held and name != "sqlite_sequence":  # SQLite's own, which it makes and fills itself
            database.execute(sql)
            if kind == "table":
                database.execute(f'INSERT INTO main."{name}" SELECT * FROM part."{name}"')
    # Triggers and the virtual tables of spatial indexes hold no rows: to copy their entries is all (VACUUM does so).
    database.execute(
        "INSERT INTO main.sqlite_master SELECT * FROM part.sqlite_master"
        " WHERE rootpage = 0 AND name NOT IN (SELECT name FROM main.sqlite_master)"
    )


def _add_rows(database: sqlite3.Connection, table: str) -> None:
    """Add to a table that describes the layers what it does not hold already. sqlite3.Error where rows contradict."""
    held = set(database.execute(f'SELECT * FROM main."{table}"'))
    new = [row for row in database.execute(f'SELECT * FROM part."{table}"') if row not in held]
    if new:
        database.executemany(f'INSERT INTO main."{table}" VALUES ({", ".join("?" * len(new[0]))})', new)

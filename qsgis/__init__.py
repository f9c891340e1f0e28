"""qsgis: the yearly health check of a county's territorial spatial plan (国土空间规划城市体检评估).

>>> import qsgis
>>> project = qsgis.open("my-county")           # doctest: +SKIP
>>> results = project.run(["red_line_encroachment"])  # doctest: +SKIP
>>> results.table()                             # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from qsgis.project import Project

__all__ = ["open"]
__version__ = "0.1.0"


def open(path: str | Path) -> Project:  # noqa: A001  (the contract's name)
    """The project in a folder; raises a UsageError where its project.toml or a definition is wrong."""
    from qsgis.project import Project

    return Project(path)

"""Outputs are written beside their place and moved there, so that none is ever found half written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qsgis.errors import OutputRefused


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A path to write to; what is written there is moved to `path` at the end. OutputRefused where that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".qsgis-", dir=path.parent) as folder:
            aside = Path(folder) / path.name
            yield aside
            aside.replace(path)
    except OSError as error:
        raise OutputRefused(path, str(error)) from error


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8."""
    with beside(path) as aside:
        aside.write_text(text, encoding="utf-8", newline="\n")

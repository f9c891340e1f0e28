"""indicators.xlsx: the 指标表 that a county hands in, the same by aspect, dimension and zone, and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from qsgis.results import Results

__all__ = ["write_workbook"]


def write_workbook(results: Results, path: Path) -> None:
    """Write the workbook. Formulas carry their values; text from data stays text even where it begins with = + - @."""
    from openpyxl import Workbook

    from qsgis.documents.workbook.cells import NORMAL
    from qsgis.documents.workbook.saving import save
    from qsgis.documents.workbook.sheets import write_sheets

    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.creator = "qsgis"
    book._named_styles["Normal"].font = NORMAL  # type: ignore[attr-defined]
    pages = write_sheets(book, results)
    save(book, path, {page.sheet.title: page.cached for page in pages})

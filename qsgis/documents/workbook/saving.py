"""The finished workbook as a file: formulas carry their values, and the same input gives the same bytes.

openpyxl writes formulas without values; what shows a file without reckoning (a phone, a preview, pandas) would show
nothing there.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from openpyxl import Workbook

_FORMULA = re.compile(rb'(<c r="([A-Z]+[0-9]+)"[^>]*?>)<f>(.*?)</f><v ?/>', re.DOTALL)
_WRITTEN = re.compile(rb"<dcterms:(created|modified)[^>]*>[^<]*</dcterms:\1>")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def save(book: Workbook, path: Path, values: Mapping[str, Mapping[str, float]]) -> None:
    """Write `book`; values: sheet title -> cell -> what its formula gives. No times of writing stand in the file."""
    assert book.calculation is not None
    book.calculation.fullCalcOnLoad = True
    made = io.BytesIO()
    book.save(made)
    by_file = {f"xl/worksheets/sheet{number}.xml": values.get(sheet.title, {}) for number, sheet in enumerate(book, 1)}
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if by_file.get(name):
                content = _with_values(content, by_file[name])
            elif name == "docProps/core.xml":
                content = _WRITTEN.sub(b"", content)
            item = zipfile.ZipInfo(name, _EPOCH)
            item.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(item, content)


def _with_values(content: bytes, values: Mapping[str, float]) -> bytes:
    def filled(match: re.Match[bytes]) -> bytes:
        value = values.get(match[2].decode())
        return match[0] if value is None else match[1] + b"<f>" + match[3] + b"</f><v>" + repr(value).encode() + b"</v>"

    return _FORMULA.sub(filled, content)

"""What a Shapefile does not say itself: its encoding, and whether it is whole.

GDAL is told ISO-8859-1, which carries every byte through unchanged; the text is decoded here. So names that were cut in
the middle of a character, and a .cpg that is wrong or absent, do no harm.
"""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from qsgis.errors import FileUnreadable
from qsgis.layers.check import Findings
from qsgis.layers.files import SHAPEFILE_PARTS, parts_of
from qsgis.messages import _

BYTES = "ISO-8859-1"
_CHINESE = "gb18030"  # holds GBK and CP936
_LANGUAGE_BYTES = {0x4D: _CHINESE, 0x7A: _CHINESE, 0x4F: "cp950", 0x78: "cp950"}
_WESTERN = {codecs.lookup(name).name for name in ("iso8859-1", "iso8859-15", "cp1252", "ascii")}
_PAIRS = re.compile(rb"(?:[\x00-\x7f]|[\xa1-\xfe]{2})*[\xa1-\xfe]?")
_NAMES = {
    "gbk": _CHINESE,
    "gb2312": _CHINESE,
    "cp936": _CHINESE,
    "936": _CHINESE,
    "65001": "utf-8",
    "ansi 936": _CHINESE,
}


def codec(name: str) -> str | None:
    """Python's name for an encoding as a .cpg or a user writes it; None for one that is not known."""
    name = name.strip().lower()
    try:
        return _NAMES.get(name) or codecs.lookup(name).name
    except LookupError:
        return None


def encoding_of(texts: Iterable[bytes], stated: str | None) -> str | None:
    """The encoding in which `texts` decode: the stated one unless they are plainly UTF-8; None where none fits.

    Text that decodes strictly as UTF-8 with three-byte characters is UTF-8, whatever a .cpg says; and bytes that stand
    in pairs throughout are Chinese, where it says a Western encoding (in which any bytes at all would decode).
    """
    texts = [text for text in texts if not text.isascii()]
    is_utf8 = _decodes(texts, "utf-8")
    if is_utf8 and any(byte >= 0xE0 for text in texts for byte in text):
        return "utf-8"
    if stated in _WESTERN and all(_PAIRS.fullmatch(text) for text in texts):
        stated = None
    for candidate in (stated, "utf-8" if is_utf8 else None, _CHINESE):
        if candidate and _decodes(texts, candidate):
            return candidate
    return None


def _decodes(texts: Iterable[bytes], encoding: str) -> bool:
    try:
        for text in texts:
            decode(text, encoding)
    except UnicodeDecodeError:
        return False
    return True


def decode(text: bytes, encoding: str) -> str:
    """`text` decoded, without the half character that a field's width may have left at its end."""
    return codecs.getincrementaldecoder(encoding)().decode(text, final=False)


class Texts:
    """The encoding of one Shapefile, settled from what it says and what it holds."""

    def __init__(self, path: Path, wanted: str | None, findings: Findings) -> None:
        self._findings = findings
        self._layer, self._path = findings.definition.id, path
        self._wanted = codec(wanted) if wanted else None
        if wanted and self._wanted is None:
            raise FileUnreadable(self._layer, path, _("no encoding is called {name}", name=wanted))
        self._stated = self._wanted or _stated(path)

    def names(self, names: Iterable[str]) -> list[str]:
        """Field names as they are meant; a half character at the end is dropped."""
        coded = [name.encode(BYTES) for name in names]
        encoding = self._settle(coded)
        return [decode(name, encoding) for name in coded]

    def values(self, frame: pd.DataFrame) -> pd.DataFrame:
        """`frame` with its text columns decoded."""
        texts = [name for name in frame.columns if frame[name].map(lambda value: isinstance(value, str)).any()]
        distinct = {name: pd.factorize(np.asarray(frame[name], dtype=object)) for name in texts}
        coded = {name: [_bytes(value) for value in held] for name, (_places, held) in distinct.items()}
        encoding = self._settle([value for held in coded.values() for value in held if isinstance(value, bytes)])
        decoded = {}
        for name, (places, _held) in distinct.items():
            held: list[Any] = [decode(value, encoding) if isinstance(value, bytes) else value for value in coded[name]]
            table = np.empty(len(held) + 1, dtype=object)
            table[:] = [*held, None]
            decoded[name] = table[places]
        return frame.assign(**decoded)

    def _settle(self, coded: list[bytes]) -> str:
        encoding = self._wanted if self._wanted and _decodes(coded, self._wanted) else encoding_of(coded, self._stated)
        if encoding is None:
            reason = _("its text is neither UTF-8 nor GBK")
            raise FileUnreadable(self._layer, self._path, reason)
        if encoding != self._stated and any(not text.isascii() for text in coded):
            said = self._stated or _("nothing")
            self._findings.note(
                _(
                    "the text is read as {encoding} (the file says: {said})",
                    encoding=encoding,
                    said=said,
                )
            )
        return encoding


def _bytes(value: Any) -> Any:
    return value.encode(BYTES) if isinstance(value, str) else value


def _stated(path: Path) -> str | None:
    """What the .cpg says, else the language byte of the .dbf."""
    parts = {part.suffix.lower(): part for part in parts_of(path)}
    if ".cpg" in parts:
        return codec(parts[".cpg"].read_bytes().decode("ascii", "replace").strip("\x00 \r\n\ufeff"))
    if ".dbf" in parts:
        with parts[".dbf"].open("rb") as file:
            return _LANGUAGE_BYTES.get(file.read(32)[29:30][0])
    return None


def readable_names(path: Path, names: Iterable[str]) -> list[str]:
    """Field names that GDAL gave as ISO-8859-1, decoded as far as that can be done."""
    coded = [name.encode(BYTES) for name in names]
    encoding = encoding_of(coded, _stated(path))
    return [decode(name, encoding) if encoding else name.decode(BYTES) for name in coded]


def check_whole(path: Path, layer: str) -> None:
    """FileUnreadable where a part is missing or shorter than its header says: GDAL would return rows without a word."""
    parts = {part.suffix.lower(): part for part in parts_of(path)}
    missing = [suffix for suffix in SHAPEFILE_PARTS[:3] if suffix not in parts]
    if missing:
        reason = _("a Shapefile is several files; {missing} is not there", missing=", ".join(missing))
        raise FileUnreadable(layer, path, reason)
    for suffix, due in ((".shp", _shape_bytes), (".shx", _shape_bytes), (".dbf", _dbf_bytes)):
        with parts[suffix].open("rb") as file:
            header = file.read(100)
        size = parts[suffix].stat().st_size
        if len(header) < 32 or size < (wanted := due(header)):
            reason = _(
                "{suffix} is cut off: {size} bytes of {wanted}",
                suffix=suffix,
                size=size,
                wanted="?" if len(header) < 32 else wanted,
            )
            raise FileUnreadable(layer, parts[suffix], reason)


def _shape_bytes(header: bytes) -> int:
    return int(struct.unpack(">i", header[24:28])[0]) * 2


def _dbf_bytes(header: bytes) -> int:
    records, header_size, record_size = struct.unpack("<IHH", header[4:12])
    return int(records * record_size + header_size)

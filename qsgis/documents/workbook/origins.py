"""How a figure came about and what must be known of it, as a reader of the 指标表 wants it: names, and no ids.

What only tells how a file was read, or what many indicators share (the streets), stays on the sheet of all values.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from qsgis.messages import _, choose

if TYPE_CHECKING:
    from qsgis.documents.workbook.entries import Entry
    from qsgis.results import Results

_COMMON = 3  # a note on a measure that so many analyses carry is about what they share
_SOURCE = re.compile(r"(\w+)=(.+?)( \(\d{4}\))?")  # id=file[:sub-layer][ (year)]
_NONE = "project.toml"  # the file that says that the county has none of a layer
_INSIDE = re.compile(r"(\.\w+):.*")  # the sub-layer behind a file's name


class Origins:
    """The texts of a run's entries."""

    def __init__(self, results: Results) -> None:
        self._layers = results.catalog.layers
        self._measured = {
            name: list(
                dict.fromkeys(text for one in result.record.get("measures", {}).values() for text in one["notes"])
            )
            for name, result in results.items()
        }
        self._carried = Counter(text for texts in self._measured.values() for text in texts)

    def method(self, entry: Entry) -> str:
        """How the current value was reckoned, and from which layers of which files."""
        return _joined([*entry.now.method.split("; "), *self._sources(entry.now.source)])

    def note(self, entry: Entry, headline: Entry) -> str:
        """What its progress, its estimate, its origin say; of a part only what its headline does not say."""
        progress = [entry.progress.note] if entry.progress else []
        measured = self._measured.get(entry.analysis.id, [])
        rest = entry.now.note
        for text in sorted(measured, key=len, reverse=True):
            rest = rest.replace(text, "")
        if entry.part:
            rest = "" if rest in headline.now.note else rest
            measured = []
        said = [text for text in measured if text in entry.now.note]
        return _joined([*progress, *rest.split("; "), *(self._plain(text) for text in said)])

    def _sources(self, text: str) -> list[str]:
        """Layers by file: 社区卫生服务站、小学：公共服务设施.gpkg（2019）."""
        by_file: dict[str, list[str]] = {}
        for source in text.split("; "):
            found = _SOURCE.fullmatch(source)
            layer = self._layers.get(found[1]) if found else None
            if source and (found is None or layer is None):
                by_file.setdefault(source, [])
            elif found and layer and found[2] != _NONE:
                by_file.setdefault(_INSIDE.sub(r"\1", found[2]) + (found[3] or ""), []).append(layer.label)
        comma = choose("、", ", ")
        return [
            _("{layers}: {file}", layers=comma.join(dict.fromkeys(labels)), file=file) if labels else file
            for file, labels in by_file.items()
        ]

    def _plain(self, text: str) -> str:
        """A measure's note with the layer's name; nothing where it is about reading a file or about what is shared."""
        for name, layer in self._layers.items():
            if text == f"{name}: " + _("the county has none of these (none = true)"):
                return _("{layer}: the county has none", layer=layer.label)
            if text.startswith(f"{name}: ") or text.strip() == "":
                return ""
            if text.startswith(f"{name}="):
                _source, mark, said = text.partition(choose("：", ": "))
                return f"{layer.label}{mark}{said}" if mark else ""
        return "" if self._carried[text] >= _COMMON else text


def _joined(texts: list[str]) -> str:
    return choose("；", "; ").join(dict.fromkeys(text.strip() for text in texts if text.strip()))

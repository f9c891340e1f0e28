"""What pages carry inside them: pinned copies by the names that folium gives its links, and our own page."""

from __future__ import annotations

import base64
import re
from functools import cache
from pathlib import Path

import jinja2

_FOLDER = Path(__file__).parent / "vendor"
_PAGE = Path(__file__).parent / "page"
_FILES = {"leaflet": "leaflet/leaflet.js", "leaflet_css": "leaflet/leaflet.css"}


@cache
def code(name: str) -> str:
    """The text of the script or style `name`, with its pictures as data: URIs. LookupError for an unknown name."""
    if name not in _FILES:
        raise LookupError(f"the page asks for {name!r}, of which no pinned copy is at hand: add it to {__name__}")
    path = _FOLDER / _FILES[name]
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".css":
        return re.sub(r"url\((?!#|data:)([^)]+)\)", lambda found: f"url({_data_uri(path.parent / found[1])})", text)
    return re.sub(r"\n//# sourceMappingURL=.*", "", text)


def _data_uri(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")


@cache
def own(name: str) -> str:
    """The text of our script or style `name`."""
    return (_PAGE / name).read_text(encoding="utf-8")


@cache
def template(name: str) -> jinja2.Template:
    """Our page `name`; whatever is put into it is escaped."""
    return jinja2.Environment(loader=jinja2.FileSystemLoader(_PAGE), autoescape=True, trim_blocks=True).get_template(
        name
    )

"""Areas, lengths and overlay on arrays and frames; opens no file. Names are loaded when first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qsgis.geometry.area import ellipsoidal_area
    from qsgis.geometry.frames import intersect, overlap_area
    from qsgis.geometry.length import ellipsoidal_length

__all__ = ["ellipsoidal_area", "ellipsoidal_length", "intersect", "overlap_area"]

_HOME = {
    "ellipsoidal_area": "area",
    "ellipsoidal_length": "length",
    "intersect": "frames",
    "overlap_area": "frames",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)

"""Files → layers: read, place (CRS), recognise, check, repair. One entry: `read_layer`.

The names below are loaded when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qsgis.layers.read import ReadLayer, read_layer
    from qsgis.layers.recognise import Found, scan
    from qsgis.layers.stream import Health, inspect

_HOMES = {
    "ReadLayer": "read",
    "read_layer": "read",
    "Found": "recognise",
    "scan": "recognise",
    "Health": "stream",
    "inspect": "stream",
}
__all__ = ["Found", "Health", "ReadLayer", "inspect", "read_layer", "scan"]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"qsgis.layers.{_HOMES[name]}"), name)

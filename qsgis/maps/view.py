"""Where a page opens, and the backdrop of what it shows there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from qsgis.maps.backdrop import Backdrop, Bounds
    from qsgis.maps.content import Drawn
    from qsgis.results import Results

LEAST_VIEW = 2000.0  # metres: no page opens closer than this


@dataclass(frozen=True)
class Placed:
    """A layer on a page: what it is, what the page carries of it, and whether it is context."""

    drawn: Drawn
    data: dict[str, Any]
    context: bool


@dataclass(frozen=True)
class View:
    """Where a page opens: the bounds of its subject (None: the whole county), and the backdrop, closer up there."""

    focus: Bounds | None
    ground: Backdrop | None
    near: Backdrop | None

    @property
    def picture(self) -> Backdrop | None:
        """The finest backdrop of what the page opens with."""
        return self.near or self.ground

    def framed(self, shape: float) -> Bounds | None:
        """The focus widened to `shape` (width ÷ height)."""
        if self.focus is None:
            return None
        west, south, east, north = self.focus
        height = max(north - south, (east - west) / shape)
        return _around(self.focus, height * shape, height)


def view_of(results: Results, layers: list[Placed], ground: Backdrop | None) -> View:
    """The view of a page that draws `layers`."""
    focus = focus_of(results, layers)
    if focus is None or ground is None:
        return View(focus, ground, None)
    side = 1.6 * max(focus[2] - focus[0], focus[3] - focus[1])  # a window is wider or higher than the subject
    near = ground.closer(_around(focus, side, side))
    return View(focus, ground, near if near is not ground else None)


def focus_of(results: Results, layers: list[Placed]) -> Bounds | None:
    """West, south, east, north of what the sheet is about, where it takes up but a corner of the county (a town, say).

    Areas and lines that analyses found count; points, which lie everywhere, do not.
    """
    found = [
        placed.drawn.frame.total_bounds
        for placed in layers
        if placed.drawn.computed and placed.drawn.shown and placed.drawn.look.geometry != "point"
    ]
    zones = results.zones.get("county", results.zones.get("district"))
    if not found or zones is None:
        return None
    edges = np.array(found)
    west, south = (float(edge) for edge in edges[:, :2].min(axis=0))
    east, north = (float(edge) for edge in edges[:, 2:].max(axis=0))
    whole = zones.total_bounds
    if (east - west) * (north - south) > 0.2 * (whole[2] - whole[0]) * (whole[3] - whole[1]):
        return None
    width, height = (max(length, LEAST_VIEW) for length in (east - west, north - south))
    margin = 0.16 * max(width, height)
    return _around((west, south, east, north), width + margin, height + margin)


def _around(bounds: Bounds, width: float, height: float) -> Bounds:
    """Bounds of that size with the same middle."""
    x, y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2

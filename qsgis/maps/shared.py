"""What the pages of a run have in common, made once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely

from qsgis.maps import encode
from qsgis.maps.content import Drawn, draw
from qsgis.maps.view import Placed
from qsgis.schema import SheetLayer

if TYPE_CHECKING:
    from qsgis.maps.backdrop import Backdrop
    from qsgis.results import Results

Corners = list[list[float]]  # [[south, west], [north, east]] in degrees


@dataclass(frozen=True)
class County:
    """The county's outline, its corners and those of each township, the townships' names."""

    outline: list[Any]
    bounds: Corners
    places: list[Corners]
    townships: list[str]


@dataclass
class Shared:
    """The backdrop, the county, and the layers of more than one page.

    recurring: the keys of the layers that several sheets draw; the data of no others is kept.
    """

    results: Results
    ground: Backdrop | None
    recurring: frozenset[str] = frozenset()
    kept: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    contexts: dict[str, list[Placed]] = field(default_factory=dict)

    @cached_property
    def county(self) -> County | None:
        """None where the run has no zones."""
        return _county(self.results)

    def own(self, drawn: Drawn) -> Placed:
        """A layer that a sheet draws itself."""
        if drawn.key not in self.recurring:
            return Placed(drawn, encode.layer(drawn), context=False)
        key = (drawn.key, drawn.look.style.id)
        if key not in self.kept:
            self.kept[key] = encode.layer(drawn)
        return Placed(drawn, self.kept[key], context=False)

    def context(self, name: str) -> list[Placed]:
        """A layer beneath those of a sheet."""
        if name not in self.contexts:
            found = [layer for layer in draw(self.results, SheetLayer(layer=name)) if len(layer.frame)]
            self.contexts[name] = [Placed(layer, encode.context(layer), context=True) for layer in found]
        return self.contexts[name]


def _county(results: Results) -> County | None:
    districts = results.zones.get("district")
    county = results.zones.get("county", districts)
    if county is None:
        return None
    whole = gpd.GeoSeries([shapely.union_all(county.geometry.array)], crs=county.crs)
    outline = encode.outlines(whole)
    if districts is None:
        return County(outline, corners(whole), [], [])
    order = districts.sort_values("code")
    places = [corners(order.geometry.iloc[[number]]) for number in range(len(order))]
    return County(outline, corners(whole), places, [str(name) for name in order["name"]])


def corners(geometry: gpd.GeoSeries) -> Corners:
    """The corners of all shapes together."""
    west, south, east, north = (round(float(edge), 5) for edge in geometry.to_crs(4326).total_bounds)
    return [[south, west], [north, east]]

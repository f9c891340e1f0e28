"""Commuters by where they live: what every source of trips comes to, and the places that trips run between."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from qsgis.analyses.inputs import Inputs, LayerAbsent
from qsgis.analyses.people import residents
from qsgis.geometry import zones

CLOSE = 1e-9


@dataclass(frozen=True)
class Trips:
    """Commuters by place of residence. place: frame `code`, `name`, geometry (points); origin: row of place."""

    place: gpd.GeoDataFrame
    origin: np.ndarray
    people: np.ndarray
    minutes: np.ndarray  # inf: no way there
    method: str
    sources: tuple[str, ...]
    notes: tuple[str, ...] = ()
    estimated: tuple[str, ...] = ()


def share_of(people: np.ndarray, which: np.ndarray) -> float:
    """The share of the people whom a mask takes."""
    return float(people[which].sum() / max(people.sum(), CLOSE))


def ratio(wanted: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Wanted ÷ found; 0 where nothing was found."""
    return np.asarray(np.divide(wanted, found, out=np.zeros(len(wanted)), where=found > 0))


def known_places(inputs: Inputs) -> gpd.GeoDataFrame:
    """Zones of all levels below the county as places: code, name, a point where their people live."""
    frames = []
    for level in ("district", "village"):
        if level in inputs.zones:
            zone = inputs.zones.levels[level]
            frames.append(zone[["code", "name"]].assign(level=level, geometry=centres(zone, inputs)))
    if not frames:
        raise LayerAbsent("districts", inputs.year)
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), geometry="geometry", crs=inputs.crs)


def centres(zone: gpd.GeoDataFrame, inputs: Inputs) -> np.ndarray:
    """The middle of each zone's residents, or a point inside it where none are known."""
    ground = np.asarray(zone.geometry.array, dtype=object)
    middle = np.asarray(shapely.point_on_surface(ground), dtype=object)
    try:
        people = residents(inputs)
    except LayerAbsent:
        return middle
    spots = np.asarray(shapely.point_on_surface(people.geometry), dtype=object)
    at = zones.locate(spots, ground)
    weight = people.frame["resident"].to_numpy(dtype=float)
    inside = at >= 0
    total = np.bincount(at[inside], weights=weight[inside], minlength=len(zone))
    xy = shapely.get_coordinates(spots)
    x, y = (np.bincount(at[inside], weights=(weight * axis)[inside], minlength=len(zone)) for axis in xy.T)
    lived = total > 0
    middle[lived] = shapely.points(x[lived] / total[lived], y[lived] / total[lived])
    return middle

"""Polygons cut to square cells, so that a share of them can be reached and a share not."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from qsgis.geometry.windows import prepared

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Cells(NamedTuple):
    """Pieces of polygons on a grid. owner: row of the polygon; spot: n × 2 coordinates of each piece's centroid."""

    owner: NDArray[np.int64]
    geometry: NDArray[np.object_]
    area: NDArray[np.float64]
    spot: NDArray[np.float64]


def cells(polygons: NDArray[np.object_], size: float) -> Cells:
    """Polygons cut along square grids of `size` (CRS units, > 0), each anchored at its polygon's lower left corner.

    The pieces of a polygon cover it without overlap; only cells on its border are intersected. Anchoring at the
    polygon makes the cells move with the data.
    """
    polygons = np.asarray(polygons, dtype=object)
    bounds = np.nan_to_num(shapely.bounds(polygons), nan=0.0)
    first = bounds[:, :2]
    count = np.maximum(np.ceil((bounds[:, 2:] - first) / size), 1).astype(np.int64)
    count[shapely.is_empty(polygons)] = 0
    number = count.prod(axis=1)
    owner = np.repeat(np.arange(len(polygons)), number)
    step = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
    x = first[owner, 0] + (step % count[owner, 0]) * size
    y = first[owner, 1] + (step // count[owner, 0]) * size
    boxes = shapely.box(x, y, x + size, y + size)
    whole = polygons[owner]
    with prepared(polygons):
        inside = shapely.contains_properly(whole, boxes)
        border = ~inside & shapely.intersects(whole, boxes)
    geometry = boxes.copy()
    geometry[border] = shapely.intersection(whole[border], boxes[border])
    area = shapely.area(geometry)
    keep = (inside | border) & (area > 0)
    geometry = geometry[keep]
    spot = shapely.get_coordinates(shapely.centroid(geometry)).reshape(-1, 2)
    return Cells(owner[keep], geometry, area[keep], spot)

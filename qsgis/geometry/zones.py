"""Which zone a point lies in; polygons go to zones by overlay.disjoint and overlay.pairs, lines by lines.clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from qsgis.geometry.arrays import plane, require
from qsgis.geometry.overlay import TILE
from qsgis.geometry.subdivide import subdivide
from qsgis.messages import _

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from qsgis.geometry.arrays import Indices


def locate(points: ArrayLike, zones: ArrayLike, codes: ArrayLike | None = None, *, checked: bool = False) -> Indices:
    """The row of the zone that each point lies in or on the border of; -1 in none.

    points: Points (None, empty or with NaN: -1); zones: valid polygons of the same CRS; codes: their codes. A point
    in several zones, as on a common border, belongs to the first of them in the order of codes, without codes in the
    order given.

    Raises ValueError where a geometry is no point, or a zone is invalid or no polygon.
    """
    spots, ground = plane(points), plane(zones)
    if not np.isin(shapely.get_type_id(spots), [-1, 0]).all():
        raise ValueError(_("points are due; give points on the surface of other geometries"))
    rows = require(ground, checked=checked)
    order = rows if codes is None else rows[np.argsort(np.asarray(codes)[rows], kind="stable")]
    tiles = subdivide(ground[order], TILE)
    shapely.prepare(tiles.geometry)
    spot, tile = shapely.STRtree(tiles.geometry).query(spots)
    hit = shapely.intersects_xy(tiles.geometry[tile], shapely.get_x(spots[spot]), shapely.get_y(spots[spot]))
    first = np.full(len(spots), len(order), dtype=np.int64)
    np.minimum.at(first, spot[hit], tiles.owner[tile[hit]])
    return np.append(order, -1)[first]

"""Which zone a point lies in; polygons go to zones by overlay.disjoint and overlay.pairs, lines by lines.clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from qsgis.geometry.arrays import plane
from qsgis.geometry.subdivide import Cover, covering
from qsgis.geometry.windows import each_prepared, prepared
from qsgis.messages import _

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from qsgis.geometry.arrays import Indices


def locate(
    points: ArrayLike, zones: ArrayLike | Cover, codes: ArrayLike | None = None, *, checked: bool = False
) -> Indices:
    """The row of the zone that each point lies in or on the border of; -1 in none.

    points: Points (None, empty or with NaN: -1); zones: valid polygons of the same CRS; codes: their codes. A point
    in several zones, as on a common border, belongs to the first of them in the order of codes, without codes in the
    order given.

    Raises ValueError where a geometry is no point, or a zone is invalid or no polygon.
    """
    spots = plane(points)
    if not np.isin(shapely.get_type_id(spots), [-1, 0]).all():
        raise ValueError(_("points are due; give points on the surface of other geometries"))
    cover = covering(zones, checked=checked)
    tiles = cover.tiles
    order = np.arange(len(cover.row)) if codes is None else np.argsort(np.asarray(codes)[cover.row], kind="stable")
    spot, tile = shapely.STRtree(tiles.geometry).query(spots)
    with prepared(tiles.geometry):
        hit = each_prepared(shapely.intersects, tiles.geometry[tile], spots[spot])
    first = np.full(len(spots), len(order), dtype=np.int64)
    np.minimum.at(first, spot[hit], np.argsort(order)[tiles.owner[tile[hit]]])
    return np.append(cover.row[order], -1)[first]

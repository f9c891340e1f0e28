"""The street network and the questions that are put to it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from qsgis.network import areas, catchment, lines, pairs, polygons, times
from qsgis.network.arrays import Floats, Frame, Ints
from qsgis.network.attach import Attachment, attach, points_of
from qsgis.network.search import grouped
from qsgis.network.streets import Streets


class Network(Streets):
    """Streets for one mode, in a plane CRS with metres. Made by from_lines or from_networkx; never changed.

    Places are points: a GeoSeries, a frame, an array of shapely points or (n, 2) coordinates, in the network's CRS; or
    what `attach` made of them (an Attachment), which is taken as it is. Each is reached at the nearest point of the
    nearest edge, if that is within `access_metres`; the leg is counted, at `access_kmh` (walking speed where not
    given). minutes: a limit is itself within.
    group: what each destination point belongs to, a number each (a park with several entrances); answers name groups.
    All raise ValueError for places of another CRS, geometries that are no points, and wrong parameters.

    >>> import geopandas, shapely
    >>> street = geopandas.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (80, 0)])])
    >>> Network.from_lines(street).travel_time([[0, 0]], [[80, 0]]).tolist()
    [1.0]
    """

    def attach(self, points: Any, limit_metres: float) -> Attachment:
        """Where each place meets the network; `off` where no street is within `limit_metres`."""
        return points if isinstance(points, Attachment) else attach(self, points_of(points, self.crs), limit_metres)

    def nearest(
        self,
        origins: Any,
        destinations: Any,
        *,
        minutes: float | None = None,
        access_metres: float = 500.0,
        access_kmh: float | None = None,
        group: Any = None,
    ) -> times.Nearest:
        """Minutes from each origin to the destination reached soonest, which one, and why none.

        minutes: the limit, itself within. group: what each destination point belongs to (a park with several
        entrances); `destination` then names the group.
        """
        return times.nearest(
            self,
            self.attach(origins, access_metres),
            self.attach(destinations, access_metres),
            minutes=minutes,
            kmh=self._access(access_kmh),
            group=group,
        )

    def travel_time(
        self,
        origins: Any,
        destinations: Any,
        minutes: float | None = None,
        *,
        access_metres: float = 500.0,
        access_kmh: float | None = None,
    ) -> pd.Series[float]:
        """Minutes from each origin to the nearest destination, by the index of origins; inf where none is reached."""
        found = self.nearest(origins, destinations, minutes=minutes, access_metres=access_metres, access_kmh=access_kmh)
        index = origins.index if isinstance(origins, pd.Series | pd.DataFrame) else None
        return pd.Series(found.minutes, index=index, name="minutes")

    def matrix(
        self,
        origins: Any,
        destinations: Any,
        *,
        minutes: float | None = None,
        access_metres: float = 500.0,
        access_kmh: float | None = None,
        batch: int = 50,
    ) -> Floats:
        """Minutes (origins, destinations); inf where not reached, or not within `minutes`.

        `batch` sweeps are held at once: batch × nodes × 8 bytes.
        """
        return times.matrix(
            self,
            self.attach(origins, access_metres),
            self.attach(destinations, access_metres),
            minutes=minutes,
            kmh=self._access(access_kmh),
            batch=batch,
        )

    def k_nearest(
        self,
        origins: Any,
        destinations: Any,
        k: int,
        *,
        minutes: float | None = None,
        access_metres: float = 500.0,
        access_kmh: float | None = None,
        group: Any = None,
    ) -> tuple[Floats, Ints]:
        """Minutes (origins, k) to the k nearest destinations in order, and which; inf and -1 where there is no more.

        Of destinations equally near the one that stands first comes first; a group counts once.
        """
        if k < 1:
            raise ValueError(f"k must be 1 or more, not {k!r}")
        start, goal = self.attach(origins, access_metres), self.attach(destinations, access_metres)
        number, names = grouped(goal, group)
        limit = np.inf if minutes is None else minutes
        found, which = pairs.k_nearest(self, start, goal, number, len(names), k, limit, self._access(access_kmh))
        return found, np.where(which >= 0, names[which] if len(names) else -1, -1)

    def pairs_within(
        self,
        origins: Any,
        destinations: Any,
        minutes: float,
        *,
        access_metres: float = 500.0,
        access_kmh: float | None = None,
    ) -> pd.DataFrame:
        """The finite part of `matrix` as rows: origin, destination (positions), minutes; in the order of both."""
        parts = list(
            self.iter_pairs(origins, destinations, minutes, access_metres=access_metres, access_kmh=access_kmh)
        )
        found = pairs.quickest_of(pairs.joined_pairs(parts))
        return pd.DataFrame({"origin": found.origin, "destination": found.destination, "minutes": found.minutes})

    def iter_pairs(
        self,
        origins: Any,
        destinations: Any,
        minutes: float,
        *,
        access_metres: float = 500.0,
        access_kmh: float | None = None,
    ) -> Iterator[pairs.Pairs]:
        """The rows of `pairs_within` some at a time, each once, in no order: for more pairs than memory holds."""
        start, goal = self.attach(origins, access_metres), self.attach(destinations, access_metres)
        return pairs.within(self, start, goal, minutes, self._access(access_kmh))

    def catchments(
        self,
        origins: Any,
        weights: Mapping[str, Any],
        facilities: Any,
        *,
        minutes: float | None = None,
        access_metres: float = 500.0,
        access_kmh: float | None = None,
        group: Any = None,
    ) -> catchment.Catchments:
        """Loads of facilities where every origin goes to the one it reaches soonest, and what goes to none, with why.

        weights: name → a number for each origin (people, elders, m²). Missing and negative ones are not counted, and
        said in the notes.
        """
        found = self.nearest(
            origins, facilities, minutes=minutes, access_metres=access_metres, access_kmh=access_kmh, group=group
        )
        return catchment.catchments(found, weights, group)

    def living_circle(
        self,
        origins: Any,
        kinds: Mapping[str, Any],
        minutes: float | Mapping[str, float] = 15.0,
        *,
        access_metres: float = 500.0,
        access_kmh: float | None = None,
    ) -> catchment.LivingCircle:
        """Whether each origin reaches one facility of every kind within the minutes (one limit, or one a kind).

        kinds: name → places. GB 50180-2018 and TD/T 1062-2021 call it 生活圈.
        """
        places = {name: self.attach(facilities, access_metres) for name, facilities in kinds.items()}
        index = origins.index if isinstance(origins, pd.Series | pd.DataFrame) else None
        start = self.attach(origins, access_metres)
        return catchment.living_circle(self, start, places, minutes, index, self._access(access_kmh))

    def service_areas(
        self,
        facilities: Any,
        minutes: Collection[float] = (5, 10, 15),
        *,
        access_metres: float = 500.0,
        access_kmh: float | None = None,
        group: Any = None,
        outward: bool = False,
        geometry: bool = True,
    ) -> Frame:
        """Street pieces from which each facility is within the limits `minutes`; outward: to which it gets in time.

        Columns: facility (position, or group), row (of the layer), edge (of the network), band (the least limit that
        the piece is within), minutes_from and minutes_to (the least and the most on the piece), metres, and the line
        (a plain table without `geometry`). Pieces of one facility do not overlap, whatever the bands.
        attrs["off"]: positions of facilities without a street near, which have no area.
        """
        limits = _limits(minutes)
        places, found, names = self._areas(facilities, limits, access_metres, access_kmh, group, outward=outward)
        frame = lines.table(self, found, names)
        if geometry:
            frame = gpd.GeoDataFrame(frame, geometry=lines.courses(self, found), crs=self.crs)
        frame.attrs["off"] = np.flatnonzero(places.off).tolist()
        return frame

    def area_polygons(
        self,
        facilities: Any,
        minutes: Collection[float] = (5, 10, 15),
        *,
        strip_metres: float = 30.0,
        holes_below: float = 0.0,
        merged: bool = False,
        access_metres: float = 500.0,
        access_kmh: float | None = None,
        group: Any = None,
        outward: bool = False,
    ) -> Frame:
        """Service areas as polygons for drawing: a row for each facility (all together if `merged`) and band.

        strip_metres: how far they go on either side of a street, and round its end; holes of less than `holes_below`
        m² are filled. Bands of one facility do not overlap. Columns: facility (-1 if merged), band (minutes);
        attrs: off (as of service_areas), strip_metres and holes_below, to be printed on a map.
        """
        if not (np.isfinite(strip_metres) and strip_metres > 0):
            raise ValueError(f"strip_metres must be above 0, not {strip_metres!r}")
        limits = _limits(minutes)
        if merged:
            group = np.full(len(facilities), -1)
        places, found, names = self._areas(facilities, limits, access_metres, access_kmh, group, outward=outward)
        frame = polygons.rings(self, found, names, limits, strip_metres, holes_below)
        frame.attrs |= {
            "off": np.flatnonzero(places.off).tolist(),
            "strip_metres": float(strip_metres),
            "holes_below": float(holes_below),
        }
        return frame

    def reached_lines(
        self,
        destinations: Any,
        minutes: float,
        access_metres: float = 500.0,
        *,
        access_kmh: float | None = None,
    ) -> Frame:
        """Street pieces from which the nearest destination is within `minutes`, cut at the limit.

        Columns: minutes (from the middle of the piece), metres, row (of the layer); in the network's CRS.
        """
        places = self.attach(destinations, access_metres)
        return lines.reached(self, places, minutes, self._access(access_kmh))

    def _areas(
        self,
        facilities: Any,
        limits: Floats,
        access_metres: float,
        access_kmh: float | None,
        group: Any,
        *,
        outward: bool,
    ) -> tuple[Attachment, areas.Pieces, Ints]:
        places = self.attach(facilities, access_metres)
        number, names = grouped(places, group)
        found = areas.pieces(self, places, number, len(names), limits, self._access(access_kmh), outward=outward)
        return places, found, names

    def _access(self, access_kmh: float | None) -> float:
        if access_kmh is not None and not (np.isfinite(access_kmh) and access_kmh > 0):
            raise ValueError(f"access_kmh must be above 0, not {access_kmh!r}")
        return access_kmh or self.access_kmh


def _limits(minutes: Collection[float]) -> Floats:
    limits = np.unique(np.asarray(list(minutes), float))
    if not len(limits) or not (np.isfinite(limits) & (limits > 0)).all():
        raise ValueError(f"minutes must be numbers above 0, not {minutes!r}")
    return limits

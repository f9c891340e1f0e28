"""Parcels × red line: area of intersection, ours against the plain ways on the same data in the same run.

    python benchmarks/overlay.py --parcels 50000 --redline-vertices 100000

The data is the demonstration county's, at the size asked for (200,000 parcels take about a minute to make), without the
overlap and the bow-tie that are planted in its red line. Prints CPU seconds (other work on the machine disturbs them
least), the ratio to ours, and the total area of each way. Ratios carry over to other
machines, seconds do not.
"""

from __future__ import annotations

import argparse
import time
import warnings

import geopandas as gpd
import shapely

from qsgis.demo import county
from qsgis.geometry import intersect, overlap_area
from qsgis.geometry.overlay import disjoint


def plain(left, right):
    """STRtree query and shapely.intersection."""
    one, other = right.sindex.query(left.geometry, predicate="intersects")
    return shapely.area(shapely.intersection(left.geometry.values[one], right.geometry.values[other])).sum()


def overlay(left, right):
    """geopandas.overlay."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return gpd.overlay(left, right, "intersection", keep_geom_type=True).area.sum()


WAYS = {
    "overlap_area (areas alone)": lambda left, right: overlap_area(left, right).sum(),
    "intersect (geometry and columns)": lambda left, right: intersect(left, right).area.sum(),
    "STRtree + intersection": plain,
    "geopandas.overlay": overlay,
}


def main():
    """Make the data, time every way, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parcels", type=int, default=50_000)
    parser.add_argument("--vertices", type=float, default=45.0, help="of a parcel, before parcels are merged")
    parser.add_argument("--redline-vertices", type=int, default=100_000)
    parser.add_argument("--only-ours", action="store_true", help="leave the slow peers out")
    options = parser.parse_args()
    layers = county.make(options.parcels, redline_vertices=options.redline_vertices, vertices=options.vertices)
    left, right = layers["land_use"], layers["ecological_red_line"]
    single, _row = disjoint(right.geometry[right.is_valid].array)
    right = gpd.GeoDataFrame(geometry=list(single), crs=right.crs)
    share = right.area.sum() / left.area.sum()
    counts = [len(left), left.count_coordinates().sum(), right.count_coordinates().sum()]
    print(f"{counts[0]:,} parcels, {counts[1]:,} vertices; red line {counts[2]:,} vertices, {share:.0%} of the area")
    base = first = None
    for name, way in list(WAYS.items())[: 2 if options.only_ours else None]:
        start = time.process_time()
        total = float(way(left, right))
        seconds = time.process_time() - start
        base, first = base or seconds, first or total
        print(f"{name:34s} {seconds:8.2f} s {seconds / base:8.1f} ×  {total:.3f} m²  differs {total / first - 1:+.1e}")


if __name__ == "__main__":
    main()

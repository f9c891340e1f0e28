import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import qsgis.geometry as geometry

from .shapes import CRS, coverage, frame, ragged, square


def layers(seed):
    left = coverage(seed)
    parcels = frame(left, name=[f"p{k}" for k in range(len(left))], DLBM="0103")
    zones = frame([ragged(seed), ragged(seed + 9, radius=150.0)], name=["红线甲", "红线乙"], kind=[1, 2])
    return parcels, zones


@pytest.mark.parametrize("seed", range(4))
def test_intersect_has_the_rows_of_geopandas(seed):
    parcels, zones = layers(seed)
    ours = geometry.intersect(parcels, zones)
    theirs = gpd.overlay(parcels, zones, "intersection", keep_geom_type=True)
    assert list(ours.columns) == list(theirs.columns) == ["name_1", "DLBM", "name_2", "kind", "geometry"]
    assert ours.crs == theirs.crs
    keys = ["name_1", "name_2"]
    ours, theirs = (f.sort_values(keys).reset_index(drop=True) for f in (ours, theirs))
    pd.testing.assert_frame_equal(ours.drop(columns="geometry"), theirs.drop(columns="geometry"))
    assert ours.geometry.symmetric_difference(theirs.geometry).area.max() < 1e-6


def test_intersect_of_layers_apart_is_empty_with_all_columns():
    found = geometry.intersect(frame([square(0, 0)], a=[1]), frame([square(9, 9)], a=[2]))
    assert len(found) == 0
    assert list(found.columns) == ["a_1", "a_2", "geometry"]


def test_another_name_of_the_geometry_column_and_any_index():
    parcels = frame([square(0, 0, 2)], a=[7]).rename_geometry("shape").set_index(pd.Index([42]))
    found = geometry.intersect(parcels, frame([square(1, 1, 2)], b=[8]))
    assert found[["a", "b"]].to_numpy().tolist() == [[7, 8]]
    assert found.geometry.area.tolist() == [1.0]


def test_another_crs_is_refused():
    one, other = frame([square(0, 0)]), frame([square(0, 0)]).set_crs("EPSG:4547", allow_override=True)
    with pytest.raises(ValueError, match="4547"):
        geometry.intersect(one, other)
    with pytest.raises(ValueError, match="4547"):
        geometry.overlap_area(one, other)


def test_lines_and_points_are_refused():
    line = frame([shapely.LineString([(0, 0), (1, 1)])])
    with pytest.raises(ValueError, match="left"):
        geometry.intersect(line, frame([square(0, 0)]))


def test_overlap_area_counts_ground_once():
    """Two zones of 2 × 2 that share a 1 × 2 strip, in a parcel of 4 × 4: 4 + 4 − 2 = 6."""
    parcels = frame([square(0, 0, 4), square(10, 10), square(1, 0, 1)]).set_index(pd.Index(["a", "b", "c"]))
    found = geometry.overlap_area(parcels, frame([square(0, 0, 2), square(1, 0, 2)]))
    assert found.to_dict() == {"a": 6.0, "b": 0.0, "c": 1.0}


@pytest.mark.parametrize("seed", range(3))
def test_overlap_area_as_the_union(seed):
    parcels, zones = layers(seed)
    expected = parcels.geometry.intersection(zones.union_all()).area
    assert geometry.overlap_area(parcels, zones).to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-6)


def test_overlap_area_refuses_degrees():
    degrees = gpd.GeoSeries([square(112, 35)], crs="EPSG:4490")
    with pytest.raises(ValueError, match="4490"):
        geometry.overlap_area(degrees, degrees)


def test_invalid_polygons_are_repaired_and_said():
    """A bow-tie of two triangles, each of base 2 and height 1."""
    bowtie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    with pytest.warns(UserWarning, match="1"):
        found = geometry.overlap_area(frame([bowtie]), frame([square(0, 0, 2)]))
    assert found.tolist() == [2.0]
    with pytest.warns(UserWarning, match="1"):
        rows = geometry.intersect(frame([bowtie]), frame([square(0, 0, 2)]))
    assert rows.area.tolist() == [2.0]


def test_a_parcel_without_usable_geometry_has_no_number():
    broken = shapely.Polygon([(0, 0), (1, 0), (np.nan, 1)])
    parcels = gpd.GeoSeries([None, broken, square(0, 0), shapely.Polygon()], crs=CRS)
    with pytest.warns(UserWarning):
        found = geometry.overlap_area(parcels, gpd.GeoSeries([square(0, 0)], crs=CRS))
    assert np.isnan(found[:2]).all()
    assert found[2:].tolist() == [1.0, 0.0]


def test_the_package_is_lazy_and_knows_its_names():
    assert {name for name in geometry.__all__ if callable(getattr(geometry, name))} == set(geometry.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        geometry.nothing  # noqa: B018

"""The county is one coverage, by the survey's rules, with what was planted in it; the same twice."""

import networkx as nx
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal

from qsgis.codes import code_table
from qsgis.demo import county, landuse, places, terrain

SMALL = {"redline_vertices": 3000, "vertices": 18.0}


def test_same_arguments_same_county_and_another_seed_another():
    first, again = county.make(3000, seed=3, **SMALL), county.make(3000, seed=3, **SMALL)
    assert list(first) == list(again)
    for name, frame in first.items():
        if "geometry" in frame:
            assert_geodataframe_equal(frame, again[name])
        else:
            assert_frame_equal(frame, again[name])
    assert not np.array_equal(terrain.make(3).height, terrain.make(4).height)


def test_too_small_a_county_is_refused():
    with pytest.raises(ValueError, match="at least 1000"):
        county.make(500)


def test_size_is_about_what_was_asked(made):
    assert 0.9 * 4000 < len(made.layers["land_use"]) < 1.3 * 4000


@pytest.mark.parametrize("layer", ["land_use", "land_use_base"])
def test_parcels_are_a_valid_coverage(made, layer):
    shapes = made.layers[layer].geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    assert set(shapely.get_type_id(shapes)) == {3}


def test_both_years_cover_the_same_ground(made):
    now, base = (shapely.union_all(made.layers[k].geometry.to_numpy()) for k in ("land_use", "land_use_base"))
    assert shapely.symmetric_difference(now, base).area < 1.0
    assert len(made.layers["land_use_base"]) < len(made.layers["land_use"])  # some were split since


@pytest.mark.parametrize("layer", ["land_use", "land_use_base"])
def test_areas_follow_the_survey_to_the_cent(made, layer):
    frame = made.layers[layer]
    cents = (frame[["TBMJ", "KCMJ", "TBDLMJ"]] * 100).round().astype(np.int64)
    assert (cents["TBMJ"] - cents["KCMJ"] == cents["TBDLMJ"]).all()
    assert np.abs(frame["TBMJ"] * frame["KCXS"] - frame["KCMJ"]).max() <= 0.0051
    arable = frame["DLBM"].str.startswith("01")
    assert (frame.loc[~arable, "KCMJ"] == 0).all()
    assert (frame.loc[arable, "KCMJ"] > 0).any()
    assert (frame["KCDLBM"].notna() == (frame["KCXS"] > 0)).all()


def test_parcel_area_is_ellipsoidal(made):
    sample = made.layers["land_use"].iloc[::101]
    geod = pyproj.Geod(ellps="GRS80")
    for shape, area in zip(sample.to_crs("EPSG:4490").geometry, sample["TBMJ"], strict=True):
        truth = abs(geod.geometry_area_perimeter(shapely.orient_polygons(shape))[0])
        assert area == pytest.approx(truth, rel=3e-7, abs=0.006)


def test_codes_stand_in_the_code_tables(made):
    classes, settlements = code_table("land_use_3"), code_table("settlement")
    for layer in ("land_use", "land_use_base"):
        frame = made.layers[layer]
        assert set(frame["DLBM"]) <= set(classes)
        assert set(frame["CZCSXM"].dropna()) <= set(settlements)
    for code, (name, big) in landuse.CLASSES.items():
        assert (classes[code]["name"], classes[code]["big3"]) == (name, big)


def test_every_big_class_occurs(made):
    classes = code_table("land_use_3")
    found = {classes[code]["level1"] for code in made.layers["land_use"]["DLBM"]}
    assert found == {"00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"}
    assert {"0201K", "0307K"} <= set(made.layers["land_use"]["DLBM"])


def test_ids_are_unique_and_seats_are_villages(made):
    frame = made.layers["land_use"]
    assert frame["BSM"].is_unique
    assert frame["BSM"].str.len().eq(18).all()
    assert frame["ZLDWDM"].str.len().eq(19).all()
    assert set(frame["ZLDWDM"].str[:12]) == set(made.layers["villages"]["XZQDM"])
    assert not frame.duplicated(["ZLDWDM", "TBBH"]).any()


@pytest.mark.parametrize(("layer", "digits"), [("villages", 12), ("districts", 9), ("county", 6)])
def test_zones_are_unions_of_whole_parcels(made, layer, digits):
    zones, parcels = made.layers[layer], made.layers["land_use"]
    area = parcels.area.groupby(parcels["ZLDWDM"].str[:digits]).sum()
    assert shapely.coverage_is_valid(zones.geometry.to_numpy())
    for code, shape in zip(zones["XZQDM"], zones.geometry, strict=True):
        assert shape.area == pytest.approx(area[code], rel=1e-9)
    points = parcels.representative_point().to_numpy()
    point, zone = shapely.STRtree(zones.geometry.to_numpy()).query(points, predicate="within")
    assert len(point) == len(parcels)
    assert (parcels["ZLDWDM"].str[:digits].to_numpy()[point] == zones["XZQDM"].to_numpy()[zone]).all()


def test_county_lies_inside_qinshui(made):
    outside = shapely.difference(made.layers["county"].geometry.iloc[0], terrain.county_outline())
    assert outside.area < 1e-3 * terrain.county_outline().area
    assert list(made.layers["districts"]["XZQMC"]) == [name for _code, name, _lon, _lat in places.TOWNSHIPS]


def _road_graph(roads):
    graph = nx.DiGraph()
    for line, oneway in zip(roads.geometry, roads["单行线"], strict=True):
        ends = line.coords[0], line.coords[-1]
        graph.add_edge(*ends)
        if oneway == "否":
            graph.add_edge(*reversed(ends))
    return graph


def test_road_net_is_one_and_reaches_every_village(made):
    roads = made.layers["roads"]
    assert nx.is_strongly_connected(_road_graph(roads))
    assert (roads["单行线"] == "是").any()
    reached = shapely.STRtree(roads.geometry.to_numpy()).query(
        made.layers["villages"].geometry.to_numpy(), predicate="intersects"
    )[0]
    assert set(reached) == set(range(len(made.layers["villages"])))


def test_people_add_up(made):
    people, jobs, trips = (made.layers[k] for k in ("population", "jobs", "commute_od"))
    assert people["常住人口"].sum() == 200_000
    assert (people["60岁以上人口"] <= people["常住人口"]).all()
    assert jobs["就业岗位数"].sum() == people["就业人口"].sum()
    assert set(people["行政区代码"]) == set(made.layers["villages"]["XZQDM"])
    assert set(trips["居住地代码"]) <= set(people["行政区代码"])
    home = trips.groupby("居住地代码")["通勤人数"].sum()
    employed = people.set_index("行政区代码")["就业人口"]
    assert (home <= employed[home.index]).all()
    assert not trips.duplicated(["居住地代码", "就业地代码"]).any()


def test_new_construction_is_on_record(made):
    """The base-year layer holds, where a parcel is now, the class that the record says."""
    parcels, base, history = made.layers["land_use"], made.layers["land_use_base"], made.history
    assert (history["BSM"] == parcels["BSM"]).all()
    points = parcels.representative_point().to_numpy()
    point, under = shapely.STRtree(base.geometry.to_numpy()).query(points, predicate="within")
    assert len(point) == len(parcels)
    assert (base["DLBM"].to_numpy()[under] == history["DLBM"].to_numpy()[point]).all()
    settlement = base["CZCSXM"].fillna("").to_numpy()[under]
    assert (settlement == history["CZCSXM"].to_numpy()[point]).all()
    built = landuse.construction(parcels["DLBM"].to_numpy()) & ~landuse.construction(history["DLBM"].to_numpy())
    assert built.sum() > 20


def test_flaws_of_the_red_line(made):
    red, flaw = made.layers["ecological_red_line"].set_index("BSM").geometry, made.flaws["ecological_red_line"]
    assert not red[flaw["bow_tie"]].is_valid
    assert red.drop(flaw["bow_tie"]).is_valid.all()
    whole = red.drop(flaw["bow_tie"]).union_all()
    assert whole.covers(red[flaw["bow_tie"]].envelope)  # however it is mended, it adds nothing
    assert red[flaw["overlap"]].intersection(red[flaw["overlapped"]]).area > 1e4
    assert shapely.get_num_interior_rings(red.to_numpy()).sum() > 3
    assert made.layers["county"].geometry.iloc[0].covers(whole)


def test_flaws_of_lines_and_shelters(made):
    ways, flaw = made.layers["greenways"].set_index("名称").geometry, made.flaws["greenways"]
    assert 0 < shapely.hausdorff_distance(ways[flaw["twin"]], ways[flaw["twin_of"]]) < 0.6
    assert ways[flaw["no_length"]].length == 0
    shelters, flaw = made.layers["shelters"].set_index("名称"), made.flaws["shelters"]
    urban = made.layers["urban_area"].geometry.iloc[0]
    assert not shelters.geometry[flaw["bow_tie"]].is_valid
    assert not shelters.geometry[flaw["bow_tie"]].intersects(urban)
    assert shelters.geometry[flaw["across"]].crosses(urban.exterior)
    first, second = shelters.loc[flaw["overlapped"]], shelters.loc[flaw["overlap"]]
    assert first.geometry.intersection(second.geometry).area > 100
    share = [row["有效面积"] / row.geometry.area for row in (first, second)]
    assert share[0] == pytest.approx(share[1], rel=1e-4)  # so their order does not matter


def test_flaws_of_the_lists(made):
    for layer in ("elderly_care", "markets"):
        frame = made.layers[layer]
        twins = frame[frame.duplicated(keep=False)]
        assert list(twins["名称"].unique()) == [made.flaws[layer]["duplicate"]]
    care = made.layers["elderly_care"].set_index("名称")
    far = care.loc[made.flaws["elderly_care"]["off_county"]]
    assert pd.Series([far["经度"]]).gt(113.5).all()


def test_farmland_copies_parcels_or_cuts_across(made):
    farms, parcels = made.layers["permanent_farmland"], made.layers["land_use"]
    copied = made.copy_of >= 0
    assert 0.3 < copied.mean() < 0.7
    same = shapely.equals_exact(
        farms.geometry.to_numpy()[copied], parcels.geometry.to_numpy()[made.copy_of[copied]], tolerance=0.0
    )
    assert same.all()
    shapes = farms.geometry.to_numpy()
    a, _b = shapely.STRtree(shapes).query(shapes, predicate="overlaps")
    assert len(a) == 0
    assert made.layers["county"].geometry.iloc[0].buffer(0.01).covers(shapely.multipolygons(shapes[~copied]))


# --- what the other indicators need ---

SMALL_LAYERS = (
    "high_standard_farmland", "restoration_areas", "renewal_areas", "land_supply", "historic_districts",
    "heritage_sites", "city_purple_line", "impervious", "waterlogging_points", "buildings", "underground",
    "geohazard_points", "geohazard_zones", "utility_tunnels", "football_pitches", "cultural_venues", "cafes",
)  # fmt: skip


def test_the_other_layers_are_small_and_inside_the_county(made):
    county = made.layers["county"].geometry.iloc[0].buffer(0.01)
    for name in SMALL_LAYERS:
        frame = made.layers[name]
        assert 0 < len(frame) <= 2500, name
        if "geometry" in frame:
            assert str(frame.crs) == terrain.CRS
            assert county.covers(shapely.union_all(shapely.make_valid(frame.geometry.to_numpy()))), name
            assert frame.geometry.is_valid.all() == (name != "historic_districts"), name


def test_every_street_class_and_a_motorway_over_the_others(made):
    roads = made.layers["roads"]
    streets, others = {"城市主干路", "次干路", "支路"}, {"国道", "省道", "县道", "乡道", "村道", "等外公路"}
    assert set(roads["等级"]) >= {"高速公路"} | streets | others
    fast = roads[roads["等级"] == "高速公路"]
    assert fast.length.sum() > 40_000
    assert set(fast["桥隧层"]) == {1}
    assert set(roads.loc[roads["等级"] != "高速公路", "桥隧层"]) == {0}


def test_flaws_of_heritage_farmland_and_levees(made):
    quarters, flaw = made.layers["historic_districts"].set_index("名称").geometry, made.flaws["historic_districts"]
    assert not quarters[flaw["bow_tie"]].is_valid
    assert quarters[flaw["around"]].covers(quarters[flaw["bow_tie"]].envelope)  # however mended, it adds nothing
    plots, flaw = made.layers["high_standard_farmland"].set_index("MC").geometry, made.flaws["high_standard_farmland"]
    assert plots[flaw["overlap"]].intersection(plots[flaw["overlapped"]]).area > 1000
    others = plots.drop(flaw["overlap"])
    assert others.area.sum() == pytest.approx(others.union_all().area, rel=1e-9)
    banks, flaw = made.layers["levees"].set_index("名称")["SFDB"], made.flaws["levees"]
    assert list(banks.index[banks.isna()]) == [flaw["no_standard"]]
    assert set(banks.dropna()) == {"达标", "未达标"}


def test_land_supplied_was_built_on_before_or_not(made):
    """否 (new) lies on parcels that were no construction land in the base year, 是 (stock) on such that were."""
    supply, parcels, history = (made.layers["land_supply"], made.layers["land_use"], made.history)
    supplied, parcel = shapely.STRtree(parcels.geometry.to_numpy()).query(
        shapely.point_on_surface(supply.geometry.to_numpy()), predicate="within"
    )
    before = landuse.construction(history["DLBM"].to_numpy()[parcel])
    assert list(np.where(before, "是", "否")) == list(supply["SFCL"].to_numpy()[supplied])
    for name in ("land_supply", "restoration_areas", "renewal_areas"):
        assert set(made.layers[name]["年度"]) == {2016, 2017, 2018, 2019}
    assert {"是", "否"} == set(supply.loc[supply["年度"] == 2019, "SFCL"])


def test_buildings_stand_on_parcels_and_clear_of_each_other(made):
    houses, parcels = made.layers["buildings"], made.layers["land_use"]
    tree = shapely.STRtree(parcels.geometry.to_numpy())
    house, _parcel = tree.query(houses.geometry.to_numpy(), predicate="within")
    assert len(house) == len(houses)
    assert houses["CS"].between(1, 30).all()
    assert houses.area.sum() == pytest.approx(houses.union_all().area, rel=1e-9)


def test_geohazard_zones_do_not_overlap(made):
    zones = made.layers["geohazard_zones"]
    assert set(zones["YFCD"]) == {"高易发区", "中易发区", "低易发区"}
    assert zones.area.sum() == pytest.approx(zones.union_all().area, rel=1e-9)


def test_the_base_year_is_a_part_of_what_there_is_now(made):
    for name in ("greenways", "utility_tunnels", "underground"):
        now, base = made.layers[name], made.layers[f"{name}_base"]
        assert 0 < len(base) < len(now)
        assert set(base["名称"]) < set(now["名称"])
    assert len(made.layers["waterlogging_points_base"]) > len(made.layers["waterlogging_points"])
    assert made.layers["impervious_base"].area.sum() < 0.95 * made.layers["impervious"].area.sum()
    people, then = made.layers["population"], made.layers["population_base"]
    assert list(people["行政区代码"]) == list(then["行政区代码"])
    assert then["常住人口"].sum() == 203_000
    assert (then["城镇人口"] <= then["常住人口"]).all()
    care = made.layers["elderly_care_base"]
    assert not care.duplicated().any()
    assert made.flaws["elderly_care"]["off_county"] not in set(care["名称"])
    assert care["床位数"].sum() < made.layers["elderly_care"]["床位数"].sum()


def test_roads_of_the_base_year_are_one_net_without_the_young_streets(made):
    now, base = made.layers["roads"], made.layers["roads_base"]
    assert set(base["名称"]) < set(now["名称"])
    assert "高速公路" not in set(base["等级"])
    gone = now[~now["名称"].isin(base["名称"]) & ~now["名称"].str.contains("高速")]
    assert len(gone) > 5
    assert set(gone["等级"]) <= {"城市主干路", "次干路", "支路"}
    assert nx.is_connected(_road_graph(base).to_undirected())

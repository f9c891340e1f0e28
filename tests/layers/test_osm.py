"""A real extract with broken rings and ways that leave it: counted against GDAL's driver and a plain loop."""

from collections import Counter

import numpy as np
import osmium
import pyogrio
import pytest
import shapely

import qsgis
from qsgis.errors import FileUnreadable, FormatUnsupported
from qsgis.layers import osm
from qsgis.layers.check import Findings
from qsgis.layers.raw import Request
from qsgis.loading import Loader
from qsgis.schema import Layer, LayerField, LayerSource

from .conftest import LAS_PALMAS, folder_state, parcels, read

EXTRACT = LAS_PALMAS / "las_palmas_2023.osm.pbf"
ROADS = ["primary", "secondary", "tertiary", "residential", "footway", "steps", "service", "motorway"]


def layer(geometry, osm, **osm_fields):
    fields = {name: LayerField(name=name) for name in ("name", "kind")}
    return Layer(id="x", name="x", geometry=geometry, osm=osm, osm_fields={"name": "name"} | osm_fields, fields=fields)


@pytest.fixture(scope="module")
def plain():
    """id -> (tags, located points, points) of every object, by the simplest loop that osmium offers."""
    held = {}
    for thing in osmium.FileProcessor(str(EXTRACT)).with_locations():
        if not len(thing.tags):
            continue
        tags = {tag.k: tag.v for tag in thing.tags}
        kind = "n" if thing.is_node() else "w" if thing.is_way() else "r"
        refs = [(node.lat, node.lon) if node.location.valid() else None for node in thing.nodes] if kind == "w" else []
        ends = (thing.nodes[0].ref, thing.nodes[-1].ref) if kind == "w" else (0, 1)
        held[f"{kind}{thing.id}"] = (tags, [ref for ref in refs if ref], len(refs), ends[0] == ends[1])
    return held


def test_roads(plain):
    roads = {key: held for key, held in plain.items() if held[0].get("highway") in ROADS}
    ways = {key: held for key, held in roads.items() if key[0] == "w"}
    short = {key for key, (_tags, located, *_rest) in ways.items() if len(set(located)) < 2}
    cut = {key: total - len(located) for key, (_tags, located, total, _closed) in ways.items() if total > len(located)}
    found = read(layer(["line"], [{"highway": ROADS}], kind="highway"), EXTRACT, crs="EPSG:32628")
    assert set(found.frame["feature"]) == set(ways) - short
    assert dict(zip(found.frame["feature"], found.frame["kind"], strict=True)) == {
        key: held[0]["highway"] for key, held in ways.items() if key not in short
    }
    assert set(found.flaws.loc[found.flaws["reason"] == "cut off", "feature"]) == set(cut)
    assert set(found.flaws.loc[found.flaws["reason"] == "left out", "feature"]) == short | (set(roads) - set(ways))
    assert any(f"{len(cut)} ways" in note and f"{sum(cut.values())} of their points" in note for note in found.notes)


def test_the_whole_extract_has_the_known_number_of_broken_ways():
    """194 ways and 2,642 points, as counted when the extract was first looked at."""
    found = read(layer(["line"], [{"highway": True}]), EXTRACT, crs="EPSG:32628")
    assert any("194 ways" in note and "2642 of their points" in note for note in found.notes)


def test_a_gap_in_a_way_is_not_bridged(plain):
    """No segment of a road is longer than the longest between neighbours that are both in the file."""
    found = read(layer(["line"], [{"highway": True}]), EXTRACT, crs="EPSG:4326").frame
    ways = {
        feature: shape
        for feature, shape in zip(found["feature"], found.geometry, strict=True)
        if shape.geom_type != "LineString"
    }
    assert ways
    for feature, shape in ways.items():
        points = {(round(lon, 7), round(lat, 7)) for lat, lon in plain[feature][1]}
        assert {tuple(np.round(xy, 7)) for xy in shapely.get_coordinates(shape)} <= points


@pytest.mark.parametrize(
    ("name", "osm"),
    [
        ("parks", [{"leisure": ["park", "garden"]}]),
        ("markets", [{"shop": ["supermarket"]}, {"amenity": ["marketplace"]}]),
        ("senior", [{"amenity": ["social_facility"], "social_facility:for": ["senior"]}]),
    ],
)
def test_places_are_those_of_a_plain_loop(plain, name, osm):
    """Every node and closed way with the tags, and every multipolygon, is in the layer or among the flaws."""

    def has(tags):
        return any(all(set(tags.get(key, "").split(";")) & set(values) for key, values in one.items()) for one in osm)

    wanted = {key: held for key, held in plain.items() if has(held[0])}
    found = read(layer(["point", "polygon"], osm), EXTRACT, crs="EPSG:32628")
    left_out = set(found.flaws.loc[found.flaws["reason"] == "left out", "feature"])
    doubled = set(
        found.flaws.loc[
            found.flaws["detail"].str.contains("left out") & (found.flaws["reason"] == "duplicate"), "feature"
        ]
    )
    assert set(found.frame["feature"]) | left_out | doubled == set(wanted)
    assert not set(found.frame["feature"]) & left_out
    kinds = Counter(feature[0] for feature in found.frame["feature"])
    assert kinds["n"] + len(doubled) == sum(key[0] == "n" for key in wanted)
    closed = {key for key, held in wanted.items() if key[0] == "w" and held[3] and held[2] == len(held[1])}
    assert {feature for feature in found.frame["feature"] if feature[0] == "w"} <= closed
    shapes = dict(zip(found.frame["feature"], found.frame.geom_type, strict=True))
    assert all(
        kind == "Point" if key[0] == "n" else kind in {"Polygon", "MultiPolygon"} for key, kind in shapes.items()
    )


def test_parks_against_gdal():
    """GDAL assembles areas by itself: the same ids, the same areas. Rings it cannot build are left to osmium."""
    gdal = pyogrio.read_dataframe(
        EXTRACT, layer="multipolygons", columns=["osm_id", "osm_way_id", "leisure"], on_invalid="ignore"
    )
    gdal = gdal[gdal["leisure"].isin(["park", "garden"])].to_crs("EPSG:32628")
    keys = ("r" + gdal["osm_id"].astype(object)).where(gdal["osm_id"].notna(), "w" + gdal["osm_way_id"].astype(object))
    ours = read(layer(["polygon"], [{"leisure": ["park", "garden"]}]), EXTRACT, crs="EPSG:32628")
    areas = dict(zip(ours.frame["feature"], ours.frame.area, strict=True))
    theirs = {key: area for key, area, valid in zip(keys, gdal.area, gdal.is_valid, strict=True) if valid}
    assert len(theirs) > 3_000
    repaired = set(ours.flaws["feature"])
    assert set(theirs) - set(areas) - repaired == set()
    common = [key for key in theirs if key in areas and key not in repaired]
    assert np.allclose([areas[key] for key in common], [theirs[key] for key in common], rtol=1e-6)


def test_broken_rings_are_listed():
    found = read(
        layer(["polygon"], [{"natural": True}, {"landuse": True}, {"building": True}]), EXTRACT, crs="EPSG:32628"
    )
    left_out = found.flaws[found.flaws["reason"] == "left out"]
    assert left_out["feature"].str.startswith("w").any()
    assert found.frame.is_valid.all()


def test_reading_leaves_no_trace_and_repeats_itself():
    before = folder_state(LAS_PALMAS)
    definition = layer(["point", "polygon"], [{"shop": ["supermarket"]}])
    first, second = (read(definition, EXTRACT, crs="EPSG:32628") for _time in range(2))
    assert first.frame.equals(second.frame)
    assert first.flaws.equals(second.flaws)
    assert folder_state(LAS_PALMAS) == before


def requested(definition, path=EXTRACT):
    return Request(definition, LayerSource(path=path.name), path, None, Findings(definition, path))


def test_layers_read_together_are_those_read_alone(monkeypatch):
    """Lines, grounds and points, of one object too; in one pass, and again in another where one is asked for twice."""
    definitions = [
        layer(["line"], [{"highway": True}], kind="highway").model_copy(update={"id": "ways"}),
        layer(["point", "polygon"], [{"leisure": True}, {"highway": ["pedestrian"]}]).model_copy(update={"id": "play"}),
        layer(["polygon"], [{"building": True, "amenity": ["school"]}]).model_copy(update={"id": "schools"}),
    ]
    alone = [(request := requested(one), osm.read(request)) for one in definitions]
    made, processor = [], osmium.FileProcessor
    monkeypatch.setattr(osmium, "FileProcessor", lambda path: made.append(path) or processor(path))
    extract = osm.Extract(EXTRACT, [(one, LayerSource(path=EXTRACT.name)) for one in definitions])
    for number, (before, expected) in enumerate([*alone, alone[0]]):
        request = requested(before.definition)
        found = extract.read(request)
        assert len(found.features) > 10
        assert found.features.tolist() == expected.features.tolist()
        assert found.fields.equals(expected.fields)
        assert found.unreadable == expected.unreadable
        assert shapely.to_wkb(found.geometry).tolist() == shapely.to_wkb(expected.geometry).tolist()
        assert request.findings.notes == before.findings.notes
        assert request.findings.flaws().equals(before.findings.flaws())
        assert len(made) == (1 if number < len(definitions) else 2)


def test_a_run_goes_through_an_extract_once(monkeypatch):
    """All layers of the project that are in the file, each with its features and no failure."""
    project = qsgis.open(LAS_PALMAS.parent)
    made, processor = [], osmium.FileProcessor
    monkeypatch.setattr(osmium, "FileProcessor", lambda path: made.append(path) or processor(path))
    loader = Loader(project.home, project.file, project.catalog, project.crs)
    names = ["roads", "greenways", "parks", "markets", "bus_stops", "population"]
    loader.read_ahead(names)
    assert made == [str(EXTRACT)]
    assert all(len(loader.load(name, 2023).frame) > 100 for name in names)


def test_a_layer_without_tags_and_a_truncated_extract(tmp_path):
    with pytest.raises(FormatUnsupported, match="osm"):
        read(parcels(), EXTRACT)
    cut = tmp_path / "cut.osm.pbf"
    cut.write_bytes(EXTRACT.read_bytes()[:1_000_000])
    with pytest.raises(FileUnreadable):
        read(layer(["line"], [{"highway": True}]), cut)
    definitions = [layer(["line"], [{key: True}]).model_copy(update={"id": key}) for key in ("highway", "railway")]
    extract = osm.Extract(cut, [(one, LayerSource(path=cut.name)) for one in definitions])
    for one in definitions:
        with pytest.raises(FileUnreadable, match=one.id):
            extract.read(requested(one, cut))


def test_other_layers_of_the_city_are_placed():
    """EPSG:5635 and 4326 → UTM 28 N: the municipality has 100.55 km² by its own statement (official: 100.55)."""
    definition = Layer(id="county", name="县", geometry=["polygon"])
    boundary = read(definition, LAS_PALMAS / "municipality_boundary.geojson", crs="EPSG:32628")
    assert boundary.frame.area.sum() / 1e6 == pytest.approx(100.55, rel=0.03)
    schools = read(definition, LAS_PALMAS / "school_areas.geojson", crs="EPSG:32628")
    assert len(schools.frame) == 29
    assert schools.frame.intersects(boundary.frame.union_all()).all()

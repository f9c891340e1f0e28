"""Service areas on the real walking network of Las Palmas: as QGIS draws them, and as networkx counts the minutes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pyproj
import pytest
import shapely

from qsgis.network import Network
from tests.network.las_palmas import walking_streets

QGIS = Path(__file__).with_name("qgis_areas.py")
METRES = (400, 800, 1200)  # 5, 10, 15 minutes of 80 m


@pytest.fixture(scope="module")
def network():
    """With ellipsoidal lengths: QGIS's network analysis measures so too."""
    roads, geod = walking_streets(), pyproj.Geod(ellps="WGS84")
    metres = np.array([geod.geometry_length(line) for line in roads.to_crs(4326).geometry])
    return Network.from_lines(roads, noded=True, length=metres)


def facilities(network, junctions, spots):
    """Some junctions, and some spots on edges."""
    rng, edges = np.random.default_rng(14), network.edges
    degree = np.bincount(np.r_[edges.u, edges.v])
    at = network.nodes[rng.choice(np.flatnonzero(degree > 2), junctions, replace=False)]
    street = edges.geometry[rng.choice(np.flatnonzero(edges.metres > 10), spots, replace=False)]
    along = shapely.line_interpolate_point(street, rng.uniform(0.05, 0.95, spots), normalized=True)
    return np.r_[at, shapely.get_coordinates(along)]


@pytest.mark.qgis
def test_lines_are_those_of_qgis(network, tmp_path):
    places = facilities(network, 11, 11)
    roads, starts = tmp_path / "roads.fgb", tmp_path / "starts.fgb"
    gpd.GeoDataFrame(geometry=network.edges.geometry, crs=network.crs).to_file(roads)
    number = {"number": np.arange(len(places))}
    gpd.GeoDataFrame(number, geometry=gpd.points_from_xy(*places.T), crs=network.crs).to_file(starts)
    command = ["/usr/bin/python3", str(QGIS), str(roads), str(starts), *map(str, METRES)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    ours = network.service_areas(places, [metres / 80 for metres in METRES])
    rows = [json.loads(line) for line in answer.stdout.splitlines()]
    assert len(rows) == len(places) * len(METRES)
    for metres, place, wkt in rows:
        mine = ours[(ours["facility"] == place) & (ours["band"] <= metres / 80)]
        # QGIS draws a street once for each direction; on a grid of 1 mm the two fall on each other
        theirs = shapely.union_all(shapely.get_parts(shapely.from_wkt(wkt)), grid_size=0.001)
        assert mine.length.sum() == pytest.approx(theirs.length, abs=0.1)
        if metres == METRES[0]:  # and they lie where ours do
            together = shapely.multilinestrings(mine.geometry.array)
            assert shapely.hausdorff_distance(together, theirs) < 0.1
    assert ours["metres"].sum() > 100_000


def test_minutes_are_those_of_networkx(network):
    """Pairs within 15 minutes of all junctions, by single_source_dijkstra with a cutoff."""
    starts = np.random.default_rng(15).choice(len(network.nodes), 25, replace=False)
    found = network.pairs_within(network.nodes[starts], network.nodes, 15)
    edges, graph = network.edges, nx.Graph()
    for u, v, metres in zip(edges.u.tolist(), edges.v.tolist(), edges.metres.tolist(), strict=True):
        graph.add_edge(u, v, weight=min(metres / 80, graph.get_edge_data(u, v, {"weight": np.inf})["weight"]))
    for k, start in enumerate(starts.tolist()):
        mine = found[found["origin"] == k]
        truth = nx.single_source_dijkstra_path_length(graph, start, cutoff=15)
        assert mine["destination"].tolist() == sorted(truth)
        assert np.abs(mine["minutes"] - [truth[node] for node in sorted(truth)]).max() < 1e-9
    assert len(found) > 5_000


def test_the_benchmark_agrees_with_its_peers():
    """Run small: scipy and networkx find the same junctions in the same minutes."""
    root = QGIS.parents[2]
    command = [sys.executable, str(root / "benchmarks/areas.py"), "--edges", "3000", "--facilities", "60"]
    environment = os.environ | {"PYTHONPATH": str(root)}
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    differs = [
        line.split("|")[-2].strip() for line in answer.stdout.splitlines() if line.startswith(("| scipy", "| net"))
    ]
    assert len(differs) == 2
    assert all(abs(float(value)) < 1e-12 for value in differs)

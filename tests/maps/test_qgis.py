"""The GeoPackage in QGIS itself: every layer opens styled, every feature falls into a class, the map is not blank."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.qgis
PROBE = Path(__file__).with_name("qgis_probe.py")


@pytest.fixture
def seen(geopackage, tmp_path):
    before = geopackage.read_bytes()
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen", "LANG": "C.UTF-8"}
    command = ["/usr/bin/python3", str(PROBE), str(geopackage), str(tmp_path / "map.png")]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    assert "partially supported" not in answer.stderr
    assert geopackage.read_bytes() == before
    return json.loads(answer.stdout)


def test_what_qgis_sees(seen):
    layers = seen["layers"]
    assert len(layers) == 11
    for name, layer in layers.items():
        assert layer["valid"] and layer["crs"] == "EPSG:4546", name
        assert layer["renderer"] in ("categorizedSymbol", "graduatedSymbol"), name
        assert layer["classes"], name
        assert layer["unmet"] == 0, name
        if layer["features"]:
            assert all(count for _label, count in layer["classes"]), (name, layer["classes"])
            assert sum(count for _label, count in layer["classes"]) == layer["features"], name
    assert seen["colours"] > 20

    patches = layers["red_line_encroachment_all"]
    assert [count for _label, count in patches["classes"]] == [2, 1, 1]
    assert [label for label, _count in patches["classes"]][:2] == ["宅基地", "工业"]
    assert patches["types"]["id"] == "String"

    homes = layers["elderly_care_coverage_homes"]  # minutes 1, 5 | 5.1 | 9 | not reached twice
    assert homes["renderer"] == "graduatedSymbol"
    assert [count for _label, count in homes["classes"]] == [2, 1, 1, 2]

    assert layers["districts"]["aliases"]["red_line_encroachment"].startswith("红线内城乡建设用地")
    assert layers["districts"]["labels"] == "name"
    assert layers["roads"]["geometry"] == 1 and layers["elderly_care_coverage_facilities_point"]["geometry"] == 0

    project = seen["project"]
    assert (project["read"], project["crs"], project["name"]) == (True, "EPSG:4546", "沁水县")
    groups = dict(project["groups"])
    assert list(groups)[:3] == ["生态保护红线实施分析图", "养老设施覆盖图", "行政区划图"]
    assert [name for name, _valid, _kind in groups["生态保护红线实施分析图"]] == ["红线内建设用地", "生态保护红线"]
    drawn = [layer for layers in groups.values() for layer in layers]
    assert len(drawn) == 9  # 2 + 4 + 1 on the sheets, roads and townships beneath
    assert all(valid and kind in ("categorizedSymbol", "graduatedSymbol") for _name, valid, kind in drawn)

"""Layer definitions of the tests' own, and a reader for one file: the shipped definitions may change freely."""

import hashlib
from pathlib import Path

import pyproj
import pytest

from qsgis.layers.read import read_layer
from qsgis.messages import language, set_language
from qsgis.schema import Checks, Layer, LayerField, LayerSource

LAS_PALMAS = Path(__file__).parents[2] / "examples" / "las_palmas" / "data"


@pytest.fixture(autouse=True)
def _english():
    before = language()
    set_language("en")
    yield
    set_language(before)


def parcels(**changes):
    """A land-use layer with few fields."""
    fields = {
        "id": LayerField(name="标识码", aliases=["BSM"]),
        "class": LayerField(name="地类编码", aliases=["DLBM", "DLDM"], codes="land_use_3", required=True),
        "name": LayerField(name="名称", aliases=["MC", "坐落单位的名称"]),
        "area": LayerField(name="图斑地类面积", aliases=["TBDLMJ", "TBMJ"], type="number", unit="平方米", minimum=0),
    }
    facts = {
        "id": "land_use",
        "name": "地类图斑",
        "geometry": ["polygon"],
        "names": ["DLTB", "地类图斑"],
        "fields": fields,
    }
    return Layer(**(facts | changes))


def facilities(**changes):
    """A layer of points or polygons, or a plain table."""
    fields = {
        "name": LayerField(name="名称", aliases=["MC"]),
        "kind": LayerField(name="类型", values={"社区": ["社区养老"], "机构": ["养老院"]}),
        "beds": LayerField(name="床位数", aliases=["床位"], type="number", minimum=0),
        "open": LayerField(name="开放", type="flag"),
    }
    facts = {
        "id": "elderly_care",
        "name": "养老设施",
        "geometry": ["point", "polygon"],
        "names": ["YLSS"],
        "fields": fields,
    }
    return Layer(**(facts | changes))


def read(definition, path, *, crs="EPSG:4546", columns=None, **source):
    """`path` read as `definition`; what belongs to [layers.x] goes by keyword."""
    if "source_crs" in source:
        source["crs"] = source.pop("source_crs")
    entry = LayerSource(path=path.name, **source)
    return read_layer(definition, entry, path.parent, pyproj.CRS.from_user_input(crs), columns=columns)


def checks(**levels):
    """Rules with some of them changed."""
    return Checks(**levels)


def folder_state(folder):
    """Every file under a folder with its hash: equal before and after means that nothing was touched."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

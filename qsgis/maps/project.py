"""A QGIS project inside the GeoPackage: a group a sheet with its layers in its styles, the context beneath.

QGIS opens it as geopackage:FILE?projectName=NAME, or from the browser panel. The table `qgis_projects` holds the
project's .qgz as hexadecimal text; sources in it are relative to the file.
"""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections.abc import Iterable
from typing import TYPE_CHECKING
from xml.etree import ElementTree as Xml

from qsgis.maps import qml
from qsgis.maps.content import ZONE_LAYERS, Drawn, draw, sheets_in_order
from qsgis.messages import _
from qsgis.schema import SheetLayer

if TYPE_CHECKING:
    from pyproj import CRS

    from qsgis.results import Results

_GEOMETRY = {"polygon": "Polygon", "line": "Line", "point": "Point"}
_TABLE = "CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, metadata BLOB, content BLOB)"


def write(results: Results, database: sqlite3.Connection, file_name: str, moment: str) -> None:
    """Put the project into the open GeoPackage `database`, whose file will be called `file_name`."""
    name = results.project.project.name
    picture = io.BytesIO()
    with zipfile.ZipFile(picture, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(f"{name}.qgs", (1980, 1, 1, 0, 0, 0)), _project(results, name, file_name))
    facts = {"last_modified_time": moment[:19], "last_modified_user": "qsgis"}
    database.execute(_TABLE)
    database.execute(
        "INSERT INTO qgis_projects VALUES (?, ?, ?)",
        (name, json.dumps(facts).encode(), picture.getvalue().hex().encode("ascii")),
    )


def _project(results: Results, name: str, file_name: str) -> bytes:
    root = Xml.Element("qgis", projectname=name, version="3.22.0")
    Xml.SubElement(root, "title").text = " · ".join([name, *results.notices])
    tree = Xml.SubElement(root, "layer-tree-group")
    layers = Xml.SubElement(root, "projectlayers")
    shown: list[Drawn] = []
    for sheet in sheets_in_order(results.catalog):
        drawn = [layer for item in sheet.layers for layer in draw(results, item) if len(layer.frame)]
        if drawn:
            _group(tree, layers, sheet.label, sheet.id, drawn, file_name, visible=not shown)
            shown += drawn
    _group(tree, layers, _("context"), "context", _context(results), file_name, visible=True)
    shown += _context(results)
    if shown:
        _reference(Xml.SubElement(root, "projectCrs"), shown[0].frame.crs)
        system = Xml.SubElement(Xml.SubElement(root, "properties"), "SpatialRefSys")
        Xml.SubElement(system, "ProjectionsEnabled", type="int").text = "1"  # without it QGIS passes projectCrs over
        _view(root, results, shown)
    text: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def _context(results: Results) -> list[Drawn]:
    """Every context layer of the sheets once; borders on top."""
    names = dict.fromkeys(name for sheet in sheets_in_order(results.catalog) for name in sheet.context)
    order = sorted(names, key=lambda name: name in ZONE_LAYERS)
    return [layer for name in order for layer in draw(results, SheetLayer(layer=name)) if len(layer.frame)]


def _group(
    tree: Xml.Element,
    layers: Xml.Element,
    title: str,
    key: str,
    drawn: Iterable[Drawn],
    file_name: str,
    *,
    visible: bool,
) -> None:
    """A group of the layer tree, the highest layer first, and its layers' sources and styles."""
    group = Xml.SubElement(tree, "layer-tree-group", name=title, checked=_checked(visible), expanded=str(int(visible)))
    for layer in reversed(list(drawn)):
        number, source = f"{key}_{layer.key}", f"./{file_name}|layername={layer.key}"
        Xml.SubElement(
            group, "layer-tree-layer", id=number, name=layer.label, source=source, providerKey="ogr", expanded="0",
            checked=_checked(layer.shown),
        )  # fmt: skip
        layers.append(_layer(layer, number, source))


def _layer(drawn: Drawn, number: str, source: str) -> Xml.Element:
    element = Xml.Element("maplayer", type="vector", geometry=_GEOMETRY[drawn.look.geometry])
    element.set("labelsEnabled", "1" if drawn.look.style.label_field else "0")
    for tag, text in (("id", number), ("datasource", source), ("layername", drawn.label)):
        Xml.SubElement(element, tag).text = text
    _reference(Xml.SubElement(element, "srs"), drawn.frame.crs)
    Xml.SubElement(element, "provider", encoding="UTF-8").text = "ogr"
    element.extend(qml.elements(drawn.look, drawn.aliases))
    return element


def _reference(parent: Xml.Element, crs: CRS) -> None:
    system = Xml.SubElement(parent, "spatialrefsys", nativeFormat="Wkt")
    Xml.SubElement(system, "wkt").text = crs.to_wkt()
    authority = crs.to_authority()
    if authority:
        Xml.SubElement(system, "authid").text = ":".join(authority)


def _view(root: Xml.Element, results: Results, shown: list[Drawn]) -> None:
    """The view that opens: the county, else what is drawn."""
    county = results.zones.get("county", results.zones.get("district"))
    frames = [county] if county is not None else [layer.frame for layer in shown]
    edges = [frame.total_bounds for frame in frames]
    extent = Xml.SubElement(Xml.SubElement(root, "mapcanvas", name="theMapCanvas"), "extent")
    for tag, pick, at in (("xmin", min, 0), ("ymin", min, 1), ("xmax", max, 2), ("ymax", max, 3)):
        Xml.SubElement(extent, tag).text = repr(float(pick(edge[at] for edge in edges)))


def _checked(shown: bool) -> str:
    return "Qt::Checked" if shown else "Qt::Unchecked"

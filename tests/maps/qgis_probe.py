"""Run by the system's python3, which has QGIS: opens every layer of a GeoPackage as a user would and reports in JSON.

QT_QPA_PLATFORM=offscreen /usr/bin/python3 qgis_probe.py FILE.gpkg PICTURE.png
"""

import json
import os
import sqlite3
import sys

from qgis.core import (
    QgsApplication,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeatureRequest,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsRenderContext,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor


def counts(layer):
    """How many features the renderer puts into each of its classes, and how many it draws none of."""
    renderer = layer.renderer().clone()
    context = QgsRenderContext()
    context.setExpressionContext(QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer)))
    renderer.startRender(context, layer.fields())
    met, unmet = {}, 0
    for feature in layer.getFeatures(QgsFeatureRequest()):
        context.expressionContext().setFeature(feature)
        keys = renderer.legendKeysForFeature(feature, context)
        unmet += not keys
        for key in keys:
            met[key] = met.get(key, 0) + 1
    renderer.stopRender(context)
    items = [(item.ruleKey(), item.label()) for item in layer.renderer().legendSymbolItems()]
    return [[label, met.get(key, 0)] for key, label in items], unmet


def describe(path, table):
    layer = QgsVectorLayer(f"{path}|layername={table}", table, "ogr")
    classes, unmet = counts(layer)
    fields = layer.fields()
    return layer, {
        "valid": layer.isValid(),
        "features": layer.featureCount(),
        "geometry": layer.geometryType(),
        "crs": layer.crs().authid(),
        "renderer": layer.renderer().type(),
        "classes": classes,
        "unmet": unmet,
        "labels": layer.labeling().settings().fieldName if layer.labelsEnabled() else None,
        "aliases": {field.name(): layer.attributeDisplayName(at) for at, field in enumerate(fields)},
        "types": {field.name(): field.typeName() for field in fields},
    }


def sheets(path):
    """The project inside the file: its groups with their layers, and whether each layer opens."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        (name,) = database.execute("SELECT name FROM qgis_projects").fetchone()
    project = QgsProject.instance()
    read = project.read(f"geopackage:{path}?projectName={name}")
    groups = [
        [
            group.name(),
            [[node.name(), node.layer().isValid(), node.layer().renderer().type()] for node in group.findLayers()],
        ]
        for group in project.layerTreeRoot().findGroups()
    ]
    return {"read": read, "name": name, "crs": project.crs().authid(), "groups": groups}


def picture(layers, target):
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(layers[0].crs())
    settings.setBackgroundColor(QColor("white"))
    settings.setOutputSize(QSize(900, 700))
    extent = QgsRectangle()
    for layer in layers:
        extent.combineExtentWith(layer.extent())
    extent.scale(1.05)
    settings.setExtent(extent)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    image.save(target)
    colours = {image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    return len(colours)


def main():
    path, target = sys.argv[1:3]
    application = QgsApplication([], False)
    application.initQgis()
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        tables = [
            row[0] for row in database.execute("SELECT table_name FROM gpkg_geometry_columns ORDER BY table_name")
        ]
    layers, found = [], {}
    for table in tables:
        layer, found[table] = describe(path, table)
        layers.append(layer)
    borders = ("county", "districts", "villages")
    stack = sorted(layers, key=lambda layer: (layer.name() not in borders, layer.geometryType()))  # the highest first
    answer = {"layers": found, "colours": picture(stack, target), "project": sheets(path)}
    print(json.dumps(answer, ensure_ascii=False), flush=True)
    os._exit(0)  # QGIS may crash while it takes itself apart


main()

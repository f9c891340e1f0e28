"""Run by the system's python3, which has QGIS: the share of each polygon in another layer, by QGIS's overlap analysis.

QT_QPA_PLATFORM=offscreen /usr/bin/python3 qgis_overlap.py LAYER EXPRESSION OVERLAY ID_FIELD → {id: share in percent}
"""

import json
import os
import sys

from qgis.analysis import QgsNativeAlgorithms
from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback, QgsProject, QgsVectorLayer


def run(name, **parameters):
    context, feedback = QgsProcessingContext(), QgsProcessingFeedback()
    context.setProject(QgsProject.instance())
    algorithm = QgsApplication.processingRegistry().createAlgorithmById(name)
    found, done = algorithm.run({**parameters, "OUTPUT": "memory:"}, context, feedback)
    assert done, name
    return context.takeResultLayer(found["OUTPUT"])


def main():
    source, expression, over, number = sys.argv[1:5]
    application = QgsApplication([], False)
    application.initQgis()
    QgsApplication.processingRegistry().addProvider(QgsNativeAlgorithms())
    layer = QgsVectorLayer(source, "layer", "ogr")
    QgsProject.instance().setCrs(layer.crs())  # and with it the ellipsoid
    QgsProject.instance().setEllipsoid(layer.crs().ellipsoidAcronym())
    chosen = run("native:extractbyexpression", INPUT=layer, EXPRESSION=expression)
    sound = run("native:fixgeometries", INPUT=QgsVectorLayer(over, "over", "ogr"))
    sound.setName("over")
    found = run("native:calculatevectoroverlaps", INPUT=chosen, LAYERS=[sound])
    shares = {feature[number]: feature["over_pc"] for feature in found.getFeatures()}
    print(json.dumps(shares, ensure_ascii=False), flush=True)
    os._exit(0)  # QGIS may crash while it takes itself apart


main()

"""Run by the system's python3, which has QGIS: QGIS's own service areas of points on a line layer.

QT_QPA_PLATFORM=offscreen /usr/bin/python3 qgis_areas.py STREETS STARTS METRES… → a line of JSON: [metres, start, WKT]
"""

import json
import os
import sys

from qgis.analysis import QgsNativeAlgorithms
from qgis.core import QgsApplication, QgsProcessingContext, QgsProcessingFeedback, QgsProject, QgsVectorLayer


def main():
    streets, points, *limits = sys.argv[1:]
    application = QgsApplication([], False)
    application.initQgis()
    QgsApplication.processingRegistry().addProvider(QgsNativeAlgorithms())
    network, starts = (QgsVectorLayer(path, path, "ogr") for path in (streets, points))
    project = QgsProject.instance()
    project.setCrs(network.crs())
    project.setEllipsoid("EPSG:7030")  # WGS 84, which older versions take in any case
    for limit in limits:
        context = QgsProcessingContext()
        context.setProject(project)
        algorithm = QgsApplication.processingRegistry().createAlgorithmById("native:serviceareafromlayer")
        parameters = {
            "INPUT": network,
            "STRATEGY": 0,
            "START_POINTS": starts,
            "TRAVEL_COST2": float(limit),
            "TOLERANCE": 0,
            "OUTPUT_LINES": "memory:",
        }
        found, done = algorithm.run(parameters, context, QgsProcessingFeedback())
        assert done
        for feature in context.takeResultLayer(found["OUTPUT_LINES"]).getFeatures():
            print(json.dumps([float(limit), feature["number"], feature.geometry().asWkt(9)]), flush=True)
    os._exit(0)  # QGIS may crash while it takes itself apart


main()

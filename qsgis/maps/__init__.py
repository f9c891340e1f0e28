"""Results as maps: a GeoPackage that QGIS opens styled, and web pages that need no network."""

"""Words that reach `_` as the value of a variable, named here so that the extractor sees them. Nobody imports this."""

from qsgis.messages import _n

# status and kind of a value, as results.Status and results.Kind have them
_n("ok")
_n("estimated")
_n("missing")
_n("not_applicable")
_n("failed")
_n("computed")
_n("reported")
_n("override")
_n("target")

# levels of zones (results.ZoneLevel)
_n("county")
_n("district")
_n("village")

# what a measure counts and how one travels (schema.Reach, schema.Mode)
_n("area")
_n("people")
_n("features")
_n("walk")
_n("bike")
_n("drive")
_n("radius")

# kinds of geometry (schema.GeometryKind)
_n("polygon")
_n("line")
_n("point")
_n("table")
_n("raster")

# columns of `qsgis list`
_n("id")
_n("name")
_n("geometry")
_n("department")
_n("dimension")
_n("unit")
_n("source")
_n("indicators")

# what GEOS finds wrong with a geometry (layers.check.why_invalid)
_n("Self-intersection")
_n("Ring Self-intersection")
_n("Too few points in geometry component")
_n("Invalid Coordinate")
_n("Ring is not closed")
_n("Repeated Point")
_n("Duplicate Rings")
_n("Hole lies outside shell")
_n("Holes are nested")
_n("Nested shells")
_n("Interior is disconnected")
_n("Topology Validation Error")

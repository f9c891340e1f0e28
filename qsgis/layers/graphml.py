"""A street graph saved by osmnx (GraphML) → road lines, each street once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely

from qsgis.errors import FileUnreadable
from qsgis.layers import fields
from qsgis.layers.raw import Raw, Request
from qsgis.messages import _
from qsgis.offline import no_probe


def read(request: Request) -> Raw:
    """The edges as lines. A street that may be driven both ways stands twice in such a graph: it is taken once.

    Fields go by the layer's OSM tags (`osm_fields`), then by the edges' own names. Raises FileUnreadable.
    """
    with no_probe():
        import osmnx

    try:
        graph = osmnx.load_graphml(request.path)
        edges = osmnx.graph_to_gdfs(graph, nodes=False)
    except Exception as error:  # a broken file raises whatever the XML parser, networkx or osmnx happen to raise
        raise FileUnreadable(request.definition.id, request.path, str(error)) from error
    edges = edges.reset_index()
    once = _once(edges)
    if not once.all():
        request.findings.note(
            _(
                "{count} edges are the way back of another; taken once",
                count=int((~once).sum()),
            )
        )
    edges = edges.loc[once]
    features = np.array([f"{row.u}-{row.v}-{row.key}" for row in edges.itertuples()], dtype=object)
    return Raw(
        fields=_fields(edges, request),
        features=features,
        geometry=np.asarray(edges.geometry.array, dtype=object),
        crs=pyproj.CRS.from_user_input(edges.crs),
    )


def _once(edges: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Rows that are not the way back of an earlier two-way edge: same ends, same line, oneway false."""
    both_ways = ~edges["oneway"].astype(bool) if "oneway" in edges else pd.Series(False, index=edges.index)
    low, high = edges[["u", "v"]].min(axis=1), edges[["u", "v"]].max(axis=1)
    shape = shapely.to_wkb(shapely.normalize(np.asarray(edges.geometry.array, dtype=object)))
    repeated = pd.DataFrame({"low": low, "high": high, "shape": shape})[both_ways.to_numpy()].duplicated()
    return np.asarray(~repeated.reindex(edges.index, fill_value=False))


def _fields(edges: pd.DataFrame, request: Request) -> pd.DataFrame:
    definition = request.definition
    tags = {name: name for name in definition.fields} | definition.osm_fields | request.source.fields
    found = {
        name: tag for name, tag in tags.items() if tag in edges and name in definition.fields and request.wants(name)
    }
    for name in definition.fields:
        if name not in found:
            fields.missing(request, name, [tags[name]], [str(column) for column in edges.columns])
    merged = {name: int(edges[tag].map(lambda value: isinstance(value, list)).sum()) for name, tag in found.items()}
    for name, count in merged.items():
        if count:
            request.findings.note(
                _(
                    "{count} merged edges have several values of {field}; the first was taken",
                    count=count,
                    field=name,
                )
            )
    data = {
        name: edges[tag].map(lambda value: value[0] if isinstance(value, list) else value).tolist()
        for name, tag in found.items()
    }
    return pd.DataFrame(data, index=range(len(edges)), dtype=object)

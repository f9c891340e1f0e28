"""What the columns of a layer are called where a planner reads them: in QGIS's table and in a page's popup."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from qsgis.messages import _

if TYPE_CHECKING:
    from qsgis.catalog import Catalog


INNER = ("row",)  # columns that only the program reads


def words(column: str) -> dict[object, str]:
    """What the codes of `column` mean; empty for a column that holds no codes of ours."""
    if column != "reason":
        return {}
    return {
        "reached": _("reached"),
        "beyond_limit": _("beyond the limit"),
        "off_network": _("too far from any street"),
        "isolated": _("no facility on its part of the network"),
        "one_way": _("shut off by one-way streets"),
    }


def standard() -> dict[str, str]:
    """The columns that measures write, by name."""
    return {
        "id": _("number"),
        "code": _("code"),
        "name": _("name"),
        "class": _("land-use code"),
        "class_name": _("land-use class"),
        "class_before": _("land-use code before"),
        "class_before_name": _("land-use class before"),
        "settlement": _("settlement code"),
        "kind": _("kind"),
        "group": _("facility group"),
        "district_code": _("township code"),
        "district_name": _("township"),
        "village_code": _("village code"),
        "village_name": _("village"),
        "area_m2": _("area (m²)"),
        "area_km2": _("area (km²)"),
        "length_m": _("length (m)"),
        "value": _("value"),
        "share": _("share"),
        "sliver": _("narrow strip (1: yes)"),
        "counted": _("counted"),
        "people": _("people"),
        "elderly": _("people aged 60 and over"),
        "lacking": _("groups not reached"),
        "off_network": _("no street near (1: yes)"),
        "outside": _("outside the county (1: yes)"),
        "strip_m": _("drawn on either side of streets (m)"),
        "people_within": _("people within the time"),
        "minutes": _("minutes"),
        "metres": _("metres"),
        "reason": _("reason"),
        "feature": _("feature number in the file"),
        "year": _("year"),
        "row": _("row of the road"),
    }


def of_zones(catalog: Catalog, columns: Iterable[str]) -> dict[str, str]:
    """The columns of a wide zone table: an indicator's name with its unit, else the standard name."""
    known = standard()
    names = {}
    for column in columns:
        analysis = catalog.analyses.get(column)
        if analysis is not None:
            unit = "" if analysis.unit == "1" else f"（{analysis.unit}）"
            names[column] = f"{analysis.label}{unit}"
        else:
            names[column] = known.get(column, column)
    return names


def of_input(catalog: Catalog, layer: str, columns: Iterable[str]) -> dict[str, str]:
    """The columns of an input layer: the labels that its definition gives its fields, else the standard names."""
    known = standard()
    fields = catalog.layers[layer].fields if layer in catalog.layers else {}
    names = {}
    for column in columns:
        item = fields.get(column)
        unit = f"（{item.unit}）" if item and item.unit and item.unit != "1" else ""
        names[column] = f"{item.label}{unit}" if item else known.get(column, column)
    return names


def of_features(catalog: Catalog, analysis: str, layer: str, columns: Iterable[str]) -> dict[str, str]:
    """The columns of a feature layer of an analysis: standard names, else those of the layers that it reads."""
    known = standard() | _of_layer(layer)
    layers = [catalog.layers[name] for name in catalog.analyses[analysis].layer_ids() if name in catalog.layers]
    fields = {name: item.label for layer in reversed(layers) for name, item in layer.fields.items()}
    return {column: known.get(column, fields.get(column, column)) for column in columns}


def _of_layer(layer: str) -> dict[str, str]:
    """Names that a column has in feature layers of one kind only."""
    if layer == "facilities":
        return {"area_m2": _("area served (m²)"), "people": _("people served"),
                "elderly": _("people aged 60 and over served"), "features": _("features served")}  # fmt: skip
    if layer == "places":
        return {"share": _("share within the time (%)"), "minutes": _("mean minutes")}
    if layer in ("covered", "uncovered"):
        return {"minutes": _("mean minutes of what reaches one"), "metres": _("mean metres to the nearest")}
    if layer == "areas":
        return {"minutes": _("within minutes")}
    return {"share": _("share of the feature (0–1)")}

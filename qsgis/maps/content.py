"""What stands on a map: the frames that a sheet draws, their looks, names and columns; wide tables of the zones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from qsgis.maps import columns
from qsgis.maps.styles import Kind, Look, by_kind, resolve
from qsgis.messages import _, choose
from qsgis.results import Results, ZoneLevel
from qsgis.schema import Sheet, SheetLayer, Style

if TYPE_CHECKING:
    from qsgis.catalog import Catalog

ZONE_LAYERS: dict[str, ZoneLevel] = {"county": "county", "districts": "district", "villages": "village"}


@dataclass(frozen=True)
class Drawn:
    """One layer of a map, features of one kind of geometry, in the analysis CRS."""

    key: str
    label: str
    frame: gpd.GeoDataFrame
    look: Look
    aliases: dict[str, str]
    shown: bool
    restricted: bool
    computed: bool  # found by an analysis, not read


# --- zones ---


def wide(results: Results, level: ZoneLevel) -> gpd.GeoDataFrame | None:
    """The zones of `level` with a column an indicator id: its headline of the current year, NULL where there is none.

    Villages also carry the code and name of their township where its code begins theirs. None where the level
    has no zones.
    """
    zones = results.zones.get(level)
    if zones is None:
        return None
    facts = [name for name in ("code", "name", "area_km2") if name in zones.columns]
    table = zones[facts].copy().reset_index(drop=True)
    table["code"] = table["code"].astype(str)
    if level == "village" and "district" in results.zones:
        _add_township(table, results.zones["district"])
    year = results.project.project.year
    values = {
        (indicator, zone): row.value
        for (indicator, part, of, zone), row in results.best().items()
        if row.zone_level == level and of == year and not part
    }
    known = {indicator for indicator, _zone in values}
    codes = [""] * len(table) if level == "county" else table["code"]
    figures = {name: [values.get((name, code)) for code in codes] for name in results if name in known}
    table = pd.concat([table, pd.DataFrame(figures, index=table.index, dtype=float)], axis=1)
    geometry = zones.geometry.reset_index(drop=True)
    return gpd.GeoDataFrame(table, geometry=geometry, crs=zones.crs).sort_values("code", ignore_index=True)


def _add_township(villages: pd.DataFrame, districts: gpd.GeoDataFrame) -> None:
    """Columns district_code and district_name, where the first nine digits of a village's code are a township's."""
    names = dict(zip(districts["code"].astype(str).str[:9], districts["name"], strict=True))
    prefix = villages["code"].str[:9]
    if prefix.isin(names).all():
        villages["district_code"] = prefix
        villages["district_name"] = prefix.map(names)


# --- layers ---


def frame_of(results: Results, item: SheetLayer) -> gpd.GeoDataFrame | None:
    """The frame that `item` names; None where this run has none (not read, not computed, or without geometry)."""
    frame: object
    if item.analysis:
        frame = results[item.analysis].layers.get(item.layer) if item.analysis in results else None
    elif item.layer in ZONE_LAYERS:
        frame = wide(results, ZONE_LAYERS[item.layer])
    else:
        frame = results.inputs.get(item.layer)
    return frame if isinstance(frame, gpd.GeoDataFrame) else None


def label_of(catalog: Catalog, item: SheetLayer) -> str:
    """What `item` is called in a legend."""
    if item.name:
        return choose(item.name, item.name_en)
    if not item.analysis:
        return catalog.layers[item.layer].label if item.layer in catalog.layers else item.layer
    analysis = catalog.analyses[item.analysis]
    usual = {
        "uncovered": _("not reached"),
        "covered": _("reached"),
        "facilities": _("facilities"),
        "streets": _("walking times"),
        "areas": _("ground in reach"),
        "places": _("places"),
    }
    part = analysis.parts.get(item.layer)
    detail = part.label if part else usual.get(item.layer)
    return _("{name}: {detail}", name=analysis.label, detail=detail) if detail else analysis.label


def aliases_of(catalog: Catalog, item: SheetLayer, names: Iterable[str]) -> dict[str, str]:
    """The columns' names as the user reads them."""
    if item.analysis:
        return columns.of_features(catalog, item.analysis, item.layer, names)
    if item.layer in ZONE_LAYERS:
        return columns.of_zones(catalog, names)
    return columns.of_input(catalog, item.layer, names)


def is_restricted(catalog: Catalog, item: SheetLayer) -> bool:
    """Whether `item` shows restricted data, or features cut from it."""
    layers = catalog.analyses[item.analysis].layer_ids() if item.analysis else [item.layer]
    return any(catalog.layers[name].restricted for name in layers if name in catalog.layers)


def style_of(catalog: Catalog, item: SheetLayer) -> Style | None:
    """The style of `item`: its own, else of the first sheet that shows the layer in one, else the layer's."""
    same = (
        other.style
        for sheet in sheets_in_order(catalog)
        for other in sheet.layers
        if (other.layer, other.analysis) == (item.layer, item.analysis)
    )
    name = item.style or next((style for style in same if style), None)
    if name is None and not item.analysis and item.layer in catalog.layers:
        name = catalog.layers[item.layer].style
    if name:
        return catalog.styles[name]
    return _borders() if item.layer in ZONE_LAYERS and not item.analysis else None


# Styles of the layers that coverage always has, for sheets and files where nobody names one.
USUAL = {
    "covered": ("covered", "covered_metres"), "uncovered": ("uncovered",), "facilities": ("facilities_by_group",),
    "streets": ("streets_walked",), "areas": ("areas",),
}  # fmt: skip


def _usual(catalog: Catalog, item: SheetLayer, frame: gpd.GeoDataFrame) -> Style | None:
    names = USUAL.get(item.layer, ()) if item.analysis else ()
    styles = (catalog.styles[name] for name in names if name in catalog.styles)
    return next((style for style in styles if style.field in frame.columns), None)


def _borders() -> Style:
    """Zones that nobody gave a style: open, with their names."""
    return Style(
        id="borders", name=_("borders"), kind="categorised", field="name", fill=None, stroke="#6f7480",
        stroke_width=1.2, dash=[6, 3], label_field="name",
    )  # fmt: skip


def sheets_in_order(catalog: Catalog) -> list[Sheet]:
    """The sheets as they stand in the set."""
    return sorted(catalog.sheets.values(), key=lambda sheet: (sheet.order, sheet.id))


def key_of(item: SheetLayer) -> str:
    """The layer's table in the GeoPackage: an id, or <analysis>_<layer>."""
    return f"{item.analysis}_{item.layer}" if item.analysis else item.layer


def draw(results: Results, item: SheetLayer, frame: gpd.GeoDataFrame | None = None) -> list[Drawn]:
    """`item` as layers of one kind of geometry each; a mixed one makes several, named `_line` and `_point`."""
    frame = frame_of(results, item) if frame is None else frame
    if frame is None:
        return []
    catalog = results.catalog
    key, label, style = key_of(item), label_of(catalog, item), style_of(catalog, item) or _usual(catalog, item, frame)
    names = [name for name in frame.columns if name != frame.geometry.name]
    aliases = aliases_of(catalog, item, names)
    drawn = []
    kinds = by_kind(frame) or {kind_of_none(catalog, item): frame}
    for number, (kind, rows) in enumerate(kinds.items()):
        look = resolve(style, rows, kind, label)
        suffix = "" if number == 0 else f"_{kind}"
        facts = (item.shown, is_restricted(catalog, item), item.analysis is not None)
        drawn.append(Drawn(key + suffix, label, rows, look, aliases, *facts))
    return drawn


def kind_of_none(catalog: Catalog, item: SheetLayer) -> Kind:
    """What the features of an empty layer would be."""
    if not item.analysis:
        kinds = catalog.layers[item.layer].geometry if item.layer in catalog.layers else []
        return next((kind for kind in kinds if kind in ("polygon", "line", "point")), "polygon")
    measure = catalog.analyses[item.analysis].measures.get(item.layer)
    if (measure is not None and measure.method == "length") or item.layer == "streets":
        return "line"
    return "point" if item.layer == "facilities" else "polygon"


def is_due(results: Results, sheet: Sheet) -> bool:
    """Whether the run holds what a sheet is about: one of the analyses that it draws, if it draws any."""
    analyses = {item.analysis for item in sheet.layers if item.analysis}
    return not analyses or any(name in results for name in analyses)


def layers_of(results: Results, sheet: Sheet) -> tuple[list[Drawn], list[str]]:
    """The layers that `sheet` draws, in its order, and a line on each that it cannot draw."""
    drawn, notes = [], []
    for item in sheet.layers:
        found = [layer for layer in draw(results, item) if len(layer.frame)]
        if not found:
            notes.append(_absence(results, item))
        drawn += found
        notes += [layer.look.note for layer in found if layer.look.note]
    return drawn, notes


def _absence(results: Results, item: SheetLayer) -> str:
    """Why a layer of a sheet is not drawn."""
    label = label_of(results.catalog, item)
    result = results.get(item.analysis) if item.analysis else None
    if result is not None and result.failure is not None:
        return _("not drawn: {name} ({reason})", name=label, reason=result.failure.what)
    if frame_of(results, item) is not None:
        return _("{name}: no feature", name=label)
    return _("not drawn: {name} (not in this run)", name=label)


def map_items(results: Results) -> list[SheetLayer]:
    """Every layer that a file of maps holds, each once: zones, features of analyses, inputs that sheets show."""
    zones = [SheetLayer(layer=name) for name, level in ZONE_LAYERS.items() if level in results.zones]
    features = [SheetLayer(layer=name, analysis=result.id) for result in results.values() for name in result.layers]
    sheets = sheets_in_order(results.catalog)
    shown = [item.layer for sheet in sheets for item in sheet.layers if not item.analysis]
    context = [name for sheet in sheets for name in sheet.context]
    inputs = [name for name in dict.fromkeys(shown + context) if name in results.inputs and name not in ZONE_LAYERS]
    return [*zones, *features, *(SheetLayer(layer=name) for name in sorted(inputs))]

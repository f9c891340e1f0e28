"""A sheet as one web page that needs no network: folium's map, our panel beside it, everything inside the file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import shapely
from branca.element import Element, Figure, Link
from markupsafe import Markup

from qsgis.catalog import Sheet
from qsgis.maps import backdrop as backdrops
from qsgis.maps import encode, inline
from qsgis.maps.backdrop import Backdrop
from qsgis.maps.content import ZONE_LAYERS, Drawn, context_of, layers_of, sheets_in_order
from qsgis.maps.figures import figures
from qsgis.maps.files import write_text
from qsgis.maps.index import Card, write_index
from qsgis.maps.styles import Class
from qsgis.messages import _, choose, language
from qsgis.results import Results

_LINKS = ("leaflet", "leaflet_css")  # a page without folium's markers needs no other of its scripts
_ORDER = {"polygon": 0, "line": 1, "point": 2}


@dataclass(frozen=True)
class Stack:
    """The layers of a sheet from the lowest to the highest, and how many of them are context."""

    beneath: list[Drawn]
    own: list[Drawn]
    above: list[Drawn]

    @property
    def layers(self) -> list[Drawn]:
        """All of them, lowest first."""
        return [*self.beneath, *self.own, *self.above]


def write_pages(results: Results, directory: Path) -> None:
    """Write <sheet>.html for each sheet that has a layer in this run, and index.html. Raises OutputRefused."""
    ground = backdrops.make(results)
    cards = []
    for sheet in sheets_in_order(results.catalog):
        stack, remarks = _stack(results, sheet)
        if stack.own:
            write_text(directory / f"{sheet.id}.html", _page(results, sheet, stack, remarks, ground))
            preview = ground.preview([*stack.own, *stack.above]) if ground else ""
            cards.append(Card(f"{sheet.id}.html", sheet.label, preview, figures(results, sheet.indicators)))
    write_index(results, cards, directory / "index.html")


def write_sheet(results: Results, sheet: Sheet, path: Path) -> None:
    """Write one sheet as a page. What of it this run does not hold is said on the page. Raises OutputRefused."""
    stack, remarks = _stack(results, sheet)
    write_text(path, _page(results, sheet, stack, remarks, backdrops.make(results)))


def _stack(results: Results, sheet: Sheet) -> tuple[Stack, list[str]]:
    """Context beneath, then the sheet's polygons, lines and points, then borders with their names."""
    own, remarks = layers_of(results, sheet)
    keys = {drawn.key for drawn in own}
    context = [drawn for drawn in context_of(results, sheet) if drawn.key not in keys and drawn.key != "county"]
    beneath = [drawn for drawn in context if drawn.key not in ZONE_LAYERS]
    above = [drawn for drawn in context if drawn.key in ZONE_LAYERS]
    return Stack(beneath, sorted(own, key=lambda drawn: _ORDER[drawn.look.geometry]), above), remarks


def _page(results: Results, sheet: Sheet, stack: Stack, remarks: list[str], ground: Backdrop | None) -> str:
    """The page's text. The same results give the same text."""
    facts = results.project.project
    layers = [encode.layer(drawn, popup=drawn in stack.own) for drawn in stack.layers]
    restricted = any(drawn.restricted for drawn in stack.layers) or bool(ground and ground.legend)
    county, places, names = _zones(results, stack.layers)
    image = dict(zip(("image", "bounds"), ground.overlay(), strict=True)) if ground else None
    tolerance = max((layer["tolerance"] for layer in layers), default=0.0)
    data = {"layers": layers, "bounds": places[0], "places": places[1:], "county": county, "backdrop": image}
    chrome = inline.template("sheet.html").render(
        title=sheet.label,
        county=facts.name,
        year=_("{year}, current year", year=facts.year),
        notice=choose(facts.notice, facts.notice_en),
        restricted=restricted,
        townships=names,
        figures=figures(results, sheet.indicators),
        layers=[*_legend(stack, context=False), *_legend(stack, context=True)],
        backdrop=ground.legend if ground else (),
        note=choose(sheet.note, sheet.note_en),
        remarks=[
            *remarks,
            _("lines are drawn to within {metres:g} m; figures come from the full data", metres=tolerance),
        ],
        words=_words(),
        swatch=_swatch,
        payload=encode.packed(data),
    )
    titles = [drawn.label for drawn in stack.layers]
    script = {"titles": titles, "trouble": _("The map cannot be drawn:"), "old_browser": _("this browser is too old")}
    return _assemble(f"{sheet.label} · {facts.name}", chrome, script)


def _zones(results: Results, layers: Sequence[Drawn]) -> tuple[list[Any], list[list[list[float]]], list[str]]:
    """The county's outline, the corners of the county and of each township, the townships' names."""
    districts = results.zones.get("district")
    county = results.zones.get("county", districts)
    if county is None:
        shown = gpd.GeoSeries([shapely.box(*drawn.frame.total_bounds) for drawn in layers], crs=layers[0].frame.crs)
        return [], [_corners(shown)], []
    whole = gpd.GeoSeries([shapely.union_all(county.geometry.array)], crs=county.crs)
    outline = encode.outlines(whole)
    if districts is None:
        return [outline], [_corners(whole)], []
    order = districts.sort_values("code")
    corners = [_corners(order.geometry.iloc[[number]]) for number in range(len(order))]
    return [outline], [_corners(whole), *corners], [str(name) for name in order["name"]]


def _corners(geometry: gpd.GeoSeries) -> list[list[float]]:
    west, south, east, north = (round(float(edge), 5) for edge in geometry.to_crs(4326).total_bounds)
    return [[south, west], [north, east]]


# --- the panel ---


def _legend(stack: Stack, *, context: bool) -> list[dict[str, Any]]:
    """The legend's entries of the sheet's own layers or of its context, by their number in the stack."""
    entries = []
    for number, drawn in enumerate(stack.layers):
        if (drawn in stack.own) == context:
            continue
        totals = encode.class_totals(drawn.look, drawn.frame)
        classes = [
            {"label": entry.label, "total": total, "entry": entry}
            for entry, total in zip(drawn.look.classes, totals, strict=True)
        ]
        facts = {"number": number, "label": drawn.label, "shown": drawn.shown, "context": context}
        entries.append({**facts, "classes": classes, "look": drawn.look})
    return entries


def _swatch(layer: dict[str, Any], entry: dict[str, Any]) -> Markup:
    """The sign of a class as it is on the map."""
    look, own = layer["look"], entry["entry"]
    style = look.style
    dash = " ".join(f"{step:g}" for step in style.dash)
    line = f'stroke="{_colour(own.stroke)}" stroke-width="{min(style.stroke_width, 4):g}" stroke-dasharray="{dash}"'
    fill = f'fill="{_colour(own.fill)}" fill-opacity="{style.fill_opacity:g}"' if own.fill else 'fill="none"'
    if look.geometry == "line":
        shape = f'<path d="M1 7H25" fill="none" {line}/>'
    elif look.geometry == "point":
        shape = f'<circle cx="13" cy="7" r="{min(style.radius, 6):g}" {fill} {line}/>'
    else:
        shape = f'<rect x="2" y="1" width="22" height="12" {fill} {line}/>'
    return Markup(f'<svg width="26" height="14" aria-hidden="true">{shape}</svg>')


def _colour(colour: Class | str | None) -> str:
    return escape(str(colour), quote=True)


def _words() -> dict[str, str]:
    return {
        "series": _("Health check of the territorial spatial plan"),
        "internal": _("internal data"),
        "internal_line": _(
            "Internal: drawn from restricted data (parcels, farmland); not to be passed on or published."
        ),
        "contents": _("all maps"),
        "north": _("N"),
        "find": _("Go to"),
        "figures": _("Figures"),
        "townships": _("By township"),
        "legend": _("Legend"),
        "backdrop": _("Backdrop: land use (outline)"),
        "review_number": _("Map review number: —"),
    }


# --- the file ---


class _Verbatim(Element):  # type: ignore[misc]
    """Text that goes into the page as it is; branca's own elements read theirs as a template."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **_kwargs: object) -> str:
        """The text."""
        return self.text


def _assemble(title: str, chrome: str, words: dict[str, Any]) -> str:
    """A folium map with a group a layer and the panel, with every script and style inside."""
    view = folium.Map(location=[0, 0], tiles=None, prefer_canvas=True, control_scale=True, zoom_snap=0.5, max_zoom=18)
    view._id = "sheet"  # folium draws its ids by lot
    view.default_js = [link for link in view.default_js if link[0] in _LINKS]
    view.default_css = [link for link in view.default_css if link[0] in _LINKS]
    groups = []
    for number, name in enumerate(words["titles"]):
        group = folium.FeatureGroup(name=name)
        group._id = f"layer{number}"
        groups.append(group.add_to(view).get_name())
    figure = view.get_root()
    figure.title = escape(title)
    figure.render()
    spoken = json.dumps(words, ensure_ascii=False).replace("<", "\\u003c")
    figure.html.add_child(_Verbatim(chrome), name="panel")
    figure.script.add_child(_Verbatim(f"drawSheet({view.get_name()}, [{', '.join(groups)}], {spoken});"), name="draw")
    return _embedded(figure)


def _embedded(figure: Figure) -> str:
    """The figure's text with the pinned copies in place of its links. LookupError for a link without a copy."""
    for name, child in figure.header._children.items():
        if isinstance(child, Link):
            child.code = inline.code(name)
    for name, kind in (("sheet.css", "style"), ("sheet.js", "script")):
        text = inline.own(name)
        figure.header.add_child(_Verbatim(f"<{kind}>\n{text}</{kind}>"), name=name)
    text = figure._template.render(this=figure, kwargs={"embedded": True})
    return text.replace("<html>", f'<html lang="{"zh-CN" if language() == "zh" else "en"}">', 1)

"""A sheet as one web page that needs no network: folium's map, our panel beside it, everything inside the file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import shapely
from markupsafe import Markup

from qsgis.maps import backdrop as backdrops
from qsgis.maps import encode, inline
from qsgis.maps.backdrop import Backdrop
from qsgis.maps.content import ZONE_LAYERS, is_due, key_of, layers_of, sheets_in_order
from qsgis.maps.figures import Figure, figures
from qsgis.maps.files import write_text
from qsgis.maps.index import Card, write_index
from qsgis.maps.shared import Corners, County, Shared, corners
from qsgis.maps.styles import Class
from qsgis.maps.view import Placed, View, view_of
from qsgis.messages import _, choose, language
from qsgis.offline import no_probe
from qsgis.results import Results
from qsgis.schema import Sheet

with no_probe():
    import folium
    from branca.element import Element, Link
    from branca.element import Figure as Document

PREVIEW = 1.3  # width ÷ height of the index's small pictures
_LINKS = ("leaflet", "leaflet_css")  # a page without folium's markers needs no other of its scripts


def write_pages(results: Results, directory: Path) -> None:
    """Write <sheet>.html for each sheet that has a layer in this run, and index.html. Raises OutputRefused."""
    sheets = [sheet for sheet in sheets_in_order(results.catalog) if is_due(results, sheet)]
    uses = Counter(key_of(item) for sheet in sheets for item in sheet.layers)
    recurring = frozenset(key for key, count in uses.items() if count > 1)
    shared = Shared(results, backdrops.make(results), recurring)
    cards = []
    for sheet in sheets:
        layers, remarks = _layers(sheet, shared)
        if any(not placed.context for placed in layers):
            view = view_of(results, layers, shared.ground)
            told = figures(results, sheet.indicators)
            write_text(directory / f"{sheet.id}.html", _page(sheet, layers, remarks, view, told, shared))
            shown = [placed.drawn for placed in layers if placed.drawn.shown and _pictured(placed)]
            preview = view.picture.preview(shown, view.framed(PREVIEW)) if view.picture else ""
            cards.append(Card(f"{sheet.id}.html", sheet.label, preview, told, _restricted(layers, shared.ground)))
    write_index(results, cards, directory / "index.html")


def write_sheet(results: Results, sheet: Sheet, path: Path) -> None:
    """Write one sheet as a page. What of it this run does not hold is said on the page. Raises OutputRefused."""
    shared = Shared(results, backdrops.make(results))
    layers, remarks = _layers(sheet, shared)
    view = view_of(results, layers, shared.ground)
    write_text(path, _page(sheet, layers, remarks, view, figures(results, sheet.indicators), shared))


def _layers(sheet: Sheet, shared: Shared) -> tuple[list[Placed], list[str]]:
    """From the lowest: context, the sheet's layers as it lists them, borders with their names; and remarks."""
    drawn, remarks = layers_of(shared.results, sheet)
    own = [shared.own(layer) for layer in drawn]
    remarks += [
        _(
            "{name}: {count:,} features, drawn as a picture that does not answer a click",
            name=layer.label,
            count=len(layer.frame),
        )
        for layer, placed in zip(drawn, own, strict=True)
        if "image" in placed.data
    ]
    keys = {layer.key for layer in drawn} | {"county"}  # the county's border is on every page
    names = [name for name in sheet.context if name not in keys]
    beneath = [placed for name in names if name not in ZONE_LAYERS for placed in shared.context(name)]
    above = [placed for name in names if name in ZONE_LAYERS for placed in shared.context(name)]
    return [*beneath, *own, *above], remarks


def _restricted(layers: list[Placed], ground: Backdrop | None) -> bool:
    """Whether a page shows restricted data, in a layer or in the backdrop."""
    return any(placed.drawn.restricted for placed in layers) or bool(ground and ground.restricted)


def _pictured(placed: Placed) -> bool:
    """Whether a small picture shows the layer: the sheet's own, and borders."""
    return not placed.context or placed.drawn.key in ZONE_LAYERS


def _page(
    sheet: Sheet, layers: list[Placed], remarks: list[str], view: View, told: list[Figure], shared: Shared
) -> str:
    """The page's text. The same results give the same text."""
    facts, ground, focus = shared.results.project.project, view.ground, view.focus
    county = shared.county or County([], _bounds(layers), [], [])
    pictures = [
        dict(zip(("image", "bounds"), made.overlay, strict=True)) for made in (ground, view.near) if made is not None
    ]
    tolerance = max((placed.data["tolerance"] for placed in layers), default=0.0)
    carried = [placed.data for placed in layers]
    data = {
        "layers": carried, "bounds": county.bounds, "places": county.places, "county": county.outline,
        "backdrops": pictures,
    }  # fmt: skip
    if focus is not None:
        data["focus"] = corners(gpd.GeoSeries([shapely.box(*focus)], crs=layers[0].drawn.frame.crs))
    chrome = inline.template("sheet.html").render(
        title=sheet.label,
        county=facts.name,
        year=_("{year}, current year", year=facts.year),
        notice=choose(facts.notice, facts.notice_en),
        restricted=_restricted(layers, ground),
        townships=county.townships,
        focused=focus is not None,
        figures=told,
        layers=sorted(_legend(layers), key=lambda entry: bool(entry["context"])),
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
    titles = [placed.drawn.label for placed in layers]
    script = {
        "titles": titles,
        "trouble": _("The map cannot be drawn:"),
        "old_browser": _("this browser is too old"),
        "closer": _("closer"),
        "farther": _("farther"),
        "close": _("close"),
        "metres": _("m"),
        "kilometres": _("km"),
    }
    return _assemble(f"{sheet.label} · {facts.name}", chrome, script)


def _bounds(layers: Sequence[Placed]) -> Corners:
    """The corners of what is drawn, where there is no county."""
    frames = [placed.drawn.frame for placed in layers]
    return corners(gpd.GeoSeries([shapely.box(*frame.total_bounds) for frame in frames], crs=frames[0].crs))


# --- the panel ---


def _legend(layers: list[Placed]) -> list[dict[str, Any]]:
    """The legend's entries by their number on the map; classes that look alike (borders, say) are one."""
    entries = []
    for number, placed in enumerate(layers):
        drawn = placed.drawn
        classes = [
            {
                "label": entry.label,
                "entry": entry,
                "total": encode.amount(drawn, drawn.look.member == index),
            }
            for index, entry in enumerate(drawn.look.classes)
        ]
        if len({(entry.fill, entry.stroke) for entry in drawn.look.classes}) == 1:
            total = encode.amount(drawn, drawn.look.member >= 0)
            classes = [{"label": "", "entry": drawn.look.classes[0], "total": total}]
        facts = {"number": number, "label": drawn.label, "shown": drawn.shown, "context": placed.context}
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
        "classes": _("classes"),
        "remarks": _("Remarks"),
        "breakdown": _("Breakdown"),
        "focus": _("this map's subject"),
        "backdrop": _("Backdrop: land use (outline)"),
        "review_number": _("Map review number: —"),
    }


# --- the file ---


class _Verbatim(Element):
    """Text that goes into the page as it is; branca's own elements read theirs as a template."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **_kwargs: object) -> str:
        """The text."""
        return self.text


def _assemble(title: str, chrome: str, words: dict[str, Any]) -> str:
    """A folium map with a group a layer and the panel, with every script and style inside."""
    view = folium.Map(location=[0, 0], tiles=None, prefer_canvas=True, zoom_control=False, zoom_snap=0.25, max_zoom=18)
    view._id = "sheet"  # folium draws its ids by lot
    view.default_js = [link for link in view.default_js if link[0] in _LINKS]
    view.default_css = [link for link in view.default_css if link[0] in _LINKS]
    groups = []
    for number, name in enumerate(words["titles"]):
        group = folium.FeatureGroup(name=name)
        group._id = f"layer{number}"
        groups.append(group.add_to(view).get_name())
    figure = cast(Document, view.get_root())
    figure.title = escape(title)
    figure.render()
    spoken = json.dumps(words, ensure_ascii=False).replace("<", "\\u003c")
    figure.html.add_child(_Verbatim(chrome), name="panel")
    figure.script.add_child(_Verbatim(f"drawSheet({view.get_name()}, [{', '.join(groups)}], {spoken});"), name="draw")
    return _embedded(figure)


def _embedded(figure: Document) -> str:
    """The figure's text with the pinned copies in place of its links. LookupError for a link without a copy."""
    for name, child in figure.header._children.items():
        if isinstance(child, Link):
            child.code = inline.code(name)  # type: ignore[assignment]  # branca prints bytes as b'…'
    for name, kind in (("sheet.css", "style"), ("sheet.js", "script")):
        text = inline.own(name)
        figure.header.add_child(_Verbatim(f"<{kind}>\n{text}</{kind}>"), name=name)
    page: str = figure._template.render(this=figure, kwargs={"embedded": True})
    return page.replace("<html>", f'<html lang="{"zh-CN" if language() == "zh" else "en"}">', 1)

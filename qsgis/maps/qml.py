"""A look as QML, QGIS's own text for a layer's style: renderer, symbols, labels, aliases of columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.etree import ElementTree as Xml

from qsgis.maps import columns
from qsgis.maps.styles import Class, Kind, Look

MM_PER_PIXEL = 25.4 / 96  # a CSS pixel on paper
NO_VALUE = -1e9  # graduated renderers skip NULL; this stands in for it, in the expression that they look at
_SYMBOL_TYPES: dict[Kind, str] = {"polygon": "fill", "line": "line", "point": "marker"}


def write(look: Look, aliases: Mapping[str, str]) -> str:
    """The QML of `look`; `aliases` are the names of its columns in QGIS's table."""
    root = Xml.Element("qgis", version="3.22.0", styleCategories="Symbology|Labeling|Fields|Forms")
    root.set("labelsEnabled", "1" if look.style.label_field else "0")
    root.extend(elements(look, aliases))
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + Xml.tostring(root, encoding="unicode")


def elements(look: Look, aliases: Mapping[str, str]) -> list[Xml.Element]:
    """Renderer, labels, aliases and the meaning of codes, as they stand in a QML and in a project's layer."""
    names = Xml.Element("aliases")
    for number, (column, alias) in enumerate(aliases.items()):
        Xml.SubElement(names, "alias", field=column, index=str(number), name=alias)
    labels = [_labeling(look)] if look.style.label_field else []
    return [_renderer(look), *labels, names, _meanings(aliases)]


def _meanings(names: Iterable[str]) -> Xml.Element:
    """Columns of codes show the words in QGIS's table."""
    fields = Xml.Element("fieldConfiguration")
    for name in names:
        words = columns.words(name)
        if words:
            widget = Xml.SubElement(Xml.SubElement(fields, "field", name=name), "editWidget", type="ValueMap")
            options = Xml.SubElement(Xml.SubElement(widget, "config"), "Option", type="Map")
            pairs = Xml.SubElement(options, "Option", type="List", name="map")
            for code, text in words.items():
                pair = Xml.SubElement(pairs, "Option", type="Map")
                Xml.SubElement(pair, "Option", name=text, value=str(code), type="QString")
    return fields


def _renderer(look: Look) -> Xml.Element:
    categorised = look.style.kind == "categorised"
    kind = "categorizedSymbol" if categorised else "graduatedSymbol"
    renderer = Xml.Element("renderer-v2", type=kind, attr=_attribute(look), enableorderby="0", forceraster="0")
    if not categorised:
        renderer.set("graduatedMethod", "GraduatedColor")
    entries = Xml.SubElement(renderer, "categories" if categorised else "ranges")
    for number, entry in enumerate(look.classes):
        facts = {"symbol": str(number), "label": entry.label, "render": "true"}
        if categorised:
            Xml.SubElement(entries, "category", facts, value=entry.value or "", type="string")
        else:
            low, high = (NO_VALUE, NO_VALUE) if entry.not_given else (entry.low, entry.high)
            Xml.SubElement(entries, "range", facts, lower=repr(low), upper=repr(high))
    symbols = Xml.SubElement(renderer, "symbols")
    for number, entry in enumerate(look.classes):
        symbols.append(_symbol(look, entry, str(number)))
    return renderer


def _attribute(look: Look) -> str:
    """What the renderer looks at: the field, and for graduated layers with gaps a number in place of NULL."""
    field = look.style.field
    if look.style.kind == "graduated" and any(entry.not_given for entry in look.classes):
        return f'coalesce("{field}", {NO_VALUE:.0f})'
    return field


def _symbol(look: Look, entry: Class, name: str) -> Xml.Element:
    alpha = f"{look.style.fill_opacity if look.geometry != 'line' else 1:g}"
    symbol = Xml.Element("symbol", type=_SYMBOL_TYPES[look.geometry], name=name, alpha="1", clip_to_extent="1")
    width = _millimetres(look.style.stroke_width)
    if look.geometry == "polygon":
        kind, facts = "SimpleFill", {
            "color": _rgba(entry.fill or "#ffffff", float(alpha)),
            "style": "solid" if entry.fill else "no",
            "outline_color": _rgba(entry.stroke),
            "outline_style": _outline(look),
            "outline_width": width,
            "outline_width_unit": "MM",
            "joinstyle": "round",
        }  # fmt: skip
    elif look.geometry == "line":
        kind, facts = "SimpleLine", {
            "line_color": _rgba(entry.stroke),
            "line_width": width,
            "line_width_unit": "MM",
            "line_style": "solid",
            "capstyle": "round",
            "joinstyle": "round",
            "use_custom_dash": "1" if look.style.dash else "0",
            "customdash": ";".join(_millimetres(step) for step in look.style.dash),
            "customdash_unit": "MM",
        }  # fmt: skip
    else:
        kind, facts = "SimpleMarker", {
            "name": "circle",
            "color": _rgba(entry.fill or "#ffffff", float(alpha) if entry.fill else 0.0),
            "size": _millimetres(2 * look.style.radius),
            "size_unit": "MM",
            "outline_color": _rgba(entry.stroke),
            "outline_width": width,
            "outline_width_unit": "MM",
        }  # fmt: skip
    layer = Xml.SubElement(symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"})
    options = Xml.SubElement(layer, "Option", type="Map")
    for key, value in facts.items():
        Xml.SubElement(options, "Option", type="QString", name=key, value=value)
    return symbol


def _outline(look: Look) -> str:
    if not look.style.stroke_width:
        return "no"
    return "dash" if look.style.dash else "solid"


def _labeling(look: Look) -> Xml.Element:
    labeling = Xml.Element("labeling", type="simple")
    settings = Xml.SubElement(labeling, "settings", calloutType="simple")
    style = Xml.SubElement(
        settings, "text-style", fieldName=look.style.label_field or "", isExpression="0", fontSize="9",
        fontSizeUnit="Point", textColor="60,66,72,255", textOpacity="1", fontWeight="50", namedStyle="Regular",
    )  # fmt: skip
    Xml.SubElement(
        style, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferSizeUnits="MM", bufferColor="255,255,255,255",
        bufferOpacity="0.85", bufferNoFill="1",
    )  # fmt: skip
    placement = {"polygon": "0", "line": "3", "point": "6"}[look.geometry]
    Xml.SubElement(
        settings, "placement", placement=placement, centroidInside="1", centroidWhole="0", dist="1", distUnits="MM"
    )
    Xml.SubElement(settings, "rendering", obstacle="1", fontMinPixelSize="3", scaleVisibility="0", labelPerPart="0")
    return labeling


def _millimetres(pixels: float) -> str:
    return f"{pixels * MM_PER_PIXEL:.3g}"


def _rgba(colour: str, opacity: float = 1.0) -> str:
    """#rrggbb as QGIS writes it: red,green,blue,alpha."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"{red},{green},{blue},{round(255 * opacity)}"

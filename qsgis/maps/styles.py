"""A style and a frame make a look: the classes that features meet, and the class of each feature.

QGIS and the browser are both drawn from the look, so they show the same classes in the same colours.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import shapely

from qsgis.codes import CodeTable, code_table
from qsgis.errors import UnknownId
from qsgis.messages import _, choose
from qsgis.schema import Style, StyleClass

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

Kind = Literal["polygon", "line", "point"]

# Vega's "tableau20" order, dark and light apart: neighbours differ in lightness too, for readers who see few hues.
PALETTE = [
    "#4c78a8", "#f58518", "#54a24b", "#b279a2", "#72b7b2", "#e45756", "#eeca3b", "#9d755d",
    "#9ecae9", "#ffbf79", "#88d27a", "#d6a5c9", "#83bcb6", "#ff9d98", "#f2cf5b", "#d8b5a5",
]  # fmt: skip
RAMP = ["#fef0c7", "#f9c98b", "#ef9a5d", "#d9653b", "#a63a24"]  # light to dark: reads in grey as well
NOT_GIVEN = "#c4c9cc"
_KINDS: dict[Kind, tuple[int, ...]] = {"polygon": (3, 6), "line": (1, 2, 5), "point": (0, 4)}  # shapely's type numbers


@dataclass(frozen=True)
class Class:
    """One entry of the legend. Categorised: `value`; graduated: low < value ≤ high; neither: the value is not given."""

    label: str
    fill: str | None
    stroke: str
    count: int
    value: str | None = None
    low: float | None = None
    high: float | None = None

    @property
    def not_given(self) -> bool:
        """Whether this class holds the features without a value."""
        return self.value is None and self.high is None


@dataclass(frozen=True)
class Look:
    """How one frame is drawn: its classes, each met by a feature, and `member`, the number of each row's class."""

    style: Style
    geometry: Kind
    classes: tuple[Class, ...]
    member: NDArray[np.intp]
    note: str = ""


def by_kind(frame: gpd.GeoDataFrame) -> dict[Kind, gpd.GeoDataFrame]:
    """The rows of `frame` by what they are; empty geometries are left out (there is nothing to draw)."""
    shapes = np.asarray(frame.geometry.array, dtype=object)
    number, empty = shapely.get_type_id(shapes), shapely.is_empty(shapes)
    found = {kind: np.isin(number, numbers) & ~empty for kind, numbers in _KINDS.items()}
    return {kind: frame if rows.all() else frame[rows] for kind, rows in found.items() if rows.any()}


def text(value: Any) -> str | None:
    """A value as QGIS writes it when it looks up its category; None where it is not given."""
    if isinstance(value, str):
        return value or None
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)) or value is pd.NA:
        return None
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value) or None


def resolve(style: Style | None, frame: gpd.GeoDataFrame, geometry: Kind, name: str = "") -> Look:
    """The look of `frame`, whose rows are of one `geometry`.

    Where `style` is None a default is made from the columns; where its field is not among them, it keeps its colours
    and goes by another column, and the look's note says so. `name` is the label of an empty layer's only class.
    Raises UnknownId where the style names a code table that does not exist.
    """
    note = ""
    if style is not None and style.field not in frame.columns:
        note = _("style {style} needs the field {field}, which this layer lacks", style=style.label, field=style.field)
        style = _refitted(style, frame) if style.kind == "categorised" else None
    if style is None:
        style = default_style(frame, geometry)
    if style.kind == "graduated":
        classes, member = _graduated(style, frame[style.field], geometry)
    else:
        classes, member = _categorised(style, frame[style.field], geometry, name)
    return Look(style, geometry, tuple(classes), member, note)


# --- categorised ---


def _categorised(
    style: Style, column: pd.Series[Any], geometry: Kind, name: str
) -> tuple[list[Class], NDArray[np.intp]]:
    values = [text(value) for value in column.tolist()]
    counts = Counter(values)
    entries = _listed(style)
    listed = {entry.value for entry in entries}
    palette = style.palette or PALETTE
    extras = sorted(value for value in counts if value is not None and value not in listed)
    for number, value in enumerate(extras):
        entries.append(_extra(style, value, palette[number % len(palette)], geometry))
    met = [entry for entry in entries if entry.value in counts or column.empty]
    classes = [
        Class(
            entry.label or str(entry.value),
            *_colours(style, entry, geometry),
            counts[entry.value],
            entry.value,
        )
        for entry in met
    ]
    classes += _not_given(counts[None], geometry)
    if not classes:  # an empty layer of a style without classes still has a sign
        classes = [Class(name or style.label, *_colours(style, StyleClass(), geometry), 0)]
    number_of = {entry.value: number for number, entry in enumerate(met)}
    last = len(classes) - 1
    return classes, np.array([number_of[value] if value is not None else last for value in values], dtype=np.intp)


def _listed(style: Style) -> list[StyleClass]:
    """The classes that the style names, in its own list and then in its code table."""
    entries = [entry for entry in style.classes if entry.value is not None]
    named = {entry.value for entry in entries}
    for code, row in _codes(style).items():
        if code not in named:
            label = choose(row.get("name", code), row.get("name_en"))
            entries.append(StyleClass(value=code, name=label, fill=row.get("colour") or row.get("color") or None))
    return entries


def _codes(style: Style) -> CodeTable:
    if style.codes is None:
        return {}
    try:
        return code_table(style.codes)
    except KeyError:
        raise UnknownId(_("code table"), style.codes, f"maps/styles/{style.id}.toml: codes", ()) from None


def _extra(style: Style, value: str, colour: str, geometry: Kind) -> StyleClass:
    """A class for a value that the style does not name, so that its features are drawn too."""
    if geometry == "line":
        return StyleClass(value=value, name=value, stroke=colour if style.palette else style.stroke)
    drawn = style.fill is not None or bool(style.palette)
    return StyleClass(value=value, name=value, fill=colour if drawn else None)


def _colours(style: Style, entry: StyleClass, geometry: Kind) -> tuple[str | None, str]:
    """Fill (None: open) and stroke of a class. A line has no fill: either colour of the class is its stroke."""
    if geometry == "line":
        return None, entry.stroke or entry.fill or style.stroke
    return entry.fill or style.fill, entry.stroke or style.stroke


def _not_given(count: int, geometry: Kind) -> list[Class]:
    if not count:
        return []
    return [Class(_("not given"), None if geometry == "line" else NOT_GIVEN, "#8a9196", count)]


# --- graduated ---


def _graduated(style: Style, column: pd.Series[Any], geometry: Kind) -> tuple[list[Class], NDArray[np.intp]]:
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)
    known = values[~np.isnan(values)]
    steps = _steps(style, known)
    bounds = [np.inf if step.upto is None else step.upto for step in steps]
    number = np.searchsorted(bounds, values, side="left")  # a value on a bound belongs to the class below it
    least, most = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    lows = [min(least, bounds[0]), *bounds[:-1]]
    counts = np.bincount(number[~np.isnan(values)], minlength=len(steps))
    met = [index for index in range(len(steps)) if counts[index] or column.empty]
    classes = [
        Class(
            steps[index].label or _range_label(None if index == 0 else lows[index], bounds[index]),
            *_colours(style, steps[index], geometry),
            int(counts[index]),
            low=float(lows[index]),
            high=float(bounds[index] if np.isfinite(bounds[index]) else max(most, lows[index])),
        )
        for index in met
    ]
    missing = int(np.isnan(values).sum())
    place = np.full(len(steps) + 1, len(met), dtype=np.intp)  # a value that is not given is sorted behind all bounds
    place[met] = np.arange(len(met))
    return [*classes, *_not_given(missing, geometry)], place[number]


def _steps(style: Style, known: NDArray[np.float64]) -> list[StyleClass]:
    """The style's classes by rising bound, the last one open; made from the values where it lists none."""
    ramp = style.palette or RAMP
    steps = sorted(style.classes, key=lambda step: np.inf if step.upto is None else step.upto)
    if not steps:
        return [StyleClass(upto=bound, fill=colour) for bound, colour in zip(_breaks(known), ramp, strict=False)]
    if steps[-1].upto is not None and known.size and known.max() > steps[-1].upto:
        steps.append(StyleClass(fill=ramp[-1]))
    return steps


def _breaks(known: NDArray[np.float64], count: int = 5) -> list[float | None]:
    """Upper bounds with about as many values below each, rounded to two figures; None for the open last one."""
    if not known.size:
        return [None]
    cuts = np.quantile(known, np.arange(1, count) / count)
    rounded = sorted({float(f"{cut:.2g}") for cut in cuts})
    return [*(cut for cut in rounded if known.min() <= cut < known.max()), None]


def _range_label(low: float | None, high: float) -> str:
    if low is None:
        return "" if np.isinf(high) else f"≤ {high:g}"
    return f"> {low:g}" if np.isinf(high) else f"{low:g} – {high:g}"


# --- defaults ---

_MINUTES = [(5.0, "#2b8a6e"), (10.0, "#86c49a"), (15.0, "#f3dd8e"), (30.0, "#ec9a4f"), (45.0, "#cf5a3c")]
_TELLING = ("class_name", "kind", "group", "class", "district_name", "zone", "type", "reason", "name")


def default_style(frame: gpd.GeoDataFrame, geometry: Kind) -> Style:
    """A style for a layer that nobody gave one: by minutes, else by the first telling column of few values."""
    facts: dict[str, Any] = {"id": "by_default", "name": _("by default"), "fill_opacity": 0.65}
    facts |= {"stroke": "#6b7680", "stroke_width": 2.0 if geometry == "line" else 0.8}
    if "minutes" in frame.columns and pd.to_numeric(frame["minutes"], errors="coerce").notna().any():
        steps = [StyleClass(upto=bound, fill=colour) for bound, colour in _MINUTES]
        return Style(**facts, kind="graduated", field="minutes", classes=[*steps, StyleClass(fill="#7d2a2a")])
    return Style(**facts, kind="categorised", field=_telling(frame), palette=PALETTE)


def _refitted(style: Style, frame: gpd.GeoDataFrame) -> Style:
    """`style` by another field, in its own colours."""
    colours = style.palette or ([style.fill] if style.fill else [])
    return style.model_copy(update={"field": _telling(frame), "classes": [], "codes": None, "palette": colours})


def _telling(frame: gpd.GeoDataFrame, most: int = 24) -> str:
    """The first telling column that has values, few of them if there is such a one."""
    columns = [name for name in frame.columns if name != frame.geometry.name]
    known = [name for name in _TELLING if name in columns] or columns
    if not known:
        raise ValueError("a layer without any attribute cannot be drawn by classes")
    counts = {name: len({text(value) for value in frame[name].tolist()} - {None}) for name in known}
    few = [name for name in known if 0 < counts[name] <= most]
    return few[0] if few else min(known, key=lambda name: counts[name] or len(frame) + 1)

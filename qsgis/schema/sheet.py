"""maps/<id>.toml and maps/styles/<id>.toml: a sheet of the map set, and how layers are drawn."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from qsgis.messages import choose
from qsgis.schema.base import Colour, Model, Named


class StyleClass(Model):
    """One class of a style: a value (categorised) or an upper bound (graduated; the last one open), and its look."""

    value: str | None = None
    upto: float | None = None
    name: str = ""
    name_en: str | None = None
    fill: Colour | None = None
    stroke: Colour | None = None

    @property
    def label(self) -> str:
        """The name in the user's language."""
        return choose(self.name, self.name_en)


class Style(Named):
    """How a layer is drawn, in QGIS and in the browser alike. Colours are #rrggbb, widths and radii pixels.

    kind categorised: classes by `field`'s values, listed here, or taken from the code table `codes` (its columns
    code, name, colour), or from the data with `palette`. kind graduated: classes by upper bounds. `fill = "none"`
    leaves polygons open.
    """

    kind: Literal["categorised", "graduated"]
    field: str
    classes: list[StyleClass] = []
    codes: str | None = None
    palette: list[Colour] = []
    fill: Colour | None = "#cccccc"
    fill_opacity: float = Field(0.6, ge=0, le=1)
    stroke: Colour = "#444444"
    stroke_width: float = Field(1.0, ge=0)
    dash: list[float] = []
    radius: float = Field(5.0, gt=0)
    label_field: str | None = None

    @field_validator("fill", mode="before")
    @classmethod
    def _open(cls, value: object) -> object:
        return None if value == "none" else value


class SheetLayer(Model):
    """A layer on a sheet: a feature layer of an analysis (`analysis` + `layer`), else an input or zone layer."""

    layer: str
    analysis: str | None = None
    style: str | None = None
    name: str | None = None
    name_en: str | None = None
    shown: bool = True


class Sheet(Model):
    """One sheet of the 规划实施分析图 set."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    title_en: str | None = None
    order: int = 100
    indicators: list[str] = []  # whose figures stand beside the map
    layers: list[SheetLayer] = Field(min_length=1)
    context: list[str] = []
    note: str = ""
    note_en: str | None = None

    @property
    def label(self) -> str:
        """The title in the user's language."""
        return choose(self.title, self.title_en)

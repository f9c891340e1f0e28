"""The one schema of all TOML files: layers, analyses, maps, styles and project.toml. An unknown key is an error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from qsgis.messages import _, choose

GeometryKind = Literal["polygon", "line", "point", "table", "raster"]
Better = Literal["higher", "lower", "not_lower", "ceiling", "context"]
Dimension = Literal["安全", "创新", "协调", "绿色", "开放", "共享"]
Mode = Literal["walk", "bike", "drive", "radius"]
Year = Literal["current", "base"] | int
Condition = list[str] | dict[str, Any]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class Model(BaseModel):
    """Closed: an unknown key is an error; values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Named(Model):
    """A thing with an id (the file's name) and a name in Chinese and English."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    name_en: str | None = None

    @property
    def label(self) -> str:
        """The name in the user's language."""
        return choose(self.name, self.name_en)


# --- layers/<id>.toml ---


class LayerField(Model):
    """A canonical field: the names it has in practice, its type and unit, the code table of its values."""

    name: str
    name_en: str | None = None
    aliases: list[str] = []
    type: Literal["text", "number", "flag"] = "text"
    unit: str | None = None
    codes: str | None = None
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    values: dict[str, list[str]] = {}  # canonical value -> spellings met in practice

    @property
    def label(self) -> str:
        """The name in the user's language."""
        return choose(self.name, self.name_en)


class Checks(Model):
    """What is done where a layer breaks a rule: `stop` (analyses that need it fail), `warn` (said) or `off`."""

    empty: Literal["stop", "warn", "off"] = "stop"
    geometry: Literal["stop", "warn", "off"] = "stop"
    required: Literal["stop", "warn", "off"] = "stop"
    invalid: Literal["stop", "warn", "off"] = "warn"
    duplicates: Literal["stop", "warn", "off"] = "warn"
    codes: Literal["stop", "warn", "off"] = "warn"
    values: Literal["stop", "warn", "off"] = "warn"


class Layer(Named):
    """A layer as bureaus hand it over, and how it is recognised, read, selected from, checked and drawn."""

    geometry: list[GeometryKind]
    names: list[str] = []
    department: list[str] = []
    note: str = ""
    note_en: str | None = None
    balance: str | None = None  # the field whose record results are shares of (TBDLMJ, YJJBNTMJ)
    restricted: bool = False
    fields: dict[str, LayerField] = {}
    select: dict[str, dict[str, Any]] = {}
    checks: Checks = Checks()
    style: str | None = None
    osm: list[dict[str, list[str] | Literal[True]]] = []  # any of these; in one, all: tag = values, or true for any
    osm_fields: dict[str, str] = {}  # canonical field -> OSM tag

    @field_validator("geometry", mode="before")
    @classmethod
    def _as_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    def conditions(self, name: str) -> Iterator[tuple[str, str | None, Condition]]:
        """(field, column of its code table or None, wanted values or {min, max}) of the selection `name`."""
        for key, wanted in self.select[name].items():
            if isinstance(wanted, dict) and not set(wanted) <= {"min", "max"}:
                for column, values in wanted.items():
                    yield key, column, values
            else:
                yield key, None, wanted


# --- analyses/<id>.toml ---

GROUND, LINES, SPATIAL = frozenset({"polygon"}), frozenset({"line"}), frozenset({"polygon", "line", "point"})


class Operand(Model):
    """Features of one layer, or of several as their union, perhaps selected, of a year, or what lies outside them."""

    layer: str | list[str]
    select: str | list[str] | None = None
    year: Year = "current"
    outside: bool = False

    @property
    def layers(self) -> list[str]:
        """The layer ids."""
        return [self.layer] if isinstance(self.layer, str) else self.layer

    @property
    def selections(self) -> list[str]:
        """The names of the selections; a feature in any of them counts."""
        return [] if self.select is None else [self.select] if isinstance(self.select, str) else self.select


class Supply(Operand):
    """One group of facilities, with limits of its own where they differ from the measure's."""

    minutes: float | None = Field(None, gt=0)
    metres: float | None = Field(None, gt=0)


class _OfMeasure(Model):
    of: list[Operand] = Field(min_length=1)
    within: Operand | None = None
    patches: bool = False

    @property
    def cutters(self) -> list[Operand]:
        """What the first operand is cut by."""
        return [*self.of[1:], *([self.within] if self.within else [])]

    def operands(self) -> list[Operand]:
        """Everything that the measure reads."""
        return [self.of[0], *self.cutters]

    def due(self) -> list[tuple[Operand, frozenset[str]]]:
        """The kinds of geometry, one of which each operand must be able to be of."""
        return [(self.of[0], SPATIAL), *((operand, GROUND) for operand in self.cutters)]

    def feature_layers(self, name: str) -> list[str]:
        """The feature layers that the measure called `name` makes."""
        return [name] if self.patches else []


class Area(_OfMeasure):
    """Area of the first operand inside (or outside) all the others; `by` also splits it by a field's values."""

    method: Literal["area"]
    by: str | None = None

    def due(self) -> list[tuple[Operand, frozenset[str]]]:
        """Ground, cut by ground."""
        return [(operand, GROUND) for operand in self.operands()]


class Length(_OfMeasure):
    """Length of lines; lines nearer than `doubled` metres to each other all along count once."""

    method: Literal["length"]
    doubled: float = Field(2.0, ge=0)

    def due(self) -> list[tuple[Operand, frozenset[str]]]:
        """Lines, cut by ground."""
        return [(self.of[0], LINES), *((operand, GROUND) for operand in self.cutters)]


class Count(_OfMeasure):
    """Number of features."""

    method: Literal["count"]


class Sum(_OfMeasure):
    """Sum of a field; a polygon cut by another operand gives its share by area."""

    method: Literal["sum"]
    field: str


class Reach(Model):
    """Demand from which one facility of EACH supply group is reached within the limits."""

    method: Literal["reach"]
    demand: Operand
    supply: list[Supply] = Field(min_length=1)
    mode: Mode
    minutes: float | None = Field(None, gt=0)
    metres: float | None = Field(None, gt=0)
    speed_kmh: float | None = Field(None, gt=0)
    delay_minutes: float = Field(0.0, ge=0)
    count: Literal["area", "people", "features"] = "area"
    network: Operand = Operand(layer="roads")
    access_metres: float = Field(500.0, gt=0)
    cell_metres: float = Field(30.0, gt=0)
    within: Operand | None = None
    patches: bool = False
    allow_substitute: bool = False

    @model_validator(mode="after")
    def _limited(self) -> Reach:
        for group in self.supply:
            minutes, metres = group.minutes or self.minutes, group.metres or self.metres
            if (minutes is None) == (metres is None):
                raise ValueError(_("exactly one of minutes and metres must be given"))
            if self.mode == "radius" and metres is None:
                raise ValueError(_("a radius is given in metres"))
        return self

    def due(self) -> list[tuple[Operand, frozenset[str]]]:
        """Demand and supply of any place, streets as lines, a bound of ground."""
        places = [(operand, SPATIAL) for operand in (self.demand, *self.supply)]
        streets = [] if self.mode == "radius" else [(self.network, LINES)]
        return [*places, *streets, *([(self.within, GROUND)] if self.within else [])]

    def feature_layers(self, name: str) -> list[str]:
        """The feature layers that the measure makes, whatever its name."""
        del name
        streets = [] if self.mode == "radius" else ["streets"]
        return ["covered", "uncovered", "facilities", *streets] if self.patches else []

    def operands(self) -> list[Operand]:
        """Everything that the measure reads."""
        network = [] if self.mode == "radius" else [self.network]
        return [self.demand, *self.supply, *network, *([self.within] if self.within else [])]


class Commute(Model):
    """Commuters whose one-way time is within `minutes` (all of them where it is absent), by place of residence."""

    method: Literal["commute"]
    sources: list[Literal["od_minutes", "od_network", "gravity"]] = Field(min_length=1)
    minutes: float | None = Field(None, gt=0)
    count: Literal["people", "person_minutes"] = "people"
    mode: Literal["walk", "bike", "drive"] = "drive"
    speed_kmh: float | None = Field(None, gt=0)
    network: Operand = Operand(layer="roads")
    decay_per_minute: float = Field(0.08, gt=0)  # gravity: deterrence exp(-decay × minutes)
    worker_share: float = Field(0.5, gt=0, le=1)  # gravity: commuters among residents where `employed` is not given
    access_metres: float = Field(2000.0, gt=0)
    within: Operand | None = None
    patches: bool = False

    def due(self) -> list[tuple[Operand, frozenset[str]]]:
        """A bound of ground."""
        return [(operand, GROUND) for operand in self.operands()]

    def feature_layers(self, name: str) -> list[str]:
        """The feature layers that the measure makes, whatever its name."""
        del name
        return ["places"] if self.patches else []

    def operands(self) -> list[Operand]:
        """What the measure may read; which of them it needs depends on the source that is there."""
        return [self.within] if self.within else []


Measure = Annotated[Area | Length | Count | Sum | Reach | Commute, Field(discriminator="method")]


# What a measure reads without naming it: people live on residential land, residential land is the survey's.
_STANDS_ON = {"residential": ("land_use",), "population": ("land_use", "residential")}
_COMMUTE_LAYERS = ["commute_od", "population", "jobs", "roads"]


class Part(Model):
    """A figure beside the headline: an expression of its own, in `unit` or in the headline's."""

    name: str
    name_en: str | None = None
    value: str
    unit: str | None = None

    @property
    def label(self) -> str:
        """The name in the user's language."""
        return choose(self.name, self.name_en)


class Case(Model):
    """An example worked by hand: figures with units in, figures in the definition's units out."""

    measures: dict[str, str] = {}  # measure -> "3.5 平方千米"
    uses: dict[str, float] = {}  # indicator in `uses` -> value in its own unit
    zone_area: str | None = None
    value: float | None = None  # not given: no denominator, so not applicable
    parts: dict[str, float] = {}
    how: str
    how_en: str | None = None

    @property
    def steps(self) -> str:
        """How it is worked out, in the user's language."""
        return choose(self.how, self.how_en)


class Analysis(Named):
    """An indicator or analysis: facts, measures, one headline expression, parts."""

    dimension: Dimension
    theme: str = ""
    aspect: list[str] = []
    unit: str
    better: Better
    department: list[str] = []
    edition: list[Literal["2020", "2021", "2025"]] = []
    tier: Literal["基本", "推荐", "自选"] = "自选"
    standard: str = ""
    note: str = ""
    note_en: str | None = None
    uses: list[str] = []
    zones: list[Literal["county", "districts", "villages"]] = ["county", "districts"]
    headline: str | None = None
    measures: dict[str, Measure] = {}
    parts: dict[str, Part] = {}
    case: list[Case] = []

    @property
    def reported(self) -> bool:
        """Whether the value comes from a department and not from layers."""
        return self.headline is None

    def feature_layers(self) -> list[str]:
        """The names of the feature layers that the measures make."""
        return [layer for name, measure in self.measures.items() for layer in measure.feature_layers(name)]

    def layer_ids(self) -> list[str]:
        """The ids of the layers that the measures may read, each once, those they name first."""
        named = [
            name for measure in self.measures.values() for operand in measure.operands() for name in operand.layers
        ]
        for measure in self.measures.values():
            named += _COMMUTE_LAYERS if isinstance(measure, Commute) else []
            named += ["population"] if isinstance(measure, Reach) else []
        named += [other for name in named for other in _STANDS_ON.get(name, ())]
        return list(dict.fromkeys(named))


# --- maps/<id>.toml and maps/styles/<id>.toml ---


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


# --- project.toml ---


class ProjectFacts(Model):
    """Which county, which years, which coordinate system."""

    name: str
    adcode: str = ""
    crs: str | None = None
    year: int = Field(ge=1990, le=2100)
    base_year: int | None = Field(None, ge=1990, le=2100)
    target_year: int | None = Field(None, ge=1990, le=2100)
    notice: str = ""  # stands on every output, e.g. 示意数据
    notice_en: str | None = None


def _with_slashes(path: str) -> str:
    """A path as every system reads it; an empty one would be the project's folder itself."""
    if not path.strip():
        raise ValueError(_("the path is empty"))
    if any(sign in path for sign in "\t\n\r"):
        raise ValueError(_("the path holds a line break or a tab: write / in paths, or put them in 'single quotes'"))
    return path.replace("\\", "/")


FilePath = Annotated[str, AfterValidator(_with_slashes)]


class LayerSource(Model):
    """A file for a layer. What the file does not say itself (CRS, encoding, field names) may be said here."""

    path: FilePath | None = None
    layer: str | None = None
    year: int | None = None
    survey: Literal[2, 3] = 3
    crs: str | None = None
    encoding: str | None = None
    fields: dict[str, str] = {}
    none: bool = False  # the county has none of these: an empty layer, not a missing one
    datum_shift: bool = False

    @model_validator(mode="after")
    def _somewhere(self) -> LayerSource:
        if (self.path is None) != self.none:
            raise ValueError(_("give either a path, or none = true where the county has none"))
        return self


class ValuesSource(Model):
    """The table of values that departments supplied."""

    path: FilePath
    sheet: str | None = None


class Override(Model):
    """A value overruled by hand."""

    value: float
    year: int
    why: str = Field(min_length=1)
    who: str = Field(min_length=1)


class ProjectFile(Model):
    """project.toml as written."""

    project: ProjectFacts
    layers: dict[str, LayerSource | list[LayerSource]] = {}
    values: ValuesSource | None = None
    overrides: dict[str, Override] = {}
    analyses: dict[str, dict[str, Any]] = {}

    def sources(self, layer: str) -> list[LayerSource]:
        """The files of a layer; none where it is not declared."""
        found = self.layers.get(layer, [])
        return found if isinstance(found, list) else [found]

"""The one schema of all TOML files, and the catalog they make: built-in files, then the project's over them.

A project's file with a built-in id changes it: its top-level keys replace the built-in ones, and in the tables
`fields`, `select`, `measures`, `parts` its entries replace those of the same name. An unknown key is an error.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator, model_validator

from qsgis import units
from qsgis.errors import BadDefinition, BadExpression, BadToml, CircularUse, UnknownId, UnknownUnit
from qsgis.expressions import Expression, ExpressionError, unit_problem
from qsgis.messages import _, choose

GeometryKind = Literal["polygon", "line", "point", "table", "raster"]
Better = Literal["higher", "lower", "not_lower", "ceiling", "context"]
Dimension = Literal["安全", "创新", "协调", "绿色", "开放", "共享"]
Mode = Literal["walk", "bike", "drive", "radius"]
Year = Literal["current", "base"] | int
Condition = list[str] | dict[str, Any]


class Model(BaseModel):
    """Closed: an unknown key is an error; values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


class Area(_OfMeasure):
    """Area of the first operand inside (or outside) all the others; `by` also splits it by a field's values."""

    method: Literal["area"]
    by: str | None = None


class Length(_OfMeasure):
    """Length of lines; lines nearer than `doubled` metres to each other all along count once."""

    method: Literal["length"]
    doubled: float = Field(2.0, ge=0)


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
    fill: str | None = None
    stroke: str | None = None

    @property
    def label(self) -> str:
        """The name in the user's language."""
        return choose(self.name, self.name_en)


class Style(Named):
    """How a layer is drawn, in QGIS and in the browser alike. Colours are #rrggbb, widths and radii pixels.

    kind categorised: classes by `field`'s values, listed here, or taken from the code table `codes` (its columns
    code, name, colour), or from the data with `palette`. kind graduated: classes by upper bounds.
    """

    kind: Literal["categorised", "graduated"]
    field: str
    classes: list[StyleClass] = []
    codes: str | None = None
    palette: list[str] = []
    fill: str | None = "#cccccc"
    fill_opacity: float = Field(0.6, ge=0, le=1)
    stroke: str = "#444444"
    stroke_width: float = Field(1.0, ge=0)
    dash: list[float] = []
    radius: float = Field(5.0, gt=0)
    label_field: str | None = None


class SheetLayer(Model):
    """A layer on a sheet: a feature layer of an analysis (`analysis` + `layer`), or an input or zone layer (`layer`)."""

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


class LayerSource(Model):
    """A file for a layer. What the file does not say itself (CRS, encoding, field names) may be said here."""

    path: str | None = None
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

    path: str
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


# --- loading ---

CodeTable = dict[str, dict[str, str]]
_FOLDERS = {"layers": "layers", "analyses": "analyses", "sheets": "maps", "styles": "maps/styles"}
_MERGED_TABLES = ("fields", "select", "measures", "parts")
_M = TypeVar("_M", bound=Model)


def builtin_folder(folder: str) -> Path:
    """Where a catalog folder ("layers", "analyses", "maps") stands: inside the wheel, or beside the package."""
    package = Path(__file__).parent
    carried = package / folder / "catalog"
    return carried if carried.is_dir() else package.parent / folder


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file's content; BadToml where it does not parse or is not UTF-8."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadToml(path, str(error)) from error


def validate(model: type[_M], data: Mapping[str, Any], path: Path) -> _M:
    """`data` as a `model`; BadDefinition with file, key and what is allowed for the first thing that is wrong."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _first_problem(error, model, path) from error


def _first_problem(error: ValidationError, model: type[Model], path: Path) -> BadDefinition:
    problem = error.errors()[0]
    key = ".".join(str(step) for step in problem["loc"]) or model.__name__
    reasons = {"extra_forbidden": _("this key is not known"), "missing": _("this key must be given")}
    reason = reasons.get(problem["type"], problem["msg"])
    if problem["type"] == "extra_forbidden":
        allowed = ", ".join(_keys_beside(model, problem["loc"]))
    else:
        context = problem.get("ctx", {})
        allowed = str(context.get("expected") or context.get("expected_tags") or problem["msg"])
    return BadDefinition(path, key, reason, allowed)


def _keys_beside(model: type[Model], location: tuple[int | str, ...]) -> list[str]:
    """The keys that the table around a wrong key may have, from the schema itself."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    tables = [schema]
    for step in location[:-1]:
        tables = [inner for table in tables for inner in _step_into(table, step, definitions)] or tables
    return list(dict.fromkeys(key for table in tables for key in table.get("properties", {})))


def _step_into(table: dict[str, Any], step: int | str, definitions: dict[str, Any]) -> Iterator[dict[str, Any]]:
    inner = table.get("properties", {}).get(str(step)) or table.get("items") or table.get("additionalProperties")
    waiting = [inner] if isinstance(inner, dict) else []
    while waiting:
        schema = waiting.pop()
        waiting += [option for union in ("anyOf", "oneOf", "allOf") for option in schema.get(union, [])]
        if "$ref" in schema:
            waiting.append(definitions[schema["$ref"].rsplit("/", 1)[-1]])
        elif {"properties", "items", "additionalProperties"} & set(schema):
            yield schema


def _merge(base: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**base, **over}
    for table in _MERGED_TABLES:
        if table in base and table in over:
            merged[table] = {**base[table], **over[table]}
    return merged


@cache
def code_table(name: str) -> CodeTable:
    """The code table layers/codes/<name>.csv: code -> its columns. KeyError where there is none."""
    path = builtin_folder("layers") / "codes" / f"{name}.csv"
    if not path.is_file():
        raise KeyError(name)
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {row["code"]: row for row in rows}


@dataclass(frozen=True)
class Catalog:
    """All definitions by id, and the file that each came from (the project's where it has a say)."""

    layers: dict[str, Layer]
    analyses: dict[str, Analysis]
    sheets: dict[str, Sheet]
    styles: dict[str, Style]
    paths: dict[tuple[str, str], Path]

    @classmethod
    def load(cls, project: Path | None = None) -> Catalog:
        """The built-in catalog, with the folders of `project` over it. Raises UsageError for a wrong definition."""
        paths: dict[tuple[str, str], Path] = {}
        models: dict[str, type[Model]] = {"layers": Layer, "analyses": Analysis, "sheets": Sheet, "styles": Style}
        loaded = {kind: _load_kind(kind, model, project, paths) for kind, model in models.items()}
        catalog = cls(**loaded, paths=paths)
        catalog.check()
        return catalog

    def check(self) -> None:
        """Every name that one definition takes from another exists; expressions fit their units."""
        for layer in self.layers.values():
            self._check_layer(layer)
        for analysis in self.analyses.values():
            self._check_analysis(analysis)
        for sheet in self.sheets.values():
            self._check_sheet(sheet)
        self.order  # noqa: B018  (a circle shows here)

    @cached_property
    def order(self) -> list[str]:
        """Analysis ids, each after those it uses; CircularUse where there is no such order."""
        done: dict[str, None] = {}

        def visit(name: str, trail: tuple[str, ...]) -> None:
            if name in trail:
                raise CircularUse(self.paths["analyses", name], (*trail[trail.index(name) :], name))
            if name not in done:
                for used in self.analyses[name].uses:
                    visit(used, (*trail, name))
                done[name] = None

        for name in self.analyses:
            visit(name, ())
        return list(done)

    def get_layer(self, name: str, where: object) -> Layer:
        """The layer `name`; UnknownId, naming `where` it was asked for, where there is none."""
        if name not in self.layers:
            raise UnknownId(_("layer"), name, where, self.layers)
        return self.layers[name]

    def get_analysis(self, name: str, where: object) -> Analysis:
        """The analysis `name`; UnknownId, naming `where` it was asked for, where there is none."""
        if name not in self.analyses:
            raise UnknownId(_("analysis"), name, where, self.analyses)
        return self.analyses[name]

    def _check_layer(self, layer: Layer) -> None:
        path = self.paths["layers", layer.id]
        for name, item in layer.fields.items():
            if item.unit and not units.known(item.unit):
                raise UnknownUnit(f"{path}: fields.{name}.unit", item.unit)
            self._table(item.codes, f"{path}: fields.{name}.codes")
        if layer.balance and layer.balance not in layer.fields:
            raise UnknownId(_("field"), layer.balance, f"{path}: balance", layer.fields)
        if layer.style and layer.style not in self.styles:
            raise UnknownId(_("style"), layer.style, f"{path}: style", self.styles)
        for select in layer.select:
            self._check_selection(layer, select, path)

    def _check_selection(self, layer: Layer, select: str, path: Path) -> None:
        for name, column, wanted in layer.conditions(select):
            where = f"{path}: select.{select}.{name}"
            if name not in layer.fields:
                raise UnknownId(_("field"), name, where, layer.fields)
            if column is None:
                continue
            table = self._table(layer.fields[name].codes, where)
            columns = list(next(iter(table.values()), {}))
            if column not in columns:
                raise UnknownId(_("column of the code table"), column, where, columns)
            known = {row[column] for row in table.values()}
            for value in wanted if isinstance(wanted, list) else ():
                if value not in known:
                    raise UnknownId(_("code"), str(value), where, known)

    def _table(self, name: str | None, where: str) -> CodeTable:
        try:
            return code_table(name) if name else {}
        except KeyError:
            tables = [path.stem for path in (builtin_folder("layers") / "codes").glob("*.csv")]
            raise UnknownId(_("code table"), str(name), where, tables) from None

    def _check_analysis(self, analysis: Analysis) -> None:
        path = self.paths["analyses", analysis.id]
        if not units.known(analysis.unit):
            raise UnknownUnit(f"{path}: unit", analysis.unit)
        for used in analysis.uses:
            self.get_analysis(used, f"{path}: uses")
        for name, measure in analysis.measures.items():
            for operand in measure.operands():
                self._check_operand(operand, f"{path}: measures.{name}")
        names = {name: self.measure_unit(measure) for name, measure in analysis.measures.items()}
        names |= {name: self.analyses[name].unit for name in analysis.uses} | {"zone_area": "平方米"}
        for name, part in analysis.parts.items():
            unit = part.unit or analysis.unit
            _check_expression(part.value, names, unit, f"{path}: parts.{name}.value")
            names[name] = unit
        if analysis.headline is not None:
            _check_expression(analysis.headline, names, analysis.unit, f"{path}: headline")

    def _check_operand(self, operand: Operand, where: str) -> None:
        for name in operand.layers:
            layer = self.get_layer(name, where)
            for select in operand.selections:
                if select not in layer.select:
                    raise UnknownId(_("selection"), select, where, layer.select)

    def measure_unit(self, measure: Measure) -> str:
        """The unit of a measure's sum, before the expression."""
        match measure:
            case Sum():
                layer = self.layers[measure.of[0].layers[0]]
                if measure.field not in layer.fields:
                    raise UnknownId(_("field"), measure.field, self.paths["layers", layer.id], layer.fields)
                return layer.fields[measure.field].unit or "1"
            case Reach():
                return {"area": "平方米", "people": "人", "features": "1"}[measure.count]
            case Commute():
                return {"people": "人", "person_minutes": "人分钟"}[measure.count]
        return {"area": "平方米", "length": "米", "count": "1"}[measure.method]

    def _check_sheet(self, sheet: Sheet) -> None:
        path = self.paths["sheets", sheet.id]
        for item in sheet.layers:
            if item.analysis:
                self.get_analysis(item.analysis, f"{path}: layers")
            else:
                self.get_layer(item.layer, f"{path}: layers")
            if item.style and item.style not in self.styles:
                raise UnknownId(_("style"), item.style, f"{path}: layers", self.styles)
        for name in sheet.context:
            self.get_layer(name, f"{path}: context")
        for name in sheet.indicators:
            self.get_analysis(name, f"{path}: indicators")


def _check_expression(text: str, names: Mapping[str, str], unit: str, where: str) -> None:
    try:
        expression = Expression(text)
    except ExpressionError as error:
        raise BadExpression(where, text, str(error), _("write it with names, numbers, + − × ÷ and brackets")) from error
    unknown = sorted(expression.names - set(names))
    known = ", ".join(names)
    if unknown:
        reason = _("unknown name: {names}", names=", ".join(unknown))
        raise BadExpression(where, text, reason, _("known here: {names}", names=known))
    if not units.known(unit):
        raise UnknownUnit(where, unit)
    problem = unit_problem(expression, {name: names[name] for name in expression.names}, unit)
    if problem:
        listing = ", ".join(f"{name} [{names[name]}]" for name in sorted(expression.names))
        raise BadExpression(where, text, problem, _("units here: {names}", names=listing))


def _load_kind(kind: str, model: type[_M], project: Path | None, paths: dict[tuple[str, str], Path]) -> dict[str, _M]:
    """All definitions of one kind: built-in files, then the project's merged over them."""
    folder, _slash, inner = _FOLDERS[kind].partition("/")
    raw: dict[str, dict[str, Any]] = {}
    homes = [builtin_folder(folder) / inner, *([project / folder / inner] if project else [])]
    for home in homes:
        for path in sorted(home.glob("*.toml")):
            data = read_toml(path)
            name = data.setdefault("id", path.stem)
            if name != path.stem:
                raise BadDefinition(path, "id", _("it differs from the file's name"), path.stem)
            raw[name] = _merge(raw[name], data) if name in raw else data
            paths[kind, name] = path
    return {name: validate(model, data, paths[kind, name]) for name, data in raw.items()}


def parameters(analysis: Analysis, changes: Mapping[str, Any], where: str) -> Analysis:
    """`analysis` with a project's parameters in every measure that has them; BadDefinition for one that none has."""
    if not changes:
        return analysis
    fields = {name: set(type(measure).model_fields) for name, measure in analysis.measures.items()}
    allowed = set().union(*fields.values()) - {"method", "of", "demand", "supply", "count", "patches"}
    for key in changes:
        if key not in allowed:
            raise BadDefinition(
                where, key, _("no measure of this analysis has this parameter"), ", ".join(sorted(allowed))
            )
    adapter: TypeAdapter[Any] = TypeAdapter(Measure)
    measures = {}
    for name, measure in analysis.measures.items():
        own = {key: value for key, value in changes.items() if key in fields[name]}
        if "metres" in own or "minutes" in own:
            own = {"metres": None, "minutes": None} | own
        try:
            measures[name] = adapter.validate_python(measure.model_dump() | own) if own else measure
        except ValidationError as error:
            problem = error.errors()[0]
            key = ".".join(str(step) for step in problem["loc"])
            raise BadDefinition(where, key, problem["msg"], str(problem.get("ctx", ""))) from error
    return analysis.model_copy(update={"measures": measures})

"""The catalog that the TOML files make: the built-in ones, then the project's over them, checked against each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from qsgis import units
from qsgis.codes import CodeTable, builtin_folder, code_table, survey_codes
from qsgis.definitions import load_kind, load_rules
from qsgis.errors import BadDefinition, BadExpression, CircularUse, UnknownId, UnknownUnit
from qsgis.expressions import Expression, ExpressionError, unit_problem
from qsgis.messages import _
from qsgis.schema import Analysis, Area, By, Change, Commute, Layer, Measure, Operand, Reach, Rules, Sheet, Style, Sum
from qsgis.schema.layer import Selections

_SELECTIONS: tuple[Selections, ...] = ("select", "second_survey", "estimate")


@dataclass(frozen=True)
class Catalog:
    """All definitions by id, and the file that each came from (the project's where it has a say)."""

    layers: dict[str, Layer]
    analyses: dict[str, Analysis]
    sheets: dict[str, Sheet]
    styles: dict[str, Style]
    rules: Rules
    paths: dict[tuple[str, str], Path]

    @classmethod
    def load(cls, project: Path | None = None) -> Catalog:
        """The built-in catalog, with the folders of `project` over it. Raises UsageError for a wrong definition."""
        paths: dict[tuple[str, str], Path] = {}
        catalog = cls(
            load_kind("layers", Layer, project, paths),
            load_kind("analyses", Analysis, project, paths),
            load_kind("sheets", Sheet, project, paths),
            load_kind("styles", Style, project, paths),
            load_rules(),
            paths,
        )
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

    def of_edition(self, edition: str | None) -> list[str]:
        """Analyses that an edition has, in the order of computing: those that carry it, or one that it builds on.

        Those that carry none are nobody's but this toolkit's or the county's own, and always count. None: all.
        """
        if edition is None:
            return self.order
        wanted: set[str] = set()
        step: str | None = edition
        while step is not None and step not in wanted:
            wanted.add(step)
            step = self.rules.editions[step].builds_on
        return [
            name for name in self.order if not self.analyses[name].edition or wanted & set(self.analyses[name].edition)
        ]

    def in_contents(self, ids: Iterable[str]) -> list[str]:
        """Analyses in the order of the table of contents; one that it does not list comes last in its theme."""
        dimensions = list(self.rules.contents)
        themes = [theme for dimension in dimensions for theme in self.rules.contents[dimension]]
        listed = [
            name for dimension in dimensions for names in self.rules.contents[dimension].values() for name in names
        ]
        place = {name: number for number, name in enumerate(listed)}
        theme_place = {theme: number for number, theme in enumerate(themes)}

        def key(name: str) -> tuple[bool, int, int, int, str]:
            one = self.analyses[name]
            dimension = dimensions.index(one.dimension) if one.dimension in dimensions else len(dimensions)
            theme = theme_place.get(one.theme, len(themes))
            return one.kind != "indicator", dimension, theme, place.get(name, len(listed)), name

        return sorted(ids, key=key)

    def get_layer(self, name: str, where: object) -> Layer:
        """The layer `name`; UnknownId, naming `where` it was asked for, where there is none."""
        if name not in self.layers:
            raise UnknownId(_("layer"), name, where, self.layers, yours=True)
        return self.layers[name]

    def get_analysis(self, name: str, where: object) -> Analysis:
        """The analysis `name`; UnknownId, naming `where` it was asked for, where there is none."""
        if name not in self.analyses:
            raise UnknownId(_("analysis"), name, where, self.analyses, yours=True)
        return self.analyses[name]

    def layers_of(self, analysis: Analysis) -> list[str]:
        """The ids of the layers that an analysis may read, those it names first, then those that stand in for them."""
        return self.with_stand_ins(analysis.layer_ids())

    def with_stand_ins(self, layers: Iterable[str]) -> list[str]:
        """Layers, and those that stand in for them where nobody supplies them."""
        named = list(dict.fromkeys(layers))
        for name in named:  # grows while it runs: what stands in may have a stand-in itself
            stand_in = self.layers[name].stands_in
            named += [stand_in.layer] if stand_in and stand_in.layer not in named else []
        return named

    def with_beside(self, layers: Iterable[str]) -> list[str]:
        """Layers, and those that record ground which was taken off their features."""
        named = list(dict.fromkeys(layers))
        rules = [self.layers[name].deducted for name in named]
        return list(dict.fromkeys([*named, *(other for rule in rules if rule for other in rule.beside)]))

    def _check_layer(self, layer: Layer) -> None:
        path = self.paths["layers", layer.id]
        for name, item in layer.fields.items():
            if item.unit and not units.known(item.unit):
                raise UnknownUnit(f"{path}: fields.{name}.unit", item.unit)
            self._table(item.codes, f"{path}: fields.{name}.codes")
        if layer.balance and layer.balance not in layer.fields:
            raise UnknownId(_("field"), layer.balance, f"{path}: balance", layer.fields)
        for field in layer.deducted.fields if layer.deducted else ():
            self._check_field(layer.id, field, f"{path}: deducted")
        for beside in layer.deducted.beside if layer.deducted else ():
            self.get_layer(beside, f"{path}: deducted.beside")
        if layer.style and layer.style not in self.styles:
            raise UnknownId(_("style"), layer.style, f"{path}: style", self.styles, yours=True)
        for kind in _SELECTIONS:
            for select in getattr(layer, kind):
                self._named(select, layer.select, f"{path}: {kind}")
                self._check_selection(layer, select, kind, path)
        if layer.stands_in:
            other = self.get_layer(layer.stands_in.layer, f"{path}: stands_in")
            self._named(layer.stands_in.select, other.select, f"{path}: stands_in")

    @staticmethod
    def _named(select: str, known: Mapping[str, Any], where: str) -> None:
        if select not in known:
            raise UnknownId(_("selection"), select, where, known)

    def _check_selection(self, layer: Layer, select: str, kind: Selections, path: Path) -> None:
        for name, column, wanted in layer.conditions(select, kind):
            where = f"{path}: {kind}.{select}.{name}"
            if name not in layer.fields:
                raise UnknownId(_("field"), name, where, layer.fields)
            if column is None:
                continue
            codes = layer.fields[name].codes
            table = self._table(survey_codes(codes, 2 if kind == "second_survey" else 3), where)
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
        for edition in analysis.edition:
            if edition not in self.rules.editions:
                raise UnknownId(_("edition"), edition, f"{path}: edition", self.rules.editions)
        for name, measure in analysis.measures.items():
            self._check_measure(measure, path, f"measures.{name}")
        names = {name: self.measure_unit(measure) for name, measure in analysis.measures.items()}
        names |= {name: self.analyses[name].unit for name in analysis.uses} | {"zone_area": "平方米"}
        for name, part in analysis.parts.items():
            unit = part.unit or analysis.unit
            _check_expression(part.value, names, unit, f"{path}: parts.{name}.value")
            names[name] = unit
        for text in analysis.choices:
            _check_expression(text, names, analysis.unit, f"{path}: headline")
        for wrong, meant in analysis.unit_aliases.items():
            if not units.known(meant) or not units.same_dimension(meant, analysis.unit):
                raise UnknownUnit(f"{path}: unit_aliases.{wrong}", meant)

    def _check_measure(self, measure: Measure, path: Path, key: str) -> None:
        for operand in measure.operands():
            self._check_operand(operand, f"{path}: {key}")
        for operand, kinds in measure.due():
            self._check_kind(operand, kinds, path, key)
        if isinstance(measure, (Area, Change)) and measure.by:
            self._check_by(measure.resolved(measure.by), f"{path}: {key}.by")
        if isinstance(measure, Sum):
            self._check_field(measure.of[0].layers[0], measure.field, f"{path}: {key}.field")

    def _check_operand(self, operand: Operand, where: str) -> None:
        for name in operand.layers:
            layer = self.get_layer(name, where)
            for select in operand.selections:
                self._named(select, layer.select, where)
            if operand.steeper is not None and "raster" not in layer.geometry:
                rasters = [one.id for one in self.layers.values() if "raster" in one.geometry]
                raise UnknownId(_("raster layer"), name, f"{where}.steeper", rasters)

    def _check_kind(self, operand: Operand, kinds: frozenset[str], path: Path, key: str) -> None:
        """A measure's operand must be able to be of one of the kinds of geometry that the measure works on."""
        for name in operand.layers:
            found = self.layers[name].geometry
            held = {*found, "polygon"} if "raster" in found else set(found)  # a raster's cells are ground
            if not kinds & held:
                reason = _(
                    "{layer} holds {found}; {wanted} are due",
                    layer=name,
                    found="/".join(_(kind) for kind in found),
                    wanted="/".join(_(kind) for kind in sorted(kinds)),
                )
                allowed = [one.id for one in self.layers.values() if kinds & set(one.geometry)]
                raise BadDefinition(path, key, reason, ", ".join(allowed))

    def _check_by(self, by: By, where: str) -> None:
        self._check_field(by.layer, by.field, where)
        if by.column is None:
            return
        codes = self.layers[by.layer].fields[by.field].codes
        columns = next(iter(code_table(codes).values()), {}) if codes else {}
        if by.column not in columns:
            raise UnknownId(_("column of the code table"), by.column, where, columns)

    def _check_field(self, layer: str, field: str, where: str) -> None:
        known = self.layers[layer].fields
        if field not in known:
            raise UnknownId(_("field"), field, where, known)

    def measure_unit(self, measure: Measure) -> str:
        """The unit of a measure's sum, before the expression."""
        match measure:
            case Sum():
                unit = self.layers[measure.of[0].layers[0]].fields[measure.field].unit or "1"
                return f"{unit} * 平方米" if measure.by_area else unit
            case Reach():
                return {"area": "平方米", "people": "人", "features": "1"}[measure.count]
            case Commute():
                return {"people": "人", "person_minutes": "人分钟"}[measure.count]
        return {"area": "平方米", "change": "平方米", "length": "米", "count": "1"}[measure.method]

    def _check_sheet(self, sheet: Sheet) -> None:
        path = self.paths["sheets", sheet.id]
        for item in sheet.layers:
            if item.analysis:
                made = self.get_analysis(item.analysis, f"{path}: layers").feature_layers()
                if item.layer not in made:
                    raise UnknownId(_("feature layer of the analysis"), item.layer, f"{path}: layers", made)
            else:
                self.get_layer(item.layer, f"{path}: layers")
            if item.style and item.style not in self.styles:
                raise UnknownId(_("style"), item.style, f"{path}: layers", self.styles, yours=True)
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
        listing = ", ".join(f"{name} [{names[name]}]" for name in sorted(expression.names)) or _("none")
        raise BadExpression(where, text, problem, _("units here: {names}", names=listing))

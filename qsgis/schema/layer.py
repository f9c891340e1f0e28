"""layers/<id>.toml: a layer as bureaus hand it over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field, field_validator

from qsgis.messages import choose
from qsgis.schema.base import GeometryKind, Model, Named

Condition = list[str] | dict[str, Any]
Selections = Literal["select", "second_survey", "estimate"]  # the tables of a layer file that hold selections


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


class StandIn(Model):
    """What is taken for a layer that nobody supplied: a selection of another layer.

    joined_metres: features no farther apart than this make one patch, and of the patches the largest counts.
    estimated: the figures that stand on it are estimates.
    """

    layer: str
    select: str
    joined_metres: float | None = Field(None, ge=0)
    estimated: bool = False


class Deducted(Model):
    """What a survey takes off the gross record of its features, to count it under a class of its own (田坎 1203 …).

    gross: the field of the gross record; ratio: of the share of it that is taken off; area: of what is taken off in
    m². code: the field of its class, and where that is empty default, by survey ("2", "3").
    beside: of the second survey, layers that record more that was taken off (线状地物, 零星地物) -> the field of the
    features with what each lost to that layer.
    """

    gross: str
    ratio: str
    area: str | None = None
    code: str | None = None
    default: dict[str, str] = {}
    beside: dict[str, str] = {}

    @property
    def fields(self) -> list[str]:
        """The fields of the layer itself that it names."""
        named = [self.gross, self.ratio, self.area, self.code, *self.beside.values()]
        return [name for name in named if name is not None]


class Layer(Named):
    """A layer as bureaus hand it over, and how it is recognised, read, selected from, checked and drawn."""

    geometry: list[GeometryKind]
    names: list[str] = []
    department: list[str] = []
    note: str = ""
    note_en: str | None = None
    balance: str | None = None  # the field whose record results are shares of (TBDLMJ, YJJBNTMJ)
    deducted: Deducted | None = None  # what that record leaves out of the gross one
    restricted: bool = False
    fields: dict[str, LayerField] = {}
    select: dict[str, dict[str, Any]] = {}
    second_survey: dict[str, dict[str, Any]] = {}  # the same selections by the codes of the second survey (二调)
    estimate: dict[str, dict[str, Any]] = {}  # the same where a field that they ask for is filled in nowhere
    stands_in: StandIn | None = None
    series_break: int | None = None  # the first year that is not comparable with those before
    checks: Checks = Checks()
    style: str | None = None
    osm: list[dict[str, list[str] | Literal[True]]] = []  # any of these; in one, all: tag = values, or true for any
    osm_fields: dict[str, str] = {}  # canonical field -> OSM tag

    @field_validator("geometry", mode="before")
    @classmethod
    def _as_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value

    def conditions(self, name: str, table: Selections = "select") -> Iterator[tuple[str, str | None, Condition]]:
        """(field, column of its code table or None, wanted values or {min, max}) of the selection `name`."""
        selections: dict[str, dict[str, Any]] = getattr(self, table)
        for key, wanted in selections[name].items():
            if isinstance(wanted, dict) and not set(wanted) <= {"min", "max"}:
                for column, values in wanted.items():
                    yield key, column, values
            else:
                yield key, None, wanted

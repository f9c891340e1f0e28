"""analyses/<id>.toml: an indicator or analysis."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from qsgis.messages import _, choose
from qsgis.schema.base import Aspect, Better, Dimension, Model, Named, Tier
from qsgis.schema.measure import Measure


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


REPORTED = "reported"  # in `prefer`: the department's own value


class Analysis(Named):
    """An indicator or analysis: facts, measures, one headline expression, parts.

    kind: an indicator; a base figure that indicators use (GDP, say); or an account, whose parts add up to its headline.
    prefer: in the place of `headline`, the parts that may be it, in order: the first that has data is. "reported" as
    the first: the department's own value goes before the computed one. bounded: a percentage is 0 to 100, another
    figure not below 0; a rate of growth, say, is not.
    """

    kind: Literal["indicator", "figure", "account"] = "indicator"
    aliases: list[str] = []  # other names, misprints among them, that tables of values may use
    unit_aliases: dict[str, str] = {}  # a unit as misprinted -> the unit that is meant
    dimension: Dimension
    theme: str = ""
    aspect: list[Aspect] = []
    unit: str
    better: Better
    bounded: bool = True
    department: list[str] = []
    edition: list[str] = []
    tier: Tier = "自选"
    county_item: list[str] = []  # the items of the county's own list that ask for it
    standard: str = ""
    note: str = ""
    note_en: str | None = None
    uses: list[str] = []
    zones: list[Literal["county", "districts", "villages"]] = ["county", "districts"]
    headline: str | None = None
    prefer: list[str] = []
    measures: dict[str, Measure] = {}
    parts: dict[str, Part] = {}
    case: list[Case] = []

    @model_validator(mode="after")
    def _one_headline(self) -> Analysis:
        if self.headline is not None and self.prefer:
            raise ValueError(_("give either headline or prefer"))
        unknown = [name for name in self.prefer[self.prefers_reported :] if name not in self.parts]
        if unknown:
            raise ValueError(_("prefer names what is no part: {names}", names=", ".join(unknown)))
        if self.measures and self.reported:
            raise ValueError(_("it has measures, but no headline that uses them"))
        return self

    @property
    def choices(self) -> list[str]:
        """The expressions that may be the headline, in order; none where the value is a department's."""
        return [self.headline] if self.headline is not None else [name for name in self.prefer if name != REPORTED]

    @property
    def reported(self) -> bool:
        """Whether the value comes from a department and not from layers."""
        return not self.choices

    @property
    def prefers_reported(self) -> bool:
        """Whether a department's value goes before the computed one."""
        return self.prefer[:1] == [REPORTED]

    def feature_layers(self) -> list[str]:
        """The names of the feature layers that the measures make."""
        return [layer for name, measure in self.measures.items() for layer in measure.feature_layers(name)]

    def layer_ids(self) -> list[str]:
        """The ids of the layers that the measures may read, each once, those they name first."""
        return list(dict.fromkeys(name for measure in self.measures.values() for name in measure.layer_ids()))

    def label_of(self, measure: str) -> str | None:
        """The label of the part that shows a measure as it is."""
        return next((part.label for part in self.parts.values() if part.value.strip() == measure), None)


class AnalysisFile(Model):
    """A file that holds several definitions; what `common` says holds for those that do not say it themselves."""

    common: dict[str, Any] = {}
    analysis: list[dict[str, Any]] = Field(min_length=1)

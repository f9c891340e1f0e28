"""The measures of analyses/<id>.toml: what is summed up over zones, and of which features."""

from __future__ import annotations

import re
from abc import abstractmethod
from datetime import date
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, field_validator, model_validator

from qsgis.messages import _
from qsgis.schema.base import Mode, Model, Year

GROUND, LINES, SPATIAL = frozenset({"polygon"}), frozenset({"line"}), frozenset({"polygon", "line", "point"})


class Operand(Model):
    """Features of one layer, or of several as their union, perhaps selected, of a year, or what lies outside them.

    dated: of one file that holds several years, only the features whose field `year` is the operand's year.
    around: the ground no farther than so many metres is part of it (in the plane of the analysis CRS).
    steeper: of a raster of elevation, the ground steeper than so many degrees; a raster without it is the ground that
    it has values for.
    """

    layer: str | list[str]
    select: str | list[str] | None = None
    year: Year = "current"
    dated: bool = False
    around: float | None = Field(None, gt=0)
    steeper: float | None = Field(None, ge=0, lt=90)
    outside: bool = False

    @property
    def layers(self) -> list[str]:
        """The layer ids."""
        return [self.layer] if isinstance(self.layer, str) else self.layer

    @property
    def selections(self) -> list[str]:
        """The names of the selections; a feature in any of them counts."""
        return [] if self.select is None else [self.select] if isinstance(self.select, str) else self.select


class By(NamedTuple):
    """What a measure is split by: a field of the layer of one operand, or a column of the field's code table."""

    operand: int  # its number among the measure's operands
    layer: str
    field: str
    column: str | None


class Supply(Operand):
    """One group of facilities, with limits of its own where they differ from the measure's."""

    minutes: float | None = Field(None, gt=0)
    metres: float | None = Field(None, gt=0)


PEOPLE_LAYERS = ["population", "land_use", "residential"]  # people live on residential land


class _Measure(Model):
    """What all measures have: the operands they read."""

    @abstractmethod
    def operands(self) -> list[Operand]:
        """Everything that the measure names."""

    def layer_ids(self) -> list[str]:
        """The ids of the layers that the measure may read, each once, those it names first."""
        named = [name for operand in self.operands() for name in operand.layers]
        return list(dict.fromkeys([*named, *(PEOPLE_LAYERS if "population" in named else [])]))


_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
TRANSIT_LAYERS = ["transit", "transit_lines"]  # a timetable, or a table of lines that stands in for one


class _Ridden(_Measure):
    """What measures by public transport have beside: the day, the window of departures, and the walks.

    day: not given, the Wednesday on which most trips run. window: first and last departure, one each `every_minutes`;
    the median counts. walk_minutes: the longest walk to and from a stop; transfer_minutes: between two stops;
    change_minutes: the least time to change. speed_kmh is that of walking.
    """

    day: date | None = None
    window: list[str] = Field(["07:00", "09:00"], min_length=2, max_length=2)
    every_minutes: float = Field(1.0, gt=0)
    walk_minutes: float = Field(10.0, ge=0)
    transfer_minutes: float = Field(5.0, ge=0)
    change_minutes: float = Field(1.0, ge=0)

    @field_validator("window")
    @classmethod
    def _in_order(cls, window: list[str]) -> list[str]:
        if not all(_CLOCK.fullmatch(text) for text in window) or _minute(window[0]) > _minute(window[1]):
            raise ValueError(_("a window is two times of day in order, such as 07:00 and 09:00"))
        return window

    @model_validator(mode="after")
    def _only_by_timetable(self) -> _Ridden:
        own = type(self).model_fields
        idle = [name for name in _Ridden.model_fields if getattr(self, name) != own[name].get_default()]
        if getattr(self, "mode", None) != "transit" and idle:
            raise ValueError(_('{names} are for mode = "transit" only: take them out', names=", ".join(idle)))
        return self

    @property
    def departures(self) -> tuple[int, int]:
        """The window in minutes after midnight."""
        return _minute(self.window[0]), _minute(self.window[1])


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


class _OfMeasure(_Measure):
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

    def resolved(self, by: str) -> By:
        """`field`, `field.column`, `layer.field` or `layer.field.column`; without a layer the first operand's."""
        words = by.split(".")
        number, layer = 0, self.of[0].layers[0]
        for place, operand in enumerate(self.operands()):
            if len(words) > 1 and words[0] in operand.layers:
                number, layer, words = place, words[0], words[1:]
                break
        return By(number, layer, words[0], ".".join(words[1:]) or None)

    def feature_layers(self, name: str) -> list[str]:
        """The feature layers that the measure called `name` makes."""
        return [name] if self.patches else []


class Area(_OfMeasure):
    """Area of the first operand inside (or outside) all the others; `by` also splits it by a field's values.

    recorded: shares of the area that features record (TBDLMJ …), where they do; else what is drawn, on the ellipsoid.
    sliver_metres: patches narrower than that are marked as slivers; they stay in the totals.
    """

    method: Literal["area"]
    by: str | None = None
    recorded: bool = True
    sliver_metres: float = Field(1.0, ge=0)

    def due(self) -> list[tuple[Operand, frozenset[str]]]:
        """Ground, cut by ground."""
        return [(operand, GROUND) for operand in self.operands()]


class Change(_OfMeasure):
    """Ground that went from one class to another since an earlier year: a transition matrix, and what changed in all.

    of: the later state, cut by the others; since: the earlier year of the first operand. by: field or field.column
    that tells the classes of both. The sum is the ground whose class differs.
    """

    method: Literal["change"]
    by: str
    since: Year = "base"
    sliver_metres: float = Field(1.0, ge=0)

    @model_validator(mode="after")
    def _of_all_classes(self) -> Change:
        if self.of[0].selections or self.of[0].outside or self.of[0].year != "current":
            raise ValueError(_("change is of a whole layer, of the current year; within and more operands bound it"))
        return self

    @property
    def earlier(self) -> Operand:
        """The first operand in the earlier year."""
        return self.of[0].model_copy(update={"year": self.since})

    def operands(self) -> list[Operand]:
        """Everything that the measure reads, the earlier state last."""
        return [*super().operands(), self.earlier]

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
    """Number of features; with `near`, of those no farther than `near_metres` from a feature of it.

    beyond: of those that are farther from all of them.
    """

    method: Literal["count"]
    near: Operand | None = None
    near_metres: float = Field(0.0, ge=0)
    beyond: bool = False

    @field_validator("near")
    @classmethod
    def _near_what_is_there(cls, near: Operand | None) -> Operand | None:
        if near is not None and near.outside:
            raise ValueError(_("nothing is near what lies outside"))
        return near

    @model_validator(mode="after")
    def _beyond_what(self) -> Count:
        if self.beyond and self.near is None:
            raise ValueError(_("beyond needs near"))
        return self

    def operands(self) -> list[Operand]:
        """Everything that the measure reads."""
        return [*super().operands(), *([self.near] if self.near else [])]

    def due(self) -> list[tuple[Operand, frozenset[str]]]:
        """Features of any place, cut by ground, near features of any place."""
        return [*super().due(), *([(self.near, SPATIAL)] if self.near else [])]


class Sum(_OfMeasure):
    """Sum of a field; a polygon cut by another operand gives its share by area, as does a raster's cell.

    by_area: a raster's values times the ground of their cells in m² (elevation: the sum ÷ the ground is the mean).
    """

    method: Literal["sum"]
    field: str
    by_area: bool = False


# What a mode of `reach` has no use for, and what stands there then.
UNUSED: dict[str, dict[str, float | bool | None]] = {
    "radius": {"speed_kmh": None, "access_kmh": None, "delay_minutes": 0.0, "areas": False, "outward": False},
    "transit": {"areas": False, "outward": False},
    "walk": {"outward": False},
}


class Reach(_Ridden):
    """Demand from which one facility of EACH supply group is reached within the limits; outward: that it reaches.

    outward: the way runs from the facility, as a fire engine's does; on streets of one direction it is another one.

    patches: feature layers of what is covered and what is not, of the facilities, and of the streets in reach. areas:
    one of the ground in reach of the only group, drawn as a strip along the streets.
    """

    method: Literal["reach"]
    demand: Operand
    supply: list[Supply] = Field(min_length=1)
    mode: Mode
    outward: bool = False
    minutes: float | None = Field(None, gt=0)
    metres: float | None = Field(None, gt=0)
    speed_kmh: float | None = Field(None, gt=0)
    delay_minutes: float = Field(0.0, ge=0)
    count: Literal["area", "people", "features"] = "area"
    network: Operand = Operand(layer="roads")
    access_metres: float = Field(500.0, gt=0)
    access_kmh: float | None = Field(None, gt=0)  # between a place and its street; not given: walking
    cell_metres: float = Field(30.0, gt=0)
    within: Operand | None = None
    patches: bool = False
    areas: bool = False
    allow_substitute: bool = False
    without_supply: Literal["zero", "not_applicable"] = "zero"  # what a county without any such facility gets

    @model_validator(mode="after")
    def _limited(self) -> Reach:
        for group in self.supply:
            minutes, metres = self.limit(group)
            if (minutes is None) == (metres is None):
                raise ValueError(_("exactly one of minutes and metres must be given"))
            if self.mode == "radius" and metres is None:
                raise ValueError(_("a radius is given in metres"))
            if self.mode == "transit" and minutes is None:
                raise ValueError(_("a journey by public transport is given in minutes"))
            if metres is not None and self.mode == "drive" and self.speed_kmh is None:
                raise ValueError(_("metres along streets need speed_kmh where each street has its own speed"))
        return self

    @model_validator(mode="after")
    def _nothing_idle(self) -> Reach:
        idle = [name for name, value in UNUSED.get(self.mode, {}).items() if getattr(self, name) != value]
        if idle:
            raise ValueError(
                _('{names} mean nothing where mode = "{mode}": take them out', names=", ".join(idle), mode=self.mode)
            )
        if self.delay_minutes and any(self.limit(group)[0] is None for group in self.supply):
            raise ValueError(_("delay_minutes needs limits in minutes"))
        if self.areas and len(self.supply) > 1:
            raise ValueError(_("areas are of one group of facilities"))
        return self

    def limit(self, group: Supply) -> tuple[float | None, float | None]:
        """(minutes, metres) of a group of facilities: its own, else the measure's."""
        return (group.minutes, group.metres) if group.minutes or group.metres else (self.minutes, self.metres)

    def layer_ids(self) -> list[str]:
        """The layers that it names, and where people live, which its feature layers tell."""
        rides = TRANSIT_LAYERS if self.mode == "transit" else []
        return list(dict.fromkeys([*super().layer_ids(), *rides, *PEOPLE_LAYERS]))

    def due(self) -> list[tuple[Operand, frozenset[str]]]:
        """Demand and supply of any place, streets as lines, a bound of ground."""
        places = [(operand, SPATIAL) for operand in (self.demand, *self.supply)]
        streets = [] if self.mode == "radius" else [(self.network, LINES)]
        return [*places, *streets, *([(self.within, GROUND)] if self.within else [])]

    def feature_layers(self, name: str) -> list[str]:
        """The feature layers that the measure makes, whatever its name."""
        del name
        streets = [] if self.mode in ("radius", "transit") else ["streets"]
        layers = ["covered", "uncovered", "facilities", *streets] if self.patches else []
        return [*layers, "areas"] if self.areas else layers

    def operands(self) -> list[Operand]:
        """Everything that the measure reads."""
        network = [] if self.mode == "radius" else [self.network]
        return [self.demand, *self.supply, *network, *([self.within] if self.within else [])]


class Commute(_Ridden):
    """Commuters whose one-way time is within `minutes` (all of them where it is absent), by place of residence.

    timed: without those who have no way there at all (what a mean time divides by).
    """

    method: Literal["commute"]
    sources: list[Literal["od_minutes", "od_network", "gravity"]] = Field(min_length=1)
    minutes: float | None = Field(None, gt=0)
    count: Literal["people", "person_minutes"] = "people"
    mode: Literal["walk", "bike", "drive", "transit"] = "drive"
    timed: bool = False
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
        """What bounds it; what else it reads depends on the source that is there."""
        return [self.within] if self.within else []

    def layer_ids(self) -> list[str]:
        """The layers of every source."""
        rides = TRANSIT_LAYERS if self.mode == "transit" else []
        named = [*super().layer_ids(), "commute_od", "jobs", *self.network.layers, *rides, *PEOPLE_LAYERS]
        return list(dict.fromkeys(named))


Measure = Annotated[Area | Change | Length | Count | Sum | Reach | Commute, Field(discriminator="method")]

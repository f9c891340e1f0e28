"""Trips from the OD table: with their own times, as from phone data, or timed on the network."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from qsgis.analyses.headcount import zone_of_codes
from qsgis.analyses.inputs import Inputs, source_text
from qsgis.analyses.networks import Ways, minutes_between, way_of
from qsgis.analyses.trips import Trips, known_places, share_of
from qsgis.layers.check import some
from qsgis.messages import _
from qsgis.schema import Commute

MUCH = 0.05  # a larger share of the commuters that is not known, or has no way: the figure is an estimate


@dataclass
class Table:
    """Rows of the OD table that can be used, and what is said of the others.

    rows: frame, with at_origin (and at_destination): rows of `place`, -1 for a destination that is not known.
    """

    rows: pd.DataFrame
    place: gpd.GeoDataFrame
    source: str
    notes: list[str]
    estimated: list[str]

    def say(self, text: str, share: float) -> None:
        """Keep a sentence on commuters that do not count: a reason for an estimate where they are many."""
        (self.estimated if share > MUCH else self.notes).append(text)


def _table(inputs: Inputs) -> Table:
    """The OD table, each row with its places. Rows without people, or from unknown places, are left out and named."""
    layer = inputs.load("commute_od", inputs.year)
    frame, place = layer.frame, known_places(inputs)
    for field in ("origin", "people"):
        if field not in frame:
            raise inputs.lacking("commute_od", field)
    found = Table(frame, place, source_text(layer), list(layer.notes), [])
    counted = frame["people"].to_numpy(dtype=float) >= 0
    if not counted.all():
        names = some(frame["feature"].astype(str).to_numpy()[~counted].tolist())
        text = _("{count} of {all} rows have no number of people, or a negative one: left out: rows {rows}",
                 count=int((~counted).sum()), all=len(frame), rows=names)  # fmt: skip
        found.estimated.append(text)  # how many people they are nobody knows
    row_of = {code: row for row, code in enumerate(place["code"])}
    ends = {end: _rows_of(frame[end], row_of, inputs) for end in ("origin", "destination") if end in frame}
    known = ends["origin"] >= 0
    _say_levels(found, ends["origin"][known & counted])
    people = np.where(counted, frame["people"].to_numpy(dtype=float), 0.0)
    if not known.all():
        text = _(
            "{people:g} commuters ({share:.1%}) start at unknown places and are not counted: {codes}",
            people=float(people[~known].sum()),
            share=share_of(people, ~known),
            codes=some(sorted(set(frame["origin"].astype(str)[~known]))),
        )
        found.say(text, share_of(people, ~known))
    found.rows = frame.assign(**{f"at_{end}": rows for end, rows in ends.items()})[known & counted]
    return found


def _say_levels(found: Table, origins: np.ndarray) -> None:
    levels = sorted(set(found.place["level"].to_numpy()[origins]))
    if len(levels) > 1:
        names = ", ".join(_(level) for level in levels)
        found.notes.append(
            _(
                "the table has rows of several levels ({levels}); all are added: check that none repeats another",
                levels=names,
            )
        )


def _rows_of(codes: pd.Series, row_of: dict[str, int], inputs: Inputs) -> np.ndarray:
    zone = zone_of_codes(codes, inputs.zones)
    return zone["code"].map(row_of).fillna(-1).to_numpy(dtype=np.int64)


def od_minutes(measure: Commute, inputs: Inputs) -> Trips:
    """Trips with the times that the table gives. LayerAbsent where it gives none."""
    table = _table(inputs)
    if "minutes" not in table.rows or bool(table.rows["minutes"].isna().all()):
        raise inputs.lacking("commute_od", "minutes")
    if measure.mode == "transit":  # somebody asked for it
        table.notes.append(
            _('the times are those of the table: mode = "transit" is not used (sources names what goes first)')
        )
    minutes, people = (table.rows[name].to_numpy(dtype=float) for name in ("minutes", "people"))
    timed = minutes >= 0
    if not timed.all():
        share = share_of(people, ~timed)
        table.estimated.append(
            _("{share:.1%} of the commuters have no time in the table and are left out", share=share)
        )
    rows = table.rows[timed]
    return Trips(
        table.place,
        rows["at_origin"].to_numpy(),
        people[timed],
        minutes[timed],
        _("trips with times (od_minutes)"),
        (table.source,),
        tuple(table.notes),
        tuple(table.estimated),
    )


def od_network(measure: Commute, inputs: Inputs) -> Trips:
    """Trips timed between the middles of their zones' residents, in the measure's mode."""
    table = _table(inputs)
    if "destination" not in table.rows:
        raise inputs.lacking("commute_od", "destination")
    way = way_of(measure, inputs)
    known = table.rows["at_destination"].to_numpy() >= 0
    if not known.all():
        everyone = table.rows["people"].to_numpy(dtype=float)
        text = _(
            "{people:g} commuters ({share:.1%}) go to unknown places and are left out: {codes}",
            people=float(everyone[~known].sum()),
            share=share_of(everyone, ~known),
            codes=some(sorted(set(table.rows["destination"].astype(str)[~known]))),
        )
        table.estimated.append(text)
    rows = table.rows[known]
    start, end = rows["at_origin"].to_numpy(), rows["at_destination"].to_numpy()
    people, minutes = rows["people"].to_numpy(dtype=float), _timed(measure, way, table.place, start, end)
    _say_unreached(table, people, minutes, start == end)
    if "mode" in rows and rows["mode"].notna().any():
        table.notes.append(_("the table says how people travel; all were timed by: {mode}", mode=_(measure.mode)))
    return Trips(
        table.place,
        start,
        people,
        minutes,
        _("trips timed on the network (od_network), {way}", way=way.method),
        (table.source, *way.sources),
        (*table.notes, *way.notes),
        (*table.estimated, *way.estimated),
    )


def _timed(measure: Commute, way: Ways, place: gpd.GeoDataFrame, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Minutes of each trip between rows of `place`; inf where there is no way."""
    spots = np.asarray(place.geometry.array, dtype=object)
    starts, at_start = np.unique(start, return_inverse=True)
    ends, at_end = np.unique(end, return_inverse=True)
    minutes: np.ndarray = minutes_between(measure, way, spots[starts], spots[ends])[at_start, at_end]
    return minutes


def _say_unreached(table: Table, people: np.ndarray, minutes: np.ndarray, at_home: np.ndarray) -> None:
    """Commuters without a way, and those whose place of work is their own zone: their way has no length here."""
    far = ~np.isfinite(minutes)
    if far.any():
        text = _(
            "{people:g} commuters ({share:.1%}) have no way on the network and count as not within the time",
            people=float(people[far].sum()),
            share=share_of(people, far),
        )
        table.say(text, share_of(people, far))
    if at_home.any():
        text = _(
            "{people:g} commuters ({share:.1%}) work in the zone where they live: their way counts as 0 minutes",
            people=float(people[at_home].sum()),
            share=share_of(people, at_home),
        )
        table.notes.append(text)

"""The rules a layer must meet, and what was found where it does not: flaws by feature, notes for the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd
import shapely

from qsgis.errors import LayerRefused, ValueWrong
from qsgis.messages import _
from qsgis.schema import Layer

Rule = Literal["empty", "geometry", "required", "invalid", "duplicates", "codes", "values"]
FLAW_COLUMNS = ["layer", "feature", "reason", "detail"]


def some(names: Sequence[str], limit: int = 8) -> str:
    """The first few of `names` for reading; a cut list says how many there are."""
    tail = _(" … ({count} in all)", count=len(names)) if len(names) > limit else ""
    return ", ".join(names[:limit]) + tail


def why_invalid(geometry: Any) -> str:
    """GEOS's reason why a geometry is not valid, in the user's language, and [the place] where."""
    reason, bracket, place = str(shapely.is_valid_reason(geometry)).partition("[")
    return _(reason) + bracket + place


@dataclass
class Findings:
    """What reading one layer found. `path` stands in every refusal."""

    definition: Layer
    path: object
    notes: list[str] = field(default_factory=list)
    _flaws: list[tuple[str, str, str]] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Say something about the whole layer, once."""
        said = f"{self.definition.id}: {text}"
        if said not in self.notes:
            self.notes.append(said)

    def flaw(self, feature: str, reason: str, detail: str) -> None:
        """Put one feature on the list of flaws."""
        self._flaws.append((feature, reason, detail))

    def on(self, rule: Rule) -> bool:
        """Whether the rule is checked at all."""
        return bool(getattr(self.definition.checks, rule) != "off")

    def broken(self, rule: Rule, refusal: LayerRefused, note: str) -> None:
        """A rule is broken: raise `refusal` where it says stop, say `note` where it says warn."""
        level = getattr(self.definition.checks, rule)
        if level == "stop":
            raise refusal
        if level == "warn":
            self.note(note)

    def broken_values(self, rule: Rule, what: str, features: Sequence[str], reason: str, do: str) -> None:
        """A rule about single features is broken: `what` (a field, the geometry) in `features`, for `reason`."""
        listing = some(features)
        where = _("{path}: {what}, features {listing}", path=self.path, what=what, listing=listing)
        note = _(
            "{reason} ({what}: {count} features: {listing})",
            reason=reason,
            what=what,
            count=len(features),
            listing=listing,
        )
        self.broken(rule, ValueWrong(self.definition.id, where, reason, do), note)

    def flaws(self) -> pd.DataFrame:
        """All flaws as a frame (layer, feature, reason, detail), in the order they were found."""
        rows = [(self.definition.id, *flaw) for flaw in self._flaws]
        return pd.DataFrame(rows, columns=FLAW_COLUMNS, dtype=object)

"""Whether two years of an indicator can be compared: the same survey, and files of their own."""

from __future__ import annotations

from dataclasses import dataclass

from qsgis.loading import Loader
from qsgis.messages import _
from qsgis.results import Value
from qsgis.schema import Analysis


@dataclass(frozen=True)
class Series:
    """The files of a project, seen as series over the years."""

    loader: Loader

    def doubts(self, analysis: Analysis, base: Value, now: Value) -> list[str]:
        """What the files of two values of an indicator say against comparing them."""
        said = []
        if self._broken(analysis, base, now):
            said.append(_("series break: the two years stand on different land surveys"))
        if base.kind == now.kind == "computed" and self._same_files(analysis, base.year, now.year):
            said.append(_("both years stand on the same undated files, so no change can show"))
        return said

    def _same_files(self, analysis: Analysis, first: int, second: int) -> bool:
        """Whether an indicator, and all that it uses, reads the same undated files for two years."""
        catalog, inputs = self.loader.catalog, self.loader.inputs(first)
        layers = [name for year in (first, second) for name in inputs.read_for(analysis.layer_ids(), year)]
        operands = [operand for measure in analysis.measures.values() for operand in measure.operands()]
        if any(operand.dated for operand in operands) or inputs.files(layers, first) != inputs.files(layers, second):
            return False
        used = [catalog.analyses[name] for name in analysis.uses]
        return bool(analysis.measures) and all(self._same_files(one, first, second) for one in used)

    def _broken(self, analysis: Analysis, base: Value, now: Value) -> bool:
        """Whether two values stand on layers of which a new series began between them.

        Of two computed ones the surveys that were read decide; else the years.
        """
        catalog, inputs = self.loader.catalog, self.loader.inputs(now.year)
        if base.kind == now.kind == "reported" and analysis.prefers_reported:
            return False  # the department's own series
        named = [name for measure in analysis.measures.values() for one in measure.operands() for name in one.layers]
        for name in sorted({*inputs.read_for(named, base.year), *inputs.read_for(named, now.year)}):
            first = catalog.layers[name].series_break
            if first is None:
                continue
            if base.kind == now.kind == "computed":
                if self.loader.survey(name, base.year) != self.loader.survey(name, now.year):
                    return True
            elif base.year < first <= now.year:
                return True
        return any(self._broken(catalog.analyses[used], base, now) for used in analysis.uses)

"""A file's values → canonical types: text, numbers, flags; spellings and codes as the definitions have them.

Values are worked on by their distinct spellings, so that a column of codes costs little however long it is.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from qsgis.codes import CodeTable, code_table, survey_codes
from qsgis.errors import CONTROLS, OtherSurvey
from qsgis.layers.check import Findings, some
from qsgis.layers.fields import normal
from qsgis.messages import _
from qsgis.schema import LayerField

Array = np.ndarray[Any, Any]
_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?([eE][+-]?\d+)?")
_TRUE = {"true", "t", "yes", "y", "1", "是", "有"}
_FALSE = {"false", "f", "no", "n", "0", "否", "无"}
OTHER_SURVEY = 0.8  # of the features' codes in the other survey's table, and so few in their own, that no doubt is left
_EXACT = 2**53  # above it a float cannot hold every integer


class Wrong(ValueError):
    """A value that cannot be used; the message says why."""


@dataclass
class _Column:
    """The distinct values of a column and where they stand."""

    distinct: list[Any]
    places: Array

    def spread(self, values: list[Any], dtype: Any) -> Array:
        """`values`, one for each distinct value and one for "nothing", put back into the rows."""
        table = np.empty(len(values), dtype)
        table[:] = values
        return np.asarray(table[self.places])


def convert(frame: pd.DataFrame, features: Array, survey: int, findings: Findings) -> pd.DataFrame:
    """`frame` (canonical columns, raw values) with text (None where empty), float and True/False/None columns.

    What cannot be used becomes a flaw and is empty in the frame; ValueWrong where the layer's rule says stop.
    """
    converted: dict[str, pd.Series[Any]] = {}
    for name in frame.columns:
        field = findings.definition.fields[name]
        column = _Converter(name, field, features, survey, findings).convert(frame[name])
        converted[name] = pd.Series(column, dtype=column.dtype)
    return pd.DataFrame(converted, index=pd.RangeIndex(len(frame)), columns=list(frame.columns))


def table_of(codes: str, survey: int) -> CodeTable:
    """The code table `codes`, in its form for the land survey (2: 二调, 3: 三调) where it has one."""
    return code_table(survey_codes(codes, survey) or "")


@dataclass(frozen=True)
class _Converter:
    name: str
    field: LayerField
    features: Array
    survey: int
    findings: Findings

    def convert(self, values: pd.Series[Any]) -> Array:
        if self.field.type == "number" and (numbers := self._plain_numbers(values)) is not None:
            return numbers
        places, distinct = pd.factorize(np.asarray(values, dtype=object), use_na_sentinel=True)
        column = _Column(list(distinct), places)
        if self.field.type == "number":
            return column.spread([*self._each(column, self._number), math.nan], float)
        if self.field.type == "flag":
            return column.spread([*self._each(column, self._flag), None], object)
        if _plain_texts(column.distinct):
            texts = self._codes(column.distinct, column)
        else:
            self._say_controls(column)
            texts = self._codes(self._each(column, _text), column)
        return column.spread([*texts, None], object)

    def _plain_numbers(self, values: pd.Series[Any]) -> Array | None:
        """Numbers as they stand, where the file holds them as such and none is out of bounds; else None."""
        if not pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
            return None
        numbers = values.to_numpy(dtype=float, na_value=math.nan)
        low = -math.inf if self.field.minimum is None else self.field.minimum
        high = math.inf if self.field.maximum is None else self.field.maximum
        wrong = np.isinf(numbers) | (numbers < low) | (numbers > high)
        return None if wrong.any() else numbers

    def _say_controls(self, column: _Column) -> None:
        held = [repr(value) for value in column.distinct if isinstance(value, str) and CONTROLS.search(value)]
        if held:
            label, values = self.field.label, some(held, 5)
            self.findings.note(_("control characters were taken out of {field}: {values}", field=label, values=values))

    def _each(self, column: _Column, parse: Callable[[Any], Any]) -> list[Any]:
        """Each distinct value parsed; those that cannot be used are None (not a number: NaN) and reported."""
        nothing = math.nan if self.field.type == "number" else None
        parsed, wrong = [], {}
        for position, value in enumerate(column.distinct):
            try:
                parsed.append(parse(value))
            except Wrong as error:
                wrong[position] = str(error)
                parsed.append(nothing)
        self._report("values", column, wrong, _("value left out"), _("values cannot be used and are left out"))
        return parsed

    def _report(self, rule: Any, column: _Column, wrong: dict[int, str], reason: str, whole: str) -> None:
        if not wrong:
            return
        rows = np.flatnonzero(np.isin(column.places, list(wrong)))
        for row in rows:
            position = int(column.places[row])
            detail = _(
                "{field} = {value}: {why}", field=self.name, value=column.distinct[position], why=wrong[position]
            )
            self.findings.flaw(str(self.features[row]), reason, detail)
        examples = some([repr(str(column.distinct[position])) for position in wrong], 5)
        whole = _("{whole}: {examples}", whole=whole, examples=examples)
        do = _('correct them in the file, or set `{rule} = "warn"` in the layer\'s [checks]', rule=rule)
        self.findings.broken_values(rule, self.name, [str(feature) for feature in self.features[rows]], whole, do)

    def _number(self, value: Any) -> float:
        number = parse_number(value)
        low, high = self.field.minimum, self.field.maximum
        if low is not None and number < low:
            raise Wrong(_("less than {limit}", limit=low))
        if high is not None and number > high:
            raise Wrong(_("more than {limit}", limit=high))
        return number

    def _flag(self, value: Any) -> bool | None:
        text = normal(_text(value) or "")
        spelling = {normal(text): value for value, texts in self.field.values.items() for text in (value, *texts)}
        return _flag(spelling.get(text, text))

    def _refuse_other_survey(self, texts: list[str | None], column: _Column) -> None:
        """OtherSurvey where the codes are plainly those of the other survey's table."""
        other = 5 - self.survey  # 二调 is 2, 三调 is 3
        if survey_codes(self.field.codes, 2) == survey_codes(self.field.codes, 3):
            return  # one table for both
        share = _share(texts, column, table_of(self.field.codes or "", other))
        own = _share(texts, column, table_of(self.field.codes or "", self.survey))
        if share >= OTHER_SURVEY and own < 1 - OTHER_SURVEY:
            raise OtherSurvey(self.findings.definition.id, self.findings.path, share, self.survey, other)

    def _codes(self, texts: list[str | None], column: _Column) -> list[str | None]:
        """Spellings made canonical; codes given back the zeros a spreadsheet took; unknown ones reported, kept."""
        known: set[str] = set(self.field.values)
        spelling = {normal(text): value for value, texts in self.field.values.items() for text in (value, *texts)}
        if self.field.codes:
            self._refuse_other_survey(texts, column)
            table = table_of(self.field.codes, self.survey)
            known |= set(table)
            spelling = {normal(code): code for code in table} | spelling
            spelling = _without_zeros(table) | spelling
        if not spelling:
            return texts
        result = [None if text is None else spelling.get(normal(text), text) for text in texts]
        padded = sorted({new for old, new in zip(texts, result, strict=True) if old and new and _padded(old, new)})
        if padded:
            self.findings.note(
                _("leading zeros were put back in {field}: {codes}", field=self.name, codes=some(padded))
            )
        if self.findings.on("codes"):
            why = _("not in the list of {field}", field=self.field.label)
            unknown = {place: why for place, text in enumerate(result) if text is not None and text not in known}
            self._report("codes", column, unknown, _("unknown code"), _("values are not in the list of this field"))
        return result


def _share(texts: list[str | None], column: _Column, table: CodeTable) -> float:
    """Of the features that have a code, the share whose code stands in a table as it is written."""
    count = np.bincount(column.places[column.places >= 0], minlength=len(texts))
    coded = np.array([text is not None for text in texts], dtype=bool)
    listed = np.array([text in table for text in texts], dtype=bool)
    return float(count[listed].sum()) / max(float(count[coded].sum()), 1.0)


def _padded(old: str, new: str) -> bool:
    return old != new == old.zfill(len(new))


def _without_zeros(table: CodeTable) -> dict[str, str]:
    """Code without its leading zeros -> code, where only one code can be meant and it is none itself."""
    stripped: dict[str, list[str]] = {}
    for code in table:
        if code.startswith("0") and code.lstrip("0"):
            stripped.setdefault(normal(code.lstrip("0")), []).append(code)
    return {short: codes[0] for short, codes in stripped.items() if len(codes) == 1}


def _plain_texts(values: list[Any]) -> bool:
    """Whether these are texts without anything to take out: looked at as one, for most columns of a file are so."""
    try:
        whole = "".join(values)
    except TypeError:
        return False  # numbers among them
    return all(values) and whole.split(None, 1) == [whole] and not CONTROLS.search(whole)


def _text(value: Any) -> str | None:
    if isinstance(value, (bool, np.bool_)):
        return "1" if value else "0"
    if isinstance(value, (float, np.floating)):
        if not math.isfinite(value):
            raise Wrong(_("not a finite number"))
        if abs(float(value)) >= _EXACT:
            raise Wrong(_("the file's reader rounded this number; keep codes as text"))
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    return CONTROLS.sub("", str(value)).strip() or None


def parse_number(value: Any) -> float:
    """A number as people write it ("1,234.5", full-width digits); NaN for nothing; Wrong for anything else."""
    if isinstance(value, str):
        text = unicodedata.normalize("NFKC", value).replace("−", "-").strip()
        if not text:
            return math.nan
        if not _NUMBER.fullmatch(text) or not any(sign.isdigit() for sign in text):
            raise Wrong(_("not a number"))
        value = text.replace(",", "")
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise Wrong(_("not a number")) from error
    if math.isinf(number):
        raise Wrong(_("not a finite number"))
    return number


def _flag(text: str) -> bool | None:
    if not text:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise Wrong(_("neither yes nor no"))

"""The sheets of the workbook in their order; those that would be empty are left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, get_args

from qsgis.codes import term
from qsgis.documents.workbook.all_values import write_all_values
from qsgis.documents.workbook.aspect_sheet import write_aspects
from qsgis.documents.workbook.comparison import write_comparison
from qsgis.documents.workbook.dimension_sheets import write_dimension
from qsgis.documents.workbook.entries import entries
from qsgis.documents.workbook.indicator_table import write_indicator_table
from qsgis.documents.workbook.land_account import has_groups, write_account
from qsgis.documents.workbook.questions import write_questions
from qsgis.documents.workbook.transition_matrix import matrix_of, write_transitions
from qsgis.documents.workbook.zones import has_level, write_zones
from qsgis.messages import _
from qsgis.schema import Change, Dimension

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

    from qsgis.documents.workbook.page import Page
    from qsgis.results import Results, ZoneLevel
    from qsgis.schema import Analysis

_FORBIDDEN = re.compile(r"[\\/*?:\[\]]")  # in the name of a sheet
_LONGEST = 31


def write_sheets(book: Workbook, results: Results) -> list[Page]:
    """指标表, 六个方面, a sheet a dimension, townships, villages, accounts, comparison, questions, all values."""
    shown = entries(results)
    indicators = [entry for entry in shown if entry.is_indicator]
    whole = _("all values")
    table = write_indicator_table(
        _sheet(book, _("indicator table")), results, shown, _title(results, _("indicator table")), whole
    )
    pages = [table.page]
    name = _("six aspects")
    pages.append(write_aspects(_sheet(book, name), results, indicators, table, _title(results, name)))
    for dimension in get_args(Dimension):
        of_it = [entry for entry in indicators if entry.analysis.dimension == dimension]
        if of_it:
            name = term(dimension)
            title = _title(results, _("{dimension}: indicators", dimension=name))
            pages.append(write_dimension(_sheet(book, name), results, of_it, table, title))
    levels: tuple[tuple[ZoneLevel, str], ...] = (("district", _("districts")), ("village", _("villages")))
    for level, name in levels:
        if has_level(results, level):
            pages.append(write_zones(_sheet(book, name), results, indicators, level, _title(results, name)))
    for analysis_id, result in results.items():
        analysis = results.catalog.analyses[analysis_id]
        pages += _transitions(book, results, analysis)
        if analysis.kind == "account" and has_groups(analysis) and result.values:
            title = _title(results, analysis.label)
            pages.append(write_account(_sheet(book, analysis.label.partition(":")[0]), results, analysis, title))
    if results.peers:
        name = _("comparison")
        pages.append(write_comparison(_sheet(book, name), results, shown, _title(results, name)))
    if results.questions:
        name = _("to be checked")
        pages.append(write_questions(_sheet(book, name), results, _title(results, name)))
    pages.append(write_all_values(_sheet(book, whole), results, _title(results, whole)))
    return pages


def _transitions(book: Workbook, results: Results, analysis: Analysis) -> list[Page]:
    """A sheet for each measure of change that has a matrix."""
    pages = []
    for key, measure in analysis.measures.items():
        found = matrix_of(results, analysis, key, measure) if isinstance(measure, Change) else None
        if found is not None:
            name = _("transition matrix")
            title = _title(results, f"{analysis.label} · {name}")
            pages.append(write_transitions(_sheet(book, name), found, results[analysis.id].notes, title))
    return pages


def _sheet(book: Workbook, name: str) -> Worksheet:
    """A new sheet; openpyxl adds a number where there is one of that name."""
    sheet: Worksheet = book.create_sheet(_FORBIDDEN.sub(" ", name)[:_LONGEST])
    return sheet


def _title(results: Results, what: str) -> str:
    """What stands over a sheet: county, year, what it is, and what stands on every output (示意数据, say)."""
    facts = results.project.project
    county, year = facts.name, facts.year
    title = _("{county}: {what} of the spatial plan's health check, {year}", county=county, what=what, year=year)
    return " · ".join([title, *results.notices])

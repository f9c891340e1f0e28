"""Charts that Excel, WPS and LibreOffice draw alike: rates as bars beside the time passed, a value over the years."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openpyxl.chart import BarChart, LineChart, Reference, Series
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.label import DataLabel, DataLabelList
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties, RegularTextRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.worksheet.worksheet import Worksheet

DARK, GREY, GRID = "2F6B7E", "C3CCCF", "E3E8EA"
_NOTHING_ELSE = {"showSerName": False, "showCatName": False, "showLegendKey": False, "showPercent": False}
SMALL, TITLE = 800, 1000  # hundredths of a point


def rate_chart(
    sheet: Worksheet,
    title: str,
    rows: tuple[int, int],
    names: int,
    bars: dict[str, int],
    bounds: tuple[float, float],
    unlabelled: Sequence[int],
) -> BarChart:
    """Bars side by side, a group an indicator, the first on top.

    rows: first and last; names: the column of the indicators; bars: label -> column; bounds: of the axis, in %;
    unlabelled: groups without a number, counted from 0.
    """
    chart = BarChart()
    chart.type, chart.gapWidth = "bar", 40
    for (label, column), colour in zip(bars.items(), (DARK, GREY), strict=True):
        series = Series(Reference(sheet, min_col=column, min_row=rows[0], max_row=rows[1]))
        series.tx = SeriesLabel(v=label)
        series.graphicalProperties = GraphicalProperties(solidFill=colour)
        series.invertIfNegative = False
        chart.series.append(series)
    chart.series[0].dLbls = _labels("0")
    chart.series[0].dLbls.dLbl = [DataLabel(idx=place, showVal=False, **_NOTHING_ELSE) for place in unlabelled]
    chart.set_categories(Reference(sheet, min_col=names, min_row=rows[0], max_row=rows[1]))
    chart.title = _title(title)
    chart.x_axis.scaling.orientation, chart.x_axis.tickLblPos = "maxMin", "low"
    chart.y_axis.scaling.min, chart.y_axis.scaling.max = bounds
    chart.y_axis.majorUnit, chart.y_axis.number_format, chart.y_axis.crosses = 50, "0", "max"
    chart.legend.position = "b"
    _axes(chart)
    return chart


def line_chart(sheet: Worksheet, title: str, head: int, row: int, columns: tuple[int, int], form: str) -> LineChart:
    """One indicator over the years that stand in the row `head`; columns: first and last; form: of its numbers."""
    chart = LineChart()
    series = Series(Reference(sheet, min_col=columns[0], max_col=columns[1], min_row=row, max_row=row))
    line = LineProperties(solidFill=DARK, w=25400)
    series.graphicalProperties = GraphicalProperties(ln=line)
    series.marker.symbol, series.marker.size = "circle", 6
    series.marker.graphicalProperties = GraphicalProperties(solidFill=DARK, ln=line)
    series.smooth = False
    series.dLbls = _labels(form)
    series.dLbls.position = "t"
    chart.series.append(series)
    chart.set_categories(Reference(sheet, min_col=columns[0], max_col=columns[1], min_row=head, max_row=head))
    chart.title, chart.legend = _title(title), None
    chart.display_blanks = "span"
    chart.y_axis.number_format = form
    _axes(chart)
    return chart


def _axes(chart: BarChart | LineChart) -> None:
    for axis in (chart.x_axis, chart.y_axis):
        axis.delete = False  # what openpyxl leaves unsaid hides the axis in Excel
        axis.txPr = _small()
        axis.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=GREY))
    chart.y_axis.majorGridlines = ChartLines(spPr=GraphicalProperties(ln=LineProperties(solidFill=GRID)))


def _labels(form: str) -> DataLabelList:
    return DataLabelList(numFmt=form, showVal=True, txPr=_small(), **_NOTHING_ELSE)


def _small() -> RichText:
    look = CharacterProperties(sz=SMALL)
    return RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=look), endParaRPr=look)])


def _title(text: str) -> Title:
    look = CharacterProperties(sz=TITLE, b=True)
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=look), r=[RegularTextRun(rPr=look, t=text)])
    return Title(tx=Text(rich=RichText(p=[paragraph])), overlay=False)

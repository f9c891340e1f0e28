"""One sheet that is read and printed: title, head, rows, formulas with their values, A3 across."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.styles.cell_style import StyleArray
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.properties import PageSetupProperties

from qsgis.documents.workbook import cells
from qsgis.messages import _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openpyxl.worksheet.worksheet import Worksheet

A3 = 8  # Excel's number of the paper
_WIDE, _HIGH = 1190.55, 841.89  # points: A3 across
_SIDES, _TOP, _BOTTOM = 0.4, 0.5, 0.6  # inches: the margins
_INCH = 72.0
_HEAD_ROW = 3  # below the title and the line under it


@dataclass(frozen=True)
class Column:
    """A column: its label, its width in characters, the group that it stands under; small: in the small font."""

    label: str
    width: float
    group: str = ""
    small: bool = False


@dataclass
class Page:
    """A sheet with its columns. `cached`: the value of each formula by cell, for programs that do not reckon."""

    sheet: Worksheet
    columns: Sequence[Column]
    cached: dict[str, float] = field(default_factory=dict)
    _looks: dict[tuple[int, int, int], tuple[StyleArray, Font, Alignment, PatternFill | None]] = field(
        default_factory=dict, repr=False
    )

    @property
    def first(self) -> int:
        """The row below the head."""
        return _HEAD_ROW + (2 if any(column.group for column in self.columns) else 1)

    @property
    def widths(self) -> list[float]:
        """The widths of the columns, in characters."""
        return [column.width for column in self.columns]

    # --- above the rows ---

    def open(self, title: str, below: str, freeze: int) -> None:
        """Title, the line under it, the head; the first `freeze` columns stay in sight."""
        self.line(1, title, cells.TITLE)
        self.line(2, below, cells.SMALL)
        self.sheet.row_dimensions[1].height, self.sheet.row_dimensions[2].height = 30, 18
        for number, column in enumerate(self.columns, start=1):
            self.sheet.column_dimensions[get_column_letter(number)].width = column.width
        self.head(_HEAD_ROW)
        self.sheet.freeze_panes = f"{get_column_letter(freeze + 1)}{self.first}"
        self.sheet.sheet_view.zoomScale = 85

    def head(self, row: int) -> None:
        """The labels of the columns, below those of their groups where there are any."""
        grouped = any(column.group for column in self.columns)
        last = row + 1 if grouped else row
        for number, column in enumerate(self.columns, start=1):
            for place in range(row, last + 1):
                self._look(self.cell(place, number), cells.LABEL, cells.CENTRED, cells.HEAD_FILL)
            cells.write_text(self.cell(row if grouped and not column.group else last, number), column.label)
        if grouped:
            self._group_heads(row)
        labels = [column.label for column in self.columns if column.group or not grouped]
        widths = [column.width for column in self.columns if column.group or not grouped]
        self.sheet.row_dimensions[last].height = cells.height_of(labels, widths) + 4

    def _group_heads(self, row: int) -> None:
        for start, end, group in runs([column.group for column in self.columns]):
            if group:
                cells.write_text(self.cell(row, start + 1), group)
                self.merge(row, start + 1, row, end + 1)
            else:
                for number in range(start + 1, end + 2):
                    self.merge(row, number, row + 1, number)
        self.sheet.row_dimensions[row].height = 20

    # --- rows ---

    def cell(self, row: int, number: int) -> Cell:
        """A cell that is not hidden below a merged one."""
        found = self.sheet.cell(row, number)
        assert isinstance(found, Cell)
        return found

    def write(
        self,
        row: int,
        number: int,
        value: str | cells.Number | None,
        *,
        form: str | None = None,
        font: Font = cells.BODY,
        place: Alignment | None = None,
        ground: PatternFill | None = None,
    ) -> Cell:
        """A text, a number or nothing; `form` is the number's format."""
        cell = self.cell(row, number)
        self._look(cell, font, place or (cells.LEFT if isinstance(value, str) else cells.RIGHT), ground)
        if isinstance(value, str):
            cells.write_text(cell, value)
        elif value is not None:
            cell.value = value
            cell.number_format = form or cells.number_format([value])
        return cell

    def formula(self, row: int, number: int, text: str, value: float, **looks: object) -> Cell:
        """A formula (`text` with its =), and the number that it gives."""
        cell = self.write(row, number, value, **looks)  # type: ignore[arg-type]
        cell.value, cell.data_type = text, "f"
        self.cached[cell.coordinate] = value
        return cell

    def fit(self, row: int, texts: Sequence[str]) -> float:
        """Make the row as high as its texts (one a column, "" for a number) need."""
        rooms = [column.width * (cells.SMALLER if column.small else 1) for column in self.columns]
        height = cells.height_of(texts, rooms)
        self.sheet.row_dimensions[row].height = height
        return height

    def merge(self, top: int, left: int, bottom: int, right: int) -> None:
        """Join cells into one."""
        if (top, left) != (bottom, right):
            self.sheet.merge_cells(start_row=top, start_column=left, end_row=bottom, end_column=right)

    def filtered(self, count: int) -> None:
        """A filter over the `count` rows below the head."""
        last = get_column_letter(len(self.columns))
        self.sheet.auto_filter.ref = f"A{self.first - 1}:{last}{self.first - 1 + max(count, 1)}"

    def line(self, row: int, text: str, font: Font) -> None:
        """Text that is no part of a table."""
        cell = self.cell(row, 1)
        cells.write_text(cell, text)
        cell.font, cell.alignment = font, Alignment(vertical="center")

    def note(self, row: int, text: str) -> None:
        """A text over the whole width, below a table."""
        self.line(row, text, cells.SMALL)
        self.cell(row, 1).alignment = cells.LEFT
        self.merge(row, 1, row, len(self.columns))
        self.sheet.row_dimensions[row].height = cells.height_of([text], [sum(self.widths) * 0.95])

    def heading(self, row: int, text: str) -> None:
        """A line over a table of its own further down."""
        self.line(row, text, cells.HEADING)
        self.sheet.row_dimensions[row].height = 24

    def _look(self, cell: Any, font: Font, place: Alignment, ground: PatternFill | None) -> None:
        """Give a cell its looks. Those of one alike are copied: openpyxl takes long to know a style again."""
        key = (id(font), id(place), id(ground))
        if key not in self._looks:
            cell._style = StyleArray()
            cell.font, cell.alignment, cell.border = font, place, cells.BOX
            if ground is not None:
                cell.fill = ground
            self._looks[key] = (cell._style, font, place, ground)  # held, so that no other style takes their ids
        cell._style = copy(self._looks[key][0])

    # --- on paper ---

    def printed(self, *, repeated: int = 0, papers: Sequence[int] = (), head: bool = True) -> None:
        """A3 across, the head and the first `repeated` columns on each sheet of paper, its title and number below.

        papers: the first columns of the second and later sheets, where it is not made to fit the width of one. head:
        whether the head is repeated, and not the title alone.
        """
        sheet = self.sheet
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", A3
        margins = sheet.page_margins
        margins.left = margins.right = _SIDES
        margins.top, margins.bottom, margins.header, margins.footer = _TOP, _BOTTOM, 0.25, 0.3
        sheet.print_options.horizontalCentered = not papers
        if papers:
            for column in papers:
                sheet.col_breaks.append(Break(id=column - 1))
        else:
            sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
            sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        last = self.first - 1 if head else _HEAD_ROW - 1
        sheet.print_title_rows = f"{_HEAD_ROW if papers else 1}:{last}"  # a title cannot run over their edge
        if repeated:
            sheet.print_title_cols = f"A:{get_column_letter(repeated)}"
        if sheet.oddFooter is not None:
            sheet.oddFooter.left.text = str(self.cell(1, 1).value).replace("&", "&&")
            sheet.oddFooter.center.text = _("page {page} of {pages}", page="&P", pages="&N")

    def breaks(self, blocks: Sequence[tuple[int, float]]) -> set[int]:
        """Break pages between blocks of rows (first row, height in points) that fit; the first rows of later pages.

        Set because merged cells must not run over the end of a page.
        """
        width = sum(column.width * 7 + 5 for column in self.columns) * 0.75
        scale = min(1.0, (_WIDE - 2 * _SIDES * _INCH) / width)
        head = sum(self.sheet.row_dimensions[row].height or 15.0 for row in range(1, self.first))
        room = (_HIGH - (_TOP + _BOTTOM) * _INCH) / scale * 0.97 - head
        starts: set[int] = set()
        used = 0.0
        for row, height in blocks:
            if used and used + height > room:
                starts.add(row)
                self.sheet.row_breaks.append(Break(id=row - 1))
                used = 0.0
            used += height
        return starts


def runs(keys: Sequence[object], cuts: Sequence[int] = ()) -> list[tuple[int, int, str]]:
    """Stretches of equal keys as (first, last, key); none goes over an index in `cuts`."""
    found: list[tuple[int, int, str]] = []
    for place, key in enumerate(keys):
        if found and found[-1][2] == str(key) and place not in cuts:
            found[-1] = (found[-1][0], place, str(key))
        else:
            found.append((place, place, str(key)))
    return found

"""The departments' table of values (CSV or Excel) → rows of text, each knowing the row that it stands in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from qsgis.errors import FileMissing, ValuesRefused
from qsgis.layers.table import UNREADABLE, why_unreadable
from qsgis.messages import _
from qsgis.schema import ValuesSource

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS: dict[str, tuple[str, ...]] = {
    "indicator": ("indicator", "指标", "指标名称", "指标编码"),
    "year": ("year", "年份", "年度"),
    "value": ("value", "数值", "指标值", "值"),
    "unit": ("unit", "单位", "计量单位"),
    "kind": ("kind", "类别", "性质"),
    "zone_code": ("zone_code", "行政区代码", "区划代码"),
    "source": ("source", "来源", "数据来源", "填报单位"),
    "note": ("note", "备注", "说明"),
}
REQUIRED = ("indicator", "year", "value")


def read_values(source: ValuesSource, base: Path) -> tuple[pd.DataFrame, str]:
    """(rows, where they stand): the columns of COLUMNS as text, and `cell`, the row's place for messages."""
    path = base / source.path
    if not path.exists():
        raise FileMissing("values", path, entry="values")
    try:
        table, sheet = _read(path, source.sheet)
    except UNREADABLE as error:
        raise ValuesRefused(path, why_unreadable(error)) from error
    holds = {str(name).strip().lower(): name for name in table.columns}
    found = {
        name: next((holds[alias] for alias in aliases if alias in holds), None) for name, aliases in COLUMNS.items()
    }
    for name in REQUIRED:
        if found[name] is None:
            held = ", ".join(str(column) for column in table.columns)
            reason = _("no column is called {names}; it has: {held}", names=" / ".join(COLUMNS[name]), held=held or "–")
            raise ValuesRefused(path, reason)
    rows = pd.DataFrame({name: table[column] if column is not None else None for name, column in found.items()})
    rows["cell"] = [_("row {row}", row=number) for number in range(2, len(rows) + 2)]
    rows = rows[rows[list(REQUIRED)].notna().any(axis=1)].reset_index(drop=True)
    return rows, f"{path.name}{sheet}"


def _read(path: Path, sheet: str | None) -> tuple[pd.DataFrame, str]:
    if path.suffix.lower() in {".xlsx", ".xlsm"}:
        with pd.ExcelFile(path, engine="openpyxl") as book:
            names = [str(name) for name in book.sheet_names]
            name = sheet or names[0]
            if name not in names:
                raise ValueError(_("it has no sheet {sheet}; it has: {names}", sheet=name, names=", ".join(names)))
            return book.parse(name, dtype=str), f" [{name}]"
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return pd.read_csv(path, dtype=str, encoding=encoding), ""
        except UnicodeDecodeError:
            continue
    raise ValueError(_("neither UTF-8 nor GBK text"))

"""Tables as a workbook (Office Open XML). Text stays text, even if it begins with `=`: it never becomes a formula."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from ledger.host.files.durable import replacing
from ledger.sdk import Sheet

_LONGEST: Final = 32_767
_WIDEST: Final = 60
_UNWANTED: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML 1.0 does not allow."""


def write_workbook(path: Path, sheets: Sequence[Sheet]) -> None:
    """Writes one sheet per table; the first row holds the names of the columns. The file appears whole or not at all.
    Raises OSError."""
    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(sheet.name)
        page.freeze_panes = "A2"
        for i, width in enumerate(_widths(sheet), start=1):
            page.column_dimensions[get_column_letter(i)].width = width
        page.append([_cell(page, name, bold=True) for name in sheet.columns])
        for row in sheet.rows:
            page.append([_cell(page, value) for value in row])
    with replacing(path) as file:
        book.save(file)


def _cell(page: Any, value: str | float | int | None, *, bold: bool = False) -> Cell:
    if not isinstance(value, str):
        return WriteOnlyCell(page, value=value)
    cell: Cell = WriteOnlyCell(page, value=_UNWANTED.sub("", value)[:_LONGEST])
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell


def _widths(sheet: Sheet) -> list[int]:
    """Widths that show the whole content of the columns, up to a limit: the view cuts longer texts off."""
    widths = [len(name) for name in sheet.columns]
    for row in sheet.rows:
        for i, value in enumerate(row):
            if isinstance(value, str):
                widths[i] = max(widths[i], len(value))
    return [min(_WIDEST, max(10, width + 2)) for width in widths]

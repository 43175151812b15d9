"""A copy of an imported file as a workbook, with a note on each faulty cell, and a sheet that lists the faults."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from ledger.client.sheets.drafts import SheetFault
from ledger.client.sheets.rows import Rows
from ledger.client.sheets.spelling import CellValue
from ledger.client.sheets.workbook import Heading, SheetPage, write_pages

_FAULTS: Final = "faults"
_ROWS: Final = "rows"
_COLUMNS: Final = ("sheet", "row", "column", "value", "fault", "rule")


def write_marked(path: Path, rows: Rows, faults: Sequence[SheetFault]) -> None:
    """Writes the copy. Raises OSError."""
    marks: dict[str, dict[tuple[int, int], str]] = defaultdict(dict)
    for fault in faults:
        cell = (fault.place.row, fault.place.column or 1)
        text = fault.message + (f"\nrule: {fault.rule}" if fault.rule else "")
        earlier = marks[fault.place.sheet].get(cell)
        marks[fault.place.sheet][cell] = text if earlier is None else f"{earlier}\n{text}"
    listed = SheetPage(_FAULTS, [Heading(name) for name in _COLUMNS], [_listed(fault) for fault in faults])
    copies = [
        SheetPage(sheet if sheet and sheet != _FAULTS else _ROWS, (), _copied(rows, sheet, marks[sheet]), marks[sheet])
        for sheet in rows.sheets()
    ]
    write_pages(path, [listed, *copies])


def _listed(fault: SheetFault) -> Sequence[CellValue | None]:
    return [fault.place.sheet, fault.place.row, fault.place.header or None, fault.value, fault.message, fault.rule]


def _copied(rows: Rows, sheet: str, marks: Mapping[tuple[int, int], str]) -> Iterator[Sequence[CellValue | None]]:
    """The rows at their numbers, each at least as long as its marks."""
    longest: dict[int, int] = {}
    for marked, column in marks:
        longest[marked] = max(longest.get(marked, 0), column)
    number = 0
    for row in rows.rows(sheet):
        while number + 1 < row.number:
            number += 1
            yield [None] * longest.get(number, 0)
        number = row.number
        yield [*row.cells, *[None] * (longest.get(number, 0) - len(row.cells))]

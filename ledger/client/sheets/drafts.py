"""Unsigned records from rows, each with the cells that it came from, so that an error names sheet, row and column."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ledger.client.sheets.columns import Path, Tree, fill, with_lists
from ledger.client.sheets.rows import Row
from ledger.client.sheets.spelling import CellError, CellValue, Formula, Style, is_end, wire_value
from ledger.client.sheets.template import Guides
from ledger.errors import InvalidInput, LedgerError

_ROOT: Final = "$"
_VALUE: Final = "value"
"""Of a quantity."""


class CellPlace(NamedTuple):
    """A cell, or a row if there is no column. `column`: from 1; `header`: the name above it."""

    sheet: str
    row: int
    column: int | None = None
    header: str = ""

    def __str__(self) -> str:
        sheet = f"sheet {self.sheet}, " if self.sheet else ""
        return f"{sheet}row {self.row}" + (f", column {self.header}" if self.header else "")


class SheetFault(NamedTuple):
    """An error at its place. `value`: as it stands in the cell."""

    place: CellPlace
    message: str
    code: str
    value: str | None = None
    rule: str | None = None

    def error(self) -> InvalidInput:
        return InvalidInput(f"{self.place}: {self.message}", code=self.code, field=self.place.header or None,
                            value=self.value, rule=self.rule)


class DraftRow(NamedTuple):
    """A row that fills a record, or a part of it, at the path `root`. `columns`: the position of the cell that fills a
    path below it."""

    root: str
    row: Row
    columns: Mapping[Path, int]
    header: Sequence[str]

    def place(self, position: int | None = None) -> CellPlace:
        header = "" if position is None or position >= len(self.header) else self.header[position]
        return CellPlace(self.row.sheet, self.row.number, None if position is None else position + 1, header)

    def place_of(self, field: str) -> CellPlace:
        """The cell that filled a field or the value of a quantity, or a part of the row above it."""
        below = self._filled()
        path = _ROOT + field.removeprefix(self.root)
        named = tuple(below[path].split(".")) if path in below else _path_in(path)
        amount = self.columns.get((*named, _VALUE))
        if amount is not None and self._has(amount):
            return self.place(amount)
        while path != _ROOT:
            position = self.columns.get(tuple(below[path].split("."))) if path in below else None
            position = self.columns.get(_path_in(path)) if position is None else position
            if position is not None:
                return self.place(position)
            path = path.rpartition("[" if path.endswith("]") else ".")[0]
        return self.place()

    def _has(self, position: int) -> bool:
        return position < len(self.row.cells) and self.row.cells[position] is not None

    def typed(self, place: CellPlace) -> str | None:
        """The content of the cell at a place, as people typed it."""
        cell = None if place.column is None else dict(enumerate(self.row.cells, start=1)).get(place.column)
        return None if cell is None else shown(cell)

    def _filled(self) -> dict[str, str]:
        """For each path of the row's tree, without gaps in lists, the path of the columns that filled it."""
        tree: Tree = {}
        for path, position in self.columns.items():
            if self._has(position):
                fill(tree, path, "")
        names: dict[str, str] = {}
        with_lists(tree, names)
        return names


def _path_in(path: str) -> Path:
    return tuple(path.removeprefix(_ROOT).replace("[", ".").replace("]", "").strip(".").split("."))


class RowDraft(NamedTuple):
    """An unsigned record: its business key, and the rows that it came from."""

    key: str
    tree: Tree
    parts: Sequence[DraftRow]

    @property
    def place(self) -> CellPlace:
        return self.parts[0].place()

    def faults_of(self, error: LedgerError) -> Iterator[SheetFault]:
        """The faults of a record that cannot be signed, or that a ledger refused."""
        for fault in error.parts or (error,):
            place, value = self.place, fault.value
            if fault.field is not None:
                part = self.part_of(_rooted(fault.field))
                place = part.place_of(_rooted(fault.field))
                value = part.typed(place) or value
            message = fault.message
            if fault.field is not None:
                message = message.removeprefix(f"{fault.field}: ")
                if place.column is None:
                    message = f"{fault.field.removeprefix('$.')}: {message}"
            yield SheetFault(place, message, fault.code, value, fault.rule)

    def part_of(self, field: str) -> DraftRow:
        """The row that filled a field, or would fill it."""
        parts = [part for part in self.parts
                 if field.startswith(part.root) and field[len(part.root) :][:1] in ("", ".", "[")]
        return max(parts, key=lambda part: len(part.root), default=self.parts[0])


def _rooted(field: str) -> str:
    return field if field.startswith(_ROOT) else f"{_ROOT}.{field}"


class CellReading(NamedTuple):
    """How cells are read. `kind`: of records without a type. `digest`: looks a reference to an earlier record up."""

    style: Style
    guides: Guides
    digest: Callable[[str], str]
    kind: str | None = None


class RowFaults(Exception):
    """The faults of a row that makes no record."""

    def __init__(self, faults: Sequence[SheetFault]) -> None:
        super().__init__()
        self.faults = faults


def cell_value(cell: CellValue, path: Path, suffix: str, types: str, reading: CellReading) -> Any:
    """The value of a cell for the field at a path, of the type that the reference names."""
    value = wire_value(cell, types, suffix, reading.style, ends=is_end(path[-1]))
    return reading.digest(value) if suffix == "digest" else value


def shown(cell: CellValue) -> str:
    """A cell as messages show it."""
    return cell.text if isinstance(cell, Formula | CellError) else str(cell)


def fault_at(place: CellPlace, error: LedgerError, cell: CellValue | None = None) -> SheetFault:
    value = error.value if cell is None else shown(cell)
    return SheetFault(place, error.message, error.code, value, error.rule)


def faults_or(faults: Sequence[SheetFault], tree: Tree) -> Tree:
    """The tree of a row without faults. Raises RowFaults."""
    if faults:
        raise RowFaults(faults)
    return tree

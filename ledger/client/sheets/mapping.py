"""Mappings: how the columns of a list, as another program exports it, fill records. A mapping is a TOML file that is
kept for the next month.

    type = "consumption"             the kind of the records
    key = "{Document}/{Item}"        the business key of a record
    numbers = "de"                   how the list writes numbers; the option replaces it
    dates = "dd.mm.yyyy"             how the list writes dates; yyyy-mm-dd without it
    offset = "+01:00"                of dates and times from UTC
    sheet = "Export"                 of a workbook; the first one without it
    header = 4                       the row with the names of the columns; 1 without it

    [only]                           rows with other values are skipped
    "Movement type" = ["201", "261"]

    [fields]                         paths of the record: texts with columns in braces, or JSON values
    purpose = "ownUse"
    time = "{Posting date}"
    "inputs.0.lot" = "urn:example:mill:lot:{Batch}"
    "inputs.0.quantity.value" = "{Quantity}"
    "inputs.0.quantity.unit" = "{Unit}"

    [values.Unit]                    values of the record for values of a column; others are faults
    TO = "TNE"

With `[rows.inputs]`, adjacent rows with one key are one record, and each of them is an item of that list. An empty cell
fills no field. An item of a list, such as `outputs.1`, is left out if all of its cells are empty, constants or not.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, NamedTuple

import msgspec
from msgspec import Meta, Struct

from ledger.client.sheets.columns import Path, Tree, column_named, columns_named, fill, with_lists
from ledger.client.sheets.drafts import (
    CellReading,
    DraftRow,
    RowDraft,
    RowFaults,
    SheetFault,
    cell_value,
    fault_at,
    faults_or,
    shown,
)
from ledger.client.sheets.guide import Guide
from ledger.client.sheets.rows import Row, Rows
from ledger.client.sheets.spelling import CellError, CellValue, Formula, check_value
from ledger.client.sheets.staging import Staging
from ledger.core.nearest import allowed, nearest
from ledger.errors import InvalidInput, LedgerError

_COLUMN: Final = re.compile(r"\{([^{}]+)\}")
_PROCESS: Final = "process"
_MOST_ROWS: Final = 1_000
"""Of a record: lists in records have at most as many items."""


class ListMapping(Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping as its file states it."""

    type: str
    key: str
    fields: dict[str, Any] = {}
    rows: dict[str, dict[str, Any]] = {}
    values: dict[str, dict[str, str]] = {}
    only: dict[str, list[str]] = {}
    numbers: str | None = None
    dates: str | None = None
    offset: str | None = None
    sheet: str | None = None
    header: Annotated[int, Meta(ge=1)] = 1


def read_mapping(data: bytes) -> ListMapping:
    """The mapping in a file. Raises InvalidInput."""
    try:
        mapping = msgspec.convert(tomllib.loads(data.decode()), ListMapping)
    except (UnicodeDecodeError, RecursionError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InvalidInput(f"not a mapping: {error}", code="invalid-mapping", field="mapping",
                           rule="TOML with `type`, `key` and `[fields]`; see clients/README.md") from None
    _check_paths([*mapping.fields, *mapping.rows])
    for item in mapping.rows.values():
        _check_paths(list(item))
    return mapping


def _check_paths(paths: Sequence[str]) -> None:
    """Raises InvalidInput unless each path is a field, and no other one fills it too."""
    for column in columns_named(paths):
        if column is None or not column.path:
            name = "" if column is None else column.name
            raise InvalidInput(f"{name!r} is not a field", code="invalid-mapping", field="mapping", value=name,
                               rule="a path of the record, such as inputs.0.lot")


class _Filling(NamedTuple):
    """A field that a mapping fills. `columns`: the positions of its columns, in order; `text`: around them."""

    path: Path
    suffix: str
    text: Any
    columns: Sequence[int]

    def items(self) -> Iterator[Path]:
        """The paths of the items of lists that the field is in, such as `outputs.1`."""
        yield from [self.path[: i + 1] for i, step in enumerate(self.path) if step.isdecimal()]

    @property
    def is_cell(self) -> bool:
        """Whether the field is the value of one cell."""
        return len(self.columns) == 1 and _COLUMN.fullmatch(self.text) is not None


class _MappedColumns(NamedTuple):
    """The mapping with the positions of its columns in a header."""

    names: Sequence[str]
    key: _Filling
    fields: Sequence[_Filling]
    rows: Mapping[str, Sequence[_Filling]]
    only: Mapping[int, frozenset[str]]
    values: Mapping[int, Mapping[str, str]]


class MappedList:
    """The records of a list by a mapping."""

    def __init__(self, mapping: ListMapping, rows: Rows, reading: CellReading, staging: Staging) -> None:
        self._mapping, self._rows, self._reading, self._staging = mapping, rows, reading, staging
        process = mapping.fields.get(_PROCESS)
        self._guide: Guide = reading.guides.of(mapping.type, process if isinstance(process, str) else None)
        self.skipped = 0
        """The number of rows that the mapping leaves out."""
        self.empty: Counter[str] = Counter()
        """How often an item of a list was left out, by its path, since all of its cells are empty."""

    def drafts(self) -> Iterator[RowDraft | SheetFault]:
        """The records in the order of their rows, with a fault in place of each malformed one."""
        sheet = self._sheet()
        rows = self._rows.rows(sheet)
        header = next((row for row in rows if row.number >= self._mapping.header), None)
        if header is None or header.number != self._mapping.header:
            raise InvalidInput(f"row {self._mapping.header} is empty", code="no-header", field="header",
                               value=self._mapping.header, rule="the row with the names of the columns")
        columns = self._columns(["" if cell is None else shown(cell).strip() for cell in header.cells])
        for cells, last in self._rows.merged(sheet):
            if last >= self._mapping.header:
                row = DraftRow("$", Row(sheet, last, ()), {}, ())
                yield SheetFault(row.place(), f"the cells {cells} are merged", "merged-cells", cells,
                                 "each value in a cell of its own: unmerge the cells")
        for group in self._groups(rows, columns):
            if isinstance(group, SheetFault):
                yield group
                continue
            try:
                yield self._draft(group, columns)
            except RowFaults as error:
                yield from error.faults

    def _sheet(self) -> str:
        sheets = self._rows.sheets()
        if self._mapping.sheet is None or sheets == [""]:
            return sheets[0]
        if self._mapping.sheet not in sheets:
            raise InvalidInput(f"no sheet {self._mapping.sheet!r}", code="unknown-sheet", field="sheet",
                               value=self._mapping.sheet, rule=f"one of: {', '.join(sheets[:20])}")
        return self._mapping.sheet

    def _columns(self, names: Sequence[str]) -> _MappedColumns:
        mapping = self._mapping
        positions: dict[str, int] = {}
        for i, name in enumerate(names):
            if name in positions:
                positions[name] = -1
            elif name:
                positions[name] = i

        def at(name: str) -> int:
            position = positions.get(name)
            if position is None or position < 0:
                what = "two columns have the name" if position is not None else "no column has the name"
                near = ", ".join(nearest(name, positions))
                raise InvalidInput(f"{what} {name!r}", code="unknown-column", field="mapping", value=name,
                                   rule=f"a name in row {mapping.header}, once; nearest: {near}")
            return position

        def filling(path: str, text: Any) -> _Filling:
            column = column_named(path)
            named = _COLUMN.findall(text) if isinstance(text, str) else []
            return _Filling(column.path, column.kind, text, [at(name) for name in named])

        return _MappedColumns(
            names, filling("key:json", mapping.key), [filling(path, text) for path, text in mapping.fields.items()],
            {name: [filling(path, text) for path, text in item.items()] for name, item in mapping.rows.items()},
            {at(name): frozenset(values) for name, values in mapping.only.items()},
            {at(name): values for name, values in mapping.values.items()},
        )

    def _groups(self, rows: Iterator[Row], columns: _MappedColumns
                ) -> Iterator[list[tuple[str, Row]] | SheetFault]:
        """Adjacent rows with one key if the mapping has lists by row, else each row alone. A fault stands in place of a
        row whose key is not known, or of which nobody knows whether it is meant."""
        group: list[tuple[str, Row]] = []
        for row in rows:
            if not self._is_meant(row, columns):
                self.skipped += 1
                continue
            faults = list(_without_values(row, (*columns.only, *columns.key.columns), columns))
            if faults:
                yield from faults
                continue
            key = self._key(row, columns)
            if group and not (self._mapping.rows and key and key == group[0][0] and len(group) < _MOST_ROWS):
                yield group
                group = []
            group.append((key, row))
        if group:
            yield group

    def _is_meant(self, row: Row, columns: _MappedColumns) -> bool:
        """Whether no column leaves the row out; a cell without a value leaves nothing out."""
        return all(_text_at(row, position) in values or isinstance(_at(row, position), Formula | CellError)
                   for position, values in columns.only.items())

    def _key(self, row: Row, columns: _MappedColumns) -> str:
        """The business key of a row; empty if one of its cells is."""
        texts = [_text_at(row, position) for position in columns.key.columns]
        return _put(columns.key.text, texts) if all(texts) else ""

    def _draft(self, group: Sequence[tuple[str, Row]], columns: _MappedColumns) -> RowDraft:
        key, first = group[0]
        part = _part("$", first, columns.fields, columns)
        if not key:
            raise RowFaults([SheetFault(part.place(next(iter(columns.key.columns), None)), "the row has no key",
                                        "no-key", None, f"a value in each column of {columns.key.text!r}")])
        earlier = self._staging.see(key, part.place())
        if earlier is not None:
            position = next(iter(columns.key.columns), None)
            raise RowFaults([SheetFault(part.place(position), f"the key {key!r} is also in {earlier}", "duplicate-key",
                                        key, "each key once, or in adjacent rows with `[rows.LIST]`")])
        faults: list[SheetFault] = []
        tree = self._tree(part, columns.fields, columns, (), faults)
        parts = [part]
        for name, fillings in columns.rows.items():
            items: list[Tree] = []
            for _, row in group:
                if _is_empty(row, fillings):
                    self.empty[name] += 1
                    continue
                below = _part(f"$.{name}[{len(items)}]", row, fillings, columns)
                items.append(self._tree(below, fillings, columns, tuple(name.split(".")), faults))
                parts.append(below)
            if items:
                fill(tree, tuple(name.split(".")), items)
        self._check_alike(group, columns, faults)
        return RowDraft(key, faults_or(faults, {"type": self._mapping.type, **tree}), parts)

    def _check_alike(self, group: Sequence[tuple[str, Row]], columns: _MappedColumns, faults: list[SheetFault]) -> None:
        """The rows of a record agree in the columns that fill the record itself."""
        first = group[0][1]
        for _, row in group[1:]:
            for filling in columns.fields:
                for position in filling.columns:
                    if _text_at(row, position) != _text_at(first, position):
                        place = _part("$", row, columns.fields, columns).place(position)
                        faults.append(SheetFault(
                            place, f"the record begins with {_text_at(first, position)!r} in row {first.number}",
                            "unlike-rows", _text_at(row, position), "the same value in all rows of a record"))

    def _tree(
        self, part: DraftRow, fillings: Sequence[_Filling], columns: _MappedColumns, above: Path,
        faults: list[SheetFault],
    ) -> Tree:
        tree: Tree = {}
        empty = _empty_items(part.row, fillings)
        self.empty.update([".".join((*above, *item)) for item in empty])
        for filling in fillings:
            if any(item in empty for item in filling.items()):
                continue
            try:
                value = self._value(part.row, filling, columns, above)
            except LedgerError as error:
                position = next(iter(filling.columns), None)
                cell = None if position is None else _at(part.row, position)
                faults.append(fault_at(part.place(position), error, cell))
                continue
            if value is not None:
                fill(tree, filling.path, value)
        return with_lists(tree, {})

    def _value(self, row: Row, filling: _Filling, columns: _MappedColumns, above: Path) -> Any:
        """The value of a field; None if its only cell is empty."""
        if not filling.columns:
            return filling.text
        cells = [self._translated(_at(row, position), position, columns) for position in filling.columns]
        if filling.is_cell:
            if cells[0] is None:
                return None
            cell: CellValue = cells[0]
        else:
            empty = next((i for i, one in enumerate(cells) if one is None), None)
            if empty is not None:
                name = columns.names[filling.columns[empty]]
                raise InvalidInput(f"the cell {name!r} is empty", code="missing-field",
                                   rule=f"a value, since {'.'.join(filling.path)} is {filling.text!r}")
            texts = [cell_value(one, ("text",), "", "text", self._reading) for one in cells if one is not None]
            cell = _put(filling.text, texts)
        field = self._guide.field((*above, *filling.path))
        return cell_value(cell, filling.path, filling.suffix, "" if field is None else field.type, self._reading)

    def _translated(self, cell: CellValue | None, position: int, columns: _MappedColumns) -> CellValue | None:
        values = columns.values.get(position)
        if values is None or cell is None or isinstance(cell, Formula | CellError):
            return cell
        text = shown(cell).strip()
        if text not in values:
            raise InvalidInput(f"{text!r} is not in [values.{columns.names[position]}] of the mapping",
                               code="unmapped-value", value=text, rule=f"one of: {', '.join(allowed(text, values))}")
        return values[text]


def _empty_items(row: Row, fillings: Sequence[_Filling]) -> set[Path]:
    """The items of lists whose cells in the row are all empty. An item of constants alone has no cells."""
    items: dict[Path, list[_Filling]] = {}
    for filling in fillings:
        for item in filling.items():
            items.setdefault(item, []).append(filling)
    return {item for item, own in items.items() if _is_empty(row, own)}


def _is_empty(row: Row, fillings: Sequence[_Filling]) -> bool:
    """Whether columns fill the fields, and all of their cells are empty."""
    positions = [position for filling in fillings for position in filling.columns]
    return bool(positions) and all(_at(row, position) is None for position in positions)


def _part(root: str, row: Row, fillings: Sequence[_Filling], columns: _MappedColumns) -> DraftRow:
    positions = {filling.path: filling.columns[0] for filling in fillings if filling.columns}
    return DraftRow(root, row, positions, columns.names)


def _without_values(row: Row, positions: Sequence[int], columns: _MappedColumns) -> Iterator[SheetFault]:
    """The faults of cells with a formula or an error."""
    for position in dict.fromkeys(positions):
        cell = _at(row, position)
        try:
            check_value(cell)
        except LedgerError as error:
            yield fault_at(DraftRow("$", row, {}, columns.names).place(position), error, cell)


def _at(row: Row, position: int) -> CellValue | None:
    return row.cells[position] if position < len(row.cells) else None


def _text_at(row: Row, position: int) -> str:
    cell = _at(row, position)
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return shown(cell).strip()


def _put(text: str, values: Sequence[str]) -> str:
    """The text with the values in place of its columns."""
    rest = iter(values)
    return _COLUMN.sub(lambda _: next(rest), text)

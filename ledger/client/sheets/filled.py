"""Reads filled-in templates: a CSV file with a row for each record, or a workbook with a sheet for each list."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ledger.client.sheets.columns import KEY, CellColumn, Path, Tree, columns_named, fill, with_lists
from ledger.client.sheets.drafts import (
    CellPlace,
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
from ledger.client.sheets.staging import Staging
from ledger.client.sheets.tables import joined
from ledger.errors import InvalidInput, LedgerError, NotFound

_TYPE: Final[Path] = ("type",)
_PROCESS: Final[Path] = ("process",)
_NOTES: Final = "#"
"""Before the name of a sheet with notes, as before a column with notes."""


class _Header(NamedTuple):
    """The first row of a sheet."""

    names: Sequence[str]
    columns: Sequence[CellColumn | None]
    positions: dict[Path, int]
    key: int


class FilledTemplate:
    """The records of a filled-in template. Sheets with a column `type` have records; each other sheet has the list by
    its name, whose rows name their record by the column `key`. Sheets whose name begins with `#` are notes."""

    def __init__(self, rows: Rows, reading: CellReading, staging: Staging) -> None:
        self._rows, self._reading, self._staging = rows, reading, staging
        self._headers: dict[str, _Header] = {}

    def drafts(self) -> Iterator[RowDraft | SheetFault]:
        """The records in the order of their sheets, with a fault in place of each malformed one. Raises InvalidInput if
        the file as a whole cannot be read."""
        of_records: list[str] = []
        sheets = [sheet for sheet in self._rows.sheets() if not sheet.startswith(_NOTES)]
        for sheet in sheets:
            header = self._header(sheet)
            if header is None:
                continue
            yield from self._merged(sheet)
            if _TYPE in header.positions or len(sheets) == 1:
                of_records.append(sheet)
            else:
                yield from self._stage(sheet, header)
        if not of_records:
            raise InvalidInput("no sheet has a column `type`", code="no-records", field="file",
                               rule="the sheets of `carbon-ledger template`, or --mapping FILE")
        for sheet in of_records:
            yield from self._records(sheet)
        for key, place in self._staging.unclaimed():
            yield SheetFault(place._replace(header=KEY), f"no record has the key {key!r}", "unknown-key", key,
                             "the key of a record in another sheet")

    def _header(self, sheet: str) -> _Header | None:
        """The header of a sheet; None if the sheet is empty."""
        first = next(self._rows.rows(sheet), None)
        if first is None:
            return None
        names = ["" if cell is None else shown(cell).strip() for cell in first.cells]
        if KEY not in names:
            notes = "; a sheet that is not part of the template: remove it or begin its name with `#`" if sheet else ""
            raise InvalidInput(f"{CellPlace(sheet, first.number)}: no column `{KEY}`", code="no-key", field=KEY,
                               rule="a column with your own number of each record; or --mapping FILE for other lists"
                                    + notes)
        columns = columns_named(names)
        positions = {column.path: i for i, column in enumerate(columns) if column is not None and column.path}
        self._headers[sheet] = _Header(names, columns, positions, names.index(KEY))
        return self._headers[sheet]

    def _merged(self, sheet: str) -> Iterator[SheetFault]:
        for cells, row in self._rows.merged(sheet):
            yield SheetFault(CellPlace(sheet, row), f"the cells {cells} are merged", "merged-cells", cells,
                             "each value in a cell of its own: unmerge the cells")

    def _stage(self, sheet: str, header: _Header) -> Iterator[SheetFault]:
        for row in self._body(sheet):
            try:
                self._staging.add(self._key(row, header), sheet, row)
            except RowFaults as error:
                yield from error.faults

    def _body(self, sheet: str) -> Iterator[Row]:
        rows = self._rows.rows(sheet)
        next(rows, None)
        yield from rows

    def _key(self, row: Row, header: _Header) -> str:
        cell = row.cells[header.key] if header.key < len(row.cells) else None
        place = CellPlace(row.sheet, row.number, header.key + 1, KEY)
        if cell is None:
            raise RowFaults([SheetFault(place, "the row has no key", "no-key", None, "your own number of the record")])
        try:
            return str(cell_value(cell, (KEY,), "", "text", self._reading))
        except LedgerError as error:
            raise RowFaults([fault_at(place, error, cell)]) from None

    def _records(self, sheet: str) -> Iterator[RowDraft | SheetFault]:
        header = self._headers[sheet]
        for row in self._body(sheet):
            try:
                yield self._draft(row, header)
            except RowFaults as error:
                yield from error.faults

    def _draft(self, row: Row, header: _Header) -> RowDraft:
        key = self._key(row, header)
        part = DraftRow("$", row, header.positions, header.names)
        earlier = self._staging.see(key, part.place())
        if earlier is not None:
            raise RowFaults([SheetFault(part.place(header.key), f"the key {key!r} is also in {earlier}",
                                        "duplicate-key", key, "each key once")])
        guide = self._guide(row, header, part)
        faults: list[SheetFault] = []
        tree = self._tree(part, header, guide, (), faults)
        if self._reading.kind is not None:
            tree.setdefault("type", self._reading.kind)
        parts = [part]
        lists: dict[Path, list[Tree]] = {}
        for name, item in self._staging.parts(key):
            path = tuple(name.split("."))
            items = lists.setdefault(path, [])
            below = DraftRow(f"$.{name}[{len(items)}]", item, self._headers[name].positions, self._headers[name].names)
            items.append(self._tree(below, self._headers[name], guide, path, faults))
            parts.append(below)
        draft = RowDraft(key, faults_or(faults, tree), parts)
        try:
            joined(draft.tree, lists)
        except InvalidInput as error:
            raise RowFaults(list(draft.faults_of(error))) from None
        return draft

    def _guide(self, row: Row, header: _Header, part: DraftRow) -> Guide:
        kind = _cell(row, header, _TYPE) or self._reading.kind
        if kind is None:
            place = part.place(header.positions.get(_TYPE))
            raise RowFaults([SheetFault(place, "the record has no type", "missing-field", None,
                                        "a kind that `carbon-ledger schema` lists; or give --type")])
        try:
            return self._reading.guides.of(kind, _cell(row, header, _PROCESS))
        except NotFound as error:
            raise RowFaults([fault_at(part.place(header.positions.get(_TYPE)), error)]) from None

    def _tree(self, part: DraftRow, header: _Header, guide: Guide, above: Path, faults: list[SheetFault]) -> Tree:
        tree: Tree = {}
        for i, cell in enumerate(part.row.cells):
            if cell is None:
                continue
            column = header.columns[i] if i < len(header.columns) else None
            if column is None:
                faults.append(SheetFault(part.place(i), f"cell {i + 1} has no column", "not-csv", shown(cell),
                                         "a name in the first row above each cell"))
            elif column.path:
                field = guide.field((*above, *column.path))
                try:
                    fill(tree, column.path, cell_value(cell, column.path, column.kind,
                                                       "" if field is None else field.type, self._reading))
                except LedgerError as error:
                    faults.append(fault_at(part.place(i), error, cell))
        return with_lists(tree, {})


def _cell(row: Row, header: _Header, path: Path) -> str | None:
    position = header.positions.get(path)
    cell = None if position is None or position >= len(row.cells) else row.cells[position]
    return cell.strip() if isinstance(cell, str) else None

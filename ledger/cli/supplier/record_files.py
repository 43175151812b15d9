"""Reads the records to sign: JSON, NDJSON, or CSV whose columns are dotted paths into a record.

`ledger.client.sheets.columns` has the columns. A list item without any cell is omitted. In a column `transfer:digest` a
cell may name a record by its receipt (see `references`).
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, BinaryIO, NamedTuple

from ledger.cli.supplier.references import References
from ledger.client.sheets.columns import KINDS, CellColumn, columns_named, fill, parsed, typed, with_lists
from ledger.errors import InvalidInput, LedgerError


class RecordDraft(NamedTuple):
    """An unsigned record. `place`: its place in the file. `columns`: for each path of its tree, the column that filled
    it."""

    place: str
    tree: dict[str, Any]
    columns: Mapping[str, str] = {}


def read_drafts(file: BinaryIO, kind: str | None = None) -> Iterator[RecordDraft | LedgerError]:
    """The records of a JSON, NDJSON or CSV file, with an error in place of each malformed record. `kind` is the type of
    records without one. Raises InvalidInput if the file as a whole is not readable."""
    first = file.readline()
    while first and not first.strip():
        first = file.readline()
    if not first.lstrip(b"\xef\xbb\xbf \t").startswith(b"{"):
        drafts = _csv(first, file)
    elif _is_json(first):
        drafts = _lines(chain([first], file))
    else:
        drafts = _document(first + file.read())
    for draft in drafts:
        if isinstance(draft, RecordDraft) and kind is not None:
            draft.tree.setdefault("type", kind)
        yield draft


def _lines(lines: Iterator[bytes]) -> Iterator[RecordDraft | LedgerError]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _parsed(line, f"line {number}")


def _document(data: bytes) -> Iterator[RecordDraft | LedgerError]:
    yield _parsed(data, "the record")


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _parsed(data: bytes, place: str) -> RecordDraft | LedgerError:
    try:
        tree = parsed(data)
    except RecursionError:
        return InvalidInput(f"{place}: nested too deep", code="too-deep")
    except ValueError as error:
        return InvalidInput(f"{place}: not JSON: {error}", code="not-json")
    if not isinstance(tree, dict):
        return InvalidInput(f"{place}: a record is a JSON object", code="not-an-object")
    return RecordDraft(place, tree)


def _csv(first: bytes, file: BinaryIO) -> Iterator[RecordDraft | LedgerError]:
    whole = io.BufferedReader(_Prefixed(first, file))
    text = io.TextIOWrapper(whole, encoding="utf-8-sig", newline="")
    rows = csv.reader(text, strict=True)
    references = References()
    try:
        columns = _header(next(rows, []))
        for number, row in enumerate(rows, start=2):
            if any(cell.strip() for cell in row):
                yield _draft(f"row {number}", columns, row, references)
    except UnicodeDecodeError as error:
        raise InvalidInput(f"not UTF-8: {error}", code="not-csv", rule="CSV in UTF-8") from None
    except csv.Error as error:
        raise InvalidInput(f"line {rows.line_num}: not CSV: {error}", code="not-csv") from None


class _Prefixed(io.RawIOBase):
    """A stream, preceded by its first line, which was already read."""

    def __init__(self, first: bytes, rest: BinaryIO) -> None:
        self._first, self._rest = first, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self._first[: len(buffer)] or self._rest.read(len(buffer))
        self._first = self._first[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


def _header(cells: list[str]) -> list[CellColumn | None]:
    names = [cell.strip() for cell in cells]
    if len(names) == 1 and ";" in names[0]:
        raise InvalidInput("the columns are separated by semicolons", code="not-csv", rule="separated by commas")
    columns = columns_named(names)
    if not any(column is not None and column.path for column in columns):
        raise InvalidInput("the file holds no record", code="empty-input", rule="JSON, NDJSON, or CSV with a header")
    return columns


def _draft(
    place: str, columns: list[CellColumn | None], row: list[str], references: References
) -> RecordDraft | LedgerError:
    tree: dict[str, Any] = {}
    for i, cell in enumerate(row):
        text = cell.strip()
        if not text:
            continue
        column = columns[i] if i < len(columns) else None
        if column is None:
            return InvalidInput(f"{place}: cell {i + 1} has no column", code="not-csv", value=text)
        if not column.path:
            continue
        try:
            fill(tree, column.path, typed(text, column.kind, references.digest))
        except ValueError:
            return InvalidInput(f"{place}, column {column.name}: {text!r} is not {KINDS[column.kind]}",
                                code="invalid-field", field=column.name, value=text)
        except LedgerError as error:
            return InvalidInput(f"{place}, column {column.name}: {error.message}", code=error.code, field=column.name,
                                value=text, rule=error.rule)
    columns_of: dict[str, str] = {}
    return RecordDraft(place, with_lists(tree, columns_of), columns_of)

"""Reads the records to sign: JSON, NDJSON, or CSV whose columns are dotted paths into a record.

A CSV column `outputs.0.quantity.value` fills that field. An empty cell fills no field, and a list item without any cell
is omitted. Cells are text, like the numbers in records; the column's name marks an integer, a boolean or a list:
`activity.heats:int`, `activity.sealed:bool`, `activity.operations:json`. In a column `transfer:digest` a cell may name
a record by its receipt (see `references`). Columns whose name begins with `#` are notes.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import chain
from typing import Any, BinaryIO, NamedTuple, NoReturn

from ledger.cli.supplier.references import References
from ledger.errors import InvalidInput, LedgerError

Path = tuple[str, ...]
_KINDS = {"int": "an integer", "bool": "true or false", "json": "valid JSON", "digest": "a digest"}
"""The suffixes of columns, each with the name of its values in messages."""
_NOTE = "#"
_BOOLEANS = {"true": True, "false": False}


class RecordDraft(NamedTuple):
    """An unsigned record. `place`: its place in the file. `columns`: for each path of its tree, the column that filled
    it."""

    place: str
    tree: dict[str, Any]
    columns: Mapping[str, str] = {}


class CsvColumn(NamedTuple):
    """A column; the `path` of a note is empty."""

    name: str
    path: Path
    kind: str


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
        tree = json.loads(data, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=Decimal)
    except RecursionError:
        return InvalidInput(f"{place}: nested too deep", code="too-deep")
    except ValueError as error:
        return InvalidInput(f"{place}: not JSON: {error}", code="not-json")
    if not isinstance(tree, dict):
        return InvalidInput(f"{place}: a record is a JSON object", code="not-an-object")
    return RecordDraft(place, tree)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object without duplicate names: of two fields with one name, only one would be signed, without notice."""
    tree = dict(pairs)
    if len(tree) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} appears twice in one object")
    return tree


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not valid in JSON")


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


def _header(cells: list[str]) -> list[CsvColumn | None]:
    names = [cell.strip() for cell in cells]
    if len(names) == 1 and ";" in names[0]:
        raise InvalidInput("the columns are separated by semicolons", code="not-csv", rule="separated by commas")
    columns = [_column(name) if name else None for name in names]
    filling = [column for column in columns if column is not None and column.path]
    if not filling:
        raise InvalidInput("the file holds no record", code="empty-input", rule="JSON, NDJSON, or CSV with a header")
    filled: dict[Path, str] = {}
    for column in filling:
        if column.path in filled:
            raise InvalidInput(f"columns {filled[column.path]} and {column.name} fill the same field",
                               code="duplicate-column", field=column.name)
        filled[column.path] = column.name
    for column in filling:
        above = next((filled[column.path[:n]] for n in range(1, len(column.path)) if column.path[:n] in filled), None)
        if above is not None:
            raise InvalidInput(f"column {column.name} fills a part of column {above}", code="duplicate-column",
                               field=column.name)
    return columns


def _column(name: str) -> CsvColumn:
    if name.startswith(_NOTE):
        return CsvColumn(name, (), "text")
    path, colon, kind = name.rpartition(":")
    # Material names may contain colons.
    if not colon or kind not in _KINDS:
        path, kind = name, "text"
    steps = tuple(path.split("."))
    if not all(steps):
        raise InvalidInput(f"column {name!r} is not a path", code="not-csv", field=name, rule="such as outputs.0.lot")
    return CsvColumn(name, steps, kind)


def _draft(
    place: str, columns: list[CsvColumn | None], row: list[str], references: References
) -> RecordDraft | LedgerError:
    tree: dict[str, Any] = {}
    columns_of: dict[str, str] = {}
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
            _fill(tree, column.path, _typed(text, column.kind, references))
        except ValueError:
            return InvalidInput(f"{place}, column {column.name}: {text!r} is not {_KINDS[column.kind]}",
                                code="invalid-field", field=column.name, value=text)
        except LedgerError as error:
            return InvalidInput(f"{place}, column {column.name}: {error.message}", code=error.code, field=column.name,
                                value=text, rule=error.rule)
    return RecordDraft(place, _lists(tree, "$", "", columns_of), columns_of)


def _typed(text: str, kind: str, references: References) -> Any:
    if kind == "digest":
        return references.digest(text)
    if kind == "int":
        return int(text)
    if kind == "bool":
        if text.lower() not in _BOOLEANS:
            raise ValueError(text)
        return _BOOLEANS[text.lower()]
    if kind == "json":
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=Decimal)
    return text


def _fill(tree: dict[str, Any], path: Path, value: Any) -> None:
    for step in path[:-1]:
        tree = tree.setdefault(step, {})
    tree[path[-1]] = value


def _lists(node: Any, path: str, column: str, columns_of: dict[str, str]) -> Any:
    """Turns each mapping whose keys are all numbers into a list, in order of the numbers and without gaps."""
    columns_of[path] = column
    if not isinstance(node, dict):
        return node
    if node and all(step.isdecimal() for step in node):
        steps = sorted(node, key=int)
        return [_lists(node[step], f"{path}[{i}]", f"{column}.{step}", columns_of) for i, step in enumerate(steps)]
    return {
        step: _lists(child, f"{path}.{step}", f"{column}.{step}" if column else step, columns_of)
        for step, child in node.items()
    }

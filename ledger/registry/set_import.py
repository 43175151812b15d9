"""Reads an organisation's own CSV files as a version of a factor set, and finds all their faults."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from ledger.errors import InvalidInput
from ledger.sdk.sets.checks import faults_of_version
from ledger.sdk.sets.factor_set import FactorSetVersion
from ledger.sdk.sets.reading import (
    CLASS_COLUMNS,
    FACTOR_COLUMNS,
    SOURCE_COLUMNS,
    SUPPLY_COLUMNS,
    Fault,
    digest_of_files,
    parse_tables,
)

_TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "supplies": SUPPLY_COLUMNS, "factors": FACTOR_COLUMNS, "sources": SOURCE_COLUMNS, "classes": CLASS_COLUMNS,
}
_LONGEST_HEADER: Final = 4096
_NEEDED: Final = ("supplies", "factors", "sources")
_BETWEEN_ROWS: Final = frozenset({
    "class", "duplicate-name", "empty", "generation", "heating-value", "no-factor", "recalled", "reference-range",
    "source", "supply",
})
"""Rules that need all rows: where rows with a fault are missing, these could find faults that are not there."""


class ImportedSet(NamedTuple):
    """Files of a version under the names that the set gives them. `faults` name the files as the caller does."""

    tables: Mapping[str, bytes]
    version: FactorSetVersion
    faults: Sequence[Fault]


def read_import(name: str, version: str, paths: Sequence[Path], latest_year: int) -> ImportedSet:
    """Reads and checks the files; their header says which table each of them is. Raises OSError, and InvalidInput for
    two files of one name."""
    tables: dict[str, bytes] = {}
    given: dict[str, str] = {}
    faults: list[Fault] = []
    for path in paths:
        data = path.read_bytes()
        table = _table_of(data)
        if table is None:
            faults.append(Fault(str(path), 1, "header", _header(data), "the columns of a table: " + "; or ".join(
                [",".join(columns) for columns in _TABLES.values()]
            )))
            continue
        file = _file_name(table, path)
        if file in given:
            raise InvalidInput(f"{given[file]} and {path} would both be {file}", code="file-name", field="FILE",
                               value=path, rule="files of different names")
        tables[file], given[file] = data, str(path)
    parsed, read_faults = parse_tables(tables)
    faults += [fault._replace(file=given[fault.file]) for fault in read_faults]
    missing = [table for table in _NEEDED if not any(file.startswith(table) for file in tables)]
    faults += [Fault("files", 0, table, "", f"there: one with {','.join(_TABLES[table])}") for table in missing]
    imported = FactorSetVersion(name, version, digest_of_files(tables), parsed)
    skipped = _BETWEEN_ROWS if faults else frozenset[str]()
    faults += [fault for code, fault in _rule_faults(imported, tables, given, latest_year) if code not in skipped]
    return ImportedSet(tables, imported, faults)


def _header(data: bytes) -> str:
    """The first line, as far as a header can be long."""
    lines = data[:_LONGEST_HEADER].decode("utf-8-sig", errors="replace").splitlines()
    return lines[0].strip() if lines else ""


def _table_of(data: bytes) -> str | None:
    """The table whose columns the header has, or most of them: the reader names the missing ones."""
    header = set(next(csv.reader([_header(data)]), []))
    shares = {table: len(header & set(columns)) / len(columns) for table, columns in _TABLES.items()}
    best = max(shares, key=lambda table: shares[table])
    return best if shares[best] > 0.5 else None


def _file_name(table: str, path: Path) -> str:
    """The name by which the reader of a set recognises the table."""
    stem = path.stem
    return f"{stem}.csv" if stem == table or stem.startswith(f"{table}-") else f"{table}-{stem}.csv"


def _rule_faults(
    version: FactorSetVersion, tables: Mapping[str, bytes], given: Mapping[str, str], latest_year: int
) -> Iterator[tuple[str, Fault]]:
    """Faults by the rules of `ledger.sdk.sets.checks`, with the line of the row."""
    lines = dict(_lines(tables))
    for fault in faults_of_version(version, latest_year):
        file, line = lines.get(fault.row, ("", 0))
        yield fault.code, Fault(given.get(file, "files"), line, fault.field, fault.value, fault.rule)


def _lines(tables: Mapping[str, bytes]) -> Iterator[tuple[str, tuple[str, int]]]:
    """File and line of each row, supply and source, by its name."""
    for file, data in tables.items():
        columns = ("key", "boundary", "place", "year") if file.startswith("factors") else ("key", "id")
        reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig", errors="replace"), newline=""))
        for row in reader:
            yield "/".join([row[column].strip() for column in columns if row.get(column)]), (file, reader.line_num)

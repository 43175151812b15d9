"""The cells of the tables: numbers, lists and references, with errors that name file and row."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from ledger.core.record.units import UNITS
from ledger.errors import PluginError
from ledger.sdk.tables import rows, rows_in

_LIST: Final = ";"


class TableCells:
    """A row of the `file` of a package. Its methods raise PluginError, which names file, row and column."""

    def __init__(self, file: str, number: int, row: Mapping[str, str | None]) -> None:
        self._file = file
        self._number = number
        self._row = row

    def text(self, column: str) -> str:
        """A cell that must not be empty."""
        return self.optional(column) or self._refuse(column, "filled in")

    def optional(self, column: str) -> str:
        if column not in self._row:
            self._refuse(column, "a column of the table")
        return (self._row[column] or "").strip()

    def words(self, column: str) -> tuple[str, ...]:
        """The members of a list, with `;` between them."""
        return tuple([word for word in self.optional(column).split(_LIST) if word])

    def number(self, column: str, default: Decimal | None = None) -> Decimal:
        """A number of at least zero; `default` for an empty cell, which needs one."""
        text = self.optional(column)
        if not text and default is not None:
            return default
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or value < 0:
            self._refuse(column, "a number of at least 0")
        return value

    def one_of(self, column: str, allowed: Sequence[str]) -> str:
        text = self.optional(column)
        return text if text in allowed else self._refuse(column, f"one of {', '.join(map(repr, allowed))}")

    def ratio(self, column: str) -> tuple[str, str]:
        """Two Rec 20 units, such as KGM/TNE."""
        above, _, below = self.text(column).partition("/")
        if above not in UNITS or below not in UNITS:
            self._refuse(column, "a ratio of two Rec 20 units, such as 3B/TNE")
        return above, below

    def _refuse(self, column: str, rule: str) -> str:
        raise PluginError(
            f"{self._file} row {self._number}: {column} is {self._row.get(column)!r}: it must be {rule}",
            code="invalid-table", field=f"{self._file}[{self._number}].{column}", value=self._row.get(column),
            rule=rule,
        )

    def refuse(self, column: str, rule: str) -> None:
        """Raises the error of a cell that breaks `rule`."""
        self._refuse(column, rule)


class PackageTables:
    """The tables of a package, by file."""

    def __init__(self, package: str) -> None:
        self.name = package

    def rows(self, file: str) -> Sequence[Mapping[str, str]]:
        """The rows of a table; empty without the file."""
        try:
            return rows(self.name, file)
        except FileNotFoundError:
            return ()


class FileTables:
    """Tables that are data of this process, such as the files of an archive. No code of their package runs."""

    def __init__(self, name: str, files: Mapping[str, bytes]) -> None:
        self.name = name
        self._files = files

    def rows(self, file: str) -> Sequence[Mapping[str, str]]:
        """The rows of a table; empty without the file."""
        return rows_in(self._files[file].decode()) if file in self._files else ()


SectorTables = PackageTables | FileTables


def cells_of(tables: SectorTables, file: str) -> list[TableCells]:
    """The rows of a table; empty without the file."""
    return [TableCells(file, number, row) for number, row in enumerate(tables.rows(file), start=2)]

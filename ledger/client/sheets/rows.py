"""Rows of a file, wherever they come from: a CSV file is one sheet, a workbook has several."""

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from ledger.client.sheets.spelling import CellValue
from ledger.errors import InvalidInput

_LONGEST_LINE: Final = 1 << 20
_DELIMITERS: Final = (",", ";", "\t")


class Row(NamedTuple):
    """The cells of a row; None for an empty one. Rows without any cell are left out."""

    sheet: str
    number: int
    cells: Sequence[CellValue | None]


class Rows(ABC):
    """The sheets of a file, each of them read as often as asked."""

    @abstractmethod
    def sheets(self) -> list[str]:
        """The names of the sheets, in their order."""

    @abstractmethod
    def rows(self, sheet: str) -> Iterator[Row]:
        """The rows of a sheet, the header too. Raises InvalidInput if the file cannot be read."""

    @abstractmethod
    def merged(self, sheet: str) -> list[tuple[str, int]]:
        """The merged ranges of a sheet, each with its last row."""


class CsvRows(Rows):
    """A CSV file in UTF-8: one sheet, without a name. The header shows by which sign its columns are separated."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def sheets(self) -> list[str]:
        return [""]

    def rows(self, sheet: str) -> Iterator[Row]:
        with self._path.open("rb") as file:
            delimiter = _delimiter(file)
            file.seek(0)
            reader = csv.reader(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""), delimiter=delimiter,
                                strict=True)
            try:
                for number, cells in enumerate(reader, start=1):
                    values = [cell if cell.strip() else None for cell in cells]
                    if any(value is not None for value in values):
                        yield Row(sheet, number, values)
            except UnicodeDecodeError as error:
                raise InvalidInput(f"{self._path.name}: not UTF-8: {error}", code="not-csv", rule="CSV in UTF-8: save "
                                   "it as `CSV UTF-8`") from None
            except csv.Error as error:
                raise InvalidInput(f"{self._path.name}, line {reader.line_num}: not CSV: {error}", code="not-csv",
                                   rule="cells with commas or quotes stand in quotes") from None

    def merged(self, sheet: str) -> list[tuple[str, int]]:
        return []


@contextmanager
def opened_csv(path: Path) -> Iterator[Rows]:
    """Opens a CSV file."""
    yield CsvRows(path)


def _delimiter(file: BinaryIO) -> str:
    """The sign that separates the columns of the first line: the most frequent one of three."""
    line = file.readline(_LONGEST_LINE).decode("utf-8-sig", "replace")
    return max(_DELIMITERS, key=line.count)

"""Workbooks (Office Open XML): reads rows within limits, and writes pages with notes, lists and marks.

Formulas are never evaluated: a cell with a formula is read as such. Text that is written stays text, even if it begins
with `=`.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple
from zipfile import BadZipFile, ZipFile

import openpyxl
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.formula.tokenizer import TokenizerError
from openpyxl.formula.translate import TranslatorError
from openpyxl.packaging.manifest import Manifest
from openpyxl.packaging.relationship import get_dependents, get_rels_path
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.xml.constants import ARC_CONTENT_TYPES, ARC_WORKBOOK
from openpyxl.xml.functions import fromstring

from ledger.client.sheets.rows import Row, Rows
from ledger.client.sheets.spelling import CellError, CellValue, Formula
from ledger.client.sheets.vetting import PLACES, vetted
from ledger.errors import ConfigurationError, InvalidInput
from ledger.host.files.durable import replacing

MOST_ROWS: Final = 1_048_576
MOST_COLUMNS: Final = 1_000
LONGEST: Final = 32_767
_UNREADABLE: Final = (
    BadZipFile, zlib.error, LookupError, ValueError, TypeError, AttributeError, SyntaxError, ArithmeticError, OSError,
    EOFError, RecursionError, TokenizerError, TranslatorError,
)
"""Errors of the library for a malformed workbook. It checks few of the values that it reads."""
_WIDEST: Final = 60
_LIST_ROWS: Final = 10_000
"""Rows below the header that get the drop-downs of their column."""
_LISTS: Final = "lists"
_NOTE_LINE: Final = 40
"""Latin letters in a line of a note's box; Chinese signs take the room of two."""
_NOTE_HEIGHT: Final = 18
_NOTE_EDGE: Final = 16
_LATIN: Final = 0x24F
_WIDE: Final = 2
_FAULTY: Final = PatternFill("solid", fgColor="FFFFC7CE")
_BOOK_TYPE: Final = ".main+xml"
_TEXT_FORMAT: Final = "@"
_HOURS: Final = re.compile(r"h", re.I)
"""In the format of a date that shows a time too."""
_NOT_CODES: Final = re.compile(r'"[^"]*"|[\\_*].|\[(?!h+\])[^\]]*\]', re.I)
"""Texts, single signs, languages and colours in the format of a date."""
_UNWANTED: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML 1.0 does not allow."""


class Heading(NamedTuple):
    """A column of a page. `note`: shown beside its name. `allowed`: the values of its drop-down list. `as_text`: input
    stays text, so that a batch `0012` keeps its zeros."""

    name: str
    note: str = ""
    allowed: tuple[str, ...] = ()
    as_text: bool = True


class SheetPage(NamedTuple):
    """A sheet to write; without headings its rows begin at the top. `marks`: notes on faulty cells, by row and column,
    both from 1."""

    name: str
    headings: Sequence[Heading]
    rows: Iterable[Sequence[CellValue | None]]
    marks: Mapping[tuple[int, int], str] = {}


class WorkbookRows(Rows):
    """The sheets of a workbook."""

    def __init__(self, path: Path, book: Any, merged: Mapping[str, Sequence[str]]) -> None:
        self._path, self._book, self._merged = path, book, merged

    def sheets(self) -> list[str]:
        return [sheet.title for sheet in self._book.worksheets if sheet.title != _LISTS]

    def rows(self, sheet: str) -> Iterator[Row]:
        page = self._book[sheet]
        page.reset_dimensions()
        try:
            for number, cells in enumerate(page.iter_rows(), start=1):
                if number > MOST_ROWS or len(cells) > MOST_COLUMNS:
                    raise _too_large(self._path, sheet, number)
                values = [_value(cell) for cell in cells]
                if any(value is not None for value in values):
                    yield Row(sheet, number, values)
        except _UNREADABLE as error:
            raise _unreadable(self._path, error) from None

    def merged(self, sheet: str) -> list[tuple[str, int]]:
        part = str(self._book[sheet]._worksheet_path).lower()
        try:
            return [(cells, range_boundaries(cells)[3] or 1) for cells in self._merged.get(part, ())]
        except _UNREADABLE as error:
            raise _unreadable(self._path, error) from None


@contextmanager
def opened(path: Path) -> Iterator[Rows]:
    """Opens a workbook. Raises InvalidInput if it is no workbook, or a hostile one; ConfigurationError if this
    installation cannot read workbooks safely."""
    if not openpyxl.DEFUSEDXML:
        raise ConfigurationError("reading a workbook needs defusedxml: pip install 'carbon-ledger[workbook]'",
                                 code="no-workbook")
    if path.suffix.lower() != ".xlsx":
        raise InvalidInput(f"{path.name} is not an .xlsx file", code="not-a-workbook", field="file", value=path.suffix,
                           rule="a workbook without macros: save it as .xlsx")
    with path.open("rb") as file:
        merged = vetted(file)
        try:
            _check_parts(file)
            book = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
        except _UNREADABLE as error:
            raise _unreadable(path, error) from None
        try:
            yield WorkbookRows(path, book, merged)
        finally:
            book.close()


def _check_parts(file: BinaryIO) -> None:
    """Raises ValueError if a part stands elsewhere than the checks of its size expect. `file` is at its beginning
    afterwards."""
    with ZipFile(file) as book:
        manifest: Any = Manifest.from_tree(fromstring(book.read(ARC_CONTENT_TYPES)))  # type: ignore[arg-type]
        places = [(part.PartName.removeprefix("/"), part.ContentType) for part in manifest.Override]
        _check_places(places)
        for part in [part for part, kind in places if kind.endswith(_BOOK_TYPE)] or [ARC_WORKBOOK]:
            relations: Any = get_dependents(book, get_rels_path(part))  # type: ignore[no-untyped-call]
            _check_places([(sheet.target, sheet.Type) for sheet in relations])
    file.seek(0)


def _check_places(places: Iterable[tuple[str, str]]) -> None:
    for part, kind in places:
        expected = next((place for suffix, place in PLACES.items() if kind.endswith(suffix)), None)
        if expected is not None and expected.fullmatch(part) is None:
            raise ValueError(f"{part} is an unusual place")


def _unreadable(path: Path, error: Exception) -> InvalidInput:
    return InvalidInput(f"{path.name} cannot be read: {error}", code="not-a-workbook", field="file",
                        rule="a workbook that a spreadsheet saved as .xlsx")


def _too_large(path: Path, sheet: str, row: int) -> InvalidInput:
    return InvalidInput(f"{path.name}, sheet {sheet}, row {row}: too many rows or columns", code="workbook-too-large",
                        field="file", rule=f"at most {MOST_ROWS:,} rows and {MOST_COLUMNS:,} columns")


def _value(cell: Any) -> CellValue | None:
    value = cell.value
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if cell.data_type == "f":
        return Formula(str(getattr(value, "text", None) or value))
    if cell.data_type == "e":
        return CellError(str(value))
    if isinstance(value, datetime) and not _HOURS.search(_NOT_CODES.sub("", str(cell.number_format))):
        return value.date()
    if isinstance(value, timedelta | time):
        return str(value)
    if isinstance(value, str | int | float | bool | datetime | date):
        return value
    return str(value)


def write_pages(path: Path, pages: Sequence[SheetPage]) -> None:
    """Writes a workbook; the file appears whole or not at all. Rows are streamed. Raises OSError."""
    book = Workbook(write_only=True)
    lists: dict[tuple[str, ...], str] = {}
    for page in pages:
        _write_page(book, page, lists)
    if lists:
        _write_lists(book, list(lists))
    with replacing(path) as file:
        book.save(file)


def _write_page(book: Any, page: SheetPage, lists: dict[tuple[str, ...], str]) -> None:
    sheet = book.create_sheet(page.name)
    if page.headings:
        sheet.freeze_panes = "A2"
    for number, heading in enumerate(page.headings, start=1):
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = min(_WIDEST, max(12, len(heading.name) + 2))
        if heading.as_text:
            sheet.column_dimensions[letter].number_format = _TEXT_FORMAT
        if heading.allowed:
            place = lists.setdefault(heading.allowed, _list_place(len(lists), len(heading.allowed)))
            choice = DataValidation(type="list", formula1=place, allow_blank=True, showErrorMessage=True)
            choice.error = "Choose a value of the list."
            choice.add(f"{letter}2:{letter}{_LIST_ROWS}")
            sheet.data_validations.append(choice)
    if page.headings:
        sheet.append([_header(sheet, heading, page.marks.get((1, i)))
                      for i, heading in enumerate(page.headings, start=1)])
    for number, row in enumerate(page.rows, start=2 if page.headings else 1):
        sheet.append([_marked(sheet, value, page.marks.get((number, i)), page.headings[i - 1 : i])
                      for i, value in enumerate(row, start=1)])


def _list_place(number: int, length: int) -> str:
    letter = get_column_letter(number + 1)
    return f"{_LISTS}!${letter}$1:${letter}${length}"


def _write_lists(book: Any, lists: Sequence[tuple[str, ...]]) -> None:
    sheet = book.create_sheet(_LISTS)
    sheet.sheet_state = "hidden"
    for number in range(max(map(len, lists))):
        sheet.append([text_cell(sheet, one[number]) if number < len(one) else None for one in lists])


def _header(sheet: Any, heading: Heading, mark: str | None) -> Cell:
    cell = _marked(sheet, heading.name, mark, ())
    cell.font = Font(bold=True)
    if heading.note and mark is None:
        cell.comment = _comment(heading.note)
    return cell


def _marked(sheet: Any, value: CellValue | None, mark: str | None, heading: Sequence[Heading]) -> Cell:
    cell: Cell
    if isinstance(value, Formula | CellError):
        cell = text_cell(sheet, value.text)
    elif isinstance(value, str):
        cell = text_cell(sheet, value)
        if heading and heading[0].as_text:
            cell.number_format = _TEXT_FORMAT
    else:
        cell = WriteOnlyCell(sheet, value=value)  # type: ignore[arg-type]
    if mark is not None:
        cell.fill = _FAULTY
        cell.comment = _comment(mark)
    return cell


def _comment(text: str) -> Comment:
    """A note in a box that shows all of its text: a spreadsheet does not make the box larger."""
    comment = Comment(_UNWANTED.sub("", text)[:LONGEST], "carbon-ledger")
    lines = sum(1 + sum(_WIDE if ord(sign) > _LATIN else 1 for sign in line) // _NOTE_LINE
                for line in comment.text.splitlines())
    comment.width, comment.height = 320, max(160, _NOTE_EDGE + lines * _NOTE_HEIGHT)
    return comment


def text_cell(sheet: Any, text: str, *, bold: bool = False) -> Cell:
    """A cell of a streamed sheet that is text, whatever it begins with."""
    cell: Cell = WriteOnlyCell(sheet, value=_UNWANTED.sub("", text)[:LONGEST])
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell

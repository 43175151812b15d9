"""Checks a workbook's file before a library reads it: sizes, macros, entities, merged cells.

A workbook is a zip of XML files. Its directory states the size of each part, and the reader of the zip stops there, so
the stated sizes bound memory and time. The parts are read once as bytes, in pieces.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from ledger.errors import InvalidInput

MOST_PARTS: Final = 2_000
MOST_BYTES: Final = 512 << 20
"""Of all parts together: 100,000 rows need a hundredth of it."""
MOST_SHARED: Final = 64 << 20
"""Of a part that a reader keeps in memory, such as the shared texts."""
MOST_RATIO: Final = 200
"""Of a part to its compressed size. Spreadsheets reach 30."""
_PACKED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_PIECE: Final = 1 << 20
_OVERLAP: Final = 64
_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml", re.I)
_MACROS: Final = re.compile(r"vbaproject|macrosheets|activex|embeddings/", re.I)
_MACRO_TYPE: Final = b".macroEnabled."
_WITHOUT_MACROS: Final = "a workbook without macros: save it as .xlsx"
_ENTITY: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)|<\0?!\0?(?:D\0?O\0?C\0?T|E\0?N\0?T\0?I)", re.I)
_MERGED: Final = re.compile(rb"<(?:[A-Za-z0-9]+:)?mergeCell\s[^>]{0,100}?ref=[\"']([A-Z0-9:$]{1,40})[\"']")


class Vetted(dict[str, list[str]]):
    """The merged ranges of each sheet's part, by the name of the part in lower case."""


def vetted(file: BinaryIO) -> Vetted:
    """The merged ranges of a workbook. Raises InvalidInput if the file is no workbook, has macros, declares entities,
    or is larger than a reader should open. `file` is at its beginning afterwards."""
    try:
        with zipfile.ZipFile(file) as book:
            _check_directory(book.infolist())
            merged = Vetted({
                part.filename.lower(): list(_scanned(book, part)) for part in book.infolist()
                if part.filename.lower().endswith((".xml", ".rels", ".vml"))
            })
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise _refused(f"not a workbook: {error}", "not-a-workbook",
                       "a file that a spreadsheet saved as .xlsx") from None
    file.seek(0)
    return merged


def _check_directory(parts: list[zipfile.ZipInfo]) -> None:
    names = [part.filename for part in parts]
    if len(parts) > MOST_PARTS or len({name.lower() for name in names}) < len(names):
        raise _refused(f"the workbook has {len(parts)} parts, or two of one name", "not-a-workbook",
                       f"at most {MOST_PARTS:,} parts, each name once")
    for part in parts:
        if part.compress_type not in _PACKED:
            raise _refused(f"{part.filename} is packed in an unusual way", "not-a-workbook",
                           "a file that a spreadsheet saved as .xlsx")
        if _MACROS.search(part.filename):
            raise _refused(f"the workbook has macros or embedded programs ({part.filename})", "macros",
                           _WITHOUT_MACROS)
        in_sheet = _SHEET.fullmatch(part.filename)
        if part.file_size > (MOST_BYTES if in_sheet else MOST_SHARED):
            raise _too_large(part.filename, part.file_size)
        if part.file_size > _PIECE and part.file_size > MOST_RATIO * max(part.compress_size, 1):
            raise _too_large(part.filename, part.file_size)
    total = sum(part.file_size for part in parts)
    if total > MOST_BYTES:
        raise _too_large("all parts", total)


def _scanned(book: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[str]:
    """The merged ranges of a part. Raises InvalidInput if it declares entities."""
    rest = b""
    sheet = _SHEET.fullmatch(part.filename)
    with book.open(part) as stream:
        while piece := stream.read(_PIECE):
            piece = rest + piece
            if _ENTITY.search(piece):
                raise _refused(f"{part.filename} declares a document type or entities", "entities",
                               "a workbook as spreadsheets save it")
            if _MACRO_TYPE in piece:
                raise _refused("the workbook is of a type with macros", "macros", _WITHOUT_MACROS)
            end = max(len(piece) - _OVERLAP * 3, 0)
            for match in _MERGED.finditer(piece) if sheet else ():
                if match.start() < end or len(piece) < _PIECE:
                    yield match[1].decode()
            rest = piece[end:]


def _refused(message: str, code: str, rule: str) -> InvalidInput:
    return InvalidInput(message, code=code, field="file", rule=rule)


def _too_large(name: str, size: int) -> InvalidInput:
    return InvalidInput(
        f"{name} would unpack to {size:,} bytes", code="workbook-too-large", field="file", value=size,
        rule=f"at most {MOST_BYTES:,} bytes in all, {MOST_SHARED:,} of texts and styles, {MOST_RATIO} times its packed "
             "size; save long lists as CSV",
    )

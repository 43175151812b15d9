"""Checks a workbook's file before a library reads it: sizes, numbers of tags, macros, entities, merged cells.

A workbook is a zip of XML files. Its directory states the size of each part, and the reader of the zip stops there, so
the stated sizes bound time. The parts are read once as bytes, in pieces. Their tags are counted, since a reader makes
an object of each: of a row of a sheet, of the shared texts, of the styles.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final

from ledger.errors import InvalidInput

MOST_PARTS: Final = 2_000
MOST_BYTES: Final = 512 << 20
"""Of all parts together: 100,000 rows need a hundredth of it."""
MOST_SHARED: Final = 64 << 20
"""Of a part that is no sheet, such as the shared texts."""
MOST_WHOLE: Final = 4 << 20
"""Of a part that a reader turns into objects as a whole, such as the styles."""
MOST_TAGS: Final = 100_000
"""Of such a part, and of a sheet outside of its rows: an element takes up to 600 bytes of memory."""
MOST_IN_ROW: Final = 20_000
"""Tags of a row: 1,000 cells need 3,000."""
MOST_TEXTS: Final = 2_000_000
"""Tags of the shared texts: a text needs 2."""
MOST_RATIO: Final = 200
"""Of a part to its compressed size. Spreadsheets reach 30."""
_PACKED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_PIECE: Final = 1 << 20
_OVERLAP: Final = 192
_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml", re.I)
_BOOK: Final = re.compile(r"xl/workbook[0-9]*\.xml", re.I)
_SHARED: Final = re.compile(r"xl/sharedStrings[0-9]*\.xml", re.I)
_WHOLE: Final = re.compile(
    r"\[Content_Types\]\.xml|.*\.rels|docProps/.*|xl/(?:workbook|styles)[0-9]*\.xml|"
    r"xl/(?:theme|chartsheets|drawings|charts)/.*\.xml", re.I)
PLACES: Final[Mapping[str, re.Pattern[str]]] = {
    "sheet.main+xml": _BOOK, "template.main+xml": _BOOK, "sharedStrings+xml": _SHARED, "/worksheet": _SHEET,
    "/chartsheet": re.compile(r"xl/chartsheets/[^/]+\.xml", re.I),
}
"""Where the checks expect parts, by the ends of their types: each part has the limits of its name, and a reader goes by
the types."""
_ROW: Final = re.compile(rb"""<(/?)(?:[\w.-]+:)?row(?=[\s/>])(?:[^<>"']++|"[^"<]*"|'[^'<]*')*+>""")
_UNUSUAL: Final = re.compile(rb"<!|<\?(?!xml\s)")
"""Comments, instructions and marked sections: they could hide where a row begins. No spreadsheet writes them."""
_MACROS: Final = re.compile(r"vbaproject|macrosheets|activex|embeddings/", re.I)
_MACRO_TYPE: Final = b".macroEnabled."
_AS_SAVED: Final = "a workbook as spreadsheets save it"
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
        if part.file_size > _most_bytes(part.filename):
            raise _too_large(part.filename, part.file_size)
        if part.file_size > _PIECE and part.file_size > MOST_RATIO * max(part.compress_size, 1):
            raise _too_large(part.filename, part.file_size)
    total = sum(part.file_size for part in parts)
    if total > MOST_BYTES:
        raise _too_large("all parts", total)


def _most_bytes(name: str) -> int:
    if _SHEET.fullmatch(name):
        return MOST_BYTES
    return MOST_WHOLE if _WHOLE.fullmatch(name) else MOST_SHARED


def _scanned(book: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[str]:
    """The merged ranges of a part. Raises InvalidInput if it declares entities or has too many tags."""
    rest = b""
    sheet = _SHEET.fullmatch(part.filename)
    tags = _TagCount(part.filename)
    with book.open(part) as stream:
        while data := stream.read(_PIECE):
            piece = rest + data
            if _ENTITY.search(piece):
                raise _refused(f"{part.filename} declares a document type or entities", "entities", _AS_SAVED)
            if _MACRO_TYPE in piece:
                raise _refused("the workbook is of a type with macros", "macros", _WITHOUT_MACROS)
            # The next piece begins with a whole tag.
            end = piece.rfind(b"<")
            if len(piece) - end > _PIECE:
                if sheet:
                    raise _refused(f"{part.filename} has a text of more than {_PIECE:,} bytes", "workbook-too-large",
                                   "at most 32,767 characters in a cell")
                end = len(piece) - _OVERLAP
            whole, rest = piece[: max(end, 0)], piece[max(end, 0) :]
            tags.add(whole)
            yield from _merged(whole) if sheet else ()
    tags.add(rest)
    yield from _merged(rest) if sheet else ()


def _merged(piece: bytes) -> Iterator[str]:
    return (match[1].decode() for match in _MERGED.finditer(piece))


class _TagCount:
    """Counts the tags that a reader has in memory at once: in a sheet, those in a row, and those outside of rows; in
    each other part, all of them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._sheet = _SHEET.fullmatch(name) is not None
        shared = MOST_TEXTS if _SHARED.fullmatch(name) else None
        self._most = MOST_TAGS if self._sheet or _WHOLE.fullmatch(name) else shared
        self._outside = 0
        self._in_row: int | None = None

    def add(self, piece: bytes) -> None:
        """Counts a piece that holds whole tags. Raises InvalidInput if there are too many, or if they cannot be
        counted."""
        if self._most is None:
            return
        if b"\0" in piece or (self._sheet and _UNUSUAL.search(piece)):
            raise _refused(f"{self._name} has comments, instructions or another encoding than UTF-8", "not-a-workbook",
                           _AS_SAVED)
        begin = 0
        for tag in _ROW.finditer(piece) if self._sheet else ():
            self._count(piece, begin, tag.start())
            self._turn(tag[0], ends=bool(tag[1]))
            begin = tag.end()
        self._count(piece, begin, len(piece))

    def _turn(self, tag: bytes, *, ends: bool) -> None:
        """A row begins or ends."""
        if not ends and self._in_row is not None:
            raise _refused(f"{self._name} has a row inside another row", "not-a-workbook", _AS_SAVED)
        self._in_row = None if ends or tag.endswith(b"/>") else 0

    def _count(self, piece: bytes, begin: int, end: int) -> None:
        tags = piece.count(b"<", begin, end) - piece.count(b"</", begin, end)
        if self._in_row is None:
            self._outside += tags
        else:
            self._in_row += tags
        if self._outside > (self._most or 0) or (self._in_row or 0) > MOST_IN_ROW:
            raise _refused(f"{self._name} has too many parts or cells", "workbook-too-large",
                           f"at most {MOST_IN_ROW:,} tags in a row, {MOST_TAGS:,} elsewhere, {MOST_TEXTS:,} of texts; "
                           "save long lists as CSV")


def _refused(message: str, code: str, rule: str) -> InvalidInput:
    return InvalidInput(message, code=code, field="file", rule=rule)


def _too_large(name: str, size: int) -> InvalidInput:
    return InvalidInput(
        f"{name} would unpack to {size:,} bytes", code="workbook-too-large", field="file", value=size,
        rule=f"at most {MOST_BYTES:,} bytes in all, {MOST_SHARED:,} of texts, {MOST_WHOLE:,} of styles, "
             f"{MOST_RATIO} times its packed size; save long lists as CSV",
    )

"""The size limit of each kind of answer, in bytes after decompression."""

from typing import Final

from ledger.core.log.merkle import HASH_SIZE

SECONDS: Final = 120.0
"""The deadline of one answer, from the connection to the last byte, however slowly the bytes come."""
VKEY: Final = 16 << 10
NOTE: Final = 1 << 20
"""A checkpoint with all its signature lines, the notes of all rotations of a key, or a policy of witnesses."""
BODY: Final = 4 << 20
"""A record of a public kind: its body has up to 1 MiB, and nothing revises it."""
LINE: Final = 16 << 20
"""A line of an answer of many lines: a receipt with the results of a record."""
QUESTION: Final = 64 << 20
"""An answer for people: a footprint, a chain, an inventory."""
PROBLEM: Final = 1 << 20
"""An error; a longer one is cut off."""
PAGE: Final = 4 << 20
"""A page of entries. If a page is longer, the audit asks for fewer rows."""
ROW: Final = 32 << 20
"""A page of a single entry, whose record may have revised many others."""
VALUES: Final = 1_500_000
"""Values in one JSON answer: each takes up to some hundred bytes of memory, however short it is on the wire."""
_ENTRY: Final = 1 << 10
"""An entry has 170 bytes. The limit admits longer entries, so that a check can report their index."""
_RECEIPT: Final = 64 << 10
_PER_BYTE: Final = 32


def tile(width: int) -> int:
    return width * HASH_SIZE


def bundle(width: int) -> int:
    """A bundle of `width` entries, each after its length in two bytes."""
    return width * (2 + _ENTRY)


def receipts(count: int, posted: int) -> int:
    """The answers to `count` records of `posted` bytes in total: a receipt proves each lot that a record makes."""
    return PROBLEM + count * _RECEIPT + posted * _PER_BYTE

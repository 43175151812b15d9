"""How much of each answer is read: bytes after inflation, by what was asked for."""

from typing import Final

from ledger.core.log.merkle import HASH_SIZE

SECONDS: Final = 120.0
"""For one answer, from the connection to the last byte, however it drips."""
VKEY: Final = 16 << 10
NOTE: Final = 1 << 20
"""A checkpoint with all its signature lines, the notes of all rotations of a key, or a policy of witnesses."""
BODY: Final = 4 << 20
"""A record of a public kind: its body has up to 1 MiB, and nothing revises it."""
LINE: Final = 16 << 20
"""A line of an answer of many: a receipt with the results of a record."""
QUESTION: Final = 64 << 20
"""What people ask of a ledger: a footprint, a chain, an inventory."""
PROBLEM: Final = 1 << 20
"""An error; what is longer is cut off."""
PAGE: Final = 4 << 20
"""A page of entries; where it is longer, fewer rows are asked for."""
ROW: Final = 32 << 20
"""A page of a single entry, whose record may have revised many others."""
VALUES: Final = 1_500_000
"""Values in one JSON answer: each takes up to some hundred bytes of memory, whatever it takes on the wire."""
_ENTRY: Final = 1 << 10
"""An entry has 170 bytes. A longer one is read, so that a check can say at which index it stands."""
_RECEIPT: Final = 64 << 10
_PER_BYTE: Final = 32


def tile(width: int) -> int:
    return width * HASH_SIZE


def bundle(width: int) -> int:
    """Of entries, each after its length in two bytes."""
    return width * (2 + _ENTRY)


def receipts(count: int, posted: int) -> int:
    """Answers to `count` records of `posted` bytes in all: a receipt proves each lot that a record makes."""
    return PROBLEM + count * _RECEIPT + posted * _PER_BYTE

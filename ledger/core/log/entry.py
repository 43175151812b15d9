"""The log entry: 170 public bytes that commit to a record, its signature and the figures that follow from it.

`version(1) | kind(1) | digest(32) | keyid(32) | signature(64) | outcome(32) | time(8, ms since 1970, big-endian)`
"""

import struct
from typing import NamedTuple

from ledger.core.record.base import (
    ACTIVATION,
    ERASURE,
    KEY_CHANGE,
    ORGANIZATION,
    PARENT_END,
    PRIVATE,
    READER,
    READER_REVOCATION,
)
from ledger.errors import VerificationError

VERSION = 1
_LAYOUT = struct.Struct(">BB32s32s64s32sQ")
SIZE = _LAYOUT.size
KINDS = (PRIVATE, ORGANIZATION, KEY_CHANGE, ACTIVATION, ERASURE, READER, READER_REVOCATION, PARENT_END)


class Entry(NamedTuple):
    """`time`: ms since 1970, as the server claims; the order in the log decides validity, not the time."""

    kind: int
    digest: bytes
    keyid: bytes
    signature: bytes
    outcome: bytes
    time: int

    def to_bytes(self) -> bytes:
        return _LAYOUT.pack(VERSION, *self)


def parse_entry(data: bytes) -> Entry:
    """The entry in `data`. Raises VerificationError if it is not an entry of version 1."""
    if len(data) != SIZE:
        raise VerificationError(f"an entry has {SIZE} bytes, not {len(data)}", code="malformed-entry")
    version, *fields = _LAYOUT.unpack(data)
    if version != VERSION:
        raise VerificationError(f"unknown entry version {version}, not {VERSION}", code="malformed-entry")
    entry = Entry(*fields)
    if entry.kind not in KINDS:
        raise VerificationError(f"unknown record kind {entry.kind}, not 0 to {max(KINDS)}", code="malformed-entry")
    return entry

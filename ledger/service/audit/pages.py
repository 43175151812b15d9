"""A page of entries on its way to an audit: a MessagePack array of rows."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta, Raw

from ledger.errors import Unavailable
from ledger.service.audit.source import Row, StoredLot

ENTRIES = 1_000
"""At most so many entries a page."""
_MAX_ROWS = 4 * ENTRIES
"""More than any source puts into a page."""
_MAX_PARTS = 65_536
"""Lots and flows of a page: each takes some 40 times the memory that it may take on the wire."""
MEDIA_TYPE = "application/vnd.msgpack"

_encoder = msgspec.msgpack.Encoder(decimal_format="string")
_rows: msgspec.msgpack.Decoder[list[Raw]] = msgspec.msgpack.Decoder(Annotated[list[Raw], Meta(max_length=_MAX_ROWS)])
_row = msgspec.msgpack.Decoder(Row)
_lot = msgspec.json.Decoder(StoredLot)


def write_page(rows: Sequence[Row]) -> bytes:
    """The bytes of a page."""
    return _encoder.encode(rows)


def read_page(data: bytes) -> list[Row]:
    """Raises Unavailable for what is no page: whoever sent it does not speak this protocol."""
    rows: list[Row] = []
    parts = 0
    try:
        for raw in _rows.decode(data):
            row = _row.decode(raw)
            parts += len(row.lots) + len(row.flows)
            if parts > _MAX_PARTS:
                raise Unavailable(f"what came is no page of entries: it has more than {_MAX_PARTS} lots and flows",
                                  code="server-down")
            rows.append(row)
    except msgspec.MsgspecError as error:
        raise Unavailable(f"what came is no page of entries: {error}", code="server-down") from error
    return rows


def read_lot(text: str) -> StoredLot | None:
    """A lot of a row; None where the row cannot be what the ledger has written."""
    try:
        return _lot.decode(text)
    except (msgspec.MsgspecError, ValueError):
        return None

"""A page of entries on its way to an audit: a MessagePack array of rows."""

from collections.abc import Sequence

import msgspec

from ledger.errors import Unavailable
from ledger.service.audit.source import Row, StoredLot

ENTRIES = 1_000
"""At most so many entries a page."""
MEDIA_TYPE = "application/vnd.msgpack"

_encoder = msgspec.msgpack.Encoder(decimal_format="string")
_decoder = msgspec.msgpack.Decoder(list[Row])
_lot = msgspec.json.Decoder(StoredLot)


def write_page(rows: Sequence[Row]) -> bytes:
    """The bytes of a page."""
    return _encoder.encode(rows)


def read_page(data: bytes) -> list[Row]:
    """Raises Unavailable for what is no page: whoever sent it does not speak this protocol."""
    try:
        return _decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise Unavailable(f"what came is no page of entries: {error}", code="server-down") from error


def read_lot(text: str) -> StoredLot | None:
    """A lot of a row; None where the row cannot be what the ledger has written."""
    try:
        return _lot.decode(text)
    except (msgspec.MsgspecError, ValueError):
        return None

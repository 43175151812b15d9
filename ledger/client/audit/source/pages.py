"""A page of entries on its way to an audit: a MessagePack array of rows."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, get_args, get_origin

import msgspec
from msgspec import Meta, Raw
from msgspec.structs import fields

from ledger.client.audit.source.decoding import Malformed, typed
from ledger.client.audit.source.interface import EntryRow
from ledger.errors import Unavailable

ENTRIES = 1_000
"""At most so many entries a page."""
_MAX_ROWS = 4 * ENTRIES
"""More than any source puts into a page."""
_MAX_PARTS = 65_536
"""Lots and flows of a page: each takes some 40 times the memory that it may take on the wire."""
_MAX_SALVAGED = 1 << 20
"""Bytes of a row of which columns are read one by one: untyped values take some 60 times that in memory."""
_MAX_MALFORMED = 50
"""Of a row, so many are named."""
MEDIA_TYPE = "application/vnd.msgpack"

_encoder = msgspec.msgpack.Encoder(decimal_format="string")
_rows: msgspec.msgpack.Decoder[list[Raw]] = msgspec.msgpack.Decoder(Annotated[list[Raw], Meta(max_length=_MAX_ROWS)])
_row = msgspec.msgpack.Decoder(EntryRow)


def write_page(rows: Sequence[EntryRow]) -> bytes:
    """The bytes of a page."""
    return _encoder.encode(rows)


EMPTY_PAGE: Final = write_page([])


def read_page(data: bytes) -> list[EntryRow]:
    """Its rows, each with what could not be read of it. Raises Unavailable for what is no page at all: whoever sent it
    does not speak this protocol."""
    rows: list[EntryRow] = []
    parts = 0
    try:
        for raw in _rows.decode(data):
            row = _read_row(raw)
            parts += len(row.lots) + len(row.flows)
            if parts > _MAX_PARTS:
                raise Unavailable(f"what came is no page of entries: it has more than {_MAX_PARTS} lots and flows",
                                  code="server-down")
            rows.append(row)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Unavailable(f"what came is no page of entries: {error}", code="server-down") from error
    return rows


def _read_row(raw: Raw) -> EntryRow:
    try:
        return _row.decode(raw)
    except (msgspec.MsgspecError, ValueError, ArithmeticError):
        if len(raw) > _MAX_SALVAGED:
            raise
        return _salvaged(_raw.decode(raw))


def _salvaged(raw: Mapping[str, object]) -> EntryRow:
    """What can be read of a row, column by column."""
    found: dict[str, Any] = {}
    malformed: list[tuple[str, str]] = []
    for field in fields(EntryRow):
        if field.name in raw:
            found[field.name] = _values(field.type, field.name, raw[field.name], malformed)
    index, entry = found.get("index"), found.get("entry")
    row = msgspec.structs.replace(
        EntryRow(-1 if index is None else index, entry or b""),
        **{name: value for name, value in found.items() if value is not None and name not in _REQUIRED})
    return msgspec.structs.replace(row, malformed=[*row.malformed, *malformed][:_MAX_MALFORMED])


def _values(kind: Any, name: str, raw: object, malformed: list[tuple[str, str]]) -> Any:
    """A field's value, of a list those that can be read; None for none."""
    table = _COLUMNS.get(name, name)
    if get_origin(kind) is list and isinstance(raw, list):
        (element,) = get_args(kind)
        read = [_value(element, table, one, malformed, _PARTS.get(name, ())) for one in raw]
        return [value for value in read if value is not None]
    return _value(kind, table, raw, malformed)


def _value(
    kind: Any, table: str, raw: object, malformed: list[tuple[str, str]], parts: Sequence[str] = ()
) -> Any:
    try:
        return typed(kind, table, raw, fields=parts)
    except Malformed as error:
        if len(malformed) < _MAX_MALFORMED:
            malformed.append((error.column, error.message))
        return None


_raw: Final = msgspec.msgpack.Decoder(dict[str, Any])
_REQUIRED: Final = ("index", "entry")
_COLUMNS: Final = {
    "index": "entry.index", "entry": "entry.data", "body": "record.body", "seed": "record.seed",
    "leaf": "record.outcome", "erased": "record.erased", "lots": "lot", "flows": "flow", "revised": "revised",
}
_PARTS: Final = {"flows": ("lot", "quantity"), "revised": ("record", "digest", "outcome")}

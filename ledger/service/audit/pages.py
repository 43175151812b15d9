"""A page of entries on its way to an audit: a MessagePack array of rows."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args, get_origin

import msgspec
from msgspec.structs import fields

from ledger.errors import Unavailable
from ledger.service.audit.decoding import Malformed, typed
from ledger.service.audit.source import Row

ENTRIES = 1_000
"""At most so many entries a page."""
MEDIA_TYPE = "application/vnd.msgpack"

_encoder = msgspec.msgpack.Encoder(decimal_format="string")
_decoder = msgspec.msgpack.Decoder(list[Row])


def write_page(rows: Sequence[Row]) -> bytes:
    """The bytes of a page."""
    return _encoder.encode(rows)


EMPTY_PAGE: Final = write_page([])


def read_page(data: bytes) -> list[Row]:
    """Its rows, each with what could not be read of it. Raises Unavailable for what is no page at all: whoever sent it
    does not speak this protocol."""
    try:
        return _decoder.decode(data)
    except (msgspec.MsgspecError, ValueError, ArithmeticError):
        return [_salvaged(row) for row in _raw_rows(data)]


def _raw_rows(data: bytes) -> list[dict[str, Any]]:
    try:
        return _raw.decode(data)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Unavailable(f"what came is no page of entries: {error}", code="server-down") from error


def _salvaged(raw: Mapping[str, object]) -> Row:
    """What can be read of a row, column by column."""
    found: dict[str, Any] = {}
    malformed: list[tuple[str, str]] = []
    for field in fields(Row):
        if field.name in raw:
            found[field.name] = _values(field.type, field.name, raw[field.name], malformed)
    index, entry = found.get("index"), found.get("entry")
    row = msgspec.structs.replace(
        Row(-1 if index is None else index, entry or b""),
        **{name: value for name, value in found.items() if value is not None and name not in _REQUIRED})
    return msgspec.structs.replace(row, malformed=[*row.malformed, *malformed])


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
        malformed.append((error.column, error.message))
        return None


_raw: Final = msgspec.msgpack.Decoder(list[dict[str, Any]])
_REQUIRED: Final = ("index", "entry")
_COLUMNS: Final = {
    "index": "entry.index", "entry": "entry.data", "body": "record.body", "seed": "record.seed",
    "leaf": "record.outcome", "erased": "record.erased", "lots": "lot", "flows": "flow", "revised": "revised",
}
_PARTS: Final = {"flows": ("lot", "quantity"), "revised": ("record", "digest", "outcome")}

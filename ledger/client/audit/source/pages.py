"""The form in which a page of entries travels to an audit: a MessagePack array of rows."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, get_args, get_origin

import msgspec
from msgspec import Meta, Raw
from msgspec.structs import fields

from ledger.client.audit.source.decoding import Malformed, typed
from ledger.client.audit.source.interface import EntryRow
from ledger.errors import Unavailable

ENTRIES = 1_000
"""The largest number of entries in a page."""
_MAX_ROWS = 4 * ENTRIES
"""A limit above the rows of any source's page."""
_MAX_PARTS = 65_536
"""The largest number of lots and flows in a page: each takes some 40 times its size on the wire in memory."""
_MAX_SALVAGED = 1 << 20
"""The largest row, in bytes, whose columns are read one by one: untyped values take some 60 times that in memory."""
_MAX_MALFORMED = 50
"""The largest number of malformed columns that a row names."""
MEDIA_TYPE = "application/vnd.msgpack"

_encoder = msgspec.msgpack.Encoder(decimal_format="string")
_rows: msgspec.msgpack.Decoder[list[Raw]] = msgspec.msgpack.Decoder(Annotated[list[Raw], Meta(max_length=_MAX_ROWS)])
_row = msgspec.msgpack.Decoder(EntryRow)


def write_page(rows: Sequence[EntryRow]) -> bytes:
    """The bytes of a page."""
    return _encoder.encode(rows)


EMPTY_PAGE: Final = write_page([])


def read_page(data: bytes) -> list[EntryRow]:
    """The rows of a page, each with its unreadable columns. Raises Unavailable if the data is not a page: the sender
    does not speak this protocol."""
    rows: list[EntryRow] = []
    parts = 0
    try:
        for raw in _rows.decode(data):
            row = _read_row(raw)
            parts += len(row.lots) + len(row.flows) + len(row.given)
            if parts > _MAX_PARTS:
                raise Unavailable(f"the answer is not a page of entries: it has more than {_MAX_PARTS} lots and flows",
                                  code="server-down")
            rows.append(row)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Unavailable(f"the answer is not a page of entries: {error}", code="server-down") from error
    return rows


def _read_row(raw: Raw) -> EntryRow:
    try:
        return _row.decode(raw)
    except (msgspec.MsgspecError, ValueError, ArithmeticError):
        if len(raw) > _MAX_SALVAGED:
            raise
        return _salvaged(_raw.decode(raw))


def _salvaged(raw: Mapping[str, object]) -> EntryRow:
    """A row from its readable columns."""
    columns: dict[str, Any] = {}
    malformed: list[tuple[str, str]] = []
    for field in fields(EntryRow):
        if field.name in raw:
            columns[field.name] = _values(field.type, field.name, raw[field.name], malformed)
    index, entry = columns.get("index"), columns.get("entry")
    row = msgspec.structs.replace(
        EntryRow(-1 if index is None else index, entry or b""),
        **{name: value for name, value in columns.items() if value is not None and name not in _REQUIRED})
    return msgspec.structs.replace(row, malformed=[*row.malformed, *malformed][:_MAX_MALFORMED])


def _values(kind: Any, name: str, raw: object, malformed: list[tuple[str, str]]) -> Any:
    """The value of a field, or the readable values of a list; None if nothing can be read."""
    table = _COLUMNS.get(name, name)
    if get_origin(kind) is list and isinstance(raw, list):
        (element,) = get_args(kind)
        values = [_value(element, table, one, malformed, _PARTS.get(name, ())) for one in raw]
        return [value for value in values if value is not None]
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
    "given": "given",
}
_PARTS: Final = {"flows": ("lot", "quantity"), "revised": ("record", "digest", "outcome")}

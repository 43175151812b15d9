"""Encodes rows of the table `figure` in PostgreSQL's binary COPY format.

The driver checks each number of an array separately, in case it is itself an array: this costs a twentieth of the time
of a batch. The format belongs to `COPY ... WITH (FORMAT binary)`: a header; for each row the number of fields, then
each field after its length; an end mark. All numbers are big-endian. Arrays have one dimension, which begins at 1.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from functools import lru_cache
from itertools import chain, repeat
from struct import Struct
from typing import Final

from ledger.engine.row_buffer import TABLES
from ledger.store.database import Connection

COLUMNS: Final = TABLES["figure"]
Row = tuple[int, int, str, str | None, float, Sequence[float], Sequence[str], Sequence[float]]
"""A figure's columns, in order."""
_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END: Final = b"\xff\xff"
_NULL: Final = b"\xff\xff\xff\xff"
_FLOAT8, _TEXT = 701, 25
"""PostgreSQL's numbers of these types (pg_type.dat)."""
_START: Final = Struct(">hiqiq")
_SHARE: Final = Struct(">id")
_EMPTY: Final = Struct(">4i")
_ARRAY: Final = Struct(">6i")
_LENGTH: Final = Struct(">i")


async def copy_figures(connection: Connection, rows: Iterable[Row]) -> None:
    """Appends the rows. Raises the driver's errors."""
    await connection.copy_to_table("figure", source=_chunks(encoded(rows)), columns=COLUMNS, format="binary")


def encoded(rows: Iterable[Row]) -> bytes:
    """The rows as one byte string."""
    parts = [_HEADER]
    for lot, version, method, plugin, share, burdens, content, amount in rows:
        parts += (
            _START.pack(len(COLUMNS), 8, lot, 8, version), _text(method), _NULL if plugin is None else _text(plugin),
            _SHARE.pack(8, share), _floats(burdens), _texts(content), _floats(amount),
        )
    parts.append(_END)
    return b"".join(parts)


async def _chunks(data: bytes) -> AsyncIterator[bytes]:
    yield data


@lru_cache(maxsize=4_096)
def _text(text: str) -> bytes:
    """A text field, or an element of an array. It is cached because the same names occur many times."""
    data = text.encode()
    return _LENGTH.pack(len(data)) + data


def _floats(values: Sequence[float]) -> bytes:
    count = len(values)
    if not count:
        return _EMPTY.pack(12, 0, 0, _FLOAT8)
    return _of_floats(count).pack(
        20 + 12 * count, 1, 0, _FLOAT8, count, 1, *chain.from_iterable(zip(repeat(8), values, strict=False))
    )


@lru_cache(maxsize=1_024)
def _of_floats(count: int) -> Struct:
    return Struct(">6i" + "id" * count)


def _texts(values: Sequence[str]) -> bytes:
    if not values:
        return _EMPTY.pack(12, 0, 0, _TEXT)
    elements = b"".join([_text(value) for value in values])
    return _ARRAY.pack(20 + len(elements), 1, 0, _TEXT, len(values), 1) + elements


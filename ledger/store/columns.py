"""Reads rows directly into columns, without a Python object for each value: numbers into arrays, words into lists.

Numbers come by a binary COPY, whose rows all have the same length, or joined as bytes. Words come as one text. The
database sorts them, so that the columns of several queries match.
"""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import numpy
from numpy.typing import NDArray

from ledger.store.database import Connection

_HEADER = 19
_TRAILER = 2
_INTEGER, _FLOAT = ">i8", ">f8"

Column = tuple[str, int | None]
"""Name and type: None for an integer of 64 bits, 0 for a float, n for an array of n floats."""


def list_of(numbers: Iterable[int]) -> str:
    """Integers as the text of a parameter `$n::text::bigint[]`. This is faster than a list, because the driver encodes
    each element of a list separately."""
    return "{" + ",".join(map(str, numbers)) + "}"


def integers(data: bytes | None, columns: int = 1) -> list[NDArray[numpy.int64]]:
    """The result of `string_agg(int8send(a) || int8send(b), ''::bytea)` as one array for each column; empty arrays for
    NULL. Raises ValueError if the data is not a table of `columns` columns."""
    table = numpy.frombuffer(data or b"", _INTEGER).reshape(-1, columns)
    return [table[:, column].astype(numpy.int64) for column in range(columns)]


def words(text: str | None, count: int) -> list[str]:
    r"""The words in the result of `string_agg(word, E'\n')`. Raises ValueError if their number is not `count`."""
    parts = text.split("\n") if text is not None else []
    if len(parts) != count:
        raise ValueError(f"expected {count} words, received {len(parts)}")
    return parts


def names(text: str | None, count: int) -> list[str]:
    """The same for words that occur many times: equal words share one object."""
    parts = words(text, count)
    shared = dict(zip(parts, parts, strict=True))
    return [shared[part] for part in parts]


def names_or_none(text: str | None, count: int) -> list[str | None]:
    r"""The same if an empty word stands for NULL: `string_agg(coalesce(word, ''), E'\n')`."""
    parts = words(text, count)
    shared: dict[str, str | None] = dict(zip(parts, parts, strict=True))
    shared[""] = None
    return [shared[part] for part in parts]


async def fetch_columns(
    connection: Connection, sql: str, parameters: Sequence[object], columns: Sequence[Column]
) -> dict[str, NDArray[Any]]:
    """The rows of a query as one array for each column: integers int64, floats float64, arrays of floats n x length.

    Raises ValueError if a value is NULL, or if an array does not have the length that `columns` states.
    """
    buffer = bytearray()

    async def keep(piece: bytes) -> None:
        # A function is faster than a file object, to which the driver writes in a thread for each piece.
        buffer.extend(piece)

    await connection.copy_from_query(sql, *parameters, output=keep, format="binary")
    return await asyncio.to_thread(_columns, buffer, columns)


def _columns(buffer: bytearray, columns: Sequence[Column]) -> dict[str, NDArray[Any]]:
    row = _row(columns)
    data = memoryview(buffer)[_HEADER:-_TRAILER]
    if len(data) % row.itemsize:
        raise ValueError(f"expected rows of {row.itemsize} bytes, received {len(data)} bytes")
    rows = numpy.frombuffer(data, row)
    _check(rows, "fields", len(columns))
    arrays: dict[str, NDArray[Any]] = {}
    for name, length in columns:
        values = rows[name]
        _check(rows, f"{name} bytes", values.dtype.itemsize)
        if not length:
            arrays[name] = values.astype(numpy.int64 if length is None else numpy.float64)
        else:
            _check(values, "length", length)
            _check(values, "nulls", 0)
            arrays[name] = values["elements"]["value"].astype(numpy.float64)
    return arrays


def _check(rows: NDArray[Any], field: str, expected: int) -> None:
    if not (rows[field] == expected).all():
        raise ValueError(f"{field}: expected {expected} in every row")


def _row(columns: Sequence[Column]) -> numpy.dtype[Any]:
    """The layout of a row of a binary COPY: the number of fields, then each field's length and value."""
    fields: list[tuple[str, Any]] = [("fields", ">i2")]
    for name, length in columns:
        fields.append((f"{name} bytes", ">i4"))
        if not length:
            fields.append((name, _INTEGER if length is None else _FLOAT))
        else:
            element = numpy.dtype([("bytes", ">i4"), ("value", _FLOAT)])
            fields.append((name, numpy.dtype([
                ("dimensions", ">i4"), ("nulls", ">i4"), ("type", ">i4"), ("length", ">i4"), ("lower", ">i4"),
                ("elements", element, (length,)),
            ])))
    return numpy.dtype(fields)

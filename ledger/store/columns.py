"""Rows straight into columns, without a Python object a value: numbers into arrays, words into lists.

Numbers come by a binary COPY, whose rows are all of one length, or put together as bytes; words come as one text. The
database sorts them, so that columns of several queries agree.
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
"""Name, and None for an integer of 64 bits, 0 for a float, n for an array of n floats."""


def list_of(numbers: Iterable[int]) -> str:
    """Integers as a parameter `$n::text::bigint[]`: a list of them would be looked at one by one on its way."""
    return "{" + ",".join(map(str, numbers)) + "}"


def integers(data: bytes | None, columns: int = 1) -> list[NDArray[numpy.int64]]:
    """What `string_agg(int8send(a) || int8send(b), ''::bytea)` gives, as one array a column; empty ones where it gives
    NULL. Raises ValueError for what is no table of so many columns."""
    table = numpy.frombuffer(data or b"", _INTEGER).reshape(-1, columns)
    return [table[:, column].astype(numpy.int64) for column in range(columns)]


def words(text: str | None, count: int) -> list[str]:
    r"""What `string_agg(word, E'\n')` gives, one by one. Raises ValueError for another count of them."""
    found = text.split("\n") if text is not None else []
    if len(found) != count:
        raise ValueError(f"{count} words were expected, {len(found)} came")
    return found


def names(text: str | None, count: int) -> list[str]:
    """The same of words that come again and again: each is kept once."""
    found = words(text, count)
    known = dict(zip(found, found, strict=True))
    return [known[one] for one in found]


def names_or_none(text: str | None, count: int) -> list[str | None]:
    r"""The same where NULL is an empty word: `string_agg(coalesce(word, ''), E'\n')`."""
    found = words(text, count)
    known: dict[str, str | None] = dict(zip(found, found, strict=True))
    known[""] = None
    return [known[one] for one in found]


async def fetch_columns(
    connection: Connection, sql: str, parameters: Sequence[object], columns: Sequence[Column]
) -> dict[str, NDArray[Any]]:
    """The rows of a query as one array a column, integers int64, floats float64 (n x length for arrays of floats).

    No column may be NULL, and arrays have the length that is said. Raises ValueError where that is not so.
    """
    buffer = bytearray()

    async def keep(piece: bytes) -> None:
        # A file object would be written to in threads, once for each piece.
        buffer.extend(piece)

    await connection.copy_from_query(sql, *parameters, output=keep, format="binary")
    return await asyncio.to_thread(_columns, buffer, columns)


def _columns(buffer: bytearray, columns: Sequence[Column]) -> dict[str, NDArray[Any]]:
    row = _row(columns)
    data = memoryview(buffer)[_HEADER:-_TRAILER]
    if len(data) % row.itemsize:
        raise ValueError(f"rows of {row.itemsize} bytes were expected, {len(data)} bytes came")
    rows = numpy.frombuffer(data, row)
    _check(rows, "fields", len(columns))
    found: dict[str, NDArray[Any]] = {}
    for name, length in columns:
        values = rows[name]
        _check(rows, f"{name} bytes", values.dtype.itemsize)
        if not length:
            found[name] = values.astype(numpy.int64 if length is None else numpy.float64)
        else:
            _check(values, "length", length)
            _check(values, "nulls", 0)
            found[name] = values["elements"]["value"].astype(numpy.float64)
    return found


def _check(rows: NDArray[Any], field: str, expected: int) -> None:
    if not (rows[field] == expected).all():
        raise ValueError(f"{field}: {expected} was expected in every row")


def _row(columns: Sequence[Column]) -> numpy.dtype[Any]:
    """The layout of a row of a binary COPY: a count of fields, then each field's length and value."""
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

"""Reads the stored lookup rows of records, in one format for all tables, so that an audit can compare them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from asyncpg import Record
from msgspec import Struct

from ledger.core.record.units import plain
from ledger.engine.row_buffer import RowBuffer
from ledger.errors import VerificationError
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

NAMED: Final = (
    "organization", "prefix", "parent_end", "signing_key", "revocation", "compromise", "key_change", "facility",
    "product", "product_completion", "activation", "transfer", "acceptance", "standing_acceptance", "arrival",
    "pool", "closing", "reopening", "provisional", "dispute", "opening", "group_goods", "attestation", "claim",
    "report", "erasure",
    "access_grant", "grant_revocation", "reader", "reader_revocation", "published", "publication_end",
)
"""The tables of lookup rows, which say which record entered a name or a state."""


class StoredName(NamedTuple):
    """A row of the table `kind` without the index of its record, each value as text."""

    kind: str
    values: tuple[str | None, ...]


class Columns(Struct, frozen=True):
    """The columns next to the entry and the body at `index`; None if the record's row is missing. `lots`, `figures` and
    `balances` count the rows of the record's lots. `misplaced` counts the versions of its flows whose positions are not
    0, 1, 2 and so on."""

    index: int
    leaf_hash: bytes | None
    digest: bytes | None
    type: str | None
    issuer: str | None
    seed: bytes | None
    starts: str | None
    ends: str | None
    owners: list[str] | None
    lots: int
    figures: int
    balances: int
    misplaced: int


class StoredNames(NamedTuple):
    """The columns and lookup rows of a range of records."""

    columns: list[Columns]
    entered: dict[int, list[StoredName]]


class Ends(NamedTuple):
    """The stored values that belong to no single record. `beyond`: tables with rows beyond the log's `size`, and the
    first index there. `strays`: prefixes of unknown organisations. `frontier` and `time`: of the head. `ledger`: origin
    and vkey. `tiles`: roots of full tiles by level and index."""

    size: int
    beyond: list[tuple[str, int]]
    strays: list[tuple[str, str]]
    frontier: bytes
    time: int
    ledger: tuple[str, str]
    tiles: dict[tuple[int, int], bytes]


def told_by(rows: RowBuffer) -> list[StoredName]:
    """The expected lookup rows of one record, from the rows that it should have written."""
    return [StoredName(table, values) for table in NAMED for values in _without_record(rows, table)]


def _without_record(rows: RowBuffer, table: str) -> Iterator[tuple[str | None, ...]]:
    columns, of_table = rows.of(table)
    for row in of_table:
        yield tuple([_text(value) for name, value in zip(columns, row, strict=True) if name != "record"])


def _text(value: Any) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case bytes():
            return value.hex()
        case Decimal():
            return plain(value)
        case list():
            # As PostgreSQL writes an array: the name of a process needs no quotes.
            return f"{{{','.join(value)}}}"
        case _:
            return str(value)


async def read_names(pool: DatabasePool, start: int, end: int) -> StoredNames:
    """The columns and lookup rows of the records from index `start` to below `end`."""
    sql = queries("names")
    async with pool.acquire() as connection:
        columns = await connection.fetch(sql["columns"], start, end)
        entered: dict[int, list[StoredName]] = defaultdict(list)
        for row in await connection.fetch(sql["named"], start, end):
            entered[row["index"]].append(StoredName(row["kind"], tuple(row["told"])))
    return StoredNames([_columns(row) for row in columns], entered)


def _columns(row: Record) -> Columns:
    return Columns(
        row["index"], row["leaf_hash"], row["digest"], row["type"], row["issuer"], row["seed"],
        row["starts"], row["ends"], row["owners"], row["lots"], row["figures"], row["balances"], row["misplaced"],
    )


def _only(rows: Sequence[Record], table: str) -> Record:
    if len(rows) != 1:
        raise VerificationError(f"table {table} has {len(rows)} rows; it must have exactly one", field=table)
    return rows[0]


async def read_ends(pool: DatabasePool) -> Ends:
    """The values stored now, even if the log has grown in the meantime. Raises VerificationError if one of the tables
    `head` and `ledger` does not have exactly one row."""
    sql = queries("names")
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        head = _only(await connection.fetch(sql["head_row"]), "head")
        origin, vkey = _only(await connection.fetch(sql["ledger_row"]), "ledger")
        beyond = [(row["kind"], row["index"]) for row in await connection.fetch(sql["beyond"])]
        strays = [(row["prefix"], row["organization"]) for row in await connection.fetch(sql["strays"])]
        tiles = {
            (row["level"], row["index"]): row["root"] for row in await connection.fetch(sql["tile_roots"])
        }
    return Ends(head["size"], beyond, strays, head["frontier"], head["time"], (origin, vkey), tiles)

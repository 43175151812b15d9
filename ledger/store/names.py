"""What records have entered under which name, as stored, in one spelling for all tables: for an audit to compare."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from asyncpg import Record
from msgspec import Struct

from ledger.engine.row_buffer import RowBuffer
from ledger.errors import VerificationError
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

NAMED: Final = (
    "organization", "prefix", "signing_key", "revocation", "compromise", "key_change", "facility", "product",
    "activation", "transfer", "acceptance", "pool", "closing", "reopening", "provisional", "dispute", "opening",
    "attestation", "claim", "report", "erasure",
)
"""Tables that say which record entered a name or a state."""


class StoredName(NamedTuple):
    """A row of table `kind` without the index of its record, each value as text."""

    kind: str
    values: tuple[str | None, ...]


class Columns(Struct, frozen=True):
    """What stands beside the entry and the body at `index`; None where the record's row is missing. `lots`, `figures`
    and `balances` count the rows of the record's lots; `misplaced` the versions of its flows
    whose positions are not 0, 1, 2 and so on."""

    index: int
    leaf_hash: bytes | None
    digest: bytes | None
    type: str | None
    issuer: str | None
    seed: bytes | None
    lots: int
    figures: int
    balances: int
    misplaced: int


class StoredNames(NamedTuple):
    """All of a range of records."""

    columns: list[Columns]
    entered: dict[int, list[StoredName]]


class Ends(NamedTuple):
    """What belongs to no record: tables with rows beyond the log's `size` and the first index there; prefixes of
    nobody; the head's frontier and time; origin and vkey; roots of full tiles by level and index."""

    size: int
    beyond: list[tuple[str, int]]
    strays: list[tuple[str, str]]
    frontier: bytes
    time: int
    ledger: tuple[str, str]
    tiles: dict[tuple[int, int], bytes]


def told_by(rows: RowBuffer) -> list[StoredName]:
    """What the rows of one record should read as."""
    return [StoredName(table, told) for table in NAMED for told in _without_record(rows, table)]


def _without_record(rows: RowBuffer, table: str) -> Iterator[tuple[str | None, ...]]:
    columns, found = rows.of(table)
    for row in found:
        yield tuple([_text(value) for name, value in zip(columns, row, strict=True) if name != "record"])


def _text(value: Any) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case bytes():
            return value.hex()
        case list():
            return " ".join(value)
        case _:
            return str(value)


async def read_names(pool: DatabasePool, start: int, end: int) -> StoredNames:
    """Of the records from `start`, below `end`."""
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
        row["lots"], row["figures"], row["balances"], row["misplaced"],
    )


def _only(rows: Sequence[Record], table: str) -> Record:
    if len(rows) != 1:
        raise VerificationError(f"table {table} has {len(rows)} rows, not one", field=table)
    return rows[0]


async def read_ends(pool: DatabasePool) -> Ends:
    """What is stored now, whatever the log grew to in the meantime. Raises VerificationError where a table that says
    what the log is has not one row."""
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

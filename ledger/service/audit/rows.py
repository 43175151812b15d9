"""Rows as an audit reads them, the same for the database source and for the HTTP API behind the other one."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

import msgspec
from asyncpg import Record

from ledger.admission.facts import LOT_SLOTS, LotFacts
from ledger.service.accounting import lot_leaf, revision_leaves
from ledger.service.audit.pages import read_lot
from ledger.service.audit.source import Balance, RevisedRow, Revisions, Row, Version
from ledger.service.audit.stored import stored_leaf
from ledger.service.moments import EVER
from ledger.service.preparing import REVISING_TYPES
from ledger.store.database import Pool
from ledger.store.facts import figures_of, lot_of
from ledger.store.revisions import revised_by
from ledger.store.sql import queries

LOTS = 10_000


async def entry_rows(pool: Pool, start: int, end: int) -> list[Row]:
    """Entries from `start`, below `end`, with what is stored of them."""
    sql = queries("log")
    async with pool.acquire() as connection:
        entries = await connection.fetch(sql["audit_entries"], start, end)
        lots: dict[int, list[str]] = defaultdict(list)
        for row in await connection.fetch(sql["audit_lots"], start, end):
            lots[row["record"]].append(row["lot"])
        flows: dict[int, list[tuple[int, Decimal]]] = defaultdict(list)
        for row in await connection.fetch(sql["audit_flows"], start, end):
            flows[row["record"]].append((row["lot"], row["quantity"]))
        revised = {
            entry["index"]: await revised_by(connection, entry["index"]) for entry in entries
            if entry["type"] in REVISING_TYPES
        }
    return [
        Row(
            entry["index"], entry["data"], entry["body"], entry["seed"], entry["outcome"],
            lots.get(entry["index"], []), flows.get(entry["index"], []), revised.get(entry["index"], []),
            bool(entry["erased"]),
        )
        for entry in entries
    ]


def stored_leaves(row: Row) -> list[bytes]:
    """The leaves that the stored rows of an entry make; one without bytes stands for a row that cannot be read."""
    if row.seed is None or row.leaf is None:
        return []
    lots = [stored_leaf(row.seed, i, read_lot(lot)) for i, lot in enumerate(row.lots, start=1)]
    return [row.leaf, *revision_leaves(row.seed, row.revised), *lots]


async def version_rows(pool: Pool, size: int = EVER) -> Revisions:
    """What is stored of each revision in the tree of `size` entries."""
    rows = await pool.fetch(queries("log")["audit_versions"], size)
    return Revisions(rows[0]["revisions"] if rows else 0, [
        Version(row["version"], row["record"], row["revised"], row["figures"], row["flows"], row["lots"])
        for row in rows if row["version"] is not None
    ])


async def revised_rows(pool: Pool, index: int, after: int, limit: int) -> list[RevisedRow]:
    """What the record at `index` revised, of those after another index."""
    sql = queries("log")
    async with pool.acquire() as connection:
        rows = await connection.fetch(sql["audit_revised"], index, after, limit)
        if not rows:
            return []
        version, indexes = rows[0]["version"], [row["record"] for row in rows]
        lots: dict[int, list[Record]] = defaultdict(list)
        for row in await connection.fetch(sql["audit_revised_lots"], version, indexes):
            lots[row["number"] // LOT_SLOTS].append(row)
        flows: dict[int, list[tuple[int, Decimal]]] = defaultdict(list)
        for row in await connection.fetch(sql["audit_revised_flows"], version, indexes):
            flows[row["record"]].append((row["lot"], row["quantity"]))
    return [_revised(row, lots.get(row["record"], []), flows.get(row["record"], [])) for row in rows]


def _revised(row: Record, lots: list[Record], flows: list[tuple[int, Decimal]]) -> RevisedRow:
    leaves = [] if row["leaf"] is None else [bytes(row["leaf"])]
    read = [_lot(bytes(row["seed"]), i, lot) for i, lot in enumerate(lots, start=1)]
    if leaves:
        leaves.extend([leaf for _, leaf in read])
    return RevisedRow(
        row["record"], row["own"], None if row["body"] is None else bytes(row["body"]), leaves, bytes(row["outcome"]),
        flows, [lot["share"] for lot in lots], [lot["quantity"] for lot in lots],
        not any(any(lot["burdens"]) or any(lot["amount"]) for lot in lots),
        [facts for facts, _ in read],
    )


def _lot(seed: bytes, position: int, row: Record) -> tuple[LotFacts | None, bytes]:
    """A stored lot and its leaf; none, and no bytes, where a row cannot be what the ledger has written."""
    unreadable = (ValueError, ArithmeticError, msgspec.MsgspecError)
    try:
        lot = lot_of(row)
    except unreadable:
        return None, b""
    try:
        return lot, lot_leaf(seed, position, lot, figures_of(row), row["method"], row["plugin"])
    except unreadable:
        return lot, b""


async def batch_rows(pool: Pool, after: int, limit: int, size: int = EVER) -> list[tuple[int, bytes]]:
    """Size and root of batches that end after `after` entries, and not after `size`."""
    return [(row["size"], row["root"]) for row in await pool.fetch(queries("log")["batches"], after, limit, size)]


async def balance_rows(pool: Pool, after: int, limit: int, size: int = EVER) -> list[Balance]:
    """Balances in the tree of `size` entries, of lots with a number above `after`."""
    rows = await pool.fetch(queries("log")["audit_numbers"], after, limit, size)
    return await balance_rows_of(pool, [row["lot"] for row in rows], size)


async def balance_rows_of(pool: Pool, numbers: Sequence[int], size: int = EVER) -> list[Balance]:
    """Balances of the lots with these numbers, as far as the tree of `size` entries has them."""
    rows = await pool.fetch(queries("log")["audit_balances"], list(numbers), size)
    return [Balance(row["number"], row["id"], row["remaining"], row["quantity"]) for row in rows]

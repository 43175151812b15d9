"""Rows as an audit reads them, the same for the database source and for the HTTP API, which serves the other source.

The rows are unchecked, as the database returns them. The auditor decodes them into typed rows (see `decoding`).
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from asyncpg import Record

from ledger.admission.facts import LOT_SLOTS
from ledger.client.audit.checks.stored_lots import stored_leaf
from ledger.client.audit.source.interface import EntryRow
from ledger.engine.prepared import REVISING_TYPES
from ledger.engine.record_outcome import revision_leaves
from ledger.service.queries.tree_size import EVER
from ledger.store.database import DatabasePool
from ledger.store.revisions import revised_by
from ledger.store.sql import queries

LOTS = 10_000
Raw = dict[str, Any]
"""A row, by the field names of its typed row."""


async def entry_rows(pool: DatabasePool, start: int, end: int) -> list[EntryRow]:
    """Entries from index `start` up to, not including, `end`, with the stored rows of each."""
    sql = queries("log")
    async with pool.acquire() as connection:
        entries = await connection.fetch(sql["audit_entries"], start, end)
        lots: dict[int, list[str]] = defaultdict(list)
        for row in await connection.fetch(sql["audit_lots"], start, end):
            lots[row["record"]].append(row["lot"])
        flows: dict[int, list[Any]] = defaultdict(list)
        for row in await connection.fetch(sql["audit_flows"], start, end):
            flows[row["record"]].append((row["lot"], row["quantity"]))
        revised = {
            entry["index"]: await revised_by(connection, entry["index"]) for entry in entries
            if entry["type"] in REVISING_TYPES
        }
    return [
        EntryRow(
                 entry["index"], entry["data"], entry["body"], entry["seed"], entry["outcome"],
                 lots.get(entry["index"], []), flows.get(entry["index"], []), revised.get(entry["index"], []),
                 # If the record row is missing altogether, the audit shall not report this column as missing.
                 False if entry["type"] is None and entry["body"] is None else entry["erased"],
        )
        for entry in entries
    ]


def stored_leaves(row: EntryRow) -> list[bytes]:
    """The leaves from the stored rows of an entry. An empty leaf stands for a row that cannot be read."""
    if row.seed is None or row.leaf is None:
        return []
    lots = [stored_leaf(row.seed, i, lot) for i, lot in enumerate(row.lots, start=1)]
    return [row.leaf, *revision_leaves(row.seed, row.revised), *lots]


async def version_rows(pool: DatabasePool, size: int = EVER) -> Raw:
    """The stored counts of each revision in the tree of `size` entries: see `Revisions`."""
    rows = await pool.fetch(queries("log")["audit_versions"], size)
    names = ("version", "record", "revised", "figures", "flows", "lots")
    return {
        "counted": rows[0]["revisions"] if rows else 0,
        "versions": [{name: row[name] for name in names} for row in rows if row["version"] is not None],
    }


async def revised_issuers(pool: DatabasePool, size: int) -> set[str]:
    """The issuers of the records that revisions in the tree of `size` entries revised."""
    return {row["issuer"] for row in await pool.fetch(queries("sight")["revised_issuers"], size)}


async def revised_rows(pool: DatabasePool, index: int, after: int, limit: int) -> list[Raw]:
    """The records with an index above `after` that the record at `index` revised: see `RevisedRow`."""
    sql = queries("log")
    async with pool.acquire() as connection:
        rows = await connection.fetch(sql["audit_revised"], index, after, limit)
        if not rows:
            return []
        version, indexes = rows[0]["version"], [row["record"] for row in rows]
        lots: dict[int, list[Record]] = defaultdict(list)
        for row in await connection.fetch(sql["audit_revised_lots"], version, indexes):
            lots[row["number"] // LOT_SLOTS].append(row)
        flows: dict[int, list[Any]] = defaultdict(list)
        for row in await connection.fetch(sql["audit_revised_flows"], version, indexes):
            flows[row["record"]].append((row["lot"], row["quantity"]))
    return [_revised(row, lots.get(row["record"], []), flows.get(row["record"], [])) for row in rows]


def _revised(row: Record, lots: list[Record], flows: list[Any]) -> Raw:
    texts = [lot["lot"] for lot in lots]
    leaves = [] if row["leaf"] is None else [
        row["leaf"], *[stored_leaf(row["seed"] or b"", i, text) for i, text in enumerate(texts, start=1)]]
    return {
        "index": row["record"], "own": row["own"], "body": row["body"], "outcome": row["outcome"], "leaves": leaves,
        "flows": flows, "lots": texts, "withdrawn": [lot["withdrawn"] for lot in lots],
    }


async def batch_rows(pool: DatabasePool, after: int, limit: int, size: int = EVER) -> list[Raw]:
    """Batches whose size is above `after` and at most `size`: see `BatchRow`."""
    return [dict(row) for row in await pool.fetch(queries("log")["batches"], after, limit, size)]


async def balance_rows(pool: DatabasePool, after: int, limit: int, size: int = EVER) -> list[Raw]:
    """Balances of lots with a number above `after`, as of the tree of `size` entries: see `StoredBalance`."""
    rows = await pool.fetch(queries("log")["audit_numbers"], after, limit, size)
    return await balance_rows_of(pool, [row["lot"] for row in rows], size)


async def balance_rows_of(pool: DatabasePool, numbers: Sequence[int], size: int = EVER) -> list[Raw]:
    """Balances of the lots with these numbers, as of the tree of `size` entries. Lots that the tree lacks are left
    out."""
    return [dict(row) for row in await pool.fetch(queries("log")["audit_balances"], list(numbers), size)]

"""The results of a record after each later revision, with proofs of their leaves."""

from collections import defaultdict

import msgspec
from asyncpg import Record
from msgspec import UNSET, Raw, Struct

from ledger.answers.stored import RevisionAnswer
from ledger.core.receipts.receipt import prove_leaves
from ledger.core.record.redacted import NONCE
from ledger.engine.record_outcome import lot_leaf
from ledger.footprint.derived.findings import questioned_in, stated_in
from ledger.store.database import Connection
from ledger.store.facts import figures_of, lot_of
from ledger.store.sql import queries

MAX_REVISIONS = 100


class _Nonced(Struct):
    nonce: str


_nonced = msgspec.json.Decoder(_Nonced)


async def read_revisions(connection: Connection, index: int, seed: bytes) -> tuple[list[RevisionAnswer], int]:
    """The newest revisions of the record at `index`, in log order, and the number of revisions before them. `seed` is
    the seed of the record's salts."""
    sql = queries("read")
    rows = await connection.fetch(sql["record_revisions"], index, MAX_REVISIONS)
    lots: dict[int, list[Record]] = defaultdict(list)
    for lot in await connection.fetch(sql["revised_lots"], index, [row["version"] for row in rows]):
        lots[lot["version"]].append(lot)
    earlier = rows[0]["revisions"] - len(rows) if rows else 0
    return [_answer(index, row, lots[row["version"]], seed) for row in reversed(rows)], earlier


def _answer(index: int, row: Record, lots: list[Record], seed: bytes) -> RevisionAnswer:
    body, leaves = row["body"], _leaves(row["leaf"], lots, seed)
    erased = body is not None and _nonced.decode(body).nonce == NONCE
    return RevisionAnswer(
        index=row["index"], digest=row["digest"], type=row["type"], root=bytes(row["outcome"]).hex(),
        withdrawn=row["own"] and body is None, erased=erased,
        body=UNSET if body is None or erased else Raw(bytes(body)),
        leaves=prove_leaves(leaves), questioned=questioned_in(leaves),
        findings=stated_in(index, leaves),
    )


def _leaves(first: bytes | None, lots: list[Record], seed: bytes) -> list[bytes]:
    """Leaf 0 as stored, and the other leaves from the rows of the lots. Empty for a withdrawn record."""
    if first is None:
        return []
    return [bytes(first), *[
        lot_leaf(seed, i, lot_of(lot), figures_of(lot), lot["method"], lot["plugin"])
        for i, lot in enumerate(lots, start=1)
    ]]

"""What lies behind one lot: how much of each record is in it, and those records as they read then, some at a time.

So a chain of 100,000 records needs little memory: first numbers alone, for the weights; then the records of which the
lot carries something.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final, NamedTuple

import msgspec
from asyncpg import Record

from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import Assessment
from ledger.core.outcome.leaves import AssessmentLeaf, read
from ledger.core.record.kinds import AnyRecord
from ledger.footprint.derived.chain.arrays import Arrays
from ledger.footprint.derived.contributions import Upstream, Weights, weights
from ledger.service.queries.chain.load import ChainRequest, load_arrays, pinned
from ledger.service.queries.footprint.read import not_found
from ledger.service.queries.threads import in_thread
from ledger.service.queries.tree_size import Moment, moment_at
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

MAX_RECORDS: Final = 250_000
"""Records that are read one by one for an answer."""
_CHUNK: Final = 2_000
_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_leaf = msgspec.json.Decoder(AssessmentLeaf)
_assessment = msgspec.json.Decoder(Assessment)


class Behind(NamedTuple):
    """A lot as it stood at a pinned moment, and what it carries of everything upstream. `row`: its row of the query
    `footprint`; `at`: the tree size that was asked for."""

    row: Record
    moment: Moment
    at: int | None
    arrays: Arrays
    weights: Weights

    @property
    def lot(self) -> str:
        name: str = self.row["id"]
        return name

    @property
    def burdens(self) -> Sequence[float]:
        """Of the whole lot, as stored."""
        found: Sequence[float] = self.row["burdens"]
        return found


async def read_behind(pool: DatabasePool, lot: str, at: int | None = None, most: int = MAX_RECORDS) -> Behind:
    """What is behind a lot, now or in a tree of `at` entries.

    Raises NotFound for a lot that is not on the ledger, or was not yet; InvalidInput for a tree that is not, and where
    more than `most` records lie upstream.
    """
    moment = await pinned(pool, await moment_at(pool, at))
    row = await pool.fetchrow(queries("chain")["lot"], lot, moment.version, moment.size)
    if row is None:
        raise not_found("lot", lot, at)
    loaded = await load_arrays(pool, ChainRequest([row["number"]], "upstream", moment, most=most))
    found = await in_thread(weights, loaded.arrays, row["number"])
    return Behind(row, moment, at, loaded.arrays, found)


async def read_records(pool: DatabasePool, behind: Behind) -> AsyncIterator[list[Upstream]]:
    """The records of which the lot carries something, newest first, some at a time."""
    indexes = list(behind.weights.records)
    for start in range(0, len(indexes), _CHUNK):
        rows = await pool.fetch(queries("chain")["details"], indexes[start : start + _CHUNK], behind.moment.version)
        yield await in_thread(_decoded, rows, behind.weights)


def _decoded(rows: Iterable[Record], found: Weights) -> list[Upstream]:
    decoded = []
    for row in rows:
        if row["body"] is None or row["leaf"] is None:
            continue
        index, leaf = row["index"], _leaf.decode(row["leaf"])
        assessment, first = _assessment.decode(leaf.assessment), index * LOT_SLOTS
        outputs = {0, *[one.output for one in assessment.assigned]}
        made = {i: found.lots[first + i] for i in outputs if first + i in found.lots}
        decoded.append(Upstream(
            index, row["digest"], _record.decode(row["body"]), assessment, found.records[index], made,
            read(leaf.averaged), read(leaf.covered),
        ))
    return decoded

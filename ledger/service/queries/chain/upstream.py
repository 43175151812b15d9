"""The upstream chain of one lot: how much the lot carries of each record, and these records in batches.

So a chain of 100,000 records needs little memory. A query first loads numbers only, for the weights, then the records
of which the lot carries something.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final, NamedTuple

import msgspec
from asyncpg import Record

from ledger.admission.facts import LOT_SLOTS
from ledger.admission.title_limit import stated_limit
from ledger.core.outcome.assessment import Assessment
from ledger.core.outcome.leaves import AssessmentLeaf, read
from ledger.core.record.kinds import AnyRecord
from ledger.footprint.derived.chain.arrays import Arrays
from ledger.footprint.derived.completeness import Doubtful, doubtful_of, referenced
from ledger.footprint.derived.contributions import Upstream, Weights, weights
from ledger.footprint.stored.burdens import whole
from ledger.host.threads import in_thread
from ledger.service.queries.chain.load import ChainRequest, load_arrays, pinned
from ledger.service.queries.footprint.read import not_found
from ledger.service.queries.questions import LotQuestion
from ledger.service.queries.tree_size import Moment, moment_at
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

MAX_RECORDS: Final = 250_000
"""The most records that a query reads one by one for an answer."""
_CHUNK: Final = 2_000
_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_leaf = msgspec.json.Decoder(AssessmentLeaf)
_assessment = msgspec.json.Decoder(Assessment)


class UpstreamChain(NamedTuple):
    """A lot at a pinned moment, and how much it carries of everything upstream. `row`: its row of the query `lot`;
    `at`: the tree size of the question."""

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
        """The stored burdens of the whole lot."""
        return whole(self.row["burdens"])

    @property
    def doubtful(self) -> Doubtful:
        """The doubtful parts of the committed figure."""
        row = self.row
        assessment = _assessment.decode(_leaf.decode(row["outcome"]).assessment)
        return doubtful_of(self.burdens, stated_limit(row["title_limit"]),
                           referenced=referenced(assessment, row["number"] % LOT_SLOTS))


async def read_upstream(pool: DatabasePool, question: LotQuestion, most: int = MAX_RECORDS) -> UpstreamChain:
    """The upstream chain of a lot.

    Raises NotFound for a lot that is not on the ledger, or was not on it at that tree size; InvalidInput for an invalid
    tree size, and if more than `most` records lie upstream.
    """
    moment = await pinned(pool, await moment_at(pool, question.at))
    row = await pool.fetchrow(queries("chain")["lot"], question.lot, moment.version, moment.size)
    if row is None:
        raise not_found("lot", question.lot, question.at)
    loaded = await load_arrays(pool, ChainRequest([row["number"]], "upstream", moment, most=most))
    carried = await in_thread(weights, loaded.arrays, row["number"])
    return UpstreamChain(row, moment, question.at, loaded.arrays, carried)


async def read_records(pool: DatabasePool, chain: UpstreamChain) -> AsyncIterator[list[Upstream]]:
    """The records of which the lot carries something, newest first, in batches."""
    indexes = list(chain.weights.records)
    for start in range(0, len(indexes), _CHUNK):
        rows = await pool.fetch(queries("chain")["details"], indexes[start : start + _CHUNK], chain.moment.version)
        yield await in_thread(_decoded, rows, chain.weights)


def _decoded(rows: Iterable[Record], carried: Weights) -> list[Upstream]:
    decoded = []
    for row in rows:
        if row["body"] is None or row["leaf"] is None:
            continue
        index, leaf = row["index"], _leaf.decode(row["leaf"])
        assessment, first = _assessment.decode(leaf.assessment), index * LOT_SLOTS
        outputs = {0, *[one.output for one in assessment.assigned]}
        made = {i: carried.lots[first + i] for i in outputs if first + i in carried.lots}
        decoded.append(Upstream(
            index, row["digest"], _record.decode(row["body"]), assessment, carried.records[index], made,
            read(leaf.averaged), read(leaf.covered),
        ))
    return decoded

"""The upstream chain of one lot: how much the lot carries of each record, and these records in batches.

So a chain of 100,000 records needs little memory. A query first loads numbers only, for the weights, then the records
of which the lot carries something.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final, NamedTuple, Protocol

import msgspec
from asyncpg import Record

from ledger.access.policy import Level
from ledger.admission.facts import LOT_SLOTS
from ledger.admission.title_limit import stated_limit
from ledger.core.outcome.assessment import Assessment
from ledger.core.outcome.leaves import AssessmentLeaf, read
from ledger.core.record.kinds import AnyRecord
from ledger.footprint.derived.chain.arrays import Arrays
from ledger.footprint.derived.completeness import Doubtful, doubtful_of, referenced
from ledger.footprint.derived.contributions import Upstream, Weights, weights
from ledger.host.threads import in_thread
from ledger.service.access.sight import EVERYTHING, Sight
from ledger.service.access.walk import hidden_parts
from ledger.service.queries.chain.hidden import HiddenChain, read_hidden, taken_weights, visible_weights
from ledger.service.queries.chain.load import ChainRequest, load_arrays, pinned
from ledger.service.queries.footprint.read import not_found
from ledger.service.queries.questions import LotQuestion
from ledger.service.queries.tree_size import AsOf, as_of_size
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
    `at`: the tree size of the question. `hidden`: the parts that the caller does not see, if any; not in `weights`."""

    row: Record
    as_of: AsOf
    at: int | None
    arrays: Arrays
    weights: Weights
    hidden: HiddenChain | None = None

    @property
    def lot(self) -> str:
        name: str = self.row["id"]
        return name

    @property
    def burdens(self) -> Sequence[float]:
        """The stored burdens of the whole lot."""
        return tuple(self.row["burdens"])

    @property
    def visible_records(self) -> list[int]:
        """The log indexes of the records upstream, in order, without hidden ones."""
        records: list[int] = self.arrays.records.tolist()
        if self.hidden is None:
            return records
        visible = self.hidden.visible.records
        return [index for index in records if index in visible]

    @property
    def partly(self) -> frozenset[int]:
        """The records of which the caller may see sums, but not the content."""
        return frozenset() if self.hidden is None else self.hidden.visible.partly

    @property
    def doubtful(self) -> Doubtful:
        """The doubtful parts of the committed figure."""
        row = self.row
        assessment = _assessment.decode(_leaf.decode(row["outcome"]).assessment)
        return doubtful_of(self.burdens, stated_limit(row["title_limit"]),
                           referenced=referenced(assessment, row["number"] % LOT_SLOTS))


async def read_upstream(
    pool: DatabasePool, question: LotQuestion, most: int = MAX_RECORDS, sight: Sight = EVERYTHING,
    at_least: Level = Level.FULL,
) -> UpstreamChain:
    """The upstream chain of a lot, through records that the caller sees `at_least` at that level.

    Raises NotFound for a lot that is not on the ledger, or was not on it at that tree size; InvalidInput for an invalid
    tree size, and if more than `most` records lie upstream. Raises Denied for an earlier tree size over hidden
    parts, since the difference of two answers could be a single hidden record.
    """
    as_of = await pinned(pool, await as_of_size(pool, question.at))
    row = await pool.fetchrow(queries("chain")["lot"], question.lot, as_of.version, as_of.size)
    if row is None:
        raise not_found("lot", question.lot, question.at)
    number: int = row["number"]
    sight.require({question.lot: number})
    visible = await sight.visible(pool, [number], as_of, at_least)
    if visible is not None and visible.hidden and question.at is not None:
        raise hidden_parts("at", question.at)
    records = None if visible is None else visible.records
    loaded = await load_arrays(pool, ChainRequest([number], "upstream", as_of, most=most, visible=records))
    carried = await in_thread(weights, loaded.arrays, number)
    if visible is None or not (visible.hidden or visible.partly):
        return UpstreamChain(row, as_of, question.at, loaded.arrays, carried)
    taken = await in_thread(taken_weights, loaded.arrays, visible, carried.records, {number: 1.0})
    hidden = await read_hidden(pool, sight.rights, loaded, visible, taken, as_of)
    return UpstreamChain(
        row, as_of, question.at, loaded.arrays, await in_thread(visible_weights, carried, visible), hidden)


async def read_records(pool: DatabasePool, chain: UpstreamChain) -> AsyncIterator[list[Upstream]]:
    """The records of which the lot carries something, newest first, in batches."""
    indexes = list(chain.weights.records)
    for start in range(0, len(indexes), _CHUNK):
        rows = await pool.fetch(queries("chain")["details"], indexes[start : start + _CHUNK], chain.as_of.version)
        yield await in_thread(_decoded, rows, chain.weights)


class UpstreamReader(Protocol):
    """Makes an answer of the records upstream of a lot."""

    async def take(self, records: Sequence[Upstream]) -> None:
        """Takes the next batch."""


async def read_into(pool: DatabasePool, chain: UpstreamChain, *readers: UpstreamReader) -> None:
    """Gives the records to each reader. Decoding them takes most of the time of a query, so several share it."""
    async for records in read_records(pool, chain):
        for reader in readers:
            await reader.take(records)


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

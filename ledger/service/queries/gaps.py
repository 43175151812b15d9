"""The data gaps of a lot: how much it carries of each record upstream, and which data there is missing or weak."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from asyncpg import Record

from ledger.access.policy import Level, record_level
from ledger.core.outcome.assessment import QUESTIONED
from ledger.core.record.kinds import AnyRecord, Declaration
from ledger.footprint.derived.completeness import completeness_of
from ledger.footprint.derived.contributions import Upstream, contribution
from ledger.footprint.derived.gaps import LotGaps
from ledger.footprint.derived.gather_gaps import GapGathering
from ledger.footprint.stored.burdens import SLOT, ZERO, footprint, vector_of
from ledger.host.threads import in_thread
from ledger.service.access.facts import record_facts
from ledger.service.access.sight import EVERYTHING, Sight
from ledger.service.queries.chain.findings import ChainFindings, read_chain_findings
from ledger.service.queries.chain.upstream import MAX_RECORDS, UpstreamChain, read_into, read_upstream
from ledger.service.queries.findings import note_on
from ledger.service.queries.questions import LotQuestion
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

SHOWN: Final = 100
_DIGEST: Final = re.compile("[0-9a-f]{64}")
_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)


async def read_gaps(
    pool: DatabasePool, question: LotQuestion, limit: int = SHOWN, most: int = MAX_RECORDS, sight: Sight = EVERYTHING
) -> LotGaps:
    """The data gaps of a lot, at most `limit` of them.

    Raises NotFound for an unknown lot; InvalidInput for an invalid tree size, or if more than `most` records lie
    upstream. Raises Denied as `read_upstream`.
    """
    chain = await read_upstream(pool, question, most, sight)
    reader = GapReader(pool, chain, sight)
    await read_into(pool, chain, reader)
    return await reader.answer(limit)


class GapReader:
    """Gathers the data gaps of a lot from the records upstream."""

    def __init__(self, pool: DatabasePool, chain: UpstreamChain, sight: Sight) -> None:
        self._pool, self._chain, self._sight = pool, chain, sight
        self._sums = _GapSums(chain)

    async def take(self, records: Sequence[Upstream]) -> None:
        await in_thread(self._sums.take, records)

    async def answer(self, limit: int = SHOWN) -> LotGaps:
        """At most `limit` gaps."""
        pool, chain, gathering = self._pool, self._chain, self._sums.gathering
        # A sector may choose any names for its factors, so not every name is a digest.
        wanted = [bytes.fromhex(digest) for digest in gathering.declarations if _DIGEST.fullmatch(digest)]
        if not self._sight.whole:
            wanted = await _given(pool, self._sight, wanted, gathering.names_for(self._sight.rights.own))
        rows = await pool.fetch(queries("gaps")["declarations"], wanted, chain.as_of.version)
        return self._sums.answer(_declarations(rows), await read_chain_findings(pool, chain), limit)


async def _given(
    pool: DatabasePool, sight: Sight, declarations: Sequence[bytes], named: frozenset[str]
) -> list[bytes]:
    """The declarations that the caller may read: visible ones, and those that its own records name."""
    facts = await record_facts(pool, declarations)
    visible = {name for name, each in facts.items() if record_level(sight.rights, each) == Level.FULL}
    return [digest for digest in declarations if digest.hex() in visible | named]


def _declarations(rows: Iterable[Record]) -> dict[str, Declaration]:
    decoded = {row["digest"]: _record.decode(row["body"]) for row in rows if row["body"] is not None}
    return {digest: record for digest, record in decoded.items() if isinstance(record, Declaration)}


class _GapSums:
    """The gaps and sums of the records that were read so far."""

    def __init__(self, chain: UpstreamChain) -> None:
        self.gathering = GapGathering()
        self._chain = chain
        self._assigned = 0.0
        self._averaged = 0.0

    def take(self, records: Iterable[Upstream]) -> None:
        weights = self._chain.weights
        for record in records:
            self.gathering.add(record)
            if record.assessment.assigned:
                self._assigned += footprint(contribution(weights, record.log_index, ZERO, record.assessment.assigned))
            if record.averaged:
                moved = contribution(weights, record.log_index, ZERO, averaged=vector_of(record.averaged))
                self._averaged += moved[SLOT["absGhg"]]

    def answer(self, declared: dict[str, Declaration], questions: ChainFindings, limit: int) -> LotGaps:
        findings, hidden = questions.listed, None
        if self._chain.hidden is not None:
            maker = self._chain.hidden.maker_itself()
            self.gathering.add_hidden(
                self._chain.hidden.of_burden("absGhg"), self._chain.hidden.of_burden("omittedAbs"),
                self._chain.hidden.suppliers() if maker is None else [maker])
            hidden = self._chain.hidden.answer(self._chain.hidden.of_footprint(), questions.hidden)
        burdens, weights = self._chain.burdens, self._chain.weights
        absolute = burdens[SLOT["absGhg"]]
        # Amounts that period averages moved belong to no record. If there are any, the records' own amounts are 100 %.
        whole = self.gathering.explained if self._averaged else absolute
        items, founded = self.gathering.finish(declared, whole)
        completeness = completeness_of(burdens)
        return LotGaps(
            lot=self._chain.lot, records=sum(weight > 0.0 for weight in weights.records.values()),
            footprint=footprint(burdens), absolute=absolute,
            explained=self.gathering.explained + self._averaged, well_founded=founded,
            well_founded_percent=100.0 * founded / whole if whole else None,
            completeness="unknown" if completeness is None else f"{completeness * 100:.1f} %",
            omitted=burdens[SLOT["omittedAbs"]], unestimated=burdens[SLOT["unestimated"]],
            provisional=burdens[SLOT["provisionalAbs"]], assigned=self._assigned, averaged=self._averaged,
            questioned=burdens[SLOT[QUESTIONED]], findings=findings.items, findings_left_off=findings.left_off,
            findings_note=note_on(findings), items=items[:limit], left_off=max(0, len(items) - limit),
            hidden=hidden,
        )

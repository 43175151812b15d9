"""The gaps of a lot: how much it carries of each record upstream, and what in those is missing or rests on little."""

import re
from collections.abc import Iterable
from typing import Final

import msgspec
from asyncpg import Record

from ledger.core.record.kinds import AnyRecord, Declaration
from ledger.footprint.derived.completeness import completeness_of
from ledger.footprint.derived.contributions import Upstream, contribution
from ledger.footprint.derived.gaps import LotGaps
from ledger.footprint.derived.gather_gaps import GapGathering
from ledger.footprint.stored.burdens import SLOT, ZERO, footprint, vector_of
from ledger.service.queries.chain.upstream import MAX_RECORDS, Behind, read_behind, read_records
from ledger.service.queries.threads import in_thread
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

SHOWN: Final = 100
_DIGEST: Final = re.compile("[0-9a-f]{64}")
_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)


async def read_gaps(
    pool: DatabasePool, lot: str, limit: int = SHOWN, at: int | None = None, most: int = MAX_RECORDS
) -> LotGaps:
    """The gaps of a lot as everything reads now, or read in a tree of `at` entries; `limit` of them at most.

    Raises NotFound for an unknown lot, InvalidInput for a tree that is not, or where more than `most` records lie
    upstream.
    """
    behind = await read_behind(pool, lot, at, most)
    work = _GapWork(behind)
    async for records in read_records(pool, behind):
        await in_thread(work.take, records)
    # A sector may call its factors what it likes.
    wanted = [bytes.fromhex(digest) for digest in work.gathering.declarations if _DIGEST.fullmatch(digest)]
    rows = await pool.fetch(queries("gaps")["declarations"], wanted, behind.moment.version)
    return work.answer(_declarations(rows), limit)


def _declarations(rows: Iterable[Record]) -> dict[str, Declaration]:
    decoded = {row["digest"]: _record.decode(row["body"]) for row in rows if row["body"] is not None}
    return {digest: record for digest, record in decoded.items() if isinstance(record, Declaration)}


class _GapWork:
    """What is gathered of the records so far."""

    def __init__(self, behind: Behind) -> None:
        self.gathering = GapGathering()
        self._behind = behind
        self._assigned = 0.0
        self._averaged = 0.0

    def take(self, records: Iterable[Upstream]) -> None:
        found = self._behind.weights
        for one in records:
            self.gathering.add(one)
            if one.assessment.assigned:
                self._assigned += footprint(contribution(found, one.log_index, ZERO, one.assessment.assigned))
            if one.averaged:
                moved = contribution(found, one.log_index, ZERO, averaged=vector_of(one.averaged))
                self._averaged += moved[SLOT["absGhg"]]

    def answer(self, declared: dict[str, Declaration], limit: int) -> LotGaps:
        burdens, found = self._behind.burdens, self._behind.weights
        absolute = burdens[SLOT["absGhg"]]
        # What averaging moved is of no record: parts of what the records bring add up to 100 % then.
        whole = self.gathering.explained if self._averaged else absolute
        items, founded = self.gathering.finish(declared, whole)
        completeness = completeness_of(burdens)
        return LotGaps(
            lot=self._behind.lot, records=sum(weight > 0.0 for weight in found.records.values()),
            footprint=footprint(burdens), absolute=absolute,
            explained=self.gathering.explained + self._averaged, well_founded=founded,
            well_founded_percent=100.0 * founded / whole if whole else None,
            completeness="unknown" if completeness is None else f"{completeness * 100:.1f} %",
            omitted=burdens[SLOT["omittedAbs"]], unestimated=burdens[SLOT["unestimated"]],
            provisional=burdens[SLOT["provisionalAbs"]], assigned=self._assigned, averaged=self._averaged,
            items=items[:limit], left_off=max(0, len(items) - limit),
        )

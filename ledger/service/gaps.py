"""The gaps of a lot: its records upstream, how much of each it carries, and what in them is missing or rests on little.

Read in two steps, so that a chain of 100,000 records needs little memory: first numbers alone, for the weights; then
the records of which the lot carries something, some at a time.
"""

import asyncio
import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from asyncpg import Record

from ledger.core.assessment import Assessment
from ledger.core.outcome import AssessmentLeaf, read
from ledger.core.records import AnyRecord, Declaration
from ledger.errors import InvalidInput, NotFound
from ledger.footprint.burdens import SLOT, ZERO, footprint, vector_of
from ledger.footprint.contributions import Weights, compiled, contribution, weights
from ledger.footprint.gaps import LotGaps
from ledger.footprint.gathering import Gathering, Upstream
from ledger.service.footprints import completeness_of
from ledger.store.database import Connection, Pool
from ledger.store.sql import queries

MAX_RECORDS: Final = 100_000
MAX_FLOWS: Final = 1_000_000
SHOWN: Final = 100
_CHUNK: Final = 2_000
_DIGEST: Final = re.compile("[0-9a-f]{64}")
_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_leaf = msgspec.json.Decoder(AssessmentLeaf)
_assessment = msgspec.json.Decoder(Assessment)


async def read_gaps(pool: Pool, lot: str, limit: int = SHOWN, most: int = MAX_RECORDS) -> LotGaps:
    """The gaps of a lot as everything reads now, `limit` of them at most.

    Raises NotFound for an unknown lot, InvalidInput where more than `most` records, or MAX_FLOWS flows, lie upstream.
    """
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        row = await connection.fetchrow(queries("gaps")["lot"], lot)
        if row is None:
            raise NotFound(f"lot {lot!r} is not on the ledger", field="lot", value=lot, rule="the id of a lot")
        found = await read_weights(connection, lot, row["number"], most)
        work = _Work(found)
        indexes = list(found.records)
        for start in range(0, len(indexes), _CHUNK):
            rows = await connection.fetch(queries("gaps")["details"], indexes[start : start + _CHUNK])
            await asyncio.to_thread(work.take, rows)
        # A sector may call its factors what it likes.
        wanted = [bytes.fromhex(digest) for digest in work.gathering.declarations if _DIGEST.fullmatch(digest)]
        declared = _declarations(await connection.fetch(queries("gaps")["declarations"], wanted))
    return work.answer(lot, row["burdens"], declared, limit)


async def read_weights(connection: Connection, lot: str, number: int, most: int = MAX_RECORDS) -> Weights:
    """What the lot with that id and number carries of each record upstream. Raises InvalidInput for too many."""
    sql = queries("gaps")
    records = [row["record"] for row in await connection.fetch(sql["records"], number, most + 1)]
    flows = await connection.fetch(sql["flows"], records, MAX_FLOWS + 1) if len(records) <= most else ()
    if len(records) > most or len(flows) > MAX_FLOWS:
        raise InvalidInput(
            f"more than {most} records or {MAX_FLOWS} flows lie upstream of {lot!r}", code="chain-too-large",
            field="lot", value=lot, rule="ask for the gaps of lots further upstream",
        )
    lots = {number, *[row["lot"] for row in flows]}
    shares = await connection.fetch(sql["shares"], list(lots))
    return await asyncio.to_thread(_carried, number, shares, flows)


def _carried(number: int, shares: Iterable[Record], flows: Iterable[Record]) -> Weights:
    return weights(compiled([tuple(row) for row in shares], [tuple(row) for row in flows]), number)


def _declarations(rows: Iterable[Record]) -> dict[str, Declaration]:
    decoded = {row["digest"]: _record.decode(row["body"]) for row in rows if row["body"] is not None}
    return {digest: record for digest, record in decoded.items() if isinstance(record, Declaration)}


class _Work:
    """What is gathered of the records so far."""

    def __init__(self, found: Weights) -> None:
        self.gathering = Gathering()
        self._weights = found
        self._assigned = 0.0
        self._averaged = 0.0

    def take(self, rows: Iterable[Record]) -> None:
        """Rows of the query `details`."""
        for row in rows:
            if row["body"] is None or row["leaf"] is None:
                continue
            index, leaf = row["index"], _leaf.decode(row["leaf"])
            assessment = _assessment.decode(leaf.assessment)
            self.gathering.add(Upstream(
                row["digest"], _record.decode(row["body"]), assessment, self._weights.records[index]
            ))
            if assessment.assigned:
                self._assigned += footprint(contribution(self._weights, index, ZERO, assessment.assigned))
            if leaf.averaged:
                moved = contribution(self._weights, index, ZERO, averaged=vector_of(read(leaf.averaged)))
                self._averaged += moved[SLOT["absGhg"]]

    def answer(
        self, lot: str, burdens: Sequence[float], declared: dict[str, Declaration], limit: int
    ) -> LotGaps:
        absolute = burdens[SLOT["absGhg"]]
        # What averaging moved is of no record: parts of what the records bring add up to 100 % then.
        whole = self.gathering.explained if self._averaged else absolute
        items, founded = self.gathering.finish(declared, whole)
        completeness = completeness_of(burdens)
        return LotGaps(
            lot=lot, records=sum(weight > 0.0 for weight in self._weights.records.values()),
            footprint=footprint(burdens), absolute=absolute,
            explained=self.gathering.explained + self._averaged, well_founded=founded,
            well_founded_percent=100.0 * founded / whole if whole else None,
            completeness="unknown" if completeness is None else f"{completeness * 100:.1f} %",
            omitted=burdens[SLOT["omittedAbs"]], unestimated=burdens[SLOT["unestimated"]],
            provisional=burdens[SLOT["provisionalAbs"]], assigned=self._assigned, averaged=self._averaged,
            items=items[:limit], left_off=max(0, len(items) - limit),
        )

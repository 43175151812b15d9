"""The closings whose measured totals fall on the final record of a lot. A closing changes no final record, so the lot's
figure does not have its part."""

from asyncpg import Record

from ledger.answers.stored import MissedTotal
from ledger.engine.revision.unspread import LACKING, OTHERS, named_record
from ledger.footprint.derived.findings import findings_in
from ledger.service.queries.tree_size import AsOf
from ledger.store.database import DatabasePool
from ledger.store.sql import queries


async def read_missed_totals(pool: DatabasePool, row: Record, as_of: AsOf) -> list[MissedTotal]:
    """The closings in force as of a moment that name the record of a lot. `row`: of the query `footprint`."""
    closings = await pool.fetch(
        queries("read")["closings_since"], row["facility"], row["index"], as_of.size, as_of.version, LACKING.encode())
    missed = list[MissedTotal]()
    for closing in closings:
        notes = [one for one in findings_in(closing["record"], closing["leaf"]).findings if one.code == LACKING]
        own = [one for one in notes if one.message.startswith(named_record(closing["first"]))]
        if own:
            kilograms = sum(one.value or 0.0 for one in own) * (row["share"] or 0.0)
            missed.append(MissedTotal(record=closing["digest"], index=closing["record"], kilograms=kilograms))
        elif any(OTHERS in one.message for one in notes):
            missed.append(MissedTotal(record=closing["digest"], index=closing["record"]))
    return missed

"""Which records are in doubt: signed by a key from the log index on from which it is reported compromised.

Nothing of theirs is undone. They are on the log, what was made of them stands, and their signatures hold; but whoever
rests something on them is told that the key's owner may not have signed them.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from ledger.service.queries.answers import DoubtAnswer
from ledger.service.queries.tree_size import Moment
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

MAX_RECORDS: Final = 10_000
"""So many records behind a figure are looked at."""

SHOWN: Final = 20


async def read_doubts(pool: DatabasePool, indexes: Iterable[int], size: int) -> dict[int, DoubtAnswer]:
    """Of the records at these log indexes, those that are in doubt by what a tree of `size` entries reports."""
    wanted = sorted(set(indexes))
    if not wanted or not await pool.fetchval(queries("doubts")["any_doubts"], size):
        return {}
    return {
        row["index"]: DoubtAnswer(
            index=row["index"], record=row["digest"], issuer=row["issuer"], key=row["key"], since=row["since"],
            reported=row["reported"],
        )
        for row in await pool.fetch(queries("doubts")["doubts"], wanted, size)
    }


async def read_doubts_behind(
    pool: DatabasePool, indexes: Iterable[int], moment: Moment, most: int = MAX_RECORDS
) -> tuple[list[DoubtAnswer], list[str]]:
    """All records in doubt among those at `indexes`, those behind them, and those that amended them, newest first; and
    what that means for a figure, in words. At most `most` records are looked at, of `indexes` the newest."""
    sql = queries("doubts")
    if not await pool.fetchval(sql["any_doubts"], moment.size):
        return [], []
    rows = await pool.fetch(sql["records_behind"], sorted(indexes)[-most - 1 :], moment.version, most + 1)
    found = list(reversed((await read_doubts(pool, [row["record"] for row in rows], moment.size)).values()))
    return found, _limitations(found, any(row["looked"] > most for row in rows), most)


def _limitations(found: Sequence[DoubtAnswer], more: bool, most: int) -> list[str]:
    told = [limitation(one) for one in found[:SHOWN]]
    if len(found) > SHOWN:
        told.append(f"{len(found) - SHOWN} more records behind this figure are in doubt.")
    if more:
        told.append(f"only {most:,} records behind this figure were looked at for signatures in doubt.")
    return told


def limitation(one: DoubtAnswer) -> str:
    """What is to be said where something rests on the record."""
    return (f"record {one.index} of {one.issuer} is signed by a key reported compromised since entry {one.since} "
            f"(key {one.key}, reported by entry {one.reported}): {one.issuer} may not have signed it.")

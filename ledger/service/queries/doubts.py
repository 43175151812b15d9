"""Which records are in doubt: a key signed them at or after the log index from which it is reported compromised.

A doubt changes no record and no figure. The records stay on the log, everything made from them stands, and their
signatures are valid. But each answer that rests on such a record says that the key's owner may not have signed it.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from ledger.answers.stored import DoubtAnswer
from ledger.service.access.sight import Sight
from ledger.service.queries.tree_size import AsOf
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

MAX_RECORDS: Final = 10_000
"""The most records upstream of a figure that a query examines."""

SHOWN: Final = 20
DOUBTED: Final = ("records behind this figure that are hidden from you are signed by keys reported compromised, or "
                  "were not looked at: their issuers may not have signed them.")


async def read_doubts(pool: DatabasePool, indexes: Iterable[int], size: int) -> dict[int, DoubtAnswer]:
    """The doubts about records, by log index, according to the key reports in the tree of `size` entries."""
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
    pool: DatabasePool, indexes: Iterable[int], as_of: AsOf, most: int = MAX_RECORDS
) -> tuple[list[DoubtAnswer], list[str]]:
    """All records in doubt among the records at `indexes`, the records upstream of them and the records that amended
    them, newest first; and the limitations that they impose on a figure, in words.

    Examines at most `most` records, and starts from the newest of `indexes`.
    """
    sql = queries("doubts")
    if not await pool.fetchval(sql["any_doubts"], as_of.size):
        return [], []
    rows = await pool.fetch(sql["records_behind"], sorted(indexes)[-most - 1 :], as_of.version, most + 1)
    doubts = list(reversed((await read_doubts(pool, [row["record"] for row in rows], as_of.size)).values()))
    return doubts, _limitations(doubts, any(row["looked"] > most for row in rows), most)


def visible_doubts(
    sight: Sight, doubts: Sequence[DoubtAnswer], stated: Sequence[str], own: int | None = None
) -> tuple[list[DoubtAnswer], list[str]]:
    """The doubts and limitations that a caller may read. One sentence stands for all hidden records. `stated`: the
    limitations for a caller who sees all; `own`: the log index of a record that the caller knows, if of another."""
    if sight.whole:
        return list(doubts), list(stated)
    seen = [doubt for doubt in doubts if doubt.index == own or sight.of_own(doubt.issuer)]
    is_part = len(seen) < len(doubts) or len(stated) > len(_limitations(doubts))
    return seen, [*_limitations(seen), *([DOUBTED] if is_part else [])]


def _limitations(doubts: Sequence[DoubtAnswer], more: bool = False, most: int = MAX_RECORDS) -> list[str]:
    sentences = [limitation(doubt) for doubt in doubts[:SHOWN]]
    if len(doubts) > SHOWN:
        sentences.append(f"{len(doubts) - SHOWN} more records behind this figure are in doubt.")
    if more:
        sentences.append(f"only {most:,} records behind this figure were looked at for signatures in doubt.")
    return sentences


def limitation(doubt: DoubtAnswer) -> str:
    """The sentence that an answer carries if it rests on the record. Signed statements contain it."""
    return (f"record {doubt.index} of {doubt.issuer} is signed by a key reported compromised since entry {doubt.since} "
            f"(key {doubt.key}, reported by entry {doubt.reported}): {doubt.issuer} may not have signed it.")

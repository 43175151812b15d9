"""Reading a part of the log that is closed downstream, so that a revision can recompute it; and the writes of one."""

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal

import asyncpg
from asyncpg import Record

from ledger.admission.facts import LOT_SLOTS
from ledger.core.log.entry import parse_entry
from ledger.engine.revision.current_record import Past
from ledger.errors import Unavailable
from ledger.store.database import Connection
from ledger.store.sql import queries

_REVISION_LOCK = 0x7265766973
_LONG_SECONDS = 600
"""A walk over many descendants takes longer than other statements may."""


async def begin_revision(connection: Connection) -> tuple[int, int]:
    """Waits for other revisions; the log's size now, and how many revisions there are. Raises Unavailable with code
    `revising` where another one takes longer than a session waits for locks: the transaction is lost then."""
    try:
        await connection.fetchval(queries("revise")["lock_revisions"], _REVISION_LOCK)
    except asyncpg.LockNotAvailableError:
        raise revising() from None
    return await head_now(connection)


def revising() -> Unavailable:
    """Says that others are before this revision."""
    return Unavailable("other records are being revised, and nothing was written: post it again", code="revising")


async def still_here(connection: Connection) -> None:
    """Shows that the session does not idle."""
    await connection.fetchval(queries("revise")["still_here"])


async def head_now(connection: Connection) -> tuple[int, int]:
    """The log's size, and how many revisions there are."""
    row = await connection.fetchrow(queries("revise")["head"])
    if row is None:
        raise Unavailable("the database holds no ledger: run init", code="no-ledger")
    return row["size"], row["revisions"]


async def indexes_of(connection: Connection, digests: Iterable[str]) -> list[int]:
    wanted = [bytes.fromhex(digest) for digest in digests]
    return [row["index"] for row in await connection.fetch(queries("revise")["indexes"], wanted)]


async def closed_records(connection: Connection, facility: str, start: str, end: str, since: int = 0) -> set[int]:
    """Of the records from index `since` on: transformations that were posted provisional for the period, additions to
    pools that are averaged over it, and closings of it that were opened again."""
    sql = queries("revise")
    rows = [*await connection.fetch(sql["provisional"], facility, start, end, since),
            *await connection.fetch(sql["averaged"], facility, start, end, since),
            *await connection.fetch(sql["reopened"], facility, start, end, since)]
    return {row["record"] for row in rows}


async def read_statements(
    connection: Connection, records: Sequence[int]
) -> tuple[dict[int, bytes], list[tuple[int, str, bytes]]]:
    """How records were posted, by log index; and the amendments of theirs in order, as (index of the record, its
    digest, the amendment's body)."""
    sql = queries("revise")
    posted = {row["index"]: bytes(row["body"]) for row in await connection.fetch(sql["posted"], list(records))}
    amendments = await connection.fetch(sql["amendments"], list(records))
    return posted, [(row["record"], row["digest"], bytes(row["body"])) for row in amendments]


async def erased_since(connection: Connection, since: int) -> bool:
    """Whether a record from index `since` on erases another."""
    return bool(await connection.fetchval(queries("revise")["erased_since"], since))


async def next_additions(connection: Connection, lots: Collection[int]) -> set[int]:
    """The additions that follow generations of pools: what is left of one belongs to the next."""
    return {row["record"] for row in await connection.fetch(queries("revise")["next_additions"], list(lots))}


async def newest_before(connection: Connection, pools: Collection[tuple[str, int]]) -> list[str]:
    """The newest generation of each pool of those with a lot number below the one that stands beside it."""
    names, numbers = [pool for pool, _ in pools], [number for _, number in pools]
    return [row["id"] for row in await connection.fetch(queries("revise")["newest_before"], names, numbers)]


async def descendants(
    connection: Connection, records: Collection[int], limit: int, *, pools: bool
) -> list[int]:
    """The records and all that descends from them, in log order, but no more than `limit`; with `pools`, what the lines
    of pools hand on counts as descending too."""
    rows = await connection.fetch(
        queries("revise")["descendants"], list(records), pools, limit, timeout=_LONG_SECONDS
    )
    return sorted([row["record"] for row in rows])


async def flows_since(connection: Connection, since: int) -> list[tuple[int, int]]:
    """What records from index `since` on take: record and lot number."""
    rows = await connection.fetch(queries("revise")["flows_since"], since)
    return [(row["record"], row["lot"]) for row in rows]


async def additions_since(connection: Connection, pools: Collection[str], since: int) -> set[int]:
    """Records from index `since` on that add to pools."""
    return {row["record"] for row in await connection.fetch(queries("revise")["additions_since"], list(pools), since)}


async def disputes_since(connection: Connection, lots: Iterable[int], since: int) -> list[int]:
    """Those of the lots that a record from index `since` on has disputed, and none has settled after it."""
    rows = await connection.fetch(queries("revise")["disputes_since"], list(lots), since)
    return [row["lot"] for row in rows if row["frozen"]]


async def read_past(connection: Connection, records: Sequence[int]) -> list[Past]:
    """Records of flows as they read now, in log order."""
    sql = queries("revise")
    lots: dict[int, list[str]] = {}
    for row in await connection.fetch(sql["lots_made"], records):
        lots.setdefault(row["number"] // LOT_SLOTS, []).append(row["id"])
    rows = await connection.fetch(sql["records"], records)
    additions = [row["index"] for row in rows if row["type"] == "addition"]
    rests: dict[int, dict[int, Decimal]] = {}
    for row in await connection.fetch(sql["rests"], additions) if additions else ():
        rests.setdefault(row["record"], {})[row["lot"]] = row["quantity"]
    return [_past(row, lots.get(row["index"], []), rests.get(row["index"], {})) for row in rows]


async def generations_taken(connection: Connection, records: Sequence[int]) -> set[str]:
    """The generations of pools that records take from, as they read now."""
    return {row["id"] for row in await connection.fetch(queries("revise")["generations_taken"], records)}


def _past(row: Record, lots: list[str], rests: dict[int, Decimal]) -> Past:
    body, leaf = row["body"], row["leaf"]
    return Past(
        row["index"], bytes(row["digest"]), row["type"], None if body is None else bytes(body),
        None if leaf is None or body is None else bytes(leaf), tuple(lots), rests, bytes(row["seed"]), row["erased"],
    )


async def posted_provisional(connection: Connection, records: Sequence[int]) -> dict[int, set[tuple[str, str]]]:
    """Those of the records that were posted provisional, with each period, start and end, that is stored of them."""
    found: dict[int, set[tuple[str, str]]] = {}
    for row in await connection.fetch(queries("revise")["posted_provisional"], list(records)):
        found.setdefault(row["record"], set()).add((row["starts"], row["ends"]))
    return found


async def read_holdings(connection: Connection, items: Collection[str]) -> list[tuple[str, str, Decimal]]:
    """Item, lot and what is left of it, of the lots of items that have a balance."""
    rows = await connection.fetch(queries("revise")["holdings"], list(items))
    return [(row["item"], row["id"], row["remaining"]) for row in rows]


async def read_balances(connection: Connection, lots: Iterable[int]) -> dict[int, Decimal]:
    """What is left of lots, by number."""
    rows = await connection.fetch(queries("revise")["balances"], list(lots))
    return {row["lot"]: row["remaining"] for row in rows}


async def write_balances(connection: Connection, balances: Sequence[tuple[int, Decimal, Decimal]]) -> None:
    """Lot number, what is left, how much it is."""
    if balances:
        numbers, remaining, quantities = zip(*balances, strict=True)
        await connection.execute(
            queries("revise")["update_balances"], list(numbers), list(remaining), list(quantities)
        )


async def touched_since(connection: Connection, version: int, limit: int) -> list[int]:
    """Records that the revisions after a version have changed, and those from whose lots they take since; `limit` of
    them at the most."""
    return [row["record"] for row in await connection.fetch(queries("revise")["touched_since"], version, limit)]


async def revised_records(
    connection: Connection, after: int, before: int, limit: int
) -> list[tuple[int, str, int, int]]:
    """Of the revisions between two versions, the newest first: version, issuer, time of its entry (ms), and how many
    records it has revised."""
    rows = await connection.fetch(queries("revise")["revised_records"], after, before, limit)
    return [(row["version"], row["issuer"], parse_entry(bytes(row["data"])).time, row["records"]) for row in rows]


async def revised_by(connection: Connection, index: int) -> list[tuple[int, bytes, bytes]]:
    """Index, digest and new outcome root of every record that the one at `index` revised, in log order."""
    rows = await connection.fetch(queries("revise")["revised_by"], index)
    return [(row["record"], row["digest"], row["outcome"]) for row in rows]

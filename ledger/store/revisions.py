"""Reads a part of the log that is closed downstream, so that a revision can recompute it, and writes a revision."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from decimal import Decimal

import asyncpg
import msgspec
from asyncpg import Record

from ledger.admission.facts import LOT_SLOTS, LotFacts
from ledger.core.log.entry import parse_entry
from ledger.engine.revision.current_record import Past
from ledger.errors import Unavailable
from ledger.store.database import Connection
from ledger.store.sql import queries

_REVISION_LOCK = 0x7265766973
_PAGE = 1_000
_LONG_SECONDS = 600
"""Time limit of the query for descendants, which may take longer than other statements."""


async def begin_revision(connection: Connection) -> tuple[int, int]:
    """Waits for other revisions to end. Returns the log's size and the number of revisions. Raises Unavailable with
    code `revising` if another revision takes longer than a session waits for locks; the transaction is lost then."""
    try:
        await connection.fetchval(queries("revise")["lock_revisions"], _REVISION_LOCK)
    except asyncpg.LockNotAvailableError:
        raise revising() from None
    return await head_now(connection)


def revising() -> Unavailable:
    """The error for a revision that must wait for others."""
    return Unavailable(
        "another revision is running; nothing was written: post the record again", code="revising"
    )


async def still_here(connection: Connection) -> None:
    """Runs an empty query, so that the database does not end the session as idle."""
    await connection.fetchval(queries("revise")["still_here"])


async def head_now(connection: Connection) -> tuple[int, int]:
    """The log's size and the number of revisions."""
    row = await connection.fetchrow(queries("revise")["head"])
    if row is None:
        raise Unavailable("the database holds no ledger: run init", code="no-ledger")
    return row["size"], row["revisions"]


async def indexes_of(connection: Connection, digests: Iterable[str]) -> list[int]:
    wanted = [bytes.fromhex(digest) for digest in digests]
    return [row["index"] for row in await connection.fetch(queries("revise")["indexes"], wanted)]


async def closed_records(connection: Connection, facility: str, start: str, end: str, since: int = 0) -> set[int]:
    """The records from index `since` on that a closing of the period concerns: transformations posted as provisional
    for the period, additions to pools with averages over it, and reopened closings of it."""
    sql = queries("revise")
    rows = [*await connection.fetch(sql["provisional"], facility, start, end, since),
            *await connection.fetch(sql["averaged"], facility, start, end, since),
            *await connection.fetch(sql["reopened"], facility, start, end, since)]
    return {row["record"] for row in rows}


async def read_statements(
    connection: Connection, records: Sequence[int]
) -> tuple[dict[int, bytes], list[tuple[int, str, bytes]]]:
    """The bodies of records as posted, by log index; and their amendments in log order, as (index of the record, its
    digest, the amendment's body)."""
    sql = queries("revise")
    posted = {row["index"]: bytes(row["body"]) for row in await connection.fetch(sql["posted"], list(records))}
    amendments = await connection.fetch(sql["amendments"], list(records))
    return posted, [(row["record"], row["digest"], bytes(row["body"])) for row in amendments]


async def final_records(
    connection: Connection, issuer: str, facility: str, since: int, size: int
) -> AsyncIterator[list[tuple[int, bytes]]]:
    """The transformations of a facility below `size`, from index `since` on, that were not posted as provisional: pages
    of (log index, body as it reads now). A record of any time may be of any period, so this reads a range of the index
    record_issuer: the cost grows with the history of the issuer since it entered the facility, not with the log."""
    since = max(since, await connection.fetchval(queries("revise")["facility"], facility) or 0)
    mark = f'"facility":{msgspec.json.encode(facility).decode()}'.encode()
    while since < size:
        rows = await connection.fetch(queries("revise")["final"], issuer, since, _PAGE, mark)
        yield [(row["index"], bytes(row["body"])) for row in rows if row["body"] is not None and row["index"] < size]
        since = rows[-1]["index"] + 1 if len(rows) == _PAGE else size


async def final_lots(connection: Connection, records: Sequence[int]) -> dict[int, list[LotFacts]]:
    """The lots that records made, by log index, with the facts that a closing weighs."""
    lots: dict[int, list[LotFacts]] = {}
    for row in await connection.fetch(queries("revise")["final_lots"], list(records)):
        lots.setdefault(row["number"] // LOT_SLOTS, []).append(LotFacts(
            id=row["id"], number=row["number"], product=row["product"], holder=row["holder"], role=row["role"],
            quantity=row["quantity"], unit=row["unit"], mass=row["mass"]))
    return lots


async def erased_since(connection: Connection, since: int) -> bool:
    """Whether a record from index `since` on erases another."""
    return bool(await connection.fetchval(queries("revise")["erased_since"], since))


async def next_additions(connection: Connection, lots: Collection[int]) -> set[int]:
    """The additions that made the next generation after these generations of pools, and so took their remainders."""
    return {row["record"] for row in await connection.fetch(queries("revise")["next_additions"], list(lots))}


async def newest_before(connection: Connection, pools: Collection[tuple[str, int]]) -> list[str]:
    """The newest generation of each pool whose lot number is below the number given with the pool."""
    names, numbers = [pool for pool, _ in pools], [number for _, number in pools]
    return [row["id"] for row in await connection.fetch(queries("revise")["newest_before"], names, numbers)]


async def descendants(
    connection: Connection, records: Collection[int], limit: int, *, pools: bool
) -> list[int]:
    """The records and all their descendants, in log order, at most `limit`. With `pools`, the next generation of a pool
    also counts as a descendant of the generation before."""
    rows = await connection.fetch(
        queries("revise")["descendants"], list(records), pools, limit, timeout=_LONG_SECONDS
    )
    return sorted([row["record"] for row in rows])


async def flows_since(connection: Connection, since: int) -> list[tuple[int, int]]:
    """The flows of the records from index `since` on, as (record, lot number)."""
    rows = await connection.fetch(queries("revise")["flows_since"], since)
    return [(row["record"], row["lot"]) for row in rows]


async def additions_since(connection: Connection, pools: Collection[str], since: int) -> set[int]:
    """The additions to these pools from index `since` on."""
    return {row["record"] for row in await connection.fetch(queries("revise")["additions_since"], list(pools), since)}


async def disputes_since(connection: Connection, lots: Iterable[int], since: int) -> list[int]:
    """The lots that a record from index `since` on has disputed, and no later record has settled."""
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
    """The records that were posted as provisional, each with all its stored periods (start, end)."""
    periods: dict[int, set[tuple[str, str]]] = {}
    for row in await connection.fetch(queries("revise")["posted_provisional"], list(records)):
        periods.setdefault(row["record"], set()).add((row["starts"], row["ends"]))
    return periods


async def read_holdings(connection: Connection, items: Collection[str]) -> list[tuple[str, str, Decimal]]:
    """The lots of these items that have a balance, as (item, lot, remaining quantity)."""
    rows = await connection.fetch(queries("revise")["holdings"], list(items))
    return [(row["item"], row["id"], row["remaining"]) for row in rows]


async def read_balances(connection: Connection, lots: Iterable[int]) -> dict[int, Decimal]:
    """The remaining quantities of lots, by lot number."""
    rows = await connection.fetch(queries("revise")["balances"], list(lots))
    return {row["lot"]: row["remaining"] for row in rows}


async def write_balances(connection: Connection, balances: Sequence[tuple[int, Decimal, Decimal]]) -> None:
    """Writes balances, given as (lot number, remaining quantity, whole quantity)."""
    if balances:
        numbers, remaining, quantities = zip(*balances, strict=True)
        await connection.execute(
            queries("revise")["update_balances"], list(numbers), list(remaining), list(quantities)
        )


async def touched_since(connection: Connection, version: int, limit: int) -> list[int]:
    """The records that the revisions after `version` have changed, and the records from whose lots they take since; at
    most `limit`."""
    return [row["record"] for row in await connection.fetch(queries("revise")["touched_since"], version, limit)]


async def revised_records(
    connection: Connection, after: int, before: int, limit: int
) -> list[tuple[int, str, int, int]]:
    """The revisions between two versions, the newest first, as (version, issuer, time of its entry in ms, number of
    revised records)."""
    rows = await connection.fetch(queries("revise")["revised_records"], after, before, limit)
    return [(row["version"], row["issuer"], parse_entry(bytes(row["data"])).time, row["records"]) for row in rows]


async def revised_by(connection: Connection, index: int) -> list[tuple[int, bytes, bytes]]:
    """Index, digest and new outcome root of every record that the record at `index` revised, in log order."""
    rows = await connection.fetch(queries("revise")["revised_by"], index)
    return [(row["record"], row["digest"], row["outcome"]) for row in rows]

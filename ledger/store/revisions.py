"""Reading a part of the log that is closed downstream, so that a revision can recompute it; and the writes of one."""

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal

from asyncpg import Record
from msgspec import Struct

from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.errors import Unavailable
from ledger.footprint.figures import LotFigures
from ledger.store.database import Connection
from ledger.store.facts import FactLoader
from ledger.store.sql import queries

_REVISION_LOCK = 0x7265766973
_CHUNK = 5_000


class Past(Struct, frozen=True):
    """A record of flows as it reads now: `body` and `leaf` (leaf 0) are None where it is withdrawn. `lots` are the ids
    of its lots; `rests`, of an addition, what it took by lot number."""

    index: int
    digest: bytes
    type: str
    body: bytes | None
    leaf: bytes | None
    lots: tuple[str, ...]
    rests: dict[int, Decimal]


async def begin_revision(connection: Connection) -> tuple[int, int]:
    """Waits for other revisions; the log's size now, and how many revisions there are."""
    sql = queries("revise")
    await connection.execute(sql["patience"])
    await connection.fetchval(sql["lock_revisions"], _REVISION_LOCK)
    return await head_now(connection)


async def head_now(connection: Connection) -> tuple[int, int]:
    """The log's size, and how many revisions there are."""
    row = await connection.fetchrow(queries("revise")["head"])
    if row is None:
        raise Unavailable("the database holds no ledger: run init", code="no-ledger")
    return row["size"], row["revisions"]


async def indexes_of(connection: Connection, digests: Iterable[str]) -> list[int]:
    wanted = [bytes.fromhex(digest) for digest in digests]
    return [row["index"] for row in await connection.fetch(queries("revise")["indexes"], wanted)]


async def provisional_records(connection: Connection, facility: str, start: str, end: str) -> list[int]:
    """Transformations that were posted provisional for the period."""
    rows = await connection.fetch(queries("revise")["provisional"], facility, start, end)
    return [row["record"] for row in rows]


async def with_pools(connection: Connection, records: Collection[int]) -> set[int]:
    """The records, and all later additions to the pools that they take from: what one leaves, the next takes."""
    sql = queries("revise")
    found = set(records)
    for row in await connection.fetch(sql["pools_taken"], list(records)):
        for addition in await connection.fetch(sql["additions_since"], [row["pool"]], row["since"]):
            found.add(addition["record"])
    return found


async def descendants(connection: Connection, records: Collection[int]) -> list[int]:
    """The records and all that descends from them, in log order."""
    return [row["record"] for row in await connection.fetch(queries("revise")["descendants"], list(records))]


async def takers_since(
    connection: Connection, lots: Collection[int], pools: Collection[str], since: int
) -> set[int]:
    """Records from index `since` on that take from lots or add to pools."""
    sql = queries("revise")
    found = {row["record"] for row in await connection.fetch(sql["takers_since"], list(lots), since)}
    if pools:
        found.update([row["record"] for row in await connection.fetch(sql["additions_since"], list(pools), since)])
    return found


async def read_past(connection: Connection, records: Sequence[int]) -> list[Past]:
    """Records of flows as they read now, in log order."""
    sql = queries("revise")
    found: list[Past] = []
    for start in range(0, len(records), _CHUNK):
        part = records[start : start + _CHUNK]
        rows = await connection.fetch(sql["records"], part)
        lots: dict[int, list[str]] = {}
        for row in await connection.fetch(sql["lots_made"], part):
            lots.setdefault(row["number"] // 1024, []).append(row["id"])
        additions = [row["index"] for row in rows if row["type"] == "addition"]
        rests: dict[int, dict[int, Decimal]] = {}
        for row in await connection.fetch(sql["rests"], additions) if additions else ():
            rests.setdefault(row["record"], {})[row["lot"]] = row["quantity"]
        found.extend([_past(row, lots.get(row["index"], []), rests.get(row["index"], {})) for row in rows])
    return found


def _past(row: Record, lots: list[str], rests: dict[int, Decimal]) -> Past:
    body, leaf = row["body"], row["leaf"]
    return Past(
        row["index"], bytes(row["digest"]), row["type"], None if body is None else bytes(body),
        None if leaf is None or body is None else bytes(leaf), tuple(lots), rests,
    )


async def posted_provisional(connection: Connection, records: Sequence[int]) -> set[int]:
    """Those of the records that were posted provisional."""
    rows = await connection.fetch(queries("revise")["posted_provisional"], list(records))
    return {row["record"] for row in rows}


async def load_lines(
    connection: Connection, loader: FactLoader, state: State, figures: dict[str, LotFigures]
) -> None:
    """All generations of the pools that `state` knows, with their facts."""
    if not state.pools:
        return
    lines: dict[str, list[str]] = {pool: [] for pool in state.pools}
    for row in await connection.fetch(queries("revise")["lines"], list(lines)):
        lines[row["pool"]].append(row["id"])
    names = Names()
    for pool, line in lines.items():
        state.lines[pool] = tuple(line)
        names.lots.update(line)
    await loader.load(connection, names, state, figures)


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


async def lose_patience(connection: Connection) -> None:
    """From here on the session may not idle: it is about to hold the head."""
    await connection.execute(queries("revise")["impatience"])


async def revised_by(connection: Connection, index: int) -> list[tuple[int, bytes, bytes]]:
    """Index, digest and new outcome root of every record that the one at `index` revised, in log order."""
    rows = await connection.fetch(queries("revise")["revised_by"], index)
    return [(row["record"], bytes(row["digest"]), bytes(row["outcome"])) for row in rows]

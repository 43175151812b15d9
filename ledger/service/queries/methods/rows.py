"""What methods need from the rows: all records behind a lot with the choices that they leave, an item's lives, a root.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from asyncpg import Record

from ledger.admission.facts import LOT_SLOTS
from ledger.core.log.merkle import node_hash
from ledger.core.record.kinds import Transformation
from ledger.core.record.values import UNBURDENED
from ledger.footprint.derived.contributions import Upstream, Weights
from ledger.footprint.derived.reallocation import Split, split_of
from ledger.footprint.derived.recount import Recount
from ledger.service.queries.chain.upstream import Behind, read_records
from ledger.service.queries.threads import in_thread
from ledger.service.queries.tree_size import Moment
from ledger.store.database import DatabasePool
from ledger.store.sql import queries
from ledger.store.tiles import inclusion_path


class Life(NamedTuple):
    """The lot with which a life of an item began, and its stored burdens, of the whole lot."""

    number: int
    burdens: Sequence[float]


class MethodRows(NamedTuple):
    """All records behind a lot; `splits` are those that leave a choice of allocation."""

    recount: Recount
    splits: list[Split]


async def read_carried(pool: DatabasePool, behind: Behind, gases: Mapping[str, Decimal]) -> Recount:
    """The records of which the lot carries something."""
    recount = Recount(behind.arrays, gases)
    async for records in read_records(pool, behind):
        await in_thread(_add, recount, records)
    return recount


async def read_all(pool: DatabasePool, behind: Behind, gases: Mapping[str, Decimal]) -> MethodRows:
    """All records in the chain: those of which the lot carries nothing may weigh something by another key."""
    indexes = behind.arrays.records[::-1].tolist()
    carried = {index: behind.weights.records.get(index, 0.0) for index in indexes}
    everything = behind._replace(weights=Weights(carried, behind.weights.lots))
    recount, splits = Recount(behind.arrays, gases), list[Split]()
    async for records in read_records(pool, everything):
        choosing = [one for one in records if _leaves_a_choice(one)]
        masses = await _masses(pool, choosing, behind.moment)
        await in_thread(_add, recount, records)
        splits += await in_thread(_splits, choosing, masses)
    return MethodRows(recount, splits)


def _add(recount: Recount, records: Iterable[Upstream]) -> None:
    for one in records:
        recount.add(one)


def _leaves_a_choice(one: Upstream) -> bool:
    record = one.record
    return isinstance(record, Transformation) and sum(out.role not in UNBURDENED for out in record.outputs) > 1


async def _masses(pool: DatabasePool, records: Sequence[Upstream], moment: Moment) -> Sequence[Record]:
    if not records:
        return []
    indexes = [one.log_index for one in records]
    rows: Sequence[Record] = await pool.fetch(queries("methods")["masses"], indexes, moment.version)
    return rows


def _splits(records: Iterable[Upstream], rows: Iterable[Record]) -> list[Split]:
    masses: dict[int, list[Decimal | None]] = {}
    for row in rows:
        masses.setdefault(row["number"] // LOT_SLOTS, []).append(row["mass"])
    found = []
    for one in records:
        if isinstance(one.record, Transformation):
            split = split_of(one.log_index, one.digest, one.record, one.assessment, masses[one.log_index])
            found += [split] if split is not None else []
    return found


async def read_lives(pool: DatabasePool, item: str | None, moment: Moment) -> list[Life]:
    """The lives of a physical item, oldest first: each begins with what a transformation made of it, first or out of
    the core that the life before has left. None where its first life is not on the ledger: what a later one added is
    not what making it anew adds."""
    if item is None:
        return []
    lives: dict[str | None, Life] = {}
    for row in await pool.fetch(queries("methods")["lives"], item, moment.version, moment.size):
        # Worked on, or sent and brought home, it lives on.
        lives.setdefault(row["previous_life"], Life(row["number"], row["burdens"]))
    return list(lives.values()) if None in lives and next(iter(lives)) is None else []


async def read_root(pool: DatabasePool, size: int) -> str:
    """The root, in base64, of the tree of the first `size` entries, of which there is at least one."""
    root: bytes | None = await pool.fetchval(queries("methods")["root"], size)
    if root is None:
        async with pool.acquire() as connection:
            rows = await connection.fetch(queries("sequence")["tile_leaf_hashes"], size - 1, size)
            root = rows[0]["leaf_hash"]
            # Of the last entry, all siblings are on the left.
            for sibling in await inclusion_path(connection, size - 1, size):
                root = node_hash(sibling, root)
    return base64.b64encode(root).decode()

"""The rows that methods need: records upstream of a lot with their choices of allocation, an item's lives, a root hash.
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
from ledger.host.threads import in_thread
from ledger.service.access.sight import Sight
from ledger.service.access.walk import visible_upstream
from ledger.service.queries.chain.upstream import UpstreamChain, read_records
from ledger.service.queries.tree_size import AsOf
from ledger.store.database import DatabasePool
from ledger.store.sql import queries
from ledger.store.tiles import inclusion_path


class Life(NamedTuple):
    """The lot with which a life of an item began, and the stored burdens of the whole lot."""

    number: int
    burdens: Sequence[float]


class MethodRows(NamedTuple):
    """The records upstream of a lot; `splits`: the records that leave a choice of allocation."""

    recount: Recount
    splits: list[Split]


async def read_carried(pool: DatabasePool, chain: UpstreamChain, gases: Mapping[str, Decimal]) -> Recount:
    """The records of which the lot carries something."""
    recount = Recount(chain.arrays, gases)
    async for records in read_records(pool, chain):
        await in_thread(_add, recount, records)
    return recount


async def read_all(pool: DatabasePool, chain: UpstreamChain, gases: Mapping[str, Decimal]) -> MethodRows:
    """All records of the chain: a record of which the lot carries nothing may have a weight under another key."""
    indexes = chain.arrays.records[::-1].tolist()
    carried = {index: chain.weights.records.get(index, 0.0) for index in indexes}
    everything = chain._replace(weights=Weights(carried, chain.weights.lots))
    recount, splits = Recount(chain.arrays, gases), list[Split]()
    async for records in read_records(pool, everything):
        choosing = [one for one in records if _leaves_a_choice(one)]
        masses = await _masses(pool, choosing, chain.as_of)
        await in_thread(_add, recount, records)
        splits += await in_thread(_splits, choosing, masses)
    return MethodRows(recount, splits)


def _add(recount: Recount, records: Iterable[Upstream]) -> None:
    for record in records:
        recount.add(record)


def _leaves_a_choice(upstream: Upstream) -> bool:
    record = upstream.record
    return isinstance(record, Transformation) and sum(out.role not in UNBURDENED for out in record.outputs) > 1


async def _masses(pool: DatabasePool, records: Sequence[Upstream], as_of: AsOf) -> Sequence[Record]:
    if not records:
        return []
    indexes = [one.log_index for one in records]
    rows: Sequence[Record] = await pool.fetch(queries("methods")["masses"], indexes, as_of.version)
    return rows


def _splits(records: Iterable[Upstream], rows: Iterable[Record]) -> list[Split]:
    masses: dict[int, list[Decimal | None]] = {}
    for row in rows:
        masses.setdefault(row["number"] // LOT_SLOTS, []).append(row["mass"])
    splits = []
    for upstream in records:
        index, record = upstream.log_index, upstream.record
        if isinstance(record, Transformation):
            split = split_of(index, upstream.digest, record, upstream.assessment, masses[index])
            splits += [split] if split is not None else []
    return splits


async def read_lives(pool: DatabasePool, item: str | None, as_of: AsOf, sight: Sight) -> list[Life]:
    """The lives of a physical item, oldest first, of which the caller sees the whole chain. A life begins with the lot
    in which a transformation made the item, either new or from the core of the previous life.

    Empty if the first life is not among them: a later life alone does not show the burden of making the item new.
    """
    if item is None:
        return []
    lives: dict[str | None, Life] = {}
    for row in await pool.fetch(queries("methods")["lives"], item, as_of.version, as_of.size):
        # An item that is processed, or handed over and back, stays in the same life.
        lives.setdefault(row["previous_life"], Life(row["number"], tuple(row["burdens"])))
    seen = {previous: life for previous, life in lives.items() if await _sees_whole(pool, sight, life.number, as_of)}
    return list(seen.values()) if next(iter(seen), "") is None else []


async def _sees_whole(pool: DatabasePool, sight: Sight, lot: int, as_of: AsOf) -> bool:
    """Whether the caller sees each record upstream of a lot. If so, this returns when the reading is noted."""
    if sight.whole:
        await sight.visible(pool, [lot], as_of)
        return True
    visible = await visible_upstream(pool, sight.rights, [lot], as_of)
    if visible.hidden:
        return False
    await sight.noted(visible)
    return True


async def read_root(pool: DatabasePool, size: int) -> str:
    """The root hash, in base64, of the tree of the first `size` entries; `size` is at least 1."""
    root: bytes | None = await pool.fetchval(queries("methods")["root"], size)
    if root is None:
        async with pool.acquire() as connection:
            rows = await connection.fetch(queries("sequence")["tile_leaf_hashes"], size - 1, size)
            root = rows[0]["leaf_hash"]
            # All siblings on the path of the last entry are on the left.
            for sibling in await inclusion_path(connection, size - 1, size):
                root = node_hash(sibling, root)
    return base64.b64encode(root).decode()

"""The chain of lots as a graph: what lies behind lots, or what became of them, as of any moment.

A pool is one node there, however many lots its additions made. What went into it has an edge to the pool itself, and
what was drawn from it has one from it. Where something that was made of a pool's stock went back into it, the graph
has a cycle there; elsewhere it has none.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger.errors import NotFound
from ledger.footprint.derived.chain.cutting import StageParts, cut
from ledger.footprint.derived.chain.graph import Chain
from ledger.service.queries.chain.columns import read_lots, read_records, read_remaining, read_times, revised
from ledger.service.queries.chain.load import (
    ChainRequest,
    Direction,
    assembled,
    pinned,
    reach,
    read_figures,
    read_lot_versions,
)
from ledger.service.queries.threads import in_thread
from ledger.service.queries.tree_size import Moment, moment_at
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

MAX_LOTS: Final = 100_000
"""Lots of a chain that is answered node by node."""


class ChainLimits(NamedTuple):
    """How far a chain goes: `depth` records, additions to pools included; nothing behind records of the processes
    `stages`; refused beyond `most` lots."""

    depth: int | None = None
    stages: Sequence[str] = ()
    most: int = MAX_LOTS


WITHOUT_LIMITS: Final = ChainLimits()


async def trace(
    pool: DatabasePool, lots: Sequence[
        str
    ], direction: Direction, limits: ChainLimits = WITHOUT_LIMITS, at: int | None = None
) -> Chain:
    """The closure of lots, now or in a tree of `at` entries, with what was left of each lot.

    `lots` may name pools: all that their newest lot came from, or all that became of their first one. Raises NotFound
    for a lot that is not on the ledger, or was not yet; InvalidInput for a tree that is not, and beyond the limits.
    """
    moment = await pinned(pool, await moment_at(pool, at))
    targets = list(dict.fromkeys((await lot_numbers(pool, lots, direction, moment)).values()))
    parts = await load_parts(pool, ChainRequest(targets, direction, moment, limits.depth, limits.most))
    if limits.stages:
        parts = await in_thread(cut, parts, targets, direction, limits.stages)
    left = await read_remaining(pool, parts.arrays.numbers, parts.lots.quantities, moment)
    parts = parts._replace(lots=parts.lots._replace(remaining=left))
    roots = [parts.arrays.position(number) for number in targets]
    return await in_thread(Chain.of, *parts, roots=roots, direction=direction)


async def lot_numbers(
    pool: DatabasePool, names: Sequence[str], direction: Direction, moment: Moment
) -> dict[str, int]:
    """The numbers of lots by name, in the order of their names; of pools, those of the lots at which their chains end.
    Raises NotFound for a name that no lot has in that tree, and no pool that holds something."""
    sql = queries("chain")
    found = {row["id"]: row["number"] for row in await pool.fetch(sql["named"], list(names), moment.size)}
    if len(found) < len(set(names)):
        end = "newest" if direction == "upstream" else "oldest"
        found.update({row["id"]: row[end] for row in await pool.fetch(sql["pools"], list(names), moment.size)})
    for name in names:
        if name not in found:
            raise NotFound(f"lot {name!r} is not on the ledger of {moment.size} entries", field="lot", value=name,
                           rule="the id of a lot, or of a pool that holds something")
    return {name: found[name] for name in names}


async def load_parts(pool: DatabasePool, question: ChainRequest) -> StageParts:
    """The chain that a question asks for, with what is known of its lots and records. See `reach` for errors."""
    reached = await reach(pool, question)
    version = question.moment.version
    figures, lots, records, versions = await asyncio.gather(
        read_figures(pool, reached.lots, version, burdens=True), read_lots(pool, reached.lots),
        read_records(pool, reached.indexes), read_lot_versions(pool, reached.lots, version),
    )
    loaded = await in_thread(assembled, reached, figures, list(lots.quantities), versions)
    lots = revised(lots, reached.lots, versions)._replace(quantities=loaded.quantities, burdens=loaded.burdens)
    times = await read_times(pool, loaded.arrays, lots.pools, version)
    return StageParts(loaded.arrays, lots, records._replace(times=times), loaded.flows.amounts)

"""The upstream or downstream chain of lots as a graph, as of any moment.

A pool is one node, however many lots its additions made. Each lot that went into the pool has an edge to the pool's
node; each lot drawn from the pool has an edge from it. If a product of a pool's stock went back into the pool, the
graph has a cycle there. There are no other cycles.
"""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger.errors import NotFound
from ledger.footprint.derived.chain.contraction import Contraction
from ledger.footprint.derived.chain.cutting import StageParts, cut
from ledger.footprint.derived.chain.graph import Chain
from ledger.host.threads import in_thread
from ledger.service.access.sight import Sight
from ledger.service.access.walk import hidden_parts, visible_downstream, visible_upstream
from ledger.service.queries.chain.columns import read_lots, read_records, read_remaining, read_times, revised
from ledger.service.queries.chain.contraction import read_contraction, without_hidden
from ledger.service.queries.chain.load import (
    ChainRequest,
    Direction,
    assembled,
    pinned,
    reach,
    read_figures,
    read_lot_versions,
)
from ledger.service.queries.findings import read_listed
from ledger.service.queries.tree_size import AsOf, as_of_size
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

MAX_LOTS: Final = 100_000
"""The most lots of a chain that is answered node by node."""


class ChainLimits(NamedTuple):
    """How far a chain goes: at most `depth` records, including additions to pools; not beyond records of the processes
    `stages`. A chain of more than `most` lots is refused."""

    depth: int | None = None
    stages: Sequence[str] = ()
    most: int = MAX_LOTS


WITHOUT_LIMITS: Final = ChainLimits()


async def trace(
    pool: DatabasePool, lots: Sequence[str], direction: Direction, limits: ChainLimits = WITHOUT_LIMITS,
    at: int | None = None,
) -> Chain:
    """The upstream or downstream chain of lots, now or as of the tree of `at` entries, with remaining quantities.

    `lots` may contain names of pools: the upstream chain of a pool starts at its newest lot, the downstream chain at
    its oldest. Raises NotFound for a lot that is not on the ledger, or was not on it at that tree size; InvalidInput
    for an invalid tree size, and for a chain beyond the limits.
    """
    as_of = await pinned(pool, await as_of_size(pool, at))
    targets = list(dict.fromkeys((await lot_numbers(pool, lots, direction, as_of)).values()))
    parts = await load_parts(pool, ChainRequest(targets, direction, as_of, limits.depth, limits.most))
    if limits.stages:
        parts = await in_thread(cut, parts, targets, direction, limits.stages)
    remaining = await read_remaining(pool, parts.arrays.numbers, parts.lots.quantities, as_of)
    findings = await read_listed(pool, parts.arrays.records.tolist(), as_of)
    parts = parts._replace(lots=parts.lots._replace(remaining=remaining),
                           records=parts.records._replace(findings=findings))
    roots = [parts.arrays.position(number) for number in targets]
    return await in_thread(Chain.of, *parts, roots=roots, direction=direction)


async def trace_visible(
    pool: DatabasePool, lots: Sequence[str], direction: Direction, limits: ChainLimits, at: int | None, sight: Sight
) -> tuple[Chain, Contraction | None]:
    """The visible part of the same chain, with its contraction unless nothing is hidden. Raises the errors of
    `trace`, and Denied for an earlier tree size over hidden parts."""
    if sight.whole:
        chain = await trace(pool, lots, direction, limits, at)
        await sight.note(set(chain.records.issuers))
        return chain, None
    as_of = await pinned(pool, await as_of_size(pool, at))
    numbers = await lot_numbers(pool, lots, direction, as_of)
    sight.require(numbers)
    targets = list(dict.fromkeys(numbers.values()))
    if direction == "upstream":
        visible = await sight.noted(await visible_upstream(pool, sight.rights, targets, as_of))
    else:
        visible = await sight.noted(await visible_downstream(pool, sight.rights, targets, as_of))
    if visible.hidden and at is not None:
        raise hidden_parts("at", at)
    request = ChainRequest(targets, direction, as_of, limits.depth, limits.most, visible.records)
    parts = await load_parts(pool, request)
    if limits.stages:
        parts = await in_thread(cut, parts, targets, direction, limits.stages)
    remaining = await read_remaining(pool, parts.arrays.numbers, parts.lots.quantities, as_of)
    own = [sight.of_own(holder) for holder in parts.lots.holders]
    listed = await read_listed(
        pool, [index for index in parts.arrays.records.tolist() if index in visible.records], as_of)
    parts = parts._replace(
        lots=parts.lots._replace(
            remaining=[amount if mine else None for amount, mine in zip(remaining, own, strict=True)]),
        records=parts.records._replace(findings=listed))
    contraction = None
    if direction == "downstream" or visible.hidden:
        contraction = await read_contraction(pool, sight.rights, (parts, request), visible)
    roots = [parts.arrays.position(number) for number in targets]
    return await in_thread(Chain.of, *parts, roots=roots, direction=direction), contraction


async def lot_numbers(
    pool: DatabasePool, names: Sequence[str], direction: Direction, as_of: AsOf
) -> dict[str, int]:
    """The numbers of lots by name, in the order of `names`; for a pool, of the lot at which its chain starts.

    Raises NotFound for a name that is neither a lot nor a pool with stock at that moment.
    """
    sql = queries("chain")
    numbers = {row["id"]: row["number"] for row in await pool.fetch(sql["named"], list(names), as_of.size)}
    if len(numbers) < len(set(names)):
        end = "newest" if direction == "upstream" else "oldest"
        numbers.update({row["id"]: row[end] for row in await pool.fetch(sql["pools"], list(names), as_of.size)})
    for name in names:
        if name not in numbers:
            raise NotFound(f"lot {name!r} is not on the ledger as of tree size {as_of.size}", field="lot",
                           value=name, rule="the id of a lot, or of a pool with stock")
    return {name: numbers[name] for name in names}


async def load_parts(pool: DatabasePool, request: ChainRequest) -> StageParts:
    """The requested chain, with the data of its lots and records. Raises the errors of `reach`."""
    reached = await reach(pool, request)
    version = request.as_of.version
    figures, lots, records, versions = await asyncio.gather(
        read_figures(pool, reached.lots, version, burdens=True), read_lots(pool, reached.lots),
        read_records(pool, reached.indexes), read_lot_versions(pool, reached.lots, version),
    )
    loaded = await in_thread(assembled, reached, figures, list(lots.quantities), versions)
    lots = revised(lots, reached.lots, versions)._replace(quantities=loaded.quantities, burdens=loaded.burdens)
    lots = without_hidden(lots, loaded.arrays, records.types, request)
    times = await read_times(pool, loaded.arrays, lots.pools, version)
    return StageParts(loaded.arrays, lots, records._replace(times=times), loaded.flows.amounts)

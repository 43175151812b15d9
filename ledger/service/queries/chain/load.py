"""Loads the chain of lots from the database: its lots and flows, and their figures as arrays.

Rows of an earlier moment never change. So after the moment is pinned, several sessions read the parts of a chain in
parallel, and the parts agree.
"""

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal, NamedTuple

import numpy

from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import BURDENS
from ledger.errors import InvalidInput
from ledger.footprint.derived.chain.arrays import Arrays, Floats, Integers, compiled, distinct
from ledger.footprint.derived.chain.columns import Amounts
from ledger.footprint.derived.chain.passes import downstream_steps, upstream_steps
from ledger.host.threads import in_thread
from ledger.service.queries.tree_size import AsOf
from ledger.store.columns import fetch_columns, integers, list_of, words
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

Direction = Literal["upstream", "downstream"]
MAX_LOTS: Final = 1_000_000
"""The most lots, or records, of one chain. Its arrays and rows then need about a gigabyte of memory."""
_FLOWS_PER_LOT: Final = 16
"""The most flows of one chain, for each lot that it may have."""
_FEW_STEPS: Final = 16
"""The most steps that have a query each. For a longer chain, one query for the whole chain is faster."""

_NO_RECORDS: Final[Integers] = numpy.zeros(0, numpy.int64)


class ChainRequest(NamedTuple):
    """The chain to load: of the lots with the numbers `targets`, as of a moment, in a direction, within `depth` records
    and with at most `most` lots or records. `visible`: the records at which the chain does not end, if the caller does
    not see all; lots of other records are its boundary."""

    targets: Sequence[int]
    direction: Direction
    as_of: AsOf
    depth: int | None = None
    most: int = MAX_LOTS
    visible: frozenset[int] | None = None


class ChainFlows(NamedTuple):
    """Flows in log order; `quantities` are decimal strings in the units of the lots."""

    records: Integers
    lots: Integers
    quantities: list[str]

    def at(self, chosen: Integers) -> "ChainFlows":
        """The flows at the chosen positions."""
        if len(chosen) == len(self.lots):
            return self
        return ChainFlows(self.records[chosen], self.lots[chosen], [self.quantities[i] for i in chosen.tolist()])

    @property
    def amounts(self) -> Sequence[Decimal]:
        """The quantities as numbers."""
        return Amounts(self.quantities)


class Reached(NamedTuple):
    """The lots of a chain, by number, and its flows. `records`: its records besides the makers of its lots."""

    lots: Integers
    flows: ChainFlows
    records: Integers

    @property
    def indexes(self) -> Integers:
        """The log indexes of all records, in order."""
        return distinct(numpy.append(self.lots // LOT_SLOTS, self.records))


class Loaded(NamedTuple):
    """A chain without names. `burdens`: by lot, if requested; `quantities` of the lots are decimal strings."""

    arrays: Arrays
    flows: ChainFlows
    quantities: list[str]
    burdens: Floats


class ChainFigures(NamedTuple):
    """Shares and burdens of lots, in order of numbers, as of a revision; `burdens` only if requested."""

    numbers: Integers
    shares: Floats
    burdens: Floats


class LotVersion(NamedTuple):
    """The data of a lot that revisions can change."""

    quantity: str
    facility: str | None
    process: str | None


async def pinned(pool: DatabasePool, as_of: AsOf) -> AsOf:
    """The same moment; if it is now, the current tree size and revision."""
    if not as_of.is_now:
        return as_of
    row = await pool.fetchrow(queries("chain")["as_of"])
    return as_of if row is None else AsOf(row["size"], row["version"])


async def load_arrays(pool: DatabasePool, request: ChainRequest, *, burdens: bool = False) -> Loaded:
    """The requested chain, as of its pinned moment. Raises the errors of `reach`."""
    reached = await reach(pool, request)
    lots, version = reached.lots, request.as_of.version
    figures, quantities, versions = await asyncio.gather(
        read_figures(pool, lots, version, burdens=burdens),
        pool.fetchval(queries("chain")["quantities"], list_of(lots.tolist())),
        read_lot_versions(pool, lots, version),
    )
    return await in_thread(assembled, reached, figures, words(quantities, len(lots)), versions)


def assembled(
    reached: Reached, figures: ChainFigures, quantities: list[str], versions: Mapping[int, LotVersion]
) -> Loaded:
    """The chain as arrays, made of its parts. `quantities`: of the lots as created."""
    lots, flows = reached.lots, reached.flows
    for number, version in versions.items():
        quantities[int(numpy.searchsorted(lots, number))] = version.quantity
    wholes = numpy.array(quantities, numpy.float64)[numpy.searchsorted(lots, flows.lots)]
    parts = numpy.array(flows.quantities, numpy.float64) / wholes
    arrays = compiled(figures.numbers, figures.shares, flows.records, flows.lots, parts, reached.records)
    if not numpy.array_equal(arrays.numbers, lots):
        raise LookupError("a lot of the chain has no figures")
    return Loaded(arrays, flows, quantities, figures.burdens)


async def reach(pool: DatabasePool, request: ChainRequest) -> Reached:
    """The lots and flows of a chain.

    An upstream chain has all lots from which the targets were made, and the records that made them. A downstream chain
    has all lots into which the targets went, and all records that took from them. Raises InvalidInput for more lots or
    records than `request.most`.
    """
    reached = await _reached(pool, request)
    _check_size(request, max(len(reached.lots), len(reached.indexes)))
    return reached


async def _reached(pool: DatabasePool, request: ChainRequest) -> Reached:
    whole, numbers = await _scope(pool, request)
    _check_size(request, len(numbers))
    if request.direction == "downstream":
        reached = await _downstream(pool, request, numbers)
    elif whole:
        reached = await _upstream(pool, request, numbers)
    else:
        reached = await _upstream_within(pool, request, numbers)
    partly = request.visible is not None and request.direction == "downstream"
    if request.as_of.version or partly or (whole and request.depth is not None):
        return await in_thread(_shortened, reached, request)
    return reached


async def _scope(pool: DatabasePool, request: ChainRequest) -> tuple[bool, Integers]:
    """True and the result of `_whole`, if there is no depth or there are many steps; otherwise False and the lots
    within the depth, queried step by step.

    The result includes lots and records of every version, so it can be more than the chain, never less.
    """
    if request.depth is None or request.visible is not None:
        return True, await _whole(pool, request)
    lots = new = _distinct(request.targets)
    for step in range(request.depth):
        if step == _FEW_STEPS:
            whole = await _whole(pool, request)
            if len(whole) <= request.most:
                return True, whole
        new = numpy.setdiff1d(await _step(pool, request, new), lots)
        if not len(new):
            break
        lots = distinct(numpy.append(lots, new))
        _check_size(request, len(lots))
    return False, lots


async def _whole(pool: DatabasePool, request: ChainRequest) -> Integers:
    """All records upstream of the targets, or all lots downstream of them with the targets: at most one more than the
    request allows."""
    sql, (size, version), targets = queries("chain"), request.as_of, _distinct(request.targets).tolist()
    if request.visible is not None:
        seen = _distinct(list(request.visible))
        if request.direction == "upstream":
            return seen
        made = integers(await pool.fetchval(queries("sight")["made_by"], list_of(seen.tolist())))[0]
        return distinct(numpy.append(_distinct(targets), made))
    if request.direction == "upstream":
        data = await pool.fetchval(sql["upstream"], targets, version, request.most + 1)
    else:
        data = await pool.fetchval(sql["downstream"], targets, version, size, request.most + 1)
    return numpy.sort(integers(data)[0])


async def _step(pool: DatabasePool, request: ChainRequest, lots: Integers) -> Integers:
    """The lots that are one record away from the given lots."""
    sql, (size, version) = queries("chain"), request.as_of
    if request.direction == "upstream":
        makers = list_of(distinct(lots // LOT_SLOTS).tolist())
        data = await pool.fetchval(sql["taken"], makers, version)
    else:
        data = await pool.fetchval(sql["made"], list_of(lots.tolist()), version, size)
    return integers(data)[0]


async def _upstream(pool: DatabasePool, request: ChainRequest, records: Integers) -> Reached:
    flows = await _flows(pool, request, "flows_into", list_of(records.tolist()))
    return Reached(distinct(numpy.append(_distinct(request.targets), flows.lots)), flows, _NO_RECORDS)


async def _upstream_within(pool: DatabasePool, request: ChainRequest, lots: Integers) -> Reached:
    """The chain within a depth. It includes the makers of the farthest lots, but not the inputs of these makers."""
    flows = await _flows(pool, request, "flows_into", list_of(distinct(lots // LOT_SLOTS).tolist()))
    return Reached(lots, flows.at(numpy.flatnonzero(numpy.isin(flows.lots, lots))), _NO_RECORDS)


async def _downstream(pool: DatabasePool, request: ChainRequest, lots: Integers) -> Reached:
    flows = await _flows(pool, request, "flows_from", list_of(lots.tolist()), request.as_of.size)
    if request.visible is not None:
        flows = flows.at(numpy.flatnonzero(numpy.isin(flows.records, _distinct(list(request.visible)))))
    return Reached(lots, flows, flows.records)


async def _flows(pool: DatabasePool, request: ChainRequest, query: str, of: str, *more: object) -> ChainFlows:
    """The flows of a query as they read at the moment. A revised record has the flows of its newest revision."""
    version, most = request.as_of.version, request.most * _FLOWS_PER_LOT
    row = await pool.fetchrow(queries("chain")[query], of, version, most + 1, *more)
    if row is None:
        raise LookupError("the aggregate query returned no row")
    _check_size(request, row["count"], most)
    records, versions, lots = integers(row["numbers"], 3)
    flows = ChainFlows(records, lots, words(row["quantities"], len(lots)))
    if not version:
        return flows
    takers = distinct(records)
    data = await pool.fetchval(queries("chain")["own_versions"], list_of(takers.tolist()), version)
    changed, changes = integers(data, 2)
    newest = numpy.zeros(len(takers), numpy.int64)
    newest[numpy.searchsorted(takers, changed)] = changes
    return flows.at(numpy.flatnonzero(versions == newest[numpy.searchsorted(takers, records)]))


def _shortened(reached: Reached, request: ChainRequest) -> Reached:
    """Without the lots beyond the depth, and without lots that were reached only by flows that revisions removed."""
    flows = reached.flows.at(numpy.flatnonzero(numpy.isin(reached.flows.lots, reached.lots)))
    ones = numpy.ones(len(reached.lots))
    arrays = compiled(reached.lots, ones, flows.records, flows.lots, numpy.ones(len(flows.lots)), flows.records)
    targets = numpy.searchsorted(arrays.numbers, _distinct(request.targets))
    go = upstream_steps if request.direction == "upstream" else downstream_steps
    records, steps = go(arrays, targets, numpy.zeros(len(arrays.records), numpy.bool_))
    near = steps >= 0
    if request.depth is not None:
        near &= steps <= request.depth
    lots = arrays.numbers[near]
    flows = flows.at(numpy.flatnonzero(near[arrays.inputs] & (records[arrays.takers] >= 0)))
    return Reached(lots, flows, flows.records if len(reached.records) else _NO_RECORDS)


async def read_figures(pool: DatabasePool, lots: Integers, version: int, *, burdens: bool) -> ChainFigures:
    """Shares and burdens of lots, from their newest revision up to `version`."""
    names = [("lot", None), ("version", None), ("share", 0), *([("burdens", len(BURDENS))] if burdens else [])]
    async with pool.acquire() as connection:
        columns = await fetch_columns(
            connection, queries("chain")["figures" if burdens else "shares"],
            (list_of(lots.tolist()), version, *([len(BURDENS)] if burdens else [])), names,
        )
    order = numpy.lexsort((columns["version"], columns["lot"]))
    last = numpy.append(numpy.diff(columns["lot"][order]) != 0, len(order) > 0)
    chosen = order[last[: len(order)]]
    return ChainFigures(
        columns["lot"][chosen], columns["share"][chosen],
        columns["burdens"][chosen] if burdens else numpy.zeros((0, 0)),
    )


async def read_lot_versions(pool: DatabasePool, lots: Integers, version: int) -> Mapping[int, LotVersion]:
    """The lots that revisions up to `version` changed, by number."""
    if not version:
        return {}
    rows = await pool.fetch(queries("chain")["lot_versions"], list_of(lots.tolist()), version)
    return {row["number"]: LotVersion(row["quantity"], row["facility"], row["process"]) for row in rows}


def _check_size(request: ChainRequest, count: int, most: int | None = None) -> None:
    if count > (request.most if most is None else most):
        raise InvalidInput(
            f"more than {request.most} lots or records lie {request.direction} of the requested lots",
            code="chain-too-large", field="lot", rule="a smaller depth, or lots nearer to the end of the chain",
        )


def _distinct(numbers: Sequence[int]) -> Integers:
    return distinct(numpy.array(numbers, numpy.int64))

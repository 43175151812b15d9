"""Loads the chain of lots from the database: which lots and flows it has, and their numbers as arrays.

Rows of an earlier moment never change. So once it is known as of when is asked, each part is read by a session of its
own, several at a time, and all of them agree.
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
from ledger.service.queries.threads import in_thread
from ledger.service.queries.tree_size import Moment
from ledger.store.columns import fetch_columns, integers, list_of, words
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

Direction = Literal["upstream", "downstream"]
MAX_LOTS: Final = 1_000_000
"""Lots, or records, of one chain: its arrays and rows take about a gigabyte then."""
_FLOWS_PER_LOT: Final = 16
"""Flows of one chain, for each lot that it may have."""
_FEW_STEPS: Final = 16
"""So many steps are asked for one by one; beyond them it pays to read all that there is at once."""

_NO_RECORDS: Final[Integers] = numpy.zeros(0, numpy.int64)


class ChainRequest(NamedTuple):
    """Which chain: of the lots with the numbers `targets`, in a direction, as of a moment, within `depth` records."""

    targets: Sequence[int]
    direction: Direction
    moment: Moment
    depth: int | None = None
    most: int = MAX_LOTS


class ChainFlows(NamedTuple):
    """Flows in log order; `quantities` are decimal strings in the units of the lots."""

    records: Integers
    lots: Integers
    quantities: list[str]

    def at(self, chosen: Integers) -> "ChainFlows":
        """Those at some positions."""
        if len(chosen) == len(self.lots):
            return self
        return ChainFlows(self.records[chosen], self.lots[chosen], [self.quantities[i] for i in chosen.tolist()])

    @property
    def amounts(self) -> Sequence[Decimal]:
        """The quantities as numbers."""
        return Amounts(self.quantities)


class Reached(NamedTuple):
    """The lots of a chain, by number, and the flows in it; `records` beside the makers of its lots."""

    lots: Integers
    flows: ChainFlows
    records: Integers

    @property
    def indexes(self) -> Integers:
        """Those of all records, in order."""
        return distinct(numpy.append(self.lots // LOT_SLOTS, self.records))


class Loaded(NamedTuple):
    """A chain without names. `burdens`: by lot, where they were asked for; `quantities` of lots, decimal strings."""

    arrays: Arrays
    flows: ChainFlows
    quantities: list[str]
    burdens: Floats


class ChainFigures(NamedTuple):
    """Of lots, by number, as of a revision; `burdens` where they were asked for."""

    numbers: Integers
    shares: Floats
    burdens: Floats


class LotVersion(NamedTuple):
    """What revisions made of a lot."""

    quantity: str
    facility: str | None
    process: str | None


async def pinned(pool: DatabasePool, moment: Moment) -> Moment:
    """The same moment, with the size and revision of today in place of now."""
    if not moment.is_now:
        return moment
    row = await pool.fetchrow(queries("chain")["moment"])
    return moment if row is None else Moment(row["size"], row["version"])


async def load_arrays(pool: DatabasePool, question: ChainRequest, *, burdens: bool = False) -> Loaded:
    """The chain that a question asks for, as of its pinned moment. Raises as `reach` does."""
    reached = await reach(pool, question)
    lots, version = reached.lots, question.moment.version
    figures, quantities, versions = await asyncio.gather(
        read_figures(pool, lots, version, burdens=burdens),
        pool.fetchval(queries("chain")["quantities"], list_of(lots.tolist())),
        read_lot_versions(pool, lots, version),
    )
    return await in_thread(assembled, reached, figures, words(quantities, len(lots)), versions)


def assembled(
    reached: Reached, figures: ChainFigures, quantities: list[str], versions: Mapping[int, LotVersion]
) -> Loaded:
    """The chain as arrays, from the parts that were read. `quantities`: of lots as created."""
    lots, flows = reached.lots, reached.flows
    for number, one in versions.items():
        quantities[int(numpy.searchsorted(lots, number))] = one.quantity
    wholes = numpy.array(quantities, numpy.float64)[numpy.searchsorted(lots, flows.lots)]
    parts = numpy.array(flows.quantities, numpy.float64) / wholes
    arrays = compiled(figures.numbers, figures.shares, flows.records, flows.lots, parts, reached.records)
    if not numpy.array_equal(arrays.numbers, lots):
        raise LookupError("a lot of the chain has no figures")
    return Loaded(arrays, flows, quantities, figures.burdens)


async def reach(pool: DatabasePool, question: ChainRequest) -> Reached:
    """Which lots and flows a chain has.

    Upstream it holds the lots that lie behind the targets and the records that made them; downstream those that the
    targets went into, with all records that took from them. Raises InvalidInput for more lots or records than
    `question.most`.
    """
    found = await _reached(pool, question)
    _check_size(question, max(len(found.lots), len(found.indexes)))
    return found


async def _reached(pool: DatabasePool, question: ChainRequest) -> Reached:
    whole, found = await _scope(pool, question)
    _check_size(question, len(found))
    if question.direction == "downstream":
        reached = await _downstream(pool, question, found)
    elif whole:
        reached = await _upstream(pool, question, found)
    else:
        reached = await _upstream_within(pool, question, found)
    if question.moment.version or (whole and question.depth is not None):
        return await in_thread(_shortened, reached, question)
    return reached


async def _scope(pool: DatabasePool, question: ChainRequest) -> tuple[bool, Integers]:
    """False, and the lots within the depth, asked for step by step; or true, and what `_whole` finds at once, where
    there is no depth or there are many steps. Either is what there was in any version: more than the chain, never
    less."""
    if question.depth is None:
        return True, await _whole(pool, question)
    lots = new = _distinct(question.targets)
    for step in range(question.depth):
        if step == _FEW_STEPS:
            whole = await _whole(pool, question)
            if len(whole) <= question.most:
                return True, whole
        new = numpy.setdiff1d(await _step(pool, question, new), lots)
        if not len(new):
            break
        lots = distinct(numpy.append(lots, new))
        _check_size(question, len(lots))
    return False, lots


async def _whole(pool: DatabasePool, question: ChainRequest) -> Integers:
    """All records upstream of the targets, or all lots that they went into, themselves included: as many as may be, and
    one more where there are too many."""
    sql, (size, version), targets = queries("chain"), question.moment, _distinct(question.targets).tolist()
    if question.direction == "upstream":
        data = await pool.fetchval(sql["upstream"], targets, version, question.most + 1)
    else:
        data = await pool.fetchval(sql["downstream"], targets, version, size, question.most + 1)
    return numpy.sort(integers(data)[0])


async def _step(pool: DatabasePool, question: ChainRequest, lots: Integers) -> Integers:
    """The lots one record away from lots."""
    sql, (size, version) = queries("chain"), question.moment
    if question.direction == "upstream":
        makers = list_of(distinct(lots // LOT_SLOTS).tolist())
        data = await pool.fetchval(sql["taken"], makers, version)
    else:
        data = await pool.fetchval(sql["made"], list_of(lots.tolist()), version, size)
    return integers(data)[0]


async def _upstream(pool: DatabasePool, question: ChainRequest, records: Integers) -> Reached:
    flows = await _flows(pool, question, "flows_into", list_of(records.tolist()))
    return Reached(distinct(numpy.append(_distinct(question.targets), flows.lots)), flows, _NO_RECORDS)


async def _upstream_within(pool: DatabasePool, question: ChainRequest, lots: Integers) -> Reached:
    """The makers of the farthest lots are in the chain, what they take from beyond it is not."""
    flows = await _flows(pool, question, "flows_into", list_of(distinct(lots // LOT_SLOTS).tolist()))
    return Reached(lots, flows.at(numpy.flatnonzero(numpy.isin(flows.lots, lots))), _NO_RECORDS)


async def _downstream(pool: DatabasePool, question: ChainRequest, lots: Integers) -> Reached:
    flows = await _flows(pool, question, "flows_from", list_of(lots.tolist()), question.moment.size)
    return Reached(lots, flows, flows.records)


async def _flows(pool: DatabasePool, question: ChainRequest, query: str, of: str, *more: object) -> ChainFlows:
    """The flows of a query as they read then: a record that was changed has those of its newest change."""
    version, most = question.moment.version, question.most * _FLOWS_PER_LOT
    row = await pool.fetchrow(queries("chain")[query], of, version, most + 1, *more)
    if row is None:
        raise LookupError("an aggregate has one row")
    _check_size(question, row["count"], most)
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


def _shortened(found: Reached, question: ChainRequest) -> Reached:
    """Without what lies too far away, or is reached only by flows that revisions took away."""
    flows = found.flows.at(numpy.flatnonzero(numpy.isin(found.flows.lots, found.lots)))
    ones = numpy.ones(len(found.lots))
    arrays = compiled(found.lots, ones, flows.records, flows.lots, numpy.ones(len(flows.lots)), flows.records)
    targets = numpy.searchsorted(arrays.numbers, _distinct(question.targets))
    go = upstream_steps if question.direction == "upstream" else downstream_steps
    records, steps = go(arrays, targets, numpy.zeros(len(arrays.records), numpy.bool_))
    near = steps >= 0
    if question.depth is not None:
        near &= steps <= question.depth
    kept = arrays.numbers[near]
    flows = flows.at(numpy.flatnonzero(near[arrays.inputs] & (records[arrays.takers] >= 0)))
    return Reached(kept, flows, flows.records if len(found.records) else _NO_RECORDS)


async def read_figures(pool: DatabasePool, lots: Integers, version: int, *, burdens: bool) -> ChainFigures:
    """Shares and burdens of lots, those of the newest revision that counts."""
    columns = [("lot", None), ("version", None), ("share", 0), *([("burdens", len(BURDENS))] if burdens else [])]
    async with pool.acquire() as connection:
        found = await fetch_columns(
            connection, queries("chain")["figures" if burdens else "shares"], (list_of(lots.tolist()), version), columns
        )
    order = numpy.lexsort((found["version"], found["lot"]))
    last = numpy.append(numpy.diff(found["lot"][order]) != 0, len(order) > 0)
    chosen = order[last[: len(order)]]
    return ChainFigures(
        found["lot"][chosen], found["share"][chosen], found["burdens"][chosen] if burdens else numpy.zeros((0, 0))
    )


async def read_lot_versions(pool: DatabasePool, lots: Integers, version: int) -> Mapping[int, LotVersion]:
    """What revisions up to a version made of lots, by number; lots that none changed are absent."""
    if not version:
        return {}
    rows = await pool.fetch(queries("chain")["lot_versions"], list_of(lots.tolist()), version)
    return {row["number"]: LotVersion(row["quantity"], row["facility"], row["process"]) for row in rows}


def _check_size(question: ChainRequest, count: int, most: int | None = None) -> None:
    if count > (question.most if most is None else most):
        raise InvalidInput(
            f"more than {question.most} lots or records lie {question.direction}", code="chain-too-large",
            field="lot", rule="ask for fewer steps, or for lots nearer to the end of the chain",
        )


def _distinct(numbers: Sequence[int]) -> Integers:
    return distinct(numpy.array(numbers, numpy.int64))

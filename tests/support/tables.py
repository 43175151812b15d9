"""Contribution tables of a ledger in memory, and what every table has to be: rows that add up to the stored figure."""

import math
from collections.abc import Iterable

from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import BURDENS, Assessment
from ledger.core.outcome.leaves import read
from ledger.engine.record_outcome import part_of
from ledger.footprint.derived.chain.arrays import Arrays, compiled_from
from ledger.footprint.derived.contributions import Upstream
from ledger.footprint.derived.tables.contents import Entered, content_parts, content_weights
from ledger.footprint.derived.tables.grouping import GroupingFacts, Site
from ledger.footprint.derived.tables.rows import FOOTPRINT, ContributionRow
from ledger.footprint.derived.tables.table import Table
from ledger.footprint.stored.burdens import SLOT, footprint
from support.memory import MemoryLedger
from support.upstream import upstream_of

APART = frozenset({"electricityKwh", "energyMj", "renewableEnergyMj", "omittedAbs", "unestimated"})
"""Burdens that are no part of absGhg."""
ALL = (FOOTPRINT, *BURDENS)


def known_of(memory: MemoryLedger) -> GroupingFacts:
    """What records name, of a ledger in memory."""
    state = memory.state
    first = {lot.index: lot for lot in reversed(state.lots.values())}
    return GroupingFacts(
        {pool.id: pool.facility for pool in state.pools.values()},
        {one.id: Site(one.country, one.subdivision) for one in state.facilities.values()},
        {index: state.products[lot.product].sector for index, lot in first.items()},
    )


def figure_of(burdens: Iterable[float], burden: str) -> float:
    vector = list(burdens)
    return footprint(vector) if burden == FOOTPRINT else vector[SLOT[burden]]


def table_of(
    memory: MemoryLedger, lot: str, by: str, burden: str = FOOTPRINT, limit: int = 1_000_000,
    chain: Arrays | None = None,
) -> list[ContributionRow]:
    table = Table(by, burden, known_of(memory))
    for one in upstream_of(memory, lot, chain):
        table.add(one)
    return table.rows(figure_of(memory.figures[lot].burdens, burden), limit)


def whole_chain_of(memory: MemoryLedger) -> Arrays:
    """All records as they read now, with what flows into those that carry no burden on: content does go on."""
    lots, flows = [], []
    for index, prepared in memory.history.prepared.items():
        shares = prepared.work.shares or [0.0] * len(prepared.plan.created)
        lots += [(index * LOT_SLOTS + i, share) for i, share in enumerate(shares)]
        if prepared.plan.created:
            for taken in prepared.plan.taken:
                lot = memory.state.lots[taken.lot.id]
                flows.append((index, lot.number, part_of(taken.quantity, lot.quantity)))
    return compiled_from(lots, flows)


def content_table_of(
    memory: MemoryLedger, lot: str, by: str, content: str, limit: int = 1_000_000, chain: Arrays | None = None
) -> list[ContributionRow]:
    """What each record brought of a content, as the outcomes have it."""
    arrays = chain or whole_chain_of(memory)
    entered = {}
    for index in arrays.records.tolist():
        leaf = memory.assessment(index)
        declared, arisen = (read(leaf.declared), read(leaf.arisen)) if leaf else ({}, {})
        entered[index] = Entered(declared.get(content, 0.0), arisen.get(content, 0.0))
    held = {one.number: memory.contents(name).get(content, 0.0) for name, one in memory.state.lots.items()}
    table = Table(by, content, known_of(memory))
    for index, weight in content_weights(arrays, memory.state.lots[lot].number, entered, held).items():
        prepared = memory.history.prepared[index]
        one = Upstream(index, prepared.submission.digest.hex(), prepared.submission.record, Assessment(), weight)
        table.add_parts(one, content_parts(weight, entered[index]))
    return table.rows(memory.contents(lot).get(content, 0.0), limit)


def check_rows(rows: list[ContributionRow], figure: float, absolute: float) -> None:
    """They add up to the figure to 1e-12 of it, each is the sum of its parts, and the rest is no more than rounding:
    1e-9 of `absolute`."""
    assert abs(math.fsum([row.amount for row in rows]) - figure) <= 1e-12 * abs(figure)
    for row in rows:
        assert row.positive >= 0.0 >= row.negative
        assert abs(row.positive + row.negative - row.amount) <= 1e-12 * (row.positive - row.negative)
        assert (row.percent is None) == (figure == 0.0)
        if row.percent is not None:
            assert abs(row.percent * figure / 100 - row.amount) <= 1e-12 * abs(row.amount)
        assert bool(row.heaviest) == bool(row.records) == (row.part in ("group", "assigned", "averaged"))
    rest = [row.amount for row in rows if row.part == "rest"]
    assert len(rest) <= 1
    assert abs(math.fsum(rest)) <= 1e-9 * absolute
    shown = [row for row in rows if row.part not in ("more", "rest")]
    gross = [row.positive - row.negative for row in shown]
    assert (gross, len({(row.part, row.key) for row in shown})) == (sorted(gross, reverse=True), len(shown))


def scale_of(burdens: Iterable[float], burden: str) -> float:
    """What a rest is compared with."""
    vector = list(burdens)
    return abs(vector[SLOT[burden]]) if burden in APART else 3.0 * vector[SLOT["absGhg"]]

"""Chains made by hand, at random, and of what a ledger in memory holds."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

import networkx
import numpy
from hypothesis import strategies as st

from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import BURDENS
from ledger.core.outcome.leaves import read
from ledger.engine.record_outcome import part_of
from ledger.footprint.derived.chain.arrays import Arrays, Floats, compiled
from ledger.footprint.derived.chain.columns import LotColumns, Records
from ledger.footprint.derived.chain.cutting import StageParts
from ledger.footprint.stored.burdens import SLOT
from ledger.footprint.stored.contents import ContentsOut
from support.memory import MemoryLedger


class Made(NamedTuple):
    """A lot by its id, the log index of its record and its place there; `quantity` in kg, `co2` kg of fossil CO2e."""

    id: str
    record: int
    position: int = 0
    share: float = 1.0
    quantity: str = "1"
    co2: float = 0.0
    pool: str | None = None
    process: str | None = None

    @property
    def number(self) -> int:
        return self.record * LOT_SLOTS + self.position


class Took(NamedTuple):
    """What a record took of a lot, kg."""

    record: int
    lot: str
    quantity: str


def parts_of(
    lots: Sequence[Made], flows: Sequence[Took] = (), types: Mapping[int, str] | None = None,
    times: Mapping[int, str] | None = None,
) -> StageParts:
    """A chain of lots and flows in log order. Digests are `r1`, `r2`, ... by log index; `types` of records that are no
    transformations."""
    known = {one.id: one for one in lots}
    shares = [float(flow.quantity) / float(known[flow.lot].quantity) for flow in flows]
    arrays = compiled(
        [one.number for one in lots], [one.share for one in lots], [flow.record for flow in flows],
        [known[flow.lot].number for flow in flows], shares, [flow.record for flow in flows],
    )
    burdens = numpy.zeros((len(lots), len(BURDENS)))
    burdens[:, SLOT["fossilGhgEmissions"]] = [one.co2 for one in lots]
    none = [None] * len(lots)
    columns = LotColumns(
        ids=[one.id for one in lots], products=["steel"] * len(lots), holders=["mill"] * len(lots),
        roles=["product"] * len(lots), quantities=[one.quantity for one in lots], units=["KGM"] * len(lots),
        items=none, pools=[one.pool for one in lots], facilities=none, processes=[one.process for one in lots],
        burdens=burdens,
    )
    indexes = arrays.records.tolist()
    records = Records(
        [f"r{index}" for index in indexes], [(types or {}).get(index, "transformation") for index in indexes],
        ["mill"] * len(indexes), times or {},
    )
    return StageParts(arrays, columns, records, [Decimal(flow.quantity) for flow in flows])


@st.composite
def arrays_at_random(draw: st.DrawFn) -> Arrays:
    """Up to a dozen records, some without lots, some that take from a lot twice, some from none; shares and parts of
    quarters."""
    quarters = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
    lots: list[tuple[int, float]] = []
    flows: list[tuple[int, int, float]] = []
    index = -1
    for _ in range(draw(st.integers(1, 12))):
        index += draw(st.integers(1, 3))
        if lots:
            taken = draw(st.lists(st.sampled_from([number for number, _ in lots]), max_size=4))
            flows += [(index, number, draw(quarters)) for number in taken]
        lots += [(index * LOT_SLOTS + i, draw(quarters)) for i in range(draw(st.integers(0 if lots else 1, 3)))]
    return compiled(
        [number for number, _ in lots], [share for _, share in lots], [record for record, _, _ in flows],
        [lot for _, lot, _ in flows], [part for _, _, part in flows], [record for record, _, _ in flows],
    )


def graph_of(arrays: Arrays) -> "networkx.DiGraph[tuple[str, int]]":
    """The same as an ordinary graph: nodes ("record", position) and ("lot", position), edges with the matter."""
    graph: networkx.DiGraph[tuple[str, int]] = networkx.DiGraph()
    graph.add_nodes_from([("record", i) for i in range(len(arrays.records))])
    for i in range(len(arrays.records)):
        for lot in range(arrays.made[i], arrays.made[i + 1]):
            graph.add_edge(("record", i), ("lot", lot))
        for lot in arrays.inputs[arrays.taken[i] : arrays.taken[i + 1]].tolist():
            graph.add_edge(("lot", lot), ("record", i))
    return graph


def direct_of(memory: MemoryLedger, arrays: Arrays) -> Floats:
    """The direct burdens of the records of a chain."""
    return numpy.array([memory.history.prepared[index].work.direct for index in arrays.records.tolist()])


def extra_of(memory: MemoryLedger, arrays: Arrays) -> Floats:
    """What lots hold beside their share: burden(o) = share * (total - sum assigned) + assigned(o), and what averaging a
    pool moved."""
    extra = numpy.zeros((len(arrays.numbers), len(BURDENS)))
    for lot, number in enumerate(arrays.numbers.tolist()):
        work = memory.history.prepared[number // LOT_SLOTS].work
        for one in work.assigned:
            amount, slot = float(one.amount), SLOT[one.burden]
            extra[lot, slot] += (amount if one.output == number % LOT_SLOTS else 0.0) - arrays.shares[lot] * amount
        if work.adjustment is not None and number % LOT_SLOTS == 0:
            extra[lot] += work.adjustment.burdens
    return extra


def outcomes_of(memory: MemoryLedger) -> dict[int, ContentsOut]:
    """The content balances of all records that have one, as they read now."""
    made: dict[int, list[str]] = {}
    for name, lot in memory.state.lots.items():
        made.setdefault(lot.index, []).append(name)
    found = {}
    for index in memory.history.prepared:
        leaf = memory.assessment(index)
        if leaf is not None:
            found[index] = ContentsOut(
                read(leaf.declared), read(leaf.arisen), read(leaf.lost),
                tuple([memory.contents(name) for name in made.get(index, ())]),
            )
    return found


def whole_chain(memory: MemoryLedger) -> Arrays:
    """All records that make or take something as they read now, with all their flows."""
    lots, flows, records = [], [], []
    for index, prepared in memory.history.prepared.items():
        shares = prepared.work.shares or [0.0] * len(prepared.plan.created)
        lots += [(index * LOT_SLOTS + i, share) for i, share in enumerate(shares)]
        for taken in prepared.plan.taken:
            lot = memory.state.lots[taken.lot.id]
            flows.append((index, lot.number, part_of(taken.quantity, lot.quantity)))
        if prepared.plan.taken:
            records.append(index)
    return compiled(
        [number for number, _ in lots], [share for _, share in lots], [record for record, _, _ in flows],
        [lot for _, lot, _ in flows], [part for _, _, part in flows], records,
    )

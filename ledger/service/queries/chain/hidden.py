"""Reads the boundary of the visible part of a chain: the lots that hidden records made."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

import numpy

from ledger.access.policy import Level, record_level
from ledger.access.rights import Rights
from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import QUESTIONED
from ledger.core.record.units import plain
from ledger.footprint.derived.chain.arrays import Arrays, Flags
from ledger.footprint.derived.chain.boundary import (
    ITSELF,
    BoundaryLot,
    HiddenAmounts,
    HiddenParts,
    ReceivedLot,
    TakenWeights,
    merged,
)
from ledger.footprint.derived.chain.delivered_findings import Delivered
from ledger.footprint.derived.contributions import Weights
from ledger.footprint.stored.burdens import SLOT, footprint
from ledger.host.threads import in_thread
from ledger.service.access.facts import made_facts
from ledger.service.access.walk import Visible
from ledger.service.queries.chain.delivered import HiddenLots, read_delivered
from ledger.service.queries.chain.load import ChainFlows, Loaded, read_figures
from ledger.service.queries.tree_size import AsOf
from ledger.store.database import DatabasePool
from ledger.store.sql import queries


class HiddenChain(NamedTuple):
    """The hidden parts of a chain: its boundary `lots`, and the weights with which visible records take from them.
    `findings`: of hidden records, behind lots that the caller received or asked for."""

    visible: Visible
    lots: tuple[BoundaryLot, ...]
    weights: TakenWeights
    findings: Delivered = MappingProxyType({})

    def amounts(self, amounts: Mapping[int, float], weights: TakenWeights | None = None, *, named: bool = False
                ) -> HiddenAmounts:
        """The amounts of the boundary in a figure, from the amounts of whole lots by number."""
        return merged(self.lots, self.weights if weights is None else weights, amounts, named=named)

    def of_footprint(self) -> HiddenAmounts:
        """The same of the footprint."""
        return self.amounts({lot.number: lot.footprint for lot in self.lots})

    def of_burden(self, burden: str) -> HiddenAmounts:
        """The same of one burden."""
        return self.amounts({lot.number: lot.burdens[SLOT[burden]] for lot in self.lots})

    def suppliers(self) -> list[str]:
        """The suppliers of the lots that the caller has not received, if it may know all of them. No names for one lot
        alone: its amount would be one supplier's figure."""
        lots = [lot for lot in self.lots if lot.received is None]
        return sorted({lot.supplier for lot in lots}) if len(lots) > 1 and all(lot.named for lot in lots) else []

    def maker_itself(self) -> str | None:
        """The maker of the lot that the figure is of, if its record is hidden: the caller may see its figure."""
        return next((lot.supplier for lot in self.lots if ITSELF in self.weights.get(lot.number, {})), None)

    def answer(self, amounts: HiddenAmounts, questions: TakenWeights | None) -> HiddenParts:
        """The hidden parts of an answer. `questions`: the weights of the lots in the amount in question."""
        questioned = {lot.number: lot.questioned for lot in self.lots}
        asked = self.amounts(questioned, questions).shown if questions is not None else 0.0
        return HiddenParts(amount=amounts.shown, received=amounts.from_received, questioned=asked)


def visible_weights(carried: Weights, visible: Visible) -> Weights:
    """The weights of visible records and of their lots."""
    return Weights(
        {index: weight for index, weight in carried.records.items() if index in visible.records},
        {lot: weight for lot, weight in carried.lots.items() if lot // LOT_SLOTS in visible.records},
    )


def taken_weights(
    arrays: Arrays, visible: Visible, records: Mapping[int, float], wanted: Mapping[int, float]
) -> TakenWeights:
    """The weights of boundary lots in a figure. `records`: the weights of records, by log index; `wanted`: the weights
    of lots in the figure itself, by number."""
    weights: dict[int, dict[int, float]] = {}
    chosen = numpy.flatnonzero(_boundary(arrays, visible)[arrays.inputs])
    takers = arrays.records[arrays.takers[chosen]].tolist()
    lots, parts = arrays.numbers[arrays.inputs[chosen]].tolist(), arrays.parts[chosen].tolist()
    for taker, lot, part in zip(takers, lots, parts, strict=True):
        of_lot = weights.setdefault(lot, {})
        of_lot[taker] = of_lot.get(taker, 0.0) + records.get(taker, 0.0) * part
    for lot, weight in wanted.items():
        if visible.is_boundary(lot):
            weights.setdefault(lot, {})[ITSELF] = weight
    return weights


async def read_hidden(
    pool: DatabasePool, rights: Rights, loaded: Loaded, visible: Visible, weights: TakenWeights, as_of: AsOf
) -> HiddenChain:
    """The hidden parts of a loaded chain. `weights`: of the boundary lots in the figure, see `taken_weights`."""
    arrays = loaded.arrays
    numbers = arrays.numbers[_boundary(arrays, visible)]
    if not len(numbers):
        return HiddenChain(visible, (), weights)
    wanted = numbers.tolist()
    figures = await read_figures(pool, numbers, as_of.version, burdens=True)
    rows = await pool.fetch(queries("sight")["boundary"], wanted, as_of.version)
    burdens = dict(zip(figures.numbers.tolist(), [tuple(row) for row in figures.burdens.tolist()], strict=True))
    taken = await in_thread(_taken, loaded.flows, frozenset(wanted))
    sellers = await _named_takers(pool, rights, weights)
    received = [row["number"] for row in rows if {row["holder"], row["owner"]} & rights.own]
    asked = {*received, *[number for number in wanted if ITSELF in weights.get(number, {})]}
    findings = (await read_delivered(
        pool, HiddenLots({number // LOT_SLOTS for number in asked}, numbers=asked), as_of)).by_lot
    own, lots = frozenset(received), []
    for row in rows:
        number = row["number"]
        vector = burdens[number]
        shown = None
        if number in own:
            quantity = row["quantity"] if ITSELF in weights.get(number, {}) else plain(taken.get(number, Decimal(0)))
            shown = ReceivedLot(
                lot=row["id"], supplier=row["issuer"], product=row["product"], quantity=plain(Decimal(quantity)),
                unit=row["unit"], footprint=footprint(vector), questioned=vector[SLOT[QUESTIONED]],
                findings=sorted({one.code for one in findings.get(number, ())}))
        named = number in own or not sellers.isdisjoint(weights.get(number, {}))
        lots.append(BoundaryLot(number, row["issuer"], vector, shown, named))
    return HiddenChain(visible, tuple(lots), weights, findings)


async def _named_takers(pool: DatabasePool, rights: Rights, weights: TakenWeights) -> frozenset[int]:
    """The records among those that take boundary lots whose issuers have granted the names of their suppliers."""
    takers = {taker for of_lot in weights.values() for taker in of_lot if taker != ITSELF}
    if not takers or not rights.grants:
        return frozenset()
    facts = await made_facts(pool, takers)
    return frozenset([each.log_index for each in facts if record_level(rights, each) >= Level.SUPPLIERS])


def _taken(flows: ChainFlows, lots: frozenset[int]) -> dict[int, Decimal]:
    taken: dict[int, Decimal] = {}
    for lot, quantity in zip(flows.lots.tolist(), flows.quantities, strict=True):
        if lot in lots:
            taken[lot] = taken.get(lot, Decimal(0)) + Decimal(quantity)
    return taken


def _boundary(arrays: Arrays, visible: Visible) -> Flags:
    """Whether each lot of the arrays was made by a hidden record."""
    seen = numpy.fromiter(visible.records, numpy.int64, len(visible.records))
    flags: Flags = ~numpy.isin(arrays.numbers // LOT_SLOTS, seen)
    return flags

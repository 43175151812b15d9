"""The weights of the transformations among which a closing divides its totals."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from ledger.admission.closings.spreading import ClosingSpread, FinalLot, covered, made
from ledger.admission.facts import Facts, LotFacts
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Closing, Transformation
from ledger.core.record.units import UNITS, convert
from ledger.core.record.values import UNBURDENED, Flow
from ledger.engine.revision.history import FinalRecord, History

_NONE: Final = Decimal(0)


def weighed(record: Transformation, lots: Sequence[LotFacts]) -> ClosingSpread:
    """A transformation with the kg of its products. `lots`: that it makes, in the order of its outputs."""
    return ClosingSpread(record, made([(lot.role, lot.mass) for lot in lots]))


def with_final_products(
    provisional: Mapping[int, ClosingSpread], period: Iterable[int], history: History
) -> dict[int, ClosingSpread]:
    """The transformations with their final products: the part of each product that the transformations of the `period`
    do not take."""
    taken: dict[str, Decimal] = {}
    for index in period:
        for part in history.prepared[index].plan.taken:
            taken[part.lot.id] = CONTEXT.add(taken.get(part.lot.id, _NONE), part.quantity)
    return {
        index: _with_products(spread, [created.facts for created in history.prepared[index].plan.created], taken)
        for index, spread in provisional.items()
    }


def final_spreads(closing: Closing, history: History, others: Collection[int]) -> list[ClosingSpread]:
    """The transformations of the period beside `others`, which wait for the closing, in log order. Their final products
    are the parts that no other final record takes."""
    records = dict(history.final)
    for index, prepared in history.prepared.items():
        record = prepared.submission.record
        if isinstance(record, Transformation):
            records[index] = FinalRecord(record, tuple([created.facts for created in prepared.plan.created]))
    final = [records[index] for index in sorted(records)
             if index not in others and covered(closing, records[index].record)]
    lots = {lot.id: lot for record in final for lot in record.lots}
    taken: dict[str, Decimal] = {}
    for flow in [flow for record in final for flow in record.record.inputs if flow.lot in lots]:
        amount = convert(flow.quantity.amount, flow.quantity.unit, lots[flow.lot].unit, "inputs")
        taken[flow.lot] = CONTEXT.add(taken.get(flow.lot, _NONE), amount)
    return [
        _with_products(weighed(record.record, record.lots), record.lots, taken)._replace(
            reworked=_reworked(record.record, history.state)) for record in final
    ]


def _with_products(
    spread: ClosingSpread, created: Iterable[LotFacts], taken: Mapping[str, Decimal]
) -> ClosingSpread:
    """`created`: the lots of the transformation, in the order of its outputs."""
    mass = value = _NONE
    currencies, lots = set[str](), list[FinalLot]()
    for lot, output in zip(created, spread.record.outputs, strict=True):
        part = CONTEXT.divide(CONTEXT.subtract(lot.quantity, taken.get(lot.id, _NONE)), lot.quantity)
        if lot.role in UNBURDENED or part <= 0:
            continue
        kilograms, worth = CONTEXT.multiply(part, lot.mass or _NONE), None
        mass = CONTEXT.add(mass, kilograms)
        if output.value is not None:
            worth = CONTEXT.multiply(part, Decimal(output.value.value))
            value = CONTEXT.add(value, worth)
            currencies.add(output.value.currency)
        if kilograms:
            lots.append(FinalLot(lot.id, lot.product, kilograms, worth))
    return spread._replace(final=mass, value=value, currencies=frozenset(currencies), lots=tuple(lots))


def _reworked(record: Transformation, facts: Facts) -> Decimal:
    """Kg of the inputs that the same facility made or blended."""
    total = _NONE
    for flow in record.inputs:
        lot, pool = facts.lots.get(flow.lot), facts.pool_named(flow.lot, record.issuer)
        if lot is None:
            at = None if pool is None else pool.facility
        else:
            blend = facts.pools.get(lot.pool or "")
            at = lot.maker[0] if lot.maker is not None else None if blend is None else blend.facility
        if at == record.facility:
            total = CONTEXT.add(total, _mass_of(flow, lot))
    return total


def _mass_of(flow: Flow, lot: LotFacts | None) -> Decimal:
    """Kg of an input, zero if its lot has no mass. Of a pool, only an amount in a unit of mass is known."""
    unit = UNITS[flow.quantity.unit]
    if unit.dimension == "mass":
        return CONTEXT.multiply(flow.quantity.amount, unit.scale)
    if lot is None or lot.mass is None:
        return _NONE
    amount = convert(flow.quantity.amount, flow.quantity.unit, lot.unit, "inputs")
    return CONTEXT.divide(CONTEXT.multiply(amount, lot.mass), lot.quantity)

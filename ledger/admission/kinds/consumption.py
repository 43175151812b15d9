"""Consumptions: lots leave the ledger; waste and cores may result."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import Final

from msgspec.structs import replace

from ledger.admission.checks.attributes import check_retired
from ledger.admission.checks.cores import check_cores, core_refused
from ledger.admission.checks.credits import check_claim
from ledger.admission.checks.custody import check_leaving
from ledger.admission.checks.goods import GOODS, SOLD, sold_subjects
from ledger.admission.checks.matter import check_mass
from ledger.admission.checks.times import check_time
from ledger.admission.checks.write_offs import WRITE_OFFS, check_documented, written_off
from ledger.admission.facts import Facts, LotFacts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Check, Plan, create, flow_checks, output_checks, take
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Consumption
from ledger.errors import Refused

_NOTHING: Final = Decimal(0)


class ConsumptionKind(Kind[Consumption]):
    def names(self, record: Consumption, names: Names) -> None:
        names.lots.update([flow.lot for flow in record.inputs])
        names.add_outputs(record.outputs)
        if record.on_behalf_of:
            names.organizations.add(record.on_behalf_of)
        if record.facility:
            names.facilities.add(record.facility)
        if record.claim and record.claim.lot:
            names.lots.add(record.claim.lot)
        if record.purpose in WRITE_OFFS:
            names.sold.update([(record.issuer, flow.lot) for flow in record.inputs])

    def mentions(self, record: Consumption) -> Iterable[str]:
        claimed = record.claim.lot if record.claim else None
        return [*[flow.lot for flow in record.inputs], *[output.product for output in record.outputs],
                *[name for name in (record.on_behalf_of, record.facility, claimed) if name]]

    def flows(self, record: Consumption) -> Sequence[str]:
        return [flow.lot for flow in record.inputs]

    def plan(self, record: Consumption, facts: Facts, terms: Terms) -> Plan:
        return _plan(record, facts, terms.before)

    def parts(self, record: Consumption, facts: Facts) -> Iterator[Check]:
        yield partial(check_time, record.time, "time")
        yield from flow_checks(facts, record.issuer, record.inputs)
        yield from output_checks(facts, record.issuer, record.outputs)

    def entered_lot(self, record: Consumption, digest: bytes, lot: LotFacts) -> LotFacts:
        # A core names the consumption that ended its life.
        return replace(lot, previous_life=digest.hex()) if lot.role == "core" else lot

    def check(self, record: Consumption, keyid: bytes, state: State) -> None:
        check_documented(record, state)

    def before(self, record: Consumption, state: State) -> Before:
        return Before(goods=written_off(record, state))

    def apply(self, record: Consumption, digest: bytes, state: State) -> None:
        for subject, kilograms in _sold(record, state).items():
            state.group_goods[subject] = CONTEXT.add(state.group_goods.get(subject, _NOTHING), kilograms)

    def rows(self, record: Consumption, index: int, state: State, before: Before) -> Iterator[Row]:
        for subject in _sold(record, state):
            yield "group_goods", (*subject, state.group_goods[subject], index)
        for subject, kilograms in before.goods.items():
            yield "group_goods", (*subject, kilograms, index)
        if record.claim is not None:
            yield "claim", (index, record.claim.lot)

    def overdrawn(self, record: Consumption, role: str) -> tuple[str, str] | None:
        if record.purpose != "claim" or role != "credit":
            return None
        return "the claim exceeds the remaining credit, ", "each tonne is claimed once: at most the remaining quantity"


def _sold(record: Consumption, state: State) -> dict[tuple[str, str], Decimal]:
    """Kg of goods that the record sells outside, by the organisation and the subject whose totals they raise."""
    if record.purpose not in SOLD:
        return {}
    groups, sold = state.groups(record.issuer, record.time), dict[tuple[str, str], Decimal]()
    for part in take(state, record.issuer, record.inputs):
        product = state.product_of(part.lot)
        if part.mass and part.lot.role in GOODS and product is not None:
            for key in itertools.product(groups, sold_subjects(product)):
                sold[key] = CONTEXT.add(sold.get(key, _NOTHING), part.mass)
    return sold


def _plan(record: Consumption, facts: Facts, before: int | None) -> Plan:
    check_time(record.time, "time")
    taken = take(facts, record.issuer, record.inputs, before)
    lots = [part.lot for part in taken]
    check_leaving(record, lots)
    check_claim(record, lots, facts)
    check_retired(record, lots, facts)
    if record.on_behalf_of is not None and record.on_behalf_of not in facts.organizations:
        raise Refused(
            f"onBehalfOf: {record.on_behalf_of!r} is not enrolled", code="unknown-organization", field="onBehalfOf",
            value=record.on_behalf_of, rule="an organisation that is enrolled",
        )
    created = create(facts, record.issuer, record.outputs, lots)
    for i, (lot, output) in enumerate(created):
        if lot.role not in ("waste", "core"):
            raise Refused(
                f"outputs[{i}].role: {lot.role} is not allowed", code="role", field=f"outputs[{i}].role",
                value=lot.role, rule="one of: waste, core",
            )
        if output is not None and output.previous_life is not None:
            raise core_refused(f"outputs[{i}].previousLife", "leave it out: the consumed lot is the previous life")
        if lot.role == "core" and len(taken) != 1:
            raise core_refused(f"outputs[{i}]", "a core comes from a single consumed lot")
        if lot.role == "core" and lot.item != taken[0].lot.item:
            raise core_refused(f"outputs[{i}].item",
                               f"a core keeps the item of the consumed lot: {taken[0].lot.item}")
    check_cores(taken, created)
    planned = Plan(taken, created)
    check_mass(planned, Decimal(0))
    return planned

"""Transformations: a process at a facility turns inputs and supplies into new lots."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from msgspec.structs import replace

from ledger.admission.checks.allocation import check_allocation
from ledger.admission.checks.attributes import check_made, check_used
from ledger.admission.checks.cores import check_cores, check_parts, core_refused
from ledger.admission.checks.credits import RECYCLING, check_recycled
from ledger.admission.checks.disclosing import handed_on
from ledger.admission.checks.matter import check_elements, check_kept, check_mass
from ledger.admission.checks.times import check_period
from ledger.admission.checks.write_offs import first_taken
from ledger.admission.facts import Facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import (
    Check,
    Created,
    Plan,
    Taken,
    check_operated,
    create,
    flow_checks,
    output_checks,
    supply,
    supply_checks,
    take,
)
from ledger.admission.names import Names, referenced
from ledger.admission.state import State
from ledger.core.record.kinds import Transformation
from ledger.errors import Refused


class TransformationKind(Kind[Transformation]):
    def names(self, record: Transformation, names: Names) -> None:
        names.facilities.add(record.facility)
        names.lots.update([flow.lot for flow in record.inputs])
        names.sold.update([(record.issuer, flow.lot) for flow in record.inputs])
        names.sold.update([(output.owner, output.lot) for output in record.outputs if output.owner])
        names.add_outputs(record.outputs)
        names.add_supplies(record.issuer, record.supplies)
        names.add_supplies(record.issuer, record.overheads)

    def mentions(self, record: Transformation) -> Iterable[str]:
        return [record.facility, *[flow.lot for flow in record.inputs], *[output.product for output in record.outputs],
                *referenced(record.supplies), *referenced(record.overheads)]

    def flows(self, record: Transformation) -> Sequence[str]:
        return [flow.lot for flow in record.inputs]

    def plan(self, record: Transformation, facts: Facts, terms: Terms) -> Plan:
        return _plan(record, facts, terms)

    def parts(self, record: Transformation, facts: Facts) -> Iterator[Check]:
        yield partial(check_operated, facts, record.issuer, record.facility)
        yield partial(check_period, record.start, record.end)
        yield partial(check_allocation, record)
        yield from flow_checks(facts, record.issuer, record.inputs)
        yield from supply_checks(facts, record.issuer, record.supplies)
        yield from output_checks(facts, record.issuer, record.outputs)

    def check(self, record: Transformation, keyid: bytes, state: State) -> None:
        sector = record.process.partition(".")[0]
        if state.activations.versions().sector(sector) is None:
            raise Refused(f"process: no plugin {sector!r} is active", code="unknown-sector", field="process",
                          value=record.process, rule="an active plugin for the sector, the part before the dot")
        if record.overheads:
            raise Refused("overheads: only a closing gives a record its share of overheads", code="overheads-form",
                          field="overheads", value=len(record.overheads),
                          rule="absent; state them as `overheads` of a closing with `spreadOverheads`")
        self.check_open(record, state)

    def check_open(self, record: Transformation, state: State) -> None:
        for closing, period in state.closed.get(record.facility, {}).items():
            if period.holds(record.start, record.end, (record.process,)):
                raise Refused(
                    f"start: {record.facility} is closed from {period.start} to {period.end} (closing {closing})",
                    code="period-closed", field="start", value=record.start,
                    rule="a closed period takes no record until a reopening",
                )

    def before(self, record: Transformation, state: State) -> Before:
        return Before(goods={**first_taken(record, state), **handed_on(record, state)})

    def rows(self, record: Transformation, index: int, state: State, before: Before) -> Iterator[Row]:
        for (group, subject), kilograms in before.goods.items():
            yield "group_goods", (group, subject, kilograms, index)
        if record.basis == "provisional":
            yield "provisional", (index, record.facility, record.process, record.start, record.end)


def _plan(record: Transformation, facts: Facts, terms: Terms) -> Plan:
    check_operated(facts, record.issuer, record.facility)
    check_period(record.start, record.end)
    check_allocation(record)
    taken = take(facts, record.issuer, record.inputs, terms.before)
    _check_credits_in(record, taken)
    lots = [part.lot for part in taken]
    check_used(record, lots, facts)
    created = create(facts, record.issuer, record.outputs, lots, maker=(record.facility, record.process))
    issuer = record.issuer if terms.before is None else None
    planned = Plan(taken, created, supply(facts, record.supplies, issuer=issuer),
                   supply(facts, record.overheads, "overheads", issuer=issuer))
    cores = [part for part in taken if part.lot.role == "core"]
    for i, (lot, output) in enumerate(created):
        if lot.role == "core" and not cores:
            raise core_refused(f"outputs[{i}]", "a core comes from a core, from a consumption, or from a declaration")
        if output is not None and output.previous_life is not None:
            raise core_refused(f"outputs[{i}].previousLife", "only a declared core has a previous life in the record")
    check_cores(cores, created, parts=True)
    check_parts(cores, created, facts)
    check_mass(planned, terms.tolerance)
    if terms.element_tolerance is not None:
        check_elements(planned, facts, terms.element_tolerance)
    check_recycled([(lot, mass) for lot, _, mass in taken], [lot for lot, _ in created])
    check_made(record, [lot for lot, _ in created])
    check_kept(record.issuer, planned, terms.tolerance)
    lives = {lot.item: lot.previous_life for lot in lots if lot.role == "core" and lot.item}
    return planned._replace(created=tuple([_with_life(output, lives) for output in created])) if lives else planned


def _with_life(created: Created, lives: Mapping[str, str | None]) -> Created:
    """A lot made from a core, with the same item, keeps the previous life of the core."""
    life = lives.get(created.facts.item or "")
    return created if life is None else created._replace(facts=replace(created.facts, previous_life=life))


def _check_credits_in(record: Transformation, taken: Sequence[Taken]) -> None:
    """Credits of a mass balance can be inputs until they expire; only claims use up recycling credits."""
    for i, (lot, _, _) in enumerate(taken):
        if lot.role != "credit":
            continue
        if lot.credit is not None and (lot.credit.startswith(RECYCLING) or record.end > (lot.expires or record.end)):
            raise Refused(
                f"inputs[{i}].lot: {lot.id!r} stands for {lot.credit}, valid until {lot.expires}", code="credit-form",
                field=f"inputs[{i}].lot", value=lot.id,
                rule="credits of a mass balance, in a record that ends within their balance period",
            )
        if lot.credit is not None and lot.maker is not None and lot.maker[0] != record.facility:
            raise Refused(
                f"facility: {lot.id!r} was booked at {lot.maker[0]}", code="credit-form", field="facility",
                value=record.facility, rule="the facility of the pool that gave the credits",
            )

"""Transfers: the holder hands a quantity of a lot to another organisation, as a new lot."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from ledger.admission.checks.attributes import check_handed_over
from ledger.admission.checks.credits import RECYCLING
from ledger.admission.checks.custody import new_owner, sender_of
from ledger.admission.checks.times import check_time
from ledger.admission.facts import Facts, LotFacts, transfer_facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Check, Created, Plan, Taken, check_new_lot, supply, supply_checks, take_one
from ledger.admission.names import Names, referenced
from ledger.admission.standing import accepting
from ledger.admission.state import State
from ledger.core.record.kinds import Transfer
from ledger.core.record.units import unit
from ledger.core.record.values import Flow
from ledger.errors import Refused


class TransferKind(Kind[Transfer]):
    def names(self, record: Transfer, names: Names) -> None:
        names.organizations.add(record.to)
        names.relations.add((record.to, record.issuer, record.lot))
        names.lots.add(record.lot)
        if record.purpose in ("custody", "storage"):
            # A process that takes the goods reads the totals of their owner, as far back as the batch goes.
            names.sold.add((record.issuer, record.lot))
        names.new_lots.add(record.new_lot)
        names.add_supplies(record.issuer, record.transport)
        names.add_supplies(record.issuer, record.packaging)

    def mentions(self, record: Transfer) -> Iterable[str]:
        return [record.lot, record.to, *referenced([*record.transport, *record.packaging])]

    def flows(self, record: Transfer) -> Sequence[str]:
        return [record.lot]

    def enters(self, record: Transfer, digest: bytes) -> str:
        return digest.hex()

    def plan(self, record: Transfer, facts: Facts, terms: Terms) -> Plan:
        return _plan(record, facts, terms.before)

    def parts(self, record: Transfer, facts: Facts) -> Iterator[Check]:
        yield partial(check_time, record.time, "time")
        yield partial(unit, record.quantity.unit, "quantity.unit")
        yield partial(take_one, facts, record.issuer, _flow(record))
        yield partial(_check_receiver, record, facts)
        yield partial(check_new_lot, facts, record.issuer, record.new_lot, "newLot")
        yield from supply_checks(facts, record.issuer, record.transport, "transport")
        yield from supply_checks(facts, record.issuer, record.packaging, "packaging")

    def apply(self, record: Transfer, digest: bytes, state: State) -> None:
        state.transfers[digest.hex()] = transfer_facts(record, state.size)
        rule = accepting(record, state.lots.get(record.new_lot), state)
        if rule is not None:
            state.accepted.add(digest.hex())
            state.presumed[digest.hex()] = rule.tolerance

    def rows(self, record: Transfer, index: int, state: State, before: Before) -> Iterator[Row]:
        yield "transfer", (index, record.to, record.new_lot)
        rule = accepting(record, state.lots.get(record.new_lot), state)
        if rule is not None:
            yield "arrival", (index, rule.index)

    def new_lot_field(self, record: Transfer, place: int) -> str:
        return "newLot"

    def item_field(self, record: Transfer, place: int) -> str:
        # A transferred lot keeps its item, so the fault is that a part of the lot stays with the sender.
        return "quantity"

    def taken_field(self, record: Transfer, plan: Plan, place: int, name: str) -> str:
        return name

    def overdrawn(self, record: Transfer, role: str) -> tuple[str, str] | None:
        if record.purpose != "return":
            return None
        return "the return exceeds the received quantity, ", "a return is at most the rest of the received quantity"


def _plan(record: Transfer, facts: Facts, before: int | None) -> Plan:
    """A quantity of a lot becomes a new lot that the receiver holds."""
    check_time(record.time, "time")
    taken = take_one(facts, record.issuer, _flow(record), before=before)
    _check_receiver(record, facts)
    check_new_lot(facts, record.issuer, record.new_lot, "newLot")
    _check_credit(record, taken.lot)
    new = handed_over(taken, record.new_lot, record.to, new_owner(record, taken.lot), record.issuer)
    issuer = record.issuer if before is None else None
    supplies = supply(facts, record.transport, "transport", issuer=issuer) + supply(
        facts, record.packaging, "packaging", issuer=issuer)
    return Plan((taken,), (Created(new, None),), supplies)


def _flow(record: Transfer) -> Flow:
    return Flow(lot=record.lot, quantity=record.quantity)


def _check_receiver(record: Transfer, facts: Facts) -> None:
    if record.to == record.issuer or record.to not in facts.organizations:
        raise Refused(
            f"to: {record.to!r} is not another organisation on the ledger", code="unknown-organization", field="to",
            value=record.to, rule="another organisation that is enrolled",
        )


def _check_credit(record: Transfer, lot: LotFacts) -> None:
    """A credit has no mass, so no freight whose burden it would carry. A mass balance credit stays with its pool."""
    if lot.role == "attribute":
        check_handed_over(record, lot)
    if lot.role != "credit" or lot.credit is None:
        return
    if not lot.credit.startswith(RECYCLING):
        raise Refused(
            f"lot: {lot.id!r} stands for {lot.credit}", code="credit-form", field="lot", value=lot.id,
            rule="only the holder of the pool uses up credits of a mass balance",
        )
    for field, supplies in (("transport", record.transport), ("packaging", record.packaging)):
        if supplies:
            raise Refused(
                f"{field}: {lot.id!r} is a credit", code="credit-form", field=field, value=supplies[0].material,
                rule="credits have no mass and no burden, so no transport and no packaging",
            )


def handed_over(taken: Taken, name: str, holder: str, owner: str, sender: str) -> LotFacts:
    """The taken quantity of a lot, as the lot `name` of another holder."""
    lot = taken.lot
    return LotFacts(
        id=name, number=0, product=lot.product, holder=holder, role=lot.role, quantity=taken.quantity, unit=lot.unit,
        mass=taken.mass, origin=lot.origin, item=lot.item, composition=lot.composition, maker=lot.maker,
        previous_life=lot.previous_life, owner=None if owner == holder else owner,
        sender=sender_of(sender, lot, holder, owner), credit=lot.credit, expires=lot.expires,
        place=lot.place, carried=lot.carried,
    )

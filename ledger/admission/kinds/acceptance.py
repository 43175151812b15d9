"""Acceptances: the receiver of a transfer accepts all or part of it, or disputes it."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from ledger.admission.checks.custody import owner_before, shortage_of
from ledger.admission.facts import Facts, LotFacts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.kinds.transfer import handed_over
from ledger.admission.lots import Created, Plan, Taken, check_new_lot, part_of_mass
from ledger.admission.names import Names
from ledger.admission.standing import claimable
from ledger.admission.state import State
from ledger.core.record.kinds import Acceptance
from ledger.errors import Refused


class AcceptanceKind(Kind[Acceptance]):
    def names(self, record: Acceptance, names: Names) -> None:
        names.transfers.add(record.transfer)
        if record.return_lot:
            names.new_lots.add(record.return_lot)

    def mentions(self, record: Acceptance) -> Iterable[str]:
        return (record.transfer,)

    def plan(self, record: Acceptance, facts: Facts, terms: Terms) -> Plan:
        return _plan(record, facts)

    def check(self, record: Acceptance, keyid: bytes, state: State) -> None:
        _check_open_transfer(record, state)

    def before(self, record: Acceptance, state: State) -> Before:
        return Before(settles=state.transfers[record.transfer].new_lot in state.frozen)

    def apply(self, record: Acceptance, digest: bytes, state: State) -> None:
        lot = state.transfers[record.transfer].new_lot
        state.presumed.pop(record.transfer, None)
        if record.disputed:
            state.frozen.add(lot)
            state.accepted.discard(record.transfer)
        else:
            state.frozen.discard(lot)
            state.accepted.add(record.transfer)

    def rows(self, record: Acceptance, index: int, state: State, before: Before) -> Iterator[Row]:
        transfer = state.transfers[record.transfer]
        if record.disputed or before.settles:
            yield "dispute", (state.lots[transfer.new_lot].number, index, record.disputed)
        if not record.disputed:
            yield "acceptance", (transfer.index, index)

    def new_lot_field(self, record: Acceptance, place: int) -> str:
        return "returnLot"

    def taken_field(self, record: Acceptance, plan: Plan, place: int, name: str) -> str:
        return "received"

    def overdrawn(self, record: Acceptance, role: str) -> tuple[str, str] | None:
        return "the shortage exceeds the remaining quantity, ", "a used quantity has arrived: at most the rest is short"


def _plan(record: Acceptance, facts: Facts) -> Plan:
    """The shortage of a delivery: the receiver's loss, or a lot that goes back to the sender."""
    transfer = facts.transfers.get(record.transfer)
    lot = facts.lots.get(transfer.new_lot) if transfer is not None else None
    if transfer is None or transfer.to != record.issuer or lot is None or lot.id in facts.withdrawn:
        raise Refused(
            f"transfer: {record.transfer!r} is not a transfer to {record.issuer}", code="unknown-transfer",
            field="transfer", value=record.transfer, rule="the digest of a transfer to the issuer",
        )
    if record.disputed and record.reason is None:
        raise Refused("reason: missing in a dispute", code="acceptance-form", field="reason",
                      rule="a disputed acceptance states its `reason`")
    lost, back = shortage_of(record, transfer, lot)
    short = lost or back
    if not short:
        return Plan()
    taken = Taken(lot, short, part_of_mass(lot, short))
    if not back or record.return_lot is None:
        return Plan((taken,))
    check_new_lot(facts, record.issuer, record.return_lot, "returnLot")
    if lot.item is not None:
        raise Refused(
            f"received: a part of the item {lot.item!r} would go back", code="item-taken", field="received",
            value=record.received, rule="an item is in one lot: a shortage within the tolerance is lost, otherwise "
                                        "dispute the delivery",
        )
    new = handed_over(taken, record.return_lot, transfer.issuer, owner_before(transfer, lot), record.issuer)
    return Plan((taken,), (Created(new, None),))


def _check_open_transfer(record: Acceptance, state: State) -> None:
    """A transfer is accepted once, and disputed only before the receiver uses the lot."""
    lot = state.lots[state.transfers[record.transfer].new_lot]
    tolerance = state.presumed.get(record.transfer)
    if tolerance is not None and not record.disputed:
        _check_presumed(record, lot, tolerance, state)
    elif tolerance is None and record.transfer in state.accepted:
        raise Refused("transfer: already accepted", code="accepted", field="transfer", value=record.transfer,
                      rule="a transfer is accepted once")
    if record.disputed and (lot.id in state.frozen or state.remaining[lot.id] != lot.quantity):
        raise Refused(
            f"disputed: {lot.id!r} is already disputed, or was used", code="used", field="disputed", value=lot.id,
            rule="a delivery can be disputed once, before its first use, which accepts it",
        )


def _check_presumed(record: Acceptance, lot: LotFacts, tolerance: Decimal, state: State) -> None:
    """A standing acceptance has accepted the transfer: a larger shortage can be claimed until the first use."""
    if state.remaining[lot.id] != lot.quantity:
        raise Refused(
            f"transfer: a standing acceptance accepted it on arrival, and {lot.id!r} has been used since",
            code="accepted", field="transfer", value=record.transfer,
            rule="a shortage beyond the standing acceptance is claimed before the first use of the lot",
        )
    if not claimable(record, lot, tolerance):
        raise Refused(
            "received: a standing acceptance accepted the delivery on arrival", code="accepted", field="received",
            value=record.received,
            rule=f"a shortage of more than {tolerance:f} of the quantity, or a dispute; a smaller one is a consumption "
                 "with purpose loss or stockCorrection",
        )

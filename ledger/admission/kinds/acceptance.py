"""Acceptances: the receiver of a transfer accepts it, whole or short, or disputes it."""

from collections.abc import Iterable, Iterator

from ledger.admission.checks.custody import owner_before, shortage_of
from ledger.admission.facts import Facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.kinds.transfer import handed_over
from ledger.admission.lots import Created, Plan, Taken, check_new_lot, part_of_mass
from ledger.admission.names import Names
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
        if record.disputed:
            state.frozen.add(lot)
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
        return "short by more than is there, ", "what was used has arrived: at most what is left is short"


def _plan(record: Acceptance, facts: Facts) -> Plan:
    """What was short of a delivery: lost with the receiver, or back with the sender as a lot."""
    transfer = facts.transfers.get(record.transfer)
    lot = facts.lots.get(transfer.new_lot) if transfer is not None else None
    if transfer is None or transfer.to != record.issuer or lot is None or lot.id in facts.withdrawn:
        raise Refused(
            f"transfer: {record.transfer!r} is no transfer to {record.issuer}", code="unknown-transfer",
            field="transfer", value=record.transfer, rule="the digest of a transfer to the issuer",
        )
    if record.disputed and record.reason is None:
        raise Refused("a dispute without a reason", code="acceptance-form", field="reason",
                      rule="`disputed` says why, in `reason`")
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
            f"received: a part of {lot.item!r} would go back", code="item-taken", field="received",
            value=record.received, rule="an item is in one lot: what is short of it is lost within the tolerance, or "
                                        "all of it is disputed",
        )
    new = handed_over(taken, record.return_lot, transfer.issuer, owner_before(transfer, lot), record.issuer)
    return Plan((taken,), (Created(new, None),))


def _check_open_transfer(record: Acceptance, state: State) -> None:
    """A transfer is accepted once, and disputed before anything is taken of what came."""
    lot = state.lots[state.transfers[record.transfer].new_lot]
    if record.transfer in state.accepted:
        raise Refused("transfer: accepted already", code="accepted", field="transfer", value=record.transfer,
                      rule="a transfer is accepted once")
    if record.disputed and (lot.id in state.frozen or state.remaining[lot.id] != lot.quantity):
        raise Refused(
            f"disputed: {lot.id!r} is disputed already, or was used", code="used", field="disputed", value=lot.id,
            rule="a delivery is disputed once, and before anything is taken of it: first use accepts it",
        )

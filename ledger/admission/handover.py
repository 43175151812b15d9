"""What a transfer and its acceptance do to lots."""

from ledger.admission.attributes import check_handed_over
from ledger.admission.credits import RECYCLING
from ledger.admission.custody import new_owner, owner_before, sender_of, shortage_of
from ledger.admission.facts import Facts, LotFacts
from ledger.admission.lots import Created, Plan, Taken, check_new_lot, part_of_mass, supply, take_one
from ledger.admission.times import check_time
from ledger.core.records import Acceptance, Transfer
from ledger.core.values import Flow
from ledger.errors import Refused


def transfer_plan(record: Transfer, facts: Facts, before: int | None = None) -> Plan:
    """A part of a lot becomes a lot that the receiver holds."""
    check_time(record.time, "time")
    taken = take_one(facts, record.issuer, Flow(lot=record.lot, quantity=record.quantity), before=before)
    if record.to == record.issuer or record.to not in facts.organizations:
        raise Refused(
            f"to: {record.to!r} is no other organisation on the ledger", code="unknown-organization", field="to",
            value=record.to, rule="another organisation that is enrolled",
        )
    check_new_lot(facts, record.issuer, record.new_lot, "newLot")
    _check_credit(record, taken.lot)
    new = _handed_over(taken, record.new_lot, record.to, new_owner(record, taken.lot), record.issuer)
    supplies = supply(facts, record.transport, "transport") + supply(facts, record.packaging, "packaging")
    return Plan((taken,), (Created(new, None),), supplies)


def acceptance_plan(record: Acceptance, facts: Facts) -> Plan:
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
    new = _handed_over(taken, record.return_lot, transfer.issuer, owner_before(transfer, lot), record.issuer)
    return Plan((taken,), (Created(new, None),))


def _check_credit(record: Transfer, lot: LotFacts) -> None:
    """A credit is no thing: it has no freight, whose burden it would carry. One of a mass balance is the pool's."""
    if lot.role == "attribute":
        check_handed_over(record, lot)
    if lot.role != "credit" or lot.credit is None:
        return
    if not lot.credit.startswith(RECYCLING):
        raise Refused(
            f"lot: {lot.id!r} stands for {lot.credit}", code="credit-form", field="lot", value=lot.id,
            rule="credits of a mass balance are used up by the holder of the pool that gave them",
        )
    for field, found in (("transport", record.transport), ("packaging", record.packaging)):
        if found:
            raise Refused(
                f"{field}: {lot.id!r} is a credit", code="credit-form", field=field, value=found[0].material,
                rule="credits have no mass and carry no burden: nothing transports or packs them",
            )


def _handed_over(taken: Taken, name: str, holder: str, owner: str, sender: str) -> LotFacts:
    lot = taken.lot
    return LotFacts(
        id=name, number=0, product=lot.product, holder=holder, role=lot.role, quantity=taken.quantity, unit=lot.unit,
        mass=taken.mass, origin=lot.origin, item=lot.item, composition=lot.composition, maker=lot.maker,
        previous_life=lot.previous_life, owner=None if owner == holder else owner,
        sender=sender_of(sender, lot, holder, owner), credit=lot.credit, expires=lot.expires,
    )

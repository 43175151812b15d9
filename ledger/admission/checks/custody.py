"""Custody and ownership: the holder of a lot may process it, its owner may sell it; shortages on arrival."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.admission.facts import Facts, LotFacts, TransferFacts
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Acceptance, Consumption, Transfer
from ledger.core.record.units import check_pieces, convert
from ledger.core.record.values import Output
from ledger.errors import Refused

OWNERS_ONLY: Final = frozenset({"soldOutside", "finalUse", "exported", "retired", "claim"})
"""Purposes for which only the owner may take a lot. For the others (loss, correction, disposal, use) the holder may."""

_NONE: Final = Decimal(0)


def owner_of(facts: Facts, issuer: str, output: Output, carried: Sequence[LotFacts], field: str) -> str:
    """The owner of an output. If inputs belong to others, every output names its owner: an owner of an input, or the
    issuer for waste."""
    owners = {lot.owned_by for lot in carried}
    if owners <= {issuer}:
        if output.owner not in (None, issuer):
            raise _wrong_owner(field, output, "the issuer, since no input belongs to another organisation")
        return issuer
    if output.owner is None:
        raise Refused(
            f"{field}.owner is missing", code="missing-owner", field=f"{field}.owner",
            rule="if inputs belong to others, every output names its owner: one of " + " ".join(sorted(owners)),
        )
    if output.owner not in owners and not (output.owner == issuer and output.role == "waste"):
        raise _wrong_owner(field, output, "an owner of an input; for waste, also the issuer")
    return output.owner


def _wrong_owner(field: str, output: Output, rule: str) -> Refused:
    return Refused(f"{field}.owner: {output.owner!r} cannot be the owner", code="wrong-owner", field=f"{field}.owner",
                   value=output.owner, rule=rule)


def check_leaving(record: Consumption, taken: Sequence[LotFacts]) -> None:
    """Refuses a sale, export or claim of lots that belong to others."""
    for i, lot in enumerate(taken):
        if record.purpose in OWNERS_ONLY and lot.owned_by != record.issuer:
            raise _not_owner(f"inputs[{i}].lot", lot, record.purpose)


def new_owner(record: Transfer, lot: LotFacts) -> str:
    """The owner of a lot after a transfer. Raises Refused if the issuer may not hand it over for this purpose."""
    if record.purpose == "return":
        if record.to not in (lot.sender, lot.owned_by):
            raise Refused(
                f"to: {lot.id!r} neither came from {record.to!r} nor belongs to it", code="wrong-return",
                field="to", value=record.to,
                rule="a return goes to the sender of the lot, or to its owner; lots that were made or blended since "
                     "have no sender",
            )
        return record.to if lot.owned_by == record.issuer else lot.owned_by
    if record.purpose == "sale":
        if lot.owned_by != record.issuer:
            raise _not_owner("lot", lot, "sale")
        return record.to
    return lot.owned_by


def sender_of(issuer: str, taken: LotFacts, holder: str, owner: str) -> str | None:
    """The organisation to which `holder` may return a lot that `issuer` hands over. None if the lot comes back to its
    owner: otherwise a return would make a mere holder its owner."""
    return None if taken.owned_by == owner == holder else issuer


def owner_before(transfer: TransferFacts, lot: LotFacts) -> str:
    """The owner of a transfer's lot before the transfer, who still owns the part that did not arrive."""
    return transfer.issuer if lot.owned_by == transfer.to and lot.sender is not None else lot.owned_by


def _not_owner(field: str, lot: LotFacts, purpose: str) -> Refused:
    return Refused(
        f"{field}: {lot.id!r} belongs to {lot.owned_by}", code="not-owner", field=field, value=lot.id,
        rule=f"only the owner may do this ({purpose}); the holder may pass a lot on or back (custody, storage, return)",
    )


class Shortage(NamedTuple):
    """The missing quantity of a transferred lot, in the lot's unit: `lost` in transit, or `back` with the sender."""

    lost: Decimal
    back: Decimal


def shortage_of(record: Acceptance, transfer: TransferFacts, lot: LotFacts) -> Shortage:
    """Within the transfer's tolerance the shortage is the receiver's loss; beyond it, all of the shortage goes back."""
    if record.received is None:
        _check_return_lot(record, needed=False)
        return Shortage(_NONE, _NONE)
    if record.disputed:
        raise Refused("received: a disputed delivery has no received quantity", code="acceptance-form",
                      field="received", value=record.received, rule="either `disputed` or `received`")
    received = convert(record.received.amount, record.received.unit, lot.unit, "received")
    check_pieces(received, lot.unit, "received")
    if received > lot.quantity:
        raise Refused(
            f"received: {received:f} {lot.unit}, but only {lot.quantity:f} were sent", code="over-received",
            field="received", value=record.received, rule="at most the quantity sent",
        )
    short = lot.quantity - received
    back = short > CONTEXT.multiply(lot.quantity, transfer.tolerance)
    _check_return_lot(record, needed=back)
    return Shortage(_NONE, short) if back else Shortage(short, _NONE)


def _check_return_lot(record: Acceptance, *, needed: bool) -> None:
    if needed != (record.return_lot is not None):
        raise Refused(
            "returnLot is missing: the shortage is beyond the transfer's tolerance, so it goes back as a lot; give it "
            "an id under a prefix of your own" if needed else "returnLot without a shortage beyond the tolerance",
            code="return-lot", field="returnLot", value=record.return_lot,
            rule="only a shortage beyond the transfer's tolerance goes back, as a lot",
        )

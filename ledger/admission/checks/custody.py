"""Custody and ownership: who holds a lot may work on it, who owns it may sell it; shortages on arrival."""

from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Final, NamedTuple

from ledger.admission.facts import Facts, LotFacts, TransferFacts
from ledger.core.record.kinds import Acceptance, Consumption, Transfer
from ledger.core.record.units import check_pieces, convert
from ledger.core.record.values import Output
from ledger.errors import Refused

OWNERS_ONLY: Final = frozenset({"soldOutside", "finalUse", "exported", "retired", "claim"})
"""Purposes by which a lot leaves its owner; what is lost, corrected, disposed of or used up leaves its holder."""

_CONTEXT: Final = Context(prec=34)
_NONE: Final = Decimal(0)


def owner_of(facts: Facts, issuer: str, output: Output, carried: Sequence[LotFacts], field: str) -> str:
    """To whom an output belongs. Where lots of others are worked on, every output says so itself: it belongs to an
    owner of an input, or to the issuer, whose own lots or waste it is then."""
    owners = {lot.owned_by for lot in carried}
    if owners <= {issuer}:
        if output.owner not in (None, issuer):
            raise _wrong_owner(field, output, "the issuer: nothing of another's went in")
        return issuer
    if output.owner is None:
        raise Refused(
            f"{field}.owner is missing", code="missing-owner", field=f"{field}.owner",
            rule="where lots of others go in, every output names its owner: one of " + " ".join(sorted(owners)),
        )
    if output.owner not in owners and not (output.owner == issuer and output.role == "waste"):
        raise _wrong_owner(field, output, "an owner of an input; the issuer where an input is its own")
    return output.owner


def _wrong_owner(field: str, output: Output, rule: str) -> Refused:
    return Refused(f"{field}.owner: {output.owner!r}", code="wrong-owner", field=f"{field}.owner", value=output.owner,
                   rule=rule)


def check_leaving(record: Consumption, taken: Sequence[LotFacts]) -> None:
    """Refuses a sale, export or claim of what belongs to another."""
    for i, lot in enumerate(taken):
        if record.purpose in OWNERS_ONLY and lot.owned_by != record.issuer:
            raise _not_owner(f"inputs[{i}].lot", lot, record.purpose)


def new_owner(record: Transfer, lot: LotFacts) -> str:
    """To whom a lot belongs after a transfer. Raises Refused where the issuer may not hand it over so."""
    if record.purpose == "return":
        if record.to not in (lot.sender, lot.owned_by):
            raise Refused(
                f"to: {lot.id!r} did not come from {record.to!r} and does not belong to it", code="wrong-return",
                field="to", value=record.to,
                rule="a return goes to the one who handed the lot over, or to its owner; what was made or blended "
                     "since was handed over by nobody",
            )
        return record.to if lot.owned_by == record.issuer else lot.owned_by
    if record.purpose == "sale":
        if lot.owned_by != record.issuer:
            raise _not_owner("lot", lot, "sale")
        return record.to
    return lot.owned_by


def sender_of(issuer: str, taken: LotFacts, holder: str, owner: str) -> str | None:
    """Who may get a lot back that `issuer` hands to `holder`; nobody where it only comes home to its owner: by a
    return of that, whoever had held it would own it."""
    return None if taken.owned_by == owner == holder else issuer


def owner_before(transfer: TransferFacts, lot: LotFacts) -> str:
    """Whose the lot of a transfer was before it: what did not arrive is theirs still."""
    return transfer.issuer if lot.owned_by == transfer.to and lot.sender is not None else lot.owned_by


def _not_owner(field: str, lot: LotFacts, purpose: str) -> Refused:
    return Refused(
        f"{field}: {lot.id!r} belongs to {lot.owned_by}", code="not-owner", field=field, value=lot.id,
        rule=f"only the owner lets a lot go ({purpose}); its holder may hand it on or back (custody, storage, return)",
    )


class Shortage(NamedTuple):
    """What of a transferred lot did not arrive, in the lot's unit: `lost` on the way, `back` with the sender."""

    lost: Decimal
    back: Decimal


def shortage_of(record: Acceptance, transfer: TransferFacts, lot: LotFacts) -> Shortage:
    """Within the transfer's tolerance the difference is the receiver's loss, beyond it goes back whole."""
    if record.received is None:
        _check_return_lot(record, needed=False)
        return Shortage(_NONE, _NONE)
    if record.disputed:
        raise Refused("received: a disputed delivery is not received", code="acceptance-form", field="received",
                      value=record.received, rule="either `disputed` or `received`")
    received = convert(record.received.amount, record.received.unit, lot.unit, "received")
    check_pieces(received, lot.unit, "received")
    if received > lot.quantity:
        raise Refused(
            f"received: {received:f} {lot.unit} of {lot.quantity:f} that were sent", code="over-received",
            field="received", value=record.received, rule="at most what was sent",
        )
    short = lot.quantity - received
    back = short > _CONTEXT.multiply(lot.quantity, transfer.tolerance)
    _check_return_lot(record, needed=back)
    return Shortage(_NONE, short) if back else Shortage(short, _NONE)


def _check_return_lot(record: Acceptance, *, needed: bool) -> None:
    if needed != (record.return_lot is not None):
        raise Refused(
            "returnLot is missing" if needed else "returnLot without a shortage beyond the tolerance",
            code="return-lot", field="returnLot", value=record.return_lot,
            rule="what is short beyond the transfer's tolerance goes back as a lot, and only that",
        )

"""What the log's order decides of lots: free names, balances, disputes, items."""

from typing import Any

from ledger.admission.kind import Kind
from ledger.admission.lots import Plan
from ledger.admission.state import State
from ledger.core.record.kinds import Acceptance, AnyRecord
from ledger.errors import Refused


def check_free(kind: Kind[Any], record: AnyRecord, plan: Plan, state: State) -> None:
    """Raises Refused where a new lot has the name of another, or of a pool's."""
    for i, (lot, _) in enumerate(plan.created):
        stem, _, number = lot.id.rpartition(":")
        if lot.pool is None and number.isdecimal() and (stem in state.pools or stem in state.pool_ids):
            field = kind.new_lot_field(record, i)
            raise Refused(f"{field}: {lot.id!r} is the name of a lot of the pool {stem!r}", code="pool-lot-id",
                          field=field, value=lot.id, rule="a pool's id, a colon and a number name its own lots")
        if lot.id in state.lots or lot.id in state.used or lot.id in state.pools:
            field = kind.new_lot_field(record, i)
            raise Refused(f"{field}: {lot.id!r} is on the ledger already", code="lot-taken", field=field,
                          value=lot.id, rule="a lot identifier is used once")


def check_balances(kind: Kind[Any], record: AnyRecord, plan: Plan, state: State) -> None:
    """Raises Refused where a lot is in dispute, or more is taken of it than it has left."""
    for i, taken in enumerate(plan.taken):
        left = state.remaining[taken.lot.id]
        if taken.lot.id in state.frozen and not isinstance(record, Acceptance):
            raise Refused(
                f"{taken.lot.id!r} is in dispute", code="disputed", field=kind.taken_field(record, plan, i, "lot"),
                value=taken.lot.id, rule="a disputed lot is frozen until it is settled or its transfer withdrawn",
            )
        if taken.quantity > left:
            field = kind.taken_field(record, plan, i, "quantity")
            what, rule = _overdrawn(kind, record, taken.lot.role)
            raise Refused(
                f"{field}: {what}{taken.quantity:f} {taken.lot.unit} of {taken.lot.id!r}, which has {left:f} left",
                code="over-consumption", field=field, value=f"{taken.quantity:f} {taken.lot.unit}",
                rule=f"{rule}: {left:f} {taken.lot.unit}",
            )


def _overdrawn(kind: Kind[Any], record: AnyRecord, role: str) -> tuple[str, str]:
    """What is wrong where more is taken of a lot than it has left, and the rule that says how much may be taken."""
    found = kind.overdrawn(record, role)
    if found is not None:
        return found
    if role == "attribute":
        return "an attribute used after it was used or sold, ", "power is green once: at most what is left of it"
    return "", "at most what is left of the lot"


def check_items(kind: Kind[Any], record: AnyRecord, plan: Plan, state: State) -> None:
    """Raises Refused where an item would be in two lots that have a balance."""
    used_up = {taken.lot.id for taken in plan.taken if taken.quantity == state.remaining[taken.lot.id]}
    for i, (lot, _) in enumerate(plan.created):
        if lot.item is None:
            continue
        carriers = {taken.lot.id for taken in plan.taken if taken.lot.item == lot.item}
        holding = (state.holding.get(lot.item, set()) | carriers) - used_up
        if holding:
            field = kind.item_field(record, i)
            raise Refused(
                f"{field}: {lot.item!r} is in another lot that has a balance", code="item-taken", field=field,
                value=lot.item, rule="at most one lot of an item has a balance",
            )

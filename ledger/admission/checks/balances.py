"""Rules that the log's order decides: free names; balances, disputes and items of lots."""

from typing import Any

from ledger.admission.kind import Kind
from ledger.admission.lots import Plan
from ledger.admission.state import State
from ledger.core.record.kinds import Acceptance, AnyRecord
from ledger.errors import Refused


def check_unused_name(name: str, entered: object, kind: str) -> None:
    """Raises Refused if the identifier is already on the ledger."""
    if isinstance(entered, dict) and name in entered:
        raise Refused(f"id: {kind} {name!r} is already on the ledger", code=f"{kind}-taken", field="id", value=name,
                      rule="a new identifier")


def check_free(kind: Kind[Any], record: AnyRecord, plan: Plan, state: State) -> None:
    """Raises Refused if a new lot has the name of another lot, of a pool, or of a pool's lots."""
    has_pools = state.pools or state.pool_ids
    for i, (lot, _) in enumerate(plan.created):
        stem, _, number = lot.id.rpartition(":") if has_pools else ("", "", "")
        if lot.pool is None and number.isdecimal() and (stem in state.pools or stem in state.pool_ids):
            field = kind.new_lot_field(record, i)
            raise Refused(f"{field}: {lot.id!r} is a name for a lot of the pool {stem!r}", code="pool-lot-id",
                          field=field, value=lot.id, rule="only a pool's own lots are named ID:NUMBER")
        if lot.id in state.lots or lot.id in state.used or lot.id in state.pools:
            field = kind.new_lot_field(record, i)
            raise Refused(f"{field}: {lot.id!r} is already on the ledger", code="lot-taken", field=field,
                          value=lot.id, rule="a new identifier for each lot")


def check_balances(kind: Kind[Any], record: AnyRecord, plan: Plan, state: State) -> None:
    """Raises Refused if a lot is in dispute, or if the record takes more than remains of it."""
    for i, taken in enumerate(plan.taken):
        remaining = state.remaining[taken.lot.id]
        if taken.lot.id in state.frozen and not isinstance(record, Acceptance):
            raise Refused(
                f"{taken.lot.id!r} is in dispute", code="disputed", field=kind.taken_field(record, plan, i, "lot"),
                value=taken.lot.id,
                rule="a disputed lot is frozen until the dispute is settled or its transfer withdrawn",
            )
        if taken.quantity > remaining:
            field = kind.taken_field(record, plan, i, "quantity")
            fault, rule = _overdrawn(kind, record, taken.lot.role)
            quantity = f"{taken.quantity:f} {taken.lot.unit}"
            raise Refused(
                f"{field}: {fault}{quantity} of {taken.lot.id!r}, which has {remaining:f} left",
                code="over-consumption", field=field, value=quantity,
                rule=f"{rule}: {remaining:f} {taken.lot.unit}",
            )


def _overdrawn(kind: Kind[Any], record: AnyRecord, role: str) -> tuple[str, str]:
    """The fault if a record takes more than remains of a lot, and the rule for the largest quantity."""
    special = kind.overdrawn(record, role)
    if special is not None:
        return special
    if role == "attribute":
        return "the use exceeds the remaining attribute, ", "power is green once: at most the remaining quantity"
    return "", "at most the remaining quantity of the lot"


def check_items(kind: Kind[Any], record: AnyRecord, plan: Plan, state: State) -> None:
    """Raises Refused if an item would be in two lots that have a balance."""
    used_up = {taken.lot.id for taken in plan.taken if taken.quantity == state.remaining[taken.lot.id]}
    for i, (lot, _) in enumerate(plan.created):
        if lot.item is None:
            continue
        carriers = {taken.lot.id for taken in plan.taken if taken.lot.item == lot.item}
        holding = (state.holding.get(lot.item, set()) | carriers) - used_up
        if holding:
            field = kind.item_field(record, i)
            raise Refused(
                f"{field}: {lot.item!r} is already in another lot that has a balance", code="item-taken", field=field,
                value=lot.item, rule="at most one lot of an item has a balance",
            )

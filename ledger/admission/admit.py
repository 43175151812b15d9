"""The rules that only the log's order decides: keys, roles, free identifiers, balances, items, acceptance."""

from ledger.admission.checks.roles import REGISTRAR
from ledger.admission.identifiers import check_distinct_names
from ledger.admission.kinds.organization import check_parent, own_keys
from ledger.admission.kinds.table import kind_of
from ledger.admission.lots import Plan
from ledger.admission.rules import Rule
from ledger.admission.state import State
from ledger.core.record.kinds import Acceptance, AnyRecord, Organization
from ledger.errors import Refused


def admit(record: AnyRecord, keyid: bytes, plan: Plan, state: State) -> None:
    """Raises Refused where the record may not follow what is on the log. The signature itself is checked before.

    1. the log begins with its registrar; 2. the key is active and the issuer's, the nonce new; 3. what the type asks
    for; 4. identifiers are free; 5. no lot is consumed beyond its balance; 6. at most one lot of an item has a balance.
    """
    if state.size == 0:
        _check_first(record, keyid, state)
    else:
        _check_signer(record, keyid, state)
        _check_nonce(record, state)
        kind_of(record).check(record, keyid, state)
    _check_free(record, plan, state)
    if state.rules.has(Rule.DISTINCT_NAMES):
        check_distinct_names(record, plan, state)
    _check_balances(record, plan, state)
    _check_items(record, plan, state)


def _check_first(record: AnyRecord, keyid: bytes, state: State) -> None:
    if not isinstance(record, Organization) or record.issuer != record.id or REGISTRAR not in record.roles:
        raise Refused("the log is empty: it begins with its registrar", code="registrar-first", field="type",
                      rule="entry 0 is an organization with role registrar, signed by its own key")
    if keyid not in {key.keyid for key in own_keys(record, state)}:
        raise Refused("entry 0 is signed with a key that it does not enrol", code="registrar-first", field="keys",
                      rule="entry 0 is signed by one of its own keys")
    check_parent(record, state)


def _check_signer(record: AnyRecord, keyid: bytes, state: State) -> None:
    key = state.keys.get(keyid)
    if key is None:
        raise unknown_key(keyid)
    if not key.active:
        raise Refused(f"key {keyid.hex()} is revoked", code="revoked-key", field="key", value=keyid.hex(),
                      rule="a key that is active at this index")
    if key.organization != record.issuer:
        raise wrong_issuer(record.issuer, key.organization)


def unknown_key(keyid: bytes) -> Refused:
    """Of a signature by a key that is not on the log."""
    return Refused(f"key {keyid.hex()} is not enrolled", code="unknown-key", field="key", value=keyid.hex(),
                   rule="a key that an organization or keyChange record entered")


def wrong_issuer(issuer: str, owner: str) -> Refused:
    """Of a record that names another issuer than the organisation whose key has signed it."""
    return Refused(f"issuer: the key belongs to {owner}", code="wrong-issuer", field="issuer", value=issuer,
                   rule="the issuer is the organisation whose key signs")


def _check_nonce(record: AnyRecord, state: State) -> None:
    """Salts come of the nonce, and it hides the body behind its digest: readers of one record could guess the other."""
    if (record.issuer, record.nonce) in state.nonces and state.rules.has(Rule.FRESH_NONCES):
        raise Refused("nonce: the issuer has another record with this nonce", code="nonce-used", field="nonce",
                      value=record.nonce, rule="16 random bytes, drawn for this record")


def _check_free(record: AnyRecord, plan: Plan, state: State) -> None:
    for i, (lot, _) in enumerate(plan.created):
        stem, _, number = lot.id.rpartition(":")
        if lot.pool is None and number.isdecimal() and (stem in state.pools or stem in state.pool_ids):
            field = kind_of(record).new_lot_field(record, i)
            raise Refused(f"{field}: {lot.id!r} is the name of a lot of the pool {stem!r}", code="pool-lot-id",
                          field=field, value=lot.id, rule="a pool's id, a colon and a number name its own lots")
        if lot.id in state.lots or lot.id in state.used or lot.id in state.pools:
            field = kind_of(record).new_lot_field(record, i)
            raise Refused(f"{field}: {lot.id!r} is on the ledger already", code="lot-taken", field=field,
                          value=lot.id, rule="a lot identifier is used once")


def _check_balances(record: AnyRecord, plan: Plan, state: State) -> None:
    for i, taken in enumerate(plan.taken):
        left = state.remaining[taken.lot.id]
        if taken.lot.id in state.frozen and not isinstance(record, Acceptance):
            raise Refused(
                f"{taken.lot.id!r} is in dispute", code="disputed", field=_taken_field(record, plan, i, "lot"),
                value=taken.lot.id, rule="a disputed lot is frozen until it is settled or its transfer withdrawn",
            )
        if taken.quantity > left:
            field = _taken_field(record, plan, i, "quantity")
            what, rule = _overdrawn(record, taken.lot.role)
            raise Refused(
                f"{field}: {what}{taken.quantity:f} {taken.lot.unit} of {taken.lot.id!r}, which has {left:f} left",
                code="over-consumption", field=field, value=f"{taken.quantity:f} {taken.lot.unit}",
                rule=f"{rule}: {left:f} {taken.lot.unit}",
            )


def _overdrawn(record: AnyRecord, role: str) -> tuple[str, str]:
    """What is wrong, where more is to be taken of a lot than it has left; and the rule that says how much may."""
    found = kind_of(record).overdrawn(record, role)
    if found is not None:
        return found
    if role == "attribute":
        return "an attribute used after it was used or sold, ", "power is green once: at most what is left of it"
    return "", "at most what is left of the lot"


def _taken_field(record: AnyRecord, plan: Plan, place: int, name: str) -> str:
    return kind_of(record).taken_field(record, plan, place, name)


def _check_items(record: AnyRecord, plan: Plan, state: State) -> None:
    used_up = {taken.lot.id for taken in plan.taken if taken.quantity == state.remaining[taken.lot.id]}
    for i, (lot, _) in enumerate(plan.created):
        if lot.item is None:
            continue
        carriers = {taken.lot.id for taken in plan.taken if taken.lot.item == lot.item}
        holding = (state.holding.get(lot.item, set()) | carriers) - used_up
        if holding:
            field = kind_of(record).item_field(record, i)
            raise Refused(
                f"{field}: {lot.item!r} is in another lot that has a balance", code="item-taken", field=field,
                value=lot.item, rule="at most one lot of an item has a balance",
            )

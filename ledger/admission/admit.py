"""The rules that only the log's order decides: keys, roles, free identifiers, balances, items, acceptance."""

from ledger.admission.erasing import check_erasure
from ledger.admission.keys import check_key_change, check_new_keys
from ledger.admission.lots import Plan
from ledger.admission.naming import check_distinct_names, created_field, new_lot_field
from ledger.admission.parties import proven_keys
from ledger.admission.reports import check_unreported
from ledger.admission.roles import AUDITOR, REGISTRAR, check_registrar, has_role
from ledger.admission.rules import RESERVED, RULES, Rule, check_rules
from ledger.admission.standing import (
    check_acceptance,
    check_closing,
    check_open,
    check_open_pool,
    check_opening,
    check_pool,
)
from ledger.admission.state import State
from ledger.core.identifiers import overlap
from ledger.core.records import (
    Acceptance,
    Activation,
    Addition,
    AnyRecord,
    Attestation,
    Closing,
    Consumption,
    Declaration,
    Erasure,
    Facility,
    KeyChange,
    Organization,
    Pool,
    Product,
    Reopening,
    Report,
    Transfer,
    Transformation,
)
from ledger.core.signing import VerifyingKey
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
        _check_type(record, keyid, state)
    _check_free(record, plan, state)
    if state.rules.has(Rule.DISTINCT_NAMES):
        check_distinct_names(record, plan, state)
    _check_balances(record, plan, state)
    _check_items(record, plan, state)


def _check_first(record: AnyRecord, keyid: bytes, state: State) -> None:
    if not isinstance(record, Organization) or record.issuer != record.id or REGISTRAR not in record.roles:
        raise Refused("the log is empty: it begins with its registrar", code="registrar-first", field="type",
                      rule="entry 0 is an organization with role registrar, signed by its own key")
    if keyid not in {key.keyid for key in _proven(record, state)}:
        raise Refused("entry 0 is signed with a key that it does not enrol", code="registrar-first", field="keys",
                      rule="entry 0 is signed by one of its own keys")
    _check_parent(record, state)


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


def _check_type(record: AnyRecord, keyid: bytes, state: State) -> None:
    match record:
        case Organization():
            _check_organization(record, state)
        case KeyChange():
            check_key_change(record, keyid, state)
        case Activation():
            _check_activation(record, state)
        case Erasure():
            check_registrar(record, state, "erase records")
            check_erasure(record, state)
        case Transformation():
            sector = record.process.partition(".")[0]
            if sector not in state.plugins or sector in RESERVED:
                raise Refused(f"process: no plugin {sector!r} is active", code="unknown-sector", field="process",
                              value=record.process, rule="an activation record is in force for the sector")
            check_open(record, state)
        case Facility():
            _check_new(record.id, state.facilities, "facility")
        case Product():
            _check_new(record.id, state.products, "product")
        case Addition():
            check_open_pool(record, state)
        case Acceptance():
            check_acceptance(record, state)
        case Declaration():
            check_opening(record, state)
        case Pool():
            check_pool(record, state)
        case Closing():
            check_closing(record, state)
        case Reopening():
            if not any(record.closing in periods for periods in state.closed.values()):
                raise Refused("closing: reopened already", code="not-closed", field="closing", value=record.closing,
                              rule="a closing that is in force")
        case Report():
            check_unreported(record, state)
        case Attestation():
            if not has_role(record.issuer, AUDITOR, state):
                raise Refused(f"{record.issuer} may not attest", code="not-auditor", field="issuer",
                              value=record.issuer, rule="signed by an organisation with role auditor")
        case _:
            pass


def _check_organization(record: Organization, state: State) -> None:
    check_registrar(record, state, "enrol organisations")
    _check_new(record.id, state.organizations, "organization")
    _check_parent(record, state)
    for i, prefix in enumerate(record.prefixes):
        for other, owner in state.prefixes.items():
            if overlap(prefix, other):
                raise Refused(
                    f"prefixes[{i}]: {prefix!r} overlaps with {other!r} of {owner}", code="prefix-overlap",
                    field=f"prefixes[{i}]", value=prefix, rule="prefixes of organisations do not overlap",
                )
    check_new_keys(_proven(record, state), state, "keys")


def _check_parent(record: Organization, state: State) -> None:
    if record.parent is not None and record.parent not in state.organizations:
        raise Refused(f"parent: {record.parent!r} is not enrolled", code="unknown-organization", field="parent",
                      value=record.parent, rule="an organisation that is enrolled")


def _check_activation(record: Activation, state: State) -> None:
    check_registrar(record, state, "activate plugins")
    if record.plugin == RULES:
        check_rules(record.version, record.digest, retired=record.retired, rules=state.rules)
    elif record.retired and record.plugin not in state.plugins:
        raise Refused(f"plugin: {record.plugin!r} is not active", code="unknown-plugin", field="plugin",
                      value=record.plugin, rule="an active plugin")


def _check_new(name: str, known: object, what: str) -> None:
    if isinstance(known, dict) and name in known:
        raise Refused(f"id: {what} {name!r} is on the ledger already", code=f"{what}-taken", field="id", value=name,
                      rule="identifiers are entered once")


def _check_free(record: AnyRecord, plan: Plan, state: State) -> None:
    for i, (lot, _) in enumerate(plan.created):
        stem, _, number = lot.id.rpartition(":")
        if lot.pool is None and number.isdecimal() and (stem in state.pools or stem in state.pool_ids):
            field = new_lot_field(record, i)
            raise Refused(f"{field}: {lot.id!r} is the name of a lot of the pool {stem!r}", code="pool-lot-id",
                          field=field, value=lot.id, rule="a pool's id, a colon and a number name its own lots")
        if lot.id in state.lots or lot.id in state.used or lot.id in state.pools:
            field = new_lot_field(record, i)
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
    match record:
        case Transfer(purpose="return"):
            return "a return of more than was received, ", "a return is at most what is left of what was received"
        case Acceptance():
            return "short by more than is there, ", "what was used has arrived: at most what is left is short"
        case Consumption(purpose="claim") if role == "credit":
            return "a credit claimed after use, ", "a tonne is claimed once: at most what is left of the credit"
        case _ if role == "attribute":
            return "an attribute used after it was used or sold, ", "power is green once: at most what is left of it"
        case _:
            return "", "at most what is left of the lot"


def _taken_field(record: AnyRecord, plan: Plan, index: int, name: str) -> str:
    match record:
        case Transfer():
            return name
        case Acceptance():
            return "received"
        case Closing():
            return f"retired[{index}].{name}"
        case Addition():
            # What is left in the pool stands before what is added.
            return f"inputs[{index - (len(plan.taken) - len(record.inputs))}].{name}"
        case _:
            return f"inputs[{index}].{name}"


def _check_items(record: AnyRecord, plan: Plan, state: State) -> None:
    used_up = {taken.lot.id for taken in plan.taken if taken.quantity == state.remaining[taken.lot.id]}
    for i, (lot, _) in enumerate(plan.created):
        if lot.item is None:
            continue
        carriers = {taken.lot.id for taken in plan.taken if taken.lot.item == lot.item}
        holding = (state.holding.get(lot.item, set()) | carriers) - used_up
        if holding:
            # A transferred lot carries its item on: what is wrong then is that a part stays behind.
            field = "quantity" if isinstance(record, Transfer) else f"{created_field(record, i)}.item"
            raise Refused(
                f"{field}: {lot.item!r} is in another lot that has a balance", code="item-taken", field=field,
                value=lot.item, rule="at most one lot of an item has a balance",
            )


def _proven(record: Organization, state: State) -> tuple[VerifyingKey, ...]:
    return proven_keys(record.keys, state.origin, record.id, "keys")

"""The rules that only the log's order decides: keys, roles, free identifiers, balances, items, acceptance."""

from ledger.admission.checks.balances import check_balances, check_free, check_items
from ledger.admission.checks.roles import REGISTRAR
from ledger.admission.checks.times import check_timely
from ledger.admission.identifiers import check_distinct_names
from ledger.admission.kinds.organization import check_parent, own_keys
from ledger.admission.kinds.table import kind_of
from ledger.admission.lots import Plan
from ledger.admission.state import State
from ledger.core.record.kinds import AnyRecord, Organization
from ledger.errors import Refused


def admit(record: AnyRecord, keyid: bytes, plan: Plan, state: State) -> None:
    """Raises Refused if the record may not follow the entries on the log, and Unavailable if this program does not know
    the rules in force. The caller has checked the signature itself.

    1. The log begins with its registrar. 2. The key is active and belongs to the issuer, and the nonce is new. 3. The
    rules of the record's type. 4. Identifiers are free. 5. No lot is consumed beyond its balance. 6. At most one lot of
    an item has a balance.
    """
    kind = kind_of(record)
    state.rules.version()
    if state.size == 0:
        _check_first(record, keyid, state)
    else:
        _check_signer(record, keyid, state)
        _check_nonce(record, state)
        kind.check(record, keyid, state)
    check_timely(record, state.time)
    check_free(kind, record, plan, state)
    check_distinct_names(record, plan, state)
    check_balances(kind, record, plan, state)
    check_items(kind, record, plan, state)


def _check_first(record: AnyRecord, keyid: bytes, state: State) -> None:
    if not isinstance(record, Organization) or record.issuer != record.id or REGISTRAR not in record.roles:
        raise Refused("the log is empty: its first record must enrol its registrar", code="registrar-first",
                      field="type", rule="entry 0 is an organization with role registrar, signed by its own key")
    if keyid not in {key.keyid for key in own_keys(record, state)}:
        raise Refused("entry 0 is signed with a key that it does not enrol", code="registrar-first", field="keys",
                      rule="a signature by one of the keys that it enrols")
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
    """The refusal of a signature by a key that is not on the log."""
    return Refused(f"key {keyid.hex()} is not enrolled", code="unknown-key", field="key", value=keyid.hex(),
                   rule="a key that an organization or keyChange record enrolled")


def wrong_issuer(issuer: str, owner: str) -> Refused:
    """The refusal of a record whose key belongs to another organisation than its issuer."""
    return Refused(f"issuer: the key belongs to {owner}", code="wrong-issuer", field="issuer", value=issuer,
                   rule="the issuer is the organisation whose key signs")


def _check_nonce(record: AnyRecord, state: State) -> None:
    """With the same nonce, readers of one record could guess the body and the leaf salts of another from its digest."""
    if (record.issuer, record.nonce) in state.nonces:
        raise Refused("nonce: the issuer has already used this nonce", code="nonce-used", field="nonce",
                      value=record.nonce, rule="16 new random bytes for each record")

"""Key changes: who may change an organisation's keys, and the delayed recovery of an organisation that has lost them.

An organisation changes its own keys. If no key of it is active, the registrar changes them. If keys are active but
lost, the registrar requests a recovery on the public log; any change by a key of the organisation ends it, such as an
objection. After a week, the registrar completes it: the keys of the request become active, all others are revoked. So a
registrar alone can take an organisation over neither unseen nor at once. `evidence` shows that the week has passed.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ledger.admission.checks.evidence import check_week
from ledger.admission.checks.new_keys import check_distinct, check_new_keys, key_rows, proven_keys
from ledger.admission.checks.roles import REGISTRAR, check_registrar
from ledger.admission.facts import Facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Plan
from ledger.admission.names import Names
from ledger.admission.state import DAY, KeyEffect, KeyState, Recovery, State
from ledger.core.record.kinds import KeyChange
from ledger.core.record.values import PublicKey
from ledger.core.signatures.signing import VerifyingKey, load_spki
from ledger.errors import Refused

RECOVERY_DELAY: Final = 7 * DAY
"""Milliseconds between the entries of a request and of its completion."""

_STEPS: Final[Mapping[str | None, tuple[tuple[str, ...], str | None]]] = {
    None: (("added", "revoked", "compromisedSince"), None),
    "request": (("added",), "added"),
    "objection": (("request",), "request"),
    "complete": (("request", "compromisedSince", "evidence"), "request"),
}
"""By `recovery`: the fields that a key change may have, and the field that it must have."""


class KeyChangeKind(Kind[KeyChange]):
    def names(self, record: KeyChange, names: Names) -> None:
        names.organizations.add(record.organization)
        names.keys_of.add(record.organization)
        names.add_keys(record.added)

    def entered_keys(self, record: KeyChange) -> tuple[str, Sequence[PublicKey]]:
        return "added", record.added

    def plan(self, record: KeyChange, facts: Facts, terms: Terms) -> Plan:
        _check_form(record)
        return Plan()

    def check(self, record: KeyChange, keyid: bytes, state: State) -> None:
        _check_signed(record, keyid, state)

    def before(self, record: KeyChange, state: State) -> Before:
        return Before(keys=effect_of(record, state))

    def apply(self, record: KeyChange, digest: bytes, state: State) -> None:
        effect = effect_of(record, state)
        for keyid in effect.revoked:
            state.keys[keyid] = state.keys[keyid]._replace(active=False)
        for keyid in effect.compromised:
            state.keys[keyid] = state.keys[keyid]._replace(compromised_since=record.compromised_since)
        for key in effect.entered:
            state.keys[key.keyid] = KeyState(key, record.organization)
        if record.recovery == "request":
            waiting = Recovery(digest.hex(), state.time, _loaded(record.added), 0, state.time)
            state.recoveries[record.organization] = waiting
        else:
            state.recoveries.pop(record.organization, None)

    def rows(self, record: KeyChange, index: int, state: State, before: Before) -> Iterator[Row]:
        if before.keys is None:
            return
        yield "key_change", (index, record.organization, record.recovery)
        yield from key_rows(before.keys.entered, record.organization, index)
        for keyid in before.keys.revoked:
            yield "revocation", (keyid, index)
        for keyid in before.keys.compromised:
            yield "compromise", (keyid, index, record.compromised_since)


def effect_of(record: KeyChange, state: State) -> KeyEffect:
    """The effect of an admitted key change on the keys of its organisation."""
    named: tuple[bytes, ...] = tuple(map(bytes.fromhex, record.revoked))
    entered = _loaded(record.added)
    match record.recovery:
        case "request" | "objection":
            return KeyEffect()
        case "complete":
            entered = state.recoveries[record.organization].keys
            named = tuple([keyid for keyid, key in state.keys.items() if key.organization == record.organization])
        case None:
            pass
    revoked = tuple([keyid for keyid in named if state.keys[keyid].active])
    if record.compromised_since is None:
        return KeyEffect(entered, revoked)
    return KeyEffect(entered, revoked, revoked if record.recovery else named)


def _loaded(keys: Sequence[PublicKey]) -> tuple[VerifyingKey, ...]:
    return tuple([load_spki(base64.b64decode(key.spki)) for key in keys])


def _check_form(record: KeyChange) -> None:
    """Refuses a change without effect, keys named twice, and fields that this step does not have."""
    takes, needs = _STEPS[record.recovery]
    present = {"added": bool(record.added), "revoked": bool(record.revoked), "request": record.request is not None,
               "evidence": record.evidence is not None, "compromisedSince": record.compromised_since is not None}
    for field in [name for name, given in present.items() if given and name not in takes]:
        raise Refused(f"{field}: not allowed in this key change", code="recovery-fields", field=field,
                      rule=f"a change with recovery {record.recovery or 'absent'} may have only: {' '.join(takes)}")
    if needs is not None and not present[needs]:
        raise Refused(f"{needs}: missing", code="recovery-fields", field=needs,
                      rule=f"a change with recovery {record.recovery} must have {needs}")
    if record.recovery is None and not record.added and not record.revoked:
        raise Refused("the key change names no keys", code="no-change", field="added",
                      rule="at least one key in `added` or `revoked`")
    if record.recovery is None and record.compromised_since is not None and not record.revoked:
        raise Refused("compromisedSince without revoked keys", code="no-change", field="compromisedSince",
                      value=record.compromised_since, rule="compromisedSince applies to the keys in `revoked`")
    check_distinct([key.spki for key in record.added], "added")
    check_distinct(record.revoked, "revoked")


def _check_signed(record: KeyChange, keyid: bytes, state: State) -> None:
    """Raises Refused if the active key `keyid` may not sign this change now."""
    if record.organization not in state.organizations:
        raise Refused(f"organization: {record.organization!r} is not enrolled", code="unknown-organization",
                      field="organization", value=record.organization, rule="an organisation that is enrolled")
    active = {
        key for key, enrolled in state.keys.items() if enrolled.organization == record.organization and enrolled.active
    }
    _check_since(record, state)
    match record.recovery:
        case "request":
            _check_recovers(record, keyid in active, bool(active), state)
            check_new_keys(proven_keys(record.added, state.origin, record.organization, "added"), state, "added")
        case "complete":
            _check_recovers(record, keyid in active, bool(active), state)
            _check_due(record, _waiting(record, state), state)
        case "objection":
            _check_own(keyid in active, record)
            _waiting(record, state)
        case None:
            _check_change(record, keyid, active, state)


def _check_change(record: KeyChange, keyid: bytes, active: set[bytes], state: State) -> None:
    if keyid not in active:
        if active:
            _check_own(False, record)
        check_registrar(record, state, "change keys")
    check_new_keys(proven_keys(record.added, state.origin, record.organization, "added"), state, "added")
    for i, text in enumerate(record.revoked):
        _check_revoked(record, i, bytes.fromhex(text), active, state)
    remaining = active.difference(map(bytes.fromhex, record.revoked))
    if REGISTRAR in state.organizations[record.organization].roles and not record.added and not remaining:
        raise Refused("the registrar would have no active key left", code="last-key", field="revoked",
                      value=record.revoked, rule="add a key first: without one, nobody could enrol organisations")


def _check_own(own: bool, record: KeyChange) -> None:
    if not own:
        raise Refused("issuer: an active key of the organisation itself must sign its key change", code="not-own-key",
                      field="issuer", value=record.issuer,
                      rule="the registrar signs only if the organisation has no active key, or for a recovery")


def _check_since(record: KeyChange, state: State) -> None:
    since = record.compromised_since
    if since is not None and since > state.size:
        raise Refused(
            f"compromisedSince: entry {since} comes after this change, which is entry {state.size}",
            code="compromised-later", field="compromisedSince", value=since, rule="at most the change's own log index",
        )


def _check_revoked(record: KeyChange, i: int, keyid: bytes, active: set[bytes], state: State) -> None:
    """Allows an active key of the organisation, or a revoked key that was compromised earlier than reported before."""
    if keyid in active:
        return
    enrolled, since = state.keys.get(keyid), record.compromised_since
    if since is None or enrolled is None or enrolled.organization != record.organization:
        raise Refused(f"revoked[{i}]: not an active key of {record.organization}", code="unknown-key",
                      field=f"revoked[{i}]", value=keyid.hex(), rule="active keys of the organisation")
    if enrolled.compromised_since is not None and enrolled.compromised_since <= since:
        raise Refused(
            f"revoked[{i}]: already reported as compromised since entry {enrolled.compromised_since}",
            code="compromise-known", field=f"revoked[{i}]", value=keyid.hex(),
            rule="a revoked key can be named again only with an earlier compromisedSince",
        )


def _check_recovers(record: KeyChange, own: bool, needed: bool, state: State) -> None:
    if own or not needed:
        raise Refused(
            f"recovery: {record.organization} does not need a recovery", code="recovery-needless", field="recovery",
            value=record.recovery,
            rule="with an active key the organisation changes its keys itself; without one the registrar does, at once",
        )
    check_registrar(record, state, "recover keys")


def _waiting(record: KeyChange, state: State) -> Recovery:
    waiting = state.recoveries.get(record.organization)
    if waiting is None or waiting.digest != record.request:
        raise Refused(
            f"request: {record.organization} has no waiting recovery with this request", code="no-recovery",
            field="request", value=record.request,
            rule="the request must be the organisation's newest key change: a later one ends it",
        )
    return waiting


def _check_due(record: KeyChange, waiting: Recovery, state: State) -> None:
    check_new_keys(waiting.keys, state, "added")
    check_week(record, waiting, state)

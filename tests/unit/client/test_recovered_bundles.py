"""Bundles of a key that a recovery made active. They show request and completion, and not the entries or witnesses that
confirmed the week between; Python and JavaScript say the same of them."""

import base64
import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import pytest
from support.independent import Pymerkle
from support.javascript import Case, Verdict, verdicts
from support.parties import Party, enrolment, nonces, party
from support.static_log import SIGNER

from ledger.client.verify.bundle import Checked, ReplayedKeys, verify_bundle
from ledger.core.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.log.entry import Entry
from ledger.core.log.inclusion_proof import encode_proof
from ledger.core.log.merkle import inclusion_path, leaf_hash, tree_root
from ledger.core.log.note import vkey
from ledger.core.receipts.bundle import TAG, packed, read_bundle
from ledger.core.record import canonical
from ledger.core.record.kinds import AnyRecord, Facility, KeyChange, WeekEvidence
from ledger.core.signatures.signing import SigningKey, public_key
from ledger.errors import VerificationError

ORIGIN: Final = SIGNER.name
KEY: Final = vkey(ORIGIN, SIGNER.verifier.key)
REGISTRAR, SHOP = party(3, "registrar"), party(3, "shop")
NEW: Final = Party(SHOP.id, SigningKey.from_seed(b"\x41" * 32, "p256"))
DAY: Final = 24 * 3600 * 1000
START: Final = 1_800_000_000_000
_NONCES: Final = nonces(3, "recovered")
EVIDENCE: Final = WeekEvidence(policy="quorum none\n", entry="AAAA", first="first", last="last")


class Logged(NamedTuple):
    """`time`: ms after the first entry."""

    signer: Party
    record: AnyRecord
    time: int = 0


def recovery(days: float, evidence: WeekEvidence | None = None, objection: bool = False) -> list[Logged]:
    """Registrar and shop enter; the shop's key is lost, and its new key signs a record."""
    request = change(recovery="request", added=[public_key(NEW.key, ORIGIN, SHOP.id)])
    digest = canonical.digest(canonical.encode(request)).hex()
    objecting = [Logged(SHOP, change(SHOP, recovery="objection", request=digest), DAY)] if objection else []
    later = int(days * DAY)
    return [
        Logged(REGISTRAR, enrolment(REGISTRAR, REGISTRAR, ORIGIN, next(_NONCES))),
        Logged(REGISTRAR, enrolment(SHOP, REGISTRAR, ORIGIN, next(_NONCES))),
        Logged(REGISTRAR, request), *objecting,
        Logged(REGISTRAR, change(recovery="complete", request=digest, evidence=evidence), later),
        Logged(NEW, Facility(issuer=SHOP.id, nonce=next(_NONCES), id=f"{SHOP.id}:site", country="CN"), later),
    ]


def change(issuer: Party = REGISTRAR, **fields: Any) -> KeyChange:
    return KeyChange(issuer=issuer.id, nonce=next(_NONCES), organization=SHOP.id, **fields)


def bundle_of(logged: Sequence[Logged]) -> bytes:
    """The bundle of the last record, with all records before it, of a log that holds these alone."""
    bodies = [canonical.encode(one.record) for one in logged]
    entries = [entry_of(one, body) for one, body in zip(logged, bodies, strict=True)]
    hashes = [leaf_hash(entry) for entry in entries]
    assert tree_root(hashes) == Pymerkle(entries).root(len(entries))
    note = sign_checkpoint(Checkpoint(ORIGIN, len(entries), tree_root(hashes)), SIGNER)
    receipts = [{"index": index, "digest": canonical.digest(bodies[index]).hex(),
                 "entry": base64.b64encode(entry).decode(),
                 "proof": encode_proof(index, inclusion_path(hashes, index), note)}
                for index, entry in enumerate(entries)]
    records = [{"body": packed(body), "receipt": receipt} for body, receipt in zip(bodies, receipts, strict=True)]
    return json.dumps({"bundle": TAG, "receipt": receipts[-1], "records": records[:-1]}).encode()


def entry_of(logged: Logged, body: bytes) -> bytes:
    digest = canonical.digest(body)
    key, kind = logged.signer.key, logged.record.kind
    signature = key.sign_record(ORIGIN, kind, digest)
    return Entry(kind, digest, key.keyid, signature, bytes(32), START + logged.time).to_bytes()


def both(data: bytes) -> tuple[Checked | VerificationError, Verdict]:
    """What Python and JavaScript say."""
    (verdict,) = verdicts([Case("bundle", data, {"vkey": KEY})])
    try:
        return verify_bundle(read_bundle(data), ReplayedKeys(KEY)), verdict
    except VerificationError as error:
        return error, verdict


@pytest.mark.parametrize(("days", "evidence"), [(7, None), (30, None), (7, EVIDENCE), (6.9, EVIDENCE)])
def test_a_key_of_a_completed_recovery_is_its_owners(days: float, evidence: WeekEvidence | None) -> None:
    checked, verdict = both(bundle_of(recovery(days, evidence)))
    assert isinstance(checked, Checked), checked
    assert (checked.organization, verdict.ok, verdict.value["organization"]) == (SHOP.id, True, SHOP.id)


@pytest.mark.parametrize(("logged", "code"), [
    (recovery(6.9), "recovery-early"), (recovery(8, objection=True), "no-recovery"),
    (recovery(8, EVIDENCE, objection=True), "no-recovery"),
])
def test_a_recovery_that_was_never_due_enters_no_key(logged: list[Logged], code: str) -> None:
    error, verdict = both(bundle_of(logged))
    assert isinstance(error, VerificationError)
    assert (error.code, error.step) == (verdict.code, verdict.step) == (code, 7)


def test_the_old_key_is_revoked() -> None:
    logged = recovery(7)
    logged[-1] = logged[-1]._replace(signer=SHOP)
    error, verdict = both(bundle_of(logged))
    assert isinstance(error, VerificationError)
    assert (error.code, error.step) == (verdict.code, verdict.step) == ("revoked-key", 8)

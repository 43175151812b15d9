"""Checking a bundle, offline, in nine steps; and what of it the other files of `verify` share: keys and quorums.

1. the bundle is well-formed, and its entry commits to the record; 2. the log signed the checkpoint; 3. the policy's
quorum of witnesses cosigned it; 4. the entry is in that tree; 5. every figure shown is in the entry's outcome; 6. the
body has the digest; 7. the public records are in the log too, follow the rules of keys from the registrar on, and enter
the key; 8. that key signed the record, for the organisation that the body names; 9. the statement holds down to the
figures of what went in, and is of this record.

What no step shows, since it is not in the tree: that nothing later below that size revoked the key or revised the
record. The log vouches for that, and audits check it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

import msgspec
from msgspec import UNSET

from ledger.admission.admit import admit
from ledger.admission.apply import apply
from ledger.admission.plan import plan
from ledger.admission.state import State
from ledger.core.log.entry import Entry
from ledger.core.log.inclusion_proof import parse_proof
from ledger.core.log.key_rotation import LogKeys, check_continues
from ledger.core.log.note import NoteVerifier, parse_note, parse_vkey, vkey
from ledger.core.log.policy import Policy, open_cosigned
from ledger.core.receipts.acknowledgement import Acknowledgement, read_answer, verify_answer
from ledger.core.receipts.bundle import Bundle, PublicRecord, body_of
from ledger.core.receipts.receipt import Receipt, Verified, unpacked_entry
from ledger.core.receipts.statement import read_statement
from ledger.core.receipts.statement_steps import Proven
from ledger.core.record.canonical import decode_record
from ledger.core.record.kinds import KeyChange, Organization
from ledger.core.signatures.signing import record_message
from ledger.errors import InvalidInput, InvalidNote, LedgerError, VerificationError
from ledger.footprint.derived.statements import check_statement

STEPS: Final = (
    "the bundle is well-formed, and its entry commits to the record",
    "the checkpoint is signed by the log",
    "the policy's quorum of witnesses cosigned the checkpoint",
    "the entry is in that checkpoint's tree at its index",
    "every figure shown is in the entry's outcome",
    "the body has the digest",
    "the public records are in the log, and lead from its registrar to the key",
    "the key signed the record, for the organisation that it names",
    "the statement holds down to the figures of what went in, and is of this record",
)
PUBLISHED: Final = "the log, as it is published now, begins with that checkpoint"
"""The step that comes last where the log is asked."""
_OF_RECEIPTS: Final[Mapping[int, int]] = {1: 1, 2: 2, 3: 4, 4: 5, 5: 6, 6: 8}
"""Which of these steps those of a receipt are."""


class ReplayedKeys(NamedTuple):
    """What the one who checks knows: the log's key, or a policy that names it; the registrar's first key, by hex keyid,
    where it is pinned; and the notes by which the log's key was rotated, which lead from a known key to others."""

    vkey: str | None = None
    policy: Policy | None = None
    registrar: str | None = None
    rotations: Sequence[str] = ()


class Checked(NamedTuple):
    """What a bundle proved, and which steps had nothing to look at, with the reason. `organization`: whose key signed,
    where the public records say so; `keys`: those of the log, from the one that is known on."""

    verified: Verified
    left_out: Mapping[int, str]
    cosigned: Mapping[str, int]
    keys: LogKeys
    organization: str | None = None
    statement: Proven | None = None


def known_vkey(answer: Receipt | Acknowledgement, known: ReplayedKeys) -> str:
    """The vkey to check with: the one that is given, else the one of the policy's log by which the note is signed; or
    the one to which rotations lead from there.

    Raises VerificationError of step 2 where the policy does not know the log, or the note is not signed by its key.
    """
    if known.vkey is not None and not known.rotations:
        return known.vkey
    # An acknowledgement is of one entry, at the size that the log had with it.
    size = 0 if isinstance(answer, Receipt) else answer.index + 1
    return known_keys(answer, known).vkey_of(_note(answer), size)


def known_keys(answer: Receipt | Acknowledgement, known: ReplayedKeys) -> LogKeys:
    """The log's keys, from the one on that is given, else from that of the policy's log by which the note is signed.
    Raises VerificationError of step 2 where the policy does not know the log, or the rotations do not hold."""
    return LogKeys(pinned_key(_note(answer), known), known.rotations)


def pinned_key(note: str, known: ReplayedKeys) -> str:
    """The vkey that is given, else the one of the policy's log by which a note is signed. Raises VerificationError of
    step 2 where the policy does not know that log."""
    policy = known.policy
    if known.vkey is not None:
        return known.vkey
    if policy is None:
        raise InvalidInput("no log's key is known", code="no-key", field="vkey", rule="--vkey, or --policy with a log")
    lines = parse_note(note).signatures
    origin = lines[0].name
    keys = policy.log(origin)
    if not keys:
        raise VerificationError(f"the policy does not know the log {origin!r}", step=2, code="unknown-log",
                                field="policy", value=origin)
    signed = {(line.name, line.key_hash) for line in lines}
    found = next((key for key in keys if (key.name, key.key_hash) in signed), keys[0])
    return vkey(found.name, found.key)


def check_quorum(answer: Receipt | Acknowledgement, policy: Policy, verifier: NoteVerifier) -> Mapping[str, int]:
    """When each witness cosigned the checkpoint, in POSIX seconds by its name in the policy. Raises VerificationError
    where they are no quorum; where there is none to be had, an acknowledgement is enough."""
    if policy.quorum is None:
        return {}
    if isinstance(answer, Acknowledgement):
        raise VerificationError(
            "the log has acknowledged the record, its witnesses had not signed", code="no-quorum", field="policy",
            value=policy.quorum, rule="ask the log for the record's proof: it comes once they have",
        )
    return _quorum(parse_proof(answer.proof).checkpoint_note, policy, verifier)


def _quorum(note: str, policy: Policy, verifier: NoteVerifier) -> Mapping[str, int]:
    try:
        return open_cosigned(note, policy, verifier).times
    except VerificationError as error:
        if error.code != "no-quorum":
            raise
        raise VerificationError(
            error.message, code=error.code, field=error.field, value=error.value,
            rule=f"{error.rule}; where the log has these witnesses by now, `export` makes a bundle or a statement anew "
                 "in a head that they have cosigned",
        ) from None


def check_statement_quorum(proven: Proven, keys: LogKeys, policy: Policy | None) -> None:
    """Raises VerificationError where the tree of a statement is none that the policy's quorum has cosigned."""
    if policy is not None and policy.quorum is not None:
        note = proven.claims.checkpoint
        _quorum(note, policy, parse_vkey(keys.vkey_of(note)))


def verify_bundle(bundle: Bundle, known: ReplayedKeys) -> Checked:
    """Raises VerificationError whose message begins with the one step that fails."""
    answer = _answer(bytes(bundle.receipt), 1, "receipt")
    try:
        unpacked_entry(answer.entry, answer.digest)
    except VerificationError as error:
        raise _at(_step_of(error, 1), error) from None
    with step(2):
        known = known._replace(rotations=_rotations(bundle, known))
        key = parse_vkey(known_vkey(answer, known))
    verified = _verified(answer, key, known, bundle)
    cosigned = {} if known.policy is None else check_quorum(answer, known.policy, key)
    state = _replayed(bundle.records, key, known, verified)
    organization = _check_signer(bundle, verified.entry, state)
    statement = _check_statement(bundle, key, known, verified)
    keys = known_keys(answer, known)
    return Checked(verified, _left_out(bundle, known, verified), cosigned, keys, organization, statement)


def _rotations(bundle: Bundle, known: ReplayedKeys) -> Sequence[str]:
    """Those that are known, or those in the bundle: one line of keys, of which somebody may have seen more."""
    held = () if bundle.rotations is UNSET else bundle.rotations
    fewer, more = sorted((known.rotations, held), key=len)
    check_continues(fewer, more)
    return more


def _answer(data: bytes, number: int, field: str) -> Receipt | Acknowledgement:
    try:
        return read_answer(data)
    except InvalidInput as error:
        raise VerificationError(
            f"{field}: {error.message}", step=number, code="malformed-bundle", field=field
        ) from None


def _verified(
    answer: Receipt | Acknowledgement, key: NoteVerifier, known: ReplayedKeys, bundle: Bundle
) -> Verified:
    """Steps 1 to 6. The quorum is asked for as soon as the log's own signature is known to hold."""
    text = vkey(key.name, key.key)
    try:
        verified = verify_answer(answer, text, body=_body(bundle))
    except (VerificationError, InvalidNote) as error:
        failed = _step_of(error, 1)
        if failed > 2:
            _check_quorum(answer, key, known, 3)
        raise _at(_OF_RECEIPTS.get(failed, failed), error) from None
    _check_quorum(answer, key, known, 3)
    return verified


def _body(bundle: Bundle) -> bytes | None:
    if bundle.body is UNSET:
        return None
    try:
        return body_of(bundle.body, "body")
    except VerificationError as error:
        raise _at(5, error) from None  # of a receipt, where bodies are step 5


def _check_quorum(answer: Receipt | Acknowledgement, key: NoteVerifier, known: ReplayedKeys, number: int) -> None:
    if known.policy is None:
        return
    with step(number):
        check_quorum(answer, known.policy, key)


def _replayed(records: list[PublicRecord], key: NoteVerifier, known: ReplayedKeys, of: Verified) -> State | None:
    """Step 7: the state of keys just before the record, by the very rules by which the log admitted these records."""
    if not records:
        return None
    state = State(key.name)
    after = -1
    for i, one in enumerate(records):
        field = f"records[{i}]"
        try:
            verified, record = _public(one, field, key, known)
            if not after < verified.index < of.index:
                raise VerificationError(f"{field} is not in log order, or comes after the record", field=field,
                                        code="wrong-order", value=verified.index)
            if verified.index == 0 and known.registrar not in (None, verified.entry.keyid.hex()):
                raise VerificationError("entry 0 is not signed by the pinned key", code="wrong-registrar", field=field,
                                        value=verified.entry.keyid.hex())
            if after < 0 and verified.index != 0:
                raise VerificationError(f"{field} is not entry 0, the registrar's own", code="registrar-first",
                                        field=field, value=verified.index)
            after = verified.index
            _apply(record, verified, state)
        except (LedgerError, msgspec.MsgspecError) as error:
            raise _at(7, error) from None
    return state


def _public(
    one: PublicRecord, field: str, key: NoteVerifier, known: ReplayedKeys
) -> tuple[Verified, Organization | KeyChange]:
    answer = _answer(bytes(one.receipt), 7, f"{field}.receipt")
    body = body_of(one.body, f"{field}.body")
    # What witnesses have cosigned keeps the signatures of its time.
    own = parse_vkey(known_vkey(answer, known))
    if own.name != key.name:
        raise VerificationError(f"{field} is of another log", code="another-log", field=field, value=own.name)
    verified = verify_answer(answer, vkey(own.name, own.key), body=body)
    _check_quorum(answer, own, known, 7)
    record = decode_record(body)
    if not isinstance(record, Organization | KeyChange) or record.kind != verified.entry.kind:
        raise VerificationError(f"{field} is neither an organisation nor a change of keys", code="wrong-record",
                                field=field, value=type(record).__name__)
    return verified, record


def _apply(record: Organization | KeyChange, verified: Verified, state: State) -> None:
    """Admits a record as the log did. What is not among these records has not changed any key that is."""
    entry = verified.entry
    state.size, state.time = verified.index, entry.time
    planned = plan(record, state)
    admit(record, entry.keyid, planned, state)
    apply(state, record, entry.digest, planned)
    signer = state.keys[entry.keyid].key
    signer.verify(entry.signature, record_message(state.origin, entry.kind, entry.digest))


def _check_signer(bundle: Bundle, entry: Entry, state: State | None) -> str | None:
    """Step 8: the organisation whose key signed."""
    if state is None:
        return None
    found = state.keys.get(entry.keyid)
    if found is None:
        raise VerificationError("the public records do not enter the key that signed", step=7, code="unknown-key",
                                field="records", value=entry.keyid.hex())
    if not found.active:
        raise VerificationError("the key was revoked before the record", step=8, code="revoked-key", field="records",
                                value=entry.keyid.hex())
    try:
        found.key.verify(entry.signature, record_message(state.origin, entry.kind, entry.digest))
    except VerificationError as error:
        raise _at(8, error) from None
    if bundle.body is not UNSET:
        issuer = decode_record(body_of(bundle.body, "body")).issuer
        if issuer != found.organization:
            raise VerificationError(f"the key is {found.organization}'s, the record says {issuer}",
                                    step=8, code="wrong-issuer", field="body", value=issuer)
    return found.organization


def _check_statement(bundle: Bundle, key: NoteVerifier, known: ReplayedKeys, verified: Verified) -> Proven | None:
    """Step 9."""
    if bundle.statement is UNSET:
        return None
    text = vkey(key.name, key.key)
    try:
        proven = check_statement(read_statement(bytes(bundle.statement)), text, known.rotations)
        check_statement_quorum(proven, LogKeys(text, known.rotations), known.policy)
    except (VerificationError, InvalidInput, InvalidNote) as error:
        raise _at(9, error) from None
    if proven.claims.digest != verified.entry.digest.hex():
        raise VerificationError("the statement is of another record", step=9, code="wrong-statement", field="statement",
                                value=proven.claims.digest)
    return proven


def _left_out(bundle: Bundle, known: ReplayedKeys, verified: Verified) -> dict[int, str]:
    found: dict[int, str] = {}
    if known.policy is None:
        found[3] = "not asked"
    if verified.size is None:
        found[4] = "not yet, the log has acknowledged it and its witnesses had not signed"
    if bundle.body is UNSET:
        found[6] = "no body in it"
    if not bundle.records:
        found[7] = found[8] = "no public records in it"
    elif known.registrar is None:
        found[7] = "ok, but nobody pinned the registrar"
    if bundle.statement is UNSET:
        found[9] = "no statement in it"
    return found


def _step_of(error: LedgerError, default: int) -> int:
    """Errors of receipts and statements carry their own step."""
    return error.step if isinstance(error, VerificationError) and error.step is not None else default


@contextmanager
def step(number: int) -> Iterator[None]:
    """What fails within, fails as this step."""
    try:
        yield
    except (VerificationError, InvalidNote) as error:
        raise _at(number, error) from None


def _at(number: int, error: Exception) -> VerificationError:
    """The error as one of this step: its message begins with the number."""
    if not isinstance(error, LedgerError):
        return VerificationError(str(error), step=number, code="malformed-bundle", field="records")
    text = error.text if isinstance(error, VerificationError) else error.message
    return VerificationError(text, step=number, code=error.code, field=error.field, value=error.value,
                             rule=error.rule)


def _note(answer: Receipt | Acknowledgement) -> str:
    return parse_proof(answer.proof).checkpoint_note if isinstance(answer, Receipt) else answer.note

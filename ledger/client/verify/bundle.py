"""Checks a bundle offline, in nine steps, and checks keys and quorums for the other files of `verify`.

1. The bundle is well-formed, and its entry commits to the record. 2. The log signed the checkpoint. 3. The policy's
quorum of witnesses cosigned it. 4. The entry is in that tree. 5. Every figure shown is in the entry's outcome. 6. The
body has the digest. 7. The public records are in the log too, follow the rules of keys from the registrar on, and enter
the key. 8. That key signed the record, for the organisation that the body names. 9. The statement holds down to the
figures of its inputs, and belongs to this record.

No step shows that no later entry below that size revoked the key or revised the record, since the tree does not prove
that. The log vouches for it, and audits check it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from ledger.admission.admit import admit
from ledger.admission.apply import apply
from ledger.admission.checks.evidence import WEEK
from ledger.admission.plan import plan
from ledger.admission.state import CONFIRMING_DAYS, State
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
    "the statement holds down to the figures of its inputs, and belongs to this record",
)
PUBLISHED: Final = "the log, as it is published now, begins with that checkpoint"
"""The last step, if the check asks the log."""
TOTALS: Final = "ok for the committed figure; the statement does not show how it is made"
_OF_RECEIPTS: Final[Mapping[int, int]] = {1: 1, 2: 2, 3: 4, 4: 5, 5: 6, 6: 8}
"""The step of a bundle by the step of a receipt."""


class ReplayedKeys(NamedTuple):
    """The keys that the checker trusts: the log's key, or a policy that names it; the registrar's first key, by hex
    keyid, if it is pinned; and the rotation notes that lead from a trusted key of the log to its other keys."""

    vkey: str | None = None
    policy: Policy | None = None
    registrar: str | None = None
    rotations: Sequence[str] = ()


class Checked(NamedTuple):
    """The result of checking a bundle, and the steps that were left out, with the reason. `organization` owns the key
    that signed, if the public records say so. `keys` are the log's keys, from the trusted key on."""

    verified: Verified
    left_out: Mapping[int, str]
    cosigned: Mapping[str, int]
    keys: LogKeys
    organization: str | None = None
    statement: Proven | None = None


def known_vkey(answer: Receipt | Acknowledgement, trusted: ReplayedKeys) -> str:
    """The vkey to check with: the given one, else the vkey of the policy's log that signed the note, or a later vkey to
    which rotations lead from there.

    Raises VerificationError of step 2 if the policy does not name the log, or the log's key did not sign the note.
    """
    if trusted.vkey is not None and not trusted.rotations:
        return trusted.vkey
    # An acknowledgement covers one entry, at the size of the log with this entry.
    size = 0 if isinstance(answer, Receipt) else answer.index + 1
    return known_keys(answer, trusted).vkey_of(_note(answer), size)


def known_keys(answer: Receipt | Acknowledgement, trusted: ReplayedKeys) -> LogKeys:
    """The log's keys, from the given one on, else from the key of the policy's log that signed the note. Raises
    VerificationError of step 2 if the policy does not name the log, or the rotations do not hold."""
    return LogKeys(pinned_key(_note(answer), trusted), trusted.rotations)


def pinned_key(note: str, trusted: ReplayedKeys) -> str:
    """The given vkey, else the vkey of the policy's log that signed a note. Raises VerificationError of step 2 if the
    policy does not name that log."""
    policy = trusted.policy
    if trusted.vkey is not None:
        return trusted.vkey
    if policy is None:
        raise InvalidInput("no log key is given", code="no-key", field="vkey", rule="--vkey, or --policy with a log")
    lines = parse_note(note).signatures
    origin = lines[0].name
    keys = policy.log(origin)
    if not keys:
        raise VerificationError(f"the policy does not name the log {origin!r}", step=2, code="unknown-log",
                                field="policy", value=origin)
    signed = {(line.name, line.key_hash) for line in lines}
    signer = next((key for key in keys if (key.name, key.key_hash) in signed), keys[0])
    return vkey(signer.name, signer.key)


def check_quorum(answer: Receipt | Acknowledgement, policy: Policy, verifier: NoteVerifier) -> Mapping[str, int]:
    """The time, in POSIX seconds, at which each witness cosigned the checkpoint, by its name in the policy. Raises
    VerificationError if they are not a quorum. If the policy asks for no quorum, an acknowledgement is enough."""
    if policy.quorum is None:
        return {}
    if isinstance(answer, Acknowledgement):
        raise VerificationError(
            "the log acknowledged the record before its witnesses signed", code="no-quorum", field="policy",
            value=policy.quorum, rule="ask the log for the record's proof, once its witnesses have signed",
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
            rule=f"{error.rule}; if these witnesses cosign the log by now, `export` makes a new bundle or statement "
                 "with a head that they have cosigned",
        ) from None


def check_statement_quorum(proven: Proven, keys: LogKeys, policy: Policy | None) -> None:
    """Raises VerificationError if the policy's quorum has not cosigned the tree of a statement."""
    if policy is not None and policy.quorum is not None:
        note = proven.claims.checkpoint
        _quorum(note, policy, parse_vkey(keys.vkey_of(note)))


def verify_bundle(bundle: Bundle, trusted: ReplayedKeys) -> Checked:
    """Raises VerificationError whose message begins with the step that fails."""
    answer = _answer(bytes(bundle.receipt), 1, "receipt")
    try:
        unpacked_entry(answer.entry, answer.digest)
    except VerificationError as error:
        raise _at(_step_of(error, 1), error) from None
    with step(2):
        trusted = trusted._replace(rotations=_rotations(bundle, trusted))
        key = parse_vkey(known_vkey(answer, trusted))
    verified = _verified(answer, key, trusted, bundle)
    cosigned = {} if trusted.policy is None else check_quorum(answer, trusted.policy, key)
    state = _replayed(bundle.records, key, trusted, verified)
    organization = _check_signer(bundle, verified.entry, state)
    statement = _check_statement(bundle, key, trusted, verified)
    keys, left_out = known_keys(answer, trusted), left_out_steps(bundle, trusted)
    if statement is not None and statement.assessment is None:
        left_out[9] = TOTALS
    return Checked(verified, left_out, cosigned, keys, organization, statement)


def _rotations(bundle: Bundle, trusted: ReplayedKeys) -> Sequence[str]:
    """The given rotations or the bundle's, whichever are more: both must belong to one chain of keys."""
    bundled = () if bundle.rotations is UNSET else bundle.rotations
    fewer, more = sorted((trusted.rotations, bundled), key=len)
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
    answer: Receipt | Acknowledgement, key: NoteVerifier, trusted: ReplayedKeys, bundle: Bundle
) -> Verified:
    """Steps 1 to 6. The quorum is checked as soon as the log's own signature holds."""
    text = vkey(key.name, key.key)
    try:
        verified = verify_answer(answer, text, body=_body(bundle))
    except (VerificationError, InvalidNote) as error:
        failed = _step_of(error, 1)
        if failed > 2:
            _check_quorum(answer, key, trusted, 3)
        raise _at(_OF_RECEIPTS.get(failed, failed), error) from None
    _check_quorum(answer, key, trusted, 3)
    return verified


def _body(bundle: Bundle) -> bytes | None:
    if bundle.body is UNSET:
        return None
    try:
        return body_of(bundle.body, "body")
    except VerificationError as error:
        raise _at(5, error) from None  # step 5 of a receipt checks bodies


def _check_quorum(answer: Receipt | Acknowledgement, key: NoteVerifier, trusted: ReplayedKeys, number: int) -> None:
    if trusted.policy is None:
        return
    with step(number):
        check_quorum(answer, trusted.policy, key)


def _replayed(
    records: list[PublicRecord], key: NoteVerifier, trusted: ReplayedKeys, subject: Verified
) -> State | None:
    """Step 7: the state of keys just before the record `subject`, by the rules by which the log admitted these
    records."""
    if not records:
        return None
    state = State(key.name)
    after = -1
    for i, public_record in enumerate(records):
        field = f"records[{i}]"
        try:
            verified, record = _public(public_record, field, key, trusted)
            if not after < verified.index < subject.index:
                raise VerificationError(f"{field} is not in log order, or is later than the record", field=field,
                                        code="wrong-order", value=verified.index)
            if verified.index == 0 and trusted.registrar not in (None, verified.entry.keyid.hex()):
                raise VerificationError("entry 0 is not signed by the pinned key", code="wrong-registrar", field=field,
                                        value=verified.entry.keyid.hex())
            if after < 0 and verified.index != 0:
                raise VerificationError(f"{field} is not entry 0, which the registrar signed", code="registrar-first",
                                        field=field, value=verified.index)
            after = verified.index
            _apply(record, verified, state)
        except (LedgerError, msgspec.MsgspecError) as error:
            raise _at(7, error) from None
    return state


def _public(
    public_record: PublicRecord, field: str, key: NoteVerifier, trusted: ReplayedKeys
) -> tuple[Verified, Organization | KeyChange]:
    """A public record whose receipt holds."""
    answer = _answer(bytes(public_record.receipt), 7, f"{field}.receipt")
    body = body_of(public_record.body, f"{field}.body")
    # A head that witnesses have cosigned keeps the log's signature of that time.
    own = parse_vkey(known_vkey(answer, trusted))
    if own.name != key.name:
        raise VerificationError(f"{field} belongs to another log", code="another-log", field=field, value=own.name)
    verified = verify_answer(answer, vkey(own.name, own.key), body=body)
    _check_quorum(answer, own, trusted, 7)
    record = decode_record(body)
    if not isinstance(record, Organization | KeyChange) or record.kind != verified.entry.kind:
        raise VerificationError(f"{field} is neither an organisation nor a key change", code="wrong-record",
                                field=field, value=type(record).__name__)
    return verified, record


def _apply(record: Organization | KeyChange, verified: Verified, state: State) -> None:
    """Admits a record as the log did. Records that are not shown have not changed the keys of these records."""
    entry = verified.entry
    state.size, state.time = verified.index, entry.time
    record = _confirmed(record, state)
    planned = plan(record, state)
    admit(record, entry.keyid, planned, state)
    apply(state, record, entry.digest, planned)
    signer = state.keys[entry.keyid].key
    signer.verify(entry.signature, record_message(state.origin, entry.kind, entry.digest))


def _confirmed(record: Organization | KeyChange, state: State) -> Organization | KeyChange:
    """The completion of a recovery as if the week since its request were confirmed. The entries or witnesses that
    confirm it are not shown, so the log vouches for them; without evidence by witnesses, the entries' own times must be
    a week apart. Audits check all of it."""
    if not isinstance(record, KeyChange) or record.recovery != "complete":
        return record
    waiting = state.recoveries.get(record.organization)
    if waiting is not None and (record.evidence is not None or state.time - waiting.time >= WEEK):
        state.recoveries[record.organization] = waiting._replace(days=CONFIRMING_DAYS)
    return replace(record, evidence=None)


def _check_signer(bundle: Bundle, entry: Entry, state: State | None) -> str | None:
    """Step 8: the organisation whose key signed."""
    if state is None:
        return None
    signer = state.keys.get(entry.keyid)
    if signer is None:
        raise VerificationError("the public records do not enter the key that signed", step=7, code="unknown-key",
                                field="records", value=entry.keyid.hex())
    if not signer.active:
        raise VerificationError("the key was revoked before the record", step=8, code="revoked-key", field="records",
                                value=entry.keyid.hex())
    try:
        signer.key.verify(entry.signature, record_message(state.origin, entry.kind, entry.digest))
    except VerificationError as error:
        raise _at(8, error) from None
    if bundle.body is not UNSET:
        issuer = decode_record(body_of(bundle.body, "body")).issuer
        if issuer != signer.organization:
            raise VerificationError(f"the key belongs to {signer.organization}, but the record's issuer is {issuer}",
                                    step=8, code="wrong-issuer", field="body", value=issuer)
    return signer.organization


def _check_statement(bundle: Bundle, key: NoteVerifier, trusted: ReplayedKeys, verified: Verified) -> Proven | None:
    """Step 9."""
    if bundle.statement is UNSET:
        return None
    text = vkey(key.name, key.key)
    try:
        proven = check_statement(read_statement(bytes(bundle.statement)), text, trusted.rotations)
        check_statement_quorum(proven, LogKeys(text, trusted.rotations), trusted.policy)
    except (VerificationError, InvalidInput, InvalidNote) as error:
        raise _at(9, error) from None
    if proven.claims.digest != verified.entry.digest.hex():
        raise VerificationError("the statement belongs to another record", step=9, code="wrong-statement",
                                field="statement", value=proven.claims.digest)
    return proven


def left_out_steps(bundle: Bundle, trusted: ReplayedKeys) -> dict[int, str]:
    """The steps that are left out, with the reason, also of a bundle that fails a later step. Raises VerificationError
    of step 1 if the receipt is malformed."""
    left_out: dict[int, str] = {}
    if trusted.policy is None:
        left_out[3] = "not asked"
    if isinstance(_answer(bytes(bundle.receipt), 1, "receipt"), Acknowledgement):
        left_out[4] = "not yet: the log acknowledged the record before its witnesses signed"
    if bundle.body is UNSET:
        left_out[6] = "the bundle has no body"
    if not bundle.records:
        left_out[7] = left_out[8] = "the bundle has no public records"
    elif trusted.registrar is None:
        left_out[7] = "ok, but nobody pinned the registrar"
    if bundle.statement is UNSET:
        left_out[9] = "the bundle has no statement"
    return left_out


def _step_of(error: LedgerError, default: int) -> int:
    """The step of an error of a receipt or statement, which carries its own step, else the default."""
    return error.step if isinstance(error, VerificationError) and error.step is not None else default


@contextmanager
def step(number: int) -> Iterator[None]:
    """An error within becomes an error of this step."""
    try:
        yield
    except (VerificationError, InvalidNote) as error:
        raise _at(number, error) from None


def _at(number: int, error: Exception) -> VerificationError:
    """The error as an error of this step: its message begins with the number."""
    if not isinstance(error, LedgerError):
        return VerificationError(str(error), step=number, code="malformed-bundle", field="records")
    text = error.text if isinstance(error, VerificationError) else error.message
    return VerificationError(text, step=number, code=error.code, field=error.field, value=error.value,
                             rule=error.rule)


def _note(answer: Receipt | Acknowledgement) -> str:
    return parse_proof(answer.proof).checkpoint_note if isinstance(answer, Receipt) else answer.note

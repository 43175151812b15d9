"""Checks a statement against the log's key, offline: steps 1 to 5. Step 6, in `ledger.footprint.derived.statements`,
checks the composition of a figure; step 7, in `ledger.client.verify.statement_bodies`, recomputes it from the bodies.

1. The statement is well-formed. 2. The log signed its claims. 3. The log signed the checkpoint, which has the stated
size and root. 4. Every entry is in that tree. 5. Every result is in its entry's outcome, or, if a later record revised
it, in the outcome to which the later record's entry commits; and it equals the statement's claims.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import msgspec

from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.entry import Entry, parse_entry
from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.merkle import leaf_hash, verify_inclusion
from ledger.core.log.note import decode_base64, parse_vkey, verify_note
from ledger.core.outcome.leaves import AnyLeaf, AssessmentLeaf, LotLeaf, RevisionLeaf
from ledger.core.receipts.statement import (
    Claims,
    ProvenRecord,
    ShownRecord,
    Statement,
    canonical_claims,
    malformed,
    note_text,
)
from ledger.core.record.canonical import encode
from ledger.errors import InvalidNote, VerificationError

STEPS: Final = (
    "the statement is well-formed",
    "its claims are signed by the log",
    "the checkpoint is signed by the log, of the size and root stated",
    "every entry is in that tree",
    "every result is in its entry's outcome, and equals the claims",
    "the figure recomputes from the record's assessment and the inputs' figures",
    "the bodies give the same parts, share, assessment and results",
)
_leaf: msgspec.json.Decoder[AnyLeaf] = msgspec.json.Decoder(AnyLeaf)
_generic = msgspec.json.Decoder()


class Proven(NamedTuple):
    """Verified claims. `entry` is the entry of the record that made the lot, `outcome` the root of its valid results;
    `assessment` is None if the statement does not show how the figure is made; `digest`: SHA-256 of the claims, hex."""

    claims: Claims
    digest: str
    checkpoint: Checkpoint
    entry: Entry
    outcome: bytes
    assessment: AssessmentLeaf | None
    lot: LotLeaf
    inputs: tuple[LotLeaf, ...]


def verify_statement(statement: Statement, vkey: str, rotations: Sequence[str] = ()) -> Proven:
    """Steps 1 to 5; `rotations`: notes that lead from the key `vkey` to others. Raises VerificationError with the step
    that fails; InvalidNote or VerificationError if vkey and rotations are not keys of a log."""
    keys = LogKeys(vkey, rotations)
    claims, data = canonical_claims(statement)
    _check_form(claims)
    text = note_text(data)
    try:
        signed = verify_note(statement.note, [parse_vkey(keys.vkey_of(statement.note, claims.size))])
    except (InvalidNote, VerificationError) as error:
        raise _fails(2, "wrong-signature", "note", f"the log did not sign the note: {error.message}",
                     keys.origin) from None
    if signed != text:
        raise _fails(2, "wrong-claims", "claims", "the log signed other claims", text.split("\n")[1])
    return prove(claims, keys, text.split("\n")[1])


def prove(claims: Claims, keys: LogKeys, digest: str = "") -> Proven:
    """Steps 1 and 3 to 5, for claims with the SHA-256 `digest`. The log runs them before it signs a statement."""
    _check_form(claims)
    if claims.origin != keys.origin:
        raise _fails(2, "wrong-origin", "claims.origin", f"the statement is of the log {claims.origin!r}, but the key "
                     f"is of the log {keys.origin!r}", claims.origin)
    checkpoint = _checkpoint(claims, keys)
    entries = _entries(claims, checkpoint)
    outcomes = {record.index: _outcome(i, record, entries) for i, record in enumerate(claims.records)}
    sizes = {record.index: record.leaves for record in claims.records}
    own = outcomes[claims.record], sizes[claims.record]
    assessment = None if claims.assessment is None else _result("claims.assessment", claims.assessment, *own)
    lot = _result("claims.result", claims.result, *own)
    inputs = [
        _result(f"claims.inputs[{i}].shown", lot_input.shown, outcomes[lot_input.record], sizes[lot_input.record])
        for i, lot_input in enumerate(claims.inputs)
    ]
    if not isinstance(assessment, AssessmentLeaf | None) or not isinstance(lot, LotLeaf):
        raise _fails(5, "wrong-leaf", "claims.result", "leaf 0 must be the assessment, and the lot another leaf")
    lots = tuple([one for one in inputs if isinstance(one, LotLeaf)])
    if len(lots) != len(inputs) or len({one.lot for one in (lot, *lots)}) != len(lots) + 1:
        raise _fails(5, "wrong-leaf", "claims.inputs", "every input must be a lot, and each lot a different one")
    _check_claims(claims, entries[claims.record], assessment, lot)
    return Proven(claims, digest, checkpoint, entries[claims.record], outcomes[claims.record], assessment, lot, lots)


def _check_form(claims: Claims) -> None:
    """The statement holds exactly the records and entries that it names, each once and in log order. It shows how the
    figure is made with all of that, or with nothing of it."""
    if claims.assessment is None and (claims.share is not None or claims.inputs):
        raise malformed("claims.assessment", "is missing, although share or inputs are there")
    if claims.assessment is not None and claims.share is None:
        raise malformed("claims.share", "is missing, although the assessment is there")
    records, entries = [record.index for record in claims.records], [entry.index for entry in claims.entries]
    for field, indexes in (("records", records), ("entries", entries)):
        if any(a >= b for a, b in pairwise(indexes)):
            raise malformed(f"claims.{field}", "must be in log order, each index once", indexes)
    named = {claims.record, *[lot_input.record for lot_input in claims.inputs]}
    if set(records) != named:
        raise malformed("claims.records", "must be the records of the lot and of its inputs, and no others", records)
    revising = {record.revision.by for record in claims.records if record.revision is not None}
    if set(entries) != named | revising:
        raise malformed("claims.entries", "must be the entries of the records and of their revisions, and no others",
                        entries)
    for i, lot_input in enumerate(claims.inputs):
        if lot_input.record >= claims.record:
            raise malformed(f"claims.inputs[{i}].record", "an input must come before the record", lot_input.record)
    for i, record in enumerate(claims.records):
        if record.revision is not None and record.revision.by <= record.index:
            raise malformed(f"claims.records[{i}].revision.by", "a revision must come after the record that it revises",
                            record.revision.by)


def _checkpoint(claims: Claims, keys: LogKeys) -> Checkpoint:
    field = "claims.checkpoint"
    try:
        checkpoint = keys.opened(claims.checkpoint)
    except (InvalidNote, VerificationError) as error:
        raise _fails(3, "wrong-checkpoint", field, f"the log did not sign the checkpoint: {error.message}",
                     keys.origin) from None
    if checkpoint.size != claims.size:
        raise _fails(3, "wrong-tree", "claims.size", f"the checkpoint has size {checkpoint.size}, not {claims.size}",
                     claims.size)
    if checkpoint.root != _bytes(claims.root, "claims.root"):
        raise _fails(3, "wrong-tree", "claims.root", "the checkpoint has another root", claims.root)
    return checkpoint


def _entries(claims: Claims, checkpoint: Checkpoint) -> dict[int, Entry]:
    entries = {}
    for i, claimed in enumerate(claims.entries):
        field = f"claims.entries[{i}]"
        data = _bytes(claimed.entry, f"{field}.entry")
        try:
            entries[claimed.index] = parse_entry(data)
            verify_inclusion(leaf_hash(data), claimed.index, checkpoint.size, checkpoint.root,
                             _path(claimed.path, f"{field}.path"))
        except VerificationError as error:
            if error.code == "malformed-statement":
                raise
            raise _fails(4, "not-included", field, f"entry {claimed.index} is not in the tree: {error.message}",
                         claimed.index) from None
    return entries


def _outcome(position: int, record: ProvenRecord, entries: Mapping[int, Entry]) -> bytes:
    """The root of the valid results of a record."""
    entry, revision = entries[record.index], record.revision
    if revision is None:
        return entry.outcome
    field = f"claims.records[{position}].revision"
    leaf = _result(f"{field}.shown", revision.shown, entries[revision.by].outcome, revision.size)
    if not isinstance(leaf, RevisionLeaf) or (leaf.index, leaf.record) != (record.index, entry.digest.hex()):
        raise _fails(5, "wrong-revision", field, f"no proof that entry {revision.by} revises record {record.index}",
                     revision.by)
    try:
        return bytes.fromhex(leaf.outcome)
    except ValueError:
        raise _fails(5, "malformed-leaf", field, "the outcome is not hexadecimal", leaf.outcome) from None


def _result(field: str, shown: ShownRecord, outcome: bytes, size: int) -> AnyLeaf:
    """A leaf, proved to be in the outcome."""
    path = _path(shown.path, f"{field}.path")
    try:
        canonical = encode(_generic.decode(shown.leaf))
        leaf = _leaf.decode(canonical)
        verify_inclusion(leaf_hash(canonical), shown.index, size, outcome, path)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _fails(5, "malformed-leaf", field, f"not a leaf: {error}") from None
    except VerificationError as error:
        raise _fails(5, "wrong-leaf", field, f"the leaf is not in the outcome: {error.message}", shown.index) from None
    if isinstance(leaf, AssessmentLeaf) != (shown.index == 0):
        raise _fails(5, "wrong-leaf", field, "leaf 0, and no other leaf, is the assessment", shown.index)
    return leaf


def _check_claims(claims: Claims, entry: Entry, assessment: AssessmentLeaf | None, lot: LotLeaf) -> None:
    """The statement's claims about the lot equal the values to which the log committed."""
    figure, leaf = claims.figure, assessment or lot
    claimed = (
        ("digest", claims.digest, entry.digest.hex()), ("lot", claims.lot, lot.lot),
        ("product", claims.product, lot.product), ("quantity", claims.quantity, lot.quantity),
        ("method", claims.method, lot.method), ("method", claims.method, leaf.method),
        ("plugin", claims.plugin, lot.plugin), ("plugin", claims.plugin, leaf.plugin),
        ("figure.burdens", figure.burdens, lot.burdens), ("figure.contents", figure.contents, lot.contents),
    )
    for field, stated, committed in claimed:
        if stated != committed:
            raise _fails(5, "wrong-claim", f"claims.{field}",
                         f"the statement says {stated}, but the log committed to {committed}", stated)


def _path(path: Sequence[str], field: str) -> list[bytes]:
    return [_bytes(node, field) for node in path]


def _bytes(text: str, field: str) -> bytes:
    try:
        return decode_base64(text, field)
    except InvalidNote as error:
        raise malformed(field, error.message, text) from None


def _fails(step: int, code: str, field: str, message: str, value: object = None) -> VerificationError:
    return VerificationError(message, step=step, code=code, field=field, value=value)

"""A statement checked against the log's key, offline: steps 1 to 5. Step 6, in `ledger.footprint.derived.statements`,
checks what a figure is made of; step 7, in `ledger.client.verify.statement_bodies`, whether the bodies give the same.

1. the statement is well-formed; 2. its claims are signed by the log; 3. the checkpoint is signed by the log, of the
size and root that are stated; 4. every entry is in that tree; 5. every result is in its entry's outcome or, where a
later record revised it, in the outcome to which that record's own entry commits; and it says what the statement says.
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
from ledger.errors import InvalidNote, VerificationError

STEPS: Final = (
    "the statement is well-formed",
    "its claims are signed by the log",
    "the checkpoint is signed by the log, of the size and root stated",
    "every entry is in that tree",
    "every result is in its entry's outcome, and is what is stated",
    "the figure recomputes from the record's assessment and the inputs' figures",
    "the bodies give the same parts, share, assessment and results",
)
_leaf: msgspec.json.Decoder[AnyLeaf] = msgspec.json.Decoder(AnyLeaf)
_canonical = msgspec.json.Encoder(order="sorted")
_generic = msgspec.json.Decoder()


class Proven(NamedTuple):
    """What holds. `entry` is that of the record that made the lot, `outcome` the root of the results of it that count;
    `digest`: SHA-256 of the claims, hex."""

    claims: Claims
    digest: str
    checkpoint: Checkpoint
    entry: Entry
    outcome: bytes
    assessment: AssessmentLeaf
    lot: LotLeaf
    inputs: tuple[LotLeaf, ...]


def verify_statement(statement: Statement, vkey: str, rotations: Sequence[str] = ()) -> Proven:
    """Steps 1 to 5; `rotations`: notes that lead from the key `vkey` to others. Raises VerificationError with the one
    that fails; InvalidNote or VerificationError where these are no keys of a log."""
    keys = LogKeys(vkey, rotations)
    claims, data = canonical_claims(statement)
    _check_form(claims)
    text = note_text(data)
    try:
        signed = verify_note(statement.note, [parse_vkey(keys.vkey_of(statement.note, claims.size))])
    except (InvalidNote, VerificationError) as error:
        raise _fails(2, "wrong-signature", "note", f"the note is not signed by the log: {error.message}",
                     keys.origin) from None
    if signed != text:
        raise _fails(2, "wrong-claims", "claims", "the log signed other claims than these", text.split("\n")[1])
    return prove(claims, keys, text.split("\n")[1])


def prove(claims: Claims, keys: LogKeys, digest: str = "") -> Proven:
    """Steps 1 and 3 to 5, for claims with that SHA-256; whoever makes a statement proves it before it is signed."""
    _check_form(claims)
    if claims.origin != keys.origin:
        raise _fails(2, "wrong-origin", "claims.origin", f"the statement is of the log {claims.origin!r}, the key of "
                     f"{keys.origin!r}", claims.origin)
    checkpoint = _checkpoint(claims, keys)
    entries = _entries(claims, checkpoint)
    outcomes = {one.index: _outcome(i, one, entries) for i, one in enumerate(claims.records)}
    sizes = {one.index: one.leaves for one in claims.records}
    own = outcomes[claims.record], sizes[claims.record]
    assessment = _result("claims.assessment", claims.assessment, *own)
    lot = _result("claims.result", claims.result, *own)
    inputs = [
        _result(f"claims.inputs[{i}].shown", one.shown, outcomes[one.record], sizes[one.record])
        for i, one in enumerate(claims.inputs)
    ]
    if not isinstance(assessment, AssessmentLeaf) or not isinstance(lot, LotLeaf):
        raise _fails(5, "wrong-leaf", "claims.result", "leaf 0 is the assessment, and the lot's is another one")
    lots = tuple([one for one in inputs if isinstance(one, LotLeaf)])
    if len(lots) != len(inputs) or len({one.lot for one in (lot, *lots)}) != len(lots) + 1:
        raise _fails(5, "wrong-leaf", "claims.inputs", "every input is a lot, each another one")
    _check_said(claims, entries[claims.record], assessment, lot)
    return Proven(claims, digest, checkpoint, entries[claims.record], outcomes[claims.record], assessment, lot, lots)


def _check_form(claims: Claims) -> None:
    """What the statement names is in it, each thing once and in log order, and nothing else is."""
    records, entries = [one.index for one in claims.records], [one.index for one in claims.entries]
    for field, found in (("records", records), ("entries", entries)):
        if any(a >= b for a, b in pairwise(found)):
            raise malformed(f"claims.{field}", "each once, in log order", found)
    named = {claims.record, *[one.record for one in claims.inputs]}
    if set(records) != named:
        raise malformed("claims.records", "the records of the lot and of its inputs, and no others", records)
    revising = {one.revision.by for one in claims.records if one.revision is not None}
    if set(entries) != named | revising:
        raise malformed("claims.entries", "the entries of the records and of those that revised them, and no others",
                        entries)
    for i, one in enumerate(claims.inputs):
        if one.record >= claims.record:
            raise malformed(f"claims.inputs[{i}].record", "inputs were there before the record", one.record)
    for i, record in enumerate(claims.records):
        if record.revision is not None and record.revision.by <= record.index:
            raise malformed(f"claims.records[{i}].revision.by", "what revises a record comes after it",
                            record.revision.by)


def _checkpoint(claims: Claims, keys: LogKeys) -> Checkpoint:
    field = "claims.checkpoint"
    try:
        found = keys.opened(claims.checkpoint)
    except (InvalidNote, VerificationError) as error:
        raise _fails(3, "wrong-checkpoint", field, f"the checkpoint is not signed by the log: {error.message}",
                     keys.origin) from None
    if found.size != claims.size:
        raise _fails(3, "wrong-tree", "claims.size", f"the checkpoint is of size {found.size}, not {claims.size}",
                     claims.size)
    if found.root != _bytes(claims.root, "claims.root"):
        raise _fails(3, "wrong-tree", "claims.root", "the checkpoint is of another root", claims.root)
    return found


def _entries(claims: Claims, checkpoint: Checkpoint) -> dict[int, Entry]:
    found = {}
    for i, one in enumerate(claims.entries):
        field = f"claims.entries[{i}]"
        data = _bytes(one.entry, f"{field}.entry")
        try:
            found[one.index] = parse_entry(data)
            verify_inclusion(leaf_hash(data), one.index, checkpoint.size, checkpoint.root,
                             _path(one.path, f"{field}.path"))
        except VerificationError as error:
            if error.code == "malformed-statement":
                raise
            raise _fails(4, "not-included", field, f"entry {one.index} is not in the tree: {error.message}",
                         one.index) from None
    return found


def _outcome(position: int, record: ProvenRecord, entries: Mapping[int, Entry]) -> bytes:
    """The root of the results of a record that count."""
    entry, revision = entries[record.index], record.revision
    if revision is None:
        return entry.outcome
    field = f"claims.records[{position}].revision"
    leaf = _result(f"{field}.shown", revision.shown, entries[revision.by].outcome, revision.size)
    if not isinstance(leaf, RevisionLeaf) or (leaf.index, leaf.record) != (record.index, entry.digest.hex()):
        raise _fails(5, "wrong-revision", field, f"entry {revision.by} is not shown to revise record {record.index}",
                     revision.by)
    try:
        return bytes.fromhex(leaf.outcome)
    except ValueError:
        raise _fails(5, "malformed-leaf", field, "the outcome is not hexadecimal", leaf.outcome) from None


def _result(field: str, shown: ShownRecord, outcome: bytes, size: int) -> AnyLeaf:
    """A leaf that is in the outcome."""
    path = _path(shown.path, f"{field}.path")
    try:
        canonical = _canonical.encode(_generic.decode(shown.leaf))
        leaf = _leaf.decode(canonical)
        verify_inclusion(leaf_hash(canonical), shown.index, size, outcome, path)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _fails(5, "malformed-leaf", field, f"no leaf: {error}") from None
    except VerificationError as error:
        raise _fails(5, "wrong-leaf", field, f"the leaf is not in the outcome: {error.message}", shown.index) from None
    if isinstance(leaf, AssessmentLeaf) != (shown.index == 0):
        raise _fails(5, "wrong-leaf", field, "leaf 0, and no other, is the assessment", shown.index)
    return leaf


def _check_said(claims: Claims, entry: Entry, assessment: AssessmentLeaf, lot: LotLeaf) -> None:
    """That the statement says of the lot what the log committed to."""
    figure = claims.figure
    said = (
        ("digest", claims.digest, entry.digest.hex()), ("lot", claims.lot, lot.lot),
        ("product", claims.product, lot.product), ("quantity", claims.quantity, lot.quantity),
        ("method", claims.method, lot.method), ("method", claims.method, assessment.method),
        ("plugin", claims.plugin, lot.plugin), ("plugin", claims.plugin, assessment.plugin),
        ("figure.burdens", figure.burdens, lot.burdens), ("figure.contents", figure.contents, lot.contents),
    )
    for field, found, committed in said:
        if found != committed:
            raise _fails(5, "wrong-claim", f"claims.{field}",
                         f"the statement says {found}, the log committed to {committed}", found)


def _path(path: Sequence[str], field: str) -> list[bytes]:
    return [_bytes(node, field) for node in path]


def _bytes(text: str, field: str) -> bytes:
    try:
        return decode_base64(text, field)
    except InvalidNote as error:
        raise malformed(field, error.message, text) from None


def _fails(step: int, code: str, field: str, message: str, value: object = None) -> VerificationError:
    return VerificationError(message, step=step, code=code, field=field, value=value)

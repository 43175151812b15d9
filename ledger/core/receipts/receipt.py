"""Receipts: proofs that a record is on the log, and of its figures, in a form that anyone checks offline."""

import base64
from binascii import b2a_base64
from collections.abc import Sequence

import msgspec
from msgspec import Raw, Struct

from ledger.core.log.checkpoint import Checkpoint, open_checkpoint
from ledger.core.log.entry import Entry, parse_entry
from ledger.core.log.inclusion_proof import TlogProof, encode_proof, parse_proof
from ledger.core.log.merkle import all_paths, leaf_hash, verify_inclusion
from ledger.core.log.note import NoteVerifier, parse_vkey
from ledger.core.outcome.leaves import AnyLeaf, AssessmentLeaf, LotLeaf
from ledger.core.record.canonical import digest as record_digest
from ledger.core.record.canonical import encode
from ledger.core.record.values import MAX_FLOWS
from ledger.core.signatures.signing import VerifyingKey, record_message
from ledger.errors import InvalidInput, InvalidNote, VerificationError

_leaf: msgspec.json.Decoder[AnyLeaf] = msgspec.json.Decoder(AnyLeaf)


MAX_SHOWN = 1 + MAX_FLOWS
"""Leaf 0, and a leaf for each lot that a record can make."""


class ProvenLeaf(Struct, frozen=True):
    """A leaf of an outcome tree of `size` leaves, at `index`, with its RFC 6962 `path` (base64 hashes)."""

    leaf: Raw
    index: int
    size: int
    path: list[str]


class Receipt(Struct, frozen=True):
    """`digest` is hex, `entry` base64, `proof` a C2SP tlog-proof against the checkpoint of the record's batch."""

    index: int
    digest: str
    entry: str
    proof: str
    leaves: list[ProvenLeaf] = []


class Verified(Struct, frozen=True):
    """A verified receipt: the entry at `index` of the log at `checkpoint`, and the leaves shown. `checkpoint` is None
    if the log has only promised the entry."""

    index: int
    checkpoint: Checkpoint | None
    entry: Entry
    assessment: AssessmentLeaf | None
    lots: tuple[LotLeaf, ...]

    @property
    def size(self) -> int | None:
        return None if self.checkpoint is None else self.checkpoint.size


def make_receipt(
    proof: TlogProof, digest: bytes, entry: bytes, leaves: Sequence[bytes], shown: Sequence[int] | None = None,
    hashes: Sequence[bytes] = (),
) -> Receipt:
    """The receipt of an entry, from its inclusion proof and the leaves of its outcome. It shows the leaves at `shown`,
    or the first MAX_SHOWN if that is None. `hashes`: of the leaves, if the caller has them. Equal inputs give equal
    receipts."""
    return Receipt(
        proof.index, digest.hex(), base64.b64encode(entry).decode(),
        encode_proof(proof.index, proof.path, proof.checkpoint_note), prove_leaves(leaves, shown, hashes),
    )


def prove_leaves(
    leaves: Sequence[bytes], shown: Sequence[int] | None = None, hashes: Sequence[bytes] = ()
) -> list[ProvenLeaf]:
    """Leaves of an outcome, each with its path: all leaves of a plain record, but only some of a large revision."""
    if len(leaves) == 1:
        return [ProvenLeaf(Raw(leaves[0]), 0, 1, [])]
    paths = all_paths(hashes or [leaf_hash(leaf) for leaf in leaves])
    return [
        ProvenLeaf(Raw(leaves[i]), i, len(leaves), [b2a_base64(node, newline=False).decode() for node in paths[i]])
        for i in (range(min(len(leaves), MAX_SHOWN)) if shown is None else shown)
    ]


def read_receipt(data: bytes) -> Receipt:
    """The receipt in `data`. Raises InvalidInput if it is not a receipt."""
    try:
        return msgspec.json.decode(data, type=Receipt)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        rule = "a receipt as the ledger returns it"
        raise InvalidInput(f"not a receipt: {error}", field="receipt", rule=rule) from None


def verify_receipt(
    receipt: Receipt, vkey: str, *, body: bytes | None = None, key: VerifyingKey | None = None
) -> Verified:
    """Checks a receipt against the log's `vkey`, offline. Raises VerificationError with the step that fails,
    and InvalidNote if `vkey` is not a vkey.

    1. the entry is well-formed and commits to the receipt's digest; 2. the checkpoint is signed by the log; 3. the
    entry is in that checkpoint's tree at its index; 4. every leaf shown is in the entry's outcome; 5. the body, if
    given, has the digest; 6. the key, if given, signed the record.
    """
    verifier = parse_vkey(vkey)
    data, entry = unpacked_entry(receipt.entry, receipt.digest)
    proof = _proof(receipt.proof)
    if proof.index != receipt.index:
        raise VerificationError(f"the proof is for index {proof.index}, not {receipt.index}", step=1,
                                code="wrong-index", field="index", value=receipt.index)
    checkpoint = _checkpoint(proof, verifier)
    _verify_entry(data, proof, checkpoint)
    assessment, lots = verified_leaves(receipt.leaves, entry.outcome)
    check_signed(entry, verifier.name, body, key)
    return Verified(receipt.index, checkpoint, entry, assessment, lots)


def unpacked_entry(encoded: str, digest: str) -> tuple[bytes, Entry]:
    """Step 1: the entry, as bytes and parsed, which must commit to the hex `digest`."""
    data = _base64(encoded, "entry")
    entry = parse_entry(data)
    if entry.digest.hex() != digest:
        raise VerificationError("the entry commits to another digest", step=1, code="wrong-digest", field="digest",
                                value=digest)
    return data, entry


def verified_leaves(shown: Sequence[ProvenLeaf], outcome: bytes) -> tuple[AssessmentLeaf | None, tuple[LotLeaf, ...]]:
    """Step 4: the assessment, if it is shown, and the lots, each proved to be in the outcome."""
    leaves = [_verify_leaf(i, leaf, outcome) for i, leaf in enumerate(shown)]
    assessment = next((leaf for leaf in leaves if isinstance(leaf, AssessmentLeaf)), None)
    return assessment, tuple(leaf for leaf in leaves if isinstance(leaf, LotLeaf))


def check_signed(entry: Entry, origin: str, body: bytes | None, key: VerifyingKey | None) -> None:
    """Steps 5 and 6, for the body and the key, if given."""
    if body is not None and record_digest(body) != entry.digest:
        raise VerificationError("the body has another digest", step=5, code="wrong-body", field="body")
    if key is not None:
        if key.keyid != entry.keyid:
            raise VerificationError("another key signed the record", step=6, code="wrong-key", field="key",
                                    value=key.keyid.hex())
        key.verify(entry.signature, record_message(origin, entry.kind, entry.digest))


def _proof(text: str) -> TlogProof:
    try:
        return parse_proof(text)
    except InvalidNote as error:
        raise VerificationError(
            f"the proof is not a C2SP tlog-proof: {error.message}", code="malformed-receipt", field="proof"
        ) from None


def _checkpoint(proof: TlogProof, verifier: NoteVerifier) -> Checkpoint:
    try:
        return open_checkpoint(proof.checkpoint_note, verifier.name, verifier)
    except VerificationError as error:
        raise VerificationError(
            f"the log did not sign the checkpoint: {error.message}", step=2, code="wrong-checkpoint", field="proof",
            value=verifier.name,
        ) from None


def _verify_entry(data: bytes, proof: TlogProof, checkpoint: Checkpoint) -> None:
    try:
        verify_inclusion(leaf_hash(data), proof.index, checkpoint.size, checkpoint.root, proof.path)
    except VerificationError as error:
        raise VerificationError(
            f"the entry is not in the checkpoint's tree: {error.message}", step=3, code="not-included", field="proof",
            value=proof.index,
        ) from None


def _verify_leaf(position: int, shown: ProvenLeaf, outcome: bytes) -> AnyLeaf:
    field = f"leaves[{position}]"
    try:
        # A leaf may have been reformatted on its way; only its canonical bytes count.
        canonical = encode(msgspec.json.decode(shown.leaf))
        leaf = _leaf.decode(canonical)
        path = [_base64(node, f"{field}.path") for node in shown.path]
        verify_inclusion(leaf_hash(canonical), shown.index, shown.size, outcome, path)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise VerificationError(f"{field} is not a leaf: {error}", step=4, code="malformed-leaf", field=field) from None
    except VerificationError as error:
        raise VerificationError(
            f"{field} is not in the entry's outcome: {error.message}", step=4, code="wrong-leaf", field=field
        ) from None
    if isinstance(leaf, AssessmentLeaf) != (shown.index == 0):
        raise VerificationError(
            f"{field} is shown at index {shown.index}: leaf 0, and no other leaf, is the assessment", step=4,
            code="wrong-leaf", field=field, value=shown.index,
        )
    return leaf


def _base64(text: str, field: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = None
    if data is None or base64.b64encode(data).decode() != text:
        raise VerificationError(
            f"{field} is not canonical base64", code="malformed-receipt", field=field, value=text
        )
    return data

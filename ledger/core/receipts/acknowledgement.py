"""The log's promise, before its witnesses have signed, that an entry has its place: a note by the log's key.

    carbon-ledger/receipt/v1
    origin example.org/ledger
    index 7
    entry <hex, the entry's leaf hash in the tree>
    digest <hex>
    outcome <hex>

It cannot be mistaken for a checkpoint: the second line of a checkpoint is a decimal number. If the log never publishes
such an entry, its own signature proves the breach. The receipt, with the proof that the entry is in a published tree,
follows later.
"""

import base64
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from ledger.core.log.entry import parse_entry
from ledger.core.log.merkle import leaf_hash
from ledger.core.log.note import NoteSigner, NoteVerifier, parse_vkey, sign_note, verify_note
from ledger.core.receipts.receipt import (
    ProvenLeaf,
    Receipt,
    Verified,
    check_signed,
    prove_leaves,
    read_receipt,
    unpacked_entry,
    verified_leaves,
    verify_receipt,
)
from ledger.core.signatures.signing import VerifyingKey
from ledger.errors import InvalidNote, VerificationError

TAG = "carbon-ledger/receipt/v1"


class Acknowledgement(Struct, frozen=True):
    """`digest` is hex, `entry` base64, `note` signed by the log; leaves as in a receipt."""

    index: int
    digest: str
    entry: str
    note: str
    leaves: list[ProvenLeaf] = []


class _NoteKind(Struct, frozen=True):
    note: str | None = None


def acknowledgement_text(origin: str, index: int, data: bytes) -> str:
    """The text that the log signs to acknowledge an entry."""
    entry = parse_entry(data)
    return (
        f"{TAG}\norigin {origin}\nindex {index}\nentry {leaf_hash(data).hex()}\ndigest {entry.digest.hex()}\n"
        f"outcome {entry.outcome.hex()}\n"
    )


def acknowledge(
    index: int, data: bytes, leaves: Sequence[bytes], signers: Sequence[NoteSigner], shown: Sequence[int] | None = None
) -> Acknowledgement:
    """The log's promise of an entry; equal inputs give equal bytes."""
    note = sign_note(acknowledgement_text(signers[0].name, index, data), signers)
    return Acknowledgement(
        index, parse_entry(data).digest.hex(), base64.b64encode(data).decode(), note, prove_leaves(leaves, shown)
    )


def read_answer(data: bytes) -> Receipt | Acknowledgement:
    """The receipt or acknowledgement in `data`. Raises InvalidInput if it is neither."""
    try:
        if msgspec.json.decode(data, type=_NoteKind).note is not None:
            return msgspec.json.decode(data, type=Acknowledgement)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    return read_receipt(data)


def verify_answer(
    answer: Receipt | Acknowledgement, vkey: str, *, body: bytes | None = None, key: VerifyingKey | None = None
) -> Verified:
    """`verify_receipt`, or the same steps for an acknowledgement. That has a note instead of a proof, so step 2 checks
    the note, step 3 does not apply, and `size` of the result is None."""
    if isinstance(answer, Receipt):
        return verify_receipt(answer, vkey, body=body, key=key)
    verifier = parse_vkey(vkey)
    data, entry = unpacked_entry(answer.entry, answer.digest)
    _verify_promise(answer, data, verifier)
    assessment, lots = verified_leaves(answer.leaves, entry.outcome)
    check_signed(entry, verifier.name, body, key)
    return Verified(answer.index, None, entry, assessment, lots)


def _verify_promise(answer: Acknowledgement, data: bytes, verifier: NoteVerifier) -> None:
    try:
        text = verify_note(answer.note, [verifier])
    except (VerificationError, InvalidNote) as error:
        raise VerificationError(f"the log did not sign the acknowledgement: {error.message}",
                                step=2, code="wrong-acknowledgement", field="note", value=verifier.name) from None
    if text != acknowledgement_text(verifier.name, answer.index, data):
        raise VerificationError("the log signed an acknowledgement of another entry",
                                step=2, code="wrong-acknowledgement", field="note", value=answer.index)

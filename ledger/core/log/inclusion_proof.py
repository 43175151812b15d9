"""C2SP tlog-proof: index, inclusion path and checkpoint in one text that verifies offline."""

import base64
from binascii import b2a_base64
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.core.log.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, parse_decimal
from ledger.core.log.merkle import HASH_SIZE, MAX_SIZE, verify_inclusion
from ledger.core.log.note import Verifier, decode_base64, parse_note
from ledger.errors import InvalidNote

HEADER = "c2sp.org/tlog-proof@v1"
MAX_PATH = 63
"""Hashes on the longest path of a tree of MAX_SIZE."""


@dataclass(frozen=True, slots=True)
class TlogProof:
    """A parsed proof, not verified. No signature ever covers `extra`."""

    index: int
    path: tuple[bytes, ...]
    checkpoint_note: str
    extra: bytes | None = None


def encode_proof(index: int, path: Sequence[bytes], checkpoint_note: str, extra: bytes | None = None) -> str:
    """The text of a proof. The checkpoint goes in verbatim; the caller guarantees that it is one."""
    if not 0 <= index < MAX_SIZE:
        raise InvalidNote("the index of a proof is out of range", field="index", value=index)
    if len(path) > MAX_PATH or not {HASH_SIZE}.issuperset(map(len, path)):
        raise InvalidNote(f"a path has at most {MAX_PATH} hashes of {HASH_SIZE} bytes", field="path")
    if extra is not None and not extra:
        raise InvalidNote("extra data must not be empty: leave it out", field="extra")
    extra_line = "" if extra is None else f"extra {base64.b64encode(extra).decode()}\n"
    hash_lines = b"".join(map(b2a_base64, path)).decode()  # each with its newline
    return f"{HEADER}\n{extra_line}index {index}\n{hash_lines}\n{checkpoint_note}"


def parse_proof(text: str) -> TlogProof:
    """The parts of a proof, checked for form alone, down to the checkpoint and its signature lines."""
    head, separator, checkpoint_note = text.partition("\n\n")
    if not separator:
        raise InvalidNote("the proof has no empty line before its checkpoint")
    header, *lines = head.split("\n")
    if header != HEADER:
        raise InvalidNote(f"the proof does not begin with the line {HEADER}", value=header)
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = decode_base64(lines.pop(0).removeprefix("extra "), "the extra data of a proof")
        if not extra:
            raise InvalidNote("extra data must not be empty: leave it out", field="extra")
    if not lines or not lines[0].startswith("index "):
        raise InvalidNote("the index line of the proof is missing or out of place")
    index = parse_decimal(lines.pop(0).removeprefix("index "), "index")
    if len(lines) > MAX_PATH:
        raise InvalidNote(f"a path has at most {MAX_PATH} hashes, not {len(lines)}", field="path")
    path = tuple(decode_base64(line, "a hash of the path") for line in lines)
    if any(len(node) != HASH_SIZE for node in path):
        raise InvalidNote(f"a hash of the path is not {HASH_SIZE} bytes", field="path")
    parse_checkpoint(parse_note(checkpoint_note).text)
    return TlogProof(index, path, checkpoint_note, extra)


def verify_proof(text: str, leaf_hash: bytes, origin: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint by which the log has committed to the leaf. Raises InvalidNote or VerificationError."""
    # 1. The text is a proof, in its one spelling.
    proof = parse_proof(text)
    # 2. The given key signed the checkpoint, and the checkpoint is of the expected log.
    checkpoint = open_checkpoint(proof.checkpoint_note, origin, verifier)
    # 3. The index lies within the checkpoint's size, and the path has the length that both require.
    # 4. The path leads from the leaf to the checkpoint's root.
    verify_inclusion(leaf_hash, proof.index, checkpoint.size, checkpoint.root, proof.path)
    return checkpoint

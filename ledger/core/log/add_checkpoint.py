"""C2SP tlog-witness: the request `add-checkpoint`, and the rules by which a witness cosigns or declines. No IO.

    old 20852014
    <consistency proof, a base64 hash a line>

    <checkpoint, a signed note>

The statuses follow the specification's newest text: two roots for one size give status 422. Version 1.0.0 had 409,
without a size.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from ledger.core.log.checkpoint import Checkpoint, parse_decimal
from ledger.core.log.merkle import EMPTY_ROOT, HASH_SIZE, verify_consistency
from ledger.core.log.note import NoteVerifier, decode_base64, parse_note, verify_note
from ledger.errors import InvalidNote, VerificationError

MAX_PROOF = 63
"""Hashes on the longest consistency proof."""
SIZE_TYPE: Final = "text/x.tlog.size"
"""Content type of the answer that states the size which the witness has cosigned."""


class AddCheckpoint(NamedTuple):
    """A parsed request, not verified: the client claims that the note's checkpoint extends the one of size `old`."""

    old: int
    proof: tuple[bytes, ...]
    note: str


class Declined(NamedTuple):
    """Why a witness does not cosign. `size`: the size that it has cosigned, if the client asked from another size."""

    status: int
    reason: str
    size: int | None = None


class StatedHead(NamedTuple):
    """The tree head that a note states, not verified."""

    origin: str
    size: int
    root: bytes


def log_id(origin: str) -> str:
    """The SHA-256 of a log's origin, in hex: a witness serves the last checkpoint that it cosigned below this path."""
    return hashlib.sha256(origin.encode()).hexdigest()


def encode_request(request: AddCheckpoint) -> str:
    """The body of a request."""
    lines = "".join(base64.b64encode(node).decode() + "\n" for node in request.proof)
    return f"old {request.old}\n{lines}\n{request.note}"


def parse_request(data: bytes) -> AddCheckpoint:
    """The parts of a request's body; the note is not parsed. Raises InvalidNote."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise InvalidNote("the request is not UTF-8") from error
    head, separator, note = text.partition("\n\n")
    if not separator:
        raise InvalidNote("the request has no empty line before its checkpoint")
    first, *lines = head.split("\n")
    if not first.startswith("old "):
        raise InvalidNote("the request does not begin with the line `old <size>`", value=first)
    if len(lines) > MAX_PROOF:
        raise InvalidNote(f"a proof has at most {MAX_PROOF} hashes, not {len(lines)}", field="proof")
    proof = tuple(decode_base64(line, "a hash of the proof") for line in lines)
    if any(len(node) != HASH_SIZE for node in proof):
        raise InvalidNote(f"a hash of the proof is not {HASH_SIZE} bytes", field="proof")
    return AddCheckpoint(parse_decimal(first.removeprefix("old "), "old size"), proof, note)


def stated(note: str) -> StatedHead:
    """The tree head that a note states, by form alone, with or without extension lines. Raises InvalidNote."""
    lines = parse_note(note).text.split("\n")
    if len(lines) < 4 or not all(lines[:-1]):
        raise InvalidNote("a checkpoint has a line each for origin, size and root, and no extension line is empty")
    root = decode_base64(lines[2], "the root of a checkpoint")
    if len(root) != HASH_SIZE:
        raise InvalidNote(f"the root of a checkpoint is not {HASH_SIZE} bytes", field="root")
    return StatedHead(lines[0], parse_decimal(lines[1], "size"), root)


def judge(
    request: AddCheckpoint, head: StatedHead, logs: Mapping[str, Sequence[NoteVerifier]], latest: Checkpoint | None
) -> Checkpoint | Declined:
    """The checkpoint that a witness may cosign next; the checks follow the order of the specification. `logs`: the keys
    that it trusts, by origin; `latest`: the checkpoint that it cosigned last for this log, or None."""
    keys = logs.get(head.origin)
    if not keys:
        return Declined(404, "this witness does not know a log of this origin")
    try:
        verify_note(request.note, keys, minimum=1)
    except VerificationError as error:
        return Declined(403, error.message)
    if request.old > head.size:
        return Declined(400, f"the old size {request.old} is above the size {head.size} of the checkpoint")
    size = 0 if latest is None else latest.size
    if request.old != size:
        return Declined(409, f"the latest checkpoint here has size {size}", size)
    try:
        checkpoint = Checkpoint(head.origin, head.size, head.root)
        # The first checkpoint needs no proof: everything extends the empty tree.
        verify_consistency(size, head.size, EMPTY_ROOT if latest is None else latest.root, head.root, request.proof)
    except (InvalidNote, VerificationError) as error:
        return Declined(422, error.message)
    return checkpoint


def parse_size(data: bytes, content_type: str) -> int | None:
    """The size in an answer of status 409, or None if it states no size in exactly the specified form."""
    if content_type.partition(";")[0].strip().lower() != SIZE_TYPE or not data.endswith(b"\n") or len(data) > 20:
        return None
    try:
        return parse_decimal(data[:-1].decode("ascii"), "size")
    except (InvalidNote, UnicodeDecodeError):
        return None

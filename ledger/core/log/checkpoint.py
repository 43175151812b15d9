"""C2SP tlog-checkpoint: the signed statement of a log's size and root."""

import base64
import re
from dataclasses import dataclass

from ledger.core.log.merkle import EMPTY_ROOT, HASH_SIZE, MAX_SIZE
from ledger.core.log.note import Signer, Verifier, decode_base64, sign_note, verify_note
from ledger.errors import InvalidNote, VerificationError

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_NOT_ORIGIN = re.compile(r"[\x00-\x1f]")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log `origin` has `size` entries, and `root` is the root over them."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not self.origin or _NOT_ORIGIN.search(self.origin):
            raise InvalidNote("the origin must be one line and not empty", field="origin", value=self.origin)
        if not 0 <= self.size <= MAX_SIZE:
            raise InvalidNote("the size of a checkpoint is out of range", field="size", value=self.size)
        if len(self.root) != HASH_SIZE:
            raise InvalidNote(f"the root of a checkpoint is not {HASH_SIZE} bytes", field="root")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise InvalidNote("the root of size 0 is not the root of the empty tree", field="root")

    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse_checkpoint(text: str, *, extensions: bool = False) -> Checkpoint:
    """The checkpoint that a note's text states. Extension lines are refused, since nobody can audit them. With
    `extensions`, for checkpoints of other logs, they are ignored, but must not be empty."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1]:
        raise InvalidNote("a checkpoint is three lines: origin, size and root")
    if len(lines) > 4 and not (extensions and all(lines[3:-1])):
        raise InvalidNote("a checkpoint is three lines: origin, size and root; this one has more")
    return Checkpoint(lines[0], parse_decimal(lines[1], "size"), decode_base64(lines[2], "the root of a checkpoint"))


def sign_checkpoint(checkpoint: Checkpoint, *signers: Signer) -> str:
    """The checkpoint as a note, signed by these keys of the log; byte for byte the same each time. The name of each key
    is the log's origin."""
    for signer in signers:
        if signer.name != checkpoint.origin:
            raise InvalidNote("a key signs a checkpoint by the name of its origin", field="name", value=signer.name)
    return sign_note(checkpoint.text(), signers)


def open_checkpoint(note_text: str, origin: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint in a note, if `verifier` signed it and it is of the log `origin`."""
    checkpoint = parse_checkpoint(verify_note(note_text, [verifier]))
    if checkpoint.origin != origin:
        raise VerificationError("the checkpoint is of another log", field="origin", value=checkpoint.origin)
    return checkpoint


def parse_decimal(text: str, field: str) -> int:
    """A decimal without sign or leading zeros, at most MAX_SIZE."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_SIZE:
        raise InvalidNote(f"the {field} is not a canonical decimal in range", field=field, value=text)
    return int(text)

"""The keys of a log over time. A rotation is a signed note by which a key that somebody has pinned leads to the next.

Six lines: `carbon-ledger/log-key/v1`, `begin` or `end`, the origin, the old vkey, the new one, and the size of the log
then. The beginning has both signatures: the old key says who follows it, the new one consents. From then on both sign.
The end is signed by the new key; from then on it signs alone, and the old one counts up to that size. Neither can pass
for a checkpoint, which has three lines. The origin never changes.
"""

from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from ledger.core.log.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, parse_decimal
from ledger.core.log.note import NoteSigner, NoteVerifier, parse_note, parse_vkey, sign_note, verify_note
from ledger.errors import InvalidNote, VerificationError

TAG: Final = "carbon-ledger/log-key/v1"


class Rotation(NamedTuple):
    """A step from the key `old` to `new`, both vkeys; `begins`: both sign from `size` entries on, else `new` alone."""

    begins: bool
    origin: str
    old: str
    new: str
    size: int

    def text(self) -> str:
        """What is signed."""
        return f"{TAG}\n{'begin' if self.begins else 'end'}\n{self.origin}\n{self.old}\n{self.new}\n{self.size}\n"


def sign_rotation(rotation: Rotation, *signers: NoteSigner) -> str:
    """The rotation as a note: by both keys where it begins."""
    return sign_note(rotation.text(), signers)


def open_rotation(note: str) -> Rotation:
    """The rotation that a note states, if those sign it who have to. Raises InvalidNote or VerificationError."""
    lines = parse_note(note).text.split("\n")
    if len(lines) != 7 or lines[0] != TAG or lines[1] not in ("begin", "end"):
        raise InvalidNote("not a rotation of a log's key", field="note", rule=f"six lines, the first one {TAG}")
    origin, before, after = lines[2:5]
    found = Rotation(lines[1] == "begin", origin, before, after, parse_decimal(lines[5], "size"))
    old, new = parse_vkey(found.old), parse_vkey(found.new)
    if {old.name, new.name} != {found.origin} or found.old == found.new:
        raise InvalidNote("a rotation leads to another key of the same origin", field="note", value=found.origin)
    verify_note(note, [old, new] if found.begins else [new])
    return found


def check_chain(rotations: Sequence[Rotation]) -> None:
    """Raises VerificationError where these are not one line of keys: each begins, and ends before the next begins."""
    for place, one in enumerate(rotations):
        if one.begins != (place % 2 == 0):
            raise VerificationError("a rotation begins, and ends before the next one begins", code="broken-chain")
    for before, after in pairwise(rotations):
        expected = (before.old, before.new) if before.begins else (before.new, after.new)
        if (after.origin, after.old, after.new) != (before.origin, *expected) or after.size < before.size:
            raise VerificationError("a rotation does not follow the one before it", code="broken-chain",
                                    field="size", value=after.size)


def check_continues(kept: Sequence[str], shown: Sequence[str]) -> None:
    """Raises VerificationError where the notes that are shown do not begin with those that were kept: somebody who has
    a key has made another line of it, or an end is kept back."""
    for place, note in enumerate(kept):
        seen = open_rotation(note)
        if place >= len(shown) or open_rotation(shown[place]) != seen:
            raise VerificationError(
                f"a step of the log's key to {seen.new} at {seen.size} entries was seen before; now it is another one, "
                "or not shown", code="forked-keys", field="log-keys", value=place + 1, rule="a line of keys only grows",
            )


class Rotations(Struct, frozen=True):
    """The rotations of a log as it publishes them below `/log/keys`: the notes, in order. Nothing of it is verified."""

    origin: str
    rotations: list[str]


_rotations = msgspec.json.Decoder(Rotations)


def rotations_in(data: bytes) -> list[str]:
    """The notes in what a log publishes. Raises InvalidNote."""
    try:
        return _rotations.decode(data).rotations
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidNote(f"not the keys of a log: {error}", field="log-keys", rule="as `/log/keys` answers") from None


def rotations_of(keys: "LogKeys") -> bytes:
    """What a log publishes of its keys: `rotations_in` reads it."""
    return msgspec.json.encode(Rotations(keys.origin, list(keys.notes)))


class KeySpan(NamedTuple):
    """A key, and the size up to which it signs; None where it signs on."""

    vkey: str
    verifier: NoteVerifier
    until: int | None


class LogKeys:
    """The keys that one accepts who has pinned one of them, oldest first."""

    def __init__(self, pinned: str, rotations: Sequence[str] = ()) -> None:
        """Raises InvalidNote or VerificationError where the notes are no line of keys, or the pinned one not on it."""
        steps = [open_rotation(note) for note in rotations]
        check_chain(steps)
        line = [steps[0].old, *[step.new for step in steps if step.begins]] if steps else [pinned]
        if pinned not in line:
            raise VerificationError("the rotations do not lead from or to the key that is pinned", code="broken-chain",
                                    field="vkey", value=pinned)
        ends = {step.old: step.size for step in steps if not step.begins}
        self.pinned = pinned
        self.notes = tuple(rotations)
        self.spans = [KeySpan(vkey, parse_vkey(vkey), ends.get(vkey)) for vkey in line]

    @property
    def origin(self) -> str:
        return self.spans[0].verifier.name

    @property
    def signing(self) -> list[str]:
        """The vkeys that sign now: one, or two during an overlap."""
        return [span.vkey for span in self.spans if span.until is None]

    @property
    def led(self) -> str | None:
        """What to tell whoever pinned a key after which another one came; None where none did."""
        newest = self.spans[-1].vkey
        if self.pinned == newest:
            return None
        how = "signs beside it" if self.pinned in self.signing else "signs now"
        return f"the log's key was rotated: signed notes lead from the pinned one to {newest}, which {how}"

    def opened(self, note: str) -> Checkpoint:
        """The checkpoint in a note that one of these keys has signed, in its time. Raises InvalidNote or
        VerificationError."""
        return open_checkpoint(note, self.origin, parse_vkey(self.vkey_of(note)))

    def vkey_of(self, note: str, size: int = 0) -> str:
        """The newest of these keys that has a line on a note and signs at its size: a checkpoint's own, of any other
        note `size`; the pinned key where none has, so that whoever verifies with it finds what is wrong. Verifies
        nothing.

        Raises VerificationError where only keys have signed that had ended before.
        """
        try:
            parsed = parse_note(note)
        except InvalidNote:
            return self.pinned
        with suppress(InvalidNote):
            size = parse_checkpoint(parsed.text, extensions=True).size
        lines = {(line.name, line.key_hash) for line in parsed.signatures}
        signed = [span for span in self.spans if (span.verifier.name, span.verifier.key_hash) in lines]
        for span in reversed(signed):
            if span.until is None or size <= span.until:
                return span.vkey
        if signed:
            raise VerificationError(
                f"a log of {size} entries is vouched for by a key that ended at {signed[-1].until}", code="ended-key",
                field="vkey", value=signed[-1].vkey, rule="after the end of a rotation the new key signs alone",
            )
        return self.pinned

"""The keys of a log over time. A rotation is a signed note that leads clients from a pinned key to the next one.

The note has six lines: `carbon-ledger/log-key/v1`, `begin` or `end`, the origin, the old vkey, the new vkey, and the
size of the log at that moment. Both keys sign the `begin` note: the old key names its successor, the new key consents.
From then on both sign. The new key signs the `end` note; from then on it signs alone, and the old key is valid up to
that size. Neither note can pass for a checkpoint, which has three lines. The origin never changes.
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
    """A step from vkey `old` to vkey `new`. From `size` entries on, both sign if `begins`, else `new` alone."""

    begins: bool
    origin: str
    old: str
    new: str
    size: int

    def text(self) -> str:
        """The text that is signed."""
        return f"{TAG}\n{'begin' if self.begins else 'end'}\n{self.origin}\n{self.old}\n{self.new}\n{self.size}\n"


def sign_rotation(rotation: Rotation, *signers: NoteSigner) -> str:
    """The rotation as a note; both keys sign if it begins."""
    return sign_note(rotation.text(), signers)


def open_rotation(note: str) -> Rotation:
    """The rotation that a note states, if all required keys signed it. Raises InvalidNote or VerificationError."""
    lines = parse_note(note).text.split("\n")
    if len(lines) != 7 or lines[0] != TAG or lines[1] not in ("begin", "end"):
        raise InvalidNote("not a rotation of a log's key", field="note", rule=f"six lines, the first one {TAG}")
    origin, before, after = lines[2:5]
    rotation = Rotation(lines[1] == "begin", origin, before, after, parse_decimal(lines[5], "size"))
    old, new = parse_vkey(rotation.old), parse_vkey(rotation.new)
    if {old.name, new.name} != {rotation.origin} or rotation.old == rotation.new:
        raise InvalidNote("a rotation must lead to another key of the same origin", field="note", value=rotation.origin)
    verify_note(note, [old, new] if rotation.begins else [new])
    return rotation


def check_chain(rotations: Sequence[Rotation]) -> None:
    """Raises VerificationError if the rotations do not form a chain: each begins, and ends before the next begins."""
    for place, rotation in enumerate(rotations):
        if rotation.begins != (place % 2 == 0):
            raise VerificationError("a rotation must begin, and end before the next one begins", code="broken-chain")
    for before, after in pairwise(rotations):
        expected = (before.old, before.new) if before.begins else (before.new, after.new)
        if (after.origin, after.old, after.new) != (before.origin, *expected) or after.size < before.size:
            raise VerificationError("a rotation does not follow the one before it", code="broken-chain",
                                    field="size", value=after.size)


def check_continues(known: Sequence[str], shown: Sequence[str]) -> None:
    """Raises VerificationError if the `shown` notes do not begin with the `known` ones. Then somebody who has a key has
    made another chain of rotations, or withholds the end of one."""
    for place, note in enumerate(known):
        rotation = open_rotation(note)
        if place >= len(shown) or open_rotation(shown[place]) != rotation:
            raise VerificationError(
                f"the rotation of the log's key to {rotation.new} at {rotation.size} entries was seen before; now it "
                "is missing or different", code="forked-keys", field="log-keys", value=place + 1,
                rule="the chain of rotations only grows",
            )


class Rotations(Struct, frozen=True):
    """The rotation notes that a log publishes below `/log/keys`, in order, not verified."""

    origin: str
    rotations: list[str]


_rotations = msgspec.json.Decoder(Rotations)


def rotations_in(data: bytes) -> list[str]:
    """The notes in the list that a log publishes. Raises InvalidNote."""
    try:
        return _rotations.decode(data).rotations
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidNote(f"not the keys of a log: {error}", field="log-keys", rule="JSON as `/log/keys` returns it"
                          ) from None


def rotations_of(keys: "LogKeys") -> bytes:
    """The list of rotations that a log publishes; `rotations_in` reads it."""
    return msgspec.json.encode(Rotations(keys.origin, list(keys.notes)))


class KeySpan(NamedTuple):
    """A key, and the size up to which it signs; None if it has no end."""

    vkey: str
    verifier: NoteVerifier
    until: int | None


class LogKeys:
    """The keys that a client accepts after it has pinned one of them, oldest first."""

    def __init__(self, pinned: str, rotations: Sequence[str] = ()) -> None:
        """Raises InvalidNote or VerificationError if the notes do not form a chain, or `pinned` is not on it."""
        steps = [open_rotation(note) for note in rotations]
        check_chain(steps)
        chain = [steps[0].old, *[step.new for step in steps if step.begins]] if steps else [pinned]
        if pinned not in chain:
            raise VerificationError("the rotations do not lead from or to the pinned key", code="broken-chain",
                                    field="vkey", value=pinned)
        ends = {step.old: step.size for step in steps if not step.begins}
        self.pinned = pinned
        self.notes = tuple(rotations)
        self.spans = [KeySpan(vkey, parse_vkey(vkey), ends.get(vkey)) for vkey in chain]

    @property
    def origin(self) -> str:
        return self.spans[0].verifier.name

    @property
    def signing(self) -> list[str]:
        """The vkeys that sign now: two during an overlap, else a single one."""
        return [span.vkey for span in self.spans if span.until is None]

    @property
    def led(self) -> str | None:
        """A message for clients that pinned a key which has a successor; None if it has no successor."""
        newest = self.spans[-1].vkey
        if self.pinned == newest:
            return None
        how = "signs together with it" if self.pinned in self.signing else "signs now"
        return f"the log's key was rotated: signed notes lead from the pinned one to {newest}, which {how}"

    def opened(self, note: str) -> Checkpoint:
        """The checkpoint in a note that one of these keys signed while it was valid. Raises InvalidNote or
        VerificationError."""
        return open_checkpoint(note, self.origin, parse_vkey(self.vkey_of(note)))

    def vkey_of(self, note: str, size: int = 0) -> str:
        """The newest of these keys that has a line on the note and is valid at its size: the checkpoint's own size, or
        `size` for any other note. If no key has a line, the pinned key, so that verifying with it reports the fault.
        This verifies no signature.

        Raises VerificationError if only keys signed that had ended before.
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
                f"the key that signed for a log of {size} entries ended at {signed[-1].until} entries",
                code="ended-key", field="vkey", value=signed[-1].vkey,
                rule="after the end of a rotation the new key signs alone",
            )
        return self.pinned

"""Rotations of a log's key: who pinned one key accepts the others of its line, each up to its end, and nothing else."""

from itertools import pairwise

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.raising import raised

from ledger.core.log.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, sign_checkpoint
from ledger.core.log.key_rotation import (
    TAG,
    LogKeys,
    Rotation,
    Rotations,
    check_continues,
    open_rotation,
    rotations_in,
    sign_rotation,
)
from ledger.core.log.note import NoteSigner, parse_note, parse_vkey, sign_note, vkey
from ledger.errors import InvalidNote, LedgerError, VerificationError

ORIGIN = "example.org/log"
A, B, C, THIEF = (NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([i]) * 32)) for i in range(1, 5))


def name(signer: NoteSigner) -> str:
    return vkey(signer.name, signer.verifier.key)


def step(begins: bool, old: NoteSigner, new: NoteSigner, size: int, *signers: NoteSigner) -> str:
    rotation = Rotation(begins, ORIGIN, name(old), name(new), size)
    return sign_rotation(rotation, *(signers or ((old, new) if begins else (new,))))


CHAIN = [step(True, A, B, 10), step(False, A, B, 20), step(True, B, C, 30), step(False, B, C, 30)]


def head(size: int, *signers: NoteSigner) -> str:
    return sign_checkpoint(Checkpoint(ORIGIN, size, bytes([size % 256]) * 32), *signers)


def opened(keys: LogKeys, note: str) -> int:
    return open_checkpoint(note, ORIGIN, parse_vkey(keys.vkey_of(note))).size


def test_a_note_is_read_as_it_was_signed() -> None:
    assert open_rotation(CHAIN[0]) == Rotation(True, ORIGIN, name(A), name(B), 10)
    assert open_rotation(CHAIN[1]) == Rotation(False, ORIGIN, name(A), name(B), 20)
    assert parse_note(CHAIN[0]).text.startswith(f"{TAG}\nbegin\n{ORIGIN}\n")


@pytest.mark.parametrize("pinned", [A, B, C])
def test_whoever_pinned_one_key_follows_to_all(pinned: NoteSigner) -> None:
    keys = LogKeys(name(pinned), CHAIN)
    assert (keys.origin, keys.signing) == (ORIGIN, [name(C)])
    for size, signers in ((5, [A]), (15, [A, B]), (20, [A]), (25, [B]), (30, [B]), (31, [C]), (40, [C])):
        assert opened(keys, head(size, *signers)) == size


@pytest.mark.parametrize(("count", "signing"), [(0, [A]), (1, [A, B]), (2, [B]), (3, [B, C]), (4, [C])])
def test_which_keys_sign_at_each_step(count: int, signing: list[NoteSigner]) -> None:
    assert LogKeys(name(signing[0]), CHAIN[:count]).signing == [name(signer) for signer in signing]


@pytest.mark.parametrize(("size", "signer"), [(21, A), (31, B), (250, A)])
def test_a_key_that_has_ended_signs_no_later_head(size: int, signer: NoteSigner) -> None:
    with pytest.raises(VerificationError, match="entries ended at") as caught:
        opened(LogKeys(name(A), CHAIN), head(size, signer))
    assert caught.value.code == "ended-key"


def test_another_key_is_not_accepted() -> None:
    for pinned in (A, B, C):
        raised(VerificationError, opened, LogKeys(name(pinned), CHAIN), head(5, THIEF))


def test_a_line_of_a_known_key_has_to_hold() -> None:
    """The newest key of a note decides, so a spoiled line of it is not passed over for an older one."""
    first, second = head(15, A, B).splitlines()[-2:]
    other = head(16, A, B)
    spoiled = other.replace(other.splitlines()[-1], second)
    assert first != second
    raised(VerificationError, opened, LogKeys(name(A), CHAIN), spoiled)


def test_without_the_chain_the_pinned_key_alone_counts() -> None:
    keys = LogKeys(name(A))
    assert opened(keys, head(15, A, B)) == 15
    raised(VerificationError, opened, keys, head(25, B))


@pytest.mark.parametrize("signers", [(A,), (B,), (A, THIEF), (THIEF, B)])
def test_a_beginning_needs_both_signatures(signers: tuple[NoteSigner, ...]) -> None:
    raised(VerificationError, open_rotation, step(True, A, B, 10, *signers))


@pytest.mark.parametrize("signers", [(A,), (THIEF,)])
def test_an_end_needs_the_new_key(signers: tuple[NoteSigner, ...]) -> None:
    """Whoever has the old key alone cannot end, or put off, its own end."""
    raised(VerificationError, open_rotation, step(False, A, B, 20, *signers))


@pytest.mark.parametrize("notes", [
    CHAIN[1:], CHAIN[:1] + CHAIN[2:], [CHAIN[0], CHAIN[0]], [*CHAIN[:2], CHAIN[0]], list(reversed(CHAIN)),
    [CHAIN[0], step(False, A, C, 20)], [CHAIN[0], step(False, A, B, 9)], [*CHAIN[:2], step(True, A, C, 30)],
    [*CHAIN[:2], step(True, B, C, 19)],
], ids=range(9))
def test_notes_that_are_no_line(notes: list[str]) -> None:
    assert raised(VerificationError, LogKeys, name(A), notes).code == "broken-chain"


@pytest.mark.parametrize("kept", range(5))
@pytest.mark.parametrize("shown", range(5))
def test_a_line_that_was_seen_goes_on(kept: int, shown: int) -> None:
    if shown >= kept:
        check_continues(CHAIN[:kept], CHAIN[:shown])
        return
    assert raised(VerificationError, check_continues, CHAIN[:kept], CHAIN[:shown]).code == "forked-keys"


def test_another_line_than_was_seen() -> None:
    """Both hold by themselves: who has seen one of them does not follow the other."""
    for other in ([step(True, A, C, 10)], [step(True, A, B, 11)], [*CHAIN[:1], step(False, A, B, 21)]):
        LogKeys(name(A), other)
        assert raised(VerificationError, check_continues, CHAIN[:2], [*other, *CHAIN[:1]][:2]).code == "forked-keys"


def test_signature_lines_of_others_make_no_other_step() -> None:
    check_continues(CHAIN[:1], [sign_note(parse_note(CHAIN[0]).text, [A, B, NoteSigner("w.example", C._key)])])


@pytest.mark.parametrize(("pinned", "count", "says"), [
    (A, 0, None), (B, 1, None), (A, 1, "signs together with it"), (A, 2, "signs now"), (B, 3, "signs together with it"),
    (A, 3, "signs now"), (C, 4, None), (B, 4, "signs now"),
])
def test_whoever_pinned_an_older_key_is_told(pinned: NoteSigner, count: int, says: str | None) -> None:
    led = LogKeys(name(pinned), CHAIN[:count]).led
    assert (led is None) == (says is None)
    if led is not None and says is not None:
        assert says in led
        assert name(B if count < 3 else C) in led


@pytest.mark.parametrize(("size", "holds"), [(20, True), (21, False)])
def test_a_key_that_has_ended_vouches_for_nothing_later(size: int, holds: bool) -> None:
    """Of a note that is no checkpoint, whoever reads it says at which size it was signed."""
    promise, keys = sign_note("a promise\n", [A]), LogKeys(name(A), CHAIN)
    if holds:
        assert keys.vkey_of(promise, size) == name(A)
        return
    assert raised(VerificationError, keys.vkey_of, promise, size).code == "ended-key"


def test_a_line_that_does_not_have_the_pinned_key() -> None:
    assert "do not lead" in str(raised(VerificationError, LogKeys, name(THIEF), CHAIN))


def signed(text: str) -> str:
    return sign_note(text, [A, B])


GOOD = Rotation(True, ORIGIN, name(A), name(B), 10).text()


@pytest.mark.parametrize("text", [
    GOOD.replace(TAG, "carbon-ledger/log-key/v2"), GOOD.replace("begin", "start"), GOOD + "more\n",
    GOOD.replace("\n10\n", "\n010\n"), GOOD.replace("\n10\n", "\n-1\n"), GOOD.replace(f"\n{ORIGIN}\n", "\nother\n"),
    GOOD.replace(name(B), name(A)), GOOD.replace(name(B), "nothing"), head(1, A).partition("\n\n")[0] + "\n",
], ids=range(9))
def test_texts_that_are_no_rotation(text: str) -> None:
    raised(InvalidNote, open_rotation, signed(text))


def test_a_rotation_is_no_checkpoint() -> None:
    for note in CHAIN:
        raised(InvalidNote, parse_checkpoint, parse_note(note).text)


def test_what_is_published_is_read_back() -> None:
    assert rotations_in(msgspec.json.encode(Rotations(ORIGIN, CHAIN))) == CHAIN
    for data in (b"", b"[]", b"{}", b'{"origin": 1, "rotations": []}', b"\xff", b"[" * 100_000):
        raised(LedgerError, rotations_in, data)


def test_each_step_of_the_chain_is_needed() -> None:
    """Taking any one out, or swapping two, leaves no line."""
    for gone in range(3):
        raised(VerificationError, LogKeys, name(C), CHAIN[:gone] + CHAIN[gone + 1:])
    for i, j in pairwise(range(4)):
        swapped = [*CHAIN]
        swapped[i], swapped[j] = swapped[j], swapped[i]
        raised(VerificationError, LogKeys, name(C), swapped)

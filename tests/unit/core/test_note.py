"""Signed notes and checkpoints: what holds, and what is malformed."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.raising import raised

from ledger.core.log.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, parse_decimal, sign_checkpoint
from ledger.core.log.merkle import EMPTY_ROOT, MAX_SIZE
from ledger.core.log.note import (
    MAX_NOTE_LENGTH,
    NoteSigner,
    NoteVerifier,
    Verifier,
    decode_base64,
    parse_note,
    parse_vkey,
    sign_note,
    verify_note,
    vkey,
)
from ledger.errors import InvalidNote, VerificationError

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "c2sp.json").read_text())
GO = VECTORS["goNote"]
TEXT = "one\ntwo\n"


def signer(name: str, seed: int = 1) -> NoteSigner:
    return NoteSigner(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


ALICE, BOB, CAROL = signer("alice.example", 1), signer("bob.example", 2), signer("carol.example", 3)
LINE = sign_note(TEXT, [ALICE]).removeprefix(TEXT + "\n")


def test_published_signed_note() -> None:
    case = VECTORS["signedNote"]
    note = parse_note(case["note"])
    assert note.text == case["text"]
    (line,) = note.signatures
    assert (line.name, line.key_hash.hex(), len(line.signature)) == (case["name"], case["keyHash"], 64)


def test_published_key_signs_the_published_note() -> None:
    peter = NoteSigner(GO["name"], Ed25519PrivateKey.from_private_bytes(base64.b64decode(GO["seed"])))
    assert (vkey(GO["name"], peter.verifier.key), sign_note(GO["text"], [peter])) == (GO["vkey"], GO["note"])


def test_published_vkey_verifies_the_published_note() -> None:
    verifier = parse_vkey(GO["vkey"])
    assert (verifier.name, verifier.key_hash.hex()) == ("PeterNeumann", "c74f20a3")
    assert (vkey(verifier.name, verifier.key), verify_note(GO["note"], [verifier])) == (GO["vkey"], GO["text"])


def test_a_note_by_several_reads_back_and_is_deterministic() -> None:
    note = sign_note(TEXT, [ALICE, BOB])
    assert note == sign_note(TEXT, [ALICE, BOB])
    parsed = parse_note(note)
    assert parsed.text == TEXT
    assert [(line.name, line.key_hash) for line in parsed.signatures] == [
        (ALICE.name, ALICE.key_hash),
        (BOB.name, BOB.key_hash),
    ]
    assert verify_note(note, [ALICE.verifier, BOB.verifier]) == TEXT


@pytest.mark.parametrize("text", ["\n", "\n\n", "a\n\nb\n", "a\n\n", "— alice.example AAAA\n", "è 碳\x7f\n"])
def test_texts_that_look_odd_read_back(text: str) -> None:
    assert verify_note(sign_note(text, [ALICE]), [ALICE.verifier]) == text


# Who must have signed


def test_by_default_each_known_key_must_have_signed() -> None:
    note = sign_note(TEXT, [ALICE, BOB])
    assert "by 2 known keys, but 3 are required" in str(raised(
        VerificationError, verify_note, note, [ALICE.verifier, BOB.verifier, CAROL.verifier]
    ))


def test_a_minimum_of_the_known_keys_can_be_asked_for() -> None:
    verifiers: list[Verifier] = [ALICE.verifier, BOB.verifier, CAROL.verifier]
    note = sign_note(TEXT, [ALICE, BOB])
    assert (verify_note(note, verifiers, minimum=1), verify_note(note, verifiers, minimum=2)) == (TEXT, TEXT)
    assert "by 2 known keys, but 3 are required" in str(raised(
        VerificationError, verify_note, note, verifiers, minimum=3
    ))


def test_one_key_counts_once_however_often_it_signs() -> None:
    note = sign_note(TEXT, [ALICE, ALICE])
    assert verify_note(note, [ALICE.verifier]) == TEXT
    assert "by 1 known keys, but 2 are required" in str(raised(
        VerificationError, verify_note, note, [ALICE.verifier, BOB.verifier], minimum=2
    ))


@pytest.mark.parametrize("minimum", [0, -1, 2])
def test_a_minimum_that_cannot_be_meant_is_refused(minimum: int) -> None:
    assert "cannot be required of 1 known keys" in str(raised(
        VerificationError, verify_note, sign_note(TEXT, [ALICE]), [ALICE.verifier], minimum=minimum
    ))


def test_without_known_keys_nothing_is_verified() -> None:
    assert "cannot be required of 0 known keys" in str(raised(
        VerificationError, verify_note, sign_note(TEXT, [ALICE]), []
    ))


def test_known_keys_that_cannot_be_told_apart_are_refused() -> None:
    assert "share name and key hash" in str(raised(
        VerificationError, verify_note, sign_note(TEXT, [ALICE]), [ALICE.verifier, ALICE.verifier]
    ))


def test_lines_of_unknown_keys_are_ignored_even_with_a_known_name_or_hash() -> None:
    junk = base64.b64encode(b"\0\0\0\0x").decode()
    same_hash = base64.b64encode(ALICE.key_hash + b"x" * 64).decode()
    note = f"{TEXT}\n— {ALICE.name} {junk}\n— other.example {same_hash}\n{LINE}"
    assert verify_note(note, [ALICE.verifier]) == TEXT
    assert "by 0 known keys" in str(raised(VerificationError, verify_note, note.removesuffix(LINE), [ALICE.verifier]))


def test_a_bad_signature_by_a_known_key_refuses_the_note_even_beside_good_ones() -> None:
    for length in (1, 63, 64, 65):
        bad = base64.b64encode(BOB.key_hash + b"x" * length).decode()
        for note in (f"{TEXT}\n{LINE}— {BOB.name} {bad}\n", f"{TEXT}\n— {BOB.name} {bad}\n{LINE}"):
            with pytest.raises(VerificationError, match=r"signature by bob\.example does not hold"):
                verify_note(note, [ALICE.verifier, BOB.verifier], minimum=1)


def test_a_note_does_not_verify_when_any_bit_of_text_or_signature_changes() -> None:
    for position in range(len(TEXT) - 1):
        for bit in range(7):
            changed = TEXT[:position] + chr(ord(TEXT[position]) ^ 1 << bit) + TEXT[position + 1 :]
            raised((VerificationError, InvalidNote), verify_note, f"{changed}\n{LINE}", [ALICE.verifier])
    line = parse_note(f"{TEXT}\n{LINE}").signatures[0]
    number = int.from_bytes(line.signature, "big")
    for bit in range(8 * 64):
        changed_bytes = line.key_hash + (number ^ 1 << bit).to_bytes(64, "big")
        assert "does not hold" in str(raised(
            VerificationError, verify_note, f"{TEXT}\n— {ALICE.name} {base64.b64encode(changed_bytes).decode()}\n",
            [ALICE.verifier],
        ))


# Form


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        ("", "empty line between"),
        (TEXT, "empty line between"),
        (TEXT + LINE, "empty line between"),
        (f"{TEXT}\n", "ends in a signature line"),
        (f"{TEXT}\n{LINE[:-1]}", "ends in a signature line"),
        (f"{TEXT}\n{LINE}\n", "ends in a signature line"),
        (f"{TEXT}\n{LINE}\n\n", "ends in a signature line"),
        (f"{TEXT}\n{LINE}x\n", "em dash"),
        (f"{TEXT}\n{LINE.replace('—', '-')}", "em dash"),
        (f"{TEXT}\n{LINE.replace('— ', '—')}", "em dash"),
        (f"{TEXT}\n {LINE}", "em dash"),
        (f"{TEXT}\n{LINE.replace('— ', '—  ')}", "key name"),
        (f"{TEXT}\n{LINE.replace('alice', 'al+ice')}", "key name"),
        (f"{TEXT}\n— al\u00a0ice AAAAAAAA\n", "key name"),
        (f"{TEXT}\n— al\u2028ice AAAAAAAA\n", "key name"),
        (f"{TEXT}\n{LINE.replace('alice.example ', 'alice.example  ')}", "base64"),
        (f"{TEXT}\n— alice.example\n", "has no signature"),
        (f"{TEXT}\n— alice.example \n", "has no signature"),
        (f"{TEXT}\n— alice.example AAAAAA==\n", "has no signature"),
        (f"{TEXT}\n{LINE[:-1]} \n", "base64"),
        (f"{TEXT}\n{LINE[:-1]} comment\n", "base64"),
        (f"{TEXT}\n{LINE.replace('=', '')}", "base64"),
        (f"{TEXT}\n— alice.example AAAAAAA_\n", "base64"),
        (f"{TEXT}\n— alice.example AAAAAAB=\n", "not the canonical base64"),
        (f"{TEXT}\n— alice.example AAAAAAé=\n", "base64"),
        (f"{TEXT}\r\n{LINE}", "control"),
        (f"{TEXT}\t\n\n{LINE}", "control"),
        (f"a\0b\n\n{LINE}", "control"),
        (f"{TEXT}\n{LINE[:-1]}\x1b\n", "control"),
        (f"\ud800\n\n{LINE}", "UTF-8"),
        (f"{TEXT}\n{LINE * 101}", "at most 100 signatures"),
        ("x" * MAX_NOTE_LENGTH + f"\n\n{LINE}", "longer than"),
    ],
)
def test_what_is_no_note_is_refused(note: str, reason: str) -> None:
    with pytest.raises(InvalidNote, match=reason):
        parse_note(note)
    with pytest.raises(InvalidNote, match=reason):
        verify_note(note, [ALICE.verifier])


def test_a_hundred_signatures_are_read() -> None:
    assert len(parse_note(f"{TEXT}\n{LINE * 100}").signatures) == 100


@pytest.mark.parametrize("text", ["", "no newline", "a\tb\n", "a\r\n", "\ud800\n", "a\n\nb"])
def test_what_cannot_be_a_note_s_text_is_not_signed(text: str) -> None:
    raised(InvalidNote, sign_note, text, [ALICE])


@pytest.mark.parametrize("count", [0, 101])
def test_a_note_is_signed_by_one_to_a_hundred(count: int) -> None:
    assert "1 to 100 signatures" in str(raised(InvalidNote, sign_note, TEXT, [ALICE] * count))


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\tb", "a\u3000b", "a\x01b", "a\ud800"])
def test_what_is_no_key_name_is_refused(name: str) -> None:
    raised(InvalidNote, signer, name)
    raised(InvalidNote, NoteVerifier, name, ALICE.verifier.key)
    raised(InvalidNote, vkey, name, ALICE.verifier.key)


NAME, HASH, KEY = GO["vkey"].split("+", 2)
RAW = base64.b64decode(KEY)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "name[+]hash[+]key"),
        (NAME, "name[+]hash[+]key"),
        (f"{NAME}+{HASH}", "name[+]hash[+]key"),
        (f"{NAME}+{HASH}+", "name[+]hash[+]key"),
        (f"+{HASH}+{KEY}", "name[+]hash[+]key"),
        (f"{NAME}+{HASH.upper()}+{KEY}", "name[+]hash[+]key"),
        (f"{NAME}+{HASH[1:]}+{KEY}", "name[+]hash[+]key"),
        (f"{NAME}+0{HASH}+{KEY}", "name[+]hash[+]key"),
        (f"{NAME}+{HASH}+{KEY}\n", "name[+]hash[+]key"),
        (f"{NAME}+{HASH}+{KEY} ", "base64"),
        (f"{NAME}+{HASH}+{KEY}=", "base64"),
        (f"{NAME}+{HASH}+{KEY[:-1]}", "base64"),
        (f"{NAME}+00000000+{KEY}", "hash is not the hash of its name"),
        (f"other+{HASH}+{KEY}", "hash is not the hash of its name"),
        (f"a b+{HASH}+{KEY}", "key name"),
        (f"{NAME}+{HASH}+{base64.b64encode(bytes([4]) + RAW[1:]).decode()}", "not of type Ed25519"),
        (f"{NAME}+{HASH}+{base64.b64encode(RAW[:-1]).decode()}", "does not hold an Ed25519 key"),
        (f"{NAME}+{HASH}+{base64.b64encode(RAW + b'x').decode()}", "does not hold an Ed25519 key"),
        (f"{NAME}+{HASH}+AQ==", "does not hold an Ed25519 key"),
        (f"{NAME}+{HASH}+{KEY[:-1]}X", "hash is not the hash of its name"),
    ],
)
def test_what_is_no_vkey_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidNote, match=reason) as caught:
        parse_vkey(text)
    assert caught.value.field == ("name" if reason == "key name" else "vkey")
    assert caught.value.rule


@pytest.mark.parametrize("text", ["A", "AA", "AA=", "AB==", "AAB=", "AA==\n", " AA==", "AA==AA==", "-_8=", "é"])
def test_base64_has_one_spelling(text: str) -> None:
    assert "it is" in str(raised(InvalidNote, decode_base64, text, "it"))


ORIGIN = "log.example/main"
LOG = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\1" * 32))
WITNESS = NoteSigner("witness.example", Ed25519PrivateKey.from_private_bytes(b"\2" * 32))
ROOT = bytes(range(32))
ENCODED = base64.b64encode(ROOT).decode()
CHECKPOINT = Checkpoint(ORIGIN, 42, ROOT)


def test_published_checkpoint() -> None:
    case = VECTORS["checkpoint"]
    note = parse_note(case["note"])
    checkpoint = parse_checkpoint(note.text)
    assert checkpoint == Checkpoint(case["origin"], case["size"], base64.b64decode(case["root"]))
    assert checkpoint.text() == note.text
    assert [line.name for line in note.signatures] == [case["origin"], "witness.example.com/w1"]


def test_a_checkpoint_that_a_public_log_signed() -> None:
    case = VECTORS["goChecksumDatabase"]
    checkpoint = open_checkpoint(case["note"], case["origin"], parse_vkey(case["vkey"]))
    assert checkpoint.size == VECTORS["checkpoint"]["size"]
    assert "does not hold" in str(raised(
        VerificationError, open_checkpoint, case["note"].replace("20852163", "20852164"), case["origin"],
        parse_vkey(case["vkey"]),
    ))


def test_signing_is_deterministic_and_opens() -> None:
    note = sign_checkpoint(CHECKPOINT, LOG)
    assert note == sign_checkpoint(CHECKPOINT, LOG)
    assert note.startswith(f"{ORIGIN}\n42\n{ENCODED}\n\n— {ORIGIN} ")
    assert open_checkpoint(note, ORIGIN, LOG.verifier) == CHECKPOINT


def test_other_signatures_do_not_matter() -> None:
    assert open_checkpoint(sign_note(CHECKPOINT.text(), [WITNESS, LOG]), ORIGIN, LOG.verifier) == CHECKPOINT


@pytest.mark.parametrize("checkpoint", [Checkpoint(ORIGIN, 0, EMPTY_ROOT), Checkpoint(ORIGIN, MAX_SIZE, ROOT)])
def test_the_smallest_and_the_largest_read_back(checkpoint: Checkpoint) -> None:
    assert parse_checkpoint(checkpoint.text()) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"{ORIGIN}\n42\n{ENCODED}",
        f"{ORIGIN}\n42\n",
        f"{ORIGIN}\n42\n\n",
        f"{ORIGIN}\n42\n{ENCODED}\n\n",
        f"{ORIGIN}\n42\n{ENCODED}\nextension\n",
        f"\n42\n{ENCODED}\n",
        f"{ORIGIN}\r\n42\n{ENCODED}\n",
        f"{ORIGIN}\n\n{ENCODED}\n",
        f"{ORIGIN}\n042\n{ENCODED}\n",
        f"{ORIGIN}\n00\n{ENCODED}\n",
        f"{ORIGIN}\n+42\n{ENCODED}\n",
        f"{ORIGIN}\n-1\n{ENCODED}\n",
        f"{ORIGIN}\n 42\n{ENCODED}\n",
        f"{ORIGIN}\n4_2\n{ENCODED}\n",
        f"{ORIGIN}\n0x2a\n{ENCODED}\n",
        f"{ORIGIN}\n٤٢\n{ENCODED}\n",
        f"{ORIGIN}\n{MAX_SIZE + 1}\n{ENCODED}\n",
        f"{ORIGIN}\n{'9' * 5000}\n{ENCODED}\n",
        f"{ORIGIN}\n42\n{ENCODED} \n",
        f"{ORIGIN}\n42\n{ENCODED[:-1]}\n",
        f"{ORIGIN}\n42\n{ROOT.hex()}\n",
        f"{ORIGIN}\n42\n{base64.b64encode(ROOT[1:]).decode()}\n",
        f"{ORIGIN}\n42\n{base64.b64encode(ROOT + ROOT).decode()}\n",
        f"{ORIGIN}\n42\n{ENCODED[:-2]}9=\n",
        f"{ORIGIN}\n0\n{ENCODED}\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    raised(InvalidNote, parse_checkpoint, text)


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [
        ("", 1, ROOT),
        ("a\nb", 1, ROOT),
        ("a\tb", 1, ROOT),
        (ORIGIN, -1, ROOT),
        (ORIGIN, MAX_SIZE + 1, ROOT),
        (ORIGIN, 1, ROOT[1:]),
        (ORIGIN, 0, ROOT),
    ],
)
def test_what_cannot_be_stated_is_refused(origin: str, size: int, root: bytes) -> None:
    raised(InvalidNote, Checkpoint, origin, size, root)


def test_a_log_signs_by_the_name_of_its_origin() -> None:
    assert "by the name of its origin" in str(raised(InvalidNote, sign_checkpoint, CHECKPOINT, WITNESS))


def test_a_checkpoint_without_the_log_s_signature_is_refused() -> None:
    assert "by 0 known keys" in str(raised(
        VerificationError, open_checkpoint, sign_note(CHECKPOINT.text(), [WITNESS]), ORIGIN, LOG.verifier
    ))


def test_another_log_s_checkpoint_is_refused_even_by_the_same_key() -> None:
    note = sign_note(Checkpoint("log.example/other", 42, ROOT).text(), [LOG])
    assert "of another log" in str(raised(VerificationError, open_checkpoint, note, ORIGIN, LOG.verifier))


def test_a_signed_note_that_is_no_checkpoint_is_refused() -> None:
    assert "three lines" in str(raised(InvalidNote, open_checkpoint, sign_note("hello\n", [LOG]), ORIGIN, LOG.verifier))


@pytest.mark.parametrize("number", [0, 1, 10, MAX_SIZE])
def test_decimals_read_back(number: int) -> None:
    assert parse_decimal(str(number), "number") == number

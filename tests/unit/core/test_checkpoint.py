import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.raising import raised

from ledger.core.log.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint, parse_decimal, sign_checkpoint
from ledger.core.log.merkle import EMPTY_ROOT, MAX_SIZE
from ledger.core.log.note import NoteSigner, parse_note, parse_vkey, sign_note
from ledger.errors import InvalidNote, VerificationError

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "c2sp.json").read_text())
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

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from support.raising import raised

from ledger.core.log.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from ledger.core.log.cosignature import (
    ED25519,
    ML_DSA_44,
    CosignatureVerifier,
    Cosigner,
    PrivateKey,
    cosignature_line,
    cosigned_at,
    parse_cosigner_vkey,
    signed_message,
)
from ledger.core.log.note import NoteSigner, parse_note, sign_note, verify_note, vkey
from ledger.errors import InvalidKey, InvalidNote, VerificationError

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "cosignatures.json").read_text())
ORIGIN, TIME = "log.example/one", 1_700_000_000
LOG = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32))
CHECKPOINT = Checkpoint(ORIGIN, 7, bytes(range(32)))
NOTE = sign_checkpoint(CHECKPOINT, LOG)
TEXT = CHECKPOINT.text()
KEYS: dict[str, PrivateKey] = {
    "Ed25519": Ed25519PrivateKey.from_private_bytes(bytes([2]) * 32),
    "ML-DSA-44": MLDSA44PrivateKey.from_seed_bytes(bytes([2]) * 32),
}


def cosigner(kind: str, name: str = "witness.example/w1", time: int = TIME) -> Cosigner:
    return Cosigner(name, KEYS[kind], time)


@pytest.mark.parametrize("case", ["ed25519", "ed25519WithExtension", "mlDsa44"])
def test_cosignatures_of_other_implementations_hold(case: str) -> None:
    vector = VECTORS[case]
    verifier = parse_cosigner_vkey(vector["vkey"])
    assert verifier.vkey == vector["vkey"]
    assert cosigned_at(vector["note"], [verifier]) == {verifier.key_hash: vector["time"]}


@pytest.mark.parametrize("case", ["ed25519", "ed25519WithExtension"])
def test_ed25519_cosignatures_are_those_of_another_implementation(case: str) -> None:
    vector = VECTORS[case]
    text, seed = parse_note(vector["note"]).text, bytes.fromhex(vector["seed"])
    name = vector["vkey"].partition("+")[0]
    made = Cosigner(name, Ed25519PrivateKey.from_private_bytes(seed), vector["time"])
    assert f"{text}\n{cosignature_line(made, text)}" == vector["note"]


def test_ml_dsa_signs_the_message_of_the_specification() -> None:
    vector = VECTORS["mlDsa44"]
    text, seed = parse_note(vector["note"]).text, bytes.fromhex(vector["seed"])
    name = vector["vkey"].partition("+")[0]
    assert signed_message(ML_DSA_44, name, text, vector["time"]).hex() == vector["message"]
    assert Cosigner(name, MLDSA44PrivateKey.from_seed_bytes(seed), vector["time"]).verifier.vkey == vector["vkey"]


def test_the_line_of_the_specification_has_its_time_where_ours_has_it() -> None:
    example = VECTORS["example"]
    (line,) = parse_note(f"{TEXT}\n{example['line']}\n").signatures
    assert (line.name, int.from_bytes(line.signature[:8], "big")) == (example["name"], example["time"])
    assert len(line.signature) == 72


def test_the_message_of_ed25519_is_written_out() -> None:
    assert signed_message(ED25519, "w", TEXT, 1679315147) == (
        b"cosignature/v1\ntime 1679315147\n" + TEXT.encode()
    )


@pytest.mark.parametrize("kind", KEYS)
def test_a_cosigned_note_holds_for_log_and_witness(kind: str) -> None:
    one = cosigner(kind)
    note = NOTE + cosignature_line(one, TEXT)
    assert open_checkpoint(note, ORIGIN, LOG.verifier) == CHECKPOINT
    assert verify_note(note, [LOG.verifier, one.verifier]) == TEXT
    assert cosigned_at(note, [one.verifier]) == {one.key_hash: TIME}
    assert sign_note(TEXT, [LOG, one]).startswith(NOTE)


@pytest.mark.parametrize("kind", KEYS)
def test_a_vkey_reads_back(kind: str) -> None:
    one = cosigner(kind).verifier
    again = parse_cosigner_vkey(one.vkey)
    assert (again.name, again.key_hash, again.material, again.vkey) == (one.name, one.key_hash, one.material, one.vkey)


def test_one_name_and_key_cosign_and_sign_under_different_hashes() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32)
    assert CosignatureVerifier(ORIGIN, key.public_key()).key_hash != LOG.key_hash


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("place", [0, 7, 8, 40, -1])
def test_a_changed_byte_does_not_hold(kind: str, place: int) -> None:
    one = cosigner(kind)
    signature = bytearray(one.sign(TEXT))
    signature[place] ^= 1
    raised(VerificationError, one.verifier.verify, TEXT, bytes(signature))


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("other", [
    Checkpoint(ORIGIN, 8, CHECKPOINT.root), Checkpoint(ORIGIN, 7, bytes(32)),
    Checkpoint(ORIGIN + "x", 7, CHECKPOINT.root),
])
def test_a_cosignature_is_of_one_checkpoint(kind: str, other: Checkpoint) -> None:
    one = cosigner(kind)
    raised(VerificationError, one.verifier.verify, other.text(), one.sign(TEXT))


def test_ml_dsa_commits_to_the_name_of_the_cosigner() -> None:
    signature = cosigner("ML-DSA-44").sign(TEXT)
    raised(VerificationError, lambda: cosigner("ML-DSA-44", name="witness.example/w2").verifier.verify(TEXT, signature))


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("cut", [0, 8, 71, 73, 2427, 2429])
def test_a_cosignature_has_the_length_of_its_type(kind: str, cut: int) -> None:
    one = cosigner(kind)
    assert "malformed for its type" in str(raised(
        VerificationError, one.verifier.verify, TEXT, one.sign(TEXT)[:cut] if cut < 72 else bytes(cut)
    ))


def test_a_time_beyond_63_bits_is_refused() -> None:
    assert "malformed for its type" in str(raised(
        VerificationError, lambda: cosigner("Ed25519").verifier.verify(TEXT, b"\xff" * 8 + bytes(64))
    ))
    for time in (0, -1, 2**63):
        assert "time" in str(raised(InvalidNote, cosigner, "Ed25519", time=time))


def test_lines_of_unknown_keys_are_ignored_and_the_latest_of_two_counts() -> None:
    known, unknown = cosigner("Ed25519"), cosigner("ML-DSA-44", name="other.example")
    later = cosigner("Ed25519", time=TIME + 5)
    note = NOTE + "".join(cosignature_line(one, TEXT) for one in (unknown, later, known))
    assert cosigned_at(note, [known.verifier]) == {known.key_hash: TIME + 5}
    assert cosigned_at(NOTE, [known.verifier]) == {}


def test_a_line_of_a_known_key_that_does_not_hold_refuses_the_note() -> None:
    one = cosigner("Ed25519")
    bad = base64.b64encode(one.key_hash + TIME.to_bytes(8, "big") + bytes(64)).decode()
    assert "does not hold" in str(raised(VerificationError, cosigned_at, f"{NOTE}— {one.name} {bad}\n", [one.verifier]))


@pytest.mark.parametrize("text", ["one\ntwo\n", "a\n1\nb\n", f"{TEXT}\n", TEXT.replace("\n7\n", "\n07\n")])
@pytest.mark.parametrize("kind", KEYS)
def test_only_checkpoints_are_cosigned(kind: str, text: str) -> None:
    raised(InvalidNote, lambda: cosigner(kind).sign(text))


@pytest.mark.parametrize("kind", KEYS)
def test_extension_lines_are_cosigned_with_ed25519_and_left_out_with_ml_dsa(kind: str) -> None:
    one, text = cosigner(kind), TEXT + "extension\n"
    signature = one.sign(text)
    one.verifier.verify(text, signature)
    if kind == "ML-DSA-44":
        one.verifier.verify(TEXT, signature)
    else:
        raised(VerificationError, one.verifier.verify, TEXT, signature)


def test_names_that_ml_dsa_cannot_commit_to_are_refused() -> None:
    assert "255" in str(raised(InvalidNote, cosigner, "ML-DSA-44", name="w" * 256))
    assert "255" in str(raised(
        InvalidNote, lambda: cosigner("ML-DSA-44").sign(Checkpoint("o" * 256, 7, CHECKPOINT.root).text())
    ))


ED_VKEY = CosignatureVerifier("w", KEYS["Ed25519"].public_key()).vkey


@pytest.mark.parametrize(("text", "error"), [
    ("", InvalidNote), ("w+00", InvalidNote), (ED_VKEY[:-1], InvalidNote), (ED_VKEY + "A", InvalidNote),
    ("v" + ED_VKEY[1:], InvalidNote), (ED_VKEY.replace("+", "+ ", 1), InvalidNote),
    (vkey(ORIGIN, LOG.verifier.key), InvalidNote),
    ("w+00000000+" + base64.b64encode(b"\x04" + bytes(31)).decode(), InvalidNote),
    ("w+00000000+" + base64.b64encode(b"\x06" + bytes(32)).decode(), InvalidNote),
    ("w+00000000+" + base64.b64encode(b"\x02" + bytes(32)).decode(), InvalidNote),
    ("w+00000000+" + base64.b64encode(b"\x04" + b"\x01" + bytes(31)).decode(), InvalidKey),
])
def test_what_is_no_vkey_of_a_witness_is_refused(text: str, error: type[Exception]) -> None:
    raised(error, parse_cosigner_vkey, text)


def test_a_library_without_ml_dsa_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(_: bytes) -> MLDSA44PublicKey:
        raise UnsupportedAlgorithm("no ML-DSA")

    text = cosigner("ML-DSA-44").verifier.vkey
    missing = type("Lacking", (), {"from_public_bytes": lacking})
    monkeypatch.setattr("ledger.core.log.cosignature.MLDSA44PublicKey", missing)
    with pytest.raises(InvalidKey, match="lacks ML-DSA-44") as caught:
        parse_cosigner_vkey(text)
    assert caught.value.code == "unsupported-key"

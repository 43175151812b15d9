import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from support.raising import raised

from ledger.core.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.log.inclusion_proof import TlogProof, encode_proof, parse_proof, verify_proof
from ledger.core.log.merkle import MAX_SIZE, all_paths, leaf_hash, tree_root
from ledger.core.log.note import NoteSigner, sign_note
from ledger.errors import InvalidNote, VerificationError

PUBLISHED: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "c2sp.json").read_text())["tlogProof"]
ORIGIN = "log.example/main"
LOG = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\1" * 32))
OTHER = NoteSigner("other.example", Ed25519PrivateKey.from_private_bytes(b"\2" * 32))
LEAVES = [leaf_hash(b"leaf %d" % number) for number in range(13)]
PATHS = all_paths(LEAVES)
CHECKPOINT = Checkpoint(ORIGIN, 13, tree_root(LEAVES))
NOTE = sign_checkpoint(CHECKPOINT, LOG)
PROOF = encode_proof(5, PATHS[5], NOTE)
HASHES = "".join(f"{base64.b64encode(node).decode()}\n" for node in PATHS[5])


def test_published_format() -> None:
    note = sign_note(PUBLISHED["checkpointText"], [OTHER])
    extra, path = base64.b64decode(PUBLISHED["extra"]), [base64.b64decode(node) for node in PUBLISHED["path"]]
    text = f"{PUBLISHED['head']}\n{note}"
    assert encode_proof(PUBLISHED["index"], path, note, extra) == text
    assert parse_proof(text) == TlogProof(PUBLISHED["index"], tuple(path), note, extra)


def test_a_proof_is_its_lines() -> None:
    assert encode_proof(5, PATHS[5], NOTE) == f"c2sp.org/tlog-proof@v1\nindex 5\n{HASHES}\n{NOTE}"
    assert parse_proof(PROOF) == TlogProof(5, tuple(PATHS[5]), NOTE, None)


@pytest.mark.parametrize("extra", [None, b"\0", b"context"])
def test_every_leaf_verifies(extra: bytes | None) -> None:
    for index, (leaf, path) in enumerate(zip(LEAVES, PATHS, strict=True)):
        proof = encode_proof(index, path, NOTE, extra)
        assert (parse_proof(proof).extra, verify_proof(proof, leaf, ORIGIN, LOG.verifier)) == (extra, CHECKPOINT)


def test_the_only_leaf_has_an_empty_path() -> None:
    note = sign_checkpoint(Checkpoint(ORIGIN, 1, LEAVES[0]), LOG)
    proof = encode_proof(0, [], note)
    assert proof == f"c2sp.org/tlog-proof@v1\nindex 0\n\n{note}"
    assert verify_proof(proof, LEAVES[0], ORIGIN, LOG.verifier).size == 1


def test_a_proof_does_not_verify_when_any_byte_changes() -> None:
    data = PROOF.encode()
    for position in range(len(data)):
        for bit in (0, 5):
            changed = data[:position] + bytes([data[position] ^ 1 << bit]) + data[position + 1 :]
            raised(
                (InvalidNote, VerificationError), verify_proof, changed.decode("utf-8", "surrogateescape"), LEAVES[5],
                ORIGIN, LOG.verifier,
            )


def test_a_proof_does_not_verify_when_cut_or_continued() -> None:
    for end in range(len(PROOF)):
        raised(InvalidNote, verify_proof, PROOF[:end], LEAVES[5], ORIGIN, LOG.verifier)
    for addition in ("\n", "x", "x\n", PROOF):
        raised(InvalidNote, verify_proof, PROOF + addition, LEAVES[5], ORIGIN, LOG.verifier)


def test_what_does_not_hold_is_named() -> None:
    assert "by 0 known keys" in str(raised(VerificationError, verify_proof, PROOF, LEAVES[5], ORIGIN, OTHER.verifier))
    assert "of another log" in str(raised(
        VerificationError, verify_proof, PROOF, LEAVES[5], "log.example/other", LOG.verifier
    ))
    assert "does not lead to the root" in str(raised(
        VerificationError, verify_proof, PROOF, LEAVES[4], ORIGIN, LOG.verifier
    ))
    assert "does not lead to the root" in str(raised(
        VerificationError, verify_proof, encode_proof(4, PATHS[5], NOTE), LEAVES[5], ORIGIN, LOG.verifier
    ))
    assert "leaf 13 cannot be in a tree of size 13" in str(raised(
        VerificationError, verify_proof, encode_proof(13, PATHS[5], NOTE), LEAVES[5], ORIGIN, LOG.verifier
    ))
    assert "3 hashes, but the sizes require 4" in str(raised(
        VerificationError, verify_proof, encode_proof(5, PATHS[5][1:], NOTE), LEAVES[5], ORIGIN, LOG.verifier
    ))
    assert "leaf hash: a hash is not 32 bytes" in str(raised(
        VerificationError, verify_proof, PROOF, b"", ORIGIN, LOG.verifier
    ))


HEAD = "c2sp.org/tlog-proof@v1\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty line"),
        (HEAD + "index 5\n" + HASHES, "empty line"),
        (f"c2sp.org/tlog-proof@v2\nindex 5\n{HASHES}\n{NOTE}", "does not begin with the line"),
        (f"\n{HEAD}index 5\n{HASHES}\n{NOTE}", "does not begin with the line"),
        (f"{HEAD[:-1]} \nindex 5\n{HASHES}\n{NOTE}", "does not begin with the line"),
        (f"{HEAD}{HASHES}\n{NOTE}", "the index line of the proof is missing"),
        (f"{HEAD}\n{NOTE}", "the index line of the proof is missing"),
        (f"{HEAD}extra AAAA\n\n{NOTE}", "the index line of the proof is missing"),
        (f"{HEAD}index 5\nextra AAAA\n{HASHES}\n{NOTE}", "base64"),
        (f"{HEAD}extra AAAA\nextra AAAA\nindex 5\n{HASHES}\n{NOTE}", "the index line of the proof is missing"),
        (f"{HEAD}extra\nindex 5\n{HASHES}\n{NOTE}", "the index line of the proof is missing"),
        (f"{HEAD}extra \nindex 5\n{HASHES}\n{NOTE}", "leave it out"),
        (f"{HEAD}extra AA\nindex 5\n{HASHES}\n{NOTE}", "extra data of a proof is not base64"),
        (f"{HEAD}extra AB==\nindex 5\n{HASHES}\n{NOTE}", "not the canonical base64"),
        (f"{HEAD}Index 5\n{HASHES}\n{NOTE}", "the index line of the proof is missing"),
        (f"{HEAD}index  5\n{HASHES}\n{NOTE}", "canonical decimal"),
        (f"{HEAD}index \n{HASHES}\n{NOTE}", "canonical decimal"),
        (f"{HEAD}index 05\n{HASHES}\n{NOTE}", "canonical decimal"),
        (f"{HEAD}index +5\n{HASHES}\n{NOTE}", "canonical decimal"),
        (f"{HEAD}index {MAX_SIZE + 1}\n{HASHES}\n{NOTE}", "canonical decimal"),
        (f"{HEAD}index 5\n{HASHES}x\n\n{NOTE}", "hash of the path is not base64"),
        (f"{HEAD}index 5\nAAAA\n{HASHES}\n{NOTE}", "not 32 bytes"),
        (f"{HEAD}index 5\n{HASHES * 16}\n{NOTE}", "at most 63 hashes"),
        (f"{HEAD}index 5\r\n{HASHES}\n{NOTE}", "canonical decimal"),
        (f"{HEAD}index 5\n{HASHES}\n\n{NOTE}", "three lines"),
        (f"{HEAD}index 5\n{HASHES}\n", "empty line between"),
        (f"{HEAD}index 5\n{HASHES}\n{CHECKPOINT.text()}", "empty line between"),
        (f"{HEAD}index 5\n{HASHES}\n{sign_note('hello' + chr(10), [LOG])}", "three lines"),
    ],
)
def test_what_is_no_proof_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidNote, match=reason):
        parse_proof(text)
    with pytest.raises(InvalidNote, match=reason):
        verify_proof(text, LEAVES[5], ORIGIN, LOG.verifier)


@pytest.mark.parametrize("index", [-1, MAX_SIZE])
def test_an_index_out_of_range_is_not_written(index: int) -> None:
    assert "out of range" in str(raised(InvalidNote, encode_proof, index, PATHS[5], NOTE))


def test_what_would_not_be_read_is_not_written() -> None:
    assert "at most 63 hashes" in str(raised(InvalidNote, encode_proof, 5, [LEAVES[0]] * 64, NOTE))
    assert "hashes of 32 bytes" in str(raised(InvalidNote, encode_proof, 5, [b"short"], NOTE))
    assert "leave it out" in str(raised(InvalidNote, encode_proof, 5, PATHS[5], NOTE, b""))

"""What the log promises before its witnesses have signed."""

import msgspec
import pytest
from msgspec.structs import replace
from support.generator import generate, parties
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import registry
from support.statements import LOG, VKEY

from ledger.core.log.add_checkpoint import stated
from ledger.core.log.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from ledger.core.log.inclusion_proof import TlogProof
from ledger.core.log.merkle import inclusion_path, leaf_hash, tree_root
from ledger.core.log.note import parse_note, sign_note
from ledger.core.receipts.acknowledgement import (
    Acknowledgement,
    acknowledge,
    acknowledgement_text,
    read_answer,
    verify_answer,
)
from ledger.core.receipts.receipt import Receipt, make_receipt
from ledger.core.receipts.statement import TAG
from ledger.errors import InvalidInput, InvalidNote, VerificationError


@pytest.fixture(scope="module")
def log() -> MemoryLedger:
    memory = MemoryLedger(registry(), seed=3)
    memory.admit(parties(3, 20))
    memory.must(*generate(3, 20))
    return memory


@pytest.fixture(scope="module")
def promise(log: MemoryLedger) -> Acknowledgement:
    return acknowledge(len(log.entries) - 1, log.entries[-1], log.original_leaves[len(log.entries) - 1], [LOG])


def test_the_text_is_written_out(log: MemoryLedger) -> None:
    data = log.entries[7]
    assert acknowledgement_text("example.org/log", 7, data) == (
        f"carbon-ledger/receipt/v1\norigin example.org/log\nindex 7\nentry {leaf_hash(data).hex()}\n"
        f"digest {data[2:34].hex()}\noutcome {data[130:162].hex()}\n"
    )


def test_no_checkpoint_and_no_statement_can_be_taken_for_it(promise: Acknowledgement) -> None:
    text = parse_note(promise.note).text
    for extensions in (False, True):
        raised(InvalidNote, parse_checkpoint, text, extensions=extensions)
    raised(InvalidNote, stated, promise.note)
    assert not text.startswith(TAG)
    checkpoint = sign_checkpoint(Checkpoint(LOG.name, 9, bytes(32)), LOG)
    raised(VerificationError, verify_answer, replace(promise, note=checkpoint), VKEY)


def test_it_reads_back_and_holds(promise: Acknowledgement) -> None:
    found = read_answer(msgspec.json.encode(promise))
    assert found == promise
    verified = verify_answer(found, VKEY)
    assert (verified.index, verified.size) == (promise.index, None)
    assert len(verified.lots) + (verified.assessment is not None) == len(promise.leaves)


def test_a_receipt_is_read_as_one(log: MemoryLedger) -> None:
    hashes = [leaf_hash(entry) for entry in log.entries]
    note = sign_checkpoint(Checkpoint(LOG.name, len(hashes), tree_root(hashes)), LOG)
    proof = TlogProof(0, tuple(inclusion_path(hashes, 0)), note)
    receipt = make_receipt(proof, log.digests[0], log.entries[0], log.original_leaves[0])
    found = read_answer(msgspec.json.encode(receipt))
    assert isinstance(found, Receipt)
    assert verify_answer(found, VKEY).size == len(hashes)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b'{"note": 1}', b'{"note": "x"}', b"\xff", b"[" * 9_000])
def test_what_is_neither_is_refused(data: bytes) -> None:
    raised(InvalidInput, read_answer, data)


def test_each_part_is_bound(log: MemoryLedger, promise: Acknowledgement) -> None:
    other = acknowledge(3, log.entries[3], log.original_leaves[3], [LOG])
    text = parse_note(promise.note).text
    for changed, step in (
        (replace(promise, index=promise.index - 1), "2."), (replace(promise, note=other.note), "2."),
        (replace(promise, note=sign_note(text.replace("index", "Index"), [LOG])), "2."),
        (replace(promise, note="x"), "2."),
        (replace(promise, digest=other.digest), "1."), (replace(promise, entry=other.entry), "1."),
    ):
        assert raised(VerificationError, verify_answer, changed, VKEY).message.startswith(step)
    with pytest.raises(VerificationError, match=r"5\."):
        verify_answer(promise, VKEY, body=b"{}")

"""Two histories of one log under one key, forked at a power of two and beside one: whoever holds a checkpoint of the
one is told when it is shown the other, and a forged checkpoint is none.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec
import pytest
from support.anchors import begun_anchor
from support.databases import copied
from support.server import Server, prepared_home
from support.witness import Witness, entries_of
from support.witnesses import WitnessProcess
from support.workshop import workshop

from ledger.core.log.add_checkpoint import AddCheckpoint, encode_request
from ledger.core.log.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from ledger.core.log.merkle import consistency_path, leaf_hash, tree_root, verify_consistency
from ledger.core.log.note import NoteSigner, parse_vkey
from ledger.core.receipts.receipt import Receipt, verify_receipt
from ledger.core.signatures.signing import SigningKey
from ledger.errors import VerificationError
from ledger.host.files.key_files import LOG_KEY, read_key
from ledger.store.embedded import EmbeddedPostgres

FORKS = (64, 256, 257)
GROWTH = 40


class Fork(NamedTuple):
    """Two servers that agree on their first `size` entries, with receipts of what came after."""

    size: int
    home: Path
    left: Server
    right: Server
    receipts: tuple[list[Receipt], list[Receipt]]
    entries: tuple[list[bytes], list[bytes]]
    checkpoints: tuple[str, str]


@pytest.fixture(scope="module", params=FORKS)
def fork(request: pytest.FixtureRequest) -> Iterator[Fork]:
    """A copy of the database is served beside the other, with an anchor of its own, so that neither server knows."""
    size: int = request.param
    with ExitStack() as stack:
        home = stack.enter_context(prepared_home())
        postgres = stack.enter_context(EmbeddedPostgres(home))
        with Server(home, postgres.owner_url) as server:
            shop = workshop(server, "works", pot="1000")
            begun = httpx.get(f"{server.url}/health/ready").json()["size"]
            server.post([shop.make({f"lot-{i}": "1"}, {"pot": "1"}) for i in range(size - begun)])
        copies = [stack.enter_context(copied(postgres)) for _ in range(2)]
        servers = [
            stack.enter_context(Server(home, copy.url, anchor=begun_anchor(home / f"anchor-{i}", home)))
            for i, copy in enumerate(copies)
        ]
        receipts = [
            one.post([shop.make({f"{name}-{i}": "1"}, {"pot": "1"}) for i in range(GROWTH)])
            for name, one in zip(("left", "right"), servers, strict=True)
        ]
        entries = [entries_of(one.url, size + GROWTH) for one in servers]
        assert entries[0][:size] == entries[1][:size]
        assert entries[0][size] != entries[1][size]
        notes = [httpx.get(f"{one.url}/log/checkpoint").text for one in servers]
        yield Fork(size, home, servers[0], servers[1], (receipts[0], receipts[1]), (entries[0], entries[1]),
                   (notes[0], notes[1]))


def opened(fork: Fork, which: int) -> Checkpoint:
    return open_checkpoint(fork.checkpoints[which], fork.left.origin, parse_vkey(fork.left.vkey))


def test_each_view_holds_by_itself(fork: Fork) -> None:
    """This is why one compares."""
    assert fork.left.vkey == fork.right.vkey
    for which, server in enumerate((fork.left, fork.right)):
        verify_receipt(fork.receipts[which][0], server.vkey)
        Witness(server.vkey).check(server.url)
        checked = server.audit()
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_who_compares_checkpoints_is_told(fork: Fork) -> None:
    """Sizes are the same, roots are not; and no tree of the one log is the beginning of the other's."""
    left, right = opened(fork, 0), opened(fork, 1)
    assert (left.size, left.root != right.root) == (right.size, True)
    witness = Witness(fork.left.vkey)
    witness.look(fork.left.url)
    with pytest.raises(AssertionError, match=f"a checkpoint of size {left.size}"):
        witness.check(fork.right.url)


def test_no_consistency_proof_crosses_the_fork(fork: Fork) -> None:
    """From any size up to the fork there is one; from any beyond it there is none, whichever log makes it."""
    hashes = [[leaf_hash(entry) for entry in entries] for entries in fork.entries]
    roots = {size: tree_root(hashes[0][:size]) for size in range(1, fork.size + GROWTH)}
    right = opened(fork, 1)
    for size, root in roots.items():
        path = consistency_path(hashes[1], size)
        if size <= fork.size:
            verify_consistency(size, right.size, root, right.root, path)
            continue
        for proof in (path, consistency_path(hashes[0], size)):
            with pytest.raises(VerificationError):
                verify_consistency(size, right.size, root, right.root, proof)


def test_a_witness_cosigns_one_of_the_two(fork: Fork, tmp_path: Path) -> None:
    with WitnessProcess(tmp_path / "witness", [fork.left.vkey]) as witness:
        hashes = [[leaf_hash(entry) for entry in entries] for entries in fork.entries]
        first = witness.post(encode_request(AddCheckpoint(0, (), fork.checkpoints[0])))
        assert first.status_code == 200, first.text
        size = fork.size + GROWTH
        again = witness.post(encode_request(AddCheckpoint(size, (), fork.checkpoints[1])))
        assert again.status_code == 422, again.text
        longer = fork.right.post([workshop(fork.right, f"later-{fork.size}").mine("lot", "1")])[0].index + 1
        note = httpx.get(f"{fork.right.url}/log/checkpoint").text
        hashes[1] = [leaf_hash(entry) for entry in entries_of(fork.right.url, longer)]
        for which in (0, 1):
            path = consistency_path((hashes[1] if which else hashes[0]), size) if which else []
            answer = witness.post(encode_request(AddCheckpoint(size, tuple(path), note)))
            assert answer.status_code == 422, answer.text


def test_a_server_does_not_go_over_to_the_other(fork: Fork) -> None:
    """Started on the other database with the anchor of the first, it signs nothing."""
    with Server(fork.home, fork.right.database_url, anchor=fork.home / "anchor-0") as server:
        answer = httpx.get(f"{server.url}/health/ready").json()
        assert answer["code"] == "log-mismatch"
        assert httpx.get(f"{server.url}/log/checkpoint").status_code == 503


@pytest.mark.parametrize("fault", ["another key", "another log", "another root"])
def test_a_forged_checkpoint_proves_nothing(fork: Fork, fault: str) -> None:
    """Not by another key, not of another log, and not with a root that is not the log's, whoever signed it."""
    true, key = opened(fork, 0), read_key(fork.home / LOG_KEY).private
    forged = {
        "another key": sign_checkpoint(true, NoteSigner(true.origin, SigningKey.from_seed(b"\7" * 32).private)),
        "another log": sign_checkpoint(Checkpoint("other", true.size, true.root), NoteSigner("other", key)),
        "another root": sign_checkpoint(
            Checkpoint(true.origin, true.size, bytes(32)), NoteSigner(true.origin, key)),
    }[fault]
    (receipt, *_) = fork.receipts[0]
    head, _, _ = receipt.proof.partition("\n\n")
    with pytest.raises(VerificationError):
        verify_receipt(msgspec.structs.replace(receipt, proof=f"{head}\n\n{forged}"), fork.left.vkey)


@pytest.mark.parametrize("size", [-1, 1])
def test_a_checkpoint_of_another_size(fork: Fork, size: int) -> None:
    """Signed by the log's own key, with a root that it has at another size: no root of the log at that one."""
    true, key = opened(fork, 0), read_key(fork.home / LOG_KEY).private
    forged = Checkpoint(true.origin, true.size + size, true.root)
    witness = Witness(fork.left.vkey)
    witness.note(sign_checkpoint(forged, NoteSigner(true.origin, key)))
    with pytest.raises(AssertionError, match=f"a checkpoint of size {forged.size}"):
        witness.check(fork.left.url)
    hashes = [leaf_hash(entry) for entry in fork.entries[0]]
    old, new = sorted([forged, true], key=lambda one: one.size)
    with pytest.raises(VerificationError):
        verify_consistency(old.size, new.size, old.root, new.root, consistency_path(hashes, min(old.size, true.size)))

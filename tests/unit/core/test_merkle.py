import json
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pymerkle  # type: ignore[import-untyped]
import pytest
from pymerkle.hasher import MerkleHasher  # type: ignore[import-untyped]
from support.raising import raised

from ledger.core.log.frontier import Frontier, batch_paths, grow
from ledger.core.log.merkle import (
    EMPTY_ROOT,
    MAX_SIZE,
    all_paths,
    consistency_path,
    inclusion_path,
    leaf_hash,
    node_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from ledger.errors import InvalidInput, VerificationError

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "rfc6962.json").read_text())
PUBLISHED = [leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["leaves"]]
LEAVES = [leaf_hash(b"leaf %d" % number) for number in range(300)]
HASHER = MerkleHasher("sha256")
ROOTS = [tree_root(LEAVES[:size]) for size in range(301)]


def unhex(hashes: list[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in hashes]


def flips(value: bytes) -> list[bytes]:
    number = int.from_bytes(value, "big")
    return [(number ^ 1 << bit).to_bytes(len(value), "big") for bit in range(8 * len(value))]


def with_one_changed(path: list[bytes], change: Callable[[bytes], bytes]) -> list[list[bytes]]:
    return [[*path[:at], change(path[at]), *path[at + 1 :]] for at in range(len(path))]


@cache
def rfc_root(start: int, end: int) -> bytes:
    """MTH(D[start:end]) as section 2.1 defines it, over pymerkle's hash."""
    if end - start == 1:
        return LEAVES[start]
    middle = start + (1 << (end - start - 1).bit_length() - 1)
    pair: bytes = HASHER.hash_pair(rfc_root(start, middle), rfc_root(middle, end))
    return pair


def rfc_subproof(old: int, start: int, end: int, whole: bool) -> list[bytes]:
    """SUBPROOF(old, D[start:end], whole) as section 2.1.2 defines it."""
    if old == end - start:
        return [] if whole else [rfc_root(start, end)]
    half = 1 << (end - start - 1).bit_length() - 1
    middle = start + half
    if old <= half:
        return [*rfc_subproof(old, start, middle, whole), rfc_root(middle, end)]
    return [*rfc_subproof(old - half, middle, end, False), rfc_root(start, middle)]


@pytest.fixture(scope="module")
def other() -> pymerkle.InmemoryTree:
    """The same 300 leaves in an implementation that is not ours."""
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for number in range(300):
        tree.append_entry(b"leaf %d" % number)
    return tree


def test_published_roots() -> None:
    assert VECTORS["roots"][0] == EMPTY_ROOT.hex()
    assert [tree_root(PUBLISHED[:size]).hex() for size in range(9)] == VECTORS["roots"]


@pytest.mark.parametrize("case", VECTORS["inclusion"])
def test_published_inclusion_paths(case: dict[str, Any]) -> None:
    index, size, path = case["index"], case["size"], unhex(case["path"])
    assert inclusion_path(PUBLISHED[:size], index) == path
    verify_inclusion(PUBLISHED[index], index, size, bytes.fromhex(VECTORS["roots"][size]), path)


@pytest.mark.parametrize("case", VECTORS["consistency"])
def test_published_consistency_paths(case: dict[str, Any]) -> None:
    old, new, path = case["old"], case["new"], unhex(case["path"])
    assert consistency_path(PUBLISHED[:new], old) == path
    old_root, new_root = unhex([VECTORS["roots"][old], VECTORS["roots"][new]])
    verify_consistency(old, new, old_root, new_root, path)


def test_hashes_have_their_prefixes(other: pymerkle.InmemoryTree) -> None:
    assert (leaf_hash(b"leaf 0"), node_hash(LEAVES[0], LEAVES[1])) == (other.get_leaf(1), other.get_root(2))


def test_roots_agree_with_pymerkle(other: pymerkle.InmemoryTree) -> None:
    assert [other.get_root(size) for size in range(301)] == ROOTS


def test_inclusion_agrees_with_pymerkle_and_verifies(other: pymerkle.InmemoryTree) -> None:
    for size in range(1, 301):
        paths = all_paths(LEAVES[:size])
        assert len(paths) == size
        for index, path in enumerate(paths):
            # pymerkle counts leaves from one and puts the leaf first.
            assert other.prove_inclusion(index + 1, size).path == [LEAVES[index], *path]
            verify_inclusion(LEAVES[index], index, size, ROOTS[size], path)


def test_consistency_agrees_with_pymerkle_and_verifies(other: pymerkle.InmemoryTree) -> None:
    for new in range(1, 301):
        for old in range(1, new):
            # pymerkle's paths have another shape than the RFC's; that its own proofs hold is agreement on the roots.
            # A quarter of the pairs, with every size among them, keeps the test quick.
            if (old + new) % 4 == 0:
                pymerkle.verify_consistency(ROOTS[old], ROOTS[new], other.prove_consistency(old, new), old, new)
            verify_consistency(old, new, ROOTS[old], ROOTS[new], rfc_subproof(old, 0, new, True))


def test_consistency_paths_are_those_of_the_rfc() -> None:
    for new in (*range(1, 130), 191, 192, 193, 255, 256, 257, 299, 300):
        for old in range(1, new + 1):
            assert consistency_path(LEAVES[:new], old) == rfc_subproof(old, 0, new, True), (old, new)


def test_one_path_is_that_of_all_paths() -> None:
    for size in (1, 2, 3, 13, 64, 300):
        assert [inclusion_path(LEAVES[:size], index) for index in range(size)] == all_paths(LEAVES[:size])
    assert all_paths([]) == []


def test_trees_of_one_size_or_from_nothing_need_no_path() -> None:
    for size in range(20):
        assert (consistency_path(LEAVES[:size], size), consistency_path(LEAVES[:size], 0)) == ([], [])
        verify_consistency(size, size, ROOTS[size], ROOTS[size], [])
        verify_consistency(0, size, EMPTY_ROOT, ROOTS[size], [])


def test_inclusion_fails_when_any_bit_changes() -> None:
    path, root = inclusion_path(LEAVES[:13], 5), ROOTS[13]
    verify_inclusion(LEAVES[5], 5, 13, root, path)
    for changed in flips(LEAVES[5]):
        assert "does not lead to the root" in str(raised(
            VerificationError, verify_inclusion, changed, 5, 13, root, path
        ))
    for changed in flips(root):
        assert "does not lead to the root" in str(raised(
            VerificationError, verify_inclusion, LEAVES[5], 5, 13, changed, path
        ))
    for bit in range(256):
        for changed_path in with_one_changed(path, lambda value, bit=bit: flips(value)[bit]):  # type: ignore[misc]
            assert "does not lead to the root" in str(raised(
                VerificationError, verify_inclusion, LEAVES[5], 5, 13, root, changed_path
            ))


def test_inclusion_fails_for_every_other_leaf_index_and_length() -> None:
    for size in range(1, 34):
        for index, path in enumerate(all_paths(LEAVES[:size])):
            for other_index in set(range(-1, size + 2)) - {index}:
                raised(VerificationError, verify_inclusion, LEAVES[index], other_index, size, ROOTS[size], path)
                if 0 <= other_index < size:
                    raised(VerificationError, verify_inclusion, LEAVES[other_index], index, size, ROOTS[size], path)
            for wrong in (path[:-1], path[1:], [*path, LEAVES[0]], [LEAVES[0], *path]):
                if wrong != path:
                    assert "hashes, but the sizes require" in str(raised(
                        VerificationError, verify_inclusion, LEAVES[index], index, size, ROOTS[size], wrong
                    ))


def test_inclusion_fails_for_every_root_of_another_size() -> None:
    for size in range(1, 34):
        for index, path in enumerate(all_paths(LEAVES[:size])):
            for other_size in set(range(40)) - {size}:
                raised(VerificationError, verify_inclusion, LEAVES[index], index, other_size, ROOTS[other_size], path)


def test_consistency_fails_when_any_bit_changes() -> None:
    path, old, new = consistency_path(LEAVES[:13], 6), ROOTS[6], ROOTS[13]
    verify_consistency(6, 13, old, new, path)
    for changed in flips(old):
        assert "does not lead to the old root" in str(raised(
            VerificationError, verify_consistency, 6, 13, changed, new, path
        ))
    for changed in flips(new):
        assert "does not lead to the new root" in str(raised(
            VerificationError, verify_consistency, 6, 13, old, changed, path
        ))
    for bit in range(256):
        for changed_path in with_one_changed(path, lambda value, bit=bit: flips(value)[bit]):  # type: ignore[misc]
            with pytest.raises(VerificationError, match=r"does not lead to the (old|new) root"):
                verify_consistency(6, 13, old, new, changed_path)


def test_consistency_fails_for_every_other_tree_and_length() -> None:
    for new in range(1, 25):
        for old in range(1, new):
            path = consistency_path(LEAVES[:new], old)
            for size in range(26):
                if size not in (0, old):
                    raised(VerificationError, verify_consistency, size, new, ROOTS[size], ROOTS[new], path)
                if size != new:
                    raised(VerificationError, verify_consistency, old, size, ROOTS[old], ROOTS[size], path)
            raised(VerificationError, verify_consistency, old, new, ROOTS[new], ROOTS[old], path)
            for wrong in (path[:-1], path[1:], [*path, LEAVES[0]], [LEAVES[0], *path]):
                assert "hashes, but the sizes require" in str(raised(
                    VerificationError, verify_consistency, old, new, ROOTS[old], ROOTS[new], wrong
                ))


BAD_HASHES: list[Any] = [b"", LEAVES[0][:31], LEAVES[0] + b"\0", LEAVES[0].hex(), bytearray(32), None]


@pytest.mark.parametrize("bad", BAD_HASHES)
def test_what_is_no_hash_is_refused(bad: Any) -> None:
    path = inclusion_path(LEAVES[:2], 0)
    assert "leaf hash: a hash is not 32 bytes" in str(raised(
        VerificationError, verify_inclusion, bad, 0, 2, ROOTS[2], path
    ))
    assert "root: a hash is not 32 bytes" in str(raised(
        VerificationError, verify_inclusion, LEAVES[0], 0, 2, bad, path
    ))
    assert "inclusion path: a hash is not 32 bytes" in str(raised(
        VerificationError, verify_inclusion, LEAVES[0], 0, 2, ROOTS[2], [bad]
    ))
    assert "old root: a hash is not 32 bytes" in str(raised(
        VerificationError, verify_consistency, 1, 2, bad, ROOTS[2], path
    ))
    assert "new root: a hash is not 32 bytes" in str(raised(
        VerificationError, verify_consistency, 1, 2, ROOTS[1], bad, path
    ))
    assert "consistency path: a hash is not 32 bytes" in str(raised(
        VerificationError, verify_consistency, 1, 2, ROOTS[1], ROOTS[2], [bad]
    ))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 1), (1, 1), (5, 4), (0, -1), (0, MAX_SIZE + 1)])
def test_an_index_outside_the_tree_is_refused(index: int, size: int) -> None:
    assert "cannot be in a tree" in str(raised(
        VerificationError, verify_inclusion, LEAVES[0], index, size, LEAVES[0], []
    ))


@pytest.mark.parametrize(("old", "new"), [(-1, 1), (2, 1), (0, -1), (1, MAX_SIZE + 1)])
def test_sizes_that_do_not_grow_are_refused(old: int, new: int) -> None:
    assert "cannot extend" in str(raised(VerificationError, verify_consistency, old, new, ROOTS[1], ROOTS[1], []))


def test_equal_sizes_and_empty_trees_are_held_to_their_roots() -> None:
    assert "two different roots for one size" in str(raised(
        VerificationError, verify_consistency, 3, 3, ROOTS[3], ROOTS[4], []
    ))
    assert "not the root of the empty tree" in str(raised(
        VerificationError, verify_consistency, 0, 3, ROOTS[3], ROOTS[3], []
    ))
    assert "not the root of the empty tree" in str(raised(
        VerificationError, verify_consistency, 0, 0, EMPTY_ROOT, ROOTS[3], []
    ))
    for old in (0, 3):
        assert "1 hashes, but the sizes require 0" in str(raised(
            VerificationError, verify_consistency, old, 3, ROOTS[old], ROOTS[3], [LEAVES[0]]
        ))


@pytest.mark.parametrize("index", [-1, 3, 4])
def test_no_path_to_a_leaf_outside_the_tree(index: int) -> None:
    assert "no leaf" in str(raised(InvalidInput, inclusion_path, LEAVES[:3], index))


@pytest.mark.parametrize("old", [-1, 4])
def test_no_path_from_a_size_outside_the_tree(old: int) -> None:
    assert "no size" in str(raised(InvalidInput, consistency_path, LEAVES[:3], old))


def test_the_last_leaf_of_the_largest_tree_has_a_path_of_63_hashes() -> None:
    assert "62 hashes, but the sizes require 63" in str(raised(VerificationError, verify_inclusion, LEAVES[0], 0,
                                                               MAX_SIZE, LEAVES[0], [LEAVES[0]] * 62))


FRONTIER_LEAVES = [leaf_hash(b"leaf %d" % number) for number in range(700)]
EMPTY = Frontier()


def test_a_frontier_has_the_root_of_its_leaves_however_it_was_reached() -> None:
    by_one = EMPTY
    for size in range(301):
        at_once = EMPTY.extended(FRONTIER_LEAVES[:size])
        assert (at_once, at_once.size, at_once.root()) == (by_one, size, tree_root(FRONTIER_LEAVES[:size]))
        by_one = by_one.extended([FRONTIER_LEAVES[size]])


def test_its_nodes_are_the_complete_subtrees_largest_first() -> None:
    first, second = tree_root(FRONTIER_LEAVES[:8]), tree_root(FRONTIER_LEAVES[8:12])
    assert EMPTY.extended(FRONTIER_LEAVES[:13]).nodes == (first, second, FRONTIER_LEAVES[12])


def test_batches_of_all_small_sizes_agree_with_the_whole_tree() -> None:
    direct = [all_paths(FRONTIER_LEAVES[:size]) for size in range(90)]
    for before in range(45):
        frontier = EMPTY.extended(FRONTIER_LEAVES[:before])
        for count in range(45):
            batch = FRONTIER_LEAVES[before : before + count]
            after, paths = grow(frontier, batch)
            assert (paths, batch_paths(frontier, batch)) == (direct[before + count][before:], paths)
            assert after == frontier.extended(batch) == EMPTY.extended(FRONTIER_LEAVES[: before + count])


@pytest.mark.parametrize("before", [0, 1, 127, 255, 256, 257, 300, 511, 512])
@pytest.mark.parametrize("count", [1, 2, 100, 128, 187])
def test_larger_batches_agree_with_the_whole_tree(before: int, count: int) -> None:
    after, paths = grow(EMPTY.extended(FRONTIER_LEAVES[:before]), FRONTIER_LEAVES[before : before + count])
    assert paths == all_paths(FRONTIER_LEAVES[: before + count])[before:]
    assert after == EMPTY.extended(FRONTIER_LEAVES[: before + count])


@pytest.mark.parametrize("size", [10_000_000, 2**24 - 1, 2**24, 2**40 + 12345, MAX_SIZE - 200])
def test_paths_hold_above_a_tree_too_large_to_build(size: int) -> None:
    seeded = random.Random(size)
    before = Frontier(size, tuple(seeded.randbytes(32) for _ in range(size.bit_count())))
    after, paths = grow(before, FRONTIER_LEAVES[:200])
    assert after == before.extended(FRONTIER_LEAVES[:77]).extended(FRONTIER_LEAVES[77:200])
    for number, path in enumerate(paths):
        verify_inclusion(FRONTIER_LEAVES[number], size + number, after.size, after.root(), path)


def test_stored_bytes_read_back() -> None:
    for size in (0, 1, 2, 3, 255, 256, 300):
        frontier = EMPTY.extended(FRONTIER_LEAVES[:size])
        assert frontier.to_bytes()[:8] == size.to_bytes(8, "big")
        assert Frontier.from_bytes(frontier.to_bytes()) == frontier


@pytest.mark.parametrize("size", [-1, MAX_SIZE + 1])
def test_a_size_out_of_range_is_refused(size: int) -> None:
    assert "out of range" in str(raised(InvalidInput, Frontier, size, ()))


@pytest.mark.parametrize("size", [0, 3, 7])
def test_nodes_that_do_not_fit_the_size_are_refused(size: int) -> None:
    assert "1 nodes cannot be a frontier" in str(raised(InvalidInput, Frontier, size, (FRONTIER_LEAVES[0],)))


def test_a_node_that_is_no_hash_is_refused() -> None:
    assert "not 32 bytes" in str(raised(InvalidInput, Frontier, 1, (b"short",)))


@pytest.mark.parametrize("data", [b"", b"\0" * 7, b"\0" * 9, b"\0" * 32, b"\0" * 7 + b"\1" + b"\0" * 31])
def test_bytes_of_a_wrong_length_are_refused(data: bytes) -> None:
    assert "cannot be a frontier" in str(raised(InvalidInput, Frontier.from_bytes, data))


def test_stored_bytes_with_a_wrong_size_are_refused() -> None:
    data = EMPTY.extended(FRONTIER_LEAVES[:3]).to_bytes()
    assert "2 nodes cannot be a frontier of size 4" in str(raised(
        InvalidInput, Frontier.from_bytes, (4).to_bytes(8, "big") + data[8:]
    ))
    assert "out of range" in str(raised(InvalidInput, Frontier.from_bytes, b"\xff" * 8 + data[8:]))


def test_a_leaf_that_is_no_hash_is_refused() -> None:
    for leaves in ([b""], [FRONTIER_LEAVES[0], FRONTIER_LEAVES[1][:31]]):
        assert "leaf hash is not 32 bytes" in str(raised(InvalidInput, EMPTY.extended, leaves))
        assert "leaf hash is not 32 bytes" in str(raised(InvalidInput, batch_paths, EMPTY, leaves))


def test_growing_beyond_the_largest_size_is_refused() -> None:
    full = Frontier(MAX_SIZE, tuple(FRONTIER_LEAVES[:63]))
    assert "out of range" in str(raised(InvalidInput, full.extended, FRONTIER_LEAVES[:1]))
    assert "out of range" in str(raised(InvalidInput, grow, full, FRONTIER_LEAVES[:1]))

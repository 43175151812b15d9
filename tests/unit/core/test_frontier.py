import random

import pytest
from support.raising import raised

from ledger.core.log.frontier import Frontier, batch_paths, grow
from ledger.core.log.merkle import MAX_SIZE, all_paths, leaf_hash, tree_root, verify_inclusion
from ledger.errors import InvalidInput

LEAVES = [leaf_hash(b"leaf %d" % number) for number in range(700)]
EMPTY = Frontier()


def test_a_frontier_has_the_root_of_its_leaves_however_it_was_reached() -> None:
    by_one = EMPTY
    for size in range(301):
        at_once = EMPTY.extended(LEAVES[:size])
        assert (at_once, at_once.size, at_once.root()) == (by_one, size, tree_root(LEAVES[:size]))
        by_one = by_one.extended([LEAVES[size]])


def test_its_nodes_are_the_complete_subtrees_largest_first() -> None:
    assert EMPTY.extended(LEAVES[:13]).nodes == (tree_root(LEAVES[:8]), tree_root(LEAVES[8:12]), LEAVES[12])


def test_batches_of_all_small_sizes_agree_with_the_whole_tree() -> None:
    direct = [all_paths(LEAVES[:size]) for size in range(90)]
    for before in range(45):
        frontier = EMPTY.extended(LEAVES[:before])
        for count in range(45):
            batch = LEAVES[before : before + count]
            after, paths = grow(frontier, batch)
            assert paths == direct[before + count][before:]
            assert batch_paths(frontier, batch) == paths
            assert after == frontier.extended(batch) == EMPTY.extended(LEAVES[: before + count])


@pytest.mark.parametrize("before", [0, 1, 127, 255, 256, 257, 300, 511, 512])
@pytest.mark.parametrize("count", [1, 2, 100, 128, 187])
def test_larger_batches_agree_with_the_whole_tree(before: int, count: int) -> None:
    after, paths = grow(EMPTY.extended(LEAVES[:before]), LEAVES[before : before + count])
    assert paths == all_paths(LEAVES[: before + count])[before:]
    assert after == EMPTY.extended(LEAVES[: before + count])


@pytest.mark.parametrize("size", [10_000_000, 2**24 - 1, 2**24, 2**40 + 12345, MAX_SIZE - 200])
def test_paths_hold_above_a_tree_too_large_to_build(size: int) -> None:
    seeded = random.Random(size)
    before = Frontier(size, tuple(seeded.randbytes(32) for _ in range(size.bit_count())))
    after, paths = grow(before, LEAVES[:200])
    assert after == before.extended(LEAVES[:77]).extended(LEAVES[77:200])
    for number, path in enumerate(paths):
        verify_inclusion(LEAVES[number], size + number, after.size, after.root(), path)


def test_stored_bytes_read_back() -> None:
    for size in (0, 1, 2, 3, 255, 256, 300):
        frontier = EMPTY.extended(LEAVES[:size])
        assert frontier.to_bytes()[:8] == size.to_bytes(8, "big")
        assert Frontier.from_bytes(frontier.to_bytes()) == frontier


@pytest.mark.parametrize("size", [-1, MAX_SIZE + 1])
def test_a_size_out_of_range_is_refused(size: int) -> None:
    assert "out of range" in str(raised(InvalidInput, Frontier, size, ()))


@pytest.mark.parametrize("size", [0, 3, 7])
def test_nodes_that_do_not_fit_the_size_are_refused(size: int) -> None:
    assert "1 nodes cannot be a frontier" in str(raised(InvalidInput, Frontier, size, (LEAVES[0],)))


def test_a_node_that_is_no_hash_is_refused() -> None:
    assert "not 32 bytes" in str(raised(InvalidInput, Frontier, 1, (b"short",)))


@pytest.mark.parametrize("data", [b"", b"\0" * 7, b"\0" * 9, b"\0" * 32, b"\0" * 7 + b"\1" + b"\0" * 31])
def test_bytes_of_a_wrong_length_are_refused(data: bytes) -> None:
    assert "cannot be a frontier" in str(raised(InvalidInput, Frontier.from_bytes, data))


def test_stored_bytes_with_a_wrong_size_are_refused() -> None:
    data = EMPTY.extended(LEAVES[:3]).to_bytes()
    assert "2 nodes cannot be a frontier of size 4" in str(raised(
        InvalidInput, Frontier.from_bytes, (4).to_bytes(8, "big") + data[8:]
    ))
    assert "out of range" in str(raised(InvalidInput, Frontier.from_bytes, b"\xff" * 8 + data[8:]))


def test_a_leaf_that_is_no_hash_is_refused() -> None:
    for leaves in ([b""], [LEAVES[0], LEAVES[1][:31]]):
        assert "leaf hash is not 32 bytes" in str(raised(InvalidInput, EMPTY.extended, leaves))
        assert "leaf hash is not 32 bytes" in str(raised(InvalidInput, batch_paths, EMPTY, leaves))


def test_growing_beyond_the_largest_size_is_refused() -> None:
    full = Frontier(MAX_SIZE, tuple(LEAVES[:63]))
    assert "out of range" in str(raised(InvalidInput, full.extended, LEAVES[:1]))
    assert "out of range" in str(raised(InvalidInput, grow, full, LEAVES[:1]))

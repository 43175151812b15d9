import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from support.raising import raised

from ledger.core.log.merkle import (
    MAX_SIZE,
    all_paths,
    consistency_path,
    leaf_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from ledger.core.log.tiles import (
    EntriesTile,
    Tile,
    consistency_path_from_tiles,
    consistency_tiles,
    decode_entries,
    encode_entries,
    entries_path,
    inclusion_path_from_tiles,
    inclusion_tiles,
    parse_path,
    tile_hashes,
    tile_path,
    tile_width,
    tiles_for_size,
)
from ledger.errors import InvalidInput, NotFound, VerificationError

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "c2sp.json").read_text())["tiles"]
LEAVES = [leaf_hash(b"leaf %d" % number) for number in range(66_100)]


def levels_of(leaves: list[bytes]) -> list[list[bytes]]:
    """All hashes that are in tiles, by level, from the definition."""
    levels = [leaves]
    while len(levels[-1]) >= 256:
        below = levels[-1]
        levels.append([tree_root(below[start : start + 256]) for start in range(0, len(below) - 255, 256)])
    return levels


LEVELS = levels_of(LEAVES)


class Tiles(dict[Tile, bytes]):
    """Some tiles of the tree of `size`."""

    def __init__(self, size: int) -> None:
        self.size = size

    def fetch(self, tiles: list[Tile]) -> "Tiles":
        assert len(set(tiles)) == len(tiles)
        for tile in tiles:
            assert tile.width == tile_width(tile.level, tile.index, self.size) > 0
            start = tile.index * 256
            self[tile] = b"".join(LEVELS[tile.level][start : start + tile.width])
        return self


# Names


def test_published_path() -> None:
    case = VECTORS["path"]
    tile = Tile(case["level"], case["index"], 256)
    assert (tile_path(tile), parse_path(case["path"])) == (case["path"], tile)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0, 256), "tile/0/000"),
        (Tile(0, 0, 1), "tile/0/000.p/1"),
        (Tile(1, 999, 255), "tile/1/999.p/255"),
        (Tile(0, 1000, 256), "tile/0/x001/000"),
        (Tile(0, 1234, 5), "tile/0/x001/234.p/5"),
        (Tile(2, 999_999, 256), "tile/2/x999/999"),
        (Tile(3, 1_000_000, 10), "tile/3/x001/x000/000.p/10"),
        (Tile(0, MAX_SIZE // 256, 256), "tile/0/x036/x028/x797/x018/x963/967"),
        (Tile(63, 0, 1), "tile/63/000.p/1"),
        (EntriesTile(0, 256), "tile/entries/000"),
        (EntriesTile(1234067, 7), "tile/entries/x001/x234/067.p/7"),
    ],
)
def test_paths_both_ways(tile: Tile | EntriesTile, path: str) -> None:
    assert (tile_path(tile) if isinstance(tile, Tile) else entries_path(*tile)) == path
    assert parse_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/000\n",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/1234",
        "tile/0/x000",
        "tile/0/x000/001",
        "tile/0/x001",
        "tile/0/x001/",
        "tile/0/001/234",
        "tile/0/x01/234",
        "tile/0/X001/234",
        "tile/0/x001/x234",
        "tile/0/-01",
        "tile/0/٠٠١",
        "tile/00/000",
        "tile/01/000",
        "tile/64/000",
        "tile/100/000",
        "tile/-1/000",
        "tile/x/000",
        "tile/entry/000",
        "tile/Entries/000",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/999",
        "tile/0/000.p/1000",
        "tile/0/000.p/+1",
        "tile/0/000.p/5/6",
        "tile/entries/000.p/0",
        "tile/entries/000.p/256",
        "tile/entries/x000/001",
        "tile/0/x036/x028/x797/x018/x963/968",
        "tile/entries/x036/x028/x797/x018/x963/968",
        "tile/7/001",
        "tile/63/001",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/x001/x000/x000/x000/x000/x000/x000/000",
        "tile/0/" + "x001/" * 5000 + "000",
    ],
)
def test_every_other_spelling_is_not_found(path: str) -> None:
    raised(NotFound, parse_path, path)


@pytest.mark.parametrize("tile", [Tile(-1, 0, 1), Tile(64, 0, 1), Tile(0, -1, 1), Tile(0, 0, 0), Tile(0, 0, 257)])
def test_what_is_no_tile_has_no_path(tile: Tile) -> None:
    assert "no such tile" in str(raised(InvalidInput, tile_path, tile))


# Extent


@pytest.mark.parametrize("size", VECTORS["sizes"])
def test_published_extents(size: str) -> None:
    for row in VECTORS["sizes"][size]:
        level, full = row["level"], row["full"]
        assert [tile_width(level, index, int(size)) for index in range(full)] == [256] * full
        assert (tile_width(level, full, int(size)), tile_width(level, full + 1, int(size))) == (row["partial"], 0)
    assert tile_width(len(VECTORS["sizes"][size]), 0, int(size)) == 0


@pytest.mark.parametrize(("level", "index", "size"), [(-1, 0, 5), (0, -1, 5), (0, 0, 0), (63, 0, MAX_SIZE)])
def test_there_is_no_such_tile(level: int, index: int, size: int) -> None:
    assert tile_width(level, index, size) == 0


def test_tiles_become_full_once_and_as_the_tree_passes_them() -> None:
    assert (tiles_for_size(0, 255), tiles_for_size(255, 256), tiles_for_size(256, 511)) == ([], [Tile(0, 0, 256)], [])
    assert tiles_for_size(65_535, 65_536) == [Tile(0, 255, 256), Tile(1, 0, 256)]
    assert tiles_for_size(300, 1100) == [Tile(0, 1, 256), Tile(0, 2, 256), Tile(0, 3, 256)]
    steps = [0, 1, 255, 300, 40_000, 65_536, 131_072, 200_000]
    grown = [tile for old, new in pairwise(steps) for tile in tiles_for_size(old, new)]
    assert (sorted(grown), len(grown)) == (sorted(tiles_for_size(0, 200_000)), 781 + 3)


@pytest.mark.parametrize(("old", "new"), [(-1, 5), (6, 5), (0, MAX_SIZE + 1)])
def test_sizes_that_do_not_grow_are_refused(old: int, new: int) -> None:
    assert "cannot extend" in str(raised(InvalidInput, tiles_for_size, old, new))
    assert "cannot extend" in str(raised(InvalidInput, consistency_tiles, old, new))


# Contents


def test_a_tile_s_bytes_are_its_hashes() -> None:
    assert tile_hashes(b"".join(LEAVES[:256])) == LEAVES[:256]


@pytest.mark.parametrize("data", [b"", b"\0" * 31, b"\0" * 33, b"\0" * 32 * 257])
def test_bytes_that_are_no_tile_are_refused(data: bytes) -> None:
    assert "a tile has 1 to 256 hashes" in str(raised(InvalidInput, tile_hashes, data))


def test_entries_both_ways() -> None:
    assert encode_entries([b"a", b"", b"bcd"]) == b"\0\1a\0\0\0\3bcd"
    for entries in ([b""], [b"x" * 65_535], [b"entry %d" % number for number in range(256)]):
        assert decode_entries(encode_entries(entries)) == entries


@pytest.mark.parametrize(("entries", "reason"), [
    ([], "entries, not 0"), ([b""] * 257, "257"), ([b"x" * 65_536], "longer"),
])
def test_entries_that_are_no_bundle_are_refused(entries: list[bytes], reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        encode_entries(entries)


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\1", b"\0\2a", b"\0\1ab", b"\0\1a\0", b"\0\0" * 257])
def test_bytes_that_are_no_bundle_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"truncated|an entry bundle has 1 to 256 entries"):
        decode_entries(data)


# Proofs


def test_inclusion_of_every_leaf_from_tiles() -> None:
    for size in (*range(1, 66), 255, 256, 257, 300, 512, 513, 600):
        for index, path in enumerate(all_paths(LEAVES[:size])):
            found = inclusion_path_from_tiles(index, size, Tiles(size).fetch(inclusion_tiles(index, size)))
            assert found == path, (index, size)


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 65_792, 66_047, 66_100])
def test_inclusion_from_tiles_of_three_levels(size: int) -> None:
    root = tree_root(LEAVES[:size])
    for index in (0, 1, 255, 256, 40_000, 65_280, 65_534, size - 1):
        tiles = Tiles(size).fetch(inclusion_tiles(index, size))
        assert len(tiles) <= 5
        verify_inclusion(LEAVES[index], index, size, root, inclusion_path_from_tiles(index, size, tiles))


def test_consistency_of_all_small_sizes_from_tiles() -> None:
    for new in range(50):
        for old in range(new + 1):
            tiles = Tiles(new).fetch(consistency_tiles(old, new))
            assert consistency_path_from_tiles(old, new, tiles) == consistency_path(LEAVES[:new], old)


@pytest.mark.parametrize("new", [256, 257, 511, 512, 700, 65_536, 66_047, 66_100])
def test_consistency_from_tiles_of_several_levels(new: int) -> None:
    new_root = tree_root(LEAVES[:new])
    for old in (1, 2, 3, 128, 200, 255, 256, new // 2, new - 1):
        path = consistency_path_from_tiles(old, new, Tiles(new).fetch(consistency_tiles(old, new)))
        verify_consistency(old, new, tree_root(LEAVES[:old]), new_root, path)


def test_every_named_tile_is_needed() -> None:
    needed = inclusion_tiles(300, 66_100)
    for tile in needed:
        tiles = Tiles(66_100).fetch(needed)
        del tiles[tile]
        assert r"the proof needs tile/" in str(raised(NotFound, inclusion_path_from_tiles, 300, 66_100, tiles))


def test_a_tile_of_a_wrong_length_is_refused() -> None:
    for wrong in (b"", b"\0" * 32, b"\0" * 32 * 4):
        with pytest.raises(VerificationError, match=r"tile/0/000.p/3 has \d+ bytes, not 96"):
            inclusion_path_from_tiles(0, 3, {Tile(0, 0, 3): wrong})
        with pytest.raises(VerificationError, match=r"tile/0/000.p/3 has \d+ bytes, not 96"):
            consistency_path_from_tiles(2, 3, {Tile(0, 0, 3): wrong})


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0), (7, 5)])
def test_no_path_to_a_leaf_outside_the_tree(index: int, size: int) -> None:
    assert "no leaf" in str(raised(InvalidInput, inclusion_tiles, index, size))
    assert "no leaf" in str(raised(InvalidInput, inclusion_path_from_tiles, index, size, {}))


def test_a_leaf_of_the_largest_tree_needs_few_tiles() -> None:
    assert len(inclusion_tiles(MAX_SIZE // 2, MAX_SIZE)) <= 24
    assert all(tile.width for tile in inclusion_tiles(0, MAX_SIZE))

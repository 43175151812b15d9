"""C2SP tlog-tiles: the names and bytes of tiles and entry bundles, and proofs computed from tiles.

A tile holds up to 256 consecutive hashes of level 8 * `level` of the tree. A proof takes two steps,
and between them the caller reads the tiles: `inclusion_tiles` names the tiles, `inclusion_path_from_tiles` uses them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from ledger.core.log.merkle import EMPTY_ROOT, HASH_SIZE, MAX_SIZE, last_subtree, node_hash, tree_root
from ledger.errors import InvalidInput, NotFound, VerificationError

TILE_HEIGHT = 8
TILE_WIDTH = 256
MAX_LEVEL = 63
MAX_ENTRY = 0xFFFF

_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?")


class Tile(NamedTuple):
    """Hashes `index * 256` to `index * 256 + width` of tree level `8 * level`."""

    level: int
    index: int  # type: ignore[assignment]  # the specification's word; hides tuple.index, which tiles do not need
    width: int


class EntriesTile(NamedTuple):
    """Entries `index * 256` to `index * 256 + width` of the log."""

    index: int  # type: ignore[assignment]  # as above
    width: int


class _Node(NamedTuple):
    """The complete subtree over leaves `position << height` to `(position + 1) << height`."""

    height: int
    position: int


# Names


def tile_path(tile: Tile) -> str:
    """The path of a tile, such as `tile/0/x001/x234/067.p/5`."""
    if not 0 <= tile.level <= MAX_LEVEL:
        raise InvalidInput("no such tile level", field="level", value=tile.level)
    return f"tile/{tile.level}/{_index_path(tile.index, tile.width)}"


def entries_path(index: int, width: int) -> str:
    """The path of an entry bundle, such as `tile/entries/000.p/5`."""
    return f"tile/entries/{_index_path(index, width)}"


def parse_path(path: str) -> Tile | EntriesTile:
    """The tile that a path names. Raises NotFound unless it is the one spelling of a tile that a log can hold."""
    match = _PATH.fullmatch(path)
    if not match:
        raise NotFound("not the path of a tile", field="path", value=path)
    kind, digits, partial = match.groups()
    index = int(digits.replace("x", "").replace("/", ""))
    width = int(partial) if partial else TILE_WIDTH
    level = 0 if kind == "entries" else int(kind)
    tile: Tile | EntriesTile = EntriesTile(index, width) if kind == "entries" else Tile(level, index, width)
    if level > MAX_LEVEL or not 1 <= width <= TILE_WIDTH or index << TILE_HEIGHT * (level + 1) >= MAX_SIZE:
        raise NotFound("the tile is out of range for every log", field="path", value=path)
    if path != (tile_path(tile) if isinstance(tile, Tile) else entries_path(*tile)):
        raise NotFound("not the one spelling of a tile's path", field="path", value=path)
    return tile


def _index_path(index: int, width: int) -> str:
    if index < 0:
        raise InvalidInput("no such tile index", field="index", value=index)
    if not 1 <= width <= TILE_WIDTH:
        raise InvalidInput("no such tile width", field="width", value=width)
    last, rest = f"{index % 1000:03}", index // 1000
    groups = [last]
    while rest:
        groups.append(f"x{rest % 1000:03}")
        rest //= 1000
    suffix = "" if width == TILE_WIDTH else f".p/{width}"
    return "/".join(reversed(groups)) + suffix


# Extent


def tile_width(level: int, index: int, size: int) -> int:
    """How many hashes the tile has in a tree of `size`; 0 if the tile does not exist."""
    if level < 0 or index < 0:
        return 0
    return max(0, min(TILE_WIDTH, (size >> TILE_HEIGHT * level) - index * TILE_WIDTH))


def tiles_for_size(old_size: int, new_size: int) -> list[Tile]:
    """The tiles that become full as the tree grows from `old_size` to `new_size`, level 0 first."""
    _check_sizes(old_size, new_size)
    tiles: list[Tile] = []
    level = 0
    while full := new_size >> TILE_HEIGHT * (level + 1):
        tiles += (Tile(level, index, TILE_WIDTH) for index in range(old_size >> TILE_HEIGHT * (level + 1), full))
        level += 1
    return tiles


# Contents


def tile_hashes(data: bytes) -> list[bytes]:
    """The hashes in a tile's bytes. The `tree_root` of a full tile is its hash in the tile above."""
    if not data or len(data) % HASH_SIZE or len(data) > TILE_WIDTH * HASH_SIZE:
        raise InvalidInput(f"a tile has 1 to {TILE_WIDTH} hashes of {HASH_SIZE} bytes, not {len(data)} bytes")
    return [data[start : start + HASH_SIZE] for start in range(0, len(data), HASH_SIZE)]


def encode_entries(entries: Sequence[bytes]) -> bytes:
    """The bytes of an entry bundle: each entry after its length as 2 bytes, big-endian."""
    if not 1 <= len(entries) <= TILE_WIDTH:
        raise InvalidInput(f"an entry bundle has 1 to {TILE_WIDTH} entries, not {len(entries)}")
    if any(len(entry) > MAX_ENTRY for entry in entries):
        raise InvalidInput(f"an entry is longer than {MAX_ENTRY} bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_entries(data: bytes) -> list[bytes]:
    """The entries of a bundle; no bytes may follow the last entry."""
    entries: list[bytes] = []
    position = 0
    while position < len(data):
        start = position + 2
        position = start + int.from_bytes(data[position:start], "big")
        if start > len(data) or position > len(data):
            raise InvalidInput(f"entry {len(entries)} of the bundle is truncated")
        entries.append(data[start:position])
    if not 1 <= len(entries) <= TILE_WIDTH:
        raise InvalidInput(f"an entry bundle has 1 to {TILE_WIDTH} entries, not {len(entries)}")
    return entries


# Proofs


def inclusion_tiles(index: int, size: int) -> list[Tile]:
    """The tiles from which the path of leaf `index` in the tree of `size` is computed."""
    return _tiles_of(_inclusion_ranges(index, size), size)


def inclusion_path_from_tiles(index: int, size: int, tiles: Mapping[Tile, bytes]) -> list[bytes]:
    """The inclusion path, from the bytes of the tiles that `inclusion_tiles` names."""
    return [_range_hash(nodes, size, tiles) for nodes in _inclusion_ranges(index, size)]


def consistency_tiles(old_size: int, new_size: int) -> list[Tile]:
    """The tiles from which the consistency path between the sizes is computed."""
    return _tiles_of(_consistency_ranges(old_size, new_size), new_size)


def consistency_path_from_tiles(old_size: int, new_size: int, tiles: Mapping[Tile, bytes]) -> list[bytes]:
    """The consistency path, from the bytes of the tiles that `consistency_tiles` names."""
    return [_range_hash(nodes, new_size, tiles) for nodes in _consistency_ranges(old_size, new_size)]


def edge_tiles(size: int) -> list[Tile]:
    """The tiles that give the root of the tree of `size`: the last tile of each level that ends in a partial one."""
    _check_sizes(0, size)
    return _tiles_of([_subtrees(0, size)], size)


def root_from_tiles(size: int, tiles: Mapping[Tile, bytes]) -> bytes:
    """The root of the tree of `size`, from the bytes of the tiles that `edge_tiles` names."""
    _check_sizes(0, size)
    return _range_hash(_subtrees(0, size), size, tiles) if size else EMPTY_ROOT


def all_tiles(size: int) -> list[Tile]:
    """Every tile of the tree of `size`, level 0 first: the full tiles and the partial one that may end a level."""
    _check_sizes(0, size)
    tiles: list[Tile] = []
    level = 0
    while hashes := size >> TILE_HEIGHT * level:
        tiles += (Tile(level, start >> TILE_HEIGHT, min(TILE_WIDTH, hashes - start))
                  for start in range(0, hashes, TILE_WIDTH))
        level += 1
    return tiles


def _inclusion_ranges(index: int, size: int) -> list[list[_Node]]:
    """For each hash of the path, the complete subtrees under it."""
    _check_sizes(0, size)
    if not 0 <= index < size:
        raise InvalidInput(f"no leaf {index} in a tree of {size}", field="index", value=index)
    return _sibling_ranges(0, index, size)


def _consistency_ranges(old_size: int, new_size: int) -> list[list[_Node]]:
    _check_sizes(old_size, new_size)
    if old_size in (0, new_size):
        return []
    height, index = last_subtree(old_size)
    first = [[_Node(height, index)]] if index else []
    return first + _sibling_ranges(height, index, new_size)


def _sibling_ranges(height: int, index: int, size: int) -> list[list[_Node]]:
    ranges: list[list[_Node]] = []
    while (size - 1) >> height:
        start = (index ^ 1) << height
        if start < size:
            ranges.append(_subtrees(start, min(start + (1 << height), size)))
        height += 1
        index >>= 1
    return ranges


def _subtrees(start: int, end: int) -> list[_Node]:
    """The complete subtrees between two leaves, largest first; `start` is a multiple of the largest."""
    nodes = []
    while start < end:
        height = (end - start).bit_length() - 1
        nodes.append(_Node(height, start >> height))
        start += 1 << height
    return nodes


def _tiles_of(ranges: Iterable[Iterable[_Node]], size: int) -> list[Tile]:
    """The tiles that hold these nodes, each once."""
    return list(dict.fromkeys(_tile_of(node, size)[0] for nodes in ranges for node in nodes))


def _tile_of(node: _Node, size: int) -> tuple[Tile, int, int]:
    """The tile that has the node, and the position of the first hash under the node and how many follow it."""
    level, inner = divmod(node.height, TILE_HEIGHT)
    index, offset = divmod(node.position << inner, TILE_WIDTH)
    return Tile(level, index, tile_width(level, index, size)), offset, 1 << inner


def _range_hash(nodes: Sequence[_Node], size: int, tiles: Mapping[Tile, bytes]) -> bytes:
    result = _node_from_tiles(nodes[-1], size, tiles)
    for node in nodes[-2::-1]:
        result = node_hash(_node_from_tiles(node, size, tiles), result)
    return result


def _node_from_tiles(node: _Node, size: int, tiles: Mapping[Tile, bytes]) -> bytes:
    tile, offset, count = _tile_of(node, size)
    data = tiles.get(tile)
    if data is None:
        raise NotFound(f"the proof needs {tile_path(tile)}", field="tile", value=tile_path(tile))
    if len(data) != tile.width * HASH_SIZE:
        raise VerificationError(f"{tile_path(tile)} has {len(data)} bytes, not {tile.width * HASH_SIZE}")
    bounds = range(offset * HASH_SIZE, (offset + count + 1) * HASH_SIZE, HASH_SIZE)
    return tree_root([data[start:end] for start, end in pairwise(bounds)])


def _check_sizes(old_size: int, new_size: int) -> None:
    if not 0 <= old_size <= new_size <= MAX_SIZE:
        raise InvalidInput(f"a tree of size {new_size} cannot extend one of size {old_size}", field="size")

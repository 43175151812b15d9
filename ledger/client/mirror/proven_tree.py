"""The upper part of a log's tree: an export reads it first, and checks everything else against it on arrival."""

from collections.abc import Awaitable, Callable, Sequence

from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.merkle import HASH_SIZE, leaf_hash, tree_root, verify_consistency
from ledger.core.log.tiles import (
    TILE_WIDTH,
    Tile,
    all_tiles,
    consistency_path_from_tiles,
    consistency_tiles,
    decode_entries,
    edge_tiles,
    root_from_tiles,
    tile_hashes,
    tile_path,
    tile_width,
)
from ledger.errors import InvalidInput, VerificationError

Read = Callable[[Tile], Awaitable[bytes]]


class Skeleton:
    """The tiles of all levels above 0, and the last tile of level 0 if it is not full. All are proven to be in the
    tree.

    They hold a hash of 32 bytes for each 256 entries: 128 KiB for a log of a million entries.
    """

    def __init__(self, size: int, tiles: dict[Tile, bytes]) -> None:
        self.size = size
        self.tiles = tiles

    def hashes_of(self, index: int, bundle: bytes) -> list[bytes]:
        """Leaf hashes of entry bundle `index`. Raises VerificationError if the bundle is not in the tree."""
        width = tile_width(0, index, self.size)
        try:
            hashes = [leaf_hash(entry) for entry in decode_entries(bundle)]
        except InvalidInput as error:
            raise _wrong(f"entry bundle {index}: {error.message}", index) from None
        if len(hashes) != width or not self._holds(Tile(0, index, width), hashes):
            raise _wrong(f"entry bundle {index} is not in the tree of {self.size} entries", index)
        return hashes

    def _holds(self, tile: Tile, hashes: Sequence[bytes]) -> bool:
        if tile.width < TILE_WIDTH:
            return b"".join(hashes) == self.tiles[tile]
        return tree_root(hashes) == _hash_in_parent(tile, self.size, self.tiles)


async def read_skeleton(head: Checkpoint, read: Read) -> Skeleton:
    """Reads the skeleton from the top down. Raises VerificationError if a tile is not in the tree of `head`."""
    tiles = {tile: await read(tile) for tile in edge_tiles(head.size)}
    if root_from_tiles(head.size, tiles) != head.root:
        raise _wrong(f"the log's tiles do not have the root of its checkpoint of {head.size} entries", head.size)
    for tile in reversed([tile for tile in all_tiles(head.size) if tile.level]):
        if tile not in tiles:
            tiles[tile] = await read(tile)
            _check_tile(tile, head.size, tiles)
    return Skeleton(head.size, tiles)


def _check_tile(tile: Tile, size: int, tiles: dict[Tile, bytes]) -> None:
    try:
        hashes = tile_hashes(tiles[tile])
    except InvalidInput as error:
        raise _wrong(f"{tile_path(tile)}: {error.message}", tile_path(tile)) from None
    # A partial tile belongs to the edge, whose root is proven already.
    if len(hashes) != TILE_WIDTH or tree_root(hashes) != _hash_in_parent(tile, size, tiles):
        raise _wrong(f"{tile_path(tile)} is not in the tree of {size} entries", tile_path(tile))


def _hash_in_parent(tile: Tile, size: int, tiles: dict[Tile, bytes]) -> bytes:
    index, offset = divmod(tile.index, TILE_WIDTH)
    above = tiles[Tile(tile.level + 1, index, tile_width(tile.level + 1, index, size))]
    return above[offset * HASH_SIZE : (offset + 1) * HASH_SIZE]


async def check_extends(old: Checkpoint, new: Checkpoint, read: Read) -> None:
    """Raises VerificationError if the log at `new` does not begin with the entries that it had at `old`."""
    if old.size > new.size:
        raise VerificationError(
            f"the log has {new.size} entries, and had {old.size}: {old.size - new.size} are missing",
            code="rolled-back", field="checkpoint", value=new.size, rule="a log only grows",
        )
    try:
        tiles = {tile: await read(tile) for tile in consistency_tiles(old.size, new.size)}
        path = consistency_path_from_tiles(old.size, new.size, tiles)
        verify_consistency(old.size, new.size, old.root, new.root, path)
    except VerificationError as error:
        raise VerificationError(
            f"the log of {new.size} entries does not extend the log of {old.size} entries that was here before: "
            f"{error.message}", code="forked", field="checkpoint", value=old.root.hex(), rule="a log only grows",
        ) from None


def _wrong(message: str, value: object) -> VerificationError:
    return VerificationError(message, code="wrong-tile", field="path", value=value,
                             rule="the tiles and entries that the signed checkpoint commits to")

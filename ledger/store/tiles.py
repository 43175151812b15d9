"""The log as tiles: full ones are rows, partial ones are made from at most 256 rows. And proofs from tiles."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from ledger.core.log.frontier import Frontier
from ledger.core.log.merkle import tree_root
from ledger.core.log.tiles import (
    EntriesTile,
    Tile,
    consistency_path_from_tiles,
    consistency_tiles,
    inclusion_path_from_tiles,
    inclusion_tiles,
    tile_hashes,
    tile_width,
    tiles_for_size,
)
from ledger.engine.row_buffer import RowBuffer
from ledger.errors import NotFound
from ledger.store.database import Connection
from ledger.store.sql import queries

WIDTH = 256
_HASH = 32
_FULL_TILES: Final = 1_024
"""Of 8 KiB each."""


class FullTiles:
    """Full tiles, those asked for last: they never change. One for a process."""

    def __init__(self, limit: int = _FULL_TILES) -> None:
        self._limit = limit
        self._hashes: OrderedDict[Tile, bytes] = OrderedDict()

    async def read(self, connection: Connection, tiles: Sequence[Tile], settled: int) -> dict[Tile, bytes]:
        """The hashes of tiles of these widths; what is not in memory is read in one round trip. `settled`: the size of
        a head that was signed. A tile beyond it may be of a commit that a standby lacks, so it is not kept. Raises
        NotFound where the log is too small for a tile."""
        found = {tile: self._hashes[tile] for tile in tiles if tile in self._hashes}
        for tile in found:
            self._hashes.move_to_end(tile)
        missing = [tile for tile in tiles if tile not in found]
        if missing:
            read = await read_tiles(connection, missing)
            self._hashes.update({tile: hashes for tile, hashes in read.items() if _is_settled(tile, settled)})
            while len(self._hashes) > self._limit:
                self._hashes.popitem(last=False)
            found |= read
        return found


def _is_settled(tile: Tile, size: int) -> bool:
    return tile.width == WIDTH and tile_width(tile.level, tile.index, size) == WIDTH


async def read_tile(connection: Connection, tile: Tile) -> bytes:
    """The hashes of a tile of this width. Raises NotFound where the log is too small for it."""
    return (await read_tiles(connection, [tile]))[tile]


async def read_tiles(connection: Connection, tiles: Sequence[Tile]) -> dict[Tile, bytes]:
    """The hashes of tiles of these widths, in one round trip. Raises NotFound where the log is too small for one."""
    columns = list(zip(*tiles, strict=True)) or [(), (), ()]
    found: dict[Tile, bytes] = {}
    for row in await connection.fetch(queries("log")["tiles"], *columns):
        tile, hashes = Tile(row["level"], row["index"], row["width"]), row["hashes"]
        if hashes is None or len(hashes) != tile.width * _HASH:
            raise NotFound(f"the log has no tile {tile.level}/{tile.index} of width {tile.width}", field="path")
        found[tile] = hashes
    return found


async def read_bundle(connection: Connection, tile: EntriesTile) -> bytes:
    """The entries of a bundle of this width. Raises NotFound where the log is too small for it."""
    row = await connection.fetchrow(queries("log")["bundle"], *tile)
    if row is None or row["width"] != tile.width:
        raise NotFound(f"the log has no entry bundle {tile.index} of width {tile.width}", field="path")
    return bytes(row["bundle"])


async def inclusion_path(connection: Connection, index: int, size: int) -> list[bytes]:
    """The RFC 6962 path of entry `index` in the tree of `size`."""
    tiles = await read_tiles(connection, inclusion_tiles(index, size))
    return inclusion_path_from_tiles(index, size, tiles)


async def consistency_path(connection: Connection, old_size: int, new_size: int) -> list[bytes]:
    """The RFC 6962 proof that the tree of `new_size` extends that of `old_size`."""
    tiles = await read_tiles(connection, consistency_tiles(old_size, new_size))
    return consistency_path_from_tiles(old_size, new_size, tiles)


async def add_full_tiles(
    connection: Connection, rows: RowBuffer, before: Frontier, leaf_hashes: list[bytes]
) -> None:
    """Adds the tiles that a batch fills: what the batch does not hold of them is read, at most 255 rows a level."""
    new_size = before.size + len(leaf_hashes)
    fresh = {0: leaf_hashes}
    first = {0: before.size}
    for tile in tiles_for_size(before.size, new_size):
        level, index, width = tile
        if width != WIDTH:
            continue
        start = index * WIDTH
        known = fresh.get(level, [])
        offset = start - first.get(level, start)
        if offset >= 0:
            hashes = known[offset : offset + WIDTH]
        else:
            hashes = await _stored(connection, level, start, first[level]) + known[: WIDTH + offset]
        root = tree_root(hashes)
        rows.add_tile(level, index, b"".join(hashes), root)
        first.setdefault(level + 1, index)
        fresh.setdefault(level + 1, []).append(root)


async def _stored(connection: Connection, level: int, start: int, end: int) -> list[bytes]:
    if level == 0:
        found = await connection.fetch(queries("sequence")["tile_leaf_hashes"], start, end)
        return [bytes(row["leaf_hash"]) for row in found]
    found = await connection.fetch(queries("sequence")["tile_roots"], level - 1, start, end)
    return [bytes(row["root"]) for row in found]


__all__ = ["WIDTH", "FullTiles", "add_full_tiles", "consistency_path", "inclusion_path", "read_bundle", "read_tile",
           "read_tiles", "tile_hashes"]

"""The log as tiles. A full tile is a row; a partial tile is computed from at most 256 rows. And proofs from tiles."""

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
"""Most full tiles in memory, each of 8 KiB."""


class FullTiles:
    """A cache of the full tiles that were requested last. Full tiles never change. A process needs only one cache."""

    def __init__(self, limit: int = _FULL_TILES) -> None:
        self._limit = limit
        self._hashes: OrderedDict[Tile, bytes] = OrderedDict()

    async def read(self, connection: Connection, tiles: Sequence[Tile], settled: int) -> dict[Tile, bytes]:
        """The hashes of tiles of these widths. It reads tiles that are not in memory in one round trip. `settled`: the
        size of a signed head. The cache does not keep a tile beyond it, because its commit may be missing on a standby.
        Raises NotFound if the log is too small for a tile."""
        by_tile = {tile: self._hashes[tile] for tile in tiles if tile in self._hashes}
        for tile in by_tile:
            self._hashes.move_to_end(tile)
        missing = [tile for tile in tiles if tile not in by_tile]
        if missing:
            loaded = await read_tiles(connection, missing)
            self._hashes.update({tile: hashes for tile, hashes in loaded.items() if _is_settled(tile, settled)})
            while len(self._hashes) > self._limit:
                self._hashes.popitem(last=False)
            by_tile |= loaded
        return by_tile


def _is_settled(tile: Tile, size: int) -> bool:
    return tile.width == WIDTH and tile_width(tile.level, tile.index, size) == WIDTH


async def read_tile(connection: Connection, tile: Tile) -> bytes:
    """The hashes of a tile of this width. Raises NotFound if the log is too small for it."""
    return (await read_tiles(connection, [tile]))[tile]


async def read_tiles(connection: Connection, tiles: Sequence[Tile]) -> dict[Tile, bytes]:
    """The hashes of tiles of these widths, in one round trip. Raises NotFound if the log is too small for a tile."""
    columns = list(zip(*tiles, strict=True)) or [(), (), ()]
    by_tile: dict[Tile, bytes] = {}
    for row in await connection.fetch(queries("log")["tiles"], *columns):
        tile, hashes = Tile(row["level"], row["index"], row["width"]), row["hashes"]
        if hashes is None or len(hashes) != tile.width * _HASH:
            raise NotFound(f"the log has no tile {tile.level}/{tile.index} of width {tile.width}", field="path")
        by_tile[tile] = hashes
    return by_tile


async def read_bundle(connection: Connection, tile: EntriesTile) -> bytes:
    """The entries of a bundle of this width. Raises NotFound if the log is too small for it."""
    row = await connection.fetchrow(queries("log")["bundle"], *tile)
    if row is None or row["width"] != tile.width:
        raise NotFound(f"the log has no entry bundle {tile.index} of width {tile.width}", field="path")
    return bytes(row["bundle"])


async def inclusion_path(connection: Connection, index: int, size: int) -> list[bytes]:
    """The RFC 6962 inclusion path of entry `index` in the tree of size `size`."""
    tiles = await read_tiles(connection, inclusion_tiles(index, size))
    return inclusion_path_from_tiles(index, size, tiles)


async def consistency_path(connection: Connection, old_size: int, new_size: int) -> list[bytes]:
    """The RFC 6962 consistency path from the tree of size `old_size` to the tree of size `new_size`."""
    tiles = await read_tiles(connection, consistency_tiles(old_size, new_size))
    return consistency_path_from_tiles(old_size, new_size, tiles)


async def add_full_tiles(
    connection: Connection, rows: RowBuffer, before: Frontier, leaf_hashes: list[bytes]
) -> None:
    """Adds the rows of the tiles that a batch fills. It reads their missing hashes from the database, at most 255 rows
    for each level."""
    new_size = before.size + len(leaf_hashes)
    fresh = {0: leaf_hashes}
    first = {0: before.size}
    for tile in tiles_for_size(before.size, new_size):
        level, index, width = tile
        if width != WIDTH:
            continue
        start = index * WIDTH
        added = fresh.get(level, [])
        offset = start - first.get(level, start)
        if offset >= 0:
            hashes = added[offset : offset + WIDTH]
        else:
            hashes = await _stored(connection, level, start, first[level]) + added[: WIDTH + offset]
        root = tree_root(hashes)
        rows.add_tile(level, index, b"".join(hashes), root)
        first.setdefault(level + 1, index)
        fresh.setdefault(level + 1, []).append(root)


async def _stored(connection: Connection, level: int, start: int, end: int) -> list[bytes]:
    if level == 0:
        rows = await connection.fetch(queries("sequence")["tile_leaf_hashes"], start, end)
        return [bytes(row["leaf_hash"]) for row in rows]
    rows = await connection.fetch(queries("sequence")["tile_roots"], level - 1, start, end)
    return [bytes(row["root"]) for row in rows]


__all__ = ["WIDTH", "FullTiles", "add_full_tiles", "consistency_path", "inclusion_path", "read_bundle", "read_tile",
           "read_tiles", "tile_hashes"]

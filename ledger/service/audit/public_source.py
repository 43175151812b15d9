"""The public log as an audit reads it: entry bundles, and bodies of public kinds alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

from ledger.core.entry import parse_entry
from ledger.core.logkeys import rotations_in
from ledger.core.merkle import HASH_SIZE
from ledger.core.record import PRIVATE
from ledger.core.tiles import (
    TILE_WIDTH,
    EntriesTile,
    Tile,
    decode_entries,
    encode_entries,
    entries_path,
    tile_path,
)
from ledger.errors import ConfigurationError, LedgerError, NotFound, Unavailable
from ledger.service.audit.pages import write_page
from ledger.service.audit.source import Row
from ledger.service.exporting.folder import Folder
from ledger.service.exporting.log import PublicLog

_BUNDLES_A_PAGE: Final = 8


class FolderLog:
    """A folder that `export log` has made."""

    def __init__(self, root: Path) -> None:
        self._folder = Folder(root)

    async def vkey(self) -> str:
        return self._text("vkey").strip()

    async def rotations(self) -> Sequence[str]:
        found = self._folder.read("keys")
        return () if found is None else rotations_in(found)

    async def checkpoint(self) -> str:
        return self._text("checkpoint")

    async def policy(self) -> bytes | None:
        return self._folder.read("policy")

    async def tile(self, tile: Tile) -> bytes:
        found = self._folder.read(tile_path(tile))
        if found is None and tile.width < TILE_WIDTH:
            # A partial one goes when the full one is there.
            return self._read(tile_path(tile._replace(width=TILE_WIDTH)))[: tile.width * HASH_SIZE]
        return self._read(tile_path(tile)) if found is None else found

    async def bundle(self, tile: EntriesTile) -> bytes:
        found = self._folder.read(entries_path(*tile))
        if found is None and tile.width < TILE_WIDTH:
            return encode_entries(decode_entries(self._read(entries_path(tile.index, TILE_WIDTH)))[: tile.width])
        return self._read(entries_path(*tile)) if found is None else found

    async def body(self, digest: bytes) -> bytes:
        return self._read(f"bodies/{digest.hex()}.json")

    def _read(self, path: str) -> bytes:
        found = self._folder.read(path)
        if found is None:
            raise NotFound(f"{self._folder.root / path} is not there", field="path", value=path)
        return found

    def _text(self, path: str) -> str:
        found = self._folder.read(path)
        if found is None:
            raise ConfigurationError(f"{self._folder.root} holds no exported log", field="target",
                                     value=self._folder.root, rule="a folder that `export log` has made")
        return found.decode("utf-8", "replace")


class PublicSource:
    """Pages of a public log: a row holds the body where its kind is public, and nothing else of what is stored."""

    def __init__(self, log: PublicLog) -> None:
        self._log = log

    async def vkey(self) -> str:
        return await self._log.vkey()

    async def rotations(self) -> Sequence[str]:
        return await self._log.rotations()

    async def checkpoint(self) -> str:
        return await self._log.checkpoint()

    async def policy(self) -> bytes | None:
        return await self._log.policy()

    async def tile(self, tile: Tile) -> bytes:
        return await self._log.tile(tile)

    async def pages(self, size: int, start: int = 0) -> AsyncIterator[bytes]:
        end = -(-size // TILE_WIDTH)
        for first in range(start // TILE_WIDTH, end, _BUNDLES_A_PAGE):
            found = await asyncio.gather(*[
                self._bundle(EntriesTile(index, min(TILE_WIDTH, size - index * TILE_WIDTH)))
                for index in range(first, min(first + _BUNDLES_A_PAGE, end))
            ])
            rows = [row for bundle in found for row in bundle if row.index >= start]
            yield write_page(rows)
            if not rows:
                # A checkpoint may say any size.
                break

    async def batches(self, size: int, start: int = 0) -> AsyncIterator[list[tuple[int, bytes]]]:
        """A public log does not say where batches end."""
        known: list[list[tuple[int, bytes]]] = []
        for batches in known:
            yield batches

    async def _bundle(self, tile: EntriesTile) -> list[Row]:
        try:
            entries = decode_entries(await self._log.bundle(tile))
        except Unavailable:
            raise
        except LedgerError:
            # What is not there, or no bundle, is missed by whoever counts.
            entries = []
        first = tile.index * TILE_WIDTH
        return [Row(first + i, entry, await self._body(entry)) for i, entry in enumerate(entries[: tile.width])]

    async def _body(self, data: bytes) -> bytes | None:
        try:
            entry = parse_entry(data)
            return None if entry.kind == PRIVATE else await self._log.body(entry.digest)
        except Unavailable:
            raise
        except LedgerError:
            return None

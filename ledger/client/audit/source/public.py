"""The public log as an audit reads it: entry bundles, and bodies of public kinds alone."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Final

from ledger.client.audit.source.interface import EntryRow
from ledger.client.audit.source.pages import EMPTY_PAGE, write_page
from ledger.client.mirror.folder import Folder
from ledger.client.mirror.source import PublicLog
from ledger.core.log.entry import parse_entry
from ledger.core.log.key_rotation import rotations_in
from ledger.core.log.merkle import HASH_SIZE
from ledger.core.log.tiles import TILE_WIDTH, EntriesTile, Tile, decode_entries, encode_entries, entries_path, tile_path
from ledger.core.record.base import PRIVATE
from ledger.errors import ConfigurationError, LedgerError, NotFound, Unavailable

_BUNDLES_A_PAGE: Final = 8
_BODIES_A_PAGE: Final = 4 << 20
_BODIES_AT_ONCE: Final = 8


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
            entries = [one for bundle in found for one in bundle if one[0] >= start]
            async for rows in self._filled(entries):
                yield write_page(rows)
            if not entries:
                # A checkpoint may say any size.
                yield EMPTY_PAGE
                break

    async def batches(self, size: int, start: int = 0) -> AsyncIterator[list[tuple[int, bytes]]]:
        """A public log does not say where batches end."""
        known: list[list[tuple[int, bytes]]] = []
        for batches in known:
            yield batches

    async def _bundle(self, tile: EntriesTile) -> list[tuple[int, bytes]]:
        """The entries of a bundle, each with its index."""
        try:
            entries = decode_entries(await self._log.bundle(tile))
        except Unavailable:
            raise
        except LedgerError:
            # What is not there, or no bundle, is missed by whoever counts.
            entries = []
        return list(enumerate(entries[: tile.width], start=tile.index * TILE_WIDTH))

    async def _filled(self, entries: Sequence[tuple[int, bytes]]) -> AsyncIterator[list[EntryRow]]:
        """Rows with their bodies, some at once; in lists of bounded size, since each body may have 1 MiB."""
        rows: list[EntryRow] = []
        for part in _runs(entries):
            bodies = await asyncio.gather(*[self._body(data) for _, data in part])
            rows += [EntryRow(index, data, body) for (index, data), body in zip(part, bodies, strict=True)]
            if sum(len(row.body or b"") for row in rows) > _BODIES_A_PAGE:
                yield rows
                rows = []
        if rows or not entries:
            yield rows

    async def _body(self, data: bytes) -> bytes | None:
        if not _is_public(data):
            return None
        try:
            return await self._log.body(parse_entry(data).digest)
        except Unavailable:
            raise
        except LedgerError:
            return None


def _runs(entries: Sequence[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    """All entries in order, in runs with at most a few of public kinds."""
    run: list[tuple[int, bytes]] = []
    public = 0
    for one in entries:
        run.append(one)
        public += _is_public(one[1])
        if public == _BODIES_AT_ONCE:
            yield run
            run, public = [], 0
    if run:
        yield run


def _is_public(data: bytes) -> bool:
    try:
        return parse_entry(data).kind != PRIVATE
    except LedgerError:
        return False

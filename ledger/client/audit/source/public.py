"""The public log as the source of an audit: entry bundles, and bodies of public kinds."""

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
    """The public log in a folder that `export log` has made."""

    def __init__(self, root: Path) -> None:
        self._folder = Folder(root)

    async def vkey(self) -> str:
        return self._text("vkey").strip()

    async def rotations(self) -> Sequence[str]:
        notes = self._folder.read("keys")
        return () if notes is None else rotations_in(notes)

    async def checkpoint(self) -> str:
        return self._text("checkpoint")

    async def policy(self) -> bytes | None:
        return self._folder.read("policy")

    async def tile(self, tile: Tile) -> bytes:
        data = self._folder.read(tile_path(tile))
        if data is None and tile.width < TILE_WIDTH:
            # An export removes a partial tile once the full tile exists.
            return self._read(tile_path(tile._replace(width=TILE_WIDTH)))[: tile.width * HASH_SIZE]
        return self._read(tile_path(tile)) if data is None else data

    async def bundle(self, tile: EntriesTile) -> bytes:
        data = self._folder.read(entries_path(*tile))
        if data is None and tile.width < TILE_WIDTH:
            return encode_entries(decode_entries(self._read(entries_path(tile.index, TILE_WIDTH)))[: tile.width])
        return self._read(entries_path(*tile)) if data is None else data

    async def body(self, digest: bytes) -> bytes:
        return self._read(f"bodies/{digest.hex()}.json")

    def _read(self, path: str) -> bytes:
        data = self._folder.read(path)
        if data is None:
            raise NotFound(f"{self._folder.root / path} does not exist", field="path", value=path)
        return data

    def _text(self, path: str) -> str:
        data = self._folder.read(path)
        if data is None:
            raise ConfigurationError(f"{self._folder.root} does not hold an exported log", field="target",
                                     value=self._folder.root, rule="a folder that `export log` has made")
        return data.decode("utf-8", "replace")


class PublicSource:
    """Pages of a public log. A row holds the entry, and the body if its kind is public."""

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
            bundles = await asyncio.gather(*[
                self._bundle(EntriesTile(index, min(TILE_WIDTH, size - index * TILE_WIDTH)))
                for index in range(first, min(first + _BUNDLES_A_PAGE, end))
            ])
            entries = [entry for bundle in bundles for entry in bundle if entry[0] >= start]
            async for rows in self._filled(entries):
                yield write_page(rows)
            if not entries:
                # A checkpoint may claim any size.
                yield EMPTY_PAGE
                break

    async def batches(self, size: int, start: int = 0) -> AsyncIterator[list[tuple[int, bytes]]]:
        """No batches: a public log does not say where they end."""
        no_batches: list[list[tuple[int, bytes]]] = []
        for batches in no_batches:
            yield batches

    async def _bundle(self, tile: EntriesTile) -> list[tuple[int, bytes]]:
        """The entries of a bundle, each with its index."""
        try:
            entries = decode_entries(await self._log.bundle(tile))
        except Unavailable:
            raise
        except LedgerError:
            # The audit counts the entries, so it reports a missing or malformed bundle.
            entries = []
        return list(enumerate(entries[: tile.width], start=tile.index * TILE_WIDTH))

    async def _filled(self, entries: Sequence[tuple[int, bytes]]) -> AsyncIterator[list[EntryRow]]:
        """Rows with their bodies, of which some are read at the same time. The lists have a bounded size, since each
        body may have 1 MiB."""
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
    """All entries in order, in runs with at most a few entries of public kinds."""
    run: list[tuple[int, bytes]] = []
    public = 0
    for entry in entries:
        run.append(entry)
        public += _is_public(entry[1])
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

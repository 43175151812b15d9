"""Where a log is copied from. Nothing that comes from it is believed."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Protocol

from msgspec import Raw, Struct

from ledger.client import limits
from ledger.client.http import Reader, address_of, decoded, http_client
from ledger.core.log.key_rotation import rotations_in
from ledger.core.log.merkle import HASH_SIZE
from ledger.core.log.tiles import TILE_WIDTH, EntriesTile, Tile, decode_entries, encode_entries, entries_path, tile_path
from ledger.core.record.canonical import MAX_BODY
from ledger.errors import LedgerError, NotFound, Unavailable, VerificationError


class PublicLog(Protocol):
    """What everybody may read of a log. Methods raise Unavailable where it does not answer, NotFound where it says
    that it has no such thing."""

    async def vkey(self) -> str:
        """The log's verifier key, as the log tells it."""
        ...

    async def rotations(self) -> Sequence[str]:
        """How its key was rotated: the notes, in order; none where it was not."""
        ...

    async def checkpoint(self) -> str:
        """The newest published checkpoint, byte for byte: with all its signature lines."""
        ...

    async def policy(self) -> bytes | None:
        """The policy by which heads are published, as the log tells it; None where it tells none."""
        ...

    async def tile(self, tile: Tile) -> bytes:
        """The hashes of a tile of this width."""
        ...

    async def bundle(self, tile: EntriesTile) -> bytes:
        """The entries of a bundle of this width, with their lengths."""
        ...

    async def body(self, digest: bytes) -> bytes:
        """The body of a record of a public kind."""
        ...


class _PostedPublic(Struct, frozen=True):
    """The part of a record's answer that holds its very bytes."""

    body: Raw


class HttpLog:
    """A server's log, or that of any static host that serves an exported folder."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def vkey(self) -> str:
        return (await self._get("log/vkey", limits.VKEY)).decode("utf-8", "replace").strip()

    async def rotations(self) -> Sequence[str]:
        try:
            return rotations_in(await self._get("log/keys", limits.NOTE))
        except NotFound:
            # A log whose key was never rotated may say nothing of it.
            return ()

    async def checkpoint(self) -> str:
        data = await self._get("log/checkpoint", limits.NOTE)
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise VerificationError("the checkpoint is not UTF-8", code="wrong-checkpoint",
                                    field="checkpoint") from None

    async def policy(self) -> bytes | None:
        try:
            return await self._get("log/policy", limits.NOTE)
        except NotFound:
            return None

    async def tile(self, tile: Tile) -> bytes:
        try:
            return await self._get(f"log/{tile_path(tile)}", limits.tile(tile.width))
        except NotFound:
            # A log may have dropped a partial tile once the full one is there.
            if tile.width == TILE_WIDTH:
                raise
            full = tile._replace(width=TILE_WIDTH)
            whole = await self._get(f"log/{tile_path(full)}", limits.tile(full.width))
            return whole[: tile.width * HASH_SIZE]

    async def bundle(self, tile: EntriesTile) -> bytes:
        try:
            return await self._get(f"log/{entries_path(*tile)}", limits.bundle(tile.width))
        except NotFound:
            if tile.width == TILE_WIDTH:
                raise
            whole = await self._get(f"log/{entries_path(tile.index, TILE_WIDTH)}", limits.bundle(TILE_WIDTH))
            return encode_entries(decode_entries(whole)[: tile.width])

    async def body(self, digest: bytes) -> bytes:
        try:
            answer = await self._get(f"v1/records/{digest.hex()}", limits.BODY)
        except NotFound:
            return await self._get(f"log/bodies/{digest.hex()}.json", MAX_BODY)
        try:
            return bytes(decoded(answer, _PostedPublic).body)
        except LedgerError:
            raise VerificationError(f"no record in the answer for {digest.hex()}", code="unexpected-answer") from None

    async def _get(self, path: str, limit: int) -> bytes:
        answer = await self._reader.fetch(path, limit)
        if answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            raise NotFound(f"{self._reader.url}/{path} is not there", field="path", value=path)
        if answer.status != HTTPStatus.OK:
            raise Unavailable(f"{self._reader.url}/{path} answers {answer.status}", code="server-down")
        return answer.content


@asynccontextmanager
async def http_log(url: str, connections: int) -> AsyncIterator[PublicLog]:
    """The log of the server at `url`, the same address that other commands take. Raises InvalidInput for no address."""
    async with http_client(address_of(url, "from"), connections) as client:
        yield HttpLog(Reader(client))

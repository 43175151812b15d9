"""The source of a copy: a public log. Its answers are not trusted."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Protocol

from msgspec import Raw, Struct

from ledger.client import limits
from ledger.client.http import Reader, decoded
from ledger.core.log.key_rotation import rotations_in
from ledger.core.log.merkle import HASH_SIZE
from ledger.core.log.tiles import TILE_WIDTH, EntriesTile, Tile, decode_entries, encode_entries, entries_path, tile_path
from ledger.core.record.canonical import MAX_BODY
from ledger.errors import LedgerError, NotFound, Unavailable, VerificationError


class PublicLog(Protocol):
    """The public part of a log. Methods raise Unavailable if the log does not answer, NotFound if it answers that it
    has no such resource."""

    async def vkey(self) -> str:
        """The log's verifier key, as the log states it."""
        ...

    async def rotations(self) -> Sequence[str]:
        """The rotation notes of the log's key, in order; empty if the key was never rotated."""
        ...

    async def checkpoint(self) -> str:
        """The newest published checkpoint, byte for byte, with all its signature lines."""
        ...

    async def policy(self) -> bytes | None:
        """The policy by which the log publishes heads, as the log states it; None if it states no policy."""
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
    """The part of a record's answer with the exact bytes of its body."""

    body: Raw


class HttpLog:
    """The log of a server, or of a static host that serves an exported folder."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def vkey(self) -> str:
        return (await self._get("log/vkey", limits.VKEY)).decode("utf-8", "replace").strip()

    async def rotations(self) -> Sequence[str]:
        try:
            return rotations_in(await self._get("log/keys", limits.NOTE))
        except NotFound:
            # A static host has no such file if the key was never rotated.
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
            raise VerificationError(f"the answer for record {digest.hex()} holds no record",
                                    code="unexpected-answer") from None

    async def _get(self, path: str, limit: int) -> bytes:
        answer = await self._reader.fetch(path, limit)
        if answer.missing:
            raise NotFound(f"{self._reader.url}/{path} does not exist", field="path", value=path)
        if answer.status != HTTPStatus.OK:
            raise Unavailable(f"{self._reader.url}/{path} answers {answer.status}", code="server-down")
        return answer.content


@asynccontextmanager
async def http_log(url: str, connections: int) -> AsyncIterator[PublicLog]:
    """The log of the server at `url`, the address that other commands take too. Raises InvalidInput if that is not
    an http or https address."""
    async with Reader.at(url, "from", connections) as reader:
        yield HttpLog(reader)

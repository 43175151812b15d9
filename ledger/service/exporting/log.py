"""Where a log is copied from. Nothing that comes from it is believed."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Protocol

import httpx
import msgspec
from msgspec import Raw, Struct

from ledger.core.logkeys import rotations_in
from ledger.core.merkle import HASH_SIZE
from ledger.core.tiles import (
    TILE_WIDTH,
    EntriesTile,
    Tile,
    decode_entries,
    encode_entries,
    entries_path,
    tile_path,
)
from ledger.errors import InvalidInput, NotFound, Unavailable, VerificationError

_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
_LOCAL = ("127.0.0.1", "localhost", "::1")


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


class _Posted(Struct, frozen=True):
    """The part of a record's answer that holds its very bytes."""

    body: Raw


class HttpLog:
    """A server's log, or that of any static host that serves an exported folder."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def vkey(self) -> str:
        return (await self._get("log/vkey")).decode("utf-8", "replace").strip()

    async def rotations(self) -> Sequence[str]:
        try:
            return rotations_in(await self._get("log/keys"))
        except NotFound:
            # A log whose key was never rotated may say nothing of it.
            return ()

    async def checkpoint(self) -> str:
        data = await self._get("log/checkpoint")
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise VerificationError("the checkpoint is not UTF-8", code="wrong-checkpoint",
                                    field="checkpoint") from None

    async def policy(self) -> bytes | None:
        try:
            return await self._get("log/policy")
        except NotFound:
            return None

    async def tile(self, tile: Tile) -> bytes:
        try:
            return await self._get(f"log/{tile_path(tile)}")
        except NotFound:
            # A log may have dropped a partial tile once the full one is there.
            if tile.width == TILE_WIDTH:
                raise
            whole = await self._get(f"log/{tile_path(tile._replace(width=TILE_WIDTH))}")
            return whole[: tile.width * HASH_SIZE]

    async def bundle(self, tile: EntriesTile) -> bytes:
        try:
            return await self._get(f"log/{entries_path(*tile)}")
        except NotFound:
            if tile.width == TILE_WIDTH:
                raise
            whole = await self._get(f"log/{entries_path(tile.index, TILE_WIDTH)}")
            return encode_entries(decode_entries(whole)[: tile.width])

    async def body(self, digest: bytes) -> bytes:
        try:
            answer = await self._get(f"v1/records/{digest.hex()}")
        except NotFound:
            return await self._get(f"log/bodies/{digest.hex()}.json")
        try:
            return bytes(msgspec.json.decode(answer, type=_Posted).body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise VerificationError(f"no record in the answer for {digest.hex()}", code="unexpected-answer") from None

    async def _get(self, path: str) -> bytes:
        try:
            response = await self._client.get(path)
        except httpx.HTTPError as error:
            raise Unavailable(
                f"{self._client.base_url} does not answer: {str(error) or type(error).__name__}", code="server-down"
            ) from error
        if response.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            raise NotFound(f"{response.request.url} is not there", field="path", value=path)
        if response.status_code != HTTPStatus.OK:
            raise Unavailable(f"{response.request.url} answers {response.status_code}", code="server-down")
        return response.content


@asynccontextmanager
async def http_log(url: str, connections: int) -> AsyncIterator[PublicLog]:
    """The log of the server at `url`, the same address that other commands take. Raises InvalidInput for no address."""
    try:
        address = httpx.URL(url.rstrip("/") + "/")
    except httpx.InvalidURL:
        address = httpx.URL("")
    if address.scheme not in ("http", "https") or not address.host:
        raise InvalidInput(f"{url!r} is no address of a server", field="from", value=url, rule="http:// or https://")
    limits = httpx.Limits(max_connections=connections)
    async with httpx.AsyncClient(
        base_url=address, timeout=_TIMEOUT, limits=limits, trust_env=address.host not in _LOCAL
    ) as client:
        yield HttpLog(client)

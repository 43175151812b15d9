"""Auditing a server over HTTP: all that an outsider has."""

import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import httpx
import msgspec

from ledger.core.logkeys import rotations_in
from ledger.core.tiles import Tile, tile_path
from ledger.errors import InvalidInput, NotFound, Unavailable
from ledger.service.audit.pages import ENTRIES, MEDIA_TYPE
from ledger.service.audit.source import Balance, RevisedRow, Revisions, Source


class HttpSource:
    """A server's HTTP API."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def vkey(self) -> str:
        return (await self._get("/log/vkey")).text.strip()

    async def rotations(self) -> Sequence[str]:
        return rotations_in((await self._get("/log/keys")).content)

    async def checkpoint(self) -> str:
        return (await self._get("/log/checkpoint")).text

    async def policy(self) -> bytes | None:
        try:
            return (await self._get("/log/policy")).content
        except _NotThere:
            return None

    async def pages(self, size: int, start: int = 0) -> AsyncIterator[bytes]:
        while start < size:
            page = {"from": start, "to": min(start + ENTRIES, size)}
            yield (await self._get("/v1/audit/entries", page, MEDIA_TYPE)).content
            start += ENTRIES

    async def batches(self, size: int, start: int = 0) -> AsyncIterator[list[tuple[int, bytes]]]:
        while page := await self._json("/v1/audit/batches", {"after": start}):
            yield [(one["size"], base64.b64decode(one["root"])) for one in page if one["size"] <= size]
            start = page[-1]["size"]

    async def revisions(self) -> Revisions:
        return msgspec.convert(await self._json("/v1/audit/revisions", {}), Revisions)

    async def revised(self, index: int) -> AsyncIterator[list[RevisedRow]]:
        after = -1
        while page := await self._json("/v1/audit/revised", {"index": index, "after": after}):
            found = [_revised(one) for one in page]
            yield found
            after = found[-1].index

    async def tile(self, tile: Tile) -> bytes:
        path = "/log/" + tile_path(tile)
        try:
            return (await self._get(path)).content
        except _NotThere as error:
            # A log of that size has it: this is a finding, and no reason to ask again.
            raise NotFound(f"{path} is not there", code="missing-tile", field="path", value=path) from error

    async def balances(self) -> AsyncIterator[list[Balance]]:
        after = -1
        while page := await self._json("/v1/audit/balances", {"after": after}):
            yield [_balance(one) for one in page]
            after = page[-1]["number"]

    async def balances_of(self, numbers: Sequence[int]) -> list[Balance]:
        return [_balance(one) for one in await self._json(
            "/v1/audit/balances", {"lots": ",".join(map(str, numbers))}
        )]

    async def _json(self, path: str, parameters: Mapping[str, int | str]) -> Any:
        return msgspec.json.decode((await self._get(path, parameters)).content)

    async def _get(
        self, path: str, parameters: Mapping[str, int | str] | None = None, accept: str = "*/*"
    ) -> httpx.Response:
        try:
            response = await self._client.get(path, params=parameters, headers={"Accept": accept})
        except httpx.HTTPError as error:
            raise Unavailable(f"{self._client.base_url} does not answer: {error}", code="server-down") from error
        if response.status_code != 200:
            kind = _NotThere if response.status_code == 404 else Unavailable
            raise kind(
                f"{response.request.url} answers {response.status_code}: {response.text[:200]}", code="server-down"
            )
        return response


class _NotThere(Unavailable):
    """The server answers, and has no such thing."""


def _balance(told: dict[str, Any]) -> Balance:
    return Balance(told["number"], told["lot"], Decimal(told["remaining"]), Decimal(told["quantity"]))


def _revised(told: dict[str, Any]) -> RevisedRow:
    return RevisedRow(
        told["index"], told["own"], base64.b64decode(told["body"]) if "body" in told else None,
        [base64.b64decode(leaf) for leaf in told["leaves"]], base64.b64decode(told["outcome"]),
        [(number, Decimal(quantity)) for number, quantity in told["flows"]], told["shares"],
        [Decimal(quantity) for quantity in told["quantities"]], told["blank"],
    )


@asynccontextmanager
async def http_source(url: str) -> AsyncIterator[Source]:
    """Raises InvalidInput where `url` is no http address."""
    if not url.startswith(("http://", "https://")):
        raise InvalidInput(f"{url!r} is no address of a server", field="target", value=url, rule="http:// or https://")
    async with httpx.AsyncClient(base_url=url.rstrip("/"), timeout=60) as client:
        yield HttpSource(client)

"""Auditing a server over HTTP: all that an outsider has."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import httpx
import msgspec

from ledger.core.tiles import Tile, tile_path
from ledger.errors import InvalidInput, Unavailable
from ledger.service.audit.source import Balance, RevisedRow, Revisions, Row, Source

_ENTRIES = 1_000


class HttpSource:
    """A server's HTTP API."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def vkey(self) -> str:
        return (await self._get("/log/vkey")).text.strip()

    async def checkpoint(self) -> str:
        return (await self._get("/log/checkpoint")).text

    async def rows(self, size: int, start: int = 0) -> AsyncIterator[list[Row]]:
        while start < size:
            page = {"from": start, "to": min(start + _ENTRIES, size)}
            found = [_row(one) for one in await self._json("/v1/audit/entries", page)]
            yield found
            if not found:
                return
            start += len(found)

    async def batches(self, size: int) -> list[tuple[int, bytes]]:
        found: list[tuple[int, bytes]] = []
        after = 0
        while page := await self._json("/v1/audit/batches", {"after": after}):
            found.extend([(one["size"], base64.b64decode(one["root"])) for one in page if one["size"] <= size])
            after = page[-1]["size"]
        return found

    async def revisions(self) -> Revisions:
        return msgspec.convert(await self._json("/v1/audit/revisions", {}), Revisions)

    async def revised(self, index: int) -> AsyncIterator[list[RevisedRow]]:
        after = -1
        while page := await self._json("/v1/audit/revised", {"index": index, "after": after}):
            found = [_revised(one) for one in page]
            yield found
            after = found[-1].index

    async def tile(self, tile: Tile) -> bytes:
        return (await self._get("/log/" + tile_path(tile))).content

    async def balances(self) -> AsyncIterator[list[Balance]]:
        after = -1
        while page := await self._json("/v1/audit/balances", {"after": after}):
            yield [
                Balance(one["number"], one["lot"], Decimal(one["remaining"]), Decimal(one["quantity"])) for one in page
            ]
            after = page[-1]["number"]

    async def _json(self, path: str, parameters: dict[str, int]) -> Any:
        return msgspec.json.decode((await self._get(path, parameters)).content)

    async def _get(self, path: str, parameters: dict[str, int] | None = None) -> httpx.Response:
        try:
            response = await self._client.get(path, params=parameters)
        except httpx.HTTPError as error:
            raise Unavailable(f"{self._client.base_url} does not answer: {error}", code="server-down") from error
        if response.status_code != 200:
            raise Unavailable(
                f"{response.request.url} answers {response.status_code}: {response.text[:200]}", code="server-down"
            )
        return response


def _row(told: dict[str, Any]) -> Row:
    return Row(
        told["index"], base64.b64decode(told["entry"]),
        base64.b64decode(told["body"]) if "body" in told else None,
        [base64.b64decode(leaf) for leaf in told["leaves"]],
        [(number, Decimal(quantity)) for number, quantity in told["flows"]], told["shares"],
    )


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

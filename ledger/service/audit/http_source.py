"""Auditing a server over HTTP: all that an outsider has."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TypeVar

import httpx
from msgspec import Struct

from ledger.client import limits
from ledger.client.http import Reader, TooLarge, address_of, decoded, http_client
from ledger.core.logkeys import rotations_in
from ledger.core.tiles import Tile, tile_path
from ledger.errors import LedgerError, NotFound, Unavailable
from ledger.service.audit.pages import ENTRIES, MEDIA_TYPE
from ledger.service.audit.source import Balance, RevisedRow, Revisions, Source

Value = TypeVar("Value")


class _Batch(Struct, frozen=True):
    size: int
    root: bytes


class _Balance(Struct, frozen=True):
    number: int
    lot: str
    remaining: Decimal
    quantity: Decimal


class _Revised(Struct, frozen=True):
    index: int
    own: bool
    leaves: list[bytes]
    outcome: bytes
    flows: list[tuple[int, Decimal]]
    shares: list[float]
    quantities: list[Decimal]
    blank: bool
    body: bytes | None = None


class HttpSource:
    """A server's HTTP API."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._reader = Reader(client)

    async def vkey(self) -> str:
        return _text(await self._get("/log/vkey", limits.VKEY)).strip()

    async def rotations(self) -> Sequence[str]:
        return rotations_in(await self._get("/log/keys", limits.NOTE))

    async def checkpoint(self) -> str:
        return _text(await self._get("/log/checkpoint", limits.NOTE))

    async def policy(self) -> bytes | None:
        try:
            return await self._get("/log/policy", limits.NOTE)
        except _NotThere:
            return None

    async def pages(self, size: int, start: int = 0) -> AsyncIterator[bytes]:
        """A page that is too long is asked for again with fewer rows, down to one."""
        rows = ENTRIES
        while start < size:
            end = min(start + rows, size)
            try:
                page = await self._get("/v1/audit/entries", limits.PAGE if rows > 1 else limits.ROW,
                                       {"from": start, "to": end}, MEDIA_TYPE)
            except TooLarge:
                if rows == 1:
                    raise
                rows = max(1, rows // 4)
                continue
            yield page
            start, rows = end, min(2 * rows, ENTRIES)

    async def batches(self, size: int, start: int = 0) -> AsyncIterator[list[tuple[int, bytes]]]:
        while page := await self._json("/v1/audit/batches", {"after": start}, list[_Batch]):
            yield [(one.size, one.root) for one in page if one.size <= size]
            start = _next(page[-1].size, start, "batches")

    async def revisions(self) -> Revisions:
        return await self._json("/v1/audit/revisions", {}, Revisions)

    async def revised(self, index: int) -> AsyncIterator[list[RevisedRow]]:
        after = -1
        while page := await self._json("/v1/audit/revised", {"index": index, "after": after}, list[_Revised]):
            yield [RevisedRow(one.index, one.own, one.body, one.leaves, one.outcome, one.flows, one.shares,
                              one.quantities, one.blank) for one in page]
            after = _next(page[-1].index, after, "revised records")

    async def tile(self, tile: Tile) -> bytes:
        path = "/log/" + tile_path(tile)
        try:
            return await self._get(path, limits.tile(tile.width))
        except _NotThere as error:
            # A log of that size has it: this is a finding, and no reason to ask again.
            raise NotFound(f"{path} is not there", code="missing-tile", field="path", value=path) from error

    async def balances(self) -> AsyncIterator[list[Balance]]:
        after = -1
        while page := await self._json("/v1/audit/balances", {"after": after}, list[_Balance]):
            yield [_balance(one) for one in page]
            after = _next(page[-1].number, after, "balances")

    async def balances_of(self, numbers: Sequence[int]) -> list[Balance]:
        return [_balance(one) for one in await self._json(
            "/v1/audit/balances", {"lots": ",".join(map(str, numbers))}, list[_Balance]
        )]

    async def _json(self, path: str, parameters: Mapping[str, int | str], kind: type[Value]) -> Value:
        data = await self._get(path, limits.QUESTION, parameters)
        try:
            return decoded(data, kind)
        except LedgerError as error:
            raise Unavailable(f"{self._reader.url}{path}: {error.message}", code="server-down") from None

    async def _get(
        self, path: str, limit: int, parameters: Mapping[str, int | str] | None = None, accept: str = "*/*"
    ) -> bytes:
        answer = await self._reader.fetch(path, limit, parameters=parameters, headers={"Accept": accept})
        if answer.status != 200:
            kind = _NotThere if answer.status == 404 else Unavailable
            raise kind(f"{self._reader.url}{path} answers {answer.status}: {answer.text}", code="server-down")
        return answer.content


class _NotThere(Unavailable):
    """The server answers, and has no such thing."""


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _next(last: int, after: int, what: str) -> int:
    """Where the next page begins. Raises Unavailable where pages do not go on, so that there would be no end."""
    if last <= after:
        raise Unavailable(f"the server's pages of {what} do not go on after {after}", code="server-down")
    return last


def _balance(one: _Balance) -> Balance:
    return Balance(one.number, one.lot, one.remaining, one.quantity)


@asynccontextmanager
async def http_source(url: str) -> AsyncIterator[Source]:
    """Raises InvalidInput where `url` is no http address."""
    async with http_client(address_of(url, "target")) as client:
        yield HttpSource(client)

"""Audits a server over HTTP, with the access that an outsider has."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from ledger.admission.facts import LOT_SLOTS
from ledger.client import limits
from ledger.client.audit.source.decoding import Intake, Malformed, json_of, typed
from ledger.client.audit.source.interface import (
    AuditScope,
    AuditSource,
    BatchRow,
    RevisedRow,
    Revisions,
    StoredBalance,
)
from ledger.client.audit.source.pages import EMPTY_PAGE, ENTRIES, MEDIA_TYPE
from ledger.client.http import HttpRequest, Reader, TooLarge, check_values
from ledger.core.log.key_rotation import rotations_in
from ledger.core.log.tiles import Tile, tile_path
from ledger.errors import LedgerError, NotFound, Unavailable
from ledger.registry.archives import MAX_BYTES


class HttpSource:
    """A server's HTTP API. Unlike `HttpLog`, it expects every path of a ledger's server: any answer but 200 is
    Unavailable, except for a missing policy or tile."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.intake = Intake()

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
        """If a page is too long, asks for it again with fewer rows, down to a single row."""
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
            if page == EMPTY_PAGE:
                # A checkpoint may claim any size.
                break
            start, rows = end, min(2 * rows, ENTRIES)

    async def archive(self, digest: str) -> bytes | None:
        try:
            return await self._get(f"/v1/plugins/{digest}/archive", MAX_BYTES)
        except _NotThere:
            return None

    async def batches(self, size: int, start: int = 0) -> AsyncIterator[list[tuple[int, bytes]]]:
        while page := await self._json("/v1/audit/batches", {"after": start}):
            rows = self.intake.rows(BatchRow, "batch", page)
            yield [(one.size, one.root) for one in rows if one.size <= size]
            start = self._last([one.size for one in rows], start, "batch.size")

    async def scope(self) -> AuditScope:
        return typed(AuditScope, "scope", await self._json("/v1/audit/scope", {}))

    async def revisions(self) -> Revisions:
        return typed(Revisions, "revision", await self._json("/v1/audit/revisions", {}))

    async def revised(self, index: int) -> AsyncIterator[list[RevisedRow]]:
        after = -1
        while page := await self._json("/v1/audit/revised", {"index": index, "after": after}):
            rows = self.intake.rows(RevisedRow, "revised", page, "index")
            yield rows
            after = self._last([one.index for one in rows], after, "revised.record")

    async def tile(self, tile: Tile) -> bytes:
        path = "/log/" + tile_path(tile)
        try:
            return await self._get(path, limits.tile(tile.width))
        except _NotThere as error:
            # A log of that size has this tile: a finding, and no reason to ask again.
            raise NotFound(f"{path} does not exist", code="missing-tile", field="path", value=path) from error

    async def balances(self) -> AsyncIterator[list[StoredBalance]]:
        after = -1
        while page := await self._json("/v1/audit/balances", {"after": after}):
            rows = self.intake.rows(StoredBalance, "balance", page, "number", LOT_SLOTS)
            yield rows
            after = self._last([one.number for one in rows], after, "balance.lot")

    async def balances_of(self, numbers: Sequence[int]) -> list[StoredBalance]:
        page = await self._json("/v1/audit/balances", {"lots": ",".join(map(str, numbers))})
        return self.intake.rows(StoredBalance, "balance", page, "number", LOT_SLOTS)

    @staticmethod
    def _last(numbers: Sequence[int], after: int, column: str) -> int:
        """The start of the next page. Raises Malformed if this page does not continue the last one: otherwise a server
        could hold an auditor for ever."""
        if not numbers or numbers[-1] <= after:
            raise Malformed(column, ValueError(f"the rows of a page must come after {after}, in order"))
        return numbers[-1]

    async def _json(self, path: str, parameters: Mapping[str, int | str]) -> Any:
        data = await self._get(path, limits.QUESTION, parameters)
        try:
            check_values(data)
        except LedgerError as error:
            raise Unavailable(f"{self._reader.url}{path}: {error.message}", code="server-down") from None
        return json_of(data, path)

    async def _get(
        self, path: str, limit: int, parameters: Mapping[str, int | str] | None = None, accept: str = "*/*"
    ) -> bytes:
        answer = await self._reader.fetch(
            path, limit, request=HttpRequest(parameters=parameters, headers={"Accept": accept})
        )
        if answer.status != 200:
            kind = _NotThere if answer.status == 404 else Unavailable
            raise kind(f"{self._reader.url}{path} answers {answer.status}: {answer.text}", code="server-down")
        return answer.content


class _NotThere(Unavailable):
    """The server answers that it has no such resource."""


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


@asynccontextmanager
async def http_source(url: str) -> AsyncIterator[AuditSource]:
    """The server at `url` as the source of an audit. Raises InvalidInput if that is not an http or https
    address."""
    async with Reader.at(url, "target") as reader:
        yield HttpSource(reader)

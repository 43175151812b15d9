"""Audits of a server that shows a caller only a part of the log, or that lies about it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec

from ledger.access.caller import Caller
from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.client.audit.sample.draw import SampleRequest
from ledger.client.audit.sample.population import DrawnSample, take_sample
from ledger.client.audit.source.http import HttpSource
from ledger.client.audit.source.interface import EntryRow
from ledger.client.audit.source.pages import read_page, write_page
from ledger.client.http import Reader
from support.callers import BASE, Callers
from support.witness import registry

Lie = Callable[[str, bytes], bytes]
"""The path and the true answer; returns the answer that the server gives."""


class Seen(NamedTuple):
    """An audit, and all answers of `/v1/audit/` that it got."""

    report: AuditReport
    answers: list[bytes]


def audited(
    callers: Callers, caller: Caller | str | None, lie: Lie | None = None, state: Path | None = None, **options: Any
) -> AuditReport:
    return seen(callers, caller, lie, state, **options).report


def seen(
    callers: Callers, caller: Caller | str | None, lie: Lie | None = None, state: Path | None = None, **options: Any
) -> Seen:
    """An audit by HTTP as `caller`, with the log's key pinned."""
    door = _Door(httpx.ASGITransport(app=callers.app(caller)), lie)

    async def run() -> AuditReport:
        async with Reader(httpx.AsyncClient(transport=door, base_url=BASE)) as reader:
            return await audit(HttpSource(reader), registry(), AuditOptions(
                vkey=callers.ledger.vkey, state=state, **options))

    return Seen(callers.ledger.run(run()), door.answers)


def sampled(callers: Callers, caller: str, facility: str) -> DrawnSample:
    """A sample of one record of a facility."""
    question = SampleRequest(
        facility=facility, start="2025-01-01T00:00:00Z", end="2026-01-01T00:00:00Z", method="random", size=1, seed="1")

    async def run() -> DrawnSample:
        door = httpx.ASGITransport(app=callers.app(caller))
        async with Reader(httpx.AsyncClient(transport=door, base_url=BASE)) as reader:
            return await take_sample(HttpSource(reader), question, vkey=callers.ledger.vkey, policy=None,
                                     progress=lambda *_: None)

    return callers.ledger.run(run())


def rows_changed(change: Callable[[EntryRow], EntryRow]) -> Lie:
    """A server that changes entry rows."""
    def lie(path: str, content: bytes) -> bytes:
        if path != "/v1/audit/entries":
            return content
        return write_page([change(row) for row in read_page(content)])
    return lie


def scope_changed(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Lie:
    """A server that changes the caller's scope."""
    def lie(path: str, content: bytes) -> bytes:
        return msgspec.json.encode(change(msgspec.json.decode(content))) if path == "/v1/audit/scope" else content
    return lie


def all_of(*lies: Lie) -> Lie:
    def lie(path: str, content: bytes) -> bytes:
        for one in lies:
            content = one(path, content)
        return content
    return lie


def found(report: AuditReport) -> Sequence[tuple[str, int | None]]:
    """Rule and index of each finding."""
    return [(finding.rule, finding.index) for finding in report.findings]


class _Door(httpx.AsyncBaseTransport):
    def __init__(self, inner: httpx.ASGITransport, lie: Lie | None) -> None:
        self._inner, self._lie = inner, lie
        self.answers: list[bytes] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self._inner.handle_async_request(request)
        content = await response.aread()
        if self._lie is not None and response.status_code == 200:
            content = self._lie(request.url.path, content)
        if request.url.path.startswith("/v1/audit/"):
            self.answers.append(content)
        kind = response.headers.get("content-type", "")
        return httpx.Response(response.status_code, headers={"content-type": kind}, stream=httpx.ByteStream(content))

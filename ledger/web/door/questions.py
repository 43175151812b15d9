"""Limits the number of queries at a time, ends a query when its client disconnects, and gives its memory back.

The path shows the cost of a query. Queries over a chain, a year or a sector take one of a few places, or wait for one
in a bounded queue. Pages of an audit have places of their own. So have queries of a few rows: enough places to keep the
database busy, but not so many that a posted record waits behind a thousand queries.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Mapping
from typing import Final
from urllib.parse import unquote_plus

from litestar.types import ASGIApp, HTTPRequestEvent, Message, Receive, ReceiveMessage, Scope, Send

from ledger.host.memory import give_back
from ledger.host.peers import has_gone
from ledger.web.door.answers import Refusal
from ledger.web.door.clients import client_of
from ledger.web.door.places import Full, Places
from ledger.web.problems import refused_request

DEAR: Final = frozenset({
    "cbam", "chain", "contributions", "coverage", "gaps", "inventory", "sectors", "sensitivity", "uncertainty",
    "verification",
})
"""Queries below /v1 that read more than a page."""
PAGES: Final = "audit"
_STORED_FIGURE: Final = frozenset({"lot", "at"})
_PAGE: Final = frozenset({"organization", "issuer", "kind", "holder", "owner", "limit", "after", "at"})
_CHEAP: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("footprint", "statement"), _STORED_FIGURE),
    "passport": frozenset({"lot", "item"}),
    **dict.fromkeys(("lot-list", "received", "delivered", "record-list"), _PAGE),
}
"""Queries that are cheap with these parameters alone: without methods, and without filters that examine more rows than
they return."""
_GTIN: Final = "01"
_OF_PRODUCTS: Final = frozenset({"22"})
"""The qualifiers of GS1 Digital Links that name a product, whose passport reads many lots."""
_LANGUAGES: Final = frozenset({"en", "zh"})
_PAGES_OF_CHAINS: Final = frozenset({
    "compare", "desk", "inventory", "lot", "lot.csv", "organization", "passport", "product", "sectors"})
"""Pages for people that read whole chains, many lots of a product, or the records of a sector."""
_READING: Final = frozenset({"GET", "HEAD"})
_OPERATION: Final = frozenset({"health", "metrics"})
_RECORDS: Final = "records"
"""A request that waits for the witnesses of a record takes no place, nor does a health check or a scrape."""
ROWS: Final = 64
ROOM_FOR_ROWS: Final = 2_048
ROOM_A_PLACE: Final = 16
_PIECE: Final = 256 << 10
_LOOK_SECONDS: Final = 1.0
_WAIT_SECONDS: Final = 30.0
"""The longest time in which a client must take a piece of its answer, and for which a query may wait for its place."""


class Questions:
    """Answers 429 with `Retry-After` if a queue is full. `places`: for expensive queries; audit pages have as many."""

    def __init__(self, app: ASGIApp, places: int) -> None:
        self._app = app
        self.questions = Places(places, places * ROOM_A_PLACE)
        self.pages = Places(places, places * ROOM_A_PLACE)
        self.rows = Places(ROWS, ROOM_FOR_ROWS)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        places = self._places(scope)
        if places is None:
            return self._app(scope, receive, send)
        if places is self.rows:
            return self._answer_rows(scope, receive, send)
        return self._answer_while_there(places, scope, receive, send)

    def _places(self, scope: Scope) -> Places | None:
        if scope.get("method") not in _READING:
            return None
        parts = [part for part in scope["path"].split("/") if part]
        kind = parts[1] if len(parts) > 1 and parts[0] == "v1" else ""
        if len(parts) > 1 and parts[0] in _LANGUAGES and parts[1] in _PAGES_OF_CHAINS:
            return self.questions
        if kind == PAGES:
            return self.pages
        if parts[:1] == [_GTIN] and set(parts[2::2]) <= _OF_PRODUCTS:
            return self.questions
        more = len(parts) > len(("v1", "footprint"))
        if kind in DEAR or (kind in _CHEAP and (more or _asks_more(kind, scope["query_string"]))):
            return self.questions
        if _OPERATION.issuperset(parts[:1] or [""]) or (kind == _RECORDS and b"wait=" in scope["query_string"]):
            return None
        return self.rows

    async def _answer_rows(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with self.rows.taken(client_of(scope)):
                await self._app(scope, receive, send)
        except Full:
            await _full(self.rows).send(send)

    async def _answer_while_there(self, places: Places, scope: Scope, receive: Receive, send: Send) -> None:
        begun = asyncio.Event()
        answering = asyncio.create_task(self._answer(places, begun, scope, send))
        leaving = asyncio.create_task(_left(receive)), asyncio.create_task(_gone(begun, scope))
        try:
            await asyncio.wait({answering, *leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in leaving:
                task.cancel()
            # If the client has disconnected, this ends the database statement and the computing thread.
            answering.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await answering

    async def _answer(self, places: Places, begun: asyncio.Event, scope: Scope, send: Send) -> None:
        answer = _StartedAnswer(send)
        try:
            async with contextlib.AsyncExitStack() as stack:
                try:
                    async with asyncio.timeout(_WAIT_SECONDS):
                        await stack.enter_async_context(places.taken(client_of(scope)))
                except (Full, TimeoutError):
                    raise _full(places) from None
                begun.set()
                await self._app(scope, _Nothing(), answer)
        except Refusal as refusal:
            await refusal.send(send)
        finally:
            if answer.size > _PIECE:
                give_back()


def _full(places: Places) -> Refusal:
    return Refusal(refused_request(
        429, "too-many-questions", f"too many queries: {places.running} run and {places.waiting} wait",
        rule="retry later, with fewer queries at a time",
    ), retry_after=2)


class _StartedAnswer:
    """Sends a long body in pieces. The client must take each piece in time."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.size = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        body, more = message["body"], message["more_body"]
        self.size += len(body)
        for start in range(0, len(body) or 1, _PIECE):
            end = start + _PIECE
            try:
                async with asyncio.timeout(_WAIT_SECONDS):
                    await self._send({
                        "type": "http.response.body", "body": body[start:end], "more_body": more or end < len(body),
                    })
            except TimeoutError:
                # A client that does not take its answer counts as disconnected.
                raise asyncio.CancelledError from None


class _Nothing:
    """The `receive` of the application: an empty body, and never a disconnect, which `Questions` handles itself."""

    def __init__(self) -> None:
        self._received = False

    async def __call__(self) -> ReceiveMessage:
        if self._received:
            await asyncio.get_running_loop().create_future()
        self._received = True
        event: HTTPRequestEvent = {"type": "http.request", "body": b"", "more_body": False}
        return event


async def _left(receive: Receive) -> None:
    """Returns when the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _gone(begun: asyncio.Event, scope: Scope) -> None:
    """Returns when the connection of a query that has its place is no more. `receive` says so too, but not while the
    next request of the connection waits behind this one: then the server does not read on."""
    server, client = scope.get("server") or ("", 0), scope.get("client") or ("", 0)
    # granian gives ports as text, and a proxy hides the port of the client.
    own, port = int(server[1] or 0), int(client[1] or 0)
    await begun.wait()
    while not (own and port and has_gone(own, (client[0], port))):  # noqa: ASYNC110 -- the kernel tells nobody
        await asyncio.sleep(_LOOK_SECONDS)


def _asks_more(kind: str, query: bytes) -> bool:
    """Whether a query asks for more than the stored figure of a lot, or the next rows of a list."""
    names = [pair.partition("=")[0] for pair in query.decode("latin-1").split("&") if pair]
    return not _CHEAP[kind].issuperset([unquote_plus(name) for name in names])

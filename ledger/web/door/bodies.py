"""Bodies are read whole before a handler is asked: within a size, at a least speed, and only so many bytes at a time.

A body that stays away costs one of `MOST` turns, not a connection's worth of patience: where all turns are taken, the
body that has been coming for longest, of the client that has most, gives up its own. So who sends at once gets through
however many do not.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable
from typing import Final

from litestar.types import ASGIApp, HTTPRequestEvent, Receive, ReceiveMessage, Scope, Send
from msgspec import Struct

from ledger.core.signatures.envelope import MAX_ENVELOPE
from ledger.host.memory import give_back
from ledger.web.door.answers import Headers, Refusal, header
from ledger.web.door.clients import client_of

NDJSON: Final = ("application/x-ndjson", "application/ndjson")
MOST: Final = 256
FREE: Final = 16 << 10
"""Bytes of each body that count for nothing: what single records need is there while others send much."""
LEAST_RATE: Final = 16 << 10
LONG: Final = 4 << 20
"""Bytes of a body after which memory is given back."""
_LONGEST: Final = 30
"""How many times its first patience a body may take in all."""
_WITHOUT: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOK_SECONDS: Final = 0.25
"""How often it is looked whose time is over: a timer for each body would cost as much as reading it."""


class BodyLimits(Struct, frozen=True, kw_only=True):
    """`seconds`: how long a body may stay behind 16 KiB/s. `held`: bytes of all bodies that are on their way or worked
    on, in one process."""

    envelope: int = MAX_ENVELOPE
    lines: int = 64 << 20
    held: int = 96 << 20
    seconds: float = 10.0

    def of(self, headers: Headers) -> int:
        """The most bytes of a body of this type."""
        kinds = header(headers, b"content-type")
        kind = kinds[0].partition(b";")[0].strip().decode("latin-1").lower() if kinds else ""
        return self.lines if kind in NDJSON else self.envelope


class _RequestBody:
    """One that is on its way, or worked on. `deadline` is of the loop's clock; `task` reads it."""

    def __init__(self, client: str, task: "asyncio.Task[object]", deadline: float) -> None:
        self.client = client
        self.pieces: list[bytes] = []
        self.size = 0
        self.counted = 0
        self.task = task
        self.deadline = deadline
        self.ended = False
        self.given_up = False

    def end(self) -> None:
        """Awaits no more of it."""
        if not self.ended:
            self.ended = True
            self.task.cancel()


class BodyReader:
    """408 for a body that comes too slowly, 413 for one that is too large, 400 for one that ends before its end, 503
    while others hold all that may be held."""

    def __init__(self, app: ASGIApp, limits: BodyLimits) -> None:
        self._app = app
        self._limits = limits
        self._coming: dict[str, OrderedDict[_RequestBody, None]] = {}
        self._count = 0
        self._looking = False
        self.held = 0
        """Bytes that count."""

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope.get("method") in _WITHOUT:
            return self._app(scope, receive, send)
        return self._with_body(scope, receive, send)

    async def _with_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        body: _RequestBody | None = None
        try:
            body = await self._read(scope, receive)
            await self._app(scope, _Replay(body.pieces, receive), send)
        except Refusal as refusal:
            await refusal.send(send)
        finally:
            if body is not None:
                self.held -= body.counted
                if body.size > LONG:
                    give_back()

    async def _read(self, scope: Scope, receive: Receive) -> _RequestBody:
        limit = self._limits.of(scope["headers"])
        announced = _announced(scope["headers"])
        if announced is not None and announced > limit:
            raise _too_large(limit)
        body = self._begun(scope)
        began, others = body.deadline - self._limits.seconds, body.task.cancelling()
        try:
            while await self._piece(body, receive, limit) and body.size != announced:
                body.deadline = began + self._patience(body.size)
        except asyncio.CancelledError:
            self.held -= body.counted
            if body.ended and body.task.uncancel() <= others:
                raise self._late(body) from None
            raise
        except BaseException:
            self.held -= body.counted
            raise
        finally:
            self._forget(body)
        return body

    async def _piece(self, body: _RequestBody, receive: Receive, limit: int) -> bool:
        """Whether more may come after the next piece."""
        message = await receive()
        if message["type"] != "http.request":
            raise Refusal(400, "broken-body", "the body ends before its end", rule="as many bytes as are announced, or "
                          "chunks after RFC 9112", close=True)
        piece = message["body"]
        body.pieces.append(piece)
        body.size += len(piece)
        if body.size > limit:
            raise _too_large(limit)
        if body.size > FREE:
            self._count_in(body)
        return message["more_body"]

    def _count_in(self, body: _RequestBody) -> None:
        counts = body.size - FREE
        self.held += counts - body.counted
        body.counted = counts
        while self.held > self._limits.held:
            victim = self._oldest(counting=True)
            if victim is None or victim is body:
                raise _busy()
            self._give_up(victim)

    def _patience(self, size: int) -> float:
        """Seconds from its beginning until a body of which so much has come has to go on."""
        return self._limits.seconds * min(_LONGEST, 1 + size / LEAST_RATE / self._limits.seconds)

    def _late(self, body: _RequestBody) -> Refusal:
        if body.given_up:
            return _busy()
        return Refusal(
            408, "body-timeout", f"{body.size} bytes of the body came in time, and no more", field="body",
            rule=f"no more than {self._limits.seconds:g} s behind {LEAST_RATE >> 10} KiB/s", close=True,
        )

    def _begun(self, scope: Scope) -> _RequestBody:
        """A body that has a turn, until `_forget`."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("requests are worked on in tasks")
        loop = asyncio.get_running_loop()
        body = _RequestBody(client_of(scope), task, loop.time() + self._limits.seconds)
        if not self._looking:
            self._looking = True
            loop.call_later(min(_LOOK_SECONDS, self._limits.seconds), self._look, loop)
        if self._count >= MOST:
            victim = self._oldest()
            if victim is not None:
                self._give_up(victim)
        own = self._coming.get(body.client)
        if own is None:
            own = self._coming[body.client] = OrderedDict()
        own[body] = None
        self._count += 1
        return body

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Ends what has stayed behind for too long; goes on while any body is on its way."""
        now = loop.time()
        for own in self._coming.values():
            for body in own:
                if body.deadline <= now:
                    body.end()
        self._looking = bool(self._coming)
        if self._looking:
            loop.call_later(min(_LOOK_SECONDS, self._limits.seconds), self._look, loop)

    def _oldest(self, *, counting: bool = False) -> _RequestBody | None:
        """Of the client that has most on their way, what has been coming for longest."""
        for own in sorted(self._coming.values(), key=len, reverse=True):
            for body in own:
                if not counting or body.counted:
                    return body
        return None

    def _give_up(self, body: _RequestBody) -> None:
        body.given_up = True
        body.end()
        self.held -= body.counted
        body.counted = 0
        self._forget(body)

    def _forget(self, body: _RequestBody) -> None:
        own = self._coming.get(body.client)
        if own is not None and body in own:
            del own[body]
            self._count -= 1
            if not own:
                del self._coming[body.client]


class _Replay:
    """Gives a body that was read to the application, piece by piece, and keeps nothing of what it has given."""

    def __init__(self, pieces: list[bytes], receive: Receive) -> None:
        self._pieces = pieces
        self._pieces.reverse()
        self._ended = False
        self._receive = receive

    async def __call__(self) -> ReceiveMessage:
        if self._ended:
            return await self._receive()
        piece = self._pieces.pop() if self._pieces else b""
        self._ended = not self._pieces
        event: HTTPRequestEvent = {"type": "http.request", "body": piece, "more_body": not self._ended}
        return event


def _announced(headers: Headers) -> int | None:
    """The size that a body's Content-Length says; None where none does, or not one."""
    found = header(headers, b"content-length")
    return int(found[0][:20]) if len(found) == 1 and found[0].isdigit() else None


def _too_large(limit: int) -> Refusal:
    return Refusal(413, "too-large", "the body is too large", field="body",
                   rule=f"at most {limit} bytes; NDJSON ({NDJSON[0]}) may have more than JSON", close=True)


def _busy() -> Refusal:
    return Refusal(503, "busy", "others send so much that this body finds no room; nothing was read of it",
                   retry_after=1, close=True)

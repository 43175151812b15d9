"""Reads each body as a whole before a handler runs. Limits its size, its lowest speed, and the bytes of all bodies.

At most `MOST` bodies may be incomplete at a time. If a further body arrives, the reader gives up the oldest incomplete
body of the client with the most incomplete bodies. So clients that send promptly get through, however many clients send
slowly or not at all.
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
from ledger.web.problems import refused_request

NDJSON: Final = ("application/x-ndjson", "application/ndjson")
MOST: Final = 256
"""The most incomplete bodies at a time."""
FREE: Final = 16 << 10
"""Bytes of each body that do not count against the bound, so that single records get through while others send much."""
LEAST_RATE: Final = 16 << 10
"""The lowest speed of a body, in bytes per second."""
LONG: Final = 4 << 20
"""The size in bytes from which the reader gives memory back after the answer."""
_LONGEST: Final = 30
"""The longest time of a body, as a multiple of `BodyLimits.seconds`."""
_WITHOUT: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOK_SECONDS: Final = 0.25
"""The interval of the search for late bodies. A timer for each body would cost as much as reading it."""


class BodyLimits(Struct, frozen=True, kw_only=True):
    """`envelope` and `lines`: the most bytes of a JSON body and of an NDJSON body. `held`: the most bytes of all bodies
    in one process that are incomplete or being processed. `seconds`: the longest delay of a body relative to
    16 KiB/s."""

    envelope: int = MAX_ENVELOPE
    lines: int = 64 << 20
    held: int = 96 << 20
    seconds: float = 10.0

    def of(self, headers: Headers) -> int:
        """The most bytes of a body with these headers."""
        return self.lines if is_lines(headers) else self.envelope


def is_lines(headers: Headers) -> bool:
    """Whether a body with these headers is NDJSON."""
    kinds = header(headers, b"content-type")
    return bool(kinds) and kinds[0].partition(b";")[0].strip().decode("latin-1").lower() in NDJSON


class _RequestBody:
    """A body that is incomplete or being processed. `deadline`: by the event loop's clock. `task`: reads the body."""

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
        """Stops reading the body."""
        if not self.ended:
            self.ended = True
            self.task.cancel()


class BodyReader:
    """Answers 408 if a body is too slow, 413 if it is too large, 400 if it is incomplete, and 503 if the bodies of
    other requests reach the bound of the process."""

    def __init__(self, app: ASGIApp, limits: BodyLimits) -> None:
        self._app = app
        self._limits = limits
        self._coming: dict[str, OrderedDict[_RequestBody, None]] = {}
        self._count = 0
        self._looking = False
        self.held = 0
        """Bytes of all bodies that count against `BodyLimits.held`."""

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
        began, other_cancellations = body.deadline - self._limits.seconds, body.task.cancelling()
        try:
            while await self._piece(body, receive, limit) and body.size != announced:
                body.deadline = began + self._patience(body.size)
        except asyncio.CancelledError:
            self.held -= body.counted
            if body.ended and body.task.uncancel() <= other_cancellations:
                raise self._late(body) from None
            raise
        except BaseException:
            self.held -= body.counted
            raise
        finally:
            self._forget(body)
        return body

    async def _piece(self, body: _RequestBody, receive: Receive, limit: int) -> bool:
        """Reads the next piece. Returns whether more pieces may follow."""
        message = await receive()
        if message["type"] != "http.request":
            raise Refusal(refused_request(
                400, "broken-body", "the body is incomplete: the connection ended before the body",
                rule="send as many bytes as Content-Length states, or chunks after RFC 9112",
            ), close=True)
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
        """Seconds from the beginning of a body, of which `size` bytes have arrived, to its deadline for the next
        piece."""
        return self._limits.seconds * min(_LONGEST, 1 + size / LEAST_RATE / self._limits.seconds)

    def _late(self, body: _RequestBody) -> Refusal:
        if body.given_up:
            return _busy()
        return Refusal(refused_request(
            408, "body-timeout", f"the body is too slow: only {body.size} bytes arrived in time", field="body",
            rule=f"at most {self._limits.seconds:g} s later than at {LEAST_RATE >> 10} KiB/s",
        ), close=True)

    def _begun(self, scope: Scope) -> _RequestBody:
        """A new incomplete body, which counts against `MOST` until `_forget`."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request body must be read in an asyncio task")
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
        """Ends all bodies past their deadline. Repeats itself as long as there are incomplete bodies."""
        now = loop.time()
        for own in self._coming.values():
            for body in own:
                if body.deadline <= now:
                    body.end()
        self._looking = bool(self._coming)
        if self._looking:
            loop.call_later(min(_LOOK_SECONDS, self._limits.seconds), self._look, loop)

    def _oldest(self, *, counting: bool = False) -> _RequestBody | None:
        """The oldest incomplete body of the client with the most incomplete bodies. `counting`: only bodies that count
        against the bound."""
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
    """Passes a body to the application, piece by piece, and drops each piece that it has passed."""

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
    """The size of a body by its Content-Length; None unless there is exactly one valid field."""
    values = header(headers, b"content-length")
    return int(values[0][:20]) if len(values) == 1 and values[0].isdigit() else None


def _too_large(limit: int) -> Refusal:
    return Refusal(refused_request(
        413, "too-large", "the body is too large", field="body",
        rule=f"at most {limit} bytes; NDJSON ({NDJSON[0]}) may be larger than JSON",
    ), close=True)


def _busy() -> Refusal:
    return Refusal(refused_request(
        503, "busy", "the bodies of other requests use all the memory for bodies; nothing of this body was processed",
    ), retry_after=1, close=True)

"""Takes an application out of service without losing a request.

A server that closes a connection between two requests loses the request that the client sends at that moment. So each
answer first asks the client to close its connection (`Connection: close`), until no client sends any more. Requests
that still run at the end of the time for it get a problem as their answer.
"""

import asyncio
from collections.abc import Iterable

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from ledger.web.door.answers import Refusal
from ledger.web.problems import refused_request

_CLOSE = (b"connection", b"close")


class Leaving:
    """The application with the requests under way."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._running: dict[asyncio.Task[object], _BegunAnswer] = {}
        self._cut = False
        self.closing = False
        """Whether answers ask clients to close their connections."""
        self.newest = float("-inf")
        """When the last request began, by the event loop's clock."""

    @property
    def running(self) -> int:
        """The number of requests under way."""
        return len(self._running)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a request must run in an asyncio task")
        answer = _BegunAnswer(self, send)
        self._running[task] = answer
        self.newest = task.get_loop().time()
        cancelled_before = task.cancelling()
        try:
            await self._app(scope, receive, answer)
        except asyncio.CancelledError:
            if not self._cut or answer.begun or task.uncancel() > cancelled_before:
                raise
            await _cut_off().send(answer)
        finally:
            del self._running[task]

    def cut_off(self) -> None:
        """Ends the requests under way. Those without an answer so far get 503 with code `shutting-down`."""
        self._cut = True
        for task in [*self._running]:
            task.cancel()

    async def drained(self, quiet: float, seconds: float) -> None:
        """Returns when no request has begun for `quiet` seconds, or after `seconds`."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + seconds
        wait = min(quiet, self.newest + quiet - loop.time())
        while wait > 0:
            await asyncio.sleep(wait)
            wait = min(give_up, self.newest + quiet) - loop.time()


class _BegunAnswer:
    """The `send` of a request. `begun`: whether its status is sent."""

    def __init__(self, leaving: Leaving, send: Send) -> None:
        self._leaving = leaving
        self._send = send
        self.begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            if self._leaving.closing:
                message["headers"] = _closing(message["headers"])
        await self._send(message)


def _closing(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [*[one for one in headers if one[0].lower() != _CLOSE[0]], _CLOSE]


def _cut_off() -> Refusal:
    return Refusal(refused_request(
        503, "shutting-down",
        "the server is shutting down; a posted record may be on the log or not: post it again to learn the outcome",
        rule="send the request again",
    ), retry_after=5, close=True)

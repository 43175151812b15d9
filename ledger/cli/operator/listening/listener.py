"""The HTTP server at a socket of ours, so that a server with another TLS pair can take over.

granian reads its TLS pair once, when it starts. To change the pair, a second server starts at the same socket. The
first one accepts nothing more, and leaves. Connections that wait in the socket's queue pass to the second one, so no
connection is refused or reset in between.
"""

import asyncio
import socket
from contextlib import ExitStack, suppress
from typing import Final

from litestar.types import ASGIApp

from ledger.cli.operator.listening.granian_server import BACKLOG, IDLE_MS, GranianServer, private_files
from ledger.cli.operator.listening.leaving import Leaving
from ledger.host.files.tls_files import TlsPair

IDLE_SECONDS: Final = IDLE_MS / 1_000
"""A server that is replaced stays for so long. By then each of its connections was closed by an answer, or was idle for
so long that the server would have closed it anyway. A request that takes longer keeps it."""
LOOK_SECONDS: Final = 1.0
QUIET_SECONDS: Final = 0.25
DRAIN_SECONDS: Final = 2.0
"""The longest time in which connections are closed by their answers, before the server closes the others itself."""
REQUEST_SECONDS: Final = 25.0
"""Requests that take longer after a signal get 503 as their answer."""
CUT_SECONDS: Final = 5.0


class Listener:
    """Serves an application at a bound socket. `connections`: the most that may be open at a time."""

    def __init__(self, app: ASGIApp, bound: socket.socket, connections: int) -> None:
        self._app = app
        self._bound = bound
        self._connections = connections
        self._now: _Generation | None = None
        self._leaving: set[asyncio.Task[bool]] = set()
        self._stopping = asyncio.Event()

    @property
    def serving(self) -> "asyncio.Task[None]":
        """Ends when the server ends."""
        if self._now is None:
            raise RuntimeError("the listener has not begun")
        return self._now.serving

    def begin(self, pair: TlsPair | None) -> None:
        """Begins to accept connections, with TLS if there is a pair."""
        self._bound.listen(BACKLOG)
        self._bound.setblocking(False)
        self._now = _Generation(self._app, self._bound, self._connections, pair)

    def replace(self, pair: TlsPair) -> None:
        """From now on a server with this pair accepts the connections. The old one answers its requests and leaves."""
        old, self._now = self._now, _Generation(self._app, self._bound, self._connections, pair)
        if old is not None:
            # The new server accepts from the same queue, as soon as it runs.
            task = asyncio.create_task(self._leave(old))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def stop(self) -> bool:
        """Answers the requests under way and ends. Returns whether some of them were cut off."""
        self._stopping.set()
        leaving = [*self._leaving]
        if self._now is not None:
            leaving.append(asyncio.create_task(self._now.leave(self._bound)))
        return any(await asyncio.gather(*leaving))

    async def _leave(self, old: "_Generation") -> bool:
        """Lets a replaced server leave in peace, after its last request, unless all is to end."""
        old.stop_accepting()
        wait = IDLE_SECONDS
        while wait and not self._stopping.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)
            wait = LOOK_SECONDS if old.running else 0.0
        return await old.leave()


class _Generation:
    """A server with one TLS pair, from its start until all its connections are closed."""

    def __init__(self, app: ASGIApp, bound: socket.socket, connections: int, pair: TlsPair | None) -> None:
        self._files = ExitStack()
        self._app = Leaving(app)
        paths = None if pair is None else self._files.enter_context(private_files(pair.chain, pair.key))
        self._server = GranianServer(self._app, bound, connections, paths)
        self.serving = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        try:
            await self._server.serve()
        finally:
            self._files.close()

    @property
    def running(self) -> int:
        """The number of requests under way."""
        return self._app.running

    def stop_accepting(self) -> None:
        """From now on there is no new connection, and each answer closes its own."""
        self._app.closing = True
        self._server.stop_accepting()

    async def leave(self, bound: socket.socket | None = None) -> bool:
        """Ends after the requests under way. Returns whether some were cut off. `bound`: the socket, if no other server
        goes on with it."""
        self._app.closing = True
        await self._app.drained(QUIET_SECONDS, DRAIN_SECONDS)
        if bound is not None:
            # Nobody can connect any more; who has connected may still ask.
            self.stop_accepting()
            bound.close()
            await self._app.drained(QUIET_SECONDS, DRAIN_SECONDS)
        self._server.stop()  # type: ignore[no-untyped-call]
        _, running = await asyncio.wait({self.serving}, timeout=REQUEST_SECONDS)
        cut = bool(running and self._app.running)
        if running:
            self._app.cut_off()
            await asyncio.wait({self.serving}, timeout=CUT_SECONDS)
        return cut

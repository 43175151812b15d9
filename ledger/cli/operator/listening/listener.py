"""The HTTP server at a socket of ours, so that a server with another TLS pair can take over.

granian reads its TLS pair once, when it starts. To change the pair, a second server starts at the same socket and the
first one leaves. Both accept from one queue, so no connection is refused or reset in between.
"""

import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.net import SocketHolder  # type: ignore[attr-defined]
from granian.server.embed import Server
from litestar.types import ASGIApp

from ledger.cli.operator.listening.leaving import Leaving
from ledger.errors import ConfigurationError
from ledger.host.files.tls_files import TlsPair

BACKLOG: Final = 1024
IDLE_MS: Final = 15_000
"""The server closes a connection that is idle for so long."""
QUIET_SECONDS: Final = 0.25
DRAIN_SECONDS: Final = 2.0
"""The longest time in which connections are closed by their answers, before the server closes the others itself."""
REQUEST_SECONDS: Final = 25.0
"""Requests that take longer after a signal get 503 as their answer."""
CUT_SECONDS: Final = 5.0


def bind(host: str, port: int, *, shared: bool) -> socket.socket:
    """A socket at the address, which does not listen yet. `shared`: other processes of ours bind the same port. Raises
    ConfigurationError if the port is not available."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if shared:
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            bound.bind(address)
        except BaseException:
            bound.close()
            raise
        return bound
    except (OSError, UnicodeError) as error:
        # A host name that the domain name system cannot encode raises UnicodeError.
        why = getattr(error, "strerror", None) or error
        raise ConfigurationError(
            f"cannot listen at {host} port {port}: {why}", code="port-in-use", field="port", value=port,
            rule="a free port; --port 0 chooses one",
        ) from None


class Listener:
    """Serves an application at a bound socket. `connections`: the most that may be open at a time."""

    def __init__(self, app: ASGIApp, bound: socket.socket, connections: int) -> None:
        self._app = app
        self._bound = bound
        self._connections = connections
        self._now: _Generation | None = None
        self._leaving: set[asyncio.Task[bool]] = set()

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
        """From now on a server with this pair accepts connections too. The old one answers its requests and leaves."""
        old, self._now = self._now, _Generation(self._app, self._bound, self._connections, pair)
        if old is not None:
            task = asyncio.create_task(old.leave())
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def stop(self) -> bool:
        """Answers the requests under way and ends. Returns whether some of them were cut off."""
        leaving = [*self._leaving]
        if self._now is not None:
            leaving.append(asyncio.create_task(self._now.leave()))
        return any(await asyncio.gather(*leaving))


class _Generation:
    """A server with one TLS pair, from its start until all its connections are closed."""

    def __init__(self, app: ASGIApp, bound: socket.socket, connections: int, pair: TlsPair | None) -> None:
        self._files = ExitStack()
        self._app = Leaving(app)
        paths = None if pair is None else self._files.enter_context(_private_files(pair))
        self._server = _Server(self._app, bound, connections, paths)
        self.serving = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        try:
            await self._server.serve()
        finally:
            self._files.close()

    async def leave(self) -> bool:
        """Ends after the requests under way. Returns whether some were cut off."""
        self._app.closing = True
        await self._app.drained(QUIET_SECONDS, DRAIN_SECONDS)
        self._server.stop()  # type: ignore[no-untyped-call]
        _, running = await asyncio.wait({self.serving}, timeout=REQUEST_SECONDS)
        cut = bool(running and self._app.running)
        if running:
            self._app.cut_off()
            await asyncio.wait({self.serving}, timeout=CUT_SECONDS)
        return cut


class _Server(Server):
    """granian at a socket of ours."""

    def __init__(
        self, app: Leaving, bound: socket.socket, connections: int, pair: tuple[str, str] | None
    ) -> None:
        super().__init__(
            app, interface=Interfaces.ASGINL, log_enabled=False, backlog=BACKLOG, backpressure=connections,
            # Cleartext HTTP/2 would allow 200 requests on each connection, and no client needs it.
            websockets=False, http=HTTPModes.http1, http1_settings=HTTP1Settings(header_read_timeout=IDLE_MS),
        )
        self._bound = bound
        if pair is not None:
            self.ssl_ctx = (  # type: ignore[assignment]
                True, *pair, None, str(SSLProtocols.tls12), None, [], False,
            )

    def _init_shared_socket(self) -> None:
        # The server closes the descriptor that it gets when it stops.
        self._shd = SocketHolder(os.dup(self._bound.fileno()), False, BACKLOG)  # type: ignore[call-arg, assignment]


@contextmanager
def _private_files(pair: TlsPair) -> Iterator[tuple[str, str]]:
    """Paths of the chain and the key as they were checked, whatever happens to the operator's files meanwhile. On Linux
    they are memory without a name on any disk."""
    with ExitStack() as stack:
        if sys.platform == "linux":
            opened = [os.memfd_create("tls") for _ in range(2)]
            for descriptor in opened:
                stack.callback(os.close, descriptor)
            paths = [f"/proc/self/fd/{descriptor}" for descriptor in opened]
        else:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            paths = [str(folder / "chain"), str(folder / "key")]
        for path, content in zip(paths, (pair.chain, pair.key), strict=True):
            Path(path).write_bytes(content)
        yield paths[0], paths[1]

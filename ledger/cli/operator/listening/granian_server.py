"""granian at a bound socket of ours, with a TLS pair from memory."""

import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.net import SocketHolder  # type: ignore[attr-defined]
from granian.server.embed import Server

from ledger.errors import ConfigurationError

BACKLOG: Final = 1024
IDLE_MS: Final = 15_000
"""The server closes a connection that is idle for so long."""


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


class GranianServer(Server):
    """granian at a socket of ours."""

    def __init__(
        self, app: Callable[..., Any], bound: socket.socket, connections: int, pair: tuple[str, str] | None
    ) -> None:
        super().__init__(
            app, interface=Interfaces.ASGINL, log_enabled=False, backlog=BACKLOG, backpressure=connections,
            # Cleartext HTTP/2 would allow 200 requests on each connection, and no client needs it.
            websockets=False, http=HTTPModes.http1, http1_settings=HTTP1Settings(header_read_timeout=IDLE_MS),
        )
        self._bound = bound
        self._accepting: int | None = None
        if pair is not None:
            self.ssl_ctx = (  # type: ignore[assignment]
                True, *pair, None, str(SSLProtocols.tls12), None, [], False,
            )

    def _init_shared_socket(self) -> None:
        # The server closes the descriptor that it gets when it stops.
        self._accepting = os.dup(self._bound.fileno())
        is_unix = self._bound.family == socket.AF_UNIX
        self._shd = SocketHolder(self._accepting, is_unix, BACKLOG)  # type: ignore[call-arg, assignment]

    def stop_accepting(self) -> None:
        """From now on the server serves the connections that it has, and accepts no other. granian can only stop as a
        whole, which would end connections that it has just accepted. So its descriptor becomes a socket to which nobody
        can connect. Elsewhere than on Linux, where such a socket would need a name, it accepts on."""
        if sys.platform == "linux" and self._accepting is not None:
            with socket.socket(socket.AF_UNIX) as silent:
                silent.bind("")
                silent.listen()
                silent.setblocking(False)
                os.dup2(silent.fileno(), self._accepting, inheritable=False)
            self._accepting = None


@contextmanager
def private_files(chain: bytes, key: bytes) -> Iterator[tuple[str, str]]:
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
        for path, content in zip(paths, (chain, key), strict=True):
            Path(path).write_bytes(content)
        yield paths[0], paths[1]

"""The operator's socket: `serve.sock` in the home, mode 0600. Whoever can open it is the operator; no other
connection gives rights."""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from litestar.types import ASGIApp

from ledger.cli.operator.listening.granian_server import BACKLOG
from ledger.cli.operator.listening.listener import Listener

NAME: Final = "serve.sock"
_CONNECTIONS: Final = 64
_START_SECONDS: Final = 15.0
_LOOK_SECONDS: Final = 0.02
_log = logging.getLogger(__name__)


@asynccontextmanager
async def at_operator_socket(home: Path, app: ASGIApp) -> AsyncIterator[None]:
    """While this is open, the socket serves the application. The newest server of a home has the name. A home whose
    path is too long for a socket, or that cannot be written, is served without it, with a warning."""
    path = home / NAME
    try:
        bound = _bound(path)
    except OSError as error:
        _log.warning("the operator's socket %s is not served: %s", path, error)
        yield
        return
    own = os.stat(path).st_ino
    listener = Listener(app, bound, _CONNECTIONS)
    listener.begin(None)
    try:
        await _until_ready(path)
        yield
    finally:
        await listener.stop()
        bound.close()
        with suppress(OSError):
            if os.stat(path).st_ino == own:
                path.unlink()


def _bound(path: Path) -> socket.socket:
    """The socket under its name, in place of an older one. It has its mode before anybody can connect."""
    temporary = path.with_name(f".{os.getpid()}.sock")
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        temporary.unlink(missing_ok=True)
        bound.bind(str(temporary))
        try:
            temporary.chmod(0o600)
            bound.listen(BACKLOG)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except BaseException:
        bound.close()
        raise
    return bound


async def _until_ready(path: Path) -> None:
    """Returns when the server answers: granian aborts the process if its socket changes while it starts."""
    loop = asyncio.get_running_loop()
    give_up = loop.time() + _START_SECONDS
    while True:
        if await _answers(path) or loop.time() > give_up:
            return
        await asyncio.sleep(_LOOK_SECONDS)


async def _answers(path: Path) -> bool:
    try:
        reader, writer = await asyncio.open_unix_connection(str(path))
    except OSError:
        return False
    try:
        writer.write(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return (await reader.readline()).startswith(b"HTTP/")
    except OSError:
        return False
    finally:
        writer.close()

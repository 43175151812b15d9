"""A PostgreSQL over TCP that takes no connection without TLS, as a cluster of CloudNativePG does.

The PostgreSQL of the tests is built without TLS, so TLS ends in front of it, after the handshake of the protocol.
"""

import asyncio
import queue
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import parse_qs, urlsplit

from support.self_signed import certified

_REQUEST: Final = bytes([0, 0, 0, 8, 4, 210, 22, 47])
_CHUNK: Final = 1 << 16


class Reached(Protocol):
    """A PostgreSQL at a Unix socket; another one from now on if `owner_url` changes."""

    @property
    def owner_url(self) -> str: ...


class TlsPostgres(NamedTuple):
    """`authority` is what clients have to trust."""

    port: int
    authority: str

    def url(self, user: str, password: str, database: str) -> str:
        return f"postgresql://{user}:{password}@localhost:{self.port}/{database}"


@contextmanager
def tls_in_front_of(postgres: Reached, folder: Path, *, refuses: bool = False) -> Iterator[TlsPostgres]:
    """Runs until the end of the block. `folder` gets the key. `refuses`: it is a server without TLS."""
    key, certificate = certified()
    (folder / "tls.pem").write_text(key + certificate, encoding="utf-8")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.pem")
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        with suppress(OSError, asyncio.IncompleteReadError):
            if await reader.readexactly(len(_REQUEST)) == _REQUEST:
                writer.write(b"N" if refuses else b"S")
                if not refuses:
                    await writer.start_tls(context)
                where = parse_qs(urlsplit(postgres.owner_url).query)
                there, back = await asyncio.open_unix_connection(f"{where['host'][0]}/.s.PGSQL.{where['port'][0]}")
                await asyncio.gather(_pumped(reader, back), (_pumped if refuses else _answered)(there, writer))
        writer.close()

    async def listen(port: "queue.Queue[int]", stop: asyncio.Event) -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port.put(server.sockets[0].getsockname()[1])
        await stop.wait()
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    with served_in_a_thread(listen) as port:
        yield TlsPostgres(port, certificate)


@contextmanager
def served_in_a_thread(
    listen: Callable[["queue.Queue[int]", asyncio.Event], Coroutine[Any, Any, None]]
) -> Iterator[int]:
    """The port that `listen` puts into the queue; it ends at the event."""
    ports: queue.Queue[int] = queue.Queue()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=[listen(ports, stop)])
    thread.start()
    try:
        yield ports.get(timeout=30)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


async def _answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The first message names the ways of authentication; a server with TLS names one more."""
    kind, length = await reader.readexactly(1), await reader.readexactly(4)
    body = await reader.readexactly(int.from_bytes(length) - 4)
    if kind == b"R" and b"SCRAM-SHA-256\0" in body:
        body = body.replace(b"SCRAM-SHA-256\0", b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0")
    writer.write(kind + (len(body) + 4).to_bytes(4) + body)
    await _pumped(reader, writer)


async def _pumped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with suppress(OSError):
            while data := await reader.read(_CHUNK):
                writer.write(data)
                await writer.drain()
    finally:
        writer.close()

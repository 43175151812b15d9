"""TLS for PostgreSQL's programs: those of the image are built without it.

While a tunnel is open, a socket in a folder passes everything on to the database, over TLS. It heeds `sslmode` and
`sslrootcert` as the ledger itself does.
"""

import asyncio
import ssl
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

REQUEST = bytes([0, 0, 0, 8, 4, 210, 22, 47])
"""A client asks for TLS with these bytes; the server answers S or N."""
SASL = bytes([0, 0, 0, 10])
"""The kind of a request for authentication that names the possible ways."""
DEMANDING = ("require", "verify-ca", "verify-full")
CHUNK = 1 << 16


class Database(NamedTuple):
    """A server over TCP. `authority`: a file with the certificates to trust; empty for none."""

    host: str
    port: int
    mode: str = "prefer"
    authority: str = ""

    def context(self) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname = self.mode == "verify-full"
        if self.authority:
            made.load_verify_locations(cafile=self.authority)
        elif self.mode not in ("verify-ca", "verify-full"):
            made.verify_mode = ssl.CERT_NONE
        return made


@contextmanager
def tunnel(database: Database) -> Iterator[str]:
    """The folder of a socket, for PGHOST; its port is the database's. Raises OSError, ssl.SSLError or ValueError if the
    database cannot be reached as its mode demands."""
    ready: Future[None] = Future()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    with tempfile.TemporaryDirectory() as folder:
        serving = _serve(database, Path(folder, f".s.PGSQL.{database.port}"), ready, stop)
        thread = threading.Thread(target=loop.run_until_complete, args=[serving])
        thread.start()
        try:
            ready.result()
            yield folder
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()
            loop.close()


async def _serve(database: Database, path: Path, ready: "Future[None]", stop: asyncio.Event) -> None:
    """Listens until the event, after it has reached the database once."""
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(_passed_on(database, context, reader, writer))
        running.add(task)
        task.add_done_callback(running.discard)

    try:
        context = database.context()
        _, first = await _connected(database, context)
        first.close()
        server = await asyncio.start_unix_server(serve, path)
    except (OSError, ValueError) as error:
        ready.set_exception(error)
        return
    ready.set_result(None)
    await stop.wait()
    server.close()
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def _passed_on(
    database: Database, context: ssl.SSLContext, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """One connection of a program."""
    try:
        with suppress(OSError, ValueError, asyncio.IncompleteReadError):
            there, back = await _connected(database, context)
            asking = asyncio.ensure_future(_pumped(reader, back))
            try:
                await _greeted(there, writer)
                await _pumped(there, writer)
            finally:
                asking.cancel()
                back.close()
    finally:
        writer.close()


async def _connected(
    database: Database, context: ssl.SSLContext
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(database.host, database.port)
    writer.write(REQUEST)
    answer = await reader.readexactly(1)
    if answer == b"S":
        await writer.start_tls(context, server_hostname=database.host)
    elif answer != b"N" or database.mode in DEMANDING:
        writer.close()
        raise ValueError(f"{database.host} does not speak TLS, and sslmode is {database.mode}")
    return reader, writer


async def _greeted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Passes on the server's messages up to its request for authentication, without the ways that need TLS: a client
    that knows of no TLS takes them for a forgery."""
    kind = b""
    while kind not in (b"R", b"E"):
        kind, length = await reader.readexactly(1), await reader.readexactly(4)
        body = await reader.readexactly(int.from_bytes(length) - 4)
        if kind == b"R" and body[:4] == SASL:
            ways = [way for way in body[4:].split(b"\0") if way and not way.endswith(b"-PLUS")]
            body = SASL + b"".join(way + b"\0" for way in ways) + b"\0"
        writer.write(kind + (len(body) + 4).to_bytes(4) + body)
        await writer.drain()


async def _pumped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Passes bytes on to the end of one side."""
    with suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()

"""A lean HTTP/1.1 client over plain sockets: the load must not cost more than what it measures."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

import psutil
from support.server import Server

from ledger.cli.operator.siblings import SIBLING

_HEAD_END = b"\r\n\r\n"
_HOST = "Host: 127.0.0.1"


class Connection:
    """One kept-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, url: str) -> "Connection":
        parts = urlsplit(url)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port, limit=1 << 24))

    async def request(self, data: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        self._writer.write(data)
        head = await self._reader.readuntil(_HEAD_END)
        lower = head.lower()
        if b"transfer-encoding: chunked" in lower:
            return int(head[9:12]), await self._chunks()
        at = lower.index(b"content-length:") + 15
        body = await self._reader.readexactly(int(lower[at : lower.index(b"\r", at)]))
        return int(head[9:12]), body

    async def _chunks(self) -> bytes:
        parts = []
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            parts.append(await self._reader.readexactly(size))
            await self._reader.readexactly(2)
        await self._reader.readuntil(b"\r\n")
        return b"".join(parts)

    def close(self) -> None:
        self._writer.close()

    @property
    def local_port(self) -> int:
        port: int = self._writer.get_extra_info("sockname")[1]
        return port


async def open_evenly(url: str, count: int, processes: Sequence[psutil.Process]) -> list[Connection]:
    """`count` connections, equally many to each process. The kernel assigns connections by a hash of their ports; with
    sixteen of them, every second run would measure that lottery. Surplus connections are closed again."""
    most = -(-count // len(processes))
    kept: list[Connection] = []
    held: Counter[int] = Counter()
    while len(kept) < count:
        connection = await Connection.open(url)
        owner = await _owner(connection, processes)
        if held[owner] < most:
            held[owner] += 1
            kept.append(connection)
        else:
            connection.close()
    return kept


async def _owner(connection: Connection, processes: Sequence[psutil.Process]) -> int:
    """The process id of the one that has accepted the connection."""
    for _ in range(500):
        for process in processes:
            for one in process.net_connections("tcp"):
                if one.raddr and one.raddr.port == connection.local_port:
                    return process.pid
        await asyncio.sleep(0.01)
    raise SystemExit("no serving process has accepted a connection within five seconds")


def post(body: bytes, media_type: str) -> bytes:
    """The bytes of a POST of records."""
    head = f"POST /v1/records HTTP/1.1\r\n{_HOST}\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}"
    return head.encode() + _HEAD_END + body


def post_form(path: str, form: bytes) -> bytes:
    """The bytes of a POST of a form."""
    head = (f"POST {path} HTTP/1.1\r\n{_HOST}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(form)}")
    return head.encode() + _HEAD_END + form


def get(path: str, *fields: str) -> bytes:
    """The bytes of a GET, with further fields."""
    return "\r\n".join([f"GET {path} HTTP/1.1", _HOST, *fields]).encode() + _HEAD_END


def batches(envelopes: Sequence[bytes], lanes: int, size: int) -> list[Iterator[bytes]]:
    """Posts of `size` records as NDJSON, shared out to lanes record by record. With as many signers as a multiple of
    `lanes`, who take turns, the records of one signer stay in one lane and in order."""

    def lane(first: int) -> Iterator[bytes]:
        own = envelopes[first::lanes]
        for start in range(0, len(own), size):
            yield post(b"\n".join(own[start : start + size]), "application/x-ndjson")

    return [lane(first) for first in range(lanes)]


def require_receipts(status: int, body: bytes) -> None:
    """Ends the run unless the answer to a batch has receipts alone."""
    if status != 200 or b'"proof":' not in body or b"urn:carbon-ledger:problem" in body:
        raise SystemExit(f"batch refused: {status} {body[:400]!r}")


def serving(server: Server) -> list[psutil.Process]:
    """The processes that serve: the first one and its siblings."""
    first = psutil.Process(server.process.pid)
    return [first, *[child for child in first.children() if SIBLING in child.cmdline()]]


async def drive(
    url: str, lanes: Sequence[Iterator[bytes]], check: Callable[[int, bytes], None],
    processes: Sequence[psutil.Process] = (),
) -> tuple[int, float]:
    """Sends each lane's requests on a connection of its own, one after the other; requests done and seconds taken.
    `processes`: those that serve the address, each of which gets equally many connections."""
    if processes:
        connections = await open_evenly(url, len(lanes), processes)
    else:
        connections = [await Connection.open(url) for _ in lanes]
    done = 0

    async def run(connection: Connection, requests: Iterator[bytes]) -> None:
        nonlocal done
        for request in requests:
            check(*await connection.request(request))
            done += 1

    began = time.perf_counter()
    await asyncio.gather(*[run(*pair) for pair in zip(connections, lanes, strict=True)])
    elapsed = time.perf_counter() - began
    for connection in connections:
        connection.close()
    return done, elapsed

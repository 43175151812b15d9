"""A lean HTTP/1.1 client over plain sockets: the load must not cost more than what it measures."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import urlsplit

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


def post(body: bytes, media_type: str) -> bytes:
    """The bytes of a POST of records."""
    head = f"POST /v1/records HTTP/1.1\r\n{_HOST}\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}"
    return head.encode() + _HEAD_END + body


def get(path: str) -> bytes:
    """The bytes of a GET."""
    return f"GET {path} HTTP/1.1\r\n{_HOST}".encode() + _HEAD_END


async def drive(
    url: str, lanes: Sequence[Iterator[bytes]], check: Callable[[int, bytes], None]
) -> tuple[int, float]:
    """Sends each lane's requests on a connection of its own, one after the other; requests done and seconds taken."""
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

"""Load beyond what a server can do: an even stream of requests at a multiple of its capacity, and what becomes of them.

The stream does not wait for answers: so many requests begin each second, whether the earlier ones are answered or not,
as from many independent clients.
"""

import asyncio
import resource
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import psutil

from support.server import Server
from support.workshop import Workshop

TIMES: Final = 5
"""How many times its capacity a server gets."""
MOST_OPEN: Final = 6_000
"""Connections of the stream at a time. A request that would need one more is not sent, and counted as such."""
IDLE_SECONDS: Final = 5.0
"""A third of the time after which the server closes an idle connection."""
_TICK_SECONDS: Final = 0.02
_TIMEOUT: Final = 240.0
_HEAD_END: Final = b"\r\n\r\n"


@dataclass
class Stream:
    """What became of a stream. `latencies`: of the records that were appended, in seconds. `faults`: refusals that are
    no problem with a code and a `Retry-After`. `lost`: requests without an answer."""

    sent: int = 0
    unsent: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    seconds: float = 0.0


def exit_code(faults: Mapping[str, Sequence[object]]) -> int:
    """Prints what is wrong, by the name of the rule: 1 if anything is, else 0."""
    for name, details in faults.items():
        if details:
            print(f"{name}: {details}")
    return 1 if any(faults.values()) else 0


class Flood:
    """Posts of one record each, by some workshops. A refused one is sent again later in the stream."""

    def __init__(self, server: Server, shops: Sequence[Workshop], count: int) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY and soft < 2 * MOST_OPEN:
            wanted = 2 * MOST_OPEN if hard == resource.RLIM_INFINITY else min(hard, 2 * MOST_OPEN)
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        parts = urlsplit(server.url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._free: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter, float]] = deque()
        self._open = 0
        self._server, self._shops, self._made = server, shops, 0
        self.waiting: deque[bytes] = deque()
        self.add(count)

    def add(self, count: int) -> None:
        """Makes and signs more records. Not for two threads at a time."""
        made, self._made = self._made, self._made + count
        self.waiting.extend(self._server.envelopes([
            self._shops[i % len(self._shops)].make({f"flood-{i}": "1"}, {"pot": "1"}) for i in range(made, self._made)
        ]))

    async def closed(self, at_a_time: int, seconds: float) -> Stream:
        """So many requests at a time, each after the answer of the one before: what the server can do."""
        stream, end = Stream(), time.monotonic() + seconds
        began = time.monotonic()

        async def one_after_the_other() -> None:
            while time.monotonic() < end and self.waiting:
                await self._send(stream, self.waiting.popleft())

        await asyncio.gather(*[one_after_the_other() for _ in range(at_a_time)])
        stream.seconds = time.monotonic() - began
        return stream

    async def even(self, rate: float, seconds: float, stream: Stream | None = None) -> Stream:
        """So many requests a second. `stream`: counts what becomes of them; a new one unless given."""
        stream = stream or Stream()
        began, tasks = time.monotonic(), set[asyncio.Task[None]]()
        while (now := time.monotonic() - began) < seconds:
            due = int(now * rate) - stream.sent - stream.unsent
            for _ in range(due):
                if (self._open >= MOST_OPEN and not self._free) or not self.waiting:
                    stream.unsent += 1
                    continue
                task = asyncio.create_task(self._send(stream, self.waiting.popleft()))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            await asyncio.sleep(_TICK_SECONDS)
        await asyncio.gather(*tasks)
        stream.seconds = time.monotonic() - began
        return stream

    async def rising(
        self, enough: Callable[[Stream], bool], seconds: float, release: Callable[[], Awaitable[None]]
    ) -> Stream:
        """Ever more requests at a time, until it is enough, or so many seconds are over. Then `release` is awaited, and
        the answers."""
        stream, began, tasks = Stream(), time.monotonic(), list[asyncio.Task[None]]()
        while not enough(stream) and time.monotonic() - began < seconds and self.waiting:
            for _ in range(min(50, len(self.waiting))):
                tasks.append(asyncio.create_task(self._send(stream, self.waiting.popleft())))
            await asyncio.sleep(_TICK_SECONDS)
        await release()
        await asyncio.gather(*tasks)
        stream.seconds = time.monotonic() - began
        return stream

    async def close(self) -> None:
        while self._free:
            _, writer, _ = self._free.pop()
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _send(self, stream: Stream, envelope: bytes) -> None:
        stream.sent += 1
        began = time.monotonic()
        try:
            async with asyncio.timeout(_TIMEOUT):
                status, headers, body = await self._exchange(envelope)
        except (OSError, EOFError, asyncio.IncompleteReadError, TimeoutError) as error:
            stream.lost[type(error).__name__] += 1
            self.waiting.append(envelope)
            return
        answer: dict[str, Any] = msgspec.json.decode(body)
        if status in (200, 201):
            stream.codes[str(status)] += 1
            stream.latencies.append(time.monotonic() - began)
            stream.acknowledged.append(answer["digest"])
            return
        stream.codes[f"{status} {answer.get('code')}"] += 1
        if status not in (429, 503) or b"application/problem+json" not in headers or b"retry-after:" not in headers:
            stream.faults.append(f"{status} {headers.decode()} {body[:200].decode()}")
        self.waiting.append(envelope)

    async def _exchange(self, envelope: bytes) -> tuple[int, bytes, bytes]:
        self._drop_idle()
        if self._free:
            reader, writer, _ = self._free.pop()
        else:
            self._open += 1
            try:
                reader, writer = await asyncio.open_connection(self._host, self._port)
            except BaseException:
                self._open -= 1
                raise
        try:
            writer.write(
                b"POST /v1/records HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n" % len(envelope) + envelope
            )
            head = (await reader.readuntil(_HEAD_END)).lower()
            at = head.index(b"content-length:") + 15
            body = await reader.readexactly(int(head[at : head.index(b"\r", at)]))
        except BaseException:
            self._open -= 1
            writer.close()
            raise
        if b"connection: close" in head:
            self._open -= 1
            writer.close()
        else:
            self._free.append((reader, writer, time.monotonic()))
        return int(head[9:12]), head, body

    def _drop_idle(self) -> None:
        """Closes connections before the server does: a request that meets the server's end gets no answer."""
        while self._free and self._free[0][2] < time.monotonic() - IDLE_SECONDS:
            self._open -= 1
            self._free.popleft()[1].close()


class Memory:
    """The resident memory of a server's processes, in MiB: `now`, and the most of all looks."""

    def __init__(self, server: Server) -> None:
        self._process = psutil.Process(server.process.pid)
        self.most = 0.0

    def now(self) -> float:
        """Of the server's own process: it is the one with the queues."""
        size: float = self._process.memory_info().rss / (1 << 20)
        self.most = max(self.most, size)
        return size

    async def watch(self) -> None:
        """Looks until it is cancelled."""
        while True:
            self.now()
            await asyncio.sleep(0.1)
